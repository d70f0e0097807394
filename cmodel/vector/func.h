/* SPDX-License-Identifier: Apache-2.0 */
/* exp2, reciprocal and reciprocal square root of the vector unit: fixed sequences of the operations of
 * common/f32.h on the tables of rtl/spec/functions.def, bit for bit what the hardware computes. An ulp is
 * 2^-23 of the power of two at or below the exact result. Subnormal operands count as zero. */
#ifndef QUIN_VECTOR_FUNC_H
#define QUIN_VECTOR_FUNC_H

#include <stdint.h>

/* Bits of 2^(j / 32). */
extern const uint32_t quin_exp2_table[32];

/* 2^x, error below 1.02 ulp, exact for integers. x >= 128 gives +inf, x < -126 gives +0. */
float quin_exp2(float x);

/* 1/x, error below 1 ulp, exact for powers of two. +-0 gives +-inf, +-inf gives +-0; |x| > 2^126, whose
 * reciprocal is subnormal, gives zero of its sign. */
float quin_recip(float x);

/* 1/sqrt(x), error below 1.25 ulp, exact for powers of four. +-0 gives +-inf, +inf gives +0, x < 0 gives
 * NaN. */
float quin_rsqrt(float x);

#endif
