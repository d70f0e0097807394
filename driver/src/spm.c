/* SPDX-License-Identifier: Apache-2.0 */
/* SentencePiece's BPE over a heap of candidates, like bpe.c; but a pair is told by the text of its union, and
 * ranked by that token's score, since such vocabularies list no merges. */
#include "spm.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "msg.h"
#include "utf8.h"

#define NONE UINT32_MAX

static enum quin_err no_memory(struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_MEMORY,
                        "no memory for the tokenizer; shorten the text or close other programs");
}

/* ---- loading ---- */

/* An unsigned number that is the lower, the larger the score; never NONE, which only -NaN would give. */
static uint32_t order_of(float score)
{
    uint32_t u;
    score += 0.0f; /* -0 and 0 are equal scores */
    memcpy(&u, &score, sizeof u);
    return u & 0x80000000u ? u : 0x7fffffffu - u;
}

static enum quin_err load_scores(struct quin_spm *s, const struct quin_vocab *v, const struct quin_gguf *g,
                                 struct quin_msg *msg)
{
    static const char key[] = "tokenizer.ggml.scores";
    size_t n;
    float *scores = malloc(((size_t)v->n + 1) * sizeof *scores);
    s->order = malloc(((size_t)v->n + 1) * sizeof *s->order);
    enum quin_err e = scores && s->order ? quin_gguf_get_f32s(g, key, scores, v->n, &n, msg) : no_memory(msg);
    if (!e && n != v->n)
        e = quin_msg_set(msg, QUIN_ERR_FORMAT, "GGUF key '%s' has %zu entries for %u tokens; convert the model again",
                         key, n, (unsigned)v->n);
    for (uint32_t i = 0; !e && i < v->n; i++) {
        if (scores[i] != scores[i])
            e = quin_msg_set(msg, QUIN_ERR_FORMAT, "GGUF key '%s': the score of token %u is no number; convert the "
                             "model again", key, (unsigned)i);
        /* Only normal tokens are made by joining; the others have their own ways into a text. */
        else
            s->order[i] = v->kind[i] == QUIN_TOKEN_NORMAL || v->kind[i] == QUIN_TOKEN_UNDEFINED ? order_of(scores[i])
                                                                                              : NONE;
    }
    free(scores);
    return e;
}

/* Texts that are changed before they are encoded: only SentencePiece's "identity" is here. */
static enum quin_err check_normalizer(const struct quin_gguf *g, struct quin_msg *msg)
{
    bool squeeze;
    enum quin_err e = quin_gguf_get_bool_or(g, "tokenizer.ggml.remove_extra_whitespaces", false, &squeeze, msg);
    if (e)
        return e;
    if (squeeze || quin_gguf_find(g, "tokenizer.ggml.precompiled_charsmap"))
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "the tokenizer changes texts before it encodes them (GGUF key %s), which is not supported; "
                            "use a model with a tokenizer as Llama's",
                            squeeze ? "tokenizer.ggml.remove_extra_whitespaces"
                                    : "tokenizer.ggml.precompiled_charsmap");
    return QUIN_OK;
}

enum quin_err quin_spm_load(struct quin_spm *s, const struct quin_vocab *v, const struct quin_gguf *g,
                            struct quin_msg *msg)
{
    memset(s, 0, sizeof *s);
    enum quin_err e = check_normalizer(g, msg);
    if (!e)
        e = quin_gguf_get_bool_or(g, "tokenizer.ggml.add_space_prefix", true, &s->add_space, msg);
    return e ? e : load_scores(s, v, g, msg);
}

void quin_spm_clear(struct quin_spm *s)
{
    free(s->order);
    memset(s, 0, sizeof *s);
}

/* ---- joining ---- */

/* Room for a text of len bytes with marks; the old contents are not kept. */
static enum quin_err reserve(struct quin_spm_work *w, size_t len, struct quin_msg *msg)
{
    if (len <= w->cap)
        return QUIN_OK;
    if (len >= NONE / 4)
        return quin_msg_set(msg, QUIN_ERR_RANGE, "a text of %zu bytes is too long; cut it into parts", len);
    quin_spm_work_free(w);
    w->text = malloc(len);
    w->begin = malloc(len * sizeof *w->begin);
    w->end = malloc(len * sizeof *w->end);
    w->prev = malloc(len * sizeof *w->prev);
    w->next = malloc(len * sizeof *w->next);
    /* n symbols start with at most n - 1 candidates; each of at most n - 1 joins adds at most two. */
    w->heap = malloc(3 * len * sizeof *w->heap);
    if (!w->text || !w->begin || !w->end || !w->prev || !w->next || !w->heap)
        return no_memory(msg);
    w->cap = len;
    return QUIN_OK;
}

/* Writes the text with marks for spaces and one symbol for each character; a byte that is no character is a
 * symbol, too. Returns the number of symbols. */
static uint32_t split(const struct quin_spm *s, struct quin_spm_work *w, const char *text, size_t len)
{
    size_t at = 0;
    uint32_t n = 0;
    if (s->add_space) {
        memcpy(w->text, QUIN_SPACE_MARK, 3);
        at = 3;
    }
    for (size_t i = 0; i < len; i++, at += text[i - 1] == ' ' ? 3 : 1) {
        if (text[i] == ' ')
            memcpy(w->text + at, QUIN_SPACE_MARK, 3);
        else
            w->text[at] = text[i];
    }
    for (size_t i = 0; i < at; n++) {
        size_t step = quin_utf8_length(w->text + i, at - i);
        w->begin[n] = (uint32_t)i;
        i += step ? step : 1;
        w->end[n] = (uint32_t)i;
        w->prev[n] = n ? n - 1 : NONE;
        w->next[n] = n + 1;
    }
    if (n)
        w->next[n - 1] = NONE;
    return n;
}

/* The token that bytes begin to end of the text make, if joining may make it. */
static uint32_t token_at(const struct quin_spm *s, const struct quin_spm_work *w, const struct quin_vocab *v,
                         uint32_t begin, uint32_t end)
{
    const struct quin_str none = {"", 0}, text = {w->text + begin, end - begin};
    uint32_t id = text.len <= v->longest ? quin_vocab_find(v, text, none) : QUIN_TOKEN_NONE;
    return id != QUIN_TOKEN_NONE && s->order[id] != NONE ? id : QUIN_TOKEN_NONE;
}

/* The order of the pair that starts at symbol i; NONE: it makes no token. */
static uint32_t pair_order(const struct quin_spm *s, const struct quin_spm_work *w, const struct quin_vocab *v,
                           uint32_t i)
{
    if (i == NONE || w->next[i] == NONE)
        return NONE;
    uint32_t id = token_at(s, w, v, w->begin[i], w->end[w->next[i]]);
    return id == QUIN_TOKEN_NONE ? NONE : s->order[id];
}

static void consider(const struct quin_spm *s, struct quin_spm_work *w, const struct quin_vocab *v, uint32_t i)
{
    uint32_t order = pair_order(s, w, v, i);
    if (order != NONE)
        quin_heap_push(w->heap, &w->heap_n, (uint64_t)order << 32 | i);
}

/* A candidate whose symbols have changed is dropped, unless what stands there ranks the same: then its turn is
 * as well now. */
static void join_all(const struct quin_spm *s, struct quin_spm_work *w, const struct quin_vocab *v)
{
    while (w->heap_n) {
        uint64_t key = quin_heap_pop(w->heap, &w->heap_n);
        uint32_t i = (uint32_t)key;
        if (w->end[i] == w->begin[i] || pair_order(s, w, v, i) != key >> 32)
            continue;
        uint32_t j = w->next[i];
        w->end[i] = w->end[j];
        w->end[j] = w->begin[j];
        w->next[i] = w->next[j];
        if (w->next[i] != NONE)
            w->prev[w->next[i]] = i;
        consider(s, w, v, w->prev[i]);
        consider(s, w, v, i);
    }
}

/* A symbol that is no token: its bytes. */
static enum quin_err push_bytes(const struct quin_vocab *v, const char *bytes, size_t len, struct quin_tokens *out,
                                struct quin_msg *msg)
{
    enum quin_err e = QUIN_OK;
    for (size_t i = 0; i < len && !e; i++) {
        unsigned byte = (unsigned char)bytes[i];
        if (v->byte_id[byte] == QUIN_TOKEN_NONE)
            return quin_msg_set(msg, QUIN_ERR_FORMAT,
                                "the vocabulary has no token for byte 0x%02X; leave it out of the text, or convert "
                                "the model again with all 256 byte tokens",
                                byte);
        e = quin_tokens_push(out, v->byte_id[byte], msg);
    }
    return e;
}

enum quin_err quin_spm_text(const struct quin_spm *s, struct quin_spm_work *w, const struct quin_vocab *v,
                            const char *text, size_t len, struct quin_tokens *out, struct quin_msg *msg)
{
    size_t spaces = 1;
    if (!len)
        return QUIN_OK;
    for (size_t i = 0; i < len; i++)
        spaces += text[i] == ' ';
    enum quin_err e = reserve(w, len + 3 * spaces, msg);
    if (e)
        return e;
    uint32_t n = split(s, w, text, len);
    w->heap_n = 0;
    for (uint32_t i = 0; i < n; i++)
        consider(s, w, v, i);
    join_all(s, w, v);
    /* Symbol 0 is never joined to another, so the list starts there. */
    for (uint32_t i = 0; i != NONE && !e; i = w->next[i]) {
        uint32_t id = token_at(s, w, v, w->begin[i], w->end[i]);
        e = id != QUIN_TOKEN_NONE ? quin_tokens_push(out, id, msg)
                                  : push_bytes(v, w->text + w->begin[i], w->end[i] - w->begin[i], out, msg);
    }
    return e;
}

void quin_spm_work_free(struct quin_spm_work *w)
{
    free(w->text);
    free(w->begin);
    free(w->end);
    free(w->prev);
    free(w->next);
    free(w->heap);
    memset(w, 0, sizeof *w);
}
