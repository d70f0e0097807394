/* SPDX-License-Identifier: Apache-2.0 */
/* exp2, recip and rsqrt against the long double functions of the C library: error in ulp over all mantissas
 * (recip, rsqrt), over every 61st float (exp2; --all takes every float), special and exact values, order.
 * SEED=n replays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "../../cmodel/vector/func.h"

#define NAN_BITS 0x7fc00000u
#define INF_BITS 0x7f800000u
#define EXP2_BOUND 1.02 /* ulp; the bounds that func.h and docs/numerics.md state */
#define RECIP_BOUND 1.00
#define RSQRT_BOUND 1.25

static uint32_t stride = 61;
static uint64_t state;

static uint32_t rnd(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u); /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static float from(uint32_t b)
{
    float x;

    memcpy(&x, &b, sizeof(x));
    return x;
}

static uint32_t bits(float x)
{
    uint32_t b;

    memcpy(&b, &x, sizeof(b));
    return b;
}

/* Largest errors seen, both signs, and where. */
struct worst {
    double low, high;
    uint32_t low_at, high_at;
    uint64_t count, drops; /* arguments; arguments whose result is below that of the one before */
};

/* Signed error of got in ulps of the exact value (2^-23 of the power of two at or below it). */
static double error_ulp(float got, long double exact)
{
    int e;

    frexpl(exact, &e);
    return (double)ldexpl((long double)got - exact, 24 - e);
}

static void note(struct worst *w, uint32_t at, double err)
{
    w->count++;
    if (err < w->low) {
        w->low = err;
        w->low_at = at;
    }
    if (err > w->high) {
        w->high = err;
        w->high_at = at;
    }
}

static void report(const char *name, const struct worst *w, double bound)
{
    printf("%s: %llu arguments, error %.4f ulp at %08x to %.4f ulp at %08x\n", name,
           (unsigned long long)w->count, w->low, w->low_at, w->high, w->high_at);
    if (!(w->low > -bound && w->high < bound))
        fail_msg("%s exceeds %.3f ulp", name, bound);
}

struct row {
    uint32_t x, want;
};

static void check_rows(const char *name, float (*f)(float), const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bits(f(from(row[i].x))) != row[i].want)
            fail_msg("%s(%08x) = %08x, expected %08x", name, row[i].x, bits(f(from(row[i].x))), row[i].want);
}

#define CHECK_ROWS(f, rows) check_rows(#f, f, rows, sizeof(rows) / sizeof(rows[0]))

static void test_exp2_special(void **unused)
{
    static const struct row rows[] = {
        {0x00000000, 0x3f800000}, {0x80000000, 0x3f800000}, {0x00000001, 0x3f800000},
        {0x807fffff, 0x3f800000}, {0x7f800000, INF_BITS},   {0xff800000, 0},
        {0x7f800001, NAN_BITS},   {0xffc00000, NAN_BITS},   {0xffffffff, NAN_BITS},
        {0x43000000, INF_BITS},   {0x43000001, INF_BITS},   {0x7f7fffff, INF_BITS},
        {0xc2fc0000, 0x00800000}, /* -126: the smallest normal */
        {0xc2fc0001, 0},          /* next below */
        {0xc3000000, 0},          {0xc3150000, 0},          {0xff7fffff, 0},
    };
    uint32_t x;

    (void)unused;
    CHECK_ROWS(quin_exp2, rows);
    for (int n = -126; n < 128; n++)
        if (bits(quin_exp2((float)n)) != (uint32_t)(n + 127) << 23)
            fail_msg("exp2(%d) is not exact", n);
    /* largest argument below 128: finite, and the largest result */
    x = bits(quin_exp2(from(0x42ffffff)));
    assert_true(x < INF_BITS && x >= 0x7f7fff00);
}

/* Adds argument b: error, and at most one step below the result of the argument before it. */
static void sweep_one(uint32_t b, struct worst *w, float *before)
{
    float x = from(b), y = quin_exp2(x);
    double fast, err;
    int e;

    if (!(x < 128.0f && x >= -126.0f)) {
        if (bits(y) != (x >= 128.0f ? INF_BITS : 0))
            fail_msg("exp2(%08x) = %08x", b, bits(y));
        return;
    }
    /* The double function is good to 1e-8 ulp of a float: enough to see which arguments can set a record. */
    fast = exp2((double)x);
    frexp(fast, &e);
    err = ldexp((double)y - fast, 24 - e);
    if (err < w->low || err > w->high || fabs(err) > EXP2_BOUND - 1e-3)
        err = error_ulp(y, exp2l((long double)x));
    note(w, b, err);
    if (y < *before) {
        w->drops++;
        if (bits(*before) - bits(y) > 1)
            fail_msg("exp2 decreases by more than a step at %08x", b);
    }
    *before = y;
}

static void test_exp2_sweep(void **unused)
{
    struct worst w = {0};
    float before = 0.0f;

    (void)unused;
    for (int64_t b = 0xff800000; b >= 0x80000000; b -= stride) /* -inf up to -0 */
        sweep_one((uint32_t)b, &w, &before);
    for (int64_t b = 0; b <= INF_BITS; b += stride) /* +0 up to +inf */
        sweep_one((uint32_t)b, &w, &before);
    report("exp2", &w, EXP2_BOUND);
    printf("exp2: one step down at %llu arguments\n", (unsigned long long)w.drops);
}

/* Around every k/64, where the table index changes or the interval's centre lies. */
static void test_exp2_edges(void **unused)
{
    struct worst w = {0};

    (void)unused;
    for (int k = -126 * 64; k < 128 * 64; k++) {
        float before = 0.0f;

        for (int d = k < 0 ? 40 : -40; k < 0 ? d >= -40 : d <= 40; d += k < 0 ? -1 : 1)
            if (k != 0 && (k != -126 * 64 || d <= 0))
                sweep_one(bits((float)k / 64.0f) + (uint32_t)d, &w, &before);
    }
    report("exp2 at the edges of its intervals", &w, EXP2_BOUND);
}

static void test_recip_special(void **unused)
{
    static const struct row rows[] = {
        {0x00000000, INF_BITS},   {0x80000000, 0xff800000}, {0x007fffff, INF_BITS},
        {0x80000001, 0xff800000}, {0x7f800000, 0},          {0xff800000, 0x80000000},
        {0x7f800001, NAN_BITS},   {0xffc12345, NAN_BITS},
        {0x7e800000, 0x00800000}, /* 2^126: the smallest normal */
        {0x7e800001, 0},          /* next above: tiny */
        {0xfe800001, 0x80000000}, {0x7f7fffff, 0},          {0xff7fffff, 0x80000000},
    };

    (void)unused;
    CHECK_ROWS(quin_recip, rows);
    for (int n = -126; n <= 126; n++) {
        float x = from((uint32_t)(n + 127) << 23);

        uint32_t want = (uint32_t)(127 - n) << 23;

        if (bits(quin_recip(x)) != want || bits(quin_recip(-x)) != (0x80000000u | want))
            fail_msg("recip(2^%d) is not exact", n);
    }
}

static void test_recip_all_mantissas(void **unused)
{
    struct worst w = {0};

    (void)unused;
    for (uint32_t b = 0x3f800000; b < 0x40000000; b++)
        note(&w, b, error_ulp(quin_recip(from(b)), 1.0L / from(b)));
    report("recip", &w, RECIP_BOUND);
}

/* Any exponent and sign. */
static void test_recip_any(void **unused)
{
    struct worst w = {0};

    (void)unused;
    for (int i = 0; i < 2000000; i++) {
        uint32_t b = rnd(), r = bits(quin_recip(from(b)));
        long double exact;

        if (!isnormal(from(b)))
            continue;
        exact = 1.0L / from(b);
        if (fabsl(exact) < 0x1p-126L) {
            if (r != (b & 0x80000000))
                fail_msg("recip(%08x) = %08x", b, r);
        } else {
            note(&w, b, error_ulp(from(r), exact));
        }
    }
    report("recip, any sign and exponent", &w, RECIP_BOUND);
}

static void test_rsqrt_special(void **unused)
{
    static const struct row rows[] = {
        {0x00000000, INF_BITS}, {0x80000000, 0xff800000}, {0x00000001, INF_BITS}, {0x807fffff, 0xff800000},
        {0x7f800000, 0},        {0xff800000, NAN_BITS},   {0x7fc00000, NAN_BITS}, {0xffc00000, NAN_BITS},
        {0x7f800001, NAN_BITS}, {0x80800000, NAN_BITS},   {0xbf800000, NAN_BITS}, {0xff7fffff, NAN_BITS},
        {0x00800000, 0x5f000000}, /* 2^-126 gives 2^63 */
        {0x7e800000, 0x20000000}, /* 2^126 gives 2^-63 */
    };

    (void)unused;
    CHECK_ROWS(quin_rsqrt, rows);
    for (int n = -63; n <= 63; n++)
        if (bits(quin_rsqrt(from((uint32_t)(2 * n + 127) << 23))) != (uint32_t)(127 - n) << 23)
            fail_msg("rsqrt(4^%d) is not exact", n);
}

static void test_rsqrt_two_binades(void **unused)
{
    struct worst w = {0};

    (void)unused;
    for (uint32_t b = 0x3f800000; b < 0x40800000; b++)
        note(&w, b, error_ulp(quin_rsqrt(from(b)), 1.0L / sqrtl(from(b))));
    report("rsqrt", &w, RSQRT_BOUND);
}

static void test_rsqrt_any(void **unused)
{
    struct worst w = {0};

    (void)unused;
    for (int i = 0; i < 2000000; i++) {
        uint32_t b = rnd() & 0x7fffffff;

        if (isnormal(from(b)))
            note(&w, b, error_ulp(quin_rsqrt(from(b)), 1.0L / sqrtl(from(b))));
    }
    report("rsqrt, any exponent", &w, RSQRT_BOUND);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp2_special),  cmocka_unit_test(test_exp2_edges),
        cmocka_unit_test(test_exp2_sweep),    cmocka_unit_test(test_recip_special),
        cmocka_unit_test(test_recip_any),     cmocka_unit_test(test_recip_all_mantissas),
        cmocka_unit_test(test_rsqrt_special), cmocka_unit_test(test_rsqrt_any),
        cmocka_unit_test(test_rsqrt_two_binades),
    };
    const char *seed = getenv("SEED");

    if (argc == 2 && strcmp(argv[1], "--all") == 0) {
        stride = 1;
    } else if (argc > 1) {
        fprintf(stderr, "usage: %s [--all]   (--all: exp2 over every float, a few minutes)\n", argv[0]);
        return 2;
    }
    state = seed ? strtoull(seed, NULL, 0) : 20261121;
    printf("SEED=%llu\n", (unsigned long long)state);
    return cmocka_run_group_tests_name("func", tests, NULL, NULL);
}
