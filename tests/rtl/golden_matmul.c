/* SPDX-License-Identifier: Apache-2.0
 *
 * LOAD the scratchpad, MATMUL, END: a program for the golden device, and what it leaves behind.
 */
#include "golden_matmul.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

enum { PROGRAM_AT = 0x1000, STAGE_AT = 0x10000, STREAM_AT = 0x400000, DRAM_BYTES = 0x2000000 };

struct golden_device {
    struct quin_config config;
    struct quin_device *dev;
    struct quin_retire record; /* of the MATMUL */
};

static void fail(const char *what)
{
    fprintf(stderr, "golden_matmul: %s\n", what);
    exit(2);
}

static void hook(void *user, const struct quin_retire *record, const struct quin_cmd *cmd, uint32_t error)
{
    struct golden_device *g = user;
    (void)error;
    if (quin_cmd_get(cmd, QUIN_F_ANY_OPCODE) == QUIN_OP_MATMUL)
        g->record = *record;
}

static void reg64(struct quin_device *dev, uint32_t offset, uint64_t value)
{
    quin_device_reg_write(dev, offset, (uint32_t)value);
    quin_device_reg_write(dev, offset + 4, (uint32_t)(value >> 32));
}

static uint64_t counter(struct quin_device *dev, uint32_t index)
{
    uint32_t at = QUIN_REG_COUNTER + index * 8;
    return quin_device_reg_read(dev, at) | (uint64_t)quin_device_reg_read(dev, at + 4) << 32;
}

struct golden_device *golden_open(uint32_t rows, uint32_t stream_bytes, uint32_t carry_bits, uint32_t words)
{
    struct golden_device *g = calloc(1, sizeof *g);
    if (!g)
        fail("no memory");
    g->config = *quin_config_find("tiny");
    g->config.rows = rows;
    g->config.stream_bytes = stream_bytes;
    g->config.carry_bits = carry_bits;
    g->config.scratchpad_words = words;
    g->dev = quin_device_create(&g->config, DRAM_BYTES);
    if (!g->dev)
        fail("no memory for a device");
    quin_device_set_retire_hook(g->dev, hook, g);
    reg64(g->dev, QUIN_REG_WINDOW, 0);
    reg64(g->dev, QUIN_REG_WINDOW + 8, DRAM_BYTES);
    quin_device_reg_write(g->dev, QUIN_REG_WINDOW + 16, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
    return g;
}

void golden_close(struct golden_device *g)
{
    quin_device_destroy(g->dev);
    free(g);
}

static void put(struct quin_cmd *cmd, enum quin_field field, uint64_t value)
{
    if (!quin_cmd_set(cmd, field, value))
        fail("a value does not fit its field");
}

struct golden_result golden_run(struct golden_device *g, const struct golden_matmul *m, uint32_t *scratchpad,
                                const uint8_t *stream, size_t bytes)
{
    struct quin_cmd prog[3];
    struct golden_result result;
    uint32_t words = g->config.scratchpad_words, w = g->config.stream_bytes;
    uint32_t trits = m->precision == QUIN_PRECISION_D1 ? 1 : m->precision == QUIN_PRECISION_D5 ? 5 : 10;
    memset(prog, 0, sizeof prog);
    put(&prog[0], QUIN_F_ANY_OPCODE, QUIN_OP_LOAD);
    put(&prog[0], QUIN_F_ANY_ROWS, 1);
    put(&prog[0], QUIN_F_MOVE_GROUPS, 1);
    put(&prog[0], QUIN_F_MOVE_ELEMENT, QUIN_ELEMENT_WORD);
    put(&prog[0], QUIN_F_MOVE_N, words);
    put(&prog[0], QUIN_F_MOVE_INNER, words);
    put(&prog[0], QUIN_F_MOVE_DRAM_OFFSET, STAGE_AT);
    put(&prog[1], QUIN_F_ANY_OPCODE, QUIN_OP_MATMUL);
    put(&prog[1], QUIN_F_ANY_AFTER_DMA, 1);
    put(&prog[1], QUIN_F_ANY_ROWS, m->rows);
    put(&prog[1], QUIN_F_MATMUL_K, m->k);
    put(&prog[1], QUIN_F_MATMUL_N, m->n);
    put(&prog[1], QUIN_F_MATMUL_PRECISION, m->precision);
    put(&prog[1], QUIN_F_MATMUL_COLUMN_SCALES, m->column_scales);
    put(&prog[1], QUIN_F_MATMUL_DRAM_OFFSET, STREAM_AT);
    put(&prog[1], QUIN_F_MATMUL_TILE_STRIDE, (uint64_t)m->k * w + m->column_scales * (20 / trits) * w);
    put(&prog[1], QUIN_F_MATMUL_ACT_BASE, m->act);
    put(&prog[1], QUIN_F_MATMUL_ACT_ROW_STRIDE, m->act_row);
    put(&prog[1], QUIN_F_MATMUL_DST_BASE, m->dst);
    put(&prog[1], QUIN_F_MATMUL_DST_ROW_STRIDE, m->dst_row);
    put(&prog[1], QUIN_F_MATMUL_RSCALE_BASE, m->rscale);
    put(&prog[1], QUIN_F_MATMUL_RSCALE_ROW_STRIDE, m->rscale_row);
    put(&prog[1], QUIN_F_MATMUL_CSCALE_BASE, m->cscale);
    put(&prog[2], QUIN_F_ANY_OPCODE, QUIN_OP_END);
    if (!quin_device_mem_write(g->dev, PROGRAM_AT, prog, sizeof prog) ||
        !quin_device_mem_write(g->dev, STAGE_AT, scratchpad, (size_t)words * 4) ||
        !quin_device_mem_write(g->dev, STREAM_AT, stream, bytes))
        fail("does not fit the DRAM");
    reg64(g->dev, QUIN_REG_PROGRAM_ADDRESS, PROGRAM_AT);
    quin_device_reg_write(g->dev, QUIN_REG_PROGRAM_LENGTH, 3);
    quin_device_reg_write(g->dev, QUIN_REG_CONTROL, QUIN_CONTROL_START | QUIN_CONTROL_CLEAR);
    while (quin_device_step(g->dev, 100))
        ;
    memset(&result, 0, sizeof result);
    result.error = quin_device_reg_read(g->dev, QUIN_REG_ERROR_CODE);
    result.checksum = g->record.checksum;
    result.adds = counter(g->dev, QUIN_COUNT_ADDS);
    result.skipped = counter(g->dev, QUIN_COUNT_ADDS_SKIPPED);
    result.wraps = counter(g->dev, QUIN_COUNT_WRAPS);
    result.values = counter(g->dev, QUIN_COUNT_DRAIN_VALUES);
    memcpy(scratchpad, quin_device_scratchpad(g->dev), (size_t)words * 4);
    return result;
}
