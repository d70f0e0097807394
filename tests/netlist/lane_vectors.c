/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors for tests/netlist/lane_netlist.sv on standard output: batches of 16 operand triples for each pair of the
 * lane's operations, and what the golden model makes of them. A hexadecimal line: op1 op2 (a figure each), a b c y. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../cmodel/common/f32.h"
#include "../rtl/cells_golden.h"
#include "contract.h"

enum { OPS = QUIN_VECTOR_OP_MAX + 1, BATCH = 16 };

static float op(uint32_t code, float x, float y)
{
    switch (code) {
    case QUIN_VECTOR_OP_ADD: return quin_f32_add(x, y);
    case QUIN_VECTOR_OP_SUB: return quin_f32_sub(x, y);
    case QUIN_VECTOR_OP_MUL: return quin_f32_mul(x, y);
    case QUIN_VECTOR_OP_MAX: return quin_f32_max(x, y);
    default: return x;
    }
}

int main(int argc, char **argv)
{
    uint32_t batches = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 4;
    uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

    if (state == 0 || batches == 0 || batches > 1000) {
        fprintf(stderr, "lane_vectors: BATCHES is 1..1000, SEED not 0; usage: lane_vectors [BATCHES [SEED]]\n");
        return 1;
    }
    for (uint32_t i = 0; i < OPS * OPS * batches * BATCH; i++) {
        uint32_t pair = i / BATCH % (OPS * OPS);
        struct cells_vector v;

        cells_vector_make(&v, &state, (uint64_t)1000000 + i);
        float a = quin_f32_flush(quin_f32_from_bits(v.a));
        float t = op(pair / OPS, a, quin_f32_from_bits(v.b));
        /* the second operation's operand: free, or close to what it meets */
        uint32_t c = i & 1 ? v.x : quin_f32_bits(t) ^ (uint32_t)(cells_random(&state) >> 62) ^ (i & 2) << 30;
        float y = op(pair % OPS, t, quin_f32_from_bits(c));

        printf("%x%x%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "\n", pair / OPS, pair % OPS, v.a, v.b, c,
               quin_f32_bits(y));
    }
    return 0;
}
