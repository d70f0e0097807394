/* SPDX-License-Identifier: Apache-2.0 */
/* The tensor types of ggml: names and block sizes, and exact conversion of the 16-bit floats. */
#include <string.h>

#include "gguf_priv.h"
#include "msg.h"

struct type_row {
    const char *name;
    uint16_t weights, bytes; /* of a block; 0, 0: not known, or not the same in all programs */
};

/* Numbers 31-33 and 36-38 of old ggml are repacked layouts that GGUF files no longer hold; bitnet.cpp uses
 * 36-39 for its own types, of which 39 collides with ggml's MXFP4. I2_S has no blocks of a row: gguf.c sizes
 * it. */
static const struct type_row types[] = {
    [0] = {"F32", 1, 4},           [1] = {"F16", 1, 2},         [2] = {"Q4_0", 32, 18},
    [3] = {"Q4_1", 32, 20},        [4] = {"Q4_2", 0, 0},        [5] = {"Q4_3", 0, 0},
    [6] = {"Q5_0", 32, 22},        [7] = {"Q5_1", 32, 24},      [8] = {"Q8_0", 32, 34},
    [9] = {"Q8_1", 32, 40},        [10] = {"Q2_K", 256, 84},    [11] = {"Q3_K", 256, 110},
    [12] = {"Q4_K", 256, 144},     [13] = {"Q5_K", 256, 176},   [14] = {"Q6_K", 256, 210},
    [15] = {"Q8_K", 256, 292},     [16] = {"IQ2_XXS", 256, 66}, [17] = {"IQ2_XS", 256, 74},
    [18] = {"IQ3_XXS", 256, 98},   [19] = {"IQ1_S", 256, 50},   [20] = {"IQ4_NL", 32, 18},
    [21] = {"IQ3_S", 256, 110},    [22] = {"IQ2_S", 256, 82},   [23] = {"IQ4_XS", 256, 136},
    [24] = {"I8", 1, 1},           [25] = {"I16", 1, 2},        [26] = {"I32", 1, 4},
    [27] = {"I64", 1, 8},          [28] = {"F64", 1, 8},        [29] = {"IQ1_M", 256, 56},
    [30] = {"BF16", 1, 2},         [31] = {"Q4_0_4_4", 0, 0},   [32] = {"Q4_0_4_8", 0, 0},
    [33] = {"Q4_0_8_8", 0, 0},     [34] = {"TQ1_0", 256, 54},   [35] = {"TQ2_0", 256, 66},
    [36] = {"I2_S", 0, 0},         [37] = {"I8_S", 0, 0},       [38] = {"TL1", 0, 0},
    [39] = {"MXFP4 or TL2", 0, 0}, [40] = {"NVFP4", 64, 36},    [41] = {"Q1_0", 128, 18},
};

_Static_assert(QUIN_TQ1_0_BYTES == 48 + 4 + 2 && QUIN_TQ2_0_BYTES == 64 + 2, "block sizes of the TQ types");

static const struct type_row *type_row(uint32_t type)
{
    if (type >= sizeof types / sizeof types[0] || !types[type].name)
        return NULL;
    return &types[type];
}

const char *quin_ggml_type_name(uint32_t type)
{
    const struct type_row *r = type_row(type);
    return r ? r->name : "unknown";
}

bool quin_ggml_type_block(uint32_t type, uint32_t *weights, uint32_t *bytes)
{
    const struct type_row *r = type_row(type);
    if (!r || !r->weights)
        return false;
    *weights = r->weights;
    *bytes = r->bytes;
    return true;
}

bool quin_ggml_type_ternary(uint32_t type)
{
    return type == QUIN_GGML_TQ1_0 || type == QUIN_GGML_TQ2_0 || type == QUIN_GGML_I2_S;
}

bool quin_ggml_type_decodable(uint32_t type)
{
    return type == QUIN_GGML_F32 || type == QUIN_GGML_F16 || type == QUIN_GGML_BF16 ||
           type == QUIN_GGML_Q8_0 || type == QUIN_GGML_Q6_K || quin_ggml_type_ternary(type);
}

enum quin_err quin_gguf_tensor_check(const struct quin_gguf_tensor *t, struct quin_msg *msg)
{
    if (quin_ggml_type_decodable(t->type))
        return QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                        "tensor '%s' has type %s (%u), which is not supported; convert the model with "
                        "tensors of type "
                        "F32, F16, BF16, Q8_0, Q6_K, TQ1_0, TQ2_0 or I2_S",
                        t->name, quin_ggml_type_name(t->type), (unsigned)t->type);
}

static float f32_of_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

float quin_f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    uint32_t exp = (h >> 10) & 0x1fu;
    uint32_t man = h & 0x3ffu;
    if (exp == 0x1f)
        return f32_of_bits(sign | 0x7f800000u | man << 13);
    if (exp == 0) {
        /* Zero or subnormal: man * 2^-24, which binary32 holds exactly as a normal number. */
        float f = (float)man * 0x1p-24f;
        return sign ? -f : f;
    }
    return f32_of_bits(sign | (exp + 112) << 23 | man << 13);
}

float quin_bf16_to_f32(uint16_t h)
{
    return f32_of_bits((uint32_t)h << 16);
}
