/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a model that were not kept (quin_model_open), read again from its file: a layer, rows of the embedding,
 * or everything. The file has been checked as a whole, but it may have changed since.
 */
#include "model_source.h"

#include <stdlib.h>

#include "msg.h"

static const struct quin_gguf_tensor *rows_tensor(const struct quin_model *m, bool head)
{
    return quin_gguf_tensor_find(m->source, head && !m->hyper.tied_head ? "output.weight" : "token_embd.weight");
}

static enum quin_err no_memory(struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a part of the model; close other programs");
}

size_t quin_model_matrix_bytes(const struct quin_model *m)
{
    size_t most = 0;
    for (int p = 0; p < QUIN_PROJS; p++) { /* layers are alike */
        const struct quin_linear *l = quin_layer_linear(&m->layer[0], (enum quin_projection)p);
        most = l->in * l->out > most ? l->in * l->out : most;
    }
    return most;
}

enum quin_err quin_model_trits(const struct quin_model *m, size_t layer, enum quin_projection p, int8_t *buffer,
                               const int8_t **trits, struct quin_msg *msg)
{
    struct quin_linear *l = quin_layer_linear(&m->layer[layer], p), again = *l;
    bool quantised;
    *trits = l->trits ? l->trits : buffer;
    return l->trits ? QUIN_OK : quin_model_read_projection(m->source, m, layer, p, buffer, &again, &quantised, msg);
}

enum quin_err quin_model_rows(const struct quin_model *m, bool head, size_t first, size_t n, float *buffer,
                              const float **rows, struct quin_msg *msg)
{
    size_t dim = m->hyper.dim;
    if (!m->source) {
        *rows = (head ? m->head : m->embedding) + first * dim;
        return QUIN_OK;
    }
    const struct quin_gguf_tensor *t = rows_tensor(m, head);
    enum quin_err e = QUIN_OK;
    for (size_t i = 0; i < n && !e; i++)
        e = quin_gguf_row_f32(t, first + i, buffer + i * dim, msg);
    *rows = buffer;
    quin_gguf_rows_release(m->source, t, first, n);
    return e;
}

static enum quin_err fetch_rows(const struct quin_model *m, bool head, float **to, struct quin_msg *msg)
{
    const float *rows;
    *to = malloc(m->hyper.vocab * m->hyper.dim * sizeof **to);
    return *to ? quin_model_rows(m, head, 0, m->hyper.vocab, *to, &rows, msg) : no_memory(msg);
}

static enum quin_err fetch_layer(const struct quin_model *m, size_t layer, struct quin_msg *msg)
{
    for (int p = 0; p < QUIN_PROJS; p++) {
        struct quin_linear *l = quin_layer_linear(&m->layer[layer], (enum quin_projection)p);
        const int8_t *where;
        int8_t *trits = l->trits ? NULL : malloc(l->out * l->in);
        if (l->trits)
            continue; /* of an earlier call that failed */
        if (!trits)
            return no_memory(msg);
        enum quin_err e = quin_model_trits(m, layer, (enum quin_projection)p, trits, &where, msg);
        if (e) {
            free(trits);
            return e;
        }
        l->trits = trits;
    }
    return QUIN_OK;
}

enum quin_err quin_model_fetch(struct quin_model *m, struct quin_msg *msg)
{
    float *embedding = NULL, *head = NULL;
    enum quin_err e = QUIN_OK;
    if (!m->source)
        return QUIN_OK;
    for (size_t i = 0; i < m->hyper.layers && !e; i++)
        e = fetch_layer(m, i, msg);
    if (!e)
        e = fetch_rows(m, false, &embedding, msg);
    if (!e && !m->hyper.tied_head)
        e = fetch_rows(m, true, &head, msg);
    if (e) {
        free(embedding);
        free(head);
        return e;
    }
    m->embedding = embedding;
    m->head = head ? head : embedding;
    m->source = NULL;
    return QUIN_OK;
}
