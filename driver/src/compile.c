/* SPDX-License-Identifier: Apache-2.0
 *
 * The transformer, top down: embedding, a loop over layers (attention, feed-forward), final norm and lm_head.
 */
#include "compile.h"

#include "emit.h"

#define LOG2_E 1.44269504088896340736

/* Columns of a matrix block by block. */
static uint32_t block_count(uint32_t n, uint32_t block)
{
    return (n + block - 1) / block;
}

static uint32_t block_size(uint32_t n, uint32_t block, uint32_t index)
{
    return n - index * block < block ? n - index * block : block;
}

static void load_rows(const struct quin_emit *e, uint64_t address, int bank, uint32_t words, struct quin_view to)
{
    struct quin_move_args m = {
        .rows = bank < 0 ? (struct quin_count){1, 0} : quin_all_rows(e), .groups = 1, .n = {words, 0}, .inner = words,
        .element = QUIN_ELEMENT_WORD, .dram = {.offset = address, .row_bank = bank}, .sp = to,
    };
    quin_program_move(e->p, &m);
}

/* hidden = silu(gate) * up or max(gate, 0)^2 * up, for one block of columns. */
static void activation(const struct quin_emit *e, uint32_t set, uint32_t first, uint32_t n)
{
    struct quin_vector_args v = quin_over(e, 1, n);
    struct quin_view gate = e->b->gate[set], temp = e->b->temp;
    v.format = QUIN_FORMAT_F32;
    v.a = quin_vec(gate);
    v.dst = temp;
    if (e->l->hyper.activation == QUIN_ACTIVATION_RELU2) {
        v.op1 = QUIN_VECTOR_OP_MAX;
        v.b = quin_imm(0.0f);
        quin_program_vector(e->p, &v);
        v.a = quin_vec(temp);
    } else {
        v.op1 = QUIN_VECTOR_OP_MUL; /* e^-g */
        v.b = quin_imm((float)-LOG2_E);
        v.func = QUIN_FUNC_EXP2;
        quin_program_vector(e->p, &v);
        v.op1 = QUIN_VECTOR_OP_ADD; /* 1 / (1 + e^-g) */
        v.a = quin_vec(temp);
        v.b = quin_imm(1.0f);
        v.func = QUIN_FUNC_RECIP;
        quin_program_vector(e->p, &v);
        v.a = quin_vec(gate);
        v.func = QUIN_FUNC_NONE;
    }
    v.op1 = v.op2 = QUIN_VECTOR_OP_MUL;
    v.b = quin_vec(temp);
    v.c = quin_vec(e->b->up[set]);
    v.dst = quin_shift(e->b->hidden, first);
    quin_program_vector(e->p, &v);
    quin_program_mark(e->p, "ffn_act", v.dst, first, 1, n);
}

/* Block i of gate and up. */
static void gate_up(const struct quin_emit *e, uint32_t i)
{
    const struct quin_layout *l = e->l;
    const struct quin_stream *gate = &l->proj[QUIN_PROJ_GATE], *up = &l->proj[QUIN_PROJ_UP];
    uint32_t block = e->b->ffn_block, n = block_size(gate->n, block, i), tiles = block / gate->channels;
    quin_emit_projection(e, QUIN_PROJ_GATE, gate->offset + (uint64_t)i * tiles * gate->tile_bytes, n, e->b->gate[i % 2],
                         e->b->temp);
    quin_program_mark(e->p, "gate", e->b->gate[i % 2], i * block, 1, n);
    quin_emit_projection(e, QUIN_PROJ_UP, up->offset + (uint64_t)i * tiles * up->tile_bytes, n, e->b->up[i % 2],
                         e->b->temp);
    quin_program_mark(e->p, "up", e->b->up[i % 2], i * block, 1, n);
}

/* The vector unit works on one block while the array computes the next. */
static void feed_forward(const struct quin_emit *e)
{
    const struct quin_layout *l = e->l;
    uint32_t ffn = (uint32_t)l->hyper.ffn, block = e->b->ffn_block, blocks = block_count(ffn, block);
    gate_up(e, 0);
    for (uint32_t i = 0; i < blocks; i++) {
        if (i + 1 < blocks)
            gate_up(e, i + 1);
        activation(e, i % 2, i * block, block_size(ffn, block, i));
    }
}

/* y = projection of the quantised activations, back into the residual. */
static void back(const struct quin_emit *e, enum quin_projection p, const char *name)
{
    struct quin_view y = e->b->part;
    y.row = (uint32_t)quin_align(e->l->hyper.dim, QUIN_SP_ALIGN_WORDS);
    quin_emit_projection(e, p, e->l->proj[p].offset, e->l->proj[p].n, y, e->b->norm);
    quin_emit_residual(e, name, y);
}

static void layer(const struct quin_emit *e)
{
    const struct quin_hyper *h = &e->l->hyper;
    uint32_t dim = (uint32_t)h->dim, att = (uint32_t)(h->heads * h->head_size);
    uint32_t bits = e->l->precision.activation_bits;
    struct quin_view joined = e->b->out;
    quin_emit_constants(e, QUIN_CONST_SCALES, e->b->scales);
    quin_emit_constants(e, QUIN_CONST_ATTN, e->b->gain);
    quin_emit_norm(e, "attn_norm", e->b->x, dim, e->b->gain, e->b->norm, bits);
    if (h->attn_sub_norm)
        quin_emit_constants(e, QUIN_CONST_ATTN_SUB, e->b->gain);
    if (h->ffn_sub_norm)
        quin_emit_constants(e, QUIN_CONST_FFN_SUB, e->b->ffn_gain);
    quin_emit_attention(e);
    if (h->attn_sub_norm)
        quin_emit_norm(e, "attn_sub_norm", joined, att, e->b->gain, joined, bits);
    else
        quin_emit_activations(e, joined, att);
    quin_emit_constants(e, QUIN_CONST_FFN, e->b->gain);
    back(e, QUIN_PROJ_O, "attn_residual");
    quin_emit_norm(e, "ffn_norm", e->b->x, dim, e->b->gain, e->b->norm, bits);
    feed_forward(e);
    if (h->ffn_sub_norm)
        quin_emit_norm(e, "ffn_sub_norm", e->b->hidden, (uint32_t)h->ffn, e->b->ffn_gain, e->b->hidden, bits);
    else
        quin_emit_activations(e, e->b->hidden, (uint32_t)h->ffn);
    back(e, QUIN_PROJ_DOWN, "ffn_residual");
}

static void store_row(const struct quin_emit *e, uint32_t bank, uint64_t offset, uint32_t words, struct quin_view from)
{
    struct quin_move_args m = {
        .store = 1, .rows = quin_all_rows(e), .groups = 1, .n = {words, 0}, .inner = words, .sp = from,
        .element = QUIN_ELEMENT_WORD, .dram = {.offset = offset, .row_bank = (int)bank},
    };
    quin_program_move(e->p, &m);
}

/* Logits block by block: stored, and searched for the largest. */
static void head(const struct quin_emit *e)
{
    const struct quin_layout *l = e->l;
    const struct quin_stream *s = &l->head;
    uint32_t block = e->b->head_block, blocks = block_count(s->n, block), tiles = block / s->channels;
    load_rows(e, l->output_norm, -1, (uint32_t)l->hyper.dim, e->b->gain);
    quin_emit_norm(e, "output_norm", e->b->x, (uint32_t)l->hyper.dim, e->b->gain, e->b->norm, l->precision.head_bits);
    for (uint32_t i = 0; i < blocks; i++) {
        uint32_t n = block_size(s->n, block, i);
        struct quin_matmul_args m = {
            .k = {s->k, 0}, .n = {n, 0}, .precision = s->precision, .column_scales = 1,
            .stream = {.offset = l->head_at + (uint64_t)i * tiles * s->tile_bytes, .row_bank = -1},
            .tile_stride = s->tile_bytes, .dst = e->b->logits[i % 2],
        };
        quin_emit_product(e, m, l->precision.head_bits, e->b->logits_low);
        struct quin_vector_args v = quin_over(e, 1, n);
        v.a = quin_vec(e->b->logits[i % 2]);
        v.reduce = QUIN_REDUCE_ARGMAX;
        v.red = e->b->best[i % 2];
        quin_program_vector(e->p, &v);
        store_row(e, QUIN_ROW_LOGITS, (uint64_t)i * block * 4, n, e->b->logits[i % 2]);
        store_row(e, QUIN_ROW_BEST, (uint64_t)i * 8, 2, e->b->best[i % 2]);
    }
}

void quin_compile(struct quin_program *p, const struct quin_layout *l, enum quin_compile_kind kind)
{
    const struct quin_emit e = {
        .p = p, .l = l, .b = kind == QUIN_COMPILE_PREFILL ? &l->prefill : &l->decode, .kind = kind};
    load_rows(&e, l->embedding, QUIN_ROW_TOKEN, (uint32_t)l->hyper.dim, e.b->x);
    load_rows(&e, l->rope, QUIN_ROW_ROPE, (uint32_t)l->hyper.head_size, e.b->rope);
    quin_program_add(p, QUIN_REG_WEIGHTS, 0, l->layers);
    quin_program_add(p, QUIN_REG_KV, 0, 0);
    quin_program_add(p, QUIN_REG_LAYER, 0, 0);
    uint32_t top = quin_program_here(p);
    layer(&e);
    quin_program_add(p, QUIN_REG_WEIGHTS, QUIN_REG_WEIGHTS, l->layer_bytes);
    quin_program_add(p, QUIN_REG_KV, QUIN_REG_KV, l->kv_layer_bytes);
    quin_program_add(p, QUIN_REG_LAYER, QUIN_REG_LAYER, 1);
    quin_program_branch_less(p, QUIN_REG_LAYER, 0, l->hyper.layers, top);
    uint32_t skip = quin_program_branch_less(p, QUIN_G_WANT_HEAD, 0, 1, 0);
    head(&e);
    quin_program_patch(p, skip, quin_program_here(p));
    quin_program_end(p);
}
