/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: the families of models, one row each, and what is decided by them.
 */
#ifndef QUIN_FAMILY_H
#define QUIN_FAMILY_H

#include "gguf.h"
#include "model.h"

enum quin_sub_norms { QUIN_SUB_NORMS_NONE, QUIN_SUB_NORMS_OPTIONAL, QUIN_SUB_NORMS_REQUIRED };

/* No family here has biases, and all share one tied-or-not head: output.weight is there or is not. */
struct quin_family {
    const char *arch;                /* general.architecture, and the first part of its metadata keys */
    const char *models;              /* who uses it */
    enum quin_activation activation; /* where no key says it */
    float relu2_base; /* a RoPE base that tells a ReLU^2 model in a file without that key; 0: none */
    enum quin_sub_norms sub_norms; /* OPTIONAL: the tensors of layer 0 decide */
    /* ggml's RoPE of this family turns neighbouring values, so its files have the rows of q and k of a head
     * in the order 0, d/2, 1, d/2 + 1, ...; else in the order of the papers' halves. */
    bool rope_pairs;
    bool masters; /* float projections that are not ternary are masters, to be quantised by absmean */
};

/* Row i of the table; NULL past the end. */
const struct quin_family *quin_family_at(size_t i);

/* The file's family. UNSUPPORTED, with the list of those that are, for another architecture. */
enum quin_err quin_family_find(const struct quin_gguf *g, const struct quin_family **f, struct quin_msg *msg);

/* What decided the activation. */
enum quin_decided { QUIN_DECIDED_KEY, QUIN_DECIDED_FAMILY, QUIN_DECIDED_BASE };

enum quin_err quin_family_activation(const struct quin_gguf *g, const struct quin_family *f,
                                     enum quin_activation *a, enum quin_decided *by, struct quin_msg *msg);

/* Are float projections that are not ternary to be quantised? By the key quintrit.masters, else by the
 * family. */
enum quin_err quin_family_masters(const struct quin_gguf *g, const struct quin_family *f, bool *masters,
                                  struct quin_msg *msg);

/* YaRN's factors by which each angle of RoPE is divided, [head_size / 2]; only where h->yarn.factor is not
 * 0. */
void quin_yarn_factors(const struct quin_hyper *h, float *factor);

/* Are all tensors that the model needs there, with the right shapes, and no others? (model_load.c) */
enum quin_err quin_model_check_tensors(const struct quin_gguf *g, const struct quin_hyper *h,
                                       struct quin_msg *msg);

/* Adds a note; what does not fit is left out. */
__attribute__((format(printf, 3, 4))) void quin_notes_add(struct quin_notes *n, bool loud, const char *format,
                                                          ...);

#endif
