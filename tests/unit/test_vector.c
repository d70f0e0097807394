/* SPDX-License-Identifier: Apache-2.0
 *
 * VECTOR against double-precision arithmetic: every combination of op1, op2, func, reduce and format with
 * random operand modes, shapes, masks and limits on random and corner values. Additions, multiplications,
 * comparisons and conversions must be exact; 2^t within 1.02, 1/t within 1.00, 1/sqrt(t) within 1.25 ulp of
 * the exact result.
 */
#include "device_util.h"

/* Scratchpad: operand a, operands b and c, the result, the reductions; nothing else may change. */
enum { A_AT = 0, BC_AT = 704, DST_AT = 1408, RED_AT = 2112, REGION = 2208, WORDS = 8192, N_MAX = 48 };

static struct dut d;
static uint32_t image[WORDS], got[WORDS];
static uint8_t codes[243];

struct place {
    uint32_t mode, base, row, group;
};

struct shape {
    uint32_t rows, groups, n, op1, op2, func, reduce, format;
    struct place a, b, c, dst, red;
    uint32_t imm1, imm2;
    int masked;
    uint32_t visible[8]; /* of row r, if masked */
};

static int open_device(void **state)
{
    (void)state;
    for (int u = 0; u < 243; u++)
        codes[u] = value_byte(u - 121);
    dut_open(&d, "tiny");
    for (uint32_t i = 0; i < WORDS; i++)
        image[i] = rnd();
    sp_write(&d, 0, image, WORDS);
    return 0;
}

/* Words far from all operands are as they were. */
static int close_device(void **state)
{
    (void)state;
    sp_read(&d, REGION, got, WORDS - REGION);
    assert_words("words outside", got, image + REGION, WORDS - REGION);
    dut_close(&d);
    return 0;
}

static uint32_t random_value(uint32_t kind)
{
    static const float corner[] = {
        0.0f,       -0.0f,       1.0f,           -1.0f,           0.5f,      -0.5f,           1.5f,
        2.5f,       126.5f,      127.5f,         -127.5f,         -128.5f,   120.5f,          121.5f,
        -121.5f,    122.5f,      29523.5f,       29524.5f,        -29524.5f, 8388607.5f,      128.0f,
        -126.0f,    127.99999f,  -126.00001f,    INFINITY,        -INFINITY, 0x1p31f,         -0x1p31f,
        4.0f,       0x1p-126f,   -0x1p-126f,     0x1.fffffep-1f,  0x1p126f,  0x1.000002p126f, 0x1p-149f,
        0x1.fffffep127f, -0x1.fffffep127f, -0x1.fffffcp-127f};
    static const uint32_t not_a_number[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345};
    switch (kind) {
    case 0:
        return rnd();
    case 1: /* sums and products stay away from the limits */
        return (rnd() & 0x807fffff) | (117 + below(20)) << 23;
    case 2: /* halves, for ties */
        return as_bits((float)((int32_t)below(600) - 300) / 2.0f);
    case 3:
        return below(8) ? as_bits(corner[below(sizeof corner / sizeof corner[0])]) : not_a_number[below(4)];
    default: /* arguments of exp2 */
        return as_bits((float)((double)(int32_t)rnd() * 0x1p-24));
    }
}

/* ---- what a command should do ---- */

static uint32_t apply(uint32_t op, uint32_t x, uint32_t y)
{
    double a = operand(x), b = operand(y);
    switch (op) {
    case QUIN_VECTOR_OP_ADD:
        return round_to_f32(a + b);
    case QUIN_VECTOR_OP_SUB:
        return round_to_f32(a - b);
    case QUIN_VECTOR_OP_MUL:
        return round_to_f32(a * b);
    case QUIN_VECTOR_OP_MAX:
        if (isnan(a) || isnan(b))
            return round_to_f32(isnan(a) ? b : a);
        if (a == 0 && b == 0)
            return signbit(a) && signbit(b) ? 0x80000000u : 0;
        return round_to_f32(a > b ? a : b);
    default: /* a copy: subnormals are flushed, a NaN keeps its bits */
        return isnan(a) ? x : round_to_f32(a);
    }
}

static double nearest_even(double x)
{
    double f = floor(x);
    return x - f > 0.5 || (x - f == 0.5 && fmod(f, 2) != 0) ? f + 1 : f;
}

/* Is `result` good for func(t)? */
static int func_good(uint32_t func, uint32_t t, uint32_t result)
{
    double x = operand(t), exact, bound = 1.02;
    if (func == QUIN_FUNC_NONE)
        return result == t;
    if (isnan(x))
        return result == 0x7fc00000;
    switch (func) {
    case QUIN_FUNC_RINT:
        return result == (isinf(x) ? t : (as_bits((float)nearest_even(fabs(x))) | (t & 0x80000000u)));
    case QUIN_FUNC_EXP2:
        if (x >= 128 || x < -126)
            return result == (x > 0 ? 0x7f800000u : 0);
        exact = exp2(x);
        break;
    case QUIN_FUNC_RECIP:
        if (x == 0 || fabs(x) > 0x1p126)
            return result == ((t & 0x80000000u) | (x == 0 ? 0x7f800000u : 0));
        exact = 1 / x;
        bound = 1.00;
        break;
    default:
        if (x == 0)
            return result == ((t & 0x80000000u) | 0x7f800000u);
        if (x < 0 || isinf(x))
            return result == (x < 0 ? 0x7fc00000u : 0);
        exact = 1 / sqrt(x);
        bound = 1.25;
    }
    int e;
    frexp(exact, &e); /* exact = [0.5, 1) * 2^e: an ulp is 2^(e - 24) */
    return fabs((double)as_float(result) - exact) <= bound * ldexp(1, e - 24);
}

static uint32_t fetch(const struct place *p, uint32_t imm, uint32_t r, uint32_t g, uint32_t i)
{
    if (p->mode == QUIN_OPERAND_IMM)
        return imm;
    return image[p->base + r * p->row + g * p->group + (p->mode == QUIN_OPERAND_VECTOR ? i : 0)];
}

static uint32_t before_func(const struct shape *s, uint32_t r, uint32_t g, uint32_t i)
{
    uint32_t t = apply(s->op1, fetch(&s->a, s->imm1, r, g, i), s->op1 ? fetch(&s->b, s->imm1, r, g, i) : 0);
    return apply(s->op2, t, s->op2 ? fetch(&s->c, s->imm2, r, g, i) : 0);
}

static int limited(double x, int low, int high)
{
    return isnan(x) ? 0 : x <= low ? low : x >= high ? high : (int)nearest_even(x);
}

/* Element i of a group as it is written at `to`; returns its bits in the checksum. */
static uint32_t write_element(uint32_t format, uint32_t *to, uint32_t i, uint32_t t)
{
    uint8_t *bytes = (uint8_t *)to;
    double x = operand(t);
    int u;
    switch (format) {
    case QUIN_FORMAT_F32:
        return to[i] = t;
    case QUIN_FORMAT_INT8:
        return bytes[i] = (uint8_t)limited(x, -127, 127);
    case QUIN_FORMAT_INT8_LOW:
        return bytes[i] = (uint8_t)limited(x, -128, 127);
    case QUIN_FORMAT_CODE5:
        return bytes[i] = codes[limited(x, -121, 121) + 121];
    default:
        u = limited(x, -29524, 29524) + 29524;
        bytes[2 * i] = codes[u / 243];
        bytes[2 * i + 1] = codes[u % 243];
        return bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8;
    }
}

/* Reduction of the n first elements of t[] into to[]; returns its share of the checksum. */
static uint32_t reduce(uint32_t kind, const uint32_t *t, uint32_t n, uint32_t *to)
{
    uint32_t sums[16] = {0};
    double best = -INFINITY, most = 0;
    uint32_t at = 0, max = 0xff800000u;
    for (uint32_t i = 0; i < n; i++) {
        double x = operand(t[i]);
        sums[i % 16] = round_to_f32(operand(sums[i % 16]) + x);
        if (x > best) {
            best = x;
            at = i;
        }
        max = isnan(x) ? max : apply(QUIN_VECTOR_OP_MAX, max, t[i]);
        most = fabs(x) > most ? fabs(x) : most;
    }
    for (uint32_t distance = 8; distance; distance /= 2)
        for (uint32_t j = 0; j < distance; j++)
            sums[j] = round_to_f32(operand(sums[j]) + operand(sums[j + distance]));
    to[0] = kind == QUIN_REDUCE_SUM ? sums[0] : kind == QUIN_REDUCE_MAX ? max : round_to_f32(most);
    if (kind != QUIN_REDUCE_ARGMAX)
        return to[0];
    to[0] = round_to_f32(best);
    to[1] = at;
    return to[0] + 2 * at; /* index 1 turns by one; at is small */
}

/* ---- running ---- */

static void put_place(const struct place *p, enum quin_field base, enum quin_field row, enum quin_field group)
{
    struct quin_cmd *cmd = &d.prog[d.length - 1];
    assert_true(quin_cmd_set(cmd, base, p->base) && quin_cmd_set(cmd, row, p->row) &&
                quin_cmd_set(cmd, group, p->group));
}

static void put_command(const struct shape *s)
{
    uint32_t bank = below(16), first = below(57), how = below(3);
    uint64_t start = below(2) ? rnd() : below(10);
    dut_begin(&d);
    dut_command(&d, QUIN_OP_VECTOR);
    greg(d.dev, 10, how == 1 ? s->n : UINT64_C(1) << 40);
    greg(d.dev, 11, how == 2 ? s->rows : s->rows + 1000);
    greg(d.dev, 12, start);
    for (uint32_t r = 0; r < s->rows; r++)
        rowreg(d.dev, bank, first + r,
               s->visible[r] ? start + s->visible[r] : start - (start ? below(2) : 0));
    PUT(&d, ANY, ROWS, how == 2 ? s->rows + below(100) : s->rows);
    PUT(&d, ANY, ROWS_LIMIT, how ? 11 : 0);
    PUT(&d, VECTOR, N, how == 1 ? s->n + below(1000) : s->n);
    PUT(&d, VECTOR, N_LIMIT, how ? 10 : 0);
    PUT(&d, VECTOR, GROUPS, s->groups);
    PUT(&d, VECTOR, OP1, s->op1);
    PUT(&d, VECTOR, OP2, s->op2);
    PUT(&d, VECTOR, FUNC, s->func);
    PUT(&d, VECTOR, REDUCE, s->reduce);
    PUT(&d, VECTOR, FORMAT, s->format);
    PUT(&d, VECTOR, MASK, s->masked);
    PUT(&d, VECTOR, MASK_BANK, bank);
    PUT(&d, VECTOR, MASK_REG, 12);
    PUT(&d, VECTOR, ROW_FIRST, first);
    PUT(&d, VECTOR, IMM1, s->imm1);
    PUT(&d, VECTOR, IMM2, s->imm2);
    PUT(&d, VECTOR, A_MODE, s->a.mode);
    PUT(&d, VECTOR, B_MODE, s->b.mode);
    PUT(&d, VECTOR, C_MODE, s->c.mode);
    put_place(&s->a, QUIN_F_VECTOR_A_BASE, QUIN_F_VECTOR_A_ROW, QUIN_F_VECTOR_A_GROUP);
    put_place(&s->b, QUIN_F_VECTOR_B_BASE, QUIN_F_VECTOR_B_ROW, QUIN_F_VECTOR_B_GROUP);
    put_place(&s->c, QUIN_F_VECTOR_C_BASE, QUIN_F_VECTOR_C_ROW, QUIN_F_VECTOR_C_GROUP);
    put_place(&s->dst, QUIN_F_VECTOR_DST_BASE, QUIN_F_VECTOR_DST_ROW, QUIN_F_VECTOR_DST_GROUP);
    put_place(&s->red, QUIN_F_VECTOR_RED_BASE, QUIN_F_VECTOR_RED_ROW, QUIN_F_VECTOR_RED_GROUP);
}

static void make_place(struct place *p, uint32_t base, uint32_t mode, uint32_t rows, uint32_t groups,
                       uint32_t n)
{
    uint32_t unit = mode == QUIN_OPERAND_VECTOR ? 16 : 1;
    p->mode = mode;
    p->group = (n + 15) / 16 * 16 + unit * below(2);
    p->row = p->group * groups + unit * below(2);
    p->base = base + unit * below(4);
    assert_true(p->base - base + rows * p->row <= 704);
    if (mode != QUIN_OPERAND_VECTOR) {
        p->group = below(20);
        p->row = below(40);
    }
}

static void make_shape(struct shape *s)
{
    s->rows = below(20) ? 1 + below(3) : 0;
    s->groups = 1 + below(3);
    s->n = below(4) ? 1 + below(20) : below(N_MAX + 1);
    make_place(&s->a, A_AT, below(3), s->rows, s->groups, s->n);
    make_place(&s->b, BC_AT, below(3), s->rows, s->groups, s->n);
    make_place(&s->c, below(2) ? BC_AT : BC_AT + 16, below(3), s->rows, s->groups, s->n);
    make_place(&s->dst, DST_AT, QUIN_OPERAND_VECTOR, s->rows, s->groups, s->n);
    if (s->a.mode == QUIN_OPERAND_VECTOR && s->format <= QUIN_FORMAT_F32 && below(2))
        s->dst = s->a; /* in place: binary32 over binary32 */
    s->red = (struct place){.base = RED_AT + below(4), .group = 2 + below(3), .row = 15};
    s->imm1 = random_value(below(5));
    s->imm2 = random_value(below(5));
    s->masked = below(3) == 0;
    for (uint32_t r = 0; r < 8; r++)
        s->visible[r] = below(s->n + 4);
    uint32_t kind = below(5); /* one kind of values, or a mixture */
    for (uint32_t i = 0; i < REGION; i++)
        image[i] = random_value(below(4) ? kind : below(5));
}

static uint32_t visible(const struct shape *s, uint32_t r)
{
    return s->masked && s->visible[r] < s->n ? s->visible[r] : s->n;
}

/* Returns the checksum. */
static uint32_t run(const struct shape *s)
{
    uint64_t elements = (uint64_t)s->rows * s->groups * s->n;
    int timed = s->func >= QUIN_FUNC_EXP2 && s->func <= QUIN_FUNC_RSQRT;
    sp_write(&d, 0, image, REGION);
    put_command(s);
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    assert_int_equal(counter(d.dev, QUIN_COUNT_VECTOR_ELEMENTS), elements);
    assert_int_equal(counter(d.dev, QUIN_COUNT_VECTOR_FUNCS), timed ? elements : 0);
    uint32_t checksum = d.record[0].checksum;
    sp_read(&d, 0, got, REGION);
    return checksum;
}

/* Runs the command with binary32 results, judges them; then as it is, with what must follow from those
 * results. */
static void check_shape(const struct shape *s)
{
    static uint32_t t[8][8][N_MAX];
    struct shape plain = *s;
    plain.format = QUIN_FORMAT_F32;
    plain.reduce = QUIN_REDUCE_NONE;
    run(&plain);
    for (uint32_t r = 0; r < s->rows; r++)
        for (uint32_t g = 0; g < s->groups; g++)
            for (uint32_t i = 0; i < s->n; i++) {
                uint32_t have = got[s->dst.base + r * s->dst.row + g * s->dst.group + i];
                t[r][g][i] = have;
                if (i >= visible(s, r))
                    assert_int_equal(have, 0);
                else if (!func_good(s->func, before_func(s, r, g, i), have))
                    fail_msg("op1 %u op2 %u func %u: t = %08x, result %08x", s->op1, s->op2, s->func,
                             before_func(s, r, g, i), have);
            }
    uint32_t checksum = run(s), want = 0;
    for (uint32_t r = 0; r < s->rows; r++)
        for (uint32_t g = 0; g < s->groups; g++) {
            uint32_t *dst = &image[s->dst.base + r * s->dst.row + g * s->dst.group];
            for (uint32_t i = 0; s->format && i < s->n; i++)
                want += checksum_term(i, write_element(s->format, dst, i, t[r][g][i]));
            if (s->reduce)
                want += reduce(s->reduce, t[r][g], visible(s, r),
                                   &image[s->red.base + r * s->red.row + g * s->red.group]);
        }
    for (uint32_t i = 0; i < REGION; i++)
        if (got[i] != image[i])
            fail_msg("op1 %u op2 %u func %u reduce %u format %u n %u: word %u is %08x, want %08x", s->op1,
                     s->op2, s->func, s->reduce, s->format, s->n, i, got[i], image[i]);
    assert_int_equal(checksum, want);
}

static void test_combinations(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3 * 3750; i++) {
        struct shape s = {.op1 = i % 5, .op2 = i / 5 % 5, .func = i / 25 % 5, .reduce = i / 125 % 5,
                          .format = i / 625 % 6};
        make_shape(&s);
        check_shape(&s);
    }
}

/* Every pair of corner values through every operation and function. */
static void test_corners(void **state)
{
    (void)state;
    for (uint32_t op = 0; op < 5; op++)
        for (uint32_t i = 0; i < 200; i++) {
            struct shape s = {.op1 = op, .func = i % 5, .format = QUIN_FORMAT_F32};
            make_shape(&s);
            for (uint32_t j = 0; j < REGION; j++)
                image[j] = random_value(3);
            check_shape(&s);
        }
}

/* A good command with one field changed: what it is refused with, 0 for no error. */
static void test_refused(void **state)
{
    static const struct {
        uint32_t error;
        enum quin_field field;
        uint64_t value;
        uint32_t op1, mode, format; /* of the command to change; mode is b's */
    } bad[] = {
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_OP1, 5, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_OP2, 7, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_FUNC, 5, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_REDUCE, 5, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_FORMAT, 6, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_A_MODE, 3, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_B_MODE, 3, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_ROW_FIRST, 63, 1, 0, 1},
        {QUIN_DERR_FIELD, QUIN_F_VECTOR_B_MODE, 3, 0, 0, 1}, /* though PASS does not read b */
        {QUIN_DERR_ALIGN, QUIN_F_VECTOR_A_BASE, 8, 1, 0, 1},
        {QUIN_DERR_ALIGN, QUIN_F_VECTOR_A_GROUP, 17, 1, 0, 1},
        {QUIN_DERR_ALIGN, QUIN_F_VECTOR_B_ROW, 24, 1, 0, 1},
        {QUIN_DERR_ALIGN, QUIN_F_VECTOR_DST_BASE, 1500, 1, 0, 1},
        {QUIN_DERR_ALIGN, QUIN_F_VECTOR_DST_ROW, 1, 1, 0, 1},
        {QUIN_DERR_NONE, QUIN_F_VECTOR_B_ROW, 24, 1, 1, 0},
        {QUIN_DERR_NONE, QUIN_F_VECTOR_B_ROW, 24, 0, 0, 0},
        {QUIN_DERR_NONE, QUIN_F_VECTOR_DST_ROW, 1, 1, 0, 0},
        {QUIN_DERR_SCRATCHPAD, QUIN_F_VECTOR_A_BASE, 8192, 1, 0, 1},
        {QUIN_DERR_SCRATCHPAD, QUIN_F_VECTOR_B_BASE, 8176, 1, 0, 1},
        {QUIN_DERR_SCRATCHPAD, QUIN_F_VECTOR_B_BASE, 8192, 1, 1, 1},
        {QUIN_DERR_NONE, QUIN_F_VECTOR_B_BASE, 8191, 1, 1, 0},
        {QUIN_DERR_NONE, QUIN_F_VECTOR_B_BASE, 8192, 0, 0, 0},
        {QUIN_DERR_SCRATCHPAD, QUIN_F_VECTOR_DST_BASE, 8176, 1, 0, 1},
        {QUIN_DERR_NONE, QUIN_F_VECTOR_DST_BASE, 8176, 1, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct shape s = {
            .rows = 1, .groups = 1, .n = 20, .op1 = bad[i].op1, .format = bad[i].format, .masked = 1};
        s.a = (struct place){.base = A_AT};
        s.b = (struct place){.base = BC_AT, .mode = bad[i].mode};
        s.dst = (struct place){.base = DST_AT};
        sp_write(&d, 0, image, REGION);
        put_command(&s);
        if (bad[i].field == QUIN_F_VECTOR_ROW_FIRST) {
            PUT(&d, ANY, ROWS, 2);
            PUT(&d, ANY, ROWS_LIMIT, 0);
        }
        assert_true(quin_cmd_set(&d.prog[0], bad[i].field, bad[i].value));
        uint32_t error = dut_run(&d);
        if (error != bad[i].error)
            fail_msg("case %u: error %u, want %u", (unsigned)i, error, bad[i].error);
        sp_read(&d, 0, got, REGION); /* a failing command may have written its destination and nothing else */
        assert_words("scratchpad", got, image, DST_AT);
        assert_words("scratchpad", got + DST_AT + 20, image + DST_AT + 20, REGION - DST_AT - 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_corners),
        cmocka_unit_test(test_refused),
    };
    seed_start("test_vector");
    return cmocka_run_group_tests(tests, open_device, close_device);
}
