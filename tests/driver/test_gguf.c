/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF reader: values against files of the published writer, and hostile headers built here byte by byte. */
#include "testdata.h"

#include <math.h>

#include "ternary.h"

/* ---- values ---- */

static void test_scalars(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("meta.gguf");
    struct quin_msg msg;
    static const struct {
        const char *key;
        uint64_t value;
    } ints[] = {{"u8", 200},         {"u16", 60000},      {"i16", 30000},   {"u32", 4000000000u},
                {"i32", 2000000000}, {"u64", UINT64_MAX}, {"i64_small", 77}};
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
        uint64_t v = 0;
        uint32_t w = 0;
        assert_int_equal(quin_gguf_get_u64(g, ints[i].key, &v, &msg), QUIN_OK);
        assert_true(v == ints[i].value);
        enum quin_err e = quin_gguf_get_u32(g, ints[i].key, &w, &msg);
        assert_int_equal(e, v <= UINT32_MAX ? QUIN_OK : QUIN_ERR_RANGE);
        if (!e)
            assert_true(w == v);
    }
    float f;
    bool b;
    assert_int_equal(quin_gguf_get_f32(g, "f32", &f, &msg), QUIN_OK);
    assert_true(f == 0.1f);
    assert_int_equal(quin_gguf_get_f32(g, "f64", &f, &msg), QUIN_OK);
    assert_true(f == 0.1f);
    assert_int_equal(quin_gguf_get_bool(g, "yes", &b, &msg), QUIN_OK);
    assert_true(b);
    assert_int_equal(quin_gguf_get_bool(g, "no", &b, &msg), QUIN_OK);
    assert_false(b);
    assert_int_equal(quin_gguf_version(g), 3);
    quin_gguf_free(g);
}

static void test_strings_and_arrays(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("meta.gguf");
    struct quin_msg msg;
    struct quin_str s, list[3];
    size_t n = 0;
    assert_int_equal(quin_gguf_get_str(g, "str", &s, &msg), QUIN_OK);
    assert_int_equal(s.len, 6);
    assert_memory_equal(s.ptr, "h\xc3\xb6lle", 6);
    assert_int_equal(quin_gguf_get_strs(g, "strs", NULL, 0, &n, &msg), QUIN_OK);
    assert_int_equal(n, 3);
    assert_int_equal(quin_gguf_get_strs(g, "strs", list, 3, &n, &msg), QUIN_OK);
    assert_true(list[0].len == 1 && list[1].len == 0 && list[2].len == 3 && !memcmp(list[2].ptr, "ccc", 3));
    assert_int_equal(quin_gguf_get_strs(g, "strs", list, 2, &n, &msg), QUIN_ERR_RANGE);
    int32_t i32s[4];
    assert_int_equal(quin_gguf_get_i32s(g, "i32s", i32s, 4, &n, &msg), QUIN_OK);
    assert_true(n == 4 && i32s[0] == 1 && i32s[1] == -2 && i32s[2] == INT32_MAX && i32s[3] == INT32_MIN);
    float f32s[2];
    assert_int_equal(quin_gguf_get_f32s(g, "f32s", f32s, 2, &n, &msg), QUIN_OK);
    assert_true(n == 2 && f32s[0] == 0.5f && f32s[1] == -1.5f);
    quin_gguf_free(g);
}

static void test_meta_errors(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("meta.gguf");
    struct quin_msg msg;
    uint32_t u;
    uint64_t v;
    float f;
    bool b;
    int32_t i[4];
    size_t n;
    struct quin_str s;
    testdata_expect(quin_gguf_get_u32(g, "absent", &u, &msg), QUIN_ERR_FORMAT, &msg, "'absent' is missing",
                    "convert");
    testdata_expect(quin_gguf_get_u32(g, "i8", &u, &msg), QUIN_ERR_RANGE, &msg, "'i8'", "does not fit");
    testdata_expect(quin_gguf_get_u64(g, "i64", &v, &msg), QUIN_ERR_RANGE, &msg, "'i64'", "does not fit");
    testdata_expect(quin_gguf_get_u64(g, "f32", &v, &msg), QUIN_ERR_FORMAT, &msg, "'f32' has type f32",
                    "integer");
    testdata_expect(quin_gguf_get_f32(g, "u8", &f, &msg), QUIN_ERR_FORMAT, &msg, "type u8", "f32");
    testdata_expect(quin_gguf_get_f32(g, "f64_big", &f, &msg), QUIN_ERR_RANGE, &msg, "'f64_big'", "f32");
    testdata_expect(quin_gguf_get_bool(g, "u8", &b, &msg), QUIN_ERR_FORMAT, &msg, "type u8", "bool");
    testdata_expect(quin_gguf_get_str(g, "strs", &s, &msg), QUIN_ERR_FORMAT, &msg, "array of string",
                    "convert");
    testdata_expect(quin_gguf_get_i32s(g, "strs", i, 4, &n, &msg), QUIN_ERR_FORMAT, &msg, "'strs'",
                    "integers");
    testdata_expect(quin_gguf_get_i32s(g, "bools", i, 4, &n, &msg), QUIN_ERR_FORMAT, &msg, "array of bool",
                    "integers");
    assert_int_equal(quin_gguf_get_u32_or(g, "absent", 7, &u, &msg), QUIN_OK);
    assert_int_equal(u, 7);
    assert_int_equal(quin_gguf_get_u32_or(g, "u32", 7, &u, &msg), QUIN_OK);
    assert_true(u == 4000000000u);
    assert_int_equal(quin_gguf_get_f32_or(g, "str", 7, &f, &msg), QUIN_ERR_FORMAT);
    assert_int_equal(quin_gguf_get_bool_or(g, "absent", true, &b, NULL), QUIN_OK);
    assert_true(b);
    quin_gguf_free(g);
}

static void test_tensors(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("meta.gguf");
    struct quin_msg msg;
    assert_int_equal(quin_gguf_tensor_count(g), 2);
    const struct quin_gguf_tensor *t = quin_gguf_tensor_find(g, "one");
    assert_non_null(t);
    assert_true(t->n_dims == 2 && t->ne[0] == 3 && t->ne[1] == 2 && t->ne[2] == 1 && t->size == 24);
    float row[3];
    assert_int_equal(quin_gguf_row_f32(t, 1, row, &msg), QUIN_OK);
    assert_true(row[0] == 4 && row[1] == 5 && row[2] == 6);
    testdata_expect(quin_gguf_row_f32(t, 2, row, &msg), QUIN_ERR_RANGE, &msg, "'one' has 2 rows", "row 2");
    t = quin_gguf_tensor_at(g, 1);
    assert_string_equal(t->name, "two");
    assert_true(t->offset % 64 == 0 && quin_gguf_row_f32(t, 0, row, &msg) == QUIN_OK && row[0] == 9);
    assert_null(quin_gguf_tensor_at(g, 2));
    testdata_expect(quin_gguf_tensor_get(g, "three", &t, &msg), QUIN_ERR_FORMAT, &msg, "'three' is missing",
                    "convert");
    quin_gguf_free(g);
}

static void check_floats(struct quin_gguf *g, const char *name)
{
    size_t len;
    uint8_t *want = testdata_read(name, ".f32", &len);
    assert_int_equal(len, 65536 * sizeof(float));
    const struct quin_gguf_tensor *t = quin_gguf_tensor_find(g, name);
    for (unsigned r = 0; r < 256; r++) {
        float got[256], w[256];
        struct quin_msg msg;
        assert_int_equal(quin_gguf_row_f32(t, r, got, &msg), QUIN_OK);
        memcpy(w, want + r * sizeof w, sizeof w);
        for (int i = 0; i < 256; i++)
            if (isnan(w[i]) ? !isnan(got[i]) : memcmp(&got[i], &w[i], 4) != 0)
                fail_msg("%s 0x%04x: %a, not %a", name, r * 256 + (unsigned)i, (double)got[i], (double)w[i]);
    }
    free(want);
}

static void test_every_16_bit_float(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("floats.gguf");
    check_floats(g, "f16");
    check_floats(g, "bf16");
    check_floats(g, "q8_0"); /* not all of them: random blocks */
    check_floats(g, "q6_k");
    quin_gguf_free(g);
}

static void test_open_errors(void **state)
{
    (void)state;
    struct quin_gguf *g;
    struct quin_msg msg;
    char path[1024];
    testdata_expect(quin_gguf_open_file("/nonexistent/x.gguf", &g, &msg), QUIN_ERR_IO, &msg, "/nonexistent",
                    "path");
    testdata_expect(quin_gguf_open_file("/dev", &g, &msg), QUIN_ERR_IO, &msg, "regular file", "GGUF");
    testdata_expect(quin_gguf_open_file("/dev/null", &g, &msg), QUIN_ERR_IO, &msg, "regular file", "GGUF");
    testdata_expect(quin_gguf_open_file(testdata_path("ternary.txt", "", path), &g, &msg), QUIN_ERR_FORMAT,
                    &msg, "not a GGUF", "give a model");
    assert_null(g);
    assert_int_equal(quin_gguf_open_file("/dev", &g, NULL), QUIN_ERR_IO);
}

/* ---- hostile headers ---- */

struct writer {
    uint8_t buf[4096];
    size_t n;
};

static void put(struct writer *w, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        w->buf[w->n++] = (uint8_t)(v >> (8 * i));
}

static void put_str(struct writer *w, const char *s)
{
    put(w, strlen(s), 8);
    memcpy(w->buf + w->n, s, strlen(s));
    w->n += strlen(s);
}

static struct writer header(uint32_t version, uint64_t tensors, uint64_t keys)
{
    struct writer w = {.n = 0};
    memcpy(w.buf, "GGUF", 4);
    w.n = 4;
    put(&w, version, 4);
    put(&w, tensors, 8);
    put(&w, keys, 8);
    return w;
}

static void put_tensor(struct writer *w, const char *name, uint32_t dims, uint64_t ne0, uint64_t ne1,
                       uint32_t type, uint64_t offset)
{
    put_str(w, name);
    put(w, dims, 4);
    put(w, ne0, 8);
    if (dims > 1)
        put(w, ne1, 8);
    put(w, type, 4);
    put(w, offset, 8);
}

static void pad(struct writer *w, size_t extra)
{
    w->n = (w->n + 31) / 32 * 32 + extra;
}

/* Opens an exact copy, so that a sanitizer sees every step beyond its end. */
static void expect_bytes(const struct writer *w, enum quin_err want, const char *a, const char *b)
{
    uint8_t *copy = malloc(w->n);
    struct quin_gguf *g;
    struct quin_msg msg = {"no message"};
    assert_non_null(copy);
    memcpy(copy, w->buf, w->n);
    enum quin_err e = quin_gguf_open_memory(copy, w->n, &g, &msg);
    testdata_expect(e, want, &msg, a, b);
    assert_true((g != NULL) == (e == QUIN_OK));
    quin_gguf_free(g);
    free(copy);
}

static void test_hostile_header(void **state)
{
    (void)state;
    struct writer w = header(3, 0, 0);
    expect_bytes(&w, QUIN_OK, "", "");
    w = header(2, 0, 0);
    expect_bytes(&w, QUIN_OK, "", "");
    w = header(1, 0, 0);
    expect_bytes(&w, QUIN_ERR_UNSUPPORTED, "version 1", "2 and 3");
    w = header(0x03000000, 0, 0);
    expect_bytes(&w, QUIN_ERR_UNSUPPORTED, "big endian", "little endian");
    w = header(3, UINT64_MAX, 0);
    expect_bytes(&w, QUIN_ERR_FORMAT, "18446744073709551615 tensors", "more than fit");
    w = header(3, 0, (uint64_t)1 << 60);
    expect_bytes(&w, QUIN_ERR_FORMAT, "1152921504606846976 metadata", "more than fit");
}

static void test_odd_values(void **state)
{
    (void)state;
    struct writer w = header(3, 0, 2);
    struct quin_gguf *g;
    struct quin_msg msg;
    struct quin_str s = {NULL, 99};
    bool b;
    put_str(&w, "empty");
    put(&w, QUIN_GGUF_STR, 4);
    put_str(&w, "");
    put_str(&w, "bool");
    put(&w, QUIN_GGUF_BOOL, 4);
    put(&w, 2, 1);
    assert_int_equal(quin_gguf_open_memory(w.buf, w.n, &g, &msg), QUIN_OK);
    assert_int_equal(quin_gguf_get_str(g, "empty", &s, &msg), QUIN_OK);
    assert_int_equal(s.len, 0);
    testdata_expect(quin_gguf_get_bool(g, "bool", &b, &msg), QUIN_ERR_RANGE, &msg, "'bool'", "0 or 1");
    quin_gguf_free(g);
}

static void test_hostile_metadata(void **state)
{
    (void)state;
    struct writer w = header(3, 0, 1);
    put(&w, UINT64_MAX - 3, 8); /* key length that wraps a 64-bit sum */
    w.n += 64;
    expect_bytes(&w, QUIN_ERR_FORMAT, "claims 18446744073709551612 bytes", "damaged");
    w = header(3, 0, 1);
    put_str(&w, "k\x1b[2J");
    put(&w, 99, 4);
    put(&w, 0, 8);
    expect_bytes(&w, QUIN_ERR_FORMAT, "'k?[2J' has unknown value type 99", "");
    w = header(3, 0, 1);
    put_str(&w, "nest");
    put(&w, QUIN_GGUF_ARRAY, 4);
    put(&w, QUIN_GGUF_ARRAY, 4);
    put(&w, 1, 8);
    w.n += 64;
    expect_bytes(&w, QUIN_ERR_UNSUPPORTED, "'nest' is an array of arrays", "");
    static const uint32_t elems[] = {QUIN_GGUF_U8, QUIN_GGUF_F64, QUIN_GGUF_STR};
    for (size_t i = 0; i < 3; i++) {
        w = header(3, 0, 1);
        put_str(&w, "big");
        put(&w, QUIN_GGUF_ARRAY, 4);
        put(&w, elems[i], 4);
        put(&w, ((uint64_t)1 << 61) + 1, 8); /* times 8 wraps to 8 */
        w.n += 64;
        expect_bytes(&w, QUIN_ERR_FORMAT, "'big' claims an array of 2305843009213693953", "");
    }
    w = header(3, 0, 2);
    for (int i = 0; i < 2; i++) {
        put_str(&w, "same");
        put(&w, QUIN_GGUF_U8, 4);
        put(&w, 1, 1);
    }
    w.n += 8;
    expect_bytes(&w, QUIN_ERR_FORMAT, "'same' appears twice", "");
    w = header(3, 0, 1);
    put_str(&w, "general.alignment");
    put(&w, QUIN_GGUF_U32, 4);
    put(&w, 48, 4);
    expect_bytes(&w, QUIN_ERR_FORMAT, "'general.alignment' is 48", "power of two");
}

static void test_hostile_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t dims;
        uint64_t ne0, ne1;
        uint32_t type;
        uint64_t offset;
        enum quin_err err;
        const char *say;
    } rows[] = {
        {"fits", 2, 4, 2, 0, 0, QUIN_OK, ""},
        {"ends", 1, 4, 0, 0, 16, QUIN_ERR_FORMAT, "not a multiple of 32"},
        {"past", 1, 4, 0, 0, 32, QUIN_ERR_FORMAT, "'past' (16 bytes at offset 32) reaches beyond"},
        {"long", 2, 4, 3, 0, 0, QUIN_ERR_FORMAT, "'long' (48 bytes at offset 0) reaches beyond"},
        {"far", 1, 4, 0, 0, UINT64_MAX - 31, QUIN_ERR_FORMAT, "reaches beyond"},
        {"zero", 2, 4, 0, 0, 0, QUIN_ERR_FORMAT, "'zero' is empty (dimension 1"},
        {"wrap", 2, (uint64_t)1 << 33, ((uint64_t)1 << 31) + 1, 0, 0, QUIN_ERR_FORMAT, "more than 2^63"},
        {"wrap4", 2, (uint64_t)1 << 31, (uint64_t)1 << 31, 0, 0, QUIN_ERR_FORMAT, "beyond"},
        {"block", 1, 255, 0, 34, 0, QUIN_ERR_FORMAT, "rows of 255 are not a multiple of the 256"},
        {"", 1, 4, 0, 0, 0, QUIN_ERR_FORMAT, "tensor name"},
        {"five", 5, 4, 4, 0, 0, QUIN_ERR_FORMAT, "5 dimensions"},
        {"i2_s", 1, 127, 0, 36, 0, QUIN_ERR_FORMAT, "127 weights, not a multiple of the 128"},
        {"i2_s", 2, 1 << 14, 1 << 14, 36, 0, QUIN_ERR_FORMAT, "(67108896 bytes at offset 0) reaches beyond"},
        {"odd", 1, 4, 0, 38, 0, QUIN_OK, ""},
        {"odd", 1, 4, 0, 4711, 0, QUIN_OK, ""},
        {"odd", 1, 4, 0, 4711, 64, QUIN_ERR_FORMAT, "beyond"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct writer w = header(3, 1, 0);
        put_tensor(&w, rows[i].name, rows[i].dims, rows[i].ne0, rows[i].ne1, rows[i].type, rows[i].offset);
        pad(&w, 32);
        expect_bytes(&w, rows[i].err, rows[i].err ? rows[i].say : "", "");
    }
    char name[QUIN_GGUF_NAME_MAX + 2];
    for (size_t len = QUIN_GGUF_NAME_MAX; len <= QUIN_GGUF_NAME_MAX + 1; len++) {
        struct writer w = header(3, 1, 0);
        memset(name, 'n', len);
        name[len] = '\0';
        put_tensor(&w, name, 1, 4, 0, 0, 0);
        pad(&w, 32);
        bool fits = len <= QUIN_GGUF_NAME_MAX;
        expect_bytes(&w, fits ? QUIN_OK : QUIN_ERR_FORMAT, fits ? "" : "longer than 127 bytes", "");
    }
    struct writer w = header(3, 2, 0);
    put_tensor(&w, "same", 1, 4, 0, 0, 0);
    put_tensor(&w, "same", 1, 4, 0, 0, 0);
    pad(&w, 32);
    expect_bytes(&w, QUIN_ERR_FORMAT, "'same' appears twice", "");
}

static void test_unsupported_type_is_named(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        const char *name;
    } rows[] = {{2, "Q4_0 (2)"}, {12, "Q4_K (12)"}, {38, "TL1 (38)"}, {4711, "unknown (4711)"}};
    for (size_t i = 0; i < 4; i++) {
        struct writer w = header(3, 1, 0);
        put_tensor(&w, "odd", 1, 256, 0, rows[i].type, 0);
        pad(&w, 1024);
        struct quin_gguf *g;
        struct quin_msg msg;
        float row[256];
        int8_t trits[256];
        assert_int_equal(quin_gguf_open_memory(w.buf, w.n, &g, &msg), QUIN_OK);
        const struct quin_gguf_tensor *t = quin_gguf_tensor_at(g, 0);
        testdata_expect(quin_gguf_row_f32(t, 0, row, &msg), QUIN_ERR_UNSUPPORTED, &msg, "'odd'",
                        rows[i].name);
        testdata_expect(quin_ternary_from_tensor(g, t, trits, row, &msg), QUIN_ERR_UNSUPPORTED, &msg, "'odd'",
                        rows[i].name);
        quin_gguf_free(g);
    }
}

/* --override-kv: entries of the four types, in place of the file's or beside them. */
static void test_override(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("meta.gguf");
    struct quin_msg msg;
    static const char *const good[] = {"u32=int:7", "i64=int:-8", "f32=float:2.5", "yes=bool:false", "str=str:a:b=c",
                                       "new.key=str:", "u8=str:text"};
    size_t before = quin_gguf_kv_count(g);
    uint64_t u;
    float f;
    bool b;
    struct quin_str s;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(quin_gguf_override(g, good[i], &msg), QUIN_OK);
    assert_int_equal(quin_gguf_kv_count(g), before + 1);
    assert_true(!quin_gguf_get_u64(g, "u32", &u, &msg) && u == 7);
    assert_true(!quin_gguf_get_f32(g, "f32", &f, &msg) && f == 2.5f);
    assert_true(!quin_gguf_get_bool(g, "yes", &b, &msg) && !b);
    assert_true(!quin_gguf_get_str(g, "str", &s, &msg) && s.len == 5 && !memcmp(s.ptr, "a:b=c", 5));
    assert_true(!quin_gguf_get_str(g, "new.key", &s, &msg) && s.len == 0);
    testdata_expect(quin_gguf_get_u64(g, "i64", &u, &msg), QUIN_ERR_RANGE, &msg, "i64", "");
    testdata_expect(quin_gguf_get_u64(g, "u8", &u, &msg), QUIN_ERR_FORMAT, &msg, "u8", "string");
    assert_true(!quin_gguf_get_u64(g, "u16", &u, &msg) && u == 60000); /* the others stay */
    static const char *const bad[] = {"", "=", "a", "a=", "a=int", "=int:1", "a=int:", "a=int:1x", "a=bool:1",
                                      "a=float:", "a=float:x", "a=u32:1", "a=int:99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        testdata_expect(quin_gguf_override(g, bad[i], &msg), QUIN_ERR_ARG, &msg, "override", "KEY=TYPE:VALUE");
    quin_gguf_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_strings_and_arrays),
        cmocka_unit_test(test_meta_errors),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_every_16_bit_float),
        cmocka_unit_test(test_open_errors),
        cmocka_unit_test(test_hostile_header),
        cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_hostile_metadata),
        cmocka_unit_test(test_hostile_tensors),
        cmocka_unit_test(test_unsupported_type_is_named),
        cmocka_unit_test(test_override),
    };
    return cmocka_run_group_tests_name("gguf", tests, NULL, NULL);
}
