/* SPDX-License-Identifier: Apache-2.0
 *
 * Stop texts are short and few, so each byte is simply compared with all of them: see stops.h.
 */
#include "stops.h"

#include <stdlib.h>
#include <string.h>

bool quin_stops_open(struct quin_stops *s, const char *const *text, size_t count)
{
    *s = (struct quin_stops){.text = text, .count = count};
    for (size_t i = 0; i < count; i++)
        if (strlen(text[i]) > s->most)
            s->most = strlen(text[i]);
    s->tail = malloc(s->most + 1);
    return s->tail != NULL;
}

void quin_stops_close(struct quin_stops *s)
{
    free(s->tail);
    *s = (struct quin_stops){0};
}

size_t quin_stops_take(struct quin_stops *s, char byte)
{
    size_t hit = 0;
    if (!s->most)
        return 0;
    if (s->length == s->most) {
        memmove(s->tail, s->tail + 1, s->length - 1);
        s->length--;
    }
    s->tail[s->length++] = byte;
    for (size_t i = 0; i < s->count; i++) {
        size_t n = strlen(s->text[i]);
        if (n > hit && n <= s->length && !memcmp(s->tail + s->length - n, s->text[i], n))
            hit = n;
    }
    return hit;
}

size_t quin_stops_begun(const struct quin_stops *s)
{
    size_t begun = 0;
    for (size_t i = 0; i < s->count; i++) {
        size_t n = strlen(s->text[i]) - 1;
        for (n = n < s->length ? n : s->length; n > begun; n--)
            if (!memcmp(s->tail + s->length - n, s->text[i], n))
                begun = n;
    }
    return begun;
}
