/* SPDX-License-Identifier: Apache-2.0
 *
 * The image is made piece by piece, so that the host never holds a second copy of the weights.
 */
#include "image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "msg.h"
#include "pack.h"

enum { ROWS_A_STEP = 256 }; /* of the embedding */

struct writer {
    const struct quin_layout *l;
    const struct quin_model *model;
    const struct quin_image_sink *sink;
    const struct quin_progress *progress;
    int8_t *matrix;       /* room for one whose trits the model has not kept */
    uint64_t done, total; /* bytes of streams, for the progress */
    struct quin_msg *msg;
};

static enum quin_err write_at(const struct writer *w, uint64_t address, const void *data, size_t bytes)
{
    return w->sink->write(w->sink->ctx, address, data, bytes, w->msg);
}

static enum quin_err no_memory(const struct writer *w, uint64_t bytes)
{
    return quin_msg_set(w->msg, QUIN_ERR_MEMORY, "no memory for %llu bytes of the device image",
                        (unsigned long long)bytes);
}

static void progress(struct writer *w, uint64_t bytes)
{
    w->done += bytes;
    if (w->progress && w->progress->fn)
        w->progress->fn(w->progress->user, (double)w->done / (double)w->total);
}

/* A ternary matrix as a stream. */
static enum quin_err write_ternary(struct writer *w, const struct quin_stream *s, uint64_t address, const int8_t *trits)
{
    uint8_t *tile = malloc(s->tile_bytes);
    enum quin_err err = QUIN_OK;
    if (!tile)
        return no_memory(w, s->tile_bytes);
    for (uint32_t t = 0; t < s->tiles && !err; t++) {
        quin_pack_ternary_tile(s, w->l->config.stream_bytes, trits, t, tile);
        err = write_at(w, address + t * s->tile_bytes, tile, s->tile_bytes);
    }
    free(tile);
    if (!err)
        progress(w, s->tile_bytes * s->tiles);
    return err;
}

/* Rows of the embedding or the head, `step` at a time: as they are, or (s) as tiles of a stream. */
static enum quin_err write_rows(struct writer *w, bool head, const struct quin_stream *s, uint64_t address)
{
    size_t dim = w->l->hyper.dim, vocab = w->l->hyper.vocab, step = s ? s->channels : ROWS_A_STEP, n;
    float *buffer = malloc(step * dim * sizeof *buffer);
    uint8_t *tile = s ? malloc(s->tile_bytes) : NULL;
    enum quin_err err = !buffer || (s && !tile) ? no_memory(w, step * dim * 4) : QUIN_OK;
    for (size_t first = 0; first < vocab && !err; first += n) {
        const float *rows;
        n = vocab - first < step ? vocab - first : step;
        err = quin_model_rows(w->model, head, first, n, buffer, &rows, w->msg);
        if (err)
            break;
        if (s) {
            quin_pack_float_tile(s, w->l->config.stream_bytes, rows, (uint32_t)n, tile);
            err = write_at(w, address + first / step * s->tile_bytes, tile, s->tile_bytes);
            progress(w, s->tile_bytes);
        } else {
            err = write_at(w, address + first * dim * 4, rows, n * dim * 4);
        }
    }
    free(buffer);
    free(tile);
    return err;
}

static enum quin_err write_layer(struct writer *w, uint32_t index)
{
    struct quin_layer *layer = &w->model->layer[index];
    uint64_t base = w->l->layers + index * w->l->layer_bytes;
    float scales[QUIN_SCALE_WORDS] = {0};
    const float *constants[QUIN_CONSTS] = {scales, layer->attn_norm, layer->attn_sub_norm, layer->ffn_norm,
                                           layer->ffn_sub_norm};
    enum quin_err err = QUIN_OK;
    for (uint32_t p = 0; p < QUIN_PROJS; p++)
        scales[p] = quin_layer_linear(layer, (enum quin_projection)p)->scale;
    scales[QUIN_SCALE_ONE] = 1.0f;
    for (uint32_t i = 0; i < QUIN_CONSTS && !err; i++)
        if (w->l->constant_words[i])
            err = write_at(w, base + w->l->constant[i], constants[i], (size_t)w->l->constant_words[i] * 4);
    for (uint32_t p = 0; p < QUIN_PROJS && !err; p++) {
        const int8_t *trits;
        err = quin_model_trits(w->model, index, (enum quin_projection)p, w->matrix, &trits, w->msg);
        if (!err)
            err = write_ternary(w, &w->l->proj[p], base + w->l->proj[p].offset, trits);
    }
    return err;
}

/* For each position: the cosines of its angles, then the sines, each times YaRN's attention factor. */
static enum quin_err write_rope(const struct writer *w)
{
    size_t size = w->l->hyper.head_size, half = size / 2;
    float *row = malloc(size * sizeof *row);
    double length = quin_model_rope_length(w->model);
    enum quin_err err = QUIN_OK;
    if (!row)
        return no_memory(w, size * sizeof *row);
    for (uint32_t p = 0; p < w->l->context && !err; p++) {
        for (size_t i = 0; i < half; i++) {
            double angle = quin_model_angle(w->model, p, i);
            row[i] = (float)(length * cos(angle));
            row[half + i] = (float)(length * sin(angle));
        }
        err = write_at(w, w->l->rope + p * size * 4, row, size * 4);
    }
    free(row);
    return err;
}

static enum quin_err write_program(const struct writer *w, enum quin_compile_kind kind, uint64_t address,
                                   uint32_t *length)
{
    struct quin_program *p = quin_program_create();
    const struct quin_cmd *cmds;
    if (!p)
        return no_memory(w, sizeof *cmds);
    quin_compile(p, w->l, kind);
    enum quin_err err = quin_program_finish(p, &cmds, length, w->msg);
    if (!err && *length > w->l->program_capacity)
        err = quin_msg_set(w->msg, QUIN_ERR_RANGE, "the program has %u commands and the layout has room for %u", *length,
                           w->l->program_capacity);
    if (!err)
        err = write_at(w, address, cmds, (size_t)*length * sizeof *cmds);
    quin_program_free(p);
    return err;
}

static enum quin_err write_descriptor(const struct writer *w, uint32_t prefill, uint32_t decode)
{
    const struct quin_layout *l = w->l;
    /* a run may repeat a layer's commands for every layer and every block of attention */
    uint64_t blocks = l->context / (l->prefill.positions < l->decode.positions ? l->prefill.positions
                                                                              : l->decode.positions) + 2;
    uint64_t limit = (uint64_t)(prefill > decode ? prefill : decode) * l->hyper.layers * blocks;
    const struct quin_model_desc d = {
        .magic = (uint32_t)QUIN_DESC_MAGIC, .version = QUIN_CONTRACT_VERSION,
        .rows = l->config.rows, .stream_bytes = l->config.stream_bytes,
        .scratchpad = l->prefill.words > l->decode.words ? l->prefill.words : l->decode.words,
        .vocab = (uint32_t)l->hyper.vocab, .context = l->context, .slots = l->slots,
        .prefill_rows = l->prefill.rows, .decode_rows = l->decode.rows,
        .prefill_length = prefill, .decode_length = decode,
        .prefill = l->prefill_program, .decode = l->decode_program,
        .kv = l->kv, .slot_bytes = l->slot_bytes, .logits = l->logits, .best = l->best,
        .token_bytes = (uint32_t)l->hyper.dim * 4, .rope_bytes = (uint32_t)l->hyper.head_size * 4,
        .k_tile_positions = l->k_tile_positions, .k_tile_bytes = l->k_tile_bytes,
        .k_value_bytes = l->value_bytes, .k_scale_offset = (uint32_t)l->hyper.head_size * l->config.stream_bytes,
        .v_position_bytes = l->config.stream_bytes,
        .best_blocks = l->best_blocks, .best_block_tokens = l->prefill.head_block,
        .command_limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit,
    };
    return write_at(w, l->descriptor, &d, sizeof d);
}

enum quin_err quin_image_write(const struct quin_layout *l, const struct quin_model *model,
                               const struct quin_image_sink *sink, const struct quin_progress *progress,
                               struct quin_msg *msg)
{
    struct writer w = {.l = l, .model = model, .sink = sink, .progress = progress, .msg = msg,
                       .total = l->hyper.layers * l->layer_bytes + l->head.tile_bytes * l->head.tiles};
    uint32_t prefill = 0, decode = 0;
    w.matrix = malloc(quin_model_matrix_bytes(model));
    if (!w.matrix)
        return no_memory(&w, quin_model_matrix_bytes(model));
    enum quin_err err = write_program(&w, QUIN_COMPILE_PREFILL, l->prefill_program, &prefill);
    if (!err)
        err = write_program(&w, QUIN_COMPILE_DECODE, l->decode_program, &decode);
    if (!err)
        err = write_descriptor(&w, prefill, decode);
    if (!err)
        err = write_rope(&w);
    if (!err)
        err = write_at(&w, l->output_norm, model->output_norm, l->hyper.dim * 4);
    for (uint32_t i = 0; i < l->hyper.layers && !err; i++)
        err = write_layer(&w, i);
    if (!err)
        err = write_rows(&w, true, &l->head, l->head_at);
    if (!err)
        err = write_rows(&w, false, NULL, l->embedding);
    free(w.matrix);
    return err;
}
