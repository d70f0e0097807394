/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of the GGUF reader: look-up, decoding of rows to float, unpacking of ternary blocks.
 * TQ1_0 puts five trits in a byte as the fixed-point fraction ceil(v * 256 / 243), v = sum of (trit + 1) *
 * 3^(4-n): each multiplication by 3 pushes the next trit, first element first, out of the byte's top. TQ2_0
 * and I2_S are plain two-bit codes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gguf_priv.h"
#include "msg.h"

size_t quin_gguf_tensor_count(const struct quin_gguf *g)
{
    return g->n_tensors;
}

const struct quin_gguf_tensor *quin_gguf_tensor_at(const struct quin_gguf *g, size_t i)
{
    return i < g->n_tensors ? &g->tensors[i] : NULL;
}

static int name_order(const void *name, const void *entry)
{
    const struct quin_gguf_tensor *const *t = entry;
    return strcmp(name, (*t)->name);
}

const struct quin_gguf_tensor *quin_gguf_tensor_find(const struct quin_gguf *g, const char *name)
{
    const struct quin_gguf_tensor **hit =
        bsearch(name, g->tensor_sorted, g->n_tensors, sizeof *g->tensor_sorted, name_order);
    return hit ? *hit : NULL;
}

enum quin_err quin_gguf_tensor_get(const struct quin_gguf *g, const char *name,
                                   const struct quin_gguf_tensor **t, struct quin_msg *msg)
{
    *t = quin_gguf_tensor_find(g, name);
    if (*t)
        return QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_FORMAT,
                        "GGUF tensor '%.100s' is missing; convert the model again with all its tensors",
                        name);
}

uint64_t quin_gguf_tensor_rows(const struct quin_gguf_tensor *t)
{
    return t->ne[1] * t->ne[2] * t->ne[3]; /* opening has checked the product */
}

/* ---- ternary blocks ---- */

/* `trits` trits of each of n bytes; trit k of byte m goes to out[k * n + m]. */
static void tq1_0_bytes(const uint8_t *bytes, int n, int trits, int8_t *out)
{
    for (int m = 0; m < n; m++) {
        unsigned q = bytes[m];
        for (int k = 0; k < trits; k++) {
            q *= 3;
            out[k * n + m] = (int8_t)((int)(q >> 8) - 1);
            q &= 255;
        }
    }
}

static void tq1_0_unpack(const uint8_t *b, int8_t *trits)
{
    tq1_0_bytes(b, 32, 5, trits);
    tq1_0_bytes(b + 32, 16, 5, trits + 160);
    tq1_0_bytes(b + 48, 4, 4, trits + 240);
}

/* Weight 128 * g + 32 * l + m lies in bits 2l of byte 32 * g + m. */
static int tq2_0_unpack(const uint8_t *b, int8_t *trits)
{
    for (int i = 0; i < QUIN_TQ_BLOCK; i++) {
        int code = b[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
        if (code == 3)
            return i;
        trits[i] = (int8_t)(code - 1);
    }
    return QUIN_TQ_BLOCK;
}

int quin_tq_unpack(uint32_t type, const uint8_t *block, int8_t *trits, float *d)
{
    if (type == QUIN_GGML_TQ1_0) {
        *d = quin_f16_to_f32(quin_le16(block + QUIN_TQ1_0_BYTES - 2));
        tq1_0_unpack(block, trits);
        return QUIN_TQ_BLOCK;
    }
    *d = quin_f16_to_f32(quin_le16(block + QUIN_TQ2_0_BYTES - 2));
    return tq2_0_unpack(block, trits);
}

int quin_i2_s_unpack(const uint8_t *b, int8_t *trits)
{
    for (int i = 0; i < QUIN_I2_S_BLOCK; i++) {
        int code = b[i % 32] >> (6 - 2 * (i / 32)) & 3;
        if (code == 3)
            return i;
        trits[i] = (int8_t)(code - 1);
    }
    return QUIN_I2_S_BLOCK;
}

float quin_i2_s_scale(const struct quin_gguf_tensor *t)
{
    float scale;
    quin_gguf_decode(QUIN_GGML_F32, t->data + t->size - QUIN_I2_S_TAIL, 1, &scale);
    return scale;
}

/* ---- rows ---- */

static enum quin_err code_3(const struct quin_gguf_tensor *t, uint64_t row, uint64_t column,
                            struct quin_msg *msg)
{
    return quin_msg_set(
        msg, QUIN_ERR_FORMAT,
        "tensor '%s', row %llu, column %llu: %s code 3 stands for no trit; the file is damaged, "
        "download or convert it again",
        t->name, (unsigned long long)row, (unsigned long long)column, quin_ggml_type_name(t->type));
}

/* One row of blocks: each weight is its block's scale times its trit. */
static enum quin_err row_tq(const struct quin_gguf_tensor *t, uint64_t row, const uint8_t *p, size_t block,
                            float *out, struct quin_msg *msg)
{
    for (uint64_t k = 0; k < t->ne[0]; k += QUIN_TQ_BLOCK, p += block) {
        int8_t trits[QUIN_TQ_BLOCK];
        float d;
        int n = quin_tq_unpack(t->type, p, trits, &d);
        if (n < QUIN_TQ_BLOCK)
            return code_3(t, row, k + (unsigned)n, msg);
        for (int i = 0; i < QUIN_TQ_BLOCK; i++)
            out[k + (unsigned)i] = d * (float)trits[i];
    }
    return QUIN_OK;
}

/* A row of I2_S may begin and end inside a block. */
static enum quin_err row_i2_s(const struct quin_gguf_tensor *t, uint64_t row, float *out,
                              struct quin_msg *msg)
{
    float d = quin_i2_s_scale(t);
    uint64_t first = row * t->ne[0];
    for (uint64_t k = 0; k < t->ne[0]; k++) {
        uint64_t at = (first + k) / QUIN_I2_S_BLOCK, j = (first + k) % QUIN_I2_S_BLOCK;
        int code = t->data[at * QUIN_I2_S_BYTES + j % 32] >> (6 - 2 * (j / 32)) & 3;
        if (code == 3)
            return code_3(t, row, k, msg);
        out[k] = d * (float)(code - 1);
    }
    return QUIN_OK;
}

enum quin_err quin_gguf_row_f32(const struct quin_gguf_tensor *t, uint64_t row, float *out,
                                struct quin_msg *msg)
{
    enum quin_err e = quin_gguf_tensor_check(t, msg);
    if (e)
        return e;
    uint64_t rows = quin_gguf_tensor_rows(t);
    if (row >= rows)
        return quin_msg_set(msg, QUIN_ERR_RANGE, "tensor '%s' has %llu rows; row %llu does not exist",
                            t->name, (unsigned long long)rows, (unsigned long long)row);
    if (t->type == QUIN_GGML_I2_S)
        return row_i2_s(t, row, out, msg);
    const uint8_t *p = t->data + t->size / rows * row;
    if (t->type == QUIN_GGML_TQ1_0 || t->type == QUIN_GGML_TQ2_0)
        return row_tq(t, row, p, t->type == QUIN_GGML_TQ1_0 ? QUIN_TQ1_0_BYTES : QUIN_TQ2_0_BYTES, out, msg);
    quin_gguf_decode(t->type, p, (size_t)t->ne[0], out);
    return QUIN_OK;
}

/* ---- separate scale ---- */

enum quin_err quin_gguf_scale_tensor(const struct quin_gguf *g, const struct quin_gguf_tensor *t,
                                     float *scale, struct quin_msg *msg)
{
    static const char weight[] = ".weight", suffix[] = ".scale";
    char name[QUIN_GGUF_NAME_MAX + 1];
    *scale = 1.0f;
    size_t n = strlen(t->name);
    size_t stem = n - (sizeof weight - 1);
    if (n < sizeof weight || strcmp(t->name + stem, weight) != 0)
        return QUIN_OK;
    memcpy(name, t->name, stem);
    memcpy(name + stem, suffix, sizeof suffix); /* shorter than what it replaces */
    const struct quin_gguf_tensor *s = quin_gguf_tensor_find(g, name);
    if (!s)
        return QUIN_OK;
    bool is_float = s->type == QUIN_GGML_F32 || s->type == QUIN_GGML_F16 || s->type == QUIN_GGML_BF16;
    if (!is_float || s->ne[0] != 1 || quin_gguf_tensor_rows(s) != 1)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "scale tensor '%s' must hold exactly one F32, F16 or BF16 value; convert the "
                            "model again",
                            name);
    float v;
    quin_gguf_decode(s->type, s->data, 1, &v);
    if (!(v > 0.0f) || !isfinite(v))
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "scale tensor '%s' is %g, not a positive finite number; convert the "
                            "model again",
                            name, (double)v);
    *scale = v;
    return QUIN_OK;
}
