/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: a generation number starts the workers. A run is open until the caller finds no more work; those who came
 * while it was open are waited for, and who comes later finds it closed, so that a processor that others hold up holds
 * up nobody here. Commands of a token follow each other within microseconds, so a worker looks for the next one for a
 * while before it sleeps.
 */
#define _GNU_SOURCE /* sched_getaffinity */
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LOOKS = 60000, YIELD = 512 }; /* about a millisecond; some microseconds */
#define OPEN 0x80000000u /* of `state`; below it the number of workers inside */

struct worker {
    struct quin_pool *pool;
    pthread_t thread;
    uint32_t number;
};

struct quin_pool {
    uint32_t threads;
    quin_pool_fn *fn;
    void *ctx;
    atomic_uint generation, state;
    atomic_int stop;
    pthread_mutex_t lock;
    pthread_cond_t begun, ended;
    struct worker worker[]; /* [threads - 1] */
};

static void pause_processor(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Who is waited for may want this very processor. */
void quin_pool_look(uint32_t i)
{
    if (i % YIELD == YIELD - 1)
        sched_yield();
    else
        pause_processor();
}

/* Waits until the generation is not `seen` any more. */
static unsigned next_generation(struct quin_pool *p, unsigned seen)
{
    for (int i = 0; i < LOOKS; i++) {
        unsigned now = atomic_load_explicit(&p->generation, memory_order_acquire);
        if (now != seen)
            return now;
        quin_pool_look((uint32_t)i);
    }
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->generation) == seen)
        pthread_cond_wait(&p->begun, &p->lock);
    unsigned now = atomic_load(&p->generation);
    pthread_mutex_unlock(&p->lock);
    return now;
}

/* Takes part in the run if it is open. It may be a later one than that which woke the worker. */
static int enter(struct quin_pool *p)
{
    unsigned state = atomic_load(&p->state);
    while (state & OPEN)
        if (atomic_compare_exchange_weak(&p->state, &state, state + 1))
            return 1;
    return 0;
}

static void leave(struct quin_pool *p)
{
    if (atomic_fetch_sub(&p->state, 1) != 1)
        return;
    pthread_mutex_lock(&p->lock); /* closed, and the last one: the caller may be asleep */
    pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct quin_pool *p = w->pool;
    for (unsigned seen = 0;;) {
        seen = next_generation(p, seen);
        if (atomic_load(&p->stop))
            return NULL;
        if (enter(p)) {
            p->fn(p->ctx, w->number);
            leave(p);
        }
    }
}

static void begin(struct quin_pool *p)
{
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add_explicit(&p->generation, 1, memory_order_release);
    pthread_cond_broadcast(&p->begun);
    pthread_mutex_unlock(&p->lock);
}

struct quin_pool *quin_pool_create(uint32_t threads)
{
    if (threads < 1 || threads > QUIN_POOL_MOST)
        return NULL;
    struct quin_pool *p = calloc(1, sizeof *p + (threads - 1) * sizeof p->worker[0]);
    if (!p)
        return NULL;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->begun, NULL);
    pthread_cond_init(&p->ended, NULL);
    p->threads = 1;
    for (uint32_t i = 0; i + 1 < threads; i++) {
        p->worker[i] = (struct worker){.pool = p, .number = i + 1};
        if (pthread_create(&p->worker[i].thread, NULL, work, &p->worker[i])) {
            quin_pool_destroy(p);
            return NULL;
        }
        p->threads++;
    }
    return p;
}

void quin_pool_destroy(struct quin_pool *p)
{
    if (!p)
        return;
    atomic_store(&p->stop, 1);
    begin(p);
    for (uint32_t i = 0; i + 1 < p->threads; i++)
        pthread_join(p->worker[i].thread, NULL);
    pthread_cond_destroy(&p->begun);
    pthread_cond_destroy(&p->ended);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void quin_pool_run(struct quin_pool *p, quin_pool_fn *fn, void *ctx)
{
    if (!p || p->threads == 1) {
        fn(ctx, 0);
        return;
    }
    p->fn = fn;
    p->ctx = ctx;
    atomic_store(&p->state, OPEN);
    begin(p);
    fn(ctx, 0);
    if (atomic_fetch_and(&p->state, ~OPEN) == OPEN)
        return;
    for (int i = 0; i < LOOKS && atomic_load_explicit(&p->state, memory_order_acquire); i++)
        quin_pool_look((uint32_t)i);
    if (!atomic_load_explicit(&p->state, memory_order_acquire))
        return;
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->state))
        pthread_cond_wait(&p->ended, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

uint32_t quin_pool_threads(const struct quin_pool *p)
{
    return p ? p->threads : 1;
}

uint32_t quin_pool_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n > QUIN_POOL_MOST ? QUIN_POOL_MOST : (uint32_t)n;
}
