/* SPDX-License-Identifier: Apache-2.0
 *
 * The text on stdout. A byte that cannot be part of a character becomes U+FFFD, as does every maximal part of
 * a character that breaks off (Unicode 15, table 3-8). On a terminal so do control characters but \n and \t.
 */
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

enum { REPLACEMENT = 0xfffd };

/* ---- UTF-8 ---- */

/* Bytes of the character that starts with b; 0: none does. */
static size_t length_of(unsigned char b)
{
    if (b < 0x80)
        return 1;
    return b < 0xc2 ? 0 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : b < 0xf5 ? 4 : 0;
}

/* May b follow the first n bytes of c? No overlong forms, no surrogates, nothing above U+10FFFF. */
static bool may_follow(const unsigned char *c, size_t n, unsigned char b)
{
    unsigned char low = 0x80, high = 0xbf;
    if (n == 1 && c[0] == 0xe0)
        low = 0xa0;
    if (n == 1 && c[0] == 0xed)
        high = 0x9f;
    if (n == 1 && c[0] == 0xf0)
        low = 0x90;
    if (n == 1 && c[0] == 0xf4)
        high = 0x8f;
    return b >= low && b <= high;
}

/* Of a character that is complete and valid. */
static uint32_t code_point(const unsigned char *c, size_t n)
{
    uint32_t v = n == 1 ? c[0] : c[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        v = v << 6 | (c[i] & 0x3f);
    return v;
}

/* C0 but newline and tab, DEL, and C1, whose U+009B begins a terminal's commands as ESC [ does. */
static bool is_control(uint32_t c)
{
    return (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
}

/* ---- output ---- */

/* Writes one character, c in bytes[n]; REPLACEMENT needs no bytes. */
static void emit(struct quin_text *t, const unsigned char *bytes, size_t n, uint32_t c)
{
    static const unsigned char mark[] = {0xef, 0xbf, 0xbd};
    if (quin_term_is_out()) {
        if (is_control(c))
            c = REPLACEMENT;
        quin_term_wrote(c);
    }
    if (c == REPLACEMENT) {
        bytes = mark;
        n = sizeof mark;
    }
    t->line_begun = c != '\n';
    if (!t->error && fwrite(bytes, 1, n, stdout) != n)
        t->error = errno;
}

/* A byte either goes on with the held character, or shows that it broke off and starts another one. */
static void byte(struct quin_text *t, unsigned char b)
{
    if (t->held_length && !may_follow(t->held, t->held_length, b)) {
        emit(t, NULL, 0, REPLACEMENT);
        t->held_length = 0;
    }
    if (!t->held_length) {
        t->held_wanted = length_of(b);
        if (!t->held_wanted) {
            emit(t, NULL, 0, REPLACEMENT);
            return;
        }
    }
    t->held[t->held_length++] = b;
    if (t->held_length == t->held_wanted) {
        emit(t, t->held, t->held_length, code_point(t->held, t->held_length));
        t->held_length = 0;
    }
}

static void flush(struct quin_text *t)
{
    if (!t->error && fflush(stdout))
        t->error = errno;
}

/* ---- stop texts ---- */

bool quin_text_open(struct quin_text *t, const char *const *stop, size_t stops)
{
    *t = (struct quin_text){.stop = stop, .stops = stops};
    for (size_t i = 0; i < stops; i++)
        if (strlen(stop[i]) > t->tail_most)
            t->tail_most = strlen(stop[i]);
    t->tail = malloc(t->tail_most + 1);
    return t->tail != NULL;
}

/* Takes b into the tail; true when a stop text ends with it. */
static bool completes_stop(struct quin_text *t, char b)
{
    if (t->tail_length == t->tail_most) {
        memmove(t->tail, t->tail + 1, t->tail_length - 1);
        t->tail_length--;
    }
    t->tail[t->tail_length++] = b;
    for (size_t i = 0; i < t->stops; i++) {
        size_t n = strlen(t->stop[i]);
        if (n <= t->tail_length && !memcmp(t->tail + t->tail_length - n, t->stop[i], n))
            return true;
    }
    return false;
}

void quin_text_put(struct quin_text *t, const char *bytes, size_t length, bool watch)
{
    for (size_t i = 0; i < length && !t->stopped; i++) {
        byte(t, (unsigned char)bytes[i]);
        if (watch && t->stops)
            t->stopped = completes_stop(t, bytes[i]);
    }
    flush(t);
}

void quin_text_close(struct quin_text *t)
{
    if (t->held_length)
        emit(t, NULL, 0, REPLACEMENT);
    t->held_length = 0;
    if (t->line_begun)
        emit(t, (const unsigned char *)"\n", 1, '\n');
    flush(t);
    free(t->tail);
    t->tail = NULL;
}

/* ---- quotes ---- */

void quin_text_quote(const char *bytes, size_t length, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < length;) {
        const unsigned char *c = (const unsigned char *)bytes + i;
        size_t n = length_of(c[0]), k = 1;
        while (k < n && i + k < length && may_follow(c, k, c[k]))
            k++;
        bool plain = n && k == n && !is_control(code_point(c, n)) && c[0] >= ' ';
        if (at + 5 > size)
            break; /* room for the longest piece and the end */
        if (plain)
            memcpy(out + at, c, n);
        else
            n = (size_t)sprintf(out + at, c[0] == '\n' ? "\\n" : c[0] == '\t' ? "\\t" : "\\x%02x", c[0]);
        at += n;
        i += plain ? n : 1;
    }
    out[at] = '\0';
}
