/* SPDX-License-Identifier: Apache-2.0 */
/* Models of random weights: they repeat by seed, spread as they should, and are counted as by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

static struct quin_hyper small(void)
{
    return (struct quin_hyper){.arch = "bitnet",
                               .vocab = 33,
                               .dim = 97,
                               .layers = 2,
                               .heads = 3,
                               .kv_heads = 3,
                               .head_size = 32,
                               .ffn = 101,
                               .context = 16,
                               .rms_eps = 1e-5f,
                               .rope_base = 10000.0f,
                               .rope_dims = 32,
                               .attn_sub_norm = true};
}

static void test_random_repeats(void **state)
{
    (void)state;
    struct quin_hyper h = small();
    struct quin_model *m[3];
    struct quin_msg msg;
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(quin_model_random(&h, i / 2, &m[i], &msg), QUIN_OK);
    size_t n = h.ffn * h.dim, rows = h.vocab * h.dim * sizeof(float);
    assert_memory_equal(m[0]->layer[1].down.trits, m[1]->layer[1].down.trits, n);
    assert_memory_equal(m[0]->head, m[1]->head, rows);
    assert_memory_not_equal(m[0]->layer[1].down.trits, m[2]->layer[1].down.trits, n);
    assert_memory_not_equal(m[0]->layer[0].down.trits, m[0]->layer[1].down.trits, n);
    assert_memory_not_equal(m[0]->head, m[0]->embedding, rows); /* not tied */
    assert_true(m[0]->layer[0].ffn_sub_norm == NULL && m[0]->layer[0].attn_sub_norm != NULL);
    for (int i = 0; i < 3; i++)
        quin_model_free(m[i]);
    h.layers = 0;
    assert_int_equal(quin_model_random(&h, 0, &m[0], &msg), QUIN_ERR_RANGE);
    assert_null(m[0]);
}

/* Each of -1, 0, +1 has its third, within 5 standard deviations; a product keeps the mean square. */
static void test_random_spread(void **state)
{
    (void)state;
    struct quin_hyper h = small();
    struct quin_model *m;
    struct quin_msg msg;
    h.dim = 1000;
    h.ffn = 1003; /* not a multiple of 4: the last trits of a matrix are drawn apart */
    h.layers = 1;
    assert_int_equal(quin_model_random(&h, 5, &m, &msg), QUIN_OK);
    const struct quin_linear *l = &m->layer[0].gate;
    double n = (double)(l->in * l->out), count[3] = {0, 0, 0}, squares = 0.0;
    for (size_t i = 0; i < l->in * l->out; i++) {
        assert_true(l->trits[i] >= -1 && l->trits[i] <= 1);
        count[l->trits[i] + 1]++;
    }
    for (int i = 0; i < 3; i++)
        assert_true(fabs(count[i] - n / 3) < 5.0 * sqrt(n * 2.0 / 9.0));
    for (size_t r = 0; r < l->out; r++) {
        double y = 0.0;
        for (size_t c = 0; c < l->in; c++)
            y += (double)l->scale * l->trits[r * l->in + c] * (c % 2 ? 1.0 : -1.0);
        squares += y * y;
    }
    assert_true(squares / (double)l->out > 0.5 && squares / (double)l->out < 2.0);
    /* scale^2 * in * 2/3 is 1 but for the spread of 0.75 to 1.25 that every scale has. */
    for (int p = 0; p < QUIN_PROJS; p++) {
        l = quin_layer_linear(&m->layer[0], (enum quin_projection)p);
        double spread = (double)l->scale * sqrt((double)l->in * 2.0 / 3.0);
        assert_true(spread > 0.7499 && spread < 1.2501);
    }
    quin_model_free(m);
}

/* Shapes that the device's attention cannot take, refused for models without a file, too. */
static void test_limits(void **state)
{
    (void)state;
    struct quin_hyper h = small();
    struct quin_msg msg;
    assert_int_equal(quin_hyper_check(&h, &msg), QUIN_OK);
    h.head_size = h.rope_dims = 48;
    assert_int_equal(quin_hyper_check(&h, &msg), QUIN_ERR_UNSUPPORTED);
    assert_non_null(strstr(msg.text, "head of 48"));
    h.head_size = h.rope_dims = 96;
    assert_int_equal(quin_hyper_check(&h, &msg), QUIN_OK);
    h.head_size = h.rope_dims = 544;
    assert_int_equal(quin_hyper_check(&h, &msg), QUIN_ERR_RANGE);
    h.head_size = h.rope_dims = 512; /* each within its limit, but 1024 * 512 together are not */
    h.heads = h.kv_heads = 1024;
    assert_int_equal(quin_hyper_check(&h, &msg), QUIN_ERR_RANGE);
    assert_non_null(strstr(msg.text, "width of all heads is 524288"));
}

/* The layer of BitNet 2B-4T by hand: q and o 512 * 2560, k and v 128 * 2560, gate and up 1383 * 2560 (6912
 * outputs are 1382.4 groups of five), down 512 * 6912 bytes. */
static void test_stats_2b4t(void **state)
{
    (void)state;
    struct quin_hyper h = {.arch = "bitnet",
                           .vocab = 7,
                           .dim = 2560,
                           .layers = 1,
                           .heads = 20,
                           .kv_heads = 5,
                           .head_size = 128,
                           .ffn = 6912,
                           .context = 4096,
                           .rms_eps = 1e-5f,
                           .rope_base = 500000.0f,
                           .rope_dims = 128,
                           .tied_head = true,
                           .attn_sub_norm = true,
                           .ffn_sub_norm = true};
    struct quin_model *m;
    struct quin_model_stats s;
    struct quin_msg msg;
    assert_int_equal(quin_model_random(&h, 1, &m, &msg), QUIN_OK);
    quin_model_stats(m, &s);
    assert_int_equal(s.ternary_params, 69468160);
    assert_int_equal(s.layer_bytes, 13896704);
    assert_int_equal(s.layers_bytes, 13896704);
    assert_int_equal(s.head_bytes, 17920);
    assert_int_equal(s.token_bytes, 13914624);
    assert_int_equal(s.float_params, 2560 + 3 * 2560 + 6912 + 17920);
    assert_true(fabs(s.zero_share - 1.0 / 3.0) < 0.001);
    quin_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_repeats),
        cmocka_unit_test(test_random_spread),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_stats_2b4t),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
