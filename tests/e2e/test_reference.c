/* SPDX-License-Identifier: Apache-2.0 */
/* The float reference against independent computations: logits of other programs, and equations worked out
 * here. test_reference [MODEL.gguf LOGITS]... Each pair is a model and what oracle.py or hf_check.py computed
 * for it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gguf.h"
#include "model.h"
#include "reference.h"

#define LOGIT_ERROR_MAX 1e-5 /* of the range of all logits; oracle.py keeps clear of rounding ties */

static char **pairs;
static int pair_count;

static void expect_ok(enum quin_err e, const struct quin_msg *msg)
{
    if (e)
        fail_msg("error %d: %s", (int)e, msg->text);
}

static struct quin_model *random_model(bool sub_norms)
{
    const struct quin_hyper h = {.arch = "bitnet",
                                 .vocab = 50,
                                 .dim = 96,
                                 .layers = 2,
                                 .heads = 6,
                                 .kv_heads = 2,
                                 .head_size = 32,
                                 .ffn = 160,
                                 .context = 40,
                                 .rms_eps = 1e-5f,
                                 .rope_base = 1000.0f,
                                 .rope_dims = 32,
                                 .tied_head = true,
                                 .attn_sub_norm = sub_norms,
                                 .ffn_sub_norm = sub_norms};
    struct quin_model *m;
    struct quin_msg msg;
    expect_ok(quin_model_random(&h, 7, &m, &msg), &msg);
    return m;
}

/* ---- logits of other programs ---- */

struct logits {
    int32_t count, vocab, head_int8;
    int32_t *tokens; /* [count] */
    double *values;  /* [count][vocab] */
};

static struct logits read_logits(const char *path)
{
    struct logits l;
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    assert_int_equal(fread(&l, sizeof(int32_t), 3, f), 3);
    assert_true(l.count > 0 && l.count < 1 << 16 && l.vocab > 0 && l.vocab < 1 << 20);
    size_t n = (size_t)l.count * (size_t)l.vocab;
    l.tokens = malloc((size_t)l.count * sizeof *l.tokens);
    l.values = malloc(n * sizeof *l.values);
    assert_true(l.tokens && l.values);
    assert_int_equal(fread(l.tokens, sizeof *l.tokens, (size_t)l.count, f), l.count);
    assert_int_equal(fread(l.values, sizeof *l.values, n, f), n);
    fclose(f);
    return l;
}

static void compare_pair(const char *gguf_path, const char *logits_path)
{
    struct quin_gguf *g;
    struct quin_model *m;
    struct quin_reference *r;
    struct quin_msg msg;
    struct logits want = read_logits(logits_path);
    expect_ok(quin_gguf_open_file(gguf_path, &g, &msg), &msg);
    expect_ok(quin_model_load(g, NULL, &m, &msg), &msg);
    quin_gguf_free(g);
    assert_int_equal(m->hyper.vocab, want.vocab);
    struct quin_reference_options o = quin_reference_defaults();
    o.head_int8_activations = want.head_int8;
    expect_ok(quin_reference_create(m, &o, &r, &msg), &msg);

    size_t vocab = m->hyper.vocab;
    float *got = malloc(vocab * sizeof *got);
    assert_non_null(got);
    double worst = 0.0, low = INFINITY, high = -INFINITY;
    int argmax_differs = 0, worst_position = 0;
    for (int32_t t = 0; t < want.count; t++) {
        const double *w = want.values + (size_t)t * vocab;
        size_t best_got = 0, best_want = 0;
        expect_ok(quin_reference_forward(r, (uint32_t)want.tokens[t], (size_t)t, got, &msg), &msg);
        for (size_t i = 0; i < vocab; i++) {
            assert_true(isfinite(got[i]) && isfinite(w[i]));
            if (fabs((double)got[i] - w[i]) > worst) {
                worst = fabs((double)got[i] - w[i]);
                worst_position = t;
            }
            low = fmin(low, w[i]);
            high = fmax(high, w[i]);
            best_got = got[i] > got[best_got] ? i : best_got;
            best_want = w[i] > w[best_want] ? i : best_want;
        }
        argmax_differs += best_got != best_want;
    }
    print_message(
        "%s: %d tokens, largest error %.3g of the logit range (position %d), argmax differs %d times\n",
        logits_path, (int)want.count, worst / (high - low), worst_position, argmax_differs);
    assert_true(worst <= LOGIT_ERROR_MAX * (high - low));
    assert_int_equal(argmax_differs, 0);
    free(got);
    free(want.tokens);
    free(want.values);
    quin_reference_free(r);
    quin_model_free(m);
}

static void test_logits_of_other_programs(void **state)
{
    (void)state;
    if (pair_count == 0)
        skip();
    for (int i = 0; i < pair_count; i++)
        compare_pair(pairs[2 * i], pairs[2 * i + 1]);
}

/* ---- equations, by the probe ---- */

enum { KEPT = 64 };

/* What the probe saw during one forward pass, copied. */
struct seen {
    size_t count;
    struct {
        size_t layer, n;
        char name[24];
        float *values;
    } at[KEPT];
};

static void keep(void *user, size_t layer, const char *name, const float *values, size_t n)
{
    struct seen *s = user;
    assert_true(s->count < KEPT);
    s->at[s->count].layer = layer;
    s->at[s->count].n = n;
    snprintf(s->at[s->count].name, sizeof s->at[0].name, "%s", name);
    s->at[s->count].values = malloc(n * sizeof *values);
    assert_non_null(s->at[s->count].values);
    memcpy(s->at[s->count].values, values, n * sizeof *values);
    s->count++;
}

static void forget(struct seen *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->at[i].values);
    s->count = 0;
}

static const float *seen_values(const struct seen *s, size_t layer, const char *name, size_t n)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->at[i].layer == layer && !strcmp(s->at[i].name, name)) {
            assert_int_equal(s->at[i].n, n);
            return s->at[i].values;
        }
    fail_msg("the probe never saw %s of layer %zu", name, layer);
    return NULL;
}

static void expect_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: %.9g instead of %.9g", what, got, want);
}

/* W x by its definition: x scaled to +-127, rounded half to even with integers, and W as floats. */
static double bit_linear_row(const struct quin_linear *w, size_t row, const float *x)
{
    double largest = 1e-5, sum = 0.0;
    for (size_t i = 0; i < w->in; i++)
        largest = fmax(largest, fabs((double)x[i]));
    for (size_t i = 0; i < w->in; i++) {
        double scaled = (double)x[i] * 127.0 / largest, below = floor(scaled), rest = scaled - below;
        long q = (long)below + (rest > 0.5 || (rest == 0.5 && (long)below % 2 != 0));
        sum += (double)w->trits[row * w->in + i] * (double)w->scale * (double)q * largest / 127.0;
    }
    return sum;
}

static void check_linear(const char *name, const struct quin_linear *w, const float *x, const float *y,
                         const float *before)
{
    for (size_t o = 0; o < w->out; o++) {
        double base = before ? (double)before[o] : 0.0;
        expect_near(name, (double)y[o] - base, bit_linear_row(w, o, x), 1e-5);
    }
}

static void check_norm(const char *name, const float *w, const float *x, const float *y, size_t n)
{
    double squares = 0.0;
    for (size_t i = 0; i < n; i++)
        squares += pow((double)x[i], 2);
    for (size_t i = 0; i < n; i++)
        expect_near(name, (double)y[i], (double)w[i] * (double)x[i] * pow(squares / (double)n + 1e-5, -0.5),
                    1e-5);
}

/* RoPE moves pair i of every head by the angle position * base^(-i / (d/2)), and keeps its length. */
static void check_rope(const float *x, const float *y, size_t n, const struct quin_hyper *h, size_t position)
{
    size_t half = h->head_size / 2;
    for (size_t j = 0; j < n; j++) {
        size_t i = j % h->head_size, pair = i % half;
        if (i >= half)
            continue;
        double length = hypot((double)x[j], (double)x[j + half]);
        double angle = atan2((double)x[j + half], (double)x[j]) +
                       (double)position * exp(-log((double)h->rope_base) * (double)pair / (double)half);
        expect_near("rope, first half", (double)y[j], length * cos(angle), 2e-5);
        expect_near("rope, second half", (double)y[j + half], length * sin(angle), 2e-5);
    }
}

static void check_layer(const struct quin_model *m, const struct seen *s, size_t index, const float *input,
                        size_t position)
{
    const struct quin_hyper *h = &m->hyper;
    const struct quin_layer *l = &m->layer[index];
    size_t wide = h->heads * h->head_size, narrow = h->kv_heads * h->head_size;
    const float *norm = seen_values(s, index, "attn_norm", h->dim);
    const float *q = seen_values(s, index, "q", wide), *k = seen_values(s, index, "k", narrow);
    check_norm("attn_norm", l->attn_norm, input, norm, h->dim);
    check_linear("q", &l->q, norm, q, NULL);
    check_linear("k", &l->k, norm, k, NULL);
    check_linear("v", &l->v, norm, seen_values(s, index, "v", narrow), NULL);
    check_rope(q, seen_values(s, index, "q_rope", wide), wide, h, position);
    check_rope(k, seen_values(s, index, "k_rope", narrow), narrow, h, position);

    const float *attended = seen_values(s, index, "attn_out", wide), *sub = attended;
    if (h->attn_sub_norm) {
        sub = seen_values(s, index, "attn_sub_norm", wide);
        check_norm("attn_sub_norm", l->attn_sub_norm, attended, sub, wide);
    }
    const float *middle = seen_values(s, index, "attn_residual", h->dim);
    check_linear("o and residual", &l->o, sub, middle, input);
    const float *ffn_norm = seen_values(s, index, "ffn_norm", h->dim);
    const float *gate = seen_values(s, index, "gate", h->ffn), *up = seen_values(s, index, "up", h->ffn);
    const float *act = seen_values(s, index, "ffn_act", h->ffn);
    check_norm("ffn_norm", l->ffn_norm, middle, ffn_norm, h->dim);
    check_linear("gate", &l->gate, ffn_norm, gate, NULL);
    check_linear("up", &l->up, ffn_norm, up, NULL);
    for (size_t i = 0; i < h->ffn; i++) {
        double g = (double)gate[i], u = (double)up[i];
        double silu = g * 0.5 * (1.0 + tanh(g / 2.0)) * u;
        double relu2 = g > 0.0 ? g * g * u : 0.0;
        expect_near("ffn_act", (double)act[i], h->activation == QUIN_ACTIVATION_RELU2 ? relu2 : silu,
                    1e-5 * (1.0 + fabs(relu2)));
    }
    sub = act;
    if (h->ffn_sub_norm) {
        sub = seen_values(s, index, "ffn_sub_norm", h->ffn);
        check_norm("ffn_sub_norm", l->ffn_sub_norm, act, sub, h->ffn);
    }
    check_linear("down and residual", &l->down, sub, seen_values(s, index, "ffn_residual", h->dim), middle);
}

static void check_equations(bool sub_norms, enum quin_activation activation)
{
    struct quin_model *m = random_model(sub_norms);
    m->hyper.activation = activation;
    struct quin_reference *r;
    struct quin_msg msg;
    struct seen s = {.count = 0};
    float logits[50];
    expect_ok(quin_reference_create(m, NULL, &r, &msg), &msg);
    quin_reference_set_probe(r, keep, &s);
    for (uint32_t t = 0; t < 3; t++) {
        uint32_t token = 11 * t + 5;
        forget(&s);
        expect_ok(quin_reference_forward(r, token, t, logits, &msg), &msg);
        assert_int_equal(s.count, 2 * (sub_norms ? 15 : 13) + 2);
        const float *x = m->embedding + token * m->hyper.dim;
        for (size_t layer = 0; layer < 2; layer++) {
            check_layer(m, &s, layer, x, t);
            x = seen_values(&s, layer, "ffn_residual", m->hyper.dim);
        }
        check_norm("output_norm", m->output_norm, x, seen_values(&s, 2, "output_norm", m->hyper.dim),
                   m->hyper.dim);
        assert_memory_equal(seen_values(&s, 2, "logits", 50), logits, sizeof logits);
    }
    forget(&s);
    quin_reference_free(r);
    quin_model_free(m);
}

static void test_equations(void **state)
{
    (void)state;
    check_equations(true, QUIN_ACTIVATION_SILU);
    check_equations(false, QUIN_ACTIVATION_RELU2);
}

/* At position 0 the only probability is 1: every query head returns its KV head's value, exactly. */
static void test_first_position_returns_value(void **state)
{
    (void)state;
    struct quin_model *m = random_model(true);
    struct quin_reference *r;
    struct quin_msg msg;
    struct seen s = {.count = 0};
    expect_ok(quin_reference_create(m, NULL, &r, &msg), &msg);
    quin_reference_set_probe(r, keep, &s);
    expect_ok(quin_reference_forward(r, 3, 0, NULL, &msg), &msg);
    const float *v = seen_values(&s, 1, "v", 64), *out = seen_values(&s, 1, "attn_out", 192);
    for (size_t head = 0; head < 6; head++)
        assert_memory_equal(out + head * 32, v + (head < 3 ? 0 : 32), 32 * sizeof *v);
    assert_int_equal(s.count, 2 * 15); /* no logits asked for: no output norm */
    forget(&s);
    quin_reference_free(r);
    quin_model_free(m);
}

/* logits by their definition, with and without the int8 input. */
static void test_head_option(void **state)
{
    (void)state;
    struct quin_model *m = random_model(true);
    struct quin_msg msg;
    float logits[2][50];
    for (int int8 = 0; int8 < 2; int8++) {
        struct quin_reference *r;
        struct quin_reference_options o = {.context = 4, .head_int8_activations = int8};
        struct seen s = {.count = 0};
        expect_ok(quin_reference_create(m, &o, &r, &msg), &msg);
        quin_reference_set_probe(r, keep, &s);
        expect_ok(quin_reference_forward(r, 9, 0, logits[int8], &msg), &msg);
        const float *x = seen_values(&s, 2, "output_norm", 96);
        int8_t one[96] = {0};
        double want = 0.0;
        for (size_t i = 0; i < 96; i++) {
            one[i] = 1; /* a unit row reads one quantised activation */
            struct quin_linear unit = {.trits = one, .scale = 1.0f, .in = 96, .out = 1};
            want += (double)m->head[17 * 96 + i] * (int8 ? bit_linear_row(&unit, 0, x) : (double)x[i]);
            one[i] = 0;
        }
        expect_near("logit 17", (double)logits[int8][17], want, 1e-5);
        forget(&s);
        quin_reference_free(r);
    }
    assert_memory_not_equal(logits[0], logits[1], sizeof logits[0]);
    quin_model_free(m);
}

/* Going back to a position, or to the start, gives the same bits as never having been further. */
static void test_going_back(void **state)
{
    (void)state;
    struct quin_model *m = random_model(false);
    struct quin_reference *r;
    struct quin_msg msg;
    float first[8][50], again[50];
    expect_ok(quin_reference_create(m, NULL, &r, &msg), &msg);
    for (uint32_t t = 0; t < 8; t++)
        expect_ok(quin_reference_forward(r, t * 5, t, first[t], &msg), &msg);
    expect_ok(quin_reference_forward(r, 49, 4, again, &msg), &msg);
    assert_memory_not_equal(again, first[4], sizeof again);
    assert_int_equal(quin_reference_forward(r, 0, 6, again, &msg), QUIN_ERR_ARG);
    for (uint32_t t = 4; t < 8; t++) {
        expect_ok(quin_reference_forward(r, t * 5, t, again, &msg), &msg);
        assert_memory_equal(again, first[t], sizeof again);
    }
    quin_reference_reset(r);
    assert_int_equal(quin_reference_forward(r, 0, 1, again, &msg), QUIN_ERR_ARG);
    expect_ok(quin_reference_forward(r, 0, 0, again, &msg), &msg);
    assert_memory_equal(again, first[0], sizeof again);
    quin_reference_free(r);
    quin_model_free(m);
}

static void test_refusals(void **state)
{
    (void)state;
    struct quin_model *m = random_model(true);
    struct quin_reference *r;
    struct quin_msg msg;
    struct quin_reference_options o = {.context = 41};
    assert_int_equal(quin_reference_create(m, &o, &r, &msg), QUIN_ERR_RANGE);
    assert_non_null(strstr(msg.text, "41"));
    assert_null(r);
    o.context = 1;
    expect_ok(quin_reference_create(m, &o, &r, &msg), &msg);
    assert_int_equal(quin_reference_forward(r, 50, 0, NULL, &msg), QUIN_ERR_RANGE);
    assert_non_null(strstr(msg.text, "token 50"));
    assert_int_equal(quin_reference_forward(r, 0, 1, NULL, &msg), QUIN_ERR_RANGE);
    assert_non_null(strstr(msg.text, "position 1"));
    assert_int_equal(quin_reference_forward(r, 49, 0, NULL, &msg), QUIN_OK);
    quin_reference_free(r);
    quin_reference_free(NULL);
    quin_model_free(m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equations),   cmocka_unit_test(test_first_position_returns_value),
        cmocka_unit_test(test_head_option), cmocka_unit_test(test_going_back),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_logits_of_other_programs),
    };
    if (argc % 2 == 0) {
        fprintf(stderr, "usage: test_reference [MODEL.gguf LOGITS]...\n");
        return 2;
    }
    pairs = argv + 1;
    pair_count = (argc - 1) / 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
