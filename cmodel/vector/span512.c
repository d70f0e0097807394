/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans with AVX-512 instructions: what span.c says in loops, in two passes over sixteen elements at a time. The first
 * computes, the second reduces, formats and sums the checksum. What is rare goes the way of span.c.
 */
#include "span.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "contract.h"
#include "func.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE __m512i all(uint32_t bits)
{
    return _mm512_set1_epi32((int32_t)bits);
}

INLINE __m512i bits_of(__m512 x)
{
    return _mm512_castps_si512(x);
}

INLINE __m512 number(__m512i b)
{
    return _mm512_castsi512_ps(b);
}

/* Subnormals become zeros of their sign. */
INLINE __m512i flush(__m512i b)
{
    return _mm512_mask_and_epi32(b, _mm512_testn_epi32_mask(b, all(QUIN_F32_INF)), b, all(QUIN_F32_SIGN));
}

/* As max_epi32 wants them: orders all but NaN; back again by the same step. */
INLINE __m512i order(__m512i b)
{
    return _mm512_xor_si512(b, _mm512_srli_epi32(_mm512_srai_epi32(b, 31), 1));
}

INLINE __mmask16 nans(__m512i b)
{
    return _mm512_cmp_ps_mask(number(b), number(b), _CMP_UNORD_Q);
}

/* NaN of any kind becomes the one. */
INLINE __m512i one_nan(__m512i b)
{
    return _mm512_mask_mov_epi32(b, nans(b), all(QUIN_F32_NAN));
}

/* Arithmetic is done with the processor's own flushing of subnormal operands and results (FLUSH in MXCSR). The caller
 * looks for NaN; products that may be less than 2^-126 before they are rounded go to *doubt. The functions that FLUSH is
 * set for are not inlined, lest a compiler moves arithmetic out of its reach. */
enum { FLUSH = 0x8040 };
#define APART static __attribute__((noinline)) TARGET

/* op(t, y) of operands as they are read. */
INLINE __m512i operate(const uint32_t op, __m512i t, __m512i y, __mmask16 *doubt)
{
    __m512i r;
    switch (op) {
    case QUIN_VECTOR_OP_ADD:
        return bits_of(_mm512_add_ps(number(t), number(y)));
    case QUIN_VECTOR_OP_SUB:
        return bits_of(_mm512_sub_ps(number(t), number(y)));
    case QUIN_VECTOR_OP_MUL:
        r = bits_of(_mm512_mul_ps(number(t), number(y)));
        *doubt |= _mm512_cmpeq_epi32_mask(_mm512_add_epi32(r, r), all(0x01000000));
        return r;
    default:
        return bits_of(_mm512_range_ps(number(t), number(y), 5)); /* the larger; a number before NaN, +0 before -0 */
    }
}

/* Elements i .. i + 15 of an operand, those in k; the others are zeros. */
INLINE __m512i fetch(const uint32_t *from, uint32_t step, uint32_t i, __mmask16 k)
{
    return step ? _mm512_maskz_loadu_epi32(k, from + i) : _mm512_maskz_set1_epi32(k, (int32_t)from[0]);
}

INLINE __mmask16 below(uint32_t i, uint32_t n)
{
    return n >= i + 16 ? 0xffff : n <= i ? 0 : (__mmask16)((1u << (n - i)) - 1);
}

/* Calls f(..., op) with an op that the compiler knows. */
#define FOR_OP(op, f, ...)                                                                  \
    ((op) == QUIN_VECTOR_OP_ADD   ? f(__VA_ARGS__, QUIN_VECTOR_OP_ADD)                      \
     : (op) == QUIN_VECTOR_OP_SUB ? f(__VA_ARGS__, QUIN_VECTOR_OP_SUB)                      \
     : (op) == QUIN_VECTOR_OP_MUL ? f(__VA_ARGS__, QUIN_VECTOR_OP_MUL)                      \
     : (op) == QUIN_VECTOR_OP_MAX ? f(__VA_ARGS__, QUIN_VECTOR_OP_MAX)                      \
                                  : f(__VA_ARGS__, QUIN_VECTOR_OP_PASS))

/* Sixteen elements from i on, those in k. */
INLINE void compute_at(const struct quin_span *s, uint32_t *t, const uint32_t *const from[3], uint32_t i, __mmask16 k,
                       const uint32_t op1, const uint32_t op2, __mmask16 *doubt)
{
    __m512i x = fetch(from[0], s->step_a, i, k);
    if (!op1 && !op2)
        x = flush(x);
    if (op1)
        x = operate(op1, x, fetch(from[1], s->step_b, i, k), doubt);
    if (op2 == QUIN_VECTOR_OP_MAX) /* loses a NaN */
        *doubt |= nans(x);
    if (op2)
        x = operate(op2, x, fetch(from[2], s->step_c, i, k), doubt);
    if (op1 || op2)
        *doubt |= nans(x);
    _mm512_store_si512(t + i, x);
}

INLINE bool compute_ops(const struct quin_span *s, uint32_t *t, uint32_t first, uint32_t n, const uint32_t op1,
                        const uint32_t op2)
{
    const uint32_t *const from[3] = {s->a + (size_t)first * s->step_a, s->b + (size_t)first * s->step_b,
                                     s->c + (size_t)first * s->step_c};
    __mmask16 doubt = 0;
    uint32_t i = 0;
    for (; i + 16 <= n; i += 16)
        compute_at(s, t, from, i, 0xffff, op1, op2, &doubt);
    if (i < n)
        compute_at(s, t, from, i, below(i, n), op1, op2, &doubt);
    return !doubt;
}

INLINE bool compute_op1(const struct quin_span *s, uint32_t *t, uint32_t first, uint32_t n, const uint32_t op1)
{
    return FOR_OP(s->op2, compute_ops, s, t, first, n, op1);
}

/* t[i] = op2(op1(a, b), c) for i < n; what t holds up to a multiple of sixteen is of no matter. For FLUSH. */
APART bool compute(const struct quin_span *s, uint32_t *t, uint32_t first, uint32_t n)
{
    return FOR_OP(s->op1, compute_op1, s, t, first, n);
}

/* The largest of sixteen with the smallest index, where one is larger than what there is. */
static TARGET void argmax(struct quin_span *s, const uint32_t *t, uint32_t index, __m512i x, __mmask16 k)
{
    if (_mm512_mask_cmp_ps_mask(k, number(x), _mm512_set1_ps(s->argmax.value), _CMP_GT_OQ))
        for (uint32_t j = 0; j < 16 && k >> j; j++)
            quin_argmax_add(&s->argmax, index + j, quin_f32_from_bits(t[j]));
}

struct totals {
    __m512i sum, max, absmax;
};

INLINE void reduce(struct quin_span *s, struct totals *r, const uint32_t *t, uint32_t index, __m512i x, __mmask16 k,
                   const uint32_t how)
{
    switch (how) {
    case QUIN_REDUCE_SUM:
        r->sum = bits_of(_mm512_mask_add_ps(number(r->sum), k, number(r->sum), number(x)));
        break;
    case QUIN_REDUCE_MAX:
        r->max = _mm512_mask_max_epi32(r->max, k & (__mmask16)~nans(x), r->max, order(x));
        break;
    case QUIN_REDUCE_ABSMAX:
        r->absmax = _mm512_mask_max_epi32(r->absmax, k & (__mmask16)~nans(x), r->absmax,
                                          _mm512_andnot_si512(all(QUIN_F32_SIGN), x));
        break;
    case QUIN_REDUCE_ARGMAX:
        argmax(s, t, index, x, k);
        break;
    default:
        break;
    }
}

/* The nearest integers within low..127, halves to even; NaN gives 0. */
INLINE __m512i whole(__m512i t, float low)
{
    __m512 x = number(_mm512_mask_mov_epi32(t, nans(t), _mm512_setzero_si512()));
    x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(low)), _mm512_set1_ps(127.0f));
    return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* Writes elements of index `at` on; returns the bits that the checksum counts. */
INLINE __m512i put(const struct quin_span *s, uint32_t at, __m512i x, __mmask16 k, const uint32_t format)
{
    if (format == QUIN_FORMAT_F32) {
        _mm512_mask_storeu_epi32((uint32_t *)s->dst + at, k, x);
        return x;
    }
    x = whole(x, format == QUIN_FORMAT_INT8_LOW ? -128.0f : -127.0f);
    _mm512_mask_cvtepi32_storeu_epi8((uint8_t *)s->dst + at, k, x);
    return _mm512_and_si512(x, all(255));
}

struct finish {
    struct totals r;
    __m512i checksum, turn;
};

/* Sixteen elements from i on, those in k; those in `seen` are not masked. */
INLINE void finish_at(struct quin_span *s, struct finish *f, const uint32_t *t, uint32_t first, uint32_t i,
                      __mmask16 k, __mmask16 seen, const uint32_t how, const uint32_t format)
{
    __m512i x = _mm512_maskz_load_epi32(seen, t + i);
    if (how)
        reduce(s, &f->r, t + i, first + i, x, seen, how);
    if (!format)
        return;
    __m512i counted = _mm512_maskz_mov_epi32(k, put(s, first + i, x, k, format));
    f->checksum = _mm512_add_epi32(f->checksum, _mm512_rolv_epi32(counted, f->turn));
    f->turn = _mm512_xor_si512(f->turn, all(16)); /* for first is a multiple of 32 */
}

INLINE void finish_as(struct quin_span *s, const uint32_t *t, uint32_t first, uint32_t n, uint32_t visible,
                      const uint32_t how, const uint32_t format)
{
    struct finish f = {{_mm512_loadu_si512(s->sum.s), all((uint32_t)s->max), all(s->absmax)}, _mm512_setzero_si512(),
                       _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)};
    uint32_t i = 0;
    for (; i + 16 <= visible; i += 16)
        finish_at(s, &f, t, first, i, 0xffff, 0xffff, how, format);
    for (; i < n; i += 16)
        finish_at(s, &f, t, first, i, below(i, n), below(i, visible), how, format);
    s->checksum += (uint32_t)_mm512_reduce_add_epi32(f.checksum);
    _mm512_storeu_si512(s->sum.s, one_nan(f.r.sum));
    s->max = _mm512_reduce_max_epi32(f.r.max);
    s->absmax = (uint32_t)_mm512_reduce_max_epi32(f.r.absmax);
}

/* What is frequent has a loop of its own. For FLUSH. */
APART void finish(struct quin_span *s, const uint32_t *t, uint32_t first, uint32_t n, uint32_t visible)
{
    if (!s->reduce && s->format == QUIN_FORMAT_F32)
        finish_as(s, t, first, n, visible, QUIN_REDUCE_NONE, QUIN_FORMAT_F32);
    else if (s->reduce == QUIN_REDUCE_SUM && !s->format)
        finish_as(s, t, first, n, visible, QUIN_REDUCE_SUM, QUIN_FORMAT_NONE);
    else if (s->reduce == QUIN_REDUCE_ABSMAX && s->format == QUIN_FORMAT_F32)
        finish_as(s, t, first, n, visible, QUIN_REDUCE_ABSMAX, QUIN_FORMAT_F32);
    else if (!s->reduce && s->format == QUIN_FORMAT_INT8)
        finish_as(s, t, first, n, visible, QUIN_REDUCE_NONE, QUIN_FORMAT_INT8);
    else
        finish_as(s, t, first, n, visible, s->reduce, s->format);
}

/* ---- results of the array ---- */

/* quin_scale_wide, for FLUSH. */
APART bool scale(const float *y, float row, const float *column, uint32_t *dst, uint32_t first, uint32_t n,
                 uint32_t *checksum)
{
    const __m512i turn = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m512i factor = all(quin_f32_bits(row)), sum = _mm512_setzero_si512();
    __mmask16 doubt = 0;
    for (uint32_t i = 0; i < n; i += 16) {
        __mmask16 k = below(i, n);
        __m512i x = operate(QUIN_VECTOR_OP_MUL, _mm512_maskz_loadu_epi32(k, y + i), factor, &doubt);
        x = operate(QUIN_VECTOR_OP_MUL, x, _mm512_maskz_loadu_epi32(k, column + i), &doubt);
        doubt |= nans(x);
        _mm512_mask_storeu_epi32(dst + i, k, x);
        x = _mm512_rolv_epi32(_mm512_maskz_mov_epi32(k, x), _mm512_add_epi32(turn, all((first + i) % 32)));
        sum = _mm512_add_epi32(sum, x);
    }
    if (doubt)
        return false;
    *checksum += (uint32_t)_mm512_reduce_add_epi32(sum);
    return true;
}

TARGET bool quin_scale_wide(const float *y, float row, const float *column, uint32_t *dst, uint32_t first, uint32_t n,
                            uint32_t *checksum)
{
    uint32_t mode = _mm_getcsr();
    _mm_setcsr(mode | FLUSH);
    bool good = scale(y, row, column, dst, first, n, checksum);
    _mm_setcsr(mode);
    return good;
}

/* Element e of eighty is of lane e / 5 and place e % 5: each place's floats are spread by the lanes and put in by a mask. */
TARGET void quin_join_wide(const int32_t *const place[5], uint32_t lanes, float *y)
{
    __m512i lane[5];
    static const uint16_t of_place[5] = {0x8421, 0x0842, 0x1084, 0x2108, 0x4210}; /* of the first sixteen elements */
    const __m512i e = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (uint32_t o = 0; o < 5; o++) { /* e / 5 for e < 80 */
        __m512i at = _mm512_add_epi32(e, all(16 * o));
        lane[o] = _mm512_srli_epi32(_mm512_mullo_epi32(at, all(205)), 10);
    }
    for (uint32_t b = 0; b < lanes; b += 16, y += 80) {
        __m512 p[5];
        for (uint32_t i = 0; i < 5; i++)
            p[i] = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(below(b, lanes), place[i] + b));
        for (uint32_t o = 0; o < 5; o++) {
            __m512 joined = _mm512_permutexvar_ps(lane[o], p[0]); /* sixteen on, a place is one behind */
            for (uint32_t i = 1; i < 5; i++)
                joined = _mm512_mask_permutexvar_ps(joined, of_place[(i + 5 - o) % 5], lane[o], p[i]);
            _mm512_storeu_ps(y + 16 * o, joined);
        }
    }
}

TARGET bool quin_span_wide(struct quin_span *s, uint32_t first, uint32_t n, uint32_t visible)
{
    _Alignas(64) uint32_t t[QUIN_SPAN];
    if (s->format > QUIN_FORMAT_INT8_LOW)
        return quin_span_avx512(s, first, n, visible);
    uint32_t mode = _mm_getcsr();
    _mm_setcsr(mode | FLUSH);
    bool good = compute(s, t, first, visible);
    if (s->func) {
        _mm_setcsr(mode);
        good = good && quin_functions_avx512(s->func, t, visible);
        _mm_setcsr(mode | FLUSH);
    }
    if (good)
        finish(s, t, first, n, visible);
    _mm_setcsr(mode);
    return good;
}
#endif
