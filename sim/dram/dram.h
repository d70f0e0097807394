/* SPDX-License-Identifier: Apache-2.0
 *
 * The project's DRAM model: a memory behind one AXI4 port, with banks and open rows, refresh, a shared data bus,
 * bounded outstanding bursts, random back-pressure and errors on request. All its outputs are registers: they change
 * with the clock only. A write is in the memory when its W beat was taken; reads see memory as it is when they leave.
 */
#ifndef QUIN_DRAM_H
#define QUIN_DRAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    QUIN_DRAM_BUS_MAX = 64,   /* bytes of a beat */
    QUIN_DRAM_QUEUE_MAX = 64, /* bursts under way, each direction */
    QUIN_DRAM_BANKS_MAX = 64
};

/* Times are cycles of the AXI clock. */
struct quin_dram_params {
    uint32_t bus_bytes;        /* of a beat: a power of two, at most QUIN_DRAM_BUS_MAX */
    uint32_t latency;          /* from a burst's acceptance to its first beat, row open, bus free */
    uint32_t row_miss;         /* more if its bank has another row open: precharge and activate */
    uint32_t turnaround;       /* lost on the data bus between a read and a write */
    uint32_t banks, row_bytes; /* powers of two; neighbouring rows lie in neighbouring banks */
    uint32_t refresh_interval; /* 0: no refresh */
    uint32_t refresh_cycles;   /* the memory stands still, and all rows are closed after */
    uint32_t outstanding;      /* bursts accepted and not answered, each direction */
    uint32_t stall_percent;    /* how often ready, rvalid and bvalid are held back, each at random; below 100 */
    uint32_t interleave;       /* not 0: beats of reads with different ids come in random order of ids */
    uint64_t seed;
    uint64_t error_base, error_limit; /* bursts that touch [base, limit) are answered with SLVERR */
};

/* Defaults: 16-bit DDR3 at 8 bus bytes and about 100 MHz behind a small controller. */
struct quin_dram_params quin_dram_ddr3(uint32_t bus_bytes);
/* One beat in every cycle, a latency of two cycles, nothing else. */
struct quin_dram_params quin_dram_ideal(uint32_t bus_bytes);

/* The signals of the port; the first block is driven by the master, the second by the memory. */
struct quin_dram_axi {
    int ar_valid, aw_valid, w_valid, r_ready, b_ready, w_last;
    uint64_t ar_addr, aw_addr;
    uint32_t ar_len, aw_len; /* beats - 1, INCR, full width */
    uint32_t ar_id, aw_id;
    uint8_t w_data[QUIN_DRAM_BUS_MAX];
    uint64_t w_strb; /* bit i: byte i is written */

    int ar_ready, aw_ready, w_ready, r_valid, b_valid, r_last;
    uint32_t r_id, b_id, r_resp, b_resp;
    uint8_t r_data[QUIN_DRAM_BUS_MAX];
};

struct quin_dram_stats {
    uint64_t cycles;
    uint64_t read_bursts, write_bursts, read_beats, write_beats;
    uint64_t busy_cycles;    /* with at least one burst under way */
    uint64_t row_hits, row_misses, refreshes;
    uint64_t master_stalls;  /* cycles in which a read beat waited for r_ready */
};

struct quin_dram;

/* A memory of `bytes` bytes from address 0 on, that the caller owns; NULL if there is no room or params are wrong.
 * Bursts beyond its end are answered with DECERR. */
struct quin_dram *quin_dram_create(const struct quin_dram_params *params, uint8_t *memory, uint64_t bytes);
void quin_dram_destroy(struct quin_dram *dram);

/* One rising clock edge. In: all signals as they stood before it. Out: the memory's signals after it. */
void quin_dram_tick(struct quin_dram *dram, struct quin_dram_axi *axi);

/* Not 0: takes bursts, and never answers them. */
void quin_dram_set_silent(struct quin_dram *dram, int silent);
/* Bursts that touch [base, limit) are answered with SLVERR from here on; base = limit: none. */
void quin_dram_set_error(struct quin_dram *dram, uint64_t base, uint64_t limit);

const struct quin_dram_stats *quin_dram_stats(const struct quin_dram *dram);
void quin_dram_clear_stats(struct quin_dram *dram);

/* Breaches of AXI by the master that the memory noticed, and the first one in words ("" if none). */
uint64_t quin_dram_breaches(const struct quin_dram *dram, const char **text);

#ifdef __cplusplus
}
#endif

#endif
