/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention: RoPE, the KV cache's quantisation, and softmax over blocks of positions with a running maximum and sum.
 *   for each block:  s = q K^T,  m' = max(m, max s),  p = 2^(s - m'),  l = l 2^(m - m') + sum p,  o = o 2^(m - m') + p V
 *   at the end:      o / l
 * The query's scale carries log2(e) / sqrt(head size), so that 2^x serves for e^x. V's scale of a position multiplies
 * the probability before that is quantised.
 */
#include <math.h>

#include "emit.h"

#define LOG2_E 1.44269504088896340736
#define QUANT_FLOOR 0x1p-60f /* smallest absmax of K, V, q and p: only keeps 1 / scale finite */

/* Places of the scalars of a head. */
enum { ABSMAX, SCALE, INVERSE, QUERY, MAXIMUM, SUM, ALPHA, BLOCK };

static uint32_t heads(const struct quin_emit *e)
{
    return (uint32_t)e->l->hyper.heads;
}

static uint32_t kv_heads(const struct quin_emit *e)
{
    return (uint32_t)e->l->hyper.kv_heads;
}

static uint32_t head_size(const struct quin_emit *e)
{
    return (uint32_t)e->l->hyper.head_size;
}

static int exact(const struct quin_emit *e)
{
    return e->l->precision.attention_bits == 16;
}

/* Rotate-half: (x1, x2) becomes (x1 cos - x2 sin, x2 cos + x1 sin) for each head. */
static void rope(const struct quin_emit *e, struct quin_view x, uint32_t count)
{
    uint32_t half = head_size(e) / 2;
    struct quin_view x2 = quin_shift(x, half), cosine = quin_one_group(e->b->rope), sine = quin_shift(cosine, half);
    struct quin_vector_args v = quin_over(e, count, half);
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.format = QUIN_FORMAT_F32;
    v.a = quin_vec(x2);
    v.b = quin_vec(sine);
    v.dst = e->b->part;
    quin_program_vector(e->p, &v);
    v.a = quin_vec(x);
    v.dst = e->b->part2;
    quin_program_vector(e->p, &v);
    v.b = quin_vec(cosine);
    v.op2 = QUIN_VECTOR_OP_SUB;
    v.c = quin_vec(e->b->part);
    v.dst = x;
    quin_program_vector(e->p, &v);
    v.a = quin_vec(x2);
    v.op2 = QUIN_VECTOR_OP_ADD;
    v.c = quin_vec(e->b->part2);
    v.dst = x2;
    quin_program_vector(e->p, &v);
}

/* ABSMAX of each head's values, then SCALE and INVERSE. */
static void head_scales(const struct quin_emit *e, struct quin_view x, uint32_t count, float limit)
{
    struct quin_vector_args v = quin_over(e, count, head_size(e));
    v.a = quin_vec(x);
    v.reduce = QUIN_REDUCE_ABSMAX;
    v.red = e->b->head[ABSMAX];
    quin_program_vector(e->p, &v);
    quin_emit_scale(e, quin_all_rows(e), count, e->b->head[ABSMAX], QUANT_FLOOR, limit, e->b->head[SCALE],
                    e->b->head[INVERSE]);
}

/* Quantises the groups that v covers by the scalars in INVERSE, to 8 bits or to two rows of 8. */
static void quantise(const struct quin_emit *e, struct quin_vector_args v, struct quin_view x, struct quin_view temp,
                     struct quin_view high, struct quin_view low)
{
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(x);
    v.b = quin_scalar(e->b->head[INVERSE]);
    if (exact(e)) {
        quin_emit_split(e, v, x, temp, high, low);
        return;
    }
    v.format = QUIN_FORMAT_INT8;
    v.dst = high;
    quin_program_vector(e->p, &v);
}

static float activation_limit(const struct quin_emit *e)
{
    return exact(e) ? 127.0f * 256.0f : (float)QUIN_INT8_MAX;
}

/* q8 and the scores' row scales in QUERY. */
static void queries(const struct quin_emit *e)
{
    rope(e, e->b->q, heads(e));
    quin_program_mark(e->p, "q_rope", e->b->q, 0, heads(e), head_size(e));
    head_scales(e, e->b->q, heads(e), activation_limit(e));
    struct quin_vector_args v = quin_over(e, 1, heads(e));
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(e->b->head[SCALE]);
    v.b = quin_imm((float)(LOG2_E / sqrt((double)head_size(e))));
    v.format = QUIN_FORMAT_F32;
    v.dst = e->b->head[QUERY];
    quin_program_vector(e->p, &v);
    quantise(e, quin_over(e, heads(e), head_size(e)), e->b->q, e->b->part, e->b->q8, e->b->q8_low);
}

static void store(const struct quin_emit *e, uint32_t bank, uint64_t offset, uint64_t head_bytes, uint32_t n,
                  uint32_t element, uint32_t inner, uint64_t outer, struct quin_view from)
{
    struct quin_move_args m = {
        .store = 1, .rows = quin_all_rows(e), .groups = kv_heads(e), .n = {n, 0}, .element = element, .inner = inner,
        .outer_stride = outer, .group_stride = (uint32_t)head_bytes, .sp = from, .kv = 1,
        .dram = {.offset = offset, .reg = QUIN_REG_KV, .row_bank = (int)bank},
    };
    quin_program_move(e->p, &m);
}

/* Packs K or V of the new positions and stores values and scales into the cache. */
static void cache(const struct quin_emit *e, int is_v)
{
    const struct quin_layout *l = e->l;
    struct quin_view x = is_v ? e->b->v : e->b->k, to = is_v ? e->b->v8 : e->b->k8;
    uint32_t wide = l->value_bytes == 2, element = wide ? QUIN_ELEMENT_HALF : QUIN_ELEMENT_BYTE;
    head_scales(e, x, kv_heads(e), wide ? QUIN_TRIT10_MAX : QUIN_TRIT5_MAX);
    struct quin_vector_args v = quin_over(e, kv_heads(e), head_size(e));
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(x);
    v.b = quin_scalar(e->b->head[INVERSE]);
    v.format = wide ? QUIN_FORMAT_CODE10 : QUIN_FORMAT_CODE5;
    v.dst = to;
    quin_program_vector(e->p, &v);
    if (is_v) {
        store(e, QUIN_ROW_V, l->v_offset, l->v_head_bytes, head_size(e), element, l->k_tile_positions,
              l->v_tile_bytes, to);
        store(e, QUIN_ROW_V_SCALE, l->v_scale_offset, l->v_scale_head_bytes, 1, QUIN_ELEMENT_WORD, 1, 0,
              e->b->head[SCALE]);
    } else {
        store(e, QUIN_ROW_K, 0, l->k_head_bytes, head_size(e), element, 1, l->config.stream_bytes, to);
        store(e, QUIN_ROW_K_SCALE, 0, l->k_head_bytes, 1, QUIN_ELEMENT_WORD, 1, 0, e->b->head[SCALE]);
    }
}

/* Attention of rows [first, first + att_rows): tokens of a prefill, or the one token of a decode row. */
struct part {
    uint32_t first;
    struct quin_count rows;
    struct quin_count block; /* positions */
};

static struct quin_view from_row(struct quin_view v, uint32_t row)
{
    v.base += row * v.row;
    return v;
}

static struct quin_vector_args over(const struct quin_emit *e, const struct part *a, uint32_t groups, uint32_t n)
{
    struct quin_vector_args v = quin_over(e, groups, n);
    v.rows = a->rows;
    return v;
}

/* Over the block's scores; positions that a row does not see are masked. */
static struct quin_vector_args over_scores(const struct quin_emit *e, const struct part *a, uint32_t groups)
{
    struct quin_vector_args v = over(e, a, groups, 0);
    v.n = a->block;
    v.mask_bank = QUIN_ROW_VISIBLE;
    v.mask_reg = QUIN_REG_POSITION;
    v.row_first = a->first;
    return v;
}

struct product {
    struct quin_count k, n;
    uint64_t offset, tile_stride;
    uint32_t reg;
    int scales;
    struct quin_view act, dst, row_scale; /* [rows][heads] */
};

/* One KV head's stream against its queries: rows are the tokens of one head, or the heads of one token. */
static void product(const struct quin_emit *e, const struct part *a, const struct product *x, uint32_t kv)
{
    uint32_t group = heads(e) / kv_heads(e), most = e->kind == QUIN_COMPILE_PREFILL ? 1 : e->l->config.rows;
    for (uint32_t h = kv * group; h < (kv + 1) * group; h += most) {
        uint32_t count = (kv + 1) * group - h < most ? (kv + 1) * group - h : most;
        struct quin_matmul_args m = {
            .rows = a->rows, .k = x->k, .n = x->n, .kv = 1, .column_scales = x->scales,
            .precision = e->l->value_bytes == 2 ? QUIN_PRECISION_D10 : QUIN_PRECISION_D5,
            .stream = {.offset = x->offset, .reg = x->reg, .row_bank = QUIN_ROW_SLOT, .row_first = a->first},
            .tile_stride = x->tile_stride, .column_scale = e->b->scales.base + QUIN_SCALE_ONE,
        };
        m.act = quin_shift(x->act, h * x->act.group);
        m.dst = quin_shift(x->dst, h * x->dst.group);
        m.row_scale = quin_shift(x->row_scale, h * x->row_scale.group);
        if (e->kind == QUIN_COMPILE_DECODE) {
            m.rows = (struct quin_count){count, 0};
            m.act.row = x->act.group;
            m.dst.row = x->dst.group;
            m.row_scale.row = x->row_scale.group;
        }
        quin_program_matmul(e->p, &m);
    }
}

/* All heads' products with one operand of 8 or 16 bits: dst, and dst2 as the low part's place. */
static void products(const struct quin_emit *e, const struct part *a, struct product x, struct quin_view low,
                     struct quin_view dst2, struct quin_count n)
{
    uint64_t head_bytes = x.scales ? e->l->k_head_bytes : e->l->v_head_bytes, offset = x.offset;
    struct quin_view scale = x.row_scale, high_scale = from_row(e->b->head[BLOCK], a->first);
    if (exact(e)) {
        struct quin_vector_args v = over(e, a, 1, heads(e));
        v.op1 = QUIN_VECTOR_OP_MUL;
        v.a = quin_vec(scale);
        v.b = quin_imm(256.0f);
        v.format = QUIN_FORMAT_F32;
        v.dst = high_scale;
        quin_program_vector(e->p, &v);
        x.row_scale = high_scale;
    }
    for (uint32_t kv = 0; kv < kv_heads(e); kv++) {
        x.offset = offset + kv * head_bytes;
        product(e, a, &x, kv);
    }
    if (!exact(e))
        return;
    struct quin_view dst = x.dst;
    x.act = low;
    x.dst = dst2;
    x.row_scale = scale;
    for (uint32_t kv = 0; kv < kv_heads(e); kv++) {
        x.offset = offset + kv * head_bytes;
        product(e, a, &x, kv);
    }
    struct quin_vector_args v = over(e, a, heads(e), 0);
    v.n = n;
    v.op1 = QUIN_VECTOR_OP_ADD;
    v.a = quin_vec(dst);
    v.b = quin_vec(dst2);
    v.format = QUIN_FORMAT_F32;
    v.dst = dst;
    quin_program_vector(e->p, &v);
}

/* p = 2^(s - m') in place, with the running maximum, sum and ALPHA = 2^(m - m'). */
static void softmax(const struct quin_emit *e, const struct part *a)
{
    const struct quin_view *head = e->b->head;
    struct quin_view maximum = from_row(head[MAXIMUM], a->first), sum = from_row(head[SUM], a->first),
                     alpha = from_row(head[ALPHA], a->first), block = from_row(head[BLOCK], a->first);
    struct quin_vector_args v = over_scores(e, a, heads(e));
    v.a = quin_vec(e->b->score);
    v.reduce = QUIN_REDUCE_MAX;
    v.red = block;
    quin_program_vector(e->p, &v);

    v = over(e, a, 1, heads(e)); /* m' */
    v.op1 = QUIN_VECTOR_OP_MAX;
    v.a = quin_vec(maximum);
    v.b = quin_vec(block);
    v.format = QUIN_FORMAT_F32;
    v.dst = block;
    quin_program_vector(e->p, &v);
    v.op1 = QUIN_VECTOR_OP_SUB; /* 2^(m - m') */
    v.func = QUIN_FUNC_EXP2;
    v.dst = alpha;
    quin_program_vector(e->p, &v);
    v = over(e, a, 1, heads(e)); /* m = m' */
    v.a = quin_vec(block);
    v.format = QUIN_FORMAT_F32;
    v.dst = maximum;
    quin_program_vector(e->p, &v);

    v = over_scores(e, a, heads(e)); /* p and its sum */
    v.op1 = QUIN_VECTOR_OP_SUB;
    v.func = QUIN_FUNC_EXP2;
    v.a = quin_vec(e->b->score);
    v.b = quin_scalar(maximum);
    v.format = QUIN_FORMAT_F32;
    v.dst = e->b->score;
    v.reduce = QUIN_REDUCE_SUM;
    v.red = block;
    quin_program_vector(e->p, &v);

    v = over(e, a, 1, heads(e)); /* l = l * alpha + sum */
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.op2 = QUIN_VECTOR_OP_ADD;
    v.a = quin_vec(sum);
    v.b = quin_vec(alpha);
    v.c = quin_vec(block);
    v.format = QUIN_FORMAT_F32;
    v.dst = sum;
    quin_program_vector(e->p, &v);
}

/* p times V's scales, quantised: p8, with the row scales of the product in SCALE. */
static void probabilities(const struct quin_emit *e, const struct part *a)
{
    uint32_t group = heads(e) / kv_heads(e);
    const struct quin_view *head = e->b->head;
    struct quin_view absmax = from_row(head[ABSMAX], a->first);
    for (uint32_t kv = 0; kv < kv_heads(e); kv++) {
        struct quin_vector_args v = over_scores(e, a, group);
        v.op1 = QUIN_VECTOR_OP_MUL;
        v.a = quin_vec(quin_shift(e->b->score, kv * group * e->b->score.group));
        v.b = quin_vec(quin_one_group(quin_shift(e->b->v_scale, kv * e->b->v_scale.group)));
        v.b.view.row = 0;
        v.format = QUIN_FORMAT_F32;
        v.dst = v.a.view;
        v.reduce = QUIN_REDUCE_ABSMAX;
        v.red = quin_shift(absmax, kv * group);
        quin_program_vector(e->p, &v);
    }
    quin_emit_scale(e, a->rows, heads(e), absmax, QUANT_FLOOR, activation_limit(e), from_row(head[SCALE], a->first),
                    from_row(head[INVERSE], a->first));
    struct quin_vector_args v = over(e, a, heads(e), 0);
    v.n = a->block;
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(e->b->score);
    v.b = quin_scalar(from_row(head[INVERSE], a->first));
    if (exact(e)) {
        quin_emit_split(e, v, e->b->score, e->b->score2, e->b->p8, e->b->p8_low);
        return;
    }
    v.format = QUIN_FORMAT_INT8;
    v.dst = e->b->p8;
    quin_program_vector(e->p, &v);
}

/* Sets n words of each group to a constant. */
static void fill(const struct quin_emit *e, const struct part *a, struct quin_view to, uint32_t groups, uint32_t n, float x)
{
    struct quin_vector_args v = over(e, a, groups, n);
    v.a = quin_imm(x);
    v.format = QUIN_FORMAT_F32;
    v.dst = to;
    quin_program_vector(e->p, &v);
}

/* o = o * scale (+ part) */
static void scale_out(const struct quin_emit *e, const struct part *a, struct quin_view scale, int add)
{
    struct quin_vector_args v = over(e, a, heads(e), head_size(e));
    struct quin_view out = from_row(e->b->out, a->first);
    v.op1 = QUIN_VECTOR_OP_MUL;
    v.a = quin_vec(out);
    v.b = quin_scalar(scale);
    if (add) {
        v.op2 = QUIN_VECTOR_OP_ADD;
        v.c = quin_vec(from_row(e->b->part, a->first));
    }
    v.format = QUIN_FORMAT_F32;
    v.dst = out;
    quin_program_vector(e->p, &v);
}

/* One block of positions. */
static void block(const struct quin_emit *e, const struct part *a)
{
    const struct quin_layout *l = e->l;
    struct quin_move_args scales = {
        .rows = {1, 0}, .groups = kv_heads(e), .n = a->block, .element = QUIN_ELEMENT_WORD, .inner = a->block.n,
        .group_stride = (uint32_t)l->v_scale_head_bytes, .sp = e->b->v_scale, .kv = 1,
        .dram = {.offset = l->v_scale_offset, .reg = QUIN_REG_SCALE_BLOCK, .row_bank = QUIN_ROW_SLOT,
                 .row_first = a->first},
    };
    quin_program_move(e->p, &scales);
    struct product scores = {
        .k = {head_size(e), 0}, .n = a->block, .offset = 0, .tile_stride = l->k_tile_bytes, .reg = QUIN_REG_K_BLOCK,
        .scales = 1, .act = from_row(e->b->q8, a->first), .dst = e->b->score,
        .row_scale = from_row(e->b->head[QUERY], a->first),
    };
    products(e, a, scores, from_row(e->b->q8_low, a->first), e->b->score2, a->block);
    softmax(e, a);
    probabilities(e, a);
    struct product values = {
        .k = a->block, .n = {head_size(e), 0}, .offset = l->v_offset, .tile_stride = l->v_tile_bytes,
        .reg = QUIN_REG_V_BLOCK, .scales = 0, .act = e->b->p8, .dst = from_row(e->b->part, a->first),
        .row_scale = from_row(e->b->head[SCALE], a->first),
    };
    products(e, a, values, e->b->p8_low, from_row(e->b->part2, a->first), (struct quin_count){head_size(e), 0});
    scale_out(e, a, from_row(e->b->head[ALPHA], a->first), 1);
}

/* The loop over blocks for the rows of a. */
static void attend(const struct quin_emit *e, const struct part *a)
{
    const struct quin_layout *l = e->l;
    uint32_t positions = e->b->positions;
    struct quin_view sum = from_row(e->b->head[SUM], a->first);
    fill(e, a, from_row(e->b->head[MAXIMUM], a->first), 1, heads(e), -INFINITY);
    fill(e, a, sum, 1, heads(e), 0.0f);
    fill(e, a, from_row(e->b->out, a->first), heads(e), head_size(e), 0.0f);
    quin_program_add(e->p, QUIN_REG_POSITION, 0, 0);
    quin_program_add(e->p, QUIN_REG_K_BLOCK, QUIN_REG_KV, 0);
    quin_program_add(e->p, QUIN_REG_V_BLOCK, QUIN_REG_KV, 0);
    quin_program_add(e->p, QUIN_REG_SCALE_BLOCK, QUIN_REG_KV, 0);
    uint32_t top = quin_program_here(e->p);
    quin_program_sub(e->p, QUIN_REG_LEFT, QUIN_REG_VISIBLE, QUIN_REG_POSITION);
    block(e, a);
    quin_program_add(e->p, QUIN_REG_POSITION, QUIN_REG_POSITION, positions);
    quin_program_add(e->p, QUIN_REG_K_BLOCK, QUIN_REG_K_BLOCK,
                     (uint64_t)(positions / l->k_tile_positions) * l->k_tile_bytes);
    quin_program_add(e->p, QUIN_REG_V_BLOCK, QUIN_REG_V_BLOCK, (uint64_t)positions * l->config.stream_bytes);
    quin_program_add(e->p, QUIN_REG_SCALE_BLOCK, QUIN_REG_SCALE_BLOCK, (uint64_t)positions * 4);
    quin_program_branch_less(e->p, QUIN_REG_POSITION, QUIN_REG_VISIBLE, 0, top);

    struct quin_vector_args v = over(e, a, 1, heads(e));
    v.a = quin_vec(sum);
    v.func = QUIN_FUNC_RECIP;
    v.format = QUIN_FORMAT_F32;
    v.dst = sum;
    quin_program_vector(e->p, &v);
    scale_out(e, a, sum, 0);
    if (!a->first)
        quin_program_mark(e->p, "attn_out", e->b->out, 0, heads(e), head_size(e));
}

void quin_emit_attention(const struct quin_emit *e)
{
    static const char *const names[] = {[QUIN_PROJ_Q] = "q", [QUIN_PROJ_K] = "k", [QUIN_PROJ_V] = "v"};
    const struct quin_layout *l = e->l;
    for (uint32_t p = QUIN_PROJ_Q; p <= QUIN_PROJ_V; p++) {
        struct quin_view to = p == QUIN_PROJ_Q ? e->b->q : p == QUIN_PROJ_K ? e->b->k : e->b->v;
        quin_emit_projection(e, (enum quin_projection)p, l->proj[p].offset, l->proj[p].n, to, e->b->part2);
        quin_program_mark(e->p, names[p], to, 0, 1, l->proj[p].n);
    }
    queries(e);
    rope(e, e->b->k, kv_heads(e));
    quin_program_mark(e->p, "k_rope", e->b->k, 0, kv_heads(e), head_size(e));
    cache(e, 0);
    cache(e, 1);
    struct part a = {.rows = quin_all_rows(e), .block = {e->b->positions, QUIN_REG_LEFT}};
    if (e->kind == QUIN_COMPILE_PREFILL) {
        quin_program_add(e->p, QUIN_REG_VISIBLE, QUIN_G_POSITIONS, 0);
        attend(e, &a);
        return;
    }
    a.rows = (struct quin_count){1, 0};
    for (a.first = 0; a.first < e->b->rows; a.first++) {
        /* rows in use come first: past them, skip */
        uint32_t skip = 0;
        if (a.first)
            skip = quin_program_branch_less(e->p, QUIN_G_ROWS, 0, a.first + 1, 0);
        quin_program_from_row(e->p, QUIN_REG_VISIBLE, QUIN_ROW_VISIBLE, a.first);
        attend(e, &a);
        if (a.first)
            quin_program_patch(e->p, skip, quin_program_here(e->p));
    }
}
