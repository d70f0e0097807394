// SPDX-License-Identifier: Apache-2.0
// quin_vector_unit against the golden device: the same VECTOR command on the same scratchpad through both; memory,
// checksum, error, error address and counters must be equal bit for bit. Random operations, functions, formats, reductions,
// modes, shapes, masks and stalls of the scratchpad. SEED=n replays a run; JOBS=n sets its length; --cycles times
// typical jobs instead. Built with -DLANES as the unit is; the unit has the scratchpad of `tiny`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "Vquin_vector_unit.h"
#include "verilated.h"

#define _Static_assert static_assert
extern "C" {
#include "device.h"
}

enum {
    WORDS = 8192, LINE = LANES > 4 ? LANES : 4, PROGRAM_AT = 0x1000, STAGE_AT = 0x10000, DRAM_BYTES = 0x20000,
    STREAMS = 5, PATIENCE = 200000
};
enum { A, B, C, DST, RED };

struct place {
    uint32_t mode, base, row, group;
};

struct job {
    uint32_t rows, groups, n, op1, op2, func, reduce, format, imm1, imm2;
    place at[STREAMS];
    bool masked;
    uint32_t first, visible[64]; // row registers from `first`
};

struct outcome {
    uint32_t checksum, error, address;
    uint64_t elements, funcs;
};

static uint32_t image[WORDS], want[WORDS], got[WORDS];

// ---- random numbers ----

static uint64_t rnd_state;

static uint32_t rnd()
{
    uint64_t z = (rnd_state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)((uint64_t)rnd() * n >> 32);
}

static uint32_t bits(float x)
{
    uint32_t b;
    memcpy(&b, &x, 4);
    return b;
}

static uint32_t random_value(uint32_t kind)
{
    static const uint32_t corner[] = {
        0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x40200000, 0x7f800000, 0xff800000, 0x7fc00000,
        0xffc00001, 0x7f800001, 0x00000001, 0x807fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff, 0x43000000,
        0xc2fc0000, 0xc2fc0001, 0x7e800000, 0x7e800001, 0x4b000000, 0x42f30000, 0xc2f30000, 0x42fd0000, 0xc3008000,
        0xc2ff0000, 0x46e6a800, 0xc6e6a900, 0x3effffff, 0x4effffff, 0x42c80000, 0xc2c80000};
    switch (kind) {
    case 0:
        return rnd();
    case 1: // sums and products stay away from the limits
        return (rnd() & 0x807fffff) | (117 + below(20)) << 23;
    case 2: // halves, for ties; few values, for equal maxima
        return bits((float)((int32_t)below(600) - 300) / 2.0f);
    case 3:
        return corner[below(sizeof corner / sizeof corner[0])];
    default: // arguments of exp2, and what CODE10 holds
        return bits((float)((double)(int32_t)rnd() * (below(2) ? 0x1p-24 : 0x1p-16)));
    }
}

static void fail(const char *what, uint32_t at, uint32_t have, uint32_t should, const job &j)
{
    printf("FAIL lanes %d: %s %u is %08x, want %08x: op1 %u op2 %u func %u reduce %u format %u rows %u groups %u n %u "
           "masked %d modes %u %u %u\n", LANES, what, at, have, should, j.op1, j.op2, j.func, j.reduce, j.format,
           j.rows, j.groups, j.n, j.masked, j.at[A].mode, j.at[B].mode, j.at[C].mode);
    exit(1);
}

// ---- the golden device ----

static quin_device *golden;
static quin_retire record;

static void keep_record(void *, const quin_retire *r, const quin_cmd *, uint32_t)
{
    record = *r;
}

static void reg64(uint32_t offset, uint64_t value)
{
    quin_device_reg_write(golden, offset, (uint32_t)value);
    quin_device_reg_write(golden, offset + 4, (uint32_t)(value >> 32));
}

static uint64_t count(uint32_t index)
{
    uint32_t at = QUIN_REG_COUNTER + index * 8;
    return quin_device_reg_read(golden, at) | (uint64_t)quin_device_reg_read(golden, at + 4) << 32;
}

static void set(quin_cmd &cmd, uint32_t field, uint64_t value)
{
    if (!quin_cmd_set(&cmd, (quin_field)field, value)) {
        printf("FAIL: a field of the test's own command does not fit\n");
        exit(1);
    }
}

static void set_place(quin_cmd &cmd, uint32_t base, const place &p)
{
    set(cmd, base, p.base); // BASE, ROW, GROUP are neighbours of 20 bits
    set(cmd, base + (20 << 8), p.row);
    set(cmd, base + (40 << 8), p.group);
}

static quin_cmd vector_command(const job &j)
{
    quin_cmd cmd = {};
    set(cmd, QUIN_F_ANY_OPCODE, QUIN_OP_VECTOR);
    set(cmd, QUIN_F_ANY_ROWS, j.rows);
    set(cmd, QUIN_F_VECTOR_GROUPS, j.groups);
    set(cmd, QUIN_F_VECTOR_N, j.n);
    set(cmd, QUIN_F_VECTOR_OP1, j.op1);
    set(cmd, QUIN_F_VECTOR_OP2, j.op2);
    set(cmd, QUIN_F_VECTOR_FUNC, j.func);
    set(cmd, QUIN_F_VECTOR_REDUCE, j.reduce);
    set(cmd, QUIN_F_VECTOR_FORMAT, j.format);
    set(cmd, QUIN_F_VECTOR_MASK, j.masked);
    set(cmd, QUIN_F_VECTOR_ROW_FIRST, j.first);
    set(cmd, QUIN_F_VECTOR_IMM1, j.imm1);
    set(cmd, QUIN_F_VECTOR_IMM2, j.imm2);
    set(cmd, QUIN_F_VECTOR_A_MODE, j.at[A].mode);
    set(cmd, QUIN_F_VECTOR_B_MODE, j.at[B].mode);
    set(cmd, QUIN_F_VECTOR_C_MODE, j.at[C].mode);
    set_place(cmd, QUIN_F_VECTOR_A_BASE, j.at[A]);
    set_place(cmd, QUIN_F_VECTOR_B_BASE, j.at[B]);
    set_place(cmd, QUIN_F_VECTOR_C_BASE, j.at[C]);
    set_place(cmd, QUIN_F_VECTOR_DST_BASE, j.at[DST]);
    set_place(cmd, QUIN_F_VECTOR_RED_BASE, j.at[RED]);
    return cmd;
}

// Loads the image, runs the command; what the scratchpad holds afterwards goes to want[].
static outcome run_golden(const job &j)
{
    quin_cmd program[3] = {};
    set(program[0], QUIN_F_ANY_OPCODE, QUIN_OP_LOAD);
    set(program[0], QUIN_F_ANY_ROWS, 1);
    set(program[0], QUIN_F_MOVE_GROUPS, 1);
    set(program[0], QUIN_F_MOVE_ELEMENT, QUIN_ELEMENT_WORD);
    set(program[0], QUIN_F_MOVE_N, WORDS);
    set(program[0], QUIN_F_MOVE_INNER, WORDS);
    set(program[0], QUIN_F_MOVE_DRAM_OFFSET, STAGE_AT);
    program[1] = vector_command(j);
    set(program[2], QUIN_F_ANY_OPCODE, QUIN_OP_END);
    for (uint32_t r = 0; r < 64; r++)
        reg64(QUIN_REG_ROWREG + r * 8, r < j.first ? rnd() : j.visible[r - j.first]);
    quin_device_mem_write(golden, STAGE_AT, image, sizeof image);
    quin_device_mem_write(golden, PROGRAM_AT, program, sizeof program);
    reg64(QUIN_REG_PROGRAM_ADDRESS, PROGRAM_AT);
    quin_device_reg_write(golden, QUIN_REG_PROGRAM_LENGTH, 3);
    quin_device_reg_write(golden, QUIN_REG_CONTROL, QUIN_CONTROL_START | QUIN_CONTROL_CLEAR);
    quin_device_step(golden, 2);
    outcome o = {record.checksum, 0, 0, count(QUIN_COUNT_VECTOR_ELEMENTS), count(QUIN_COUNT_VECTOR_FUNCS)};
    quin_device_step(golden, 1);
    o.error = quin_device_reg_read(golden, QUIN_REG_ERROR_CODE);
    o.address = quin_device_reg_read(golden, QUIN_REG_ERROR_ADDRESS);
    memcpy(want, quin_device_scratchpad(golden), sizeof want);
    return o;
}

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

enum { REGION = 1920 }; // words for each of a, b, c, destination; the reductions have the rest

// A place in the region at `from` for all groups, where none overlaps another.
static place apart(const job &j, uint32_t from)
{
    uint32_t unit16 = (j.n + 15) / 16 * 16 + 16 * below(2);
    place p = {QUIN_OPERAND_VECTOR, from + 16 * below(4), 0, 0};
    if (below(2)) {
        p.group = unit16;
        p.row = p.group * j.groups + 16 * below(2);
    } else {
        p.row = unit16;
        p.group = p.row * j.rows + 16 * below(2);
    }
    return p;
}

static place random_operand(const job &j, uint32_t from)
{
    place p = apart(j, from);
    p.mode = below(3);
    if (p.mode == QUIN_OPERAND_SCALAR)
        p = {p.mode, from + below(400), below(20), below(20)};
    else if (below(4) == 0)
        (below(2) ? p.row : p.group) = 0; // one vector for all rows, or groups
    return p;
}

static void random_shape(job &j)
{
    switch (below(4)) {
    case 0: // one long group
        j.rows = j.groups = 1;
        j.n = below(1700);
        break;
    case 1: // many short ones
        j.rows = 1 + below(7);
        j.groups = 1 + below(7);
        j.n = below(17);
        break;
    default:
        j.rows = 1 + below(4);
        j.groups = 1 + below(4);
        j.n = below(2) ? below(90) : below(24);
    }
    if (below(40) == 0)
        (below(2) ? j.rows : j.groups) = 0;
}

static job random_job(uint32_t i)
{
    job j = {};
    random_shape(j);
    j.op1 = i % 5;
    j.op2 = i / 5 % 5;
    j.func = i / 25 % 5;
    j.reduce = below(5);
    j.format = below(6);
    for (uint32_t s = A; s <= C; s++)
        j.at[s] = random_operand(j, s * REGION);
    j.at[DST] = apart(j, (uint32_t)DST * REGION);
    if (j.format == QUIN_FORMAT_F32 && below(2)) { // in place
        uint32_t s = below(3);
        j.at[s] = apart(j, s * REGION);
        j.at[DST] = j.at[s];
    }
    if (below(4) == 0)
        j.at[B] = j.at[A];
    if (below(4) == 0)
        j.at[C] = j.at[below(2)];
    j.at[RED].base = 4 * REGION + below(8);
    j.at[RED].group = 2 + below(3);
    j.at[RED].row = j.at[RED].group * j.groups + below(3);
    j.imm1 = random_value(below(5));
    j.imm2 = random_value(below(5));
    j.masked = below(3) == 0;
    j.first = below(64 - j.rows);
    for (uint32_t r = 0; r < 64; r++)
        j.visible[r] = below(8) ? below(j.n + 4) : 0;
    return j;
}

// Something that the command is refused for, or nearly.
static void spoil(job &j)
{
    place &p = j.at[below(STREAMS)];
    switch (below(6)) {
    case 0: {
        uint32_t *field[] = {&j.op1, &j.op2, &j.func, &j.reduce, &j.format};
        *field[below(5)] = 4 + below(4);
        break;
    }
    case 1:
        j.at[below(3)].mode = 3;
        break;
    case 2:
        (below(3) ? p.base : below(2) ? p.row : p.group) += 1 + below(15);
        break;
    case 3:
        j.masked = true;
        j.first = 63;
        break;
    default: { // out of the scratchpad, soon or late; now and then just inside
        p.base = below(2) ? WORDS - 16 * below(8) : p.base;
        uint32_t far = below(2) ? 0xffff0 : 16 * below(512);
        (below(2) ? p.row : p.group) = far;
    }
    }
}

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
    printf("lanes %d: %u jobs equal the golden device, %u of them with a fault in a field\n", LANES, jobs, refused);
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
    enum { ADD = QUIN_VECTOR_OP_ADD, SUB = QUIN_VECTOR_OP_SUB, MUL = QUIN_VECTOR_OP_MUL, MAX = QUIN_VECTOR_OP_MAX };
    const place imm = {QUIN_OPERAND_IMM, 0, 0, 0};
    const place x = at(0, 2560), gain = at(2560, 2560), y = at(5120, 2560), heads = at(0, 512), one = at(8000, 1, 1);
    const place red = at(8100, 1), s16 = at(8000, 16), t16 = at(8016, 16);
    const timed list[] = {
        {"norm: x * scalar * gain, 2560", {1, 1, 2560, MUL, MUL, 0, 0, 1, 0, 0, {x, one, gain, y, red}}, 2},
        {"the same with ABSMAX", {1, 1, 2560, MUL, MUL, 0, 3, 1, 0, 0, {x, one, gain, y, red}}, 2},
        {"sum of squares, 2560", {1, 1, 2560, MUL, 0, 0, 1, 0, 0, 0, {x, x, imm, y, red}}, 1},
        {"residual in place, 2560", {1, 1, 2560, ADD, 0, 0, 0, 1, 0, 0, {x, gain, imm, x, red}}, 2},
        {"quantise to int8, 2560", {1, 1, 2560, MUL, 0, 0, 0, 2, 0, 0, {x, one, imm, y, red}}, 1},
        {"2^(s - max) in place, SUM, 4 x 512", {1, 4, 512, SUB, 0, 1, 1, 1, 0, 0, {heads, one, imm, heads, red}}, 1},
        {"MAX of 20 heads of 64", {1, 20, 64, 0, 0, 0, 2, 0, 0, 0, {at(0, 64), imm, imm, y, red}}, 1},
        {"SUM of 20 heads of 64", {1, 20, 64, 0, 0, 0, 1, 0, 0, 0, {at(0, 64), imm, imm, y, red}}, 1},
        {"RoPE x cos - part, 20 heads of 32",
         {1, 20, 32, MUL, SUB, 0, 0, 1, 0, 0, {at(0, 64), at(8000, 0), at(2560, 32), at(0, 64), red}}, 3},
        {"scale of 1: max, mul", {1, 1, 1, MAX, MUL, 0, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"copy of 1", {1, 1, 1, 0, 0, 0, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"1 / sqrt(s * c + eps) of 1", {1, 1, 1, MUL, ADD, 3, 0, 1, 0, 0, {s16, imm, imm, t16, red}}, 1},
        {"the same, 8 rows of 1", {8, 1, 1, MUL, ADD, 3, 0, 1, 0, 0,
         {{0, 0, 16, 0}, imm, imm, {0, 4096, 16, 0}, red}}, 1},
        {"1 / scale of 20 heads, 1 row", {1, 1, 20, MAX, MUL, 2, 0, 1, 0, 0, {s16, imm, imm, at(8032, 20), red}}, 1},
    };
    stalls = 0;
    for (uint32_t w = 0; w < WORDS; w++)
        image[w] = random_value(1);
    for (const timed &t : list) {
        outcome o;
        compare(t.j);
        uint32_t cycles = run_unit(t.j, o), groups = t.j.rows * t.j.groups, lines = groups * ((t.j.n + LINE - 1) / LINE);
        uint32_t steps = groups * ((t.j.n + LANES - 1) / LANES), ideal = lines * t.reads + groups * written_lines(t.j);
        if (t.j.func)
            steps *= LANES;
        else if (t.j.reduce == QUIN_REDUCE_SUM && LANES == 16)
            steps *= 3;
        if (ideal < steps)
            ideal = steps;
        printf("  %-36s %6u cycles, at least %u\n", t.name, cycles, ideal);
        uint32_t most = ideal + 45 + (t.j.func ? 32 : 0) + (t.j.reduce == QUIN_REDUCE_SUM ? 28 + 28 * groups : 0);
        if (cycles > most)
            fail("too many cycles:", 0, cycles, most, t.j);
    }
}

int main()
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
    unit = new Vquin_vector_unit;
    for (int i = 0; i < 4; i++) {
        unit->clk_i = i & 1;
        unit->eval();
    }
    unit->rst_ni = 1;
    unit->clk_i = 0;
    unit->eval();
    random_jobs(jobs ? (uint32_t)strtoul(jobs, nullptr, 0) : 2000);
    timed_jobs();
    delete unit;
    quin_device_destroy(golden);
    return 0;
}
