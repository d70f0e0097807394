/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the golden device share: a device under test, programs built field by field, the
 * scratchpad as seen through plain LOAD and STORE, binary32 rounding and the code of five trits computed by
 * other means than the model's. Only device.h is used, so whatever else offers these calls can be put in its
 * place. SEED=n replays a run.
 */
#ifndef QUIN_TEST_DEVICE_UTIL_H
#define QUIN_TEST_DEVICE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "device.h"

/* DRAM of a device under test: the program, room to read and write the scratchpad, then the test's own. */
enum {
    PROGRAM_AT = 0x1000,
    PROGRAM_MAX = 128,
    STAGE_AT = 0x10000,
    DATA_AT = 0x200000,
    DRAM_BYTES = 0x800000
};

struct dut {
    struct quin_device *dev;
    const struct quin_config *config;
    struct quin_cmd prog[PROGRAM_MAX];
    uint32_t length;
    struct quin_retire record[PROGRAM_MAX]; /* the newest one of each command of the program */
    uint32_t hook_error[PROGRAM_MAX];
};

/* ---- random numbers ---- */

static uint64_t rnd_state;

static inline uint32_t rnd(void)
{
    uint64_t z = (rnd_state += 0x9e3779b97f4a7c15u); /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static inline uint64_t rnd64(void)
{
    return (uint64_t)rnd() << 32 | rnd();
}

/* 0..n-1 */
static inline uint32_t below(uint32_t n)
{
    return (uint32_t)((uint64_t)rnd() * n >> 32);
}

static inline void seed_start(const char *name)
{
    const char *seed = getenv("SEED");
    rnd_state = seed ? strtoull(seed, NULL, 0) : 1;
    printf("%s: SEED=%llu\n", name, (unsigned long long)rnd_state);
}

/* ---- binary32 by integer steps: nearest, halves to even, below 2^-126 zero, one NaN ---- */

static inline float as_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

static inline uint32_t as_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return bits;
}

/* An operand's value: subnormals are zero of their sign. */
static inline double operand(uint32_t bits)
{
    return bits & 0x7f800000u ? (double)as_float(bits) : (double)as_float(bits & 0x80000000u);
}

static inline uint32_t round_to_f32(double x)
{
    uint32_t sign = signbit(x) ? 0x80000000u : 0;
    int e;
    if (isnan(x))
        return 0x7fc00000u;
    if (fabs(x) < 0x1p-126)
        return sign;
    if (isinf(x))
        return sign | 0x7f800000u;
    double scaled = ldexp(frexp(fabs(x), &e), 24), whole = floor(scaled), rest = scaled - whole;
    if (rest > 0.5 || (rest == 0.5 && fmod(whole, 2) != 0))
        whole += 1;
    if (whole == 0x1p24) {
        whole = 0x1p23;
        e++;
    }
    return e > 128 ? sign | 0x7f800000u : sign | (uint32_t)(e + 126) << 23 | ((uint32_t)whole & 0x7fffffu);
}

/* ---- five trits: byte q stands for the base-3 number floor(q * 243 / 256) ---- */

static inline int byte_value(uint32_t q)
{
    return (int)(q * 243 / 256) - 121;
}

/* The smallest byte that stands for v. */
static inline uint8_t value_byte(int v)
{
    uint32_t q = 0;
    while (byte_value(q) < v)
        q++;
    return (uint8_t)q;
}

/* Trit i (0: most significant) of `trits` trits of v. */
static inline int value_trit(int v, int i, int trits)
{
    int u = v;
    for (int j = 0, power = 1; j < trits; j++, power *= 3)
        u += power;
    for (int j = trits - 1; j > i; j--)
        u /= 3;
    return u % 3 - 1;
}

/* ---- the device ---- */

static inline void reg64(struct quin_device *dev, uint32_t offset, uint64_t value)
{
    quin_device_reg_write(dev, offset, (uint32_t)value);
    quin_device_reg_write(dev, offset + 4, (uint32_t)(value >> 32));
}

static inline uint64_t get64(struct quin_device *dev, uint32_t offset)
{
    return quin_device_reg_read(dev, offset) | (uint64_t)quin_device_reg_read(dev, offset + 4) << 32;
}

static inline uint64_t counter(struct quin_device *dev, enum quin_counter index)
{
    return get64(dev, QUIN_REG_COUNTER + (uint32_t)index * 8);
}

static inline void greg(struct quin_device *dev, uint32_t index, uint64_t value)
{
    reg64(dev, QUIN_REG_GREG + index * 8, value);
}

static inline void rowreg(struct quin_device *dev, uint32_t bank, uint32_t row, uint64_t value)
{
    reg64(dev, QUIN_REG_ROWREG + (bank * QUIN_ROW_REGS + row) * 8, value);
}

static inline void window(struct quin_device *dev, uint32_t i, uint64_t base, uint64_t limit, uint32_t rights)
{
    reg64(dev, QUIN_REG_WINDOW + i * 24, base);
    reg64(dev, QUIN_REG_WINDOW + i * 24 + 8, limit);
    quin_device_reg_write(dev, QUIN_REG_WINDOW + i * 24 + 16, rights);
}

static inline void dut_hook(void *user, const struct quin_retire *record, const struct quin_cmd *cmd,
                            uint32_t error)
{
    struct dut *d = user;
    uint32_t pc = record->command & 0xffffff;
    (void)cmd;
    if (pc < PROGRAM_MAX) {
        d->record[pc] = *record;
        d->hook_error[pc] = error;
    }
}

/* A device whose first window grants everything. */
static inline void dut_open(struct dut *d, const char *config)
{
    memset(d, 0, sizeof *d);
    d->config = quin_config_find(config);
    assert_non_null(d->config);
    d->dev = quin_device_create(d->config, DRAM_BYTES);
    assert_non_null(d->dev);
    quin_device_set_retire_hook(d->dev, dut_hook, d);
    window(d->dev, 0, 0, DRAM_BYTES, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
}

static inline void dut_close(struct dut *d)
{
    quin_device_destroy(d->dev);
}

/* ---- programs ---- */

/* Writes a field of the newest command and insists that the value fits. */
#define PUT(d, format, name, value) \
    assert_true(quin_cmd_set(&(d)->prog[(d)->length - 1], QUIN_F_##format##_##name, (uint64_t)(value)))

static inline void dut_begin(struct dut *d)
{
    d->length = 0;
}

static inline void dut_command(struct dut *d, enum quin_op op)
{
    assert_true(d->length < PROGRAM_MAX);
    memset(&d->prog[d->length++], 0, sizeof d->prog[0]);
    PUT(d, ANY, OPCODE, op);
}

/* Writes the program as it stands and starts it. */
static inline void dut_start(struct dut *d)
{
    assert_true(quin_device_mem_write(d->dev, PROGRAM_AT, d->prog, d->length * sizeof d->prog[0]));
    reg64(d->dev, QUIN_REG_PROGRAM_ADDRESS, PROGRAM_AT);
    quin_device_reg_write(d->dev, QUIN_REG_PROGRAM_LENGTH, d->length);
    quin_device_reg_write(d->dev, QUIN_REG_CONTROL, QUIN_CONTROL_START | QUIN_CONTROL_CLEAR);
}

/* Adds END, runs with cleared counters, returns the device error. */
static inline uint32_t dut_run(struct dut *d)
{
    dut_command(d, QUIN_OP_END);
    dut_start(d);
    while (quin_device_step(d->dev, 1000))
        ;
    uint32_t status = quin_device_reg_read(d->dev, QUIN_REG_STATUS);
    uint32_t error = quin_device_reg_read(d->dev, QUIN_REG_ERROR_CODE);
    assert_int_equal(status, QUIN_STATUS_DONE | (error ? QUIN_STATUS_ERROR : 0));
    return error;
}

/* ---- the scratchpad, through one LOAD or STORE of words that lie side by side ---- */

static inline void sp_move(struct dut *d, enum quin_op op, uint32_t word, uint32_t words)
{
    dut_begin(d);
    dut_command(d, op);
    PUT(d, ANY, ROWS, 1);
    PUT(d, MOVE, GROUPS, 1);
    PUT(d, MOVE, ELEMENT, QUIN_ELEMENT_WORD);
    PUT(d, MOVE, N, words);
    PUT(d, MOVE, INNER, words);
    PUT(d, MOVE, DRAM_OFFSET, STAGE_AT);
    PUT(d, MOVE, SP_BASE, word);
    assert_int_equal(dut_run(d), QUIN_DERR_NONE);
}

static inline void sp_write(struct dut *d, uint32_t word, const void *data, uint32_t words)
{
    assert_true(quin_device_mem_write(d->dev, STAGE_AT, data, (size_t)words * 4));
    sp_move(d, QUIN_OP_LOAD, word, words);
}

static inline void sp_read(struct dut *d, uint32_t word, void *data, uint32_t words)
{
    sp_move(d, QUIN_OP_STORE, word, words);
    assert_true(quin_device_mem_read(d->dev, STAGE_AT, data, (size_t)words * 4));
}

/* An element of a command's checksum: its bits turned left by its index within the group. */
static inline uint32_t checksum_term(uint32_t index, uint32_t bits)
{
    for (uint32_t i = 0; i < index % 32; i++)
        bits = bits << 1 | bits >> 31;
    return bits;
}

/* Fails with the first word that differs. */
static inline void assert_words(const char *what, const uint32_t *got, const uint32_t *want, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        if (got[i] != want[i])
            fail_msg("%s: word %u is %08x, want %08x", what, i, got[i], want[i]);
}

#endif
