/* SPDX-License-Identifier: Apache-2.0 */
/* The transformer in plain float, from the papers: the independent check on what the device computes.
 * It knows the model and nothing of commands, layouts, or the device's number formats. */
#ifndef QUIN_REFERENCE_H
#define QUIN_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "quin_err.h"

/* What BitNet leaves open and a device may compute with fewer bits: each vector stands for round(x / s) * s with
 * s = max |x| / levels. 0 levels: as it is. */
struct quin_reference_quantisers {
    uint32_t kv;            /* K (after RoPE) and V of a position and head */
    uint32_t query;         /* a head's query after RoPE */
    uint32_t probability;   /* the weights of a block of positions, times V's scales */
    uint32_t block;         /* positions of such a block */
    uint32_t head;          /* a row of the lm_head */
    uint32_t activation;    /* a projection's input, where the model itself has floats; 127: as a BitNet's */
};

struct quin_reference_options {
    size_t context;             /* positions to make room for; 0: as many as the model was made for */
    bool head_int8_activations; /* quantise the lm_head's input to int8, as a BitNet's other matrices' input */
    struct quin_reference_quantisers quantisers;
};

struct quin_reference_options quin_reference_defaults(void); /* context 0, no quantisers */

struct quin_reference; /* opaque */

/* m must outlive the handle. options may be NULL. QUIN_ERR_RANGE for more positions than the model was made
 * for. */
enum quin_err quin_reference_create(const struct quin_model *m, const struct quin_reference_options *options,
                                    struct quin_reference **out, struct quin_msg *msg);
void quin_reference_free(struct quin_reference *r); /* NULL is allowed */

/* Forgets all positions. */
void quin_reference_reset(struct quin_reference *r);

/* Computes one position. position may be any up to the number of positions computed so far; the ones after it
 * are forgotten. logits: [vocab], or NULL to leave the output norm and the lm_head out. */
enum quin_err quin_reference_forward(struct quin_reference *r, uint32_t token, size_t position, float *logits,
                                     struct quin_msg *msg);

/* Called with the tensors inside of each forward pass, in this order. For every layer:
 *     attn_norm [dim], q [heads * head_size], k, v [kv_heads * head_size], q_rope, k_rope (shaped as q, k),
 *     attn_out [heads * head_size], attn_sub_norm (likewise, if the model has it), attn_residual [dim],
 *     ffn_norm [dim], gate, up, ffn_act [ffn], ffn_sub_norm [ffn] (if the model has it), ffn_residual [dim];
 * then, with layer = number of layers and only if logits are wanted:
 *     output_norm [dim], logits [vocab].
 * values: [n], valid during the call. */
typedef void quin_reference_probe_fn(void *user, size_t layer, const char *name, const float *values,
                                     size_t n);

/* NULL: no probe, as at first. */
void quin_reference_set_probe(struct quin_reference *r, quin_reference_probe_fn *fn, void *user);

#endif
