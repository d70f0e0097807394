/* SPDX-License-Identifier: Apache-2.0 */
/* Operands by class, as Berkeley TestFloat chooses them (edge exponents with sparse or dense fractions,
 * uniform bits), and by what is hard for a cell: cancellation, ties, limits of products and functions. */
#include "cells_golden.h"

#include <stddef.h>

#include "../../cmodel/common/f32.h"
#include "../../cmodel/vector/func.h"
#include "../../cmodel/vector/quant.h"
#include "contract.h"

static const uint32_t corners[] = {
    0x00000000, 0x00000001, 0x00400000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000,
    0x0b800000, 0x0c000000, 0x33000000, 0x337fffff, 0x33800000, 0x33800001, 0x34000000, 0x3effffff,
    0x3f000000, 0x3f000001, 0x3f7ffffe, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fc00000, 0x3fffffff,
    0x40000000, 0x40490fdb, 0x42fbffff, 0x42fc0000, 0x42fc0001, 0x42fe0000, 0x42ffffff, 0x43000000,
    0x4affffff, 0x4b000000, 0x4b000001, 0x4b7fffff, 0x4b800000, 0x72ffffff, 0x73000000, 0x73000001,
    0x7e7fffff, 0x7e800000, 0x7e800001, 0x7effffff, 0x7f000000, 0x7f7ffffe, 0x7f7fffff, 0x7f800000,
    0x7f800001, 0x7fbfffff, 0x7fc00000, 0x7fffffff,
};

/* The operands of the worked sums, products and maxima of docs/numerics.md. */
static const uint32_t worked[][2] = {
    {0x3f800000, 0x33800000}, {0x3f800001, 0x33800000}, {0x3f800000, 0x33800001}, {0x00800001, 0x80800000},
    {0x00800000, 0x80800001}, {0x007fffff, 0x00000001}, {0x7f7fffff, 0x73000000}, {0x7f7fffff, 0x72ffffff},
    {0x7f800000, 0xff800000}, {0x3fc00000, 0x3f800001}, {0x3f7fffff, 0x00800000}, {0x3f7ffffe, 0x80800001},
    {0x20000000, 0x20000000}, {0x00000001, 0x7f800000}, {0x80000000, 0x00000000}, {0x7f800001, 0xff800000},
};

enum {
    WORKED = sizeof(worked) / sizeof(worked[0]),
    CORNERS = 2 * sizeof(corners) / sizeof(corners[0]), /* with both signs */
    CODES = 2 * QUIN_TRIT10_MAX + 1,
};

uint64_t cells_random(uint64_t *state)
{
    uint64_t x = *state; /* xorshift64* */

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1du;
}

static uint32_t pick(uint64_t *state, uint32_t n)
{
    return (uint32_t)((cells_random(state) >> 32) * n >> 32);
}

static uint32_t corner(uint32_t i)
{
    return corners[i / 2 % (CORNERS / 2)] | (i & 1) << 31;
}

/* A fraction of one bit, of a run of ones from either end, the complement of one bit, or uniform. */
static uint32_t fraction(uint64_t *state)
{
    uint32_t bit = 1u << pick(state, 23);

    switch (pick(state, 6)) {
    case 0: return bit;
    case 1: return bit - 1;
    case 2: return 0x7fffff & ~(bit - 1);
    case 3: return 0x7fffff & ~bit;
    case 4: return bit | 1u << pick(state, 23);
    default: return (uint32_t)cells_random(state) & 0x7fffff;
    }
}

static uint32_t compose(uint64_t *state, int exponent)
{
    if (exponent < 0)
        exponent = 0;
    if (exponent > 255)
        exponent = 255;
    return pick(state, 2) << 31 | (uint32_t)exponent << 23 | fraction(state);
}

static uint32_t operand(uint64_t *state)
{
    static const uint8_t edges[] = {
        0, 1, 2, 23, 24, 25, 102, 103, 125, 126, 127, 128, 150, 151, 230, 253, 254, 255,
    };

    switch (pick(state, 4)) {
    case 0: return (uint32_t)cells_random(state);
    case 1: return compose(state, edges[pick(state, sizeof(edges))]);
    case 2: return compose(state, (int)pick(state, 256));
    default: return corner(pick(state, CORNERS));
    }
}

/* The second operand: free, close to the first (cancellation), just beside its last bit (ties), or such that
 * the product lies at 2^-126 or at 2^128. */
static uint32_t partner(uint64_t *state, uint32_t a)
{
    int exponent = (int)(a >> 23 & 255);

    switch (pick(state, 6)) {
    case 0: return a ^ (pick(state, 2) << 31) ^ pick(state, 8);
    case 1: return compose(state, exponent - 2 + (int)pick(state, 5));
    case 2: return compose(state, exponent - 22 - (int)pick(state, 6));
    case 3: return compose(state, 127 - exponent + (int)pick(state, 4));
    case 4: return compose(state, 380 - exponent + (int)pick(state, 4));
    default: return operand(state);
    }
}

/* Any magnitude, or a tie at the end of 24 bits and its neighbours. */
static int64_t integer(uint64_t *state)
{
    int64_t x = (int64_t)(cells_random(state) >> 25 >> pick(state, 40));
    unsigned shift = pick(state, 16);

    if (pick(state, 2))
        x = ((int64_t)(1 << 23 | fraction(state)) * 2 + 1) * ((int64_t)1 << shift >> 1) - 1 + pick(state, 3);
    x &= ((int64_t)1 << 39) - 1;
    return pick(state, 2) ? -x - (x == ((int64_t)1 << 39) - 1) : x;
}

/* A float next to n / scale. */
static uint32_t beside(uint64_t *state, int32_t n, float scale)
{
    return quin_f32_bits((float)n / scale) - 1 + pick(state, 3);
}

static uint32_t function_operand(uint64_t *state, uint32_t func)
{
    uint32_t kind = pick(state, 4);

    if (kind == 0)
        return operand(state);
    if (func == QUIN_FUNC_EXP2) /* -128..128: anything, a half step of k and its neighbours, small */
        return kind == 1 ? beside(state, (int32_t)pick(state, 1 << 24) - (1 << 23), 65536.0f)
             : kind == 2 ? beside(state, (int32_t)pick(state, 16640) - 8320, 64.0f)
                         : compose(state, 100 + (int)pick(state, 35));
    if (func == QUIN_FUNC_RINT)
        return kind == 1 ? beside(state, (int32_t)pick(state, 1 << 24) - (1 << 23), 2.0f)
                         : compose(state, 120 + (int)pick(state, 36));
    return (kind == 1 ? pick(state, 2) << 31 : 0) | pick(state, 255) << 23 | (cells_random(state) & 0x7fffff);
}

static uint32_t quant_operand(uint64_t *state)
{
    switch (pick(state, 4)) {
    case 0: return operand(state);
    case 1: return beside(state, (int32_t)pick(state, 600) - 300, 2.0f);
    case 2: return beside(state, (int32_t)pick(state, 1 << 17) - (1 << 16), 2.0f);
    default: return compose(state, 118 + (int)pick(state, 27));
    }
}

static uint32_t golden_function(uint32_t func, float x)
{
    switch (func) {
    case QUIN_FUNC_EXP2: return quin_f32_bits(quin_exp2(x));
    case QUIN_FUNC_RECIP: return quin_f32_bits(quin_recip(x));
    case QUIN_FUNC_RSQRT: return quin_f32_bits(quin_rsqrt(x));
    case QUIN_FUNC_RINT: return quin_f32_bits(quin_f32_rint(x));
    default: return quin_f32_bits(quin_f32_mul(x, 1.0f));
    }
}

static void golden_code(struct cells_vector *v)
{
    float q = quin_f32_from_bits(v->q);
    struct quin_trit10 pair;

    v->code_mask = 0xff;
    switch (v->format) {
    case QUIN_FORMAT_INT8: v->code = (uint8_t)quin_quant_i8(q); break;
    case QUIN_FORMAT_INT8_LOW: v->code = (uint8_t)quin_quant_i8_low(q); break;
    case QUIN_FORMAT_CODE5: v->code = quin_trit5_encode(quin_quant_trit5(q)); break;
    default:
        pair = quin_trit10_encode(quin_quant_trit10(q));
        v->code = pair.hi | (uint32_t)pair.lo << 8;
        v->code_mask = 0xffff;
    }
}

void cells_vector_make(struct cells_vector *v, uint64_t *state, uint64_t index)
{
    static const uint8_t formats[] = {
        QUIN_FORMAT_INT8, QUIN_FORMAT_INT8_LOW, QUIN_FORMAT_CODE5, QUIN_FORMAT_CODE10,
    };

    v->sub = pick(state, 2);
    v->a = operand(state);
    v->b = partner(state, v->a);
    if (index < WORKED) {
        v->sub = 0;
        v->a = worked[index][0];
        v->b = worked[index][1];
    } else if (index - WORKED < 2 * CORNERS * CORNERS) {
        uint32_t pair = (uint32_t)(index - WORKED) / 2;

        v->sub = index & 1;
        v->a = corner(pair % CORNERS);
        v->b = corner(pair / CORNERS);
    }
    v->integer = integer(state);
    if (index < 3)
        v->integer = index == 0 ? 0 : index == 1 ? -((int64_t)1 << 39) : ((int64_t)1 << 39) - 1;
    v->func = pick(state, QUIN_FUNC_RINT + 1);
    v->x = index < 5 * CORNERS ? corner((uint32_t)(index / 5)) : function_operand(state, v->func);
    if (index < 5 * CORNERS)
        v->func = (uint32_t)(index % 5);
    v->format = formats[pick(state, 4)];
    v->q = quant_operand(state);
    if (index < CODES) { /* every value of ten trits, by a step that visits all of them */
        v->format = QUIN_FORMAT_CODE10;
        v->q = quin_f32_bits((float)((int32_t)(index * 4001 % CODES) - QUIN_TRIT10_MAX));
    } else if (index - CODES < 2 * QUIN_TRIT5_MAX + 1) { /* every value of five trits */
        v->format = QUIN_FORMAT_CODE5;
        v->q = quin_f32_bits((float)((int32_t)(index - CODES) - QUIN_TRIT5_MAX));
    }

    float a = quin_f32_from_bits(v->a), b = quin_f32_from_bits(v->b), x = quin_f32_from_bits(v->x);

    v->add = quin_f32_bits(v->sub ? quin_f32_sub(a, b) : quin_f32_add(a, b));
    v->mul = quin_f32_bits(quin_f32_mul(a, b));
    v->max = quin_f32_bits(quin_f32_max(a, b));
    v->rint = quin_f32_bits(quin_f32_rint(x));
    v->from_int = quin_f32_bits(quin_f32_from_i64(v->integer));
    v->function = golden_function(v->func, x);
    golden_code(v);
}
