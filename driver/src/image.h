/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a compiled model into a device's DRAM: programs, constants, packed weights, embedding, descriptor.
 */
#ifndef QUIN_IMAGE_H
#define QUIN_IMAGE_H

#include "layout.h"
#include "model.h"
#include "quin_err.h"

/* Where the image goes; write returns QUIN_OK or an error with its message in msg. */
struct quin_image_sink {
    void *ctx;
    enum quin_err (*write)(void *ctx, uint64_t address, const void *data, size_t bytes, struct quin_msg *msg);
};

/* Everything but the KV cache, which needs no initial value. progress may be NULL. */
enum quin_err quin_image_write(const struct quin_layout *layout, const struct quin_model *model,
                               const struct quin_image_sink *sink, const struct quin_progress *progress,
                               struct quin_msg *msg);

#endif
