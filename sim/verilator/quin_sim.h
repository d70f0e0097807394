/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilated device with its DRAM model, as a shared object with one C entry: registers, memory, cycles, retired
 * commands. One object is built for each configuration; the driver's backend "rtl" loads it.
 */
#ifndef QUIN_SIM_H
#define QUIN_SIM_H

#include <stddef.h>
#include <stdint.h>

#include "contract.h"
#include "dram.h"

#ifdef __cplusplus
extern "C" {
#endif

struct quin_sim;

/* Called for every command that retires; unit is an enum quin_unit. */
typedef void quin_sim_retire_fn(void *user, uint32_t unit, const struct quin_retire *record);
/* Called for every register write that reaches the accelerator, of host and firmware alike, in order. */
typedef void quin_sim_write_fn(void *user, uint32_t offset, uint32_t value);
/* The device's counters [QUIN_COUNTERS] at a cycle. */
typedef void quin_sim_sample_fn(void *user, uint64_t cycle, const uint64_t *counters);

struct quin_sim_options {
    uint64_t dram_bytes;                  /* zeroed */
    const struct quin_dram_params *dram;  /* NULL: the defaults, of DDR3 or of a memory that never pauses */
    int ideal_memory;                     /* the latter */
    const char *trace;                    /* file for a waveform (FST), 10 ns a cycle; NULL: none */
    uint64_t trace_from, trace_to;        /* cycles that it shows; 0, 0: all */
};

struct quin_sim_api {
    size_t bytes, options_bytes; /* of these two structures as the object knows them */
    const char *config; /* row of configs.def that the object was built for */
    /* A device after reset; NULL: no memory, wrong params, or the trace cannot be written. */
    struct quin_sim *(*create)(const struct quin_sim_options *options);
    void (*destroy)(struct quin_sim *sim);
    /* Both take a cycle or two of the simulation. */
    uint32_t (*reg_read)(struct quin_sim *sim, uint32_t offset);
    void (*reg_write)(struct quin_sim *sim, uint32_t offset, uint32_t value);
    uint8_t *(*memory)(struct quin_sim *sim, uint64_t *bytes); /* the DRAM; takes no time */
    uint32_t (*scratchpad)(const struct quin_sim *sim, uint32_t word);
    void (*run)(struct quin_sim *sim, uint64_t cycles);
    /* Runs until the register at `offset` differs from `old` or `most` cycles have passed; returns its value. */
    uint32_t (*wait)(struct quin_sim *sim, uint32_t offset, uint32_t old, uint64_t most);
    uint64_t (*cycles)(const struct quin_sim *sim);
    void (*on_retire)(struct quin_sim *sim, quin_sim_retire_fn *fn, void *user);
    void (*on_write)(struct quin_sim *sim, quin_sim_write_fn *fn, void *user);
    /* Every `period` cycles (not 0), without taking time; fn NULL: no longer. */
    void (*on_sample)(struct quin_sim *sim, uint64_t period, quin_sim_sample_fn *fn, void *user);
    struct quin_dram *(*dram)(struct quin_sim *sim);
    int (*trapped)(const struct quin_sim *sim); /* the firmware's core has stopped at an illegal instruction */
};

/* The object's one symbol. */
const struct quin_sim_api *quin_sim_open(void);

#ifdef __cplusplus
}
#endif

#endif
