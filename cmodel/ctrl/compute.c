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

/* What quin_compute_release gives back; any of it may be missing. */
struct parts {
    struct quin_pool *pool;
    void **scratch;
    struct quin_group **group;
    struct quin_acts *acts;
};

static void release(struct parts *p, const struct quin_config *config, uint32_t threads)
{
    quin_pool_destroy(p->pool);
    for (uint32_t i = 0; i < threads; i++) {
        if (p->scratch)
            free(p->scratch[i]);
        if (p->group)
            free(p->group[i]);
    }
    free(p->scratch);
    free(p->group);
    for (uint32_t i = 0; p->acts && i < quin_acts_parts(config->rows); i++) {
        free(p->acts[i].quad);
        free(p->acts[i].active);
    }
    free(p->acts);
}

/* Room for the largest K and all rows in each part: pages that no part needs are never touched. */
static struct quin_acts *create_acts(const struct quin_config *config)
{
    size_t k = (size_t)1 << (config->carry_bits - 1);
    struct quin_acts *a = calloc(quin_acts_parts(config->rows), sizeof *a);
    for (uint32_t i = 0; a && i < quin_acts_parts(config->rows); i++) {
        a[i].quad = aligned(k * config->rows);
        a[i].active = aligned(k);
    }
    return a;
}

static bool create(struct parts *p, const struct quin_config *config, const struct quin_kernel *kernel,
                   uint32_t threads)
{
    p->pool = threads > 1 ? quin_pool_create(threads) : NULL;
    p->scratch = calloc(threads, sizeof *p->scratch);
    p->group = calloc(threads, sizeof *p->group);
    p->acts = create_acts(config);
    bool there = (p->pool || threads == 1) && p->scratch && p->group && p->acts;
    for (uint32_t i = 0; i < quin_acts_parts(config->rows) && there; i++)
        there = p->acts[i].quad && p->acts[i].active;
    for (uint32_t i = 0; i < threads && there; i++) {
        p->scratch[i] = aligned(kernel->scratch);
        p->group[i] = aligned(sizeof **p->group);
        there = p->scratch[i] && p->group[i];
    }
    return there;
}

void quin_compute_release(struct quin_device *dev)
{
    struct parts p = {dev->pool, dev->scratch, dev->group, dev->acts};
    release(&p, dev->config, quin_pool_threads(dev->pool));
    dev->pool = NULL;
    dev->scratch = NULL;
    dev->group = NULL;
    dev->acts = NULL;
    dev->kernel = NULL;
}

int quin_device_compute(struct quin_device *dev, const struct quin_compute *how)
{
    const struct quin_kernel *kernel = how->kernel ? quin_kernel_find(how->kernel) : quin_kernel_at(0);
    uint32_t threads = how->threads ? how->threads : quin_pool_processors();
    struct parts p = {NULL, NULL, NULL, NULL};
    if (!kernel || threads > QUIN_POOL_MOST)
        return 0;
    if (!create(&p, dev->config, kernel, threads)) {
        release(&p, dev->config, threads);
        return 0;
    }
    quin_compute_release(dev);
    dev->kernel = kernel;
    dev->count_wraps = !how->no_wraps;
    dev->pool = p.pool;
    dev->scratch = p.scratch;
    dev->group = p.group;
    dev->acts = p.acts;
    return 1;
}

const char *quin_device_kernel(uint32_t i, const char **doc)
{
    const struct quin_kernel *kernel = quin_kernel_at(i);
    if (kernel && doc)
        *doc = kernel->doc;
    return kernel ? kernel->name : NULL;
}
