/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a text into the words that byte-pair merging works on, by the regular expression that
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

/* Position in a text. */
struct quin_pretok_run {
    const struct quin_pretok *p;
    void *match; /* PCRE2's match data */
    const char *text;
    size_t len, pos;
    size_t begin, end; /* the stretch of valid UTF-8 around pos */
};

/* name NULL, "default" or "gpt-2": GPT-2's expression. Any other is QUIN_ERR_UNSUPPORTED. */
enum quin_err quin_pretok_create(const struct quin_str *name, struct quin_pretok **out, struct quin_msg *msg);
void quin_pretok_free(struct quin_pretok *p);

enum quin_err quin_pretok_begin(const struct quin_pretok *p, struct quin_pretok_run *run,
                                struct quin_msg *msg);
void quin_pretok_text(struct quin_pretok_run *run, const char *text, size_t len);
enum quin_err quin_pretok_next(struct quin_pretok_run *run, struct quin_piece *piece, struct quin_msg *msg);
void quin_pretok_end(struct quin_pretok_run *run);

#endif
