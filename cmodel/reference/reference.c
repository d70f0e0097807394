/* SPDX-License-Identifier: Apache-2.0 */
/* A decoder of BitNet b1.58 (Ma et al. 2024, arXiv 2402.17764), which is LLaMA (Touvron et al. 2023,
 * 2302.13971) with BitLinear for every matrix of a layer. One call computes one token; sums that the papers
 * write as sums over real numbers are taken in double, everything that is stored is float. */
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "quantisers.h"

struct quin_reference {
    const struct quin_model *model;
    struct quin_reference_options options;
    size_t filled; /* positions computed so far */
    quin_reference_probe_fn *probe;
    void *probe_user;

    float *keys, *values; /* [layers][context][kv_heads * head_size] */
    float *cosine, *sine; /* [context][head_size / 2] */

    float *x;            /* [dim], the residual stream */
    float *normed;       /* [max(dim, heads * head_size, ffn)] */
    float *q, *attended; /* [heads * head_size] */
    float *gate, *up;    /* [ffn] */
    float *delta;        /* [dim], what a block adds to x */
    float *scores;       /* [context] */
    float *scales;       /* [layers][context][kv_heads], of quantised values; 1 where they are not */
    float *head;         /* [vocab][dim], the quantised lm_head; NULL: the model's own */
    int8_t *quantised;   /* [max(dim, heads * head_size, ffn)] */
    float *levelled;     /* likewise */
};

/* ---- the operations ---- */

/* RMSNorm (Zhang and Sennrich 2019): y_i = w_i * x_i / sqrt(mean_j(x_j^2) + eps). */
static void rms_norm(float *y, const float *x, const float *w, size_t n, float eps)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    float inverse = (float)(1.0 / sqrt(sum / (double)n + (double)eps));
    for (size_t i = 0; i < n; i++)
        y[i] = w[i] * (x[i] * inverse);
}

/* Absmax quantisation of one token's activations to int8:
 *     s = 127 / max(max_i |x_i|, 1e-5),   q_i = clamp(round_half_even(x_i * s), -128, 127).
 * Returns s: q / s stands for x from here on. */
static float absmax_int8(int8_t *q, const float *x, size_t n)
{
    float largest = 1e-5f;
    for (size_t i = 0; i < n; i++)
        largest = fmaxf(largest, fabsf(x[i]));
    float s = 127.0f / largest;
    for (size_t i = 0; i < n; i++)
        q[i] = (int8_t)fmaxf(-128.0f, fminf(127.0f, nearbyintf(x[i] * s)));
    return s;
}

/* sum_i t_i * q_i, exactly. |sum| <= 128 n < 2^31 for every n that a model may have (QUIN_MODEL_FFN_MAX).
 * Inner loops of a fixed length are what a compiler turns into vector instructions. */
static int32_t ternary_dot(const int8_t *t, const int8_t *q, size_t n)
{
    enum { STRIDE = 64 };
    int32_t sum = 0;
    size_t i = 0;
    for (; i + STRIDE <= n; i += STRIDE) {
        int32_t part = 0;
        for (size_t j = 0; j < STRIDE; j++)
            part += t[i + j] * q[i + j];
        sum += part;
    }
    for (; i < n; i++)
        sum += t[i] * q[i];
    return sum;
}

/* A projection's input: x [n] as it is, or as the integers q and their scale, or on another quantiser's levels. */
struct input {
    const float *x;
    const int8_t *q; /* NULL: x counts */
    float s;
};

/* What a projection of this model, or of a device with options.activation levels, makes of x. `copy` [n] holds x on
 * the levels, if there are any. */
static struct input quantise_input(const struct quin_reference *r, const float *x, size_t n)
{
    uint32_t levels = r->options.quantisers.activation;
    struct input in = {.x = x};
    if (!r->model->hyper.float_activations || levels == 127) {
        in.s = absmax_int8(r->quantised, x, n);
        in.q = r->quantised;
    } else if (levels) {
        memcpy(r->levelled, x, n * sizeof *x);
        quin_fake_quantise(r->levelled, n, levels);
        in.x = r->levelled;
    }
    return in;
}

/* BitLinear: y = W x with W = scale * T and x = q / s, so y_o = (sum_i T_oi q_i) * scale / s; or x is float. */
static void bit_linear(float *y, const struct quin_linear *w, struct input in)
{
    for (size_t o = 0; o < w->out; o++) {
        const int8_t *t = w->trits + o * w->in;
        double sum = 0;
        if (in.q)
            sum = ternary_dot(t, in.q, w->in) / (double)in.s;
        else
            for (size_t i = 0; i < w->in; i++)
                sum += t[i] * (double)in.x[i];
        y[o] = (float)(sum * (double)w->scale);
    }
}

/* RoPE (Su et al. 2021, 2104.09864) in the form that turns the pair (x_i, x_{i + d/2}) of each head by the
 * angle position * base^(-2i/d). cosine, sine: [d / 2] of this position. */
static void rope(float *x, size_t heads, size_t d, const float *cosine, const float *sine)
{
    for (float *head = x; head < x + heads * d; head += d)
        for (size_t i = 0; i < d / 2; i++) {
            float a = head[i], b = head[i + d / 2];
            head[i] = a * cosine[i] - b * sine[i];
            head[i + d / 2] = b * cosine[i] + a * sine[i];
        }
}

/* sum_i a_i * b_i. */
static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* softmax: p_i = exp(x_i - max) / sum_j exp(x_j - max), in place. */
static void softmax(float *x, size_t n)
{
    float largest = x[0];
    for (size_t i = 1; i < n; i++)
        largest = fmaxf(largest, x[i]);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        x[i] = expf(x[i] - largest);
        sum += (double)x[i];
    }
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((double)x[i] / sum);
}

/* One head's K and V: at position 0, positions `stride` floats and `scale_stride` scales apart. */
struct head_cache {
    const float *keys, *values, *scales;
    size_t stride, scale_stride;
};

/* One head of causal attention over positions 0 .. count - 1 (Vaswani et al. 2017):
 *     p = softmax(q . k_t / sqrt(d)),   out = sum_t p_t v_t.
 * With a quantiser for probabilities, p_t * (V's scale) is quantised block by block. */
static void attend(float *out, float *scores, const float *q, const struct head_cache *c, size_t count, size_t d,
                   const struct quin_reference_quantisers *quantisers)
{
    for (size_t t = 0; t < count; t++)
        scores[t] = (float)(dot(q, c->keys + t * c->stride, d) / sqrt((double)d));
    softmax(scores, count);
    if (quantisers->probability) {
        for (size_t t = 0; t < count; t++)
            scores[t] *= c->scales[t * c->scale_stride];
        for (size_t t = 0; t < count; t += quantisers->block)
            quin_fake_quantise(scores + t, count - t < quantisers->block ? count - t : quantisers->block,
                               quantisers->probability);
        for (size_t t = 0; t < count; t++)
            scores[t] /= c->scales[t * c->scale_stride];
    }
    for (size_t i = 0; i < d; i++) {
        double sum = 0.0;
        for (size_t t = 0; t < count; t++)
            sum += (double)scores[t] * (double)c->values[t * c->stride + i];
        out[i] = (float)sum;
    }
}

/* SwiGLU (Shazeer 2020, 2002.05202): silu(g) * u with silu(g) = g / (1 + exp(-g)); or relu(g)^2 * u (BitNet
 * 2B-4T). */
static float gated(enum quin_activation a, float g, float u)
{
    if (a == QUIN_ACTIVATION_RELU2)
        return g > 0.0f ? g * g * u : 0.0f;
    return g / (1.0f + expf(-g)) * u;
}

/* ---- the model ---- */

static void probe(const struct quin_reference *r, size_t layer, const char *name, const float *values,
                  size_t n)
{
    if (r->probe)
        r->probe(r->probe_user, layer, name, values, n);
}

/* delta = O(attn_sub_norm(heads)) with q, k, v = Q(n), K(n), V(n) and n = attn_norm(x). Grouped-query
 * attention (Ainslie et al. 2023, 2305.13245): heads / kv_heads query heads in a row share a KV head. */
static void attention(struct quin_reference *r, size_t layer, size_t position)
{
    const struct quin_hyper *h = &r->model->hyper;
    const struct quin_layer *l = &r->model->layer[layer];
    size_t d = h->head_size, wide = h->heads * d, narrow = h->kv_heads * d;
    float *keys = r->keys + layer * r->options.context * narrow, *key = keys + position * narrow;
    float *values = r->values + layer * r->options.context * narrow, *value = values + position * narrow;
    const float *cosine = r->cosine + position * (d / 2), *sine = r->sine + position * (d / 2);

    rms_norm(r->normed, r->x, l->attn_norm, h->dim, h->rms_eps);
    probe(r, layer, "attn_norm", r->normed, h->dim);
    struct input in = quantise_input(r, r->normed, h->dim);
    bit_linear(r->q, &l->q, in);
    bit_linear(key, &l->k, in);
    bit_linear(value, &l->v, in);
    probe(r, layer, "q", r->q, wide);
    probe(r, layer, "k", key, narrow);
    probe(r, layer, "v", value, narrow);
    rope(r->q, h->heads, d, cosine, sine);
    rope(key, h->kv_heads, d, cosine, sine);
    probe(r, layer, "q_rope", r->q, wide);
    probe(r, layer, "k_rope", key, narrow);

    const struct quin_reference_quantisers *quantisers = &r->options.quantisers;
    float *scales = r->scales + layer * r->options.context * h->kv_heads;
    for (size_t kv = 0; kv < h->kv_heads; kv++) {
        quin_fake_quantise(key + kv * d, d, quantisers->kv);
        scales[position * h->kv_heads + kv] = quin_fake_quantise(value + kv * d, d, quantisers->kv);
    }
    for (size_t head = 0; head < h->heads; head++) {
        size_t kv = head / (h->heads / h->kv_heads);
        const struct head_cache cache = {keys + kv * d, values + kv * d, scales + kv, narrow, h->kv_heads};
        quin_fake_quantise(r->q + head * d, d, quantisers->query);
        attend(r->attended + head * d, r->scores, r->q + head * d, &cache, position + 1, d, quantisers);
    }
    probe(r, layer, "attn_out", r->attended, wide);
    const float *input = r->attended;
    if (l->attn_sub_norm) {
        rms_norm(r->normed, r->attended, l->attn_sub_norm, wide, h->rms_eps);
        probe(r, layer, "attn_sub_norm", r->normed, wide);
        input = r->normed;
    }
    bit_linear(r->delta, &l->o, quantise_input(r, input, wide));
}

/* delta = Down(ffn_sub_norm(act(Gate(n)) * Up(n))) with n = ffn_norm(x). */
static void feed_forward(struct quin_reference *r, size_t layer)
{
    const struct quin_hyper *h = &r->model->hyper;
    const struct quin_layer *l = &r->model->layer[layer];

    rms_norm(r->normed, r->x, l->ffn_norm, h->dim, h->rms_eps);
    probe(r, layer, "ffn_norm", r->normed, h->dim);
    struct input in = quantise_input(r, r->normed, h->dim);
    bit_linear(r->gate, &l->gate, in);
    bit_linear(r->up, &l->up, in);
    probe(r, layer, "gate", r->gate, h->ffn);
    probe(r, layer, "up", r->up, h->ffn);
    for (size_t i = 0; i < h->ffn; i++)
        r->gate[i] = gated(h->activation, r->gate[i], r->up[i]);
    probe(r, layer, "ffn_act", r->gate, h->ffn);
    const float *input = r->gate;
    if (l->ffn_sub_norm) {
        rms_norm(r->normed, r->gate, l->ffn_sub_norm, h->ffn, h->rms_eps);
        probe(r, layer, "ffn_sub_norm", r->normed, h->ffn);
        input = r->normed;
    }
    bit_linear(r->delta, &l->down, quantise_input(r, input, h->ffn));
}

/* logits = E . x. Both stay float unless quantisers are asked for. */
static void lm_head(struct quin_reference *r, float *logits)
{
    const struct quin_hyper *h = &r->model->hyper;
    rms_norm(r->normed, r->x, r->model->output_norm, h->dim, h->rms_eps);
    probe(r, h->layers, "output_norm", r->normed, h->dim);
    if (r->options.head_int8_activations) {
        float s = absmax_int8(r->quantised, r->normed, h->dim);
        for (size_t i = 0; i < h->dim; i++)
            r->normed[i] = (float)r->quantised[i] / s;
    }
    const float *head = r->head ? r->head : r->model->head;
    for (size_t token = 0; token < h->vocab; token++)
        logits[token] = (float)dot(head + token * h->dim, r->normed, h->dim);
    probe(r, h->layers, "logits", logits, h->vocab);
}

/* A position may be computed again, but none may be left out: attention reads all the ones before it. */
static enum quin_err check_input(const struct quin_reference *r, uint32_t token, size_t position,
                                 struct quin_msg *msg)
{
    if (token >= r->model->hyper.vocab)
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "token %u is outside the vocabulary of %zu; encode the text with "
                            "the model's own tokenizer",
                            (unsigned)token, r->model->hyper.vocab);
    if (position >= r->options.context)
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "position %zu is outside the context of %zu; shorten the text or "
                            "ask for a larger context",
                            position, r->options.context);
    if (position > r->filled)
        return quin_msg_set(msg, QUIN_ERR_ARG,
                            "position %zu cannot follow %zu computed positions; compute the ones "
                            "between first",
                            position, r->filled);
    return QUIN_OK;
}

/* x = E[token]; for every layer x += attention(x), x += feed_forward(x); logits = lm_head(x). */
enum quin_err quin_reference_forward(struct quin_reference *r, uint32_t token, size_t position, float *logits,
                                     struct quin_msg *msg)
{
    enum quin_err e = check_input(r, token, position, msg);
    if (e)
        return e;
    const struct quin_hyper *h = &r->model->hyper;
    memcpy(r->x, r->model->embedding + token * h->dim, h->dim * sizeof *r->x);
    for (size_t layer = 0; layer < h->layers; layer++) {
        attention(r, layer, position);
        for (size_t i = 0; i < h->dim; i++)
            r->x[i] += r->delta[i];
        probe(r, layer, "attn_residual", r->x, h->dim);
        feed_forward(r, layer);
        for (size_t i = 0; i < h->dim; i++)
            r->x[i] += r->delta[i];
        probe(r, layer, "ffn_residual", r->x, h->dim);
    }
    r->filled = position + 1;
    if (logits)
        lm_head(r, logits);
    return QUIN_OK;
}

/* ---- the handle ---- */

struct quin_reference_options quin_reference_defaults(void)
{
    return (struct quin_reference_options){.context = 0};
}

/* [a][b][c] floats, or NULL. */
static float *floats(size_t a, size_t b, size_t c)
{
    size_t n;
    if (__builtin_mul_overflow(a, b, &n) || __builtin_mul_overflow(n, c, &n))
        return NULL;
    return calloc(n, sizeof(float));
}

/* The angles of all positions once, in double: position * turn loses bits in float at long contexts. */
static void fill_rope(struct quin_reference *r)
{
    size_t half = r->model->hyper.head_size / 2;
    double length = quin_model_rope_length(r->model);
    for (size_t i = 0; i < half; i++) {
        double turn = pow((double)r->model->hyper.rope_base, -(double)i / (double)half);
        if (r->model->hyper.rope_scale > 0) /* linear scaling: positions lie closer */
            turn /= (double)r->model->hyper.rope_scale;
        if (r->model->rope_factor) /* llama3's, YaRN's: a factor for each frequency */
            turn /= (double)r->model->rope_factor[i];
        for (size_t position = 0; position < r->options.context; position++) {
            r->cosine[position * half + i] = (float)(length * cos((double)position * turn));
            r->sine[position * half + i] = (float)(length * sin((double)position * turn));
        }
    }
}

/* The lm_head's rows, each with its own scale. */
static bool quantise_head(struct quin_reference *r)
{
    size_t vocab = r->model->hyper.vocab, dim = r->model->hyper.dim;
    if (!r->options.quantisers.head)
        return true;
    r->head = floats(1, vocab, dim);
    if (!r->head)
        return false;
    memcpy(r->head, r->model->head, vocab * dim * sizeof *r->head);
    for (size_t token = 0; token < vocab; token++)
        quin_fake_quantise(r->head + token * dim, dim, r->options.quantisers.head);
    return true;
}

static bool allocate(struct quin_reference *r)
{
    const struct quin_hyper *h = &r->model->hyper;
    size_t context = r->options.context, wide = h->heads * h->head_size, narrow = h->kv_heads * h->head_size;
    size_t longest = h->dim > wide ? h->dim : wide;
    longest = longest > h->ffn ? longest : h->ffn;
    r->keys = floats(h->layers, context, narrow);
    r->values = floats(h->layers, context, narrow);
    r->cosine = floats(1, context, h->head_size / 2);
    r->sine = floats(1, context, h->head_size / 2);
    r->x = floats(1, 1, h->dim);
    r->normed = floats(1, 1, longest);
    r->q = floats(1, 1, wide);
    r->attended = floats(1, 1, wide);
    r->gate = floats(1, 1, h->ffn);
    r->up = floats(1, 1, h->ffn);
    r->delta = floats(1, 1, h->dim);
    r->scores = floats(1, 1, context);
    r->scales = floats(h->layers, context, h->kv_heads);
    r->quantised = calloc(longest, 1);
    r->levelled = floats(1, 1, longest);
    return r->keys && r->values && r->cosine && r->sine && r->x && r->normed && r->q && r->attended &&
           r->gate && r->up && r->delta && r->scores && r->scales && r->quantised && r->levelled;
}

enum quin_err quin_reference_create(const struct quin_model *m, const struct quin_reference_options *options,
                                    struct quin_reference **out, struct quin_msg *msg)
{
    *out = NULL;
    struct quin_reference_options o = options ? *options : quin_reference_defaults();
    if (o.context > m->hyper.context)
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "a context of %zu is more than the %zu positions the model was made "
                            "for; ask for fewer",
                            o.context, m->hyper.context);
    if (o.context == 0)
        o.context = m->hyper.context;
    struct quin_reference *r = calloc(1, sizeof *r);
    if (r) {
        r->model = m;
        r->options = o;
    }
    if (!r || !allocate(r) || !quantise_head(r)) {
        quin_reference_free(r);
        return quin_msg_set(msg, QUIN_ERR_MEMORY,
                            "no memory for a reference of %zu positions; ask for a smaller "
                            "context",
                            o.context);
    }
    fill_rope(r);
    if (!r->options.quantisers.block)
        r->options.quantisers.block = (uint32_t)o.context;
    *out = r;
    return QUIN_OK;
}

void quin_reference_free(struct quin_reference *r)
{
    if (!r)
        return;
    float *const owned[] = {r->keys, r->values,   r->cosine, r->sine, r->x,     r->normed,
                            r->q,    r->attended, r->gate,   r->up,   r->delta, r->scores,
                            r->scales, r->head,     r->levelled};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        free(owned[i]);
    free(r->quantised);
    free(r);
}

void quin_reference_reset(struct quin_reference *r)
{
    r->filled = 0;
}

void quin_reference_set_probe(struct quin_reference *r, quin_reference_probe_fn *fn, void *user)
{
    r->probe = fn;
    r->probe_user = user;
}
