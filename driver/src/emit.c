/* SPDX-License-Identifier: Apache-2.0
 *
 * The pieces that all parts of the transformer are made of: operands, scales, norms, quantisation, projections.
 */
#include "emit.h"

#define ACTIVATION_FLOOR 1e-5f /* smallest absmax of a token, as in the reference model */

struct quin_operand quin_vec(struct quin_view v)
{
    return (struct quin_operand){.mode = QUIN_OPERAND_VECTOR, .view = v};
}

struct quin_operand quin_scalar(struct quin_view v)
{
    return (struct quin_operand){.mode = QUIN_OPERAND_SCALAR, .view = v};
}

struct quin_operand quin_imm(float x)
{
    return (struct quin_operand){.mode = QUIN_OPERAND_IMM, .imm = x};
}

struct quin_view quin_shift(struct quin_view v, uint32_t words)
{
    v.base += words;
    return v;
}

struct quin_view quin_one_group(struct quin_view v)
{
    v.group = 0;
    return v;
}

struct quin_count quin_all_rows(const struct quin_emit *e)
{
    return (struct quin_count){e->b->rows, QUIN_G_ROWS};
}

struct quin_vector_args quin_over(const struct quin_emit *e, uint32_t groups, uint32_t n)
{
    return (struct quin_vector_args){.rows = quin_all_rows(e), .groups = groups, .n = {n, 0}, .mask_bank = -1};
}

void quin_emit_scale(const struct quin_emit *e, struct quin_count rows, uint32_t count, struct quin_view absmax,
                     float floor, float limit, struct quin_view scale, struct quin_view inverse)
{
    struct quin_vector_args v = quin_over(e, 1, count);
    v.rows = rows;
    v.format = QUIN_FORMAT_F32;
    v.op1 = QUIN_VECTOR_OP_MAX;
    v.op2 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(absmax);
    v.b = quin_imm(floor);
    v.c = quin_imm(1.0f / limit);
    v.dst = scale;
    quin_program_vector(e->p, &v);
    v.func = QUIN_FUNC_RECIP;
    v.dst = inverse;
    quin_program_vector(e->p, &v);
}

/* act = int8(x / scale) with the scale from row[1] = max |x|. */
static void quantise(const struct quin_emit *e, struct quin_view x, uint32_t n)
{
    const struct quin_view *row = e->b->row;
    quin_emit_scale(e, quin_all_rows(e), 1, row[1], ACTIVATION_FLOOR, QUIN_INT8_MAX, row[0], row[2]);
    struct quin_vector_args v = quin_over(e, 1, n);
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(x);
    v.b = quin_scalar(row[2]);
    v.format = QUIN_FORMAT_INT8;
    v.dst = e->b->act;
    quin_program_vector(e->p, &v);
}

void quin_emit_norm(const struct quin_emit *e, const char *name, struct quin_view x, uint32_t n, struct quin_view gain,
                    struct quin_view norm)
{
    const struct quin_view *row = e->b->row;
    struct quin_vector_args v = quin_over(e, 1, n); /* sum of squares */
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = v.b = quin_vec(x);
    v.reduce = QUIN_REDUCE_SUM;
    v.red = row[1];
    quin_program_vector(e->p, &v);

    v = quin_over(e, 1, 1); /* 1 / sqrt(mean + eps) */
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.op2 = QUIN_VECTOR_OP_ADD;
    v.func = QUIN_FUNC_RSQRT;
    v.a = quin_vec(row[1]);
    v.b = quin_imm(1.0f / (float)n);
    v.c = quin_imm(e->l->hyper.rms_eps);
    v.format = QUIN_FORMAT_F32;
    v.dst = row[3];
    quin_program_vector(e->p, &v);

    v = quin_over(e, 1, n); /* x * that * gain */
    v.op1 = v.op2 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(x);
    v.b = quin_scalar(row[3]);
    v.c = quin_vec(gain);
    v.c.view.row = 0;
    v.format = QUIN_FORMAT_F32;
    v.dst = norm;
    v.reduce = QUIN_REDUCE_ABSMAX;
    v.red = row[1];
    quin_program_vector(e->p, &v);
    quin_program_mark(e->p, name, norm, 0, 1, n);
    quantise(e, norm, n);
}

void quin_emit_activations(const struct quin_emit *e, struct quin_view x, uint32_t n)
{
    struct quin_vector_args v = quin_over(e, 1, n);
    v.a = quin_vec(x);
    v.reduce = QUIN_REDUCE_ABSMAX;
    v.red = e->b->row[1];
    quin_program_vector(e->p, &v);
    quantise(e, x, n);
}

void quin_emit_projection(const struct quin_emit *e, enum quin_projection p, uint64_t offset, uint32_t n,
                          struct quin_view dst)
{
    const struct quin_stream *s = &e->l->proj[p];
    struct quin_matmul_args m = {
        .rows = quin_all_rows(e), .k = {s->k, 0}, .n = {n, 0}, .precision = s->precision,
        .stream = {.offset = offset, .reg = QUIN_REG_WEIGHTS, .row_bank = -1},
        .tile_stride = s->tile_bytes, .act = e->b->act, .dst = dst, .row_scale = e->b->row[0],
        .column_scale = e->b->scales.base + p,
    };
    quin_program_matmul(e->p, &m);
}

void quin_emit_residual(const struct quin_emit *e, const char *name, struct quin_view y)
{
    uint32_t dim = (uint32_t)e->l->hyper.dim;
    struct quin_vector_args v = quin_over(e, 1, dim);
    v.op1 = QUIN_VECTOR_OP_ADD;
    v.a = quin_vec(e->b->x);
    v.b = quin_vec(y);
    v.format = QUIN_FORMAT_F32;
    v.dst = e->b->x;
    quin_program_vector(e->p, &v);
    quin_program_mark(e->p, name, e->b->x, 0, 1, dim);
}

void quin_emit_constants(const struct quin_emit *e, enum quin_constant_place place, struct quin_view to)
{
    uint32_t words = e->l->constant_words[place];
    struct quin_move_args m = {
        .rows = {1, 0}, .groups = 1, .n = {words, 0}, .inner = words, .element = QUIN_ELEMENT_WORD,
        .dram = {.offset = e->l->constant[place], .reg = QUIN_REG_WEIGHTS, .row_bank = -1}, .sp = to,
    };
    quin_program_move(e->p, &m);
}
