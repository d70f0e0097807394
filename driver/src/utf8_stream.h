/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of tokens in, whole characters out: always valid UTF-8, whatever the bytes are and wherever they are
 * parted. A byte that cannot be part of a character becomes U+FFFD, as does every maximal part of a character
 * that breaks off (Unicode 15, table 3-8).
 */
#ifndef QUIN_UTF8_STREAM_H
#define QUIN_UTF8_STREAM_H

#include <stddef.h>
#include <stdint.h>

enum { QUIN_UTF8_REPLACEMENT = 0xfffd };

/* All zeros at the beginning. */
struct quin_utf8_stream {
    unsigned char held[4]; /* [length] of a character that is not complete yet */
    size_t length, wanted;
};

/* Called with each character: c, and its bytes [n]. */
typedef void quin_utf8_fn(void *user, const char *bytes, size_t n, uint32_t c);

void quin_utf8_put(struct quin_utf8_stream *s, char byte, quin_utf8_fn *fn, void *user);

/* The text ends here: what stayed incomplete becomes U+FFFD. */
void quin_utf8_end(struct quin_utf8_stream *s, quin_utf8_fn *fn, void *user);

/* Code point of a whole, valid character of n bytes. */
uint32_t quin_utf8_code_point(const char *bytes, size_t n);

#endif
