/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilated accelerator with its DRAM, as a C library: registers, memory, cycles, and retired commands.
 */
#ifndef QUIN_SIM_H
#define QUIN_SIM_H

#include <stdint.h>

#include "contract.h"
#include "dram.h"

#ifdef __cplusplus
extern "C" {
#endif

struct quin_sim;

/* Called for every command that retires; unit is an enum quin_unit. */
typedef void quin_sim_retire_fn(void *user, uint32_t unit, const struct quin_retire *record);

/* An accelerator after reset with `bytes` bytes of zeroed DRAM; NULL: no memory. params NULL: the DDR3 defaults. */
struct quin_sim *quin_sim_create(uint64_t bytes, const struct quin_dram_params *params);
void quin_sim_destroy(struct quin_sim *sim);
const struct quin_config *quin_sim_config(const struct quin_sim *sim); /* what the model was built for */

/* Both take a cycle or two of the simulation. */
uint32_t quin_sim_reg_read(struct quin_sim *sim, uint32_t offset);
void quin_sim_reg_write(struct quin_sim *sim, uint32_t offset, uint32_t value);

uint8_t *quin_sim_memory(struct quin_sim *sim, uint64_t *bytes); /* the DRAM; takes no time */
void quin_sim_run(struct quin_sim *sim, uint64_t cycles);
uint64_t quin_sim_cycles(const struct quin_sim *sim);
void quin_sim_on_retire(struct quin_sim *sim, quin_sim_retire_fn *fn, void *user);
struct quin_dram *quin_sim_dram(struct quin_sim *sim);

#ifdef __cplusplus
}
#endif

#endif
