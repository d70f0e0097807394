/* SPDX-License-Identifier: Apache-2.0
 *
 * The configurations, read from the one table that RTL, golden model and driver share.
 */
#include "configs.h"

#include <stdio.h>
#include <string.h>

#include "quintrit.h"

static const struct config {
    const char *name;
    unsigned rows, stream_bytes, lanes, bus_bytes, scratchpad_words;
    const char *doc;
} configs[] = {
#define QUIN_CONFIG(name, rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits, doc) \
    {#name, rows, stream_bytes, lanes, bus_bytes, scratchpad_words, doc},
#include "configs.def"
#undef QUIN_CONFIG
};

enum { CONFIGS = sizeof configs / sizeof configs[0], TRITS_A_BYTE = 5 };

bool quin_configs_has(const char *name)
{
    for (int i = 0; i < CONFIGS; i++)
        if (!strcmp(name, configs[i].name))
            return true;
    return false;
}

void quin_configs_print(void)
{
    printf("%-8s %5s %8s %6s %9s %11s  %s\n", "name", "rows", "columns", "lanes", "bus", "scratchpad", "for");
    for (int i = 0; i < CONFIGS; i++) {
        const struct config *c = &configs[i];
        printf("%-8s %5u %8u %6u %6u bit %7u KiB  %s\n", c->name, c->rows, c->stream_bytes * TRITS_A_BYTE,
               c->lanes, c->bus_bytes * 8, c->scratchpad_words / 256, c->doc);
    }
    puts("\nkernels of the golden model on this processor, the default first");
    const char *name, *doc;
    for (uint32_t i = 0; (name = quin_engine_kernel(i, &doc)) != NULL; i++)
        printf("%-8s %s\n", name, doc);
}
