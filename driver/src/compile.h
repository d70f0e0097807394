/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiles the transformer into the device's two programs (docs/programming.md walks through one):
 *   prefill  T tokens of one slot, causal: rows are tokens
 *   decode   one token of each of T slots: rows are slots in the linear layers, query heads in the attention
 */
#ifndef QUIN_COMPILE_H
#define QUIN_COMPILE_H

#include "layout.h"
#include "program.h"

enum quin_compile_kind { QUIN_COMPILE_PREFILL, QUIN_COMPILE_DECODE };

/* Appends the whole program to p. Errors come out of quin_program_finish. */
void quin_compile(struct quin_program *p, const struct quin_layout *layout, enum quin_compile_kind kind);

#endif
