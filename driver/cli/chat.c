/* SPDX-License-Identifier: Apache-2.0
 *
 * quintrit chat: lines of stdin are messages, answers go to stdout. Every turn is the whole conversation in the
 * model's format; the device keeps what it has of it, and only takes what differs.
 */
#define _POSIX_C_SOURCE 200809L /* getline, strdup */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "terminal.h"
#include "text.h"

struct chat {
    const struct quin_options *o;
    struct quin_session s;
    struct quin_sampler *sampler; /* NULL: greedy */
    float *logits;                /* [vocab] */
    struct quin_chat_message *messages; /* [count], contents owned */
    size_t count, room;
    uint32_t *held; /* [held_count], tokens that the device has in its KV cache */
    size_t held_count;
    char *answer; /* [answer_length], bytes so far */
    size_t answer_length, answer_room;
    uint32_t eos, end;
    int error; /* errno of stdout; the conversation ends */
};

static enum quin_exit no_memory(void)
{
    quin_term_error("no memory for the conversation");
    return QUIN_EXIT_FAILED;
}

static bool add_message(struct chat *c, const char *role, const char *content, size_t length)
{
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        struct quin_chat_message *grown = realloc(c->messages, room * sizeof *grown);
        if (!grown)
            return false;
        c->messages = grown;
        c->room = room;
    }
    char *copy = malloc(length + 1);
    if (!copy)
        return false;
    if (length)
        memcpy(copy, content, length);
    c->messages[c->count++] = (struct quin_chat_message){role, copy, length};
    return true;
}

static bool keep(struct chat *c, const char *bytes, size_t length)
{
    if (length > c->answer_room - c->answer_length) {
        size_t room = 2 * c->answer_room + length + 256;
        char *grown = realloc(c->answer, room);
        if (!grown)
            return false;
        c->answer = grown;
        c->answer_room = room;
    }
    if (length)
        memcpy(c->answer + c->answer_length, bytes, length);
    c->answer_length += length;
    return true;
}

/* Feeds tokens from where they differ from what the device holds, the last one in any case; chooses the next. */
static enum quin_err feed(struct chat *c, const uint32_t *tokens, size_t count, uint32_t *next, struct quin_msg *msg)
{
    size_t same = 0;
    while (same < c->held_count && same + 1 < count && c->held[same] == tokens[same])
        same++;
    enum quin_err err = quin_engine_feed(c->s.engine, 0, (uint32_t)same, tokens + same, count - same, false,
                                         c->logits, next, msg);
    c->held_count = err ? 0 : count;
    if (!err)
        memmove(c->held + same, tokens + same, (count - same) * sizeof *tokens);
    return err || !c->sampler ? err : quin_sampler_pick(c->sampler, c->logits, next, msg);
}

/* Tokens until one ends the answer, -n, the end of the context, or Ctrl-C. */
static enum quin_err answer(struct chat *c, uint32_t first, struct quin_text *text, struct quin_msg *msg)
{
    uint32_t token = first;
    enum quin_err err = QUIN_OK;
    for (int64_t made = 0; !err && (c->o->count < 0 || made < c->o->count); made++) {
        const char *bytes;
        size_t length;
        if (token == c->eos || token == c->end)
            break;
        quin_session_piece(&c->s, token, &bytes, &length);
        quin_text_put(text, bytes, length, true);
        if (!keep(c, bytes, length))
            return snprintf(msg->text, sizeof msg->text, "no memory for the answer"), QUIN_ERR_MEMORY;
        if (text->stopped || text->error || quin_term_interrupted() || c->held_count >= c->s.device.context)
            break;
        c->held[c->held_count] = token;
        err = feed(c, c->held, c->held_count + 1, &token, msg);
    }
    return err;
}

/* One message of the user and its answer. */
static enum quin_exit turn(struct chat *c, const char *line, size_t length)
{
    struct quin_msg msg = {""};
    struct quin_text text;
    uint32_t *tokens = NULL, next;
    size_t count = 0;
    if (!add_message(c, "user", line, length))
        return no_memory();
    enum quin_err err = quin_chat_encode(c->s.lm, c->messages, c->count, true, &tokens, &count, &msg);
    if (!err && count >= c->s.device.context) {
        quin_term_error("the conversation has %zu tokens and the context %u positions; start again, or give a larger -c",
                        count, (unsigned)c->s.device.context);
        free(tokens);
        return QUIN_EXIT_FAILED;
    }
    if (!quin_text_open(&text, c->o->stop, c->o->stops)) {
        free(tokens);
        return no_memory();
    }
    c->answer_length = 0;
    quin_term_hold_interrupts();
    if (!err)
        err = feed(c, tokens, count, &next, &msg);
    if (!err)
        err = answer(c, next, &text, &msg);
    quin_text_close(&text);
    quin_term_release_interrupts();
    free(tokens);
    if (err)
        return quin_session_fail(err, &msg);
    c->error = text.error;
    return add_message(c, "assistant", c->answer, c->answer_length) ? QUIN_EXIT_GOOD : no_memory();
}

static enum quin_exit begin(struct chat *c)
{
    struct quin_msg msg = {""};
    const char *name;
    enum quin_exit code = quin_session_open(c->o, &c->s);
    if (code)
        return code;
    enum quin_err err = quin_chat_name(c->s.lm, &name, &msg);
    if (err)
        return quin_session_fail(err, &msg);
    if (c->o->verbose || !strcmp(name, "plain"))
        quin_term_error("chat format: %s%s", name,
                        strcmp(name, "plain") ? "" : "; the file has no chat template, so it may be no chat model");
    if ((code = quin_session_sampler(c->o, c->s.model.vocab, &c->sampler, NULL)))
        return code;
    c->eos = c->o->ignore_eos ? UINT32_MAX : quin_lm_eos(c->s.lm);
    c->end = c->o->ignore_eos ? UINT32_MAX : quin_chat_end(c->s.lm);
    c->logits = c->sampler ? calloc(c->s.model.vocab, sizeof *c->logits) : NULL;
    c->held = calloc((size_t)c->s.device.context + 1, sizeof *c->held);
    if (!c->held || (c->sampler && !c->logits))
        return no_memory();
    if (c->o->system && !add_message(c, "system", c->o->system, strlen(c->o->system)))
        return no_memory();
    return QUIN_EXIT_GOOD;
}

static enum quin_exit talk(struct chat *c)
{
    enum quin_exit code = QUIN_EXIT_GOOD;
    char *line = NULL;
    size_t room = 0;
    bool prompt = quin_term_is_out();
    while (!c->error) {
        if (prompt) {
            fputs("> ", stdout);
            fflush(stdout);
        }
        ssize_t n = getline(&line, &room, stdin);
        if (n < 0)
            break;
        if (n && line[n - 1] == '\n')
            n--;
        if (n && (code = turn(c, line, (size_t)n)))
            break;
    }
    if (!code && ferror(stdin)) {
        quin_term_error("cannot read stdin: %s", strerror(errno));
        code = QUIN_EXIT_FAILED;
    }
    free(line);
    return code;
}

enum quin_exit quin_chat_main(const struct quin_options *o)
{
    struct chat c = {.o = o};
    enum quin_exit code = begin(&c);
    if (!code)
        code = talk(&c);
    code = quin_session_end_output(c.error, code);
    for (size_t i = 0; i < c.count; i++)
        free((char *)c.messages[i].content);
    free(c.messages);
    free(c.held);
    free(c.answer);
    free(c.logits);
    quin_sampler_free(c.sampler);
    quin_session_close(&c.s);
    return code;
}
