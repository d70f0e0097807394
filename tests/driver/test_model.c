/* SPDX-License-Identifier: Apache-2.0 */
/* The model loader: values arrive where they belong, and every way in which a file can be wrong is named. */
#include "model_file.h"

static struct quin_model *load_ok(struct file *f, const struct quin_progress *progress)
{
    struct quin_model *m;
    struct quin_msg msg;
    file_finish(f);
    enum quin_err e = quin_model_load(f->gguf, progress, &m, &msg);
    file_drop(f); /* the model must not point into the file */
    if (e)
        fail_msg("error %d: %s", (int)e, msg.text);
    return m;
}

/* Loading must fail with this error, and its message must hold these words. */
static void load_fails(struct file *f, enum quin_err want, const char *words, const char *more)
{
    struct quin_model *m = (struct quin_model *)f;
    struct quin_msg msg = {""};
    file_finish(f);
    enum quin_err e = quin_model_load(f->gguf, NULL, &m, &msg);
    if (e != want || !strstr(msg.text, words) || !strstr(msg.text, more))
        fail_msg("error %d '%s', not %d with '%s' and '%s'", (int)e, msg.text, (int)want, words, more);
    assert_null(m);
    file_drop(f);
}

/* ---- a good file ---- */

static void check_linear(const struct quin_linear *l, size_t salt, size_t out, size_t in, float scale)
{
    assert_int_equal(l->out, out);
    assert_int_equal(l->in, in);
    assert_true(l->scale == scale);
    for (size_t r = 0; r < out; r++)
        for (size_t c = 0; c < in; c++)
            assert_int_equal(l->trits[r * in + c], trit_at(salt, r, c));
}

static void check_floats(const float *v, size_t salt, size_t rows, size_t columns)
{
    assert_non_null(v);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            assert_true(v[r * columns + c] == float_at(salt, r, c));
}

static void test_values(void **state)
{
    (void)state;
    struct file f;
    file_start(&f);
    struct quin_model *m = load_ok(&f, NULL);
    const struct quin_hyper *h = &m->hyper;
    assert_string_equal(h->arch, "bitnet");
    assert_true(h->vocab == VOCAB && h->dim == DIM && h->layers == LAYERS && h->heads == HEADS);
    assert_true(h->kv_heads == KV_HEADS && h->head_size == HEAD_SIZE && h->ffn == FFN && h->context == 128);
    assert_true(h->rms_eps == 1e-6f && h->rope_base == 400000.0f && h->rope_dims == HEAD_SIZE);
    assert_true(h->activation == QUIN_ACTIVATION_SILU && h->tied_head && h->attn_sub_norm && h->ffn_sub_norm);
    assert_ptr_equal(m->head, m->embedding);
    check_floats(m->embedding, 0, VOCAB, DIM);
    check_floats(m->output_norm, 23, 1, DIM);
    for (size_t i = 0, salt = 1; i < LAYERS; i++, salt += 11) {
        const struct quin_layer *l = &m->layer[i];
        check_floats(l->attn_norm, salt, 1, DIM);
        check_linear(&l->q, salt + 1, WIDE, DIM, 0.5f);
        check_linear(&l->k, salt + 2, NARROW, DIM, 0.25f);
        check_linear(&l->v, salt + 3, NARROW, DIM, 1.5f);
        check_floats(l->attn_sub_norm, salt + 4, 1, WIDE);
        check_linear(&l->o, salt + 5, DIM, WIDE, 2.0f);
        check_floats(l->ffn_norm, salt + 6, 1, DIM);
        check_linear(&l->gate, salt + 7, FFN, DIM, 0.125f);
        check_linear(&l->up, salt + 8, FFN, DIM, 0.75f);
        check_floats(l->ffn_sub_norm, salt + 9, 1, FFN);
        check_linear(&l->down, salt + 10, DIM, FFN, 3.0f);
    }
    quin_model_free(m);
}

/* Keys that may be missing, and what then holds. */
static void test_fallbacks(void **state)
{
    (void)state;
    struct file f;
    file_start(&f);
    static const char *const optional[] = {"bitnet.vocab_size",           "bitnet.attention.head_count_kv",
                                           "bitnet.attention.key_length", "bitnet.attention.value_length",
                                           "bitnet.rope.freq_base",       "bitnet.rope.dimension_count"};
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++)
        file_key(&f, optional[i])->kind = 0;
    file_key(&f, "bitnet.attention.head_count")->u = 2; /* 64 wide: heads of 32, and as many KV heads */
    for (int layer = 0; layer < LAYERS; layer++) {
        struct tensor *t = &f.tensor[1 + 11 * layer];
        t[1].rows = t[5].columns = DIM;
        t[4].name[0] = t[9].name[0] = '\0'; /* no sub-norms */
    }
    struct quin_model *m = load_ok(&f, NULL);
    assert_true(m->hyper.kv_heads == 2 && m->hyper.head_size == 32 && m->hyper.rope_dims == 32);
    assert_true(m->hyper.rope_base == 10000.0f && m->hyper.vocab == VOCAB);
    assert_false(m->hyper.attn_sub_norm || m->hyper.ffn_sub_norm);
    assert_true(m->layer[1].attn_sub_norm == NULL && m->layer[1].ffn_sub_norm == NULL);
    quin_model_free(m);
}

static void test_variants(void **state)
{
    (void)state;
    struct file f;
    file_start(&f);
    file_add_key(&f, "bitnet.hidden_activation", 's', 0, 0, "relu2");
    file_add_key(&f, "bitnet.rope.scaling.type", 's', 0, 0, "linear");
    file_add_key(&f, "bitnet.rope.scaling.factor", 'f', 0, 4.0f, NULL);
    struct tensor *factors = file_add_tensor(&f, "rope_freqs.weight", 1, HEAD_SIZE / 2, 0);
    factors->second = 8.0f;
    file_add_tensor(&f, "output.weight", VOCAB, DIM, 0);
    struct tensor *scale = file_add_tensor(&f, "blk.1.ffn_up.scale", 1, 1, 0);
    scale->first = 4.0f;
    struct quin_model *m = load_ok(&f, NULL);
    assert_int_equal(m->hyper.activation, QUIN_ACTIVATION_RELU2);
    assert_false(m->hyper.tied_head);
    assert_true(m->hyper.rope_scale == 4.0f && m->rope_factor[1] == 8.0f);
    double turn = pow(400000.0, -2.0 / HEAD_SIZE);
    assert_true(fabs(quin_model_angle(m, 24, 1) - 24 * turn / 32) < 1e-12);
    check_floats(m->head, 25, VOCAB, DIM);
    check_floats(m->embedding, 0, VOCAB, DIM);
    assert_true(m->layer[1].up.scale == 3.0f && m->layer[0].up.scale == 0.75f);
    quin_model_free(m);
}

struct watch {
    double last;
    int calls;
};

static void watch(void *user, double fraction)
{
    struct watch *w = user;
    assert_true(fraction >= w->last && fraction <= 1.0);
    w->last = fraction;
    w->calls++;
}

static void test_progress(void **state)
{
    (void)state;
    struct file f;
    struct watch w = {0.0, 0};
    struct quin_progress p = {watch, &w};
    file_start(&f);
    quin_model_free(load_ok(&f, &p));
    assert_true(w.last == 1.0);
    assert_int_equal(w.calls, 2 + 11 * LAYERS); /* once a tensor that is this small */
}

/* ---- files with one thing wrong ---- */

static void test_missing_keys(void **state)
{
    (void)state;
    static const char *const required[] = {"general.architecture",
                                           "bitnet.context_length",
                                           "bitnet.embedding_length",
                                           "bitnet.block_count",
                                           "bitnet.feed_forward_length",
                                           "bitnet.attention.head_count",
                                           "bitnet.attention.layer_norm_rms_epsilon"};
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        struct file f;
        file_start(&f);
        file_key(&f, required[i])->kind = 0;
        load_fails(&f, QUIN_ERR_FORMAT, required[i], "");
    }
}

/* Kind and value of a key: an integer, a float, a string, or left out. */
#define U(v) 'u', v, 0.0f, NULL
#define F(v) 'f', 0, v, NULL
#define S(v) 's', 0, 0.0f, v
#define OUT 0, 0, 0.0f, NULL

/* One key set to a value that cannot be. */
static void test_wrong_values(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        char kind;
        uint32_t u;
        float f;
        const char *s;
        enum quin_err e;
        const char *words, *more;
    } cases[] = {
        /* clang-format off */
        {"general.architecture", S("gptj"), QUIN_ERR_UNSUPPORTED, "'gptj'", "'bitnet'"},
        {"general.architecture", S("bitnet-b1.59"), QUIN_ERR_UNSUPPORTED, "'bitnet-b1.59'", ""},
        {"general.architecture", S(""), QUIN_ERR_UNSUPPORTED, "''", ""},
        {"bitnet.context_length", U(0), QUIN_ERR_RANGE, "context length is 0", ""},
        {"bitnet.context_length", U(4000000000u), QUIN_ERR_RANGE, "context length", "4000000000"},
        {"bitnet.embedding_length", U(0), QUIN_ERR_RANGE, "embedding length is 0", ""},
        {"bitnet.embedding_length", U(96), QUIN_ERR_FORMAT, "token_embd.weight must be [10][96]", "[10][64]"},
        {"bitnet.embedding_length", U(UINT32_MAX), QUIN_ERR_RANGE, "embedding length", "65536"},
        {"bitnet.block_count", U(0), QUIN_ERR_RANGE, "layer count is 0", ""},
        {"bitnet.block_count", U(3), QUIN_ERR_FORMAT, "blk.2.", ""},
        {"bitnet.block_count", U(1), QUIN_ERR_UNSUPPORTED, "blk.1.attn_norm.weight", "1 layers"},
        {"bitnet.block_count", U(1u << 31), QUIN_ERR_RANGE, "layer count", "1024"},
        {"bitnet.feed_forward_length", U(97), QUIN_ERR_FORMAT, "blk.0.ffn_gate.weight", "[97][64]"},
        {"bitnet.feed_forward_length", U(UINT32_MAX), QUIN_ERR_RANGE, "feed-forward length", ""},
        {"bitnet.attention.head_count", U(0), QUIN_ERR_RANGE, "head count is 0", ""},
        {"bitnet.attention.head_count", U(5), QUIN_ERR_UNSUPPORTED, "5 attention heads", "2 KV heads"},
        {"bitnet.attention.head_count", U(8), QUIN_ERR_FORMAT, "blk.0.attn_q.weight must be [256][64]", ""},
        {"bitnet.attention.head_count", F(4.0f), QUIN_ERR_FORMAT, "bitnet.attention.head_count", ""},
        {"bitnet.attention.head_count_kv", U(0), QUIN_ERR_RANGE, "KV head count is 0", ""},
        {"bitnet.attention.head_count_kv", U(8), QUIN_ERR_UNSUPPORTED, "4 attention heads", "8 KV heads"},
        {"bitnet.attention.key_length", U(48), QUIN_ERR_UNSUPPORTED, "48", "32"},
        {"bitnet.attention.key_length", OUT, QUIN_ERR_UNSUPPORTED, "16", "32"},
        {"bitnet.attention.value_length", U(64), QUIN_ERR_UNSUPPORTED, "64", "32"},
        {"bitnet.rope.dimension_count", U(16), QUIN_ERR_UNSUPPORTED, "RoPE", "16 of a head's 32"},
        {"bitnet.attention.layer_norm_rms_epsilon", F(-1.0f), QUIN_ERR_RANGE, "epsilon is -1", ""},
        {"bitnet.attention.layer_norm_rms_epsilon", F(NAN), QUIN_ERR_RANGE, "epsilon", "nan"},
        {"bitnet.rope.freq_base", F(0.0f), QUIN_ERR_RANGE, "RoPE base is 0", ""},
        {"bitnet.rope.freq_base", F(INFINITY), QUIN_ERR_RANGE, "RoPE base", "inf"},
        {"bitnet.vocab_size", U(11), QUIN_ERR_FORMAT, "token_embd.weight must be [11][64]", "[10][64]"},
        {"bitnet.vocab_size", U(1u << 30), QUIN_ERR_RANGE, "vocabulary size", ""},
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct file f;
        file_start(&f);
        struct key *k = file_key(&f, cases[i].key);
        k->kind = cases[i].kind;
        k->u = cases[i].u;
        k->f = cases[i].f;
        k->s = cases[i].s;
        load_fails(&f, cases[i].e, cases[i].words, cases[i].more);
    }
}

static void test_extra_keys(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        char kind;
        float f;
        const char *s, *words;
    } cases[] = {
        {"bitnet.rope.scaling.type", 's', 0, "longrope", "bitnet.rope.scaling.type"},
        {"quintrit.activations", 's', 0, "int4", "'int4'"},
        {"bitnet.rope.scaling.attn_factor", 'f', 1.0f, NULL, "bitnet.rope.scaling.attn_factor"},
        {"bitnet.hidden_activation", 's', 0, "gelu", "'gelu'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct file f;
        file_start(&f);
        file_add_key(&f, cases[i].key, cases[i].kind, 0, cases[i].f, cases[i].s);
        load_fails(&f, QUIN_ERR_UNSUPPORTED, cases[i].words, "");
    }
}

static void test_missing_tensors(void **state)
{
    (void)state;
    struct file all;
    file_start(&all);
    for (size_t i = 0; i < all.tensors; i++) {
        struct file f;
        file_start(&f);
        char name[64];
        snprintf(name, sizeof name, "%s", f.tensor[i].name);
        f.tensor[i].name[0] = '\0';
        /* Without layer 0's sub-norm the model has none, and layer 1's is one too many. */
        bool optional = !strncmp(name, "blk.0.", 6) && strstr(name, "sub_norm");
        if (optional)
            name[4] = '1';
        load_fails(&f, optional ? QUIN_ERR_UNSUPPORTED : QUIN_ERR_FORMAT, name, "");
    }
}

static void test_wrong_shapes(void **state)
{
    (void)state;
    struct file all;
    file_start(&all);
    for (size_t i = 0; i < all.tensors; i++)
        for (int columns = 0; columns < 2; columns++) {
            struct file f;
            char found[64];
            file_start(&f);
            struct tensor *t = &f.tensor[i];
            *(columns ? &t->columns : &t->rows) += 1;
            snprintf(found, sizeof found, "[%u][%u]", (unsigned)t->rows, (unsigned)t->columns);
            load_fails(&f, QUIN_ERR_FORMAT, all.tensor[i].name, found);
        }
}

static void test_wrong_contents(void **state)
{
    (void)state;
    struct file f;
    file_start(&f);
    file_tensor(&f, "blk.1.ffn_norm.weight")->second = NAN;
    load_fails(&f, QUIN_ERR_FORMAT, "blk.1.ffn_norm.weight", "[0][1]");
    file_start(&f);
    file_tensor(&f, "token_embd.weight")->first = INFINITY;
    load_fails(&f, QUIN_ERR_FORMAT, "token_embd.weight", "[0][0]");
    file_start(&f);
    file_tensor(&f, "blk.1.attn_v.weight")->first = 0.7f; /* one value of many: damaged, not a master */
    load_fails(&f, QUIN_ERR_FORMAT, "blk.1.attn_v.weight", "");
    file_start(&f);
    file_add_key(&f, "bitnet.rope.scaling.type", 'u', 0, 0, NULL);
    load_fails(&f, QUIN_ERR_FORMAT, "bitnet.rope.scaling.type", "");
    file_start(&f);
    file_add_key(&f, "bitnet.rope.scaling.factor", 'f', 0, 0.5f, NULL);
    load_fails(&f, QUIN_ERR_RANGE, "scaling factor is 0.5", "");
    file_start(&f);
    file_add_tensor(&f, "rope_freqs.weight", 1, HEAD_SIZE / 2, 0)->second = -1.0f;
    load_fails(&f, QUIN_ERR_RANGE, "rope_freqs.weight", "-1");
    file_start(&f);
    file_add_tensor(&f, "rope_freqs.weight", 1, HEAD_SIZE, 0);
    load_fails(&f, QUIN_ERR_FORMAT, "rope_freqs.weight must be [1][16]", "");
}

static bool noted(const struct quin_model *m, bool loud, const char *words)
{
    for (size_t i = 0; i < m->notes.count; i++)
        if (m->notes.note[i].loud == loud && strstr(m->notes.note[i].text, words))
            return true;
    return false;
}

/* What decides the activation, and that it is said. */
static void test_activation(void **state)
{
    (void)state;
    for (int with_key = 0; with_key < 2; with_key++)
        for (int with_base = 0; with_base < 2; with_base++) {
            struct file f;
            file_start(&f);
            file_key(&f, "bitnet.rope.freq_base")->f = with_base ? 500000.0f : 10000.0f;
            if (with_key)
                file_add_key(&f, "bitnet.hidden_activation", 's', 0, 0, with_base ? "silu" : "relu2");
            struct quin_model *m = load_ok(&f, NULL);
            assert_int_equal(m->hyper.activation, with_key ^ with_base ? QUIN_ACTIVATION_RELU2 : QUIN_ACTIVATION_SILU);
            assert_int_equal(noted(m, true, "relu2, since RoPE base 500000"), !with_key && with_base);
            assert_int_equal(noted(m, false, "silu, as the architecture"), !with_key && !with_base);
            quin_model_free(m);
        }
}

/* Of the masters below: mostly +1 by absmean, the first -1, the second 0. */
static double master_at(size_t salt, size_t row, size_t column)
{
    return row == 0 && column < 2 ? (column ? 0.125 : -3.0) : (double)float_at(salt, row, column);
}

/* All matrices are masters, unless but one. */
static void make_masters(struct file *f, const char *but)
{
    file_start(f);
    for (size_t i = 0; i < f->tensors; i++) {
        struct tensor *t = &f->tensor[i];
        if (!(t->scale > 0) || (but && !strcmp(t->name, but)))
            continue;
        t->scale = 0;
        t->first = -3.0f;
        t->second = 0.125f;
    }
}

static void check_master(const struct quin_linear *l, size_t salt)
{
    double sum = 0;
    for (size_t r = 0; r < l->out; r++)
        for (size_t c = 0; c < l->in; c++)
            sum += fabs(master_at(salt, r, c));
    double mean = sum / (double)(l->out * l->in);
    assert_true(fabs((double)l->scale - mean) < 1e-6 * mean);
    for (size_t r = 0; r < l->out; r++)
        for (size_t c = 0; c < l->in; c++) {
            double w = master_at(salt, r, c) / mean;
            assert_int_equal(l->trits[r * l->in + c], (w > 0.5) - (w < -0.5));
        }
}

/* Masters: quantised, with mean, trits and scale worked out here; refused where the file says so, or where other
 * matrices are ternary. */
static void test_masters(void **state)
{
    (void)state;
    struct file f;
    make_masters(&f, NULL);
    size_t up = (size_t)(file_tensor(&f, "blk.0.ffn_up.weight") - f.tensor);
    size_t q = (size_t)(file_tensor(&f, "blk.1.attn_q.weight") - f.tensor);
    struct quin_model *m = load_ok(&f, NULL);
    check_master(&m->layer[0].up, up);
    check_master(&m->layer[1].q, q);
    assert_true(noted(m, true, "14 matrices held masters"));
    quin_model_free(m);
    make_masters(&f, NULL);
    file_add_key(&f, "quintrit.masters", 'b', 0, 0, NULL);
    load_fails(&f, QUIN_ERR_FORMAT, "blk.0.attn_q.weight", "masters");
    make_masters(&f, "blk.1.ffn_down.weight");
    load_fails(&f, QUIN_ERR_FORMAT, "'blk.0.attn_q.weight' is not ternary", "1 of 14 matrices are");
}

static void test_unknown_tensors(void **state)
{
    (void)state;
    static const char *const names[] = {"blk.0.attn_q.bias",
                                        "blk.2.attn_q.weight",
                                        "blk.0.attn_norm.scale",
                                        "blk.x.attn_q.weight",
                                        "blk.-1.attn_q.weight",
                                        "blk.99999999999999999999.attn_q.weight",
                                        "blk.0.attn_q.weight2",
                                        "blk.0.attn_q",
                                        "blk.1.attn_q_norm.weight",
                                        "blk.",
                                        "token_embd_norm.weight"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct file f;
        file_start(&f);
        file_add_tensor(&f, names[i], 1, 1, 0);
        load_fails(&f, QUIN_ERR_UNSUPPORTED, "tensor", names[i]);
    }
}

static void test_stats_counts(void **state)
{
    (void)state;
    struct file f;
    struct quin_model_stats s;
    uint64_t zeros = 0;
    file_start(&f);
    for (size_t i = 0; i < f.tensors; i++)
        for (size_t j = 0; f.tensor[i].scale > 0 && j < (size_t)f.tensor[i].rows * f.tensor[i].columns; j++)
            zeros += trit_at(i, j / f.tensor[i].columns, j % f.tensor[i].columns) == 0;
    struct quin_model *m = load_ok(&f, NULL);
    quin_model_stats(m, &s);
    assert_int_equal(s.ternary_zeros, zeros);
    assert_int_equal(s.ternary_params, 2 * (2 * 128 * 64 + 2 * 64 * 64 + 3 * 96 * 64));
    assert_int_equal(s.layer_bytes, 26 * 64 + 2 * 13 * 64 + 13 * 128 + 2 * 20 * 64 + 13 * 96);
    assert_int_equal(s.layers_bytes, 2 * s.layer_bytes);
    quin_model_free(m);
    quin_model_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_fallbacks),
        cmocka_unit_test(test_variants),        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_missing_keys),    cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_extra_keys),      cmocka_unit_test(test_missing_tensors),
        cmocka_unit_test(test_wrong_shapes),    cmocka_unit_test(test_wrong_contents),
        cmocka_unit_test(test_activation),      cmocka_unit_test(test_masters),
        cmocka_unit_test(test_unknown_tensors), cmocka_unit_test(test_stats_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
