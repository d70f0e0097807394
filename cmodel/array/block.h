/* SPDX-License-Identifier: Apache-2.0
 *
 * What the SIMD kernels share: a group is worked off in blocks of beats. The bytes and the activations of a block lie
 * in plain arrays, padded to a multiple of four beats by zeros, and each row has a list of its nonzero activations.
 */
#ifndef QUIN_ARRAY_BLOCK_H
#define QUIN_ARRAY_BLOCK_H

#include <string.h>

#include "kernel.h"

#define QUIN_BEATS 64 /* of a block; a 16-bit sum of 32 pairs of AVX2 stays within its bits */

struct quin_entry {
    uint32_t table;     /* bytes -x, 0, x, 0: the product of x with trit code 0, 1, 2 */
    uint16_t beat;
    uint16_t negative;  /* x < 0 */
};

struct quin_block {
    const uint8_t *bytes; /* [beats with padding][QUIN_LANES]: in `byte`, or where the stream is */
    _Alignas(64) uint8_t byte[QUIN_BEATS][QUIN_LANES];
    _Alignas(64) int8_t x[QUIN_KERNEL_ROWS][QUIN_BEATS];
    uint8_t active[QUIN_BEATS]; /* rows with an activation that is not zero */
    uint32_t beats;             /* of this block, without the padding */
    uint32_t entries[QUIN_KERNEL_ROWS];
    struct quin_entry entry[QUIN_KERNEL_ROWS][QUIN_BEATS];
};

/* Bytes of beats k .. k + beats - 1 of all tiles of a group, with padding to a multiple of four beats. */
static inline void quin_block_bytes(uint8_t (*byte)[QUIN_LANES], const struct quin_group *g, uint32_t k, uint32_t beats)
{
    uint32_t w = g->stream_bytes;
    for (uint32_t i = 0; i < g->tiles; i++) {
        const uint8_t *from = g->tile[i] + (size_t)k * w;
        uint8_t *to = byte[0] + i * w;
        switch (w) { /* lengths that the compiler knows become moves */
        case 64:
            memcpy(to, from, (size_t)beats * 64);
            break;
        case 16:
            for (uint32_t j = 0; j < beats; j++)
                memcpy(to + j * QUIN_LANES, from + j * 16, 16);
            break;
        case 8:
            for (uint32_t j = 0; j < beats; j++)
                memcpy(to + j * QUIN_LANES, from + j * 8, 8);
            break;
        default:
            for (uint32_t j = 0; j < beats; j++)
                memcpy(to + j * QUIN_LANES, from + (size_t)j * w, w);
        }
    }
    if (g->tiles * w < QUIN_LANES) /* 0x80 is five zeros */
        for (uint32_t j = 0; j < beats; j++)
            memset(byte[j] + g->tiles * w, 0x80, QUIN_LANES - g->tiles * w);
    for (uint32_t j = beats; j % 4; j++)
        memset(byte[j], 0x80, QUIN_LANES);
}

/* Beats k .. k + beats - 1 of stream and activations; returns the beats with those of the padding. in_place: the bytes
 * need not be copied if they lie as they should, for they are only read. */
static inline uint32_t quin_block_fill(struct quin_block *b, const struct quin_group *g, uint32_t k, bool in_place)
{
    const struct quin_acts *acts = g->acts;
    b->beats = acts->k - k < QUIN_BEATS ? acts->k - k : QUIN_BEATS;
    memset(b->active, 0, sizeof b->active);
    memcpy(b->active, acts->active + k, b->beats);
    for (uint32_t r = 0; r < acts->rows; r++) {
        uint32_t n = 0;
        memcpy(b->x[r], acts->row[r] + k, b->beats);
        memset(b->x[r] + b->beats, 0, QUIN_BEATS - b->beats);
        for (uint32_t j = 0; j < b->beats && g->count_wraps; j++) {
            uint32_t x = (uint8_t)b->x[r][j];
            b->entry[r][n] = (struct quin_entry){((0u - x) & 255) | x << 16, (uint16_t)j, (uint16_t)(x >> 7)};
            n += x != 0;
        }
        b->entries[r] = n;
    }
    in_place = in_place && g->stream_bytes == QUIN_LANES && b->beats % 4 == 0;
    b->bytes = in_place ? g->tile[0] + (size_t)k * QUIN_LANES : b->byte[0];
    if (!in_place)
        quin_block_bytes(b->byte, g, k, b->beats);
    return (b->beats + 3) & ~3u;
}

#endif
