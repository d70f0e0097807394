/* SPDX-License-Identifier: Apache-2.0
 *
 * RTL against golden model after a run: retire records, end of the run, scratchpad, DRAM, registers, counters. After an
 * error only what docs/commands.md promises: masks say what is not defined.
 */
#include "bench.h"

#include <string.h>

static uint8_t golden_dram[DRAM_BYTES];

static uint32_t golden_reg(const struct bench *b, uint32_t offset)
{
    return quin_device_reg_read(b->golden, offset);
}

static uint64_t golden_wide(const struct bench *b, uint32_t offset)
{
    return golden_reg(b, offset) | (uint64_t)golden_reg(b, offset + 4) << 32;
}

/* ---- where a command went wrong ---- */

/* The first word or byte that command number `index` writes and that differs, in words. */
static void find_place(struct bench *b, uint32_t index, char *text, size_t size)
{
    const uint32_t *sp = quin_device_scratchpad(b->golden);
    uint64_t all;
    const uint8_t *dram = b->api->memory(b->sim, &all);
    text[0] = 0;
    if (index >= b->trace.steps)
        return;
    (void)quin_device_mem_read(b->golden, 0, golden_dram, DRAM_BYTES);
    for (size_t i = 0; i < b->trace.step[index].count; i++) {
        const struct range *r = &b->trace.range[b->trace.step[index].first + i];
        for (uint64_t at = r->base; r->write && at < r->base + r->size; at++) {
            uint32_t got = r->space ? b->api->scratchpad(b->sim, (uint32_t)at) : dram[at];
            uint32_t want = r->space ? sp[at] : golden_dram[at];
            if (got == want)
                continue;
            snprintf(text, size, "; range %zu, %s 0x%llx (number %llu of the range): 0x%x, golden 0x%x", i,
                     r->space ? "scratchpad word" : "DRAM byte", (unsigned long long)at, (unsigned long long)(at - r->base), got,
                     want);
            return;
        }
    }
}

static void compare_record(struct bench *b, uint32_t index)
{
    const struct quin_retire *got = &b->record[0][index], *want = &b->record[1][index];
    char place[160] = "";
    if (got->command == want->command && got->checksum == want->checksum)
        return;
    find_place(b, index, place, sizeof place);
    if (got->command != want->command)
        bench_differ(b, "number %u of the run: command 0x%08x retired, golden 0x%08x", index, got->command, want->command);
    else
        bench_differ(b, "command %u, number %u of the run: checksum 0x%08x, golden 0x%08x%s", want->command & 0xffffff, index,
                     got->checksum, want->checksum, place);
}

/* Records 0 .. count - 1 are there and equal. */
static void compare_records(struct bench *b, uint32_t count)
{
    for (uint32_t i = 0; i < count && !b->first[0]; i++) {
        if (!b->seen[0][i])
            bench_differ(b, "command %u, number %u of the run, has no record", b->trace.step[i].pc, i);
        else
            compare_record(b, i);
    }
    if (b->strays)
        bench_differ(b, "%u records with an index that was there before or is too large", b->strays);
}

/* ---- memories ---- */

static void compare_memories(struct bench *b, int masked)
{
    const uint32_t *sp = quin_device_scratchpad(b->golden);
    uint64_t all;
    const uint8_t *dram = b->api->memory(b->sim, &all);
    for (uint32_t i = 0; i < b->config.scratchpad_words && !b->first[0]; i++)
        if (!(masked && b->mask_sp[i]) && b->api->scratchpad(b->sim, i) != sp[i])
            bench_differ(b, "scratchpad word %u is 0x%08x, golden 0x%08x", i, b->api->scratchpad(b->sim, i), sp[i]);
    (void)quin_device_mem_read(b->golden, 0, golden_dram, DRAM_BYTES);
    if (memcmp(dram, golden_dram, RING_AT) == 0 &&
        memcmp(dram + RING_AT + RING_ENTRIES_MAX * 16, golden_dram + RING_AT + RING_ENTRIES_MAX * 16,
               DRAM_BYTES - RING_AT - RING_ENTRIES_MAX * 16) == 0)
        return;
    for (uint32_t i = 0; i < DRAM_BYTES && !b->first[0]; i++)
        if (dram[i] != golden_dram[i] && !(masked && b->mask_dram[i]) &&
            (i < RING_AT || i >= RING_AT + RING_ENTRIES_MAX * 16))
            bench_differ(b, "DRAM byte 0x%x is 0x%02x, golden 0x%02x", i, dram[i], golden_dram[i]);
}

/* The ring holds the newest records in the order of their retirement: each of the first `count` commands must be there as
 * the golden model has it, if there was room; others may be there too if the run failed. */
static void compare_ring(struct bench *b, uint32_t count, int failed)
{
    uint32_t entries = golden_reg(b, QUIN_REG_RETIRE_ENTRIES), head = b->api->reg_read(b->sim, QUIN_REG_RETIRE_HEAD);
    uint32_t found = 0;
    uint8_t seen[TRACE_MAX] = {0};
    uint64_t all;
    const uint8_t *ring = b->api->memory(b->sim, &all) + RING_AT;
    if (!entries)
        return;
    if (!failed && head != golden_reg(b, QUIN_REG_RETIRE_HEAD))
        bench_differ(b, "RETIRE_HEAD is %u, golden %u", head, golden_reg(b, QUIN_REG_RETIRE_HEAD));
    for (uint32_t i = 0; i < head && i < entries && !b->first[0]; i++) {
        struct quin_retire record;
        memcpy(&record, ring + i * sizeof record, sizeof record);
        if (failed && record.index >= count)
            continue;
        if (record.index >= count || seen[record.index] || record.command != b->record[1][record.index].command ||
            record.checksum != b->record[1][record.index].checksum)
            bench_differ(b, "record %u of the retire ring (index %u, command 0x%08x, checksum 0x%08x) is not the golden one", i,
                         record.index, record.command, record.checksum);
        else
            found += seen[record.index] = 1;
    }
    if (head <= entries && found < count)
        bench_differ(b, "the retire ring has %u of %u records", found, count);
}

/* ---- registers ---- */

static void compare_reg(struct bench *b, const char *name, uint32_t offset)
{
    uint32_t got = b->api->reg_read(b->sim, offset), want = golden_reg(b, offset);
    if (got != want)
        bench_differ(b, "%s is 0x%x, golden 0x%x", name, got, want);
}

static void compare_gregs(struct bench *b, uint32_t mask)
{
    for (uint32_t i = 0; i < QUIN_GREGS && !b->first[0]; i++) {
        uint64_t got = bench_read_wide(b, QUIN_REG_GREG + i * 8), want = golden_wide(b, QUIN_REG_GREG + i * 8);
        if (!(mask >> i & 1) && got != want)
            bench_differ(b, "g[%u] is 0x%llx, golden 0x%llx", i, (unsigned long long)got, (unsigned long long)want);
    }
}

static void compare_counters(struct bench *b)
{
    static const struct {
        const char *name;
        uint32_t index;
        int timed;
    } counters[] = {
#define QUIN_COUNTER(name, index, timed, doc) {#name, index, timed},
#include "counters.def"
#undef QUIN_COUNTER
    };
    for (uint32_t i = 0; i < sizeof counters / sizeof counters[0] && !b->first[0]; i++) {
        uint32_t at = QUIN_REG_COUNTER + counters[i].index * 8;
        uint64_t got = bench_read_wide(b, at), want = golden_wide(b, at);
        if (!counters[i].timed && got != want)
            bench_differ(b, "counter %s is %llu, golden %llu", counters[i].name, (unsigned long long)got, (unsigned long long)want);
    }
    uint64_t busy = bench_read_wide(b, QUIN_REG_COUNTER + QUIN_COUNT_BUSY_CYCLES * 8);
    uint64_t cycles = bench_read_wide(b, QUIN_REG_COUNTER + QUIN_COUNT_CYCLES * 8);
    if (busy >= cycles || busy < b->trace.steps)
        bench_differ(b, "%llu busy cycles of %llu, %u commands", (unsigned long long)busy, (unsigned long long)cycles,
                     b->trace.steps);
}

/* Every word of the register space but counters, what only an error sets, and CLOCK_HZ, which the golden model does not
 * have. */
void compare_registers(struct bench *b)
{
    for (uint32_t at = 0; at < QUIN_REGISTER_BYTES && !b->first[0]; at += 4) {
        char name[24];
        uint32_t row = (at - QUIN_REG_ROWREG) / 8 % QUIN_ROW_REGS;
        int error = (at >= QUIN_REG_ERROR_CODE && at < QUIN_REG_ERROR_ADDRESS + 8) || at == QUIN_REG_RETIRED ||
                    (at == QUIN_REG_RETIRE_HEAD && golden_reg(b, QUIN_REG_ERROR_CODE));
        if (at == QUIN_REG_CLOCK_HZ || error ||
            (at >= QUIN_REG_COUNTER && at < QUIN_REG_COUNTER + QUIN_COUNTERS * 8) ||
            (at >= QUIN_REG_ROWREG && row >= b->options->row_limit))
            continue;
        snprintf(name, sizeof name, "register 0x%04x", at);
        compare_reg(b, name, at);
    }
}

/* How the run ended. */
void compare_end(struct bench *b)
{
    compare_reg(b, "STATUS", QUIN_REG_STATUS);
    compare_reg(b, "ERROR_CODE", QUIN_REG_ERROR_CODE);
    if (!golden_reg(b, QUIN_REG_ERROR_CODE))
        return;
    compare_reg(b, "ERROR_COMMAND", QUIN_REG_ERROR_COMMAND);
    if (b->options->address) {
        compare_reg(b, "ERROR_ADDRESS", QUIN_REG_ERROR_ADDRESS);
        compare_reg(b, "ERROR_ADDRESS, high word", QUIN_REG_ERROR_ADDRESS + 4);
    }
}

void compare_good(struct bench *b)
{
    compare_records(b, b->records[1]);
    if (b->records[0] != b->records[1])
        bench_differ(b, "%u records, golden %u", b->records[0], b->records[1]);
    compare_end(b);
    compare_reg(b, "RETIRED", QUIN_REG_RETIRED);
    compare_memories(b, 0);
    compare_gregs(b, 0);
    compare_ring(b, b->records[1], 0);
    compare_counters(b);
}

/* ---- after an error ---- */

static int mask_range(void *user, const struct range *range)
{
    struct bench *b = user;
    uint8_t *mask = range->space ? b->mask_sp : b->mask_dram;
    uint64_t all = range->space ? b->config.scratchpad_words : DRAM_BYTES;
    for (uint64_t at = range->base; range->write && at < range->base + range->size && at < all; at++)
        mask[at] = 1;
    return 0;
}

/* What commands from number `from` of the trace on would have written is not defined. p: the program that was traced; run:
 * the one that ran, equal but for command `changed` and the windows. */
void compare_mask(struct bench *b, const struct program *p, uint32_t from, const struct program *run, uint32_t changed)
{
    memset(b->mask_dram, 0, DRAM_BYTES);
    memset(b->mask_sp, 0, b->config.scratchpad_words);
    b->mask_greg = 0;
    for (uint32_t i = from; i < b->trace.steps; i++) {
        const struct quin_cmd *cmd = &p->cmd[b->trace.step[i].pc];
        for (size_t j = 0; j < b->trace.step[i].count; j++)
            (void)mask_range(b, &b->trace.range[b->trace.step[i].first + j]);
        if (GET(cmd, ANY, OPCODE) == QUIN_OP_SET)
            b->mask_greg |= UINT32_C(1) << GET(cmd, CONTROL, RD);
        if (b->trace.step[i].pc == changed) {
            memcpy(b->regs.g, b->trace.step[i].g, sizeof b->regs.g);
            b->regs.g[G_SPARE] = run->greg[G_SPARE];
            (void)command_ranges(&b->config, &run->cmd[changed], &b->regs, 0, mask_range, b);
        }
    }
}

/* `failed`: number of the command that failed. strict: nothing behind it was dispatched, so all else is defined. */
void compare_failed(struct bench *b, uint32_t failed, int strict)
{
    compare_records(b, failed);
    if (failed < TRACE_MAX && b->seen[0][failed])
        bench_differ(b, "number %u of the run failed and has a retire record", failed);
    if (b->unloaded && !failed) { /* the scratchpads did not agree before */
        memset(b->mask_dram, 0, strict ? DRAM_BYTES : 0);
        memset(b->mask_sp, 1, b->config.scratchpad_words);
    }
    if (strict && b->records[0] != failed)
        bench_differ(b, "%u records, golden %u", b->records[0], failed);
    compare_memories(b, !strict || (b->unloaded && !failed));
    compare_gregs(b, strict ? 0 : b->mask_greg);
    compare_ring(b, failed, 1);
    if (strict)
        compare_reg(b, "RETIRED", QUIN_REG_RETIRED);
}

/* The golden device takes over what is not defined; the next program loads the scratchpad. */
void compare_sync(struct bench *b)
{
    uint64_t all;
    const uint8_t *dram = b->api->memory(b->sim, &all);
    (void)quin_device_mem_write(b->golden, 0, dram, DRAM_BYTES);
    for (uint32_t at = QUIN_REG_GREG; at < QUIN_REG_GREG + QUIN_GREGS * 8; at += 4)
        quin_device_reg_write(b->golden, at, b->api->reg_read(b->sim, at));
    b->stale = 1;
}
