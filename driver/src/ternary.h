/* SPDX-License-Identifier: Apache-2.0 */
/* Ternary weights of a model file: trits and one scale per tensor.
 * Absmean quantisation (BitNet b1.58, equation 1) gives W = scale * T with T in {-1, 0, +1}; this reads T and
 * scale back exactly. A tensor that is anything else is refused, since rounding it silently would make a
 * different model, unless the caller knows that it is the master of a BitNet. */
#ifndef QUIN_TERNARY_H
#define QUIN_TERNARY_H

#include <stdbool.h>
#include <stdint.h>

#include "gguf.h"
#include "quin_err.h"

/* What a tensor of plain floats may be. */
enum quin_masters {
    QUIN_MASTERS_REFUSED, /* only values 0 and plus or minus one scale */
    QUIN_MASTERS_ABSMEAN  /* many magnitudes are masters of a BitNet: quantised by absmean, as its reference
                             does online */
};

/* Reads tensor t of g, of type F32, F16, BF16, TQ1_0, TQ2_0 or I2_S.
 * trits: [rows][ne0], rows = quin_gguf_tensor_rows(t), ne0 = t->ne[0]; -1, 0 or +1.
 * *scale: positive and finite, or 0 for a tensor of zeros. It is COMPLETE: where the file keeps a factor in a
 * separate tensor ("blk.0.attn_q.scale" beside "blk.0.attn_q.weight"), the factor is already in it.
 * *quantised, if not NULL: the tensor held masters.
 *
 * Absmean (BitNet b1.58, equations 1 to 3) in the order of Hugging Face's transformers: s = 1 / max(mean |w|,
 * 1e-5), t = clamp(round_half_even(w * s), -1, 1), scale = 1 / s. The mean is taken in double, where they sum
 * in float. */
enum quin_err quin_ternary_read(const struct quin_gguf *g, const struct quin_gguf_tensor *t,
                                enum quin_masters masters, int8_t *trits, float *scale, bool *quantised,
                                struct quin_msg *msg);

/* The same with masters refused. */
enum quin_err quin_ternary_from_tensor(const struct quin_gguf *g, const struct quin_gguf_tensor *t,
                                       int8_t *trits, float *scale, struct quin_msg *msg);

#endif
