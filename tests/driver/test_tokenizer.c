/* SPDX-License-Identifier: Apache-2.0 */
/* Tokenizer: words and token ids against the published `tokenizers` package, the way back to bytes, bad
 * vocabularies.
 */
#include "token_cases.h"

/* Decoding must give the text back, but for control tokens, which decode to nothing. */
static void check_decode(const struct quin_tokenizer *t, const struct quin_tokens *ids, const char *text,
                         size_t len)
{
    size_t pos = 0;
    for (size_t i = 0; i < ids->n; i++) {
        struct quin_str s;
        struct quin_msg msg;
        assert_int_equal(quin_tokenizer_decode(t, ids->ids[i], &s, &msg), QUIN_OK);
        if (quin_tokenizer_is_control(t, ids->ids[i])) {
            assert_int_equal(s.len, 0);
            assert_true(pos < len && text[pos] == '<');
            pos = (size_t)((const char *)memchr(text + pos, '>', len - pos) - text) + 1;
        } else {
            assert_true(s.len <= len - pos && memcmp(s.ptr, text + pos, s.len) == 0);
            pos += s.len;
        }
    }
    assert_int_equal(pos, len);
}

static void test_published_ids(void **state)
{
    (void)state;
    run_cases("tok.gguf", "tok.cases", 5000, check_decode);
}

static void test_published_splits(void **state)
{
    (void)state;
    run_splits("gpt-2", "gpt-2");
}

static void test_invalid_utf8(void **state)
{
    (void)state;
    /* The limits of each length, surrogates and overlong forms: alternately just valid and just not. */
    static const char *const valid[] = {"\x7f",         "\xc2\x80",         "\xdf\xbf",
                                        "\xe0\xa0\x80", "\xed\x9f\xbf",     "\xee\x80\x80",
                                        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const invalid[] = {"\x80",
                                          "\xc1\xbf",
                                          "\xc2",
                                          "\xe0\x9f\xbf",
                                          "\xed\xa0\x80",
                                          "\xef\xbf",
                                          "\xf0\x8f\xbf\xbf",
                                          "\xf4\x90\x80\x80",
                                          "\xf5\x80\x80\x80",
                                          "\xff"};
    struct quin_pretok *p;
    struct quin_pretok_run run;
    struct quin_piece piece;
    struct quin_msg msg;
    assert_int_equal(quin_pretok_create(NULL, &p, &msg), QUIN_OK);
    assert_int_equal(quin_pretok_begin(p, &run, &msg), QUIN_OK);
    size_t n = sizeof valid / sizeof valid[0], m = sizeof invalid / sizeof invalid[0];
    for (size_t i = 0; i < n + m; i++) {
        const char *text = i < n ? valid[i] : invalid[i - n];
        quin_pretok_text(&run, text, strlen(text));
        assert_int_equal(quin_pretok_next(&run, &piece, &msg), QUIN_OK);
        assert_int_equal(piece.len, strlen(text));
        if (piece.invalid != (i >= n))
            fail_msg("sequence %zu taken as %s", i, piece.invalid ? "invalid" : "valid");
    }
    quin_pretok_end(&run);
    quin_pretok_free(p);
}

static void test_absent_pre_is_gpt2(void **state)
{
    (void)state;
    run_cases("tok_absent.gguf", "tok.cases", 5000, check_decode);
}

static void test_accessors(void **state)
{
    (void)state;
    struct quin_tokenizer *t = open_tokenizer("tok.gguf");
    uint32_t end = quin_tokenizer_find(t, "<|end|>", 7);
    assert_true(end < quin_tokenizer_size(t) && quin_tokenizer_size(t) > 256);
    assert_int_equal(quin_tokenizer_bos(t), end);
    assert_int_equal(quin_tokenizer_eos(t), end);
    assert_true(quin_tokenizer_add_bos(t) && quin_tokenizer_is_control(t, end));
    assert_false(quin_tokenizer_is_control(t, quin_tokenizer_find(t, "<tool>", 6)));
    assert_false(quin_tokenizer_is_control(t, UINT32_MAX));
    assert_int_equal(quin_tokenizer_find(t, "<|none|>", 8), QUIN_TOKEN_NONE);
    struct quin_str s;
    struct quin_msg msg;
    testdata_expect(quin_tokenizer_decode(t, quin_tokenizer_size(t), &s, &msg), QUIN_ERR_RANGE, &msg,
                    "does not exist", "vocabulary");
    struct quin_tokens ids = {0};
    assert_int_equal(quin_tokenizer_encode(t, "", 0, true, &ids, &msg), QUIN_OK);
    assert_int_equal(ids.n, 0);
    quin_tokenizer_free(t);
    t = open_tokenizer("tok_default.gguf");
    assert_int_equal(quin_tokenizer_bos(t), QUIN_TOKEN_NONE);
    assert_false(quin_tokenizer_add_bos(t));
    quin_tokenizer_free(t);
}

static void test_missing_byte_tokens(void **state)
{
    (void)state;
    struct quin_tokenizer *t = open_tokenizer("tok_holes.gguf");
    struct quin_tokens ids = {0};
    struct quin_msg msg = {"no message"};
    assert_int_equal(quin_tokenizer_encode(t, "the girl", 8, true, &ids, &msg), QUIN_OK);
    testdata_expect(quin_tokenizer_encode(t, "a Queen", 7, true, &ids, &msg), QUIN_ERR_FORMAT, &msg,
                    "byte 0x51", "leave");
    testdata_expect(quin_tokenizer_encode(t, "a Zoo", 5, false, &ids, &msg), QUIN_ERR_FORMAT, &msg,
                    "byte 0x5A", "leave");
    testdata_expect(quin_tokenizer_encode(t, "a\0b", 3, true, &ids, &msg), QUIN_ERR_FORMAT, &msg, "byte 0x00",
                    "leave");
    quin_tokens_free(&ids);
    quin_tokenizer_free(t);
}

static void test_bad_tokenizers(void **state)
{
    (void)state;
    static const struct {
        const char *file, *a, *b;
        enum quin_err err;
    } rows[] = {
        {"bad_pre.gguf", "'llama-4711'", "gpt-2, default", QUIN_ERR_UNSUPPORTED},
        {"bad_model.gguf", "'bert'", "'gpt2'", QUIN_ERR_UNSUPPORTED},
        {"bad_no_model.gguf", "no tokenizer", "tokenizer.ggml.model", QUIN_ERR_FORMAT},
        {"bad_no_merges.gguf", "tokenizer.ggml.merges", "missing", QUIN_ERR_FORMAT},
        {"meta.gguf", "no tokenizer", "convert", QUIN_ERR_FORMAT},
        {"bad_dup.gguf", "tokens 300 and", "are both", QUIN_ERR_FORMAT},
        {"bad_kinds.gguf", "tokenizer.ggml.token_type", "entries for", QUIN_ERR_FORMAT},
        {"bad_kind.gguf", "unknown type 9", "convert", QUIN_ERR_FORMAT},
        {"bad_bos.gguf", "tokenizer.ggml.bos_token_id", "tokens; convert", QUIN_ERR_FORMAT},
        {"bad_eos.gguf", "tokenizer.ggml.eos_token_id", "4294967295", QUIN_ERR_FORMAT},
        {"bad_add_bos.gguf", "add_bos_token", "names none", QUIN_ERR_FORMAT},
        {"bad_merge_left.gguf", "'qqq a'", "joins a token", QUIN_ERR_FORMAT},
        {"bad_merge_result.gguf", "'q q'", "makes a token", QUIN_ERR_FORMAT},
        {"bad_merge_space.gguf", "'qq'", "no space", QUIN_ERR_FORMAT},
        {"bad_merge_three.gguf", "'a b c'", "two halves", QUIN_ERR_FORMAT},
        {"bad_merge_control.gguf", "'h e'", "control token", QUIN_ERR_FORMAT},
        {"bad_merge_twice.gguf", "merge", "listed twice", QUIN_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct quin_gguf *g = testdata_open(rows[i].file);
        struct quin_tokenizer *t;
        struct quin_msg msg = {"no message"};
        testdata_expect(quin_tokenizer_create(g, &t, &msg), rows[i].err, &msg, rows[i].a, rows[i].b);
        assert_null(t);
        quin_gguf_free(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_splits), cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_published_ids),    cmocka_unit_test(test_absent_pre_is_gpt2),
        cmocka_unit_test(test_accessors),        cmocka_unit_test(test_missing_byte_tokens),
        cmocka_unit_test(test_bad_tokenizers),
    };
    return cmocka_run_group_tests_name("tokenizer", tests, NULL, NULL);
}
