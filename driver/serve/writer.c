/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of an answer: see writer.h. Stop texts are looked for in what the client gets, whole characters.
 */
#include "writer.h"

#include <stdlib.h>
#include <string.h>

bool quin_writer_open(struct quin_writer *w, const char *const *stop, size_t count)
{
    *w = (struct quin_writer){.text = NULL};
    return quin_stops_open(&w->stops, stop, count);
}

void quin_writer_close(struct quin_writer *w)
{
    free(w->text);
    quin_stops_close(&w->stops);
    *w = (struct quin_writer){0};
}

static bool grow(struct quin_writer *w, size_t n)
{
    if (n <= w->room - w->length)
        return true;
    size_t room = 2 * w->room + n + 256;
    char *grown = realloc(w->text, room);
    if (!grown)
        return false;
    w->text = grown;
    w->room = room;
    return true;
}

/* One character. */
static void add(void *user, const char *bytes, size_t n, uint32_t c)
{
    struct quin_writer *w = user;
    (void)c;
    if (w->stopped || w->failed || !grow(w, n)) {
        w->failed = !w->stopped;
        return;
    }
    for (size_t i = 0; i < n && !w->stopped; i++) {
        w->text[w->length++] = bytes[i];
        size_t stop = quin_stops_take(&w->stops, bytes[i]);
        w->length -= stop;
        w->stopped = stop > 0;
    }
}

void quin_writer_put(struct quin_writer *w, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && !w->stopped; i++)
        quin_utf8_put(&w->utf8, bytes[i], add, w);
    w->visible = w->length - (w->stopped ? 0 : quin_stops_begun(&w->stops));
}

void quin_writer_end(struct quin_writer *w)
{
    if (!w->stopped)
        quin_utf8_end(&w->utf8, add, w);
    w->visible = w->length;
}
