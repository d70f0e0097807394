/* SPDX-License-Identifier: Apache-2.0
 *
 * The activations of a MATMUL as the SIMD kernels want them: made once for a command, read by all its groups.
 */
#ifndef QUIN_ARRAY_ACTS_H
#define QUIN_ARRAY_ACTS_H

#include <stdint.h>

#define QUIN_KERNEL_ROWS 64 /* rows of activations */
#define QUIN_PART_ROWS 16   /* as many are worth looking up a matrix's trits for; a thread can then have rows of its own */

/* Parts that a MATMUL of so many rows can be divided into. */
static inline uint32_t quin_acts_parts(uint32_t rows)
{
    return rows < QUIN_PART_ROWS ? 1 : rows / QUIN_PART_ROWS;
}

struct quin_acts {
    uint32_t rows, k, quads;            /* quads: k / 4, rounded up */
    const int8_t *row[QUIN_KERNEL_ROWS]; /* [k] */
    int32_t total[QUIN_KERNEL_ROWS];    /* sum of a row */
    uint32_t *quad;                     /* [quads][rows]: four activations in the order of k; zeros beyond k */
    uint8_t *active;                    /* [4 * quads]: rows whose activation is not zero */
};

/* Fills total, quad and active from rows, k and row. */
typedef void quin_acts_fn(struct quin_acts *a);
quin_acts_fn quin_acts_portable;
#if defined(__x86_64__)
quin_acts_fn quin_acts_avx2, quin_acts_avx512; /* for processors with AVX2, with AVX-512 F, BW, DQ, VL, VNNI */
quin_acts_fn quin_acts_wide;                   /* the same as the latter, by hand (acts512.c) */
#endif

#endif
