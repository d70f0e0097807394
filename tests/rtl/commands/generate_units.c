/* SPDX-License-Identifier: Apache-2.0
 *
 * Random LOAD, STORE, MATMUL and VECTOR commands that docs/commands.md allows: fields are drawn with the shapes that are
 * interesting, then command_ranges says whether everything lies inside and nothing that is written is touched twice.
 */
#include "bench.h"

#include <string.h>

enum { TRIES = 60 };

/* ---- is the command well formed? ---- */

struct touch {
    const struct gen *g;
    int64_t lo, hi; /* what loops add to the DRAM address */
    uint32_t mark;
};

static uint32_t marks;
static uint32_t sp_write[1 << 20], dram_write[DRAM_BYTES], sp_read[1 << 20], dram_read[DRAM_BYTES];

static int touch(void *user, const struct range *range)
{
    const struct touch *t = user;
    uint32_t *write = range->space ? sp_write : dram_write, *read = range->space ? sp_read : dram_read;
    if (range->space) {
        uint64_t words = t->g->b->config.scratchpad_words;
        if (range->base > words || range->size > words - range->base)
            return 1;
    } else {
        int64_t first = (int64_t)range->base + t->lo, last = (int64_t)(range->base + range->size) + t->hi;
        if (range->base >= DATA_END || first < DATA_AT || last > DATA_END)
            return 1;
    }
    for (uint64_t i = range->base; i < range->base + range->size; i++) {
        if (write[i] == t->mark || (range->write && read[i] == t->mark))
            return 1;
        if (range->write)
            write[i] = t->mark;
        else if (!range->in_place)
            read[i] = t->mark;
    }
    return 0;
}

/* In-place operands come before the destination, so only other rows and groups can meet their words. */
static int well_formed(const struct gen *g, const struct quin_cmd *cmd, uint32_t base_reg)
{
    int64_t slack = g->slack[base_reg];
    struct touch t = {g, slack < 0 ? slack : 0, slack > 0 ? slack : 0, ++marks};
    return !command_ranges(&g->b->config, cmd, &g->regs, 1, touch, &t);
}

/* ---- pieces ---- */

static uint32_t limit_reg(struct gen *g, uint32_t percent)
{
    return rng_percent(g->r, percent) ? G_LIMIT + rng_below(g->r, 5) : 0;
}

static uint32_t address_reg(struct gen *g)
{
    return rng_percent(g->r, 45) ? G_ADDRESS + rng_below(g->r, 8) : 0;
}

/* A word of the scratchpad, a multiple of `align`, where earlier results stand or anywhere. */
static uint32_t any_word(struct gen *g, uint32_t align)
{
    uint32_t words = g->b->config.scratchpad_words, at = rng_below(g->r, words);
    if (rng_percent(g->r, 50))
        at = g->recent[rng_below(g->r, 8)];
    if (rng_percent(g->r, 3))
        at = words - align;
    return at / align * align;
}

static void remember(struct gen *g, uint64_t word)
{
    g->recent[rng_below(g->r, 8)] = (uint32_t)word;
}

/* The offset field that puts an address at `want`; 0 if the field cannot. */
static int offset_for(const struct gen *g, uint64_t want, uint32_t reg, uint64_t row, uint64_t *offset)
{
    *offset = want - g->regs.g[reg] - row;
    return *offset < UINT64_C(1) << 40;
}

static uint32_t any_data(struct gen *g, uint32_t align)
{
    uint32_t at = DATA_AT + rng_below(g->r, DATA_END - DATA_AT);
    if (rng_percent(g->r, 5))
        at = DATA_AT;
    if (rng_percent(g->r, 15)) /* the end of a page is near */
        at = at / 4096 * 4096 + 4096 - rng_below(g->r, 64);
    return at / align * align;
}

static uint32_t any_stride(struct gen *g, uint32_t least, uint32_t align)
{
    uint32_t more = rng_percent(g->r, 50) ? 0 : rng_small(g->r, 8) * align;
    return (least + align - 1) / align * align + more;
}

static uint32_t row_limit(const struct gen *g)
{
    return g->b->options->row_limit;
}

/* ---- LOAD, STORE ---- */

/* Strides that keep the parts apart: dimensions in any order, each a little more than what is inside. */
static void nest(struct gen *g, uint32_t unit, uint32_t align, const uint32_t count[3], uint64_t stride[3])
{
    uint32_t order[3] = {0, 1, 2};
    uint64_t extent = unit;
    for (uint32_t i = 2; i; i--) {
        uint32_t j = rng_below(g->r, i + 1), keep = order[i];
        order[i] = order[j];
        order[j] = keep;
    }
    for (uint32_t i = 0; i < 3; i++) {
        stride[order[i]] = any_stride(g, (uint32_t)extent, align);
        extent += stride[order[i]] * (count[order[i]] ? count[order[i]] - 1 : 0);
    }
}

static void move_shape(struct gen *g, struct quin_cmd *cmd, int load, uint32_t shrink)
{
    struct rng *r = g->r;
    uint32_t element = rng_below(r, 3), size = 1u << element, rare = rng_percent(r, 12);
    uint32_t n = rare ? rng_below(r, 700 >> shrink / 16) : rng_small(r, 70 >> shrink / 16), rows = rng_percent(r, 50) ? 1 : rng_small(r, 10);
    uint32_t groups = rng_percent(r, 50) ? 1 : rng_small(r, 6), inner;
    uint64_t dram[3], sp[3];
    switch (rng_below(r, 5)) {
    case 0: inner = 1; break;
    case 1: inner = rng_range(r, 1, 8); break;
    case 2: inner = n + rng_below(r, 3) + 1; break;
    default: inner = n ? n : 1; break;
    }
    PUT(cmd, ANY, ROWS, rows);
    PUT(cmd, ANY, ROWS_LIMIT, limit_reg(g, 20));
    PUT(cmd, MOVE, GROUPS, groups);
    PUT(cmd, MOVE, N, n);
    PUT(cmd, MOVE, N_LIMIT, limit_reg(g, 20));
    PUT(cmd, MOVE, ELEMENT, element);
    PUT(cmd, MOVE, INNER, inner);
    nest(g, (inner < n ? inner : n) * size, size, (const uint32_t[3]){rows, groups, (n + inner - 1) / inner}, dram);
    nest(g, (n * size + 3) / 4, 1, (const uint32_t[3]){rows, groups, 1}, sp);
    if (load && rng_percent(r, 20)) /* a source may lie over itself */
        dram[rng_below(r, 3)] = rng_below(r, 64) * size;
    if (!load && rng_percent(r, 20))
        sp[rng_below(r, 2)] = rng_below(r, 64);
    PUT(cmd, MOVE, DRAM_ROW_STRIDE, dram[0]);
    PUT(cmd, MOVE, DRAM_GROUP_STRIDE, dram[1]);
    PUT(cmd, MOVE, DRAM_OUTER_STRIDE, dram[2]);
    PUT(cmd, MOVE, SP_ROW_STRIDE, sp[0]);
    PUT(cmd, MOVE, SP_GROUP_STRIDE, sp[1]);
}

static int move_place(struct gen *g, struct quin_cmd *cmd, int load)
{
    struct rng *r = g->r;
    uint32_t rows = (uint32_t)GET(cmd, ANY, ROWS), base = address_reg(g);
    uint64_t row = 0, offset;
    PUT(cmd, MOVE, ROW_BANK, rng_below(r, load ? 12 : 6));
    PUT(cmd, MOVE, ROW_FIRST, rng_below(r, QUIN_ROW_REGS));
    PUT(cmd, MOVE, ROW_ENABLE, 0);
    if (rng_percent(r, 35) && rows <= row_limit(g)) {
        uint32_t first = rng_below(r, row_limit(g) - rows + 1);
        if (first < QUIN_ROW_REGS) {
            PUT(cmd, MOVE, ROW_ENABLE, 1);
            PUT(cmd, MOVE, ROW_FIRST, first);
            row = g->regs.row[GET(cmd, MOVE, ROW_BANK)][first];
            if (rng_percent(r, 50))
                PUT(cmd, MOVE, DRAM_ROW_STRIDE, 0);
        }
    }
    if (!offset_for(g, any_data(g, 1u << GET(cmd, MOVE, ELEMENT)), base, row, &offset))
        return 0;
    PUT(cmd, MOVE, BASE_REG, base);
    PUT(cmd, MOVE, DRAM_OFFSET, offset);
    PUT(cmd, MOVE, SP_BASE, any_word(g, 1));
    return well_formed(g, cmd, base);
}

void generate_move(struct gen *g)
{
    enum quin_op op = rng_percent(g->r, 50) ? QUIN_OP_LOAD : QUIN_OP_STORE;
    struct quin_cmd *cmd = generate_command(g, op), drawn;
    for (uint32_t i = 0; i < TRIES; i++) {
        drawn = *cmd;
        move_shape(g, &drawn, op == QUIN_OP_LOAD, i);
        if (!move_place(g, &drawn, op == QUIN_OP_LOAD))
            continue;
        *cmd = drawn;
        if (op == QUIN_OP_LOAD)
            remember(g, GET(cmd, MOVE, SP_BASE));
        return;
    }
    PUT(cmd, MOVE, INNER, 1); /* of no rows */
}

/* The whole scratchpad, in a few rows: what it held before does not matter. */
void generate_load_all(struct gen *g)
{
    uint32_t words = g->b->config.scratchpad_words, rows = 1u << rng_below(g->r, 3), element = rng_below(g->r, 3);
    struct quin_cmd *cmd = generate_command(g, QUIN_OP_LOAD);
    g->p->fixed[g->p->length - 1] = 1;
    PUT(cmd, ANY, ROWS, rows);
    PUT(cmd, MOVE, GROUPS, 1);
    PUT(cmd, MOVE, ELEMENT, element);
    PUT(cmd, MOVE, N, words / rows * 4 >> element);
    PUT(cmd, MOVE, INNER, words / rows * 4 >> element);
    PUT(cmd, MOVE, DRAM_OFFSET, DATA_AT + 4 * rng_below(g->r, (DATA_END - DATA_AT) / 4 - words));
    PUT(cmd, MOVE, DRAM_ROW_STRIDE, words / rows * 4);
    PUT(cmd, MOVE, SP_ROW_STRIDE, words / rows);
}

/* ---- MATMUL ---- */

static void matmul_shape(struct gen *g, struct quin_cmd *cmd, uint32_t shrink)
{
    struct rng *r = g->r;
    const struct quin_config *c = &g->b->config;
    uint32_t precision = rng_below(r, 3), scales = rng_percent(r, 40);
    uint32_t rows = rng_percent(r, 5) ? 0 : rng_range(r, 1, c->rows);
    uint32_t k = 1 + (rng_percent(r, 12) ? rng_below(r, 1500 >> shrink / 8) : rng_small(r, 120));
    uint32_t tile = 5 * c->stream_bytes / (precision == QUIN_PRECISION_D1 ? 1 : precision == QUIN_PRECISION_D5 ? 5 : 10);
    uint32_t n = rng_percent(r, 3) ? 0 : rng_small(r, tile * (rng_percent(r, 20) ? 9 : 3)) + rng_below(r, 2);
    if (rng_percent(r, 20))
        n = tile * rng_below(r, 4);
    if (!shrink && rng_percent(r, 1)) { /* the longest sums */
        k = 1u << (c->carry_bits - 1);
        rows = 1;
        n = 1 + rng_below(r, tile);
    }
    uint32_t bytes = k * c->stream_bytes + (scales ? 4 * tile : 0);
    PUT(cmd, ANY, ROWS, rows);
    PUT(cmd, ANY, ROWS_LIMIT, limit_reg(g, 20));
    PUT(cmd, MATMUL, PRECISION, precision);
    PUT(cmd, MATMUL, COLUMN_SCALES, scales);
    PUT(cmd, MATMUL, PREFETCH, rng_percent(r, 50));
    PUT(cmd, MATMUL, K, k);
    PUT(cmd, MATMUL, K_LIMIT, rng_percent(r, 20) ? G_LIMIT_K + rng_below(r, 2) : 0);
    PUT(cmd, MATMUL, N, n);
    PUT(cmd, MATMUL, N_LIMIT, limit_reg(g, 20));
    PUT(cmd, MATMUL, TILE_STRIDE, rng_percent(r, 10) ? rng_below(r, 9) * c->stream_bytes : any_stride(g, bytes, c->stream_bytes));
    PUT(cmd, MATMUL, ACT_ROW_STRIDE, rng_percent(r, 10) ? 16 * rng_below(r, 4) : any_stride(g, (k + 3) / 4, 16));
    PUT(cmd, MATMUL, DST_ROW_STRIDE, any_stride(g, n, 16));
    PUT(cmd, MATMUL, RSCALE_ROW_STRIDE, rng_below(r, 20));
}

static int matmul_place(struct gen *g, struct quin_cmd *cmd)
{
    struct rng *r = g->r;
    uint32_t base = address_reg(g), word = any_word(g, 1);
    uint64_t row = 0, offset;
    PUT(cmd, MATMUL, ROW_BANK, rng_below(r, QUIN_ROW_BANKS));
    PUT(cmd, MATMUL, ROW_FIRST, rng_below(r, QUIN_ROW_REGS));
    PUT(cmd, MATMUL, ROW_ENABLE, 0);
    if (rng_percent(r, 35)) {
        PUT(cmd, MATMUL, ROW_ENABLE, 1);
        PUT(cmd, MATMUL, ROW_BANK, rng_below(r, 12));
        PUT(cmd, MATMUL, ROW_FIRST, rng_below(r, row_limit(g) < QUIN_ROW_REGS ? row_limit(g) : QUIN_ROW_REGS));
        row = g->regs.row[GET(cmd, MATMUL, ROW_BANK)][GET(cmd, MATMUL, ROW_FIRST)];
    }
    if (!offset_for(g, any_data(g, g->b->config.stream_bytes), base, row, &offset))
        return 0;
    PUT(cmd, MATMUL, BASE_REG, base);
    PUT(cmd, MATMUL, DRAM_OFFSET, offset);
    PUT(cmd, MATMUL, ACT_BASE, any_word(g, 16));
    PUT(cmd, MATMUL, DST_BASE, any_word(g, 16));
    PUT(cmd, MATMUL, RSCALE_BASE, any_word(g, 1));
    PUT(cmd, MATMUL, CSCALE_BASE, GET(cmd, MATMUL, COLUMN_SCALES) ? rng_below(r, 1 << 20) : word);
    return well_formed(g, cmd, base);
}

void generate_matmul(struct gen *g)
{
    struct quin_cmd *cmd = generate_command(g, QUIN_OP_MATMUL), drawn;
    for (uint32_t i = 0; i < TRIES; i++) {
        drawn = *cmd;
        matmul_shape(g, &drawn, i);
        if (!matmul_place(g, &drawn))
            continue;
        *cmd = drawn;
        remember(g, GET(cmd, MATMUL, DST_BASE));
        return;
    }
    PUT(cmd, MATMUL, K, 1); /* of no rows */
}

/* ---- VECTOR ---- */

struct operand_fields {
    enum quin_field base, row, group, mode;
};
static const struct operand_fields operands[3] = {
    {QUIN_F_VECTOR_A_BASE, QUIN_F_VECTOR_A_ROW, QUIN_F_VECTOR_A_GROUP, QUIN_F_VECTOR_A_MODE},
    {QUIN_F_VECTOR_B_BASE, QUIN_F_VECTOR_B_ROW, QUIN_F_VECTOR_B_GROUP, QUIN_F_VECTOR_B_MODE},
    {QUIN_F_VECTOR_C_BASE, QUIN_F_VECTOR_C_ROW, QUIN_F_VECTOR_C_GROUP, QUIN_F_VECTOR_C_MODE},
};

static void put_place(struct quin_cmd *cmd, const struct operand_fields *f, uint32_t base, uint64_t row, uint64_t group)
{
    put_field(cmd, f->base, base, "base");
    put_field(cmd, f->row, row, "row");
    put_field(cmd, f->group, group, "group");
}

static void vector_operand(struct gen *g, struct quin_cmd *cmd, int i, uint32_t n, int used, const uint32_t count[3])
{
    struct rng *r = g->r;
    uint32_t mode = rng_percent(r, 60) ? QUIN_OPERAND_VECTOR : 1 + rng_below(r, 2);
    uint64_t stride[3];
    put_field(cmd, operands[i].mode, mode, "mode");
    if (!used || mode == QUIN_OPERAND_IMM) {
        put_place(cmd, &operands[i], rng_below(r, 1 << 20), rng_below(r, 1 << 20), rng_below(r, 1 << 20));
    } else if (mode == QUIN_OPERAND_SCALAR) {
        put_place(cmd, &operands[i], any_word(g, 1), rng_below(r, 40), rng_below(r, 40));
    } else {
        nest(g, n, 16, count, stride);
        if (rng_percent(r, 25))
            stride[rng_below(r, 2)] = 16 * rng_below(r, 3);
        put_place(cmd, &operands[i], any_word(g, 16), stride[0], stride[1]);
    }
}

static void vector_results(struct gen *g, struct quin_cmd *cmd, uint32_t n, const uint32_t count[3])
{
    static const uint8_t bytes[8] = {0, 4, 1, 1, 1, 2};
    struct rng *r = g->r;
    uint32_t format = rng_percent(r, 40) ? QUIN_FORMAT_F32 : rng_below(r, 6), reduce = rng_percent(r, 50) ? 0 : rng_below(r, 5);
    uint64_t stride[3];
    PUT(cmd, VECTOR, FORMAT, format);
    PUT(cmd, VECTOR, REDUCE, reduce);
    nest(g, (n * bytes[format] + 3) / 4, 16, count, stride);
    PUT(cmd, VECTOR, DST_BASE, format ? any_word(g, 16) : rng_below(r, 1 << 20));
    PUT(cmd, VECTOR, DST_ROW, format ? stride[0] : rng_below(r, 1 << 20));
    PUT(cmd, VECTOR, DST_GROUP, format ? stride[1] : rng_below(r, 1 << 20));
    nest(g, reduce == QUIN_REDUCE_ARGMAX ? 2 : 1, 1, count, stride);
    PUT(cmd, VECTOR, RED_BASE, reduce ? any_word(g, 1) : rng_below(r, 1 << 20));
    PUT(cmd, VECTOR, RED_ROW, reduce ? stride[0] : rng_below(r, 1 << 20));
    PUT(cmd, VECTOR, RED_GROUP, reduce ? stride[1] : rng_below(r, 1 << 20));
    int i = (int)rng_below(r, 3);
    if (format == QUIN_FORMAT_F32 && rng_percent(r, 30)) { /* in place */
        put_field(cmd, operands[i].mode, QUIN_OPERAND_VECTOR, "mode");
        put_place(cmd, &operands[i], (uint32_t)GET(cmd, VECTOR, DST_BASE), GET(cmd, VECTOR, DST_ROW),
                  GET(cmd, VECTOR, DST_GROUP));
    }
}

static void vector_mask(struct gen *g, struct quin_cmd *cmd, uint32_t rows)
{
    struct rng *r = g->r;
    PUT(cmd, VECTOR, MASK, 0);
    PUT(cmd, VECTOR, MASK_BANK, rng_below(r, QUIN_ROW_BANKS));
    PUT(cmd, VECTOR, MASK_REG, rng_percent(r, 50) ? 0 : rng_below(r, QUIN_GREGS));
    PUT(cmd, VECTOR, ROW_FIRST, rng_below(r, QUIN_ROW_REGS));
    if (rng_percent(r, 65) || rows > row_limit(g))
        return;
    uint32_t first = rng_below(r, row_limit(g) - rows + 1);
    if (first >= QUIN_ROW_REGS)
        return;
    PUT(cmd, VECTOR, MASK, 1);
    PUT(cmd, VECTOR, ROW_FIRST, first);
    if (rng_percent(r, 80))
        PUT(cmd, VECTOR, MASK_BANK, 12 + rng_below(r, 4));
    if (rng_percent(r, 60))
        PUT(cmd, VECTOR, MASK_REG, rng_percent(r, 50) ? 0 : G_LIMIT + rng_below(r, 5));
}

static uint32_t any_float(struct gen *g)
{
    static const uint32_t often[] = {0x3f800000, 0xbf800000, 0x3fb8aa3b, 0x42fe0000, 0x00000000, 0x80000000, 0x7f800000, 0x7fc12345,
                                     0x00400000, 0x3c800000, 0x4b000000};
    uint32_t x = rng_next(g->r);
    if (rng_percent(g->r, 30))
        return often[rng_below(g->r, sizeof often / sizeof often[0])];
    return rng_percent(g->r, 70) ? (x & 0x807fffff) | (rng_range(g->r, 120, 134) << 23) : x;
}

static int vector_draw(struct gen *g, struct quin_cmd *cmd, uint32_t shrink)
{
    struct rng *r = g->r;
    uint32_t n = (rng_percent(r, 15) ? rng_below(r, 500 >> shrink / 16) : rng_small(r, 90)) + rng_below(r, 2);
    uint32_t rows = rng_percent(r, 40) ? 1 : rng_small(r, 9), groups = rng_percent(r, 50) ? 1 : rng_small(r, 5);
    const uint32_t count[3] = {rows, groups, 1};
    uint32_t op1 = rng_percent(r, 30) ? 0 : rng_below(r, 5), op2 = rng_percent(r, 40) ? 0 : rng_below(r, 5);
    if (rng_percent(r, 15))
        n = 16 * rng_below(r, 5);
    PUT(cmd, ANY, ROWS, rows);
    PUT(cmd, ANY, ROWS_LIMIT, limit_reg(g, 20));
    PUT(cmd, VECTOR, GROUPS, groups);
    PUT(cmd, VECTOR, N, n);
    PUT(cmd, VECTOR, N_LIMIT, limit_reg(g, 20));
    PUT(cmd, VECTOR, OP1, op1);
    PUT(cmd, VECTOR, OP2, op2);
    PUT(cmd, VECTOR, FUNC, rng_percent(r, 50) ? 0 : rng_below(r, 5));
    PUT(cmd, VECTOR, IMM1, any_float(g));
    PUT(cmd, VECTOR, IMM2, any_float(g));
    vector_operand(g, cmd, 0, n, 1, count);
    vector_operand(g, cmd, 1, n, op1 != 0, count);
    vector_operand(g, cmd, 2, n, op2 != 0, count);
    if (rng_percent(r, 10)) /* the same words twice */
        put_place(cmd, &operands[1 + rng_below(r, 2)], (uint32_t)GET(cmd, VECTOR, A_BASE), GET(cmd, VECTOR, A_ROW),
                  GET(cmd, VECTOR, A_GROUP));
    vector_results(g, cmd, n, count);
    vector_mask(g, cmd, rows);
    for (int i = 0; i < 3; i++) /* the same words twice may have given a vector an odd place */
        if (quin_cmd_get(cmd, operands[i].mode) == QUIN_OPERAND_VECTOR && (i == 0 || (i == 1 ? op1 : op2)) &&
            (quin_cmd_get(cmd, operands[i].base) | quin_cmd_get(cmd, operands[i].row) | quin_cmd_get(cmd, operands[i].group)) % 16)
            return 0;
    return well_formed(g, cmd, 0);
}

void generate_vector(struct gen *g)
{
    struct quin_cmd *cmd = generate_command(g, QUIN_OP_VECTOR), drawn;
    for (uint32_t i = 0; i < TRIES; i++) {
        drawn = *cmd;
        if (!vector_draw(g, &drawn, i))
            continue;
        *cmd = drawn;
        if (GET(cmd, VECTOR, FORMAT))
            remember(g, GET(cmd, VECTOR, DST_BASE));
        return;
    }
}
