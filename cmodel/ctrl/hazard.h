/* SPDX-License-Identifier: Apache-2.0
 *
 * Are the AFTER fields of a program enough? The golden model runs commands one after another; the RTL
 * overlaps them as far as AFTER_* allows. This check keeps the ranges that commands of the three units
 * touched, and which of them are known to have retired when a command starts (a vector clock), and reports
 * every overlap that the fields leave open.
 */
#ifndef QUIN_HAZARD_H
#define QUIN_HAZARD_H

#include <stdint.h>

#include "contract.h"

enum quin_space { QUIN_SPACE_DRAM, QUIN_SPACE_SP };

struct quin_hazard;

struct quin_hazard *quin_hazard_create(void);
void quin_hazard_destroy(struct quin_hazard *h);

/* A run starts: everything before it has retired. */
void quin_hazard_start(struct quin_hazard *h);
/* The next command in program order; its accesses follow. cmd NULL: what follows are the processor's own
 * accesses, which are not checked. */
void quin_hazard_command(struct quin_hazard *h, enum quin_unit unit, const struct quin_cmd *cmd, uint32_t pc);
/* One range the command reads or writes: bytes of DRAM or words of scratchpad. */
void quin_hazard_access(struct quin_hazard *h, enum quin_space space, uint64_t base, uint64_t size,
                        int write);

uint64_t quin_hazard_count(const struct quin_hazard *h);
const char *quin_hazard_first(const struct quin_hazard *h);

#endif
