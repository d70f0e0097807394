/* SPDX-License-Identifier: Apache-2.0
 *
 * Program builder. For each unit it keeps the scratchpad ranges of the newest commands; a command that conflicts with
 * the n-th newest command of a unit gets AFTER = n, which lets the newer ones still run beside it.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

enum { UNITS = 3, KEPT = 32, RANGES = 8, AFTER_MAX = 7 };

struct range {
    uint32_t base, end; /* words; the KV cache is the one word beyond the scratchpad's address space */
    int write;
};

struct access {
    struct range range[RANGES];
    uint32_t count;
};

struct quin_program {
    struct quin_cmd *cmd;
    uint32_t count, capacity;
    struct access kept[UNITS][KEPT]; /* by issue number modulo KEPT */
    uint32_t issued[UNITS];
    struct quin_mark *mark;
    uint32_t marks, mark_capacity;
    int fence[UNITS]; /* the next command of this unit waits for all */
    enum quin_err error;
    struct quin_msg msg;
};

static const struct range kv_cache = {1u << 20, (1u << 20) + 1, 0};

struct quin_program *quin_program_create(void)
{
    return calloc(1, sizeof(struct quin_program));
}

void quin_program_free(struct quin_program *p)
{
    if (!p)
        return;
    free(p->cmd);
    free(p->mark);
    free(p);
}

static void no_memory(struct quin_program *p)
{
    if (!p->error)
        p->error = quin_msg_set(&p->msg, QUIN_ERR_MEMORY, "no memory for a program of more than %u commands", p->count);
}

static void put(struct quin_program *p, struct quin_cmd *cmd, enum quin_field field, uint64_t value)
{
    if (!quin_cmd_set(cmd, field, value) && !p->error)
        p->error = quin_msg_set(&p->msg, QUIN_ERR_RANGE,
                                "command %u: %llu does not fit the %u-bit field at bit %u; the model is too large for "
                                "one command", p->count, (unsigned long long)value, (unsigned)field & 255,
                                (unsigned)field >> 8);
}

static void append(struct quin_program *p, const struct quin_cmd *cmd)
{
    if (p->count == p->capacity) {
        uint32_t capacity = p->capacity ? 2 * p->capacity : 256;
        struct quin_cmd *grown = realloc(p->cmd, capacity * sizeof *grown);
        if (!grown) {
            no_memory(p);
            return;
        }
        p->cmd = grown;
        p->capacity = capacity;
    }
    p->cmd[p->count++] = *cmd;
}

/* Notes the words a view spans: rows x groups x words. */
static void touch(struct access *a, const struct quin_view *v, uint32_t rows, uint32_t groups, uint32_t words, int write)
{
    if (!rows || !groups || !words)
        return;
    a->range[a->count++] =
        (struct range){v->base, v->base + (rows - 1) * v->row + (groups - 1) * v->group + words, write};
}

static int conflict(const struct access *a, const struct access *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        for (uint32_t j = 0; j < b->count; j++)
            if ((a->range[i].write || b->range[j].write) && a->range[i].base < b->range[j].end &&
                b->range[j].base < a->range[i].end)
                return 1;
    return 0;
}

/* Sets the AFTER fields, appends the command and remembers what it touches. */
static void issue(struct quin_program *p, uint32_t unit, struct quin_cmd *cmd, const struct access *a)
{
    static const enum quin_field after[UNITS] = {QUIN_F_ANY_AFTER_DMA, QUIN_F_ANY_AFTER_ARRAY,
                                                 QUIN_F_ANY_AFTER_VECTOR};
    for (uint32_t u = 0; u < UNITS; u++) {
        uint32_t wait = 0, newest = p->issued[u];
        if (u == unit)
            continue;
        for (uint32_t back = 1; back <= newest && back <= KEPT && !wait; back++)
            if (conflict(a, &p->kept[u][(newest - back) % KEPT]))
                wait = back < AFTER_MAX ? back : AFTER_MAX;
        if (newest > KEPT && !wait)
            wait = AFTER_MAX; /* older commands are forgotten: wait for them, which has long come true */
        put(p, cmd, after[u], p->fence[unit] ? 1 : wait);
    }
    p->fence[unit] = 0;
    p->kept[unit][p->issued[unit]++ % KEPT] = *a;
    append(p, cmd);
}

/* BASE, ROW and GROUP of a view are neighbours of 20 bits. The stride of a single group is not used, and 0. */
static void put_view(struct quin_program *p, struct quin_cmd *cmd, enum quin_field base, const struct quin_view *v,
                     uint32_t groups)
{
    put(p, cmd, base, v->base);
    put(p, cmd, (enum quin_field)(base + (20 << 8)), v->row);
    put(p, cmd, (enum quin_field)(base + (40 << 8)), groups > 1 ? v->group : 0);
}

static void put_operand(struct quin_program *p, struct quin_cmd *cmd, enum quin_field base,
                        const struct quin_operand *o, uint32_t groups)
{
    put(p, cmd, (enum quin_field)((unsigned)(base + (60 << 8)) - 18), o->mode); /* MODE: 2 bits after GROUP */
    if (o->mode != QUIN_OPERAND_IMM)
        put_view(p, cmd, base, &o->view, groups);
}

static uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void touch_operand(struct access *a, const struct quin_vector_args *v, const struct quin_operand *o)
{
    if (o->mode != QUIN_OPERAND_IMM)
        touch(a, &o->view, v->rows.n, v->groups, o->mode == QUIN_OPERAND_VECTOR ? v->n.n : 1, 0);
}

static uint32_t format_words(uint32_t format, uint32_t n)
{
    return format == QUIN_FORMAT_F32 ? n : format == QUIN_FORMAT_CODE10 ? (n + 1) / 2 : format ? (n + 3) / 4 : 0;
}

void quin_program_vector(struct quin_program *p, const struct quin_vector_args *v)
{
    struct quin_cmd cmd = {{0}};
    struct access a = {.count = 0};
    put(p, &cmd, QUIN_F_ANY_OPCODE, QUIN_OP_VECTOR);
    put(p, &cmd, QUIN_F_ANY_ROWS, v->rows.n);
    put(p, &cmd, QUIN_F_ANY_ROWS_LIMIT, v->rows.limit);
    put(p, &cmd, QUIN_F_VECTOR_GROUPS, v->groups);
    put(p, &cmd, QUIN_F_VECTOR_N, v->n.n);
    put(p, &cmd, QUIN_F_VECTOR_N_LIMIT, v->n.limit);
    put(p, &cmd, QUIN_F_VECTOR_OP1, v->op1);
    put(p, &cmd, QUIN_F_VECTOR_OP2, v->op2);
    put(p, &cmd, QUIN_F_VECTOR_FUNC, v->func);
    put(p, &cmd, QUIN_F_VECTOR_REDUCE, v->reduce);
    put(p, &cmd, QUIN_F_VECTOR_FORMAT, v->format);
    if (v->mask_bank >= 0) {
        put(p, &cmd, QUIN_F_VECTOR_MASK, 1);
        put(p, &cmd, QUIN_F_VECTOR_MASK_BANK, (uint64_t)v->mask_bank);
        put(p, &cmd, QUIN_F_VECTOR_MASK_REG, v->mask_reg);
        put(p, &cmd, QUIN_F_VECTOR_ROW_FIRST, v->row_first);
    }
    put(p, &cmd, QUIN_F_VECTOR_IMM1, float_bits(v->a.mode == QUIN_OPERAND_IMM ? v->a.imm : v->b.imm));
    put(p, &cmd, QUIN_F_VECTOR_IMM2, float_bits(v->c.imm));
    put_operand(p, &cmd, QUIN_F_VECTOR_A_BASE, &v->a, v->groups);
    touch_operand(&a, v, &v->a);
    if (v->op1) {
        put_operand(p, &cmd, QUIN_F_VECTOR_B_BASE, &v->b, v->groups);
        touch_operand(&a, v, &v->b);
    }
    if (v->op2) {
        put_operand(p, &cmd, QUIN_F_VECTOR_C_BASE, &v->c, v->groups);
        touch_operand(&a, v, &v->c);
    }
    if (v->format) {
        put_view(p, &cmd, QUIN_F_VECTOR_DST_BASE, &v->dst, v->groups);
        touch(&a, &v->dst, v->rows.n, v->groups, format_words(v->format, v->n.n), 1);
    }
    if (v->reduce) {
        put_view(p, &cmd, QUIN_F_VECTOR_RED_BASE, &v->red, v->groups);
        touch(&a, &v->red, v->rows.n, v->groups, v->reduce == QUIN_REDUCE_ARGMAX ? 2 : 1, 1);
    }
    issue(p, QUIN_UNIT_VECTOR, &cmd, &a);
}

void quin_program_move(struct quin_program *p, const struct quin_move_args *m)
{
    struct quin_cmd cmd = {{0}};
    struct access a = {.count = 0};
    put(p, &cmd, QUIN_F_ANY_OPCODE, m->store ? QUIN_OP_STORE : QUIN_OP_LOAD);
    put(p, &cmd, QUIN_F_ANY_ROWS, m->rows.n);
    put(p, &cmd, QUIN_F_ANY_ROWS_LIMIT, m->rows.limit);
    put(p, &cmd, QUIN_F_MOVE_GROUPS, m->groups);
    put(p, &cmd, QUIN_F_MOVE_N, m->n.n);
    put(p, &cmd, QUIN_F_MOVE_N_LIMIT, m->n.limit);
    put(p, &cmd, QUIN_F_MOVE_BASE_REG, m->dram.reg);
    put(p, &cmd, QUIN_F_MOVE_DRAM_OFFSET, m->dram.offset);
    if (m->dram.row_bank >= 0) {
        put(p, &cmd, QUIN_F_MOVE_ROW_ENABLE, 1);
        put(p, &cmd, QUIN_F_MOVE_ROW_BANK, (uint64_t)m->dram.row_bank);
        put(p, &cmd, QUIN_F_MOVE_ROW_FIRST, m->dram.row_first);
    }
    put(p, &cmd, QUIN_F_MOVE_ELEMENT, m->element);
    put(p, &cmd, QUIN_F_MOVE_INNER, m->inner);
    put(p, &cmd, QUIN_F_MOVE_DRAM_OUTER_STRIDE, m->outer_stride);
    put(p, &cmd, QUIN_F_MOVE_DRAM_ROW_STRIDE, m->row_stride);
    put(p, &cmd, QUIN_F_MOVE_DRAM_GROUP_STRIDE, m->group_stride);
    put_view(p, &cmd, QUIN_F_MOVE_SP_BASE, &m->sp, m->groups);
    touch(&a, &m->sp, m->rows.n, m->groups, ((m->n.n << m->element) + 3) / 4, !m->store);
    if (m->kv) {
        a.range[a.count] = kv_cache;
        a.range[a.count++].write = m->store;
    }
    issue(p, QUIN_UNIT_DMA, &cmd, &a);
}

void quin_program_matmul(struct quin_program *p, const struct quin_matmul_args *m)
{
    struct quin_cmd cmd = {{0}};
    struct access a = {.count = 0};
    struct quin_view scale = {m->column_scale, 0, 0};
    put(p, &cmd, QUIN_F_ANY_OPCODE, QUIN_OP_MATMUL);
    put(p, &cmd, QUIN_F_ANY_ROWS, m->rows.n);
    put(p, &cmd, QUIN_F_ANY_ROWS_LIMIT, m->rows.limit);
    put(p, &cmd, QUIN_F_MATMUL_PRECISION, m->precision);
    put(p, &cmd, QUIN_F_MATMUL_COLUMN_SCALES, m->column_scales != 0);
    put(p, &cmd, QUIN_F_MATMUL_PREFETCH, !m->kv);
    put(p, &cmd, QUIN_F_MATMUL_K, m->k.n);
    put(p, &cmd, QUIN_F_MATMUL_K_LIMIT, m->k.limit);
    put(p, &cmd, QUIN_F_MATMUL_N, m->n.n);
    put(p, &cmd, QUIN_F_MATMUL_N_LIMIT, m->n.limit);
    put(p, &cmd, QUIN_F_MATMUL_BASE_REG, m->stream.reg);
    put(p, &cmd, QUIN_F_MATMUL_DRAM_OFFSET, m->stream.offset);
    if (m->stream.row_bank >= 0) {
        put(p, &cmd, QUIN_F_MATMUL_ROW_ENABLE, 1);
        put(p, &cmd, QUIN_F_MATMUL_ROW_BANK, (uint64_t)m->stream.row_bank);
        put(p, &cmd, QUIN_F_MATMUL_ROW_FIRST, m->stream.row_first);
    }
    put(p, &cmd, QUIN_F_MATMUL_TILE_STRIDE, m->tile_stride);
    put(p, &cmd, QUIN_F_MATMUL_ACT_BASE, m->act.base);
    put(p, &cmd, QUIN_F_MATMUL_ACT_ROW_STRIDE, m->act.row);
    put(p, &cmd, QUIN_F_MATMUL_DST_BASE, m->dst.base);
    put(p, &cmd, QUIN_F_MATMUL_DST_ROW_STRIDE, m->dst.row);
    put(p, &cmd, QUIN_F_MATMUL_RSCALE_BASE, m->row_scale.base);
    put(p, &cmd, QUIN_F_MATMUL_RSCALE_ROW_STRIDE, m->row_scale.row);
    put(p, &cmd, QUIN_F_MATMUL_CSCALE_BASE, m->column_scale);
    touch(&a, &m->act, m->rows.n, 1, (m->k.n + 3) / 4, 0);
    touch(&a, &m->dst, m->rows.n, 1, m->n.n, 1);
    touch(&a, &m->row_scale, m->rows.n, 1, 1, 0);
    if (!m->column_scales)
        touch(&a, &scale, 1, 1, 1, 0);
    if (m->kv)
        a.range[a.count++] = kv_cache;
    issue(p, QUIN_UNIT_ARRAY, &cmd, &a);
}

static void control(struct quin_program *p, uint32_t opcode, uint32_t op, uint32_t rd, uint32_t ra, uint32_t rb,
                    uint32_t select, uint64_t imm)
{
    struct quin_cmd cmd = {{0}};
    put(p, &cmd, QUIN_F_ANY_OPCODE, opcode);
    put(p, &cmd, QUIN_F_CONTROL_OP, op);
    put(p, &cmd, QUIN_F_CONTROL_RD, rd);
    put(p, &cmd, QUIN_F_CONTROL_RA, ra);
    put(p, &cmd, QUIN_F_CONTROL_RB, rb);
    put(p, &cmd, QUIN_F_CONTROL_SELECT, select);
    put(p, &cmd, QUIN_F_CONTROL_IMM, imm);
    append(p, &cmd);
}

void quin_program_add(struct quin_program *p, uint32_t rd, uint32_t ra, uint64_t imm)
{
    control(p, QUIN_OP_SET, QUIN_SET_OP_ADD, rd, ra, 0, QUIN_SELECT_IMM, imm);
}

void quin_program_from_row(struct quin_program *p, uint32_t rd, uint32_t bank, uint32_t row)
{
    struct quin_cmd *cmd;
    control(p, QUIN_OP_SET, QUIN_SET_OP_ADD, rd, 0, 0, QUIN_SELECT_ROW, 0);
    if (p->error)
        return;
    cmd = &p->cmd[p->count - 1];
    put(p, cmd, QUIN_F_CONTROL_ROW_BANK, bank);
    put(p, cmd, QUIN_F_CONTROL_ROW_FIRST, row);
}

void quin_program_sub(struct quin_program *p, uint32_t rd, uint32_t ra, uint32_t rb)
{
    control(p, QUIN_OP_SET, QUIN_SET_OP_SUB, rd, ra, rb, QUIN_SELECT_GREG, 0);
}

void quin_program_end(struct quin_program *p)
{
    struct quin_cmd cmd = {{0}};
    put(p, &cmd, QUIN_F_ANY_OPCODE, QUIN_OP_END);
    put(p, &cmd, QUIN_F_ANY_AFTER_DMA, 1);
    put(p, &cmd, QUIN_F_ANY_AFTER_ARRAY, 1);
    put(p, &cmd, QUIN_F_ANY_AFTER_VECTOR, 1);
    append(p, &cmd);
}

void quin_program_mark(struct quin_program *p, const char *name, struct quin_view view, uint32_t first, uint32_t groups,
                       uint32_t n)
{
    if (p->marks == p->mark_capacity) {
        uint32_t capacity = p->mark_capacity ? 2 * p->mark_capacity : 64;
        struct quin_mark *grown = realloc(p->mark, capacity * sizeof *grown);
        if (!grown) {
            no_memory(p);
            return;
        }
        p->mark = grown;
        p->mark_capacity = capacity;
    }
    p->mark[p->marks++] = (struct quin_mark){p->count - 1, name, view, first, groups, n};
}

const struct quin_mark *quin_program_marks(const struct quin_program *p, uint32_t *count)
{
    *count = p->marks;
    return p->mark;
}

uint32_t quin_program_here(struct quin_program *p)
{
    for (uint32_t u = 0; u < UNITS; u++)
        p->fence[u] = 1;
    return p->count;
}

uint32_t quin_program_branch_less(struct quin_program *p, uint32_t ra, uint32_t rb, uint64_t imm, uint32_t target)
{
    control(p, QUIN_OP_BRANCH, QUIN_BRANCH_OP_LT, 0, ra, rb, QUIN_SELECT_GREG, imm);
    if (p->count)
        quin_program_patch(p, p->count - 1, target);
    return p->count - 1;
}

void quin_program_patch(struct quin_program *p, uint32_t command, uint32_t target)
{
    if (command < p->count)
        put(p, &p->cmd[command], QUIN_F_CONTROL_TARGET, target);
}

enum quin_err quin_program_finish(struct quin_program *p, const struct quin_cmd **cmds, uint32_t *count,
                                  struct quin_msg *msg)
{
    if (p->error) {
        if (msg)
            *msg = p->msg;
        return p->error;
    }
    *cmds = p->cmd;
    *count = p->count;
    return QUIN_OK;
}
