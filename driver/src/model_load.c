/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a model from a GGUF: hyperparameters by the keys of its architecture, then every tensor. All shapes
 * are checked before anything is allocated, so that memory stays in proportion to the file; a tensor that the
 * architecture does not know is refused, because leaving it out would compute another model. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "msg.h"
#include "ternary.h"

enum sub_norms { SUB_NORMS_NONE, SUB_NORMS_OPTIONAL, SUB_NORMS_REQUIRED };

/* One row an architecture; `prefix` begins its metadata keys. */
static const struct family {
    const char *arch, *prefix;
    enum quin_activation activation; /* unless the key hidden_activation says otherwise */
    enum sub_norms sub_norms;        /* OPTIONAL: the tensors of layer 0 decide */
} families[] = {
    {"bitnet", "bitnet", QUIN_ACTIVATION_SILU, SUB_NORMS_OPTIONAL},
};

enum { KEY_MAX = 128, LAYER_TENSORS = QUIN_PROJS + 4 };

/* ---- hyperparameters ---- */

/* The architecture decides what the keys are called and what is computed, so it is looked at first. */
static enum quin_err find_family(const struct quin_gguf *g, const struct family **f, struct quin_msg *msg)
{
    struct quin_str arch;
    enum quin_err e = quin_gguf_get_str(g, "general.architecture", &arch, msg);
    if (e)
        return e;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        *f = &families[i];
        if (arch.len == strlen((*f)->arch) && memcmp(arch.ptr, (*f)->arch, arch.len) == 0)
            return QUIN_OK;
    }
    return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                        "the file holds a model of architecture '%.*s', which is not "
                        "supported; use a GGUF of architecture 'bitnet'",
                        quin_msg_clip(arch.len), arch.ptr);
}

static const char *key_of(char buf[KEY_MAX], const struct family *f, const char *name)
{
    snprintf(buf, KEY_MAX, "%s.%s", f->prefix, name);
    return buf;
}

static enum quin_err get_size(const struct quin_gguf *g, const struct family *f, const char *name, size_t *v,
                              struct quin_msg *msg)
{
    char key[KEY_MAX];
    uint32_t u;
    enum quin_err e = quin_gguf_get_u32(g, key_of(key, f, name), &u, msg);
    if (!e)
        *v = u;
    return e;
}

/* An absent key leaves *v as it is. */
static enum quin_err get_size_if(const struct quin_gguf *g, const struct family *f, const char *name,
                                 size_t *v, struct quin_msg *msg)
{
    char key[KEY_MAX];
    return quin_gguf_find(g, key_of(key, f, name)) ? get_size(g, f, name, v, msg) : QUIN_OK;
}

static enum quin_err get_float(const struct quin_gguf *g, const struct family *f, const char *name,
                               const float *fallback, float *v, struct quin_msg *msg)
{
    char key[KEY_MAX];
    key_of(key, f, name);
    return fallback ? quin_gguf_get_f32_or(g, key, *fallback, v, msg) : quin_gguf_get_f32(g, key, v, msg);
}

static bool str_is(struct quin_str s, const char *want)
{
    return s.len == strlen(want) && memcmp(s.ptr, want, s.len) == 0;
}

/* The file format has no fixed key for the activation; a model that says which one it wants is obeyed, since
 * running relu2 weights with SiLU gives fluent nonsense instead of an error. */
static enum quin_err get_activation(const struct quin_gguf *g, const struct family *f,
                                    enum quin_activation *a, struct quin_msg *msg)
{
    char key[KEY_MAX];
    struct quin_str s;
    *a = f->activation;
    if (!quin_gguf_find(g, key_of(key, f, "hidden_activation")))
        return QUIN_OK;
    enum quin_err e = quin_gguf_get_str(g, key, &s, msg);
    if (e)
        return e;
    if (str_is(s, "silu"))
        *a = QUIN_ACTIVATION_SILU;
    else if (str_is(s, "relu2"))
        *a = QUIN_ACTIVATION_RELU2;
    else
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "the key %s is '%.*s'; only 'silu' and 'relu2' can run", key,
                            quin_msg_clip(s.len), s.ptr);
    return QUIN_OK;
}

/* llama.cpp's converter writes type "linear" with factor 1, which changes nothing; all else would stretch
 * positions. */
static enum quin_err check_rope_scaling(const struct quin_gguf *g, const struct family *f,
                                        struct quin_msg *msg)
{
    char prefix[KEY_MAX];
    key_of(prefix, f, "rope.scaling.");
    size_t n = strlen(prefix);
    for (size_t i = 0; i < quin_gguf_kv_count(g); i++) {
        const struct quin_gguf_kv *kv = quin_gguf_kv_at(g, i);
        if (kv->key.len < n || memcmp(kv->key.ptr, prefix, n) != 0)
            continue;
        struct quin_str tail = {kv->key.ptr + n, kv->key.len - n}, type;
        char key[KEY_MAX];
        float factor;
        if (str_is(tail, "type") && !quin_gguf_get_str(g, key_of(key, f, "rope.scaling.type"), &type, NULL) &&
            (str_is(type, "none") || str_is(type, "linear")))
            continue;
        if (str_is(tail, "factor") &&
            !quin_gguf_get_f32(g, key_of(key, f, "rope.scaling.factor"), &factor, NULL) && factor == 1.0f)
            continue;
        return quin_msg_set(
            msg, QUIN_ERR_UNSUPPORTED,
            "the key %.*s asks for scaled RoPE positions, which are not "
            "supported; use a model without rope scaling (type none, or linear with factor 1)",
            quin_msg_clip(kv->key.len), kv->key.ptr);
    }
    return QUIN_OK;
}

/* heads, kv_heads, head_size, rope_dims; each is known or follows from the one before. */
static enum quin_err get_heads(const struct quin_gguf *g, const struct family *f, struct quin_hyper *h,
                               struct quin_msg *msg)
{
    enum quin_err e = get_size(g, f, "attention.head_count", &h->heads, msg);
    if (e)
        return e;
    h->kv_heads = h->heads;
    h->head_size = h->heads && h->dim % h->heads == 0 ? h->dim / h->heads : 0;
    if ((e = get_size_if(g, f, "attention.head_count_kv", &h->kv_heads, msg)) ||
        (e = get_size_if(g, f, "attention.key_length", &h->head_size, msg)))
        return e;
    size_t value_size = h->head_size;
    h->rope_dims = h->head_size;
    if ((e = get_size_if(g, f, "attention.value_length", &value_size, msg)) ||
        (e = get_size_if(g, f, "rope.dimension_count", &h->rope_dims, msg)))
        return e;
    if (h->heads && !h->head_size)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "an embedding length of %zu does not divide into %zu heads, and the "
                            "key %s.attention.key_length is missing",
                            h->dim, h->heads, f->prefix);
    if (value_size != h->head_size)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "keys have %zu values a head, but values have %zu; only models "
                            "where both are equal can run",
                            h->head_size, value_size);
    return QUIN_OK;
}

/* REQUIRED leaves the complaint to tensor_get, which names the tensor. */
static enum quin_err get_sub_norm(const struct quin_gguf *g, const struct family *f, const char *name,
                                  bool *has, struct quin_msg *msg)
{
    *has = f->sub_norms == SUB_NORMS_REQUIRED ||
           (f->sub_norms == SUB_NORMS_OPTIONAL && quin_gguf_tensor_find(g, name));
    const struct quin_gguf_tensor *t;
    return *has ? quin_gguf_tensor_get(g, name, &t, msg) : QUIN_OK;
}

enum quin_err quin_model_load_hyper(const struct quin_gguf *g, struct quin_hyper *h, struct quin_msg *msg)
{
    static const float rope_base = 10000.0f;
    const struct family *f;
    const struct quin_gguf_tensor *embd;
    enum quin_err e;
    *h = (struct quin_hyper){.vocab = 0};
    if ((e = find_family(g, &f, msg)))
        return e;
    snprintf(h->arch, sizeof h->arch, "%s", f->arch);
    if ((e = get_size(g, f, "context_length", &h->context, msg)) ||
        (e = get_size(g, f, "embedding_length", &h->dim, msg)) ||
        (e = get_size(g, f, "block_count", &h->layers, msg)) ||
        (e = get_size(g, f, "feed_forward_length", &h->ffn, msg)) || (e = get_heads(g, f, h, msg)) ||
        (e = get_float(g, f, "attention.layer_norm_rms_epsilon", NULL, &h->rms_eps, msg)) ||
        (e = get_float(g, f, "rope.freq_base", &rope_base, &h->rope_base, msg)) ||
        (e = check_rope_scaling(g, f, msg)) || (e = get_activation(g, f, &h->activation, msg)) ||
        (e = quin_gguf_tensor_get(g, "token_embd.weight", &embd, msg)))
        return e;
    /* Converters may leave vocab_size out; the embedding then has as many rows as there are tokens. */
    h->vocab = embd->ne[1] <= QUIN_MODEL_VOCAB_MAX ? (size_t)embd->ne[1] : 0;
    h->tied_head = !quin_gguf_tensor_find(g, "output.weight");
    if ((e = get_size_if(g, f, "vocab_size", &h->vocab, msg)) ||
        (e = get_sub_norm(g, f, "blk.0.attn_sub_norm.weight", &h->attn_sub_norm, msg)) ||
        (e = get_sub_norm(g, f, "blk.0.ffn_sub_norm.weight", &h->ffn_sub_norm, msg)))
        return e;
    return quin_hyper_check(h, msg);
}

/* ---- tensors: what must be there ---- */

struct want {
    const char *name; /* without "blk.N." and ".weight" */
    size_t rows, columns;
    bool ternary;
};

/* The tensors of one layer; returns how many. Projections come first, in enum quin_projection's order. */
static size_t layer_wants(const struct quin_hyper *h, struct want w[LAYER_TENSORS])
{
    size_t wide = h->heads * h->head_size, narrow = h->kv_heads * h->head_size, n = QUIN_PROJS;
    const size_t rows[QUIN_PROJS] = {wide, narrow, narrow, h->dim, h->ffn, h->ffn, h->dim};
    const size_t columns[QUIN_PROJS] = {h->dim, h->dim, h->dim, wide, h->dim, h->dim, h->ffn};
    for (int p = 0; p < QUIN_PROJS; p++)
        w[p] = (struct want){quin_projection_name((enum quin_projection)p), rows[p], columns[p], true};
    w[n++] = (struct want){"attn_norm", 1, h->dim, false};
    w[n++] = (struct want){"ffn_norm", 1, h->dim, false};
    if (h->attn_sub_norm)
        w[n++] = (struct want){"attn_sub_norm", 1, wide, false};
    if (h->ffn_sub_norm)
        w[n++] = (struct want){"ffn_sub_norm", 1, h->ffn, false};
    return n;
}

/* Presence, shape, and that the type can be decoded. ne[0] is the row length. */
static enum quin_err check_tensor(const struct quin_gguf *g, const char *name, size_t rows, size_t columns,
                                  struct quin_msg *msg)
{
    const struct quin_gguf_tensor *t;
    enum quin_err e = quin_gguf_tensor_get(g, name, &t, msg);
    if (e)
        return e;
    if (t->ne[0] != columns || t->ne[1] != rows || t->ne[2] != 1 || t->ne[3] != 1)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "tensor %s must be [%zu][%zu] by the file's hyperparameters, but is "
                            "[%" PRIu64 "][%" PRIu64 "]%s; convert the model again",
                            name, rows, columns, t->ne[1], t->ne[0],
                            t->ne[2] != 1 || t->ne[3] != 1 ? " with more dimensions" : "");
    return quin_gguf_tensor_check(t, msg);
}

static void tensor_name(char buf[KEY_MAX], size_t layer, const char *name)
{
    snprintf(buf, KEY_MAX, "blk.%zu.%s.weight", layer, name);
}

/* Is `name` one of the tensors that the loader reads? */
static bool known_tensor(const char *name, const struct quin_hyper *h, const struct want *w, size_t n)
{
    if (!strcmp(name, "token_embd.weight") || !strcmp(name, "output.weight") ||
        !strcmp(name, "output_norm.weight"))
        return true;
    if (strncmp(name, "blk.", 4) != 0 || name[4] < '0' || name[4] > '9')
        return false;
    char *dot;
    unsigned long long layer = strtoull(name + 4, &dot, 10);
    if (layer >= h->layers || *dot != '.')
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(w[i].name);
        const char *tail = dot + 1 + len;
        if (!strncmp(dot + 1, w[i].name, len) &&
            (!strcmp(tail, ".weight") || (w[i].ternary && !strcmp(tail, ".scale"))))
            return true;
    }
    return false;
}

/* Both ways: every tensor that the model needs is there, and every tensor that is there is needed. */
static enum quin_err check_tensors(const struct quin_gguf *g, const struct quin_hyper *h,
                                   struct quin_msg *msg)
{
    struct want w[LAYER_TENSORS];
    size_t n = layer_wants(h, w);
    enum quin_err e;
    if ((e = check_tensor(g, "token_embd.weight", h->vocab, h->dim, msg)) ||
        (e = check_tensor(g, "output_norm.weight", 1, h->dim, msg)) ||
        (!h->tied_head && (e = check_tensor(g, "output.weight", h->vocab, h->dim, msg))))
        return e;
    for (size_t layer = 0; layer < h->layers; layer++)
        for (size_t i = 0; i < n; i++) {
            char name[KEY_MAX];
            tensor_name(name, layer, w[i].name);
            if ((e = check_tensor(g, name, w[i].rows, w[i].columns, msg)))
                return e;
        }
    for (size_t i = 0; i < quin_gguf_tensor_count(g); i++) {
        const struct quin_gguf_tensor *t = quin_gguf_tensor_at(g, i);
        if (!known_tensor(t->name, h, w, n))
            return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                                "tensor %s has no place in a '%s' model of %zu layers, and "
                                "leaving it out would give wrong text; convert the model again",
                                t->name, h->arch, h->layers);
    }
    return QUIN_OK;
}

/* ---- tensors: reading ---- */

struct reader {
    const struct quin_gguf *g;
    const struct quin_progress *progress;
    double done, total; /* weights */
    struct quin_msg *msg;
};

/* Counts weights that are done. total is exact, so the last call reports 1. */
static void advance(struct reader *r, size_t weights)
{
    r->done += (double)weights;
    if (r->progress && r->progress->fn)
        r->progress->fn(r->progress->user, r->done / r->total);
}

/* Norms and the embedding; infinities and NaNs would spread silently, so they end the loading here. */
static enum quin_err read_floats(struct reader *r, const char *name, float *out)
{
    enum { ROWS_A_STEP = 256 };
    const struct quin_gguf_tensor *t;
    enum quin_err e = quin_gguf_tensor_get(r->g, name, &t, r->msg);
    if (e)
        return e;
    size_t columns = (size_t)t->ne[0], rows = (size_t)quin_gguf_tensor_rows(t), pending = 0;
    for (size_t row = 0; row < rows; row++) {
        float *v = out + row * columns;
        if ((e = quin_gguf_row_f32(t, row, v, r->msg)))
            return e;
        for (size_t i = 0; i < columns; i++)
            if (!isfinite(v[i]))
                return quin_msg_set(r->msg, QUIN_ERR_FORMAT,
                                    "tensor %s holds infinity or NaN at [%zu][%zu]; the file "
                                    "is damaged or its training failed",
                                    name, row, i);
        if (++pending == ROWS_A_STEP || row + 1 == rows) {
            advance(r, pending * columns);
            pending = 0;
        }
    }
    return QUIN_OK;
}

/* A matrix that is not ternary is refused by name in there; the scale comes complete. */
static enum quin_err read_linear(struct reader *r, const char *name, struct quin_linear *l)
{
    const struct quin_gguf_tensor *t;
    enum quin_err e = quin_gguf_tensor_get(r->g, name, &t, r->msg);
    if (!e)
        e = quin_ternary_from_tensor(r->g, t, l->trits, &l->scale, r->msg);
    if (!e)
        advance(r, l->in * l->out);
    return e;
}

static enum quin_err read_layer(struct reader *r, size_t index, struct quin_layer *l)
{
    const struct {
        const char *name;
        float *norm;
    } norms[] = {{"attn_norm", l->attn_norm},
                 {"ffn_norm", l->ffn_norm},
                 {"attn_sub_norm", l->attn_sub_norm},
                 {"ffn_sub_norm", l->ffn_sub_norm}};
    char name[KEY_MAX];
    for (size_t i = 0; i < sizeof norms / sizeof norms[0]; i++) {
        tensor_name(name, index, norms[i].name);
        enum quin_err e = norms[i].norm ? read_floats(r, name, norms[i].norm) : QUIN_OK;
        if (e)
            return e;
    }
    for (int p = 0; p < QUIN_PROJS; p++) {
        tensor_name(name, index, quin_projection_name((enum quin_projection)p));
        enum quin_err e = read_linear(r, name, quin_layer_linear(l, (enum quin_projection)p));
        if (e)
            return e;
    }
    return QUIN_OK;
}

/* In double, as the progress is: exact up to 2^53 weights. */
static double count_weights(const struct quin_hyper *h)
{
    struct want w[LAYER_TENSORS];
    size_t n = layer_wants(h, w);
    double layer = 0, heads = h->tied_head ? 1 : 2;
    for (size_t i = 0; i < n; i++)
        layer += (double)w[i].rows * (double)w[i].columns;
    return (double)h->layers * layer + heads * (double)h->vocab * (double)h->dim + (double)h->dim;
}

enum quin_err quin_model_load(const struct quin_gguf *g, const struct quin_progress *progress,
                              struct quin_model **out, struct quin_msg *msg)
{
    struct quin_hyper h;
    struct quin_model *m = NULL;
    enum quin_err e;
    *out = NULL;
    if ((e = quin_model_load_hyper(g, &h, msg)) || (e = check_tensors(g, &h, msg)) ||
        (e = quin_model_alloc(&h, &m, msg)))
        return e;
    struct reader r = {.g = g, .progress = progress, .total = count_weights(&h), .msg = msg};
    if ((e = read_floats(&r, "token_embd.weight", m->embedding)) ||
        (e = read_floats(&r, "output_norm.weight", m->output_norm)) ||
        (!h.tied_head && (e = read_floats(&r, "output.weight", m->head))))
        goto fail;
    for (size_t i = 0; i < h.layers; i++)
        if ((e = read_layer(&r, i, &m->layer[i])))
            goto fail;
    *out = m;
    return QUIN_OK;

fail:
    quin_model_free(m);
    return e;
}
