/* SPDX-License-Identifier: Apache-2.0
 *
 * What acts.c does, in sixteen quads of sixteen rows at a time: their words are transposed in registers, so that they
 * are written side by side.
 */
#include "acts.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum { QUADS = 16, BYTES = 4 * QUADS }; /* of a vector */

/* v[r] lane i becomes v[i] lane r. */
INLINE void transpose(__m512i v[16])
{
    __m512i t[16];
    for (uint32_t i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
    for (uint32_t i = 0; i < 16; i += 4) /* v[i + j] of lane 4 * b + j, rows i .. i + 3, in block b */
        for (uint32_t j = 0; j < 2; j++) {
            v[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
            v[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
        }
    for (uint32_t j = 0; j < 4; j++) {
        __m512i a = _mm512_shuffle_i32x4(v[j], v[j + 4], 0x88), b = _mm512_shuffle_i32x4(v[j], v[j + 4], 0xdd);
        __m512i c = _mm512_shuffle_i32x4(v[j + 8], v[j + 12], 0x88), d = _mm512_shuffle_i32x4(v[j + 8], v[j + 12], 0xdd);
        t[j] = _mm512_shuffle_i32x4(a, c, 0x88);
        t[j + 4] = _mm512_shuffle_i32x4(b, d, 0x88);
        t[j + 8] = _mm512_shuffle_i32x4(a, c, 0xdd);
        t[j + 12] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
    memcpy(v, t, sizeof t);
}

/* Quads from byte k on, `n` of them, of rows from `row` on; adds to *active and to total[]. */
INLINE void fill(struct quin_acts *a, uint32_t k, uint32_t row, uint32_t n, __m512i *active, __m512i *total)
{
    uint32_t rows = a->rows - row < 16 ? a->rows - row : 16, left = a->k - k;
    __mmask64 there = left < BYTES ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
    __mmask16 of_rows = (__mmask16)((1u << rows) - 1);
    uint32_t *to = a->quad + (size_t)(k / 4) * a->rows + row;
    __m512i v[16];
    for (uint32_t r = 0; r < 16; r++) {
        v[r] = _mm512_setzero_si512();
        if (r >= rows)
            continue;
        v[r] = _mm512_maskz_loadu_epi8(there, a->row[row + r] + k);
        *active = _mm512_mask_add_epi8(*active, _mm512_test_epi8_mask(v[r], v[r]), *active, _mm512_set1_epi8(1));
        total[r] = _mm512_dpbusd_epi32(total[r], _mm512_set1_epi8(1), v[r]);
    }
    transpose(v);
    for (uint32_t i = 0; i < 16; i++)
        if (i < n)
            _mm512_mask_storeu_epi32(to + (size_t)i * a->rows, of_rows, v[i]);
}

TARGET void quin_acts_wide(struct quin_acts *a)
{
    a->quads = (a->k + 3) / 4;
    if (a->rows < 4) {
        quin_acts_avx512(a);
        return;
    }
    for (uint32_t row = 0; row < a->rows; row += 16) {
        __m512i total[16];
        memset(total, 0, sizeof total);
        for (uint32_t k = 0; k < a->k; k += BYTES) {
            uint32_t left = a->quads - k / 4;
            __m512i active = row ? _mm512_load_si512(a->active + k) : _mm512_setzero_si512();
            fill(a, k, row, left < QUADS ? left : QUADS, &active, total);
            _mm512_store_si512(a->active + k, active);
        }
        for (uint32_t r = 0; r < 16 && row + r < a->rows; r++)
            a->total[row + r] = _mm512_reduce_add_epi32(total[r]);
    }
}
#endif
