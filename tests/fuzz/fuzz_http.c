/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target for what the server takes from a network: a body becomes a request or a fault, and either
 * one becomes JSON that can be read back. The first byte chooses the endpoint. The body's bytes also are an
 * answer that goes through the writer with the request's own stop texts, cut into tokens of any size. */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "request.h"
#include "utf8.h"
#include "writer.h"

#define CHECK(x) ((x) ? (void)0 : abort())

static void check_utf8(const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t step = quin_utf8_length(text + at, n - at);
        CHECK(step);
        at += step;
    }
}

/* Where a stop text is first complete in text [n], its own bytes not counted; n: nowhere. */
static size_t cut(const char *text, size_t n, const struct quin_request *r)
{
    for (size_t end = 1; end <= n; end++) {
        size_t begin = end;
        for (size_t i = 0; i < r->stops; i++) {
            size_t length = strlen(r->stop[i]);
            if (length <= end && end - length < begin && !memcmp(text + end - length, r->stop[i], length))
                begin = end - length;
        }
        if (begin < end)
            return begin;
    }
    return n;
}

/* The same bytes at once without stop texts, then in pieces with them: what is visible never goes back, and
 * at the end it is the text up to the first stop text. */
static void check_writer(const struct quin_request *r, const uint8_t *data, size_t n)
{
    struct quin_writer all, w;
    size_t shown = 0;
    CHECK(quin_writer_open(&all, NULL, 0) && quin_writer_open(&w, r->stop, r->stops));
    quin_writer_put(&all, (const char *)data, n);
    quin_writer_end(&all);
    check_utf8(all.text, all.visible);
    for (size_t at = 0; at < n;) {
        size_t piece = 1 + data[at] % 7;
        piece = piece < n - at ? piece : n - at;
        quin_writer_put(&w, (const char *)data + at, piece);
        CHECK(w.visible >= shown && w.visible <= w.length);
        check_utf8(w.text, w.visible);
        CHECK(!w.visible || !memcmp(w.text, all.text, w.visible));
        shown = w.visible;
        at += piece;
    }
    quin_writer_end(&w);
    CHECK(w.visible >= shown && w.visible == cut(all.text, all.visible, r));
    quin_writer_close(&all);
    quin_writer_close(&w);
}

/* Answers with this text: JSON from which the text comes back. */
static void check_answer(bool chat, const char *text, size_t n)
{
    struct quin_answer a;
    static const struct quin_usage usage = {1, 2, 0};
    quin_answer_begin(&a, chat, "model");
    char *whole = quin_answer_whole(&a, text, n, "stop", &usage), *piece = quin_answer_piece(&a, text, n);
    CHECK(whole && piece);
    json_t *document = json_loads(whole, JSON_ALLOW_NUL, NULL);
    const json_t *choice = json_array_get(json_object_get(document, "choices"), 0);
    const json_t *back =
        json_object_get(chat ? json_object_get(choice, "message") : choice, chat ? "content" : "text");
    CHECK(json_string_length(back) == n && !memcmp(json_string_value(back), text, n));
    CHECK(!strncmp(piece, "data: {", 7) && !strcmp(piece + strlen(piece) - 2, "\n\n"));
    CHECK(strchr(piece, '\n') == piece + strlen(piece) - 2);
    json_decref(document);
    free(whole);
    free(piece);
}

static void check_fault(const struct quin_fault *f)
{
    CHECK((f->status == 400 || f->status == 500) && f->text[0]);
    check_utf8(f->text, strlen(f->text));
    char *text = quin_answer_fault(f);
    CHECK(text);
    json_t *document = json_loads(text, 0, NULL);
    CHECK(json_string_value(json_object_get(json_object_get(document, "error"), "message")));
    json_decref(document);
    free(text);
}

static void check_request(const struct quin_request *r)
{
    CHECK(r->most == -1 || r->most >= 1);
    CHECK(r->sampling.temperature >= 0 && r->sampling.temperature <= 2);
    CHECK(r->sampling.top_p > 0 && r->sampling.top_p <= 1);
    for (size_t i = 0; i < r->stops; i++)
        CHECK(r->stop[i][0] && strlen(r->stop[i]) <= QUIN_REQUEST_STOP_BYTES);
    for (size_t i = 0; i < r->message_count; i++) {
        const struct quin_chat_message *m = &r->messages[i];
        CHECK(m->role && m->content && strlen(m->content) == m->length);
        check_utf8(m->content, m->length);
    }
    if (r->chat)
        CHECK(r->message_count);
    else
        CHECK(!r->prompt != !r->tokens);
    if (r->prompt)
        check_answer(r->chat, r->prompt, r->prompt_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct quin_request r;
    struct quin_fault fault;
    static const struct quin_sampler_options sampling = {0.8, 40, 0.95, 0};
    if (!n)
        return 0;
    if (!quin_request_parse((const char *)data + 1, n - 1, data[0] & 1, &sampling, &r, &fault)) {
        check_fault(&fault);
        return 0;
    }
    check_request(&r);
    check_writer(&r, data + 1, n - 1);
    quin_request_free(&r);
    return 0;
}
