/* SPDX-License-Identifier: Apache-2.0
 *
 * LOAD and STORE: rows x groups x n elements between scratchpad and DRAM.
 * In the scratchpad a group's elements lie side by side; in DRAM they lie in runs of INNER elements, a run every
 * DRAM_OUTER_STRIDE bytes, which is how a position's K and V spread over the tiles of a stream.
 */
#include <string.h>

#include "memory.h"

struct move {
    int store;
    uint32_t size; /* bytes an element */
    uint32_t n, inner;
    uint64_t outer;
};

/* The elements of a group between `local` and `dram`, in runs. */
static void copy_runs(const struct move *m, uint8_t *local, uint8_t *dram)
{
    if (m->inner == 1 && m->size == 1) {
        for (uint32_t i = 0; i < m->n; i++, dram += m->outer)
            *(m->store ? dram : local + i) = *(m->store ? local + i : dram);
        return;
    }
    for (uint32_t i = 0; i < m->n; i += m->inner, dram += m->outer) {
        size_t run = (size_t)(m->n - i < m->inner ? m->n - i : m->inner) * m->size;
        uint8_t *here = local + (size_t)i * m->size;
        memcpy(m->store ? dram : here, m->store ? here : dram, run);
    }
}

/* Of n elements side by side. */
static uint32_t checksum(const uint8_t *local, uint32_t n, uint32_t size)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n && size == 1; i++)
        sum += quin_checksum_term(i, local[i]);
    for (uint32_t i = 0; i < n && size > 1; i++) {
        uint32_t bits = 0;
        if (size == 2)
            memcpy(&bits, local + (size_t)i * 2, 2);
        else
            memcpy(&bits, local + (size_t)i * 4, 4);
        sum += quin_checksum_term(i, bits);
    }
    return sum;
}

/* All of a group at once, where nothing is in the way: one window grants the whole range, gaps included, and no run
 * covers a part of another. Returns 0 if something is. */
static int move_whole(struct quin_device *dev, const struct move *m, uint64_t address, uint8_t *local)
{
    uint64_t runs = m->n ? (m->n - 1) / m->inner : 0, last = m->n - runs * m->inner, span;
    uint32_t ignored;
    if (dev->hazard || !m->n || (runs && m->outer < (uint64_t)m->inner * m->size) ||
        __builtin_mul_overflow(runs, m->outer, &span) || __builtin_add_overflow(span, last * m->size, &span))
        return 0;
    uint64_t kept = dev->error_address;
    uint8_t *dram = quin_dram_range(dev, address, span, m->store ? QUIN_WINDOW_WRITE : QUIN_WINDOW_READ, &ignored);
    dev->error_address = kept;
    if (!dram)
        return 0;
    copy_runs(m, local, dram);
    dev->checksum += checksum(local, m->n, m->size);
    return 1;
}

/* Run after run, up to the first that is not granted. */
static uint32_t move_runs(struct quin_device *dev, const struct move *m, uint64_t address, uint8_t *first)
{
    uint32_t error = QUIN_DERR_NONE;
    for (uint32_t i = 0; i < m->n; i += m->inner, address += m->outer) {
        uint32_t run = m->n - i < m->inner ? m->n - i : m->inner;
        uint32_t right = m->store ? QUIN_WINDOW_WRITE : QUIN_WINDOW_READ;
        uint8_t *dram = quin_dram_range(dev, address, (uint64_t)run * m->size, right, &error);
        if (!dram)
            return error;
        uint8_t *local = first + (uint64_t)i * m->size;
        if (m->store)
            memcpy(dram, local, (size_t)run * m->size);
        else
            memcpy(local, dram, (size_t)run * m->size);
        for (uint32_t j = 0; j < run; j++) {
            uint32_t bits = 0;
            memcpy(&bits, dram + (size_t)j * m->size, m->size);
            quin_checksum(dev, i + j, bits);
        }
    }
    return error;
}

/* One group: `address` of its first element in DRAM, `word` in the scratchpad. */
static uint32_t move_group(struct quin_device *dev, const struct move *m, uint64_t address, uint64_t word)
{
    uint32_t error = QUIN_DERR_NONE;
    uint32_t *sp = quin_sp_range(dev, word, quin_words((uint64_t)m->n * m->size), !m->store, &error);
    if (!sp)
        return error;
    if (!move_whole(dev, m, address, (uint8_t *)sp))
        error = move_runs(dev, m, address, (uint8_t *)sp);
    if (!error)
        dev->counter[m->store ? QUIN_COUNT_STORE_BYTES : QUIN_COUNT_LOAD_BYTES] += (uint64_t)m->n * m->size;
    return error;
}

uint32_t quin_move_execute(struct quin_device *dev, const struct quin_cmd *cmd)
{
    uint32_t element = QUIN_GET(cmd, MOVE, ELEMENT), bank = QUIN_GET(cmd, MOVE, ROW_BANK);
    uint32_t rows = quin_rows(dev, cmd), groups = QUIN_GET(cmd, MOVE, GROUPS), first = QUIN_GET(cmd, MOVE, ROW_FIRST);
    uint64_t base = quin_cmd_get(cmd, QUIN_F_MOVE_DRAM_OFFSET) + dev->greg[QUIN_GET(cmd, MOVE, BASE_REG)];
    struct move m = {
        .store = QUIN_GET(cmd, ANY, OPCODE) == QUIN_OP_STORE,
        .size = 1u << element,
        .n = quin_limit(dev, QUIN_GET(cmd, MOVE, N), QUIN_GET(cmd, MOVE, N_LIMIT)),
        .inner = QUIN_GET(cmd, MOVE, INNER),
        .outer = quin_cmd_get(cmd, QUIN_F_MOVE_DRAM_OUTER_STRIDE),
    };
    if (element > QUIN_ELEMENT_WORD || !m.inner)
        return QUIN_DERR_FIELD;
    if (QUIN_GET(cmd, MOVE, ROW_ENABLE) && first + rows > QUIN_ROW_REGS)
        return QUIN_DERR_FIELD;
    for (uint32_t r = 0; r < rows; r++) {
        uint64_t row = base + (uint64_t)r * QUIN_GET(cmd, MOVE, DRAM_ROW_STRIDE);
        if (QUIN_GET(cmd, MOVE, ROW_ENABLE))
            row += dev->rowreg[bank][first + r];
        for (uint32_t g = 0; g < groups; g++) {
            uint64_t address = row + (uint64_t)g * QUIN_GET(cmd, MOVE, DRAM_GROUP_STRIDE);
            uint64_t word = QUIN_GET(cmd, MOVE, SP_BASE) + (uint64_t)r * QUIN_GET(cmd, MOVE, SP_ROW_STRIDE) +
                            (uint64_t)g * QUIN_GET(cmd, MOVE, SP_GROUP_STRIDE);
            if ((address | m.outer) % m.size) {
                dev->error_address = address;
                return QUIN_DERR_ALIGN;
            }
            uint32_t error = move_group(dev, &m, address, word);
            if (error)
                return error;
        }
    }
    return QUIN_DERR_NONE;
}
