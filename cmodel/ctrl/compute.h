/* SPDX-License-Identifier: Apache-2.0
 *
 * The device's means of computing: kernel, threads and their memory.
 */
#ifndef QUIN_COMPUTE_H
#define QUIN_COMPUTE_H

#include "state.h"

/* Ends the threads and frees the memory; the device has no kernel afterwards. */
void quin_compute_release(struct quin_device *dev);

#endif
