/* SPDX-License-Identifier: Apache-2.0
 *
 * Characters out of a stream of bytes: see utf8_stream.h.
 */
#include "utf8_stream.h"

#include <stdbool.h>

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

uint32_t quin_utf8_code_point(const char *bytes, size_t n)
{
    const unsigned char *c = (const unsigned char *)bytes;
    uint32_t v = n == 1 ? c[0] : c[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        v = v << 6 | (c[i] & 0x3f);
    return v;
}

static void replace(quin_utf8_fn *fn, void *user)
{
    fn(user, "\xef\xbf\xbd", 3, QUIN_UTF8_REPLACEMENT);
}

/* A byte either goes on with the held character, or shows that it broke off and starts another one. */
void quin_utf8_put(struct quin_utf8_stream *s, char byte, quin_utf8_fn *fn, void *user)
{
    unsigned char b = (unsigned char)byte;
    if (s->length && !may_follow(s->held, s->length, b))
        quin_utf8_end(s, fn, user);
    if (!s->length) {
        s->wanted = length_of(b);
        if (!s->wanted) {
            replace(fn, user);
            return;
        }
    }
    s->held[s->length++] = b;
    if (s->length == s->wanted) {
        const char *bytes = (const char *)s->held;
        s->length = 0;
        fn(user, bytes, s->wanted, quin_utf8_code_point(bytes, s->wanted));
    }
}

void quin_utf8_end(struct quin_utf8_stream *s, quin_utf8_fn *fn, void *user)
{
    if (s->length)
        replace(fn, user);
    s->length = 0;
}
