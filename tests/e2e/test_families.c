/* SPDX-License-Identifier: Apache-2.0 */
/* Every family of models: the float reference against the logits of Hugging Face transformers
 * (tests/families), the device against both, and the same model through every form in which a GGUF may hold
 * it. With a folder of other logits as argument (logits.py --tie 0 --gap 0) it only reports; with --quick,
 * for slow builds, it takes few tokens. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine.h"
#include "reference.h"

/* REFERENCE is of the largest logit. DEFAULT and EXACT are RMS errors in standard deviations of the logits:
 * what quantisation leaves on random weights; a wrong tensor gives more than 1. */
static const double REFERENCE_MAX = 1e-4, DEFAULT_MAX = 0.05, EXACT_MAX = 0.02;
static const double FLOAT_MAX =
    0.001; /* exact, where no activation is int8 and none can round the other way */
enum { GENERATED = 32, QUICK_TOKENS = 6, PATH_BYTES = 1024 };

static const char *const families[] = {"paper",        "2b4t_masters", "2b4t_packed",
                                       "2b4t_divided", "2b4t_yarn",    "llama3",
                                       "llama3_scaled", "llama3_yarn", "falcon3",
                                       "falcon_e",     "trilm"};
static const char *const forms[] = {"tq1_0", "tq2_0", "i2_s", "masters"};

static struct quin_msg msg;
static const char *logits_folder = "tests/families";
static bool only_report, quick;

#define OK(call)                                                                                             \
    do {                                                                                                     \
        msg.text[0] = 0;                                                                                     \
        if ((call) != QUIN_OK)                                                                               \
            fail_msg("%s: %s", #call, msg.text);                                                             \
    } while (0)

/* What tests/families/logits.py wrote. */
struct wanted {
    int32_t count, vocab;
    uint32_t *tokens; /* [count] */
    float *logits;    /* [count][vocab] */
};

static void read_all(FILE *f, void *to, size_t n)
{
    if (fread(to, 1, n, f) != n)
        fail_msg("a file of logits is too short");
}

static struct wanted read_wanted(const char *family)
{
    struct wanted w;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s.logits", logits_folder, family);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("no file %s; run in the repository's root", path);
    read_all(f, &w.count, 4);
    read_all(f, &w.vocab, 4);
    assert_true(w.count > 0 && w.count <= 256 && w.vocab > 0 && w.vocab <= 1024);
    size_t n = (size_t)w.count * (size_t)w.vocab;
    w.tokens = malloc((size_t)w.count * sizeof *w.tokens);
    w.logits = malloc(n * sizeof *w.logits);
    assert_true(w.tokens && w.logits);
    read_all(f, w.tokens, (size_t)w.count * sizeof *w.tokens);
    read_all(f, w.logits, n * sizeof *w.logits);
    fclose(f);
    if (quick && w.count > QUICK_TOKENS)
        w.count = QUICK_TOKENS;
    return w;
}

/* NULL where the family has no such form. */
static struct quin_model *open_model(const char *family, const char *form)
{
    char path[PATH_BYTES];
    struct quin_gguf *g = NULL;
    struct quin_model *m = NULL;
    snprintf(path, sizeof path, "%s/families/%s.%s.gguf", getenv("QUIN_TEST_DATA"), family, form);
    if (!strcmp(form, "masters") && access(path, R_OK))
        return NULL;
    OK(quin_gguf_open_file(path, &g, &msg));
    if (!strcmp(form, "masters"))
        OK(quin_gguf_override(g, "quintrit.masters=bool:true", &msg));
    OK(quin_model_load(g, NULL, &m, &msg));
    quin_gguf_free(g);
    return m;
}

static size_t largest(const float *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

struct error {
    double relative; /* largest, of the largest logit of all */
    double rms;      /* in standard deviations */
    size_t differ;   /* greedy choices */
};

static struct error compare(const struct wanted *w, const float *got)
{
    size_t vocab = (size_t)w->vocab, n = (size_t)w->count * vocab;
    struct error e = {0};
    double worst = 0, top = 0, squares = 0, errors = 0;
    for (size_t i = 0; i < n; i++) {
        double error = fabs((double)got[i] - (double)w->logits[i]);
        assert_true(isfinite(error));
        worst = fmax(worst, error);
        top = fmax(top, fabs((double)w->logits[i]));
        squares += (double)w->logits[i] * (double)w->logits[i];
        errors += error * error;
    }
    for (size_t t = 0; t < (size_t)w->count; t++)
        e.differ += largest(got + t * vocab, vocab) != largest(w->logits + t * vocab, vocab);
    e.relative = worst / top;
    e.rms = sqrt(errors / squares);
    return e;
}

static float *reference_logits(const struct quin_model *m, const struct wanted *w)
{
    struct quin_reference *r = NULL;
    float *logits = malloc((size_t)w->count * (size_t)w->vocab * sizeof *logits);
    assert_non_null(logits);
    OK(quin_reference_create(m, NULL, &r, &msg));
    for (size_t t = 0; t < (size_t)w->count; t++)
        OK(quin_reference_forward(r, w->tokens[t], t, logits + t * (size_t)w->vocab, &msg));
    quin_reference_free(r);
    return logits;
}

static struct quin_engine *open_engine(const struct quin_model *m, bool exact)
{
    struct quin_engine_options o = quin_engine_defaults();
    struct quin_engine *e = NULL;
    o.exact = exact;
    o.check_hazards = true;
    OK(quin_engine_open_model(m, &o, NULL, &e, &msg));
    return e;
}

static void close_engine(struct quin_engine *e)
{
    char text[256];
    if (quin_engine_hazards(e, text))
        fail_msg("hazard: %s", text);
    quin_engine_close(e);
}

static struct error device_error(const struct quin_model *m, const struct wanted *w, bool exact)
{
    struct quin_engine *e = open_engine(m, exact);
    float *logits = malloc((size_t)w->count * (size_t)w->vocab * sizeof *logits);
    assert_non_null(logits);
    OK(quin_engine_feed(e, 0, 0, w->tokens, (size_t)w->count, true, logits, NULL, &msg));
    struct error error = compare(w, logits);
    free(logits);
    close_engine(e);
    return error;
}

static void test_against_transformers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct wanted w = read_wanted(families[i]);
        struct quin_model *m = open_model(families[i], "tq1_0");
        assert_int_equal(m->hyper.vocab, w.vocab);
        float *logits = reference_logits(m, &w);
        struct error reference = compare(&w, logits);
        struct error exact = device_error(m, &w, true), plain = device_error(m, &w, false);
        print_message("%-13s reference: error %.2g of the largest logit, %zu of %d choices differ; exact: "
                      "RMS %.4f, %zu "
                      "differ; default: RMS %.4f, %zu differ\n",
                      families[i], reference.relative, reference.differ, (int)w.count, exact.rms,
                      exact.differ, plain.rms, plain.differ);
        assert_true(only_report || reference.relative <= REFERENCE_MAX);
        assert_true(only_report || reference.differ + exact.differ == 0);
        assert_true(exact.rms <= (m->hyper.float_activations ? FLOAT_MAX : EXACT_MAX) &&
                    plain.rms <= DEFAULT_MAX);
        free(logits);
        free(w.tokens);
        free(w.logits);
        quin_model_free(m);
    }
}

/* ---- the same model through other forms ---- */

struct list {
    uint32_t token[GENERATED];
    size_t n;
};

static bool collect(void *user, uint32_t token)
{
    struct list *l = user;
    l->token[l->n++] = token;
    return true;
}

static struct list generate(const struct quin_model *m)
{
    static const uint32_t prompt[] = {5, 17, 42, 8};
    struct quin_engine *e = open_engine(m, false);
    struct list l = {.n = 0};
    uint32_t made;
    OK(quin_engine_generate(e, 0, 0, prompt, 4, GENERATED, UINT32_MAX, collect, &l, &made, &msg));
    close_engine(e);
    return l;
}

static void expect_same(const struct quin_model *a, struct quin_model *b, const char *family,
                        const char *form)
{
    for (size_t i = 0; i < a->hyper.layers; i++)
        for (int p = 0; p < QUIN_PROJS; p++) {
            const struct quin_linear *x = quin_layer_linear(&a->layer[i], (enum quin_projection)p);
            const struct quin_linear *y = quin_layer_linear(&b->layer[i], (enum quin_projection)p);
            if (x->scale != y->scale || memcmp(x->trits, y->trits, x->in * x->out))
                fail_msg("%s, %s: %s of layer %zu is another matrix than in tq1_0", family, form,
                         quin_projection_name((enum quin_projection)p), i);
        }
    assert_memory_equal(a->embedding, b->embedding, a->hyper.vocab * a->hyper.dim * sizeof(float));
    assert_memory_equal(a->head, b->head, a->hyper.vocab * a->hyper.dim * sizeof(float));
}

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct quin_model *first = open_model(families[i], forms[0]);
        struct list tokens = {.n = 0};
        if (!quick) {
            tokens = generate(first);
            assert_int_equal(tokens.n, GENERATED);
        }
        for (size_t j = 1; j < sizeof forms / sizeof forms[0]; j++) {
            struct quin_model *m = open_model(families[i], forms[j]);
            if (!m)
                continue;
            expect_same(first, m, families[i], forms[j]);
            if (!quick) {
                struct list other = generate(m);
                assert_memory_equal(tokens.token, other.token, sizeof tokens.token);
            }
            quin_model_free(m);
        }
        quin_model_free(first);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_transformers),
        cmocka_unit_test(test_forms),
    };
    if (!getenv("QUIN_TEST_DATA")) {
        fprintf(stderr,
                "set QUIN_TEST_DATA to the folder in which tests/families/make.py wrote 'families'\n");
        return 2;
    }
    quick = argc > 1 && !strcmp(argv[1], "--quick");
    if (argc > 1 && !quick) {
        logits_folder = argv[1];
        only_report = true;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
