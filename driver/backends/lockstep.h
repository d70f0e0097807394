/* SPDX-License-Identifier: Apache-2.0
 *
 * Lockstep: a golden device gets every register and memory write that the device under test gets, and executes each
 * command when the other reports it retired. Retire records are compared; at the first difference the memories too.
 */
#ifndef QUIN_LOCKSTEP_H
#define QUIN_LOCKSTEP_H

#include <stddef.h>
#include <stdint.h>

#include "contract.h"

struct quin_lockstep;

/* A word of the scratchpad of the device under test. */
typedef uint32_t quin_lockstep_peek(const void *device, uint32_t word);

/* Told of every command that the golden device executes, before the other's is compared with it. */
typedef void quin_lockstep_command_fn(void *user, uint32_t index, const struct quin_cmd *cmd);

/* NULL: no memory. */
struct quin_lockstep *quin_lockstep_create(const struct quin_config *config, uint64_t dram_bytes, quin_lockstep_peek *peek,
                                           const void *device);
void quin_lockstep_destroy(struct quin_lockstep *l);

/* What the device under test gets: 0 if the range does not lie in the DRAM. */
void quin_lockstep_reg_write(struct quin_lockstep *l, uint32_t offset, uint32_t value);
int quin_lockstep_mem_write(struct quin_lockstep *l, uint64_t address, const void *data, size_t bytes);
/* What it reports, when it reports it. */
void quin_lockstep_retired(struct quin_lockstep *l, const struct quin_retire *record);

void quin_lockstep_on_command(struct quin_lockstep *l, quin_lockstep_command_fn *fn, void *user);
/* General register i of the golden device; inside the function above: as the command saw it. */
uint64_t quin_lockstep_greg(const struct quin_lockstep *l, uint32_t i);

/* Commands that differ, of how many, and the first in words ("" if none). */
uint64_t quin_lockstep_differences(const struct quin_lockstep *l, uint64_t *compared, char text[256]);

#endif
