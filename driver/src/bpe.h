/* SPDX-License-Identifier: Apache-2.0 */
/* Byte-pair merging of one word, in the order of the merges' ranks. Private to the tokenizer.
 * Time n log n in the length of the word, whatever the word (a heap of candidate pairs over a linked list).
 */
#ifndef QUIN_BPE_H
#define QUIN_BPE_H

#include "tokenizer.h"
#include "vocab.h"

struct quin_merge {
    uint32_t left, right, result; /* token ids */
};

struct quin_bpe {
    uint32_t n;
    struct quin_merge *merges; /* [n], by rank */
    uint32_t *slots;           /* [mask + 1], open addressing by (left, right): rank, or UINT32_MAX */
    size_t mask;
    bool whole_words; /* a word that is a token is that token, unmerged */
};

/* Working memory of one encoding; starts zeroed and grows to the longest word. */
struct quin_bpe_work {
    uint32_t *id, *prev, *next; /* [cap], a linked list of the symbols that are left */
    uint64_t *heap;             /* [2 * cap], rank << 32 | index of the left symbol */
    size_t cap, heap_n;
};

/* Fills b from tokenizer.ggml.merges; on failure b is left for quin_bpe_clear. */
enum quin_err quin_bpe_load(struct quin_bpe *b, const struct quin_vocab *v, const struct quin_gguf *g,
                            struct quin_msg *msg);
void quin_bpe_clear(struct quin_bpe *b);

/* Merges the byte tokens of a word, and appends the result to out. */
enum quin_err quin_bpe_word(const struct quin_bpe *b, struct quin_bpe_work *w, const struct quin_vocab *v,
                            const char *word, size_t len, struct quin_tokens *out, struct quin_msg *msg);
void quin_bpe_work_free(struct quin_bpe_work *w);

#endif
