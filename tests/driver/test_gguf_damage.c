/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF reader, ternary decoder and tokenizer on a valid file that is cut at every length and changed at
 * random: an error or a result, never a crash (run it under a sanitizer). */
#include "testdata.h"

#include "ternary.h"
#include "tokenizer.h"

/* How far damaged files were read. */
struct depth {
    int opened, ternary, tokenizers;
};

static void use_tensor(const struct quin_gguf *g, const struct quin_gguf_tensor *t, struct depth *d)
{
    struct quin_msg msg;
    uint64_t rows = quin_gguf_tensor_rows(t);
    if (t->ne[0] > 65536 || rows > 65536 / t->ne[0])
        return; /* a type without known size may claim any shape */
    float scale, *row = malloc((size_t)t->ne[0] * sizeof *row);
    int8_t *trits = malloc((size_t)(t->ne[0] * rows));
    assert_true(row && trits);
    for (uint64_t r = 0; r < rows; r++)
        quin_gguf_row_f32(t, r, row, &msg);
    d->ternary += quin_ternary_from_tensor(g, t, trits, &scale, &msg) == QUIN_OK;
    free(row);
    free(trits);
}

static void use_tokenizer(const struct quin_gguf *g, struct depth *d)
{
    static const char text[] = "the tool\xff <tool>";
    struct quin_tokenizer *tok;
    struct quin_msg msg;
    struct quin_tokens ids = {0};
    struct quin_str s;
    if (quin_tokenizer_create(g, &tok, &msg))
        return;
    d->tokenizers++;
    quin_tokenizer_encode(tok, text, sizeof text - 1, true, &ids, &msg);
    for (size_t i = 0; i < ids.n; i++)
        assert_int_equal(quin_tokenizer_decode(tok, ids.ids[i], &s, &msg), QUIN_OK);
    quin_tokens_free(&ids);
    quin_tokenizer_free(tok);
}

/* Opens a damaged file and reads everything in it; any result is right that is no crash. */
static void use(const uint8_t *data, size_t len, struct depth *d)
{
    struct quin_gguf *g;
    struct quin_msg msg = {""};
    if (quin_gguf_open_memory(data, len, &g, &msg)) {
        assert_true(msg.text[0] != '\0');
        return;
    }
    d->opened++;
    for (size_t i = 0; i < quin_gguf_tensor_count(g); i++)
        use_tensor(g, quin_gguf_tensor_at(g, i), d);
    use_tokenizer(g, d);
    quin_gguf_free(g);
}

static void test_cut_at_every_length(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = testdata_read("small.gguf", "", &len);
    struct depth d = {0};
    for (size_t n = 0; n <= len; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, data, n);
        use(copy, n, &d);
        free(copy);
    }
    /* The last tensor is one float, and the writer pads its end: just these last lengths are complete. */
    assert_in_range(d.opened, 1, 32);
    assert_int_equal(d.tokenizers, d.opened);
    assert_int_equal(d.ternary, 5 * d.opened);
    free(data);
}

static uint32_t next_random(uint32_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 17;
    *s ^= *s << 5;
    return *s;
}

static void test_random_damage(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = testdata_read("small.gguf", "", &len), *copy = malloc(len);
    uint32_t seed = 12345;
    struct depth d = {0};
    int cases = 20000;
    assert_true(copy && len > 4096);
    for (int i = 0; i < cases; i++) {
        memcpy(copy, data, len);
        for (uint32_t k = next_random(&seed) % 3 + 1; k > 0; k--) {
            /* A quarter of the hits goes to the first keys, a quarter anywhere, half to the tensors. */
            uint32_t part = next_random(&seed) % 4;
            size_t from = part < 2 ? 0 : 4096, end = part == 0 ? 512 : len;
            size_t at = from + next_random(&seed) % (end - from);
            uint32_t kind = next_random(&seed) % 3;
            if (kind == 0)
                copy[at] ^= (uint8_t)(1u << (next_random(&seed) % 8));
            else
                copy[at] = kind == 1 ? 0xff : (uint8_t)next_random(&seed);
        }
        use(copy, len, &d);
    }
    /* Every way must have been gone often. */
    assert_in_range(d.opened, cases / 5, cases * 4 / 5);
    assert_in_range(d.tokenizers, cases / 10, d.opened - cases / 20);
    assert_in_range(d.ternary, cases / 2, 5 * d.opened - cases / 20);
    free(copy);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_length),
        cmocka_unit_test(test_random_damage),
    };
    return cmocka_run_group_tests_name("gguf damage", tests, NULL, NULL);
}
