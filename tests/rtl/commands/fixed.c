/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs made by hand for what random ones hardly meet: a command that comes to the head of its unit when another unit
 * is hundreds of commands past what it waits for, and a run whose only record has no room.
 */
#include "bench.h"

#include <string.h>

enum {
    TURNS = 20,      /* of the loop with the short commands */
    A_TURN = 12,     /* of them a turn */
    AHEAD = 160,     /* so many of them retire before the long command does */
    LONG_K = 4096,   /* of a MATMUL of four tiles */
    LONG_BYTES = 7800,
    LONG_GROUPS = 128,
    SOURCE = 0,      /* scratchpad: what the long command reads */
    SHORT = 1024,    /* a line of the short commands, a word for scales behind it */
    RESULT = 1088,   /* of the long command */
    BEHIND = 3072    /* of the two commands behind it, a line each */
};

static struct quin_cmd *append(struct program *p, enum quin_op op)
{
    struct quin_cmd *cmd = &p->cmd[p->length++];
    PUT(cmd, ANY, OPCODE, op);
    PUT(cmd, ANY, ROWS, op >= QUIN_OP_LOAD);
    return cmd;
}

static struct quin_cmd *append_matmul(struct program *p, const struct quin_config *c, uint32_t k, uint32_t n, uint32_t dst)
{
    struct quin_cmd *cmd = append(p, QUIN_OP_MATMUL);
    PUT(cmd, MATMUL, K, k);
    PUT(cmd, MATMUL, N, n);
    PUT(cmd, MATMUL, TILE_STRIDE, k * c->stream_bytes);
    PUT(cmd, MATMUL, DRAM_OFFSET, DATA_AT);
    PUT(cmd, MATMUL, ACT_BASE, SOURCE);
    PUT(cmd, MATMUL, DST_BASE, dst);
    PUT(cmd, MATMUL, RSCALE_BASE, SHORT + 16);
    PUT(cmd, MATMUL, CSCALE_BASE, SHORT + 16);
    return cmd;
}

/* n bytes, each a run of its own: many cycles a byte. */
static struct quin_cmd *append_load(struct program *p, uint32_t n, uint32_t dst)
{
    struct quin_cmd *cmd = append(p, QUIN_OP_LOAD);
    PUT(cmd, MOVE, GROUPS, 1);
    PUT(cmd, MOVE, N, n);
    PUT(cmd, MOVE, INNER, 1);
    PUT(cmd, MOVE, DRAM_OFFSET, DATA_AT);
    PUT(cmd, MOVE, DRAM_OUTER_STRIDE, 48);
    PUT(cmd, MOVE, SP_BASE, dst);
    return cmd;
}

/* Sums of the same n words, groups times. */
static struct quin_cmd *append_vector(struct program *p, uint32_t n, uint32_t groups, uint32_t src, uint32_t dst)
{
    struct quin_cmd *cmd = append(p, QUIN_OP_VECTOR);
    PUT(cmd, VECTOR, GROUPS, groups);
    PUT(cmd, VECTOR, N, n);
    PUT(cmd, VECTOR, A_BASE, src);
    PUT(cmd, VECTOR, REDUCE, QUIN_REDUCE_SUM);
    PUT(cmd, VECTOR, RED_BASE, dst);
    PUT(cmd, VECTOR, RED_GROUP, 1);
    return cmd;
}

static struct quin_cmd *append_long(struct program *p, const struct quin_config *c, enum quin_op op)
{
    return op == QUIN_OP_MATMUL ? append_matmul(p, c, LONG_K, 4 * 5 * c->stream_bytes, RESULT)
         : op == QUIN_OP_LOAD   ? append_load(p, LONG_BYTES, RESULT)
                                : append_vector(p, SHORT, LONG_GROUPS, SOURCE, RESULT);
}

static struct quin_cmd *append_short(struct program *p, const struct quin_config *c, enum quin_op op, uint32_t dst)
{
    return op == QUIN_OP_MATMUL ? append_matmul(p, c, 1, 1, dst)
         : op == QUIN_OP_LOAD   ? append_load(p, 1, dst)
                                : append_vector(p, 4, 1, SOURCE, dst);
}

/* TURNS times A_TURN of them. */
static void append_loop(struct program *p, const struct quin_config *c, enum quin_op op)
{
    uint32_t start = p->length;
    for (uint32_t i = 0; i < A_TURN; i++)
        (void)append_short(p, c, op, SHORT + i);
    struct quin_cmd *cmd = append(p, QUIN_OP_SET);
    PUT(cmd, CONTROL, RD, G_LOOP);
    PUT(cmd, CONTROL, RA, G_LOOP);
    PUT(cmd, CONTROL, IMM, 1);
    cmd = append(p, QUIN_OP_BRANCH);
    PUT(cmd, CONTROL, RA, G_LOOP);
    PUT(cmd, CONTROL, IMM, TURNS);
    PUT(cmd, CONTROL, OP, QUIN_BRANCH_OP_LT);
    PUT(cmd, CONTROL, TARGET, start);
}

static void begin(struct bench *b, struct program *p)
{
    memset(p, 0, sizeof *p);
    p->address = PROGRAM_AT;
    p->ring_entries = RING_ENTRIES_MAX;
    p->window[0] = (struct window){PROGRAM_AT, DATA_END, 3};
    p->window[1] = (struct window){RING_AT, RING_AT + RING_ENTRIES_MAX * 16, 2};
    memset(b->regs.g, 0, sizeof b->regs.g);
}

/* The third command of a unit waits for one of `quick` that retired long ago: when it comes to the head of its unit,
 * behind a slow one and another, `quick` is hundreds of commands further. */
static void run_far_ahead(struct bench *b, struct program *p, enum quin_op slow, enum quin_op quick)
{
    struct rng r = rng_start(b->options->seed, 1);
    struct gen g = {.b = b, .r = &r, .p = p};
    enum quin_field after = quick == QUIN_OP_LOAD ? QUIN_F_ANY_AFTER_DMA : QUIN_F_ANY_AFTER_VECTOR;
    begin(b, p);
    generate_load_all(&g);
    struct quin_cmd *cmd = append_short(p, &b->config, quick, SHORT);
    PUT(cmd, ANY, AFTER_DMA, 1);
    cmd = append_long(p, &b->config, slow);
    PUT(cmd, ANY, AFTER_DMA, 1);
    uint32_t behind = p->length;
    (void)append_short(p, &b->config, slow, BEHIND);
    cmd = append_short(p, &b->config, slow, BEHIND + 16);
    put_field(cmd, after, 1, "AFTER");
    append_loop(p, &b->config, quick);
    (void)append(p, QUIN_OP_END);
    if (!trace_program(b, p) || b->trace.code)
        bench_differ(b, "the program ends with device error %u at command %u", b->trace.code, b->trace.command);
    if (!bench_run(b, p))
        return;
    compare_good(b);
    if (b->order[behind] < AHEAD)
        bench_differ(b, "the long command takes too few cycles: %u commands retired before the one behind it", b->order[behind]);
}

/* The record of END, the run's only one, lies in no window. */
static void run_no_room(struct bench *b, struct program *p)
{
    begin(b, p);
    p->window[1].rights = 0;
    (void)append(p, QUIN_OP_END);
    (void)trace_program(b, p);
    if (!bench_run(b, p))
        return;
    compare_end(b);
    if (b->api->reg_read(b->sim, QUIN_REG_ERROR_CODE) != QUIN_DERR_WINDOW)
        bench_differ(b, "ERROR_CODE is %u", b->api->reg_read(b->sim, QUIN_REG_ERROR_CODE));
}

void fixed_programs(struct bench *b, struct program *p)
{
    static const char *const names[] = {"VECTOR far ahead of ARRAY", "VECTOR far ahead of DMA", "DMA far ahead of VECTOR",
                                        "no room for END's record"};
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        b->first[0] = 0;
        if (bench_start(b, b->options->seed)) {
            if (i < 3)
                run_far_ahead(b, p, i == 0 ? QUIN_OP_MATMUL : i == 1 ? QUIN_OP_LOAD : QUIN_OP_VECTOR,
                              i == 2 ? QUIN_OP_LOAD : QUIN_OP_VECTOR);
            else
                run_no_room(b, p);
        }
        bench_stop(b);
        b->programs++;
        b->by_kind[KIND_GOOD]++;
        if (b->first[0]) {
            b->failed++;
            printf("FAILED %s --fixed: %s: %s\n", b->options->config, names[i], b->first);
        }
    }
    b->first[0] = 0;
}
