/* SPDX-License-Identifier: Apache-2.0
 *
 * One decoder layer in the shape of BitNet b1.58 2B-4T (random weights, context 4096) compiled for the scratchpad of an
 * LFE5U-85F board, on the golden device against the float reference. `test_layer_2b4t N` takes N tokens, 4096 at most.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine.h"
#include "reference.h"

enum { VOCAB = 256, CONTEXT = 4096 };

static size_t tokens_wanted = 24;
static struct quin_msg msg;

#define OK(call)                               \
    do {                                       \
        if ((call) != QUIN_OK)                 \
            fail_msg("%s: %s", #call, msg.text); \
    } while (0)

struct error {
    double mean, worst; /* largest error of a position's logits, in their standard deviations */
    size_t differ;      /* positions with another greedy choice */
};

/* The reference is asked only for the last `checked` positions' logits. */
static struct error measure(const struct quin_model *m, bool exact, const uint32_t *tokens, size_t n, size_t checked)
{
    struct quin_engine_options o = quin_engine_defaults();
    struct quin_engine *e = NULL;
    struct quin_reference *r = NULL;
    struct quin_engine_info info;
    struct error error = {0};
    float expected[VOCAB], *logits = malloc(sizeof(float) * VOCAB * n);
    uint32_t best;
    o.config = "ecpix5";
    o.exact = exact;
    assert_non_null(logits);
    OK(quin_engine_open_model(m, &o, NULL, &e, &msg));
    quin_engine_info(e, &info);
    print_message("configuration %s: %u of %u scratchpad words, %u tokens a prefill run, attention by %u positions\n",
                  info.config, info.scratchpad_used, info.scratchpad_words, info.prefill_rows, info.attention_block);
    assert_true(info.scratchpad_used <= info.scratchpad_words);
    assert_int_equal(info.context, CONTEXT);
    /* half by prefill, the last four by decode */
    OK(quin_engine_feed(e, 0, 0, tokens, n - 4, true, logits, &best, &msg));
    for (size_t i = n - 4; i < n; i++)
        OK(quin_engine_feed(e, 0, (uint32_t)i, &tokens[i], 1, false, logits + i * VOCAB, &best, &msg));
    OK(quin_reference_create(m, NULL, &r, &msg));
    for (size_t i = 0; i < n; i++) {
        double squares = 0, worst = 0;
        OK(quin_reference_forward(r, tokens[i], i, i + checked >= n ? expected : NULL, &msg));
        if (i + checked < n)
            continue;
        uint32_t mine = 0, theirs = 0;
        for (uint32_t v = 0; v < VOCAB; v++) {
            squares += (double)expected[v] * expected[v];
            worst = fmax(worst, fabs((double)logits[i * VOCAB + v] - expected[v]));
            mine = logits[i * VOCAB + v] > logits[i * VOCAB + mine] ? v : mine;
            theirs = expected[v] > expected[theirs] ? v : theirs;
        }
        worst /= sqrt(squares / VOCAB);
        error.mean += worst / (double)checked;
        error.worst = fmax(error.worst, worst);
        error.differ += mine != theirs;
    }
    quin_reference_free(r);
    quin_engine_close(e);
    free(logits);
    return error;
}

static void test_layer(void **state)
{
    (void)state;
    const struct quin_hyper h = {
        .arch = "bitnet", .vocab = VOCAB, .dim = 2560, .layers = 1, .heads = 20, .kv_heads = 5, .head_size = 128,
        .ffn = 6912, .context = CONTEXT, .rms_eps = 1e-5f, .rope_base = 500000, .rope_dims = 128,
        .activation = QUIN_ACTIVATION_RELU2, .tied_head = true, .attn_sub_norm = true, .ffn_sub_norm = true};
    struct quin_model *m = NULL;
    size_t n = tokens_wanted, checked = n < 64 ? n : 64;
    uint32_t *tokens = malloc(n * sizeof *tokens);
    assert_non_null(tokens);
    for (size_t i = 0; i < n; i++)
        tokens[i] = (uint32_t)(i * 7919 + i / 256 * 31 + 5) % VOCAB;
    OK(quin_model_random(&h, 11, &m, &msg));
    for (int exact = 0; exact < 2; exact++) {
        struct error e = measure(m, exact, tokens, n, checked);
        print_message("%zu tokens, last %zu checked, %s: error mean %.5f, worst %.5f standard deviations, "
                      "%zu greedy choices differ\n", n, checked, exact ? "exact" : "default", e.mean, e.worst, e.differ);
        assert_true(e.mean < (exact ? 0.1 : 0.2));
        assert_true(e.worst < (exact ? 0.15 : 0.3));
    }
    quin_model_free(m);
    free(tokens);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layer)};
    if (argc > 1)
        tokens_wanted = strtoul(argv[1], NULL, 10);
    if (tokens_wanted < 8 || tokens_wanted > CONTEXT) {
        fprintf(stderr, "usage: test_layer_2b4t [8..%d]\n", CONTEXT);
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
