/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions: SUM bit for bit against its order stated a second way, and within its error bound of a
 * 128-bit sum; MAX, ABSMAX and ARGMAX against plain comparisons, with NaN, signed zeros and ties. SEED=n
 * replays a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "../../cmodel/vector/reduce.h"

#define LONGEST 20000

static float x[LONGEST];    /* the row under test */
static uint8_t on[LONGEST]; /* 1: the element takes part */
static uint64_t state;

static uint32_t rnd(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u); /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

/* Numbers of both signs over 2 * spread binades around 1, no subnormal partial sums. */
static void fill(size_t n, uint32_t spread)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = quin_f32_from_bits((rnd() & 0x807fffff) | (127 - spread + rnd() % (2 * spread)) << 23);
        on[i] = 1;
    }
}

/* The order, restated by strides and recursion, in plain C float (no element or sum is subnormal or NaN). */
static float leaf(size_t n, size_t j)
{
    float s = 0.0f;

    for (size_t i = j; i < n; i += 16)
        if (on[i])
            s = s + x[i];
    return s;
}

static float tree(size_t n, size_t j, size_t ways)
{
    return ways == 16 ? leaf(n, j) : tree(n, j, 2 * ways) + tree(n, j + ways, 2 * ways);
}

static float streamed(size_t n)
{
    struct quin_sum sum;

    quin_sum_init(&sum);
    for (size_t i = 0; i < n; i++)
        if (on[i])
            quin_sum_add(&sum, i, x[i]);
    return quin_sum_finish(&sum);
}

static void same_bits(const char *what, size_t n, float got, float want)
{
    if (quin_f32_bits(got) != quin_f32_bits(want))
        fail_msg("%s of %zu: %08x, expected %08x", what, n, quin_f32_bits(got), quin_f32_bits(want));
}

/* |got - exact| <= k*u/(1 - k*u) * sum |x|, u = 2^-24, k the additions that round on the longest path: the
 * first element of a partial sum meets +0 exactly, the others add once each, and four levels of the tree
 * follow. */
static void check_bound(size_t n, float got)
{
    __float128 sum = 0, magnitudes = 0, error, bound;
    __float128 k = (__float128)((n + 15) / 16) + 3, u = 0x1p-24;

    for (size_t i = 0; i < n; i++)
        if (on[i]) {
            sum += x[i];
            magnitudes += fabsf(x[i]);
        }
    error = got - sum;
    bound = k * u / (1 - k * u) * magnitudes;
    if (error > bound || -error > bound)
        fail_msg("sum of %zu: error %g, bound %g", n, (double)error, (double)bound);
}

static void test_sum_order(void **unused)
{
    static const uint32_t spread[] = {1, 4, 20};

    (void)unused;
    for (size_t k = 0; k < 3; k++)
        for (size_t n = 0; n < 5000; n = n < 300 ? n + 1 : n + n / 3) {
            fill(n, spread[k]);
            same_bits("sum", n, quin_sum_row(x, n), tree(n, 0, 1));
            check_bound(n, quin_sum_row(x, n));
            for (size_t i = 0; i < n; i++)
                on[i] = rnd() % 3 != 0;
            same_bits("masked sum", n, streamed(n), tree(n, 0, 1));
            check_bound(n, streamed(n));
        }
    fill(LONGEST, 2);
    same_bits("sum", LONGEST, quin_sum_row(x, LONGEST), tree(LONGEST, 0, 1));
    check_bound(LONGEST, quin_sum_row(x, LONGEST));
}

/* Placed so that each wrong order gives another value, worked by hand. */
static void test_sum_worked(void **unused)
{
    struct quin_sum sum;

    (void)unused;
    for (size_t i = 0; i < 64; i++)
        x[i] = 0.0f;
    x[0] = 0x1p24f; /* 2^24 + 1 is a tie that goes to 2^24 ... */
    x[16] = 1.0f;
    x[32] = 1.0f;
    same_bits("in one partial sum", 48, quin_sum_row(x, 48), 0x1p24f);
    x[32] = 0.0f;
    x[17] = 1.0f; /* ... but 1 + 1 in sum 1 and sum 9 meet first */
    x[16] = 0.0f;
    x[9] = 1.0f;
    same_bits("across the tree", 48, quin_sum_row(x, 48), 0x1p24f + 2.0f);
    x[9] = 0.0f;
    x[8] = 1.0f; /* sum 8 meets sum 0 first, alone */
    same_bits("distance 8 first", 48, quin_sum_row(x, 48), 0x1p24f);

    same_bits("empty", 0, quin_sum_row(x, 0), 0.0f);
    x[0] = -0.0f;
    same_bits("-0 joins +0", 1, quin_sum_row(x, 1), 0.0f);
    x[0] = quin_f32_from_bits(0x007fffff);
    same_bits("a subnormal is zero", 1, quin_sum_row(x, 1), 0.0f);
    x[0] = quin_f32_from_bits(0xffc12345);
    same_bits("one NaN", 1, quin_sum_row(x, 1), quin_f32_from_bits(0x7fc00000));
    x[0] = INFINITY;
    x[8] = -INFINITY;
    same_bits("inf - inf", 9, quin_sum_row(x, 9), quin_f32_from_bits(0x7fc00000));

    quin_sum_init(&sum); /* masked elements keep their index */
    quin_sum_add(&sum, 33, 5.0f);
    assert_true(sum.s[1] == 5.0f && sum.s[0] == 0.0f);
    same_bits("finish", 1, quin_sum_finish(&sum), 5.0f);
    assert_true(sum.s[1] == 5.0f);
}

/* Rows of few different values, so that ties, zeros, NaN and infinities meet often. */
static void fill_awkward(size_t n)
{
    static const uint32_t value[] = {0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x3f800000, 0xbf800000,
                                     0x7fc00000, 0xffc00001, 0x7f800000, 0xff800000, 0xc0000000, 0x00800000,
                                     0x80800000, 0x7f800001, 0x40000000, 0xbf800001};
    uint32_t kinds = 1 + rnd() % 16, first = rnd();

    for (size_t i = 0; i < n; i++)
        x[i] = quin_f32_from_bits(value[(first + rnd() % kinds) % 16]);
}

/* The element as a double, subnormals as zero. */
static double plain(size_t i)
{
    return fabs((double)x[i]) < 0x1p-126 ? copysign(0.0, (double)x[i]) : (double)x[i];
}

static void check_extremes(size_t n)
{
    double max = -INFINITY, absmax = 0.0, top = -INFINITY;
    uint32_t index = 0;
    struct quin_argmax best = quin_argmax_row(x, (uint32_t)n);

    for (size_t i = 0; i < n; i++) {
        double v = plain(i);

        if (isnan(v))
            continue;
        if (v > max || (v == max && signbit(max) && !signbit(v)))
            max = v;
        if (fabs(v) > absmax)
            absmax = fabs(v);
        if (v > top) {
            top = v;
            index = (uint32_t)i;
        }
    }
    same_bits("max", n, quin_max_row(x, n), (float)max);
    same_bits("absmax", n, quin_absmax_row(x, n), (float)absmax);
    same_bits("argmax value", n, best.value, (float)top);
    if (best.index != index)
        fail_msg("argmax of %zu: index %u, expected %u", n, best.index, index);
}

static void test_extremes(void **unused)
{
    (void)unused;
    for (int round = 0; round < 200000; round++) {
        size_t n = rnd() % 12;

        fill_awkward(n);
        check_extremes(n);
    }
    for (size_t n = 1; n < LONGEST; n += 1 + n / 2) {
        fill(n, 30);
        check_extremes(n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_order),
        cmocka_unit_test(test_sum_worked),
        cmocka_unit_test(test_extremes),
    };
    const char *seed = getenv("SEED");

    state = seed ? strtoull(seed, NULL, 0) : 20261121;
    printf("SEED=%llu\n", (unsigned long long)state);
    return cmocka_run_group_tests_name("reduce", tests, NULL, NULL);
}
