/* SPDX-License-Identifier: Apache-2.0 */
/* Operands for the binary32 cells and what the golden model makes of them: shared by the Verilator harness
 * (C++) and the writer of the vector file for the Icarus bench. */
#ifndef QUIN_TESTS_RTL_CELLS_GOLDEN_H
#define QUIN_TESTS_RTL_CELLS_GOLDEN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One operand for each cell and its results, as bits. */
struct cells_vector {
    uint32_t a, b, sub;   /* add, mul, max */
    int64_t integer;      /* from_int: -2^39 .. 2^39 - 1 */
    uint32_t func, x;     /* quin_func, rint */
    uint32_t format, q;   /* to_int8 */
    uint32_t add, mul, max, rint, from_int, function, code;
    uint32_t code_mask;   /* the bits of code that have a meaning */
};

/* Fills *v with vector index of the run that *state (not 0) began. The first ones walk through all pairs of
 * corner operands and all values of the packed formats, the others are random. */
void cells_vector_make(struct cells_vector *v, uint64_t *state, uint64_t index);

/* Next random number; *state must not be 0. */
uint64_t cells_random(uint64_t *state);

#ifdef __cplusplus
}
#endif

#endif
