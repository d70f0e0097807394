/* SPDX-License-Identifier: Apache-2.0
 *
 * Random commands of random shapes on the RTL (build/rtl/NAME/libquin_sim.so) against the golden model, and faults. Uses
 * the host's register port and the DRAM only, and never enables the firmware. Seed S + i makes episode i.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which commands of which program of an episode to leave out. */
struct cut {
    uint32_t program;
    uint8_t keep[PROGRAM_MAX];
};

static struct bench bench;

/* ---- one program ---- */

static void leave_out(struct program *p, const struct cut *cut)
{
    for (uint32_t i = 0; i < p->length; i++)
        if (!cut->keep[i] && !p->fixed[i]) {
            memset(&p->cmd[i], 0, sizeof p->cmd[i]);
            PUT(&p->cmd[i], ANY, OPCODE, QUIN_OP_SET); /* g[0] = 0 */
        }
}

static void run_good(struct bench *b, const struct program *p)
{
    if (!bench_run(b, p))
        return;
    compare_good(b);
}

/* Is it the processor itself that finds the error? Then nothing behind the command was dispatched. */
static int found_at_dispatch(const struct bench *b, const struct program *p)
{
    uint32_t pc = b->trace.command, code = b->trace.code;
    uint64_t op = pc < p->length ? GET(&p->cmd[pc], ANY, OPCODE) : 0, end = p->address + 64 * ((uint64_t)pc + 1);
    int fetched = 0;
    if (p->high)
        return 1;
    for (uint32_t i = 0; i < QUIN_WINDOWS; i++)
        fetched |= (p->window[i].rights & QUIN_WINDOW_READ) && p->window[i].base <= end - 64 && end <= p->window[i].limit;
    return code == QUIN_DERR_OPCODE || code == QUIN_DERR_PROGRAM || code == QUIN_DERR_LIMIT || op < QUIN_OP_LOAD || !fetched;
}

static void run_bad(struct bench *b, const struct program *good, struct program *p, struct rng *r, char what[64])
{
    struct rng order = *r;
    uint32_t changed;
    *p = *good;
    bad_program(b, p, r, &changed, what);
    if (!order_program(b, p, &order) || (!b->trace.code && changed < PROGRAM_MAX)) {
        snprintf(what, 64, "nothing");
        b->stale = b->unloaded;
        return;
    }
    uint32_t failed = b->trace.steps, code = b->trace.code;
    int strict = found_at_dispatch(b, p);
    if (code && !strict) {
        (void)trace_program(b, good);
        compare_mask(b, good, failed, p, changed);
    }
    if (!bench_run(b, p))
        return;
    b->by_code[code % 16]++;
    if (!code) {
        compare_good(b);
        return;
    }
    compare_end(b);
    compare_failed(b, failed, strict);
    compare_sync(b);
}

static enum kind any_kind(const struct bench *b, struct rng *r)
{
    static const uint8_t weight[KIND_COUNT] = {60, 20, 6, 6, 3, 5};
    for (;;) {
        uint32_t x = rng_below(r, 100), kind = 0;
        while (x >= weight[kind])
            x -= weight[kind++];
        if (b->options->kinds >> kind & 1)
            return (enum kind)kind;
    }
}

/* Returns 0 if the generator made a program that never ends. */
static int run_program(struct bench *b, uint64_t seed, uint32_t number, const struct cut *cut, struct program *p, char what[64],
                       enum kind *kind)
{
    static struct program good;
    struct rng generate = rng_start(seed, 10 + 3 * number), order = rng_start(seed, 11 + 3 * number),
               fault = rng_start(seed, 12 + 3 * number);
    *kind = any_kind(b, &fault);
    generate_program(b, p, &generate);
    if (cut && cut->program == number)
        leave_out(p, cut);
    if (!order_program(b, p, &order) || b->trace.code) {
        bench_differ(b, "the generator made a program that ends with device error %u at command %u", b->trace.code,
                     b->trace.command);
        return 0;
    }
    b->commands += b->trace.steps;
    for (uint32_t i = 0; i < b->trace.steps && b->options->coverage; i++)
        cover_command(&p->cmd[b->trace.step[i].pc]);
    b->unloaded = b->stale;
    b->stale = 0;
    b->by_kind[*kind]++;
    good = *p;
    switch (*kind) {
    case KIND_BAD:
        run_bad(b, &good, p, &fault, what);
        break;
    case KIND_BUS:
        fault_bus(b, p, &fault, what);
        break;
    case KIND_ABORT:
    case KIND_SILENT:
        fault_abort(b, p, &fault, *kind == KIND_SILENT, what);
        break;
    case KIND_MEDDLE:
        fault_meddle(b, p, &fault);
        break;
    default:
        run_good(b, p);
        break;
    }
    return 1;
}

/* ---- an episode ---- */

struct outcome {
    uint32_t program; /* the last one that ran */
    enum kind kind;
    char what[64], first[512];
};

/* Some programs in a row on one device, until one goes wrong. */
static int run_episode(struct bench *b, uint64_t seed, const struct cut *cut, struct program *p, struct outcome *o)
{
    struct rng r = rng_start(seed, 0);
    uint32_t programs = 1 + rng_below(&r, 5);
    memset(o, 0, sizeof *o);
    b->first[0] = 0;
    for (uint32_t i = 0; i < programs && !b->first[0]; i++) {
        if (!b->sim && !bench_start(b, seed))
            break;
        o->program = i;
        o->what[0] = 0;
        b->programs++;
        (void)run_program(b, seed, i, cut, p, o->what, &o->kind);
    }
    if (!b->first[0] && rng_percent(&r, 20))
        compare_registers(b);
    bench_stop(b);
    memcpy(o->first, b->first, sizeof o->first);
    return !o->first[0];
}

/* Leaves out commands from the end as long as a program still goes wrong; prints what is left. */
static void minimise(struct bench *b, uint64_t seed, const struct outcome *found)
{
    static struct program p;
    struct outcome o = *found, last = o;
    struct cut cut = {.program = found->program};
    struct bench counts = *b;
    memset(cut.keep, 1, sizeof cut.keep);
    (void)run_episode(b, seed, &cut, &p, &o);
    uint32_t length = p.length < PROGRAM_MAX ? p.length : PROGRAM_MAX;
    for (uint32_t i = length; i-- > 0;) {
        cut.keep[i] = 0;
        if (p.fixed[i])
            continue;
        if (run_episode(b, seed, &cut, &p, &o) || o.program != found->program || o.kind != found->kind)
            cut.keep[i] = 1;
        else
            last = o;
    }
    for (uint32_t i = 0; i < length; i++)
        cut.keep[i] |= p.fixed[i];
    (void)run_episode(b, seed, &cut, &p, &o);
    printf("  least: program %u of the episode, %s%s%s: %s\n", last.program, kind_names[last.kind], last.what[0] ? ", " : "",
           last.what, last.first);
    printf("  DRAM: latency %u, outstanding %u, stall %u %%, interleave %u, refresh every %u, turnaround %u\n", b->dram.latency,
           b->dram.outstanding, b->dram.stall_percent, b->dram.interleave, b->dram.refresh_interval, b->dram.turnaround);
    print_program(&p, cut.keep);
    b->commands = counts.commands;
    b->programs = counts.programs;
    memcpy(b->by_kind, counts.by_kind, sizeof b->by_kind);
    memcpy(b->by_code, counts.by_code, sizeof b->by_code);
}

static void report(struct bench *b, uint64_t seed, const struct outcome *o)
{
    b->failed++;
    printf("FAILED %s --seed %llu --commands 1: program %u, %s%s%s: %s\n", b->options->config, (unsigned long long)seed, o->program,
           kind_names[o->kind], o->what[0] ? ", " : "", o->what, o->first);
    if (b->options->minimise && b->failed <= 3)
        minimise(b, seed, o);
    fflush(stdout);
}

/* ---- command line ---- */

static void usage(void)
{
    printf("test_commands --config NAME [--commands N] [--seed S] [--kinds good,bad,bus,abort,silent,meddle] [--build DIR]\n"
           "              [--failures N] [--row-limit N] [--no-minimise] [--coverage] [--verbose] [--no-ring] [--address]\n"
           "              [--exact-abort] [--fixed]\n"
           "Runs at least N random commands (default 500) and stops after --failures programs (default 5) that differ.\n"
           "--address compares ERROR_ADDRESS; --exact-abort wants all that was dispatched before ABORT to retire; --no-ring leaves\n"
           "the retire ring off; --row-limit uses the first N row registers of a bank.\n"
           "--fixed runs programs made by hand, too.\n"
           "`--seed S --commands 1` repeats one episode.\n");
}

static uint32_t parse_kinds(const char *text)
{
    uint32_t kinds = 0;
    for (uint32_t i = 0; i < KIND_COUNT; i++)
        if (strstr(text, kind_names[i]))
            kinds |= 1u << i;
    return kinds;
}

static int parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--no-minimise"))
            o->minimise = 0;
        else if (!strcmp(argv[i], "--coverage"))
            o->coverage = 1;
        else if (!strcmp(argv[i], "--verbose"))
            o->verbose = 1;
        else if (!strcmp(argv[i], "--no-ring"))
            o->ring = 0;
        else if (!strcmp(argv[i], "--address"))
            o->address = 1;
        else if (!strcmp(argv[i], "--exact-abort"))
            o->exact_abort = 1;
        else if (!strcmp(argv[i], "--fixed"))
            o->fixed = 1;
        else if (i + 1 == argc)
            return 0;
        else if (i++, !strcmp(argv[i - 1], "--config"))
            o->config = value;
        else if (!strcmp(argv[i - 1], "--build"))
            o->build = value;
        else if (!strcmp(argv[i - 1], "--commands"))
            o->commands = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i - 1], "--seed"))
            o->seed = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i - 1], "--kinds"))
            o->kinds = parse_kinds(value);
        else if (!strcmp(argv[i - 1], "--failures"))
            o->failures = (uint32_t)strtoul(value, NULL, 0);
        else if (!strcmp(argv[i - 1], "--row-limit"))
            o->row_limit = (uint32_t)strtoul(value, NULL, 0);
        else
            return 0;
    }
    return o->config && o->kinds && o->row_limit;
}

static void summary(const struct bench *b)
{
    printf("%s: %llu commands in %llu programs (", b->options->config, (unsigned long long)b->commands,
           (unsigned long long)b->programs);
    for (uint32_t i = 0; i < KIND_COUNT; i++)
        printf("%s%llu %s", i ? ", " : "", (unsigned long long)b->by_kind[i], kind_names[i]);
    printf("; device errors");
    for (uint32_t i = 1; i < 16; i++)
        if (b->by_code[i])
            printf(" %u:%llu", i, (unsigned long long)b->by_code[i]);
    printf(")\n%llu passed, %llu failed\n", (unsigned long long)(b->programs - b->failed), (unsigned long long)b->failed);
}

int main(int argc, char **argv)
{
    static struct program p;
    struct options o = {.build = "build/rtl", .seed = 1, .commands = 500, .kinds = (1u << KIND_COUNT) - 1, .row_limit = 64,
                        .failures = 5, .minimise = 1, .ring = 1};
    if (!parse(argc, argv, &o)) {
        usage();
        return 2;
    }
    if (!bench_open(&bench, &o))
        return 2;
    if (o.fixed)
        fixed_programs(&bench, &p);
    for (uint64_t seed = o.seed; bench.commands < o.commands && bench.failed < o.failures; seed++) {
        struct outcome outcome;
        if (o.verbose)
            printf("seed %llu\n", (unsigned long long)seed), fflush(stdout);
        if (!run_episode(&bench, seed, NULL, &p, &outcome))
            report(&bench, seed, &outcome);
        if (isatty(2))
            fprintf(stderr, "\r%s: %llu of %llu commands, %llu failed ", o.config, (unsigned long long)bench.commands,
                    (unsigned long long)o.commands, (unsigned long long)bench.failed);
    }
    if (isatty(2))
        fprintf(stderr, "\r%60s\r", "");
    if (o.coverage)
        cover_print();
    summary(&bench);
    bench_close(&bench);
    return bench.failed != 0;
}
