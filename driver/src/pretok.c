/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a text into words by a regular expression (PCRE2, UTF-8, Unicode properties).
 * PCRE2 needs valid UTF-8, so the text is cut into stretches of valid UTF-8 and the bytes between them. */
#include "pretok.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

struct quin_pretok {
    pcre2_code *code;
};

/* White space by Unicode's White_Space property, as the published tokenizers take \s. PCRE2's own \s also has
 * U+180E. */
#define WS "\\t-\\r\\x{85}\\p{Z}"

#define GPT2 \
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^" WS "\\p{L}\\p{N}]+|[" WS "]+(?![^" WS "])|[" WS "]+"

/* One row for each value of tokenizer.ggml.pre; a row may use \s, \d and \w, which PCRE2_UCP makes Unicode's.
 * Text that no match covers becomes a piece of its own. */
static const struct {
    const char *name, *pattern;
} patterns[] = {
    {"default", GPT2},
    {"gpt-2", GPT2},
};

static const char *find_pattern(const struct quin_str *name)
{
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (!name ||
            (strlen(patterns[i].name) == name->len && !memcmp(patterns[i].name, name->ptr, name->len)))
            return patterns[i].pattern; /* the first row when the key is absent */
    return NULL;
}

enum quin_err quin_pretok_create(const struct quin_str *name, struct quin_pretok **out, struct quin_msg *msg)
{
    *out = NULL;
    const char *pattern = find_pattern(name);
    if (!pattern)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "pre-tokenizer '%.*s' (GGUF key tokenizer.ggml.pre) is not supported; use a "
                            "model whose "
                            "pre-tokenizer is 'gpt-2'",
                            quin_msg_clip(name->len), name->ptr);
    struct quin_pretok *p = calloc(1, sizeof *p);
    if (!p)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the tokenizer; close other programs");
    int error;
    PCRE2_SIZE at;
    p->code =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &error, &at, NULL);
    if (!p->code) {
        free(p);
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "PCRE2 refuses the pre-tokenizer's expression (error %d at %zu); install a PCRE2 "
                            "with Unicode",
                            error, (size_t)at);
    }
    *out = p;
    return QUIN_OK;
}

void quin_pretok_free(struct quin_pretok *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    free(p);
}

/* Length of the UTF-8 character at s (n >= 1 bytes left), 0 if it is none: overlong forms, surrogates and
 * code points above U+10FFFF are no characters (Unicode, table 3-7). */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    unsigned lo = 0x80, hi = 0xbf; /* limits of the second byte */
    size_t len;
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    if (s[0] < 0xe0)
        len = 2;
    else
        len = s[0] < 0xf0 ? 3 : 4;
    if (s[0] == 0xe0)
        lo = 0xa0;
    else if (s[0] == 0xed)
        hi = 0x9f;
    else if (s[0] == 0xf0)
        lo = 0x90;
    else if (s[0] == 0xf4)
        hi = 0x8f;
    if (n < len || s[1] < lo || s[1] > hi)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* End of the stretch of bytes from pos on that are all valid, or all invalid. */
static size_t stretch(const struct quin_pretok_run *run, bool valid)
{
    size_t i = run->pos, n;
    while (i < run->len &&
           ((n = utf8_length((const unsigned char *)run->text + i, run->len - i)) > 0) == valid)
        i += valid ? n : 1;
    return i;
}

enum quin_err quin_pretok_begin(const struct quin_pretok *p, struct quin_pretok_run *run,
                                struct quin_msg *msg)
{
    memset(run, 0, sizeof *run);
    run->p = p;
    run->match = pcre2_match_data_create_from_pattern(p->code, NULL);
    if (!run->match)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the tokenizer; close other programs");
    return QUIN_OK;
}

void quin_pretok_text(struct quin_pretok_run *run, const char *text, size_t len)
{
    run->text = text;
    run->len = len;
    run->pos = run->begin = run->end = 0;
}

enum quin_err quin_pretok_next(struct quin_pretok_run *run, struct quin_piece *piece, struct quin_msg *msg)
{
    *piece = (struct quin_piece){run->text + run->pos, 0, false};
    if (run->pos == run->len)
        return QUIN_OK;
    if (run->pos == run->end) {
        run->begin = run->pos;
        run->end = stretch(run, true);
        if (run->end == run->pos) {
            run->pos = run->end = stretch(run, false);
            piece->len = run->end - run->begin;
            piece->invalid = true;
            return QUIN_OK;
        }
    }
    /* The stretch has been checked; checking it again at every piece would take quadratic time. */
    int rc = pcre2_match(run->p->code, (PCRE2_SPTR)run->text + run->begin, run->end - run->begin,
                         run->pos - run->begin, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, run->match, NULL);
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
        return quin_msg_set(msg, QUIN_ERR_RANGE, "PCRE2 cannot split the text (error %d); shorten it", rc);
    size_t next = run->end;
    if (rc >= 0) {
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(run->match);
        next = run->begin +
               (run->begin + at[0] > run->pos ? at[0] : at[1]); /* what lies before a match comes first */
    }
    piece->len = next - run->pos;
    run->pos = next;
    return QUIN_OK;
}

void quin_pretok_end(struct quin_pretok_run *run)
{
    pcre2_match_data_free(run->match);
    run->match = NULL;
}
