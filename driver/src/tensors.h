/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: compares the tensors inside each layer, as the device computes them, with the float reference's.
 */
#ifndef QUIN_TENSORS_H
#define QUIN_TENSORS_H

#include "engine.h"
#include "reference.h"

struct quin_tensors; /* opaque */

/* Watches a decode run of engine, which must have one slot. QUIN_OK with *out NULL where the backend cannot look
 * inside. */
enum quin_err quin_tensors_create(struct quin_engine *engine, struct quin_reference *reference, double tolerance,
                                  struct quin_tensors **out, struct quin_msg *msg);
void quin_tensors_free(struct quin_tensors *t);

/* Before the reference, then the device, compute a position. */
void quin_tensors_position(struct quin_tensors *t, size_t position);
/* Notes the first difference and how many tensors were compared. MEMORY if the reference's could not be kept. */
enum quin_err quin_tensors_result(const struct quin_tensors *t, struct quin_verify_result *result, struct quin_msg *msg);

#endif
