/* SPDX-License-Identifier: Apache-2.0
 *
 * The hardware/software contract for C: every constant comes from the .def tables beside this file,
 * which also make the SystemVerilog package and the pages in docs/. Nothing is typed twice.
 */
#ifndef QUIN_CONTRACT_H
#define QUIN_CONTRACT_H

#include <stdint.h>

/* The simulation's C++ reads this file too. */
#ifdef __cplusplus
#ifndef _Static_assert
#define _Static_assert static_assert
#endif
extern "C" {
#endif

/* QUIN_OP_<name>: command codes */
enum quin_op {
#define QUIN_COMMAND(name, code, unit, format, doc) QUIN_OP_##name = code,
#define QUIN_UNIT(name, code, doc)
#define QUIN_FIELD(format, name, lsb, width, doc)
#define QUIN_VALUE(group, name, code, doc)
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
};

/* QUIN_UNIT_<name> */
enum quin_unit {
#define QUIN_COMMAND(name, code, unit, format, doc)
#define QUIN_UNIT(name, code, doc) QUIN_UNIT_##name = code,
#include "commands.def"
#undef QUIN_UNIT
#undef QUIN_FIELD
    QUIN_UNIT_COUNT
};

/* Fields as (lsb << 8 | width), for quin_cmd_get and quin_cmd_set: QUIN_F_<format>_<name> */
enum quin_field {
#define QUIN_UNIT(name, code, doc)
#define QUIN_FIELD(format, name, lsb, width, doc) QUIN_F_##format##_##name = (lsb) << 8 | (width),
#include "commands.def"
#undef QUIN_FIELD
#undef QUIN_VALUE
};

/* Values of small fields: QUIN_<group>_<name> */
enum quin_value {
#define QUIN_FIELD(format, name, lsb, width, doc)
#define QUIN_VALUE(group, name, code, doc) QUIN_##group##_##name = code,
#include "commands.def"
#undef QUIN_VALUE
#undef QUIN_FIELD
#undef QUIN_UNIT
#undef QUIN_COMMAND
};

/* QUIN_DERR_<name>: device errors */
enum quin_device_error {
#define QUIN_DEVICE_ERROR(name, code, text) QUIN_DERR_##name = code,
#include "errors.def"
#undef QUIN_DEVICE_ERROR
};

/* QUIN_COUNT_<name>: indices of counters */
enum quin_counter {
#define QUIN_COUNTER(name, index, timed, doc) QUIN_COUNT_##name = index,
#include "counters.def"
#undef QUIN_COUNTER
};

/* QUIN_REG_<name>: byte offsets; QUIN_<bit or limit name> */
enum quin_reg {
#define QUIN_REG(name, offset, words, access, doc) QUIN_REG_##name = offset,
#define QUIN_BIT(name, value, doc)
#define QUIN_LIMIT(name, value, doc)
#include "registers.def"
#undef QUIN_REG
#undef QUIN_BIT
#undef QUIN_LIMIT
};

enum quin_constant {
#define QUIN_REG(name, offset, words, access, doc)
#define QUIN_BIT(name, value, doc) QUIN_##name = value,
#define QUIN_LIMIT(name, value, doc) QUIN_##name = value,
#include "registers.def"
#undef QUIN_REG
#undef QUIN_BIT
#undef QUIN_LIMIT
};

/* Structures in DRAM, and the codes, general registers and row registers that go with them */
#define QUIN_SQE(name, type, doc)
#define QUIN_CQE(name, type, doc)
#define QUIN_RETIRE(name, type, doc)
#define QUIN_DESC(name, type, doc)
#define QUIN_CODE(group, name, value, doc)
#define QUIN_GREG(name, index, doc)
#define QUIN_ROWREG(name, bank, doc)

#undef QUIN_SQE
#define QUIN_SQE(name, type, doc) type name;
struct quin_submission {
#include "queues.def"
};
#undef QUIN_SQE
#define QUIN_SQE(name, type, doc)

#undef QUIN_CQE
#define QUIN_CQE(name, type, doc) type name;
struct quin_completion {
#include "queues.def"
};
#undef QUIN_CQE
#define QUIN_CQE(name, type, doc)

#undef QUIN_RETIRE
#define QUIN_RETIRE(name, type, doc) type name;
struct quin_retire {
#include "queues.def"
};
#undef QUIN_RETIRE
#define QUIN_RETIRE(name, type, doc)

#undef QUIN_DESC
#define QUIN_DESC(name, type, doc) type name;
struct quin_model_desc {
#include "queues.def"
};
#undef QUIN_DESC
#define QUIN_DESC(name, type, doc)

#undef QUIN_CODE
#undef QUIN_GREG
#undef QUIN_ROWREG
#define QUIN_CODE(group, name, value, doc) QUIN_##group##_##name = (int)(value),
#define QUIN_GREG(name, index, doc) QUIN_G_##name = index,
#define QUIN_ROWREG(name, bank, doc) QUIN_ROW_##name = bank,
enum quin_queue_constant {
#include "queues.def"
};
#undef QUIN_SQE
#undef QUIN_CQE
#undef QUIN_RETIRE
#undef QUIN_DESC
#undef QUIN_CODE
#undef QUIN_GREG
#undef QUIN_ROWREG

_Static_assert(sizeof(struct quin_submission) == 64, "a submission is 64 bytes");
_Static_assert(sizeof(struct quin_completion) == 32, "a completion is 32 bytes");
_Static_assert(sizeof(struct quin_retire) == 16, "a retire record is 16 bytes");
_Static_assert(sizeof(struct quin_model_desc) == 12 * 4 + 6 * 8 + 10 * 4, "the descriptor has no padding");

/* One row of configs.def. */
struct quin_config {
    const char *name;
    uint32_t rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits;
};

/* contract.c: row i of configs.def or the row of a name, NULL if there is none; what a device error means. */
const struct quin_config *quin_config_at(uint32_t index);
const struct quin_config *quin_config_find(const char *name);
const char *quin_device_error_text(uint32_t code);

/* A command, as it stands in DRAM on a little-endian machine. */
struct quin_cmd {
    uint32_t w[QUIN_COMMAND_BYTES / 4];
};

_Static_assert(sizeof(struct quin_cmd) == QUIN_COMMAND_BYTES, "a command is 64 bytes");

/* Value of a field. No field crosses a 64-bit boundary (checked by the generator). */
static inline uint64_t quin_cmd_get(const struct quin_cmd *cmd, enum quin_field field)
{
    unsigned lsb = (unsigned)field >> 8, width = (unsigned)field & 255;
    uint64_t pair = cmd->w[lsb / 64 * 2] | (uint64_t)cmd->w[lsb / 64 * 2 + 1] << 32;
    return width == 64 ? pair : pair >> lsb % 64 & ((UINT64_C(1) << width) - 1);
}

/* Writes a field; returns 0 if the value does not fit it, else 1. */
static inline int quin_cmd_set(struct quin_cmd *cmd, enum quin_field field, uint64_t value)
{
    unsigned lsb = (unsigned)field >> 8, width = (unsigned)field & 255;
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    uint64_t pair = cmd->w[lsb / 64 * 2] | (uint64_t)cmd->w[lsb / 64 * 2 + 1] << 32;
    if (value > mask)
        return 0;
    pair = (pair & ~(mask << lsb % 64)) | value << lsb % 64;
    cmd->w[lsb / 64 * 2] = (uint32_t)pair;
    cmd->w[lsb / 64 * 2 + 1] = (uint32_t)(pair >> 32);
    return 1;
}

#ifdef __cplusplus
}
#endif

#endif
