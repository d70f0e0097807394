/* SPDX-License-Identifier: Apache-2.0
 *
 * The two memories of the device: DRAM behind the windows that the host granted, and the scratchpad.
 */
#ifndef QUIN_MEMORY_H
#define QUIN_MEMORY_H

#include "state.h"

/* Pointer to DRAM bytes [address, address + bytes) if a window grants `right` on all of them, else NULL with the error
 * in *error and the address in the device. */
uint8_t *quin_dram_range(struct quin_device *dev, uint64_t address, uint64_t bytes, uint32_t right, uint32_t *error);

/* Pointer to scratchpad words [word, word + words), else NULL with the error in *error. write says what for. */
uint32_t *quin_sp_range(struct quin_device *dev, uint64_t word, uint64_t words, int write, uint32_t *error);

static inline uint32_t quin_words(uint64_t bytes)
{
    return (uint32_t)((bytes + 3) / 4);
}

#endif
