/* SPDX-License-Identifier: Apache-2.0 */
/* Token sampling in double precision. Candidates are in one total order, (logit falling, token rising), so
 * that neither the sort nor the size of the vocabulary can change a result. */
#include "sampler.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "msg.h"

struct candidate {
    float logit;
    uint32_t token;
};

struct quin_sampler {
    struct quin_sampler_options options;
    size_t vocab;
    struct quin_pcg32 random;
    struct candidate *candidate; /* [vocab] */
    double *weight;              /* [vocab] */
};

/* ---- random numbers ---- */

void quin_pcg32_seed(struct quin_pcg32 *g, uint64_t seed, uint64_t sequence)
{
    *g = (struct quin_pcg32){.state = 0, .increment = sequence << 1 | 1};
    quin_pcg32_next(g);
    g->state += seed;
    quin_pcg32_next(g);
}

/* A 64-bit linear congruential step; the output is the old state, xor-shifted and rotated (XSH RR). */
uint32_t quin_pcg32_next(struct quin_pcg32 *g)
{
    uint64_t old = g->state;
    g->state = old * UINT64_C(6364136223846793005) + g->increment;
    uint32_t x = (uint32_t)((old >> 18 ^ old) >> 27);
    unsigned turn = (unsigned)(old >> 59);
    return x >> turn | x << (-turn & 31);
}

double quin_pcg32_uniform(struct quin_pcg32 *g)
{
    uint64_t high = quin_pcg32_next(g) >> 5;
    uint64_t low = quin_pcg32_next(g) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

/* ---- options ---- */

struct quin_sampler_options quin_sampler_defaults(void)
{
    return (struct quin_sampler_options){.temperature = 0.8, .top_k = 40, .top_p = 0.95, .seed = 0};
}

static enum quin_err check_options(const struct quin_sampler_options *o, size_t vocab, struct quin_msg *msg)
{
    if (vocab == 0 || vocab > UINT32_MAX)
        return quin_msg_set(msg, QUIN_ERR_ARG,
                            "cannot sample from %zu tokens; the vocabulary must have 1 to 2^32 - 1", vocab);
    if (!isfinite(o->temperature))
        return quin_msg_set(msg, QUIN_ERR_ARG,
                            "the temperature is %g; give a number such as 0.8, or 0 for the "
                            "likeliest token",
                            o->temperature);
    if (!(o->top_p > 0.0))
        return quin_msg_set(msg, QUIN_ERR_ARG, "top-p is %g; give a share above 0, or 1 to switch it off",
                            o->top_p);
    return QUIN_OK;
}

enum quin_err quin_sampler_create(const struct quin_sampler_options *options, size_t vocab,
                                  struct quin_sampler **out, struct quin_msg *msg)
{
    *out = NULL;
    enum quin_err e = check_options(options, vocab, msg);
    if (e)
        return e;
    struct quin_sampler *s = calloc(1, sizeof *s);
    if (!s)
        goto no_memory;
    s->options = *options;
    s->vocab = vocab;
    s->candidate = calloc(vocab, sizeof *s->candidate);
    s->weight = calloc(vocab, sizeof *s->weight);
    if (!s->candidate || !s->weight)
        goto no_memory;
    quin_pcg32_seed(&s->random, options->seed, 0);
    *out = s;
    return QUIN_OK;

no_memory:
    quin_sampler_free(s);
    return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory to sample from %zu tokens; close other programs",
                        vocab);
}

void quin_sampler_free(struct quin_sampler *s)
{
    if (!s)
        return;
    free(s->candidate);
    free(s->weight);
    free(s);
}

/* ---- order and selection ---- */

/* Does a come before b? */
static bool before(struct candidate a, struct candidate b)
{
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

static int compare(const void *pa, const void *pb)
{
    const struct candidate *a = pa, *b = pb;
    return before(*a, *b) ? -1 : before(*b, *a) ? 1 : 0;
}

/* Restores the heap below i: a parent never comes before its children, so the root is the last in order. */
static void sift_down(struct candidate *heap, size_t n, size_t i)
{
    for (;;) {
        size_t last = i, left = 2 * i + 1;
        for (size_t child = left; child < n && child <= left + 1; child++)
            if (before(heap[last], heap[child]))
                last = child;
        if (last == i)
            return;
        struct candidate t = heap[i];
        heap[i] = heap[last];
        heap[last] = t;
        i = last;
    }
}

/* Stage top-k: writes the k first candidates, in order. A heap of k beats sorting a vocabulary of 128,256. */
static size_t keep_top_k(struct quin_sampler *s, const float *logits)
{
    size_t k = s->options.top_k && s->options.top_k < s->vocab ? s->options.top_k : s->vocab;
    struct candidate *c = s->candidate;
    for (size_t i = 0; i < k; i++)
        c[i] = (struct candidate){logits[i], (uint32_t)i};
    if (k < s->vocab) {
        for (size_t i = k / 2; i-- > 0;)
            sift_down(c, k, i);
        for (size_t i = k; i < s->vocab; i++) {
            struct candidate next = {logits[i], (uint32_t)i};
            if (before(next, c[0])) {
                c[0] = next;
                sift_down(c, k, 0);
            }
        }
    }
    qsort(c, k, sizeof *c, compare);
    return k;
}

/* weight_i = exp((logit_i - logit_0) / temperature), so weight_0 = 1; returns their sum. */
static double softmax_weights(struct quin_sampler *s, size_t n, double temperature)
{
    double sum = 0.0, top = (double)s->candidate[0].logit;
    for (size_t i = 0; i < n; i++) {
        s->weight[i] = exp(((double)s->candidate[i].logit - top) / temperature);
        sum += s->weight[i];
    }
    return sum;
}

/* Stage top-p: the fewest candidates whose probabilities at temperature 1, among the n kept, reach top_p. */
static size_t keep_top_p(struct quin_sampler *s, size_t n)
{
    if (s->options.top_p >= 1.0)
        return n;
    double want = s->options.top_p * softmax_weights(s, n, 1.0), sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += s->weight[i];
        if (sum >= want)
            return i + 1;
    }
    return n;
}

static uint32_t argmax(const float *logits, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (logits[i] > logits[best])
            best = i;
    return (uint32_t)best;
}

enum quin_err quin_sampler_pick(struct quin_sampler *s, const float *logits, uint32_t *token,
                                struct quin_msg *msg)
{
    for (size_t i = 0; i < s->vocab; i++)
        if (!isfinite(logits[i]))
            return quin_msg_set(msg, QUIN_ERR_RANGE,
                                "the logit of token %zu is %g; the model or the device computed "
                                "nonsense, check it with 'quintrit verify'",
                                i, (double)logits[i]);
    if (s->options.temperature <= 0.0) {
        *token = argmax(logits, s->vocab);
        return QUIN_OK;
    }
    size_t n = keep_top_p(s, keep_top_k(s, logits));
    double left = quin_pcg32_uniform(&s->random) * softmax_weights(s, n, s->options.temperature);
    size_t i = 0;
    /* The last candidate takes what rounding leaves over. */
    for (; i + 1 < n; i++) {
        left -= s->weight[i];
        if (left < 0.0)
            break;
    }
    *token = s->candidate[i].token;
    return QUIN_OK;
}
