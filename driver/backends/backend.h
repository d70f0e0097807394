/* SPDX-License-Identifier: Apache-2.0
 *
 * What a device is to the driver: registers, DRAM and a way to wait. One row of the table in backend.c for each of
 * golden model, simulation and boards; tests/driver/test_backend.c holds all of them to the same behaviour.
 */
#ifndef QUIN_BACKEND_H
#define QUIN_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quin_err.h"
#include "quintrit.h"

struct quin_backend_options {
    const char *config;  /* a row of configs.def */
    uint64_t dram_bytes; /* DRAM wanted */
    bool check_hazards;  /* where the backend can */
    uint32_t threads;    /* cmodel; see quin_engine_options */
    const char *kernel;
    bool no_wraps;
    bool ideal_memory;   /* simulated memory: a beat in every cycle, for benches */
    struct quin_observation observation;
};

/* Told of every command that retires: its place in the program, and the scratchpad's words after it. */
typedef void quin_observe_fn(void *user, uint32_t command, const uint32_t *scratchpad);

struct quin_backend {
    const char *name;
    const char *doc;
    /* A device after reset, its firmware running. Errors: ARG (configuration), MEMORY, DEVICE. */
    enum quin_err (*open)(const struct quin_backend_options *options, void **device, struct quin_msg *msg);
    void (*close)(void *device);
    enum quin_err (*reg_read)(void *device, uint32_t offset, uint32_t *value, struct quin_msg *msg);
    enum quin_err (*reg_write)(void *device, uint32_t offset, uint32_t value, struct quin_msg *msg);
    enum quin_err (*mem_read)(void *device, uint64_t address, void *data, size_t bytes, struct quin_msg *msg);
    enum quin_err (*mem_write)(void *device, uint64_t address, const void *data, size_t bytes, struct quin_msg *msg);
    /* Returns when the register at `offset` no longer holds `old`; DEVICE if nothing on the device could change it
     * any more, or it took too long. */
    enum quin_err (*wait)(void *device, uint32_t offset, uint32_t old, struct quin_msg *msg);
    /* Conflicts that check_hazards found and the first in words; NULL where the backend cannot tell. */
    uint64_t (*hazards)(void *device, char text[256]);
    /* From here on fn sees every command; fn NULL: no longer. NULL where the backend cannot look inside. */
    void (*observe)(void *device, quin_observe_fn *fn, void *user);
    /* Commands whose result differs from the golden model's, of how many compared, and the first in words; NULL where
     * nothing is compared. */
    uint64_t (*differences)(void *device, uint64_t *compared, char text[256]);
};

/* Row i of the table, NULL beyond the last; or the row of a name, NULL if there is none. */
const struct quin_backend *quin_backend_at(size_t i);
const struct quin_backend *quin_backend_find(const char *name);

extern const struct quin_backend quin_backend_cmodel;
extern const struct quin_backend quin_backend_rtl;

#endif
