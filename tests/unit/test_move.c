/* SPDX-License-Identifier: Apache-2.0
 *
 * LOAD and STORE against a byte-by-byte loop over both memories: element sizes, groups, runs in DRAM, row
 * registers, limits, checksums, byte counters, refusals. The K and V patterns are checked against the
 * streams' own picture.
 */
#include "device_util.h"

enum { REGION = 1 << 18, WORDS = 8192 };

static struct dut d;
static uint8_t dram[DRAM_BYTES]; /* the DRAM as it should be, from DATA_AT on */
static uint8_t seen[DRAM_BYTES];
static uint32_t image[WORDS], got[WORDS]; /* the scratchpad as it should be, and as it is */

struct shape {
    int store;
    uint32_t rows, groups, n, inner, size; /* size: bytes an element */
    uint64_t address, outer;
    uint32_t dram_row, dram_group;
    uint32_t sp, sp_row, sp_group;
    uint64_t row_value[64]; /* row registers, if use_rows */
    int use_rows;
};

static int open_device(void **state)
{
    (void)state;
    dut_open(&d, "tiny");
    for (uint32_t i = 0; i < DRAM_BYTES; i++)
        dram[i] = (uint8_t)rnd();
    for (uint32_t i = 0; i < WORDS; i++)
        image[i] = rnd();
    assert_true(quin_device_mem_write(d.dev, DATA_AT, dram + DATA_AT, DRAM_BYTES - DATA_AT));
    sp_write(&d, 0, image, WORDS);
    return 0;
}

static int close_device(void **state)
{
    (void)state;
    dut_close(&d);
    return 0;
}

/* Byte b of element i of group (r, g), in DRAM and in the scratchpad. */
static uint64_t dram_byte(const struct shape *s, uint32_t r, uint32_t g, uint32_t i, uint32_t b)
{
    return s->address + (uint64_t)r * s->dram_row + (s->use_rows ? s->row_value[r] : 0) +
           (uint64_t)g * s->dram_group + i / s->inner * s->outer + (uint64_t)(i % s->inner) * s->size + b;
}

static uint64_t sp_byte(const struct shape *s, uint32_t r, uint32_t g, uint32_t i, uint32_t b)
{
    return ((uint64_t)s->sp + r * s->sp_row + g * s->sp_group) * 4 + i * s->size + b;
}

/* Moves the bytes in the two images; returns the checksum. */
static uint32_t expect(const struct shape *s)
{
    uint8_t *sp = (uint8_t *)image;
    uint32_t checksum = 0;
    for (uint32_t r = 0; r < s->rows; r++)
        for (uint32_t g = 0; g < s->groups; g++)
            for (uint32_t i = 0; i < s->n; i++) {
                uint32_t bits = 0;
                for (uint32_t b = 0; b < s->size; b++) {
                    uint8_t *outside = &dram[dram_byte(s, r, g, i, b)], *inside = &sp[sp_byte(s, r, g, i, b)];
                    *(s->store ? outside : inside) = s->store ? *inside : *outside;
                    bits |= (uint32_t)*inside << 8 * b;
                }
                checksum += checksum_term(i, bits);
            }
    return checksum;
}

static uint32_t put_limited(enum quin_field limit, uint32_t want, uint32_t most, uint32_t reg)
{
    uint32_t how = below(3); /* the field alone; cut by the register; a register that does not cut */
    greg(d.dev, reg, how == 1 || below(2) ? want : (UINT64_C(1) << (32 + below(32))) + below(want + 1));
    assert_true(quin_cmd_set(&d.prog[d.length - 1], limit, how ? reg : 0));
    return how == 1 ? want + below(most - want + 1) : want;
}

static void put_command(const struct shape *s)
{
    uint32_t bank = below(16), first = below(64 - s->rows + 1);
    uint64_t in_reg = below(2) ? rnd64() : 0, in_rows = s->use_rows ? rnd64() : 0;
    dut_begin(&d);
    dut_command(&d, s->store ? QUIN_OP_STORE : QUIN_OP_LOAD);
    PUT(&d, ANY, ROWS, put_limited(QUIN_F_ANY_ROWS_LIMIT, s->rows, 1023, 9));
    PUT(&d, MOVE, N, put_limited(QUIN_F_MOVE_N_LIMIT, s->n, 0xfffff, 30));
    PUT(&d, MOVE, GROUPS, s->groups);
    /* the address is a sum modulo 2^64 of the field, a register and the row's register */
    uint64_t offset = s->address - in_reg - in_rows;
    if (offset >> 40) {
        in_reg += offset - (offset & 0xff);
        offset &= 0xff;
    }
    greg(d.dev, 17, in_reg);
    for (uint32_t r = 0; r < 64; r++)
        rowreg(d.dev, bank, r, rnd64());
    for (uint32_t r = 0; s->use_rows && r < s->rows; r++)
        rowreg(d.dev, bank, first + r, in_rows + s->row_value[r]);
    PUT(&d, MOVE, BASE_REG, in_reg ? 17 : 0);
    PUT(&d, MOVE, ROW_ENABLE, s->use_rows);
    PUT(&d, MOVE, ROW_BANK, bank);
    PUT(&d, MOVE, ROW_FIRST, first < 64 ? first : 63);
    PUT(&d, MOVE, ELEMENT,
        s->size == 1   ? QUIN_ELEMENT_BYTE
        : s->size == 2 ? QUIN_ELEMENT_HALF
                       : QUIN_ELEMENT_WORD);
    PUT(&d, MOVE, INNER, s->inner);
    PUT(&d, MOVE, DRAM_OFFSET, offset);
    PUT(&d, MOVE, DRAM_ROW_STRIDE, s->dram_row);
    PUT(&d, MOVE, DRAM_GROUP_STRIDE, s->dram_group);
    PUT(&d, MOVE, DRAM_OUTER_STRIDE, s->outer);
    PUT(&d, MOVE, SP_BASE, s->sp);
    PUT(&d, MOVE, SP_ROW_STRIDE, s->sp_row);
    PUT(&d, MOVE, SP_GROUP_STRIDE, s->sp_group);
}

/* Both memories, from DATA_AT on `bytes` of DRAM. */
static void check_memories(uint32_t bytes)
{
    sp_read(&d, 0, got, WORDS);
    assert_words("scratchpad", got, image, WORDS);
    assert_true(quin_device_mem_read(d.dev, DATA_AT, seen, bytes));
    if (memcmp(seen, dram + DATA_AT, bytes))
        for (uint32_t i = 0; i < bytes; i++)
            if (seen[i] != dram[DATA_AT + i])
                fail_msg("DRAM byte 0x%x is %02x, want %02x", DATA_AT + i, seen[i], dram[DATA_AT + i]);
}

static void check_shape(const struct shape *s)
{
    uint64_t bytes = (uint64_t)s->rows * s->groups * s->n * s->size;
    put_command(s);
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    assert_int_equal(counter(d.dev, QUIN_COUNT_LOAD_BYTES), s->store ? 0 : bytes);
    assert_int_equal(counter(d.dev, QUIN_COUNT_STORE_BYTES), s->store ? bytes : 0);
    assert_int_equal(d.record[0].checksum, expect(s));
    check_memories(REGION);
}

/* Does a STORE write a byte of DRAM twice? Then its result is not defined. */
static int overlaps(const struct shape *s)
{
    static uint32_t stamp[DRAM_BYTES], now;
    now++;
    for (uint32_t r = 0; s->store && r < s->rows; r++)
        for (uint32_t g = 0; g < s->groups; g++)
            for (uint32_t i = 0; i < s->n; i++) {
                uint32_t *at = &stamp[dram_byte(s, r, g, i, 0)];
                if (*at == now)
                    return 1;
                *at = now;
            }
    return 0;
}

/* Any shape that fits the region and the scratchpad. */
static void draw_shape(struct shape *s)
{
    memset(s, 0, sizeof *s);
    s->store = (int)below(2);
    s->size = 1u << below(3);
    s->rows = below(6);
    s->groups = 1 + below(5);
    s->n = below(16) ? 1 + below(100) : 0;
    s->inner = below(3) ? 1 + below(s->n + 4) : 1 + below(5);
    s->outer = (uint64_t)s->size * (below(2) ? s->inner + below(20) : below(200));
    s->use_rows = (int)below(2);
    for (uint32_t r = 0; r < s->rows; r++)
        s->row_value[r] = (uint64_t)s->size * below(1000);
    s->dram_row = s->size * below(1000);
    s->dram_group = s->size * below(2000);
    s->address = DATA_AT + (uint64_t)s->size * below(1000);
    uint32_t words = (s->n * s->size + 3) / 4;
    s->sp_group = words + below(10);
    s->sp_row = s->groups * s->sp_group + below(10);
    if (s->store && below(4) == 0) /* one group of words to many places */
        s->sp_row = s->sp_group = 0;
    if (!s->store && below(4) == 0) /* one place in DRAM to many groups */
        s->dram_row = s->dram_group = 0;
    s->sp = below(WORDS - 6 * (5 * 110 + 10 + 300));
}

static void make_shape(struct shape *s)
{
    uint32_t tries = 0;
    do {
        draw_shape(s);
        if (++tries > 3) { /* runs, groups and rows one behind the other */
            s->outer = s->size * (s->inner + below(20));
            uint32_t span = (s->n / s->inner + 1) * (uint32_t)s->outer;
            s->dram_group = span;
            s->dram_row = span * s->groups + s->size * below(10);
            s->use_rows = 0;
        }
    } while (overlaps(s));
}

static void test_random(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        struct shape s;
        make_shape(&s);
        check_shape(&s);
    }
    for (uint32_t rows = 63; rows <= 64; rows++) { /* all row registers */
        struct shape s;
        draw_shape(&s);
        s.store = 0;
        s.rows = rows;
        s.groups = 1;
        s.use_rows = 1;
        s.sp = 0;
        s.sp_row = 110;
        for (uint32_t r = 0; r < rows; r++)
            s.row_value[r] = (uint64_t)s.size * below(1000);
        check_shape(&s);
    }
}

/* Strides too large for 16 bits, and the ends of both memories to the last byte. */
static void test_far(void **state)
{
    static const uint32_t sizes[] = {1, 2, 4};
    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        struct shape s = {.store = i & 1, .size = sizes[i / 2], .rows = 2, .groups = 2, .n = 8, .inner = 4};
        s.sp_group = WORDS - 2 * s.size - 1000;
        s.sp_row = 1000;
        s.outer = 0x80000;
        s.dram_group = 0x100000;
        s.dram_row = 0x200000;
        s.address = DRAM_BYTES - 0x380000 - 4 * s.size;
        put_command(&s);
        assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
        assert_int_equal(d.record[0].checksum, expect(&s));
        check_memories(DRAM_BYTES - DATA_AT);
    }
}

/* K of a position: value i lies in beat i of the tile at the position's place. V: value i lies in tile i / W
 * at beat `position`. W bytes a beat; five trits take a byte, ten take two. */
static void test_kv_patterns(void **state)
{
    enum { W = 8, HEADS = 3, SIZE = 24, POSITIONS = 40 };
    (void)state;
    for (uint32_t bytes = 1; bytes <= 2; bytes++) {
        uint32_t places = W / bytes, k_tile = SIZE * W + places * 4, k_head = (POSITIONS / places) * k_tile;
        uint32_t v_tile = POSITIONS * W, v_head = (SIZE + places - 1) / places * v_tile;
        for (uint32_t round = 0; round < 20; round++) {
            uint32_t first = below(POSITIONS - 4), rows = 1 + below(4);
            struct shape k = {
                .store = 1, .size = bytes, .rows = rows, .groups = HEADS, .n = SIZE, .use_rows = 1};
            k.address = DATA_AT;
            k.sp_group = 16;
            k.sp_row = 64;
            struct shape v = k;
            k.inner = 1;
            k.outer = W;
            k.dram_group = k_head;
            v.inner = places;
            v.outer = v_tile;
            v.dram_group = v_head;
            v.address = DATA_AT + HEADS * k_head;
            for (uint32_t r = 0; r < rows; r++) {
                k.row_value[r] = (first + r) / places * k_tile + (first + r) % places * bytes;
                v.row_value[r] = (first + r) * W;
            }
            check_shape(&k);
            check_shape(&v);
            for (uint32_t r = 0; r < rows; r++)
                for (uint32_t h = 0; h < HEADS; h++)
                    for (uint32_t i = 0; i < SIZE * bytes; i++) {
                        const uint8_t *sp = (const uint8_t *)&image[r * 64 + h * 16];
                        uint32_t p = first + r;
                        const uint8_t *ks = dram + k.address + h * k_head,
                                      *vs = dram + v.address + h * v_head;
                        assert_int_equal(
                            ks[p / places * k_tile + i / bytes * W + p % places * bytes + i % bytes], sp[i]);
                        assert_int_equal(vs[i / W * v_tile + p * W + i % W], sp[i]);
                    }
        }
    }
}

/* A good command with fields changed: what it is refused with; 0 for no error. A refused one may have changed
 * its destination, and nothing else. */
static void test_refused(void **state)
{
    static const struct {
        uint32_t error, size;
        struct {
            enum quin_field field;
            uint64_t value;
        } change[3];
    } bad[] = {
        {QUIN_DERR_FIELD, 4, {{QUIN_F_MOVE_ELEMENT, 3}}},
        {QUIN_DERR_FIELD, 4, {{QUIN_F_MOVE_INNER, 0}}},
        {QUIN_DERR_FIELD, 4, {{QUIN_F_MOVE_ROW_ENABLE, 1}, {QUIN_F_MOVE_ROW_FIRST, 63}}},
        {QUIN_DERR_FIELD,
         4,
         {{QUIN_F_MOVE_ROW_ENABLE, 1}, {QUIN_F_MOVE_ROW_FIRST, 0}, {QUIN_F_ANY_ROWS, 65}}},
        {QUIN_DERR_NONE, 4, {{QUIN_F_MOVE_ROW_FIRST, 63}}}, /* rows registers are not used */
        {QUIN_DERR_ALIGN, 4, {{QUIN_F_MOVE_DRAM_OFFSET, DATA_AT + 2}}},
        {QUIN_DERR_ALIGN, 2, {{QUIN_F_MOVE_DRAM_OFFSET, DATA_AT + 1}}},
        {QUIN_DERR_NONE, 2, {{QUIN_F_MOVE_DRAM_OFFSET, DATA_AT + 2}}},
        {QUIN_DERR_NONE, 1, {{QUIN_F_MOVE_DRAM_OFFSET, DATA_AT + 1}}},
        {QUIN_DERR_ALIGN, 4, {{QUIN_F_MOVE_DRAM_OUTER_STRIDE, 6}}},
        {QUIN_DERR_ALIGN, 2, {{QUIN_F_MOVE_DRAM_OUTER_STRIDE, 7}}},
        {QUIN_DERR_SCRATCHPAD, 4, {{QUIN_F_MOVE_SP_BASE, WORDS - 9}}},
        {QUIN_DERR_SCRATCHPAD, 4, {{QUIN_F_MOVE_SP_BASE, 0xfffff}}},
        {QUIN_DERR_SCRATCHPAD, 1, {{QUIN_F_MOVE_SP_BASE, WORDS - 2}, {QUIN_F_MOVE_N, 9}}},
        {QUIN_DERR_WINDOW, 4, {{QUIN_F_MOVE_DRAM_OFFSET, DRAM_BYTES}}},
        {QUIN_DERR_WINDOW, 1, {{QUIN_F_MOVE_DRAM_OFFSET, UINT64_C(0xffffffffff)}}},
        {QUIN_DERR_WINDOW, 1, {{QUIN_F_MOVE_DRAM_OFFSET, DRAM_BYTES - 4}}},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof bad / sizeof bad[0]; i++) {
        struct shape s = {.store = i & 1,
                          .rows = 2,
                          .groups = 1,
                          .n = 10,
                          .inner = 5,
                          .size = bad[i / 2].size,
                          .address = DATA_AT,
                          .outer = 32,
                          .dram_row = 256,
                          .sp_row = 100};
        put_command(&s);
        PUT(&d, MOVE, DRAM_OFFSET, DATA_AT);
        PUT(&d, MOVE, BASE_REG, 0);
        PUT(&d, MOVE, ROW_FIRST, 0);
        PUT(&d, ANY, ROWS_LIMIT, 0);
        PUT(&d, ANY, ROWS, 2);
        PUT(&d, MOVE, N_LIMIT, 0);
        PUT(&d, MOVE, N, 10);
        for (uint32_t j = 0; j < 3 && bad[i / 2].change[j].field; j++)
            assert_true(quin_cmd_set(&d.prog[0], bad[i / 2].change[j].field, bad[i / 2].change[j].value));
        uint32_t error = dut_run(&d);
        if (error != bad[i / 2].error)
            fail_msg("case %u: error %u, want %u", (unsigned)i / 2, error, bad[i / 2].error);
        s.address = quin_cmd_get(&d.prog[0], QUIN_F_MOVE_DRAM_OFFSET);
        if (error) {
            assert_int_equal(quin_device_reg_read(d.dev, QUIN_REG_ERROR_COMMAND), 0);
            sp_read(&d, 0, got, WORDS);
            assert_true(quin_device_mem_read(d.dev, DATA_AT, seen, REGION));
            if (s.store) {
                memcpy(dram + DATA_AT, seen, 1024);
            } else {
                memcpy(image, got, 300 * 4);
                memcpy(image + WORDS - 10, got + WORDS - 10, 40);
            }
        } else {
            assert_int_equal(d.record[0].checksum, expect(&s));
        }
        check_memories(REGION);
    }
}

/* A row that cannot be aligned: rows before it may have been moved or not, and no other byte has changed. */
static void test_later_rows(void **state)
{
    (void)state;
    for (uint32_t store = 0; store < 2; store++) {
        struct shape s = {
            .store = (int)store, .size = 2, .rows = 3, .groups = 2, .n = 6, .inner = 2, .outer = 8};
        s.address = DATA_AT + 64;
        s.dram_group = 128;
        s.dram_row = 513; /* row 1 begins at an odd address */
        s.sp_group = 8;
        s.sp_row = 32;
        s.sp = 100;
        put_command(&s);
        assert_int_equal(dut_run(&d), QUIN_DERR_ALIGN);
        assert_int_equal(get64(d.dev, QUIN_REG_ERROR_ADDRESS), s.address + 513);
        sp_read(&d, 0, got, WORDS);
        assert_true(quin_device_mem_read(d.dev, DATA_AT, seen, REGION));
        s.rows = 1;
        for (uint32_t g = 0; g < s.groups; g++) /* take over what row 0 may have written */
            for (uint32_t i = 0; i < s.n * s.size; i++) {
                uint64_t out = dram_byte(&s, 0, g, i / s.size, i % s.size);
                uint64_t in = sp_byte(&s, 0, g, i / s.size, i % s.size);
                uint8_t *have = store ? &dram[out] : (uint8_t *)image + in;
                uint8_t now = store ? seen[out - DATA_AT] : ((uint8_t *)got)[in];
                assert_true(now == *have || now == (store ? ((uint8_t *)image)[in] : dram[out]));
                *have = now;
            }
        check_memories(REGION);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),     cmocka_unit_test(test_kv_patterns), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_later_rows), cmocka_unit_test(test_far),
    };
    seed_start("test_move");
    return cmocka_run_group_tests(tests, open_device, close_device);
}
