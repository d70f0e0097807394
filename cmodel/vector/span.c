/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans: each step is a loop without branches over the elements, compiled for several instruction sets.
 */
#include "span.h"

#include "contract.h"
#include "func.h"
#include "quant.h"

#define INLINE static inline __attribute__((always_inline))

/* Constants of the functions, as bits. */
enum {
#define QUIN_FUNC_CONST(name, bits) name = (bits),
#include "../../rtl/spec/functions.def"
    EXP2_LOWEST = (int32_t)0xbd03ffff, /* order of -126 and of 128 */
    EXP2_ABOVE = 0x43000000
};

/* Bits of a flushed operand or of a result: subnormals become zeros of their sign. */
INLINE uint32_t flush(uint32_t b)
{
    return b & (b & QUIN_F32_INF ? UINT32_MAX : QUIN_F32_SIGN);
}

INLINE uint32_t result(float r)
{
    uint32_t b = quin_f32_bits(r);
    return (b & ~QUIN_F32_SIGN) > QUIN_F32_INF ? QUIN_F32_NAN : flush(b);
}

INLINE float number(uint32_t bits)
{
    return quin_f32_from_bits(flush(bits));
}

/* A product that the processor rounds to 2^-126 may be less than that exactly, and would have to be zero: *near tells.
 * Every other one below 2^-126 comes out as a subnormal or zero, and a larger one as it should be. */
INLINE uint32_t product(uint32_t a, uint32_t b, uint32_t *near)
{
    float r = number(a) * number(b);
    *near |= (quin_f32_bits(r) & ~QUIN_F32_SIGN) == 0x00800000u;
    return result(r);
}

/* Orders all but NaN as max does; back again by the same step. */
INLINE int32_t order(uint32_t b)
{
    return (int32_t)(b ^ ((uint32_t)((int32_t)b >> 31) & ~QUIN_F32_SIGN));
}

INLINE uint32_t larger(uint32_t a, uint32_t b)
{
    uint32_t fa = flush(a), fb = flush(b), most = order(fa) >= order(fb) ? fa : fb;
    bool na = (a & ~QUIN_F32_SIGN) > QUIN_F32_INF, nb = (b & ~QUIN_F32_SIGN) > QUIN_F32_INF;
    most = nb ? fa : most;
    most = na ? fb : most;
    return (na & nb) ? QUIN_F32_NAN : most;
}

/* t[i] = op(t[i], y[i * step]) */
INLINE void operate(uint32_t op, uint32_t *restrict t, const uint32_t *restrict y, uint32_t step, uint32_t n,
                    uint32_t *near)
{
    uint32_t same[QUIN_SPAN], bad = 0;
    if (op == QUIN_VECTOR_OP_PASS)
        return;
    if (!step) {
        for (uint32_t i = 0; i < n; i++)
            same[i] = y[0];
        y = same;
    }
    switch (op) {
    case QUIN_VECTOR_OP_ADD:
        for (uint32_t i = 0; i < n; i++)
            t[i] = result(number(t[i]) + number(y[i]));
        break;
    case QUIN_VECTOR_OP_SUB:
        for (uint32_t i = 0; i < n; i++)
            t[i] = result(number(t[i]) + number(y[i] ^ QUIN_F32_SIGN));
        break;
    case QUIN_VECTOR_OP_MUL:
        for (uint32_t i = 0; i < n; i++)
            t[i] = product(t[i], y[i], &bad);
        break;
    default:
        for (uint32_t i = 0; i < n; i++)
            t[i] = larger(t[i], y[i]);
    }
    *near |= bad;
}

/* Sums and products of finite numbers, without any choice that a compiler might turn into branches. */
INLINE uint32_t finite(float r)
{
    uint32_t b = quin_f32_bits(r);
    return b & (-(uint32_t)((b & QUIN_F32_INF) != 0) | QUIN_F32_SIGN);
}

INLINE uint32_t added(uint32_t a, uint32_t b)
{
    return finite(quin_f32_from_bits(a) + quin_f32_from_bits(b));
}

INLINE uint32_t times(uint32_t a, uint32_t b, uint32_t *near)
{
    float r = quin_f32_from_bits(a) * quin_f32_from_bits(b);
    *near |= (quin_f32_bits(r) & ~QUIN_F32_SIGN) == 0x00800000u;
    return finite(r);
}

/* quin_exp2, step by step, with both ends chosen at the end instead of left early. Within them |32 x| < 2^12, which adding
 * 2^23 to its magnitude rounds. */
INLINE uint32_t exp2_bits(uint32_t b, uint32_t *near)
{
    int32_t at = order(flush(b)); /* of -126 to 128: a comparison of floats would keep the loop from becoming vectors */
    uint32_t inside = -(uint32_t)((at >= EXP2_LOWEST) & (at < EXP2_ABOVE)), in = flush(b) & inside;
    float magnitude = quin_f32_from_bits(in & ~QUIN_F32_SIGN) * 32.0f + 0x1p23f - 0x1p23f;
    float whole = quin_f32_from_bits(quin_f32_bits(magnitude) | (in & QUIN_F32_SIGN));
    int32_t k = (int32_t)whole;
    uint32_t f = added(in, quin_f32_bits(whole * -0x1p-5f)), t = quin_exp2_table[k & 31];
    uint32_t q = added(EXP2_C2, times(f, EXP2_C3, near));
    q = added(EXP2_C1, times(f, q, near));
    uint32_t r = added(t, times(t, times(f, q, near), near)) + ((uint32_t)(k >> 5) << 23);
    uint32_t beyond = at > 0 ? QUIN_F32_INF : 0;
    beyond = (b & ~QUIN_F32_SIGN) > QUIN_F32_INF ? QUIN_F32_NAN : beyond;
    return (r & inside) | (beyond & ~inside);
}

INLINE void function(uint32_t func, uint32_t *t, uint32_t n, uint32_t *near)
{
    float (*f)(float) = func == QUIN_FUNC_RECIP ? quin_recip : quin_rsqrt;
    uint32_t bad = 0;
    if (func == QUIN_FUNC_EXP2) {
        for (uint32_t i = 0; i < n; i++)
            t[i] = exp2_bits(t[i], &bad);
        *near |= bad;
    } else if (func == QUIN_FUNC_RINT)
        for (uint32_t i = 0; i < n; i++)
            t[i] = quin_f32_bits(quin_f32_rint(quin_f32_from_bits(t[i])));
    else if (func)
        for (uint32_t i = 0; i < n; i++)
            t[i] = quin_f32_bits(f(quin_f32_from_bits(t[i])));
}

INLINE void reduce(struct quin_span *s, const uint32_t *t, uint32_t first, uint32_t n)
{
    uint32_t i = 0;
    switch (s->reduce) {
    case QUIN_REDUCE_SUM:
        for (; i + QUIN_SUM_WAYS <= n; i += QUIN_SUM_WAYS)
            for (uint32_t j = 0; j < QUIN_SUM_WAYS; j++)
                s->sum.s[j] = quin_f32_from_bits(result(number(quin_f32_bits(s->sum.s[j])) + number(t[i + j])));
        for (; i < n; i++)
            quin_sum_add(&s->sum, i, quin_f32_from_bits(t[i]));
        break;
    case QUIN_REDUCE_MAX: {
        int32_t most = s->max, least = order(QUIN_F32_SIGN | QUIN_F32_INF);
        for (; i < n; i++) {
            int32_t key = (t[i] & ~QUIN_F32_SIGN) > QUIN_F32_INF ? least : order(flush(t[i]));
            most = key > most ? key : most;
        }
        s->max = most;
        break;
    }
    case QUIN_REDUCE_ABSMAX: {
        int32_t most = (int32_t)s->absmax; /* magnitudes order as integers do */
        for (; i < n; i++) {
            int32_t b = (int32_t)(t[i] & ~QUIN_F32_SIGN);
            int32_t counts = -((b >= 0x00800000) & (b <= (int32_t)QUIN_F32_INF)); /* neither subnormal nor NaN */
            b &= counts;
            most = b > most ? b : most;
        }
        s->absmax = (uint32_t)most;
        break;
    }
    case QUIN_REDUCE_ARGMAX:
        for (; i < n; i++)
            quin_argmax_add(&s->argmax, first + i, quin_f32_from_bits(t[i]));
        break;
    default:
        break;
    }
}

INLINE uint32_t checksum(const uint32_t *bits, uint32_t first, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t turn = (first + i) % 32;
        sum += bits[i] << turn | bits[i] >> (-turn & 31);
    }
    return sum;
}

/* The nearest integer to t within low..high, halves to even; NaN gives 0. Adding 1.5 * 2^23 rounds. */
INLINE int32_t whole(uint32_t t, float low, float high)
{
    float x = quin_f32_from_bits((t & ~QUIN_F32_SIGN) > QUIN_F32_INF ? 0 : t);
    x = x < low ? low : x;
    x = x > high ? high : x;
    return (int32_t)quin_f32_bits(x + 12582912.0f) - 0x4b400000;
}

/* Formats t[n] to dst; t becomes the bits that the checksum counts. */
INLINE void put(const struct quin_span *s, uint32_t *restrict t, uint32_t first, uint32_t n)
{
    uint8_t *restrict to = (uint8_t *)s->dst + first;
    float low = s->format == QUIN_FORMAT_INT8_LOW ? -128.0f : -127.0f;
    switch (s->format) {
    case QUIN_FORMAT_F32:
        memcpy((uint8_t *)s->dst + (size_t)first * 4, t, n * sizeof *t);
        return;
    case QUIN_FORMAT_INT8:
    case QUIN_FORMAT_INT8_LOW:
        for (uint32_t i = 0; i < n; i++)
            t[i] = (uint32_t)whole(t[i], low, 127.0f) & 255;
        break;
    case QUIN_FORMAT_CODE5:
        for (uint32_t i = 0; i < n; i++)
            t[i] = quin_trit5_encode(whole(t[i], -121.0f, 121.0f));
        break;
    default:
        to += first;
        for (uint32_t i = 0; i < n; i++) {
            struct quin_trit10 code = quin_trit10_encode(whole(t[i], -29524.0f, 29524.0f));
            to[2 * i] = code.hi;
            to[2 * i + 1] = code.lo;
            t[i] = code.hi | (uint32_t)code.lo << 8;
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        to[i] = (uint8_t)t[i];
}

INLINE bool span(struct quin_span *s, uint32_t first, uint32_t n, uint32_t visible)
{
    uint32_t t[QUIN_SPAN], near = 0;
    const uint32_t *a = s->a + (size_t)first * s->step_a;
    if (s->step_a)
        for (uint32_t i = 0; i < visible; i++)
            t[i] = flush(a[i]);
    else
        for (uint32_t i = 0; i < visible; i++)
            t[i] = flush(a[0]);
    operate(s->op1, t, s->b + (size_t)first * s->step_b, s->step_b, visible, &near);
    operate(s->op2, t, s->c + (size_t)first * s->step_c, s->step_c, visible, &near);
    function(s->func, t, visible, &near);
    if (near)
        return false;
    reduce(s, t, first, visible);
    if (s->format) {
        for (uint32_t i = visible; i < n; i++)
            t[i] = 0;
        put(s, t, first, n);
        s->checksum += checksum(t, first, n);
    }
    return true;
}

INLINE bool functions(uint32_t func, uint32_t *t, uint32_t n)
{
    uint32_t near = 0;
    function(func, t, n, &near);
    return !near;
}

INLINE bool scale(const float *y, float row, const float *column, uint32_t *dst, uint32_t first, uint32_t n,
                  uint32_t *sum)
{
    uint32_t near = 0, factor = quin_f32_bits(row);
    for (uint32_t j = 0; j < n; j++)
        dst[j] = product(product(quin_f32_bits(y[j]), factor, &near), quin_f32_bits(column[j]), &near);
    if (near)
        return false;
    *sum += checksum(dst, first, n);
    return true;
}

#define VERSION(name, attribute)                                                                                   \
    attribute bool quin_functions_##name(uint32_t func, uint32_t *t, uint32_t n)                                   \
    {                                                                                                              \
        return functions(func, t, n);                                                                              \
    }                                                                                                              \
    attribute bool quin_span_##name(struct quin_span *s, uint32_t first, uint32_t n, uint32_t visible)             \
    {                                                                                                              \
        return span(s, first, n, visible);                                                                         \
    }                                                                                                              \
    attribute bool quin_scale_##name(const float *y, float row, const float *column, uint32_t *dst,                \
                                     uint32_t first, uint32_t n, uint32_t *sum)                                    \
    {                                                                                                              \
        return scale(y, row, column, dst, first, n, sum);                                                          \
    }

VERSION(portable, )
#if defined(__x86_64__)
VERSION(avx2, __attribute__((target("avx2"))))
VERSION(avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))))
#endif
