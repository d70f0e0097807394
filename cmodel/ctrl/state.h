/* SPDX-License-Identifier: Apache-2.0
 *
 * State of the golden device, shared by the files of cmodel/ and by nobody else.
 */
#ifndef QUIN_STATE_H
#define QUIN_STATE_H

#include <stdbool.h>

#include "device.h"

struct quin_hazard;
struct quin_kernel;
struct quin_group;
struct quin_acts;
struct quin_pool;

struct quin_window {
    uint64_t base, limit; /* bytes; limit is exclusive */
    uint32_t rights;
};

struct quin_device {
    const struct quin_config *config;
    uint8_t *dram;
    uint64_t dram_bytes;
    uint32_t *sp; /* [config->scratchpad_words] */

    uint32_t reg[QUIN_REGISTER_BYTES / 4]; /* registers that only hold a value */
    uint64_t greg[QUIN_GREGS];
    uint64_t rowreg[QUIN_ROW_BANKS][QUIN_ROW_REGS];
    uint64_t counter[QUIN_COUNTERS];

    int running;
    uint32_t pc, executed; /* of the current run */
    uint64_t error_address;
    uint32_t checksum; /* of what the current command wrote */

    quin_retire_hook *hook;
    void *hook_user;
    struct quin_hazard *hazard; /* NULL: not checked */

    /* how MATMUL is computed; no result and no count depends on it but WRAPS on count_wraps */
    const struct quin_kernel *kernel;
    bool count_wraps;
    struct quin_pool *pool; /* NULL: one thread */
    void **scratch;         /* [threads], kernel->scratch bytes each */
    struct quin_group **group; /* [threads] */
    struct quin_acts *acts;    /* of the MATMUL at work, in parts */
};

/* A value of one field of the command. */
#define QUIN_GET(cmd, format, name) ((uint32_t)quin_cmd_get(cmd, QUIN_F_##format##_##name))

/* min(value, g[reg]), or value if reg is 0. */
static inline uint32_t quin_limit(const struct quin_device *dev, uint32_t value, uint32_t reg)
{
    return reg && dev->greg[reg] < value ? (uint32_t)dev->greg[reg] : value;
}

/* ROWS and ROWS_LIMIT of any command. */
static inline uint32_t quin_rows(const struct quin_device *dev, const struct quin_cmd *cmd)
{
    return quin_limit(dev, QUIN_GET(cmd, ANY, ROWS), QUIN_GET(cmd, ANY, ROWS_LIMIT));
}

/* What an element written at index i of its group adds to the checksum (docs/commands.md). */
static inline uint32_t quin_checksum_term(uint32_t i, uint32_t bits)
{
    uint32_t s = i % 32;
    return (uint32_t)(bits << s | (uint64_t)bits >> (32 - s));
}

static inline void quin_checksum(struct quin_device *dev, uint32_t i, uint32_t bits)
{
    dev->checksum += quin_checksum_term(i, bits);
}

/* Each unit executes one command; the result is an enum quin_device_error. */
uint32_t quin_move_execute(struct quin_device *dev, const struct quin_cmd *cmd);
uint32_t quin_matmul_execute(struct quin_device *dev, const struct quin_cmd *cmd);
uint32_t quin_vector_execute(struct quin_device *dev, const struct quin_cmd *cmd);

#endif
