/* SPDX-License-Identifier: Apache-2.0 */
/* Small model files made in memory for the tests of the loader, from a list of keys and tensors. file_start()
 * lists what a right file holds, a test changes the list, file_finish() writes it down and opens it. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gguf.h"
#include "model.h"

enum { DIM = 64, LAYERS = 2, HEADS = 4, KV_HEADS = 2, HEAD_SIZE = 32, FFN = 96, VOCAB = 10 };
enum { WIDE = HEADS * HEAD_SIZE, NARROW = KV_HEADS * HEAD_SIZE };
enum { KEYS_MAX = 24, TENSORS_MAX = 64 };

struct key {
    char name[64];
    char kind; /* 'u' u32, 'f' f32, 's' string, 'b' bool; 0: left out */
    uint32_t u;
    float f;
    const char *s;
};

struct tensor {
    char name[64]; /* empty: left out */
    uint32_t rows, columns;
    float first, second; /* elements [0][0] and [0][1], if they are not 0 */
    float scale;         /* > 0: ternary; 0: a formula of row and column */
};

struct file {
    struct key key[KEYS_MAX];
    struct tensor tensor[TENSORS_MAX];
    size_t keys, tensors;
    uint8_t *bytes;
    size_t size, room;
    struct quin_gguf *gguf;
};

static inline int trit_at(size_t salt, size_t row, size_t column)
{
    return (int)((row * 5 + column * 7 + row * column + salt) % 3) - 1;
}

static inline float float_at(size_t salt, size_t row, size_t column)
{
    return 1.0f + 0.01f * (float)row - 0.001f * (float)column + 0.1f * (float)salt;
}

static inline void file_add_key(struct file *f, const char *name, char kind, uint32_t u, float x,
                                const char *s)
{
    struct key *k = &f->key[f->keys++];
    assert_true(f->keys <= KEYS_MAX);
    *k = (struct key){.kind = kind, .u = u, .f = x, .s = s};
    snprintf(k->name, sizeof k->name, "%s", name);
}

static inline struct tensor *file_add_tensor(struct file *f, const char *name, uint32_t rows,
                                             uint32_t columns, float scale)
{
    struct tensor *t = &f->tensor[f->tensors++];
    assert_true(f->tensors <= TENSORS_MAX);
    *t = (struct tensor){.rows = rows, .columns = columns, .scale = scale};
    snprintf(t->name, sizeof t->name, "%s", name);
    return t;
}

static inline struct key *file_key(struct file *f, const char *name)
{
    for (size_t i = 0; i < f->keys; i++)
        if (!strcmp(f->key[i].name, name))
            return &f->key[i];
    fail_msg("the test has no key %s", name);
    return NULL;
}

static inline struct tensor *file_tensor(struct file *f, const char *name)
{
    for (size_t i = 0; i < f->tensors; i++)
        if (!strcmp(f->tensor[i].name, name))
            return &f->tensor[i];
    fail_msg("the test has no tensor %s", name);
    return NULL;
}

static inline void file_add_layer(struct file *f, int layer)
{
    const struct {
        const char *name;
        uint32_t rows, columns;
        float scale;
    } list[] = {
        {"attn_norm", 1, DIM, 0},      {"attn_q", WIDE, DIM, 0.5f},    {"attn_k", NARROW, DIM, 0.25f},
        {"attn_v", NARROW, DIM, 1.5f}, {"attn_sub_norm", 1, WIDE, 0},  {"attn_output", DIM, WIDE, 2.0f},
        {"ffn_norm", 1, DIM, 0},       {"ffn_gate", FFN, DIM, 0.125f}, {"ffn_up", FFN, DIM, 0.75f},
        {"ffn_sub_norm", 1, FFN, 0},   {"ffn_down", DIM, FFN, 3.0f}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%d.%s.weight", layer, list[i].name);
        file_add_tensor(f, name, list[i].rows, list[i].columns, list[i].scale);
    }
}

/* A file in which nothing is wrong. */
static inline void file_start(struct file *f)
{
    *f = (struct file){.keys = 0};
    file_add_key(f, "general.architecture", 's', 0, 0, "bitnet");
    file_add_key(f, "bitnet.vocab_size", 'u', VOCAB, 0, NULL);
    file_add_key(f, "bitnet.context_length", 'u', 128, 0, NULL);
    file_add_key(f, "bitnet.embedding_length", 'u', DIM, 0, NULL);
    file_add_key(f, "bitnet.block_count", 'u', LAYERS, 0, NULL);
    file_add_key(f, "bitnet.feed_forward_length", 'u', FFN, 0, NULL);
    file_add_key(f, "bitnet.attention.head_count", 'u', HEADS, 0, NULL);
    file_add_key(f, "bitnet.attention.head_count_kv", 'u', KV_HEADS, 0, NULL);
    file_add_key(f, "bitnet.attention.key_length", 'u', HEAD_SIZE, 0, NULL);
    file_add_key(f, "bitnet.attention.value_length", 'u', HEAD_SIZE, 0, NULL);
    file_add_key(f, "bitnet.attention.layer_norm_rms_epsilon", 'f', 0, 1e-6f, NULL);
    file_add_key(f, "bitnet.rope.freq_base", 'f', 0, 400000.0f, NULL);
    file_add_key(f, "bitnet.rope.dimension_count", 'u', HEAD_SIZE, 0, NULL);
    file_add_tensor(f, "token_embd.weight", VOCAB, DIM, 0);
    for (int layer = 0; layer < LAYERS; layer++)
        file_add_layer(f, layer);
    file_add_tensor(f, "output_norm.weight", 1, DIM, 0);
}

static inline void file_put(struct file *f, const void *p, size_t n)
{
    if (f->size + n > f->room) {
        f->room = 2 * (f->size + n);
        f->bytes = realloc(f->bytes, f->room);
        assert_non_null(f->bytes);
    }
    memcpy(f->bytes + f->size, p, n);
    f->size += n;
}

static inline void file_put_u32(struct file *f, uint32_t v)
{
    file_put(f, &v, 4);
}

static inline void file_put_u64(struct file *f, uint64_t v)
{
    file_put(f, &v, 8);
}

static inline void file_put_str(struct file *f, const char *s)
{
    file_put_u64(f, strlen(s));
    file_put(f, s, strlen(s));
}

static inline void file_put_key(struct file *f, const struct key *k)
{
    file_put_str(f, k->name);
    file_put_u32(f, k->kind == 'u'   ? QUIN_GGUF_U32
                    : k->kind == 'f' ? QUIN_GGUF_F32
                    : k->kind == 'b' ? QUIN_GGUF_BOOL
                                     : QUIN_GGUF_STR);
    if (k->kind == 'u')
        file_put_u32(f, k->u);
    else if (k->kind == 'f')
        file_put(f, &k->f, 4);
    else if (k->kind == 'b')
        file_put(f, k->u ? "\1" : "\0", 1);
    else
        file_put_str(f, k->s);
}

static inline size_t file_put_info(struct file *f, const struct tensor *t, size_t offset)
{
    file_put_str(f, t->name);
    file_put_u32(f, t->rows > 1 ? 2 : 1);
    file_put_u64(f, t->columns);
    if (t->rows > 1)
        file_put_u64(f, t->rows);
    file_put_u32(f, QUIN_GGML_F32);
    file_put_u64(f, offset);
    return offset + ((size_t)t->rows * t->columns * 4 + 31) / 32 * 32;
}

static inline void file_put_data(struct file *f, const struct tensor *t, size_t salt)
{
    static const uint8_t zeros[32];
    for (uint32_t r = 0; r < t->rows; r++)
        for (uint32_t c = 0; c < t->columns; c++) {
            float v = t->scale > 0 ? t->scale * (float)trit_at(salt, r, c) : float_at(salt, r, c);
            if (r == 0 && c == 0 && t->first != 0.0f)
                v = t->first;
            if (r == 0 && c == 1 && t->second != 0.0f)
                v = t->second;
            file_put(f, &v, 4);
        }
    file_put(f, zeros, (32 - (size_t)t->rows * t->columns * 4 % 32) % 32);
}

/* Writes the list down and opens it; the salt of a tensor's values is its place in the list. */
static inline void file_finish(struct file *f)
{
    size_t keys = 0, tensors = 0, offset = 0;
    for (size_t i = 0; i < f->keys; i++)
        keys += f->key[i].kind != 0;
    for (size_t i = 0; i < f->tensors; i++)
        tensors += f->tensor[i].name[0] != '\0';
    file_put(f, "GGUF", 4);
    file_put_u32(f, 3);
    file_put_u64(f, tensors);
    file_put_u64(f, keys);
    for (size_t i = 0; i < f->keys; i++)
        if (f->key[i].kind)
            file_put_key(f, &f->key[i]);
    for (size_t i = 0; i < f->tensors; i++)
        if (f->tensor[i].name[0])
            offset = file_put_info(f, &f->tensor[i], offset);
    while (f->size % 32)
        file_put(f, "", 1);
    for (size_t i = 0; i < f->tensors; i++)
        if (f->tensor[i].name[0])
            file_put_data(f, &f->tensor[i], i);
    f->bytes = realloc(f->bytes, f->size); /* exactly as long: a sanitizer sees every step beyond it */
    assert_non_null(f->bytes);
    struct quin_msg msg;
    if (quin_gguf_open_memory(f->bytes, f->size, &f->gguf, &msg))
        fail_msg("the test's file does not open: %s", msg.text);
}

static inline void file_drop(struct file *f)
{
    quin_gguf_free(f->gguf);
    free(f->bytes);
}

#endif
