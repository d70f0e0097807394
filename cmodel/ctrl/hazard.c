/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector clocks over the three units. known[v] of a command: how many commands of unit v have surely retired
 * when it starts. A unit runs its commands in order, so a command knows all that its predecessor knew, and
 * the predecessor.
 */
#include "hazard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 3, KEPT = 64, RANGES = 1024 };

struct range {
    uint64_t base, size;
    uint8_t space, write;
};

struct entry {
    uint64_t known[UNITS]; /* at its start */
    uint32_t pc;
    uint32_t ranges;
    struct range range[RANGES];
};

struct quin_hazard {
    uint64_t issued[UNITS];           /* commands of each unit so far */
    uint64_t dispatched[UNITS]; /* known to have retired at every later dispatch: waits of CONTROL commands */
    struct entry entry[UNITS][KEPT];  /* the newest ones, by number modulo KEPT */
    enum quin_unit unit;              /* of the current command; QUIN_UNIT_CONTROL: none */
    struct entry *now;
    int prefetch;                     /* DRAM reads of the current command may come before its waits */
    uint64_t count;
    char first[256];
};

struct quin_hazard *quin_hazard_create(void)
{
    struct quin_hazard *h = calloc(1, sizeof *h);
    if (h)
        h->unit = QUIN_UNIT_CONTROL;
    return h;
}

void quin_hazard_destroy(struct quin_hazard *h)
{
    free(h);
}

void quin_hazard_start(struct quin_hazard *h)
{
    memset(h->issued, 0, sizeof h->issued);
    memset(h->dispatched, 0, sizeof h->dispatched);
    h->unit = QUIN_UNIT_CONTROL;
}

static void learn(uint64_t known[UNITS], const struct entry *e, uint32_t unit, uint64_t number)
{
    for (uint32_t v = 0; v < UNITS; v++)
        if (e->known[v] > known[v])
            known[v] = e->known[v];
    if (number > known[unit])
        known[unit] = number;
}

void quin_hazard_command(struct quin_hazard *h, enum quin_unit unit, const struct quin_cmd *cmd, uint32_t pc)
{
    static const enum quin_field after[UNITS] = {QUIN_F_ANY_AFTER_DMA, QUIN_F_ANY_AFTER_ARRAY,
                                                 QUIN_F_ANY_AFTER_VECTOR};
    h->unit = unit;
    h->now = NULL;
    if (!cmd)
        return;
    uint64_t known[UNITS];
    memcpy(known, h->dispatched, sizeof known);
    for (uint32_t v = 0; v < UNITS; v++) {
        uint64_t wait = quin_cmd_get(cmd, after[v]), number = h->issued[v];
        if (v == (uint32_t)unit)
            wait = 1; /* its own predecessor */
        if (!wait || number < wait)
            continue;
        number -= wait - 1;
        learn(known, &h->entry[v][(number - 1) % KEPT], v, number);
    }
    if (unit == QUIN_UNIT_CONTROL) {
        memcpy(h->dispatched, known, sizeof known);
        return;
    }
    h->now = &h->entry[unit][h->issued[unit] % KEPT];
    memcpy(h->now->known, known, sizeof known);
    h->now->pc = pc;
    h->now->ranges = 0;
    h->prefetch = unit == QUIN_UNIT_ARRAY && quin_cmd_get(cmd, QUIN_F_MATMUL_PREFETCH);
    h->issued[unit]++;
}

static int overlap(const struct range *a, const struct range *b)
{
    return a->space == b->space && (a->write || b->write) && a->base < b->base + b->size &&
           b->base < a->base + a->size;
}

void quin_hazard_access(struct quin_hazard *h, enum quin_space space, uint64_t base, uint64_t size, int write)
{
    struct range r = {.base = base, .size = size, .space = (uint8_t)space, .write = (uint8_t)write};
    if (h->unit == QUIN_UNIT_CONTROL || !size)
        return;
    for (uint32_t v = 0; v < UNITS; v++) {
        if (v == (uint32_t)h->unit)
            continue;
        uint64_t known = h->prefetch && space == QUIN_SPACE_DRAM ? h->dispatched[v] : h->now->known[v];
        uint64_t oldest = h->issued[v] > KEPT ? h->issued[v] - KEPT : 0;
        for (uint64_t i = known > oldest ? known : oldest; i < h->issued[v]; i++) {
            const struct entry *e = &h->entry[v][i % KEPT];
            for (uint32_t j = 0; j < e->ranges; j++) {
                if (!overlap(&r, &e->range[j]))
                    continue;
                if (!h->count++)
                    snprintf(h->first, sizeof h->first,
                             "command %u may start before command %u has retired; both touch %s 0x%llx",
                             h->now->pc, e->pc, space == QUIN_SPACE_SP ? "scratchpad word" : "DRAM byte",
                             (unsigned long long)(base > e->range[j].base ? base : e->range[j].base));
                return;
            }
        }
    }
    if (h->now->ranges < RANGES - 2) {
        h->now->range[h->now->ranges++] = r;
        return;
    }
    /* too many ranges to keep apart: the last two places hold one wide range each, of DRAM and of the
     * scratchpad, which can only report too much */
    if (h->now->ranges < RANGES) {
        memset(&h->now->range[RANGES - 2], 0, 2 * sizeof r);
        h->now->ranges = RANGES;
    }
    struct range *wide = &h->now->range[RANGES - 2 + space];
    if (!wide->size) {
        *wide = r;
        return;
    }
    uint64_t end = wide->base + wide->size > base + size ? wide->base + wide->size : base + size;
    wide->base = wide->base < base ? wide->base : base;
    wide->size = end - wide->base;
    wide->write |= r.write;
}

uint64_t quin_hazard_count(const struct quin_hazard *h)
{
    return h->count;
}

const char *quin_hazard_first(const struct quin_hazard *h)
{
    return h->first;
}
