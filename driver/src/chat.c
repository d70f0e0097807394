/* SPDX-License-Identifier: Apache-2.0
 *
 * Chat formats: a table of what stands around the messages, and the writer that follows it.
 */
#include "chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lm.h"
#include "msg.h"
#include "utf8.h"

enum { MARKS = 4 };

/* A message is before ROLE between CONTENT after. */
struct quin_chat_row {
    const char *name, *models;
    const char *has[MARKS], *lacks[MARKS]; /* what the template's source holds and does not */
    bool replaces;                         /* the format is another one than the template's */
    bool trim, capital;                    /* contents without white space around them; "User" for "user" */
    const char *before, *between, *after;
    const char *answer;      /* what an answer starts with: before, "assistant", between */
    bool eos_after_answer;   /* eos stands between an answer and its `after`, which the last message lacks */
    const char *end;         /* token that ends an answer; NULL: eos */
};

#define EOT "<|eot_id|>"

/* The first that fits. Templates that insert dates, tools or texts of their own are other templates. */
static const struct quin_chat_row rows[] = {
    {.name = "plain", .models = "no template"}, /* each message is a line */
    {.name = "bitnet", .models = "BitNet b1.58 2B-4T: GGUF with a converter's stand-in", .has = {"BITNETAssistant"},
     .replaces = true, .trim = true, .capital = true, .before = "", .between = ": ", .after = EOT,
     .answer = "Assistant: ", .end = EOT},
    {.name = "bitnet", .models = "BitNet b1.58 2B-4T", .has = {"| capitalize", "': '", "| trim", EOT},
     .lacks = {"<|start_header_id|>", "strftime", "tools"}, .trim = true, .capital = true, .before = "",
     .between = ": ", .after = EOT, .answer = "Assistant: ", .end = EOT},
    {.name = "llama3", .models = "Llama 3", .has = {"<|start_header_id|>", "<|end_header_id|>", EOT, "| trim"},
     .lacks = {"Cutting Knowledge", "strftime", "tools"}, .trim = true, .before = "<|start_header_id|>",
     .between = "<|end_header_id|>\n\n", .after = EOT,
     .answer = "<|start_header_id|>assistant<|end_header_id|>\n\n", .end = EOT},
    {.name = "falcon3", .models = "Falcon3", .has = {"'<|user|>", "'<|assistant|>", "not loop.last", "eos_token"},
     .lacks = {"'<|user|>' + message['content'] + eos_token"}, .before = "<|", .between = "|>\n", .after = "\n",
     .answer = "<|assistant|>\n", .eos_after_answer = true},
    {.name = "chatml", .models = "Falcon-E and others", .has = {"<|im_start|>", "<|im_end|>", "message['role']"},
     .lacks = {"You are", "tools", "| trim", "reasoning"}, .before = "<|im_start|>", .between = "\n",
     .after = "<|im_end|>\n", .answer = "<|im_start|>assistant\n", .end = "<|im_end|>"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- recognition ---- */

static bool contains(struct quin_str s, const char *mark)
{
    size_t n = strlen(mark);
    for (size_t i = 0; i + n <= s.len; i++)
        if (!memcmp(s.ptr + i, mark, n))
            return true;
    return false;
}

static bool fits(const struct quin_chat_row *r, struct quin_str s)
{
    bool fit = r->has[0] != NULL;
    for (size_t i = 0; i < MARKS; i++) {
        if (r->has[i])
            fit = fit && contains(s, r->has[i]);
        if (r->lacks[i])
            fit = fit && !contains(s, r->lacks[i]);
    }
    return fit;
}

enum quin_err quin_chat_find(const struct quin_gguf *g, struct quin_chat *chat, struct quin_msg *msg)
{
    static const char key[] = "tokenizer.chat_template";
    char list[128] = "";
    size_t n = 0, i = 0;
    struct quin_str s;
    *chat = (struct quin_chat){.row = &rows[0]};
    if (!quin_gguf_find(g, key))
        return QUIN_OK;
    enum quin_err e = quin_gguf_get_str(g, key, &s, msg);
    if (e || !s.len)
        return e;
    /* A template that begins with text of its own is none of these. */
    while (i < s.len && strchr(" \t\r\n", s.ptr[i]) && s.ptr[i])
        i++;
    for (size_t j = 1; j < ROWS; j++) {
        if (i < s.len && s.ptr[i] == '{' && fits(&rows[j], s)) {
            chat->row = &rows[j];
            chat->bos = !rows[j].replaces && contains(s, "bos_token");
            return QUIN_OK;
        }
        if (!rows[j].replaces && n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", rows[j].name);
    }
    return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                        "the model's chat template (GGUF key %s) is none of those known: %s, or plain if there is none; "
                        "write the conversation's text yourself, with 'quintrit run'",
                        key, list);
}

const char *quin_chat_row_name(const struct quin_chat *chat)
{
    return chat->row->name;
}

bool quin_chat_replaces(const struct quin_chat *chat)
{
    return chat->row->replaces;
}

uint32_t quin_chat_end_token(const struct quin_chat *chat, const struct quin_tokenizer *t)
{
    uint32_t end = chat->row->end ? quin_tokenizer_find(t, chat->row->end, strlen(chat->row->end)) : QUIN_TOKEN_NONE;
    return end != QUIN_TOKEN_NONE ? end : quin_tokenizer_eot(t);
}

/* ---- writing ---- */

static enum quin_err no_memory(struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the conversation; shorten it or close other programs");
}

static enum quin_err put(struct quin_chat_text *t, const char *s, size_t len, struct quin_msg *msg)
{
    if (len > t->cap - t->len) {
        size_t cap = t->cap + (t->cap > len ? t->cap : len) + 256;
        char *grown = cap > t->cap ? realloc(t->ptr, cap) : NULL;
        if (!grown)
            return no_memory(msg);
        t->ptr = grown;
        t->cap = cap;
    }
    if (len)
        memcpy(t->ptr + t->len, s, len);
    t->len += len;
    return QUIN_OK;
}

static enum quin_err put_text(struct quin_chat_text *t, const char *s, struct quin_msg *msg)
{
    return put(t, s ? s : "", s ? strlen(s) : 0, msg);
}

static enum quin_err put_token(struct quin_chat_text *out, const struct quin_tokenizer *t, uint32_t id,
                               struct quin_msg *msg)
{
    struct quin_str s = quin_tokenizer_text(t, id);
    return put(out, s.ptr, s.len, msg);
}

/* Bytes of the white space at s as Jinja's trim, which is Python's strip, has it; 0: there is none. */
static size_t space_length(const char *s, size_t len)
{
    /* U+0085, U+00A0; U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000 */
    static const char *const wide[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
                                       "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
                                       "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
                                       "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    unsigned char c = (unsigned char)s[0];
    if (c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f))
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        size_t n = strlen(wide[i]);
        if (n <= len && !memcmp(s, wide[i], n))
            return n;
    }
    return 0;
}

static struct quin_str trimmed(struct quin_str s)
{
    size_t n;
    while (s.len && (n = space_length(s.ptr, s.len)) > 0)
        s = (struct quin_str){s.ptr + n, s.len - n};
    for (n = 1; n <= 3 && n <= s.len;) {
        if (space_length(s.ptr + s.len - n, n) == n) {
            s.len -= n;
            n = 1;
        } else {
            n++;
        }
    }
    return s;
}

static enum quin_err put_content(struct quin_chat_text *out, struct quin_str s, struct quin_msg *msg)
{
    struct quin_span span = {out->len, out->len + s.len};
    if (s.len)
        out->span[out->count++] = span;
    return put(out, s.ptr, s.len, msg);
}

static enum quin_err put_role(const struct quin_chat_row *r, struct quin_chat_text *out, const char *role,
                              struct quin_msg *msg)
{
    static const char *const known[][2] = {{"system", "System"}, {"user", "User"}, {"assistant", "Assistant"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (role && !strcmp(role, known[i][0]))
            return r->between ? put_text(out, known[i][r->capital], msg) : QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_ARG, "a message has the role '%.40s'; it can be system, user or assistant",
                        role ? role : "");
}

static enum quin_err put_message(const struct quin_chat_row *r, const struct quin_tokenizer *t,
                                 const struct quin_chat_message *m, bool last, struct quin_chat_text *out,
                                 struct quin_msg *msg)
{
    struct quin_str content = {m->content, m->length};
    enum quin_err e;
    if ((e = put_text(out, r->before, msg)) || (e = put_role(r, out, m->role, msg)) ||
        (e = put_text(out, r->between, msg)) || (e = put_content(out, r->trim ? trimmed(content) : content, msg)))
        return e;
    bool eos = r->eos_after_answer && !strcmp(m->role, "assistant");
    if (eos && (e = put_token(out, t, quin_tokenizer_eos(t), msg)))
        return e;
    return eos && last ? QUIN_OK : put_text(out, r->between ? r->after : "\n", msg);
}

enum quin_err quin_chat_write(const struct quin_chat *chat, const struct quin_tokenizer *t,
                              const struct quin_chat_message *messages, size_t count, bool answer,
                              struct quin_chat_text *out, struct quin_msg *msg)
{
    enum quin_err e = QUIN_OK;
    if (!count || count > SIZE_MAX / sizeof *out->span)
        return quin_msg_set(msg, QUIN_ERR_ARG, "a conversation has at least one message");
    out->span = malloc(count * sizeof *out->span);
    if (!out->span)
        return no_memory(msg);
    if (chat->bos)
        e = put_token(out, t, quin_tokenizer_bos(t), msg);
    for (size_t i = 0; i < count && !e; i++)
        e = put_message(chat->row, t, &messages[i], i + 1 == count, out, msg);
    return e || !answer ? e : put_text(out, chat->row->answer, msg);
}

void quin_chat_text_free(struct quin_chat_text *text)
{
    free(text->ptr);
    free(text->span);
    *text = (struct quin_chat_text){0};
}

/* A bos token that the template does not write is put in front if the tokenizer wants one. */
enum quin_err quin_chat_tokens(const struct quin_chat *chat, const struct quin_tokenizer *t,
                               const struct quin_chat_message *messages, size_t count, bool answer,
                               struct quin_tokens *out, struct quin_msg *msg)
{
    struct quin_chat_text text = {0};
    enum quin_err e = quin_chat_write(chat, t, messages, count, answer, &text, msg);
    if (!e && quin_tokenizer_add_bos(t) && !chat->bos)
        e = quin_tokens_push(out, quin_tokenizer_bos(t), msg);
    if (!e)
        e = quin_tokenizer_encode_marked(t, text.ptr, text.len, text.span, text.count, out, msg);
    quin_chat_text_free(&text);
    return e;
}

/* ---- of a model ---- */

enum quin_err quin_chat_name(const struct quin_lm *lm, const char **name, struct quin_msg *msg)
{
    struct quin_chat chat;
    enum quin_err e = quin_chat_find(lm->gguf, &chat, msg);
    *name = quin_chat_row_name(&chat);
    return e;
}

uint32_t quin_chat_end(const struct quin_lm *lm)
{
    struct quin_chat chat;
    return quin_chat_find(lm->gguf, &chat, NULL) ? QUIN_TOKEN_NONE : quin_chat_end_token(&chat, lm->tokenizer);
}

enum quin_err quin_chat_format(const struct quin_lm *lm, const struct quin_chat_message *messages, size_t count,
                               bool answer, char **text, size_t *length, struct quin_msg *msg)
{
    struct quin_chat chat;
    struct quin_chat_text out = {0};
    enum quin_err e = quin_chat_find(lm->gguf, &chat, msg);
    if (!e)
        e = quin_chat_write(&chat, lm->tokenizer, messages, count, answer, &out, msg);
    if (!e)
        e = put(&out, "", 1, msg); /* a NUL that does not count */
    if (e) {
        quin_chat_text_free(&out);
        return e;
    }
    free(out.span);
    *text = out.ptr;
    *length = out.len - 1;
    return QUIN_OK;
}

enum quin_err quin_chat_encode(const struct quin_lm *lm, const struct quin_chat_message *messages, size_t count,
                               bool answer, uint32_t **tokens, size_t *n, struct quin_msg *msg)
{
    struct quin_chat chat;
    struct quin_tokens list = {0};
    enum quin_err e = quin_chat_find(lm->gguf, &chat, msg);
    if (!e)
        e = quin_chat_tokens(&chat, lm->tokenizer, messages, count, answer, &list, msg);
    if (e) {
        quin_tokens_free(&list);
        return e;
    }
    *tokens = list.ids;
    *n = list.n;
    return QUIN_OK;
}
