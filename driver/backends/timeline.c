/* SPDX-License-Identifier: Apache-2.0
 *
 * See timeline.h. Times of trace events are microseconds, a cycle is 0.01 of them. Counter tracks get a point
 * only where their value changes, so an idle device costs nothing.
 */
#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

enum {
    PATH_MOST = 256,      /* of the path, for messages */
    COMMANDS_MOST = 4096, /* announced and not yet retired; far more than the units' queues hold */
    CYCLES_A_US = 1000 / QUIN_TIMELINE_CYCLE_NS
};
static const uint64_t DEFAULT_BYTES = UINT64_C(256) << 20;

/* Counters that have a track; the value is the share of cycles in which they counted. */
static const struct track {
    uint32_t counter;
    const char *name;
} tracks[] = {
    {QUIN_COUNT_STREAM_CYCLES, "stream"},
    {QUIN_COUNT_STALL_STREAM, "array waits: stream"},
    {QUIN_COUNT_STALL_VECTOR, "array waits: vector"},
    {QUIN_COUNT_STALL_DMA, "array waits: DMA"},
    {QUIN_COUNT_STALL_DRAIN, "array waits: drain"},
};
enum { TRACKS = sizeof tracks / sizeof tracks[0] };

static const char *const units[QUIN_UNIT_COUNT] = {
#define QUIN_COMMAND(name, code, unit, format, doc)
#define QUIN_UNIT(name, code, doc) [code] = #name,
#define QUIN_FIELD(format, name, lsb, width, doc)
#define QUIN_VALUE(group, name, code, doc)
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
#undef QUIN_FIELD
#undef QUIN_VALUE
};

static const char *const names[256] = {
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

struct shape {
    uint32_t index, known; /* known: bits 0 rows, 1 n, 2 k, 3 groups */
    uint32_t rows, n, k, groups;
};
enum { HAS_ROWS = 1, HAS_N = 2, HAS_K = 4, HAS_GROUPS = 8 };

struct quin_timeline {
    FILE *file;
    char path[PATH_MOST];
    uint64_t bytes, most, left_out, full_at; /* events left out, cycle of the first of them */
    int error;                               /* errno of the first failure; 0: none */
    uint64_t sampled;                        /* cycle of the newest counters; UINT64_MAX: none yet */
    uint64_t counters[TRACKS];
    uint32_t shown[TRACKS]; /* hundredths of a per cent; UINT32_MAX: nothing yet */
    struct shape shapes[COMMANDS_MOST];
};

/* ---- writing ---- */

static void put(struct quin_timeline *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct quin_timeline *t, const char *format, ...)
{
    va_list args;
    if (t->error)
        return;
    va_start(args, format);
    errno = 0;
    int n = vfprintf(t->file, format, args);
    va_end(args);
    if (n < 0)
        t->error = errno ? errno : EIO;
    else
        t->bytes += (uint64_t)n;
}

/* True if there is room for one more event, which belongs to a cycle. */
static int room(struct quin_timeline *t, uint64_t cycle)
{
    if (t->bytes < t->most && !t->error)
        return 1;
    if (!t->left_out++)
        t->full_at = cycle;
    return 0;
}

/* ,"ts":12.34 */
static void put_time(struct quin_timeline *t, const char *key, uint64_t cycles)
{
    put(t, ",\"%s\":%" PRIu64 ".%02" PRIu64, key, cycles / CYCLES_A_US, cycles % CYCLES_A_US);
}

/* Text between quotes; what JSON does not take as it is becomes '?'. */
static void put_text(struct quin_timeline *t, const char *text)
{
    for (; *text; text++)
        put(t, "%c", *text < ' ' || *text > '~' || *text == '"' || *text == '\\' ? '?' : *text);
}

static void put_meta(struct quin_timeline *t, uint32_t tid, const char *name)
{
    put(t, ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%" PRIu32 ",\"name\":\"%s\",\"args\":", tid, name);
}

static void put_head(struct quin_timeline *t, const char *config)
{
    put(t, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"project\":\"Quintrit\",\"config\":\"");
    put_text(t, config);
    put(t, "\",\"scale\":\"1 cycle = %d ns, a clock of %d MHz\"", QUIN_TIMELINE_CYCLE_NS, CYCLES_A_US);
    put(t, ",\"cycles_a_sample\":\"%d\"},\n\"traceEvents\":[\n", QUIN_TIMELINE_PERIOD);
    put(t, "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"Quintrit ");
    put_text(t, config);
    put(t, ", 1 cycle = %d ns\"}}", QUIN_TIMELINE_CYCLE_NS);
    for (uint32_t u = 0; u < QUIN_UNIT_COUNT; u++) {
        put_meta(t, u + 1, "thread_name");
        put(t, "{\"name\":\"%s\"}}", units[u]);
        put_meta(t, u + 1, "thread_sort_index");
        put(t, "{\"sort_index\":%" PRIu32 "}}", u + 1);
    }
}

enum quin_err quin_timeline_open(const char *path, const char *config, uint64_t most_bytes,
                                 struct quin_timeline **out, struct quin_msg *msg)
{
    struct quin_timeline *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a timeline");
    t->file = fopen(path, "w");
    if (!t->file) {
        enum quin_err err =
            quin_msg_set(msg, QUIN_ERR_IO, "cannot write the timeline '%.*s': %s; give another file",
                         quin_msg_clip(strlen(path)), path, strerror(errno));
        free(t);
        return err;
    }
    snprintf(t->path, sizeof t->path, "%s", path);
    t->most = most_bytes ? most_bytes : DEFAULT_BYTES;
    t->sampled = UINT64_MAX;
    memset(t->shown, 0xff, sizeof t->shown);
    for (uint32_t i = 0; i < COMMANDS_MOST; i++)
        t->shapes[i].index = ~i; /* belongs to no command */
    put_head(t, config);
    *out = t;
    return QUIN_OK;
}

/* ---- commands ---- */

static uint32_t limited(uint64_t count, uint64_t reg, quin_timeline_greg *greg, const void *user)
{
    uint64_t g = reg ? greg(user, (uint32_t)reg) : count;
    return (uint32_t)(g < count ? g : count);
}

void quin_timeline_command(struct quin_timeline *t, uint32_t index, const struct quin_cmd *cmd,
                           quin_timeline_greg *greg, const void *user)
{
#define GET(format, name) quin_cmd_get(cmd, QUIN_F_##format##_##name)
#define LIMITED(format, name) limited(GET(format, name), GET(format, name##_LIMIT), greg, user)
    struct shape *s = &t->shapes[index % COMMANDS_MOST];
    *s = (struct shape){.index = index};
    switch (GET(ANY, OPCODE)) {
    case QUIN_OP_LOAD:
    case QUIN_OP_STORE:
        s->n = LIMITED(MOVE, N);
        s->groups = (uint32_t)GET(MOVE, GROUPS);
        s->known = HAS_ROWS | HAS_N | HAS_GROUPS;
        break;
    case QUIN_OP_MATMUL:
        s->n = LIMITED(MATMUL, N);
        s->k = LIMITED(MATMUL, K);
        s->known = HAS_ROWS | HAS_N | HAS_K;
        break;
    case QUIN_OP_VECTOR:
        s->n = LIMITED(VECTOR, N);
        s->groups = (uint32_t)GET(VECTOR, GROUPS);
        s->known = HAS_ROWS | HAS_N | HAS_GROUPS;
        break;
    default:
        return;
    }
    s->rows = LIMITED(ANY, ROWS);
#undef LIMITED
#undef GET
}

void quin_timeline_retired(struct quin_timeline *t, uint64_t cycle, uint32_t unit,
                           const struct quin_retire *record)
{
    const struct shape *s = &t->shapes[record->index % COMMANDS_MOST];
    const uint32_t known = s->index == record->index ? s->known : 0, code = record->command >> 24;
    /* the command processor's own commands count no cycles; a slice without a length could not be seen */
    const uint64_t length = record->cycles ? record->cycles : 1, start = cycle > length ? cycle - length : 0;
    if (unit >= QUIN_UNIT_COUNT || !room(t, cycle))
        return;
    put(t, ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%" PRIu32 ",\"name\":\"%s %" PRIu32 "\"", unit + 1,
        names[code] ? names[code] : "?", record->command & 0xffffff);
    put_time(t, "ts", start);
    put_time(t, "dur", cycle - start);
    put(t, ",\"args\":{\"index\":%" PRIu32, record->index);
    if (known & HAS_ROWS)
        put(t, ",\"rows\":%" PRIu32, s->rows);
    if (known & HAS_GROUPS)
        put(t, ",\"groups\":%" PRIu32, s->groups);
    if (known & HAS_N)
        put(t, ",\"n\":%" PRIu32, s->n);
    if (known & HAS_K)
        put(t, ",\"k\":%" PRIu32, s->k);
    put(t, ",\"cycles\":%" PRIu32 ",\"checksum\":\"0x%08" PRIx32 "\"}}", record->cycles, record->checksum);
}

/* ---- counters ---- */

/* The first call only begins the first period. */
void quin_timeline_counters(struct quin_timeline *t, uint64_t cycle, const uint64_t *counters)
{
    const uint64_t from = t->sampled, cycles = cycle - from;
    if (from != UINT64_MAX && cycle <= from)
        return;
    t->sampled = cycle;
    for (uint32_t i = 0; i < TRACKS; i++) {
        const uint64_t value = counters[tracks[i].counter], old = t->counters[i];
        t->counters[i] = value;
        if (from == UINT64_MAX)
            continue;
        uint64_t counted = value < old ? value : value - old; /* cleared in between: what came after that */
        const uint32_t share = (uint32_t)((counted < cycles ? counted : cycles) * 10000 / cycles);
        if (share == t->shown[i] || !room(t, cycle))
            continue;
        t->shown[i] = share;
        put(t, ",\n{\"ph\":\"C\",\"pid\":1,\"name\":\"%s, %%\"", tracks[i].name);
        put_time(t, "ts", from); /* a point holds until the next one */
        put(t, ",\"args\":{\"%%\":%" PRIu32 ".%02" PRIu32 "}}", share / 100, share % 100);
    }
}

/* ---- the end ---- */

enum quin_err quin_timeline_check(const struct quin_timeline *t, struct quin_msg *msg)
{
    return t->error ? quin_msg_set(msg, QUIN_ERR_IO,
                                   "cannot write the timeline '%s': %s; make room or give another file",
                                   t->path, strerror(t->error))
                    : QUIN_OK;
}

enum quin_err quin_timeline_close(struct quin_timeline *t, struct quin_msg *msg)
{
    if (!t)
        return QUIN_OK;
    if (t->left_out) {
        put(t, ",\n{\"ph\":\"i\",\"pid\":1,\"tid\":1,\"s\":\"g\"");
        put(t, ",\"name\":\"the file is full: %" PRIu64 " events left out\"", t->left_out);
        put_time(t, "ts", t->full_at);
        put(t, "}");
    }
    put(t, "\n]}\n");
    if (fclose(t->file) && !t->error)
        t->error = errno;
    enum quin_err err = quin_timeline_check(t, msg);
    free(t);
    return err;
}
