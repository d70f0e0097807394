/* SPDX-License-Identifier: Apache-2.0 */
/* SentencePiece's BPE: neighbours whose union is a token are joined, the token of the largest score first, the
 * leftmost among equals; what is no token in the end becomes byte tokens. Private to the tokenizer. Time
 * n log n in the length of the text. */
#ifndef QUIN_SPM_H
#define QUIN_SPM_H

#include "tokenizer.h"
#include "vocab.h"

struct quin_spm {
    uint32_t *order; /* [vocab n]: what is joined first has the lowest; UINT32_MAX: never made */
    bool add_space;  /* a space goes before a text */
};

/* Working memory of one encoding; starts zeroed and grows to the longest text. */
struct quin_spm_work {
    char *text;             /* [cap], with marks for spaces */
    uint32_t *begin, *end;  /* [cap], bytes of each symbol; end = begin: joined to another */
    uint32_t *prev, *next;  /* [cap], a linked list of the symbols that are left */
    uint64_t *heap;         /* [3 * cap], order << 32 | index of the left symbol */
    size_t cap, heap_n;
};

/* Fills s from tokenizer.ggml.scores and .add_space_prefix; on failure s is left for quin_spm_clear. */
enum quin_err quin_spm_load(struct quin_spm *s, const struct quin_vocab *v, const struct quin_gguf *g,
                            struct quin_msg *msg);
void quin_spm_clear(struct quin_spm *s);

/* Appends the tokens of a text without special tokens. */
enum quin_err quin_spm_text(const struct quin_spm *s, struct quin_spm_work *w, const struct quin_vocab *v,
                            const char *text, size_t len, struct quin_tokens *out, struct quin_msg *msg);
void quin_spm_work_free(struct quin_spm_work *w);

#endif
