/* SPDX-License-Identifier: Apache-2.0
 *
 * VECTOR: for rows x groups x n elements t = func(op2(op1(a, b), c)), written in a format, reduced over a group.
 * Masked elements are written as zero and take no part in the reduction.
 */
#include <stdatomic.h>
#include <string.h>

#include "f32.h"
#include "func.h"
#include "memory.h"
#include "pool.h"
#include "quant.h"
#include "kernel.h"
#include "reduce.h"
#include "span.h"

enum { SHARED_WORK = 4096, ONE_BY_ONE = 32 }; /* elements that are worth waking other threads; what one can count for */

struct operand {
    uint32_t mode, base, row, group;
    uint32_t imm; /* binary32 */
};

struct vector {
    uint32_t rows, groups, n, op1, op2, func, reduce, format;
    struct operand a, b, c;
    uint32_t dst_base, dst_row, dst_group;
    uint32_t red_base, red_row, red_group;
    uint32_t mask;           /* elements from min(n, *end - start) of a row on are masked */
    const uint64_t *end;     /* [rows] */
    uint64_t start;
};

#define OPERAND(cmd, x, value)                                                                   \
    {                                                                                            \
        .mode = QUIN_GET(cmd, VECTOR, x##_MODE), .base = QUIN_GET(cmd, VECTOR, x##_BASE),        \
        .row = QUIN_GET(cmd, VECTOR, x##_ROW), .group = QUIN_GET(cmd, VECTOR, x##_GROUP), .imm = value \
    }

static int aligned(const struct operand *o)
{
    return o->mode != QUIN_OPERAND_VECTOR || (o->base | o->row | o->group) % QUIN_SP_ALIGN_WORDS == 0;
}

static uint32_t check(const struct vector *v)
{
    if (v->op1 > QUIN_VECTOR_OP_MAX || v->op2 > QUIN_VECTOR_OP_MAX || v->func > QUIN_FUNC_RINT ||
        v->reduce > QUIN_REDUCE_ARGMAX || v->format > QUIN_FORMAT_CODE10 || v->a.mode > QUIN_OPERAND_IMM ||
        v->b.mode > QUIN_OPERAND_IMM || v->c.mode > QUIN_OPERAND_IMM)
        return QUIN_DERR_FIELD;
    if (!aligned(&v->a) || (v->op1 && !aligned(&v->b)) || (v->op2 && !aligned(&v->c)))
        return QUIN_DERR_ALIGN;
    if (v->format && (v->dst_base | v->dst_row | v->dst_group) % QUIN_SP_ALIGN_WORDS)
        return QUIN_DERR_ALIGN;
    return QUIN_DERR_NONE;
}

/* Where an operand's words of one group are; immediates point into the operand. */
static const uint32_t *fetch(struct quin_device *dev, const struct operand *o, uint32_t r, uint32_t g, uint32_t n,
                             uint32_t *error)
{
    uint64_t word = o->base + (uint64_t)r * o->row + (uint64_t)g * o->group;
    if (o->mode == QUIN_OPERAND_IMM)
        return &o->imm;
    return quin_sp_range(dev, word, o->mode == QUIN_OPERAND_VECTOR ? n : 1, 0, error);
}

static float operate(uint32_t op, float x, float y)
{
    switch (op) {
    case QUIN_VECTOR_OP_ADD:
        return quin_f32_add(x, y);
    case QUIN_VECTOR_OP_SUB:
        return quin_f32_sub(x, y);
    case QUIN_VECTOR_OP_MUL:
        return quin_f32_mul(x, y);
    case QUIN_VECTOR_OP_MAX:
        return quin_f32_max(x, y);
    default:
        return x;
    }
}

static float function(uint32_t func, float x)
{
    switch (func) {
    case QUIN_FUNC_EXP2:
        return quin_exp2(x);
    case QUIN_FUNC_RECIP:
        return quin_recip(x);
    case QUIN_FUNC_RSQRT:
        return quin_rsqrt(x);
    case QUIN_FUNC_RINT:
        return quin_f32_rint(x);
    default:
        return x;
    }
}

/* Writes element i of a group; returns its bits as the checksum counts them. A masked element is t = +0. */
static uint32_t put(uint32_t format, void *dst, uint32_t i, float t)
{
    uint8_t *byte = dst;
    switch (format) {
    case QUIN_FORMAT_F32: {
        uint32_t bits = quin_f32_bits(t);
        memcpy(byte + (size_t)i * 4, &bits, 4);
        return bits;
    }
    case QUIN_FORMAT_INT8:
        return byte[i] = (uint8_t)quin_quant_i8(t);
    case QUIN_FORMAT_INT8_LOW:
        return byte[i] = (uint8_t)quin_quant_i8_low(t);
    case QUIN_FORMAT_CODE5:
        return byte[i] = quin_trit5_encode(quin_quant_trit5(t));
    default: {
        struct quin_trit10 code = quin_trit10_encode(quin_quant_trit10(t));
        byte[(size_t)i * 2] = code.hi;
        byte[(size_t)i * 2 + 1] = code.lo;
        return code.hi | (uint32_t)code.lo << 8;
    }
    }
}

static uint32_t format_words(uint32_t format, uint32_t n)
{
    switch (format) {
    case QUIN_FORMAT_NONE:
        return 0;
    case QUIN_FORMAT_F32:
        return n;
    case QUIN_FORMAT_CODE10:
        return quin_words((uint64_t)n * 2);
    default:
        return quin_words(n);
    }
}

struct reduction {
    struct quin_sum sum;
    float max, absmax;
    struct quin_argmax argmax;
};

static void reduction_add(struct reduction *red, uint32_t reduce, uint32_t i, float t)
{
    switch (reduce) {
    case QUIN_REDUCE_SUM:
        quin_sum_add(&red->sum, i, t);
        break;
    case QUIN_REDUCE_MAX:
        red->max = quin_max_add(red->max, t);
        break;
    case QUIN_REDUCE_ABSMAX:
        red->absmax = quin_absmax_add(red->absmax, t);
        break;
    case QUIN_REDUCE_ARGMAX:
        quin_argmax_add(&red->argmax, i, t);
        break;
    default:
        break;
    }
}

/* Returns what it adds to the checksum. */
static uint32_t reduction_put(const struct reduction *red, uint32_t reduce, uint32_t *to)
{
    uint32_t second = 0;
    switch (reduce) {
    case QUIN_REDUCE_SUM:
        to[0] = quin_f32_bits(quin_sum_finish(&red->sum));
        break;
    case QUIN_REDUCE_MAX:
        to[0] = quin_f32_bits(red->max);
        break;
    case QUIN_REDUCE_ABSMAX:
        to[0] = quin_f32_bits(red->absmax);
        break;
    default:
        to[0] = quin_f32_bits(red->argmax.value);
        to[1] = red->argmax.index;
        second = quin_checksum_term(1, to[1]);
        break;
    }
    return quin_checksum_term(0, to[0]) + second;
}

/* Do `words` words at x and the bytes of the results lie apart? */
static bool apart(const uint32_t *x, uint32_t words, const uint32_t *dst, uint32_t dst_words)
{
    return x + words <= dst || dst + dst_words <= x;
}

/* Spans read ahead of what they write, so results may stand in an operand's own place or clear of it. */
static bool clear_of(const uint32_t *x, uint32_t step, uint32_t n, const uint32_t *dst, uint32_t dst_words)
{
    return !dst || (step && x == dst) || apart(x, step ? n : 1, dst, dst_words);
}

/* The group by spans; returns how many elements are done. A span that would not do ends it. */
static uint32_t group_spans(struct quin_device *dev, const struct vector *v, struct quin_span *s, uint32_t visible)
{
    uint32_t done = 0;
    while (done < v->n && (v->format || done < visible)) {
        uint32_t n = v->n - done < QUIN_SPAN ? v->n - done : QUIN_SPAN;
        uint32_t seen = visible <= done ? 0 : visible - done < n ? visible - done : n;
        if (!dev->kernel->span(s, done, n, seen))
            return done;
        done += n;
    }
    return v->n;
}

static uint32_t visible_of(const struct vector *v, uint32_t r)
{
    if (!v->mask)
        return v->n;
    uint64_t left = v->end[r] > v->start ? v->end[r] - v->start : 0;
    return left < v->n ? (uint32_t)left : v->n;
}

/* One group of one row; elements from `visible` on are masked. */
static uint32_t group(struct quin_device *dev, const struct vector *v, uint32_t r, uint32_t g, uint32_t *checksum)
{
    uint32_t visible = visible_of(v, r);
    uint32_t error = QUIN_DERR_NONE, words = format_words(v->format, v->n), *dst = NULL, *to = NULL;
    const uint32_t *a = fetch(dev, &v->a, r, g, v->n, &error);
    const uint32_t *b = v->op1 ? fetch(dev, &v->b, r, g, v->n, &error) : a;
    const uint32_t *c = v->op2 ? fetch(dev, &v->c, r, g, v->n, &error) : a;
    /* an operand that no operation reads stays at the first word of a */
    uint32_t step_a = v->a.mode == QUIN_OPERAND_VECTOR, step_b = v->op1 && v->b.mode == QUIN_OPERAND_VECTOR,
             step_c = v->op2 && v->c.mode == QUIN_OPERAND_VECTOR;
    if (v->format)
        dst = quin_sp_range(dev, v->dst_base + (uint64_t)r * v->dst_row + (uint64_t)g * v->dst_group, words, 1, &error);
    if (v->reduce)
        to = quin_sp_range(dev, v->red_base + (uint64_t)r * v->red_row + (uint64_t)g * v->red_group,
                           v->reduce == QUIN_REDUCE_ARGMAX ? 2 : 1, 1, &error);
    if (error)
        return error;
    struct reduction red = {.max = quin_max_init(), .absmax = quin_absmax_init()};
    quin_sum_init(&red.sum);
    quin_argmax_init(&red.argmax);
    uint32_t done = 0;
    if (dev->kernel->span && clear_of(a, step_a, v->n, dst, words) &&
        (!v->op1 || clear_of(b, step_b, v->n, dst, words)) && (!v->op2 || clear_of(c, step_c, v->n, dst, words))) {
        struct quin_span s = {v->op1, v->op2, v->func, v->reduce, v->format, a, b, c, step_a, step_b, step_c, dst,
                              0, red.sum, quin_f32_order(red.max), 0, red.argmax};
        done = group_spans(dev, v, &s, visible);
        *checksum += s.checksum;
        red = (struct reduction){s.sum, quin_f32_unorder(s.max), quin_f32_from_bits(s.absmax), s.argmax};
    }
    for (uint32_t i = done; i < v->n; i++) {
        float t = 0.0f;
        if (i < visible) {
            t = operate(v->op1, quin_f32_flush(quin_f32_from_bits(a[i * step_a])),
                        quin_f32_from_bits(b[i * step_b]));
            t = function(v->func, operate(v->op2, t, quin_f32_from_bits(c[i * step_c])));
            reduction_add(&red, v->reduce, i, t);
        }
        if (v->format)
            *checksum += quin_checksum_term(i, put(v->format, dst, i, t));
    }
    if (v->reduce)
        *checksum += reduction_put(&red, v->reduce, to);
    return QUIN_DERR_NONE;
}

/* ---- groups on several threads ---- */

/* Words of all groups of an operand, of the results or of the reductions: `n` of each group. */
struct extent {
    uint64_t base, row, group, n, end;
};

static struct extent extent(const struct vector *v, uint64_t base, uint64_t row, uint64_t group, uint64_t n)
{
    return (struct extent){base, row, group, n, n ? base + (v->rows - 1) * row + (v->groups - 1) * group + n : base};
}

static bool clear(const struct extent *a, const struct extent *b)
{
    return a->end <= b->base || b->end <= a->base;
}

/* Do the groups lie one behind the other? */
static bool in_order(const struct vector *v, const struct extent *e)
{
    return (v->groups == 1 || e->group >= e->n) && (v->rows == 1 || e->row >= (v->groups - 1) * e->group + e->n);
}

/* Does no group read or write what another writes, and is all of it there? Then their order does not matter. */
static bool independent(const struct quin_device *dev, const struct vector *v)
{
    const struct operand *operands[] = {&v->a, v->op1 ? &v->b : &v->a, v->op2 ? &v->c : &v->a};
    struct extent dst = extent(v, v->dst_base, v->dst_row, v->dst_group, format_words(v->format, v->n));
    uint32_t values = v->reduce == QUIN_REDUCE_ARGMAX ? 2 : v->reduce ? 1 : 0;
    struct extent red = extent(v, v->red_base, v->red_row, v->red_group, values);
    if (!in_order(v, &dst) || !in_order(v, &red) || !clear(&dst, &red) ||
        dst.end > dev->config->scratchpad_words || red.end > dev->config->scratchpad_words)
        return false;
    for (uint32_t i = 0; i < 3; i++) {
        const struct operand *o = operands[i];
        struct extent x = extent(v, o->base, o->row, o->group, o->mode == QUIN_OPERAND_VECTOR ? v->n : 1);
        if (o->mode == QUIN_OPERAND_IMM)
            continue;
        bool own = x.base == dst.base && x.row == dst.row && x.group == dst.group && x.n >= dst.n && in_order(v, &x);
        if (x.end > dev->config->scratchpad_words || !clear(&x, &red) || !(own || clear(&x, &dst)))
            return false;
    }
    return true;
}

static bool worth_sharing(const struct quin_device *dev, const struct vector *v)
{
    uint64_t groups = (uint64_t)v->rows * v->groups, work = groups * v->n;
    if (v->func == QUIN_FUNC_RECIP || v->func == QUIN_FUNC_RSQRT) /* done one by one */
        work *= ONE_BY_ONE;
    return dev->pool && !dev->hazard && groups > 1 && v->n && work >= SHARED_WORK;
}

/* Groups in as many parts as there are threads. A worker begins with its own one, so that it comes back to the rows that
 * it had before (array/matmul.c). */
struct work {
    struct quin_device *dev;
    const struct vector *v;
    uint32_t parts, piece; /* piece: groups that a worker takes at a time */
    atomic_uint next[QUIN_POOL_MOST], checksum;
};

/* Groups of a part, the last one first: if groups were not independent, that would show on a single worker, too. */
static void work_part(struct work *w, uint32_t part, uint32_t *checksum)
{
    const struct vector *v = w->v;
    uint32_t all = v->rows * v->groups, end = (part + 1) * all / w->parts, n = end - part * all / w->parts, first;
    while ((first = atomic_fetch_add(&w->next[part], w->piece)) < n)
        for (uint32_t i = first; i < n && i < first + w->piece; i++) {
            uint32_t at = end - 1 - i;
            (void)group(w->dev, v, at / v->groups, at % v->groups, checksum); /* cannot fail: independent() */
        }
}

static void work_groups(void *ctx, uint32_t worker)
{
    struct work *w = ctx;
    uint32_t checksum = 0;
    for (uint32_t i = 0; i < w->parts; i++)
        work_part(w, (worker + i) % w->parts, &checksum);
    atomic_fetch_add(&w->checksum, checksum);
}

static void share(struct quin_device *dev, const struct vector *v)
{
    uint32_t threads = quin_pool_threads(dev->pool), piece = v->rows * v->groups / (4 * threads);
    struct work w = {.dev = dev, .v = v, .parts = threads, .piece = piece ? piece : 1};
    quin_pool_run(dev->pool, work_groups, &w);
    dev->checksum += w.checksum;
}

uint32_t quin_vector_execute(struct quin_device *dev, const struct quin_cmd *cmd)
{
    struct vector v = {
        .rows = quin_rows(dev, cmd),
        .groups = QUIN_GET(cmd, VECTOR, GROUPS),
        .n = quin_limit(dev, QUIN_GET(cmd, VECTOR, N), QUIN_GET(cmd, VECTOR, N_LIMIT)),
        .op1 = QUIN_GET(cmd, VECTOR, OP1),
        .op2 = QUIN_GET(cmd, VECTOR, OP2),
        .func = QUIN_GET(cmd, VECTOR, FUNC),
        .reduce = QUIN_GET(cmd, VECTOR, REDUCE),
        .format = QUIN_GET(cmd, VECTOR, FORMAT),
        .a = OPERAND(cmd, A, QUIN_GET(cmd, VECTOR, IMM1)),
        .b = OPERAND(cmd, B, QUIN_GET(cmd, VECTOR, IMM1)),
        .c = OPERAND(cmd, C, QUIN_GET(cmd, VECTOR, IMM2)),
        .dst_base = QUIN_GET(cmd, VECTOR, DST_BASE),
        .dst_row = QUIN_GET(cmd, VECTOR, DST_ROW),
        .dst_group = QUIN_GET(cmd, VECTOR, DST_GROUP),
        .red_base = QUIN_GET(cmd, VECTOR, RED_BASE),
        .red_row = QUIN_GET(cmd, VECTOR, RED_ROW),
        .red_group = QUIN_GET(cmd, VECTOR, RED_GROUP),
        .mask = QUIN_GET(cmd, VECTOR, MASK),
        .end = dev->rowreg[QUIN_GET(cmd, VECTOR, MASK_BANK)] + QUIN_GET(cmd, VECTOR, ROW_FIRST),
        .start = dev->greg[QUIN_GET(cmd, VECTOR, MASK_REG)],
    };
    uint32_t first = QUIN_GET(cmd, VECTOR, ROW_FIRST), error = check(&v);
    if (!error && v.mask && first + v.rows > QUIN_ROW_REGS)
        error = QUIN_DERR_FIELD;
    if (!error && worth_sharing(dev, &v) && independent(dev, &v))
        share(dev, &v);
    else
        for (uint32_t i = 0; i < v.rows * v.groups && !error; i++)
            error = group(dev, &v, i / v.groups, i % v.groups, &dev->checksum);
    if (error)
        return error;
    uint64_t elements = (uint64_t)v.rows * v.groups * v.n;
    dev->counter[QUIN_COUNT_VECTOR_ELEMENTS] += elements;
    if (v.func == QUIN_FUNC_EXP2 || v.func == QUIN_FUNC_RECIP || v.func == QUIN_FUNC_RSQRT)
        dev->counter[QUIN_COUNT_VECTOR_FUNCS] += elements;
    return QUIN_DERR_NONE;
}
