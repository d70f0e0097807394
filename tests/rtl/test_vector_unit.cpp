// SPDX-License-Identifier: Apache-2.0
// quin_vector_unit against the golden device: the same VECTOR command on the same scratchpad through both;
// memory, checksum, error, error address and counters must be equal bit for bit. Random jobs with random
// stalls of the scratchpad (vector_jobs.h); then the cycles of typical jobs, which must stay near what port
// and lanes allow: a table of cycles, of the bound, of the rest, and of cycles per element.
//   test_vector_unit [--quick] [--seed N] [--jobs N]     or SEED=N, JOBS=N
// Built with -DLANES as the unit is; the scratchpad is that of `tiny`.
#include "Vquin_vector_unit.h"
#include "vector_jobs.h"
#include "verilated.h"

static const uint32_t LINE = LANES > 4 ? LANES : 4; // words
static const uint32_t PATIENCE = 200000;            // cycles

// ---- the unit under test ----

static Vquin_vector_unit *unit;
static uint32_t stalls; // of 16 requests, so many wait a cycle

static void give_job(const job &j)
{
    unit->job_rows_i = j.rows;
    unit->job_groups_i = j.groups;
    unit->job_n_i = j.n;
    unit->job_op1_i = j.op1;
    unit->job_op2_i = j.op2;
    unit->job_func_i = j.func;
    unit->job_reduce_i = j.reduce;
    unit->job_format_i = j.format;
    unit->job_imm1_i = j.imm1;
    unit->job_imm2_i = j.imm2;
    unit->job_mask_i = j.masked;
    unit->job_mask_bad_i = j.masked && j.first + j.rows > QUIN_ROW_REGS;
#define GIVE(name, index)                              \
    unit->job_##name##_base_i = j.at[index].base;      \
    unit->job_##name##_row_i = j.at[index].row;        \
    unit->job_##name##_group_i = j.at[index].group
    GIVE(a, A);
    GIVE(b, B);
    GIVE(c, C);
    GIVE(dst, DST);
    GIVE(red, RED);
    unit->job_a_mode_i = j.at[A].mode;
    unit->job_b_mode_i = j.at[B].mode;
    unit->job_c_mode_i = j.at[C].mode;
}

// Performs the granted request on got[]; returns whether `answer` is the line read.
static bool scratchpad(const job &j, uint32_t *answer)
{
    uint32_t line = unit->sp_addr_o * LINE;
    if (line >= WORDS)
        fail("line address", 0, unit->sp_addr_o, WORDS / LINE - 1, j);
    for (uint32_t w = 0; w < LINE; w++)
        answer[w] = got[line + w];
    for (uint32_t i = 0; unit->sp_we_o && i < 4 * LINE; i++)
        if ((uint64_t)unit->sp_wstrb_o >> i & 1)
            ((uint8_t *)&got[line])[i] = (uint8_t)(unit->sp_wdata_o[i / 4] >> 8 * (i % 4));
    return !unit->sp_we_o;
}

// The request that was not granted in the cycle before, to see that it stays.
static uint64_t request()
{
    uint64_t hash = (uint64_t)unit->sp_req_o << 1 | unit->sp_we_o;
    hash = hash << 20 | unit->sp_addr_o;
    for (uint32_t w = 0; unit->sp_we_o && w < LINE; w++)
        hash = hash * 0x9e3779b97f4a7c15u + unit->sp_wdata_o[w];
    return unit->sp_we_o ? hash * 3 + (uint64_t)unit->sp_wstrb_o : hash;
}

// Returns the cycles from the one that takes the job to the one of done_o.
static uint32_t run_unit(const job &j, outcome &o)
{
    uint32_t answer[LINE], start = 0;
    uint64_t waiting = 0;
    o = {};
    memcpy(got, image, sizeof got);
    give_job(j);
    unit->job_valid_i = 1;
    for (uint32_t cycle = 0; cycle < PATIENCE; cycle++) {
        // inputs that answer outputs of this cycle; then everything is as the clock's edge will find it
        uint32_t row = unit->row_o, limit = row < 64 && j.visible[row] < j.n ? j.visible[row] : j.n;
        unit->row_ready_i = j.masked ? rnd() % 4 != 0 : rnd() % 2;
        unit->visible_i = j.masked ? limit : rnd() & 0xfffff; // not looked at without MASK
        unit->sp_gnt_i = unit->sp_req_o && below(16) >= stalls;
        unit->eval();
        if (waiting && request() != waiting)
            fail("a waiting request changed", cycle, 0, 0, j);
        waiting = unit->sp_req_o && !unit->sp_gnt_i ? request() : 0;
        bool read = unit->sp_gnt_i && scratchpad(j, answer), done = unit->done_o;
        if (unit->job_valid_i && unit->job_ready_o)
            start = cycle;
        bool taken = unit->job_valid_i && unit->job_ready_o;
        o.elements += unit->count_elements_o;
        o.funcs += unit->count_funcs_o;
        if (done) {
            o.checksum = unit->done_checksum_o;
            o.error = unit->done_error_o;
            o.address = unit->done_address_o;
        }
        unit->clk_i = 1;
        unit->eval();
        unit->clk_i = 0;
        unit->sp_rvalid_i = read;
        for (uint32_t w = 0; w < LINE; w++)
            unit->sp_rdata_i[w] = read ? answer[w] : rnd(); // only the answer's cycle holds it
        if (taken)
            unit->job_valid_i = 0;
        unit->eval();
        if (done)
            return cycle - start;
    }
    fail("no end after cycles:", 0, PATIENCE, 0, j);
    return 0;
}

// ---- random jobs ----

static void compare(const job &j)
{
    outcome should = run_golden(j), is;
    run_unit(j, is);
    if (is.error != should.error)
        fail("error", 0, is.error, should.error, j);
    if (is.address != should.address)
        fail("error address", 0, is.address, should.address, j);
    // A refused command has written nothing, or the groups before the one that failed, as in the golden device.
    const uint32_t *words = is.error && is.error != QUIN_DERR_SCRATCHPAD ? image : want;
    for (uint32_t i = 0; i < WORDS; i++)
        if (got[i] != words[i])
            fail("word", i, got[i], words[i], j);
    if (is.error)
        return; // the rest is not defined
    if (is.checksum != should.checksum)
        fail("checksum", 0, is.checksum, should.checksum, j);
    if (is.elements != should.elements || is.funcs != should.funcs)
        fail("counted elements", 0, (uint32_t)is.elements, (uint32_t)should.elements, j);
}

static void random_jobs(uint32_t jobs)
{
    uint32_t refused = 0;
    for (uint32_t i = 0; i < jobs; i++) {
        job j = random_job(i);
        uint32_t kind = below(5), pure = below(4); // one kind of values, or a mixture
        for (uint32_t w = 0; w < WORDS; w++)
            image[w] = random_value(pure ? kind : below(5));
        stalls = below(3) ? 0 : below(15);
        if (below(12) == 0) {
            spoil(j);
            refused++;
        }
        compare(j);
    }
    printf("lanes %d: %u jobs equal the golden device, %u of them with a fault in a field\n", LANES, jobs,
           refused);
}

// ---- typical jobs and their cycles ----

enum {
    ADD = QUIN_VECTOR_OP_ADD,
    SUB = QUIN_VECTOR_OP_SUB,
    MUL = QUIN_VECTOR_OP_MUL,
    MAX = QUIN_VECTOR_OP_MAX
};

struct timed {
    const char *name;
    job j;
    uint32_t reads; // operands whose lines pass the port
};

static place at(uint32_t base, uint32_t group, uint32_t mode = QUIN_OPERAND_VECTOR, uint32_t row = 0)
{
    return {mode, base, row, group};
}

// The least cycles that port, lanes and functions allow.
static uint32_t bound(const timed &t)
{
    const job &j = t.j;
    const uint32_t groups = j.rows * j.groups, func_lanes = LANES > 4 ? LANES / 4 : 1;
    uint32_t steps = groups * ((j.n + LANES - 1) / LANES);
    if (j.func)
        steps *= LANES / func_lanes;
    else if (j.reduce == QUIN_REDUCE_SUM && LANES > 4)
        steps = steps * LANES / 4; // a partial sum waits for the adder, 4 cycles
    uint32_t words = !j.reduce ? 0 : j.reduce == QUIN_REDUCE_ARGMAX ? 2 : 1; // and the scalars of a group
    for (uint32_t s = A; s <= C; s++)
        words += j.at[s].mode == QUIN_OPERAND_SCALAR;
    uint32_t lines = groups * ((j.n + LINE - 1) / LINE * t.reads + (format_words(j) + LINE - 1) / LINE + words);
    return steps > lines ? steps : lines;
}

static void show(const timed &t)
{
    const job &j = t.j;
    outcome o;
    compare(j);
    if (meets_itself(j))
        fail("the bench's own job meets itself", 0, 0, 0, j);
    uint32_t cycles = run_unit(j, o), groups = j.rows * j.groups, least = bound(t), elements = groups * j.n;
    printf("  %-40s %6u %6u %5u %8.3f\n", t.name, cycles, least, cycles - least, (double)cycles / elements);
    // a SUM's tree runs beside the next group's steps where these leave cycles
    uint32_t tree = j.reduce == QUIN_REDUCE_SUM ? 32 + 32 * groups : 0;
    uint32_t most = least + 32 + (j.func ? 56 : 0) + tree + (j.func && j.n < LANES ? groups * LANES : 0);
    if (cycles > most || o.error)
        fail("too many cycles:", 0, cycles, most, j);
}

static void timed_jobs()
{
    const place imm = {QUIN_OPERAND_IMM, 0, 0, 0}, red = at(8100, 1), s16 = at(8000, 16), t16 = at(8016, 16);
    const place x = at(0, 2560), gain = at(2560, 2560), y = at(5120, 2560), heads = at(0, 512), one = at(8000, 1, 1);
    const place x64 = at(0, 64, 0, 64), y64 = at(1024, 64, 0, 64), z64 = at(2048, 64, 0, 64);
    const timed list[] = {
        {"add, 64", {1, 1, 64, ADD, 0, 0, 0, 1, 0, 0, {x64, y64, imm, z64, red}}, 2},
        {"add, 8 rows of 64", {8, 1, 64, ADD, 0, 0, 0, 1, 0, 0, {x64, y64, imm, z64, red}}, 2},
        {"sum of squares, 256", {1, 1, 256, MUL, 0, 0, 1, 0, 0, 0, {x, x, imm, y, red}}, 1},
        {"sum of squares, 8 rows of 256",
         {8, 1, 256, MUL, 0, 0, 1, 0, 0, 0, {at(0, 0, 0, 256), at(0, 0, 0, 256), imm, y, at(8100, 0, 0, 1)}}, 1},
        {"quantise to int8, 256", {1, 1, 256, MUL, 0, 0, 0, 2, 0, 0, {x, one, imm, y, red}}, 1},
        {"2^(s - max) in place, SUM, 256", {1, 1, 256, SUB, 0, 1, 1, 1, 0, 0, {x, one, imm, x, red}}, 1},
        {"norm: x * scalar * gain, ABSMAX, 2560", {1, 1, 2560, MUL, MUL, 0, 3, 1, 0, 0, {x, one, gain, y, red}}, 2},
        {"sum of squares, 2560", {1, 1, 2560, MUL, 0, 0, 1, 0, 0, 0, {x, x, imm, y, red}}, 1},
        {"residual in place, 2560", {1, 1, 2560, ADD, 0, 0, 0, 1, 0, 0, {x, gain, imm, x, red}}, 2},
        {"quantise to int8, 2560", {1, 1, 2560, MUL, 0, 0, 0, 2, 0, 0, {x, one, imm, y, red}}, 1},
        {"gate * gate * up, 1024", {1, 1, 1024, MUL, MUL, 0, 0, 1, 0, 0, {x, x, gain, y, red}}, 2},
        {"2^(s - max) in place, SUM, 4 x 512",
         {1, 4, 512, SUB, 0, 1, 1, 1, 0, 0, {heads, one, imm, heads, red}}, 1},
        {"2^(s - max) in place, SUM, 20 x 16",
         {1, 20, 16, SUB, 0, 1, 1, 1, 0, 0, {at(0, 16), one, imm, at(0, 16), red}}, 1},
        {"ARGMAX, 2560", {1, 1, 2560, 0, 0, 0, 4, 0, 0, 0, {x, imm, imm, y, red}}, 1},
        {"MAX of 20 heads of 64", {1, 20, 64, 0, 0, 0, 2, 0, 0, 0, {at(0, 64), imm, imm, y, red}}, 1},
        {"SUM of 20 heads of 64", {1, 20, 64, 0, 0, 0, 1, 0, 0, 0, {at(0, 64), imm, imm, y, red}}, 1},
        {"RoPE: x cos - part, 20 heads of 32",
         {1, 20, 32, MUL, SUB, 0, 0, 1, 0, 0, {at(0, 64), at(8000, 0), at(2560, 32), at(0, 64), red}}, 3},
        {"o * alpha + part, 20 heads of 64",
         {1, 20, 64, MUL, ADD, 0, 0, 1, 0, 0, {at(0, 64), at(8000, 1, 1), at(2560, 64), at(0, 64), red}}, 2},
        {"scale: max, mul, 1", {1, 1, 1, MAX, MUL, 0, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"copy, 1", {1, 1, 1, 0, 0, 0, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"1 / sqrt(s * c + eps), 1", {1, 1, 1, MUL, ADD, 3, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"1 / sqrt(s * c + eps), 8 rows of 1", {8, 1, 1, MUL, ADD, 3, 0, 1, 0, 0,
         {{0, 0, 16, 0}, imm, imm, {0, 4096, 16, 0}, red}}, 1},
        {"1 / scale, 20 scalars", {1, 1, 20, MAX, MUL, 2, 0, 1, 0, 0, {s16, imm, imm, at(8032, 32), red}}, 1},
    };
    stalls = 0;
    printf("  %-40s %6s %6s %5s %8s\n", "typical jobs", "cycles", "bound", "rest", "/element");
    for (uint32_t w = 0; w < WORDS; w++)
        image[w] = random_value(1);
    for (const timed &t : list)
        show(t);
}

static void prepare()
{
    golden = quin_device_create(quin_config_find("tiny"), DRAM_BYTES);
    if (!golden || quin_config_find("tiny")->scratchpad_words != WORDS) {
        printf("FAIL: no golden device with the bench's scratchpad\n");
        exit(1);
    }
    quin_device_set_retire_hook(golden, keep_record, nullptr);
    reg64(QUIN_REG_WINDOW, 0);
    reg64(QUIN_REG_WINDOW + 8, DRAM_BYTES);
    quin_device_reg_write(golden, QUIN_REG_WINDOW + 16, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
    unit = new Vquin_vector_unit;
    for (int i = 0; i < 4; i++) {
        unit->clk_i = i & 1;
        unit->eval();
    }
    unit->rst_ni = 1;
    unit->clk_i = 0;
    unit->eval();
}

int main(int argc, char **argv)
{
    const char *seed = getenv("SEED"), *length = getenv("JOBS");
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--quick")) {
            length = "600";
        } else if (!strcmp(argv[i], "--seed") && i + 1 < argc) {
            seed = argv[++i];
        } else if (!strcmp(argv[i], "--jobs") && i + 1 < argc) {
            length = argv[++i];
        } else {
            printf("usage: test_vector_unit [--quick] [--seed N] [--jobs N]\n");
            return 2;
        }
    }
    rnd_state = seed ? strtoull(seed, nullptr, 0) : 1;
    printf("test_vector_unit: lanes %d, SEED=%llu\n", LANES, (unsigned long long)rnd_state);
    prepare();
    timed_jobs();
    random_jobs(length ? (uint32_t)strtoul(length, nullptr, 0) : 5000);
    delete unit;
    quin_device_destroy(golden);
    return 0;
}
