/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop: device state, queues, watchdog. What a run computes is set up in schedule.c.
 */
#include "firmware.h"

#include "schedule.h"

enum { SUBMISSIONS_A_POLL = 64 };

uint32_t quin_fw_reg(const struct quin_fw *fw, uint32_t offset)
{
    return fw->port->reg_read(fw->port->ctx, offset);
}

void quin_fw_set(const struct quin_fw *fw, uint32_t offset, uint32_t value)
{
    fw->port->reg_write(fw->port->ctx, offset, value);
}

void quin_fw_set64(const struct quin_fw *fw, uint32_t offset, uint64_t value)
{
    quin_fw_set(fw, offset, (uint32_t)value);
    quin_fw_set(fw, offset + 4, (uint32_t)(value >> 32));
}

static uint64_t reg64(const struct quin_fw *fw, uint32_t offset)
{
    return quin_fw_reg(fw, offset) | (uint64_t)quin_fw_reg(fw, offset + 4) << 32;
}

uint32_t quin_fw_completion_space(const struct quin_fw *fw)
{
    uint32_t used = quin_fw_reg(fw, QUIN_REG_CQ_TAIL) - quin_fw_reg(fw, QUIN_REG_CQ_HEAD);
    uint32_t entries = quin_fw_reg(fw, QUIN_REG_CQ_ENTRIES);
    return used < entries ? entries - used : 0;
}

void quin_fw_complete(const struct quin_fw *fw, const struct quin_completion *c)
{
    uint32_t tail = quin_fw_reg(fw, QUIN_REG_CQ_TAIL), entries = quin_fw_reg(fw, QUIN_REG_CQ_ENTRIES);
    uint64_t at = reg64(fw, QUIN_REG_CQ_ADDRESS) + (uint64_t)(tail & (entries - 1)) * sizeof *c;
    fw->port->mem_write(fw->port->ctx, at, c, sizeof *c);
    quin_fw_set(fw, QUIN_REG_CQ_TAIL, tail + 1);
}

void quin_fw_init(struct quin_fw *fw, const struct quin_fw_port *port, uint32_t watchdog_polls)
{
    uint8_t *bytes = (uint8_t *)fw;
    for (uint32_t i = 0; i < sizeof *fw; i++)
        bytes[i] = 0;
    fw->port = port;
    fw->watchdog_polls = watchdog_polls;
}

static int power_of_two(uint32_t x)
{
    return x && !(x & (x - 1));
}

/* Does the compiled model belong to this device? */
static uint32_t check_model(struct quin_fw *fw)
{
    const struct quin_model_desc *d = &fw->desc;
    if (d->magic != QUIN_DESC_MAGIC || d->version != quin_fw_reg(fw, QUIN_REG_VERSION) ||
        d->rows != quin_fw_reg(fw, QUIN_REG_ROWS) ||
        d->stream_bytes != quin_fw_reg(fw, QUIN_REG_STREAM_BYTES) ||
        d->scratchpad > quin_fw_reg(fw, QUIN_REG_SCRATCHPAD))
        return QUIN_DERR_MODEL;
    if (!d->slots || d->slots > QUIN_FW_SLOTS || !power_of_two(d->k_tile_positions) || !d->vocab ||
        !d->context || !d->prefill_rows || d->prefill_rows > QUIN_FW_ROWS || !d->decode_rows ||
        d->decode_rows > QUIN_FW_ROWS)
        return QUIN_DERR_MODEL;
    /* what bounds the time that a damaged image can take: blocks looked through for the best token, commands of a run */
    uint64_t tokens = (uint64_t)d->best_blocks * d->best_block_tokens;
    if (!d->best_blocks || d->best_blocks > QUIN_FW_BLOCKS || tokens < d->vocab ||
        tokens - d->vocab >= d->best_block_tokens || !d->command_limit)
        return QUIN_DERR_MODEL;
    if (!power_of_two(quin_fw_reg(fw, QUIN_REG_SQ_ENTRIES)) ||
        !power_of_two(quin_fw_reg(fw, QUIN_REG_CQ_ENTRIES)))
        return QUIN_DERR_MODEL;
    /* a decode run would never find room for its results */
    if (quin_fw_reg(fw, QUIN_REG_CQ_ENTRIES) < d->decode_rows)
        return QUIN_DERR_MODEL;
    for (fw->tile_shift = 0; 1u << fw->tile_shift != d->k_tile_positions;)
        fw->tile_shift++;
    return QUIN_DERR_NONE;
}

static void enter(struct quin_fw *fw, uint32_t state, uint32_t error)
{
    fw->state = state;
    quin_fw_set(fw, QUIN_REG_FIRMWARE_ERROR, error);
    quin_fw_set(fw, QUIN_REG_DEVICE_STATE, state);
}

static void enable(struct quin_fw *fw)
{
    const struct quin_fw_port *port = fw->port;
    quin_fw_init(fw, port, fw->watchdog_polls);
    port->mem_read(port->ctx, reg64(fw, QUIN_REG_MODEL_ADDRESS), &fw->desc, sizeof fw->desc);
    uint32_t error = check_model(fw);
    quin_fw_set(fw, QUIN_REG_SQ_HEAD, quin_fw_reg(fw, QUIN_REG_SQ_TAIL));
    quin_fw_set(fw, QUIN_REG_CQ_TAIL, quin_fw_reg(fw, QUIN_REG_CQ_HEAD));
    enter(fw, error ? QUIN_STATE_REFUSED : QUIN_STATE_SERVING, error);
}

/* Takes submissions in order; one for a busy slot holds the queue until the slot is free. A poll takes some and no more:
 * a tail that no host means may be 2^32 away. */
static int take_submissions(struct quin_fw *fw)
{
    uint32_t head = quin_fw_reg(fw, QUIN_REG_SQ_HEAD), entries = quin_fw_reg(fw, QUIN_REG_SQ_ENTRIES);
    uint64_t ring = reg64(fw, QUIN_REG_SQ_ADDRESS);
    int taken = 0;
    while (taken < SUBMISSIONS_A_POLL && head != quin_fw_reg(fw, QUIN_REG_SQ_TAIL) && quin_fw_completion_space(fw)) {
        struct quin_submission sub;
        uint64_t at = ring + (uint64_t)(head & (entries - 1)) * sizeof sub;
        fw->port->mem_read(fw->port->ctx, at, &sub, sizeof sub);
        if (!quin_fw_accept(fw, &sub))
            break;
        quin_fw_set(fw, QUIN_REG_SQ_HEAD, ++head);
        taken++;
    }
    return taken;
}

/* Has the run stopped moving? Counts polls without a retired command. */
static int stuck(struct quin_fw *fw)
{
    struct quin_fw_run *run = &fw->run;
    uint32_t retired = quin_fw_reg(fw, QUIN_REG_RETIRED);
    run->idle = retired == run->retired ? run->idle + 1 : 0;
    run->retired = retired;
    return run->idle >= fw->watchdog_polls;
}

/* A run under way. One that is stuck is aborted; its registers stay untouched until the device has let go of it, or has not
 * within the watchdog's time again. */
static int watch_run(struct quin_fw *fw)
{
    struct quin_fw_run *run = &fw->run;
    uint32_t status = quin_fw_reg(fw, QUIN_REG_STATUS), error = QUIN_DERR_NONE;
    if (status & QUIN_STATUS_RUNNING) {
        if (!stuck(fw))
            return 1;
        if (!run->aborted) {
            quin_fw_set(fw, QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
            run->aborted = 1;
            run->idle = 0;
            return 1;
        }
    }
    if (run->aborted)
        error = QUIN_DERR_WATCHDOG;
    else if (status & QUIN_STATUS_ERROR)
        error = quin_fw_reg(fw, QUIN_REG_ERROR_CODE);
    quin_fw_finish_run(fw, error);
    return 1;
}

/* ENABLE is off: ends a run as above, then forgets everything. */
static int disable(struct quin_fw *fw)
{
    struct quin_fw_run *run = &fw->run;
    if (fw->state == QUIN_STATE_RESET)
        return 0;
    if (run->active && (quin_fw_reg(fw, QUIN_REG_STATUS) & QUIN_STATUS_RUNNING) && !(run->aborted && stuck(fw))) {
        if (!run->aborted)
            quin_fw_set(fw, QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
        run->aborted = 1;
        return 1;
    }
    run->active = 0;
    enter(fw, QUIN_STATE_RESET, QUIN_DERR_NONE);
    return 1;
}

int quin_fw_poll(struct quin_fw *fw)
{
    if (!(quin_fw_reg(fw, QUIN_REG_DEVICE_CONTROL) & QUIN_DEVICE_ENABLE))
        return disable(fw);
    if (fw->state == QUIN_STATE_RESET) {
        enable(fw);
        return 1;
    }
    if (fw->state == QUIN_STATE_REFUSED)
        return 0;
    if (fw->run.active)
        return watch_run(fw);
    int taken = take_submissions(fw);
    return quin_fw_start_run(fw) || taken;
}
