/* SPDX-License-Identifier: Apache-2.0
 *
 * The report at the end of a run. Counters are shown in all and for one generated token; the first token
 * comes out of the prompt's last position, so one token's share is taken over the tokens after it.
 */
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "terminal.h"

enum quin_err quin_tally_take(struct quin_engine *engine, struct quin_tally *t, struct quin_msg *msg)
{
    return quin_engine_counters(engine, t->values, QUIN_TALLY_MOST, &t->count, msg);
}

/* 0 for a counter that the device lacks. */
static uint64_t value_of(const struct quin_tally *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->values[i].name, name))
            return t->values[i].value;
    return 0;
}

/* `timed` of the tokens fell into `seconds`. */
static void speed(FILE *to, const char *what, size_t tokens, size_t timed, double seconds)
{
    char group[32];
    fprintf(to, "%-20s %14s tokens %9.2f s", what, quin_session_group(tokens, group), seconds);
    if (timed && seconds > 0)
        fprintf(to, " %9.1f tokens/s", (double)timed / seconds);
    fputc('\n', to);
}

/* For one token: what was counted after the first, over the tokens after it, rounded. */
static void counter(FILE *to, const struct quin_report *r, const char *what, const char *name)
{
    char group[32];
    uint64_t all = value_of(&r->all, name), prompt = value_of(&r->prompt, name);
    fprintf(to, "%-20s %14s", what, quin_session_group(all, group));
    if (r->steps)
        fprintf(to, " %14s", quin_session_group((all - prompt + r->steps / 2) / r->steps, group));
    fputc('\n', to);
}

/* Six that say most; with --verbose all by their own names, those of time only where the backend has time. */
static void counters(FILE *to, const struct quin_options *o, const struct quin_session *s,
                     const struct quin_report *r)
{
    static const struct {
        const char *what, *name;
    } rows[] = {{"additions done", "ADDS"}, {"additions skipped", "ADDS_SKIPPED"},
                {"wraps", "WRAPS"},         {"bytes streamed", "STREAM_BYTES"},
                {"commands", "COMMANDS"},   {"vector elements", "VECTOR_ELEMENTS"}};
    fprintf(to, "%-20s %14s%s\n", "counted by device", "in all", r->steps ? "  for one token" : "");
    for (size_t i = 0; !o->verbose && i < sizeof rows / sizeof rows[0]; i++)
        counter(to, r, rows[i].what, rows[i].name);
    for (size_t i = 0; o->verbose && i < r->all.count; i++)
        if (!r->all.values[i].timed || s->device.clock_hz)
            counter(to, r, r->all.values[i].name, r->all.values[i].name);
}

/* What only a device with time has: cycles, their use, and the speed at its clock. */
static void timing(FILE *to, const struct quin_session *s, const struct quin_report *r)
{
    char group[32];
    uint64_t busy = value_of(&r->all, "BUSY_CYCLES"), stream = value_of(&r->all, "STREAM_CYCLES");
    counter(to, r, "cycles", "CYCLES");
    if (busy)
        fprintf(to, "%-20s %13.1f %% of the cycles in which a program ran\n", "stream busy", 100.0 * (double)stream / (double)busy);
    uint64_t steps = value_of(&r->all, "CYCLES") - value_of(&r->prompt, "CYCLES");
    if (r->steps && steps)
        fprintf(to, "%-20s %14.1f tokens/s at %s MHz\n", "on the device",
                (double)r->steps * s->device.clock_hz / (double)steps, quin_session_group(s->device.clock_hz / 1000000, group));
}

static void lockstep(FILE *to, uint64_t compared, uint64_t differ, const char *first)
{
    char a[32], b[32];
    fprintf(to, "%s commands compared with the golden model, %s differ\n", quin_session_group(compared, a),
            quin_session_group(differ, b));
    if (differ)
        fprintf(to, "the first: %s\n", first);
}

bool quin_report_print(FILE *to, const struct quin_options *o, const struct quin_session *s,
                       const struct quin_report *r)
{
    fprintf(to, "\n");
    speed(to, "prompt", r->prompt_tokens, r->prompt_tokens, r->prompt_seconds);
    speed(to, "generated", r->made, r->steps, r->made_seconds);
    fprintf(to, "%-20s backend %s, configuration %s; speed is the simulation's, not the hardware's\n",
            "computed by", s->device.backend, s->device.config);
    fprintf(to, "%-20s %s\n", "ended by", r->ended);
    if (o->temperature > 0)
        fprintf(to, "%-20s seed %" PRIu64 ", temperature %g, top-k %" PRIu32 ", top-p %g\n", "sampled with",
                r->seed, o->temperature, o->top_k, o->top_p);
    else
        fprintf(to, "%-20s the likeliest token, on the device\n", "sampled with");
    counters(to, o, s, r);
    if (s->device.clock_hz)
        timing(to, s, r);
    uint64_t compared = 0, differ = 0;
    char first[256];
    if (quin_engine_differences(s->engine, &compared, &differ, first))
        lockstep(to, compared, differ, first);
    return !differ;
}

void quin_report_begin(FILE *to, const struct quin_session *s)
{
    const struct quin_engine_info *d = &s->device;
    char name[512], a[32], b[32];
    quin_session_quote_name(s, name, sizeof name);
    fprintf(to, "%-20s %s: %zu layers of %zu, %s ternary parameters, vocabulary %zu\n", "model", name,
            s->model.layers, s->model.dim, quin_session_group(s->model.ternary_params, a), s->model.vocab);
    fprintf(to,
            "%-20s %" PRIu32 " rows x %" PRIu32 " columns, scratchpad %s of %s words, context %" PRIu32
            "\n\n",
            "device", d->rows, d->stream_bytes * 5, quin_session_group(d->scratchpad_used, a),
            quin_session_group(d->scratchpad_words, b), d->context);
}
