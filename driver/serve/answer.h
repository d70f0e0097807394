/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server says: JSON documents in OpenAI's form, as texts that are to be freed; NULL: no memory.
 */
#ifndef QUIN_ANSWER_H
#define QUIN_ANSWER_H

#include <stdint.h>

#include "fault.h"
#include "scheduler.h"

struct quin_usage {
    size_t prompt, made, reused; /* tokens; reused: of the prompt, from an earlier answer */
};

/* Of one answer. */
struct quin_answer {
    bool chat, usage_wanted; /* usage_wanted: every piece of a stream says that usage comes last */
    char id[32];
    int64_t created; /* seconds since 1970 */
    const char *model;
};
void quin_answer_begin(struct quin_answer *a, bool chat, const char *model);

/* The whole answer; text [length] is valid UTF-8. finish: "stop" or "length". */
char *quin_answer_whole(const struct quin_answer *a, const char *text, size_t length, const char *finish,
                        const struct quin_usage *usage);

/* Pieces of a stream, each an event ("data: {...}\n\n"): the role that a conversation's answer begins with;
 * text; how it ended; usage. */
char *quin_answer_role(const struct quin_answer *a);
char *quin_answer_piece(const struct quin_answer *a, const char *text, size_t length);
char *quin_answer_finish(const struct quin_answer *a, const char *finish);
char *quin_answer_usage(const struct quin_answer *a, const struct quin_usage *usage);
char *quin_answer_fault_event(const struct quin_fault *fault);
#define QUIN_ANSWER_DONE "data: [DONE]\n\n"

char *quin_answer_fault(const struct quin_fault *fault);
char *quin_answer_models(const char *model, int64_t created); /* the list, of one */
char *quin_answer_model(const char *model, int64_t created);
char *quin_answer_health(const struct quin_scheduler_state *state, const char *model);

#endif
