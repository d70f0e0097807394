/* SPDX-License-Identifier: Apache-2.0
 *
 * The text on stdout. On a terminal control characters but \n and \t become U+FFFD, as bytes that are no
 * characters do everywhere.
 */
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "terminal.h"
#include "utf8.h"

/* C0 but newline and tab, DEL, and C1, whose U+009B begins a terminal's commands as ESC [ does. */
static bool is_control(uint32_t c)
{
    return (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
}

/* ---- output ---- */

/* Writes one character, c in bytes[n]. */
static void emit(void *user, const char *bytes, size_t n, uint32_t c)
{
    struct quin_text *t = user;
    if (quin_term_is_out()) {
        if (is_control(c)) {
            c = QUIN_UTF8_REPLACEMENT;
            bytes = "\xef\xbf\xbd";
            n = 3;
        }
        quin_term_wrote(c);
    }
    t->line_begun = c != '\n';
    if (!t->error && fwrite(bytes, 1, n, stdout) != n)
        t->error = errno;
}

static void flush(struct quin_text *t)
{
    if (!t->error && fflush(stdout))
        t->error = errno;
}

bool quin_text_open(struct quin_text *t, const char *const *stop, size_t stops)
{
    *t = (struct quin_text){.line_begun = false};
    return quin_stops_open(&t->stops, stop, stops);
}

void quin_text_put(struct quin_text *t, const char *bytes, size_t length, bool watch)
{
    for (size_t i = 0; i < length && !t->stopped; i++) {
        quin_utf8_put(&t->utf8, bytes[i], emit, t);
        if (watch)
            t->stopped = quin_stops_take(&t->stops, bytes[i]) > 0;
    }
    flush(t);
}

void quin_text_close(struct quin_text *t)
{
    quin_utf8_end(&t->utf8, emit, t);
    if (t->line_begun)
        emit(t, "\n", 1, '\n');
    flush(t);
    quin_stops_close(&t->stops);
}

/* ---- quotes ---- */

void quin_text_quote(const char *bytes, size_t length, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < length;) {
        const unsigned char *c = (const unsigned char *)bytes + i;
        size_t n = quin_utf8_length(bytes + i, length - i);
        bool plain = n && !is_control(quin_utf8_code_point(bytes + i, n)) && c[0] >= ' ';
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
