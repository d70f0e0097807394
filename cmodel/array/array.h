/* SPDX-License-Identifier: Apache-2.0
 *
 * The output-stationary array: R rows of int8 activations meet C = 5 * W columns of trits.
 * Each PE keeps an 8-bit accumulator `lo` and a signed carry count `hi`; its exact sum is hi * 256 + lo.
 */
#ifndef QUIN_ARRAY_H
#define QUIN_ARRAY_H

#include <stdint.h>

#define QUIN_ARRAY_ROWS 64          /* bound for the arrays here, not for a configuration */
#define QUIN_ARRAY_COLUMNS (5 * 64) /* likewise */

/* One PE for each place; wraps counts the events in which lo passed 0 or 256. */
struct quin_array {
    uint32_t rows, columns;
    int16_t lo[QUIN_ARRAY_ROWS][QUIN_ARRAY_COLUMNS];
    int16_t hi[QUIN_ARRAY_ROWS][QUIN_ARRAY_COLUMNS];
    int16_t wraps[QUIN_ARRAY_ROWS][QUIN_ARRAY_COLUMNS]; /* of this tile; K is below 2^15 */
    uint64_t adds, slots; /* additions done; PE cycles of the rows in use */
};

/* Starts a tile: all sums zero. */
void quin_array_clear(struct quin_array *a, uint32_t rows, uint32_t columns);

/* One k of a tile: a beat of columns / 5 packed bytes, and one activation a row. */
void quin_array_step(struct quin_array *a, const uint8_t *beat, const int8_t *activation /* [rows] */);

/* Exact sum of one PE. */
static inline int32_t quin_array_sum(const struct quin_array *a, uint32_t row, uint32_t column)
{
    return a->hi[row][column] * 256 + a->lo[row][column];
}

/* Wraps of the tile so far. */
uint64_t quin_array_wraps(const struct quin_array *a);

#endif
