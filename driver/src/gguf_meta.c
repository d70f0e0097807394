/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata look-up of the GGUF reader: finds a key, checks its type, converts its value.
 * Opening has checked every length, so that the loads here stay inside the file. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gguf_priv.h"
#include "msg.h"

struct kind_row {
    const char *name;
    uint8_t size;
};

static const struct kind_row kinds[QUIN_GGUF_KINDS] = {
    [QUIN_GGUF_U8] = {"u8", 1},       [QUIN_GGUF_I8] = {"i8", 1},     [QUIN_GGUF_U16] = {"u16", 2},
    [QUIN_GGUF_I16] = {"i16", 2},     [QUIN_GGUF_U32] = {"u32", 4},   [QUIN_GGUF_I32] = {"i32", 4},
    [QUIN_GGUF_F32] = {"f32", 4},     [QUIN_GGUF_BOOL] = {"bool", 1}, [QUIN_GGUF_STR] = {"string", 0},
    [QUIN_GGUF_ARRAY] = {"array", 0}, [QUIN_GGUF_U64] = {"u64", 8},   [QUIN_GGUF_I64] = {"i64", 8},
    [QUIN_GGUF_F64] = {"f64", 8},
};

const char *quin_gguf_kind_name(enum quin_gguf_kind k)
{
    return (unsigned)k < QUIN_GGUF_KINDS ? kinds[k].name : "unknown";
}

size_t quin_gguf_kind_size(enum quin_gguf_kind k)
{
    return (unsigned)k < QUIN_GGUF_KINDS ? kinds[k].size : 0;
}

size_t quin_gguf_kv_count(const struct quin_gguf *g)
{
    return g->n_kv;
}

const struct quin_gguf_kv *quin_gguf_kv_at(const struct quin_gguf *g, size_t i)
{
    return i < g->n_kv ? &g->kv[i] : NULL;
}

static int key_order(const void *key, const void *entry)
{
    const struct quin_gguf_kv *const *kv = entry;
    return quin_str_cmp(*(const struct quin_str *)key, (*kv)->key);
}

const struct quin_gguf_kv *quin_gguf_find(const struct quin_gguf *g, const char *key)
{
    struct quin_str s = {key, strlen(key)};
    const struct quin_gguf_kv **hit = bsearch(&s, g->kv_sorted, g->n_kv, sizeof *g->kv_sorted, key_order);
    return hit ? *hit : NULL;
}

/* The entry of a key that must be there. */
static enum quin_err require(const struct quin_gguf *g, const char *key, const struct quin_gguf_kv **kv,
                             struct quin_msg *msg)
{
    *kv = quin_gguf_find(g, key);
    if (*kv)
        return QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_FORMAT,
                        "GGUF key '%.100s' is missing; convert the model again with a converter that writes "
                        "it",
                        key);
}

/* Says which type the key has and which is needed. */
static enum quin_err wrong_type(const struct quin_gguf_kv *kv, const char *wanted, struct quin_msg *msg)
{
    bool arr = kv->kind == QUIN_GGUF_ARRAY;
    return quin_msg_set(msg, QUIN_ERR_FORMAT,
                        "GGUF key '%.*s' has type %s%s, but %s is needed; convert the model again",
                        quin_msg_clip(kv->key.len), kv->key.ptr, arr ? "array of " : "",
                        quin_gguf_kind_name(kv->elem), wanted);
}

static enum quin_err out_of_range(const struct quin_gguf_kv *kv, const char *wanted, struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_RANGE,
                        "GGUF key '%.*s': a value does not fit in %s; convert the model again",
                        quin_msg_clip(kv->key.len), kv->key.ptr, wanted);
}

/* An integer of any type as sign and magnitude, which covers u64 and i64 alike. */
struct integer {
    bool neg;
    uint64_t mag;
};

static struct integer from_signed(int64_t v)
{
    return (struct integer){v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v};
}

/* Reads an integer of kind k; false if k is no integer kind. */
static bool load_integer(enum quin_gguf_kind k, const uint8_t *p, struct integer *v)
{
    switch (k) {
    case QUIN_GGUF_U8: *v = (struct integer){false, p[0]}; return true;
    case QUIN_GGUF_U16: *v = (struct integer){false, quin_le16(p)}; return true;
    case QUIN_GGUF_U32: *v = (struct integer){false, quin_le32(p)}; return true;
    case QUIN_GGUF_U64: *v = (struct integer){false, quin_le64(p)}; return true;
    case QUIN_GGUF_I8: *v = from_signed((int8_t)p[0]); return true;
    case QUIN_GGUF_I16: *v = from_signed((int16_t)quin_le16(p)); return true;
    case QUIN_GGUF_I32: *v = from_signed((int32_t)quin_le32(p)); return true;
    case QUIN_GGUF_I64: *v = from_signed((int64_t)quin_le64(p)); return true;
    default: return false;
    }
}

/* F32, or F64 rounded to f32; false when a finite F64 has no finite f32. */
static bool load_float(enum quin_gguf_kind k, const uint8_t *p, float *v)
{
    if (k == QUIN_GGUF_F32) {
        uint32_t u = quin_le32(p);
        memcpy(v, &u, sizeof *v);
        return true;
    }
    uint64_t u = quin_le64(p);
    double d;
    memcpy(&d, &u, sizeof d);
    /* The cast of a double beyond float's range is undefined in C, so the limit is tested first. */
    if (isfinite(d) && fabs(d) > 0x1.fffffep+127)
        return false;
    *v = (float)d;
    return true;
}

static bool is_float(enum quin_gguf_kind k)
{
    return k == QUIN_GGUF_F32 || k == QUIN_GGUF_F64;
}

/* As load_integer decides, so that the list of integer kinds stands in one place. */
static bool is_integer(enum quin_gguf_kind k)
{
    struct integer unused;
    static const uint8_t zero[8];
    return load_integer(k, zero, &unused);
}

enum quin_err quin_gguf_get_u64(const struct quin_gguf *g, const char *key, uint64_t *v, struct quin_msg *msg)
{
    const struct quin_gguf_kv *kv;
    enum quin_err e = require(g, key, &kv, msg);
    if (e)
        return e;
    struct integer i;
    if (!load_integer(kv->kind, kv->data, &i))
        return wrong_type(kv, "an integer", msg);
    if (i.neg)
        return out_of_range(kv, "an unsigned integer", msg);
    *v = i.mag;
    return QUIN_OK;
}

enum quin_err quin_gguf_get_u32(const struct quin_gguf *g, const char *key, uint32_t *v, struct quin_msg *msg)
{
    uint64_t w;
    enum quin_err e = quin_gguf_get_u64(g, key, &w, msg);
    if (e)
        return e;
    if (w > UINT32_MAX)
        return out_of_range(quin_gguf_find(g, key), "32 bits", msg);
    *v = (uint32_t)w;
    return QUIN_OK;
}

enum quin_err quin_gguf_get_f32(const struct quin_gguf *g, const char *key, float *v, struct quin_msg *msg)
{
    const struct quin_gguf_kv *kv;
    enum quin_err e = require(g, key, &kv, msg);
    if (e)
        return e;
    if (!is_float(kv->kind))
        return wrong_type(kv, "f32 or f64", msg);
    if (!load_float(kv->kind, kv->data, v))
        return out_of_range(kv, "f32", msg);
    return QUIN_OK;
}

enum quin_err quin_gguf_get_bool(const struct quin_gguf *g, const char *key, bool *v, struct quin_msg *msg)
{
    const struct quin_gguf_kv *kv;
    enum quin_err e = require(g, key, &kv, msg);
    if (e)
        return e;
    if (kv->kind != QUIN_GGUF_BOOL)
        return wrong_type(kv, "bool", msg);
    if (kv->data[0] > 1)
        return out_of_range(kv, "a bool (0 or 1)", msg);
    *v = kv->data[0] == 1;
    return QUIN_OK;
}

/* Opening has checked the length that stands before the bytes. */
static struct quin_str load_str(const uint8_t *p)
{
    return (struct quin_str){(const char *)p + 8, (size_t)quin_le64(p)};
}

enum quin_err quin_gguf_get_str(const struct quin_gguf *g, const char *key, struct quin_str *v,
                                struct quin_msg *msg)
{
    const struct quin_gguf_kv *kv;
    enum quin_err e = require(g, key, &kv, msg);
    if (e)
        return e;
    if (kv->kind != QUIN_GGUF_STR)
        return wrong_type(kv, "string", msg);
    *v = load_str(kv->data);
    return QUIN_OK;
}

enum quin_err quin_gguf_get_u32_or(const struct quin_gguf *g, const char *key, uint32_t fallback, uint32_t *v,
                                   struct quin_msg *msg)
{
    *v = fallback;
    return quin_gguf_find(g, key) ? quin_gguf_get_u32(g, key, v, msg) : QUIN_OK;
}

enum quin_err quin_gguf_get_f32_or(const struct quin_gguf *g, const char *key, float fallback, float *v,
                                   struct quin_msg *msg)
{
    *v = fallback;
    return quin_gguf_find(g, key) ? quin_gguf_get_f32(g, key, v, msg) : QUIN_OK;
}

enum quin_err quin_gguf_get_bool_or(const struct quin_gguf *g, const char *key, bool fallback, bool *v,
                                    struct quin_msg *msg)
{
    *v = fallback;
    return quin_gguf_find(g, key) ? quin_gguf_get_bool(g, key, v, msg) : QUIN_OK;
}

/* ---- arrays ---- */

/* The array of a key, with elements of a kind that fits() accepts; if it is to be copied (fill), it must fit
 * in cap elements. */
static enum quin_err require_array(const struct quin_gguf *g, const char *key,
                                   bool (*fits)(enum quin_gguf_kind), const char *wanted, bool fill,
                                   size_t cap, const struct quin_gguf_kv **kv, struct quin_msg *msg)
{
    enum quin_err e = require(g, key, kv, msg);
    if (e)
        return e;
    if ((*kv)->kind != QUIN_GGUF_ARRAY || !fits((*kv)->elem))
        return wrong_type(*kv, wanted, msg);
    if (fill && cap < (*kv)->count)
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "GGUF key '%.100s' holds %zu values, more than the %zu expected; convert the "
                            "model again",
                            key, (*kv)->count, cap);
    return QUIN_OK;
}

static bool is_str(enum quin_gguf_kind k)
{
    return k == QUIN_GGUF_STR;
}

enum quin_err quin_gguf_get_strs(const struct quin_gguf *g, const char *key, struct quin_str *out, size_t cap,
                                 size_t *count, struct quin_msg *msg)
{
    const struct quin_gguf_kv *kv;
    enum quin_err e = require_array(g, key, is_str, "array of string", out != NULL, cap, &kv, msg);
    if (e)
        return e;
    *count = kv->count;
    const uint8_t *p = kv->data;
    for (size_t i = 0; out && i < kv->count; i++) {
        out[i] = load_str(p);
        p += 8 + out[i].len;
    }
    return QUIN_OK;
}

enum quin_err quin_gguf_get_i32s(const struct quin_gguf *g, const char *key, int32_t *out, size_t cap,
                                 size_t *count, struct quin_msg *msg)
{
    const struct quin_gguf_kv *kv;
    enum quin_err e = require_array(g, key, is_integer, "array of integers", out != NULL, cap, &kv, msg);
    if (e)
        return e;
    *count = kv->count;
    size_t step = quin_gguf_kind_size(kv->elem);
    for (size_t i = 0; out && i < kv->count; i++) {
        struct integer v;
        load_integer(kv->elem, kv->data + i * step, &v);
        if (v.mag > (uint64_t)INT32_MAX + v.neg)
            return out_of_range(kv, "i32", msg);
        out[i] = (int32_t)(v.neg ? -(int64_t)v.mag : (int64_t)v.mag);
    }
    return QUIN_OK;
}

enum quin_err quin_gguf_get_f32s(const struct quin_gguf *g, const char *key, float *out, size_t cap,
                                 size_t *count, struct quin_msg *msg)
{
    const struct quin_gguf_kv *kv;
    enum quin_err e = require_array(g, key, is_float, "array of f32", out != NULL, cap, &kv, msg);
    if (e)
        return e;
    *count = kv->count;
    size_t step = quin_gguf_kind_size(kv->elem);
    for (size_t i = 0; out && i < kv->count; i++)
        if (!load_float(kv->elem, kv->data + i * step, &out[i]))
            return out_of_range(kv, "f32", msg);
    return QUIN_OK;
}
