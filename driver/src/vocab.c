/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary of a tokenizer: loads texts and kinds, undoes the byte alphabet or SentencePiece's marks,
 * hashes texts. */
#include "vocab.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

#define ALPHABET_END 324 /* 256 bytes, of which 68 stand at U+0100 .. U+0143 */

/* Bytes that GPT-2's alphabet writes as the character of the same number. */
static bool is_plain(unsigned b)
{
    return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
}

/* to_byte[code point] = byte, or -1; to_char[byte] = code point. */
static void make_alphabet(int16_t *to_byte, uint16_t *to_char)
{
    unsigned next = 256;
    for (unsigned i = 0; i < ALPHABET_END; i++)
        to_byte[i] = -1;
    for (unsigned b = 0; b < 256; b++) {
        unsigned c = is_plain(b) ? b : next++;
        to_byte[c] = (int16_t)b;
        to_char[b] = (uint16_t)c;
    }
}

/* Writes the bytes of a text in the alphabet to out (room for text.len); false if a character lies outside
 * it. */
static bool undo_alphabet(struct quin_str text, const int16_t *to_byte, char *out, size_t *len)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned c = (unsigned char)text.ptr[i];
        /* The alphabet ends below U+0800: one byte, or two with a lead byte of 110xxxxx. */
        if (c >= 0x80) {
            if (c < 0xc2 || c > 0xdf || i + 1 == text.len || ((unsigned char)text.ptr[i + 1] & 0xc0) != 0x80)
                return false;
            c = (c & 0x1f) << 6 | ((unsigned char)text.ptr[++i] & 0x3f);
        }
        if (c >= ALPHABET_END || to_byte[c] < 0)
            return false;
        out[n++] = (char)to_byte[c];
    }
    *len = n;
    return true;
}

/* FNV-1a. */
static uint64_t hash_on(uint64_t h, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return h;
}

/* Of two strings in a row. */
static uint64_t hash(struct quin_str a, struct quin_str b)
{
    uint64_t h = hash_on(hash_on(0xcbf29ce484222325u, a.ptr, a.len), b.ptr, b.len);
    return h ^ h >> 32;
}

struct quin_str quin_vocab_text(const struct quin_vocab *v, uint32_t id)
{
    return (struct quin_str){v->text + v->text_at[id], v->text_at[id + 1] - v->text_at[id]};
}

struct quin_str quin_vocab_bytes(const struct quin_vocab *v, uint32_t id)
{
    return (struct quin_str){v->bytes + v->bytes_at[id], v->bytes_at[id + 1] - v->bytes_at[id]};
}

/* t = a followed by b */
static bool equal(struct quin_str t, struct quin_str a, struct quin_str b)
{
    return t.len == a.len + b.len && memcmp(t.ptr, a.ptr, a.len) == 0 &&
           memcmp(t.ptr + a.len, b.ptr, b.len) == 0;
}

/* The slot that holds the text a + b, or the empty slot where it belongs. */
static size_t slot_of(const struct quin_vocab *v, struct quin_str a, struct quin_str b)
{
    size_t i = (size_t)hash(a, b) & v->mask;
    while (v->slots[i] != QUIN_TOKEN_NONE && !equal(quin_vocab_text(v, v->slots[i]), a, b))
        i = (i + 1) & v->mask;
    return i;
}

uint32_t quin_vocab_find(const struct quin_vocab *v, struct quin_str a, struct quin_str b)
{
    return v->slots[slot_of(v, a, b)];
}

/* A byte as the alphabet writes it. */
static size_t write_char(unsigned c, char utf8[2])
{
    utf8[0] = (char)(c < 0x80 ? c : 0xc0 | c >> 6);
    utf8[1] = (char)(0x80 | (c & 0x3f));
    return c < 0x80 ? 1 : 2;
}

/* Hashes what the alphabet would write, and compares bytes: for a normal token that is the same. */
uint32_t quin_vocab_find_word(const struct quin_vocab *v, const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    if (!len || len > v->longest)
        return QUIN_TOKEN_NONE;
    for (size_t i = 0; i < len; i++) {
        char utf8[2];
        h = hash_on(h, utf8, write_char(v->to_char[(unsigned char)bytes[i]], utf8));
    }
    for (size_t i = (size_t)(h ^ h >> 32) & v->mask; v->slots[i] != QUIN_TOKEN_NONE; i = (i + 1) & v->mask) {
        struct quin_str s = quin_vocab_bytes(v, v->slots[i]);
        if (v->kind[v->slots[i]] == QUIN_TOKEN_NORMAL && s.len == len && !memcmp(s.ptr, bytes, len))
            return v->slots[i];
    }
    return QUIN_TOKEN_NONE;
}

/* ---- loading ---- */

static enum quin_err no_memory(struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the tokenizer; close other programs");
}

/* Room for n texts of `bytes` bytes together; decoded bytes are never more than the text. The hash table is
 * at most half full. */
static enum quin_err allocate(struct quin_vocab *v, size_t bytes, struct quin_msg *msg)
{
    size_t slots = 16;
    while (slots < 2 * (size_t)v->n)
        slots *= 2;
    v->mask = slots - 1;
    v->text = malloc(bytes + 1);
    v->bytes = malloc(bytes + 1);
    v->text_at = calloc((size_t)v->n + 1, sizeof *v->text_at);
    v->bytes_at = calloc((size_t)v->n + 1, sizeof *v->bytes_at);
    v->kind = calloc((size_t)v->n + 1, sizeof *v->kind);
    v->slots = malloc(slots * sizeof *v->slots);
    if (!v->text || !v->bytes || !v->text_at || !v->bytes_at || !v->kind || !v->slots)
        return no_memory(msg);
    memset(v->slots, 0xff, slots * sizeof *v->slots); /* QUIN_TOKEN_NONE */
    return QUIN_OK;
}

/* Kinds of all tokens; NORMAL where the file does not say. */
static enum quin_err load_kinds(struct quin_vocab *v, const struct quin_gguf *g, struct quin_msg *msg)
{
    static const char key[] = "tokenizer.ggml.token_type";
    memset(v->kind, QUIN_TOKEN_NORMAL, v->n);
    if (!quin_gguf_find(g, key))
        return QUIN_OK;
    size_t n;
    int32_t *kinds = malloc(((size_t)v->n + 1) * sizeof *kinds);
    if (!kinds)
        return no_memory(msg);
    enum quin_err e = quin_gguf_get_i32s(g, key, kinds, v->n, &n, msg);
    if (!e && n != v->n)
        e = quin_msg_set(msg, QUIN_ERR_FORMAT,
                         "GGUF key '%s' has %zu entries for %u tokens; convert the model again", key, n,
                         (unsigned)v->n);
    for (uint32_t i = 0; !e && i < v->n; i++) {
        if (kinds[i] < 0 || kinds[i] >= QUIN_TOKEN_KINDS)
            e = quin_msg_set(msg, QUIN_ERR_FORMAT,
                             "GGUF key '%s': token %u has unknown type %d; convert the model again", key,
                             (unsigned)i, (int)kinds[i]);
        else
            v->kind[i] = (uint8_t)kinds[i];
    }
    free(kinds);
    return e;
}

/* Appends a text and enters it in the hash table; two tokens of one text would make encoding ambiguous. */
static enum quin_err add_text(struct quin_vocab *v, uint32_t id, struct quin_str s, struct quin_msg *msg)
{
    memcpy(v->text + v->text_at[id], s.ptr, s.len);
    if (s.len > v->longest)
        v->longest = s.len;
    v->text_at[id + 1] = v->text_at[id] + s.len;
    if (s.len == 0)
        return QUIN_OK; /* a hole in the numbering: never found, never made */
    size_t i = slot_of(v, s, (struct quin_str){"", 0});
    if (v->slots[i] != QUIN_TOKEN_NONE)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "tokens %u and %u of the GGUF are both '%.*s'; convert the model again",
                            (unsigned)v->slots[i], (unsigned)id, quin_msg_clip(s.len), s.ptr);
    v->slots[i] = id;
    return QUIN_OK;
}

/* "<0x0A>" is byte 10; -1: the text is no such mark. */
static int marked_byte(struct quin_str s)
{
    static const char figures[] = "0123456789ABCDEF";
    if (s.len != 6 || memcmp(s.ptr, "<0x", 3) || s.ptr[5] != '>' || !s.ptr[3] || !s.ptr[4])
        return -1;
    const char *high = strchr(figures, s.ptr[3]), *low = strchr(figures, s.ptr[4]);
    return high && low ? (int)((high - figures) << 4 | (low - figures)) : -1;
}

/* Spaces for their marks; returns the bytes written, at most text.len. */
static size_t undo_marks(struct quin_str text, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool space = text.len - i >= 3 && !memcmp(text.ptr + i, QUIN_SPACE_MARK, 3);
        out[n++] = space ? ' ' : text.ptr[i];
        i += space ? 2 : 0;
    }
    return n;
}

/* What a token decodes to: control tokens to nothing, added tokens to their text, the others by the style. A
 * byte-level token with a character outside the alphabet is an added token of a careless converter: its text,
 * too; a careless SentencePiece file may not tell its byte tokens from others. */
static void add_bytes(struct quin_vocab *v, uint32_t id, const int16_t *to_byte)
{
    struct quin_str s = quin_vocab_text(v, id);
    char *out = v->bytes + v->bytes_at[id];
    size_t n = 0;
    int byte = v->style == QUIN_VOCAB_SENTENCEPIECE ? marked_byte(s) : -1;
    enum quin_token_kind k = v->kind[id];
    if (k == QUIN_TOKEN_CONTROL || k == QUIN_TOKEN_UNKNOWN) {
        n = 0;
    } else if (byte >= 0 && k != QUIN_TOKEN_USER_DEFINED) {
        v->kind[id] = QUIN_TOKEN_BYTE;
        v->byte_id[byte] = id;
        out[n++] = (char)byte;
    } else if (v->style == QUIN_VOCAB_SENTENCEPIECE && k != QUIN_TOKEN_USER_DEFINED) {
        n = undo_marks(s, out);
    } else if (k == QUIN_TOKEN_USER_DEFINED || !undo_alphabet(s, to_byte, out, &n)) {
        memcpy(out, s.ptr, s.len);
        n = s.len;
    }
    v->bytes_at[id + 1] = v->bytes_at[id] + n;
}

/* Byte-pair merging starts from one token for each byte. */
static void find_byte_tokens(struct quin_vocab *v)
{
    for (unsigned b = 0; b < 256; b++) {
        char utf8[2];
        struct quin_str s = {utf8, write_char(v->to_char[b], utf8)};
        uint32_t id = quin_vocab_find(v, s, (struct quin_str){"", 0});
        /* Not every token of that text is that byte: a control token is none. */
        if (id != QUIN_TOKEN_NONE) {
            struct quin_str bytes = quin_vocab_bytes(v, id);
            if (bytes.len != 1 || (unsigned char)bytes.ptr[0] != b)
                id = QUIN_TOKEN_NONE;
        }
        v->byte_id[b] = id;
    }
}

static enum quin_err load_texts(struct quin_vocab *v, const struct quin_gguf *g, const struct quin_str *texts,
                                struct quin_msg *msg)
{
    size_t bytes = 0; /* at most the size of the file, so the sum cannot overflow */
    for (uint32_t i = 0; i < v->n; i++)
        bytes += texts[i].len;
    enum quin_err e;
    if ((e = allocate(v, bytes, msg)) || (e = load_kinds(v, g, msg)))
        return e;
    int16_t to_byte[ALPHABET_END];
    make_alphabet(to_byte, v->to_char);
    memset(v->byte_id, 0xff, sizeof v->byte_id); /* QUIN_TOKEN_NONE */
    for (uint32_t i = 0; i < v->n; i++) {
        if ((e = add_text(v, i, texts[i], msg)))
            return e;
        add_bytes(v, i, to_byte);
    }
    if (v->style == QUIN_VOCAB_BYTE_LEVEL)
        find_byte_tokens(v);
    return QUIN_OK;
}

enum quin_err quin_vocab_load(struct quin_vocab *v, enum quin_vocab_style style, const struct quin_gguf *g,
                              struct quin_msg *msg)
{
    static const char key[] = "tokenizer.ggml.tokens";
    size_t n;
    *v = (struct quin_vocab){.style = style};
    enum quin_err e = quin_gguf_get_strs(g, key, NULL, 0, &n, msg);
    if (e)
        return e;
    if (n == 0 || n > INT32_MAX)
        return quin_msg_set(msg, QUIN_ERR_FORMAT, "GGUF key '%s' has %zu entries; convert the model again",
                            key, n);
    v->n = (uint32_t)n;
    struct quin_str *texts = malloc(n * sizeof *texts);
    if (!texts)
        return no_memory(msg);
    e = quin_gguf_get_strs(g, key, texts, n, &n, msg);
    if (!e)
        e = load_texts(v, g, texts, msg);
    free(texts);
    return e;
}

void quin_vocab_clear(struct quin_vocab *v)
{
    free(v->text);
    free(v->bytes);
    free(v->text_at);
    free(v->bytes_at);
    free(v->kind);
    free(v->slots);
    memset(v, 0, sizeof *v);
}
