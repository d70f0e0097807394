/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of UTF-8. Private to the tokenizer and the chat formats. */
#ifndef QUIN_UTF8_H
#define QUIN_UTF8_H

#include <stddef.h>

/* Length of the character at s (n >= 1 bytes left), 0 if it is none: overlong forms, surrogates and code points
 * above U+10FFFF are no characters (Unicode, table 3-7). */
static inline size_t quin_utf8_length(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
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

#endif
