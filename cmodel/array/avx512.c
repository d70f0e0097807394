/* SPDX-License-Identifier: Apache-2.0
 *
 * The group kernel for AVX-512 with VNNI and VBMI. Bytes become trit codes by table; sums come from dot products of
 * four beats, with codes 0, 1, 2 for the trits; wraps from an eight-bit accumulator a lane, as the PEs have one.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "block.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi,popcnt")))
#define INLINE static inline __attribute__((always_inline)) TARGET

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

static const _Alignas(64) uint8_t first4[256] = TABLE(FIRST4), last[256] = TABLE(LAST), value[256] = TABLE(VALUE);

struct scratch {
    struct quin_block block;
    _Alignas(64) uint8_t code[QUIN_BEATS][5][QUIN_LANES];
    /* the same, four beats of a lane side by side; vector v, 16 lanes of it: lanes 16 * (0..3) + 4 * v + (0..3) */
    _Alignas(64) uint8_t quad[5][QUIN_BEATS / 4][4][QUIN_LANES];
    uint64_t sign[QUIN_BEATS][2][5]; /* lanes with trit -1, with trit +1 */
    _Alignas(64) int32_t sum[5][QUIN_KERNEL_ROWS][4][16];
    _Alignas(64) uint8_t lo[5][QUIN_KERNEL_ROWS][QUIN_LANES]; /* the PEs' accumulators */
};

INLINE __m512i look_up(const uint8_t *table, __m512i q)
{
    __m512i low = _mm512_permutex2var_epi8(_mm512_load_si512(table), q, _mm512_load_si512(table + 64));
    __m512i high = _mm512_permutex2var_epi8(_mm512_load_si512(table + 128), q, _mm512_load_si512(table + 192));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(q), low, high);
}

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

/* Codes of one place of four beats, to where sums and wraps want them. Without wraps they come transposed. */
INLINE void put_codes(struct scratch *s, uint32_t place, uint32_t beat, const __m512i *code, bool sums, bool wraps)
{
    __m512i quad[4];
    if (sums && wraps)
        transpose(quad, code);
    for (uint32_t j = 0; j < 4 && sums; j++)
        _mm512_store_si512(s->quad[place][beat / 4][j], wraps ? quad[j] : code[j]);
    if (!wraps)
        return;
    for (uint32_t j = 0; j < 4; j++) {
        _mm512_store_si512(s->code[beat + j][place], code[j]);
        s->sign[beat + j][0][place] = _mm512_testn_epi8_mask(code[j], _mm512_set1_epi8(3));
        s->sign[beat + j][1][place] = _mm512_test_epi8_mask(code[j], _mm512_set1_epi8(2));
    }
}

/* Decodes a block; returns `adds` with its additions. Wraps want lanes of a beat side by side and sums beats of a lane,
 * so without wraps the bytes are transposed and not the five codes that come of each. */
INLINE __m512i decode(struct scratch *s, uint32_t beats, bool bytes, bool wraps, __m512i adds)
{
    const __m512i three = _mm512_set1_epi8(3);
    for (uint32_t beat = 0; beat < beats; beat += 4) {
        __m512i raw[4], q[4], active[4], many[4], rest[4], code[4];
        for (uint32_t j = 0; j < 4; j++) {
            raw[j] = q[j] = _mm512_loadu_si512(s->block.bytes + (beat + j) * QUIN_LANES);
            active[j] = _mm512_set1_epi8((char)s->block.active[beat + j]);
        }
        if (!wraps) {
            int32_t four;
            memcpy(&four, s->block.active + beat, 4);
            for (uint32_t j = 0; j < 4; j++)
                active[j] = _mm512_set1_epi32(four);
            transpose(q, raw);
        }
        for (uint32_t j = 0; j < 4; j++) {
            rest[j] = look_up(last, q[j]);
            __m512i nonzero = _mm512_and_si512(_mm512_srli_epi16(rest[j], 2), _mm512_set1_epi8(7));
            adds = _mm512_dpbusd_epi32(adds, nonzero, active[j]);
        }
        if (bytes) {
            for (uint32_t j = 0; j < 4; j++)
                code[j] = look_up(value, q[j]);
            if (wraps)
                transpose(code, (const __m512i[]){code[0], code[1], code[2], code[3]});
            put_codes(s, 0, beat, code, true, false);
            if (!wraps)
                continue;
        }
        for (uint32_t j = 0; j < 4; j++)
            many[j] = look_up(first4, q[j]);
        for (uint32_t place = 0; place < 4; place++) {
            for (uint32_t j = 0; j < 4; j++) {
                code[j] = _mm512_and_si512(many[j], three);
                many[j] = _mm512_srli_epi16(many[j], 2);
            }
            put_codes(s, place, beat, code, !bytes, wraps);
        }
        for (uint32_t j = 0; j < 4; j++)
            code[j] = _mm512_and_si512(rest[j], three);
        put_codes(s, 4, beat, code, !bytes, wraps);
    }
    return adds;
}

/* Adds the products of a block to the sums of `rows` rows, which stay in registers meanwhile. */
INLINE void sum_rows(struct scratch *s, uint32_t place, uint32_t row, const uint32_t rows, uint32_t beats)
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

static TARGET void sum_place(struct scratch *s, uint32_t place, uint32_t rows, uint32_t beats)
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
static TARGET uint64_t wraps_row(struct scratch *s, uint32_t row)
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

static TARGET void block_512(struct scratch *s, struct quin_group *g, uint32_t k, __m512i *adds, int32_t *total)
{
    uint32_t beats = quin_block_fill(&s->block, g, k, true);
    if (g->bytes)
        *adds = g->count_wraps ? decode(s, beats, true, true, *adds) : decode(s, beats, true, false, *adds);
    else
        *adds = g->count_wraps ? decode(s, beats, false, true, *adds) : decode(s, beats, false, false, *adds);
    for (uint32_t place = 0; place < (g->bytes ? 1 : 5); place++)
        sum_place(s, place, g->rows, beats);
    for (uint32_t r = 0; r < g->rows && g->count_wraps; r++)
        g->wraps += wraps_row(s, r);
    for (uint32_t r = 0; r < g->rows; r++) {
        __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(1),
                                          _mm512_load_si512(s->block.x[r]));
        total[r] += _mm512_reduce_add_epi32(sum);
    }
}

static TARGET void run_512(struct quin_group *g, void *scratch)
{
    struct scratch *s = scratch;
    uint32_t places = g->bytes ? 1 : 5;
    int32_t total[QUIN_KERNEL_ROWS] = {0}; /* of a row's activations: each code is too large by one, or 121 */
    __m512i adds = _mm512_setzero_si512();
    for (uint32_t p = 0; p < 5; p++) {
        memset(s->sum[p], 0, g->rows * sizeof s->sum[p][0]);
        memset(s->lo[p], 0, g->rows * sizeof s->lo[p][0]);
    }
    g->wraps = 0;
    for (uint32_t k = 0; k < g->k; k += QUIN_BEATS)
        block_512(s, g, k, &adds, total);
    g->adds = (uint32_t)_mm512_reduce_add_epi32(adds);
    for (uint32_t p = 0; p < places; p++)
        for (uint32_t r = 0; r < g->rows; r++)
            for (uint32_t i = 0; i < 16; i++) { /* four lanes at a time, back into their order */
                __m128i v = _mm_load_si128((const __m128i *)(s->sum[p][r][i % 4] + i / 4 * 4));
                v = _mm_sub_epi32(v, _mm_set1_epi32(g->bytes ? 121 * total[r] : total[r]));
                _mm_storeu_si128((__m128i *)(g->sum[p][r] + 4 * i), v);
            }
}

static bool usable_512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("popcnt");
}

const struct quin_kernel quin_kernel_avx512 = {
    "avx512", "AVX-512 with VNNI and VBMI", sizeof(struct scratch), run_512, usable_512, quin_span_avx512,
    quin_scale_avx512};
#endif
