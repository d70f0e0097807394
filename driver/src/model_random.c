/* SPDX-License-Identifier: Apache-2.0 */
/* Models of random weights, for tests and benches: any shape, no file, the same bits for a seed on every
 * machine. */
#include <math.h>

#include "model.h"
#include "msg.h"

/* Marsaglia's xorshift64*: fast, and good enough for weights. */
static uint64_t next64(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

/* Uniform in [-1, 1), 24 bits. */
static float next_signed(uint64_t *state)
{
    return (float)((int32_t)(next64(state) >> 40) - (1 << 23)) / (float)(1 << 23);
}

/* Four trits a draw: sixteen random bits times three, the top of which is 0, 1 or 2. */
static void random_trits(int8_t *trits, size_t n, uint64_t *state)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        uint64_t x = next64(state);
        for (int j = 0; j < 4; j++, x >>= 16)
            trits[i + (size_t)j] = (int8_t)((int32_t)(((uint32_t)x & 0xffff) * 3 >> 16) - 1);
    }
    for (uint64_t x = next64(state); i < n; i++, x >>= 16)
        trits[i] = (int8_t)((int32_t)(((uint32_t)x & 0xffff) * 3 >> 16) - 1);
}

/* Two trits of three are not zero, so sum_i t_i x_i has the variance in * 2/3 * mean(x^2); this scale takes
 * it back. The factor of up to 1.25 makes the scales of a model differ, as in a trained one. */
static void random_linear(struct quin_linear *l, uint64_t *state)
{
    random_trits(l->trits, l->in * l->out, state);
    l->scale = sqrtf(1.5f / (float)l->in) * (1.0f + 0.25f * next_signed(state));
}

static void random_norm(float *w, size_t n, uint64_t *state)
{
    for (size_t i = 0; w && i < n; i++)
        w[i] = 1.0f + 0.25f * next_signed(state);
}

/* Uniform with standard deviation 2 / sqrt(dim): a normed hidden vector gives logits of about 2. */
static void random_rows(float *rows, size_t vocab, size_t dim, uint64_t *state)
{
    float reach = 2.0f * sqrtf(3.0f / (float)dim);
    for (size_t i = 0; i < vocab * dim; i++)
        rows[i] = reach * next_signed(state);
}

enum quin_err quin_model_random(const struct quin_hyper *hyper, uint64_t seed, struct quin_model **out,
                                struct quin_msg *msg)
{
    enum quin_err e = quin_model_alloc(hyper, true, out, msg);
    if (e)
        return e;
    struct quin_model *m = *out;
    const struct quin_hyper *h = &m->hyper;
    /* A state of zero would stay zero; the odd constant spreads small seeds over the bits. */
    uint64_t state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1;
    for (int i = 0; i < 8; i++)
        next64(&state);
    random_rows(m->embedding, h->vocab, h->dim, &state);
    if (m->head != m->embedding)
        random_rows(m->head, h->vocab, h->dim, &state);
    random_norm(m->output_norm, h->dim, &state);
    for (size_t i = 0; i < h->layers; i++) {
        struct quin_layer *l = &m->layer[i];
        random_norm(l->attn_norm, h->dim, &state);
        random_norm(l->attn_sub_norm, h->heads * h->head_size, &state);
        random_norm(l->ffn_norm, h->dim, &state);
        random_norm(l->ffn_sub_norm, h->ffn, &state);
        for (int p = 0; p < QUIN_PROJS; p++)
            random_linear(quin_layer_linear(l, (enum quin_projection)p), &state);
    }
    return QUIN_OK;
}
