/* SPDX-License-Identifier: Apache-2.0
 *
 * Packs matrices into streams: tile after tile, k after k, W bytes each (docs/formats.md).
 */
#ifndef QUIN_PACK_H
#define QUIN_PACK_H

#include <stdint.h>

#include "layout.h"

/* One tile of a ternary matrix, trits [s->n][s->k], into out[s->tile_bytes]; w is the device's W. */
void quin_pack_ternary_tile(const struct quin_stream *s, uint32_t w, const int8_t *trits, uint32_t tile, uint8_t *out);

/* One tile of a float matrix, its rows being values [rows][s->k], rows <= s->channels: each row is quantised by its
 * absmax to five or ten trits, and its scale follows the tile. */
void quin_pack_float_tile(const struct quin_stream *s, uint32_t w, const float *values, uint32_t rows, uint8_t *out);

#endif
