/* SPDX-License-Identifier: Apache-2.0
 *
 * Command processor: fetches a command, executes it or hands it to its unit, and retires it.
 */
#include <string.h>

#include "hazard.h"
#include "memory.h"
#include "processor.h"

static enum quin_unit unit_of(uint32_t opcode)
{
    switch (opcode) {
    case QUIN_OP_LOAD:
    case QUIN_OP_STORE:
        return QUIN_UNIT_DMA;
    case QUIN_OP_MATMUL:
        return QUIN_UNIT_ARRAY;
    case QUIN_OP_VECTOR:
        return QUIN_UNIT_VECTOR;
    default:
        return QUIN_UNIT_CONTROL;
    }
}

/* The second operand of SET and BRANCH. */
static uint32_t second(const struct quin_device *dev, const struct quin_cmd *cmd, uint64_t *value)
{
    uint64_t imm = quin_cmd_get(cmd, QUIN_F_CONTROL_IMM);
    switch (QUIN_GET(cmd, CONTROL, SELECT)) {
    case QUIN_SELECT_IMM:
        *value = imm;
        return QUIN_DERR_NONE;
    case QUIN_SELECT_GREG:
        *value = dev->greg[QUIN_GET(cmd, CONTROL, RB)] + imm;
        return QUIN_DERR_NONE;
    case QUIN_SELECT_ROW:
        *value = dev->rowreg[QUIN_GET(cmd, CONTROL, ROW_BANK)][QUIN_GET(cmd, CONTROL, ROW_FIRST)] + imm;
        return QUIN_DERR_NONE;
    default:
        return QUIN_DERR_FIELD;
    }
}

static uint32_t set(struct quin_device *dev, const struct quin_cmd *cmd)
{
    uint64_t a = dev->greg[QUIN_GET(cmd, CONTROL, RA)], b, y;
    uint32_t rd = QUIN_GET(cmd, CONTROL, RD), error = second(dev, cmd, &b);
    if (error)
        return error;
    switch (QUIN_GET(cmd, CONTROL, OP)) {
    case QUIN_SET_OP_ADD:
        y = a + b;
        break;
    case QUIN_SET_OP_SUB:
        y = a > b ? a - b : 0;
        break;
    default:
        return QUIN_DERR_FIELD;
    }
    if (rd)
        dev->greg[rd] = y;
    quin_checksum(dev, 0, (uint32_t)y ^ (uint32_t)(y >> 32));
    return QUIN_DERR_NONE;
}

static uint32_t branch(struct quin_device *dev, const struct quin_cmd *cmd, uint32_t *next)
{
    uint64_t a = dev->greg[QUIN_GET(cmd, CONTROL, RA)], b;
    uint32_t op = QUIN_GET(cmd, CONTROL, OP), error = second(dev, cmd, &b);
    if (error)
        return error;
    if (op != QUIN_BRANCH_OP_LT && op != QUIN_BRANCH_OP_GE)
        return QUIN_DERR_FIELD;
    if ((a < b) == (op == QUIN_BRANCH_OP_LT))
        *next = QUIN_GET(cmd, CONTROL, TARGET);
    quin_checksum(dev, 0, *next);
    return QUIN_DERR_NONE;
}

static uint32_t execute(struct quin_device *dev, const struct quin_cmd *cmd, uint32_t *next, int *end)
{
    switch (QUIN_GET(cmd, ANY, OPCODE)) {
    case QUIN_OP_END:
        *end = 1;
        return QUIN_DERR_NONE;
    case QUIN_OP_SET:
        return set(dev, cmd);
    case QUIN_OP_BRANCH:
        return branch(dev, cmd, next);
    case QUIN_OP_LOAD:
    case QUIN_OP_STORE:
        return quin_move_execute(dev, cmd);
    case QUIN_OP_MATMUL:
        return quin_matmul_execute(dev, cmd);
    case QUIN_OP_VECTOR:
        return quin_vector_execute(dev, cmd);
    default:
        return QUIN_DERR_OPCODE;
    }
}

/* Ends the run. */
static void stop(struct quin_device *dev, uint32_t error, uint32_t pc)
{
    dev->running = 0;
    dev->reg[QUIN_REG_STATUS / 4] = QUIN_STATUS_DONE | (error ? QUIN_STATUS_ERROR : 0);
    dev->reg[QUIN_REG_ERROR_CODE / 4] = error;
    dev->reg[QUIN_REG_ERROR_COMMAND / 4] = pc;
    dev->reg[QUIN_REG_ERROR_ADDRESS / 4] = (uint32_t)dev->error_address;
    dev->reg[QUIN_REG_ERROR_ADDRESS / 4 + 1] = (uint32_t)(dev->error_address >> 32);
}

/* Writes the retire record to its ring, if there is one, and tells the observer. */
static uint32_t retire(struct quin_device *dev, const struct quin_cmd *cmd, uint32_t pc, uint32_t error)
{
    struct quin_retire record = {
        .index = dev->executed,
        .command = pc | QUIN_GET(cmd, ANY, OPCODE) << 24,
        .checksum = dev->checksum,
    };
    uint32_t entries = dev->reg[QUIN_REG_RETIRE_ENTRIES / 4];
    if (entries && !error) {
        uint64_t ring = dev->reg[QUIN_REG_RETIRE_ADDRESS / 4] |
                        (uint64_t)dev->reg[QUIN_REG_RETIRE_ADDRESS / 4 + 1] << 32;
        uint64_t place = dev->reg[QUIN_REG_RETIRE_HEAD / 4] % entries;
        uint8_t *at = quin_dram_range(dev, ring + place * sizeof record, sizeof record, QUIN_WINDOW_WRITE, &error);
        if (at) {
            memcpy(at, &record, sizeof record);
            dev->reg[QUIN_REG_RETIRE_HEAD / 4]++;
        }
    }
    if (dev->hook)
        dev->hook(dev->hook_user, &record, cmd, error);
    return error;
}

void quin_processor_start(struct quin_device *dev)
{
    dev->running = 1;
    dev->pc = dev->executed = 0;
    dev->error_address = 0;
    dev->reg[QUIN_REG_STATUS / 4] = QUIN_STATUS_RUNNING;
    dev->reg[QUIN_REG_RETIRED / 4] = 0;
    if (dev->hazard)
        quin_hazard_start(dev->hazard);
}

void quin_processor_abort(struct quin_device *dev)
{
    if (dev->running)
        stop(dev, QUIN_DERR_ABORT, dev->pc);
}

void quin_processor_step(struct quin_device *dev)
{
    uint32_t pc = dev->pc, next = pc + 1, error = QUIN_DERR_NONE, limit = dev->reg[QUIN_REG_COMMAND_LIMIT / 4];
    uint64_t program = dev->reg[QUIN_REG_PROGRAM_ADDRESS / 4] |
                       (uint64_t)dev->reg[QUIN_REG_PROGRAM_ADDRESS / 4 + 1] << 32;
    struct quin_cmd cmd;
    int end = 0;
    if (pc >= dev->reg[QUIN_REG_PROGRAM_LENGTH / 4]) {
        stop(dev, QUIN_DERR_PROGRAM, pc);
        return;
    }
    if (limit && dev->executed >= limit) {
        stop(dev, QUIN_DERR_LIMIT, pc);
        return;
    }
    if (dev->hazard)
        quin_hazard_command(dev->hazard, QUIN_UNIT_CONTROL, NULL, pc);
    const uint8_t *at = quin_dram_range(dev, program + (uint64_t)pc * QUIN_COMMAND_BYTES, QUIN_COMMAND_BYTES,
                                        QUIN_WINDOW_READ, &error);
    if (!at) {
        stop(dev, error, pc);
        return;
    }
    memcpy(&cmd, at, sizeof cmd);
    dev->counter[QUIN_COUNT_COMMAND_BYTES] += QUIN_COMMAND_BYTES;
    if (dev->hazard)
        quin_hazard_command(dev->hazard, unit_of(QUIN_GET(&cmd, ANY, OPCODE)), &cmd, pc);
    dev->checksum = 0;
    error = execute(dev, &cmd, &next, &end);
    if (dev->hazard)
        quin_hazard_command(dev->hazard, QUIN_UNIT_CONTROL, NULL, pc);
    error = retire(dev, &cmd, pc, error);
    if (!error) {
        dev->executed++;
        dev->reg[QUIN_REG_RETIRED / 4] = dev->executed;
        dev->counter[QUIN_COUNT_COMMANDS]++;
        dev->pc = next;
    }
    if (error || end)
        stop(dev, error, pc);
}
