/* SPDX-License-Identifier: Apache-2.0
 *
 * The array, one k at a time. A byte falls through five columns; each peels off one trit with an add:
 * 3 * q is trit * 256 + remainder. A PE adds or subtracts its row's activation in eight bits.
 */
#include "array.h"

#include <string.h>

void quin_array_clear(struct quin_array *a, uint32_t rows, uint32_t columns)
{
    a->rows = rows;
    a->columns = columns;
    for (uint32_t r = 0; r < rows; r++) {
        memset(a->lo[r], 0, columns * sizeof a->lo[r][0]);
        memset(a->hi[r], 0, columns * sizeof a->hi[r][0]);
        memset(a->wraps[r], 0, columns * sizeof a->wraps[r][0]);
    }
}

/* acc8 += operand; the sum wraps, and the wrap is counted up or down. */
static void row_add(int16_t *restrict lo, int16_t *restrict hi, int16_t *restrict wraps, const int16_t *restrict trit,
                    uint32_t columns, int16_t activation)
{
    for (uint32_t c = 0; c < columns; c++) {
        int16_t sum = (int16_t)(lo[c] + trit[c] * activation);
        int16_t wrap = (int16_t)(sum >> 8); /* -1, 0 or +1 */
        lo[c] = sum & 255;
        hi[c] = (int16_t)(hi[c] + wrap);
        wraps[c] = (int16_t)(wraps[c] + (wrap & 1));
    }
}

void quin_array_step(struct quin_array *a, const uint8_t *beat, const int8_t *activation)
{
    int16_t trit[QUIN_ARRAY_COLUMNS];
    uint32_t nonzero = 0;
    for (uint32_t c = 0; c < a->columns; c += 5) {
        uint32_t q = beat[c / 5];
        for (uint32_t i = 0; i < 5; i++) {
            q *= 3;
            trit[c + i] = (int16_t)((q >> 8) - 1);
            nonzero += trit[c + i] & 1;
            q &= 255;
        }
    }
    a->slots += (uint64_t)a->rows * a->columns;
    for (uint32_t r = 0; r < a->rows; r++) {
        if (!activation[r])
            continue;
        a->adds += nonzero;
        row_add(a->lo[r], a->hi[r], a->wraps[r], trit, a->columns, activation[r]);
    }
}

uint64_t quin_array_wraps(const struct quin_array *a)
{
    uint64_t total = 0;
    for (uint32_t r = 0; r < a->rows; r++)
        for (uint32_t c = 0; c < a->columns; c++)
            total += (uint16_t)a->wraps[r][c];
    return total;
}
