/* SPDX-License-Identifier: Apache-2.0
 *
 * MATMUL: y[r][n] = (float(sum_k x[r][k] * w[n][k]) * rscale[r]) * cscale[n], tile after tile of a stream.
 * A tile is k beats of W bytes, then (if COLUMN_SCALES) one binary32 for each of its channels.
 */
#include <stdatomic.h>
#include <string.h>

#include "array.h"
#include "f32.h"
#include "kernel.h"
#include "memory.h"
#include "pool.h"

enum { SHARED_WORK = 4096 }; /* beats of groups times rows that are worth waking other threads */

struct matmul {
    uint32_t rows, k, n, trits, columns, channels; /* channels: output channels of a tile */
    int column_scales;
    float column_scale;                 /* the one for all, if not column_scales */
    float row_scale[QUIN_ARRAY_ROWS];
    const int8_t *act[QUIN_ARRAY_ROWS]; /* [k] */
    uint32_t *dst[QUIN_ARRAY_ROWS];     /* [n], binary32 */
};

/* Some of the rows. A worker begins with a part of its own, and the vector unit's groups are parted likewise: most of
 * what a thread reads it has written itself, which matters where processors do not share a cache. */
struct part {
    struct quin_acts *acts;
    uint32_t row;      /* its first */
    atomic_uint state; /* of acts */
    atomic_uint next;  /* tile of the next group */
};
enum { UNMADE, IN_THE_MAKING, MADE };

/* Groups of tiles, which workers take in turn; a group's results have places of their own, and the rest are sums. */
struct work {
    struct quin_device *dev;
    const struct matmul *m;
    const uint8_t *stream; /* the first tile */
    uint64_t stride;
    uint32_t tiles, group_tiles, parts;
    bool apart; /* no result falls on an activation */
    struct part part[QUIN_ARRAY_ROWS / QUIN_PART_ROWS];
    atomic_uint checksum;
    atomic_ullong adds, wraps;
};

/* Sums of the first n channels of tile i, as floats. A byte is a channel's value, or half of it, or five channels. */
static void channels(const struct quin_kernel *kernel, const struct quin_group *g, const struct matmul *m, uint32_t row,
                     uint32_t i, uint32_t n, float *y)
{
    uint32_t lane = i * g->stream_bytes;
    if (m->trits == 1 && kernel->join) {
        const int32_t *place[5];
        for (uint32_t p = 0; p < 5; p++)
            place[p] = g->sum[p][row] + lane;
        kernel->join(place, (n + 4) / 5, y);
    } else if (m->trits == 1) {
        float place[5][QUIN_LANES];
        uint32_t lanes = (n + 4) / 5;
        for (uint32_t p = 0; p < 5; p++)
            for (uint32_t b = 0; b < lanes; b++)
                place[p][b] = (float)g->sum[p][row][lane + b];
        for (uint32_t b = 0; b < lanes; b++)
            for (uint32_t p = 0; p < 5; p++)
                y[5 * b + p] = place[p][b];
    } else if (m->trits == 5) {
        for (uint32_t j = 0; j < n; j++)
            y[j] = (float)g->sum[0][row][lane + j];
    } else {
        for (uint32_t j = 0; j < n; j++)
            y[j] = quin_f32_from_i64((int64_t)243 * g->sum[0][row][lane + 2 * j] + g->sum[0][row][lane + 2 * j + 1]);
    }
}

/* Scales and writes the results of tile i of a group, rows from first_row on; returns their checksum. */
static uint32_t drain(const struct quin_kernel *kernel, const struct quin_group *g, const struct matmul *m, uint32_t i,
                      uint32_t first_row, uint32_t first)
{
    uint32_t n = m->n - first < m->channels ? m->n - first : m->channels, checksum = 0;
    float scale[QUIN_ARRAY_COLUMNS], y[QUIN_ARRAY_COLUMNS];
    for (uint32_t j = 0; j < n; j++)
        scale[j] = m->column_scale;
    if (m->column_scales)
        memcpy(scale, g->tile[i] + (size_t)m->k * g->stream_bytes, n * sizeof scale[0]);
    for (uint32_t r = 0; r < g->acts->rows; r++) {
        uint32_t *dst = m->dst[first_row + r] + first;
        float factor = m->row_scale[first_row + r];
        channels(kernel, g, m, r, i, n, y);
        if (kernel->scale && kernel->scale(y, factor, scale, dst, first, n, &checksum))
            continue;
        for (uint32_t j = 0; j < n; j++) {
            dst[j] = quin_f32_bits(quin_f32_mul(quin_f32_mul(y[j], factor), scale[j]));
            checksum += quin_checksum_term(first + j, dst[j]);
        }
    }
    return checksum;
}

/* The part's activations, made by who comes first. */
static void make_acts(const struct work *w, struct part *p)
{
    unsigned state = UNMADE;
    if (atomic_compare_exchange_strong(&p->state, &state, IN_THE_MAKING)) {
        w->dev->kernel->acts(p->acts);
        atomic_store(&p->state, MADE);
    }
    for (uint32_t i = 0; atomic_load_explicit(&p->state, memory_order_acquire) != MADE; i++)
        quin_pool_look(i);
}

/* Groups of a part as long as there are any. */
static void work_part(struct work *w, struct part *p, struct quin_group *g, void *scratch, uint32_t *checksum)
{
    const struct quin_kernel *kernel = w->dev->kernel;
    uint64_t adds = 0, wraps = 0;
    uint32_t first;
    if (atomic_load(&p->next) >= w->tiles)
        return;
    make_acts(w, p);
    g->acts = p->acts;
    while ((first = atomic_fetch_add(&p->next, w->group_tiles)) < w->tiles) {
        g->tiles = w->tiles - first < w->group_tiles ? w->tiles - first : w->group_tiles;
        for (uint32_t i = 0; i < g->tiles; i++)
            g->tile[i] = w->stream + (first + i) * w->stride;
        if (!w->apart && first)
            kernel->acts(p->acts);
        kernel->run(g, scratch);
        for (uint32_t i = 0; i < g->tiles; i++)
            *checksum += drain(kernel, g, w->m, i, p->row, (first + i) * w->m->channels);
        adds += g->adds;
        wraps += g->wraps;
    }
    atomic_fetch_add(&w->adds, adds);
    atomic_fetch_add(&w->wraps, wraps);
}

static void work_groups(void *ctx, uint32_t worker)
{
    struct work *w = ctx;
    struct quin_group *g = w->dev->group[worker];
    uint32_t checksum = 0;
    g->stream_bytes = w->dev->config->stream_bytes;
    g->bytes = w->m->trits > 1;
    g->count_wraps = w->dev->count_wraps;
    for (uint32_t i = 0; i < w->parts; i++)
        work_part(w, &w->part[(worker + i) % w->parts], g, w->dev->scratch[worker], &checksum);
    atomic_fetch_add(&w->checksum, checksum);
}

/* Does a row of results lie where an activation of this command is? Then tiles must follow each other. */
static bool overlap(const struct matmul *m)
{
    for (uint32_t r = 0; r < m->rows; r++)
        for (uint32_t s = 0; s < m->rows; s++) {
            const uint8_t *x = (const uint8_t *)m->act[s], *y = (const uint8_t *)m->dst[r];
            if (x < y + (size_t)m->n * 4 && y < x + m->k)
                return true;
        }
    return false;
}

/* The rows in parts: one for each thread, if they are many. */
static void make_parts(struct work *w, bool share)
{
    const struct matmul *m = w->m;
    uint32_t most = quin_acts_parts(m->rows), threads = share ? quin_pool_threads(w->dev->pool) : 1;
    w->parts = threads < most ? threads : most;
    for (uint32_t i = 0; i < w->parts; i++) {
        struct part *p = &w->part[i];
        struct quin_acts *a = p->acts = &w->dev->acts[i];
        p->row = i * m->rows / w->parts;
        a->rows = (i + 1) * m->rows / w->parts - p->row;
        a->k = m->k;
        memcpy(a->row, m->act + p->row, a->rows * sizeof a->row[0]);
    }
}

/* Works off `tiles` tiles that all lie in DRAM. */
static void run_tiles(struct quin_device *dev, const struct matmul *m, const uint8_t *stream, uint64_t stride,
                      uint32_t tiles)
{
    struct work w = {.dev = dev, .m = m, .stream = stream, .stride = stride, .tiles = tiles,
                     .group_tiles = QUIN_LANES / dev->config->stream_bytes};
    w.apart = !overlap(m); /* else each tile has to see what those before it wrote */
    if (!w.apart)
        w.group_tiles = 1;
    uint64_t blocks = (uint64_t)(tiles + w.group_tiles - 1) / w.group_tiles * m->k * m->rows;
    bool share = w.apart && (tiles > w.group_tiles || quin_acts_parts(m->rows) > 1) && blocks >= SHARED_WORK;
    make_parts(&w, share);
    quin_pool_run(share ? dev->pool : NULL, work_groups, &w);
    uint64_t slots = (uint64_t)tiles * m->rows * m->columns * m->k;
    dev->checksum += w.checksum;
    dev->counter[QUIN_COUNT_WRAPS] += w.wraps;
    dev->counter[QUIN_COUNT_ADDS] += w.adds;
    dev->counter[QUIN_COUNT_ADDS_SKIPPED] += slots - w.adds;
}

/* Checks tile after tile, then works off those before the first that fails. */
static uint32_t run(struct quin_device *dev, const struct matmul *m, uint64_t address, uint64_t stride)
{
    uint32_t w = dev->config->stream_bytes, tiles = 0, error = QUIN_DERR_NONE;
    uint64_t bytes = (uint64_t)m->k * w + (m->column_scales ? (uint64_t)m->channels * QUIN_SCALE_BYTES : 0);
    const uint8_t *stream = NULL;
    for (uint32_t first = 0; first < m->n; first += m->channels, tiles++) {
        const uint8_t *at = quin_dram_range(dev, address + tiles * stride, bytes, QUIN_WINDOW_READ, &error);
        if (!at)
            break;
        if (!tiles)
            stream = at;
    }
    dev->counter[QUIN_COUNT_STREAM_BYTES] += bytes * tiles;
    if (tiles)
        run_tiles(dev, m, stream, stride, tiles);
    return error;
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
    error = run(dev, &m, address, stride);
    if (!error)
        dev->counter[QUIN_COUNT_DRAIN_VALUES] += (uint64_t)m.rows * m.n;
    return error;
}
