/* SPDX-License-Identifier: Apache-2.0
 *
 * Range checks of DRAM and scratchpad. Every access of a command passes here, so the hazard check sees them all.
 */
#include "memory.h"

#include "hazard.h"

static int granted(const struct quin_device *dev, uint64_t address, uint64_t bytes, uint32_t right)
{
    for (uint32_t i = 0; i < QUIN_WINDOWS; i++) {
        const uint32_t *w = &dev->reg[QUIN_REG_WINDOW / 4 + i * 6];
        uint64_t base = w[0] | (uint64_t)w[1] << 32, limit = w[2] | (uint64_t)w[3] << 32;
        if ((w[4] & right) && address >= base && address < limit && bytes <= limit - address)
            return 1;
    }
    return 0;
}

uint8_t *quin_dram_range(struct quin_device *dev, uint64_t address, uint64_t bytes, uint32_t right, uint32_t *error)
{
    if (!granted(dev, address, bytes, right)) {
        *error = QUIN_DERR_WINDOW;
        dev->error_address = address;
        return NULL;
    }
    if (address > dev->dram_bytes || bytes > dev->dram_bytes - address) {
        *error = QUIN_DERR_BUS;
        dev->error_address = address;
        return NULL;
    }
    if (dev->hazard)
        quin_hazard_access(dev->hazard, QUIN_SPACE_DRAM, address, bytes, right == QUIN_WINDOW_WRITE);
    return dev->dram + address;
}

uint32_t *quin_sp_range(struct quin_device *dev, uint64_t word, uint64_t words, int write, uint32_t *error)
{
    if (word > dev->config->scratchpad_words || words > dev->config->scratchpad_words - word) {
        *error = QUIN_DERR_SCRATCHPAD;
        dev->error_address = word;
        return NULL;
    }
    if (dev->hazard)
        quin_hazard_access(dev->hazard, QUIN_SPACE_SP, word, words, write);
    return dev->sp + word;
}
