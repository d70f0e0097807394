/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: which of bitnet.cpp's layouts the I2_S tensors of a file have. The type number stands
 * for three, and nothing in a file says which: only the 128-weight one is that of published files.
 */
#ifndef QUIN_I2_S_H
#define QUIN_I2_S_H

#include "gguf.h"
#include "model.h"

enum quin_i2_s_layout {
    QUIN_I2_S_128,  /* blocks of 128 weights in 32 bytes: x86 builds, published files */
    QUIN_I2_S_64,   /* blocks of 64 weights in 16 bytes: ARM builds */
    QUIN_I2_S_ROWS, /* one column of four rows a byte: x86 builds without ACT_PARALLEL */
    QUIN_I2_S_LAYOUTS
};

const char *quin_i2_s_name(enum quin_i2_s_layout layout);

/* What the weights say. In a trained model the input columns of q, k and v go together with the embedding's:
 * the composition sum |A E^T|^2 / sum_c (sum_r A_rc^2) (sum_t E_tc^2) of rows A and tokens' embeddings E is
 * well above 1 with columns in their right places, and 1 with others. */
struct quin_i2_s_verdict {
    bool any;     /* there are I2_S projections in the first layers */
    bool certain; /* else the weights do not tell (a random model) */
    enum quin_i2_s_layout layout;
    double score[QUIN_I2_S_LAYOUTS];
};

enum quin_err quin_i2_s_examine(const struct quin_gguf *g, const struct quin_hyper *h,
                                struct quin_i2_s_verdict *v, struct quin_msg *msg);

/* UNSUPPORTED if the verdict is certain and the layout is not the 128-weight one. */
enum quin_err quin_i2_s_refuse(const struct quin_i2_s_verdict *v, struct quin_msg *msg);

#endif
