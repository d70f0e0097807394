/* SPDX-License-Identifier: Apache-2.0
 *
 * See acts.h. Plain loops, compiled for several instruction sets.
 */
#include "acts.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE void fill_row(struct quin_acts *a, uint32_t r)
{
    const int8_t *restrict x = a->row[r];
    uint8_t *restrict active = a->active;
    uint32_t *quad = a->quad + r, k = a->k, whole = k / 4, rows = a->rows; /* bytes written may be any but these */
    int32_t total = 0;
    for (uint32_t i = 0; i < k; i++)
        total += x[i];
    for (uint32_t i = 0; i < k; i++)
        active[i] = (uint8_t)(active[i] + (x[i] != 0));
    for (uint32_t i = 0; i < whole; i++)
        memcpy(quad + (size_t)i * rows, x + 4 * i, 4);
    if (k % 4) {
        quad[(size_t)whole * rows] = 0;
        memcpy(quad + (size_t)whole * rows, x + 4 * whole, k % 4);
    }
    a->total[r] = total;
}

INLINE void fill(struct quin_acts *a)
{
    a->quads = a->k / 4 + (a->k % 4 != 0);
    memset(a->active, 0, (size_t)a->quads * 4);
    for (uint32_t r = 0; r < a->rows; r++)
        fill_row(a, r);
}

#define VERSION(name, attribute)                             \
    attribute void quin_acts_##name(struct quin_acts *a)     \
    {                                                        \
        fill(a);                                             \
    }

VERSION(portable, )
#if defined(__x86_64__)
VERSION(avx2, __attribute__((target("avx2"))))
VERSION(avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))))
#endif
