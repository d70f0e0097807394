/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions of whole rows, and the tree that ends a SUM. */
#include "reduce.h"

float quin_sum_finish(const struct quin_sum *sum)
{
    struct quin_sum t = *sum;

    for (size_t half = QUIN_SUM_WAYS / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            t.s[j] = quin_f32_add(t.s[j], t.s[j + half]);
    return t.s[0];
}

float quin_sum_row(const float *x, size_t n)
{
    struct quin_sum sum;

    quin_sum_init(&sum);
    for (size_t i = 0; i < n; i++)
        quin_sum_add(&sum, i, x[i]);
    return quin_sum_finish(&sum);
}

float quin_max_row(const float *x, size_t n)
{
    float m = quin_max_init();

    for (size_t i = 0; i < n; i++)
        m = quin_max_add(m, x[i]);
    return m;
}

float quin_absmax_row(const float *x, size_t n)
{
    float m = quin_absmax_init();

    for (size_t i = 0; i < n; i++)
        m = quin_absmax_add(m, x[i]);
    return m;
}

struct quin_argmax quin_argmax_row(const float *x, uint32_t n)
{
    struct quin_argmax best;

    quin_argmax_init(&best);
    for (uint32_t i = 0; i < n; i++)
        quin_argmax_add(&best, i, x[i]);
    return best;
}
