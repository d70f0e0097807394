/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of backends.
 */
#include "backend.h"

#include <string.h>

static const struct quin_backend *const backends[] = {&quin_backend_cmodel, &quin_backend_rtl};

const struct quin_backend *quin_backend_at(size_t i)
{
    return i < sizeof backends / sizeof backends[0] ? backends[i] : NULL;
}

const struct quin_backend *quin_backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (!strcmp(backends[i]->name, name))
            return backends[i];
    return NULL;
}
