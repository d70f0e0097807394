/* SPDX-License-Identifier: Apache-2.0
 *
 * Look-ups in the contract's tables, for the golden model and the driver alike.
 */
#include "contract.h"

#include <string.h>

static const struct quin_config configs[] = {
#define QUIN_CONFIG(name, rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits, doc) \
    {#name, rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits},
#include "configs.def"
#undef QUIN_CONFIG
};

const struct quin_config *quin_config_at(uint32_t index)
{
    return index < sizeof configs / sizeof configs[0] ? &configs[index] : 0;
}

const struct quin_config *quin_config_find(const char *name)
{
    for (uint32_t i = 0; i < sizeof configs / sizeof configs[0]; i++)
        if (!strcmp(configs[i].name, name))
            return &configs[i];
    return 0;
}

const char *quin_device_error_text(uint32_t code)
{
    switch (code) {
#define QUIN_DEVICE_ERROR(name, number, text) \
    case number:                              \
        return text;
#include "errors.def"
#undef QUIN_DEVICE_ERROR
    default:
        return "an unknown error";
    }
}
