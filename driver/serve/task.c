/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks: see task.h and scheduler.h.
 */
#define _POSIX_C_SOURCE 200809L /* CLOCK_MONOTONIC */
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool quin_cond_init(pthread_cond_t *c)
{
    pthread_condattr_t how;
    if (pthread_condattr_init(&how))
        return false;
    bool good = !pthread_condattr_setclock(&how, CLOCK_MONOTONIC) && !pthread_cond_init(c, &how);
    pthread_condattr_destroy(&how);
    return good;
}

struct timespec quin_deadline(double seconds)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double whole = (double)(time_t)seconds;
    t.tv_sec += (time_t)seconds;
    t.tv_nsec += (long)((seconds - whole) * 1e9);
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* ---- life ---- */

static bool copy_stops(struct quin_task *t, const struct quin_task_options *o)
{
    size_t bytes = 0;
    for (size_t i = 0; i < o->stops; i++)
        bytes += strlen(o->stop[i]) + 1;
    t->stop_text = malloc(bytes + 1);
    t->stop = calloc(o->stops + 1, sizeof *t->stop);
    if (!t->stop_text || !t->stop)
        return false;
    char *at = t->stop_text;
    for (size_t i = 0; i < o->stops; i++) {
        size_t n = strlen(o->stop[i]) + 1;
        memcpy(at, o->stop[i], n);
        t->stop[i] = at;
        at += n;
    }
    t->stops = o->stops;
    return true;
}

static void destroy(struct quin_task *t)
{
    quin_writer_close(&t->writer);
    pthread_cond_destroy(&t->changed);
    free(t->tokens);
    free(t->stop_text);
    free(t->stop);
    free(t->copy);
    free(t);
}

struct quin_task *quin_task_create(const struct quin_task_options *o, pthread_mutex_t *lock)
{
    struct quin_task *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    if (!quin_cond_init(&t->changed)) {
        free(t);
        return NULL;
    }
    t->lock = lock;
    t->references = 1;
    t->count = o->count;
    t->most = o->most;
    memcpy(t->ends, o->ends, sizeof t->ends);
    t->sampling = o->sampling;
    t->tokens = malloc(o->count * sizeof *t->tokens);
    if (!t->tokens || !copy_stops(t, o) || !quin_writer_open(&t->writer, t->stop, t->stops)) {
        destroy(t);
        return NULL;
    }
    memcpy(t->tokens, o->tokens, o->count * sizeof *t->tokens);
    return t;
}

void quin_task_drop(struct quin_task *t)
{
    if (!--t->references)
        destroy(t);
}

void quin_task_end(struct quin_task *t, enum quin_finish finish, const char *why)
{
    if (t->finish)
        return;
    quin_writer_end(&t->writer);
    t->finish = finish;
    snprintf(t->why, sizeof t->why, "%s", why ? why : "");
    pthread_cond_broadcast(&t->changed);
}

void quin_task_put(struct quin_task *t, uint32_t token, const char *bytes, size_t length)
{
    if (t->finish)
        return;
    t->made++;
    if (token == t->ends[0] || token == t->ends[1]) {
        quin_task_end(t, QUIN_FINISH_STOP, NULL);
        return;
    }
    quin_writer_put(&t->writer, bytes, length);
    if (t->writer.failed)
        quin_task_end(t, QUIN_FINISH_FAILED, "no memory for the text of the answer");
    else if (t->writer.stopped)
        quin_task_end(t, QUIN_FINISH_STOP, NULL);
    else if (t->made == t->most)
        quin_task_end(t, QUIN_FINISH_LENGTH, NULL);
    else if (t->writer.visible > t->seen)
        pthread_cond_broadcast(&t->changed);
}

/* ---- the owner's side ---- */

/* New text into the copy; false: no memory. */
static bool show(struct quin_task *t, struct quin_task_view *view)
{
    size_t n = t->writer.visible - t->seen;
    if (n > t->copy_room) {
        char *grown = realloc(t->copy, n + 256);
        if (!grown)
            return false;
        t->copy = grown;
        t->copy_room = n + 256;
    }
    if (n)
        memcpy(t->copy, t->writer.text + t->seen, n);
    t->seen += n;
    view->text = n ? t->copy : "";
    view->length = n;
    return true;
}

void quin_task_wait(struct quin_task *t, double seconds, struct quin_task_view *view)
{
    struct timespec until = quin_deadline(seconds);
    *view = (struct quin_task_view){.text = ""};
    pthread_mutex_lock(t->lock);
    while (!t->finish && t->writer.visible <= t->seen)
        if (pthread_cond_timedwait(&t->changed, t->lock, &until) == ETIMEDOUT)
            break;
    if (!show(t, view))
        quin_task_end(t, QUIN_FINISH_FAILED, "no memory for the text of the answer");
    view->finish = t->finish;
    view->made = t->made;
    view->reused = t->reused;
    memcpy(view->why, t->why, sizeof view->why);
    pthread_mutex_unlock(t->lock);
}

void quin_task_release(struct quin_task *t)
{
    pthread_mutex_t *lock = t->lock;
    pthread_mutex_lock(lock);
    quin_task_end(t, QUIN_FINISH_LET_GO, NULL);
    quin_task_drop(t);
    pthread_mutex_unlock(lock);
}
