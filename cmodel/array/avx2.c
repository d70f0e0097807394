/* SPDX-License-Identifier: Apache-2.0
 *
 * The group kernel for AVX2: as that for AVX-512, with 32 lanes at a time and dot products of two beats in 16 bits.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "block.h"

#define TARGET __attribute__((target("avx2,popcnt")))
#define INLINE static inline __attribute__((always_inline)) TARGET

struct scratch {
    struct quin_block block;
    _Alignas(32) uint8_t code[2][QUIN_BEATS][32]; /* of the place at work; the halves of the lanes */
    /* the same, two beats of a lane side by side; vector v: lanes 16 * (0, 1) + 8 * v + (0..7) of the half */
    _Alignas(32) uint8_t pair[2][QUIN_BEATS / 2][2][32];
    uint32_t sign[2][2][QUIN_BEATS]; /* half; lanes with trit -1, with trit +1 */
    _Alignas(32) int32_t sum[5][QUIN_KERNEL_ROWS][QUIN_LANES];
    _Alignas(32) uint8_t lo[5][QUIN_KERNEL_ROWS][QUIN_LANES]; /* the PEs' accumulators */
};

INLINE __m256i load(const void *at)
{
    return _mm256_load_si256((const __m256i *)at);
}

INLINE void store(void *at, __m256i v)
{
    _mm256_store_si256((__m256i *)at, v);
}

/* Takes the next trit off each byte of the block; returns the additions with it. */
static TARGET uint64_t decode(struct scratch *s, uint32_t half, uint32_t beats)
{
    uint64_t adds = 0;
    for (uint32_t beat = 0; beat < beats; beat++) {
        uint8_t *byte = s->block.byte[beat] + 32 * half;
        __m256i q = load(byte);
        __m256i some = _mm256_cmpeq_epi8(_mm256_max_epu8(q, _mm256_set1_epi8(86)), q);       /* 3 q >= 256 */
        __m256i plus = _mm256_cmpeq_epi8(_mm256_max_epu8(q, _mm256_set1_epi8((char)171)), q); /* 3 q >= 512 */
        store(s->code[half][beat], _mm256_sub_epi8(_mm256_setzero_si256(), _mm256_add_epi8(some, plus)));
        store(byte, _mm256_add_epi8(_mm256_add_epi8(q, q), q));
        uint32_t negative = ~(uint32_t)_mm256_movemask_epi8(some), positive = (uint32_t)_mm256_movemask_epi8(plus);
        s->sign[half][0][beat] = negative;
        s->sign[half][1][beat] = positive;
        adds += (uint64_t)__builtin_popcount(negative | positive) * s->block.active[beat];
    }
    for (uint32_t i = 0; i < beats / 2; i++) {
        __m256i a = load(s->code[half][2 * i]), b = load(s->code[half][2 * i + 1]);
        store(s->pair[half][i][0], _mm256_unpacklo_epi8(a, b));
        store(s->pair[half][i][1], _mm256_unpackhi_epi8(a, b));
    }
    return adds;
}

/* Adds 16 sums of 16 bits, lanes 0..7 and 16..23 of what `sum` points at. */
INLINE void widen(int32_t *sum, __m256i acc)
{
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(acc));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(acc, 1));
    store(sum, _mm256_add_epi32(load(sum), low));
    store(sum + 16, _mm256_add_epi32(load(sum + 16), high));
}

/* Products of a block and `rows` rows. A product of two beats is within 512, and a block has 32 of them: -16384. */
INLINE void sum_rows(struct scratch *s, uint32_t place, uint32_t half, uint32_t row, const uint32_t rows,
                     uint32_t beats)
{
    __m256i acc[4][2];
    for (uint32_t r = 0; r < rows; r++)
        acc[r][0] = acc[r][1] = _mm256_setzero_si256();
    for (uint32_t i = 0; i < beats / 2; i++) {
        __m256i low = load(s->pair[half][i][0]), high = load(s->pair[half][i][1]);
        for (uint32_t r = 0; r < rows; r++) {
            int16_t two;
            memcpy(&two, s->block.x[row + r] + 2 * i, 2);
            __m256i x = _mm256_set1_epi16(two);
            acc[r][0] = _mm256_add_epi16(acc[r][0], _mm256_maddubs_epi16(low, x));
            acc[r][1] = _mm256_add_epi16(acc[r][1], _mm256_maddubs_epi16(high, x));
        }
    }
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t v = 0; v < 2; v++)
            widen(s->sum[place][row + r] + 32 * half + 8 * v, acc[r][v]);
}

static TARGET void sum_place(struct scratch *s, uint32_t place, uint32_t half, uint32_t rows, uint32_t beats)
{
    uint32_t r = 0;
    for (; r + 4 <= rows; r += 4)
        sum_rows(s, place, half, r, 4, beats);
    for (; r < rows; r++)
        sum_rows(s, place, half, r, 1, beats);
}

/* Wraps of a row in a block, as in avx512.c; the comparison at hand says where there is no carry. */
static TARGET uint64_t wraps_row(struct scratch *s, uint32_t place, uint32_t half, uint32_t row)
{
    const struct quin_entry *e = s->block.entry[row], *end = e + s->block.entries[row];
    __m256i lo = load(s->lo[place][row] + 32 * half);
    uint64_t wraps = 0;
    for (; e < end; e++) {
        __m256i product = _mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)e->table), load(s->code[half][e->beat]));
        __m256i sum = _mm256_add_epi8(lo, product);
        uint32_t none = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(sum, lo), sum));
        wraps += (uint64_t)__builtin_popcount(~none ^ s->sign[half][e->negative][e->beat]);
        lo = sum;
    }
    store(s->lo[place][row] + 32 * half, lo);
    return wraps;
}

/* Subtracts what the codes are too large by, and joins the trits of a byte if that is wanted. */
static void finish(const struct scratch *s, struct quin_group *g)
{
    for (uint32_t p = 0; p < 5; p++)
        for (uint32_t r = 0; r < g->acts->rows; r++)
            for (uint32_t b = 0; b < QUIN_LANES; b++) {
                int32_t sum = s->sum[p][r][b] - g->acts->total[r];
                if (!g->bytes)
                    g->sum[p][r][b] = sum;
                else
                    g->sum[0][r][b] = (p ? 3 * g->sum[0][r][b] : 0) + sum;
            }
}

static TARGET void run_256(struct quin_group *g, void *scratch)
{
    struct scratch *s = scratch;
    uint32_t rows = g->acts->rows;
    for (uint32_t p = 0; p < 5; p++) {
        memset(s->sum[p], 0, rows * sizeof s->sum[p][0]);
        memset(s->lo[p], 0, rows * sizeof s->lo[p][0]);
    }
    g->adds = g->wraps = 0;
    for (uint32_t k = 0; k < g->acts->k; k += QUIN_BEATS) {
        uint32_t beats = quin_block_fill(&s->block, g, k, false);
        for (uint32_t part = 0; part < 10; part++) {
            uint32_t place = part / 2, half = part % 2;
            if (half && g->tiles * g->stream_bytes <= 32)
                continue;
            g->adds += decode(s, half, beats);
            sum_place(s, place, half, rows, beats);
            for (uint32_t r = 0; r < rows && g->count_wraps; r++)
                g->wraps += wraps_row(s, place, half, r);
        }
    }
    finish(s, g);
}

static bool usable_256(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

const struct quin_kernel quin_kernel_avx2 = {
    "avx2", "AVX2", sizeof(struct scratch), run_256, usable_256, quin_acts_avx2, quin_span_avx2,
    quin_scale_avx2, NULL};
#endif
