/* SPDX-License-Identifier: Apache-2.0
 *
 * A decoder layer in the shape of BitNet b1.58 2B-4T, random weights, one token at the end of a context. The golden device
 * fills the KV cache and decodes the token; the simulated hardware gets the DRAM and the registers that the golden one
 * had before, runs the same program, and must leave the same DRAM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "engine.h"

enum { VOCAB = 64, ROWS_MOST = 64 };

static struct quin_msg msg;

static void must(enum quin_err err)
{
    if (err)
        bench_fail("%s", msg.text);
}

/* The registers that a run reads. */
static void copy_registers(struct bench *from, struct bench *to)
{
    static const uint32_t ranges[][2] = {
        {QUIN_REG_PROGRAM_ADDRESS, 3}, {QUIN_REG_WINDOW, 24}, {QUIN_REG_GREG, 64}, {QUIN_REG_ROWREG, 2048}};
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++)
        for (uint32_t i = 0; i < ranges[r][1]; i++)
            bench_write(to, ranges[r][0] + 4 * i, bench_read(from, ranges[r][0] + 4 * i));
}

static void copy_memory(struct bench *from, struct bench *to, uint64_t bytes)
{
    enum { PIECE = 1 << 20 };
    char *piece = malloc(PIECE);
    if (!piece)
        bench_fail("no memory");
    for (uint64_t at = 0; at < bytes; at += PIECE) {
        size_t n = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
        bench_load(from, at, piece, n);
        bench_store(to, at, piece, n);
    }
    free(piece);
}

/* Everything but the queues, which only the golden device's firmware wrote. */
static void compare_memory(struct bench *a, struct bench *b, const struct quin_layout *l)
{
    enum { PIECE = 1 << 16 };
    static char one[PIECE], two[PIECE];
    for (uint64_t at = l->kv; at < l->dram_bytes; at += PIECE) {
        size_t n = l->dram_bytes - at < PIECE ? (size_t)(l->dram_bytes - at) : PIECE;
        bench_load(a, at, one, n);
        bench_load(b, at, two, n);
        for (size_t i = 0; i < n; i++)
            if (one[i] != two[i])
                bench_fail("DRAM differs at 0x%llx: %02x, golden %02x", (unsigned long long)(at + i), two[i] & 255, one[i] & 255);
    }
}

static void report(struct bench *b, uint32_t rows, double seconds)
{
    static const struct {
        enum quin_counter counter;
        const char *what;
    } rest[] = {{QUIN_COUNT_STALL_STREAM, "array waits for the stream"}, {QUIN_COUNT_STALL_VECTOR, "array waits for the vector unit"},
                {QUIN_COUNT_STALL_DMA, "array waits for load / store"}, {QUIN_COUNT_STALL_DRAIN, "array waits for its drain"}};
    const struct quin_config *c = b->config;
    double busy = (double)bench_count(b, QUIN_COUNT_BUSY_CYCLES), stream = (double)bench_count(b, QUIN_COUNT_STREAM_CYCLES);
    double adds = (double)(bench_count(b, QUIN_COUNT_ADDS) + bench_count(b, QUIN_COUNT_ADDS_SKIPPED));
    printf("cycles: %.0f, stream bytes %llu\n", busy, (unsigned long long)bench_count(b, QUIN_COUNT_STREAM_BYTES));
    printf("stream busy: %.1f %%\n", 100 * stream / busy);
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        printf("  %-32s %5.2f %%\n", rest[i].what, 100 * (double)bench_count(b, rest[i].counter) / busy);
    printf("PE cycles in use (valid rows): %.1f %% of rows x columns x cycles, %u of %u rows\n",
           100 * adds / (busy * c->rows * c->stream_bytes * 5), rows, c->rows);
    printf("simulated at %.0f thousand cycles/s\n", busy / seconds / 1e3);
}

int bench_layer(const char *config, uint32_t context, bool prefill)
{
    const struct quin_hyper h = {
        .arch = "bitnet", .vocab = VOCAB, .dim = 2560, .layers = 1, .heads = 20, .kv_heads = 5, .head_size = 128,
        .ffn = 6912, .context = 4096, .rms_eps = 1e-5f, .rope_base = 500000, .rope_dims = 128,
        .activation = QUIN_ACTIVATION_RELU2, .tied_head = true, .attn_sub_norm = true, .ffn_sub_norm = true};
    struct quin_engine_options o = quin_engine_defaults();
    struct quin_model *m = NULL;
    struct quin_engine *e = NULL;
    struct quin_engine_info info;
    struct bench golden, rtl;
    uint32_t tokens[4096], best;
    for (uint32_t i = 0; i < context; i++)
        tokens[i] = i * 7919 % VOCAB;
    o.config = config;
    o.context = context;
    must(quin_model_random(&h, 11, &m, &msg));
    must(quin_engine_open_model(m, &o, NULL, &e, &msg));
    quin_engine_info(e, &info);
    quin_engine_device(e, &golden.backend, &golden.device);
    golden.config = quin_config_find(config);
    const struct quin_layout *l = quin_engine_layout(e);
    uint32_t last = prefill ? info.prefill_rows : 1;
    bench_open(&rtl, "rtl", config, l->dram_bytes, false);
    must(quin_engine_feed(e, 0, 0, tokens, context - last, false, NULL, NULL, &msg));
    copy_memory(&golden, &rtl, l->dram_bytes);
    must(quin_engine_feed(e, 0, context - last, tokens + context - last, last, false, NULL, &best, &msg));
    copy_registers(&golden, &rtl);
    printf("layer of 2B-4T, %s, %u token%s at the end of %u positions, configuration %s: %u rows, %u columns, %u lanes\n",
           prefill ? "prefill" : "decode", last, last > 1 ? "s" : "", context, config, rtl.config->rows,
           rtl.config->stream_bytes * 5, rtl.config->lanes);
    fflush(stdout);
    double begun = bench_seconds();
    bench_run(&rtl);
    report(&rtl, last, bench_seconds() - begun);
    compare_memory(&golden, &rtl, l);
    bench_check(&rtl);
    printf("the KV cache and all results in DRAM are the golden model's, bit for bit\n");
    bench_close(&rtl);
    quin_engine_close(e);
    quin_model_free(m);
    return 0;
}
