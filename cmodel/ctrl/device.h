/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden model of the device, as a host or its firmware sees it: registers, DRAM, and a run of commands.
 * It has the device's results and counts bit for bit, and no time: a command is one step.
 */
#ifndef QUIN_DEVICE_H
#define QUIN_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "contract.h"

struct quin_device;

/* Called after every command that retires or fails; error is an enum quin_device_error. */
typedef void quin_retire_hook(void *user, const struct quin_retire *record, const struct quin_cmd *cmd, uint32_t error);

/* A device after reset with dram_bytes of zeroed memory at address 0; NULL if there is no memory for it. */
struct quin_device *quin_device_create(const struct quin_config *config, uint64_t dram_bytes);
void quin_device_destroy(struct quin_device *dev);

/* How the device computes. No result and no counter depends on it, except that WRAPS stays as it is without count_wraps:
 * it is the one count that needs every partial sum of every PE. */
struct quin_compute {
    const char *kernel;  /* of cmodel/array/kernel.h; NULL: the best that the processor can run */
    uint32_t threads;    /* 0: one for each processor */
    int no_wraps;        /* do not count WRAPS */
};

/* Returns 0, with nothing changed, if there is no such kernel or no memory or thread to be had, else 1. After create a
 * device has the best kernel, one thread, and counts WRAPS. */
int quin_device_compute(struct quin_device *dev, const struct quin_compute *how);

/* Name of the i-th kernel that the processor can run, best first, and what it is; NULL at the end. */
const char *quin_device_kernel(uint32_t i, const char **doc);

/* 32-bit register access at a byte offset of registers.def. Unknown registers read as 0 and ignore writes. */
uint32_t quin_device_reg_read(struct quin_device *dev, uint32_t offset);
void quin_device_reg_write(struct quin_device *dev, uint32_t offset, uint32_t value);

/* DRAM as host and firmware see it; returns 0 if the range does not lie in the DRAM, else 1. */
int quin_device_mem_read(struct quin_device *dev, uint64_t address, void *data, size_t bytes);
int quin_device_mem_write(struct quin_device *dev, uint64_t address, const void *data, size_t bytes);

/* Executes at most `commands` commands of the running program; returns how many it executed. */
uint32_t quin_device_step(struct quin_device *dev, uint32_t commands);

/* The scratchpad, [config->scratchpad_words], for observers. */
const uint32_t *quin_device_scratchpad(const struct quin_device *dev);

void quin_device_set_retire_hook(struct quin_device *dev, quin_retire_hook *hook, void *user);

/* Checks that the AFTER fields of executed commands cover every dependence (ctrl/hazard.h); off after create. */
int quin_device_check_hazards(struct quin_device *dev, int on);
/* Conflicts found so far, and the first one in words (empty if none). */
uint64_t quin_device_hazards(const struct quin_device *dev, char text[256]);

#endif
