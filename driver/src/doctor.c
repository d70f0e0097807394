/* SPDX-License-Identifier: Apache-2.0
 *
 * Examines a model file and reports findings. What is judged by numbers:
 *   inverted scales   a matrix of a working model changes the size of its input by a factor near 1; if all of
 * them change it a hundredfold, and the reciprocals of their scales would not, the scales are reciprocals
 *   shrunken scales   checkpoints keep weight_scale in bfloat16; a converter that quantises ternary matrices
 * again multiplies it by the share of weights that are not zero, so that scale / share is a bfloat16 number
 *                     (or its reciprocal) in every matrix, and the scale itself is not
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "family.h"
#include "i2_s.h"
#include "lm.h"
#include "msg.h"
#include "ternary.h"

enum {
    NAMED = 4,
    ENOUGH = 8,
    TEXT_BYTES = 512
}; /* matrices named before "and more"; matrices that a verdict needs */

static const double FAR = 100, NEAR = 30; /* factors of a matrix that cannot, and that can be right */

/* How many matrices fit each story of how their scales came about. */
struct scales {
    size_t n, plain, reciprocal, shrunken, shrunken_reciprocal;
    size_t gains;
    double log_gain, log_inverse; /* sums */
};

struct doctor {
    struct quin_gguf *g;
    const struct quin_family *family;
    struct quin_hyper hyper;
    const struct quin_progress *progress;
    quin_finding_fn *fn;
    void *user;
    size_t problems;
    bool masters;
    size_t ternary, quantised, bad; /* matrices */
    struct scales scales;
    struct quin_msg *msg;
};

__attribute__((format(printf, 4, 5))) static void find(struct doctor *d, enum quin_finding_level level,
                                                       const char *subject, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    d->problems += level == QUIN_FINDING_PROBLEM;
    d->fn(d->user, level, subject, text);
}

/* ---- family ---- */

static void examine_activation(struct doctor *d)
{
    enum quin_activation a;
    enum quin_decided by;
    struct quin_msg msg;
    if (quin_family_activation(d->g, d->family, &a, &by, &msg))
        find(d, QUIN_FINDING_PROBLEM, "activation", "%s", msg.text);
    else if (by == QUIN_DECIDED_KEY)
        find(d,
             a == d->family->activation || d->family->relu2_base != 0 ? QUIN_FINDING_GOOD
                                                                      : QUIN_FINDING_PROBLEM,
             "activation", "%s, as the key %s.hidden_activation says%s", quin_activation_name(a),
             d->family->arch,
             a == d->family->activation || d->family->relu2_base != 0
                 ? ""
                 : ", but models of this architecture have another");
    else if (d->family->sub_norms == QUIN_SUB_NORMS_NONE)
        find(d, QUIN_FINDING_GOOD, "activation", "%s, as all models of this architecture",
             quin_activation_name(a));
    else
        find(d, QUIN_FINDING_NOTE, "activation",
             "the file has no activation key: %s, %s; --override-kv "
             "%s.hidden_activation=str:%s for a model with the other one",
             quin_activation_name(a),
             by == QUIN_DECIDED_BASE ? "since its RoPE base is that of BitNet 2B-4T"
                                     : "as the architecture has it",
             d->family->arch, a == QUIN_ACTIVATION_SILU ? "relu2" : "silu");
}

static bool examine_family(struct doctor *d)
{
    struct quin_msg msg;
    if (quin_family_find(d->g, &d->family, &msg)) {
        find(d, QUIN_FINDING_PROBLEM, "family", "%s", msg.text);
        return false;
    }
    find(d, QUIN_FINDING_GOOD, "family", "%s: %s", d->family->arch, d->family->models);
    examine_activation(d);
    if (quin_family_masters(d->g, d->family, &d->masters, &msg) ||
        quin_model_load_hyper(d->g, &d->hyper, &msg)) {
        find(d, QUIN_FINDING_PROBLEM, "metadata", "%s", msg.text);
        return false;
    }
    const struct quin_hyper *h = &d->hyper;
    find(d, QUIN_FINDING_GOOD, "shape",
         "%zu layers, %zu wide, %zu heads of %zu, %zu KV heads, FFN %zu, %zu tokens, context "
         "%zu",
         h->layers, h->dim, h->heads, h->head_size, h->kv_heads, h->ffn, h->vocab, h->context);
    if (h->yarn.factor > 0)
        find(d, QUIN_FINDING_GOOD, "RoPE",
             "YaRN: %g times %zu positions, betas %g and %g, attention factor %.4g", (double)h->yarn.factor,
             h->yarn.context, (double)h->yarn.fast, (double)h->yarn.slow, h->rope_attention);
    if (h->tied_head && quin_gguf_tensor_find(d->g, "output.weight"))
        find(d, QUIN_FINDING_NOTE, "lm_head", "output.weight is a copy of the embedding and is not read");
    if (d->family->sub_norms == QUIN_SUB_NORMS_NONE && !quin_gguf_find(d->g, "quintrit.activations"))
        find(d, QUIN_FINDING_NOTE, "activations",
             "no key says what the projections take: int8, as Llama3-1.58 and Falcon do; "
             "for a TriLM --override-kv quintrit.activations=str:float");
    if (quin_model_check_tensors(d->g, h, &msg))
        find(d, QUIN_FINDING_PROBLEM, "tensors", "%s", msg.text);
    return true;
}

static void examine_i2_s(struct doctor *d)
{
    struct quin_i2_s_verdict v;
    struct quin_msg msg;
    if (quin_i2_s_examine(d->g, &d->hyper, &v, &msg)) {
        find(d, QUIN_FINDING_PROBLEM, "I2_S", "%s", msg.text);
        return;
    }
    if (!v.any)
        return;
    if (quin_i2_s_refuse(&v, &msg))
        find(d, QUIN_FINDING_PROBLEM, "I2_S", "%s", msg.text);
    else if (v.certain)
        find(d, QUIN_FINDING_GOOD, "I2_S",
             "layout of %s, by its weights (composition %.2f, others %.2f and %.2f)",
             quin_i2_s_name(v.layout), v.score[QUIN_I2_S_128], v.score[QUIN_I2_S_64],
             v.score[QUIN_I2_S_ROWS]);
    else
        find(d, QUIN_FINDING_NOTE, "I2_S",
             "the weights do not tell which of three layouts this is (composition %.2f, %.2f, "
             "%.2f); it is read as %s",
             v.score[0], v.score[1], v.score[2], quin_i2_s_name(QUIN_I2_S_128));
}

/* ---- matrices ---- */

/* Is x a bfloat16 number, but for an error of `tolerance`? */
static bool on_grid(double x, double tolerance)
{
    int exponent;
    double m = frexp(fabs(x), &exponent) * 256; /* 128 to 256: eight bits */
    return fabs(m - nearbyint(m)) <= tolerance * m;
}

static void add_scale(struct scales *s, double scale, double share, double tolerance)
{
    s->n++;
    s->plain += on_grid(scale, tolerance);
    s->reciprocal += on_grid(1 / scale, tolerance);
    s->shrunken += on_grid(scale / share, tolerance);
    s->shrunken_reciprocal += on_grid(share / scale, tolerance);
}

static double rms_of(const struct doctor *d, size_t layer, const char *norm, size_t n)
{
    char name[64];
    snprintf(name, sizeof name, "blk.%zu.%s.weight", layer, norm);
    const struct quin_gguf_tensor *t = quin_gguf_tensor_find(d->g, name);
    float *w = t && t->ne[0] == n ? malloc(n * sizeof *w) : NULL;
    double sum = 0;
    if (w && !quin_gguf_row_f32(t, 0, w, NULL))
        for (size_t i = 0; i < n; i++)
            sum += (double)w[i] * (double)w[i];
    free(w);
    return sqrt(sum / (double)n);
}

/* By how much the matrix makes a normed input larger; only where a norm stands in front of it. */
static void add_gain(struct doctor *d, size_t layer, enum quin_projection p, double scale, double share,
                     size_t in)
{
    static const char *const norms[QUIN_PROJS] = {"attn_norm", "attn_norm", "attn_norm",   "attn_sub_norm",
                                                  "ffn_norm",  "ffn_norm",  "ffn_sub_norm"};
    double size = rms_of(d, layer, norms[p], in) * sqrt((double)in * share);
    if (!(size > 0) || !isfinite(size))
        return;
    d->scales.gains++;
    d->scales.log_gain += log(scale * size);
    d->scales.log_inverse += log(size / scale);
}

static void examine_values(struct doctor *d, const struct quin_gguf_tensor *t, size_t layer,
                           enum quin_projection p, const int8_t *trits, float scale)
{
    size_t n = (size_t)(t->ne[0] * quin_gguf_tensor_rows(t)), used = 0;
    float factor = 1;
    for (size_t i = 0; i < n; i++)
        used += trits[i] != 0;
    if (!used || scale == 0) {
        find(d, QUIN_FINDING_PROBLEM, "matrix", "%s is all zeros", t->name);
        return;
    }
    /* binary16 scales are coarse; a scale tensor, I2_S and other floats are not */
    bool coarse = (t->type == QUIN_GGML_TQ1_0 || t->type == QUIN_GGML_TQ2_0 || t->type == QUIN_GGML_F16) &&
                  !quin_gguf_scale_tensor(d->g, t, &factor, NULL) && factor == 1;
    double share = (double)used / (double)n;
    add_scale(&d->scales, (double)scale, share, coarse ? 0x1p-11 : 3e-7);
    add_gain(d, layer, p, (double)scale, share, (size_t)t->ne[0]);
}

static enum quin_err examine_matrix(struct doctor *d, size_t layer, enum quin_projection p)
{
    char name[64];
    struct quin_msg msg = {""};
    bool quantised = false;
    float scale;
    snprintf(name, sizeof name, "blk.%zu.%s.weight", layer, quin_projection_name(p));
    const struct quin_gguf_tensor *t = quin_gguf_tensor_find(d->g, name);
    if (!t || quin_gguf_tensor_check(t, NULL))
        return QUIN_OK; /* "tensors" has told it */
    int8_t *trits = malloc((size_t)(t->ne[0] * quin_gguf_tensor_rows(t)));
    if (!trits)
        return quin_msg_set(d->msg, QUIN_ERR_MEMORY, "no memory for tensor %s; close other programs",
                            t->name);
    enum quin_err e = quin_ternary_read(d->g, t, d->masters ? QUIN_MASTERS_ABSMEAN : QUIN_MASTERS_REFUSED,
                                        trits, &scale, &quantised, &msg);
    if (e && d->bad++ < NAMED)
        find(d, QUIN_FINDING_PROBLEM, "matrix", "%s", msg.text);
    if (!e) {
        d->ternary += !quantised;
        d->quantised += quantised;
        examine_values(d, t, layer, p, trits, scale);
    }
    free(trits);
    return QUIN_OK;
}

static enum quin_err examine_matrices(struct doctor *d)
{
    for (size_t layer = 0; layer < d->hyper.layers; layer++)
        for (int p = 0; p < QUIN_PROJS; p++) {
            enum quin_err e = examine_matrix(d, layer, (enum quin_projection)p);
            if (e)
                return e;
            if (d->progress && d->progress->fn)
                d->progress->fn(d->progress->user,
                                ((double)layer * QUIN_PROJS + p + 1) / QUIN_PROJS / (double)d->hyper.layers);
        }
    if (d->bad > NAMED)
        find(d, QUIN_FINDING_PROBLEM, "matrix", "and %zu more that are not ternary", d->bad - NAMED);
    if (d->ternary)
        find(d, QUIN_FINDING_GOOD, "matrices", "%zu are ternary, one scale each", d->ternary);
    if (d->quantised && d->ternary)
        find(d, QUIN_FINDING_PROBLEM, "matrices", "%zu hold masters and %zu are ternary: all should be alike",
             d->quantised, d->ternary);
    else if (d->quantised)
        find(d, QUIN_FINDING_NOTE, "matrices",
             "%zu hold masters and are quantised by absmean when the file is loaded", d->quantised);
    return QUIN_OK;
}

/* ---- scales ---- */

static void examine_shrinking(struct doctor *d)
{
    const struct scales *s = &d->scales;
    if (s->n < ENOUGH || d->quantised)
        return;
    if (s->plain == s->n || s->reciprocal == s->n)
        find(d, QUIN_FINDING_GOOD, "scales", "all are %s of bfloat16, as checkpoints have them",
             s->plain == s->n ? "numbers" : "reciprocals of numbers");
    else if (s->shrunken == s->n || s->shrunken_reciprocal == s->n)
        find(d, QUIN_FINDING_PROBLEM, "scales",
             "shrunken: divided by each matrix's share of weights that are not zero all "
             "are %s of bfloat16, and as they stand only %zu of %zu: the converter quantised ternary "
             "matrices a second "
             "time. Convert the checkpoint again with models/convert.py",
             s->shrunken == s->n ? "numbers" : "reciprocals of numbers",
             s->plain > s->reciprocal ? s->plain : s->reciprocal, s->n);
    else
        find(d, QUIN_FINDING_NOTE, "scales",
             "no numbers of bfloat16: made from masters, or rounded; shrinking cannot be told");
}

static void examine_gains(struct doctor *d)
{
    const struct scales *s = &d->scales;
    if (!s->gains)
        return;
    double gain = exp(s->log_gain / (double)s->gains), inverse = exp(s->log_inverse / (double)s->gains);
    bool far = gain > FAR || gain < 1 / FAR, near = inverse < NEAR && inverse > 1 / NEAR;
    if (far && near)
        find(d, QUIN_FINDING_PROBLEM, "scales",
             "inverted: matrices make their input %.3g times as large in the mean, and with "
             "the reciprocals of their scales it would be %.3g. Convert the checkpoint again with "
             "models/convert.py",
             gain, inverse);
    else if (far)
        find(d, QUIN_FINDING_NOTE, "scales",
             "matrices make their input %.3g times as large in the mean, which is unusual", gain);
    else
        find(d, QUIN_FINDING_GOOD, "scales", "matrices make their input %.3g times as large in the mean",
             gain);
}

/* ---- tokenizer ---- */

static void examine_tokenizer(struct doctor *d)
{
    struct quin_tokenizer *t = NULL;
    struct quin_chat chat;
    struct quin_msg msg;
    if (quin_tokenizer_create(d->g, &t, &msg)) {
        find(d, QUIN_FINDING_PROBLEM, "tokenizer", "%s", msg.text);
        return;
    }
    size_t n = quin_tokenizer_size(t);
    if (d->hyper.vocab && n > d->hyper.vocab)
        find(d, QUIN_FINDING_PROBLEM, "tokenizer", "%zu tokens, but the embedding has %zu rows", n,
             d->hyper.vocab);
    else
        find(d, QUIN_FINDING_GOOD, "tokenizer", "%s, %zu tokens for %zu rows", quin_tokenizer_kind(t), n, d->hyper.vocab);
    if (quin_tokenizer_guessed(t))
        find(d, QUIN_FINDING_NOTE, "tokenizer", "no pre-tokenizer is named, but the vocabulary is Llama 3's: "
                                                "llama-bpe is used");
    else if (!quin_gguf_find(d->g, "tokenizer.ggml.pre") && strcmp(quin_tokenizer_kind(t), "SentencePiece"))
        find(d, QUIN_FINDING_NOTE, "tokenizer", "no pre-tokenizer is named: GPT-2's is used");
    if (quin_tokenizer_bos(t) == QUIN_TOKEN_NONE)
        find(d, QUIN_FINDING_NOTE, "tokenizer", "no token begins a text (bos)");
    if (quin_tokenizer_eos(t) == QUIN_TOKEN_NONE)
        find(d, QUIN_FINDING_NOTE, "tokenizer",
             "no token ends a text (eos): texts end at the number of tokens asked for");
    if (!quin_gguf_find(d->g, "tokenizer.chat_template"))
        find(d, QUIN_FINDING_NOTE, "tokenizer", "no chat template");
    else if (quin_chat_find(d->g, &chat, &msg))
        find(d, QUIN_FINDING_NOTE, "tokenizer", "%s", msg.text);
    else if (quin_chat_replaces(&chat))
        find(d, QUIN_FINDING_NOTE, "tokenizer",
             "the chat template is a converter's stand-in that the model was not trained on; %s's own is used",
             quin_chat_row_name(&chat));
    else
        find(d, QUIN_FINDING_GOOD, "tokenizer", "chat template %s", quin_chat_row_name(&chat));
    quin_tokenizer_free(t);
}

enum quin_err quin_doctor_examine(struct quin_gguf *g, const struct quin_progress *progress,
                                  quin_finding_fn *fn, void *user, size_t *problems, struct quin_msg *msg)
{
    struct doctor d = {.g = g, .progress = progress, .fn = fn, .user = user, .msg = msg};
    enum quin_err e = QUIN_OK;
    find(&d, QUIN_FINDING_GOOD, "file", "GGUF version %u, %zu keys, %zu tensors, %zu bytes",
         (unsigned)quin_gguf_version(d.g), quin_gguf_kv_count(d.g), quin_gguf_tensor_count(d.g),
         quin_gguf_file_size(d.g));
    if (examine_family(&d)) {
        examine_i2_s(&d);
        if (!(e = examine_matrices(&d))) {
            examine_shrinking(&d);
            examine_gains(&d);
        }
    }
    if (!e)
        examine_tokenizer(&d);
    *problems = d.problems;
    return e;
}

enum quin_err quin_doctor(const struct quin_lm_options *options, const struct quin_progress *progress,
                          quin_finding_fn *fn, void *user, size_t *problems, struct quin_msg *msg)
{
    struct quin_gguf *g = NULL;
    enum quin_err e = quin_lm_open_gguf(options, &g, msg);
    *problems = 0;
    if (!e)
        e = quin_doctor_examine(g, progress, fn, user, problems, msg);
    quin_gguf_free(g);
    return e;
}
