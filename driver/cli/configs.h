/* SPDX-License-Identifier: Apache-2.0
 *
 * The configurations that the hardware is described in.
 */
#ifndef QUIN_CONFIGS_H
#define QUIN_CONFIGS_H

#include <stdbool.h>

bool quin_configs_has(const char *name);
void quin_configs_print(void); /* a table on stdout */

#endif
