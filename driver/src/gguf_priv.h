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
};

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

#endif
