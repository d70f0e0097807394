/* SPDX-License-Identifier: Apache-2.0 */
/* Byte-pair merging of one word. The pair of lowest rank is merged first, the leftmost of equals before the
 * others (Sennrich et al. 2016). Candidates wait in a heap; one whose symbols have changed meanwhile is
 * dropped when it comes up, which is cheaper than finding and removing it. */
#include "bpe.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "msg.h"

#define NONE UINT32_MAX

static enum quin_err no_memory(struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_MEMORY,
                        "no memory for the tokenizer; shorten the text or close other programs");
}

/* The slot that holds the pair, or the empty slot where it belongs. */
static size_t slot_of(const struct quin_bpe *b, uint32_t left, uint32_t right)
{
    uint64_t h = ((uint64_t)left << 32 | right) * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(h ^ h >> 32) & b->mask;
    while (b->slots[i] != NONE &&
           (b->merges[b->slots[i]].left != left || b->merges[b->slots[i]].right != right))
        i = (i + 1) & b->mask;
    return i;
}

/* ---- loading ---- */

/* The user can only have the model converted again, but should know which merge is at fault. */
static enum quin_err bad_merge(uint32_t rank, struct quin_str s, const char *why, struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_FORMAT, "merge %u of the GGUF, '%.*s', %s; convert the model again",
                        (unsigned)rank, quin_msg_clip(s.len), s.ptr, why);
}

/* Merging must not change the bytes of a text, nor make a control token, which has none. */
static bool keeps_bytes(const struct quin_vocab *v, struct quin_merge m)
{
    struct quin_str l = quin_vocab_bytes(v, m.left), r = quin_vocab_bytes(v, m.right);
    struct quin_str t = quin_vocab_bytes(v, m.result);
    return t.len == l.len + r.len && memcmp(t.ptr, l.ptr, l.len) == 0 &&
           memcmp(t.ptr + l.len, r.ptr, r.len) == 0;
}

/* A merge is written "left right"; neither holds a space, which the alphabet writes as another character. */
static enum quin_err add_merge(struct quin_bpe *b, const struct quin_vocab *v, uint32_t rank,
                               struct quin_str s, struct quin_msg *msg)
{
    const struct quin_str none = {"", 0};
    const char *space = s.len ? memchr(s.ptr, ' ', s.len) : NULL;
    if (!space)
        return bad_merge(rank, s, "has no space between its two halves", msg);
    struct quin_str l = {s.ptr, (size_t)(space - s.ptr)}, r = {space + 1, s.len - l.len - 1};
    if (!l.len || !r.len || memchr(r.ptr, ' ', r.len))
        return bad_merge(rank, s, "does not consist of two halves", msg);
    struct quin_merge m = {quin_vocab_find(v, l, none), quin_vocab_find(v, r, none),
                           quin_vocab_find(v, l, r)};
    if (m.left == QUIN_TOKEN_NONE || m.right == QUIN_TOKEN_NONE)
        return bad_merge(rank, s, "joins a token that the vocabulary lacks", msg);
    if (m.result == QUIN_TOKEN_NONE)
        return bad_merge(rank, s, "makes a token that the vocabulary lacks", msg);
    if (!keeps_bytes(v, m))
        return bad_merge(rank, s, "makes a token that is not these bytes (a control token?)", msg);
    size_t i = slot_of(b, m.left, m.right);
    if (b->slots[i] != NONE)
        return bad_merge(rank, s, "is listed twice", msg);
    b->merges[rank] = m;
    b->slots[i] = rank;
    return QUIN_OK;
}

enum quin_err quin_bpe_load(struct quin_bpe *b, const struct quin_vocab *v, const struct quin_gguf *g,
                            struct quin_msg *msg)
{
    static const char key[] = "tokenizer.ggml.merges";
    size_t n, slots = 16;
    memset(b, 0, sizeof *b);
    enum quin_err e = quin_gguf_get_strs(g, key, NULL, 0, &n, msg);
    if (e)
        return e;
    if (n > INT32_MAX)
        return quin_msg_set(msg, QUIN_ERR_FORMAT, "GGUF key '%s' has %zu entries; convert the model again",
                            key, n);
    while (slots < 2 * n)
        slots *= 2;
    b->mask = slots - 1;
    b->merges = malloc((n + 1) * sizeof *b->merges);
    b->slots = malloc(slots * sizeof *b->slots);
    struct quin_str *texts = malloc((n + 1) * sizeof *texts);
    if (!b->merges || !b->slots || !texts) {
        free(texts);
        return no_memory(msg);
    }
    memset(b->slots, 0xff, slots * sizeof *b->slots); /* NONE */
    e = quin_gguf_get_strs(g, key, texts, n, &n, msg);
    for (; !e && b->n < n; b->n++)
        e = add_merge(b, v, b->n, texts[b->n], msg);
    free(texts);
    return e;
}

void quin_bpe_clear(struct quin_bpe *b)
{
    free(b->merges);
    free(b->slots);
    memset(b, 0, sizeof *b);
}

/* ---- merging ---- */

/* Makes room for a word of len bytes; the old contents are not kept. */
static enum quin_err reserve(struct quin_bpe_work *w, size_t len, struct quin_msg *msg)
{
    if (len <= w->cap)
        return QUIN_OK;
    if (len >= NONE / 2)
        return quin_msg_set(msg, QUIN_ERR_RANGE, "a word of %zu bytes is too long; put spaces into the text",
                            len);
    size_t cap = len < 64 ? 64 : len + len / 2;
    quin_bpe_work_free(w);
    w->id = malloc(cap * sizeof *w->id);
    w->prev = malloc(cap * sizeof *w->prev);
    w->next = malloc(cap * sizeof *w->next);
    /* A word of n symbols starts with at most n - 1 candidates; a merge takes one and adds at most two, n - 1
     * times. */
    w->heap = malloc(2 * cap * sizeof *w->heap);
    if (!w->id || !w->prev || !w->next || !w->heap)
        return no_memory(msg);
    w->cap = cap;
    return QUIN_OK;
}

/* Puts the pair that starts at symbol i on the heap if there is a merge for it. */
static void consider(const struct quin_bpe *b, struct quin_bpe_work *w, uint32_t i)
{
    if (i == NONE || w->next[i] == NONE)
        return;
    uint32_t rank = b->slots[slot_of(b, w->id[i], w->id[w->next[i]])];
    if (rank != NONE)
        quin_heap_push(w->heap, &w->heap_n, (uint64_t)rank << 32 | i);
}

/* Merges until no candidate is left. */
static void merge_all(const struct quin_bpe *b, struct quin_bpe_work *w)
{
    while (w->heap_n) {
        uint64_t key = quin_heap_pop(w->heap, &w->heap_n);
        const struct quin_merge *m = &b->merges[key >> 32];
        uint32_t i = (uint32_t)key, j = w->next[i];
        /* A symbol that was merged away has id NONE, which no merge names. */
        if (j == NONE || w->id[i] != m->left || w->id[j] != m->right)
            continue;
        w->id[i] = m->result;
        w->id[j] = NONE;
        w->next[i] = w->next[j];
        if (w->next[i] != NONE)
            w->prev[w->next[i]] = i;
        consider(b, w, w->prev[i]);
        consider(b, w, i);
    }
}

enum quin_err quin_bpe_word(const struct quin_bpe *b, struct quin_bpe_work *w, const struct quin_vocab *v,
                            const char *word, size_t len, struct quin_tokens *out, struct quin_msg *msg)
{
    uint32_t whole = b->whole_words ? quin_vocab_find_word(v, word, len) : NONE;
    if (whole != NONE)
        return quin_tokens_push(out, whole, msg);
    enum quin_err e = len ? reserve(w, len, msg) : QUIN_OK;
    if (e || !len)
        return e;
    for (size_t i = 0; i < len; i++) {
        unsigned byte = (unsigned char)word[i];
        if (v->byte_id[byte] == QUIN_TOKEN_NONE)
            return quin_msg_set(msg, QUIN_ERR_FORMAT,
                                "the vocabulary has no token for byte 0x%02X; leave it out of the text, or "
                                "convert the "
                                "model again with all 256 byte tokens",
                                byte);
        w->id[i] = v->byte_id[byte];
        w->prev[i] = i ? (uint32_t)i - 1 : NONE;
        w->next[i] = i + 1 < len ? (uint32_t)i + 1 : NONE;
    }
    w->heap_n = 0;
    for (size_t i = 0; i < len; i++)
        consider(b, w, (uint32_t)i);
    merge_all(b, w);
    /* Symbol 0 is never merged into another, so the list starts there. */
    for (uint32_t i = 0; i != NONE; i = w->next[i])
        if ((e = quin_tokens_push(out, w->id[i], msg)))
            return e;
    return QUIN_OK;
}

void quin_bpe_work_free(struct quin_bpe_work *w)
{
    free(w->id);
    free(w->prev);
    free(w->next);
    free(w->heap);
    memset(w, 0, sizeof *w);
}
