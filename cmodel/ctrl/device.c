/* SPDX-License-Identifier: Apache-2.0
 *
 * The device's outside: creation, registers and the host's way into DRAM.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "device.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "compute.h"
#include "hazard.h"
#include "processor.h"

struct quin_device *quin_device_create(const struct quin_config *config, uint64_t dram_bytes)
{
    struct quin_device *dev = calloc(1, sizeof *dev);
    if (!dev)
        return NULL;
    /* pages come into being when they are touched: a large DRAM costs nothing until it is filled */
    void *dram = mmap(NULL, dram_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    dev->sp = calloc(config->scratchpad_words, sizeof *dev->sp);
    if (dram == MAP_FAILED || !dev->sp) {
        if (dram != MAP_FAILED)
            munmap(dram, dram_bytes);
        free(dev->sp);
        free(dev);
        return NULL;
    }
    (void)madvise(dram, dram_bytes, MADV_HUGEPAGE); /* a stream then needs few translations */
    dev->config = config;
    dev->dram = dram;
    dev->dram_bytes = dram_bytes;
    if (!quin_device_compute(dev, &(struct quin_compute){.threads = 1})) {
        quin_device_destroy(dev);
        return NULL;
    }
    dev->reg[QUIN_REG_ID / 4] = QUIN_DEVICE_ID;
    dev->reg[QUIN_REG_VERSION / 4] = QUIN_CONTRACT_VERSION;
    dev->reg[QUIN_REG_ROWS / 4] = config->rows;
    dev->reg[QUIN_REG_STREAM_BYTES / 4] = config->stream_bytes;
    dev->reg[QUIN_REG_LANES / 4] = config->lanes;
    dev->reg[QUIN_REG_BUS_BYTES / 4] = config->bus_bytes;
    dev->reg[QUIN_REG_SCRATCHPAD / 4] = config->scratchpad_words;
    dev->reg[QUIN_REG_CARRY_BITS / 4] = config->carry_bits;
    return dev;
}

void quin_device_destroy(struct quin_device *dev)
{
    if (!dev)
        return;
    quin_hazard_destroy(dev->hazard);
    quin_compute_release(dev);
    munmap(dev->dram, dev->dram_bytes);
    free(dev->sp);
    free(dev);
}

/* The 64-bit register behind an offset of a register array, or NULL. */
static uint64_t *wide(struct quin_device *dev, uint32_t offset)
{
    if (offset >= QUIN_REG_COUNTER && offset < QUIN_REG_COUNTER + QUIN_COUNTERS * 8)
        return &dev->counter[(offset - QUIN_REG_COUNTER) / 8];
    if (offset >= QUIN_REG_GREG && offset < QUIN_REG_GREG + QUIN_GREGS * 8)
        return &dev->greg[(offset - QUIN_REG_GREG) / 8];
    if (offset >= QUIN_REG_ROWREG && offset < QUIN_REG_ROWREG + QUIN_ROW_BANKS * QUIN_ROW_REGS * 8)
        return &dev->rowreg[(offset - QUIN_REG_ROWREG) / 8 / QUIN_ROW_REGS]
                           [(offset - QUIN_REG_ROWREG) / 8 % QUIN_ROW_REGS];
    return NULL;
}

uint32_t quin_device_reg_read(struct quin_device *dev, uint32_t offset)
{
    if (offset % 4 || offset >= QUIN_REGISTER_BYTES)
        return 0;
    uint64_t *w = wide(dev, offset);
    if (w)
        return (uint32_t)(*w >> offset % 8 * 8);
    if (offset == QUIN_REG_IRQ_STATUS)
        return dev->reg[QUIN_REG_CQ_TAIL / 4] != dev->reg[QUIN_REG_CQ_HEAD / 4];
    return dev->reg[offset / 4];
}

/* May software write the 32-bit word of this index? */
enum { ACCESS_RO, ACCESS_HOST, ACCESS_FW, ACCESS_RW };
static const uint8_t access_to[QUIN_REGISTER_BYTES / 4] = {
#define QUIN_REG(name, offset, words, access, doc) [(offset) / 4 ... (offset) / 4 + (words) - 1] = ACCESS_##access,
#define QUIN_BIT(name, value, doc)
#define QUIN_LIMIT(name, value, doc)
#include "registers.def"
#undef QUIN_REG
#undef QUIN_BIT
#undef QUIN_LIMIT
};

static void control(struct quin_device *dev, uint32_t value)
{
    if (value & QUIN_CONTROL_CLEAR)
        memset(dev->counter, 0, sizeof dev->counter);
    if (value & QUIN_CONTROL_ABORT)
        quin_processor_abort(dev);
    if ((value & QUIN_CONTROL_START) && !dev->running)
        quin_processor_start(dev);
}

void quin_device_reg_write(struct quin_device *dev, uint32_t offset, uint32_t value)
{
    if (offset % 4 || offset >= QUIN_REGISTER_BYTES || access_to[offset / 4] == ACCESS_RO)
        return;
    uint64_t *w = wide(dev, offset);
    if (w == &dev->greg[0])
        return;
    if (w) {
        uint32_t shift = offset % 8 * 8;
        *w = (*w & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
        return;
    }
    if (offset == QUIN_REG_CONTROL) {
        control(dev, value);
        return;
    }
    dev->reg[offset / 4] = value;
    if (offset == QUIN_REG_RETIRE_ENTRIES)
        dev->reg[QUIN_REG_RETIRE_HEAD / 4] = 0;
}

int quin_device_mem_read(struct quin_device *dev, uint64_t address, void *data, size_t bytes)
{
    if (address > dev->dram_bytes || bytes > dev->dram_bytes - address)
        return 0;
    memcpy(data, dev->dram + address, bytes);
    return 1;
}

int quin_device_mem_write(struct quin_device *dev, uint64_t address, const void *data, size_t bytes)
{
    if (address > dev->dram_bytes || bytes > dev->dram_bytes - address)
        return 0;
    memcpy(dev->dram + address, data, bytes);
    return 1;
}

uint32_t quin_device_step(struct quin_device *dev, uint32_t commands)
{
    uint32_t done = 0;
    while (dev->running && done < commands) {
        quin_processor_step(dev);
        done++;
    }
    return done;
}

const uint32_t *quin_device_scratchpad(const struct quin_device *dev)
{
    return dev->sp;
}

void quin_device_set_retire_hook(struct quin_device *dev, quin_retire_hook *hook, void *user)
{
    dev->hook = hook;
    dev->hook_user = user;
}

int quin_device_check_hazards(struct quin_device *dev, int on)
{
    quin_hazard_destroy(dev->hazard);
    dev->hazard = on ? quin_hazard_create() : NULL;
    return !on || dev->hazard;
}

uint64_t quin_device_hazards(const struct quin_device *dev, char text[256])
{
    text[0] = 0;
    if (!dev->hazard)
        return 0;
    strncat(text, quin_hazard_first(dev->hazard), 255);
    return quin_hazard_count(dev->hazard);
}
