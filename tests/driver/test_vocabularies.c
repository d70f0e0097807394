/* SPDX-License-Identifier: Apache-2.0 */
/* Vocabularies of published kinds: words of every pre-tokenizer and ids of byte-level ones against the package
 * `tokenizers`, SentencePiece's against `sentencepiece`; special tokens, bos and eos, literal spans. */
#include "token_cases.h"

/* The bytes of all tokens, without spaces and control tokens, are those of the text: SentencePiece puts spaces
 * before texts. */
static void check_decode(const struct quin_tokenizer *t, const struct quin_tokens *ids, const char *text, size_t len)
{
    size_t pos = 0;
    for (size_t i = 0; i < ids->n; i++) {
        struct quin_str s;
        struct quin_msg msg;
        assert_int_equal(quin_tokenizer_decode(t, ids->ids[i], &s, &msg), QUIN_OK);
        if (!s.len) {
            assert_true(pos < len);
            while (text[pos] == ' ')
                pos++;
            struct quin_str name = quin_tokenizer_text(t, ids->ids[i]);
            assert_memory_equal(text + pos, name.ptr, name.len);
            pos += name.len;
        }
        for (size_t j = 0; j < s.len; j++) {
            if (s.ptr[j] == ' ')
                continue;
            while (pos < len && (text[pos] == ' ' || (len - pos >= 3 && !memcmp(text + pos, "\xe2\x96\x81", 3))))
                pos += text[pos] == ' ' ? 1 : 3;
            assert_true(pos < len);
            assert_int_equal(s.ptr[j], text[pos++]);
        }
    }
    while (pos < len && (text[pos] == ' ' || (len - pos >= 3 && !memcmp(text + pos, "\xe2\x96\x81", 3))))
        pos += text[pos] == ' ' ? 1 : 3;
    assert_int_equal(pos, len);
}

static void test_splits(void **state)
{
    (void)state;
    /* Every row of the table, and the published pre-tokenizer that it must be like. */
    static const char *const like[][2] = {
        {"gpt-2", "gpt-2"},       {"default", "gpt-2"},     {"phi-2", "gpt-2"},         {"olmo", "gpt-2"},
        {"mpt", "gpt-2"},         {"dbrx", "llama-bpe"},    {"llama-bpe", "llama-bpe"}, {"llama3", "llama-bpe"},
        {"llama-v3", "llama-bpe"}, {"falcon3", "llama-bpe"}, {"falcon_e", "llama-bpe"},  {"falcon-h1", "llama-bpe"},
        {"qwen2", "qwen2"},       {"stablelm2", "qwen2"},   {"falcon", "falcon"},       {"smollm", "smollm"},
        {"starcoder", "smollm"},  {"refact", "smollm"},     {"command-r", "smollm"},
    };
    size_t rows = 0;
    while (quin_pretok_row_at(rows))
        rows++;
    assert_int_equal(rows, sizeof like / sizeof like[0]);
    for (size_t i = 0; i < rows; i++)
        run_splits(like[i][0], like[i][1]);
}

static void test_byte_level(void **state)
{
    (void)state;
    run_cases("tok_dbrx.gguf", "tok_dbrx.cases", 1500, check_decode);
    run_cases("tok_qwen2.gguf", "tok_qwen2.cases", 1500, check_decode);
    run_cases("tok_falcon.gguf", "tok_falcon.cases", 1500, check_decode);
    run_cases("tok_smollm.gguf", "tok_smollm.cases", 1500, check_decode);
}

/* No pre-tokenizer is named, but the vocabulary is Llama 3's; some tokens are made by no merge. */
static void test_llama3(void **state)
{
    (void)state;
    run_cases("tok_llama-bpe.gguf", "tok_llama-bpe.cases", 1500, check_decode);
    struct quin_tokenizer *t = open_tokenizer("tok_llama-bpe.gguf");
    assert_true(quin_tokenizer_guessed(t));
    assert_string_equal(quin_tokenizer_kind(t), "llama-bpe");
    assert_true(quin_tokenizer_add_bos(t)); /* no key says it */
    assert_int_equal(quin_tokenizer_bos(t), quin_tokenizer_find(t, "<|begin_of_text|>", 17));
    quin_tokenizer_free(t);
    t = open_tokenizer("tok_dbrx.gguf");
    assert_false(quin_tokenizer_guessed(t) || quin_tokenizer_add_bos(t));
    quin_tokenizer_free(t);
}

static void test_sentencepiece(void **state)
{
    (void)state;
    run_cases("spm.gguf", "spm.cases", 3000, check_decode);
    run_cases("spm_no_prefix.gguf", "spm_no_prefix.cases", 3000, check_decode);
    struct quin_tokenizer *t = open_tokenizer("spm.gguf");
    assert_string_equal(quin_tokenizer_kind(t), "SentencePiece");
    assert_true(quin_tokenizer_add_bos(t)); /* no key says it, nor what bos and eos are */
    assert_int_equal(quin_tokenizer_bos(t), quin_tokenizer_find(t, "<s>", 3));
    assert_int_equal(quin_tokenizer_eos(t), quin_tokenizer_find(t, "</s>", 4));
    quin_tokenizer_free(t);
    t = open_tokenizer("spm_no_bos.gguf");
    assert_false(quin_tokenizer_add_bos(t));
    quin_tokenizer_free(t);
}

/* A control token counts outside the spans, and not where it touches one; words go across the ends. */
static void test_literal_spans(void **state)
{
    (void)state;
    static const char text[] = "<|eot_id|>a <|eot_id|> b<|eot_id|>";
    static const struct quin_span spans[] = {{11, 13}, {21, 24}};
    struct quin_tokenizer *t = open_tokenizer("tok_llama-bpe.gguf");
    struct quin_tokens ids = {0}, plain = {0};
    struct quin_msg msg = {"no message"};
    uint32_t eot = quin_tokenizer_find(t, "<|eot_id|>", 10);
    assert_int_equal(quin_tokenizer_encode_marked(t, text, strlen(text), spans, 2, &ids, &msg), QUIN_OK);
    assert_int_equal(quin_tokenizer_encode(t, "a <|eot_id|> b", 14, false, &plain, &msg), QUIN_OK);
    assert_int_equal(ids.n, plain.n + 2);
    assert_int_equal(ids.ids[0], eot);
    assert_int_equal(ids.ids[ids.n - 1], eot);
    assert_memory_equal(ids.ids + 1, plain.ids, plain.n * sizeof *plain.ids);
    quin_tokens_free(&ids);
    quin_tokens_free(&plain);
    quin_tokenizer_free(t);
}

static void test_bad_vocabularies(void **state)
{
    (void)state;
    static const struct {
        const char *file, *a, *b;
        enum quin_err err;
    } rows[] = {
        {"bad_spm_scores.gguf", "tokenizer.ggml.scores", "entries for", QUIN_ERR_FORMAT},
        {"bad_spm_nan.gguf", "score of token 300", "convert", QUIN_ERR_FORMAT},
        {"bad_spm_squeeze.gguf", "remove_extra_whitespaces", "not supported", QUIN_ERR_UNSUPPORTED},
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
        cmocka_unit_test(test_splits),        cmocka_unit_test(test_byte_level),
        cmocka_unit_test(test_llama3),        cmocka_unit_test(test_sentencepiece),
        cmocka_unit_test(test_literal_spans), cmocka_unit_test(test_bad_vocabularies),
    };
    return cmocka_run_group_tests_name("vocabularies", tests, NULL, NULL);
}
