/* SPDX-License-Identifier: Apache-2.0
 *
 * MATMUL: y[r][n] = (float(sum_k x[r][k] * w[n][k]) * rscale[r]) * cscale[n], tile after tile of a stream.
 * A tile is k beats of W bytes, then (if COLUMN_SCALES) one binary32 for each of its channels.
 */
#include <string.h>

#include "array.h"
#include "f32.h"
#include "memory.h"

struct matmul {
    uint32_t rows, k, n, trits, columns, channels; /* channels: output channels of a tile */
    int column_scales;
    float column_scale;                 /* the one for all, if not column_scales */
    float row_scale[QUIN_ARRAY_ROWS];
    const int8_t *act[QUIN_ARRAY_ROWS]; /* [k] */
    uint32_t *dst[QUIN_ARRAY_ROWS];     /* [n], binary32 */
};

/* The value of channel j of the tile: its digit columns joined by Horner, most significant trit first. */
static int64_t join(const struct quin_array *a, uint32_t row, uint32_t channel, uint32_t trits)
{
    int64_t y = 0;
    for (uint32_t d = 0; d < trits; d++)
        y = 2 * y + y + quin_array_sum(a, row, channel * trits + d);
    return y;
}

static uint32_t tile(struct quin_device *dev, const struct matmul *m, struct quin_array *a, uint64_t address,
                     uint32_t first)
{
    uint32_t w = dev->config->stream_bytes, error = QUIN_DERR_NONE;
    uint64_t bytes = (uint64_t)m->k * w + (m->column_scales ? (uint64_t)m->channels * QUIN_SCALE_BYTES : 0);
    const uint8_t *stream = quin_dram_range(dev, address, bytes, QUIN_WINDOW_READ, &error);
    if (!stream)
        return error;
    dev->counter[QUIN_COUNT_STREAM_BYTES] += bytes;
    quin_array_clear(a, m->rows, m->columns);
    for (uint32_t k = 0; k < m->k; k++) {
        int8_t x[QUIN_ARRAY_ROWS];
        for (uint32_t r = 0; r < m->rows; r++)
            x[r] = m->act[r][k];
        quin_array_step(a, stream + (size_t)k * w, x);
    }
    dev->counter[QUIN_COUNT_WRAPS] += quin_array_wraps(a);
    for (uint32_t j = 0; j < m->channels && first + j < m->n; j++) {
        float scale = m->column_scale;
        if (m->column_scales)
            memcpy(&scale, stream + (size_t)m->k * w + (size_t)j * QUIN_SCALE_BYTES, sizeof scale);
        for (uint32_t r = 0; r < m->rows; r++) {
            float y = quin_f32_from_i64(join(a, r, j, m->trits));
            y = quin_f32_mul(quin_f32_mul(y, m->row_scale[r]), scale);
            m->dst[r][first + j] = quin_f32_bits(y);
            quin_checksum(dev, first + j, quin_f32_bits(y));
        }
    }
    return QUIN_DERR_NONE;
}

/* Operands of every row; checks fields, alignment and ranges. */
static uint32_t prepare(struct quin_device *dev, const struct quin_cmd *cmd, struct matmul *m)
{
    uint32_t precision = QUIN_GET(cmd, MATMUL, PRECISION), error = QUIN_DERR_NONE;
    uint32_t act = QUIN_GET(cmd, MATMUL, ACT_BASE), act_row = QUIN_GET(cmd, MATMUL, ACT_ROW_STRIDE);
    uint32_t dst = QUIN_GET(cmd, MATMUL, DST_BASE), dst_row = QUIN_GET(cmd, MATMUL, DST_ROW_STRIDE);
    if (precision > QUIN_PRECISION_D10)
        return QUIN_DERR_FIELD;
    m->trits = precision == QUIN_PRECISION_D1 ? 1 : precision == QUIN_PRECISION_D5 ? 5 : 10;
    m->columns = QUIN_TRITS_BYTE * dev->config->stream_bytes;
    m->channels = m->columns / m->trits;
    m->rows = quin_rows(dev, cmd);
    m->k = quin_limit(dev, QUIN_GET(cmd, MATMUL, K), QUIN_GET(cmd, MATMUL, K_LIMIT));
    m->n = quin_limit(dev, QUIN_GET(cmd, MATMUL, N), QUIN_GET(cmd, MATMUL, N_LIMIT));
    m->column_scales = (int)QUIN_GET(cmd, MATMUL, COLUMN_SCALES);
    if (m->rows > dev->config->rows || !m->k || m->k > 1u << (dev->config->carry_bits - 1))
        return QUIN_DERR_FIELD;
    if ((act | act_row | dst | dst_row) % QUIN_SP_ALIGN_WORDS)
        return QUIN_DERR_ALIGN;
    m->column_scale = 1.0f;
    if (!m->column_scales) {
        uint32_t *scale = quin_sp_range(dev, QUIN_GET(cmd, MATMUL, CSCALE_BASE), 1, 0, &error);
        if (!scale)
            return error;
        m->column_scale = quin_f32_from_bits(*scale);
    }
    for (uint32_t r = 0; r < m->rows; r++) {
        uint64_t scale_at = QUIN_GET(cmd, MATMUL, RSCALE_BASE) +
                            (uint64_t)r * QUIN_GET(cmd, MATMUL, RSCALE_ROW_STRIDE);
        uint32_t *scale = quin_sp_range(dev, scale_at, 1, 0, &error);
        uint32_t *x = quin_sp_range(dev, act + (uint64_t)r * act_row, quin_words(m->k), 0, &error);
        uint32_t *y = quin_sp_range(dev, dst + (uint64_t)r * dst_row, m->n, 1, &error);
        if (!scale || !x || !y)
            return error;
        m->row_scale[r] = quin_f32_from_bits(*scale);
        m->act[r] = (const int8_t *)x;
        m->dst[r] = y;
    }
    return QUIN_DERR_NONE;
}

uint32_t quin_matmul_execute(struct quin_device *dev, const struct quin_cmd *cmd)
{
    static _Thread_local struct quin_array array;
    struct matmul m;
    uint32_t error = prepare(dev, cmd, &m);
    if (error)
        return error;
    uint64_t address = quin_cmd_get(cmd, QUIN_F_MATMUL_DRAM_OFFSET) + dev->greg[QUIN_GET(cmd, MATMUL, BASE_REG)];
    uint64_t stride = quin_cmd_get(cmd, QUIN_F_MATMUL_TILE_STRIDE);
    if (QUIN_GET(cmd, MATMUL, ROW_ENABLE))
        address += dev->rowreg[QUIN_GET(cmd, MATMUL, ROW_BANK)][QUIN_GET(cmd, MATMUL, ROW_FIRST)];
    if ((address | stride) % dev->config->stream_bytes) {
        dev->error_address = address;
        return QUIN_DERR_ALIGN;
    }
    if (!m.rows)
        return QUIN_DERR_NONE;
    array.adds = array.slots = 0;
    for (uint32_t first = 0; first < m.n && !error; first += m.channels, address += stride)
        error = tile(dev, &m, &array, address, first);
    dev->counter[QUIN_COUNT_ADDS] += array.adds;
    dev->counter[QUIN_COUNT_ADDS_SKIPPED] += array.slots - array.adds;
    if (!error)
        dev->counter[QUIN_COUNT_DRAIN_VALUES] += (uint64_t)m.rows * m.n;
    return error;
}
