/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden model's speed for a program that compares it with others (bench/peers.py): a model file on one engine for
 * each count of threads, and a run of prompt and decode for each line of stdin that names a count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "engine.h"
#include "lm.h"

enum { MOST_THREADS = 16, MOST_PROMPT = 4096 };

struct times {
    double wall, cpu;
};

static struct quin_msg msg;

static void must(enum quin_err err)
{
    if (err)
        bench_fail("%s", msg.text);
}

static struct times now(void)
{
    return (struct times){bench_seconds(), bench_cpu_seconds()};
}

static struct quin_engine *open_engine(const struct quin_lm *lm, const char *config, uint32_t threads, uint32_t context)
{
    struct quin_engine_options o = quin_engine_defaults();
    struct quin_engine *e = NULL;
    o.config = config;
    o.context = context;
    o.threads = threads;
    o.no_wraps = true;
    must(quin_engine_open(lm, &o, NULL, &e, &msg));
    return e;
}

/* Prompt, then tokens one by one; prints wall and processor seconds of both. */
static void run(struct quin_engine *e, uint32_t prompt, uint32_t decode)
{
    static uint32_t tokens[MOST_PROMPT];
    uint32_t best = 0;
    for (uint32_t i = 0; i < prompt; i++)
        tokens[i] = 1 + i * 79 % 250;
    struct times begun = now();
    must(quin_engine_feed(e, 0, 0, tokens, prompt, false, NULL, &best, &msg));
    struct times fed = now();
    for (uint32_t i = 0; i < decode; i++)
        must(quin_engine_feed(e, 0, prompt + i, &best, 1, false, NULL, &best, &msg));
    struct times ended = now();
    printf("%.6f %.6f %.6f %.6f\n", fed.wall - begun.wall, fed.cpu - begun.cpu, ended.wall - fed.wall,
           ended.cpu - fed.cpu);
    fflush(stdout);
}

int bench_serve(const char *config, const char *path, uint32_t prompt, uint32_t decode)
{
    struct quin_engine *engine[MOST_THREADS + 1] = {NULL};
    struct quin_lm *lm = NULL;
    char line[64];
    if (!prompt || prompt > MOST_PROMPT || !decode || decode > MOST_PROMPT)
        bench_fail("1 to %d tokens of prompt and to decode", MOST_PROMPT);
    must(quin_lm_open(path, NULL, &lm, &msg));
    while (fgets(line, sizeof line, stdin)) {
        unsigned long threads = strtoul(line, NULL, 10);
        if (!threads || threads > MOST_THREADS)
            bench_fail("a line of stdin is a count of threads, 1 to %d", MOST_THREADS);
        if (!engine[threads])
            engine[threads] = open_engine(lm, config, (uint32_t)threads, prompt + decode);
        run(engine[threads], prompt, decode);
    }
    for (uint32_t i = 0; i <= MOST_THREADS; i++)
        quin_engine_close(engine[i]);
    quin_lm_close(lm);
    return 0;
}
