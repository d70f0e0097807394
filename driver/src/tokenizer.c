/* SPDX-License-Identifier: Apache-2.0 */
/* A tokenizer: joins vocabulary, word splitting and merging, and takes special tokens out of a text. */
#include "tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "bpe.h"
#include "msg.h"
#include "pretok.h"
#include "spm.h"
#include "vocab.h"

struct quin_tokenizer {
    const char *model; /* as the GGUF calls it: "gpt2" has pretok and bpe, "llama" has spm */
    bool guessed;      /* the pre-tokenizer is told by the vocabulary */
    struct quin_vocab vocab;
    struct quin_bpe bpe;
    struct quin_pretok *pretok; /* NULL: "llama" */
    struct quin_spm spm;
    uint32_t bos, eos, eot;
    bool add_bos;
    uint32_t *special; /* tokens that are taken from the text as a whole, by first byte, longest first */
    uint32_t special_at[257]; /* those with first byte b are special[special_at[b]] up to special[special_at[b
                                 + 1]] */
};

enum quin_err quin_tokens_push(struct quin_tokens *t, uint32_t id, struct quin_msg *msg)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 64;
        uint32_t *ids = cap <= SIZE_MAX / sizeof *ids ? realloc(t->ids, cap * sizeof *ids) : NULL;
        if (!ids)
            return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for %zu tokens; shorten the text", cap);
        t->ids = ids;
        t->cap = cap;
    }
    t->ids[t->n++] = id;
    return QUIN_OK;
}

void quin_tokens_free(struct quin_tokens *t)
{
    free(t->ids);
    *t = (struct quin_tokens){0};
}

/* ---- creation ---- */

/* Byte-level BPE, or SentencePiece's BPE; WordPiece and unigram models need other algorithms. */
static enum quin_err load_model(struct quin_tokenizer *t, const struct quin_gguf *g, struct quin_msg *msg)
{
    static const char *const models[] = {"gpt2", "llama"};
    struct quin_str s;
    if (!quin_gguf_find(g, "tokenizer.ggml.model"))
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "the GGUF has no tokenizer (key tokenizer.ggml.model is missing); convert the "
                            "model again "
                            "together with its tokenizer files");
    enum quin_err e = quin_gguf_get_str(g, "tokenizer.ggml.model", &s, msg);
    if (e)
        return e;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (s.len == strlen(models[i]) && !memcmp(s.ptr, models[i], s.len))
            t->model = models[i];
    if (!t->model)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "tokenizer model '%.*s' is not supported; use a model with a byte-level BPE "
                            "tokenizer ('gpt2') or SentencePiece's BPE ('llama')",
                            quin_msg_clip(s.len), s.ptr);
    return QUIN_OK;
}

static bool is_sentencepiece(const struct quin_tokenizer *t)
{
    return t->model[0] == 'l';
}

/* An optional token id, which must lie in the vocabulary. */
static enum quin_err load_id(const struct quin_tokenizer *t, const struct quin_gguf *g, const char *key,
                             uint32_t *id, struct quin_msg *msg)
{
    *id = QUIN_TOKEN_NONE;
    if (!quin_gguf_find(g, key))
        return QUIN_OK;
    enum quin_err e = quin_gguf_get_u32(g, key, id, msg);
    if (!e && *id >= t->vocab.n)
        e = quin_msg_set(msg, QUIN_ERR_FORMAT,
                         "GGUF key '%s' is %u, but there are %u tokens; convert the model again", key,
                         (unsigned)*id, (unsigned)t->vocab.n);
    return e;
}

/* SentencePiece's own places for <s> and </s>, if a file does not name them. */
static void usual_ids(struct quin_tokenizer *t)
{
    if (t->bos == QUIN_TOKEN_NONE && t->vocab.n > 1 && t->vocab.kind[1] == QUIN_TOKEN_CONTROL)
        t->bos = 1;
    if (t->eos == QUIN_TOKEN_NONE && t->vocab.n > 2 && t->vocab.kind[2] == QUIN_TOKEN_CONTROL)
        t->eos = 2;
}

static enum quin_err load_ids(struct quin_tokenizer *t, const struct quin_gguf *g, struct quin_msg *msg)
{
    static const char key[] = "tokenizer.ggml.add_bos_token";
    bool usual = is_sentencepiece(t) || quin_pretok_row(t->pretok)->add_bos;
    enum quin_err e;
    if ((e = load_id(t, g, "tokenizer.ggml.bos_token_id", &t->bos, msg)) ||
        (e = load_id(t, g, "tokenizer.ggml.eos_token_id", &t->eos, msg)) ||
        (e = load_id(t, g, "tokenizer.ggml.eot_token_id", &t->eot, msg)))
        return e;
    if (is_sentencepiece(t))
        usual_ids(t);
    if ((e = quin_gguf_get_bool_or(g, key, usual && t->bos != QUIN_TOKEN_NONE, &t->add_bos, msg)))
        return e;
    if (t->add_bos && t->bos == QUIN_TOKEN_NONE)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "the GGUF asks for a bos token (%s), but names none "
                            "(tokenizer.ggml.bos_token_id); convert the model again", key);
    return QUIN_OK;
}

/* Tokens that BPE never makes, because they are taken out of the text before it. */
static bool is_special(const struct quin_vocab *v, uint32_t id)
{
    enum quin_token_kind k = v->kind[id];
    return quin_vocab_text(v, id).len &&
           (k == QUIN_TOKEN_CONTROL || k == QUIN_TOKEN_USER_DEFINED || k == QUIN_TOKEN_UNKNOWN);
}

static unsigned first_byte(const struct quin_vocab *v, uint32_t id)
{
    return (unsigned char)quin_vocab_text(v, id).ptr[0];
}

/* A special token as it is sorted. */
struct special_entry {
    size_t len;
    uint32_t id;
    unsigned first;
};

/* By first byte, the longest first, so that the first hit is the longest. */
static int special_order(const void *a, const void *b)
{
    const struct special_entry *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* Lists the special tokens by first byte: most bytes of a text start none and cost one comparison. */
static enum quin_err index_special(struct quin_tokenizer *t, struct quin_msg *msg)
{
    const struct quin_vocab *v = &t->vocab;
    uint32_t n = 0;
    struct special_entry *list = malloc(((size_t)v->n + 1) * sizeof *list);
    t->special = malloc(((size_t)v->n + 1) * sizeof *t->special);
    if (!list || !t->special) {
        free(list);
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the tokenizer; close other programs");
    }
    for (uint32_t id = 0; id < v->n; id++)
        if (is_special(v, id))
            list[n++] = (struct special_entry){quin_vocab_text(v, id).len, id, first_byte(v, id)};
    qsort(list, n, sizeof *list, special_order);
    for (uint32_t i = 0; i < n; i++) {
        t->special[i] = list[i].id;
        t->special_at[list[i].first + 1] = i + 1;
    }
    free(list);
    for (int b = 0; b < 256; b++)
        if (t->special_at[b + 1] < t->special_at[b])
            t->special_at[b + 1] = t->special_at[b];
    return QUIN_OK;
}

/* Llama 3's vocabulary: the published GGUF of BitNet b1.58 2B-4T has it and names no pre-tokenizer. */
static bool is_llama3(const struct quin_tokenizer *t)
{
    static const char *const marks[] = {"<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|eot_id|>"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (quin_tokenizer_find(t, marks[i], strlen(marks[i])) == QUIN_TOKEN_NONE)
            return false;
    return true;
}

static enum quin_err load_pretok(struct quin_tokenizer *t, const struct quin_gguf *g, struct quin_msg *msg)
{
    struct quin_str name = {"default", 7};
    enum quin_err e = QUIN_OK;
    if (quin_gguf_find(g, "tokenizer.ggml.pre"))
        e = quin_gguf_get_str(g, "tokenizer.ggml.pre", &name, msg);
    if (!e && name.len == 7 && !memcmp(name.ptr, "default", 7) && is_llama3(t)) {
        t->guessed = true;
        name = (struct quin_str){"llama-bpe", 9};
    }
    return e ? e : quin_pretok_create(&name, &t->pretok, msg);
}

static enum quin_err load(struct quin_tokenizer *t, const struct quin_gguf *g, struct quin_msg *msg)
{
    enum quin_err e = load_model(t, g, msg);
    if (e)
        return e;
    if (is_sentencepiece(t)) {
        if ((e = quin_vocab_load(&t->vocab, QUIN_VOCAB_SENTENCEPIECE, g, msg)) ||
            (e = quin_spm_load(&t->spm, &t->vocab, g, msg)))
            return e;
    } else {
        if ((e = quin_vocab_load(&t->vocab, QUIN_VOCAB_BYTE_LEVEL, g, msg)) || (e = load_pretok(t, g, msg)) ||
            (e = quin_bpe_load(&t->bpe, &t->vocab, g, msg)))
            return e;
        t->bpe.whole_words = quin_pretok_row(t->pretok)->whole_words;
    }
    if ((e = load_ids(t, g, msg)))
        return e;
    return index_special(t, msg);
}

enum quin_err quin_tokenizer_create(const struct quin_gguf *g, struct quin_tokenizer **out,
                                    struct quin_msg *msg)
{
    *out = NULL;
    struct quin_tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the tokenizer; close other programs");
    enum quin_err e = load(t, g, msg);
    if (e)
        quin_tokenizer_free(t);
    else
        *out = t;
    return e;
}

void quin_tokenizer_free(struct quin_tokenizer *t)
{
    if (!t)
        return;
    quin_vocab_clear(&t->vocab);
    quin_bpe_clear(&t->bpe);
    quin_spm_clear(&t->spm);
    quin_pretok_free(t->pretok);
    free(t->special);
    free(t);
}

/* ---- encoding ---- */

/* Working memory of one call. */
struct encoder {
    const struct quin_tokenizer *t;
    struct quin_pretok_run run;
    struct quin_bpe_work work;
    struct quin_spm_work spm_work;
    bool parse_special;
    const struct quin_span *literal; /* what is left of them */
    size_t literals;
    struct quin_tokens *out;
    struct quin_msg *msg;
};

/* Do bytes at to at + len touch a literal span? Asked with growing positions. */
static bool is_literal(struct encoder *en, size_t at, size_t len)
{
    while (en->literals && en->literal->end <= at) {
        en->literal++;
        en->literals--;
    }
    return en->literals && en->literal->begin < at + len;
}

/* The longest special token at text[at], or QUIN_TOKEN_NONE. */
static uint32_t special_here(struct encoder *en, const char *text, size_t at, size_t len)
{
    const struct quin_tokenizer *t = en->t;
    unsigned b = (unsigned char)text[at];
    for (uint32_t i = t->special_at[b]; i < t->special_at[b + 1]; i++) {
        uint32_t id = t->special[i];
        struct quin_str s = quin_vocab_text(&t->vocab, id);
        if (s.len > len - at || memcmp(s.ptr, text + at, s.len) != 0)
            continue;
        if (t->vocab.kind[id] == QUIN_TOKEN_USER_DEFINED || (en->parse_special && !is_literal(en, at, s.len)))
            return id;
    }
    return QUIN_TOKEN_NONE;
}

/* Invalid UTF-8 is encoded byte by byte: one merge call for each keeps the bytes apart. */
static enum quin_err encode_piece(struct encoder *en, struct quin_piece piece)
{
    size_t step = piece.invalid ? 1 : piece.len;
    enum quin_err e = QUIN_OK;
    for (size_t i = 0; i < piece.len && !e; i += step)
        e = quin_bpe_word(&en->t->bpe, &en->work, &en->t->vocab, piece.ptr + i, step, en->out, en->msg);
    return e;
}

/* Encodes a text without special tokens. */
static enum quin_err encode_plain(struct encoder *en, const char *text, size_t len)
{
    if (is_sentencepiece(en->t))
        return quin_spm_text(&en->t->spm, &en->spm_work, &en->t->vocab, text, len, en->out, en->msg);
    quin_pretok_text(&en->run, text, len);
    for (;;) {
        struct quin_piece piece;
        enum quin_err e = quin_pretok_next(&en->run, &piece, en->msg);
        if (e || piece.len == 0)
            return e;
        if ((e = encode_piece(en, piece)))
            return e;
    }
}

/* Takes special tokens out, leftmost and longest first, and encodes the text between them. */
static enum quin_err encode_all(struct encoder *en, const char *text, size_t len)
{
    enum quin_err e;
    size_t from = 0; /* where the text since the last special token starts */
    for (size_t i = 0; i < len;) {
        uint32_t id = special_here(en, text, i, len);
        if (id == QUIN_TOKEN_NONE) {
            i++;
            continue;
        }
        if ((e = encode_plain(en, text + from, i - from)) || (e = quin_tokens_push(en->out, id, en->msg)))
            return e;
        i += quin_vocab_text(&en->t->vocab, id).len;
        from = i;
    }
    return encode_plain(en, text + from, len - from);
}

static enum quin_err encode(struct encoder *en, const char *text, size_t len)
{
    if (len == 0)
        return QUIN_OK;
    enum quin_err e = is_sentencepiece(en->t) ? QUIN_OK : quin_pretok_begin(en->t->pretok, &en->run, en->msg);
    if (!e)
        e = encode_all(en, text, len);
    quin_pretok_end(&en->run);
    quin_bpe_work_free(&en->work);
    quin_spm_work_free(&en->spm_work);
    return e;
}

enum quin_err quin_tokenizer_encode(const struct quin_tokenizer *t, const char *text, size_t len,
                                    bool parse_special, struct quin_tokens *out, struct quin_msg *msg)
{
    struct encoder en = {.t = t, .parse_special = parse_special, .out = out, .msg = msg};
    return encode(&en, text, len);
}

enum quin_err quin_tokenizer_encode_marked(const struct quin_tokenizer *t, const char *text, size_t len,
                                           const struct quin_span *literal, size_t literals,
                                           struct quin_tokens *out, struct quin_msg *msg)
{
    struct encoder en = {.t = t, .parse_special = true, .literal = literal, .literals = literals, .out = out,
                         .msg = msg};
    return encode(&en, text, len);
}

/* ---- decoding and look-up ---- */

enum quin_err quin_tokenizer_decode(const struct quin_tokenizer *t, uint32_t id, struct quin_str *bytes,
                                    struct quin_msg *msg)
{
    if (id >= t->vocab.n)
        return quin_msg_set(msg, QUIN_ERR_RANGE, "token %u does not exist; the vocabulary has %u",
                            (unsigned)id, (unsigned)t->vocab.n);
    *bytes = quin_vocab_bytes(&t->vocab, id);
    return QUIN_OK;
}

uint32_t quin_tokenizer_size(const struct quin_tokenizer *t)
{
    return t->vocab.n;
}

uint32_t quin_tokenizer_bos(const struct quin_tokenizer *t)
{
    return t->bos;
}

uint32_t quin_tokenizer_eos(const struct quin_tokenizer *t)
{
    return t->eos;
}

uint32_t quin_tokenizer_eot(const struct quin_tokenizer *t)
{
    return t->eot;
}

const char *quin_tokenizer_kind(const struct quin_tokenizer *t)
{
    return is_sentencepiece(t) ? "SentencePiece" : quin_pretok_row(t->pretok)->name;
}

bool quin_tokenizer_guessed(const struct quin_tokenizer *t)
{
    return t->guessed;
}

struct quin_str quin_tokenizer_text(const struct quin_tokenizer *t, uint32_t id)
{
    return id < t->vocab.n ? quin_vocab_text(&t->vocab, id) : (struct quin_str){"", 0};
}

bool quin_tokenizer_add_bos(const struct quin_tokenizer *t)
{
    return t->add_bos;
}

bool quin_tokenizer_is_control(const struct quin_tokenizer *t, uint32_t id)
{
    return id < t->vocab.n && t->vocab.kind[id] == QUIN_TOKEN_CONTROL;
}

uint32_t quin_tokenizer_find(const struct quin_tokenizer *t, const char *text, size_t len)
{
    return quin_vocab_find(&t->vocab, (struct quin_str){text, len}, (struct quin_str){"", 0});
}
