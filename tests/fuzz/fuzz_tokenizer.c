/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target for texts: byte-level BPE of several pre-tokenizers and SentencePiece, on vocabularies that the test
 * data holds (QUIN_TEST_DATA names its folder) and the demo model's. The first byte chooses. Encoding must take any
 * bytes, lose none of them, and give no control token for a stranger's text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gguf.h"
#include "lm.h"
#include "tokenizer.h"

static const char *const files[] = {"demo", "tok_llama-bpe", "tok_qwen2", "tok_falcon", "spm", "spm_no_prefix"};
enum { FILES = sizeof files / sizeof files[0] };
static struct quin_tokenizer *tokenizer[FILES];

static void open_one(size_t i)
{
    char path[1024];
    const char *folder = getenv("QUIN_TEST_DATA");
    struct quin_gguf *g;
    struct quin_msg msg;
    snprintf(path, sizeof path, "%s/%s.gguf", folder ? folder : "build/testdata", files[i]);
    const struct quin_lm_options options = {.path = i ? path : NULL}; /* NULL: the demo model */
    if (quin_lm_open_gguf(&options, &g, &msg) || quin_tokenizer_create(g, &tokenizer[i], &msg)) {
        fprintf(stderr, "%s: %s\n", path, msg.text);
        exit(1);
    }
    quin_gguf_free(g);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < FILES; i++)
        open_one(i);
    return 0;
}

/* Without spaces and U+2581, which is one: SentencePiece puts one in front and behind tokens that users define. */
static size_t without_spaces(char *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        if (length - i >= 3 && !memcmp(text + i, "\xe2\x96\x81", 3))
            i += 2;
        else if (text[i] != ' ')
            text[n++] = text[i];
    return n;
}

static void round_trip(const struct quin_tokenizer *t, const char *text, size_t length)
{
    bool spm = !strcmp(quin_tokenizer_kind(t), "SentencePiece");
    struct quin_tokens ids = {0};
    struct quin_msg msg;
    char *want = malloc(length + 1), *made = NULL;
    size_t n = 0;
    if (!want || quin_tokenizer_encode(t, text, length, false, &ids, &msg))
        abort();
    memcpy(want, text, length);
    for (size_t i = 0; i < ids.n; i++) {
        struct quin_str s;
        if (quin_tokenizer_decode(t, ids.ids[i], &s, &msg) || quin_tokenizer_is_control(t, ids.ids[i]))
            abort();
        made = realloc(made, n + s.len + 1);
        if (!made)
            abort();
        memcpy(made + n, s.ptr, s.len);
        n += s.len;
    }
    if (spm) {
        length = without_spaces(want, length);
        n = made ? without_spaces(made, n) : 0;
    }
    if (n != length || (n && memcmp(made, want, n) != 0))
        abort();
    free(want);
    free(made);
    quin_tokens_free(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct quin_tokens ids = {0};
    struct quin_msg msg;
    if (length < 2)
        return 0;
    const struct quin_tokenizer *t = tokenizer[data[0] % FILES];
    const char *text = (const char *)data + 2;
    const struct quin_span literal = {0, data[1] < length - 2 ? data[1] : length - 2};
    length -= 2;
    round_trip(t, text, length);
    if (quin_tokenizer_encode(t, text, length, true, &ids, &msg))
        abort();
    ids.n = 0;
    if (quin_tokenizer_encode_marked(t, text, length, &literal, literal.end > 0, &ids, &msg))
        abort();
    quin_tokens_free(&ids);
    return 0;
}
