/* SPDX-License-Identifier: Apache-2.0
 *
 * The vector unit's work on a span of a group, in loops that a compiler turns into SIMD: the same bits as element by
 * element (unit.c), for operands that do not lie in the way of the results.
 */
#ifndef QUIN_VECTOR_SPAN_H
#define QUIN_VECTOR_SPAN_H

#include <stdbool.h>

#include "reduce.h"

#define QUIN_SPAN 256 /* elements at a time; a multiple of 32, the period of the checksum */

struct quin_span {
    uint32_t op1, op2, func, reduce, format; /* as in the command */
    const uint32_t *a, *b, *c;               /* of element 0 of the group; step 0: one word for all */
    uint32_t step_a, step_b, step_c;
    void *dst;                               /* of element 0 */
    uint32_t checksum;
    struct quin_sum sum;
    int32_t max;     /* order of the largest so far (common/f32.h) */
    uint32_t absmax; /* its bits */
    struct quin_argmax argmax;
};

/* Elements first .. first + n - 1 of the group, n <= QUIN_SPAN and first a multiple of it; those from `visible` (of n)
 * on are masked. Returns false, with nothing done, where a product is too near 2^-126 for the short way. */
typedef bool quin_span_fn(struct quin_span *s, uint32_t first, uint32_t n, uint32_t visible);

quin_span_fn quin_span_portable;
#if defined(__x86_64__)
quin_span_fn quin_span_avx2, quin_span_avx512; /* for processors with AVX2, with AVX-512 F, BW, DQ, VL */
quin_span_fn quin_span_wide;                   /* the same as the latter, by hand (span512.c) */
#endif

/* t[i] = func(t[i]) for i < n; returns false, with t spoilt, as above. */
typedef bool quin_functions_fn(uint32_t func, uint32_t *t, uint32_t n);
quin_functions_fn quin_functions_portable;
#if defined(__x86_64__)
quin_functions_fn quin_functions_avx2, quin_functions_avx512;
#endif

/* Results of a row of a MATMUL's tile: bits of (float(y[j]) * row) * column[j] to dst[j], for j < n; their checksum as
 * of element `first` on in *checksum. Returns false, with *checksum as it was, as above. */
typedef bool quin_scale_fn(const float *y, float row, const float *column, uint32_t *dst, uint32_t first, uint32_t n,
                           uint32_t *checksum);
quin_scale_fn quin_scale_portable;
#if defined(__x86_64__)
quin_scale_fn quin_scale_avx2, quin_scale_avx512, quin_scale_wide;
#endif

/* y[5 * b + i] = float(place[i][b]) for b < lanes; y has room for lanes rounded up to sixteen. */
typedef void quin_join_fn(const int32_t *const place[5], uint32_t lanes, float *y);
#if defined(__x86_64__)
quin_join_fn quin_join_wide;
#endif

#endif
