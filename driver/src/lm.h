/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: what a struct quin_lm holds.
 */
#ifndef QUIN_LM_H
#define QUIN_LM_H

#include "gguf.h"
#include "model.h"
#include "tokenizer.h"

struct quin_lm {
    struct quin_gguf *gguf;
    struct quin_model *model;
    struct quin_tokenizer *tokenizer;
};

#endif
