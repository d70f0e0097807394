/* SPDX-License-Identifier: Apache-2.0
 *
 * The device's own loop: takes submissions, keeps slots and positions, runs the compiled programs row by row,
 * chooses greedily, posts completions. Portable C without libc, allocation or floating point; it reaches the
 * world only through a port, so the same source runs on the RV32 core and inside the golden model.
 */
#ifndef QUIN_FIRMWARE_H
#define QUIN_FIRMWARE_H

#include <stdint.h>

#include "contract.h"

#define QUIN_FW_SLOTS 16           /* slots served at most */
#define QUIN_FW_ROWS QUIN_ROW_REGS /* rows of a run at most */
#define QUIN_FW_BLOCKS 65536u      /* blocks of the vocabulary at most */

/* The firmware's hands: registers of the accelerator, and DRAM. */
struct quin_fw_port {
    void *ctx;
    uint32_t (*reg_read)(void *ctx, uint32_t offset);
    void (*reg_write)(void *ctx, uint32_t offset, uint32_t value);
    void (*mem_read)(void *ctx, uint64_t address, void *data, uint32_t bytes);
    void (*mem_write)(void *ctx, uint64_t address, const void *data, uint32_t bytes);
};

/* A sequence: its position and what it is doing. */
struct quin_fw_slot {
    uint32_t busy;     /* a submission is under way */
    uint32_t position; /* positions in the KV cache */
    uint32_t taken;    /* given tokens that are in the cache */
    uint32_t made;     /* tokens generated for this submission */
    uint32_t next;     /* token to take next when all given ones are in */
    struct quin_submission sub;
};

/* A run under way: which slot each row works for. */
struct quin_fw_run {
    uint32_t active, rows, prefill;
    uint32_t slot[QUIN_FW_ROWS];
    uint32_t retired, idle; /* watchdog: RETIRED at the last poll, polls since it moved */
    uint32_t aborted;       /* ABORT was written for it */
};

struct quin_fw {
    const struct quin_fw_port *port;
    uint32_t state;          /* as in DEVICE_STATE */
    uint32_t watchdog_polls; /* polls without a retired command that end a run */
    uint32_t tile_shift;     /* log2 of k_tile_positions */
    uint32_t decode_turn, prefill_turn; /* slots that are looked at first */
    uint32_t prefill_last;   /* the last run was a prefill: decode goes first */
    struct quin_model_desc desc;
    struct quin_fw_slot slot[QUIN_FW_SLOTS];
    struct quin_fw_run run;
};

/* Sets up; nothing is touched yet. */
void quin_fw_init(struct quin_fw *fw, const struct quin_fw_port *port, uint32_t watchdog_polls);

/* One turn of the loop, never waiting; returns 1 if anything was done or is under way, 0 if all is idle. */
int quin_fw_poll(struct quin_fw *fw);

#endif
