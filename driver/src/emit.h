/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the compiler: the program under construction, and short forms for the commands it is made of.
 */
#ifndef QUIN_EMIT_H
#define QUIN_EMIT_H

#include "compile.h"

/* General registers of the program's own. */
enum quin_compile_reg {
    QUIN_REG_WEIGHTS = QUIN_G_PROGRAM, /* DRAM address of the layer */
    QUIN_REG_KV,                       /* offset of the layer in a slot */
    QUIN_REG_LAYER,                    /* layers done */
    QUIN_REG_VISIBLE,                  /* positions to attend to */
    QUIN_REG_POSITION,                 /* first position of the block */
    QUIN_REG_LEFT,                     /* positions from there on */
    QUIN_REG_K_BLOCK,                  /* KV + offset of the block in a K stream */
    QUIN_REG_V_BLOCK,                  /* in a V stream */
    QUIN_REG_SCALE_BLOCK               /* in the V scales */
};

struct quin_emit {
    struct quin_program *p;
    const struct quin_layout *l;
    const struct quin_buffers *b;
    enum quin_compile_kind kind;
};

/* ---- short forms (emit.c) ---- */
struct quin_operand quin_vec(struct quin_view v);    /* word i of a group */
struct quin_operand quin_scalar(struct quin_view v); /* one word a group */
struct quin_operand quin_imm(float x);
struct quin_view quin_shift(struct quin_view v, uint32_t words); /* the view some words further */
struct quin_view quin_one_group(struct quin_view v);             /* the same words for all groups */

/* All rows in use of this program. */
struct quin_count quin_all_rows(const struct quin_emit *e);

/* A VECTOR command over all rows with groups of n elements; the caller fills in the rest. */
struct quin_vector_args quin_over(const struct quin_emit *e, uint32_t groups, uint32_t n);

/* scale = max(absmax, floor) / limit and inverse = 1 / scale, for `count` scalars of each row. */
void quin_emit_scale(const struct quin_emit *e, struct quin_count rows, uint32_t count, struct quin_view absmax,
                     float floor, float limit, struct quin_view scale, struct quin_view inverse);

/* Sixteen bits as two int8 rows, over what v covers: x * v.b = 256 * high + low. x and temp are overwritten. */
void quin_emit_split(const struct quin_emit *e, struct quin_vector_args v, struct quin_view x, struct quin_view temp,
                     struct quin_view high, struct quin_view low);

/* act = int8(RMSNorm(x) * gain), with the activations' scales in row[0]; normed values go through `norm`, which may be
 * x itself. bits 16: act and act_low instead. */
void quin_emit_norm(const struct quin_emit *e, const char *name, struct quin_view x, uint32_t n, struct quin_view gain,
                    struct quin_view norm, uint32_t bits);
/* The same without the norm, for a projection: act = int8(x). */
void quin_emit_activations(const struct quin_emit *e, struct quin_view x, uint32_t n);

/* m.dst = act * matrix, for all rows; with 16 bits the low parts' product goes to `low` and is added. m has neither rows,
 * act nor row_scale. */
void quin_emit_product(const struct quin_emit *e, struct quin_matmul_args m, uint32_t bits, struct quin_view low);
/* dst[rows][n] = act * projection, n columns from stream offset on */
void quin_emit_projection(const struct quin_emit *e, enum quin_projection p, uint64_t offset, uint32_t n,
                          struct quin_view dst, struct quin_view low);
/* x += y */
void quin_emit_residual(const struct quin_emit *e, const char *name, struct quin_view y);
/* Loads constants of the layer. */
void quin_emit_constants(const struct quin_emit *e, enum quin_constant_place place, struct quin_view to);

/* ---- attention.c: from the normed activations to `out`, heads joined ---- */
void quin_emit_attention(const struct quin_emit *e);

#endif
