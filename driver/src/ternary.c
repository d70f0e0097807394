/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a tensor as trits times one scale, or says where it is not ternary. */
#include "ternary.h"

#include <math.h>
#include <stdlib.h>

#include "gguf_priv.h"
#include "msg.h"

/* One value, or one block, as a message names it. */
struct place {
    const struct quin_gguf_tensor *t;
    unsigned long long row, column;
};

static enum quin_err not_ternary(struct place at, float value, float scale, struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_FORMAT,
                        "tensor '%s' is not ternary: row %llu, column %llu is %.9g, but the values before it "
                        "are 0 or "
                        "+-%.9g; if this file holds masters of a BitNet model, --override-kv "
                        "quintrit.masters=bool:true quantises them by absmean",
                        at.t->name, at.row, at.column, (double)value, (double)scale);
}

static enum quin_err not_finite(struct place at, float value, struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_FORMAT,
                        "tensor '%s', row %llu, column %llu: %g is not a finite number; convert the model "
                        "again",
                        at.t->name, at.row, at.column, (double)value);
}

/* Adds a row's magnitudes to *sum. */
static enum quin_err add_magnitudes(struct place at, const float *w, double *sum, struct quin_msg *msg)
{
    for (uint64_t k = 0; k < at.t->ne[0]; k++) {
        at.column = k;
        if (!isfinite(w[k]))
            return not_finite(at, w[k], msg);
        *sum += fabs((double)w[k]);
    }
    return QUIN_OK;
}

static void round_row(const float *w, size_t n, float inverse, int8_t *trits)
{
    for (size_t k = 0; k < n; k++)
        trits[k] = (int8_t)fmaxf(-1.0f, fminf(1.0f, nearbyintf(w[k] * inverse)));
}

/* Two passes over the tensor: mean, then trits. w: room for a row. */
static enum quin_err from_masters(const struct quin_gguf_tensor *t, float *w, int8_t *trits, float *scale,
                                  struct quin_msg *msg)
{
    uint64_t rows = quin_gguf_tensor_rows(t);
    double sum = 0;
    enum quin_err e = QUIN_OK;
    for (uint64_t r = 0; r < rows && !e; r++) {
        e = quin_gguf_row_f32(t, r, w, msg);
        if (!e)
            e = add_magnitudes((struct place){t, r, 0}, w, &sum, msg);
    }
    float inverse = 1.0f / fmaxf((float)(sum / ((double)t->ne[0] * (double)rows)), 1e-5f);
    for (uint64_t r = 0; r < rows && !e; r++) {
        e = quin_gguf_row_f32(t, r, w, msg);
        if (!e)
            round_row(w, (size_t)t->ne[0], inverse, trits + r * t->ne[0]);
    }
    *scale = 1.0f / inverse;
    return e;
}

/* Row at.row as trits. *scale is 0 until the first weight that is not zero; equality is exact, because an
 * absmean-quantised tensor was written as t * scale and rounds to the same value everywhere. */
static enum quin_err row_from_floats(struct place at, const float *w, int8_t *trits, float *scale,
                                     struct quin_msg *msg)
{
    for (uint64_t k = 0; k < at.t->ne[0]; k++) {
        at.column = k;
        if (!isfinite(w[k]))
            return not_finite(at, w[k], msg);
        float mag = fabsf(w[k]);
        if (mag != 0 && *scale == 0)
            *scale = mag; /* the first weight that is not zero sets the scale of all */
        if (mag != 0 && mag != *scale)
            return not_ternary(at, w[k], *scale, msg);
        trits[k] = (int8_t)((w[k] > 0) - (w[k] < 0));
    }
    return QUIN_OK;
}

/* Masters have many magnitudes; a tensor of which half has the first one, or is zero, was ternary and is
 * damaged. */
static bool is_master(const struct quin_gguf_tensor *t, float *w, float first)
{
    uint64_t rows = quin_gguf_tensor_rows(t), same = 0;
    for (uint64_t r = 0; r < rows; r++) {
        if (quin_gguf_row_f32(t, r, w, NULL))
            return false;
        for (uint64_t k = 0; k < t->ne[0]; k++)
            same += w[k] == 0 || fabsf(w[k]) == first;
    }
    return same < rows * t->ne[0] / 2;
}

static enum quin_err from_floats(const struct quin_gguf_tensor *t, enum quin_masters masters, int8_t *trits,
                                 float *scale, bool *quantised, struct quin_msg *msg)
{
    /* The row lies in the file, so its length times 4 is at most twice the file's size. */
    float *w = malloc((size_t)t->ne[0] * sizeof *w);
    if (!w)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a row of tensor '%s'; close other programs",
                            t->name);
    enum quin_err e = QUIN_OK;
    uint64_t rows = quin_gguf_tensor_rows(t);
    for (uint64_t r = 0; r < rows && !e; r++) {
        e = quin_gguf_row_f32(t, r, w, msg);
        if (!e)
            e = row_from_floats((struct place){t, r, 0}, w, trits + r * t->ne[0], scale, msg);
    }
    if (e == QUIN_ERR_FORMAT && masters == QUIN_MASTERS_ABSMEAN && is_master(t, w, *scale)) {
        *quantised = true;
        e = from_masters(t, w, trits, scale, msg); /* what is not finite is refused there, too */
    }
    free(w);
    return e;
}

/* A block of zeros has no say in the scale: ggml writes 0 as its d. */
static bool all_zero(const int8_t *trits)
{
    for (int i = 0; i < QUIN_TQ_BLOCK; i++)
        if (trits[i])
            return false;
    return true;
}

/* Multiplies a block's trits by the sign of its scale: zero clears them, a negative scale turns them round.
 */
static void apply_sign(int8_t *trits, float d)
{
    int sign = (d > 0) - (d < 0);
    for (int i = 0; i < QUIN_TQ_BLOCK; i++)
        trits[i] = (int8_t)(trits[i] * sign);
}

/* One block at row at.row, column at.column as trits; sets *scale as row_from_floats does. */
static enum quin_err block_from_tq(struct place at, const uint8_t *block, int8_t *trits, float *scale,
                                   struct quin_msg *msg)
{
    float d;
    int n = quin_tq_unpack(at.t->type, block, trits, &d);
    if (n < QUIN_TQ_BLOCK)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "tensor '%s', row %llu, column %llu: TQ2_0 code 3 stands for no trit; the file "
                            "is damaged, "
                            "download or convert it again",
                            at.t->name, at.row, at.column + (unsigned)n);
    if (!isfinite(d))
        return not_finite(at, d, msg);
    apply_sign(trits, d);
    if (all_zero(trits))
        return QUIN_OK; /* what d is does not matter */
    d = fabsf(d);
    if (*scale == 0)
        *scale = d;
    if (d != *scale)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "tensor '%s': block %llu of row %llu has scale %.9g, but the blocks before it "
                            "have %.9g; one "
                            "scale per tensor is needed, quantise it by absmean over the whole tensor first",
                            at.t->name, at.column / QUIN_TQ_BLOCK, at.row, (double)d, (double)*scale);
    return QUIN_OK;
}

static enum quin_err from_tq(const struct quin_gguf_tensor *t, int8_t *trits, float *scale,
                             struct quin_msg *msg)
{
    size_t bytes = t->type == QUIN_GGML_TQ1_0 ? QUIN_TQ1_0_BYTES : QUIN_TQ2_0_BYTES;
    uint64_t n = t->ne[0] * quin_gguf_tensor_rows(t);
    for (uint64_t i = 0; i < n; i += QUIN_TQ_BLOCK) {
        struct place at = {t, i / t->ne[0], i % t->ne[0]};
        enum quin_err e = block_from_tq(at, t->data + i / QUIN_TQ_BLOCK * bytes, trits + i, scale, msg);
        if (e)
            return e;
    }
    return QUIN_OK;
}

/* The scale stands once, after all blocks. A negative one turns the trits round. */
static enum quin_err from_i2_s(const struct quin_gguf_tensor *t, int8_t *trits, float *scale,
                               struct quin_msg *msg)
{
    uint64_t n = t->ne[0] * quin_gguf_tensor_rows(t);
    float d = quin_i2_s_scale(t);
    bool zeros = true;
    for (uint64_t i = 0; i < n; i += QUIN_I2_S_BLOCK) {
        int found = quin_i2_s_unpack(t->data + i / QUIN_I2_S_BLOCK * QUIN_I2_S_BYTES, trits + i);
        if (found < QUIN_I2_S_BLOCK)
            return quin_msg_set(
                msg, QUIN_ERR_FORMAT,
                "tensor '%s', weight %llu: I2_S code 3 stands for no trit; the file is damaged or holds "
                "another layout under this type, convert it again",
                t->name, (unsigned long long)i + (unsigned)found);
        for (int j = 0; j < QUIN_I2_S_BLOCK; j++)
            zeros = zeros && !trits[i + (unsigned)j];
    }
    if (!isfinite(d) || (d == 0 && !zeros))
        return quin_msg_set(
            msg, QUIN_ERR_FORMAT,
            "tensor '%s': its I2_S scale is %g, not a finite number other than 0; convert the model again",
            t->name, (double)d);
    for (uint64_t i = 0; i < n && d < 0; i++)
        trits[i] = (int8_t)-trits[i];
    *scale = zeros ? 0 : fabsf(d);
    return QUIN_OK;
}

enum quin_err quin_ternary_read(const struct quin_gguf *g, const struct quin_gguf_tensor *t,
                                enum quin_masters masters, int8_t *trits, float *scale, bool *quantised,
                                struct quin_msg *msg)
{
    float factor;
    bool unused;
    enum quin_err e = quin_gguf_tensor_check(t, msg);
    if (e)
        return e;
    *scale = 0;
    quantised = quantised ? quantised : &unused;
    *quantised = false;
    if (t->type == QUIN_GGML_TQ1_0 || t->type == QUIN_GGML_TQ2_0)
        e = from_tq(t, trits, scale, msg);
    else if (t->type == QUIN_GGML_I2_S)
        e = from_i2_s(t, trits, scale, msg);
    else if (t->type == QUIN_GGML_Q8_0 || t->type == QUIN_GGML_Q6_K)
        e = quin_msg_set(
            msg, QUIN_ERR_UNSUPPORTED,
            "tensor '%s' has type %s (%u), whose values are not ternary; convert the model with its "
            "projections in TQ1_0",
            t->name, quin_ggml_type_name(t->type), (unsigned)t->type);
    else
        e = from_floats(t, masters, trits, scale, quantised, msg);
    if (e || (e = quin_gguf_scale_tensor(g, t, &factor, msg)))
        return e;
    float product = *scale * factor;
    if (!isfinite(product) || (*scale != 0 && product == 0))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "tensor '%s': its scale %g times its scale tensor %g leaves the range of float; "
                            "convert the "
                            "model again",
                            t->name, (double)*scale, (double)factor);
    *scale = product;
    return QUIN_OK;
}

enum quin_err quin_ternary_from_tensor(const struct quin_gguf *g, const struct quin_gguf_tensor *t,
                                       int8_t *trits, float *scale, struct quin_msg *msg)
{
    return quin_ternary_read(g, t, QUIN_MASTERS_REFUSED, trits, scale, NULL, msg);
}
