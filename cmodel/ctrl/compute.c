/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses the kernel, starts the threads, and gives each thread its memory.
 */
#include "compute.h"

#include <stdlib.h>

#include "kernel.h"
#include "pool.h"

enum { ALIGNMENT = 64 };

static void *aligned(size_t bytes)
{
    return aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void release(struct quin_pool *pool, void **scratch, struct quin_group **group, uint32_t threads)
{
    quin_pool_destroy(pool);
    for (uint32_t i = 0; i < threads; i++) {
        if (scratch)
            free(scratch[i]);
        if (group)
            free(group[i]);
    }
    free(scratch);
    free(group);
}

void quin_compute_release(struct quin_device *dev)
{
    release(dev->pool, dev->scratch, dev->group, quin_pool_threads(dev->pool));
    dev->pool = NULL;
    dev->scratch = NULL;
    dev->group = NULL;
    dev->kernel = NULL;
}

int quin_device_compute(struct quin_device *dev, const struct quin_compute *how)
{
    const struct quin_kernel *kernel = how->kernel ? quin_kernel_find(how->kernel) : quin_kernel_at(0);
    uint32_t threads = how->threads ? how->threads : quin_pool_processors();
    if (!kernel || threads > QUIN_POOL_MOST)
        return 0;
    struct quin_pool *pool = threads > 1 ? quin_pool_create(threads) : NULL;
    void **scratch = calloc(threads, sizeof *scratch);
    struct quin_group **group = calloc(threads, sizeof *group);
    int there = (pool || threads == 1) && scratch && group;
    for (uint32_t i = 0; i < threads && there; i++) {
        scratch[i] = aligned(kernel->scratch);
        group[i] = aligned(sizeof **group);
        there = scratch[i] && group[i];
    }
    if (!there) {
        release(pool, scratch, group, threads);
        return 0;
    }
    quin_compute_release(dev);
    dev->kernel = kernel;
    dev->count_wraps = !how->no_wraps;
    dev->pool = pool;
    dev->scratch = scratch;
    dev->group = group;
    return 1;
}

const char *quin_device_kernel(uint32_t i, const char **doc)
{
    const struct quin_kernel *kernel = quin_kernel_at(i);
    if (kernel && doc)
        *doc = kernel->doc;
    return kernel ? kernel->name : NULL;
}
