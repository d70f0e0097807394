/* SPDX-License-Identifier: Apache-2.0
 *
 * Every kernel, with one, two and five threads, against the plain one on one thread: random MATMUL and VECTOR commands
 * on every configuration must leave the same scratchpad, the same checksum and the same counters.
 */
#include <stdbool.h>

#include "device_util.h"

enum { MOST_WORDS = 1 << 18, STREAM_BYTES = 3 << 20, KINDS = 5, WAYS = 4 * KINDS };

static struct dut plain, other;
static uint32_t image[MOST_WORDS], want[MOST_WORDS], got[MOST_WORDS];
static uint8_t stream[STREAM_BYTES];

static const uint32_t odd_floats[] = {0x7f800000, 0xff800000, 0x7f800001, 0xffc01234, 0x00000001, 0x807fffff, 0x00800000,
                                      0x80800001, 0x7f7fffff, 0,          0x80000000, 0x3f800000, 0xbf800000, 0x3f000000,
                                      0x3f7fffff, 0x20000000, 0x42fd0000, 0xc3008000, 0xc2fc0000, 0xc2fc0001,
                                      0x42ffffff, 0x43000000};

/* Mostly of moderate size; now and then any exponent, or one of the odd ones. */
static uint32_t random_float(void)
{
    uint32_t kind = below(64);
    if (kind == 0)
        return odd_floats[below(sizeof odd_floats / sizeof odd_floats[0])];
    return (rnd() & 0x807fffff) | (kind == 1 ? below(256) : 117 + below(20)) << 23;
}

static int8_t random_activation(uint32_t kind)
{
    if (kind == 0)
        return (int8_t)(below(2) ? -128 : 127);
    if (kind == 1)
        return below(10) ? 0 : (int8_t)rnd();
    return (int8_t)rnd();
}

/* A command whose operands lie one behind the other in the scratchpad. */
static void put_matmul(struct dut *d, const uint32_t *v)
{
    dut_begin(d);
    dut_command(d, QUIN_OP_MATMUL);
    PUT(d, ANY, ROWS, v[0]);
    PUT(d, MATMUL, K, v[1]);
    PUT(d, MATMUL, N, v[2]);
    PUT(d, MATMUL, PRECISION, v[3]);
    PUT(d, MATMUL, COLUMN_SCALES, v[4]);
    PUT(d, MATMUL, DRAM_OFFSET, DATA_AT);
    PUT(d, MATMUL, TILE_STRIDE, v[5]);
    PUT(d, MATMUL, CSCALE_BASE, 0);
    PUT(d, MATMUL, RSCALE_BASE, 16);
    PUT(d, MATMUL, RSCALE_ROW_STRIDE, 1);
    PUT(d, MATMUL, ACT_BASE, 96);
    PUT(d, MATMUL, ACT_ROW_STRIDE, v[6]);
    PUT(d, MATMUL, DST_BASE, v[7]);
    PUT(d, MATMUL, DST_ROW_STRIDE, v[8]);
}

/* Words of the scratchpad that commands here use and that are compared; the checksum sees whatever is written. */
static uint32_t words_of(const struct quin_config *c)
{
    return c->scratchpad_words < MOST_WORDS ? c->scratchpad_words : MOST_WORDS;
}

/* Runs what both have been given and compares; without_wraps: the other one does not count them. */
static void compare(const char *what, bool without_wraps)
{
    uint32_t words = words_of(plain.config);
    uint64_t count[QUIN_COUNTERS];
    assert_int_equal(dut_run(&plain), QUIN_DERR_NONE);
    for (uint32_t i = 0; i < QUIN_COUNTERS; i++)
        count[i] = counter(plain.dev, (enum quin_counter)i);
    assert_int_equal(dut_run(&other), QUIN_DERR_NONE);
    for (uint32_t i = 0; i < QUIN_COUNTERS; i++) {
        uint64_t should = without_wraps && i == QUIN_COUNT_WRAPS ? 0 : count[i], is = counter(other.dev, (enum quin_counter)i);
        if (is != should)
            fail_msg("%s: counter %u is %llu, plain %llu", what, i, (unsigned long long)is, (unsigned long long)should);
    }
    assert_int_equal(other.record[0].checksum, plain.record[0].checksum);
    sp_read(&plain, 0, want, words);
    sp_read(&other, 0, got, words);
    assert_words(what, got, want, words);
}

/* The i-th way to compute; false where there is none. */
static bool set_way(uint32_t i, char *text, size_t bytes, bool *without_wraps)
{
    static const uint32_t threads[KINDS] = {1, 2, 5, 1, 2};
    struct quin_compute how = {quin_device_kernel(i / KINDS, NULL), threads[i % KINDS], i % KINDS > 2};
    if (!how.kernel)
        return false;
    *without_wraps = how.no_wraps;
    snprintf(text, bytes, "%s kernel, %s, %u threads%s", other.config->name, how.kernel, how.threads,
             how.no_wraps ? ", no wraps" : "");
    assert_true(quin_device_compute(other.dev, &how));
    return true;
}

static void load_both(uint32_t words, size_t bytes)
{
    sp_write(&plain, 0, image, words);
    sp_write(&other, 0, image, words);
    assert_true(quin_device_mem_write(plain.dev, DATA_AT, stream, bytes));
    assert_true(quin_device_mem_write(other.dev, DATA_AT, stream, bytes));
}

static void open_both(const struct quin_config *config)
{
    dut_open(&plain, config->name);
    dut_open(&other, config->name);
    assert_true(quin_device_compute(plain.dev, &(struct quin_compute){"plain", 1, 0}));
}

static void close_both(void)
{
    dut_close(&plain);
    dut_close(&other);
}

/* Random shape: rows, k, n, precision, scales, stride, activation stride, results, their stride. */
static size_t random_matmul(const struct quin_config *c, uint32_t round, uint32_t *v)
{
    uint32_t w = c->stream_bytes, words = words_of(c);
    v[0] = round % 4 ? 1 + below(c->rows) : c->rows;
    v[1] = round % 3 ? 1 + below(600) : 64 * (1 + below(4)) + below(3) - 1;
    v[3] = round % 3;
    uint32_t channels = 5 * w / (v[3] ? 5 * v[3] : 1);
    v[4] = below(2);
    v[5] = (v[1] * w + 4 * channels + below(3) * w + w - 1) / w * w;
    v[6] = (v[1] + 63) / 64 * 16;
    v[7] = 96 + v[0] * v[6];
    uint32_t most = (words - v[7]) / v[0] / 16 * 16, tiles = 1 + below(2 * 64 / w + 2);
    while (tiles > 1 && (size_t)tiles * v[5] > STREAM_BYTES)
        tiles--;
    v[2] = tiles * channels - below(channels);
    v[2] = v[2] > most ? most : v[2];
    v[8] = (v[2] + 15) / 16 * 16;
    if (round % 7 == 6 && v[0] > 1 && v[6] * 2 < v[7]) /* results on activations: tile after tile */
        v[7] = 96 + 16 * below(v[6] / 16);
    return (size_t)tiles * v[5];
}

static void test_matmul(void **state)
{
    (void)state;
    const struct quin_config *config;
    for (uint32_t i = 0; (config = quin_config_at(i)) != NULL; i++) {
        open_both(config);
        for (uint32_t round = 0; round < 21; round++) {
            uint32_t v[9], words = words_of(config), kind = below(4);
            size_t bytes = random_matmul(config, round, v);
            for (size_t b = 0; b < bytes; b++)
                stream[b] = (uint8_t)rnd();
            for (uint32_t w = 0; w < words; w++)
                image[w] = random_float();
            for (uint32_t b = 0; b < v[0] * v[6] * 4; b++)
                ((int8_t *)(image + 96))[b] = random_activation(kind);
            char text[100];
            bool without_wraps;
            for (uint32_t way = 0; way < WAYS && set_way(way, text, sizeof text, &without_wraps); way++) {
                load_both(words, bytes);
                put_matmul(&plain, v);
                put_matmul(&other, v);
                compare(text, without_wraps);
            }
        }
        close_both();
    }
}

/* The largest sums that K allows, and products that are shared out between threads: one row and several, bytes side by
 * side and of several tiles, K with and without a rest. */
static void test_long(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        uint32_t rows, k, tiles;
    } shape[] = {{"sim", 2, 16384, 2}, {"sim", 1, 16383, 3}, {"kv260", 1, 16384, 1}, {"kv260", 1, 8193, 2},
                 {"kv260", 8, 16384, 1}, {"kv260", 7, 4098, 2}, {"ecpix5", 5, 16381, 1}, {"card", 32, 2059, 2},
                 {"card", 27, 1030, 3}};
    for (uint32_t round = 0; round < 3 * sizeof shape / sizeof shape[0]; round++) {
        uint32_t i = round / 3, precision = round % 3, all = i % 2 ? 255 : 0; /* all +1, all -1 */
        open_both(quin_config_find(shape[i].config));
        uint32_t w = plain.config->stream_bytes, channels = 5 * w / (precision ? 5 * precision : 1);
        uint32_t stride = (shape[i].k + 63) / 64 * 16, tiles = shape[i].tiles, n = tiles * channels - channels / 3;
        uint32_t dst = 96 + shape[i].rows * stride, row = (n + 15) / 16 * 16;
        uint32_t v[9] = {shape[i].rows, shape[i].k, n, precision, 0, shape[i].k * w, stride, dst, row};
        uint32_t words = dst + shape[i].rows * row;
        assert_true((size_t)tiles * v[5] <= STREAM_BYTES && words <= MOST_WORDS);
        memset(stream, (int)all, (size_t)tiles * v[5]);
        for (uint32_t j = 0; j < 96; j++)
            image[j] = 0x3f800000;
        memset(image + 96, round % 2 ? 127 : -128, (dst - 96) * 4);
        char text[100];
        bool without_wraps;
        for (uint32_t way = 0; way < WAYS && set_way(way, text, sizeof text, &without_wraps); way++) {
            if (way % KINDS == 2 || (i && way % KINDS == 1))
                continue;
            load_both(words, (size_t)tiles * v[5]);
            put_matmul(&plain, v);
            put_matmul(&other, v);
            compare(text, without_wraps);
        }
        close_both();
    }
}

/* Fields of a VECTOR command in the order of put_vector. */
static void random_vector(uint32_t *v)
{
    v[0] = 1 + below(2);        /* rows */
    v[1] = 1 + below(2);        /* groups */
    v[2] = 1 + below(700);      /* n */
    v[3] = below(5);            /* op1 */
    v[4] = below(5);            /* op2 */
    v[5] = below(4) ? 0 : below(5);
    v[6] = below(5);            /* reduce */
    v[7] = below(6);            /* format */
    for (uint32_t i = 8; i < 11; i++)
        v[i] = below(3);        /* modes */
    v[11] = 704 * below(3);     /* destination: an operand's own place, or another, or astride of one */
    if (below(4) == 0)
        v[11] += 16 * below(20);
    v[12] = below(2) ? random_float() : 0x3f000000;
    v[13] = random_float();
    v[14] = below(2);           /* mask */
    v[15] = below(800);         /* visible */
}

static void put_vector(struct dut *d, const uint32_t *v)
{
    dut_begin(d);
    dut_command(d, QUIN_OP_VECTOR);
    PUT(d, ANY, ROWS, v[0]);
    PUT(d, VECTOR, GROUPS, v[1]);
    PUT(d, VECTOR, N, v[2]);
    PUT(d, VECTOR, OP1, v[3]);
    PUT(d, VECTOR, OP2, v[4]);
    PUT(d, VECTOR, FUNC, v[5]);
    PUT(d, VECTOR, REDUCE, v[6]);
    PUT(d, VECTOR, FORMAT, v[7]);
    PUT(d, VECTOR, A_MODE, v[8]);
    PUT(d, VECTOR, B_MODE, v[9]);
    PUT(d, VECTOR, C_MODE, v[10]);
    PUT(d, VECTOR, A_BASE, 0);
    PUT(d, VECTOR, B_BASE, 704);
    PUT(d, VECTOR, C_BASE, 1408);
    PUT(d, VECTOR, DST_BASE, v[11]);
    PUT(d, VECTOR, A_ROW, 2112);
    PUT(d, VECTOR, DST_ROW, 2112);
    PUT(d, VECTOR, A_GROUP, 64);
    PUT(d, VECTOR, DST_GROUP, 64);
    PUT(d, VECTOR, RED_BASE, 7000);
    PUT(d, VECTOR, RED_ROW, 8);
    PUT(d, VECTOR, RED_GROUP, 2);
    PUT(d, VECTOR, IMM1, v[12]);
    PUT(d, VECTOR, IMM2, v[13]);
    PUT(d, VECTOR, MASK, v[14]);
    rowreg(d->dev, 0, 0, v[15]);
    rowreg(d->dev, 0, 1, v[15] / 2);
}

static void test_vector(void **state)
{
    (void)state;
    open_both(quin_config_find("tiny"));
    for (uint32_t round = 0; round < 1500; round++) {
        uint32_t v[16];
        random_vector(v);
        for (uint32_t w = 0; w < 8192; w++)
            image[w] = random_float();
        if (round % 16 == 0) { /* so that they are multiplied */
            v[3] = QUIN_VECTOR_OP_MUL;
            v[8] = v[9] = QUIN_OPERAND_VECTOR;
        }
        if (round % 8 == 0) /* products about 2^-126 */
            for (uint32_t w = 0; w < 2112; w++)
                image[w] = (rnd() & 0x80000000) | (w % 3 ? 0x3f7ffffe + below(4) : 0x007ffffe + below(5));
        if (round % 8 == 1) { /* a function of odd numbers */
            v[3] = v[4] = 0;
            for (uint32_t w = 0; w < 704; w++)
                image[w] = odd_floats[below(sizeof odd_floats / sizeof odd_floats[0])];
        }
        char text[100];
        bool without_wraps;
        /* ways of one thread: test_vector_shared has the others */
        for (uint32_t way = 0; way < WAYS && set_way(way, text, sizeof text, &without_wraps); way += KINDS) {
            load_both(8192, 0);
            put_vector(&plain, v);
            put_vector(&other, v);
            compare(text, without_wraps);
        }
    }
    close_both();
}

/* Commands large enough to be shared out: groups in order, on their own operands, or in each other's way. */
static void test_vector_shared(void **state)
{
    (void)state;
    open_both(quin_config_find("sim"));
    for (uint32_t round = 0; round < 60; round++) {
        uint32_t v[16], words = 40960;
        random_vector(v);
        v[0] = 1 + below(8);
        v[1] = 2 + below(6);
        v[2] = 300 + below(600);
        v[11] = below(3) ? 20480 * below(2) : 16 * below(64); /* elsewhere, in a's place, or astride */
        uint32_t group = below(4) ? 912 : 16 * below(64), row = below(4) ? 912 * 8 : 16 * below(600);
        for (uint32_t w = 0; w < words; w++)
            image[w] = random_float();
        char text[100];
        bool without_wraps;
        for (uint32_t way = 1; way < WAYS && set_way(way, text, sizeof text, &without_wraps); way++) {
            if (way % KINDS != 1 && way % KINDS != 2)
                continue;
            load_both(words, 0);
            for (uint32_t i = 0; i < 2; i++) {
                struct dut *d = i ? &other : &plain;
                put_vector(d, v);
                PUT(d, VECTOR, A_ROW, row);
                PUT(d, VECTOR, DST_ROW, row);
                PUT(d, VECTOR, A_GROUP, group);
                PUT(d, VECTOR, DST_GROUP, group);
                PUT(d, VECTOR, RED_BASE, round % 5 ? 130000 : 20480);
                PUT(d, VECTOR, RED_ROW, round % 3 ? 64 : 2);
                for (uint32_t r = 0; r < 8; r++)
                    rowreg(d->dev, 0, r, v[15] + 60 * r);
            }
            compare(text, without_wraps);
        }
    }
    close_both();
}

/* Groups whose results overlap, far from all operands: the last one in the order of the loops wins, however many threads
 * there are. Groups astride of the next, rows astride of the next, and both on one place. */
static void test_vector_overlap(void **state)
{
    (void)state;
    enum { N = 1000, FAR = 65536, PART = 512 };
    static const uint32_t cases[][4] = {/* rows, groups, strides of the results */
                                        {1, 8, 0, PART}, {8, 1, PART, 0}, {4, 4, PART, 2048}, {4, 4, 0, 1024}, {3, 3, 0, 0}};
    open_both(quin_config_find("sim"));
    for (uint32_t w = 0; w < 2 * FAR; w++)
        image[w] = random_float();
    for (uint32_t round = 0; round < 2 * sizeof cases / sizeof cases[0]; round++) {
        const uint32_t *c = cases[round / 2];
        uint32_t v[16] = {c[0], c[1], N};
        v[7] = round % 2 ? QUIN_FORMAT_INT8 : QUIN_FORMAT_F32;
        v[11] = FAR;
        char text[100];
        bool without_wraps;
        for (uint32_t way = 1; way < WAYS && set_way(way, text, sizeof text, &without_wraps); way += KINDS) {
            load_both(2 * FAR, 0);
            for (uint32_t i = 0; i < 2; i++) {
                struct dut *d = i ? &other : &plain;
                put_vector(d, v);
                PUT(d, VECTOR, A_ROW, c[1] * 1024);
                PUT(d, VECTOR, A_GROUP, 1024);
                PUT(d, VECTOR, RED_BASE, 0); /* none: in nobody's way */
                PUT(d, VECTOR, DST_ROW, c[2] / (round % 2 ? 4 : 1));
                PUT(d, VECTOR, DST_GROUP, c[3] / (round % 2 ? 4 : 1));
            }
            compare(text, without_wraps);
            for (uint32_t i = 0; i < N && !(round % 2); i++) /* and by itself: the last group's words, moved */
                if (as_float(image[(c[0] * c[1] - 1) * 1024 + i]) == as_float(image[(c[0] * c[1] - 1) * 1024 + i]))
                    assert_true(as_float(got[FAR + (c[0] - 1) * c[2] + (c[1] - 1) * c[3] + i]) ==
                                operand(image[(c[0] * c[1] - 1) * 1024 + i]));
        }
    }
    close_both();
}

/* What is not there is refused and changes nothing. */
static void test_refused(void **state)
{
    (void)state;
    dut_open(&other, "tiny");
    assert_false(quin_device_compute(other.dev, &(struct quin_compute){"abacus", 1, 0}));
    assert_false(quin_device_compute(other.dev, &(struct quin_compute){NULL, 1000, 0}));
    assert_true(quin_device_compute(other.dev, &(struct quin_compute){NULL, 0, 0}));
    dut_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matmul),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_vector_shared),
        cmocka_unit_test(test_vector_overlap),
        cmocka_unit_test(test_refused),
    };
    seed_start("test_kernels");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
