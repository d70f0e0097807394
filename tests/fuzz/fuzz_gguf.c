/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target for everything that reads a model file: opens the input as a GGUF, walks metadata and
 * tensors, decodes rows and ternary weights (sizes capped), creates a tokenizer, encodes the end of the input
 * with it, examines and loads it as a model, and takes its end as an override. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "gguf.h"
#include "lm.h"
#include "ternary.h"
#include "tokenizer.h"

#define MAX_WEIGHTS 65536 /* of a tensor that is decoded */
#define MAX_TEXT 256      /* bytes that are encoded */

/* Reads what a pointer and a length promise, so that a sanitizer sees a false promise. */
static unsigned touch(const void *p, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((const volatile uint8_t *)p)[i];
    return sum;
}

static void walk_strings(const struct quin_gguf *g, const char *key)
{
    size_t n;
    if (quin_gguf_get_strs(g, key, NULL, 0, &n, NULL))
        return;
    struct quin_str *s = malloc((n + 1) * sizeof *s);
    if (s && !quin_gguf_get_strs(g, key, s, n, &n, NULL))
        for (size_t i = 0; i < n; i++)
            touch(s[i].ptr, s[i].len);
    free(s);
}

static void walk_numbers(const struct quin_gguf *g, const char *key)
{
    size_t n;
    struct quin_msg msg;
    if (quin_gguf_get_i32s(g, key, NULL, 0, &n, &msg) && quin_gguf_get_f32s(g, key, NULL, 0, &n, &msg))
        return;
    int32_t *v = malloc((n + 1) * sizeof *v);
    float *f = malloc((n + 1) * sizeof *f);
    if (v && f) {
        quin_gguf_get_i32s(g, key, v, n, &n, &msg);
        quin_gguf_get_f32s(g, key, f, n, &n, &msg);
    }
    free(v);
    free(f);
}

static void walk_metadata(const struct quin_gguf *g)
{
    struct quin_msg msg;
    for (size_t i = 0; i < quin_gguf_kv_count(g); i++) {
        const struct quin_gguf_kv *kv = quin_gguf_kv_at(g, i);
        char key[128];
        uint64_t u;
        uint32_t w;
        float f;
        bool b;
        struct quin_str s;
        if (kv->key.len >= sizeof key)
            continue;
        memcpy(key, kv->key.ptr, kv->key.len);
        key[kv->key.len] = '\0';
        quin_gguf_get_u64(g, key, &u, &msg);
        quin_gguf_get_u32_or(g, key, 1, &w, &msg);
        quin_gguf_get_f32_or(g, key, 1, &f, &msg);
        quin_gguf_get_bool_or(g, key, true, &b, &msg);
        if (!quin_gguf_get_str(g, key, &s, &msg))
            touch(s.ptr, s.len);
        walk_strings(g, key);
        walk_numbers(g, key);
    }
}

static void walk_tensors(const struct quin_gguf *g)
{
    struct quin_msg msg;
    for (size_t i = 0; i < quin_gguf_tensor_count(g); i++) {
        const struct quin_gguf_tensor *t = quin_gguf_tensor_at(g, i);
        uint64_t rows = quin_gguf_tensor_rows(t);
        if (quin_gguf_tensor_find(g, t->name) != t)
            abort();
        touch(t->data, t->size);
        if (t->ne[0] > MAX_WEIGHTS || rows > MAX_WEIGHTS / t->ne[0])
            continue;
        float scale, *row = malloc((size_t)t->ne[0] * sizeof *row);
        int8_t *trits = malloc((size_t)(t->ne[0] * rows));
        if (row && trits) {
            for (uint64_t r = 0; r < rows; r++)
                quin_gguf_row_f32(t, r, row, &msg);
            quin_ternary_from_tensor(g, t, trits, &scale, &msg);
        }
        free(row);
        free(trits);
    }
}

/* Without control tokens, decoding must give the text back, whatever the vocabulary; SentencePiece adds spaces. */
static void check_text(const struct quin_tokenizer *tok, const char *text, size_t len)
{
    struct quin_msg msg;
    struct quin_tokens ids = {0};
    quin_tokenizer_encode(tok, text, len, true, &ids, &msg);
    ids.n = 0;
    bool ok = !quin_tokenizer_encode(tok, text, len, false, &ids, &msg);
    bool exact = strcmp(quin_tokenizer_kind(tok), "SentencePiece") != 0;
    size_t pos = 0;
    for (size_t i = 0; ok && i < ids.n; i++) {
        struct quin_str s;
        if (quin_tokenizer_decode(tok, ids.ids[i], &s, &msg))
            abort();
        if (!exact)
            continue;
        if (s.len > len - pos || memcmp(s.ptr, text + pos, s.len) != 0)
            abort();
        pos += s.len;
    }
    if (ok && exact && pos != len)
        abort();
    quin_tokens_free(&ids);
}

static void walk_tokenizer(const struct quin_gguf *g, const uint8_t *data, size_t len)
{
    static const char words[] = "Once upon a time, I'll see 12 \xff <|end|>";
    struct quin_msg msg;
    struct quin_tokenizer *tok;
    if (quin_tokenizer_create(g, &tok, &msg))
        return;
    size_t n = len < MAX_TEXT ? len : MAX_TEXT;
    check_text(tok, (const char *)data + len - n, n);
    check_text(tok, words, sizeof words - 1);
    static const struct quin_chat_message messages[] = {{"user", words, sizeof words - 1}, {"assistant", " a", 2}};
    struct quin_chat chat;
    struct quin_tokens ids = {0};
    if (!quin_chat_find(g, &chat, &msg))
        quin_chat_tokens(&chat, tok, messages, 2, true, &ids, &msg);
    quin_tokens_free(&ids);
    quin_tokenizer_free(tok);
}

static void take_finding(void *user, enum quin_finding_level level, const char *subject, const char *text)
{
    (void)user;
    (void)level;
    touch(subject, strlen(subject));
    touch(text, strlen(text));
}

static void walk_model(struct quin_gguf *g, const uint8_t *data, size_t len)
{
    struct quin_msg msg;
    struct quin_model *m;
    char text[65];
    size_t n = len < sizeof text - 1 ? len : sizeof text - 1, problems;
    memcpy(text, data + len - n, n);
    text[n] = '\0';
    quin_gguf_override(g, text, &msg);
    quin_gguf_override(g, "quintrit.masters=bool:true", &msg);
    quin_doctor_examine(g, NULL, take_finding, NULL, &problems, &msg);
    if (!quin_model_load(g, NULL, &m, &msg))
        quin_model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quin_gguf *g;
    struct quin_msg msg;
    if (quin_gguf_open_memory(data, len, &g, &msg))
        return 0;
    walk_metadata(g);
    walk_tensors(g);
    walk_tokenizer(g, data, len);
    walk_model(g, data, len);
    quin_gguf_free(g);
    return 0;
}
