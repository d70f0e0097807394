/* SPDX-License-Identifier: Apache-2.0
 *
 * A small pool of threads for the golden model. One run at a time: the caller is worker 0 and takes part.
 */
#ifndef QUIN_COMMON_POOL_H
#define QUIN_COMMON_POOL_H

#include <stdint.h>

#define QUIN_POOL_MOST 64 /* threads */

struct quin_pool;

/* Called in the caller and in every worker that comes in time, in one more than once, maybe; they share out the work by
 * what ctx holds, and the caller's call returns only when none is left to be taken. */
typedef void quin_pool_fn(void *ctx, uint32_t worker);

/* A pool of `threads` workers, the caller included: threads - 1 are started. NULL if they cannot be. */
struct quin_pool *quin_pool_create(uint32_t threads);
void quin_pool_destroy(struct quin_pool *pool);

/* Runs fn and returns when all calls of it have returned. pool may be NULL: one worker. */
void quin_pool_run(struct quin_pool *pool, quin_pool_fn *fn, void *ctx);

/* The i-th look of a loop that waits for another thread. Now and then it lets others have the processor. */
void quin_pool_look(uint32_t i);

uint32_t quin_pool_threads(const struct quin_pool *pool);

/* Processors that this process may use, at least 1 and at most QUIN_POOL_MOST. */
uint32_t quin_pool_processors(void);

#endif
