/* SPDX-License-Identifier: Apache-2.0
 *
 * The ranges of scratchpad and DRAM that a command touches, from its fields and registers (docs/commands.md). The
 * generator asks whether a command is well formed, the comparison where an error leaves memory undefined.
 */
#include "bench.h"

enum { DRAM, SP, RANGES_MOST = 200000 };

struct walk {
    range_fn *fn;
    void *user;
    uint32_t count;
};

static int give(struct walk *w, int space, int write, int in_place, uint64_t base, uint64_t size)
{
    const struct range range = {base, size, (uint8_t)space, (uint8_t)write, (uint8_t)in_place};
    return w->count++ > RANGES_MOST ? 1 : w->fn(w->user, &range);
}

static uint64_t limited(const struct regs *regs, int full, uint64_t count, uint64_t reg)
{
    return !full && reg && regs->g[reg] < count ? regs->g[reg] : count;
}

static int move_group(struct walk *w, const struct quin_cmd *cmd, uint64_t n, uint64_t address, uint64_t word)
{
    uint64_t size = 1u << GET(cmd, MOVE, ELEMENT), inner = GET(cmd, MOVE, INNER), outer = GET(cmd, MOVE, DRAM_OUTER_STRIDE);
    int load = GET(cmd, ANY, OPCODE) == QUIN_OP_LOAD, stop = give(w, SP, load, 0, word, (n * size + 3) / 4);
    for (uint64_t i = 0; i < n && inner && !stop; i += inner, address += outer)
        stop = give(w, DRAM, !load, 0, address, (n - i < inner ? n - i : inner) * size);
    return stop;
}

static int move(struct walk *w, const struct quin_cmd *cmd, const struct regs *regs, int full)
{
    uint64_t rows = limited(regs, full, GET(cmd, ANY, ROWS), GET(cmd, ANY, ROWS_LIMIT));
    uint64_t n = limited(regs, full, GET(cmd, MOVE, N), GET(cmd, MOVE, N_LIMIT));
    uint64_t base = GET(cmd, MOVE, DRAM_OFFSET) + regs->g[GET(cmd, MOVE, BASE_REG)], groups = GET(cmd, MOVE, GROUPS);
    int stop = 0;
    for (uint64_t r = 0; r < rows && !stop; r++) {
        uint64_t row = base + r * GET(cmd, MOVE, DRAM_ROW_STRIDE);
        if (GET(cmd, MOVE, ROW_ENABLE))
            row += regs->row[GET(cmd, MOVE, ROW_BANK)][(GET(cmd, MOVE, ROW_FIRST) + r) % QUIN_ROW_REGS];
        for (uint64_t g = 0; g < groups && !stop; g++)
            stop = move_group(w, cmd, n, row + g * GET(cmd, MOVE, DRAM_GROUP_STRIDE),
                              GET(cmd, MOVE, SP_BASE) + r * GET(cmd, MOVE, SP_ROW_STRIDE) + g * GET(cmd, MOVE, SP_GROUP_STRIDE));
    }
    return stop;
}

static int matmul(struct walk *w, const struct quin_config *config, const struct quin_cmd *cmd, const struct regs *regs,
                  int full)
{
    static const uint32_t trits[4] = {1, 5, 10, 1};
    uint64_t rows = limited(regs, full, GET(cmd, ANY, ROWS), GET(cmd, ANY, ROWS_LIMIT));
    uint64_t n = limited(regs, full, GET(cmd, MATMUL, N), GET(cmd, MATMUL, N_LIMIT));
    uint64_t k = limited(regs, full, GET(cmd, MATMUL, K), GET(cmd, MATMUL, K_LIMIT));
    uint32_t channels = 5 * config->stream_bytes / trits[GET(cmd, MATMUL, PRECISION)];
    int scales = (int)GET(cmd, MATMUL, COLUMN_SCALES), stop = 0;
    uint64_t address = GET(cmd, MATMUL, DRAM_OFFSET) + regs->g[GET(cmd, MATMUL, BASE_REG)];
    if (GET(cmd, MATMUL, ROW_ENABLE))
        address += regs->row[GET(cmd, MATMUL, ROW_BANK)][GET(cmd, MATMUL, ROW_FIRST)];
    if (!scales)
        stop = give(w, SP, 0, 0, GET(cmd, MATMUL, CSCALE_BASE), 1);
    for (uint64_t r = 0; r < rows && !stop; r++)
        stop = give(w, SP, 0, 0, GET(cmd, MATMUL, RSCALE_BASE) + r * GET(cmd, MATMUL, RSCALE_ROW_STRIDE), 1) ||
               give(w, SP, 0, 0, GET(cmd, MATMUL, ACT_BASE) + r * GET(cmd, MATMUL, ACT_ROW_STRIDE), (k + 3) / 4) ||
               give(w, SP, 1, 0, GET(cmd, MATMUL, DST_BASE) + r * GET(cmd, MATMUL, DST_ROW_STRIDE), n);
    for (uint64_t first = 0; rows && first < n && !stop; first += channels, address += GET(cmd, MATMUL, TILE_STRIDE))
        stop = give(w, DRAM, 0, 0, address, k * config->stream_bytes + (scales ? 4u * channels : 0));
    return stop;
}

struct place {
    uint64_t base, row, group;
};

static uint64_t place_at(const struct place *p, uint64_t r, uint64_t g)
{
    return p->base + r * p->row + g * p->group;
}

static int same_place(const struct place *p, const struct place *q)
{
    return p->base == q->base && p->row == q->row && p->group == q->group;
}

static int vector(struct walk *w, const struct quin_cmd *cmd, const struct regs *regs, int full)
{
    const struct place operand[3] = {{GET(cmd, VECTOR, A_BASE), GET(cmd, VECTOR, A_ROW), GET(cmd, VECTOR, A_GROUP)},
                                     {GET(cmd, VECTOR, B_BASE), GET(cmd, VECTOR, B_ROW), GET(cmd, VECTOR, B_GROUP)},
                                     {GET(cmd, VECTOR, C_BASE), GET(cmd, VECTOR, C_ROW), GET(cmd, VECTOR, C_GROUP)}};
    const struct place dst = {GET(cmd, VECTOR, DST_BASE), GET(cmd, VECTOR, DST_ROW), GET(cmd, VECTOR, DST_GROUP)};
    const struct place red = {GET(cmd, VECTOR, RED_BASE), GET(cmd, VECTOR, RED_ROW), GET(cmd, VECTOR, RED_GROUP)};
    const uint64_t mode[3] = {GET(cmd, VECTOR, A_MODE), GET(cmd, VECTOR, B_MODE), GET(cmd, VECTOR, C_MODE)};
    const uint64_t used[3] = {1, GET(cmd, VECTOR, OP1), GET(cmd, VECTOR, OP2)};
    static const uint8_t bytes[8] = {[QUIN_FORMAT_F32] = 4, [QUIN_FORMAT_INT8] = 1, [QUIN_FORMAT_INT8_LOW] = 1,
                                     [QUIN_FORMAT_CODE5] = 1, [QUIN_FORMAT_CODE10] = 2};
    uint64_t rows = limited(regs, full, GET(cmd, ANY, ROWS), GET(cmd, ANY, ROWS_LIMIT));
    uint64_t n = limited(regs, full, GET(cmd, VECTOR, N), GET(cmd, VECTOR, N_LIMIT));
    uint64_t format = GET(cmd, VECTOR, FORMAT), reduce = GET(cmd, VECTOR, REDUCE);
    int stop = 0;
    for (uint64_t r = 0; r < rows && !stop; r++)
        for (uint64_t g = 0; g < GET(cmd, VECTOR, GROUPS) && !stop; g++) {
            for (int i = 0; i < 3 && !stop; i++)
                if (used[i] && mode[i] < QUIN_OPERAND_IMM)
                    stop = give(w, SP, 0, mode[i] == QUIN_OPERAND_VECTOR && format == QUIN_FORMAT_F32 &&
                                          same_place(&operand[i], &dst),
                                place_at(&operand[i], r, g), mode[i] == QUIN_OPERAND_VECTOR ? n : 1);
            stop = stop || (format && give(w, SP, 1, 0, place_at(&dst, r, g), (n * bytes[format] + 3) / 4)) ||
                   (reduce && give(w, SP, 1, 0, place_at(&red, r, g), reduce == QUIN_REDUCE_ARGMAX ? 2 : 1));
        }
    return stop;
}

int command_ranges(const struct quin_config *config, const struct quin_cmd *cmd, const struct regs *regs, int full,
                   range_fn *fn, void *user)
{
    struct walk w = {fn, user, 0};
    switch (GET(cmd, ANY, OPCODE)) {
    case QUIN_OP_LOAD:
    case QUIN_OP_STORE:
        return move(&w, cmd, regs, full);
    case QUIN_OP_MATMUL:
        return matmul(&w, config, cmd, regs, full);
    case QUIN_OP_VECTOR:
        return vector(&w, cmd, regs, full);
    default:
        return 0;
    }
}
