/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary of a tokenizer: texts, kinds, bytes, look-up by text. Private to the tokenizer. How a text
 * writes bytes is the vocabulary's style. */
#ifndef QUIN_VOCAB_H
#define QUIN_VOCAB_H

#include "gguf.h"
#include "tokenizer.h"

/* Kinds of tokens, numbered as in tokenizer.ggml.token_type. */
enum quin_token_kind {
    QUIN_TOKEN_UNDEFINED = 0, /* treated as NORMAL */
    QUIN_TOKEN_NORMAL,
    QUIN_TOKEN_UNKNOWN,
    QUIN_TOKEN_CONTROL,
    QUIN_TOKEN_USER_DEFINED,
    QUIN_TOKEN_UNUSED,
    QUIN_TOKEN_BYTE,
    QUIN_TOKEN_KINDS
};

#define QUIN_SPACE_MARK "\xe2\x96\x81" /* U+2581 */

enum quin_vocab_style {
    /* Byte-level BPE: a character of GPT-2's alphabet for each byte. Printable Latin-1 characters stand for
     * themselves, the other 68 bytes are U+0100 and up, so that a space reads as U+0120. */
    QUIN_VOCAB_BYTE_LEVEL,
    /* SentencePiece: plain text with U+2581 for a space, and <0xHH> for a byte. */
    QUIN_VOCAB_SENTENCEPIECE
};

struct quin_vocab {
    enum quin_vocab_style style;
    uint32_t n;
    char *text;       /* all texts in a row; text i = [text_at[i], text_at[i + 1]) */
    size_t *text_at;  /* [n + 1] */
    char *bytes;      /* what tokens decode to, stored in the same way */
    size_t *bytes_at; /* [n + 1] */
    uint8_t *kind;    /* [n], enum quin_token_kind */
    uint32_t *slots;  /* [mask + 1], open addressing by text: id, or QUIN_TOKEN_NONE */
    size_t mask;
    size_t longest;        /* bytes of the longest text */
    uint16_t to_char[256]; /* the byte-level alphabet */
    uint32_t byte_id[256]; /* token of a single byte, or QUIN_TOKEN_NONE */
};

/* Fills v from tokenizer.ggml.tokens and .token_type; on failure v is left for quin_vocab_clear. */
enum quin_err quin_vocab_load(struct quin_vocab *v, enum quin_vocab_style style, const struct quin_gguf *g,
                              struct quin_msg *msg);
void quin_vocab_clear(struct quin_vocab *v);

struct quin_str quin_vocab_text(const struct quin_vocab *v, uint32_t id);
struct quin_str quin_vocab_bytes(const struct quin_vocab *v, uint32_t id);
/* Token whose text is a followed by b; QUIN_TOKEN_NONE if there is none. */
uint32_t quin_vocab_find(const struct quin_vocab *v, struct quin_str a, struct quin_str b);
/* The normal token of a byte-level vocabulary that is these bytes; QUIN_TOKEN_NONE if there is none. */
uint32_t quin_vocab_find_word(const struct quin_vocab *v, const char *bytes, size_t len);

#endif
