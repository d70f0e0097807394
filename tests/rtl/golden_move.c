/* SPDX-License-Identifier: Apache-2.0
 *
 * One LOAD or STORE on the golden device (see golden_move.h).
 */
#include "golden_move.h"

#include <stdlib.h>
#include <string.h>

#include "state.h"

struct golden {
    struct quin_config config;
    struct quin_device *dev;
    struct golden_result result;
};

static void retired(void *user, const struct quin_retire *record, const struct quin_cmd *cmd, uint32_t error)
{
    struct golden *g = user;
    uint32_t op = (uint32_t)quin_cmd_get(cmd, QUIN_F_ANY_OPCODE);
    if (op != QUIN_OP_LOAD && op != QUIN_OP_STORE)
        return;
    g->result.checksum = record->checksum;
    g->result.error = error;
}

struct golden *golden_create(uint32_t sp_words, uint64_t dram_bytes)
{
    struct golden *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->config = *quin_config_find("tiny");
    g->config.scratchpad_words = sp_words;
    g->dev = quin_device_create(&g->config, dram_bytes);
    if (!g->dev) {
        free(g);
        return NULL;
    }
    quin_device_set_retire_hook(g->dev, retired, g);
    golden_window(g, 0, 0, 4096, QUIN_WINDOW_READ);
    return g;
}

void golden_destroy(struct golden *g)
{
    if (g)
        quin_device_destroy(g->dev);
    free(g);
}

uint8_t *golden_dram(struct golden *g)
{
    return g->dev->dram;
}

uint32_t *golden_scratchpad(struct golden *g)
{
    return g->dev->sp;
}

static void write64(struct golden *g, uint32_t offset, uint64_t value)
{
    quin_device_reg_write(g->dev, offset, (uint32_t)value);
    quin_device_reg_write(g->dev, offset + 4, (uint32_t)(value >> 32));
}

void golden_window(struct golden *g, uint32_t i, uint64_t base, uint64_t limit, uint32_t rights)
{
    write64(g, QUIN_REG_WINDOW + i * 24, base);
    write64(g, QUIN_REG_WINDOW + i * 24 + 8, limit);
    quin_device_reg_write(g->dev, QUIN_REG_WINDOW + i * 24 + 16, rights);
}

#define PUT(cmd, format, name, value) quin_cmd_set(cmd, QUIN_F_##format##_##name, (uint64_t)(value))

struct golden_result golden_run(struct golden *g, const struct golden_move *m)
{
    struct quin_cmd program[2];
    memset(program, 0, sizeof program);
    struct quin_cmd *c = &program[0];
    PUT(c, ANY, OPCODE, m->store ? QUIN_OP_STORE : QUIN_OP_LOAD);
    PUT(c, ANY, ROWS, m->rows);
    PUT(c, MOVE, GROUPS, m->groups);
    PUT(c, MOVE, ROW_ENABLE, m->rows <= QUIN_ROW_REGS);
    PUT(c, MOVE, ELEMENT, m->element);
    PUT(c, MOVE, N, m->n);
    PUT(c, MOVE, INNER, m->inner);
    PUT(c, MOVE, DRAM_OFFSET, m->offset);
    PUT(c, MOVE, DRAM_ROW_STRIDE, m->row_stride);
    PUT(c, MOVE, DRAM_GROUP_STRIDE, m->group_stride);
    PUT(c, MOVE, DRAM_OUTER_STRIDE, m->outer_stride);
    PUT(c, MOVE, SP_BASE, m->sp_base);
    PUT(c, MOVE, SP_ROW_STRIDE, m->sp_row);
    PUT(c, MOVE, SP_GROUP_STRIDE, m->sp_group);
    PUT(&program[1], ANY, OPCODE, QUIN_OP_END);
    memcpy(g->dev->dram, program, sizeof program);
    for (uint32_t r = 0; r < QUIN_ROW_REGS; r++)
        write64(g, QUIN_REG_ROWREG + r * 8, m->row_address[r]);
    write64(g, QUIN_REG_PROGRAM_ADDRESS, 0);
    quin_device_reg_write(g->dev, QUIN_REG_PROGRAM_LENGTH, 2);
    quin_device_reg_write(g->dev, QUIN_REG_COMMAND_LIMIT, 0);
    quin_device_reg_write(g->dev, QUIN_REG_CONTROL, QUIN_CONTROL_CLEAR);
    quin_device_reg_write(g->dev, QUIN_REG_CONTROL, QUIN_CONTROL_START);
    memset(&g->result, 0, sizeof g->result);
    quin_device_step(g->dev, 2);
    g->result.load_bytes = g->dev->counter[QUIN_COUNT_LOAD_BYTES];
    g->result.store_bytes = g->dev->counter[QUIN_COUNT_STORE_BYTES];
    g->result.error_address = g->dev->error_address;
    return g->result;
}
