/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server: OpenAI's API in front of an engine. See docs/server.md.
 */
#ifndef QUIN_SERVE_H
#define QUIN_SERVE_H

#include "quintrit.h"

/* A request that is over, for a log. */
struct quin_serve_record {
    const char *method, *path; /* path: as the client wrote it, not fit to be printed */
    unsigned status;           /* 499: the client went away */
    size_t prompt_tokens, made;
    double seconds;
};

struct quin_serve_options {
    const char *host;      /* name or address to listen at */
    uint32_t port;         /* 0: any that is free */
    const char *model;     /* name of the model for clients */
    const char *key;       /* what clients must show; NULL: nothing */
    uint32_t slots, queue; /* answers at a time, and requests that wait for one */
    size_t body_bytes;     /* of a request, at most */
    double request_seconds; /* to send a request, or to take the next part of an answer */
    double answer_seconds;  /* for an answer, the wait for a slot included */
    uint32_t most;          /* tokens of an answer, at most */
    struct quin_sampler_options sampling; /* what requests do not say */
    void (*log)(void *user, const struct quin_serve_record *record); /* called by many threads */
    void (*broken)(void *user, const char *why);                     /* the engine is of no use any more */
    void *user;
};

struct quin_serve; /* opaque */

/* Listens and answers, in threads of its own. lm and engine must outlive it. Errors: IO for an address that
 * cannot be had, MEMORY. */
enum quin_err quin_serve_open(const struct quin_lm *lm, struct quin_engine *engine,
                              const struct quin_serve_options *options, struct quin_serve **out,
                              struct quin_msg *msg);
uint32_t quin_serve_port(const struct quin_serve *s);
bool quin_serve_is_loopback(const struct quin_serve *s); /* only this machine reaches it */

/* No connection and no request is taken any more; answers under way get `seconds`, then they are cut. False:
 * the device is still in a run, and nothing may be closed. */
bool quin_serve_stop(struct quin_serve *s, double seconds);
/* From another thread, or while quin_serve_stop waits: cuts answers now. */
void quin_serve_cut(struct quin_serve *s);
void quin_serve_close(struct quin_serve *s);

#endif
