/* SPDX-License-Identifier: Apache-2.0 */
/* Picks the next token from logits: greedy, or top-k, then top-p, then temperature (llama.cpp's order of
 * stages). The same options, seed and logits give the same tokens on every machine. */
#ifndef QUIN_SAMPLER_H
#define QUIN_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "quintrit.h"

/* PCG32, the sampler's random generator (O'Neill 2014, pcg32_random_r). */
struct quin_pcg32 {
    uint64_t state, increment; /* increment is odd */
};

void quin_pcg32_seed(struct quin_pcg32 *g, uint64_t seed, uint64_t sequence);
uint32_t quin_pcg32_next(struct quin_pcg32 *g);
double quin_pcg32_uniform(struct quin_pcg32 *g); /* in [0, 1), 53 bits, from two draws */

#endif
