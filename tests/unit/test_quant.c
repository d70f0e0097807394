/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiser conversions against exact double arithmetic; the five-trit code of all values and all bytes,
 * and the ten-trit code of all values, against plain base-3 arithmetic. SEED=n replays a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "../../cmodel/vector/quant.h"

static uint64_t state;

static uint32_t rnd(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u); /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

/* ---- conversions ---- */

static int nearest(double y, int low, int high)
{
    double f;

    if (isnan(y))
        return 0;
    if (y <= low)
        return low;
    if (y >= high)
        return high;
    f = floor(y);
    if (y - f > 0.5 || (y - f == 0.5 && fmod(f, 2.0) != 0.0))
        f += 1.0;
    return (int)f;
}

static void check_conversions(float y)
{
    double d = (double)y;

    if (quin_quant_i8(y) != nearest(d, -127, 127))
        fail_msg("quant_i8(%a) = %d", d, quin_quant_i8(y));
    if (quin_quant_i8_low(y) != nearest(d, -128, 127))
        fail_msg("quant_i8_low(%a) = %d", d, quin_quant_i8_low(y));
    if (quin_quant_trit5(y) != nearest(d, -121, 121))
        fail_msg("quant_trit5(%a) = %d", d, quin_quant_trit5(y));
    if (quin_quant_trit10(y) != nearest(d, -29524, 29524))
        fail_msg("quant_trit10(%a) = %d", d, quin_quant_trit10(y));
}

static void test_conversions(void **unused)
{
    static const float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 0x1p-149f, 3e38f, -3e38f};

    (void)unused;
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        check_conversions(special[i]);
    for (int n = -60000; n <= 60000; n++) { /* every half within all limits, and its neighbours */
        float y = (float)n / 2.0f;

        check_conversions(y);
        check_conversions(nextafterf(y, INFINITY));
        check_conversions(nextafterf(y, -INFINITY));
    }
    for (int i = 0; i < 2000000; i++) {
        uint32_t b = rnd();
        float y;

        if (i & 1) /* magnitudes 2^-3 to 2^17 */
            b = (b & 0x807fffff) | (124 + (rnd() % 20)) << 23;
        memcpy(&y, &b, sizeof(y));
        check_conversions(y);
    }
}

/* ---- codes ---- */

/* Trit i of n of the value v >= 0 in base 3, most significant first, by division. */
static int base3(unsigned v, int i, int n)
{
    for (int k = n - 1; k > i; k--)
        v /= 3;
    return (int)(v % 3) - 1;
}

static void test_trit5_values(void **unused)
{
    uint8_t used[256] = {0};

    (void)unused;
    for (int v = -121; v <= 121; v++) {
        uint8_t code = quin_trit5_encode(v);
        int8_t trits[5];
        /* smallest q with q/256 >= u/243, by search */
        unsigned u = (unsigned)(v + 121), q = 0;

        while (q * 243 < u * 256)
            q++;
        assert_int_equal(code, q);
        assert_int_equal(used[code]++, 0);
        assert_int_equal(quin_trit5_decode(code, trits), v);
        assert_int_equal(quin_trit5_decode(code, NULL), v);
        for (int i = 0; i < 5; i++)
            assert_int_equal(trits[i], base3(u, i, 5));
    }
    assert_int_equal(quin_trit5_encode(0), 0x80);
    assert_int_equal(quin_trit5_encode(-121), 0x00);
    assert_int_equal(quin_trit5_encode(121), 0xff);
}

/* Any byte q stands for the largest u with u/243 <= q/256. */
static void test_trit5_bytes(void **unused)
{
    (void)unused;
    for (unsigned q = 0; q < 256; q++) {
        unsigned u = q * 243 / 256;
        int8_t trits[7] = {99, 0, 0, 0, 0, 0, 99};

        assert_int_equal(quin_trit5_decode((uint8_t)q, trits + 1), (int)u - 121);
        for (int i = 0; i < 5; i++)
            assert_int_equal(trits[1 + i], base3(u, i, 5));
        assert_true(trits[0] == 99 && trits[6] == 99);
    }
}

static void test_trit10_values(void **unused)
{
    (void)unused;
    for (int v = -29524; v <= 29524; v++) {
        struct quin_trit10 code = quin_trit10_encode(v);
        int8_t trits[10];

        assert_int_equal(quin_trit10_decode(code, trits), v);
        assert_int_equal(quin_trit10_decode(code, NULL), v);
        for (int i = 0; i < 10; i++)
            assert_int_equal(trits[i], base3((unsigned)(v + 29524), i, 10));
        assert_int_equal(quin_trit5_decode(code.hi, NULL) * 243 + quin_trit5_decode(code.lo, NULL), v);
        assert_int_equal(quin_trit5_encode(quin_trit5_decode(code.hi, NULL)), code.hi);
        assert_int_equal(quin_trit5_encode(quin_trit5_decode(code.lo, NULL)), code.lo);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_trit5_values),
        cmocka_unit_test(test_trit5_bytes),
        cmocka_unit_test(test_trit10_values),
    };
    const char *seed = getenv("SEED");

    state = seed ? strtoull(seed, NULL, 0) : 20261121;
    printf("SEED=%llu\n", (unsigned long long)state);
    return cmocka_run_group_tests_name("quant", tests, NULL, NULL);
}
