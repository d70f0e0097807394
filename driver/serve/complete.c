/* SPDX-License-Identifier: Apache-2.0
 *
 * A request for text: body to tokens, tokens to a task, the task's text to an answer, whole or as a stream of
 * events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "exchange.h"

enum { COMPLETION_TOKENS = 16 }; /* of a completion that says no number, as OpenAI's */
enum { EVENT_BYTES = 4096 };     /* of a stream that are written at a time */
static const double LOOK_SECONDS = 0.1; /* how soon it is seen that a client has gone away */

/* ---- before ---- */

static bool encode(struct quin_exchange *x, struct quin_request *r, struct quin_fault *fault)
{
    struct quin_msg msg = {""};
    enum quin_err err = QUIN_OK;
    if (r->chat)
        err = quin_chat_encode(x->s->lm, r->messages, r->message_count, true, &r->tokens, &r->token_count,
                               &msg);
    else if (!r->tokens)
        err = quin_lm_encode(x->s->lm, r->prompt, r->prompt_length, true, true, &r->tokens, &r->token_count,
                             &msg);
    if (err)
        return quin_fault_set(fault, err == QUIN_ERR_MEMORY ? 500 : 400, NULL,
                              r->chat ? "messages" : "prompt", "%s", msg.text);
    for (size_t i = 0; i < r->token_count; i++)
        if (r->tokens[i] >= x->s->model.vocab)
            return quin_fault_set(fault, 400, "invalid_value", "prompt",
                                  "token %u is not in the vocabulary of %zu", (unsigned)r->tokens[i],
                                  x->s->model.vocab);
    if (!r->token_count)
        return quin_fault_set(fault, 400, "invalid_value", "prompt",
                              "the prompt is empty, and the model has no token to "
                              "begin with");
    if (r->token_count > x->s->device.context)
        return quin_fault_set(fault, 400, "context_length_exceeded", r->chat ? "messages" : "prompt",
                              "the prompt has %zu tokens and the context %u positions; shorten it",
                              r->token_count, (unsigned)x->s->device.context);
    return true;
}

static bool check_model(const struct quin_exchange *x, const struct quin_request *r, struct quin_fault *fault)
{
    if (r->model && strcmp(r->model, x->s->options.model))
        return quin_fault_set(fault, 404, "model_not_found", "model",
                              "there is no model '%.100s'; this server has '%.100s'", r->model,
                              x->s->options.model);
    if (r->echo && !r->prompt)
        return quin_fault_set(fault, 400, "unsupported_parameter", "echo",
                              "'echo' needs a prompt that is text");
    return true;
}

static uint32_t tokens_wanted(const struct quin_exchange *x, const struct quin_request *r)
{
    uint32_t room = x->s->device.context - (uint32_t)r->token_count + 1; /* the last one needs no position */
    int64_t most = r->most >= 0 ? r->most : r->chat ? (int64_t)room : COMPLETION_TOKENS;
    if (most > room)
        most = room;
    return most > x->s->options.most ? x->s->options.most : (uint32_t)most;
}

/* Hands the task over; a queue that is full is the client's turn to wait. */
static bool submit(struct quin_exchange *x, const struct quin_request *r, struct quin_fault *fault)
{
    struct quin_task_options o = {.tokens = r->tokens, .count = r->token_count, .most = tokens_wanted(x, r),
                                  .ends = {quin_lm_eos(x->s->lm), UINT32_MAX}, .sampling = r->sampling,
                                  .stop = r->stop, .stops = r->stops};
    if (r->chat && quin_chat_end(x->s->lm) != UINT32_MAX) {
        o.ends[1] = o.ends[0];
        o.ends[0] = quin_chat_end(x->s->lm); /* the device looks for this one */
    }
    if (!r->seed_given && getrandom(&o.sampling.seed, sizeof o.sampling.seed, 0) != sizeof o.sampling.seed)
        return quin_fault_set(fault, 500, NULL, "seed", "no random seed is to be had; give a seed");
    switch (quin_scheduler_submit(x->s->scheduler, &o, &x->task)) {
    case QUIN_ADMITTED:
        return true;
    case QUIN_REFUSED_FULL:
        return quin_fault_set(fault, 429, "server_busy", NULL,
                              "%u answers are computed and %u requests wait; try again later",
                              (unsigned)x->s->options.slots, (unsigned)x->s->options.queue);
    case QUIN_REFUSED_CLOSED:
        return quin_fault_set(fault, 503, "unavailable", NULL,
                              "the server is shutting down, or its device has failed");
    case QUIN_REFUSED_MEMORY:
        break;
    }
    return quin_fault_set(fault, 500, "no_memory", NULL, "no memory for the request; try again later");
}

static bool prepare(struct quin_exchange *x, struct quin_request *r, struct quin_fault *fault)
{
    if (!check_model(x, r, fault) || !encode(x, r, fault) || !submit(x, r, fault))
        return false;
    quin_answer_begin(&x->answer, r->chat, x->s->options.model);
    x->usage.prompt = r->token_count;
    x->usage_wanted = x->answer.usage_wanted = r->stream && r->usage;
    x->stage = r->chat ? QUIN_STAGE_ROLE : QUIN_STAGE_TEXT;
    if (!r->echo)
        return true;
    x->echo = malloc(r->prompt_length + 1);
    if (!x->echo)
        return quin_fault_set(fault, 500, "no_memory", NULL, "no memory for the request; try again later");
    memcpy(x->echo, r->prompt, r->prompt_length + 1);
    return true;
}

/* ---- waiting ---- */

/* Now and then, however fast text comes: does the client still want it, in its time? */
static bool look(struct quin_exchange *x, struct quin_fault *fault)
{
    double now = quin_serve_now();
    if (now - x->looked < LOOK_SECONDS)
        return true;
    x->looked = now;
    if (quin_connection_is_gone(x->watched)) {
        x->status = 499;
        return false;
    }
    if (now - x->began > x->s->options.answer_seconds)
        return quin_fault_set(fault, 503, "timeout", NULL,
                              "the answer took longer than the %g seconds that this server "
                              "gives it; ask for fewer tokens",
                              x->s->options.answer_seconds);
    return true;
}

/* More text, or the end. False: nothing is to be answered any more (the client is gone), or *fault is set. */
static bool more(struct quin_exchange *x, struct quin_task_view *view, struct quin_fault *fault)
{
    do {
        quin_task_wait(x->task, LOOK_SECONDS, view);
        if (!view->finish && !look(x, fault))
            return false;
    } while (!view->finish && !view->length);
    x->usage.made = view->made;
    x->usage.reused = view->reused;
    x->finish = view->finish;
    if (view->finish == QUIN_FINISH_CLOSED)
        return quin_fault_set(fault, 503, "unavailable", NULL, "the server is shutting down");
    if (view->finish == QUIN_FINISH_FAILED)
        return quin_fault_set(fault, 500, "device_error", NULL, "%s", view->why);
    return true;
}

static const char *finish_word(const struct quin_exchange *x)
{
    return x->finish == QUIN_FINISH_STOP ? "stop" : "length";
}

/* ---- whole answers ---- */

/* Appends to *text [*length]. */
static bool append(char **text, size_t *length, const char *more_text, size_t n)
{
    char *grown = realloc(*text, *length + n + 1);
    if (!grown)
        return false;
    memcpy(grown + *length, more_text, n);
    *text = grown;
    *length += n;
    return true;
}

static enum MHD_Result send_whole(struct quin_exchange *x)
{
    struct quin_task_view view;
    struct quin_fault fault = {0};
    size_t length = 0;
    char *text = NULL, *body = NULL;
    bool good = append(&text, &length, x->echo ? x->echo : "", x->echo ? strlen(x->echo) : 0);
    while (good && !x->finish) {
        if (!more(x, &view, &fault)) {
            free(text);
            return fault.status ? quin_exchange_refuse(x, &fault) : MHD_NO;
        }
        good = append(&text, &length, view.text, view.length);
    }
    if (good)
        body = quin_answer_whole(&x->answer, text, length, finish_word(x), &x->usage);
    free(text);
    return quin_exchange_send(x, 200, body);
}

/* ---- streams ---- */

/* The next event into x->out. False: there is none, the connection is to be closed. */
static bool next_text(struct quin_exchange *x)
{
    struct quin_task_view view = {.length = 0};
    struct quin_fault fault = {0};
    if (x->echo) {
        x->out = quin_answer_piece(&x->answer, x->echo, strlen(x->echo));
        free(x->echo);
        x->echo = NULL;
        return x->out != NULL;
    }
    while (!x->finish && !view.length) {
        if (more(x, &view, &fault))
            continue;
        x->stage = QUIN_STAGE_END;
        x->out = fault.status ? quin_answer_fault_event(&fault) : NULL;
        return x->out != NULL;
    }
    if (x->finish)
        x->stage = QUIN_STAGE_FINISH;
    if (view.length)
        x->out = quin_answer_piece(&x->answer, view.text, view.length);
    return view.length ? x->out != NULL : true;
}

static bool next_event(struct quin_exchange *x)
{
    x->out = NULL;
    switch (x->stage) {
    case QUIN_STAGE_ROLE:
        x->out = quin_answer_role(&x->answer);
        x->stage = QUIN_STAGE_TEXT;
        return x->out != NULL;
    case QUIN_STAGE_TEXT:
        if (!next_text(x) || x->out)
            return x->out != NULL;
        /* fall through */
    case QUIN_STAGE_FINISH:
        x->out = quin_answer_finish(&x->answer, finish_word(x));
        x->stage = x->usage_wanted ? QUIN_STAGE_USAGE : QUIN_STAGE_DONE;
        return x->out != NULL;
    case QUIN_STAGE_USAGE:
        x->out = quin_answer_usage(&x->answer, &x->usage);
        x->stage = QUIN_STAGE_DONE;
        return x->out != NULL;
    case QUIN_STAGE_DONE:
        x->out = malloc(sizeof QUIN_ANSWER_DONE);
        if (x->out)
            memcpy(x->out, QUIN_ANSWER_DONE, sizeof QUIN_ANSWER_DONE);
        x->stage = QUIN_STAGE_END;
        return x->out != NULL;
    case QUIN_STAGE_END:
        break;
    }
    return false;
}

/* Called by the HTTP library for the next bytes of a stream; waits until there are some. */
static ssize_t read_stream(void *user, uint64_t position, char *to, size_t most)
{
    struct quin_exchange *x = user;
    (void)position;
    if (x->out_sent == x->out_length) {
        bool ended = x->stage == QUIN_STAGE_END;
        free(x->out);
        x->out = NULL;
        x->out_sent = x->out_length = 0;
        quin_connection_works(x->watched);
        if (!next_event(x))
            return ended ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
        x->out_length = strlen(x->out);
        quin_connection_writes(x->watched);
    }
    size_t n = x->out_length - x->out_sent;
    n = n < most ? n : most;
    memcpy(to, x->out + x->out_sent, n);
    x->out_sent += n;
    return (ssize_t)n;
}

static enum MHD_Result send_stream(struct quin_exchange *x)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EVENT_BYTES, read_stream, x, NULL);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/event-stream");
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    x->status = 200;
    enum MHD_Result result = MHD_queue_response(x->connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result quin_exchange_complete(struct quin_exchange *x, bool chat)
{
    struct quin_request r;
    struct quin_fault fault;
    if (!quin_request_parse(x->body ? x->body : "", x->length, chat, &x->s->options.sampling, &r, &fault))
        return quin_exchange_refuse(x, &fault);
    bool good = prepare(x, &r, &fault), stream = r.stream;
    quin_request_free(&r);
    if (!good)
        return quin_exchange_refuse(x, &fault);
    return stream ? send_stream(x) : send_whole(x);
}
