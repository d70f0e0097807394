/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults around a good program: a part of the DRAM that answers with errors, a DRAM that falls silent, ABORT at any time,
 * and a host that reads and writes registers while the program runs.
 */
#include "bench.h"

#include <string.h>

enum { SILENCE = 3000 /* cycles */ };

/* ---- errors of the memory ---- */

/* The first command that touches a beat of [base, limit); trace.steps if none does. */
static uint32_t first_touch(const struct bench *b, uint64_t base, uint64_t limit)
{
    uint64_t beat = ~(uint64_t)(b->config.bus_bytes - 1);
    for (uint32_t i = 0; i < b->trace.steps; i++)
        for (size_t j = 0; j < b->trace.step[i].count; j++) {
            const struct range *r = &b->trace.range[b->trace.step[i].first + j];
            uint64_t last = (r->base + r->size - 1) | ~beat;
            if (!r->space && (r->base & beat) < limit && last >= base)
                return i;
        }
    return b->trace.steps;
}

/* Some bytes that the program touches in DRAM; 0 if it touches none. */
static int pick_bytes(const struct bench *b, struct rng *r, uint64_t *base, uint64_t *limit)
{
    for (uint32_t i = 0; i < 200 && b->trace.ranges; i++) {
        const struct range *range = &b->trace.range[rng_below(r, (uint32_t)b->trace.ranges)];
        if (range->space)
            continue;
        *base = range->base + rng_below(r, (uint32_t)range->size);
        *limit = *base + 1 + rng_small(r, 200);
        return 1;
    }
    return 0;
}

void fault_bus(struct bench *b, const struct program *p, struct rng *r, char what[64])
{
    uint64_t base = 0, limit = 0;
    int fetch = rng_percent(r, 20);
    uint32_t failed = 0;
    if (fetch) { /* the whole program, so that it does not matter how far ahead commands are read */
        base = p->address;
        limit = p->address + 64 * p->length;
    } else if (pick_bytes(b, r, &base, &limit)) {
        failed = first_touch(b, base, limit);
    }
    snprintf(what, 64, "SLVERR at 0x%llx..0x%llx", (unsigned long long)base, (unsigned long long)limit);
    b->set_error(b->api->dram(b->sim), base, limit);
    bench_prepare(b, p);
    bench_go(b);
    int ended = bench_wait(b);
    b->set_error(b->api->dram(b->sim), 0, 0);
    if (!ended)
        return;
    bench_golden(b, failed == b->trace.steps || !limit ? TRACE_MAX : failed);
    if (!limit || failed == b->trace.steps) {
        compare_good(b);
        return;
    }
    uint32_t code = b->api->reg_read(b->sim, QUIN_REG_ERROR_CODE), at = b->api->reg_read(b->sim, QUIN_REG_ERROR_COMMAND);
    uint32_t status = b->api->reg_read(b->sim, QUIN_REG_STATUS);
    if (code != QUIN_DERR_BUS || at != b->trace.step[failed].pc || status != (QUIN_STATUS_DONE | QUIN_STATUS_ERROR))
        bench_differ(b, "STATUS %u, ERROR_CODE %u, ERROR_COMMAND %u after an error of the memory at command %u", status, code, at,
                     b->trace.step[failed].pc);
    compare_mask(b, p, failed, p, PROGRAM_MAX);
    compare_failed(b, failed, fetch);
    compare_sync(b);
}

/* ---- ABORT ---- */

/* Could command `at` be the next one to be dispatched when only these have retired? */
static int next_to_dispatch(const struct bench *b, uint32_t at)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < b->trace.steps; i++)
        if (b->seen[0][i])
            last = i + 1;
    for (uint32_t i = last; i < b->trace.steps; i++)
        if (b->trace.step[i].pc == at)
            return 1;
    return 0;
}

/* The run ended with ABORT: what was dispatched has retired, nothing else happened. Or it ended before. */
static void compare_aborted(struct bench *b, const struct program *p)
{
    uint32_t code = b->api->reg_read(b->sim, QUIN_REG_ERROR_CODE), at = b->api->reg_read(b->sim, QUIN_REG_ERROR_COMMAND);
    uint32_t status = b->api->reg_read(b->sim, QUIN_REG_STATUS), done = 0;
    while (done < b->trace.steps && b->seen[0][done])
        done++;
    if (code == QUIN_DERR_NONE || done == b->trace.steps) {
        bench_golden(b, TRACE_MAX);
        compare_good(b);
        return;
    }
    if (code != QUIN_DERR_ABORT || status != (QUIN_STATUS_DONE | QUIN_STATUS_ERROR))
        bench_differ(b, "STATUS %u, ERROR_CODE %u after ABORT", status, code);
    if (b->options->exact_abort ? at != b->trace.step[done].pc : !next_to_dispatch(b, at))
        bench_differ(b, "ERROR_COMMAND is %u after ABORT, but the first command without a record is %u (number %u)", at,
                     b->trace.step[done].pc, done);
    bench_golden(b, done);
    compare_mask(b, p, done, p, PROGRAM_MAX);
    if (!b->first[0])
        compare_failed(b, done, b->options->exact_abort);
    compare_sync(b);
}

void fault_abort(struct bench *b, const struct program *p, struct rng *r, int silent, char what[64])
{
    uint32_t cycles = rng_small(r, 16u << rng_below(r, 11));
    snprintf(what, 64, "%sABORT after %u cycles", silent ? "silence and " : "", cycles);
    bench_prepare(b, p);
    bench_go(b);
    b->api->run(b->sim, cycles);
    if (silent) {
        b->set_silent(b->api->dram(b->sim), 1);
        b->api->run(b->sim, SILENCE);
    }
    b->api->reg_write(b->sim, QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
    if (silent) {
        b->api->run(b->sim, SILENCE);
        if (b->api->reg_read(b->sim, QUIN_REG_STATUS) == QUIN_STATUS_RUNNING && rng_percent(r, 50)) {
            /* START does nothing as long as it runs */
            b->api->reg_write(b->sim, QUIN_REG_CONTROL, QUIN_CONTROL_START);
            b->api->run(b->sim, SILENCE);
        }
        b->set_silent(b->api->dram(b->sim), 0);
    }
    if (bench_wait(b))
        compare_aborted(b, p);
}

/* ---- a host that meddles ---- */

/* A register that does no harm while a program runs: doorbells, rings, what is read-only or not there. */
static uint32_t harmless(struct rng *r)
{
    static const uint16_t offsets[] = {QUIN_REG_SQ_ADDRESS, QUIN_REG_SQ_ENTRIES, QUIN_REG_SQ_TAIL, QUIN_REG_SQ_TAIL, QUIN_REG_SQ_HEAD,
                                       QUIN_REG_CQ_ADDRESS, QUIN_REG_CQ_ENTRIES, QUIN_REG_CQ_TAIL, QUIN_REG_CQ_HEAD, QUIN_REG_CQ_HEAD,
                                       QUIN_REG_MODEL_ADDRESS, QUIN_REG_DEVICE_STATE, QUIN_REG_FIRMWARE_ERROR, QUIN_REG_IRQ_ENABLE,
                                       QUIN_REG_ID, QUIN_REG_ROWS, QUIN_REG_STATUS, QUIN_REG_ERROR_CODE, QUIN_REG_ERROR_COMMAND,
                                       QUIN_REG_ERROR_ADDRESS, QUIN_REG_RETIRED, QUIN_REG_RETIRE_HEAD, QUIN_REG_IRQ_STATUS,
                                       QUIN_REG_COUNTER + 8, QUIN_REG_GREG, 0x24, 0x3c, 0xcc, 0xfc, 0x160, 0x1fc, 0x300, 0x3fc, 0x500,
                                       0x1ffc};
    return offsets[rng_below(r, sizeof offsets / sizeof offsets[0])];
}

void fault_meddle(struct bench *b, const struct program *p, struct rng *r)
{
    bench_prepare(b, p);
    bench_go(b);
    for (uint32_t i = rng_range(r, 20, 300); i; i--) {
        uint32_t what = rng_below(r, 10);
        b->api->run(b->sim, rng_small(r, 30));
        if (what < 5)
            (void)b->api->reg_read(b->sim, 4 * rng_below(r, QUIN_REGISTER_BYTES / 4));
        else if (what < 9)
            bench_write(b, harmless(r), rng_next(r));
        else if (b->api->reg_read(b->sim, QUIN_REG_STATUS) & QUIN_STATUS_RUNNING && b->records[0] + 1 < b->trace.steps)
            b->api->reg_write(b->sim, QUIN_REG_CONTROL, QUIN_CONTROL_START); /* END has not retired: it is ignored */
    }
    if (!bench_wait(b))
        return;
    bench_golden(b, TRACE_MAX);
    compare_good(b);
    compare_registers(b);
}
