/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a tokenizer over the texts and token ids that make_tokenizer.py and make_vocabularies.py wrote. */
#ifndef TOKEN_CASES_H
#define TOKEN_CASES_H

#include "testdata.h"

#include "pretok.h"
#include "tokenizer.h"

static inline struct quin_tokenizer *open_tokenizer(const char *name)
{
    struct quin_gguf *g = testdata_open(name);
    struct quin_tokenizer *t;
    struct quin_msg msg = {"no message"};
    if (quin_tokenizer_create(g, &t, &msg))
        fail_msg("%s: %s", name, msg.text);
    quin_gguf_free(g); /* the tokenizer must live without it */
    return t;
}

/* What the tokens of a text decode to must be the text. */
typedef void check_decode_fn(const struct quin_tokenizer *t, const struct quin_tokens *ids, const char *text,
                             size_t len);

static inline void check_case(const struct quin_tokenizer *t, size_t number, bool special, const char *text,
                              size_t len, const uint8_t *want, size_t n, check_decode_fn *check_decode)
{
    struct quin_tokens ids = {0};
    struct quin_msg msg = {"no message"};
    char *copy = malloc(len); /* exactly, so that a sanitizer sees every step beyond it */
    assert_non_null(copy);
    text = memcpy(copy, text, len);
    int clip = len > 60 ? 60 : (int)len;
    if (quin_tokenizer_encode(t, text, len, special, &ids, &msg))
        fail_msg("case %zu: %s", number, msg.text);
    for (size_t i = 0; i < n && i < ids.n; i++) {
        uint32_t id;
        memcpy(&id, want + 4 * i, 4);
        if (ids.ids[i] != id)
            fail_msg("case %zu '%.*s': token %zu is %u, not %u", number, clip, text, i, ids.ids[i], id);
    }
    if (ids.n != n)
        fail_msg("case %zu '%.*s': %zu tokens, not %zu", number, clip, text, ids.n, n);
    check_decode(t, &ids, text, len);
    quin_tokens_free(&ids);
    free(copy);
}

/* Record: parse_special, length of the text, number of tokens (u32 each), text, tokens (u32 each). */
static inline void run_cases(const char *tokenizer, const char *file, size_t least, check_decode_fn *check_decode)
{
    struct quin_tokenizer *t = open_tokenizer(tokenizer);
    size_t len, pos = 0, cases = 0;
    uint8_t *data = testdata_read(file, "", &len);
    while (pos < len) {
        uint32_t head[3];
        assert_true(len - pos >= sizeof head);
        memcpy(head, data + pos, sizeof head);
        pos += sizeof head;
        assert_true(head[1] <= len - pos && head[2] <= (len - pos - head[1]) / 4);
        check_case(t, cases++, head[0] != 0, (const char *)data + pos, head[1], data + pos + head[1],
                   head[2], check_decode);
        pos += head[1] + 4 * (size_t)head[2];
    }
    if (cases < least)
        fail_msg("%s: only %zu cases", file, cases);
    free(data);
    quin_tokenizer_free(t);
}

static inline void check_split(struct quin_pretok_run *run, size_t number, const char *text, size_t len,
                               const uint8_t *want, size_t n)
{
    struct quin_piece piece;
    struct quin_msg msg;
    size_t pos = 0;
    quin_pretok_text(run, text, len);
    for (size_t i = 0; i < n; i++) {
        uint32_t w;
        memcpy(&w, want + 4 * i, 4);
        assert_int_equal(quin_pretok_next(run, &piece, &msg), QUIN_OK);
        if (piece.len != w || piece.ptr != text + pos || piece.invalid)
            fail_msg("text %zu, byte %zu: word of %zu bytes, not %u: '%.*s'", number, pos, piece.len, w,
                     (int)(len - pos < 20 ? len - pos : 20), text + pos);
        pos += piece.len;
    }
    assert_int_equal(quin_pretok_next(run, &piece, &msg), QUIN_OK);
    assert_int_equal(piece.len, 0);
    assert_int_equal(pos, len);
}

/* Record: length of the text, number of words (u32 each), text, bytes of each word (u32 each). */
static inline void run_splits(const char *name, const char *file)
{
    struct quin_str s = {name, strlen(name)};
    struct quin_pretok *p;
    struct quin_pretok_run run;
    struct quin_msg msg = {"no message"};
    size_t len, pos = 0, texts = 0;
    uint8_t *data = testdata_read(file, ".splits", &len);
    if (quin_pretok_create(&s, &p, &msg))
        fail_msg("%s: %s", name, msg.text);
    assert_int_equal(quin_pretok_begin(p, &run, &msg), QUIN_OK);
    while (pos < len) {
        uint32_t head[2];
        assert_true(len - pos >= sizeof head);
        memcpy(head, data + pos, sizeof head);
        pos += sizeof head;
        assert_true(head[0] <= len - pos && head[1] <= (len - pos - head[0]) / 4);
        check_split(&run, texts++, (const char *)data + pos, head[0], data + pos + head[0], head[1]);
        pos += head[0] + 4 * (size_t)head[1];
    }
    assert_true(texts > 600);
    quin_pretok_end(&run);
    quin_pretok_free(p);
    free(data);
}

#endif
