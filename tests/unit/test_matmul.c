/* SPDX-License-Identifier: Apache-2.0
 *
 * MATMUL through the device: random shapes, precisions, scales, strides and ways of addressing on every
 * configuration, against 64-bit sums over values that are packed here; counters, the checksum, words that
 * must stay, and refusals.
 */
#include "device_util.h"

enum { VALUES = 1 << 20, STREAM = 4 << 20, WORDS = 1 << 18 };

static struct dut d;
static uint32_t image[WORDS]; /* the scratchpad as it should be */
static uint32_t got[WORDS];
static int32_t value[VALUES];     /* [tiles][k][channels] */
static int8_t trit[VALUES];       /* [tiles][k][columns] */
static uint8_t stream[STREAM];
static float column_scale[4096];  /* [tiles * channels] */
static int8_t five[243][5];
static uint8_t spell[243][2];     /* two bytes (or the same twice) that stand for a value of five trits */

struct shape {
    uint32_t rows, k, n, precision, trits, channels, columns, tiles;
    int scales;
    uint64_t address, stride, bytes; /* of the stream, tile to tile, in a tile */
    uint32_t act, act_row, dst, dst_row, rscale, rscale_row, cscale;
};

static int make_tables(void **state)
{
    (void)state;
    for (int u = 0; u < 243; u++) {
        for (int i = 0; i < 5; i++)
            five[u][i] = (int8_t)value_trit(u - 121, i, 5);
        spell[u][0] = spell[u][1] = value_byte(u - 121);
        if (spell[u][0] < 255 && byte_value(spell[u][0] + 1u) == u - 121)
            spell[u][1]++;
    }
    return 0;
}

/* The sign and magnitude of a scale; now and then one that overflows, vanishes or is no number. */
static uint32_t random_scale(void)
{
    static const uint32_t odd[] = {0x7f800000, 0xff800000, 0x7f800001, 0x00000001, 0x807fffff, 0x00800000,
                                   0x80800001, 0x7f7fffff, 0,          0x80000000, 0x3f800000, 0xbf800000};
    if (below(8) == 0)
        return odd[below(sizeof odd / sizeof odd[0])];
    return (rnd() & 0x807fffff) | (below(16) ? 107 + below(40) : below(255)) << 23;
}

/* One value into the stream's bytes of its beat, and its trits. */
static void pack(const struct shape *s, uint8_t *beat, int8_t *t, const int32_t *v)
{
    for (uint32_t p = 0; p < s->columns / 5; p++) {
        int u = 0; /* what byte p stands for, 0..242 */
        if (s->trits == 1)
            u = 81 * v[5 * p] + 27 * v[5 * p + 1] + 9 * v[5 * p + 2] + 3 * v[5 * p + 3] + v[5 * p + 4] + 121;
        else if (s->trits == 5)
            u = v[p] + 121;
        else
            u = p % 2 ? (v[p / 2] + 29524) % 243 : (v[p / 2] + 29524) / 243;
        beat[p] = spell[u][below(2)];
        memcpy(t + p * 5, five[u], 5);
    }
}

static int32_t random_value(uint32_t trits)
{
    int32_t max = trits == 1 ? 1 : trits == 5 ? 121 : 29524;
    if (below(16) == 0)
        return below(2) ? max : -max;
    return (int32_t)below(2 * (uint32_t)max + 1) - max;
}

/* Values for all tiles, padding channels included, and the DRAM that holds them. */
static void make_stream(const struct shape *s)
{
    for (size_t i = 0; i < s->stride * s->tiles; i++)
        stream[i] = (uint8_t)rnd();
    for (uint32_t t = 0; t < s->tiles; t++) {
        for (uint32_t k = 0; k < s->k; k++) {
            int32_t *v = value + ((size_t)t * s->k + k) * s->channels;
            for (uint32_t j = 0; j < s->channels; j++)
                v[j] = random_value(s->trits);
            pack(s, stream + t * s->stride + (size_t)k * s->columns / 5,
                 trit + ((size_t)t * s->k + k) * s->columns, v);
        }
        for (uint32_t j = 0; s->scales && j < s->channels; j++) {
            uint32_t bits = random_scale();
            column_scale[t * s->channels + j] = as_float(bits);
            memcpy(stream + t * s->stride + (size_t)s->k * s->columns / 5 + j * 4, &bits, 4);
        }
    }
    assert_true(quin_device_mem_write(d.dev, s->address, stream, s->stride * s->tiles));
}

static int32_t activation(const struct shape *s, uint32_t r, uint32_t k)
{
    uint32_t word = image[s->act + r * s->act_row + k / 4];
    int32_t byte = (int32_t)(word >> k % 4 * 8 & 255);
    return byte < 128 ? byte : byte - 256;
}

/* The results into the image; returns the checksum. */
static uint32_t expect_results(const struct shape *s)
{
    uint32_t checksum = 0;
    for (uint32_t r = 0; r < s->rows; r++)
        for (uint32_t n = 0; n < s->n; n++) {
            int64_t sum = 0;
            for (uint32_t k = 0; k < s->k; k++)
                sum += (int64_t)activation(s, r, k) *
                       value[((size_t)(n / s->channels) * s->k + k) * s->channels + n % s->channels];
            uint32_t scale = s->scales ? as_bits(column_scale[n]) : image[s->cscale];
            double y = operand(round_to_f32((double)sum)) * operand(image[s->rscale + r * s->rscale_row]);
            image[s->dst + r * s->dst_row + n] = round_to_f32(operand(round_to_f32(y)) * operand(scale));
            checksum += checksum_term(n, image[s->dst + r * s->dst_row + n]);
        }
    return checksum;
}

struct counts {
    uint64_t adds, skipped, wraps;
};

/* What every PE of the valid rows does, padding columns included; the image is that before the command. */
static struct counts expect_counts(const struct shape *s)
{
    struct counts c = {0};
    for (uint32_t t = 0; t < s->tiles; t++)
        for (uint32_t r = 0; r < s->rows; r++)
            for (uint32_t j = 0; j < s->columns; j++) {
                int64_t sum = 0;
                for (uint32_t k = 0; k < s->k; k++) {
                    int64_t x = (int64_t)activation(s, r, k) * trit[((size_t)t * s->k + k) * s->columns + j];
                    c.adds += x != 0;
                    c.skipped += x == 0;
                    c.wraps += floor((double)sum / 256) != floor((double)(sum + x) / 256);
                    sum += x;
                }
            }
    return c;
}

/* A value as a field alone, cut by a register, or with a register that does not cut. */
static void put_limited(enum quin_field field, enum quin_field limit, uint32_t want, uint32_t most,
                        uint32_t reg)
{
    struct quin_cmd *cmd = &d.prog[d.length - 1];
    uint32_t how = below(3);
    greg(d.dev, reg, how == 1 || below(2) ? want : (UINT64_C(1) << (32 + below(32))) + below(want + 1));
    assert_true(quin_cmd_set(cmd, field, how == 1 ? want + below(most - want + 1) : want));
    assert_true(quin_cmd_set(cmd, limit, how ? reg : 0));
}

static void put_command(const struct shape *s)
{
    uint32_t bank = below(16), row = below(64), use_row = below(2), reg = below(2) ? 20 : 0;
    uint64_t in_reg = reg ? (below(2) ? rnd64() : below(1 << 20)) : 0, in_row = rnd64();
    uint64_t offset = s->address - in_reg - (use_row ? in_row : 0);
    if (offset >> 40) { /* does not fit the field: let a register make up for it */
        reg = 20;
        in_reg += offset;
        offset = below(2) ? UINT64_C(0xffffffffff) : 0;
        in_reg -= offset;
    }
    greg(d.dev, 20, in_reg);
    rowreg(d.dev, bank, row, in_row);
    dut_begin(&d);
    dut_command(&d, QUIN_OP_MATMUL);
    put_limited(QUIN_F_ANY_ROWS, QUIN_F_ANY_ROWS_LIMIT, s->rows, 1023, 8);
    put_limited(QUIN_F_MATMUL_K, QUIN_F_MATMUL_K_LIMIT, s->k, 0xfffff, 9);
    put_limited(QUIN_F_MATMUL_N, QUIN_F_MATMUL_N_LIMIT, s->n, 0xfffff, 31);
    PUT(&d, MATMUL, PRECISION, s->precision);
    PUT(&d, MATMUL, COLUMN_SCALES, s->scales);
    PUT(&d, MATMUL, PREFETCH, below(2));
    PUT(&d, MATMUL, BASE_REG, reg);
    PUT(&d, MATMUL, ROW_ENABLE, use_row);
    PUT(&d, MATMUL, ROW_BANK, bank);
    PUT(&d, MATMUL, ROW_FIRST, row);
    PUT(&d, MATMUL, DRAM_OFFSET, offset);
    PUT(&d, MATMUL, TILE_STRIDE, s->stride);
    PUT(&d, MATMUL, ACT_BASE, s->act);
    PUT(&d, MATMUL, ACT_ROW_STRIDE, s->act_row);
    PUT(&d, MATMUL, DST_BASE, s->dst);
    PUT(&d, MATMUL, DST_ROW_STRIDE, s->dst_row);
    PUT(&d, MATMUL, RSCALE_BASE, s->rscale);
    PUT(&d, MATMUL, RSCALE_ROW_STRIDE, s->rscale_row);
    PUT(&d, MATMUL, CSCALE_BASE, s->cscale);
}

/* Words of the scratchpad that shapes here use and that are compared. */
static uint32_t words_used(void)
{
    return d.config->scratchpad_words < WORDS ? d.config->scratchpad_words : WORDS;
}

/* Places for a shape: act, dst and scales side by side, aligned as they must be and no more. */
static void make_shape(struct shape *s, uint32_t rows, uint32_t k, uint32_t n, uint32_t precision)
{
    uint32_t w = d.config->stream_bytes, at = below(64);
    memset(s, 0, sizeof *s);
    s->rows = rows;
    s->k = k;
    s->n = n;
    s->precision = precision;
    s->trits = precision == QUIN_PRECISION_D1 ? 1 : precision == QUIN_PRECISION_D5 ? 5 : 10;
    s->columns = 5 * w;
    s->channels = s->columns / s->trits;
    s->tiles = (n + s->channels - 1) / s->channels;
    s->scales = (int)below(2);
    s->bytes = (uint64_t)k * w + (s->scales ? s->channels * 4 : 0);
    s->stride = (s->bytes + w - 1) / w * w + (uint64_t)w * below(3) * below(20);
    s->address = DATA_AT + (uint64_t)w * below(1000);
    assert_true((uint64_t)s->tiles * k * s->columns <= VALUES && s->stride * s->tiles <= STREAM);
    s->cscale = at++;
    s->rscale = at += below(9);
    s->rscale_row = below(2) ? 1 : below(10);
    at += s->rscale_row * rows + 1;
    s->act = (at + 15) / 16 * 16;
    s->act_row = ((k + 3) / 4 + 15) / 16 * 16 + 16 * below(3);
    s->dst = s->act + s->act_row * rows + 16 * below(4);
    s->dst_row = (n + 15) / 16 * 16 + 16 * below(3);
    assert_true(s->dst + s->dst_row * rows <= words_used());
}

/* Random scratchpad with sensible scales; some activations zero, some at the limits. */
static void make_image(const struct shape *s)
{
    for (uint32_t i = 0; i < words_used(); i++)
        image[i] = rnd();
    for (uint32_t r = 0; r < s->rows; r++) {
        for (uint32_t i = 0; i < s->act_row; i++)
            if (below(4) == 0)
                image[s->act + r * s->act_row + i] &= below(2) ? 0xff00ffu : 0;
        image[s->rscale + r * s->rscale_row] = random_scale();
    }
    image[s->cscale] = random_scale();
}

static void check_shape(const struct shape *s)
{
    uint32_t words = words_used();
    make_image(s);
    sp_write(&d, 0, image, words);
    make_stream(s);
    put_command(s);
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    struct counts c = expect_counts(s);
    assert_int_equal(counter(d.dev, QUIN_COUNT_ADDS), c.adds);
    assert_int_equal(counter(d.dev, QUIN_COUNT_ADDS_SKIPPED), c.skipped);
    assert_int_equal(counter(d.dev, QUIN_COUNT_WRAPS), c.wraps);
    assert_int_equal(counter(d.dev, QUIN_COUNT_STREAM_BYTES), s->rows ? s->bytes * s->tiles : 0);
    assert_int_equal(counter(d.dev, QUIN_COUNT_DRAIN_VALUES), (uint64_t)s->rows * s->n);
    assert_int_equal(d.record[0].checksum, expect_results(s));
    assert_int_equal(d.record[0].command, QUIN_OP_MATMUL << 24);
    sp_read(&d, 0, got, words);
    assert_words("scratchpad", got, image, words);
}

static void test_random_shapes(void **state)
{
    (void)state;
    const struct quin_config *config;
    for (uint32_t i = 0; (config = quin_config_at(i)) != NULL; i++) {
        dut_open(&d, config->name);
        for (uint32_t round = 0; round < 24; round++) {
            struct shape s;
            uint32_t precision = round % 3,
                     channels = 5 * config->stream_bytes / (precision ? precision * 5 : 1);
            uint32_t n = 1 + below(3 * channels),
                     k = 1 + below(20000 / config->stream_bytes / (1 + n / channels));
            if (round < 6) /* whole tiles, and one column more or less */
                n = channels * (1 + round / 3) + round % 3 - (channels > 1);
            make_shape(&s, 1 + below(config->rows), k % 500 + 1, n, precision);
            check_shape(&s);
        }
        dut_close(&d);
    }
}

/* The longest K, every activation -128, the largest values: the sums' and the carry counts' reach. */
static void test_longest(void **state)
{
    (void)state;
    dut_open(&d, "sim");
    for (uint32_t precision = 0; precision < 3; precision++) {
        struct shape s;
        uint32_t k = 1u << (d.config->carry_bits - 1), checksum;
        make_shape(&s, 1, k, 3, precision);
        s.scales = 0;
        s.stride = (uint64_t)k * d.config->stream_bytes;
        make_image(&s);
        memset(&image[s.act], 0x80, k);
        image[s.rscale] = image[s.cscale] = as_bits(1.0f);
        make_stream(&s);
        for (uint32_t i = 0; i < k; i++) { /* every channel alike and the largest */
            int32_t v[40];
            for (uint32_t j = 0; j < s.channels; j++)
                v[j] = value[(size_t)i * s.channels + j] = precision == 0 ? -1 : precision == 1 ? 121 : 29524;
            pack(&s, stream + (size_t)i * s.columns / 5, trit + (size_t)i * s.columns, v);
        }
        assert_true(quin_device_mem_write(d.dev, s.address, stream, s.stride));
        sp_write(&d, 0, image, d.config->scratchpad_words);
        put_command(&s);
        assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
        assert_int_equal(counter(d.dev, QUIN_COUNT_WRAPS), expect_counts(&s).wraps);
        checksum = expect_results(&s);
        assert_int_equal(d.record[0].checksum, checksum);
        sp_read(&d, 0, got, d.config->scratchpad_words);
        assert_words("scratchpad", got, image, d.config->scratchpad_words);
        static const float by_hand[] = {2097152.0f, -253755392.0f, -61916315648.0f};
        assert_int_equal(got[s.dst + 2], as_bits(by_hand[precision]));
    }
    dut_close(&d);
}

/* No rows or no columns: nothing is written. */
static void test_empty(void **state)
{
    (void)state;
    dut_open(&d, "tiny");
    for (uint32_t i = 0; i < 12; i++) {
        struct shape s;
        make_shape(&s, i % 2 ? 0 : 2, 13, i % 2 ? 5 : 0, i / 2 % 3);
        check_shape(&s);
    }
    dut_close(&d);
}

/* A good command with one field changed is refused. */
static void test_refused(void **state)
{
    static const struct {
        enum quin_field field;
        uint64_t value;
        uint32_t error;
    } bad[] = {
        {QUIN_F_MATMUL_PRECISION, 3, QUIN_DERR_FIELD},
        {QUIN_F_ANY_ROWS, 3, QUIN_DERR_FIELD}, /* R is 2 */
        {QUIN_F_MATMUL_K, 16385, QUIN_DERR_FIELD},
        {QUIN_F_MATMUL_K, 0, QUIN_DERR_FIELD},
        {QUIN_F_MATMUL_ACT_BASE, 8, QUIN_DERR_ALIGN},
        {QUIN_F_MATMUL_ACT_ROW_STRIDE, 17, QUIN_DERR_ALIGN},
        {QUIN_F_MATMUL_DST_BASE, 1, QUIN_DERR_ALIGN},
        {QUIN_F_MATMUL_DST_ROW_STRIDE, 24, QUIN_DERR_ALIGN},
        {QUIN_F_MATMUL_DRAM_OFFSET, DATA_AT + 1, QUIN_DERR_ALIGN},
        {QUIN_F_MATMUL_TILE_STRIDE, 101, QUIN_DERR_ALIGN},
        {QUIN_F_MATMUL_ACT_BASE, 8192, QUIN_DERR_SCRATCHPAD},
        {QUIN_F_MATMUL_ACT_ROW_STRIDE, 8192, QUIN_DERR_SCRATCHPAD},
        {QUIN_F_MATMUL_DST_BASE, 8176, QUIN_DERR_SCRATCHPAD},
        {QUIN_F_MATMUL_RSCALE_BASE, 8192, QUIN_DERR_SCRATCHPAD},
        {QUIN_F_MATMUL_RSCALE_ROW_STRIDE, 0xfffff, QUIN_DERR_SCRATCHPAD},
        {QUIN_F_MATMUL_CSCALE_BASE, 8192, QUIN_DERR_SCRATCHPAD},
        {QUIN_F_MATMUL_DRAM_OFFSET, UINT64_C(1) << 39, QUIN_DERR_WINDOW},
        {QUIN_F_MATMUL_DRAM_OFFSET, DRAM_BYTES - 8, QUIN_DERR_WINDOW},
    };
    (void)state;
    dut_open(&d, "tiny");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct shape s;
        make_shape(&s, 2, 100, 18, QUIN_PRECISION_D1); /* the last row ends at word 18 of its place */
        s.scales = 0;
        make_image(&s);
        make_stream(&s);
        sp_write(&d, 0, image, d.config->scratchpad_words);
        put_command(&s);
        PUT(&d, ANY, ROWS_LIMIT, 0);
        PUT(&d, MATMUL, K_LIMIT, 0);
        PUT(&d, MATMUL, BASE_REG, 0);
        PUT(&d, MATMUL, ROW_ENABLE, 0);
        PUT(&d, MATMUL, ROW_FIRST, 0);
        PUT(&d, ANY, ROWS, 2);
        PUT(&d, MATMUL, K, 100);
        PUT(&d, MATMUL, DRAM_OFFSET, s.address);
        assert_true(quin_cmd_set(&d.prog[0], bad[i].field, bad[i].value));
        uint32_t error = dut_run(&d);
        if (error != bad[i].error)
            fail_msg("field %u = %llu: error %u, want %u", (unsigned)bad[i].field >> 8,
                     (unsigned long long)bad[i].value, error, bad[i].error);
        assert_int_equal(counter(d.dev, QUIN_COUNT_COMMANDS), 0);
        /* its destination may have changed, and nothing else */
        sp_read(&d, 0, got, d.config->scratchpad_words);
        memcpy(got + s.dst, image + s.dst, (s.dst_row + 18) * 4);
        assert_words("scratchpad", got, image, d.config->scratchpad_words - 16);
    }
    dut_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_shapes),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_refused),
    };
    seed_start("test_matmul");
    return cmocka_run_group_tests(tests, make_tables, NULL);
}
