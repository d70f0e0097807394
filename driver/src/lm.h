/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: what a struct quin_lm holds.
 */
#ifndef QUIN_LM_H
#define QUIN_LM_H

#include "gguf.h"
#include "model.h"
#include "quintrit.h"
#include "tokenizer.h"

struct quin_lm {
    struct quin_gguf *gguf;
    struct quin_model *model;
    struct quin_tokenizer *tokenizer;
};

/* The file of the options, with its overrides set. *g is NULL after an error. */
enum quin_err quin_lm_open_gguf(const struct quin_lm_options *o, struct quin_gguf **g, struct quin_msg *msg);

/* quin_doctor on an open file. */
enum quin_err quin_doctor_examine(struct quin_gguf *g, const struct quin_progress *progress, quin_finding_fn *fn,
                                  void *user, size_t *problems, struct quin_msg *msg);

#endif
