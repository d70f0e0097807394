/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of a request for an answer: JSON becomes a struct, checked field by field. Needs no model and no
 * server.
 */
#ifndef QUIN_REQUEST_H
#define QUIN_REQUEST_H

#include <jansson.h>

#include "fault.h"
#include "quintrit.h"

enum { QUIN_REQUEST_STOPS = 16, QUIN_REQUEST_STOP_BYTES = 256, QUIN_REQUEST_MESSAGES = 1024 };

/* Strings belong to the document. */
struct quin_request {
    json_t *document;
    bool chat, stream, usage, echo; /* usage: also as the last piece of a stream */
    const char *model;              /* NULL: not said */
    const char *prompt; /* [prompt_length], or */
    size_t prompt_length;
    uint32_t *tokens;   /* [token_count] where the prompt is tokens */
    size_t token_count;
    struct quin_chat_message *messages; /* [message_count], contents owned */
    size_t message_count;
    int64_t most; /* tokens to generate; -1: not said */
    struct quin_sampler_options sampling;
    bool seed_given;
    const char *stop[QUIN_REQUEST_STOPS]; /* none empty */
    size_t stops;
};

/* Reads a body for /v1/chat/completions or /v1/completions; sampling: for what the body does not say. False:
 * *fault says why; *r needs no quin_request_free then. */
bool quin_request_parse(const char *body, size_t length, bool chat,
                        const struct quin_sampler_options *sampling, struct quin_request *r,
                        struct quin_fault *fault);
void quin_request_free(struct quin_request *r);

#endif
