/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the GGUF reader share: the handle and unaligned little-endian loads. */
#ifndef QUIN_GGUF_PRIV_H
#define QUIN_GGUF_PRIV_H

#include "gguf.h"

struct quin_gguf {
    const uint8_t *buf;
    size_t len;
    void *map; /* the mapping to undo, or NULL for a caller's buffer */
    uint32_t version;
    size_t n_kv, n_tensors;
    struct quin_gguf_kv *kv;                       /* [n_kv], file order */
    struct quin_gguf_tensor *tensors;              /* [n_tensors], file order */
    const struct quin_gguf_kv **kv_sorted;         /* [n_kv], by key */
    const struct quin_gguf_tensor **tensor_sorted; /* [n_tensors], by name */
    struct quin_gguf_owned *owned;                 /* values that were set by the user; a list */
};

/* Memory of one overriding entry: its value, then its key. */
struct quin_gguf_owned {
    struct quin_gguf_owned *next;
    uint8_t bytes[];
};

/* Sorts g->kv_sorted anew, after g->kv changed. */
void quin_gguf_sort_keys(struct quin_gguf *g);

static inline uint16_t quin_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static inline uint32_t quin_le32(const uint8_t *p)
{
    return (uint32_t)quin_le16(p) | (uint32_t)quin_le16(p + 2) << 16;
}

static inline uint64_t quin_le64(const uint8_t *p)
{
    return (uint64_t)quin_le32(p) | (uint64_t)quin_le32(p + 4) << 32;
}

/* Order of keys: bytes, then length. */
int quin_str_cmp(struct quin_str a, struct quin_str b);

/* Bytes of one value of kind k in the file; 0 for strings and arrays, whose size varies. */
size_t quin_gguf_kind_size(enum quin_gguf_kind k);

/* Unpacks one block of type TQ1_0 or TQ2_0 into trits[256] and its scale d, as stored. Returns 256, or the
 * index of the first weight whose TQ2_0 code is 3, which no trit has. */
int quin_tq_unpack(uint32_t type, const uint8_t *block, int8_t *trits, float *d);

/* Unpacks 128 weights of an I2_S tensor; returns 128, or the index of the first code 3. */
int quin_i2_s_unpack(const uint8_t *block, int8_t *trits);
float quin_i2_s_scale(const struct quin_gguf_tensor *t);

/* Decodes n values (whole blocks) of type F32, F16, BF16, Q8_0 or Q6_K. */
void quin_gguf_decode(uint32_t type, const uint8_t *p, size_t n, float *out);

#endif
