/* SPDX-License-Identifier: Apache-2.0
 *
 * A model file as the user of the library sees it.
 */
#include "lm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "quintrit.h"

extern const uint8_t quin_embedded_model[], quin_embedded_model_end[];

enum quin_err quin_lm_open_gguf(const struct quin_lm_options *o, struct quin_gguf **g, struct quin_msg *msg)
{
    enum quin_err err;
    if (o->path)
        err = quin_gguf_open_file(o->path, g, msg);
    else
        err = quin_gguf_open_memory(quin_embedded_model, (size_t)(quin_embedded_model_end - quin_embedded_model), g, msg);
    for (size_t i = 0; i < o->override_count && !err; i++)
        err = quin_gguf_override(*g, o->overrides[i], msg);
    if (err) {
        quin_gguf_free(*g);
        *g = NULL;
    }
    return err;
}

enum quin_err quin_lm_open_with(const struct quin_lm_options *options, const struct quin_progress *progress,
                                struct quin_lm **out, struct quin_msg *msg)
{
    struct quin_lm *lm = calloc(1, sizeof *lm);
    enum quin_err err;
    if (!lm)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a model");
    err = quin_lm_open_gguf(options, &lm->gguf, msg);
    if (!err)
        err = quin_tokenizer_create(lm->gguf, &lm->tokenizer, msg);
    if (!err)
        err = quin_model_open(lm->gguf, progress, &lm->model, msg);
    if (!err && quin_tokenizer_size(lm->tokenizer) > lm->model->hyper.vocab)
        err = quin_msg_set(msg, QUIN_ERR_FORMAT, "the tokenizer has %u tokens and the embedding %zu rows; the file is "
                           "not consistent, convert the model again", quin_tokenizer_size(lm->tokenizer),
                           lm->model->hyper.vocab);
    if (err) {
        quin_lm_close(lm);
        return err;
    }
    *out = lm;
    return QUIN_OK;
}

enum quin_err quin_lm_open(const char *path, const struct quin_progress *progress, struct quin_lm **out,
                           struct quin_msg *msg)
{
    const struct quin_lm_options options = {.path = path};
    return quin_lm_open_with(&options, progress, out, msg);
}

const char *quin_lm_note(const struct quin_lm *lm, size_t i, bool *loud)
{
    const struct quin_notes *n = &lm->model->notes;
    if (i >= n->count)
        return NULL;
    *loud = n->note[i].loud;
    return n->note[i].text;
}

void quin_lm_close(struct quin_lm *lm)
{
    if (!lm)
        return;
    quin_model_free(lm->model);
    quin_tokenizer_free(lm->tokenizer);
    quin_gguf_free(lm->gguf);
    free(lm);
}

void quin_lm_info(const struct quin_lm *lm, struct quin_lm_info *info)
{
    const struct quin_hyper *h = &lm->model->hyper;
    struct quin_model_stats stats;
    struct quin_str name;
    quin_model_stats(lm->model, &stats);
    *info = (struct quin_lm_info){
        .file_bytes = quin_gguf_file_size(lm->gguf), .vocab = h->vocab, .dim = h->dim, .layers = h->layers,
        .heads = h->heads, .kv_heads = h->kv_heads, .head_size = h->head_size, .ffn = h->ffn, .context = h->context,
        .attn_sub_norm = h->attn_sub_norm, .ffn_sub_norm = h->ffn_sub_norm, .tied_head = h->tied_head,
        .rms_eps = h->rms_eps, .rope_base = h->rope_base, .rope_scale = h->rope_scale > 0 ? h->rope_scale : 1,
        .rope_factors = lm->model->rope_factor && !(h->yarn.factor > 0), .float_activations = h->float_activations,
        .ternary_params = stats.ternary_params, .float_params = stats.float_params, .zero_share = stats.zero_share,
        .layer_bytes = stats.layer_bytes, .head_bytes = stats.head_bytes, .token_bytes = stats.token_bytes,
        .yarn_factor = h->yarn.factor, .yarn_attention = (float)quin_model_rope_length(lm->model),
        .yarn_context = h->yarn.context,
    };
    snprintf(info->arch, sizeof info->arch, "%s", h->arch);
    snprintf(info->activation, sizeof info->activation, "%s", quin_activation_name(h->activation));
    if (quin_gguf_get_str(lm->gguf, "general.name", &name, NULL) == QUIN_OK)
        snprintf(info->name, sizeof info->name, "%.*s", quin_msg_clip(name.len), name.ptr);
    for (char *c = info->name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?'; /* the name may come from a hostile file */
}

bool quin_lm_tensor(const struct quin_lm *lm, size_t i, char *text, size_t size)
{
    const struct quin_gguf_tensor *t = quin_gguf_tensor_at(lm->gguf, i);
    if (!t)
        return false;
    int n = snprintf(text, size, "%-28s %-6s %llu", t->name, quin_ggml_type_name(t->type), (unsigned long long)t->ne[0]);
    for (uint32_t d = 1; d < t->n_dims && n > 0 && (size_t)n < size; d++)
        n += snprintf(text + n, size - (size_t)n, " x %llu", (unsigned long long)t->ne[d]);
    return true;
}

enum quin_err quin_lm_encode(const struct quin_lm *lm, const char *text, size_t length, bool bos, bool special,
                             uint32_t **tokens, size_t *count, struct quin_msg *msg)
{
    struct quin_tokens list = {0};
    enum quin_err err = QUIN_OK;
    if (bos && quin_tokenizer_add_bos(lm->tokenizer))
        err = quin_tokens_push(&list, quin_tokenizer_bos(lm->tokenizer), msg);
    if (!err)
        err = quin_tokenizer_encode(lm->tokenizer, text, length, special, &list, msg);
    if (err) {
        quin_tokens_free(&list);
        return err;
    }
    *tokens = list.ids;
    *count = list.n;
    return QUIN_OK;
}

enum quin_err quin_lm_decode(const struct quin_lm *lm, uint32_t token, const char **bytes, size_t *length,
                             struct quin_msg *msg)
{
    struct quin_str s;
    enum quin_err err = quin_tokenizer_decode(lm->tokenizer, token, &s, msg);
    if (!err) {
        *bytes = s.ptr;
        *length = s.len;
    }
    return err;
}

uint32_t quin_lm_eos(const struct quin_lm *lm)
{
    return quin_tokenizer_eos(lm->tokenizer);
}

uint32_t quin_lm_bos(const struct quin_lm *lm)
{
    return quin_tokenizer_bos(lm->tokenizer);
}
