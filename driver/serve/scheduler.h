/* SPDX-License-Identifier: Apache-2.0
 *
 * Several users on one device: a thread owns the engine and keeps its slots busy; other threads hand tasks
 * over, wait for their text and let go of them. Tasks share the device's rows step by step, so one joins
 * while others are under way (continuous batching), and more tasks than slots wait in a queue. An answer has
 * the bits that it has alone.
 */
#ifndef QUIN_SCHEDULER_H
#define QUIN_SCHEDULER_H

#include "quintrit.h"

/* How an answer ended. */
enum quin_finish {
    QUIN_FINISH_NONE,   /* it goes on */
    QUIN_FINISH_STOP,   /* end of text, or a stop text */
    QUIN_FINISH_LENGTH, /* as many tokens as asked for, or as the context has room for */
    QUIN_FINISH_LET_GO, /* the owner wanted no more */
    QUIN_FINISH_CLOSED, /* the server is shutting down */
    QUIN_FINISH_FAILED  /* the device, or memory; see quin_task_view */
};

/* What to answer; copied. */
struct quin_task_options {
    const uint32_t *tokens; /* [count], fit the context */
    size_t count;
    uint32_t most;          /* tokens to generate, at least 1, fit the context */
    uint32_t ends[2];       /* tokens that end the answer; UINT32_MAX: none */
    struct quin_sampler_options sampling; /* temperature 0: chosen on the device */
    const char *const *stop; /* [stops], none empty */
    size_t stops;
};

struct quin_scheduler; /* opaque */
struct quin_task;      /* opaque */

struct quin_scheduler_options {
    uint32_t slots, waiting; /* tasks computed and tasks waiting, at most */
    void (*broken)(void *user, const char *why); /* the engine is of no use any more */
    void *user;
};
/* lm and engine must outlive it; nobody else may use the engine meanwhile. Errors: MEMORY. */
enum quin_err quin_scheduler_open(const struct quin_lm *lm, struct quin_engine *engine,
                                  const struct quin_scheduler_options *options, struct quin_scheduler **out,
                                  struct quin_msg *msg);

/* No task is taken any more; those under way get `seconds`, those that wait and what then is left are closed.
 * False: the device is still in a run that cannot be ended, so that neither scheduler nor engine may be
 * closed. */
bool quin_scheduler_stop(struct quin_scheduler *s, double seconds);
/* Ends what quin_scheduler_stop waits for at once. */
void quin_scheduler_cut(struct quin_scheduler *s);
void quin_scheduler_close(struct quin_scheduler *s); /* stopped, and all tasks let go of */

enum quin_admission { QUIN_ADMITTED, QUIN_REFUSED_FULL, QUIN_REFUSED_CLOSED, QUIN_REFUSED_MEMORY };
enum quin_admission quin_scheduler_submit(struct quin_scheduler *s, const struct quin_task_options *o,
                                          struct quin_task **task);

/* A task as it stands. */
struct quin_task_view {
    enum quin_finish finish;
    const char *text; /* new text [length], valid UTF-8, until the task is viewed again or let go of */
    size_t length;
    uint32_t made;    /* tokens generated, the one that ended the answer included */
    size_t reused;    /* tokens of the prompt that a slot had from an earlier answer */
    char why[256];    /* of FINISH_FAILED */
};
/* Waits until the task has text that was not seen yet or has ended, at most `seconds`. */
void quin_task_wait(struct quin_task *t, double seconds, struct quin_task_view *view);
/* The task is of no interest any more; its slot is free after the step under way. */
void quin_task_release(struct quin_task *t);

struct quin_scheduler_state {
    uint32_t slots, busy, waiting;
    bool closed, broken;
    uint64_t tasks, tokens; /* ended, and generated, since the beginning */
};
void quin_scheduler_state(struct quin_scheduler *s, struct quin_scheduler_state *state);

#endif
