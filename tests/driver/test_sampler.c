/* SPDX-License-Identifier: Apache-2.0 */
/* The sampler: its distribution against probabilities worked out here by ranks and without a sort, its random
 * generator against the published sequence, edge values and refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sampler.h"

enum { VOCAB = 12, DRAWS = 60000 };

/* Two pairs are equal, so that ranks depend on the token too. */
static const float logits[VOCAB] = {0.5f, 2.0f,  -1.0f, 1.25f,  2.0f, -3.0f,
                                    0.0f, 1.75f, 0.5f,  -0.25f, 3.0f, 1.0f};

static struct quin_sampler *make(double temperature, size_t top_k, double top_p, uint64_t seed, size_t vocab)
{
    const struct quin_sampler_options o = {temperature, top_k, top_p, seed};
    struct quin_sampler *s;
    struct quin_msg msg;
    if (quin_sampler_create(&o, vocab, &s, &msg))
        fail_msg("%s", msg.text);
    return s;
}

static uint32_t pick(struct quin_sampler *s, const float *values)
{
    uint32_t token = UINT32_MAX;
    struct quin_msg msg;
    if (quin_sampler_pick(s, values, &token, &msg))
        fail_msg("%s", msg.text);
    return token;
}

/* How many tokens come before token i: a larger logit, or an equal one with a lower number. */
static size_t rank_of(const float *values, size_t n, size_t i)
{
    size_t rank = 0;
    for (size_t j = 0; j < n; j++)
        rank += values[j] > values[i] || (values[j] == values[i] && j < i);
    return rank;
}

/* p[VOCAB]: top-k, then top-p at temperature 1 among those, then temperature. A token stays in top-p if what
 * comes before it does not yet reach p. */
static void expected(double *p, double temperature, size_t top_k, double top_p)
{
    double kept = 0.0, sum = 0.0;
    if (top_k == 0 || top_k > VOCAB)
        top_k = VOCAB;
    for (size_t i = 0; i < VOCAB; i++)
        kept += rank_of(logits, VOCAB, i) < top_k ? exp((double)logits[i]) : 0.0;
    for (size_t i = 0; i < VOCAB; i++) {
        double ahead = 0.0;
        for (size_t j = 0; j < VOCAB; j++)
            if (rank_of(logits, VOCAB, j) < rank_of(logits, VOCAB, i))
                ahead += exp((double)logits[j]) / kept;
        bool stays = rank_of(logits, VOCAB, i) < top_k && (top_p >= 1.0 || ahead < top_p);
        p[i] = stays ? exp((double)logits[i] / temperature) : 0.0;
        sum += p[i];
    }
    for (size_t i = 0; i < VOCAB; i++)
        p[i] /= sum;
}

/* Pearson's chi-square of the draws; tokens without probability must never come. */
static void check_distribution(double temperature, size_t top_k, double top_p, size_t survivors)
{
    double p[VOCAB], chi = 0.0;
    size_t count[VOCAB] = {0}, alive = 0;
    struct quin_sampler *s = make(temperature, top_k, top_p, 99 + top_k, VOCAB);
    expected(p, temperature, top_k, top_p);
    for (int i = 0; i < DRAWS; i++)
        count[pick(s, logits)]++;
    for (size_t i = 0; i < VOCAB; i++) {
        if (p[i] == 0.0) {
            assert_int_equal(count[i], 0);
            continue;
        }
        alive++;
        chi += pow((double)count[i] - DRAWS * p[i], 2) / (DRAWS * p[i]);
    }
    assert_int_equal(alive, survivors);
    /* Mean alive - 1, variance twice that; 5 standard deviations. The seed is fixed: no chance is left in a
     * run. */
    double freedom = (double)alive - 1.0;
    if (!(chi <= freedom + 5.0 * sqrt(2.0 * freedom)))
        fail_msg("chi-square %g at %g degrees of freedom (T %g, k %zu, p %g)", chi, freedom, temperature,
                 top_k, top_p);
    quin_sampler_free(s);
}

static void test_distribution(void **state)
{
    (void)state;
    check_distribution(1.0, 0, 1.0, 12);
    check_distribution(0.8, 40, 0.95, 8);
    check_distribution(0.8, 5, 1.0, 5);
    check_distribution(2.0, 2, 1.0, 2); /* tokens 10 and 1: of the equal 1 and 4 the lower stays */
    check_distribution(1.0, 0, 0.6, 3);
    check_distribution(1.5, 4, 0.7,
                       3); /* p of what top-k left: 3 of 4, not the 4 that all 12 tokens would keep */
    check_distribution(0.3, 0, 0.9, 7);
    check_distribution(1.0, 1, 0.5, 1);
}

/* top-p before temperature: 0.6 of the mass is three tokens at temperature 1, however hot the draw. */
static void test_top_p_before_temperature(void **state)
{
    (void)state;
    check_distribution(50.0, 0, 0.6, 3);
    check_distribution(0.05, 0, 0.6, 3);
}

static void test_greedy(void **state)
{
    (void)state;
    struct quin_sampler *s = make(0.0, 40, 0.95, 1, VOCAB), *negative = make(-1.0, 0, 1.0, 1, 4);
    for (int i = 0; i < 20; i++)
        assert_int_equal(pick(s, logits), 10);
    assert_int_equal(pick(negative, (const float[]){1, 7, 7, 7}), 1);
    assert_int_equal(pick(negative, (const float[]){-5, -9, -5, -6}), 0);
    assert_int_equal(pick(negative, (const float[]){-0.0f, 0.0f, -1, -1}), 0);
    quin_sampler_free(s);
    quin_sampler_free(negative);
}

/* Very cold is greedy too, and very large logits overflow nothing. */
static void test_extremes(void **state)
{
    (void)state;
    struct quin_sampler *cold = make(1e-300, 0, 1.0, 1, VOCAB), *hot = make(1e300, 0, 1.0, 3, 2);
    const float far[VOCAB] = {-3e38f, 3e38f, -3e38f};
    size_t ones = 0;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(pick(cold, logits), 10);
        assert_int_equal(pick(cold, far), 1);
        ones += pick(hot, far);
    }
    assert_true(ones > 20 && ones < 80);
    quin_sampler_free(cold);
    quin_sampler_free(hot);
    struct quin_sampler *one = make(1.0, 40, 0.95, 1, 1);
    assert_int_equal(pick(one, logits), 0);
    quin_sampler_free(one);
}

static void test_seeds(void **state)
{
    (void)state;
    struct quin_sampler *a = make(1.0, 0, 1.0, 5, VOCAB), *b = make(1.0, 0, 1.0, 5, VOCAB);
    struct quin_sampler *c = make(1.0, 0, 1.0, 6, VOCAB);
    int differs = 0;
    for (int i = 0; i < 200; i++) {
        uint32_t token = pick(a, logits);
        assert_int_equal(token, pick(b, logits));
        differs += token != pick(c, logits);
    }
    assert_true(differs > 100);
    quin_sampler_free(a);
    quin_sampler_free(b);
    quin_sampler_free(c);
}

/* Top-k by heap on a large vocabulary with many equal logits: with top_k = k only the k first ranks come, all
 * of them. */
static void test_large_vocabulary(void **state)
{
    (void)state;
    enum { LARGE = 5000, K = 37 };
    static float values[LARGE];
    bool seen[LARGE] = {false};
    size_t found = 0;
    for (size_t i = 0; i < LARGE; i++)
        values[i] = (float)(i * 2654435761u % 101) * 0.01f; /* 101 values, about 50 times each */
    struct quin_sampler *s = make(1.0, K, 1.0, 8, LARGE);
    for (int i = 0; i < 2000; i++)
        seen[pick(s, values)] = true;
    for (size_t i = 0; i < LARGE; i++) {
        if (seen[i])
            assert_true(rank_of(values, LARGE, i) < K);
        found += seen[i];
    }
    assert_int_equal(found, K);
    quin_sampler_free(s);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct quin_sampler_options bad[] = {{NAN, 40, 0.95, 0},
                                                      {INFINITY, 40, 0.95, 0},
                                                      {0.8, 40, 0.0, 0},
                                                      {0.8, 40, -1.0, 0},
                                                      {0.8, 40, NAN, 0}};
    struct quin_sampler *s;
    struct quin_msg msg;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(quin_sampler_create(&bad[i], VOCAB, &s, &msg), QUIN_ERR_ARG);
        assert_null(s);
    }
    struct quin_sampler_options good = quin_sampler_defaults();
    assert_true(good.temperature == 0.8 && good.top_k == 40 && good.top_p == 0.95);
    assert_int_equal(quin_sampler_create(&good, 0, &s, &msg), QUIN_ERR_ARG);
    quin_sampler_free(NULL);
}

/* A logit that is no number is refused, greedy or not, and uses up no random number. */
static void test_bad_logits(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int greedy = 0; greedy < 2; greedy++) {
        struct quin_sampler *s = make(greedy ? 0.0 : 1.0, 3, 0.9, 4, VOCAB);
        struct quin_sampler *twin = make(greedy ? 0.0 : 1.0, 3, 0.9, 4, VOCAB);
        for (size_t i = 0; i < 3 * VOCAB; i++) {
            float values[VOCAB];
            uint32_t token = 77;
            struct quin_msg msg;
            memcpy(values, logits, sizeof values);
            values[i % VOCAB] = bad[i / VOCAB];
            assert_int_equal(quin_sampler_pick(s, values, &token, &msg), QUIN_ERR_RANGE);
            assert_int_equal(token, 77);
            assert_int_equal(pick(s, logits), pick(twin, logits));
        }
        quin_sampler_free(s);
        quin_sampler_free(twin);
    }
}

/* The demo program of the PCG library (pcg32-demo, seed 42, sequence 54) prints these six. */
static void test_pcg32(void **state)
{
    (void)state;
    static const uint32_t want[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e};
    struct quin_pcg32 g;
    quin_pcg32_seed(&g, 42, 54);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_int_equal(quin_pcg32_next(&g), want[i]);
    quin_pcg32_seed(&g, 42, 54);
    double u = quin_pcg32_uniform(&g); /* 27 bits of the first draw, then 26 of the second */
    assert_true(u == (floor(0xa15c02b7 / 32.0) * 67108864.0 + floor(0x7b47f409 / 64.0)) / 9007199254740992.0);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < 100000; i++) {
        u = quin_pcg32_uniform(&g);
        assert_true(u >= 0.0 && u < 1.0);
        sum += u;
        squares += u * u;
    }
    assert_true(fabs(sum / 1e5 - 0.5) < 0.005 && fabs(squares / 1e5 - 1.0 / 3.0) < 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distribution), cmocka_unit_test(test_top_p_before_temperature),
        cmocka_unit_test(test_greedy),       cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_seeds),        cmocka_unit_test(test_large_vocabulary),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_bad_logits),
        cmocka_unit_test(test_pcg32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
