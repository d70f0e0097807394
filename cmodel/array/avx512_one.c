/* SPDX-License-Identifier: Apache-2.0
 *
 * One row of activations, no count of WRAPS: the pace of the stream. No trit is looked up. With q(i) = 3^i * q modulo
 * 256, the code (trit + 1) at place i of byte q is (3 * q(i) - q(i + 1)) / 256; so with S(i) the dot product of x and
 * q(i), the sum of x times codes is (3 * S(i) - S(i + 1)) / 256, exactly: |S| <= 255 * 128 * 16384 < 2^30.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "avx512.h"

/* Bytes q and 256 - q hold each other's negatives, so tables of 128 entries do. Entry i is of byte i, entry 0 of byte
 * 128: five zeros. Byte 0 has the trits of byte 1. */
#define AT(q) ((q) ? (uint32_t)(q) : 128u)
#define NONZERO_AT(q) NONZERO(AT(q))
#define VALUE_AT(q) VALUE(AT(q))
#define HALF(f) {ROW64(f, 0), ROW64(f, 64)}
static const _Alignas(64) uint8_t nonzero[128] = HALF(NONZERO_AT), value_of[128] = HALF(VALUE_AT);

INLINE __m512i entry(const uint8_t *table, __m512i at)
{
    return _mm512_permutex2var_epi8(_mm512_load_si512(table), at, _mm512_load_si512(table + 64));
}

/* Values + 121 of bytes q: that of the mirrored byte, turned round. */
INLINE __m512i values_at(__m512i q, __m512i at)
{
    __m512i value = entry(value_of, at);
    return _mm512_mask_sub_epi8(value, _mm512_movepi8_mask(q), _mm512_set1_epi8((char)242), value);
}

/* acc[i] += x . q(i) of the four beats of 16 lanes. */
INLINE void step(__m512i *acc, __m512i q, __m512i x)
{
#pragma GCC unroll 6
    for (uint32_t i = 0; i < 6; i++) {
        acc[i] = _mm512_dpbusd_epi32(acc[i], q, x);
        q = _mm512_add_epi8(_mm512_add_epi8(q, q), q);
    }
}

struct totals {
    __m512i acc[4][6], adds; /* of a byte's value: acc[v][0] alone */
};

INLINE void quads(struct totals *t, const uint8_t *bytes, const uint32_t *x, const uint8_t *active, uint32_t n,
                  const bool value)
{
    for (uint32_t i = 0; i < n; i++, bytes += 4 * QUIN_LANES) {
        __m512i raw[4], q[4], four = _mm512_set1_epi32((int32_t)x[i]);
        uint32_t word;
        memcpy(&word, active + 4 * i, 4);
        __m512i on = _mm512_set1_epi32((int32_t)word);
        for (uint32_t j = 0; j < 4; j++) {
            _mm_prefetch((const char *)bytes + QUIN_AHEAD + j * QUIN_LANES, _MM_HINT_T0);
            raw[j] = _mm512_loadu_si512(bytes + j * QUIN_LANES);
        }
        transpose(q, raw);
        for (uint32_t v = 0; v < 4; v++) {
            __m512i at = _mm512_max_epu8(_mm512_abs_epi8(q[v]), _mm512_set1_epi8(1));
            t->adds = _mm512_dpbusd_epi32(t->adds, entry(nonzero, at), on);
            if (value)
                t->acc[v][0] = _mm512_dpbusd_epi32(t->acc[v][0], values_at(q[v], at), four);
            else
                step(t->acc[v], q[v], four);
        }
    }
}

static TARGET void values(struct totals *t, const uint8_t *bytes, const uint32_t *x, const uint8_t *active, uint32_t n)
{
    struct totals own = *t;
    quads(&own, bytes, x, active, n, true);
    *t = own;
}

static TARGET void trits(struct totals *t, const uint8_t *bytes, const uint32_t *x, const uint8_t *active, uint32_t n)
{
    struct totals own = *t;
    quads(&own, bytes, x, active, n, false);
    *t = own;
}

TARGET void quin_avx512_one(struct quin_group *g, struct quin_avx512 *s)
{
    const struct quin_acts *acts = g->acts;
    struct totals t;
    memset(&t, 0, sizeof t);
    for (uint32_t k = 0, beats; k < acts->k; k += beats) {
        const uint8_t *bytes = stream_at(s, g, k, UINT32_MAX, &beats);
        (g->bytes ? values : trits)(&t, bytes, acts->quad + k / 4, acts->active + k, beats / 4);
    }
    g->wraps = 0;
    g->adds = (uint32_t)_mm512_reduce_add_epi32(t.adds);
    for (uint32_t p = 0; p < (g->bytes ? 1 : 5); p++) {
        for (uint32_t v = 0; v < 4; v++) {
            __m512i a = t.acc[v][p], sum = a;
            if (!g->bytes)
                sum = _mm512_srai_epi32(_mm512_sub_epi32(_mm512_add_epi32(_mm512_add_epi32(a, a), a), t.acc[v][p + 1]), 8);
            _mm512_store_si512(s->sum[p][0][v], sum);
        }
        put_sums(g->sum[p][0], s->sum[p][0], (g->bytes ? 121 : 1) * acts->total[0]);
    }
}
#endif
