/* SPDX-License-Identifier: Apache-2.0 */
/* Tokenizer from the metadata of a GGUF: byte-level BPE (tokenizer.ggml.model = "gpt2") or SentencePiece's BPE
 * ("llama"). Keys: tokenizer.ggml.tokens, .token_type, .bos_token_id, .eos_token_id, .eot_token_id,
 * .add_bos_token; for "gpt2" .pre and .merges; for "llama" .scores and .add_space_prefix. A tokenizer is
 * constant after creation: several threads may use one. It keeps no pointer to the GGUF. Encoding and decoding
 * lose nothing but control tokens: decode(encode(bytes)) = bytes, also for bytes that are not UTF-8;
 * SentencePiece puts a space before a text, and takes U+2581 for a space. */
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

/* A part of a text; begin < end. */
struct quin_span {
    size_t begin, end;
};

/* With control tokens, but not in the literal spans, which are in order and apart from each other: those are a
 * stranger's text in a text of ours. Words go across their ends. */
enum quin_err quin_tokenizer_encode_marked(const struct quin_tokenizer *t, const char *text, size_t len,
                                           const struct quin_span *literal, size_t literals,
                                           struct quin_tokens *out, struct quin_msg *msg);

/* The bytes of one token, owned by the tokenizer and not NUL-terminated; a token may end inside a UTF-8
 * character. Control tokens have none. An id outside the vocabulary is QUIN_ERR_RANGE. */
enum quin_err quin_tokenizer_decode(const struct quin_tokenizer *t, uint32_t id, struct quin_str *bytes,
                                    struct quin_msg *msg);

uint32_t quin_tokenizer_size(const struct quin_tokenizer *t); /* tokens in the vocabulary */
uint32_t quin_tokenizer_bos(const struct quin_tokenizer *t);  /* QUIN_TOKEN_NONE if the model has none */
uint32_t quin_tokenizer_eos(const struct quin_tokenizer *t);  /* QUIN_TOKEN_NONE if the model has none */
uint32_t quin_tokenizer_eot(const struct quin_tokenizer *t);  /* end of a turn; QUIN_TOKEN_NONE: not named */
const char *quin_tokenizer_kind(const struct quin_tokenizer *t); /* "SentencePiece", or the pre-tokenizer */
/* The file names no pre-tokenizer, but the vocabulary is Llama 3's, which tells it. */
bool quin_tokenizer_guessed(const struct quin_tokenizer *t);
/* The text of a token as the file writes it; empty for an id outside the vocabulary. */
struct quin_str quin_tokenizer_text(const struct quin_tokenizer *t, uint32_t id);
bool quin_tokenizer_add_bos(const struct quin_tokenizer *t);  /* a prompt starts with bos; then bos exists */
/* False for an id outside the vocabulary. */
bool quin_tokenizer_is_control(const struct quin_tokenizer *t, uint32_t id);
/* Token by its text as the file writes it, e.g. "<|endoftext|>"; QUIN_TOKEN_NONE if there is none. */
uint32_t quin_tokenizer_find(const struct quin_tokenizer *t, const char *text, size_t len);

#endif
