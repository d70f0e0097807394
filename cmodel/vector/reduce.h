/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions of a row: SUM in a fixed order, MAX, ABSMAX, ARGMAX. The order of SUM does not depend on the
 * number of lanes: element i belongs to partial sum i mod 16. The streaming forms take elements in
 * ascending order of their index; a masked element is one that is not added, and the others keep their
 * index. */
#ifndef QUIN_VECTOR_REDUCE_H
#define QUIN_VECTOR_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "../common/f32.h"

#define QUIN_SUM_WAYS 16

struct quin_sum {
    float s[QUIN_SUM_WAYS]; /* partial sums; element i goes to s[i % 16] */
};

/* All partial sums at +0. */
static inline void quin_sum_init(struct quin_sum *sum)
{
    for (size_t j = 0; j < QUIN_SUM_WAYS; j++)
        sum->s[j] = 0.0f;
}

static inline void quin_sum_add(struct quin_sum *sum, size_t i, float x)
{
    float *s = &sum->s[i % QUIN_SUM_WAYS];

    *s = quin_f32_add(*s, x);
}

/* The tree: s[j] + s[j+8] for j < 8, then distance 4, 2, 1. Leaves the partial sums as they are. */
float quin_sum_finish(const struct quin_sum *sum);

/* SUM of x[n]; +0 for n = 0. */
float quin_sum_row(const float *x, size_t n);

/* MAX starts at -inf, ABSMAX at +0. To stream: m = quin_max_add(m, x). A NaN changes nothing. */
static inline float quin_max_init(void)
{
    return quin_f32_from_bits(QUIN_F32_SIGN | QUIN_F32_INF);
}

static inline float quin_max_add(float m, float x)
{
    return quin_f32_max(m, x);
}

static inline float quin_absmax_init(void)
{
    return 0.0f;
}

static inline float quin_absmax_add(float m, float x)
{
    return quin_f32_max(m, quin_f32_abs(x));
}

/* MAX and ABSMAX of x[n]. */
float quin_max_row(const float *x, size_t n);
float quin_absmax_row(const float *x, size_t n);

/* ARGMAX: the first element that is larger, as a number, than all before it (-0 equals +0); NaN never is.
 * Where no element is larger than -inf the result is value -inf, index 0. */
struct quin_argmax {
    float value;    /* the element, flushed */
    uint32_t index; /* its index */
};

static inline void quin_argmax_init(struct quin_argmax *best)
{
    best->value = quin_max_init();
    best->index = 0;
}

static inline void quin_argmax_add(struct quin_argmax *best, uint32_t i, float x)
{
    if (quin_f32_gt(x, best->value)) {
        best->value = quin_f32_flush(x);
        best->index = i;
    }
}

/* ARGMAX of x[n]. */
struct quin_argmax quin_argmax_row(const float *x, uint32_t n);

#endif
