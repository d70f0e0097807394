/* SPDX-License-Identifier: Apache-2.0
 *
 * Command processor of the golden device: program counter, general registers, retirement.
 */
#ifndef QUIN_PROCESSOR_H
#define QUIN_PROCESSOR_H

#include "state.h"

void quin_processor_start(struct quin_device *dev); /* runs the program from its first command */
void quin_processor_abort(struct quin_device *dev); /* ends a run with QUIN_DERR_ABORT */
void quin_processor_step(struct quin_device *dev);  /* one command of a running program */

#endif
