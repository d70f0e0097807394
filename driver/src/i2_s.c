/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells the layouts of I2_S apart by the weights: see i2_s.h.
 */
#include "i2_s.h"

#include <stdio.h>
#include <stdlib.h>

#include "msg.h"

enum { LAYERS = 4, ROWS = 96, TOKENS = 512 };

/* Random weights give 1 +- 0.03; the demo model gives 1.4 to 1.9 for the right layout and below 1.03 for the
 * others. */
static const double CLEAR = 1.1;

const char *quin_i2_s_name(enum quin_i2_s_layout layout)
{
    static const char *const names[QUIN_I2_S_LAYOUTS] = {
        [QUIN_I2_S_128] = "128 weights in 32 bytes",
        [QUIN_I2_S_64] = "64 weights in 16 bytes (ARM builds of bitnet.cpp)",
        [QUIN_I2_S_ROWS] = "four rows interleaved (x86 builds of bitnet.cpp without ACT_PARALLEL)",
    };
    return names[layout];
}

/* Row r of a tensor read in a layout; rows are taken four at a time in the interleaved one, so the last ones
 * of a number that is no multiple of four are left out by the caller. */
static void read_row(const struct quin_gguf_tensor *t, enum quin_i2_s_layout layout, uint64_t r, float *out)
{
    uint64_t n = t->ne[0];
    for (uint64_t c = 0; c < n; c++) {
        uint64_t flat = r * n + c, byte, part;
        if (layout == QUIN_I2_S_ROWS) {
            byte = r / 4 * n + c;
            part = r % 4;
        } else {
            uint64_t wide = layout == QUIN_I2_S_128 ? 32 : 16, j = flat % (4 * wide);
            byte = flat / (4 * wide) * wide + j % wide;
            part = j / wide;
        }
        out[c] = (float)((t->data[byte] >> (6 - 2 * part) & 3) - 1);
    }
}

/* E as [tokens][dim], evenly spaced over the vocabulary, and sum_t E_tc^2. */
struct embedding {
    size_t dim, tokens;
    float *rows;
    double *squares;
};

static enum quin_err read_embedding(const struct quin_gguf *g, const struct quin_hyper *h,
                                    struct embedding *e, struct quin_msg *msg)
{
    const struct quin_gguf_tensor *t;
    enum quin_err err = quin_gguf_tensor_get(g, "token_embd.weight", &t, msg);
    if (err)
        return err;
    if (t->ne[0] != h->dim || t->ne[1] != h->vocab)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "tensor token_embd.weight is not [%zu][%zu]; convert the model again", h->vocab,
                            h->dim);
    e->dim = h->dim;
    e->tokens = h->vocab < TOKENS ? h->vocab : TOKENS;
    e->rows = malloc(e->tokens * e->dim * sizeof *e->rows);
    e->squares = calloc(e->dim, sizeof *e->squares);
    if (!e->rows || !e->squares)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory to examine I2_S tensors; close other programs");
    for (size_t i = 0; i < e->tokens && !err; i++) {
        float *row = e->rows + i * e->dim;
        err = quin_gguf_row_f32(t, i * h->vocab / e->tokens, row, msg);
        for (size_t c = 0; c < e->dim && !err; c++)
            e->squares[c] += (double)row[c] * (double)row[c];
    }
    return err;
}

/* Adds a row's share of both sums. */
static void compose(const struct embedding *e, const float *a, double *above, double *below)
{
    for (size_t i = 0; i < e->tokens; i++) {
        const float *row = e->rows + i * e->dim;
        float dot = 0;
        for (size_t c = 0; c < e->dim; c++)
            dot += a[c] * row[c];
        *above += (double)dot * (double)dot;
    }
    for (size_t c = 0; c < e->dim; c++)
        *below += (double)a[c] * (double)a[c] * e->squares[c];
}

static void judge(struct quin_i2_s_verdict *v)
{
    double others = 0;
    for (int i = 1; i < QUIN_I2_S_LAYOUTS; i++)
        if (v->score[i] > v->score[v->layout])
            v->layout = (enum quin_i2_s_layout)i;
    for (int i = 0; i < QUIN_I2_S_LAYOUTS; i++)
        if (i != (int)v->layout && v->score[i] > others)
            others = v->score[i];
    v->certain = v->score[v->layout] >= CLEAR && others - 1 < (v->score[v->layout] - 1) / 2;
}

enum quin_err quin_i2_s_examine(const struct quin_gguf *g, const struct quin_hyper *h,
                                struct quin_i2_s_verdict *v, struct quin_msg *msg)
{
    double above[QUIN_I2_S_LAYOUTS] = {0}, below[QUIN_I2_S_LAYOUTS] = {0};
    struct embedding e = {0};
    enum quin_err err = read_embedding(g, h, &e, msg);
    float *a = malloc(h->dim * sizeof *a);
    *v = (struct quin_i2_s_verdict){.layout = QUIN_I2_S_128};
    if (!err && !a)
        err = quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory to examine I2_S tensors; close other programs");
    for (size_t i = 0; i < LAYERS * 3 && i < h->layers * 3 && !err; i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%zu.%s.weight", i / 3,
                 quin_projection_name((enum quin_projection)(i % 3)));
        const struct quin_gguf_tensor *t = quin_gguf_tensor_find(g, name);
        if (!t || t->type != QUIN_GGML_I2_S || t->ne[0] != h->dim)
            continue;
        v->any = true;
        uint64_t rows = quin_gguf_tensor_rows(t) / 4 * 4, step = rows / ROWS ? rows / ROWS : 1;
        for (uint64_t r = 0; r < rows; r += step)
            for (int layout = 0; layout < QUIN_I2_S_LAYOUTS; layout++) {
                read_row(t, (enum quin_i2_s_layout)layout, r, a);
                compose(&e, a, &above[layout], &below[layout]);
            }
    }
    for (int i = 0; i < QUIN_I2_S_LAYOUTS; i++)
        v->score[i] = below[i] > 0 ? above[i] / below[i] : 1;
    judge(v);
    free(a);
    free(e.rows);
    free(e.squares);
    return err;
}

enum quin_err quin_i2_s_refuse(const struct quin_i2_s_verdict *v, struct quin_msg *msg)
{
    if (!v->any || !v->certain || v->layout == QUIN_I2_S_128)
        return QUIN_OK;
    return quin_msg_set(
        msg, QUIN_ERR_UNSUPPORTED,
        "the I2_S tensors have the layout of %s, by their weights (composition %.2f against %.2f); only "
        "%s is read, that of published files; convert the model again with models/convert.py",
        quin_i2_s_name(v->layout), v->score[v->layout], v->score[QUIN_I2_S_128],
        quin_i2_s_name(QUIN_I2_S_128));
}
