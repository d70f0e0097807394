/* SPDX-License-Identifier: Apache-2.0
 *
 * One MATMUL of 2560 inputs and 6912 channels in a program of its own: how near it comes to the stream's bytes over the
 * bytes that the array eats a cycle, for one row and for all, on a memory that never pauses and on the DDR3 model.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { K = 2560, N = 6912, ACT = 0, ACT_ROW = 640, SCALES = 8192, DST = 16384, DST_ROW = 6912 };
static const uint64_t PROGRAM = 0x1000, DATA = 0x2000, STREAM = 0x20000;

static void field(struct quin_cmd *c, enum quin_field f, uint64_t value)
{
    if (!quin_cmd_set(c, f, value))
        bench_fail("a field does not hold %llu", (unsigned long long)value);
}

static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u); /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void start(struct bench *b, const struct quin_cmd *program, uint32_t count)
{
    bench_store(b, PROGRAM, program, count * sizeof *program);
    bench_write64(b, QUIN_REG_PROGRAM_ADDRESS, PROGRAM);
    bench_write(b, QUIN_REG_PROGRAM_LENGTH, count);
    bench_run(b);
}

/* Activations and scales into the scratchpad. */
static void prepare(struct bench *b, uint32_t rows, uint64_t *seed)
{
    struct quin_cmd program[3] = {0};
    uint32_t words = rows * ACT_ROW, data[64 * ACT_ROW];
    for (uint32_t i = 0; i < words; i++)
        data[i] = (uint32_t)next(seed) & 0x7f7f7f7f;
    bench_store(b, DATA, data, words * 4);
    for (uint32_t i = 0; i < 64; i++)
        data[i] = 0x3f800000; /* 1.0 */
    bench_store(b, DATA + words * 4, data, 256);
    for (int i = 0; i < 2; i++) {
        field(&program[i], QUIN_F_ANY_OPCODE, QUIN_OP_LOAD);
        field(&program[i], QUIN_F_ANY_ROWS, 1);
        field(&program[i], QUIN_F_MOVE_GROUPS, 1);
        field(&program[i], QUIN_F_MOVE_N, i ? 64 : words);
        field(&program[i], QUIN_F_MOVE_INNER, i ? 64 : words);
        field(&program[i], QUIN_F_MOVE_ELEMENT, QUIN_ELEMENT_WORD);
        field(&program[i], QUIN_F_MOVE_DRAM_OFFSET, DATA + (i ? words * 4 : 0));
        field(&program[i], QUIN_F_MOVE_SP_BASE, i ? SCALES : ACT);
    }
    field(&program[2], QUIN_F_ANY_OPCODE, QUIN_OP_END);
    start(b, program, 3);
}

static void measure(struct bench *b, uint32_t rows, uint32_t precision, const char *memory)
{
    const uint32_t w = b->config->stream_bytes, channels = precision == QUIN_PRECISION_D1 ? 5 * w : w;
    const uint64_t tiles = (N + channels - 1) / channels, bytes = tiles * K * w;
    const uint64_t ideal = (uint64_t)K * N / (precision == QUIN_PRECISION_D1 ? 5 : 1) / w;
    struct quin_cmd program[2] = {0};
    uint64_t seed = 1 + precision;
    uint64_t *stream = malloc(bytes);
    if (!stream)
        bench_fail("no memory for %llu bytes of weights", (unsigned long long)bytes);
    for (uint64_t i = 0; i < bytes / 8; i++)
        stream[i] = next(&seed);
    bench_store(b, STREAM, stream, bytes);
    free(stream);
    bench_write64(b, QUIN_REG_WINDOW, 0);
    bench_write64(b, QUIN_REG_WINDOW + 8, STREAM + bytes);
    bench_write(b, QUIN_REG_WINDOW + 16, QUIN_WINDOW_READ);
    prepare(b, rows, &seed);
    field(&program[0], QUIN_F_ANY_OPCODE, QUIN_OP_MATMUL);
    field(&program[0], QUIN_F_ANY_ROWS, rows);
    field(&program[0], QUIN_F_MATMUL_PRECISION, precision);
    field(&program[0], QUIN_F_MATMUL_PREFETCH, 1);
    field(&program[0], QUIN_F_MATMUL_K, K);
    field(&program[0], QUIN_F_MATMUL_N, N);
    field(&program[0], QUIN_F_MATMUL_DRAM_OFFSET, STREAM);
    field(&program[0], QUIN_F_MATMUL_TILE_STRIDE, (uint64_t)K * w);
    field(&program[0], QUIN_F_MATMUL_ACT_BASE, ACT);
    field(&program[0], QUIN_F_MATMUL_ACT_ROW_STRIDE, ACT_ROW);
    field(&program[0], QUIN_F_MATMUL_DST_BASE, DST);
    field(&program[0], QUIN_F_MATMUL_DST_ROW_STRIDE, DST_ROW);
    field(&program[0], QUIN_F_MATMUL_RSCALE_BASE, SCALES);
    field(&program[0], QUIN_F_MATMUL_RSCALE_ROW_STRIDE, 1);
    field(&program[0], QUIN_F_MATMUL_CSCALE_BASE, SCALES);
    field(&program[1], QUIN_F_ANY_OPCODE, QUIN_OP_END);
    double begun = bench_seconds();
    start(b, program, 2);
    double seconds = bench_seconds() - begun;
    uint64_t cycles = bench_count(b, QUIN_COUNT_BUSY_CYCLES);
    printf("%-6s D = %d, %2u row%s %10llu cycles %7.4f x bytes / %u, simulated at %.0f thousand cycles/s\n", memory,
           precision == QUIN_PRECISION_D1 ? 1 : 5, rows, rows > 1 ? "s" : " ", (unsigned long long)cycles,
           (double)cycles / (double)ideal, w, (double)cycles / seconds / 1e3);
    fflush(stdout);
}

int bench_matmul(const char *config)
{
    printf("matrix of %d x %d, configuration %s; a program of MATMUL and END, from START to DONE\n", K, N, config);
    for (int ideal = 1; ideal >= 0; ideal--)
        for (uint32_t precision = QUIN_PRECISION_D1; precision <= QUIN_PRECISION_D5; precision++)
            for (int all = 0; all < 2; all++) {
                struct bench b;
                bench_open(&b, "rtl", config, 64u << 20, ideal);
                measure(&b, all ? b.config->rows : 1, precision, ideal ? "ideal" : "ddr3");
                bench_check(&b);
                bench_close(&b);
            }
    return 0;
}
