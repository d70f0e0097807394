/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the AVX-512 kernel share. avx512_one.c and avx512_rows.c are the ways without a count of WRAPS,
 * for one row of activations and for several; avx512.c has the way with it and chooses.
 */
#ifndef QUIN_ARRAY_AVX512_H
#define QUIN_ARRAY_AVX512_H

#include <immintrin.h>

#include "block.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi,popcnt")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum {
    QUIN_DECODED = 2048, /* beats that are decoded before their products are summed: what fits the first-level cache */
    QUIN_AHEAD = 8192   /* bytes of the stream that are asked for ahead of their use */
};

struct quin_avx512 {
    struct quin_block block;
    /* Sums as dot products of four beats leave them: vector v, lanes 16 * (0..3) + 4 * v + (0..3) of a beat. */
    _Alignas(64) int32_t sum[5][QUIN_KERNEL_ROWS][4][16];
    union {
        struct { /* of the way that counts WRAPS; codes of a beat, and of four beats of a lane side by side */
            _Alignas(64) uint8_t code[QUIN_BEATS][5][QUIN_LANES];
            _Alignas(64) uint8_t quad[5][QUIN_BEATS / 4][4][QUIN_LANES];
            uint64_t sign[QUIN_BEATS][2][5]; /* lanes with trit -1, with trit +1 */
            _Alignas(64) uint8_t lo[5][QUIN_KERNEL_ROWS][QUIN_LANES]; /* the PEs' accumulators */
        };
        struct { /* of the ways that do not: bytes of tiles laid side by side, and two tables' entries */
            _Alignas(64) uint8_t byte[QUIN_DECODED][QUIN_LANES];
            _Alignas(64) uint8_t entry[2][QUIN_DECODED / 4][4][QUIN_LANES];
        };
    };
};

void quin_avx512_one(struct quin_group *g, struct quin_avx512 *s);
void quin_avx512_rows(struct quin_group *g, struct quin_avx512 *s);

/* Four beats of 64 lanes to 64 lanes of four beats. */
INLINE void transpose(__m512i *to, const __m512i *v)
{
    __m512i a = _mm512_unpacklo_epi8(v[0], v[1]), b = _mm512_unpackhi_epi8(v[0], v[1]);
    __m512i c = _mm512_unpacklo_epi8(v[2], v[3]), d = _mm512_unpackhi_epi8(v[2], v[3]);
    to[0] = _mm512_unpacklo_epi16(a, c);
    to[1] = _mm512_unpackhi_epi16(a, c);
    to[2] = _mm512_unpacklo_epi16(b, d);
    to[3] = _mm512_unpackhi_epi16(b, d);
}

/* The table's entries of 64 bytes q. */
INLINE __m512i look_up(const uint8_t *table, __m512i q)
{
    __m512i low = _mm512_permutex2var_epi8(_mm512_load_si512(table), q, _mm512_load_si512(table + 64));
    __m512i high = _mm512_permutex2var_epi8(_mm512_load_si512(table + 128), q, _mm512_load_si512(table + 192));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(q), low, high);
}

/* Four vectors of sums, less `excess`, to 64 lanes in their order. */
INLINE void put_sums(int32_t *to, const int32_t (*from)[16], int32_t excess)
{
    for (uint32_t i = 0; i < 16; i++) {
        __m128i v = _mm_load_si128((const __m128i *)(from[i % 4] + i / 4 * 4));
        _mm_storeu_si128((__m128i *)(to + 4 * i), _mm_sub_epi32(v, _mm_set1_epi32(excess)));
    }
}

/* Whole quads of beats from k on, in *beats beats of at most `most`: where they lie, or copied to s->byte. */
INLINE const uint8_t *stream_at(struct quin_avx512 *s, const struct quin_group *g, uint32_t k, uint32_t most,
                                uint32_t *beats)
{
    uint32_t left = g->acts->k - k, n = left < most ? left : most;
    if (g->stream_bytes == QUIN_LANES && n >= 4) {
        *beats = n & ~3u;
        return g->tile[0] + (size_t)k * QUIN_LANES;
    }
    n = n < QUIN_DECODED ? n : QUIN_DECODED;
    quin_block_bytes(s->byte, g, k, n);
    *beats = (n + 3) & ~3u;
    return s->byte[0];
}

/* Code (trit + 1) at place i of byte q, power = 3^i: what is left of q after i places is q * 3^i modulo 256. */
#define CODE(q, power) ((((q) * (power)) & 255) * 3 >> 8)
#define NONZERO(q)                                                                                       \
    ((CODE(q, 1) != 1) + (CODE(q, 3) != 1) + (CODE(q, 9) != 1) + (CODE(q, 27) != 1) + (CODE(q, 81) != 1))
#define FIRST4(q) (CODE(q, 1) | CODE(q, 3) << 2 | CODE(q, 9) << 4 | CODE(q, 27) << 6)
#define LAST(q) (CODE(q, 81) | NONZERO(q) << 2)
#define VALUE(q) ((q) * 243 >> 8) /* value + 121 */
#define ROW4(f, q) f(q), f(q + 1), f(q + 2), f(q + 3)
#define ROW16(f, q) ROW4(f, q), ROW4(f, q + 4), ROW4(f, q + 8), ROW4(f, q + 12)
#define ROW64(f, q) ROW16(f, q), ROW16(f, q + 16), ROW16(f, q + 32), ROW16(f, q + 48)
#define TABLE(f) {ROW64(f, 0), ROW64(f, 64), ROW64(f, 128), ROW64(f, 192)}

extern const uint8_t quin_table_first4[256], quin_table_last[256], quin_table_value[256];

#endif
