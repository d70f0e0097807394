/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a model from a GGUF: hyperparameters by its family (family.c), then every tensor. All shapes
 * are checked before anything is allocated, so that memory stays in proportion to the file; a tensor that the
 * architecture does not know is refused, because leaving it out would compute another model. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "family.h"
#include "i2_s.h"
#include "model.h"
#include "model_source.h"
#include "msg.h"
#include "ternary.h"

#define ROPE_FACTORS "rope_freqs.weight"

enum { NAME_MAX_BYTES = 128, LAYER_TENSORS = QUIN_PROJS + 4 };

/* ---- tensors: what must be there ---- */

struct want {
    const char *name; /* without "blk.N." and ".weight" */
    size_t rows, columns;
    bool ternary;
};

/* The tensors of one layer; returns how many. Projections come first, in enum quin_projection's order. */
static size_t layer_wants(const struct quin_hyper *h, struct want w[LAYER_TENSORS])
{
    size_t wide = h->heads * h->head_size, narrow = h->kv_heads * h->head_size, n = QUIN_PROJS;
    const size_t rows[QUIN_PROJS] = {wide, narrow, narrow, h->dim, h->ffn, h->ffn, h->dim};
    const size_t columns[QUIN_PROJS] = {h->dim, h->dim, h->dim, wide, h->dim, h->dim, h->ffn};
    for (int p = 0; p < QUIN_PROJS; p++)
        w[p] = (struct want){quin_projection_name((enum quin_projection)p), rows[p], columns[p], true};
    w[n++] = (struct want){"attn_norm", 1, h->dim, false};
    w[n++] = (struct want){"ffn_norm", 1, h->dim, false};
    if (h->attn_sub_norm)
        w[n++] = (struct want){"attn_sub_norm", 1, wide, false};
    if (h->ffn_sub_norm)
        w[n++] = (struct want){"ffn_sub_norm", 1, h->ffn, false};
    return n;
}

/* Presence, shape, and that the type can be decoded. ne[0] is the row length. */
static enum quin_err check_tensor(const struct quin_gguf *g, const char *name, size_t rows, size_t columns,
                                  struct quin_msg *msg)
{
    const struct quin_gguf_tensor *t;
    enum quin_err e = quin_gguf_tensor_get(g, name, &t, msg);
    if (e)
        return e;
    if (t->ne[0] != columns || t->ne[1] != rows || t->ne[2] != 1 || t->ne[3] != 1)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "tensor %s must be [%zu][%zu] by the file's hyperparameters, but is "
                            "[%" PRIu64 "][%" PRIu64 "]%s; convert the model again",
                            name, rows, columns, t->ne[1], t->ne[0],
                            t->ne[2] != 1 || t->ne[3] != 1 ? " with more dimensions" : "");
    return quin_gguf_tensor_check(t, msg);
}

static void tensor_name(char buf[NAME_MAX_BYTES], size_t layer, const char *name)
{
    snprintf(buf, NAME_MAX_BYTES, "blk.%zu.%s.weight", layer, name);
}

/* Is `name` one of the tensors that the loader reads? */
static bool known_tensor(const char *name, const struct quin_hyper *h, const struct want *w, size_t n)
{
    if (!strcmp(name, "token_embd.weight") || !strcmp(name, "output.weight") ||
        !strcmp(name, "output_norm.weight") || !strcmp(name, ROPE_FACTORS))
        return true;
    if (strncmp(name, "blk.", 4) != 0 || name[4] < '0' || name[4] > '9')
        return false;
    char *dot;
    unsigned long long layer = strtoull(name + 4, &dot, 10);
    if (layer >= h->layers || *dot != '.')
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(w[i].name);
        const char *tail = dot + 1 + len;
        if (!strncmp(dot + 1, w[i].name, len) &&
            (!strcmp(tail, ".weight") || (w[i].ternary && !strcmp(tail, ".scale"))))
            return true;
    }
    return false;
}

/* Both ways: every tensor that the model needs is there, and every tensor that is there is needed. */
enum quin_err quin_model_check_tensors(const struct quin_gguf *g, const struct quin_hyper *h,
                                       struct quin_msg *msg)
{
    struct want w[LAYER_TENSORS];
    size_t n = layer_wants(h, w);
    enum quin_err e;
    if ((e = check_tensor(g, "token_embd.weight", h->vocab, h->dim, msg)) ||
        (e = check_tensor(g, "output_norm.weight", 1, h->dim, msg)) ||
        (!h->tied_head && (e = check_tensor(g, "output.weight", h->vocab, h->dim, msg))) ||
        (quin_gguf_tensor_find(g, ROPE_FACTORS) &&
         (e = check_tensor(g, ROPE_FACTORS, 1, h->head_size / 2, msg))))
        return e;
    for (size_t layer = 0; layer < h->layers; layer++)
        for (size_t i = 0; i < n; i++) {
            char name[NAME_MAX_BYTES];
            tensor_name(name, layer, w[i].name);
            if ((e = check_tensor(g, name, w[i].rows, w[i].columns, msg)))
                return e;
        }
    for (size_t i = 0; i < quin_gguf_tensor_count(g); i++) {
        const struct quin_gguf_tensor *t = quin_gguf_tensor_at(g, i);
        if (!known_tensor(t->name, h, w, n))
            return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                                "tensor %s has no place in a '%s' model of %zu layers, and "
                                "leaving it out would give wrong text; convert the model again",
                                t->name, h->arch, h->layers);
    }
    return QUIN_OK;
}

/* ---- tensors: reading ---- */

struct reader {
    const struct quin_gguf *g;
    bool keep;       /* weights stay in memory */
    int8_t *scratch; /* of a matrix that does not */
    const struct quin_progress *progress;
    double done, total; /* weights */
    size_t quantised;            /* matrices that were masters */
    char master[NAME_MAX_BYTES]; /* the first of them */
    struct quin_msg *msg;
};

/* Counts weights that are done. total is exact, so the last call reports 1. */
static void advance(struct reader *r, size_t weights)
{
    r->done += (double)weights;
    if (r->progress && r->progress->fn)
        r->progress->fn(r->progress->user, r->done / r->total);
}

enum { ROWS_A_STEP = 256 };

/* Norms and the embedding; infinities and NaNs would spread silently, so they end the loading here. Where the tensor is
 * not to be kept (out is NULL) each row goes to the same place. */
static enum quin_err read_floats(struct reader *r, const char *name, float *out)
{
    const struct quin_gguf_tensor *t;
    enum quin_err e = quin_gguf_tensor_get(r->g, name, &t, r->msg);
    if (e)
        return e;
    size_t columns = (size_t)t->ne[0], rows = (size_t)quin_gguf_tensor_rows(t), pending = 0;
    float *own = out ? NULL : malloc(columns * sizeof *own);
    if (!out && !own)
        return quin_msg_set(r->msg, QUIN_ERR_MEMORY, "no memory for a row of tensor %s; close other programs", name);
    for (size_t row = 0; row < rows && !e; row++) {
        float *v = out ? out + row * columns : own;
        e = quin_gguf_row_f32(t, row, v, r->msg);
        for (size_t i = 0; i < columns && !e; i++)
            if (!isfinite(v[i]))
                e = quin_msg_set(r->msg, QUIN_ERR_FORMAT,
                                 "tensor %s holds infinity or NaN at [%zu][%zu]; the file "
                                 "is damaged or its training failed",
                                 name, row, i);
        if (!e && (++pending == ROWS_A_STEP || row + 1 == rows)) {
            advance(r, pending * columns);
            if (!out)
                quin_gguf_rows_release(r->g, t, row + 1 - pending, pending);
            pending = 0;
        }
    }
    free(own);
    return e;
}

/* Rows of each head from the order 0, d/2, 1, d/2 + 1, ... to 0, 1, 2, ...; d = size. */
static enum quin_err part_pairs(int8_t *trits, const struct quin_linear *l, size_t size, struct quin_msg *msg)
{
    int8_t *head = malloc(size * l->in);
    if (!head)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a head of %zu rows; close other programs",
                            size);
    for (size_t row = 0; row < l->out; row += size) {
        int8_t *at = trits + row * l->in;
        memcpy(head, at, size * l->in);
        for (size_t i = 0; i < size; i++)
            memcpy(at + i * l->in, head + (i < size / 2 ? 2 * i : 2 * i - size + 1) * l->in, l->in);
    }
    free(head);
    return QUIN_OK;
}

enum quin_err quin_model_read_projection(const struct quin_gguf *g, const struct quin_model *m, size_t layer,
                                         enum quin_projection p, int8_t *trits, struct quin_linear *l,
                                         bool *quantised, struct quin_msg *msg)
{
    char name[NAME_MAX_BYTES];
    const struct quin_gguf_tensor *t;
    enum quin_masters masters = m->masters ? QUIN_MASTERS_ABSMEAN : QUIN_MASTERS_REFUSED;
    tensor_name(name, layer, quin_projection_name(p));
    enum quin_err e = quin_gguf_tensor_get(g, name, &t, msg);
    if (!e)
        e = quin_ternary_read(g, t, masters, trits, &l->scale, quantised, msg);
    if (m->source && !e)
        quin_gguf_rows_release(g, t, 0, quin_gguf_tensor_rows(t));
    if (!e && m->rope_pairs && (p == QUIN_PROJ_Q || p == QUIN_PROJ_K))
        e = part_pairs(trits, l, m->hyper.head_size, msg);
    return e;
}

/* A matrix that is not ternary is refused by name in there; the scale comes complete. */
static enum quin_err read_linear(struct reader *r, const struct quin_model *m, size_t layer, enum quin_projection p)
{
    struct quin_linear *l = quin_layer_linear(&m->layer[layer], p);
    int8_t *trits = r->keep ? l->trits : r->scratch;
    bool quantised = false;
    enum quin_err e = quin_model_read_projection(r->g, m, layer, p, trits, l, &quantised, r->msg);
    if (quantised && !r->quantised++)
        tensor_name(r->master, layer, quin_projection_name(p));
    if (e)
        return e;
    if (!r->keep)
        l->zeros = quin_count_zeros(trits, l->in * l->out);
    advance(r, l->in * l->out);
    return QUIN_OK;
}

static enum quin_err read_layer(struct reader *r, const struct quin_model *m, size_t index)
{
    struct quin_layer *l = &m->layer[index];
    const struct {
        const char *name;
        float *norm;
    } norms[] = {{"attn_norm", l->attn_norm},
                 {"ffn_norm", l->ffn_norm},
                 {"attn_sub_norm", l->attn_sub_norm},
                 {"ffn_sub_norm", l->ffn_sub_norm}};
    char name[NAME_MAX_BYTES];
    for (size_t i = 0; i < sizeof norms / sizeof norms[0]; i++) {
        tensor_name(name, index, norms[i].name);
        enum quin_err e = norms[i].norm ? read_floats(r, name, norms[i].norm) : QUIN_OK;
        if (e)
            return e;
    }
    for (int p = 0; p < QUIN_PROJS; p++) {
        enum quin_err e = read_linear(r, m, index, (enum quin_projection)p);
        if (e)
            return e;
    }
    return QUIN_OK;
}

/* Each factor divides an angle, so it must be a positive number. */
static enum quin_err read_rope_factors(struct reader *r, struct quin_model *m)
{
    size_t half = m->hyper.head_size / 2;
    bool given = quin_gguf_tensor_find(r->g, ROPE_FACTORS), yarn = m->hyper.yarn.factor > 0;
    if (given && yarn)
        return quin_msg_set(r->msg, QUIN_ERR_UNSUPPORTED,
                            "the file has both keys of YaRN and a tensor " ROPE_FACTORS "; only one way of "
                            "scaling RoPE can run: convert the model again");
    if (!given && !yarn)
        return QUIN_OK;
    m->rope_factor = calloc(half, sizeof *m->rope_factor);
    if (!m->rope_factor)
        return quin_msg_set(r->msg, QUIN_ERR_MEMORY, "no memory for RoPE factors; close other programs");
    if (yarn) {
        quin_yarn_factors(&m->hyper, m->rope_factor);
        return QUIN_OK;
    }
    enum quin_err e = read_floats(r, ROPE_FACTORS, m->rope_factor);
    for (size_t i = 0; i < half && !e; i++)
        if (!(m->rope_factor[i] >= 1e-6f && m->rope_factor[i] <= 1e6f))
            e = quin_msg_set(r->msg, QUIN_ERR_RANGE,
                             "tensor " ROPE_FACTORS " holds %g at %zu, but must be 1e-6 to 1e6; the "
                             "file is damaged",
                             (double)m->rope_factor[i], i);
    return e;
}

/* Another layout under the same type number would load as another model, so the weights are asked first. */
static enum quin_err check_i2_s(struct reader *r, struct quin_model *m)
{
    struct quin_i2_s_verdict v;
    const struct quin_gguf_tensor *t = quin_gguf_tensor_find(r->g, "blk.0.attn_q.weight");
    if (!t || t->type != QUIN_GGML_I2_S)
        return QUIN_OK;
    enum quin_err e = quin_i2_s_examine(r->g, &m->hyper, &v, r->msg);
    if (!e)
        e = quin_i2_s_refuse(&v, r->msg);
    if (!e && !v.certain)
        quin_notes_add(&m->notes, false, "the weights do not tell the layout of I2_S; %s assumed",
                       quin_i2_s_name(QUIN_I2_S_128));
    return e;
}

/* Masters are in all matrices or in none: a single one among ternary matrices is a fault of a converter. */
static enum quin_err check_masters(const struct reader *r, const struct quin_hyper *h)
{
    size_t all = h->layers * QUIN_PROJS;
    if (!r->quantised || r->quantised == all)
        return QUIN_OK;
    return quin_msg_set(
        r->msg, QUIN_ERR_FORMAT,
        "tensor '%s' is not ternary, but %zu of %zu matrices are: a file holds masters in all of "
        "them or in none; convert the model again",
        r->master, all - r->quantised, all);
}

/* What a user should know of how the file was understood. */
static enum quin_err write_notes(struct reader *r, const struct quin_family *f, struct quin_model *m)
{
    enum quin_activation a;
    enum quin_decided by;
    enum quin_err e = quin_family_activation(r->g, f, &a, &by, r->msg);
    if (e)
        return e;
    if (by == QUIN_DECIDED_FAMILY && f->sub_norms != QUIN_SUB_NORMS_NONE)
        quin_notes_add(&m->notes, a == QUIN_ACTIVATION_RELU2,
                       "no key %s.hidden_activation: %s, as the architecture has it (%s)", f->arch,
                       quin_activation_name(a), f->models);
    if (by == QUIN_DECIDED_BASE)
        quin_notes_add(&m->notes, true,
                       "no key %s.hidden_activation: %s, since RoPE base %g is that of BitNet 2B-4T; "
                       "--override-kv %s.hidden_activation=str:silu for another model",
                       f->arch, quin_activation_name(a), (double)m->hyper.rope_base, f->arch);
    if (r->quantised)
        quin_notes_add(&m->notes, true, "%zu matrices held masters and were quantised by absmean",
                       r->quantised);
    if (!quin_gguf_find(r->g, "quintrit.activations") && f->sub_norms == QUIN_SUB_NORMS_NONE)
        quin_notes_add(&m->notes, false,
                       "int8 activations, as in Llama3-1.58 and Falcon; a TriLM has float ones: "
                       "--override-kv quintrit.activations=str:float");
    return QUIN_OK;
}

/* In double, as the progress is: exact up to 2^53 weights. */
static double count_weights(const struct quin_hyper *h, size_t factors)
{
    struct want w[LAYER_TENSORS];
    size_t n = layer_wants(h, w);
    double layer = 0, heads = h->tied_head ? 1 : 2;
    for (size_t i = 0; i < n; i++)
        layer += (double)w[i].rows * (double)w[i].columns;
    return (double)h->layers * layer + heads * (double)h->vocab * (double)h->dim + (double)h->dim +
           (double)factors;
}

static enum quin_err read_all(struct reader *r, const struct quin_family *f, struct quin_model *m)
{
    enum quin_err e;
    if ((e = check_i2_s(r, m)) || (e = read_rope_factors(r, m)) ||
        (e = read_floats(r, "token_embd.weight", m->embedding)) ||
        (e = read_floats(r, "output_norm.weight", m->output_norm)) ||
        (!m->hyper.tied_head && (e = read_floats(r, "output.weight", m->head))))
        return e;
    for (size_t i = 0; i < m->hyper.layers; i++)
        if ((e = read_layer(r, m, i)))
            return e;
    e = check_masters(r, &m->hyper);
    return e ? e : write_notes(r, f, m);
}

static enum quin_err load(const struct quin_gguf *g, bool keep, const struct quin_progress *progress,
                          struct quin_model **out, struct quin_msg *msg)
{
    struct quin_hyper h;
    const struct quin_family *f;
    struct quin_model *m = NULL;
    bool masters;
    enum quin_err e;
    *out = NULL;
    if ((e = quin_model_load_hyper(g, &h, msg)) || (e = quin_family_find(g, &f, msg)) ||
        (e = quin_family_masters(g, f, &masters, msg)) || (e = quin_model_check_tensors(g, &h, msg)) ||
        (e = quin_model_alloc(&h, keep, &m, msg)))
        return e;
    size_t factors = quin_gguf_tensor_find(g, ROPE_FACTORS) ? h.head_size / 2 : 0;
    struct reader r = {.g = g, .keep = keep, .scratch = keep ? NULL : malloc(quin_model_matrix_bytes(m)), .progress = progress,
                       .total = count_weights(&h, factors), .msg = msg};
    m->masters = masters;
    m->rope_pairs = f->rope_pairs;
    m->source = keep ? NULL : g;
    if (!keep && !r.scratch)
        e = quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a matrix of the model; close other programs");
    if (!e)
        e = read_all(&r, f, m);
    free(r.scratch);
    if (e)
        quin_model_free(m);
    else
        *out = m;
    return e;
}

enum quin_err quin_model_load(const struct quin_gguf *g, const struct quin_progress *progress,
                              struct quin_model **out, struct quin_msg *msg)
{
    return load(g, true, progress, out, msg);
}

enum quin_err quin_model_open(const struct quin_gguf *g, const struct quin_progress *progress,
                              struct quin_model **out, struct quin_msg *msg)
{
    return load(g, false, progress, out, msg);
}
