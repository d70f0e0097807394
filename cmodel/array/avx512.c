/* SPDX-License-Identifier: Apache-2.0
 *
 * The group kernel for AVX-512 with VNNI and VBMI. Bytes become trit codes by table; sums come from dot products of
 * four beats, with codes 0, 1, 2 for the trits; wraps from an eight-bit accumulator a lane, as the PEs have one.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "avx512.h"

const _Alignas(64) uint8_t quin_table_first4[256] = TABLE(FIRST4), quin_table_last[256] = TABLE(LAST),
                           quin_table_value[256] = TABLE(VALUE);

/* Codes of one place of four beats, to where sums and wraps want them. */
INLINE void put_codes(struct quin_avx512 *s, uint32_t place, uint32_t beat, const __m512i *code, bool sums)
{
    __m512i quad[4];
    transpose(quad, code);
    for (uint32_t j = 0; j < 4; j++) {
        if (sums)
            _mm512_store_si512(s->quad[place][beat / 4][j], quad[j]);
        _mm512_store_si512(s->code[beat + j][place], code[j]);
        s->sign[beat + j][0][place] = _mm512_testn_epi8_mask(code[j], _mm512_set1_epi8(3));
        s->sign[beat + j][1][place] = _mm512_test_epi8_mask(code[j], _mm512_set1_epi8(2));
    }
}

/* Decodes a block; returns `adds` with its additions. */
INLINE __m512i decode(struct quin_avx512 *s, uint32_t beats, bool bytes, __m512i adds)
{
    const __m512i three = _mm512_set1_epi8(3);
    for (uint32_t beat = 0; beat < beats; beat += 4) {
        __m512i q[4], many[4], rest[4], code[4];
        for (uint32_t j = 0; j < 4; j++) {
            q[j] = _mm512_loadu_si512(s->block.bytes + (beat + j) * QUIN_LANES);
            rest[j] = look_up(quin_table_last, q[j]);
            __m512i nonzero = _mm512_and_si512(_mm512_srli_epi16(rest[j], 2), _mm512_set1_epi8(7));
            adds = _mm512_dpbusd_epi32(adds, nonzero, _mm512_set1_epi8((char)s->block.active[beat + j]));
        }
        if (bytes) {
            __m512i quad[4];
            for (uint32_t j = 0; j < 4; j++)
                code[j] = look_up(quin_table_value, q[j]);
            transpose(quad, code);
            for (uint32_t j = 0; j < 4; j++)
                _mm512_store_si512(s->quad[0][beat / 4][j], quad[j]);
        }
        for (uint32_t j = 0; j < 4; j++)
            many[j] = look_up(quin_table_first4, q[j]);
        for (uint32_t place = 0; place < 4; place++) {
            for (uint32_t j = 0; j < 4; j++) {
                code[j] = _mm512_and_si512(many[j], three);
                many[j] = _mm512_srli_epi16(many[j], 2);
            }
            put_codes(s, place, beat, code, !bytes);
        }
        for (uint32_t j = 0; j < 4; j++)
            code[j] = _mm512_and_si512(rest[j], three);
        put_codes(s, 4, beat, code, !bytes);
    }
    return adds;
}

/* Adds the products of a block to the sums of `rows` rows, which stay in registers meanwhile. */
INLINE void sum_rows(struct quin_avx512 *s, uint32_t place, uint32_t row, const uint32_t rows, uint32_t beats)
{
    __m512i acc[4][4];
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t v = 0; v < 4; v++)
            acc[r][v] = _mm512_load_si512(s->sum[place][row + r][v]);
    for (uint32_t i = 0; i < beats / 4; i++) {
        __m512i code[4];
        for (uint32_t v = 0; v < 4; v++)
            code[v] = _mm512_load_si512(s->quad[place][i][v]);
        for (uint32_t r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, s->block.x[row + r] + 4 * i, 4);
            __m512i x = _mm512_set1_epi32(four);
            for (uint32_t v = 0; v < 4; v++)
                acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], code[v], x);
        }
    }
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t v = 0; v < 4; v++)
            _mm512_store_si512(s->sum[place][row + r][v], acc[r][v]);
}

static TARGET void sum_place(struct quin_avx512 *s, uint32_t place, uint32_t rows, uint32_t beats)
{
    uint32_t r = 0;
    for (; r + 4 <= rows; r += 4)
        sum_rows(s, place, r, 4, beats);
    if (r + 2 <= rows) {
        sum_rows(s, place, r, 2, beats);
        r += 2;
    }
    if (r < rows)
        sum_rows(s, place, r, 1, beats);
}

/* Wraps of a row in a block. A product changes the accumulator modulo 256; a carry out of it is a wrap upwards if the
 * product is positive, and if it is negative the lack of one is a wrap downwards. */
static TARGET uint64_t wraps_row(struct quin_avx512 *s, uint32_t row)
{
    const struct quin_entry *e = s->block.entry[row], *end = e + s->block.entries[row];
    uint64_t wraps = 0;
    __m512i lo[5];
    for (uint32_t p = 0; p < 5; p++)
        lo[p] = _mm512_load_si512(s->lo[p][row]);
    for (; e < end; e++) {
        const uint8_t (*code)[QUIN_LANES] = s->code[e->beat];
        const uint64_t *sign = s->sign[e->beat][e->negative];
        __m512i table = _mm512_set1_epi32((int32_t)e->table);
#pragma GCC unroll 5
        for (uint32_t p = 0; p < 5; p++) {
            __m512i sum = _mm512_add_epi8(lo[p], _mm512_shuffle_epi8(table, _mm512_load_si512(code[p])));
            wraps += (uint64_t)__builtin_popcountll(_mm512_cmplt_epu8_mask(sum, lo[p]) ^ sign[p]);
            lo[p] = sum;
        }
    }
    for (uint32_t p = 0; p < 5; p++)
        _mm512_store_si512(s->lo[p][row], lo[p]);
    return wraps;
}

static TARGET void run_512(struct quin_group *g, void *scratch)
{
    struct quin_avx512 *s = scratch;
    uint32_t places = g->bytes ? 1 : 5, rows = g->acts->rows;
    if (!g->count_wraps) {
        if (rows == 1)
            quin_avx512_one(g, s);
        else
            quin_avx512_rows(g, s);
        return;
    }
    __m512i adds = _mm512_setzero_si512();
    for (uint32_t p = 0; p < 5; p++) {
        memset(s->sum[p], 0, rows * sizeof s->sum[p][0]);
        memset(s->lo[p], 0, rows * sizeof s->lo[p][0]);
    }
    g->wraps = 0;
    for (uint32_t k = 0; k < g->acts->k; k += QUIN_BEATS) {
        uint32_t beats = quin_block_fill(&s->block, g, k, true);
        adds = g->bytes ? decode(s, beats, true, adds) : decode(s, beats, false, adds);
        for (uint32_t place = 0; place < places; place++)
            sum_place(s, place, rows, beats);
        for (uint32_t r = 0; r < rows; r++)
            g->wraps += wraps_row(s, r);
    }
    g->adds = (uint32_t)_mm512_reduce_add_epi32(adds);
    for (uint32_t p = 0; p < places; p++) /* each code is too large by one, or 121 */
        for (uint32_t r = 0; r < rows; r++)
            put_sums(g->sum[p][r], s->sum[p][r], (g->bytes ? 121 : 1) * g->acts->total[r]);
}

static bool usable_512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("popcnt");
}

const struct quin_kernel quin_kernel_avx512 = {
    "avx512", "AVX-512 with VNNI and VBMI", sizeof(struct quin_avx512), run_512, usable_512, quin_acts_wide,
    quin_span_wide, quin_scale_wide, quin_join_wide};
#endif
