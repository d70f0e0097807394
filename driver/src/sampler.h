/* SPDX-License-Identifier: Apache-2.0 */
/* Picks the next token from logits: greedy, or top-k, then top-p, then temperature (llama.cpp's order of
 * stages). The same options, seed and logits give the same tokens on every machine. */
#ifndef QUIN_SAMPLER_H
#define QUIN_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "quin_err.h"

struct quin_sampler_options {
    double temperature; /* <= 0: greedy, the largest logit, the lowest token among equals */
    size_t top_k;       /* keep the k largest logits; 0: keep all */
    double top_p;       /* keep the fewest of the largest whose probabilities reach p; >= 1: keep all */
    uint64_t seed;
};

/* llama.cpp's: temperature 0.8, top-k 40, top-p 0.95; seed 0. */
struct quin_sampler_options quin_sampler_defaults(void);

struct quin_sampler; /* opaque */

/* A sampler for `vocab` logits. QUIN_ERR_ARG for a vocabulary of 0, a temperature that is not finite, a top_p
 * that is NaN or not positive; QUIN_ERR_MEMORY. */
enum quin_err quin_sampler_create(const struct quin_sampler_options *options, size_t vocab,
                                  struct quin_sampler **out, struct quin_msg *msg);
void quin_sampler_free(struct quin_sampler *s); /* NULL is allowed */

/* Picks a token. logits: [vocab]. QUIN_ERR_RANGE when a logit is infinite or NaN; *token is then untouched,
 * and so is the random generator. */
enum quin_err quin_sampler_pick(struct quin_sampler *s, const float *logits, uint32_t *token,
                                struct quin_msg *msg);

/* PCG32, the sampler's random generator (O'Neill 2014, pcg32_random_r). */
struct quin_pcg32 {
    uint64_t state, increment; /* increment is odd */
};

void quin_pcg32_seed(struct quin_pcg32 *g, uint64_t seed, uint64_t sequence);
uint32_t quin_pcg32_next(struct quin_pcg32 *g);
double quin_pcg32_uniform(struct quin_pcg32 *g); /* in [0, 1), 53 bits, from two draws */

#endif
