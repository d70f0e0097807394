/* SPDX-License-Identifier: Apache-2.0
 *
 * The text on stdout: always valid UTF-8, whatever bytes the tokens have, and cut off behind a stop text.
 */
#ifndef QUIN_TEXT_H
#define QUIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stops.h"
#include "utf8_stream.h"

struct quin_text {
    struct quin_stops stops;
    struct quin_utf8_stream utf8;
    bool stopped;    /* a stop text is complete; nothing is written any more */
    bool line_begun; /* the last character was no newline */
    int error;       /* errno of a write that failed; nothing is written any more */
};

/* stop may be NULL. False: no memory. */
bool quin_text_open(struct quin_text *t, const char *const *stop, size_t stops);

/* Writes bytes, and looks for stop texts only if `watch`. What is complete is on stdout when it returns. */
void quin_text_put(struct quin_text *t, const char *bytes, size_t length, bool watch);

/* Replaces what stayed incomplete, ends the last line, frees. */
void quin_text_close(struct quin_text *t);

/* A name or text of a file for a table: characters that are no plain text become \n, \t, \xNN. */
void quin_text_quote(const char *bytes, size_t length, char *out, size_t size);

#endif
