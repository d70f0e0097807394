/* SPDX-License-Identifier: Apache-2.0
 *
 * The array's eight-bit accumulators and carry counts against 64-bit sums over more than 10^8 additions:
 * random and adversarial activations and trits, every byte, all rows. Additions, PE cycles and wraps against
 * independent counts.
 */
#include "device_util.h"

#include "array.h"

#define K_MAX 16384

static struct quin_array array;
static int8_t act[K_MAX][QUIN_ARRAY_ROWS];
static uint8_t stream[K_MAX][QUIN_ARRAY_COLUMNS / 5];
static int8_t trits[K_MAX][QUIN_ARRAY_COLUMNS]; /* what stream stands for */
static int8_t byte_trits[256][5];
static uint64_t total; /* additions of nonzero operands compared so far */

/* Trits of every byte, by division. */
static int make_tables(void **state)
{
    (void)state;
    for (uint32_t q = 0; q < 256; q++)
        for (int i = 0; i < 5; i++)
            byte_trits[q][i] = (int8_t)value_trit(byte_value(q), i, 5);
    return 0;
}

static void put_byte(uint32_t k, uint32_t place, uint8_t q)
{
    stream[k][place] = q;
    memcpy(&trits[k][place * 5], byte_trits[q], 5);
}

/* All bytes of the tile from one byte. */
static void fill_stream(uint32_t k, uint32_t columns, uint8_t q)
{
    for (uint32_t i = 0; i < k; i++)
        for (uint32_t p = 0; p < columns / 5; p++)
            put_byte(i, p, q);
}

static void fill_random(uint32_t k, uint32_t columns)
{
    for (uint32_t i = 0; i < k; i++)
        for (uint32_t p = 0; p < columns / 5; p++)
            put_byte(i, p, (uint8_t)rnd());
}

/* Counts the nonzero products of a row and column, and changes of floor(sum / 256); returns the sum. */
static int64_t exact(uint32_t k, uint32_t row, uint32_t column, uint64_t *adds, uint64_t *wraps)
{
    int64_t sum = 0, page = 0; /* page = floor(sum / 256), kept by comparing with its limits */
    for (uint32_t i = 0; i < k; i++) {
        int product = (int)act[i][row] * trits[i][column];
        *adds += product != 0;
        sum += product;
        int64_t move = (sum >= (page + 1) * 256) - (sum < page * 256);
        page += move;
        *wraps += (uint64_t)(move != 0);
    }
    return sum;
}

/* One tile of k beats as it stands in act and stream. */
static void check_tile(const char *what, uint32_t rows, uint32_t columns, uint32_t k)
{
    uint64_t adds = 0, wraps = 0, adds_before = array.adds, slots_before = array.slots;
    quin_array_clear(&array, rows, columns);
    for (uint32_t i = 0; i < k; i++)
        quin_array_step(&array, stream[i], act[i]);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++) {
            int64_t want = exact(k, r, c, &adds, &wraps);
            if (quin_array_sum(&array, r, c) != want)
                fail_msg("%s: row %u column %u: %d, want %lld", what, r, c, quin_array_sum(&array, r, c),
                         (long long)want);
            if (array.lo[r][c] < 0 || array.lo[r][c] > 255 || array.hi[r][c] < -(1 << 14) ||
                array.hi[r][c] >= 1 << 14)
                fail_msg("%s: row %u column %u: lo %d or hi %d out of its width", what, r, c, array.lo[r][c],
                         array.hi[r][c]);
        }
    assert_int_equal(array.adds - adds_before, adds);
    assert_int_equal(array.slots - slots_before, (uint64_t)rows * columns * k);
    assert_int_equal(quin_array_wraps(&array), wraps);
    total += adds;
}

static void fill_act(uint32_t k, uint32_t rows, int even, int odd)
{
    for (uint32_t i = 0; i < k; i++)
        for (uint32_t r = 0; r < rows; r++)
            act[i][r] = (int8_t)(i % 2 ? odd : even);
}

/* The longest K with the largest activations and all trits alike: the sums reach +-128 * 16384. */
static void test_extremes(void **state)
{
    static const int values[][2] = {{-128, -128}, {127, 127}, {-128, 127}, {127, -127},
                                    {-1, -1},     {0, 0},     {1, -128}};
    (void)state;
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
        fill_act(K_MAX, 3, values[v][0], values[v][1]);
        fill_stream(K_MAX, 10, value_byte(121)); /* all +1 */
        check_tile("all +1", 3, 10, K_MAX);
        fill_stream(K_MAX, 10, value_byte(-121)); /* all -1 */
        check_tile("all -1", 3, 10, K_MAX);
        fill_stream(K_MAX, 10, QUIN_ZERO_BYTE);
        check_tile("all 0", 3, 10, K_MAX);
        assert_int_equal(quin_array_wraps(&array), 0);
        for (uint32_t i = 0; i < K_MAX; i++) /* trits that turn their sign with k, and after a half */
            for (uint32_t p = 0; p < 2; p++)
                put_byte(i, p, value_byte(p ? (i < K_MAX / 2 ? 121 : -121) : i % 2 ? 121 : -121));
        check_tile("turning signs", 3, 10, K_MAX);
    }
    /* by hand: -128 * 16384 with trits +1 and -1 */
    fill_act(K_MAX, 1, -128, -128);
    fill_stream(K_MAX, 5, value_byte(121));
    check_tile("-128", 1, 5, K_MAX);
    assert_int_equal(quin_array_sum(&array, 0, 0), -2097152);
    fill_stream(K_MAX, 5, value_byte(-121));
    check_tile("128", 1, 5, K_MAX);
    assert_int_equal(quin_array_sum(&array, 0, 4), 2097152);
}

/* Sums that cross a multiple of 256 as often as they can: each step leads back over it. */
static void test_wrap_heavy(void **state)
{
    (void)state;
    for (uint32_t pattern = 0; pattern < 8; pattern++) {
        for (uint32_t i = 0; i < 4096; i++)
            for (uint32_t r = 0; r < 8; r++) {
                int step = 1 + (int)((pattern * 17 + r * 5) % 127);
                act[i][r] = (int8_t)(i % 2 ? step : -step);
                if (pattern == 7) /* +-1 about zero: a wrap a beat */
                    act[i][r] = i % 2 ? 1 : -1;
            }
        fill_stream(4096, 40, value_byte(pattern % 2 ? 121 : -121));
        check_tile("back and forth", 8, 40, 4096);
        if (pattern == 7) /* -1, 0, -1, 0 ... of +1 trits */
            assert_int_equal(quin_array_wraps(&array), UINT64_C(4096) * 8 * 40);
    }
}

/* Every byte, the 13 that are no code included. */
static void test_all_bytes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 256; i++) {
        for (uint32_t p = 0; p < 2; p++)
            put_byte(i, p, (uint8_t)(p ? 255 - i : i));
        for (uint32_t r = 0; r < 2; r++)
            act[i][r] = (int8_t)(r ? -128 : (int)i - 128);
    }
    check_tile("all bytes", 2, 10, 256);
    for (uint32_t q = 0; q < 256; q++) { /* one at a time: the trits themselves */
        for (uint32_t p = 0; p < 2; p++)
            put_byte(0, p, (uint8_t)q);
        act[0][0] = 1;
        check_tile("one byte", 1, 10, 1);
        for (uint32_t c = 0; c < 10; c++)
            assert_int_equal(quin_array_sum(&array, 0, c), byte_trits[q][c % 5]);
    }
}

/* Shapes of all configurations, the bound of the arrays, and activations of which many are zero. */
static void test_random(void **state)
{
    static const uint32_t shape[][3] = {{2, 10, 16384}, {8, 40, 8192},  {8, 20, 16384}, {8, 80, 8192},
                                        {8, 320, 16384}, {64, 320, 1024}, {1, 320, 16384}, {7, 320, 1}};
    (void)state;
    for (size_t s = 0; s < sizeof shape / sizeof shape[0]; s++)
        for (uint32_t kind = 0; kind < 3; kind++) {
            uint32_t rows = shape[s][0], columns = shape[s][1], k = shape[s][2];
            fill_random(k, columns);
            for (uint32_t i = 0; i < k; i++)
                for (uint32_t r = 0; r < rows; r++) {
                    uint32_t x = rnd();
                    act[i][r] = (int8_t)x;
                    if (kind == 1 && (x >> 8) % 4) /* most of them zero, some rows wholly */
                        act[i][r] = 0;
                    if (kind == 1 && r % 3 == 2)
                        act[i][r] = 0;
                    if (kind == 2) /* large ones only */
                        act[i][r] = x & 256 ? -128 : 127;
                }
            check_tile("random", rows, columns, k);
        }
}

static void test_total(void **state)
{
    (void)state;
    print_message("%llu additions compared\n", (unsigned long long)total);
    assert_true(total >= UINT64_C(100000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extremes),  cmocka_unit_test(test_wrap_heavy), cmocka_unit_test(test_all_bytes),
        cmocka_unit_test(test_random),    cmocka_unit_test(test_total),
    };
    seed_start("test_array");
    return cmocka_run_group_tests(tests, make_tables, NULL);
}
