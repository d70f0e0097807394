/* SPDX-License-Identifier: Apache-2.0
 *
 * LOAD and STORE on the golden device, for the bench of the move DMA: one command a run, with the memories, the
 * checksum of its retire record and its error.
 */
#ifndef QUIN_TESTS_GOLDEN_MOVE_H
#define QUIN_TESTS_GOLDEN_MOVE_H

#include <stdint.h>

struct golden_move {
    int store;
    uint32_t rows, groups, n, element, inner;
    uint64_t offset, row_stride, group_stride, outer_stride; /* DRAM, bytes */
    uint64_t row_address[64];                                /* row registers, added to each row's address */
    uint32_t sp_base, sp_row, sp_group;
};

struct golden_result {
    uint32_t error, checksum;
    uint64_t error_address, load_bytes, store_bytes;
};

struct golden;

/* A device with sp_words words of scratchpad; its program stands in the first 4096 bytes of DRAM. NULL: no memory. */
struct golden *golden_create(uint32_t sp_words, uint64_t dram_bytes);
void golden_destroy(struct golden *g);
uint8_t *golden_dram(struct golden *g);
uint32_t *golden_scratchpad(struct golden *g);
/* Windows 1 to 3 are the bench's; window 0 covers the program. */
void golden_window(struct golden *g, uint32_t i, uint64_t base, uint64_t limit, uint32_t rights);
struct golden_result golden_run(struct golden *g, const struct golden_move *m);

#endif
