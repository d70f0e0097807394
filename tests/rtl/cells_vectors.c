/* SPDX-License-Identifier: Apache-2.0 */
/* Writes vectors for tests/rtl/cells_icarus.sv to standard output, one hexadecimal word a line:
 *   format func sub (a digit each) a b integer (10 digits) x q | add mul max rint from_int function code (4) mask (4) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cells_golden.h"

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 4096;
    uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

    if (state == 0) {
        fprintf(stderr, "cells_vectors: the seed must not be 0; usage: cells_vectors [COUNT [SEED]]\n");
        return 1;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct cells_vector v;

        /* Half from the corners at the start, half from the random ones behind them. */
        cells_vector_make(&v, &state, i < count / 2 ? i * 11 : i + 1000000);
        printf("%" PRIx32 "%" PRIx32 "%" PRIx32 "%08" PRIx32 "%08" PRIx32 "%010" PRIx64 "%08" PRIx32 "%08" PRIx32,
               v.format, v.func, v.sub, v.a, v.b, (uint64_t)v.integer & 0xffffffffff, v.x, v.q);
        printf("%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%04" PRIx32 "%04" PRIx32 "\n",
               v.add, v.mul, v.max, v.rint, v.from_int, v.function, v.code & v.code_mask, v.code_mask);
    }
    return 0;
}
