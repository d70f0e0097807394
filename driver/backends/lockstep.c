/* SPDX-License-Identifier: Apache-2.0
 *
 * See lockstep.h. Units retire out of program order, so the golden device runs as far as the newest index reported and keeps
 * its records until the run ends.
 */
#include "lockstep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

enum { RECORDS_FIRST = 1024 };

struct quin_lockstep {
    struct quin_device *golden;
    quin_lockstep_peek *peek;
    const void *device;
    struct quin_retire *expected; /* of this run, by index */
    uint8_t *seen;                /* the other reported it */
    uint32_t count, capacity, reported;
    int failed; /* no memory for records: nothing is compared any more */
    uint64_t compared, differ;
    char first[256];
    quin_lockstep_command_fn *on_command;
    void *on_command_user;
};

static void golden_retired(void *user, const struct quin_retire *record, const struct quin_cmd *cmd, uint32_t error)
{
    struct quin_lockstep *l = user;
    if (l->on_command && !error)
        l->on_command(l->on_command_user, record->index, cmd);
    if (error || l->failed)
        return;
    if (l->count == l->capacity) {
        uint32_t capacity = l->capacity ? 2 * l->capacity : RECORDS_FIRST;
        struct quin_retire *grown = realloc(l->expected, capacity * sizeof *grown);
        if (grown)
            l->expected = grown;
        uint8_t *seen = realloc(l->seen, capacity);
        if (seen)
            l->seen = seen;
        if (!grown || !seen) {
            l->failed = 1;
            return;
        }
        l->capacity = capacity;
    }
    l->seen[l->count] = 0;
    l->expected[l->count++] = *record;
}

struct quin_lockstep *quin_lockstep_create(const struct quin_config *config, uint64_t dram_bytes, quin_lockstep_peek *peek,
                                           const void *device)
{
    struct quin_lockstep *l = calloc(1, sizeof *l);
    if (l)
        l->golden = quin_device_create(config, dram_bytes);
    if (!l || !l->golden) {
        free(l);
        return NULL;
    }
    l->peek = peek;
    l->device = device;
    quin_device_set_retire_hook(l->golden, golden_retired, l);
    return l;
}

void quin_lockstep_destroy(struct quin_lockstep *l)
{
    if (!l)
        return;
    quin_device_destroy(l->golden);
    free(l->expected);
    free(l->seen);
    free(l);
}

/* ---- the first difference in words ---- */

struct place {
    uint32_t base, row_stride, group_stride, rows, groups, words;
};

uint64_t quin_lockstep_greg(const struct quin_lockstep *l, uint32_t i)
{
    uint32_t at = QUIN_REG_GREG + 8 * i;
    return quin_device_reg_read(l->golden, at) | (uint64_t)quin_device_reg_read(l->golden, at + 4) << 32;
}

static uint32_t limited(const struct quin_lockstep *l, uint64_t count, uint64_t reg)
{
    uint64_t g = quin_lockstep_greg(l, (uint32_t)reg);
    return (uint32_t)(reg && g < count ? g : count);
}

static void set_place(struct place *p, uint64_t base, uint64_t row_stride, uint64_t group_stride)
{
    p->base = (uint32_t)base;
    p->row_stride = (uint32_t)row_stride;
    p->group_stride = (uint32_t)group_stride;
}

/* Where a command writes vectors in the scratchpad; 0 if it does not. */
static int destination(const struct quin_lockstep *l, const struct quin_cmd *cmd, struct place *p)
{
#define GET(format, name) quin_cmd_get(cmd, QUIN_F_##format##_##name)
    static const uint8_t bytes[8] = {[QUIN_FORMAT_F32] = 4, [QUIN_FORMAT_INT8] = 1, [QUIN_FORMAT_INT8_LOW] = 1,
                                     [QUIN_FORMAT_CODE5] = 1, [QUIN_FORMAT_CODE10] = 2};
    p->rows = limited(l, GET(ANY, ROWS), GET(ANY, ROWS_LIMIT));
    p->groups = 1;
    switch (GET(ANY, OPCODE)) {
    case QUIN_OP_MATMUL:
        set_place(p, GET(MATMUL, DST_BASE), GET(MATMUL, DST_ROW_STRIDE), 0);
        p->words = limited(l, GET(MATMUL, N), GET(MATMUL, N_LIMIT));
        return 1;
    case QUIN_OP_VECTOR:
        set_place(p, GET(VECTOR, DST_BASE), GET(VECTOR, DST_ROW), GET(VECTOR, DST_GROUP));
        p->groups = (uint32_t)GET(VECTOR, GROUPS);
        p->words = (limited(l, GET(VECTOR, N), GET(VECTOR, N_LIMIT)) * bytes[GET(VECTOR, FORMAT)] + 3) / 4;
        return 1;
    case QUIN_OP_LOAD:
        set_place(p, GET(MOVE, SP_BASE), GET(MOVE, SP_ROW_STRIDE), GET(MOVE, SP_GROUP_STRIDE));
        p->groups = (uint32_t)GET(MOVE, GROUPS);
        p->words = limited(l, GET(MOVE, N), GET(MOVE, N_LIMIT));
        return 1;
    default:
        return 0;
    }
#undef GET
}

/* The first word of the destination that differs, in words; "" if there is none. */
static void find_word(const struct quin_lockstep *l, const struct place *p, uint32_t sp_words, char text[96])
{
    const uint32_t *golden = quin_device_scratchpad(l->golden);
    text[0] = 0;
    for (uint32_t r = 0; r < p->rows; r++)
        for (uint32_t g = 0; g < p->groups; g++)
            for (uint32_t i = 0; i < p->words; i++) {
                uint32_t at = p->base + r * p->row_stride + g * p->group_stride + i;
                if (at >= sp_words)
                    return;
                uint32_t found = l->peek(l->device, at);
                if (found != golden[at]) {
                    snprintf(text, 96, "; row %u, group %u, word %u (scratchpad %u): 0x%08x, golden 0x%08x", r, g, i, at, found,
                             golden[at]);
                    return;
                }
            }
}

static void describe(struct quin_lockstep *l, const struct quin_retire *record, const struct quin_retire *want)
{
    static const char *const names[] = {
#define QUIN_COMMAND(name, code, unit, format, doc) [code] = #name,
#define QUIN_UNIT(name, code, doc)
#define QUIN_FIELD(format, name, lsb, width, doc)
#define QUIN_VALUE(group, name, code, doc)
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
#undef QUIN_FIELD
#undef QUIN_VALUE
    };
    uint32_t pc = record->command & 0xffffff, code = record->command >> 24;
    const char *name = code < sizeof names / sizeof names[0] && names[code] ? names[code] : "?";
    struct quin_cmd cmd;
    struct place place;
    char word[96] = "";
    uint64_t program = quin_device_reg_read(l->golden, QUIN_REG_PROGRAM_ADDRESS) |
                       (uint64_t)quin_device_reg_read(l->golden, QUIN_REG_PROGRAM_ADDRESS + 4) << 32;
    if (want && want->command == record->command &&
        quin_device_mem_read(l->golden, program + (uint64_t)pc * sizeof cmd, &cmd, sizeof cmd) && destination(l, &cmd, &place))
        find_word(l, &place, quin_device_reg_read(l->golden, QUIN_REG_SCRATCHPAD), word);
    snprintf(l->first, sizeof l->first, "command %u of the program, %s, number %u of the run: %s 0x%08x, golden 0x%08x%s", pc,
             name, record->index, want && want->command != record->command ? "command" : "checksum",
             want && want->command != record->command ? record->command : record->checksum,
             !want ? 0 : want->command != record->command ? want->command : want->checksum, word);
}

/* ---- events ---- */

/* Ends what the golden device still runs; commands that the other never reported are differences. */
static void finish_run(struct quin_lockstep *l)
{
    while (quin_device_step(l->golden, RECORDS_FIRST))
        ;
    for (uint32_t i = 0; i < l->count && l->reported < l->count; i++)
        if (!l->seen[i]) {
            if (!l->differ)
                snprintf(l->first, sizeof l->first, "command %u of the program, number %u of the run, was never reported",
                         l->expected[i].command & 0xffffff, i);
            l->differ++;
        }
    l->count = l->reported = 0;
}

void quin_lockstep_reg_write(struct quin_lockstep *l, uint32_t offset, uint32_t value)
{
    if (offset == QUIN_REG_CONTROL && value & QUIN_CONTROL_START)
        finish_run(l);
    quin_device_reg_write(l->golden, offset, value);
}

int quin_lockstep_mem_write(struct quin_lockstep *l, uint64_t address, const void *data, size_t bytes)
{
    return quin_device_mem_write(l->golden, address, data, bytes);
}

void quin_lockstep_retired(struct quin_lockstep *l, const struct quin_retire *record)
{
    while (l->count <= record->index && quin_device_step(l->golden, 1))
        ;
    if (l->failed)
        return;
    const struct quin_retire *want = record->index < l->count ? &l->expected[record->index] : NULL;
    /* behind a command that failed, units may have gone on */
    if (!want && quin_device_reg_read(l->golden, QUIN_REG_STATUS) & QUIN_STATUS_ERROR)
        return;
    l->compared++;
    if (want && !l->seen[record->index]) {
        l->seen[record->index] = 1;
        l->reported++;
    }
    if (want && want->command == record->command && want->checksum == record->checksum)
        return;
    if (!l->differ++)
        describe(l, record, want);
}

void quin_lockstep_on_command(struct quin_lockstep *l, quin_lockstep_command_fn *fn, void *user)
{
    l->on_command = fn;
    l->on_command_user = user;
}

uint64_t quin_lockstep_differences(const struct quin_lockstep *l, uint64_t *compared, char text[256])
{
    *compared = l->compared;
    memcpy(text, l->first, 256);
    return l->differ;
}
