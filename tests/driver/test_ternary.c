/* SPDX-License-Identifier: Apache-2.0 */
/* Ternary tensors: trits, rows and scales against the published `gguf` package; what is not ternary is
 * refused with the right words. */
#include "testdata.h"

#include "ternary.h"

static void check_rows(const struct quin_gguf_tensor *t, const float *want)
{
    struct quin_msg msg;
    float *row = malloc((size_t)t->ne[0] * sizeof *row);
    assert_non_null(row);
    for (uint64_t r = 0; r < quin_gguf_tensor_rows(t); r++) {
        assert_int_equal(quin_gguf_row_f32(t, r, row, &msg), QUIN_OK);
        for (uint64_t k = 0; k < t->ne[0]; k++)
            if (memcmp(&row[k], &want[r * t->ne[0] + k], sizeof *row) != 0)
                fail_msg("%s[%llu][%llu]: %a, not %a", t->name, (unsigned long long)r, (unsigned long long)k,
                         (double)row[k], (double)want[r * t->ne[0] + k]);
    }
    free(row);
}

static void check_tensor(struct quin_gguf *g, const char *name, size_t rows, size_t cols, float want_scale)
{
    const struct quin_gguf_tensor *t = quin_gguf_tensor_find(g, name);
    assert_non_null(t);
    assert_true(t->ne[0] == cols && quin_gguf_tensor_rows(t) == rows);
    size_t n = rows * cols, len;
    int8_t *trits = malloc(n);
    uint8_t *want = testdata_read(name, ".i8", &len);
    assert_true(trits && len == n);
    memset(trits, 99, n);
    float scale = -1;
    struct quin_msg msg = {""};
    if (quin_ternary_from_tensor(g, t, trits, &scale, &msg))
        fail_msg("%s: %s", name, msg.text);
    for (size_t i = 0; i < n; i++)
        if (trits[i] != (int8_t)want[i])
            fail_msg("%s[%zu][%zu] is %d, not %d", name, i / cols, i % cols, trits[i], (int8_t)want[i]);
    if (scale != want_scale)
        fail_msg("%s: scale %a, not %a", name, (double)scale, (double)want_scale);
    free(want);
    free(trits);
    float *floats = (float *)testdata_read(name, ".f32", &len);
    assert_int_equal(len, n * sizeof(float));
    check_rows(t, floats);
    free(floats);
}

static void test_ternary_tensors(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("ternary.gguf");
    char path[1024], name[128], scale[64];
    size_t rows, cols, n = 0;
    FILE *f = fopen(testdata_path("ternary.txt", "", path), "r");
    assert_non_null(f);
    while (fscanf(f, "%127s %zu %zu %63s", name, &rows, &cols, scale) == 4) {
        check_tensor(g, name, rows, cols, strtof(scale, NULL));
        n++;
    }
    fclose(f);
    assert_true(n >= 20 && n + 1 == quin_gguf_tensor_count(g)); /* + 1: the scale tensor */
    quin_gguf_free(g);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *a, *b;
        enum quin_err err;
    } rows[] = {
        {"gauss_f32", "'gauss_f32' is not ternary: row 0, column 1 is 0.25",
         "0.5; if this file holds masters", QUIN_ERR_FORMAT},
        {"gauss_f16", "row 0, column 1 is 0.25", "quintrit.masters=bool:true", QUIN_ERR_FORMAT},
        {"last_f32", "row 6, column 511 is 0.500488281", "absmean", QUIN_ERR_FORMAT},
        {"last_f16", "row 6, column 511 is 0.500488281", "absmean", QUIN_ERR_FORMAT},
        {"nan_f32", "row 3, column 5", "not a finite number", QUIN_ERR_FORMAT},
        {"nan_f16", "row 3, column 5", "not a finite number", QUIN_ERR_FORMAT},
        {"inf_f32", "row 3, column 5: -inf", "not a finite number", QUIN_ERR_FORMAT},
        {"inf_f16", "row 3, column 5: -inf", "not a finite number", QUIN_ERR_FORMAT},
        {"master_bf16", "'master_bf16' is not ternary: row 0, column 1", "absmean", QUIN_ERR_FORMAT},
        {"scale_tq1_0", "block 1 of row 5 has scale 0.25", "have 0.5", QUIN_ERR_FORMAT},
        {"scale_tq2_0", "block 1 of row 5 has scale 0.25", "have 0.5", QUIN_ERR_FORMAT},
        {"nan_tq1_0", "row 5, column 256", "not a finite number", QUIN_ERR_FORMAT},
        {"inf_tq2_0", "row 5, column 256", "not a finite number", QUIN_ERR_FORMAT},
        {"code_tq2", "row 6, column 457: TQ2_0 code 3", "damaged", QUIN_ERR_FORMAT},
        {"t_q8", "'t_q8' has type Q8_0 (8)", "convert", QUIN_ERR_UNSUPPORTED},
        {"code_i2s", "'code_i2s', weight 713: I2_S code 3", "damaged", QUIN_ERR_FORMAT},
        {"zero_i2s", "'zero_i2s': its I2_S scale is 0", "convert", QUIN_ERR_FORMAT},
        {"nan_i2s", "'nan_i2s': its I2_S scale is", "nan", QUIN_ERR_FORMAT},
        {"blk.0.attn_q.weight", "'blk.0.attn_q.scale' must hold exactly one", "convert", QUIN_ERR_FORMAT},
        {"blk.1.attn_q.weight", "'blk.1.attn_q.scale' is 0", "positive", QUIN_ERR_FORMAT},
        {"blk.2.attn_q.weight", "'blk.2.attn_q.scale' is -1", "positive", QUIN_ERR_FORMAT},
        {"blk.3.attn_q.weight", "'blk.3.attn_q.scale'", "positive", QUIN_ERR_FORMAT},
        {"blk.4.attn_q.weight", "'blk.4.attn_q.weight'", "leaves the range", QUIN_ERR_RANGE},
    };
    static int8_t trits[7 * 512];
    struct quin_gguf *g = testdata_open("bad.gguf");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct quin_gguf_tensor *t = quin_gguf_tensor_find(g, rows[i].name);
        float scale;
        struct quin_msg msg = {"no message"};
        assert_true(t && t->ne[0] * t->ne[1] <= sizeof trits);
        testdata_expect(quin_ternary_from_tensor(g, t, trits, &scale, &msg), rows[i].err, &msg, rows[i].a,
                        rows[i].b);
    }
    quin_gguf_free(g);
}

static void test_row_refuses_code_3(void **state)
{
    (void)state;
    struct quin_gguf *g = testdata_open("bad.gguf");
    const struct quin_gguf_tensor *t = quin_gguf_tensor_find(g, "code_tq2");
    float row[512];
    struct quin_msg msg;
    assert_int_equal(quin_gguf_row_f32(t, 5, row, &msg), QUIN_OK);
    testdata_expect(quin_gguf_row_f32(t, 6, row, &msg), QUIN_ERR_FORMAT, &msg, "row 6, column 457", "code 3");
    quin_gguf_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ternary_tensors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_row_refuses_code_3),
    };
    return cmocka_run_group_tests_name("ternary", tests, NULL, NULL);
}
