/* SPDX-License-Identifier: Apache-2.0 */
/* Byte-level BPE tokenizer (GPT-2's form) from the metadata of a GGUF.
 * Keys: tokenizer.ggml.model = "gpt2", .pre, .tokens, .token_type, .merges, .bos_token_id, .eos_token_id,
 * .add_bos_token. A tokenizer is constant after creation: several threads may use one. It keeps no pointer to
 * the GGUF. Encoding and decoding lose nothing but control tokens: decode(encode(bytes)) = bytes, also for
 * bytes that are not UTF-8. */
#ifndef QUIN_TOKENIZER_H
#define QUIN_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gguf.h"
#include "quin_err.h"

#define QUIN_TOKEN_NONE UINT32_MAX /* "no such token" */

struct quin_tokenizer; /* opaque */

/* A growing list of tokens; start with {0}. */
struct quin_tokens {
    uint32_t *ids; /* [n] */
    size_t n, cap;
};

enum quin_err quin_tokens_push(struct quin_tokens *t, uint32_t id, struct quin_msg *msg);
void quin_tokens_free(struct quin_tokens *t);

enum quin_err quin_tokenizer_create(const struct quin_gguf *g, struct quin_tokenizer **out,
                                    struct quin_msg *msg);
void quin_tokenizer_free(struct quin_tokenizer *t);

/* Appends the tokens of text[len] to out; on failure out may hold a part of them. Texts of user-defined
 * tokens are always taken as these tokens; those of control tokens ("<|endoftext|>") only with parse_special,
 * so that the text of a stranger cannot smuggle them in. No bos token is put in front: see
 * quin_tokenizer_add_bos. A byte that the vocabulary has no token for is QUIN_ERR_FORMAT. */
enum quin_err quin_tokenizer_encode(const struct quin_tokenizer *t, const char *text, size_t len,
                                    bool parse_special, struct quin_tokens *out, struct quin_msg *msg);

/* The bytes of one token, owned by the tokenizer and not NUL-terminated; a token may end inside a UTF-8
 * character. Control tokens have none. An id outside the vocabulary is QUIN_ERR_RANGE. */
enum quin_err quin_tokenizer_decode(const struct quin_tokenizer *t, uint32_t id, struct quin_str *bytes,
                                    struct quin_msg *msg);

uint32_t quin_tokenizer_size(const struct quin_tokenizer *t); /* tokens in the vocabulary */
uint32_t quin_tokenizer_bos(const struct quin_tokenizer *t);  /* QUIN_TOKEN_NONE if the model has none */
uint32_t quin_tokenizer_eos(const struct quin_tokenizer *t);  /* QUIN_TOKEN_NONE if the model has none */
bool quin_tokenizer_add_bos(const struct quin_tokenizer *t);  /* a prompt starts with bos; then bos exists */
/* False for an id outside the vocabulary. */
bool quin_tokenizer_is_control(const struct quin_tokenizer *t, uint32_t id);
/* Token by its text as the file writes it, e.g. "<|endoftext|>"; QUIN_TOKEN_NONE if there is none. */
uint32_t quin_tokenizer_find(const struct quin_tokenizer *t, const char *text, size_t len);

#endif
