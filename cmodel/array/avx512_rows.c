/* SPDX-License-Identifier: Apache-2.0
 *
 * Several rows of activations, no count of WRAPS. A block of beats is looked up once, two table entries a byte: the
 * codes (trit + 1) of the first four places, and the last one with the number of trits that are not zero. A dot product
 * takes its place's bits where they are, as codes times 1, 4, 16 or 64, and the sum is shifted back at the end:
 * 4 * 128 * 128 * 16384 / 4 < 2^29.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "avx512.h"

/* Looks up a block of quads of beats; returns `adds` with four times its additions. */
INLINE __m512i decode(struct quin_avx512 *s, const uint8_t *bytes, const uint8_t *active, uint32_t n, __m512i adds,
                      const bool value)
{
    const __m512i count = _mm512_set1_epi8(0x1c);
    for (uint32_t i = 0; i < n; i++, bytes += 4 * QUIN_LANES) {
        __m512i raw[4], q[4];
        uint32_t word;
        memcpy(&word, active + 4 * i, 4);
        for (uint32_t j = 0; j < 4; j++) {
            raw[j] = _mm512_loadu_si512(bytes + j * QUIN_LANES);
        }
        transpose(q, raw);
        for (uint32_t v = 0; v < 4; v++) {
            __m512i last = look_up(quin_table_last, q[v]);
            adds = _mm512_dpbusd_epi32(adds, _mm512_and_si512(last, count), _mm512_set1_epi32((int32_t)word));
            _mm512_store_si512(s->entry[0][i][v], look_up(value ? quin_table_value : quin_table_first4, q[v]));
            if (!value)
                _mm512_store_si512(s->entry[1][i][v], last);
        }
    }
    return adds;
}

/* What the sums of a place and a block are made of. */
struct block {
    const uint32_t *x; /* [quads][rows], of the block's first beat */
    uint32_t rows, quads;
    const uint8_t *ahead, *end; /* bytes of the stream to ask for meanwhile, and how many for each step of a sum, so that */
    size_t pace;                /* the memory is asked all the time */
    __m512i mask;
};

/* Adds products to the sums of `rows` rows from `row` on and `vectors` vectors from `v` on. */
INLINE void sum_part(struct quin_avx512 *s, struct block *b, uint32_t place, uint32_t row, uint32_t v,
                     const uint32_t rows, const uint32_t vectors)
{
    const uint32_t *x = b->x + row, stride = b->rows, n = b->quads;
    const uint8_t *ahead = b->ahead;
    const size_t pace = ahead < b->end ? b->pace : 0;
    const __m512i mask = b->mask;
    __m512i acc[8][4];
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t j = 0; j < vectors; j++)
            acc[r][j] = _mm512_load_si512(s->sum[place][row + r][v + j]);
    for (uint32_t i = 0; i < n; i++, x += stride, ahead += pace) {
        __m512i code[4];
        _mm_prefetch((const char *)ahead, _MM_HINT_T1);
        for (uint32_t j = 0; j < vectors; j++)
            code[j] = _mm512_and_si512(_mm512_load_si512(s->entry[place / 4][i][v + j]), mask);
        for (uint32_t r = 0; r < rows; r++) {
            __m512i four = _mm512_set1_epi32((int32_t)x[r]);
            for (uint32_t j = 0; j < vectors; j++)
                acc[r][j] = _mm512_dpbusd_epi32(acc[r][j], code[j], four);
        }
    }
    b->ahead = ahead;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t j = 0; j < vectors; j++)
            _mm512_store_si512(s->sum[place][row + r][v + j], acc[r][j]);
}

/* All rows of a place: eight, four, two and one at a time. */
static TARGET void sum_place(struct quin_avx512 *s, struct block *b, uint32_t place)
{
    uint32_t r = 0;
    for (; r + 8 <= b->rows; r += 8) {
        sum_part(s, b, place, r, 0, 8, 2);
        sum_part(s, b, place, r, 2, 8, 2);
    }
    if (r + 4 <= b->rows) {
        sum_part(s, b, place, r, 0, 4, 4);
        r += 4;
    }
    if (r + 2 <= b->rows) {
        sum_part(s, b, place, r, 0, 2, 4);
        r += 2;
    }
    if (r < b->rows)
        sum_part(s, b, place, r, 0, 1, 4);
}

TARGET void quin_avx512_rows(struct quin_group *g, struct quin_avx512 *s)
{
    static const uint8_t bits[5] = {0x03, 0x0c, 0x30, 0xc0, 0x03};
    const struct quin_acts *acts = g->acts;
    uint32_t places = g->bytes ? 1 : 5;
    __m512i adds = _mm512_setzero_si512();
    for (uint32_t p = 0; p < places; p++)
        memset(s->sum[p], 0, acts->rows * sizeof s->sum[p][0]);
    for (uint32_t k = 0, beats; k < acts->k; k += beats) {
        const uint8_t *bytes = stream_at(s, g, k, QUIN_DECODED, &beats);
        adds = g->bytes ? decode(s, bytes, acts->active + k, beats / 4, adds, true)
                        : decode(s, bytes, acts->active + k, beats / 4, adds, false);
        struct block b = {.x = acts->quad + (size_t)(k / 4) * acts->rows, .rows = acts->rows, .quads = beats / 4,
                          .ahead = g->tile[0] + (size_t)(k + beats) * g->stream_bytes};
        b.end = b.ahead + (size_t)beats * QUIN_LANES;
        b.pace = QUIN_LANES * 4 / (places * ((acts->rows + 3) / 4)) + 1; /* sum_place takes so many steps for a quad */
        for (uint32_t p = 0; p < places; p++) {
            b.mask = _mm512_set1_epi8((char)(g->bytes ? 255 : bits[p]));
            sum_place(s, &b, p);
        }
    }
    g->wraps = 0;
    g->adds = (uint32_t)_mm512_reduce_add_epi32(adds) / 4;
    for (uint32_t p = 0; p < places; p++)
        for (uint32_t r = 0; r < acts->rows; r++) {
            for (uint32_t v = 0; v < 4; v++) {
                __m512i sum = _mm512_load_si512(s->sum[p][r][v]);
                _mm512_store_si512(s->sum[p][r][v], _mm512_srai_epi32(sum, p % 4 * 2));
            }
            put_sums(g->sum[p][r], s->sum[p][r], (g->bytes ? 121 : 1) * acts->total[r]);
        }
}
#endif
