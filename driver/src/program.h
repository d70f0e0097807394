/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds a program command by command and finds the AFTER fields by itself: it knows which scratchpad words every
 * command reads and writes, so a command waits for the newest conflicting one of each unit and for nothing else.
 */
#ifndef QUIN_PROGRAM_H
#define QUIN_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "contract.h"
#include "quin_err.h"

/* A place in the scratchpad, in words: element (r, g, i) is at base + r * row + g * group + i. */
struct quin_view {
    uint32_t base, row, group;
};

/* Rows of a command: a constant, cut to g[limit] if limit is not 0. */
struct quin_count {
    uint32_t n, limit;
};

/* A DRAM address: offset + g[reg] + (if row_bank >= 0) rowreg[row_bank][row_first]. */
struct quin_address {
    uint64_t offset;
    uint32_t reg;
    int row_bank; /* -1: none */
    uint32_t row_first;
};

struct quin_operand {
    uint32_t mode; /* enum QUIN_OPERAND_* */
    struct quin_view view;
    float imm;
};

struct quin_vector_args {
    struct quin_count rows, n;
    uint32_t groups;
    uint32_t op1, op2, func, reduce, format;
    struct quin_operand a, b, c; /* one of a and b may be an immediate, not both */
    struct quin_view dst, red;
    int mask_bank; /* -1: no mask */
    uint32_t mask_reg, row_first;
};

struct quin_move_args {
    int store;
    struct quin_count rows, n;
    uint32_t groups, element, inner;
    struct quin_address dram;
    uint64_t outer_stride;
    uint32_t row_stride, group_stride; /* bytes in DRAM */
    struct quin_view sp;
    int kv; /* touches the KV cache */
};

struct quin_matmul_args {
    struct quin_count rows, k, n;
    uint32_t precision;
    int column_scales, kv; /* kv: the stream is the KV cache, not constant weights */
    struct quin_address stream;
    uint64_t tile_stride;
    struct quin_view act, dst, row_scale;
    uint32_t column_scale; /* word, if not column_scales */
};

struct quin_program; /* opaque */

struct quin_program *quin_program_create(void); /* NULL: no memory */
void quin_program_free(struct quin_program *p);

/* The commands below never fail at once: the first error is kept and quin_program_finish reports it. */
void quin_program_vector(struct quin_program *p, const struct quin_vector_args *args);
void quin_program_move(struct quin_program *p, const struct quin_move_args *args);
void quin_program_matmul(struct quin_program *p, const struct quin_matmul_args *args);
/* g[rd] = g[ra] + imm, g[rd] = rowreg[bank][row] + imm, g[rd] = max(g[ra] - g[rb], 0) */
void quin_program_add(struct quin_program *p, uint32_t rd, uint32_t ra, uint64_t imm);
void quin_program_from_row(struct quin_program *p, uint32_t rd, uint32_t bank, uint32_t row);
void quin_program_sub(struct quin_program *p, uint32_t rd, uint32_t ra, uint32_t rb);
void quin_program_end(struct quin_program *p);

/* Says that the newest command completes columns [first, first + groups * n) of row 0 of a tensor of the transformer. */
struct quin_mark {
    uint32_t command;
    const char *name; /* as the float reference's probe names it */
    struct quin_view view;
    uint32_t first, groups, n;
};
void quin_program_mark(struct quin_program *p, const char *name, struct quin_view view, uint32_t first, uint32_t groups,
                       uint32_t n);
const struct quin_mark *quin_program_marks(const struct quin_program *p, uint32_t *count);

/* A place to branch to. Everything after it waits for everything before it. */
uint32_t quin_program_here(struct quin_program *p);
/* Branches if g[ra] < g[rb] + imm; returns the command, whose target quin_program_patch may set later. */
uint32_t quin_program_branch_less(struct quin_program *p, uint32_t ra, uint32_t rb, uint64_t imm, uint32_t target);
void quin_program_patch(struct quin_program *p, uint32_t command, uint32_t target);

/* The commands, owned by p. Errors: RANGE (a value does not fit its field), MEMORY. */
enum quin_err quin_program_finish(struct quin_program *p, const struct quin_cmd **cmds, uint32_t *count,
                                  struct quin_msg *msg);

#endif
