/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of an answer while it grows: bytes of tokens in, valid UTF-8 out, cut off before the first stop
 * text.
 */
#ifndef QUIN_WRITER_H
#define QUIN_WRITER_H

#include "stops.h"
#include "utf8_stream.h"

struct quin_writer {
    char *text; /* [length] */
    size_t length, room;
    size_t visible; /* bytes that no stop text can take back any more */
    struct quin_utf8_stream utf8;
    struct quin_stops stops;
    bool stopped; /* a stop text was complete; it is cut off, and nothing is added any more */
    bool failed;  /* no memory */
};

/* stop [count]: not owned. False: no memory. */
bool quin_writer_open(struct quin_writer *w, const char *const *stop, size_t count);
void quin_writer_close(struct quin_writer *w);

/* Bytes of the next token. */
void quin_writer_put(struct quin_writer *w, const char *bytes, size_t length);
/* The last token was there: all is visible. */
void quin_writer_end(struct quin_writer *w);

#endif
