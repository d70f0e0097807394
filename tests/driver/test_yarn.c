/* SPDX-License-Identifier: Apache-2.0 */
/* YaRN's RoPE scaling: factors and attention factor against those that Hugging Face transformers 5.23
 * computes, and every key that is wrong or would mean something else. */
#include "model_file.h"

enum { PAIRS = HEAD_SIZE / 2, EXTRA = 8 };

struct extra {
    const char *name; /* behind bitnet.rope.scaling., unless it has a dot */
    char kind;
    uint32_t u;
    float f;
};

/* type yarn, and a list of keys. */
static void start(struct file *f, float base, const struct extra *extra)
{
    file_start(f);
    file_key(f, "bitnet.rope.freq_base")->f = base;
    file_add_key(f, "bitnet.rope.scaling.type", 's', 0, 0, "yarn");
    for (size_t i = 0; i < EXTRA && extra[i].name; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", strchr(extra[i].name, '.') ? "" : "bitnet.rope.scaling.",
                 extra[i].name);
        file_add_key(f, name, extra[i].kind, extra[i].u, extra[i].f, NULL);
    }
    file_finish(f);
}

/* base^(-2 i / 32) / inv_freq of ROPE_INIT_FUNCTIONS["yarn"], and its second result; the last with
 * attention_factor 0.9 = 1.1386294 * 0.7904240. */
static void test_factors(void **state)
{
    (void)state;
    static const struct {
        float base;
        struct extra extra[EXTRA];
        double attention, factor[PAIRS]; /* a 0 stands for the factor of the pair before */
    } cases[] = {
        {400000.0f, {{"factor", 'f', 0, 4}, {"original_context_length", 'u', 64, 0}}, 1.138629436,
         {1, 1.333333, 2, 4}},
        {400000.0f, {{"factor", 'f', 0, 16}, {"original_context_length", 'u', 4096, 0}}, 1.277258872,
         {1, 1, 1, 1, 1.185185, 1.454545, 1.882353, 2.666667, 4.571428, 16}},
        {400000.0f,
         {{"factor", 'f', 0, 4}, {"original_context_length", 'u', 64, 0}, {"yarn_beta_fast", 'f', 0, 3},
          {"yarn_beta_slow", 'f', 0, 0.5f}},
         1.138629436, {1, 1, 1.333333, 2, 4}},
        {400000.0f,
         {{"factor", 'f', 0, 4}, {"original_context_length", 'u', 64, 0}, {"yarn_beta_fast", 'f', 0, 3},
          {"yarn_beta_slow", 'f', 0, 0.5f}, {"quintrit.yarn_truncate", 'b', 0, 0}},
         1.138629436, {1, 1, 1.195102, 2.002857, 4}},
        {10000.0f,
         {{"factor", 'f', 0, 4}, {"original_context_length", 'u', 64, 0}, {"attn_factor", 'f', 0, 0.7904240f},
          {"yarn_ext_factor", 'f', 0, 1}, {"yarn_log_multiplier", 'f', 0, 0},
          {"yarn_attn_factor", 'f', 0, 1.1386294f}},
         0.9, {1, 1.176471, 1.428571, 1.818182, 2.5, 4}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct file f;
        struct quin_model *m;
        struct quin_msg msg;
        start(&f, cases[c].base, cases[c].extra);
        if (quin_model_load(f.gguf, NULL, &m, &msg))
            fail_msg("case %zu: %s", c, msg.text);
        file_drop(&f);
        assert_true(m->hyper.rope_scale == 1.0f);
        assert_true(fabs(quin_model_rope_length(m) - cases[c].attention) < 1e-6);
        double want = 1;
        for (size_t i = 0; i < PAIRS; i++) {
            double turn = pow((double)cases[c].base, -2.0 * (double)i / HEAD_SIZE);
            want = cases[c].factor[i] > 0 ? cases[c].factor[i] : want;
            if (!(fabs(100 * turn / quin_model_angle(m, 100, i) / want - 1) < 1e-6))
                fail_msg("case %zu, pair %zu: divided by %g, not %g", c, i,
                         100 * turn / quin_model_angle(m, 100, i), want);
        }
        quin_model_free(m);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct extra good[] = {{"factor", 'f', 0, 4}, {"original_context_length", 'u', 64, 0}};
    static const struct {
        struct extra change; /* in place of the good key of that name, else one more; kind 0: left out */
        enum quin_err e;
        const char *words;
    } cases[] = {
        {{"factor", 0, 0, 0}, QUIN_ERR_FORMAT, "scaling.factor' is missing"},
        {{"factor", 'f', 0, 0}, QUIN_ERR_RANGE, "scaling factor is 0,"},
        {{"factor", 'f', 0, 0.5f}, QUIN_ERR_RANGE, "scaling factor is 0.5"},
        {{"factor", 'f', 0, NAN}, QUIN_ERR_RANGE, "scaling factor is nan"},
        {{"factor", 'f', 0, INFINITY}, QUIN_ERR_RANGE, "scaling factor is inf"},
        {{"original_context_length", 0, 0, 0}, QUIN_ERR_FORMAT, "original_context_length' is missing"},
        {{"original_context_length", 'f', 0, 64}, QUIN_ERR_FORMAT, "original_context_length"},
        {{"original_context_length", 'u', 0, 0}, QUIN_ERR_RANGE, "original context length of 0"},
        {{"original_context_length", 'u', 1, 0}, QUIN_ERR_RANGE, "original context length of 1 "},
        {{"original_context_length", 'u', UINT32_MAX, 0}, QUIN_ERR_RANGE, "context length of 4294967295"},
        {{"yarn_beta_fast", 'f', 0, 0.5f}, QUIN_ERR_RANGE, "betas are 0.5 (fast) and 1 (slow)"},
        {{"yarn_beta_fast", 'f', 0, NAN}, QUIN_ERR_RANGE, "betas are nan"},
        {{"yarn_beta_fast", 'f', 0, INFINITY}, QUIN_ERR_RANGE, "betas are inf"},
        {{"yarn_beta_slow", 'f', 0, 0}, QUIN_ERR_RANGE, "and 0 (slow)"},
        {{"yarn_beta_slow", 'f', 0, NAN}, QUIN_ERR_RANGE, "and nan (slow)"},
        {{"attn_factor", 'f', 0, 0}, QUIN_ERR_RANGE, "attention factor is 0,"},
        {{"attn_factor", 'f', 0, NAN}, QUIN_ERR_RANGE, "attention factor is nan"},
        {{"yarn_ext_factor", 'f', 0, 0}, QUIN_ERR_UNSUPPORTED, "rope.scaling.yarn_ext_factor is 0"},
        {{"yarn_attn_factor", 'f', 0, 1}, QUIN_ERR_UNSUPPORTED, "yarn_attn_factor is 1"},
        {{"yarn_log_multiplier", 'f', 0, 0.1f}, QUIN_ERR_UNSUPPORTED, "yarn_log_multiplier is 0.1"},
        {{"yarn_log_multiplier", 'f', 0, NAN}, QUIN_ERR_UNSUPPORTED, "yarn_log_multiplier is nan"},
        {{"alpha", 'f', 0, 1}, QUIN_ERR_UNSUPPORTED, "the key bitnet.rope.scaling.alpha"},
        {{"quintrit.yarn_truncate", 'u', 0, 0}, QUIN_ERR_FORMAT, "quintrit.yarn_truncate"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct extra extra[EXTRA] = {good[0], good[1], cases[c].change};
        for (size_t i = 0; i < 2; i++)
            if (!strcmp(good[i].name, cases[c].change.name)) {
                extra[i] = cases[c].change;
                extra[2].name = NULL;
            }
        struct file f;
        struct quin_model *m;
        struct quin_msg msg = {""};
        start(&f, 400000.0f, extra);
        enum quin_err e = quin_model_load(f.gguf, NULL, &m, &msg);
        if (e != cases[c].e || !strstr(msg.text, cases[c].words))
            fail_msg("case %zu: error %d '%s', not %d with '%s'", c, (int)e, msg.text, (int)cases[c].e,
                     cases[c].words);
        assert_null(m);
        file_drop(&f);
    }
}

/* Two ways of scaling at once, and YaRN's keys under another type. */
static void test_mixed(void **state)
{
    (void)state;
    for (int tensor = 0; tensor < 2; tensor++) {
        struct file f;
        struct quin_model *m;
        struct quin_msg msg = {""};
        file_start(&f);
        file_add_key(&f, "bitnet.rope.scaling.type", 's', 0, 0, tensor ? "yarn" : "linear");
        file_add_key(&f, "bitnet.rope.scaling.factor", 'f', 0, 4, NULL);
        file_add_key(&f, "bitnet.rope.scaling.original_context_length", 'u', 64, 0, NULL);
        if (tensor)
            file_add_tensor(&f, "rope_freqs.weight", 1, PAIRS, 0);
        else
            file_add_key(&f, "bitnet.rope.scaling.yarn_beta_fast", 'f', 0, 32, NULL);
        file_finish(&f);
        assert_int_equal(quin_model_load(f.gguf, NULL, &m, &msg), QUIN_ERR_UNSUPPORTED);
        assert_non_null(strstr(msg.text, tensor ? "a tensor rope_freqs.weight" : "yarn_beta_fast"));
        file_drop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
