/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the firmware: which slots a run serves, its registers, and what follows from its result.
 */
#ifndef QUIN_SCHEDULE_H
#define QUIN_SCHEDULE_H

#include "firmware.h"

/* firmware.c */
uint32_t quin_fw_reg(const struct quin_fw *fw, uint32_t offset);
void quin_fw_set(const struct quin_fw *fw, uint32_t offset, uint32_t value);
void quin_fw_set64(const struct quin_fw *fw, uint32_t offset, uint64_t value);
uint32_t quin_fw_completion_space(const struct quin_fw *fw);
void quin_fw_complete(const struct quin_fw *fw, const struct quin_completion *c);

/* schedule.c */
int quin_fw_accept(struct quin_fw *fw, const struct quin_submission *sub); /* 0: not yet, its slot is busy */
int quin_fw_start_run(struct quin_fw *fw);                                 /* 0: nothing to do */
void quin_fw_finish_run(struct quin_fw *fw, uint32_t error);

#endif
