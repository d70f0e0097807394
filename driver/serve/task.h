/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the scheduler: a task, shared by its owner and the engine's thread. The scheduler's lock guards what
 * both use.
 */
#ifndef QUIN_TASK_H
#define QUIN_TASK_H

#include <pthread.h>

#include "scheduler.h"
#include "writer.h"

struct quin_task {
    pthread_mutex_t *lock;  /* the scheduler's */
    pthread_cond_t changed; /* text or finish */
    struct quin_task *next; /* in the queue */
    unsigned references;    /* owner, engine's thread */
    uint32_t *tokens;       /* [count] */
    size_t count;
    uint32_t most, made, ends[2];
    char *stop_text;   /* all stop texts, each with its NUL */
    const char **stop; /* [stops] */
    size_t stops;
    struct quin_sampler_options sampling;
    struct quin_writer writer;
    size_t seen, reused;
    char *copy; /* [copy_room], what the last view showed */
    size_t copy_room;
    enum quin_finish finish;
    char why[256];
};

/* Copies the options; one reference. NULL: no memory. */
struct quin_task *quin_task_create(const struct quin_task_options *o, pthread_mutex_t *lock);

/* All of these with the lock held. */
void quin_task_drop(struct quin_task *t); /* one reference less */
void quin_task_end(struct quin_task *t, enum quin_finish finish, const char *why); /* unless it has ended */
/* The next token and its bytes; may end the task. */
void quin_task_put(struct quin_task *t, uint32_t token, const char *bytes, size_t length);

/* A condition variable whose timed waits go by a clock that never goes back; the time in `seconds` from now.
 */
bool quin_cond_init(pthread_cond_t *c);
struct timespec quin_deadline(double seconds);

#endif
