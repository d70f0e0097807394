/* SPDX-License-Identifier: Apache-2.0 */
/* Binary32 arithmetic against a soft implementation in integers, written from the rules alone: operand
 * classes as in Berkeley TestFloat, near-cancellation, products at the edges of the range. SEED=n replays a
 * run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../cmodel/common/f32.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#define PAIRS 10000000u

static uint64_t state;

static uint32_t rnd(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u); /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

/* ---- the soft implementation: bits in, bits out ---- */

struct soft {
    int sign, exp; /* value = mant * 2^exp, 2^23 <= mant < 2^24 unless it is zero */
    uint64_t mant;
    enum { ZERO, NUMBER, INFINITE, NOT } kind;
};

static struct soft unpack(uint32_t b)
{
    struct soft s = {(int)(b >> 31), (int)(b >> 23 & 255) - 150, (b & 0x7fffff) | 0x800000, NUMBER};

    if ((b >> 23 & 255) == 0)
        s.kind = ZERO;
    if ((b >> 23 & 255) == 255)
        s.kind = b & 0x7fffff ? NOT : INFINITE;
    return s;
}

/* Rounds mant * 2^exp, mant != 0, to a float. A lowest bit may stand for "and something below". */
static uint32_t pack(int sign, uint64_t mant, int exp)
{
    uint32_t b = (uint32_t)sign << 31;
    int top = 63;
    uint64_t rest, half;

    while (!(mant >> top & 1))
        top--;
    if (top + exp < -126)
        return b; /* tiny before rounding */
    if (top > 23) {
        int cut = top - 23;

        rest = mant & (((uint64_t)1 << cut) - 1);
        half = (uint64_t)1 << (cut - 1);
        mant >>= cut;
        exp += cut;
        mant += rest > half || (rest == half && (mant & 1));
        if (mant == 0x1000000) {
            mant >>= 1;
            exp++;
        }
    } else {
        mant <<= 23 - top;
        exp -= 23 - top;
    }
    if (exp + 23 > 127)
        return b | 0x7f800000;
    return b | (uint32_t)(exp + 150) << 23 | (uint32_t)(mant & 0x7fffff);
}

static uint32_t soft_add(uint32_t x, uint32_t y)
{
    struct soft a = unpack(x), b = unpack(y);
    uint64_t small;
    int64_t sum;
    int shift;

    if (a.kind == NOT || b.kind == NOT)
        return 0x7fc00000;
    if (a.kind == INFINITE || b.kind == INFINITE) {
        if (a.kind == b.kind && a.sign != b.sign)
            return 0x7fc00000;
        return 0x7f800000 | (uint32_t)(a.kind == INFINITE ? a.sign : b.sign) << 31;
    }
    if (a.kind == ZERO && b.kind == ZERO)
        return (uint32_t)(a.sign & b.sign) << 31;
    if (a.kind == ZERO)
        return y;
    if (b.kind == ZERO)
        return x;
    if (a.exp < b.exp) {
        struct soft t = a;

        a = b;
        b = t;
    }
    /* 32 bits of room below the larger operand; what falls out below leaves a mark in the lowest bit. */
    shift = a.exp - b.exp;
    small = b.mant << 32;
    if (shift >= 60)
        small = 1;
    else
        small = small >> shift | ((small & (((uint64_t)1 << shift) - 1)) != 0);
    sum = (int64_t)(a.mant << 32);
    sum = a.sign == b.sign ? sum + (int64_t)small : sum - (int64_t)small;
    if (sum == 0)
        return 0;
    return sum < 0 ? pack(!a.sign, (uint64_t)-sum, a.exp - 32) : pack(a.sign, (uint64_t)sum, a.exp - 32);
}

static uint32_t soft_mul(uint32_t x, uint32_t y)
{
    struct soft a = unpack(x), b = unpack(y);
    int sign = a.sign ^ b.sign;

    if (a.kind == NOT || b.kind == NOT)
        return 0x7fc00000;
    if (a.kind == INFINITE || b.kind == INFINITE)
        return a.kind == ZERO || b.kind == ZERO ? 0x7fc00000 : (uint32_t)sign << 31 | 0x7f800000;
    if (a.kind == ZERO || b.kind == ZERO)
        return (uint32_t)sign << 31;
    return pack(sign, a.mant * b.mant, a.exp + b.exp);
}

/* NaN loses, -0 < +0, otherwise by value as double. */
static uint32_t soft_max(uint32_t x, uint32_t y, int want_min)
{
    struct soft a = unpack(x), b = unpack(y);
    double va, vb;
    float f;

    x = a.kind == ZERO ? x & 0x80000000 : x;
    y = b.kind == ZERO ? y & 0x80000000 : y;
    if (a.kind == NOT || b.kind == NOT)
        return a.kind != NOT ? x : b.kind != NOT ? y : 0x7fc00000;
    if (a.kind == ZERO && b.kind == ZERO)
        return want_min ? x | y : x & y;
    memcpy(&f, &x, 4);
    va = f;
    memcpy(&f, &y, 4);
    vb = f;
    return (va > vb) != want_min ? x : y;
}

/* Nearest integer of the magnitude of a number below 2^31, halves to even, from the bits. */
static int64_t soft_round(uint32_t b)
{
    struct soft s = unpack(b);
    uint64_t whole, rest, half;

    if (s.kind == ZERO || s.exp < -30)
        return 0;
    if (s.exp >= 0)
        return (int64_t)(s.mant << s.exp);
    whole = s.mant >> -s.exp;
    rest = s.mant & (((uint64_t)1 << -s.exp) - 1);
    half = (uint64_t)1 << (-s.exp - 1);
    return (int64_t)(whole + (rest > half || (rest == half && (whole & 1))));
}

static int32_t soft_to_int(uint32_t b, int64_t low, int64_t high)
{
    struct soft s = unpack(b);
    int64_t v;

    if (s.kind == NOT)
        return 0;
    if (s.kind == INFINITE || (s.kind == NUMBER && s.exp + 24 > 31))
        return (int32_t)(s.sign ? low : high);
    v = s.sign ? -soft_round(b) : soft_round(b);
    return (int32_t)(v < low ? low : v > high ? high : v);
}

/* ---- operands ---- */

static const uint32_t corner[] = {
    /* zero, subnormals */
    0x00000000, 0x00000001, 0x00000002, 0x00400000, 0x007fffff,
    /* 2^-126 and near it; 2^-102 */
    0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x01000001, 0x01800000, 0x0c800000,
    /* 2^-64 to 2^-22 */
    0x1f800000, 0x1fffffff, 0x20000000, 0x20000001, 0x33000000, 0x33000001, 0x33800000, 0x34000000,
    /* 1/2 to 3.14 */
    0x3effffff, 0x3f000000, 0x3f000001, 0x3f7ffffe, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3f800002,
    0x3fbfffff, 0x3fc00000, 0x3fc00001, 0x3fffffff, 0x40000000, 0x40000001, 0x40200000, 0x40400000,
    0x40490fdb,
    /* 2^23 to 2^24, 2^31, 2^63 */
    0x4afffffe, 0x4affffff, 0x4b000000, 0x4b000001, 0x4b7fffff, 0x4b800000, 0x4b800001, 0x4effffff,
    0x4f000000, 0x5f000000,
    /* 2^126 to the largest */
    0x7e7fffff, 0x7e800000, 0x7e800001, 0x7effffff, 0x7f000000, 0x7f000001, 0x7f7ffffe, 0x7f7fffff,
    /* infinity, signalling and quiet NaN */
    0x7f800000, 0x7f800001, 0x7fbfffff, 0x7fc00000, 0x7fc00001, 0x7fffffff,
};
#define CORNERS (sizeof(corner) / sizeof(corner[0]))

/* One operand of a random class. */
static uint32_t operand(void)
{
    uint32_t r = rnd(), sign = r & 0x80000000;

    switch (r & 15) {
    case 0:
        return sign | corner[rnd() % CORNERS];
    case 1: /* a power of two, one ulp up or down or exact */
        return sign | (((r >> 4 & 255) << 23) + rnd() % 3 - (r >> 4 & 255 ? 1u : 0u));
    case 2: /* few ones */
        return sign | (r >> 4 & 255) << 23 | (1u << rnd() % 23) | (1u << rnd() % 23);
    case 3: /* few zeros */
        return sign | (r >> 4 & 255) << 23 | (0x7fffff & ~(1u << rnd() % 23) & ~(1u << rnd() % 23));
    case 4: /* subnormal */
        return sign | (rnd() & 0x7fffff);
    case 5:
    case 6:
    case 7: /* around 1, where exponents meet */
        return sign | (117 + (r >> 4) % 21) << 23 | (rnd() & 0x7fffff);
    case 8: /* short mantissa: exact sums, ties */
        return sign | (100 + (r >> 4) % 51) << 23 | (rnd() & 0x7ff) << (r >> 12 & 15) % 13;
    default:
        return rnd();
    }
}

/* A partner for x: anything, or what nearly cancels it, or what takes the product to an edge of the range. */
static uint32_t partner(uint32_t x)
{
    uint32_t r = rnd(), e = x >> 23 & 255, y;

    switch (r & 7) {
    case 0: /* -x within some ulps */
        return (x ^ 0x80000000) + (r >> 4) % 9 - 4;
    case 1: /* -x with some low bits replaced */
        return (x ^ 0x80000000) ^ (rnd() >> (8 + (r >> 4) % 24));
    case 2: /* opposite sign, exponent one or two beside, so that guard bits matter */
        return ((x ^ 0x80000000) & 0x80000000) | ((e + (r >> 4) % 5 - 2) & 255) << 23 | (rnd() & 0x7fffff);
    case 3: /* product near 2^-126 or below: exponents e + f near 127 */
        return (r & 0x80000000) | ((127 - e + (r >> 4) % 5 - 1) & 255) << 23 | (rnd() & 0x7fffff);
    case 4: /* product near 2^128 */
        return (r & 0x80000000) | ((381 - e + (r >> 4) % 5 - 3) & 255) << 23 | (rnd() & 0x7fffff);
    case 5: /* product within some ulps of 2^-126 or of 1: y = 2/mantissa of x, some ulps beside */
        y = (uint32_t)(((uint64_t)1 << 47) / ((x & 0x7fffff) | 0x800000));
        return (((r & 0x800 ? 127 : 253) - e) & 255) << 23 | ((y + (r >> 4) % 5 - 2) & 0x7fffff);
    default:
        return operand();
    }
}

static float from(uint32_t b)
{
    return quin_f32_from_bits(b);
}

static void check_op(const char *name, uint32_t x, uint32_t y, float got, uint32_t want)
{
    if (quin_f32_bits(got) != want)
        fail_msg("%s(%08x, %08x) = %08x, expected %08x", name, x, y, quin_f32_bits(got), want);
}

static void check_pair(uint32_t x, uint32_t y)
{
    float a = from(x), b = from(y);

    check_op("add", x, y, quin_f32_add(a, b), soft_add(x, y));
    check_op("sub", x, y, quin_f32_sub(a, b), soft_add(x, y ^ 0x80000000));
    check_op("mul", x, y, quin_f32_mul(a, b), soft_mul(x, y));
    check_op("max", x, y, quin_f32_max(a, b), soft_max(x, y, 0));
    check_op("min", x, y, quin_f32_min(a, b), soft_max(x, y, 1));
}

static void test_worked(void **unused)
{
    /* operation, a, b, result: worked by hand; the same rows stand in docs/numerics.md */
    static const struct {
        char op;
        uint32_t a, b, r;
    } row[] = {
        {'+', 0x3f800000, 0x33800000, 0x3f800000}, /* 1 + 2^-24: tie, to even */
        {'+', 0x3f800001, 0x33800000, 0x3f800002}, /* 1 + 2^-23 + 2^-24: tie, to even */
        {'+', 0x3f800000, 0x33800001, 0x3f800001}, /* just above the tie */
        {'+', 0x3f800000, 0xbf800000, 0x00000000}, /* x - x = +0 */
        {'+', 0x80000000, 0x80000000, 0x80000000}, /* -0 + -0 = -0 */
        {'+', 0x80000000, 0x00000000, 0x00000000}, /* -0 + +0 = +0 */
        {'+', 0x00800001, 0x80800000, 0x00000000}, /* 2^-149, flushed */
        {'+', 0x00800000, 0x80800001, 0x80000000}, /* -2^-149, flushed with its sign */
        {'+', 0x007fffff, 0x00000001, 0x00000000}, /* subnormal operands are zero */
        {'+', 0x80000001, 0x80000001, 0x80000000},
        {'+', 0x7f7fffff, 0x73000000, 0x7f800000}, /* max + half an ulp: tie, to infinity */
        {'+', 0x7f7fffff, 0x72ffffff, 0x7f7fffff}, /* just below the tie */
        {'+', 0x7f800000, 0xff800000, 0x7fc00000}, /* inf - inf */
        {'+', 0xffc12345, 0x3f800000, 0x7fc00000}, /* any NaN becomes the one NaN */
        {'*', 0x3f800001, 0x3f800001, 0x3f800002}, /* 1 + 2^-22 + 2^-46 */
        {'*', 0x3fc00000, 0x3f800001, 0x3fc00002}, /* 1.5 + 1.5 ulp: tie, to even */
        {'*', 0x3f7fffff, 0x00800000, 0x00000000}, /* 2^-126 - 2^-150: tiny */
        {'*', 0x3f800001, 0x007fffff, 0x00000000}, /* subnormal operand */
        {'*', 0x3f7ffffe, 0x80800001, 0x80000000}, /* -(1 - 2^-46) * 2^-126: tiny before rounding */
        {'*', 0x20000000, 0x20000000, 0x00800000}, /* 2^-63 * 2^-63 = 2^-126 stays */
        {'*', 0x00000001, 0x7f800000, 0x7fc00000}, /* 0 * inf, the subnormal being zero */
        {'*', 0x7f7fffff, 0x3f800001, 0x7f800000}, /* overflow */
        {'*', 0xbf800000, 0x00000000, 0x80000000}, /* sign of zero */
        {'M', 0x80000000, 0x00000000, 0x00000000}, /* max: +0 > -0 */
        {'m', 0x80000000, 0x00000000, 0x80000000}, /* min */
        {'M', 0x7f800001, 0xff800000, 0xff800000}, /* NaN loses */
        {'M', 0x7f800001, 0xffffffff, 0x7fc00000}, /* two NaN */
        {'M', 0x80000000, 0x00000123, 0x00000000}, /* the subnormal is +0 */
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        float a = from(row[i].a), b = from(row[i].b);
        float r = row[i].op == '+'   ? quin_f32_add(a, b)
                  : row[i].op == '*' ? quin_f32_mul(a, b)
                  : row[i].op == 'M' ? quin_f32_max(a, b)
                                     : quin_f32_min(a, b);

        if (quin_f32_bits(r) != row[i].r)
            fail_msg("row %zu: got %08x", i, quin_f32_bits(r));
    }
}

static void test_corner_pairs(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 2 * CORNERS; i++)
        for (size_t j = 0; j < 2 * CORNERS; j++)
            check_pair(corner[i / 2] | (uint32_t)(i & 1) << 31, corner[j / 2] | (uint32_t)(j & 1) << 31);
}

static void test_random_pairs(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < PAIRS; i++) {
        uint32_t x = operand(), y = partner(x);

        if (i & 1)
            check_pair(x, y);
        else
            check_pair(y, x);
    }
}

/* The results do not depend on the CPU's flush modes. */
static void test_cpu_flush_modes(void **unused)
{
    (void)unused;
#if defined(__SSE__)
    unsigned saved = _mm_getcsr();

    for (unsigned mode = 1; mode <= 3; mode++) {
        _mm_setcsr(saved | (mode & 1 ? 0x8000u : 0) | (mode & 2 ? 0x0040u : 0)); /* FTZ, DAZ */
        for (uint32_t i = 0; i < 300000; i++) {
            uint32_t x = operand();

            check_pair(x, partner(x));
        }
        test_corner_pairs(NULL);
        _mm_setcsr(saved);
    }
#else
    skip();
#endif
}

/* rint, both conversions to integers, neg, abs and gt of one operand. */
static void check_one(uint32_t x)
{
    static const int32_t limit[] = {0, 1, 121, 127, 29524, 1 << 24, INT32_MAX};
    struct soft s = unpack(x);
    uint32_t want = x, got = quin_f32_bits(quin_f32_rint(from(x)));
    int below_2_23 = s.kind == ZERO || (s.kind == NUMBER && s.exp < 0);

    if (s.kind == NOT)
        want = 0x7fc00000;
    else if (below_2_23) {
        int64_t v = soft_round(x);

        want = (x & 0x80000000) | (v ? pack(0, (uint64_t)v, 0) : 0);
    }
    if (got != want)
        fail_msg("rint(%08x) = %08x, expected %08x", x, got, want);
    for (size_t i = 0; i < sizeof(limit) / sizeof(limit[0]); i++) {
        int64_t l = limit[i];

        if (quin_f32_to_i32_rne(from(x), limit[i]) != soft_to_int(x, -l, l))
            fail_msg("to_i32_rne(%08x, %d)", x, limit[i]);
        if (quin_f32_to_i32_rne_low(from(x), limit[i]) != soft_to_int(x, -l - 1, l))
            fail_msg("to_i32_rne_low(%08x, %d)", x, limit[i]);
    }
}

static void test_to_integer(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 2 * CORNERS; i++)
        check_one(corner[i / 2] | (uint32_t)(i & 1) << 31);
    for (uint64_t x = 0; x < (uint64_t)1 << 32; x += 4099)
        check_one((uint32_t)x);
    for (int32_t n = 0; n < 70000; n++) /* n/2 and its neighbours: every tie of the clamps' range */
        for (int32_t d = -1; d <= 1; d++) {
            uint32_t b = n ? pack(0, (uint64_t)n, -1) : 0;

            check_one((b + (uint32_t)(n ? d : 0)) | (uint32_t)(n & 1) << 31);
            check_one((b + (uint32_t)(n ? d : 0)) | (uint32_t)(~n & 1) << 31);
        }
}

static void check_i64(int64_t v)
{
    uint32_t got = quin_f32_bits(quin_f32_from_i64(v));
    uint32_t want = v == 0 ? 0 : pack(v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 0);

    if (got != want)
        fail_msg("from_i64(%lld) = %08x, expected %08x", (long long)v, got, want);
}

static void test_from_integer(void **unused)
{
    (void)unused;
    for (int64_t v = -70000; v <= 70000; v++)
        check_i64(v);
    for (int shift = 0; shift < 39; shift++)
        for (int64_t d = -3; d <= 3; d++)
            for (int64_t m = 0x800000; m <= 0xffffff; m += 0x7ffff) { /* around every kind of tie */
                int64_t v = ((m << shift >> 22) + d) & (((int64_t)1 << 39) - 1);

                check_i64(v);
                check_i64(-v);
            }
    for (uint32_t i = 0; i < 2000000; i++) {
        int64_t v = (int64_t)(((uint64_t)rnd() << 32 | rnd()) >> (25 + rnd() % 39));

        check_i64(v);
        check_i64(-v);
    }
}

static void test_gt_abs_neg(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 2 * CORNERS; i++)
        for (size_t j = 0; j < 2 * CORNERS; j++) {
            uint32_t x = corner[i / 2] | (uint32_t)(i & 1) << 31, y = corner[j / 2] | (uint32_t)(j & 1) << 31;
            double vx = unpack(x).kind == ZERO ? 0 : (double)from(x);
            double vy = unpack(y).kind == ZERO ? 0 : (double)from(y);

            if (quin_f32_gt(from(x), from(y)) != (vx > vy))
                fail_msg("gt(%08x, %08x)", x, y);
            assert_int_equal(quin_f32_bits(quin_f32_abs(from(x))), x & 0x7fffffff);
            assert_int_equal(quin_f32_bits(quin_f32_neg(from(x))), x ^ 0x80000000);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),          cmocka_unit_test(test_corner_pairs),
        cmocka_unit_test(test_random_pairs),    cmocka_unit_test(test_cpu_flush_modes),
        cmocka_unit_test(test_to_integer),      cmocka_unit_test(test_from_integer),
        cmocka_unit_test(test_gt_abs_neg),
    };
    const char *seed = getenv("SEED");

    state = seed ? strtoull(seed, NULL, 0) : 20261121;
    printf("SEED=%llu\n", (unsigned long long)state);
    return cmocka_run_group_tests_name("f32", tests, NULL, NULL);
}
