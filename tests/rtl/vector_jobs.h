// SPDX-License-Identifier: Apache-2.0
// VECTOR jobs for test_vector_unit.cpp: what a job is, random ones (all operations, modes, shapes, masks,
// corner values, fields that are refused), and what the golden device makes of them.
#ifndef QUIN_VECTOR_JOBS_H
#define QUIN_VECTOR_JOBS_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define _Static_assert static_assert
extern "C" {
#include "device.h"
}

enum { WORDS = 8192, PROGRAM_AT = 0x1000, STAGE_AT = 0x10000, DRAM_BYTES = 0x20000, STREAMS = 5 };
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
        0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x40200000, 0x7f800000, 0xff800000,
        0x7fc00000, 0xffc00001, 0x7f800001, 0x00000001, 0x807fffff, 0x00800000, 0x80800000, 0x7f7fffff,
        0xff7fffff, 0x43000000, 0xc2fc0000, 0xc2fc0001, 0x7e800000, 0x7e800001, 0x4b000000, 0x42f30000,
        0xc2f30000, 0x42fd0000, 0xc3008000, 0xc2ff0000, 0x46e6a800, 0xc6e6a900, 0x3effffff, 0x4effffff,
        0x42c80000, 0xc2c80000};
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
    printf("FAIL lanes %d: %s %u is %08x, want %08x: op1 %u op2 %u func %u reduce %u format %u\n", LANES, what,
           at, have, should, j.op1, j.op2, j.func, j.reduce, j.format);
    printf("  rows %u groups %u n %u masked %d modes %u %u %u\n", j.rows, j.groups, j.n, j.masked,
           j.at[A].mode, j.at[B].mode, j.at[C].mode);
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
    case 0: // one long group, now and then of a memory line's multiple
        j.rows = j.groups = 1;
        j.n = below(1700);
        if (below(4) == 0)
            j.n &= ~15u;
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

static uint32_t format_words(const job &j)
{
    uint32_t bytes = j.format == QUIN_FORMAT_F32 ? 4 : j.format == QUIN_FORMAT_CODE10 ? 2 : j.format ? 1 : 0;
    return (j.n * bytes + 3) / 4;
}

// Whether the command reads or writes again what it writes, other than in place: nothing is defined then.
static bool meets_itself(const job &j)
{
    static uint8_t written[WORDS];
    memset(written, 0, sizeof written);
    auto each = [&j](const place &p, uint32_t words, auto visit) {
        for (uint32_t r = 0; r < j.rows; r++)
            for (uint32_t g = 0; g < j.groups; g++)
                for (uint32_t w = 0; w < words; w++) {
                    uint64_t at = p.base + (uint64_t)r * p.row + (uint64_t)g * p.group + w;
                    if (at < WORDS && visit((uint32_t)at))
                        return true;
                }
        return false;
    };
    auto write = [](uint32_t at) { return written[at]++ != 0; };
    const place &dst = j.at[DST];
    if (each(dst, format_words(j), write) ||
        each(j.at[RED], !j.reduce ? 0 : j.reduce == QUIN_REDUCE_ARGMAX ? 2 : 1, write))
        return true;
    for (uint32_t s = A; s <= C; s++) {
        const place &p = j.at[s];
        bool used = p.mode < QUIN_OPERAND_IMM && (s == A || (s == B ? j.op1 : j.op2));
        bool here = j.format == QUIN_FORMAT_F32 && p.mode == QUIN_OPERAND_VECTOR && p.base == dst.base &&
                    p.row == dst.row && p.group == dst.group;
        uint32_t words = p.mode == QUIN_OPERAND_VECTOR ? j.n : 1;
        if (used && !here && each(p, words, [](uint32_t at) { return written[at] != 0; }))
            return true;
    }
    return false;
}

// Something that the command is refused for, or nearly.
static void spoil(job &j)
{
    const job before = j;
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
    if (meets_itself(j))
        j = before;
}

#endif
