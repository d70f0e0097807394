/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses block sizes and addresses. Scratchpad buffers that are never alive together share their words.
 */
#include "layout.h"

#include <string.h>

#include "msg.h"

enum { ALIGN_BYTES = 64, ATTENTION_BLOCK = 512, SMALLEST_BLOCK = 64, FFN_BLOCK = 1280, FFN_BLOCKS = 4, HEAD_BLOCK = 4096 };

static uint32_t align_words(uint64_t words)
{
    return (uint32_t)quin_align(words, QUIN_SP_ALIGN_WORDS);
}

/* ---- DRAM ---- */

static struct quin_stream stream_of(const struct quin_layout *l, uint32_t k, uint32_t n, uint32_t trits, int scales)
{
    uint32_t columns = QUIN_TRITS_BYTE * l->config.stream_bytes;
    struct quin_stream s = {.k = k, .n = n, .column_scales = scales};
    s.precision = trits == 1 ? QUIN_PRECISION_D1 : trits == 5 ? QUIN_PRECISION_D5 : QUIN_PRECISION_D10;
    s.channels = columns / trits;
    s.tiles = (n + s.channels - 1) / s.channels;
    s.tile_bytes = (uint64_t)k * l->config.stream_bytes + (scales ? (uint64_t)s.channels * QUIN_SCALE_BYTES : 0);
    return s;
}

/* A layer: constants, then the matrices in the order in which they are read. */
static void place_layer(struct quin_layout *l)
{
    const struct quin_hyper *h = &l->hyper;
    uint32_t att = (uint32_t)(h->heads * h->head_size), kv = (uint32_t)(h->kv_heads * h->head_size);
    uint32_t dim = (uint32_t)h->dim, ffn = (uint32_t)h->ffn;
    const uint32_t words[QUIN_CONSTS] = {QUIN_SCALE_WORDS, dim, h->attn_sub_norm ? att : 0, dim,
                                         h->ffn_sub_norm ? ffn : 0};
    const uint32_t shape[QUIN_PROJS][2] = {{dim, att}, {dim, kv}, {dim, kv}, {att, dim}, {dim, ffn}, {dim, ffn},
                                           {ffn, dim}};
    uint64_t at = 0;
    for (uint32_t i = 0; i < QUIN_CONSTS; i++) {
        l->constant[i] = at;
        l->constant_words[i] = words[i];
        at += quin_align((uint64_t)words[i] * 4, ALIGN_BYTES);
    }
    for (uint32_t p = 0; p < QUIN_PROJS; p++) {
        l->proj[p] = stream_of(l, shape[p][0], shape[p][1], 1, 0);
        l->proj[p].offset = at;
        at += quin_align(l->proj[p].tile_bytes * l->proj[p].tiles, ALIGN_BYTES);
    }
    l->layer_bytes = quin_align(at, ALIGN_BYTES);
}

static void place_kv(struct quin_layout *l)
{
    const struct quin_hyper *h = &l->hyper;
    uint32_t w = l->config.stream_bytes, block;
    l->value_bytes = l->precision.kv_trits / QUIN_TRITS_BYTE;
    l->k_tile_positions = w / l->value_bytes;
    l->k_tile_bytes = (uint32_t)h->head_size * w + l->k_tile_positions * QUIN_SCALE_BYTES;
    /* whole blocks of attention fit, so that a block's stream never leaves its region */
    block = l->k_tile_positions > ATTENTION_BLOCK ? l->k_tile_positions : ATTENTION_BLOCK;
    uint64_t positions = quin_align(l->context, block);
    l->k_head_bytes = positions / l->k_tile_positions * l->k_tile_bytes;
    l->v_tile_bytes = positions * w;
    l->v_head_bytes = (h->head_size + l->k_tile_positions - 1) / l->k_tile_positions * l->v_tile_bytes;
    l->v_scale_head_bytes = positions * 4;
    l->v_offset = quin_align(h->kv_heads * l->k_head_bytes, ALIGN_BYTES);
    l->v_scale_offset = quin_align(l->v_offset + h->kv_heads * l->v_head_bytes, ALIGN_BYTES);
    l->kv_layer_bytes = quin_align(l->v_scale_offset + h->kv_heads * l->v_scale_head_bytes, ALIGN_BYTES);
    l->slot_bytes = h->layers * l->kv_layer_bytes;
}

static uint64_t take(uint64_t *at, uint64_t bytes)
{
    uint64_t here = *at;
    *at = quin_align(here + bytes, ALIGN_BYTES);
    return here;
}

/* Upper bound for the commands of either program: what compile.c emits, counted generously. */
static uint32_t program_bound(const struct quin_layout *l)
{
    const struct quin_hyper *h = &l->hyper;
    uint64_t attention = 80 + 4 * h->heads + 8 * h->kv_heads, ffn = 16 * (h->ffn / 64 + 1);
    uint64_t head = 8 * (h->vocab / 64 + 1);
    return (uint32_t)(256 + attention * l->config.rows + ffn + head);
}

static void place_dram(struct quin_layout *l)
{
    const struct quin_hyper *h = &l->hyper;
    uint32_t rows = l->prefill.rows > l->decode.rows ? l->prefill.rows : l->decode.rows;
    uint64_t at = 0;
    l->program_capacity = program_bound(l);
    l->best_blocks = (uint32_t)((h->vocab + l->prefill.head_block - 1) / l->prefill.head_block);
    l->descriptor = take(&at, sizeof(struct quin_model_desc));
    l->submissions = take(&at, (uint64_t)QUIN_SQ_ENTRIES * sizeof(struct quin_submission));
    l->completions = take(&at, (uint64_t)QUIN_CQ_ENTRIES * sizeof(struct quin_completion));
    l->tokens = take(&at, (uint64_t)l->context * l->slots * 4);
    l->prefill_program = take(&at, (uint64_t)l->program_capacity * QUIN_COMMAND_BYTES);
    l->decode_program = take(&at, (uint64_t)l->program_capacity * QUIN_COMMAND_BYTES);
    l->rope = take(&at, (uint64_t)l->context * h->head_size * 4);
    l->output_norm = take(&at, h->dim * 4);
    l->layers = take(&at, h->layers * l->layer_bytes);
    l->head_at = take(&at, l->head.tile_bytes * l->head.tiles);
    l->embedding = take(&at, (uint64_t)h->vocab * h->dim * 4);
    l->constant_end = at;
    l->kv = take(&at, l->slots * l->slot_bytes);
    l->logits = take(&at, (uint64_t)rows * h->vocab * 4);
    l->host_logits = take(&at, (uint64_t)rows * l->slots * h->vocab * 4);
    l->best = take(&at, (uint64_t)rows * l->best_blocks * 8);
    l->dram_bytes = quin_align(at, 4096);
}

/* ---- scratchpad ---- */

static struct quin_view reserve(uint32_t *at, uint32_t rows, uint32_t groups, uint64_t words)
{
    struct quin_view v = {.base = *at, .group = align_words(words)};
    v.row = groups * v.group;
    *at += rows * v.row;
    return v;
}

static struct quin_view scalars(uint32_t *at, uint32_t rows, uint64_t count)
{
    struct quin_view v = {.base = *at, .row = align_words(count), .group = 1};
    *at += rows * v.row;
    return v;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Buffers for `rows` tokens; attention block, FFN block and head block are set in b. */
static void place_buffers(const struct quin_layout *l, struct quin_buffers *b)
{
    const struct quin_hyper *h = &l->hyper;
    uint32_t t = b->rows, heads = (uint32_t)h->heads, kvs = (uint32_t)h->kv_heads, hs = (uint32_t)h->head_size;
    uint32_t wide = larger((uint32_t)h->dim, heads * hs), exact = l->precision.attention_bits == 16;
    uint32_t wide_act = l->precision.activation_bits == 16 || l->precision.head_bits == 16;
    uint32_t at = 0, attention, ffn, head;
    b->x = reserve(&at, t, 1, h->dim);
    b->rope = reserve(&at, t, 1, hs);
    b->scales = reserve(&at, 1, 1, QUIN_SCALE_WORDS);
    b->gain = reserve(&at, 1, 1, wide);
    b->ffn_gain = reserve(&at, 1, 1, h->ffn_sub_norm ? h->ffn : 0);
    for (uint32_t i = 0; i < 4; i++)
        b->row[i] = scalars(&at, t, 1);
    b->row[4] = wide_act ? scalars(&at, t, 1) : b->row[0];
    for (uint32_t i = 0; i < 8; i++)
        b->head[i] = scalars(&at, t, heads);
    for (uint32_t i = 0; i < 2; i++)
        b->best[i] = scalars(&at, t, 2);
    b->act = reserve(&at, t, 1, larger(wide, (uint32_t)h->ffn) / 4 + 1);
    b->act_low = wide_act ? reserve(&at, t, 1, larger(wide, l->precision.activation_bits == 16 ? (uint32_t)h->ffn : 0) / 4 + 1)
                          : b->act;
    b->part = reserve(&at, t, heads, hs); /* also y [T][dim] of a projection back into the residual */
    at = b->part.base + t * larger(b->part.row, align_words(h->dim));

    attention = ffn = head = at;
    b->norm = reserve(&attention, t, 1, wide);
    attention = at; /* norm is dead before q, k, v are written */
    b->q = b->out = reserve(&attention, t, heads, hs);
    attention = larger(attention, b->norm.base + t * b->norm.row);
    b->q8 = reserve(&attention, t, heads, hs / 4);
    b->q8_low = exact ? reserve(&attention, t, heads, hs / 4) : b->q8;
    b->v_scale = reserve(&attention, 1, kvs, b->positions);
    if (exact)
        b->part2 = reserve(&attention, t, heads, hs);
    uint32_t scores = attention; /* in the place of what is dead when K and V are in the cache */
    b->k = reserve(&attention, t, kvs, hs);
    b->v = reserve(&attention, t, kvs, hs);
    b->k8 = reserve(&attention, t, kvs, hs * l->value_bytes / 4);
    b->v8 = reserve(&attention, t, kvs, hs * l->value_bytes / 4);
    if (!exact)
        b->part2 = reserve(&attention, t, heads, hs);
    b->score = reserve(&scores, b->att_rows, heads, b->positions);
    b->score2 = exact ? reserve(&scores, b->att_rows, heads, b->positions) : b->score;
    b->p8 = reserve(&scores, b->att_rows, heads, b->positions / 4);
    b->p8_low = exact ? reserve(&scores, b->att_rows, heads, b->positions / 4) : b->p8;
    attention = larger(attention, scores);

    ffn = b->part.base; /* dead until the way back into the residual, when these are */
    for (uint32_t i = 0; i < 2; i++) {
        b->gate[i] = reserve(&ffn, t, 1, b->ffn_block);
        b->up[i] = reserve(&ffn, t, 1, b->ffn_block);
    }
    b->temp = reserve(&ffn, t, 1, b->ffn_block);
    ffn = larger(ffn, at);
    b->hidden = reserve(&ffn, t, 1, h->ffn);
    ffn = larger(ffn, b->norm.base + t * b->norm.row);

    head = b->norm.base + t * b->norm.row;
    for (uint32_t i = 0; i < 2; i++)
        b->logits[i] = reserve(&head, t, 1, b->head_block);
    b->logits_low = l->precision.head_bits == 16 ? reserve(&head, t, 1, b->head_block) : b->logits[0];
    b->words = larger(larger(attention, ffn), head);
}

/* Columns computed at a time, at most about `most`: whole tiles, and vectors that begin aligned. */
static uint32_t whole_tiles(uint32_t n, uint32_t most, uint32_t channels)
{
    while (channels % QUIN_SP_ALIGN_WORDS)
        channels *= 2;
    uint32_t block = most / channels * channels;
    if (!block)
        block = channels;
    return n <= block ? (n + channels - 1) / channels * channels : block;
}

/* The most rows and then the largest blocks that fit, attention in blocks of at most `positions`. Returns 0 if nothing
 * does. */
static int fit(const struct quin_layout *l, struct quin_buffers *b, uint32_t most_rows, uint32_t positions, int prefill)
{
    /* blocks enough for the vector unit to work on one while the array computes the next */
    uint32_t quarter = ((uint32_t)l->hyper.ffn + FFN_BLOCKS - 1) / FFN_BLOCKS;
    uint32_t ffn_most = quarter < FFN_BLOCK ? quarter : FFN_BLOCK;
    for (uint32_t rows = most_rows; rows; rows--)
        for (uint32_t block = positions; block >= larger(SMALLEST_BLOCK, l->k_tile_positions); block /= 2) {
            b->rows = rows;
            b->att_rows = prefill ? rows : 1;
            b->positions = block;
            b->ffn_block = whole_tiles((uint32_t)l->hyper.ffn, ffn_most / (positions / block),
                                       l->proj[QUIN_PROJ_GATE].channels);
            b->head_block = l->prefill.head_block;
            place_buffers(l, b);
            if (b->words <= l->config.scratchpad_words)
                return 1;
        }
    return 0;
}

/* Both programs. The block of attention is the same in both, since it decides the order of a softmax's sum: a token's
 * logits are then the same bits whether it was part of a prefill or decoded. */
static int fit_programs(struct quin_layout *l, uint32_t head_block)
{
    uint32_t positions = ATTENTION_BLOCK, slots = l->slots < l->config.rows ? l->slots : l->config.rows;
    while (positions / 2 >= l->context && positions / 2 >= larger(SMALLEST_BLOCK, l->k_tile_positions))
        positions /= 2;
    l->prefill.head_block = head_block;
    while (fit(l, &l->prefill, l->config.rows, positions, 1) && fit(l, &l->decode, slots, l->prefill.positions, 0)) {
        if (l->prefill.positions == l->decode.positions)
            return 1;
        positions = l->decode.positions;
    }
    return 0;
}

static enum quin_err check(const struct quin_layout *l, struct quin_msg *msg)
{
    const struct quin_hyper *h = &l->hyper;
    const struct quin_precision *p = &l->precision;
    size_t k_max = (size_t)1 << (l->config.carry_bits - 1);
    if ((p->kv_trits != 5 && p->kv_trits != 10) || (p->head_trits != 5 && p->head_trits != 10) ||
        (p->attention_bits != 8 && p->attention_bits != 16) || (p->activation_bits != 8 && p->activation_bits != 16) ||
        (p->head_bits != 8 && p->head_bits != 16))
        return quin_msg_set(msg, QUIN_ERR_ARG, "precision: kv and head take 5 or 10 trits, attention, activations and the "
                            "head's input 8 or 16 bits");
    if (!l->slots || l->slots > 16)
        return quin_msg_set(msg, QUIN_ERR_ARG, "%u slots: the device serves 1 to 16", l->slots);
    if (!l->context || l->context > h->context)
        return quin_msg_set(msg, QUIN_ERR_RANGE, "a context of %u positions: the model was made for %zu; choose 1 to %zu",
                            l->context, h->context, h->context);
    if (h->dim > k_max || h->ffn > k_max || h->heads * h->head_size > k_max)
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "a matrix of the model has more than %zu inputs, which the carry counts of configuration "
                            "'%s' cannot hold; choose a configuration with more carry bits", k_max, l->config.name);
    if (h->dim % QUIN_SP_ALIGN_WORDS || h->ffn % QUIN_SP_ALIGN_WORDS)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED, "embedding length %zu and feed-forward length %zu must be "
                            "multiples of %d", h->dim, h->ffn, QUIN_SP_ALIGN_WORDS);
    return QUIN_OK;
}

enum quin_err quin_layout_make(struct quin_layout *l, const struct quin_config *config, const struct quin_hyper *hyper,
                               const struct quin_precision *precision, uint32_t context, uint32_t slots,
                               struct quin_msg *msg)
{
    memset(l, 0, sizeof *l);
    l->config = *config;
    l->hyper = *hyper;
    l->precision = *precision;
    l->context = context ? context : (uint32_t)hyper->context;
    l->slots = slots;
    enum quin_err err = check(l, msg);
    if (err)
        return err;
    place_layer(l);
    place_kv(l);
    l->head = stream_of(l, (uint32_t)hyper->dim, (uint32_t)hyper->vocab, precision->head_trits, 1);
    uint32_t most = HEAD_BLOCK; /* the smaller this block, the more rows fit */
    while (!fit_programs(l, whole_tiles((uint32_t)hyper->vocab, most, l->head.channels)) ||
           (l->prefill.rows < config->rows && most > SMALLEST_BLOCK)) {
        if (most <= SMALLEST_BLOCK)
            return quin_msg_set(msg, QUIN_ERR_RANGE, "one token of this model needs more scratchpad than the %u words of "
                                "configuration '%s'; choose a larger configuration", config->scratchpad_words,
                                config->name);
        most /= 2;
    }
    place_dram(l);
    return QUIN_OK;
}
