/* SPDX-License-Identifier: Apache-2.0
 *
 * The RTL in its shared object and the golden device beside it: opening, registers, programs, runs, retire records.
 */
#include "bench.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 500 };
enum { PATIENCE = 2000000 }; /* cycles without a retired command: the largest LOAD on the narrowest bus takes less */

const char *const kind_names[KIND_COUNT] = {"good", "bad", "bus", "abort", "silent", "meddle"};

void bench_differ(struct bench *b, const char *format, ...)
{
    va_list args;
    if (b->first[0])
        return;
    va_start(args, format);
    vsnprintf(b->first, sizeof b->first, format, args);
    va_end(args);
}

void put_field(struct quin_cmd *cmd, enum quin_field field, uint64_t value, const char *name)
{
    if (!quin_cmd_set(cmd, field, value)) {
        fprintf(stderr, "test_commands: %llu does not fit field %s\n", (unsigned long long)value, name);
        abort();
    }
}

/* ---- opening ---- */

/* POSIX: how a function comes out of dlsym. */
static int symbol(void *object, const char *name, void *function)
{
    void *at = dlsym(object, name);
    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static int load(struct bench *b)
{
    const struct quin_sim_api *(*open)(void);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/libquin_sim.so", b->options->build, b->options->config);
    b->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!b->object) {
        fprintf(stderr, "test_commands: %s; `tools/build-rtl %s` builds it\n", dlerror(), b->options->config);
        return 0;
    }
    if (!symbol(b->object, "quin_sim_open", &open) || !symbol(b->object, "quin_dram_breaches", &b->breaches) ||
        !symbol(b->object, "quin_dram_set_error", &b->set_error) ||
        !symbol(b->object, "quin_dram_set_silent", &b->set_silent)) {
        fprintf(stderr, "test_commands: %s is not a simulation; `tools/build-rtl %s` builds one\n", path, b->options->config);
        return 0;
    }
    b->api = open();
    return 1;
}

/* The golden device gets the size that the RTL shows. */
static int identify(struct bench *b)
{
    const struct quin_sim_options o = {.dram_bytes = DRAM_BYTES};
    struct quin_sim *sim = b->api->create(&o);
    if (!sim)
        return 0;
    const uint32_t id = b->api->reg_read(sim, QUIN_REG_ID), version = b->api->reg_read(sim, QUIN_REG_VERSION);
    b->config = (struct quin_config){
        .name = b->options->config,
        .rows = b->api->reg_read(sim, QUIN_REG_ROWS),
        .stream_bytes = b->api->reg_read(sim, QUIN_REG_STREAM_BYTES),
        .lanes = b->api->reg_read(sim, QUIN_REG_LANES),
        .bus_bytes = b->api->reg_read(sim, QUIN_REG_BUS_BYTES),
        .scratchpad_words = b->api->reg_read(sim, QUIN_REG_SCRATCHPAD),
        .carry_bits = b->api->reg_read(sim, QUIN_REG_CARRY_BITS),
    };
    b->api->destroy(sim);
    if (id != QUIN_DEVICE_ID || version != QUIN_CONTRACT_VERSION || !b->config.rows || b->config.rows > QUIN_ROW_REGS ||
        b->config.stream_bytes < 2 || b->config.stream_bytes > 64 || b->config.scratchpad_words > 1 << 20) {
        fprintf(stderr, "test_commands: the identity registers of %s are not those of a device\n", b->options->config);
        return 0;
    }
    return 1;
}

int bench_open(struct bench *b, const struct options *options)
{
    memset(b, 0, sizeof *b);
    b->options = options;
    if (!load(b) || !identify(b))
        return 0;
    b->mask_dram = malloc(DRAM_BYTES);
    b->mask_sp = malloc(b->config.scratchpad_words);
    return b->mask_dram && b->mask_sp;
}

void bench_close(struct bench *b)
{
    bench_stop(b);
    free(b->mask_dram);
    free(b->mask_sp);
    free(b->trace.range);
    if (b->object)
        dlclose(b->object);
}

/* ---- an episode ---- */

static void on_retire(void *user, uint32_t unit, const struct quin_retire *record)
{
    struct bench *b = user;
    (void)unit;
    b->records[0]++;
    if (record->index >= TRACE_MAX || b->seen[0][record->index]) {
        b->strays++;
        return;
    }
    b->seen[0][record->index] = 1;
    b->record[0][record->index] = *record;
    b->order[record->index] = b->records[0] - 1;
}

static void on_golden(void *user, const struct quin_retire *record, const struct quin_cmd *cmd, uint32_t error)
{
    struct bench *b = user;
    (void)cmd;
    if (error || record->index >= TRACE_MAX)
        return;
    b->records[1]++;
    b->seen[1][record->index] = 1;
    b->record[1][record->index] = *record;
}

/* 64 bytes of one of several kinds: numbers as they occur, any bits, special numbers, small integers, stream zeros. */
static void fill_block(struct rng *r, uint32_t word[16])
{
    static const uint32_t special[] = {0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
                                       0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345, 0x3f800000, 0xbf800000,
                                       0x3f000000, 0x3effffff, 0x42fe0000, 0x42ff0000, 0xc3000000, 0x43000000, 0x42f30000};
    uint32_t what = rng_below(r, 10);
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t x = rng_next(r);
        if (what < 5)
            word[i] = (x & 0x807fffff) | (rng_range(r, 118, 134) << 23);
        else if (what < 7 || (what == 8 && x % 2))
            word[i] = x;
        else if (what < 9)
            word[i] = special[rng_below(r, sizeof special / sizeof special[0])];
        else
            word[i] = what % 2 ? x & 0x0f0f0f0f : 0x80808080;
    }
}

static void random_dram(struct bench *b, struct rng *r)
{
    static const uint8_t stalls[] = {0, 0, 0, 10, 30, 60};
    struct quin_dram_params *p = &b->dram;
    *p = rng_percent(r, 40) ? quin_dram_ideal(b->config.bus_bytes) : quin_dram_ddr3(b->config.bus_bytes);
    p->stall_percent = stalls[rng_below(r, sizeof stalls)];
    p->interleave = rng_percent(r, 40);
    if (rng_percent(r, 40))
        p->outstanding = rng_range(r, 1, 16);
    if (rng_percent(r, 20))
        p->latency = rng_below(r, 60);
    if (rng_percent(r, 20))
        p->turnaround = rng_below(r, 10);
    p->seed = rng_wide(r);
}

/* Row registers: banks 0..5 keep rows apart, banks 6..11 hold small offsets of either sign, the rest visible counts. */
static void random_rows(struct bench *b, struct rng *r)
{
    uint32_t rows = b->options->row_limit < QUIN_ROW_REGS ? b->options->row_limit : QUIN_ROW_REGS;
    memset(b->regs.row, 0, sizeof b->regs.row);
    for (uint32_t bank = 0; bank < QUIN_ROW_BANKS; bank++) {
        uint64_t apart = 64u << rng_below(r, 6), turn = rng_next(r);
        for (uint32_t row = 0; row < rows; row++) {
            uint64_t any = rng_below(r, 64) * 64u;
            b->regs.row[bank][row] = bank < 6    ? (row ^ turn % 8) % 64 * apart
                                     : bank < 12 ? (rng_percent(r, 80) ? any : 0 - any)
                                     : rng_percent(r, 10) ? rng_wide(r) : rng_small(r, 200);
        }
    }
    for (uint32_t i = 0; i < QUIN_ROW_BANKS * rows; i++)
        bench_write_wide(b, QUIN_REG_ROWREG + (i / rows * QUIN_ROW_REGS + i % rows) * 8, b->regs.row[i / rows][i % rows]);
}

int bench_start(struct bench *b, uint64_t seed)
{
    struct rng r = rng_start(seed, 1);
    random_dram(b, &r);
    const struct quin_sim_options o = {.dram_bytes = DRAM_BYTES, .dram = &b->dram};
    uint32_t word[16];
    uint64_t bytes;
    b->sim = b->api->create(&o);
    b->golden = quin_device_create(&b->config, DRAM_BYTES);
    b->trial = quin_device_create(&b->config, DRAM_BYTES);
    if (!b->sim || !b->golden || !b->trial || !quin_device_check_hazards(b->trial, 1)) {
        bench_differ(b, "no memory for the devices");
        return 0;
    }
    b->api->on_retire(b->sim, on_retire, b);
    quin_device_set_retire_hook(b->golden, on_golden, b);
    uint8_t *memory = b->api->memory(b->sim, &bytes);
    for (uint32_t at = 0; at < DRAM_BYTES; at += sizeof word) {
        fill_block(&r, word);
        memcpy(memory + at, word, sizeof word);
    }
    (void)quin_device_mem_write(b->golden, 0, memory, DRAM_BYTES);
    random_rows(b, &r);
    b->stale = 1;
    return 1;
}

void bench_stop(struct bench *b)
{
    const char *text = "";
    if (b->sim && b->breaches(b->api->dram(b->sim), &text))
        bench_differ(b, "breach of AXI: %s", text);
    if (b->sim)
        b->api->destroy(b->sim);
    quin_device_destroy(b->golden);
    quin_device_destroy(b->trial);
    b->sim = NULL;
    b->golden = b->trial = NULL;
}

/* ---- registers and runs ---- */

void bench_write(struct bench *b, uint32_t offset, uint32_t value)
{
    b->api->reg_write(b->sim, offset, value);
    quin_device_reg_write(b->golden, offset, value);
}

void bench_write_wide(struct bench *b, uint32_t offset, uint64_t value)
{
    bench_write(b, offset, (uint32_t)value);
    bench_write(b, offset + 4, (uint32_t)(value >> 32));
}

uint64_t bench_read_wide(struct bench *b, uint32_t offset)
{
    uint64_t low = b->api->reg_read(b->sim, offset);
    return low | (uint64_t)b->api->reg_read(b->sim, offset + 4) << 32;
}

static void write_memory(struct bench *b, uint64_t address, const void *data, size_t bytes)
{
    uint64_t all;
    memcpy(b->api->memory(b->sim, &all) + address, data, bytes);
    (void)quin_device_mem_write(b->golden, address, data, bytes);
}

void bench_prepare(struct bench *b, const struct program *p)
{
    memcpy(b->regs.g, p->greg, sizeof b->regs.g);
    write_memory(b, p->address, p->cmd, p->length * sizeof p->cmd[0]);
    for (uint32_t i = 1; i < QUIN_GREGS; i++)
        bench_write_wide(b, QUIN_REG_GREG + i * 8, p->greg[i]);
    for (uint32_t i = 0; i < QUIN_WINDOWS; i++) {
        bench_write_wide(b, QUIN_REG_WINDOW + i * 24, p->window[i].base);
        bench_write_wide(b, QUIN_REG_WINDOW + i * 24 + 8, p->window[i].limit);
        bench_write(b, QUIN_REG_WINDOW + i * 24 + 16, p->window[i].rights);
    }
    bench_write_wide(b, QUIN_REG_PROGRAM_ADDRESS, p->address + p->high);
    bench_write(b, QUIN_REG_PROGRAM_LENGTH, p->length);
    bench_write(b, QUIN_REG_COMMAND_LIMIT, p->limit);
    bench_write_wide(b, QUIN_REG_RETIRE_ADDRESS, RING_AT);
    bench_write(b, QUIN_REG_RETIRE_ENTRIES, p->ring_entries);
    bench_write(b, QUIN_REG_CONTROL, QUIN_CONTROL_CLEAR);
    memset(b->seen, 0, sizeof b->seen);
    memset(b->records, 0, sizeof b->records);
    b->strays = 0;
}

void bench_go(struct bench *b)
{
    b->api->reg_write(b->sim, QUIN_REG_CONTROL, QUIN_CONTROL_START);
}

int bench_wait(struct bench *b)
{
    uint64_t since = b->api->cycles(b->sim);
    uint32_t seen = b->records[0];
    while (b->api->reg_read(b->sim, QUIN_REG_STATUS) & QUIN_STATUS_RUNNING) {
        b->api->run(b->sim, 20);
        (void)b->api->wait(b->sim, QUIN_REG_STATUS, QUIN_STATUS_RUNNING, SLICE);
        if (b->records[0] != seen) {
            seen = b->records[0];
            since = b->api->cycles(b->sim);
        } else if (b->api->cycles(b->sim) - since > PATIENCE) {
            uint32_t next = 0;
            while (next < TRACE_MAX && b->seen[0][next])
                next++;
            bench_differ(b, "the device hangs: %u commands retired, number %u of the run (command %u) not", seen, next,
                         next < b->trace.steps ? b->trace.step[next].pc : 0);
            return 0;
        }
    }
    return 1;
}

void bench_golden(struct bench *b, uint32_t commands)
{
    quin_device_reg_write(b->golden, QUIN_REG_CONTROL, QUIN_CONTROL_START);
    if (commands)
        (void)quin_device_step(b->golden, commands);
    quin_device_reg_write(b->golden, QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
}

int bench_run(struct bench *b, const struct program *p)
{
    bench_prepare(b, p);
    bench_go(b);
    if (!bench_wait(b))
        return 0;
    bench_golden(b, TRACE_MAX);
    return 1;
}
