/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes the tensor types that hold embeddings, heads and norms: plain floats, and ggml's Q8_0 and Q6_K.
 *   Q8_0: 32 values, F16 scale d, 32 int8 q:             value = d * q
 *   Q6_K: 256 values, ql[128] low four bits, qh[64] high two bits, 16 int8 scales s, F16 d:  value = d * s *
 * (q - 32) In a half of 128 values of Q6_K, value 32 * p + i takes the low or (p >= 2) high four bits of
 * ql[32 * (p % 2) + i], bits 2p of qh[i], and s[2 * p + i / 16]. */
#include <string.h>

#include "gguf_priv.h"

enum {
    Q8_BLOCK = 32,
    Q8_BYTES = 34,
    Q6_BLOCK = 256,
    Q6_BYTES = 210,
    Q6_LOW = 128,
    Q6_HIGH = 64,
    Q6_SCALES = 16
};

static float f32_at(const uint8_t *p)
{
    uint32_t u = quin_le32(p);
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static void q8_0(const uint8_t *b, float *out)
{
    float d = quin_f16_to_f32(quin_le16(b));
    for (int i = 0; i < Q8_BLOCK; i++)
        out[i] = d * (float)(int8_t)b[2 + i];
}

static void q6_k(const uint8_t *b, float *out)
{
    const uint8_t *scales = b + Q6_LOW + Q6_HIGH;
    float d = quin_f16_to_f32(quin_le16(scales + Q6_SCALES));
    for (int k = 0; k < Q6_BLOCK; k++) {
        int half = k / 128, part = k % 128 / 32, i = k % 32;
        int low = b[64 * half + 32 * (part % 2) + i] >> (part / 2 * 4) & 15;
        int high = b[Q6_LOW + 32 * half + i] >> (2 * part) & 3;
        int s = (int8_t)scales[8 * half + 2 * part + i / 16];
        out[k] = d * (float)s * (float)((low | high << 4) - 32);
    }
}

void quin_gguf_decode(uint32_t type, const uint8_t *p, size_t n, float *out)
{
    switch (type) {
    case QUIN_GGML_Q8_0:
        for (size_t k = 0; k < n; k += Q8_BLOCK, p += Q8_BYTES)
            q8_0(p, out + k);
        return;
    case QUIN_GGML_Q6_K:
        for (size_t k = 0; k < n; k += Q6_BLOCK, p += Q6_BYTES)
            q6_k(p, out + k);
        return;
    case QUIN_GGML_F16:
        for (size_t k = 0; k < n; k++)
            out[k] = quin_f16_to_f32(quin_le16(p + 2 * k));
        return;
    case QUIN_GGML_BF16:
        for (size_t k = 0; k < n; k++)
            out[k] = quin_bf16_to_f32(quin_le16(p + 2 * k));
        return;
    default:
        for (size_t k = 0; k < n; k++)
            out[k] = f32_at(p + 4 * k);
        return;
    }
}
