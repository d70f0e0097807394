/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: conversations as the texts that models were trained on. A file's tokenizer.chat_template is
 * a program (Jinja), which is not run: it is recognised by its marks.
 */
#ifndef QUIN_CHAT_H
#define QUIN_CHAT_H

#include "gguf.h"
#include "quintrit.h"
#include "tokenizer.h"

struct quin_chat_row; /* of the table */

struct quin_chat {
    const struct quin_chat_row *row;
    bool bos; /* the template writes the bos token itself */
};

/* The format that the file asks for; without a template, plain text. UNSUPPORTED, with the list of those that are
 * known, for another one. */
enum quin_err quin_chat_find(const struct quin_gguf *g, struct quin_chat *chat, struct quin_msg *msg);
const char *quin_chat_row_name(const struct quin_chat *chat);
/* The file's template is known to be wrong, and another one is used in its place. */
bool quin_chat_replaces(const struct quin_chat *chat);
/* The token that ends an answer; QUIN_TOKEN_NONE: none but eos. */
uint32_t quin_chat_end_token(const struct quin_chat *chat, const struct quin_tokenizer *t);

/* A conversation as text; start with {0}. */
struct quin_chat_text {
    char *ptr; /* [len] */
    size_t len, cap;
    struct quin_span *span; /* [count], the messages' contents */
    size_t count;
};
enum quin_err quin_chat_write(const struct quin_chat *chat, const struct quin_tokenizer *t,
                              const struct quin_chat_message *messages, size_t count, bool answer,
                              struct quin_chat_text *out, struct quin_msg *msg);
void quin_chat_text_free(struct quin_chat_text *text);

/* The same as tokens, appended; texts of control tokens inside messages are texts. */
enum quin_err quin_chat_tokens(const struct quin_chat *chat, const struct quin_tokenizer *t,
                               const struct quin_chat_message *messages, size_t count, bool answer,
                               struct quin_tokens *out, struct quin_msg *msg);

#endif
