/* SPDX-License-Identifier: Apache-2.0
 *
 * A program runs on a golden device of its own with the hazard check on. What it executes becomes the trace; AFTER fields
 * that leave a dependence open get stricter until the check is content.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

enum { PASSES_MOST = 150, NOT_EXECUTED = 0xffffffff };

struct observer {
    struct bench *b;
    uint32_t pc; /* of the newest command */
};

static int keep_range(void *user, const struct range *range)
{
    struct trace *t = user;
    if (t->ranges == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 4096;
        struct range *grown = realloc(t->range, capacity * sizeof *grown);
        if (!grown)
            return 1;
        t->range = grown;
        t->capacity = capacity;
    }
    t->range[t->ranges++] = *range;
    return 0;
}

static void trial_regs(struct quin_device *dev, struct regs *regs)
{
    for (uint32_t i = 0; i < QUIN_GREGS; i++)
        regs->g[i] = quin_device_reg_read(dev, QUIN_REG_GREG + i * 8) |
                     (uint64_t)quin_device_reg_read(dev, QUIN_REG_GREG + i * 8 + 4) << 32;
}

static void on_trial(void *user, const struct quin_retire *record, const struct quin_cmd *cmd, uint32_t error)
{
    struct observer *o = user;
    struct trace *t = &o->b->trace;
    o->pc = record->command & 0xffffff;
    if (error || t->steps == TRACE_MAX)
        return;
    struct step *step = &t->step[t->steps++];
    step->pc = o->pc;
    step->first = t->ranges;
    trial_regs(o->b->trial, &o->b->regs);
    memcpy(step->g, o->b->regs.g, sizeof step->g);
    if (command_ranges(&o->b->config, cmd, &o->b->regs, 0, keep_range, t))
        bench_differ(o->b, "no memory for the trace");
    step->count = t->ranges - step->first;
}

static void trial_write_wide(struct quin_device *dev, uint32_t offset, uint64_t value)
{
    quin_device_reg_write(dev, offset, (uint32_t)value);
    quin_device_reg_write(dev, offset + 4, (uint32_t)(value >> 32));
}

static void trial_prepare(struct bench *b, const struct program *p)
{
    struct quin_device *dev = b->trial;
    (void)quin_device_mem_write(dev, p->address, p->cmd, p->length * sizeof p->cmd[0]);
    for (uint32_t i = 1; i < QUIN_GREGS; i++)
        trial_write_wide(dev, QUIN_REG_GREG + i * 8, p->greg[i]);
    for (uint32_t i = 0; i < QUIN_ROW_BANKS * QUIN_ROW_REGS; i++)
        trial_write_wide(dev, QUIN_REG_ROWREG + i * 8, b->regs.row[i / QUIN_ROW_REGS][i % QUIN_ROW_REGS]);
    for (uint32_t i = 0; i < QUIN_WINDOWS; i++) {
        trial_write_wide(dev, QUIN_REG_WINDOW + i * 24, p->window[i].base);
        trial_write_wide(dev, QUIN_REG_WINDOW + i * 24 + 8, p->window[i].limit);
        quin_device_reg_write(dev, QUIN_REG_WINDOW + i * 24 + 16, p->window[i].rights);
    }
    trial_write_wide(dev, QUIN_REG_PROGRAM_ADDRESS, p->address + p->high);
    quin_device_reg_write(dev, QUIN_REG_PROGRAM_LENGTH, p->length);
    quin_device_reg_write(dev, QUIN_REG_COMMAND_LIMIT, p->limit);
}

/* One run; conflict[pc] becomes 1 where the check objects. Returns how often, -1 if the program never ends. */
static int trial(struct bench *b, const struct program *p, uint8_t conflict[PROGRAM_MAX])
{
    struct observer o = {b, NOT_EXECUTED};
    uint64_t before;
    char text[256];
    int found = 0;
    b->trace.steps = 0;
    b->trace.ranges = 0;
    quin_device_set_retire_hook(b->trial, on_trial, &o);
    trial_prepare(b, p);
    before = quin_device_hazards(b->trial, text);
    quin_device_reg_write(b->trial, QUIN_REG_CONTROL, QUIN_CONTROL_START | QUIN_CONTROL_CLEAR);
    for (uint32_t i = 0; i < TRACE_MAX - 1 && quin_device_step(b->trial, 1); i++) {
        uint64_t count = quin_device_hazards(b->trial, text);
        if (count != before && o.pc < PROGRAM_MAX) {
            conflict[o.pc] = 1;
            found++;
        }
        before = count;
    }
    b->trace.code = quin_device_reg_read(b->trial, QUIN_REG_ERROR_CODE);
    b->trace.command = quin_device_reg_read(b->trial, QUIN_REG_ERROR_COMMAND);
    if (quin_device_reg_read(b->trial, QUIN_REG_STATUS) & QUIN_STATUS_RUNNING) {
        quin_device_reg_write(b->trial, QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
        return -1;
    }
    return found;
}

int trace_program(struct bench *b, const struct program *p)
{
    uint8_t conflict[PROGRAM_MAX] = {0};
    return trial(b, p, conflict) >= 0;
}

/* One step stricter for one unit or all: 0 waits for nothing, then fewer and fewer may still run; a stream read ahead is
 * given up last. */
static void tighten(struct quin_cmd *cmd, struct rng *r)
{
    static const enum quin_field after[3] = {QUIN_F_ANY_AFTER_DMA, QUIN_F_ANY_AFTER_ARRAY, QUIN_F_ANY_AFTER_VECTOR};
    int strict = 1, only = (int)rng_below(r, 4);
    for (int i = 0; i < 3; i++) {
        uint32_t w = (uint32_t)quin_cmd_get(cmd, after[i]);
        strict &= w == 1;
        if (only < 3 && only != i)
            continue;
        w = w == 0 ? rng_range(r, 2, 5) : w > 1 ? rng_range(r, 1, w - 1) : 1;
        (void)quin_cmd_set(cmd, after[i], w);
    }
    if (strict && GET(cmd, ANY, OPCODE) == QUIN_OP_MATMUL)
        PUT(cmd, MATMUL, PREFETCH, 0);
}

int order_program(struct bench *b, struct program *p, struct rng *r)
{
    for (int pass = 0; pass < PASSES_MOST; pass++) {
        uint8_t conflict[PROGRAM_MAX] = {0};
        int found = trial(b, p, conflict);
        if (found <= 0)
            return found == 0;
        for (uint32_t i = 0; i < p->length; i++)
            if (conflict[i])
                tighten(&p->cmd[i], r);
    }
    return 0;
}
