/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain kernel, tile after tile through array.c, and the list of kernels.
 */
#include "kernel.h"

#include <string.h>

#include "array.h"

static void plain_run(struct quin_group *g, void *scratch)
{
    struct quin_array *a = scratch;
    const struct quin_acts *acts = g->acts;
    uint32_t w = g->stream_bytes;
    g->wraps = 0;
    a->adds = a->slots = 0;
    for (uint32_t i = 0; i < g->tiles; i++) {
        quin_array_clear(a, acts->rows, 5 * w);
        for (uint32_t k = 0; k < acts->k; k++) {
            int8_t x[QUIN_ARRAY_ROWS];
            for (uint32_t r = 0; r < acts->rows; r++)
                x[r] = acts->row[r][k];
            quin_array_step(a, g->tile[i] + (size_t)k * w, x);
        }
        if (g->count_wraps)
            g->wraps += quin_array_wraps(a);
        for (uint32_t r = 0; r < acts->rows; r++)
            for (uint32_t c = 0; c < 5 * w; c++) {
                int32_t *sum = &g->sum[g->bytes ? 0 : c % 5][r][i * w + c / 5];
                /* the trits of a byte by Horner, most significant first */
                *sum = (g->bytes && c % 5 ? 3 * *sum : 0) + quin_array_sum(a, r, c);
            }
    }
    g->adds = a->adds;
}

static bool always(void)
{
    return true;
}

static const struct quin_kernel plain = {
    "plain", "portable C, one addition after the other", sizeof(struct quin_array), plain_run, always, quin_acts_portable, NULL, NULL,
    NULL};

static const struct quin_kernel *const kernels[] = {
#if defined(__x86_64__)
    &quin_kernel_avx512, &quin_kernel_avx2,
#endif
    &plain,
};

const struct quin_kernel *quin_kernel_at(uint32_t i)
{
    for (size_t j = 0; j < sizeof kernels / sizeof kernels[0]; j++)
        if (kernels[j]->usable() && !i--)
            return kernels[j];
    return NULL;
}

const struct quin_kernel *quin_kernel_find(const char *name)
{
    const struct quin_kernel *k;
    for (uint32_t i = 0; (k = quin_kernel_at(i)) != NULL; i++)
        if (!strcmp(k->name, name))
            return k;
    return NULL;
}
