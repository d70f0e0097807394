/* SPDX-License-Identifier: Apache-2.0
 *
 * Backend "cmodel": the golden device and, beside it, the firmware's own source compiled natively. Both take turns
 * inside wait; there is no time.
 */
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "device.h"
#include "firmware.h"
#include "msg.h"

enum { COMMANDS_A_TURN = 64, WATCHDOG_POLLS = 1000 };

struct cmodel {
    struct quin_device *device;
    struct quin_fw_port port;
    struct quin_fw firmware;
    quin_observe_fn *observer;
    void *observer_user;
};

static uint32_t fw_reg_read(void *ctx, uint32_t offset)
{
    return quin_device_reg_read(ctx, offset);
}

static void fw_reg_write(void *ctx, uint32_t offset, uint32_t value)
{
    quin_device_reg_write(ctx, offset, value);
}

/* An address beyond the DRAM reads as zeros, as on a bus without a slave there. */
static void fw_mem_read(void *ctx, uint64_t address, void *data, uint32_t bytes)
{
    uint8_t *to = data;
    if (!quin_device_mem_read(ctx, address, data, bytes))
        for (uint32_t i = 0; i < bytes; i++)
            to[i] = 0;
}

static void fw_mem_write(void *ctx, uint64_t address, const void *data, uint32_t bytes)
{
    (void)quin_device_mem_write(ctx, address, data, bytes);
}

static void cmodel_close(void *device)
{
    struct cmodel *c = device;
    if (!c)
        return;
    quin_device_destroy(c->device);
    free(c);
}

static bool has_kernel(const char *wanted)
{
    const char *name;
    for (uint32_t i = 0; wanted && (name = quin_device_kernel(i, NULL)) != NULL; i++)
        if (!strcmp(name, wanted))
            return true;
    return !wanted;
}

static enum quin_err cmodel_open(const struct quin_backend_options *options, void **device, struct quin_msg *msg)
{
    const struct quin_config *config = quin_config_find(options->config);
    if (!config)
        return quin_msg_set(msg, QUIN_ERR_ARG, "no configuration '%s'; see docs/configurations.md", options->config);
    if (options->observation.timeline || options->observation.trace)
        return quin_msg_set(msg, QUIN_ERR_ARG, "the golden model has no time, so no timeline and no waveform; "
                            "take the simulated hardware, --backend rtl");
    struct cmodel *c = calloc(1, sizeof *c);
    if (c)
        c->device = quin_device_create(config, options->dram_bytes);
    if (!c || !c->device || (options->check_hazards && !quin_device_check_hazards(c->device, 1))) {
        cmodel_close(c);
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a device with %llu bytes of DRAM",
                            (unsigned long long)options->dram_bytes);
    }
    const struct quin_compute how = {options->kernel, options->threads, options->no_wraps};
    if (!quin_device_compute(c->device, &how)) {
        cmodel_close(c);
        if (!has_kernel(options->kernel))
            return quin_msg_set(msg, QUIN_ERR_ARG, "no kernel '%s' on this processor; `quintrit configs` lists them",
                                options->kernel);
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "the threads to compute with cannot be started; ask for fewer than %u "
                            "(0: one for each processor)", (unsigned)options->threads);
    }
    c->port = (struct quin_fw_port){c->device, fw_reg_read, fw_reg_write, fw_mem_read, fw_mem_write};
    quin_fw_init(&c->firmware, &c->port, WATCHDOG_POLLS);
    *device = c;
    return QUIN_OK;
}

static enum quin_err cmodel_reg_read(void *device, uint32_t offset, uint32_t *value, struct quin_msg *msg)
{
    (void)msg;
    *value = quin_device_reg_read(((struct cmodel *)device)->device, offset);
    return QUIN_OK;
}

static enum quin_err cmodel_reg_write(void *device, uint32_t offset, uint32_t value, struct quin_msg *msg)
{
    (void)msg;
    quin_device_reg_write(((struct cmodel *)device)->device, offset, value);
    return QUIN_OK;
}

static enum quin_err cmodel_mem_read(void *device, uint64_t address, void *data, size_t bytes, struct quin_msg *msg)
{
    if (quin_device_mem_read(((struct cmodel *)device)->device, address, data, bytes))
        return QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_RANGE, "%zu bytes at DRAM address 0x%llx are not all there", bytes,
                        (unsigned long long)address);
}

static enum quin_err cmodel_mem_write(void *device, uint64_t address, const void *data, size_t bytes,
                                      struct quin_msg *msg)
{
    if (quin_device_mem_write(((struct cmodel *)device)->device, address, data, bytes))
        return QUIN_OK;
    return quin_msg_set(msg, QUIN_ERR_RANGE, "%zu bytes at DRAM address 0x%llx are not all there", bytes,
                        (unsigned long long)address);
}

static enum quin_err cmodel_wait(void *device, uint32_t offset, uint32_t old, struct quin_msg *msg)
{
    struct cmodel *c = device;
    while (quin_device_reg_read(c->device, offset) == old) {
        uint32_t steps = quin_device_step(c->device, COMMANDS_A_TURN);
        if (!quin_fw_poll(&c->firmware) && !steps && quin_device_reg_read(c->device, offset) == old)
            return quin_msg_set(msg, QUIN_ERR_DEVICE,
                                "the device is idle and register 0x%03x will not change; nothing was submitted?", offset);
    }
    return QUIN_OK;
}

static uint64_t cmodel_hazards(void *device, char text[256])
{
    return quin_device_hazards(((struct cmodel *)device)->device, text);
}

static void retired(void *user, const struct quin_retire *record, const struct quin_cmd *cmd, uint32_t error)
{
    struct cmodel *c = user;
    (void)cmd;
    if (!error)
        c->observer(c->observer_user, record->command & 0xffffff, quin_device_scratchpad(c->device));
}

static void cmodel_observe(void *device, quin_observe_fn *fn, void *user)
{
    struct cmodel *c = device;
    c->observer = fn;
    c->observer_user = user;
    quin_device_set_retire_hook(c->device, fn ? retired : NULL, c);
}

const struct quin_backend quin_backend_cmodel = {
    .name = "cmodel",
    .doc = "the golden model: bit-exact, no time",
    .open = cmodel_open,
    .close = cmodel_close,
    .reg_read = cmodel_reg_read,
    .reg_write = cmodel_reg_write,
    .mem_read = cmodel_mem_read,
    .mem_write = cmodel_mem_write,
    .wait = cmodel_wait,
    .hazards = cmodel_hazards,
    .observe = cmodel_observe,
};
