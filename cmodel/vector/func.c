/* SPDX-License-Identifier: Apache-2.0 */
/* exp2, reciprocal and reciprocal square root: one line of C is one operation of the vector unit's lane.
 * docs/numerics.md, section "Binary32 of the vector unit", derives the sequences and their error bounds. */
#include "func.h"

#include "../common/f32.h"

const uint32_t quin_exp2_table[32] = {
#define QUIN_EXP2_TABLE(j, bits) [j] = (bits),
#include "../../rtl/spec/functions.def"
};

static const uint8_t recip_table[128] = {
#define QUIN_RECIP_TABLE(j, t) [j] = (t),
#include "../../rtl/spec/functions.def"
};

static const uint16_t rsqrt_table[128] = {
#define QUIN_RSQRT_TABLE(j, t) [j] = (t),
#include "../../rtl/spec/functions.def"
};

/* The constants, as bits. */
enum {
#define QUIN_FUNC_CONST(name, bits) name = (bits),
#include "../../rtl/spec/functions.def"
};

#define EXPONENT_ONE 127 /* biased exponent of 1.0 */
#define FRACTION 0x007fffffu

/* Raises the exponent of x by n. The callers keep the sum within the normal exponents, so it is one integer
 * add. */
static float scale_exponent(float x, int32_t n)
{
    return quin_f32_from_bits(quin_f32_bits(x) + ((uint32_t)n << 23));
}

float quin_exp2(float x)
{
    float kf, f, q, u, t, r;
    int32_t k;

    if (quin_f32_is_nan(x))
        return quin_f32_from_bits(QUIN_F32_NAN);
    if (x >= 128.0f)
        return quin_f32_from_bits(QUIN_F32_INF);
    if (x < -126.0f)
        return 0.0f;

    /* x = k/32 + f with |f| <= 1/64. Every step is exact: 32 and 1/32 only move the exponent, and the
     * difference is a multiple of an ulp of x no larger than x. */
    kf = quin_f32_rint(quin_f32_mul(x, 32.0f));
    f = quin_f32_sub(x, quin_f32_mul(kf, 0x1p-5f));
    k = (int32_t)kf;

    /* 2^f - 1 = f*q; the result is t + t*(f*q), where only the last addition rounds at the size of the
     * result. */
    q = quin_f32_mul(f, quin_f32_from_bits(EXP2_C3));
    q = quin_f32_add(quin_f32_from_bits(EXP2_C2), q);
    q = quin_f32_mul(f, q);
    q = quin_f32_add(quin_f32_from_bits(EXP2_C1), q);
    u = quin_f32_mul(f, q);
    t = quin_f32_from_bits(quin_exp2_table[k & 31]);
    u = quin_f32_mul(t, u);
    r = quin_f32_add(t, u);

    /* r lies in [0.989, 1.979). It is below 1 only where k & 31 is 0 and f < 0, which at n = -126 is cut
     * off above; at n = 128, which only rounding reaches, it is always below 1. So the exponent field stays
     * within 1..254. */
    return scale_exponent(r, (k - (k & 31)) / 32);
}

float quin_recip(float x)
{
    uint32_t b = quin_f32_bits(quin_f32_flush(x));
    uint32_t sign = b & QUIN_F32_SIGN;
    int32_t e = (int32_t)((b & QUIN_F32_INF) >> 23) - EXPONENT_ONE;
    float m, y, d;

    b &= ~QUIN_F32_SIGN;
    if (b > QUIN_F32_INF)
        return quin_f32_from_bits(QUIN_F32_NAN);
    if (b == 0)
        return quin_f32_from_bits(sign | QUIN_F32_INF);
    if (b > 0x7e800000u) /* |x| > 2^126, infinity included: the result is below 2^-126 */
        return quin_f32_from_bits(sign);

    m = quin_f32_from_bits((b & FRACTION) | 0x3f800000u); /* |x| = m * 2^e, 1 <= m < 2 */
    y = quin_f32_from_bits(0x3f000000u | (uint32_t)recip_table[(b & FRACTION) >> 16] << 15);

    /* y += y * (c - m*y), first with c = 1 - 2^-18. This leaves y below 1/m, so that the second step's
     * product lies below 1, where it is rounded twice as finely: error below 1 ulp instead of 1.25. */
    d = quin_f32_mul(m, y);
    d = quin_f32_sub(quin_f32_from_bits(RECIP_STEP1), d);
    d = quin_f32_mul(y, d);
    y = quin_f32_add(y, d);

    d = quin_f32_mul(m, y);
    d = quin_f32_sub(quin_f32_from_bits(RECIP_STEP2), d);
    d = quin_f32_mul(y, d);
    y = quin_f32_add(y, d);

    /* y is 1 for m = 1 and within [0.5, 1) otherwise, so for |x| <= 2^126 the exponent field stays within
     * 1..253. */
    return quin_f32_from_bits(quin_f32_bits(scale_exponent(y, -e)) | sign);
}

float quin_rsqrt(float x)
{
    uint32_t b = quin_f32_bits(quin_f32_flush(x));
    int32_t e = (int32_t)((b & QUIN_F32_INF) >> 23) - EXPONENT_ONE;
    int32_t odd = e & 1;
    uint32_t frac = b & FRACTION;
    float h, y, d;

    if (b << 1 == 0)
        return quin_f32_from_bits(b | QUIN_F32_INF);
    if (b > QUIN_F32_INF) /* NaN, or the sign bit is set */
        return quin_f32_from_bits(QUIN_F32_NAN);
    if (b == QUIN_F32_INF)
        return 0.0f;

    /* x = m * 2^(e - odd) with 1 <= m < 4; only h = m/2 is needed. */
    h = quin_f32_from_bits(frac | (uint32_t)(EXPONENT_ONE - 1 + odd) << 23);
    y = quin_f32_from_bits(0x3f000000u | (uint32_t)rsqrt_table[(uint32_t)odd << 6 | frac >> 17] << 14);

    /* y *= c - h*(y*y), first with c = 1.5 + 2^-15. This leaves y above 1/sqrt(m), so that the second
     * step's factor lies below 1, where the subtraction is exact: error below 1.25 ulp instead of 1.95. */
    d = quin_f32_mul(y, y);
    d = quin_f32_mul(h, d);
    d = quin_f32_sub(quin_f32_from_bits(RSQRT_STEP1), d);
    y = quin_f32_mul(y, d);

    d = quin_f32_mul(y, y);
    d = quin_f32_mul(h, d);
    d = quin_f32_sub(quin_f32_from_bits(RSQRT_STEP2), d);
    y = quin_f32_mul(y, d);

    /* y is within [0.5, 1], so the exponent field stays within 63..190. */
    return scale_exponent(y, -((e - odd) / 2));
}
