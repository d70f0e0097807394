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

void quin_emit_split(const struct quin_emit *e, struct quin_vector_args v, struct quin_view x, struct quin_view temp,
                     struct quin_view high, struct quin_view low)
{
    v.op1 = QUIN_VECTOR_OP_MUL; /* x = x * inverse, at most 127 * 256 */
    v.a = quin_vec(x);
    v.format = QUIN_FORMAT_F32;
    v.dst = x;
    quin_program_vector(e->p, &v);
    v.b = quin_imm(1.0f / 256);
    v.func = QUIN_FUNC_RINT;
    v.dst = temp;
    quin_program_vector(e->p, &v);
    v.func = QUIN_FUNC_NONE;
    v.op1 = QUIN_VECTOR_OP_PASS;
    v.a = quin_vec(temp);
    v.format = QUIN_FORMAT_INT8;
    v.dst = high;
    quin_program_vector(e->p, &v);
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.op2 = QUIN_VECTOR_OP_ADD;
    v.b = quin_imm(-256.0f);
    v.c = quin_vec(x);
    v.format = QUIN_FORMAT_INT8_LOW;
    v.dst = low;
    quin_program_vector(e->p, &v);
}

/* 16 bits by way of `part`, which is free here, block by block: x is overwritten. */
static void quantise_wide(const struct quin_emit *e, struct quin_view x, uint32_t n)
{
    const struct quin_buffers *b = e->b;
    uint32_t dim = (uint32_t)quin_align(e->l->hyper.dim, QUIN_SP_ALIGN_WORDS);
    struct quin_view temp = {.base = b->part.base, .row = b->part.row > dim ? b->part.row : dim};
    uint32_t block = temp.row / (4 * QUIN_SP_ALIGN_WORDS) * (4 * QUIN_SP_ALIGN_WORDS); /* whole words of int8, aligned */
    struct quin_vector_args v = quin_over(e, 1, 1);
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(b->row[0]);
    v.b = quin_imm(256.0f);
    v.format = QUIN_FORMAT_F32;
    v.dst = b->row[4];
    quin_program_vector(e->p, &v);
    for (uint32_t at = 0; at < n; at += block) {
        v = quin_over(e, 1, n - at < block ? n - at : block);
        v.b = quin_scalar(b->row[2]);
        quin_emit_split(e, v, quin_shift(x, at), temp, quin_shift(b->act, at / 4), quin_shift(b->act_low, at / 4));
    }
}

/* act = int8(x / scale) with the scale from row[1] = max |x|; or 16 bits in act and act_low, with row[4] = 256 * scale. */
static void quantise(const struct quin_emit *e, struct quin_view x, uint32_t n, uint32_t bits)
{
    const struct quin_view *row = e->b->row;
    quin_emit_scale(e, quin_all_rows(e), 1, row[1], ACTIVATION_FLOOR, bits == 16 ? QUIN_INT8_MAX * 256 : QUIN_INT8_MAX,
                    row[0], row[2]);
    if (bits == 16) {
        quantise_wide(e, x, n);
        return;
    }
    struct quin_vector_args v = quin_over(e, 1, n);
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(x);
    v.b = quin_scalar(row[2]);
    v.format = QUIN_FORMAT_INT8;
    v.dst = e->b->act;
    quin_program_vector(e->p, &v);
}

void quin_emit_norm(const struct quin_emit *e, const char *name, struct quin_view x, uint32_t n, struct quin_view gain,
                    struct quin_view norm, uint32_t bits)
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
    quantise(e, norm, n, bits);
}

void quin_emit_activations(const struct quin_emit *e, struct quin_view x, uint32_t n)
{
    struct quin_vector_args v = quin_over(e, 1, n);
    v.a = quin_vec(x);
    v.reduce = QUIN_REDUCE_ABSMAX;
    v.red = e->b->row[1];
    quin_program_vector(e->p, &v);
    quantise(e, x, n, e->l->precision.activation_bits);
}

void quin_emit_product(const struct quin_emit *e, struct quin_matmul_args m, uint32_t bits, struct quin_view low)
{
    m.rows = quin_all_rows(e);
    m.act = e->b->act;
    m.row_scale = bits == 16 ? e->b->row[4] : e->b->row[0];
    quin_program_matmul(e->p, &m);
    if (bits != 16)
        return;
    struct quin_vector_args v = quin_over(e, 1, m.n.n);
    v.op1 = QUIN_VECTOR_OP_ADD;
    v.a = quin_vec(m.dst);
    v.b = quin_vec(low);
    v.format = QUIN_FORMAT_F32;
    v.dst = m.dst;
    m.act = e->b->act_low;
    m.row_scale = e->b->row[0];
    m.dst = low;
    quin_program_matmul(e->p, &m);
    quin_program_vector(e->p, &v);
}

void quin_emit_projection(const struct quin_emit *e, enum quin_projection p, uint64_t offset, uint32_t n,
                          struct quin_view dst, struct quin_view low)
{
    const struct quin_stream *s = &e->l->proj[p];
    struct quin_matmul_args m = {
        .k = {s->k, 0}, .n = {n, 0}, .precision = s->precision,
        .stream = {.offset = offset, .reg = QUIN_REG_WEIGHTS, .row_bank = -1},
        .tile_stride = s->tile_bytes, .dst = dst, .column_scale = e->b->scales.base + p,
    };
    quin_emit_product(e, m, e->l->precision.activation_bits, low);
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
