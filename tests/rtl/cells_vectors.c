/* SPDX-License-Identifier: Apache-2.0 */
/* Writes vectors for tests/rtl/cells_icarus.sv to standard output, one hexadecimal word a line:
 *   format func sub (a digit each)  a  b  integer (10 digits)  x  q,
 *   add  mul  max  rint  from_int  function  code (4)  code's mask (4); the others have 8 digits */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cells_golden.h"

static void put(uint64_t value, int digits)
{
    printf("%0*" PRIx64, digits, value);
}

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

        /* The worked values, then a part of the corners, then random ones, which lie behind the corners. */
        cells_vector_make(&v, &state, i < 16 ? i : i < count / 2 ? i * 11 : i + 1000000);
        put(v.format, 1);
        put(v.func, 1);
        put(v.sub, 1);
        put(v.a, 8);
        put(v.b, 8);
        put((uint64_t)v.integer & 0xffffffffff, 10);
        put(v.x, 8);
        put(v.q, 8);
        put(v.add, 8);
        put(v.mul, 8);
        put(v.max, 8);
        put(v.rint, 8);
        put(v.from_int, 8);
        put(v.function, 8);
        put(v.code & v.code_mask, 4);
        put(v.code_mask, 4);
        putchar('\n');
    }
    return 0;
}
