// SPDX-License-Identifier: Apache-2.0
// quin_vector_unit against the golden device: the same VECTOR command on the same scratchpad through both;
// memory, checksum, error, error address and counters must be equal bit for bit. Random jobs with random
// stalls of the scratchpad (vector_jobs.h); then the cycles of typical jobs, which must stay near what port
// and lanes allow. SEED=n replays a run, JOBS=n sets its length. --vectors FILE writes JOBS jobs and what
// they lead to for vector_unit_icarus.sv instead. Built with -DLANES as the unit is; the scratchpad is that
// of `tiny`.
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
    if (is.error)
        return; // what a refused command has done is not defined
    for (uint32_t i = 0; i < WORDS; i++)
        if (got[i] != want[i])
            fail("word", i, got[i], want[i], j);
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

// ---- jobs for vector_unit_icarus.sv: words in hex, the layout that it says ----

static int write_vectors(const char *path, uint32_t jobs)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return 1;
    fprintf(f, "%x\n", jobs);
    for (uint32_t w = 0; w < WORDS; w++)
        fprintf(f, "%x\n", image[w] = random_value(below(5)));
    for (uint32_t i = 0; i < jobs; i++) {
        job j = random_job(rnd() % 125);
        outcome o = {};
        j.n %= 200;
        if (below(8) == 0)
            spoil(j);
        o = run_golden(j);
        if (o.error == QUIN_DERR_SCRATCHPAD) { // it may have written anything
            i--;
            continue;
        }
        memcpy(image, want, sizeof image); // the jobs follow each other on one scratchpad
        const uint32_t word[] = {j.rows, j.groups, j.n, j.op1, j.op2, j.func, j.reduce, j.format, j.imm1,
        j.imm2,
                                 j.masked, j.masked && j.first + j.rows > QUIN_ROW_REGS};
        for (uint32_t x : word)
            fprintf(f, "%x\n", x);
        for (const place &p : j.at)
            fprintf(f, "%x %x %x %x\n", p.mode, p.base, p.row, p.group);
        for (uint32_t r = 0; r < 8; r++)
            fprintf(f, "%x\n", j.masked && j.visible[r] < j.n ? j.visible[r] : j.n);
        fprintf(f, "%x %x %x\n", o.error ? 0 : o.checksum, o.error, o.address);
    }
    for (uint32_t w = 0; w < WORDS; w++)
        fprintf(f, "%x\n", image[w]);
    return fclose(f) != 0;
}

// ---- typical jobs and their cycles ----

struct timed {
    const char *name;
    job j;
    uint32_t reads; // operands whose lines pass the port
};

static uint32_t written_lines(const job &j)
{
    uint32_t bytes = j.format == QUIN_FORMAT_F32 ? 4 : j.format == QUIN_FORMAT_CODE10 ? 2 : j.format ? 1 : 0;
    return (j.n * bytes + 4 * LINE - 1) / (4 * LINE);
}

static place at(uint32_t base, uint32_t n, uint32_t mode = QUIN_OPERAND_VECTOR)
{
    return {mode, base, 0, n};
}

static void timed_jobs()
{
    enum {
        ADD = QUIN_VECTOR_OP_ADD,
        SUB = QUIN_VECTOR_OP_SUB,
        MUL = QUIN_VECTOR_OP_MUL,
        MAX = QUIN_VECTOR_OP_MAX
    };
    const place imm = {QUIN_OPERAND_IMM, 0, 0, 0};
    const place x = at(0, 2560), gain = at(2560, 2560), y = at(5120, 2560);
    const place heads = at(0, 512), one = at(8000, 1, 1);
    const place red = at(8100, 1), s16 = at(8000, 16), t16 = at(8016, 16);
    const timed list[] = {
        {"norm: x * scalar * gain, 2560", {1, 1, 2560, MUL, MUL, 0, 0, 1, 0, 0, {x, one, gain, y, red}}, 2},
        {"the same with ABSMAX", {1, 1, 2560, MUL, MUL, 0, 3, 1, 0, 0, {x, one, gain, y, red}}, 2},
        {"sum of squares, 2560", {1, 1, 2560, MUL, 0, 0, 1, 0, 0, 0, {x, x, imm, y, red}}, 1},
        {"residual in place, 2560", {1, 1, 2560, ADD, 0, 0, 0, 1, 0, 0, {x, gain, imm, x, red}}, 2},
        {"quantise to int8, 2560", {1, 1, 2560, MUL, 0, 0, 0, 2, 0, 0, {x, one, imm, y, red}}, 1},
        {"2^(s - max) in place, SUM, 4 x 512",
         {1, 4, 512, SUB, 0, 1, 1, 1, 0, 0, {heads, one, imm, heads, red}}, 1},
        {"MAX of 20 heads of 64", {1, 20, 64, 0, 0, 0, 2, 0, 0, 0, {at(0, 64), imm, imm, y, red}}, 1},
        {"SUM of 20 heads of 64", {1, 20, 64, 0, 0, 0, 1, 0, 0, 0, {at(0, 64), imm, imm, y, red}}, 1},
        {"RoPE x cos - part, 20 heads of 32",
         {1, 20, 32, MUL, SUB, 0, 0, 1, 0, 0, {at(0, 64), at(8000, 0), at(2560, 32), at(0, 64), red}}, 3},
        {"scale of 1: max, mul", {1, 1, 1, MAX, MUL, 0, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"copy of 1", {1, 1, 1, 0, 0, 0, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"1 / sqrt(s * c + eps) of 1", {1, 1, 1, MUL, ADD, 3, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"the same, 8 rows of 1", {8, 1, 1, MUL, ADD, 3, 0, 1, 0, 0,
         {{0, 0, 16, 0}, imm, imm, {0, 4096, 16, 0}, red}}, 1},
        {"1 / scale of 20 heads, 1 row",
         {1, 1, 20, MAX, MUL, 2, 0, 1, 0, 0, {s16, imm, imm, at(8032, 32), red}}, 1},
    };
    stalls = 0;
    for (uint32_t w = 0; w < WORDS; w++)
        image[w] = random_value(1);
    for (const timed &t : list) {
        outcome o;
        compare(t.j);
        uint32_t cycles = run_unit(t.j, o), groups = t.j.rows * t.j.groups;
        uint32_t lines = (t.j.n + LINE - 1) / LINE, steps = groups * ((t.j.n + LANES - 1) / LANES);
        uint32_t ideal = groups * (lines * t.reads + written_lines(t.j));
        if (t.j.func)
            steps *= LANES;
        else if (t.j.reduce == QUIN_REDUCE_SUM && LANES >= 8)
            steps = steps * 3 * LANES / 16; // a partial sum waits for the adder
        if (ideal < steps)
            ideal = steps;
        printf("  %-36s %6u cycles, at least %u\n", t.name, cycles, ideal);
        uint32_t tree = t.j.reduce == QUIN_REDUCE_SUM ? 28 + 46 * groups : 0;
        uint32_t most = ideal + 45 + (t.j.func ? 32 : 0) + tree;
        if (cycles > most || o.error)
            fail("too many cycles:", 0, cycles, most, t.j);
    }
}

int main(int argc, char **argv)
{
    const char *seed = getenv("SEED"), *jobs = getenv("JOBS");
    rnd_state = seed ? strtoull(seed, nullptr, 0) : 1;
    printf("test_vector_unit: lanes %d, SEED=%llu\n", LANES, (unsigned long long)rnd_state);
    golden = quin_device_create(quin_config_find("tiny"), DRAM_BYTES);
    if (!golden || quin_config_find("tiny")->scratchpad_words != WORDS)
        return 1;
    quin_device_set_retire_hook(golden, keep_record, nullptr);
    reg64(QUIN_REG_WINDOW, 0);
    reg64(QUIN_REG_WINDOW + 8, DRAM_BYTES);
    quin_device_reg_write(golden, QUIN_REG_WINDOW + 16, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
    uint32_t length = jobs ? (uint32_t)strtoul(jobs, nullptr, 0) : 2000;
    if (argc == 3 && !strcmp(argv[1], "--vectors"))
        return write_vectors(argv[2], length);
    unit = new Vquin_vector_unit;
    for (int i = 0; i < 4; i++) {
        unit->clk_i = i & 1;
        unit->eval();
    }
    unit->rst_ni = 1;
    unit->clk_i = 0;
    unit->eval();
    random_jobs(length);
    timed_jobs();
    delete unit;
    quin_device_destroy(golden);
    return 0;
}
