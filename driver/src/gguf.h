/* SPDX-License-Identifier: Apache-2.0 */
/* Read-only access to GGUF files, version 2 and 3, little endian.
 * Opening a file walks all of it that is structure: every length, count, offset and product is checked
 * against the size of the file, so that the look-ups below cannot leave it. Nothing is copied: strings and
 * tensor data point into the file. A tensor of an unknown or unsupported type does not hinder opening;
 * decoding it names the type. */
#ifndef QUIN_GGUF_H
#define QUIN_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quin_err.h"

#define QUIN_GGUF_NAME_MAX 127 /* longest tensor name, in bytes; ggml itself stops at 63 */
#define QUIN_GGUF_DIMS 4

struct quin_gguf; /* opaque */

/* Types of metadata values, numbered as in the file. */
enum quin_gguf_kind {
    QUIN_GGUF_U8 = 0,
    QUIN_GGUF_I8,
    QUIN_GGUF_U16,
    QUIN_GGUF_I16,
    QUIN_GGUF_U32,
    QUIN_GGUF_I32,
    QUIN_GGUF_F32,
    QUIN_GGUF_BOOL,
    QUIN_GGUF_STR,
    QUIN_GGUF_ARRAY,
    QUIN_GGUF_U64,
    QUIN_GGUF_I64,
    QUIN_GGUF_F64,
    QUIN_GGUF_KINDS
};

/* Types of tensors that can be decoded, numbered as in ggml. */
enum quin_ggml_type {
    QUIN_GGML_F32 = 0,
    QUIN_GGML_F16 = 1,
    QUIN_GGML_Q8_0 = 8,
    QUIN_GGML_Q6_K = 14,
    QUIN_GGML_BF16 = 30,
    QUIN_GGML_TQ1_0 = 34,
    QUIN_GGML_TQ2_0 = 35,
    QUIN_GGML_I2_S = 36 /* bitnet.cpp's, in its layout of 128 weights; ggml itself has no type 36 */
};

#define QUIN_TQ_BLOCK 256   /* weights in a TQ1_0 or TQ2_0 block */
#define QUIN_TQ1_0_BYTES 54 /* 48 bytes of 5 trits, 4 bytes of 4 trits, F16 scale */
#define QUIN_TQ2_0_BYTES 66 /* 64 bytes of 4 two-bit codes, F16 scale */
#define QUIN_I2_S_BLOCK 128 /* weights in 32 bytes of 4 two-bit codes, rows one after another */
#define QUIN_I2_S_BYTES 32
#define QUIN_I2_S_TAIL 32 /* after a tensor's last block: its F32 scale and 28 bytes that say nothing */

/* Bytes in the file; not NUL-terminated. */
struct quin_str {
    const char *ptr;
    size_t len;
};

/* One metadata entry. */
struct quin_gguf_kv {
    struct quin_str key;
    enum quin_gguf_kind kind; /* QUIN_GGUF_ARRAY for arrays */
    enum quin_gguf_kind elem; /* element type of an array, else = kind */
    size_t count;             /* elements of an array, else 1 */
    const uint8_t *data;      /* first element, little endian, unaligned */
};

/* One tensor; ne[0] is the fastest dimension, so a matrix is [ne[1]][ne[0]] in C. */
struct quin_gguf_tensor {
    char name[QUIN_GGUF_NAME_MAX + 1];
    uint32_t n_dims;
    uint64_t ne[QUIN_GGUF_DIMS]; /* dimensions beyond n_dims are 1; never 0 */
    uint32_t type;               /* ggml type number */
    uint64_t offset;             /* from the start of the data section */
    const uint8_t *data;         /* in the file; no alignment may be assumed */
    size_t size;                 /* bytes; 0 when the type's size is not known */
};

/* Opens a GGUF that lies in memory; buf must outlive the handle. */
enum quin_err quin_gguf_open_memory(const uint8_t *buf, size_t len, struct quin_gguf **out,
                                    struct quin_msg *msg);
/* Maps and opens a file. The file must not shrink while it is open. */
enum quin_err quin_gguf_open_file(const char *path, struct quin_gguf **out, struct quin_msg *msg);
void quin_gguf_free(struct quin_gguf *g);

/* Sets a metadata value: text is KEY=TYPE:VALUE with TYPE int, float, bool or str, as llama.cpp's
 * --override-kv takes it. An entry of that key is replaced, else one is added; pointers to entries are no
 * longer valid. The alignment of tensors was read when the file was opened. ARG for a text of another form.
 */
enum quin_err quin_gguf_override(struct quin_gguf *g, const char *text, struct quin_msg *msg);

uint32_t quin_gguf_version(const struct quin_gguf *g);
size_t quin_gguf_file_size(const struct quin_gguf *g);

/* ---- metadata (gguf_meta.c) ---- */
size_t quin_gguf_kv_count(const struct quin_gguf *g);
/* Entry i in file order; NULL past the end. */
const struct quin_gguf_kv *quin_gguf_kv_at(const struct quin_gguf *g, size_t i);
/* Entry of a key; NULL if absent. */
const struct quin_gguf_kv *quin_gguf_find(const struct quin_gguf *g, const char *key);
const char *quin_gguf_kind_name(enum quin_gguf_kind k);

/* Required values: an absent key or a wrong type is QUIN_ERR_FORMAT, a value that does not fit
 * QUIN_ERR_RANGE. Any integer type is accepted for u32 and u64, F32 and F64 for f32. */
enum quin_err quin_gguf_get_u32(const struct quin_gguf *g, const char *key, uint32_t *v,
                                struct quin_msg *msg);
enum quin_err quin_gguf_get_u64(const struct quin_gguf *g, const char *key, uint64_t *v,
                                struct quin_msg *msg);
enum quin_err quin_gguf_get_f32(const struct quin_gguf *g, const char *key, float *v, struct quin_msg *msg);
enum quin_err quin_gguf_get_bool(const struct quin_gguf *g, const char *key, bool *v, struct quin_msg *msg);
enum quin_err quin_gguf_get_str(const struct quin_gguf *g, const char *key, struct quin_str *v,
                                struct quin_msg *msg);

/* Optional values: the fallback when the key is absent, an error when it is present and wrong. */
enum quin_err quin_gguf_get_u32_or(const struct quin_gguf *g, const char *key, uint32_t fallback, uint32_t *v,
                                   struct quin_msg *msg);
enum quin_err quin_gguf_get_f32_or(const struct quin_gguf *g, const char *key, float fallback, float *v,
                                   struct quin_msg *msg);
enum quin_err quin_gguf_get_bool_or(const struct quin_gguf *g, const char *key, bool fallback, bool *v,
                                    struct quin_msg *msg);

/* Arrays: *count gets the length of the array; with out == NULL nothing else happens, otherwise out (room for
 * cap elements, QUIN_ERR_RANGE if that is too few) is filled. i32s takes any integer type, f32s F32 and F64.
 */
enum quin_err quin_gguf_get_strs(const struct quin_gguf *g, const char *key, struct quin_str *out, size_t cap,
                                 size_t *count, struct quin_msg *msg);
enum quin_err quin_gguf_get_i32s(const struct quin_gguf *g, const char *key, int32_t *out, size_t cap,
                                 size_t *count, struct quin_msg *msg);
enum quin_err quin_gguf_get_f32s(const struct quin_gguf *g, const char *key, float *out, size_t cap,
                                 size_t *count, struct quin_msg *msg);

/* ---- tensors (gguf_tensor.c, gguf_types.c) ---- */
size_t quin_gguf_tensor_count(const struct quin_gguf *g);
/* Tensor i in file order; NULL past the end. */
const struct quin_gguf_tensor *quin_gguf_tensor_at(const struct quin_gguf *g, size_t i);
/* Tensor of a name; NULL if absent. */
const struct quin_gguf_tensor *quin_gguf_tensor_find(const struct quin_gguf *g, const char *name);
/* As tensor_find, but an absent tensor is QUIN_ERR_FORMAT with a message. */
enum quin_err quin_gguf_tensor_get(const struct quin_gguf *g, const char *name,
                                   const struct quin_gguf_tensor **t, struct quin_msg *msg);
uint64_t quin_gguf_tensor_rows(const struct quin_gguf_tensor *t); /* ne[1] * ne[2] * ne[3] */

/* Rows first .. first + n - 1 of a tensor need not stay in memory: a file's pages are given back, and read again when
 * they are wanted. */
void quin_gguf_rows_release(const struct quin_gguf *g, const struct quin_gguf_tensor *t, uint64_t first, uint64_t n);

const char *quin_ggml_type_name(uint32_t type); /* "unknown" for a number that ggml does not have */
/* Weights and bytes of a block; false when the size of the type is not known. */
bool quin_ggml_type_block(uint32_t type, uint32_t *weights, uint32_t *bytes);
bool quin_ggml_type_decodable(uint32_t type); /* those of enum quin_ggml_type */
bool quin_ggml_type_ternary(uint32_t type);   /* TQ1_0, TQ2_0, I2_S: trits and scales */
/* QUIN_OK if t can be decoded; otherwise QUIN_ERR_UNSUPPORTED, naming tensor and type. */
enum quin_err quin_gguf_tensor_check(const struct quin_gguf_tensor *t, struct quin_msg *msg);

/* Decodes row `row` of t (counted over all outer dimensions) to out[ne[0]]. Infinities and NaNs of a float
 * tensor pass; a code of 3 in TQ2_0 or I2_S is QUIN_ERR_FORMAT. */
enum quin_err quin_gguf_row_f32(const struct quin_gguf_tensor *t, uint64_t row, float *out,
                                struct quin_msg *msg);

/* The factor that llama.cpp's `bitnet` keeps in a tensor of its own: for "blk.0.attn_q.weight" the one value
 * of "blk.0.attn_q.scale"; 1 when there is none. It must be positive and finite. */
enum quin_err quin_gguf_scale_tensor(const struct quin_gguf *g, const struct quin_gguf_tensor *t,
                                     float *scale, struct quin_msg *msg);

float quin_f16_to_f32(uint16_t h);  /* exact, subnormals, infinities and NaN payloads included */
float quin_bf16_to_f32(uint16_t h); /* exact */

#endif
