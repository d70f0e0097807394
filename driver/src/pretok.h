/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a text into the words that byte-pair merging works on, by the regular expressions that
 * tokenizer.ggml.pre names. Private to the tokenizer. */
#ifndef QUIN_PRETOK_H
#define QUIN_PRETOK_H

#include <stdbool.h>

#include "gguf.h"

struct quin_pretok; /* opaque, constant after creation */

/* A part of the text. The pieces of a text, in order, are the text: nothing is lost or changed. */
struct quin_piece {
    const char *ptr;
    size_t len;   /* 0: the text is used up */
    bool invalid; /* bytes that are not UTF-8: tokens of single bytes, no merging */
};

enum { QUIN_PRETOK_STAGES = 3 };

/* A value of tokenizer.ggml.pre and what goes with it. */
struct quin_pretok_row {
    const char *name;
    const char *stages[QUIN_PRETOK_STAGES]; /* expressions, each cutting what the one before made; NULL: no more */
    bool whole_words; /* a word that is a token is that token, whatever the merges make ("ignore_merges") */
    bool add_bos;     /* where the file does not say */
};

struct quin_range {
    size_t begin, end, pos; /* of the text; begin <= pos <= end */
};

/* Position in a text. */
struct quin_pretok_run {
    const struct quin_pretok *p;
    void *match; /* PCRE2's match data */
    const char *text;
    size_t len, pos;
    struct quin_range stage[QUIN_PRETOK_STAGES + 1]; /* what each stage is cutting; the last one: the word */
};

/* Row i of the table; NULL past the end. */
const struct quin_pretok_row *quin_pretok_row_at(size_t i);

/* name NULL: GPT-2's. A name that is not in the table is QUIN_ERR_UNSUPPORTED. */
enum quin_err quin_pretok_create(const struct quin_str *name, struct quin_pretok **out, struct quin_msg *msg);
const struct quin_pretok_row *quin_pretok_row(const struct quin_pretok *p);
void quin_pretok_free(struct quin_pretok *p);

enum quin_err quin_pretok_begin(const struct quin_pretok *p, struct quin_pretok_run *run,
                                struct quin_msg *msg);
void quin_pretok_text(struct quin_pretok_run *run, const char *text, size_t len);
enum quin_err quin_pretok_next(struct quin_pretok_run *run, struct quin_piece *piece, struct quin_msg *msg);
void quin_pretok_end(struct quin_pretok_run *run);

#endif
