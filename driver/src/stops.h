/* SPDX-License-Identifier: Apache-2.0
 *
 * Stop texts: watches a text go by, byte by byte, for the first place where one of them is complete.
 */
#ifndef QUIN_STOPS_H
#define QUIN_STOPS_H

#include <stdbool.h>
#include <stddef.h>

struct quin_stops {
    const char *const *text; /* [count], none empty; not owned */
    size_t count;
    char *tail; /* [length] of the last bytes, in which a stop text may have begun */
    size_t length, most;
};

/* text may be NULL for none. False: no memory. */
bool quin_stops_open(struct quin_stops *s, const char *const *text, size_t count);
void quin_stops_close(struct quin_stops *s);

/* Takes the next byte; the bytes of the longest stop text that ends with it, 0: none does. */
size_t quin_stops_take(struct quin_stops *s, char byte);

/* How many of the last bytes may still become a stop text: the longest beginning of one that the text ends
 * with. */
size_t quin_stops_begun(const struct quin_stops *s);

#endif
