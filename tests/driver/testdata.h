/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files that make_gguf.py wrote into the folder named by the environment variable QUIN_TEST_DATA.
 */
#ifndef TESTDATA_H
#define TESTDATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gguf.h"

static inline const char *testdata_path(const char *name, const char *suffix, char path[1024])
{
    const char *dir = getenv("QUIN_TEST_DATA");
    if (!dir)
        fail_msg("set QUIN_TEST_DATA to the folder that tests/driver/make_gguf.py wrote");
    int n = snprintf(path, 1024, "%s/%s%s", dir, name, suffix);
    assert_true(n > 0 && n < 1024);
    return path;
}

/* The whole file, to be freed; exactly as long as the file, so that a sanitizer sees every step beyond it. */
static inline uint8_t *testdata_read(const char *name, const char *suffix, size_t *len)
{
    char path[1024];
    FILE *f = fopen(testdata_path(name, suffix, path), "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long n = ftell(f);
    assert_true(n >= 0);
    rewind(f);
    uint8_t *data = malloc(n ? (size_t)n : 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)n, f), (size_t)n);
    fclose(f);
    *len = (size_t)n;
    return data;
}

static inline struct quin_gguf *testdata_open(const char *name)
{
    char path[1024];
    struct quin_gguf *g;
    struct quin_msg msg = {"no message"};
    if (quin_gguf_open_file(testdata_path(name, "", path), &g, &msg))
        fail_msg("%s: %s", path, msg.text);
    return g;
}

/* An error, its code, and words that its message must hold. */
static inline void testdata_expect(enum quin_err got, enum quin_err want, const struct quin_msg *msg,
                                   const char *a, const char *b)
{
    if (got != want || !strstr(msg->text, a) || !strstr(msg->text, b))
        fail_msg("expected error %d with '%s' and '%s', got %d: %s", want, a, b, got, msg->text);
}

#endif
