/* SPDX-License-Identifier: Apache-2.0
 *
 * The array's work on a group of tiles whose beats lie side by side in 64 byte lanes: sums, additions, wraps. Every
 * kernel gives the same numbers; "plain" is array.c itself, and the others are checked against it.
 */
#ifndef QUIN_ARRAY_KERNEL_H
#define QUIN_ARRAY_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acts.h"
#include "span.h"

#define QUIN_LANES 64 /* bytes of a beat that a group holds: 64 / W tiles */

struct quin_group {
    const uint8_t *tile[QUIN_LANES / 2]; /* k beats of stream_bytes each */
    uint32_t tiles, stream_bytes;
    const struct quin_acts *acts;
    bool bytes; /* a byte is one value of five trits (D5, D10); else its trits are five values (D1) */
    bool count_wraps;
    /* Results. Lane b of tile i is i * stream_bytes + b; place 0 is the most significant trit (or the byte). */
    int32_t sum[5][QUIN_KERNEL_ROWS][QUIN_LANES];
    uint64_t adds, wraps;
};

struct quin_kernel {
    const char *name, *doc;
    size_t scratch; /* bytes that run needs, aligned to 64; their content does not matter */
    void (*run)(struct quin_group *g, void *scratch);
    bool (*usable)(void); /* on this processor */
    quin_acts_fn *acts;   /* makes ready what run reads */
    quin_span_fn *span;   /* the vector unit's way; NULL: element by element */
    quin_scale_fn *scale; /* likewise, of a MATMUL's results */
    quin_join_fn *join;   /* of sums of trits; NULL likewise */
};

/* The kernels of this build that the processor can run, best first; NULL at the end. "plain" is always there. */
const struct quin_kernel *quin_kernel_at(uint32_t i);
/* The one of this name if it is usable, else NULL. */
const struct quin_kernel *quin_kernel_find(const char *name);

#if defined(__x86_64__)
extern const struct quin_kernel quin_kernel_avx512, quin_kernel_avx2;
#endif

#endif
