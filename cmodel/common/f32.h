/* SPDX-License-Identifier: Apache-2.0 */
/* Binary32 arithmetic of the vector unit: IEEE-754 round to nearest even, subnormals flushed to zero on the
 * way in and out, one NaN. Values travel as C float; every rule is written out here, so neither a flush
 * mode of the CPU nor a contraction by the compiler takes part. docs/numerics.md, section "Binary32 of the
 * vector unit", states the rules. */
#ifndef QUIN_COMMON_F32_H
#define QUIN_COMMON_F32_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in float (x86: use SSE, not x87)");
_Static_assert(FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53, "float, double must be IEEE-754 binary32, binary64");

#define QUIN_F32_SIGN 0x80000000u /* the sign bit */
#define QUIN_F32_INF 0x7f800000u  /* +infinity; a larger magnitude is NaN */
#define QUIN_F32_NAN 0x7fc00000u  /* the one NaN that an operation returns */

/* The 32 bits of x. */
static inline uint32_t quin_f32_bits(float x)
{
    uint32_t b;

    memcpy(&b, &x, sizeof(b));
    return b;
}

/* The float whose 32 bits are b. */
static inline float quin_f32_from_bits(uint32_t b)
{
    float x;

    memcpy(&x, &b, sizeof(x));
    return x;
}

static inline bool quin_f32_is_nan(float x)
{
    return (quin_f32_bits(x) & ~QUIN_F32_SIGN) > QUIN_F32_INF;
}

/* What an operation sees of an operand: a subnormal counts as zero of its sign. */
static inline float quin_f32_flush(float x)
{
    uint32_t b = quin_f32_bits(x);

    return (b & QUIN_F32_INF) ? x : quin_f32_from_bits(b & QUIN_F32_SIGN);
}

/* -x and |x|: the sign bit alone, so they pass subnormals and NaNs through; the operation that reads them
 * cleans up. */
static inline float quin_f32_neg(float x)
{
    return quin_f32_from_bits(quin_f32_bits(x) ^ QUIN_F32_SIGN);
}

static inline float quin_f32_abs(float x)
{
    return quin_f32_from_bits(quin_f32_bits(x) & ~QUIN_F32_SIGN);
}

/* a + b. A sum below 2^-126 has no bits to round away (both operands are multiples of 2^-149), so testing
 * the rounded sum is the same as testing the exact one, and the flush loses nothing but the sum itself. */
static inline float quin_f32_add(float a, float b)
{
    float r = quin_f32_flush(a) + quin_f32_flush(b);

    return r != r ? quin_f32_from_bits(QUIN_F32_NAN) : quin_f32_flush(r);
}

/* a - b = a + (-b). */
static inline float quin_f32_sub(float a, float b)
{
    return quin_f32_add(a, quin_f32_neg(b));
}

/* a * b. The double product of two floats is exact (48 bits, exponent within -252..256), so comparing it
 * with 2^-126 detects "tiny before rounding" and the conversion is the one rounding. */
static inline float quin_f32_mul(float a, float b)
{
    double p = (double)quin_f32_flush(a) * (double)quin_f32_flush(b);

    if (p != p)
        return quin_f32_from_bits(QUIN_F32_NAN);
    if (p > -0x1p-126 && p < 0x1p-126)
        return quin_f32_from_bits((quin_f32_bits(a) ^ quin_f32_bits(b)) & QUIN_F32_SIGN);
    return (float)p;
}

/* Signed integer that orders floats other than NaN as max and min do: -0 comes just below +0. */
static inline int32_t quin_f32_order(float x)
{
    uint32_t b = quin_f32_bits(quin_f32_flush(x));

    return (b & QUIN_F32_SIGN) ? -(int32_t)(b & ~QUIN_F32_SIGN) - 1 : (int32_t)b;
}

/* The float that has this order. */
static inline float quin_f32_unorder(int32_t order)
{
    return quin_f32_from_bits(order < 0 ? (uint32_t)(-(order + 1)) | QUIN_F32_SIGN : (uint32_t)order);
}

/* The larger of a and b: NaN loses against a number, two NaN give the NaN, +0 > -0; the result is flushed. */
static inline float quin_f32_max(float a, float b)
{
    if (quin_f32_is_nan(a))
        return quin_f32_is_nan(b) ? quin_f32_from_bits(QUIN_F32_NAN) : quin_f32_flush(b);
    if (quin_f32_is_nan(b))
        return quin_f32_flush(a);
    return quin_f32_flush(quin_f32_order(a) >= quin_f32_order(b) ? a : b);
}

/* The smaller of a and b, by the same rules. */
static inline float quin_f32_min(float a, float b)
{
    if (quin_f32_is_nan(a))
        return quin_f32_is_nan(b) ? quin_f32_from_bits(QUIN_F32_NAN) : quin_f32_flush(b);
    if (quin_f32_is_nan(b))
        return quin_f32_flush(a);
    return quin_f32_flush(quin_f32_order(a) <= quin_f32_order(b) ? a : b);
}

/* a > b as numbers: -0 equals +0, a subnormal is zero, false when either is NaN. */
static inline bool quin_f32_gt(float a, float b)
{
    return quin_f32_flush(a) > quin_f32_flush(b);
}

/* Nearest integer as a float, halves to even; the sign of zero is kept, |x| >= 2^23 and infinities are
 * unchanged. Adding 2^23 to a magnitude below it leaves no fraction bits, so that addition is the rounding.
 */
static inline float quin_f32_rint(float x)
{
    uint32_t sign = quin_f32_bits(x) & QUIN_F32_SIGN;
    float mag = quin_f32_flush(quin_f32_abs(x));

    if (mag != mag)
        return quin_f32_from_bits(QUIN_F32_NAN);
    if (mag < 0x1p23f)
        mag = (mag + 0x1p23f) - 0x1p23f;
    return quin_f32_from_bits(quin_f32_bits(mag) | sign);
}

/* The float nearest to x, halves to even; exact up to 2^24, and zero gives +0. The hardware takes |x| < 2^39,
 * which the array's sums never leave. */
static inline float quin_f32_from_i64(int64_t x)
{
    return (float)x;
}

/* The integer nearest to x, halves to even, clamped to [-limit, limit]; infinities clamp, NaN gives 0.
 * limit >= 0. */
int32_t quin_f32_to_i32_rne(float x, int32_t limit);

/* The same with one more step below zero, [-limit - 1, limit]: limit 127 gives the range of int8. */
int32_t quin_f32_to_i32_rne_low(float x, int32_t limit);

#endif
