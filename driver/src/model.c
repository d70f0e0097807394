/* SPDX-License-Identifier: Apache-2.0 */
/* The model in host memory: limits, allocation by shape, release, and what `quintrit info` counts. */
#include "model.h"

#include <math.h>
#include <stdlib.h>

#include "msg.h"

const char *quin_activation_name(enum quin_activation a)
{
    return a == QUIN_ACTIVATION_RELU2 ? "relu2" : "silu";
}

const char *quin_projection_name(enum quin_projection p)
{
    static const char *const names[QUIN_PROJS] = {
        [QUIN_PROJ_Q] = "attn_q",      [QUIN_PROJ_K] = "attn_k",      [QUIN_PROJ_V] = "attn_v",
        [QUIN_PROJ_O] = "attn_output", [QUIN_PROJ_GATE] = "ffn_gate", [QUIN_PROJ_UP] = "ffn_up",
        [QUIN_PROJ_DOWN] = "ffn_down",
    };
    return names[p];
}

struct quin_linear *quin_layer_linear(struct quin_layer *l, enum quin_projection p)
{
    struct quin_linear *const list[QUIN_PROJS] = {&l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down};
    return list[p];
}

/* ---- limits ---- */

/* No dimension may be 0 either: empty tensors would pass every later check and compute nothing. */
static enum quin_err check_size(const char *what, size_t value, size_t max, struct quin_msg *msg)
{
    if (value >= 1 && value <= max)
        return QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_RANGE,
                        "the model's %s is %zu, but must be 1 to %zu; the file is damaged or "
                        "not meant for this program",
                        what, value, max);
}

/* What the device's attention takes for granted: whole groups of query heads for a KV head, heads that fill
 * the array's tiles, and RoPE over a whole head. */
static enum quin_err check_heads(const struct quin_hyper *h, struct quin_msg *msg)
{
    if (h->heads % h->kv_heads)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "%zu attention heads cannot share %zu KV heads evenly; convert a "
                            "model whose head count is a multiple of its KV head count",
                            h->heads, h->kv_heads);
    if (h->head_size % QUIN_MODEL_HEAD_SIZE_UNIT)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "a head of %zu values is not a multiple of %zu, which the array "
                            "needs; use a model with heads of 32, 64, 96, 128 or 256 values",
                            h->head_size, QUIN_MODEL_HEAD_SIZE_UNIT);
    if (h->rope_dims != h->head_size)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "RoPE turns %zu of a head's %zu values; only models that turn "
                            "all of them can run",
                            h->rope_dims, h->head_size);
    return QUIN_OK;
}

enum quin_err quin_hyper_check(const struct quin_hyper *h, struct quin_msg *msg)
{
    /* In this order: the product at the end is formed of factors that passed, so it cannot be a wrapped one.
     */
    const struct {
        const char *what;
        size_t value, max;
    } sizes[] = {
        {"vocabulary size", h->vocab, QUIN_MODEL_VOCAB_MAX},
        {"embedding length", h->dim, QUIN_MODEL_DIM_MAX},
        {"layer count", h->layers, QUIN_MODEL_LAYERS_MAX},
        {"head count", h->heads, QUIN_MODEL_HEADS_MAX},
        {"KV head count", h->kv_heads, QUIN_MODEL_HEADS_MAX},
        {"head size", h->head_size, QUIN_MODEL_HEAD_SIZE_MAX},
        {"feed-forward length", h->ffn, QUIN_MODEL_FFN_MAX},
        {"context length", h->context, QUIN_MODEL_CONTEXT_MAX},
        {"width of all heads", h->heads * h->head_size, QUIN_MODEL_DIM_MAX},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        enum quin_err e = check_size(sizes[i].what, sizes[i].value, sizes[i].max, msg);
        if (e)
            return e;
    }
    /* Written so that a NaN fails. */
    if (!(h->rms_eps >= 0.0f && h->rms_eps <= 1.0f))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "the RMSNorm epsilon is %g, but must be 0 to 1; the file is damaged",
                            (double)h->rms_eps);
    if (!(h->rope_base >= 1.0f && h->rope_base <= 1e12f))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "the RoPE base is %g, but must be 1 to 1e12; the file is damaged",
                            (double)h->rope_base);
    if (!(h->rope_scale >= 0.0f && h->rope_scale <= 1e6f))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "the RoPE scaling factor is %g, but must be 0 to 1e6; the file is damaged",
                            (double)h->rope_scale);
    return check_heads(h, msg);
}

double quin_model_angle(const struct quin_model *m, size_t position, size_t i)
{
    const struct quin_hyper *h = &m->hyper;
    double turn = pow((double)h->rope_base, -2.0 * (double)i / (double)h->head_size);
    double slower =
        (h->rope_scale > 0 ? (double)h->rope_scale : 1) * (m->rope_factor ? (double)m->rope_factor[i] : 1);
    return (double)position * turn / slower;
}

double quin_model_rope_length(const struct quin_model *m)
{
    return m->hyper.rope_attention > 0 ? m->hyper.rope_attention : 1;
}

/* ---- allocation ---- */

static bool alloc_floats(float **p, size_t rows, size_t columns)
{
    size_t n;
    if (__builtin_mul_overflow(rows, columns, &n))
        return false;
    *p = calloc(n, sizeof **p);
    return *p;
}

/* calloc: a large model's pages come from the system as zeros and are touched once, by the reader. */
static bool alloc_linear(struct quin_linear *l, size_t out, size_t in, bool weights)
{
    size_t n;
    if (__builtin_mul_overflow(out, in, &n))
        return false;
    *l = (struct quin_linear){.trits = weights ? calloc(n, 1) : NULL, .in = in, .out = out};
    return l->trits || !weights;
}

/* Query heads are `wide` together, KV heads `narrow`. What was allocated before a failure is freed by
 * quin_model_free(), which takes a half-built model. */
static bool alloc_layer(struct quin_layer *l, const struct quin_hyper *h, bool weights)
{
    size_t wide = h->heads * h->head_size, narrow = h->kv_heads * h->head_size;
    return alloc_linear(&l->q, wide, h->dim, weights) && alloc_linear(&l->k, narrow, h->dim, weights) &&
           alloc_linear(&l->v, narrow, h->dim, weights) && alloc_linear(&l->o, h->dim, wide, weights) &&
           alloc_linear(&l->gate, h->ffn, h->dim, weights) && alloc_linear(&l->up, h->ffn, h->dim, weights) &&
           alloc_linear(&l->down, h->dim, h->ffn, weights) && alloc_floats(&l->attn_norm, 1, h->dim) &&
           alloc_floats(&l->ffn_norm, 1, h->dim) &&
           (!h->attn_sub_norm || alloc_floats(&l->attn_sub_norm, 1, wide)) &&
           (!h->ffn_sub_norm || alloc_floats(&l->ffn_sub_norm, 1, h->ffn));
}

enum quin_err quin_model_alloc(const struct quin_hyper *hyper, bool weights, struct quin_model **out,
                               struct quin_msg *msg)
{
    *out = NULL;
    enum quin_err e = quin_hyper_check(hyper, msg);
    if (e)
        return e;
    struct quin_model *m = calloc(1, sizeof *m);
    if (!m)
        goto no_memory;
    m->hyper = *hyper;
    m->layer = calloc(hyper->layers, sizeof *m->layer);
    if (!m->layer || !alloc_floats(&m->output_norm, 1, hyper->dim) ||
        (weights && !alloc_floats(&m->embedding, hyper->vocab, hyper->dim)))
        goto no_memory;
    m->head = m->embedding; /* tied: one matrix, freed once */
    if (weights && !hyper->tied_head && !alloc_floats(&m->head, hyper->vocab, hyper->dim))
        goto no_memory;
    for (size_t i = 0; i < hyper->layers; i++)
        if (!alloc_layer(&m->layer[i], hyper, weights))
            goto no_memory;
    *out = m;
    return QUIN_OK;

no_memory:
    quin_model_free(m);
    return quin_msg_set(msg, QUIN_ERR_MEMORY,
                        "no memory for a model of %zu layers, %zu wide, with %zu tokens; close "
                        "other programs or use a smaller model",
                        hyper->layers, hyper->dim, hyper->vocab);
}

void quin_model_free(struct quin_model *m)
{
    if (!m)
        return;
    for (size_t i = 0; m->layer && i < m->hyper.layers; i++) {
        struct quin_layer *l = &m->layer[i];
        for (int p = 0; p < QUIN_PROJS; p++)
            free(quin_layer_linear(l, (enum quin_projection)p)->trits);
        free(l->attn_norm);
        free(l->attn_sub_norm);
        free(l->ffn_norm);
        free(l->ffn_sub_norm);
    }
    free(m->layer);
    if (m->head != m->embedding)
        free(m->head);
    free(m->embedding);
    free(m->output_norm);
    free(m->rope_factor);
    free(m);
}

/* ---- counts ---- */

/* A comparison and an add, so that a compiler makes vector instructions of it. */
uint64_t quin_count_zeros(const int8_t *trits, size_t n)
{
    uint64_t zeros = 0;
    for (size_t i = 0; i < n; i++)
        zeros += trits[i] == 0;
    return zeros;
}

void quin_model_stats(const struct quin_model *m, struct quin_model_stats *s)
{
    const struct quin_hyper *h = &m->hyper;
    uint64_t wide = h->heads * h->head_size, heads = h->tied_head ? 1 : 2;
    uint64_t norms = 2 * h->dim + (h->attn_sub_norm ? wide : 0) + (h->ffn_sub_norm ? h->ffn : 0);
    *s = (struct quin_model_stats){
        .float_params = h->dim + h->layers * norms + heads * h->vocab * h->dim,
        .head_bytes = (uint64_t)h->vocab * h->dim,
    };
    for (size_t i = 0; i < h->layers; i++) {
        s->layer_bytes = 0;
        for (int p = 0; p < QUIN_PROJS; p++) {
            const struct quin_linear *l = quin_layer_linear(&m->layer[i], (enum quin_projection)p);
            s->ternary_params += (uint64_t)l->out * l->in;
            s->ternary_zeros += l->trits ? quin_count_zeros(l->trits, l->out * l->in) : l->zeros;
            /* A last group of fewer than five outputs takes a whole byte, too. */
            s->layer_bytes += (uint64_t)((l->out + 4) / 5) * l->in;
        }
        s->layers_bytes += s->layer_bytes;
    }
    s->zero_share = (double)s->ternary_zeros / (double)s->ternary_params;
    s->token_bytes = s->layers_bytes + s->head_bytes;
}
