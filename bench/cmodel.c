/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens a second of the golden model: the shape of BitNet b1.58 2B-4T with random weights, a prompt of 128 tokens and
 * 32 decoded. A part of the layers and the same part of the head's rows is run and the time scaled, so that the bench
 * needs no 4 GB; with 30 layers nothing is scaled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "engine.h"

enum { ALL_LAYERS = 30, ALL_VOCAB = 128256, PROMPT = 128, DECODE = 32, CONTEXT = 256 };

static struct quin_msg msg;

static void must(enum quin_err err)
{
    if (err)
        bench_fail("%s", msg.text);
}

struct way {
    const char *kernel;
    uint32_t threads;
    bool no_wraps;
};

/* Prompt and decode once; prints a line. Returns a hash of the tokens, which no way may change. */
static uint64_t measure(const struct quin_model *m, const char *config, const struct way *way, uint32_t part,
                        uint32_t prompt, uint32_t decode)
{
    struct quin_engine_options o = quin_engine_defaults();
    struct quin_engine *e = NULL;
    uint32_t tokens[PROMPT], best = 0;
    uint64_t hash = 0;
    o.config = config;
    o.context = CONTEXT;
    o.kernel = way->kernel;
    o.threads = way->threads;
    o.no_wraps = way->no_wraps;
    for (uint32_t i = 0; i < PROMPT; i++)
        tokens[i] = (uint32_t)(i * 7919 % m->hyper.vocab);
    must(quin_engine_open_model(m, &o, NULL, &e, &msg));
    must(quin_engine_feed(e, 0, 0, tokens, prompt, false, NULL, &best, &msg)); /* pages that are touched first */
    double begun = bench_seconds(), begun_cpu = bench_cpu_seconds();
    must(quin_engine_feed(e, 0, 0, tokens, prompt, false, NULL, &best, &msg));
    double fed = bench_seconds(), fed_cpu = bench_cpu_seconds();
    for (uint32_t i = 0; i < decode; i++) {
        hash = hash * 1000003 + best;
        must(quin_engine_feed(e, 0, prompt + i, &best, 1, false, NULL, &best, &msg));
    }
    double ended = bench_seconds(), ended_cpu = bench_cpu_seconds(), scale = (double)part / ALL_LAYERS;
    printf("%-7s %u thread%s %-12s prompt %7.2f tokens/s (%7.2f a CPU second), decode %6.2f (%6.2f)\n", way->kernel, way->threads,
           way->threads > 1 ? "s" : " ", way->no_wraps ? "no WRAPS" : "all counters", scale * prompt / (fed - begun),
           scale * prompt / (fed_cpu - begun_cpu), scale * decode / (ended - fed),
           scale * decode / (ended_cpu - fed_cpu));
    fflush(stdout);
    quin_engine_close(e);
    return hash;
}

int bench_cmodel(const char *config, uint32_t layers, const char *only)
{
    const struct quin_hyper h = {
        .arch = "bitnet-b1.58", .vocab = (size_t)ALL_VOCAB * layers / ALL_LAYERS, .dim = 2560, .layers = layers, .heads = 20,
        .kv_heads = 5, .head_size = 128, .ffn = 6912, .context = 4096, .rms_eps = 1e-5f, .rope_base = 500000,
        .rope_dims = 128, .activation = QUIN_ACTIVATION_RELU2, .tied_head = true, .attn_sub_norm = true,
        .ffn_sub_norm = true};
    struct quin_model *m = NULL;
    const char *kernel;
    uint64_t want = 0;
    must(quin_model_random(&h, 11, &m, &msg));
    printf("golden model, configuration %s, %u of 30 layers and %zu of %d tokens of vocabulary, scaled to all\n", config,
           layers, h.vocab, ALL_VOCAB);
    for (uint32_t i = 0; (kernel = quin_engine_kernel(i, NULL)) != NULL; i++) {
        bool plain = !strcmp(kernel, "plain");
        if (only && strcmp(kernel, only))
            continue;
        for (uint32_t way = 0; way < 4; way++) {
            const struct way w = {kernel, way % 2 + 1, way / 2};
            if (plain && w.no_wraps) /* counts them in any case */
                continue;
            uint64_t hash = measure(m, config, &w, layers, plain ? 8 : PROMPT, plain ? 2 : DECODE);
            if (plain)
                continue;
            if (!want)
                want = hash;
            if (hash != want)
                bench_fail("kernel %s, %u threads: other tokens than the first way's", kernel, w.threads);
        }
    }
    quin_model_free(m);
    return 0;
}
