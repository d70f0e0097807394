/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: engines on models that do not come from a file.
 */
#ifndef QUIN_ENGINE_H
#define QUIN_ENGINE_H

#include "backend.h"
#include "contract.h"
#include "layout.h"
#include "model.h"
#include "quintrit.h"

enum quin_err quin_engine_open_model(const struct quin_model *model, const struct quin_engine_options *options,
                                     const struct quin_progress *progress, struct quin_engine **engine,
                                     struct quin_msg *msg);
const struct quin_layout *quin_engine_layout(const struct quin_engine *engine);
void quin_engine_device(const struct quin_engine *engine, const struct quin_backend **backend, void **device);

/* Observes every command of the engine's device (backend.h); false where the backend cannot look inside. */
bool quin_engine_observe(struct quin_engine *engine, void (*fn)(void *user, uint32_t command, const uint32_t *sp),
                         void *user);

#endif
