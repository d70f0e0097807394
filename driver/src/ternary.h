/* SPDX-License-Identifier: Apache-2.0 */
/* Ternary weights of a model file: trits and one scale per tensor.
 * Absmean quantisation (BitNet b1.58, equation 1) gives W = scale * T with T in {-1, 0, +1}; this reads T and
 * scale back exactly, and refuses a tensor that is anything else, since rounding it silently would make a
 * different model. */
#ifndef QUIN_TERNARY_H
#define QUIN_TERNARY_H

#include <stdint.h>

#include "gguf.h"
#include "quin_err.h"

/* Reads tensor t of g, of type F32, F16, BF16, TQ1_0 or TQ2_0.
 * trits: [rows][ne0], rows = quin_gguf_tensor_rows(t), ne0 = t->ne[0]; -1, 0 or +1.
 * *scale: positive and finite, or 0 for a tensor of zeros. It is COMPLETE: where the file keeps a factor in a
 * separate tensor ("blk.0.attn_q.scale" beside "blk.0.attn_q.weight"), the factor is already in it. */
enum quin_err quin_ternary_from_tensor(const struct quin_gguf *g, const struct quin_gguf_tensor *t,
                                       int8_t *trits, float *scale, struct quin_msg *msg);

#endif
