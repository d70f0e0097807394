/* SPDX-License-Identifier: Apache-2.0
 *
 * One illegal thing in a program: a command that docs/commands.md says fails, a program that leaves its end, a limit, or
 * windows that do not cover what the program touches.
 */
#include "bench.h"

#include <string.h>

/* The program's commands of a kind that are executed; returns how many. */
static uint32_t candidates(const struct bench *b, const struct program *p, enum quin_op first, enum quin_op last,
                           uint32_t pc[TRACE_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->trace.steps; i++) {
        uint64_t op = GET(&p->cmd[b->trace.step[i].pc], ANY, OPCODE);
        if (op >= first && op <= last)
            pc[count++] = b->trace.step[i].pc;
    }
    return count;
}

/* A word of the scratchpad just too far for `words` words, or any beyond. */
static uint32_t too_far(const struct bench *b, struct rng *r, uint32_t align)
{
    uint32_t words = b->config.scratchpad_words, at = words - align * rng_below(r, 2);
    return rng_percent(r, 30) ? ((1u << 20) - 1) / align * align : at;
}

/* An address that no window grants: outside the DRAM's data, across a window's end, beyond 2^40, or a sum that only modulo
 * 2^40 is an address of a window. */
static uint64_t outside(struct rng *r, uint32_t align, const char **how)
{
    switch (rng_below(r, 6)) {
    case 0:
        *how = "just below the window";
        return DATA_AT - align;
    case 1:
        *how = "across the window's end";
        return DATA_END - align;
    case 2:
        *how = "at the window's end";
        return DATA_END;
    case 3:
        *how = "an address of the window plus 2^40";
        return (UINT64_C(1) << 40) + DATA_AT + 64 * rng_below(r, 100);
    case 4:
        *how = "high";
        return (rng_wide(r) >> rng_below(r, 24) | UINT64_C(1) << 40) / align * align;
    default:
        *how = "the last bytes below 2^40";
        return (UINT64_C(1) << 40) - align * (1 + rng_below(r, 2));
    }
}

/* Puts a command's DRAM address at `address` by its offset and, where that does not reach, by a register of its own. */
static void put_address(struct program *p, struct quin_cmd *cmd, struct rng *r, uint64_t address, enum quin_field offset,
                        enum quin_field base)
{
    uint64_t most = (UINT64_C(1) << 40) - 64;
    if (address < most && rng_percent(r, 50)) {
        put_field(cmd, base, 0, "base");
        put_field(cmd, offset, address, "offset");
        return;
    }
    uint64_t part = rng_percent(r, 50) ? most - 64 * rng_below(r, 1000) : 64 * (uint64_t)rng_below(r, 1000);
    put_field(cmd, base, G_SPARE, "base");
    put_field(cmd, offset, part, "offset");
    p->greg[G_SPARE] = address - part;
}

static const char *bad_move(struct bench *b, struct program *p, struct quin_cmd *cmd, struct rng *r)
{
    uint32_t size = 1u << GET(cmd, MOVE, ELEMENT);
    const char *how;
    if (!GET(cmd, ANY, ROWS))
        PUT(cmd, ANY, ROWS, 1);
    if (!GET(cmd, MOVE, GROUPS))
        PUT(cmd, MOVE, GROUPS, 1);
    if (!GET(cmd, MOVE, N))
        PUT(cmd, MOVE, N, 3);
    if (rng_percent(r, 80)) {
        PUT(cmd, ANY, ROWS_LIMIT, 0);
        PUT(cmd, MOVE, N_LIMIT, 0);
    }
    switch (rng_below(r, 9)) {
    case 0:
        PUT(cmd, MOVE, ELEMENT, 3);
        return "ELEMENT 3";
    case 1:
        PUT(cmd, MOVE, INNER, 0);
        return "INNER 0";
    case 2:
        PUT(cmd, MOVE, ROW_ENABLE, 1);
        PUT(cmd, MOVE, ROW_FIRST, 63);
        if (GET(cmd, ANY, ROWS) < 2)
            PUT(cmd, ANY, ROWS, 2);
        return "row registers beyond 64";
    case 3:
        if (size == 1)
            PUT(cmd, MOVE, ELEMENT, 1);
        PUT(cmd, MOVE, DRAM_OFFSET, GET(cmd, MOVE, DRAM_OFFSET) | 1);
        return "DRAM address not aligned";
    case 4:
        if (size == 1)
            PUT(cmd, MOVE, ELEMENT, 2);
        PUT(cmd, MOVE, DRAM_OUTER_STRIDE, GET(cmd, MOVE, DRAM_OUTER_STRIDE) / 4 * 4 + 1 + rng_below(r, 3));
        return "DRAM_OUTER_STRIDE not aligned";
    case 5:
        PUT(cmd, MOVE, SP_BASE, too_far(b, r, 1));
        return "beyond the scratchpad";
    case 6:
        PUT(cmd, MOVE, SP_ROW_STRIDE, (1 << 20) - 1);
        return "a row beyond the scratchpad";
    case 7:
        PUT(cmd, MOVE, DRAM_OUTER_STRIDE, (UINT64_C(1) << 40) - 4 * (1 + rng_below(r, 3)));
        PUT(cmd, MOVE, INNER, 1);
        return "a run that wraps below the first";
    default:
        PUT(cmd, MOVE, ROW_ENABLE, 0);
        put_address(p, cmd, r, outside(r, 4, &how), QUIN_F_MOVE_DRAM_OFFSET, QUIN_F_MOVE_BASE_REG);
        return how;
    }
}

static const char *bad_matmul(struct bench *b, struct program *p, struct quin_cmd *cmd, struct rng *r)
{
    static const enum quin_field aligned[] = {QUIN_F_MATMUL_ACT_BASE, QUIN_F_MATMUL_ACT_ROW_STRIDE, QUIN_F_MATMUL_DST_BASE,
                                              QUIN_F_MATMUL_DST_ROW_STRIDE};
    static const enum quin_field bases[] = {QUIN_F_MATMUL_ACT_BASE, QUIN_F_MATMUL_DST_BASE, QUIN_F_MATMUL_RSCALE_BASE,
                                            QUIN_F_MATMUL_CSCALE_BASE};
    uint32_t i = rng_below(r, 4);
    const char *how;
    if (!GET(cmd, ANY, ROWS))
        PUT(cmd, ANY, ROWS, 1);
    if (!GET(cmd, MATMUL, N))
        PUT(cmd, MATMUL, N, 3);
    if (rng_percent(r, 80)) {
        PUT(cmd, ANY, ROWS_LIMIT, 0);
        PUT(cmd, MATMUL, N_LIMIT, 0);
        PUT(cmd, MATMUL, K_LIMIT, 0);
    }
    switch (rng_below(r, 9)) {
    case 0:
        PUT(cmd, MATMUL, PRECISION, 3);
        return "PRECISION 3";
    case 1:
        PUT(cmd, ANY, ROWS, b->config.rows + 1 + rng_small(r, 900));
        return "more rows than the array has";
    case 2:
        PUT(cmd, MATMUL, K, 0);
        return "k is 0";
    case 3:
        PUT(cmd, MATMUL, K, (1u << (b->config.carry_bits - 1)) + 1 + rng_small(r, 100000));
        return "k is too large";
    case 4:
        put_field(cmd, aligned[i], quin_cmd_get(cmd, aligned[i]) | 1u << rng_below(r, 4), "aligned");
        return "a vector not aligned";
    case 5:
        if (i == 3)
            PUT(cmd, MATMUL, COLUMN_SCALES, 0);
        put_field(cmd, bases[i], too_far(b, r, i < 2 ? 16 : 1), "base");
        return "beyond the scratchpad";
    case 6:
        PUT(cmd, MATMUL, DRAM_OFFSET, GET(cmd, MATMUL, DRAM_OFFSET) | 1);
        return "stream not aligned";
    case 7:
        PUT(cmd, MATMUL, TILE_STRIDE, GET(cmd, MATMUL, TILE_STRIDE) | 1);
        return "TILE_STRIDE not aligned";
    default:
        PUT(cmd, MATMUL, ROW_ENABLE, 0);
        put_address(p, cmd, r, outside(r, b->config.stream_bytes, &how), QUIN_F_MATMUL_DRAM_OFFSET, QUIN_F_MATMUL_BASE_REG);
        return how;
    }
}

static const char *bad_vector(struct bench *b, struct quin_cmd *cmd, struct rng *r)
{
    static const struct {
        enum quin_field field;
        uint32_t least, most;
    } values[] = {{QUIN_F_VECTOR_OP1, 5, 7},    {QUIN_F_VECTOR_OP2, 5, 7},    {QUIN_F_VECTOR_FUNC, 5, 7},
                  {QUIN_F_VECTOR_REDUCE, 5, 7}, {QUIN_F_VECTOR_FORMAT, 6, 7}, {QUIN_F_VECTOR_A_MODE, 3, 3},
                  {QUIN_F_VECTOR_B_MODE, 3, 3}, {QUIN_F_VECTOR_C_MODE, 3, 3}};
    static const enum quin_field places[5][4] = {
        {QUIN_F_VECTOR_A_BASE, QUIN_F_VECTOR_A_ROW, QUIN_F_VECTOR_A_GROUP, QUIN_F_VECTOR_A_MODE},
        {QUIN_F_VECTOR_B_BASE, QUIN_F_VECTOR_B_ROW, QUIN_F_VECTOR_B_GROUP, QUIN_F_VECTOR_B_MODE},
        {QUIN_F_VECTOR_C_BASE, QUIN_F_VECTOR_C_ROW, QUIN_F_VECTOR_C_GROUP, QUIN_F_VECTOR_C_MODE},
        {QUIN_F_VECTOR_DST_BASE, QUIN_F_VECTOR_DST_ROW, QUIN_F_VECTOR_DST_GROUP, QUIN_F_VECTOR_FORMAT},
        {QUIN_F_VECTOR_RED_BASE, QUIN_F_VECTOR_RED_ROW, QUIN_F_VECTOR_RED_GROUP, QUIN_F_VECTOR_REDUCE}};
    uint32_t i = rng_below(r, 8), place = rng_below(r, 5);
    if (!GET(cmd, ANY, ROWS))
        PUT(cmd, ANY, ROWS, 1);
    if (!GET(cmd, VECTOR, GROUPS))
        PUT(cmd, VECTOR, GROUPS, 1);
    if (!GET(cmd, VECTOR, N))
        PUT(cmd, VECTOR, N, 5);
    if (rng_percent(r, 80)) {
        PUT(cmd, ANY, ROWS_LIMIT, 0);
        PUT(cmd, VECTOR, N_LIMIT, 0);
    }
    switch (rng_below(r, 5)) {
    case 0:
        put_field(cmd, values[i].field, rng_range(r, values[i].least, values[i].most), "value");
        return "a value without a meaning";
    case 1:
        put_field(cmd, places[place][rng_below(r, 3)], 16 * rng_below(r, 20) + 1 + rng_below(r, 15), "place");
        return "a vector not aligned";
    case 2:
        PUT(cmd, VECTOR, MASK, 1);
        PUT(cmd, VECTOR, ROW_FIRST, 63);
        if (GET(cmd, ANY, ROWS) < 2)
            PUT(cmd, ANY, ROWS, 2);
        return "row registers beyond 64";
    case 3:
        put_field(cmd, places[place][0], too_far(b, r, 16), "base");
        return "beyond the scratchpad";
    default:
        put_field(cmd, places[place][1 + rng_below(r, 2)], (1 << 20) - 16, "stride");
        if (GET(cmd, ANY, ROWS) < 2)
            PUT(cmd, ANY, ROWS, 2);
        return "a row or group beyond the scratchpad";
    }
}

static const char *bad_control(struct program *p, uint32_t pc, struct rng *r)
{
    struct quin_cmd *cmd = &p->cmd[pc];
    int end = GET(cmd, ANY, OPCODE) == QUIN_OP_END, branch = GET(cmd, ANY, OPCODE) == QUIN_OP_BRANCH;
    if (end) {
        p->length = pc;
        return "no END";
    }
    switch (rng_below(r, branch ? 3 : 2)) {
    case 0:
        PUT(cmd, CONTROL, SELECT, 3);
        return "SELECT 3";
    case 1:
        PUT(cmd, CONTROL, OP, rng_range(r, 2, 7));
        return "OP without a meaning";
    default:
        PUT(cmd, CONTROL, TARGET, rng_percent(r, 50) ? p->length : rng_percent(r, 50) ? 0x01000000 : rng_next(r) | 0x100);
        PUT(cmd, CONTROL, RA, 0);
        PUT(cmd, CONTROL, SELECT, QUIN_SELECT_IMM);
        PUT(cmd, CONTROL, IMM, 0);
        PUT(cmd, CONTROL, OP, QUIN_BRANCH_OP_GE);
        return "TARGET outside the program";
    }
}

/* Windows: the data's is cut in two that touch, loses a right, or goes on where there is no memory. */
static const char *bad_windows(struct bench *b, struct program *p, struct rng *r)
{
    uint64_t middle = DATA_AT + 4 * rng_below(r, (DATA_END - DATA_AT) / 4);
    if (b->trace.ranges && rng_percent(r, 80)) { /* through something that the program touches */
        const struct range *range = &b->trace.range[rng_below(r, (uint32_t)b->trace.ranges)];
        if (!range->space)
            middle = range->base + rng_below(r, (uint32_t)range->size);
    }
    memset(p->window, 0, sizeof p->window);
    p->ring_entries = 0; /* its window is gone */
    p->window[2] = (struct window){p->address, p->address + 64 * PROGRAM_MAX, QUIN_WINDOW_READ};
    switch (rng_below(r, 7)) {
    case 5:
        p->window[0] = (struct window){DATA_AT + (UINT64_C(1) << 40), DATA_END + (UINT64_C(2) << 40), 3};
        return "a window beyond 2^40";
    case 6:
        p->window[0] = (struct window){DATA_AT, DATA_END, 3};
        p->high = UINT64_C(1) << rng_range(r, 40, 63);
        return "PROGRAM_ADDRESS beyond 2^40";
    case 0:
        p->window[0] = (struct window){DATA_AT, middle, 3};
        p->window[1] = (struct window){middle, DATA_END, 3};
        return "two windows that touch";
    case 1:
        p->window[0] = (struct window){DATA_AT, DATA_END, QUIN_WINDOW_READ};
        return "no right to write";
    case 2:
        p->window[3] = (struct window){DATA_AT, DATA_END, QUIN_WINDOW_WRITE};
        return "no right to read";
    case 3:
        p->window[3] = (struct window){DATA_AT, DATA_END, 3};
        p->window[2].limit = p->address + 64 * rng_below(r, p->length);
        return "the program is longer than its window";
    default:
        p->window[1] = (struct window){DATA_AT, middle, 3};
        return "the window ends early";
    }
}

/* A window that goes on beyond the memory, and a command that goes there: the memory answers with an error. */
static const char *bad_memory(struct program *p, struct quin_cmd *cmd, struct rng *r)
{
    int matmul = GET(cmd, ANY, OPCODE) == QUIN_OP_MATMUL;
    enum quin_field enable = matmul ? QUIN_F_MATMUL_ROW_ENABLE : QUIN_F_MOVE_ROW_ENABLE;
    uint64_t address = rng_percent(r, 50) ? DRAM_BYTES : DRAM_BYTES - 64 * (1 + rng_below(r, 4));
    for (uint32_t i = 0; i < QUIN_WINDOWS; i++)
        if (p->window[i].limit == DATA_END)
            p->window[i].limit = UINT64_C(1) << 39;
    put_field(cmd, enable, 0, "ROW_ENABLE");
    put_address(p, cmd, r, address, matmul ? QUIN_F_MATMUL_DRAM_OFFSET : QUIN_F_MOVE_DRAM_OFFSET,
                matmul ? QUIN_F_MATMUL_BASE_REG : QUIN_F_MOVE_BASE_REG);
    return "no memory there";
}

void bad_program(struct bench *b, struct program *p, struct rng *r, uint32_t *changed, char what[64])
{
    uint32_t pc[TRACE_MAX], count;
    uint32_t kind = rng_below(r, 100);
    const char *text = "COMMAND_LIMIT";
    *changed = PROGRAM_MAX;
    /* Addresses have 40 bits; beyond them WINDOW stands for BUS where a window is larger than that. */
    for (uint32_t i = 0; i < QUIN_WINDOWS; i++)
        if (p->window[i].base < DATA_END && p->window[i].limit > UINT64_C(1) << 39)
            p->window[i].limit = DATA_END;
        else if (p->window[i].base >= UINT64_C(1) << 40)
            p->window[i] = (struct window){0, 0, 0};
    if (kind < 20 && (count = candidates(b, p, QUIN_OP_LOAD, QUIN_OP_STORE, pc)))
        text = bad_move(b, p, &p->cmd[*changed = pc[rng_below(r, count)]], r);
    else if (kind < 40 && (count = candidates(b, p, QUIN_OP_MATMUL, QUIN_OP_MATMUL, pc)))
        text = bad_matmul(b, p, &p->cmd[*changed = pc[rng_below(r, count)]], r);
    else if (kind < 60 && (count = candidates(b, p, QUIN_OP_VECTOR, QUIN_OP_VECTOR, pc)))
        text = bad_vector(b, &p->cmd[*changed = pc[rng_below(r, count)]], r);
    else if (kind < 72 && (count = candidates(b, p, QUIN_OP_END, QUIN_OP_BRANCH, pc)))
        text = bad_control(p, *changed = pc[rng_below(r, count)], r);
    else if (kind < 80) {
        *changed = b->trace.step[rng_below(r, b->trace.steps)].pc;
        PUT(&p->cmd[*changed], ANY, OPCODE, rng_percent(r, 20) ? 0 : rng_range(r, 0x31, 0xff));
        text = "unknown command";
    } else if (kind < 85 && (count = candidates(b, p, QUIN_OP_LOAD, QUIN_OP_MATMUL, pc)))
        text = bad_memory(p, &p->cmd[*changed = pc[rng_below(r, count)]], r);
    else if (kind < 95)
        text = bad_windows(b, p, r);
    else
        p->limit = rng_range(r, 1, b->trace.steps);
    snprintf(what, 64, "%s", text);
}
