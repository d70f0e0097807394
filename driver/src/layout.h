/* SPDX-License-Identifier: Apache-2.0
 *
 * Where everything of a compiled model stands: DRAM addresses of weights, constants, KV cache and queues, and for each
 * of the two programs the places of its buffers in the scratchpad. docs/formats.md has the pictures.
 */
#ifndef QUIN_LAYOUT_H
#define QUIN_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "contract.h"
#include "model.h"
#include "program.h"
#include "quin_err.h"

/* How exact the parts are that BitNet leaves open. */
struct quin_precision {
    uint32_t kv_trits;       /* of a K or V value: 5 or 10 */
    uint32_t head_trits;     /* of an lm_head weight: 5 or 10 */
    uint32_t attention_bits; /* of a query and of a probability: 8, or 16 as two int8 rows */
    uint32_t activation_bits; /* of a projection's input: likewise; BitNet itself has 8, and more would be another model */
    uint32_t head_bits;       /* of the lm_head's input: likewise */
};

/* A matrix as a stream in DRAM. */
struct quin_stream {
    uint64_t offset; /* from the layer's start, or an address for the lm_head */
    uint32_t k, n, tiles;
    uint32_t precision; /* QUIN_PRECISION_* */
    uint32_t channels;  /* of a tile */
    int column_scales;
    uint64_t tile_bytes;
};

/* Constants at the start of a layer, binary32. */
enum quin_constant_place { QUIN_CONST_SCALES, QUIN_CONST_ATTN, QUIN_CONST_ATTN_SUB, QUIN_CONST_FFN, QUIN_CONST_FFN_SUB,
                           QUIN_CONSTS };

#define QUIN_SCALE_WORDS 16 /* the seven tensor scales, in the order of enum quin_projection, padded; word 7 is 1.0 */
#define QUIN_SCALE_ONE 7

/* Columns [first, first + n) of a matrix that is computed block by block. */
struct quin_block {
    uint32_t first, n;
};

/* Buffers of one program, in scratchpad words. Scalars of a row (and head) lie 16-word aligned per row. */
struct quin_buffers {
    uint32_t rows;      /* T: tokens of a prefill run, slots of a decode run */
    uint32_t att_rows;  /* tokens whose attention is computed at a time: T, or 1 when decoding */
    uint32_t positions; /* P: positions of a block of attention */
    uint32_t ffn_block, head_block; /* columns computed at a time */
    struct quin_view x;             /* [T][dim] residual */
    struct quin_view rope;          /* [T][head_size]: cosines, then sines */
    struct quin_view scales;        /* tensor scales of the layer */
    struct quin_view gain, ffn_gain;
    struct quin_view act, act_low;  /* [T][max(dim, heads * head_size, ffn)] int8; low parts of 16 bits */
    struct quin_view norm;          /* [T][max(dim, heads * head_size)] normed input before it is quantised */
    struct quin_view q, k, v;       /* [T][heads or kv_heads][head_size] */
    struct quin_view out;           /* [T][heads][head_size] sum of values */
    struct quin_view part;          /* [T][heads][head_size] of one block; RoPE's products; y of a projection */
    struct quin_view part2;         /* the same size, for RoPE's other product and 16-bit attention */
    struct quin_view q8, q8_low;    /* [T][heads][head_size] int8 */
    struct quin_view k8, v8;        /* [T][kv_heads][head_size] packed bytes */
    struct quin_view score, score2; /* [att_rows][heads][P] */
    struct quin_view p8, p8_low;    /* [att_rows][heads][P] int8 */
    struct quin_view v_scale;       /* [kv_heads][P] */
    struct quin_view gate[2], up[2], temp; /* [T][ffn_block] */
    struct quin_view hidden;        /* [T][ffn] */
    struct quin_view logits[2];     /* [T][head_block] */
    struct quin_view logits_low;    /* [T][head_block], for a head with 16-bit input */
    struct quin_view row[5];        /* [T] scalars of a row */
    struct quin_view head[8];       /* [T][heads] scalars of a head */
    struct quin_view best[2];       /* [T][2] */
    uint32_t words;                 /* used in all */
};

struct quin_layout {
    struct quin_config config;
    struct quin_hyper hyper;
    struct quin_precision precision;
    uint32_t context, slots; /* positions of a slot, slots */

    struct quin_stream proj[QUIN_PROJS]; /* within a layer */
    uint64_t constant[QUIN_CONSTS];      /* within a layer, bytes */
    uint32_t constant_words[QUIN_CONSTS];
    uint64_t layer_bytes;
    struct quin_stream head;

    /* KV cache of a slot and layer: K streams, V streams, V scales, each for one KV head after the other */
    uint32_t value_bytes;     /* of a K or V value: 1 or 2 */
    uint32_t k_tile_positions, k_tile_bytes;
    uint64_t k_head_bytes, v_head_bytes, v_scale_head_bytes, v_tile_bytes;
    uint64_t v_offset, v_scale_offset, kv_layer_bytes, slot_bytes;

    struct quin_buffers prefill, decode;

    /* DRAM addresses, in the order in which they stand */
    uint64_t descriptor, submissions, completions, tokens, retires, prefill_program, decode_program, rope, output_norm;
    uint64_t layers, head_at, embedding, constant_end; /* windows: [programs, constant_end) read only, the rest read and write */
    uint64_t kv, logits, host_logits, best, dram_bytes;
    uint32_t best_blocks, program_capacity;
};

/* Ring sizes and token room the driver uses. */
#define QUIN_SQ_ENTRIES 16u
#define QUIN_CQ_ENTRIES 1024u
#define QUIN_RETIRE_ENTRIES 0u

/* Finds a layout for the model on the configuration: the most rows that the scratchpad holds, then the largest blocks.
 * context 0 means the model's. Errors: ARG, RANGE (does not fit; the message names what), UNSUPPORTED. */
enum quin_err quin_layout_make(struct quin_layout *layout, const struct quin_config *config,
                               const struct quin_hyper *hyper, const struct quin_precision *precision, uint32_t context,
                               uint32_t slots, struct quin_msg *msg);

static inline uint64_t quin_align(uint64_t x, uint64_t unit)
{
    return (x + unit - 1) / unit * unit;
}

#endif
