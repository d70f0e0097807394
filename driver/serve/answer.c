/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON documents: see answer.h.
 */
#include "answer.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* The document as text; it is freed. NULL comes in where memory was short, and goes out. */
static char *print(json_t *document)
{
    char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    return text;
}

/* The same as an event of a stream. */
static char *event(json_t *document)
{
    static const char before[] = "data: ", after[] = "\n\n";
    char *text = print(document), *all = NULL;
    size_t n = text ? strlen(text) : 0;
    if (text)
        all = malloc(n + sizeof before + sizeof after);
    if (all) {
        memcpy(all, before, sizeof before - 1);
        memcpy(all + sizeof before - 1, text, n);
        memcpy(all + sizeof before - 1 + n, after, sizeof after);
    }
    free(text);
    return all;
}

void quin_answer_begin(struct quin_answer *a, bool chat, const char *model)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint64_t)clock(); /* a name, not a secret */
    *a = (struct quin_answer){.chat = chat, .created = (int64_t)time(NULL), .model = model};
    snprintf(a->id, sizeof a->id, "%s-%016" PRIx64, chat ? "chatcmpl" : "cmpl", random);
}

/* ---- parts ---- */

static json_t *usage_of(const struct quin_usage *u)
{
    return json_pack("{s:I, s:I, s:I, s:{s:I}}", "prompt_tokens", (json_int_t)u->prompt, "completion_tokens",
                     (json_int_t)u->made, "total_tokens", (json_int_t)(u->prompt + u->made),
                     "prompt_tokens_details", "cached_tokens", (json_int_t)u->reused);
}

static json_t *envelope(const struct quin_answer *a, const char *object, json_t *choices)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:o}", "id", a->id, "object", object, "created",
                     (json_int_t)a->created, "model", a->model, "choices", choices);
}

/* A piece of a stream whose choices are given. */
static json_t *piece(const struct quin_answer *a, json_t *choices)
{
    json_t *all = envelope(a, a->chat ? "chat.completion.chunk" : "text_completion", choices);
    if (all && a->usage_wanted && json_object_set_new(all, "usage", json_null())) {
        json_decref(all);
        return NULL;
    }
    return all;
}

/* ---- answers ---- */

char *quin_answer_whole(const struct quin_answer *a, const char *text, size_t length, const char *finish,
                        const struct quin_usage *usage)
{
    json_t *choices;
    if (a->chat)
        choices =
            json_pack("[{s:i, s:{s:s, s:s%, s:n}, s:n, s:s}]", "index", 0, "message", "role", "assistant",
                      "content", text, length, "refusal", "logprobs", "finish_reason", finish);
    else
        choices = json_pack("[{s:i, s:s%, s:n, s:s}]", "index", 0, "text", text, length, "logprobs",
                            "finish_reason", finish);
    json_t *all = choices ? envelope(a, a->chat ? "chat.completion" : "text_completion", choices) : NULL;
    if (all && json_object_set_new(all, "usage", usage_of(usage))) {
        json_decref(all);
        all = NULL;
    }
    return print(all);
}

char *quin_answer_role(const struct quin_answer *a)
{
    return event(piece(a, json_pack("[{s:i, s:{s:s, s:s}, s:n, s:n}]", "index", 0, "delta", "role",
                                    "assistant", "content", "", "logprobs", "finish_reason")));
}

char *quin_answer_piece(const struct quin_answer *a, const char *text, size_t length)
{
    if (a->chat)
        return event(piece(a, json_pack("[{s:i, s:{s:s%}, s:n, s:n}]", "index", 0, "delta", "content", text,
                                        length, "logprobs", "finish_reason")));
    return event(piece(a, json_pack("[{s:i, s:s%, s:n, s:n}]", "index", 0, "text", text, length, "logprobs",
                                    "finish_reason")));
}

char *quin_answer_finish(const struct quin_answer *a, const char *finish)
{
    if (a->chat)
        return event(piece(a, json_pack("[{s:i, s:{}, s:n, s:s}]", "index", 0, "delta", "logprobs",
                                        "finish_reason", finish)));
    return event(piece(a, json_pack("[{s:i, s:s, s:n, s:s}]", "index", 0, "text", "", "logprobs",
                                    "finish_reason", finish)));
}

char *quin_answer_usage(const struct quin_answer *a, const struct quin_usage *usage)
{
    json_t *all = piece(a, json_array());
    if (all && json_object_set_new(all, "usage", usage_of(usage))) {
        json_decref(all);
        all = NULL;
    }
    return event(all);
}

/* ---- all else ---- */

static json_t *fault_of(const struct quin_fault *f)
{
    return json_pack("{s:{s:s, s:s, s:s?, s:s?}}", "error", "message", f->text, "type",
                     quin_fault_type(f->status), "param", f->param, "code", f->code);
}

char *quin_answer_fault(const struct quin_fault *fault)
{
    return print(fault_of(fault));
}

char *quin_answer_fault_event(const struct quin_fault *fault)
{
    return event(fault_of(fault));
}

static json_t *model_of(const char *model, int64_t created)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "id", model, "object", "model", "created", (json_int_t)created,
                     "owned_by", "quintrit");
}

char *quin_answer_model(const char *model, int64_t created)
{
    return print(model_of(model, created));
}

char *quin_answer_models(const char *model, int64_t created)
{
    return print(json_pack("{s:s, s:[o]}", "object", "list", "data", model_of(model, created)));
}

char *quin_answer_health(const struct quin_scheduler_state *s, const char *model)
{
    const char *status = s->broken ? "broken" : s->closed ? "shutting down" : "ok";
    return print(json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "status", status, "model", model, "slots",
                           (json_int_t)s->slots, "busy", (json_int_t)s->busy, "waiting",
                           (json_int_t)s->waiting, "answers", (json_int_t)s->tasks, "tokens",
                           (json_int_t)s->tokens));
}
