/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a text into words by regular expressions (PCRE2, UTF-8, Unicode properties).
 * PCRE2 needs valid UTF-8, so the text is cut into stretches of valid UTF-8 and the bytes between them. */
#include "pretok.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "utf8.h"

struct quin_pretok {
    const struct quin_pretok_row *row;
    pcre2_code *code[QUIN_PRETOK_STAGES];
};

/* White space by Unicode's White_Space property, as the published tokenizers take \s. PCRE2's own \s also has
 * U+180E. */
#define WS "\\t-\\r\\x{85}\\p{Z}"

#define GPT2 \
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^" WS "\\p{L}\\p{N}]+|[" WS "]+(?![^" WS "])|[" WS "]+"

/* Llama 3's, and with single figures Qwen's: a word takes one character before it along, marks the line ends
 * behind them. */
#define LLAMA3(figures) \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" figures "| ?[^" WS \
    "\\p{L}\\p{N}]+[\\r\\n]*|[" WS "]*[\\r\\n]+|[" WS "]+(?![^" WS "])|[" WS "]+"

/* Falcon's, of three stages: runs of punctuation, ASCII's symbols among it, stand alone. */
#define MARKS "[\\p{P}$+<=>^~|`]+"

/* One row for each value of tokenizer.ggml.pre; a name is the one that llama.cpp writes. A row may use \s, \d and
 * \w, which PCRE2_UCP makes Unicode's. Text that no match covers becomes a piece of its own. */
static const struct quin_pretok_row rows[] = {
    {"gpt-2", {GPT2}, false, false},
    {"default", {GPT2}, false, false},
    {"phi-2", {GPT2}, false, false},
    {"olmo", {GPT2}, false, false},
    {"mpt", {GPT2}, false, false},
    {"llama-bpe", {LLAMA3("\\p{N}{1,3}")}, true, true},
    {"llama3", {LLAMA3("\\p{N}{1,3}")}, true, true},
    {"llama-v3", {LLAMA3("\\p{N}{1,3}")}, true, true},
    {"falcon3", {LLAMA3("\\p{N}{1,3}")}, true, true},
    {"falcon_e", {LLAMA3("\\p{N}{1,3}")}, true, true},
    {"falcon-h1", {LLAMA3("\\p{N}{1,3}")}, true, true},
    {"dbrx", {LLAMA3("\\p{N}{1,3}")}, false, false},
    {"qwen2", {LLAMA3("\\p{N}")}, false, false},
    {"stablelm2", {LLAMA3("\\p{N}")}, false, false},
    {"falcon", {MARKS, GPT2, "[0-9][0-9][0-9]"}, false, false},
    {"smollm", {"\\p{N}", GPT2}, false, false},
    {"starcoder", {"\\p{N}", GPT2}, false, false},
    {"refact", {"\\p{N}", GPT2}, false, false},
    {"command-r", {"\\p{N}", GPT2}, false, false},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct quin_pretok_row *quin_pretok_row_at(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

static enum quin_err find_row(const struct quin_str *name, const struct quin_pretok_row **row,
                              struct quin_msg *msg)
{
    char list[256] = "";
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        *row = &rows[i];
        if (!name || (strlen(rows[i].name) == name->len && !memcmp(rows[i].name, name->ptr, name->len)))
            return QUIN_OK; /* the first row when the key is absent */
        if (n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", rows[i].name);
    }
    return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                        "pre-tokenizer '%.*s' (GGUF key tokenizer.ggml.pre) is not supported; if it cuts texts as one "
                        "of these, say so with --override-kv tokenizer.ggml.pre=str:NAME: %s",
                        quin_msg_clip(name->len), name->ptr, list);
}

static enum quin_err compile(struct quin_pretok *p, size_t stage, struct quin_msg *msg)
{
    int error;
    PCRE2_SIZE at;
    p->code[stage] = pcre2_compile((PCRE2_SPTR)p->row->stages[stage], PCRE2_ZERO_TERMINATED,
                                   PCRE2_UTF | PCRE2_UCP, &error, &at, NULL);
    if (p->code[stage])
        return QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                        "PCRE2 refuses the pre-tokenizer's expression (error %d at %zu); install a PCRE2 "
                        "with Unicode",
                        error, (size_t)at);
}

enum quin_err quin_pretok_create(const struct quin_str *name, struct quin_pretok **out, struct quin_msg *msg)
{
    const struct quin_pretok_row *row;
    *out = NULL;
    enum quin_err e = find_row(name, &row, msg);
    if (e)
        return e;
    struct quin_pretok *p = calloc(1, sizeof *p);
    if (!p)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the tokenizer; close other programs");
    p->row = row;
    for (size_t i = 0; i < QUIN_PRETOK_STAGES && row->stages[i] && !e; i++)
        e = compile(p, i, msg);
    if (e)
        quin_pretok_free(p);
    else
        *out = p;
    return e;
}

const struct quin_pretok_row *quin_pretok_row(const struct quin_pretok *p)
{
    return p->row;
}

void quin_pretok_free(struct quin_pretok *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < QUIN_PRETOK_STAGES; i++)
        pcre2_code_free(p->code[i]);
    free(p);
}

/* End of the stretch of bytes from pos on that are all valid, or all invalid. */
static size_t stretch(const struct quin_pretok_run *run, bool valid)
{
    size_t i = run->pos, n;
    while (i < run->len &&
           ((n = quin_utf8_length(run->text + i, run->len - i)) > 0) == valid)
        i += valid ? n : 1;
    return i;
}

enum quin_err quin_pretok_begin(const struct quin_pretok *p, struct quin_pretok_run *run,
                                struct quin_msg *msg)
{
    memset(run, 0, sizeof *run);
    run->p = p;
    run->match = pcre2_match_data_create(1, NULL);
    if (!run->match)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the tokenizer; close other programs");
    return QUIN_OK;
}

void quin_pretok_text(struct quin_pretok_run *run, const char *text, size_t len)
{
    run->text = text;
    run->len = len;
    run->pos = 0;
    memset(run->stage, 0, sizeof run->stage);
}

/* Cuts the next piece off what is left of a stage's range; it is the next stage's range. */
static enum quin_err cut(struct quin_pretok_run *run, size_t stage, struct quin_msg *msg)
{
    struct quin_range *r = &run->stage[stage];
    /* The stretch has been checked; checking it again at every piece would take quadratic time. */
    int rc = pcre2_match(run->p->code[stage], (PCRE2_SPTR)run->text + r->begin, r->end - r->begin,
                         r->pos - r->begin, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, run->match, NULL);
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
        return quin_msg_set(msg, QUIN_ERR_RANGE, "PCRE2 cannot split the text (error %d); shorten it", rc);
    size_t next = r->end;
    if (rc >= 0) {
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(run->match);
        next = r->begin + (r->begin + at[0] > r->pos ? at[0] : at[1]); /* what lies before a match comes first */
    }
    run->stage[stage + 1] = (struct quin_range){r->pos, next, r->pos};
    r->pos = next;
    return QUIN_OK;
}

/* Stage i cuts what stage i - 1 made, as if each piece were a text of its own; stage 0 cuts a stretch of valid
 * UTF-8, and what the last stage made is a word. */
enum quin_err quin_pretok_next(struct quin_pretok_run *run, struct quin_piece *piece, struct quin_msg *msg)
{
    size_t i = QUIN_PRETOK_STAGES;
    *piece = (struct quin_piece){run->text + run->pos, 0, false};
    if (run->pos == run->len)
        return QUIN_OK;
    while (i > 0 && (!run->p->code[i - 1] || run->stage[i - 1].pos == run->stage[i - 1].end))
        i--; /* the innermost stage with text left is i - 1 */
    if (i == 0) {
        size_t end = stretch(run, true);
        if (end == run->pos) {
            end = stretch(run, false);
            piece->len = end - run->pos;
            piece->invalid = true;
            run->pos = end;
            return QUIN_OK;
        }
        run->stage[0] = (struct quin_range){run->pos, end, run->pos};
        i = 1;
    }
    for (; i <= QUIN_PRETOK_STAGES && run->p->code[i - 1]; i++) {
        enum quin_err e = cut(run, i - 1, msg);
        if (e)
            return e;
    }
    piece->len = run->stage[i - 1].end - run->pos;
    run->pos = run->stage[i - 1].end;
    run->stage[i - 1].pos = run->pos;
    return QUIN_OK;
}

void quin_pretok_end(struct quin_pretok_run *run)
{
    pcre2_match_data_free(run->match); /* may be NULL */
    run->match = NULL;
}
