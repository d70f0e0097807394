/* SPDX-License-Identifier: Apache-2.0
 *
 * Random programs: control flow, general registers, windows, waits and unused bits around random commands. The generator
 * follows the registers as it goes, so it knows every address; loops leave room for what they will add.
 *
 * g1..g5 hold limits of any size, g6 and g7 limits of k that are not 0, g8..g15 parts of addresses (multiples of 64),
 * g16..g19 count turns, g20 belongs to programs that fail, g24..g31 hold anything.
 */
#include "bench.h"

#include <string.h>

enum { UNROLLED_MOST = 600, ADDRESS_SPAN = 0x4000 };

static void body(struct gen *g, uint32_t commands, int depth);

/* ---- commands ---- */

/* Appends a command; its AFTER fields are drawn, and made stricter later where they must be. */
struct quin_cmd *generate_command(struct gen *g, enum quin_op op)
{
    static const uint8_t often[] = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7};
    struct quin_cmd *cmd = &g->p->cmd[g->p->length++];
    memset(cmd, 0, sizeof *cmd);
    PUT(cmd, ANY, OPCODE, op);
    PUT(cmd, ANY, AFTER_DMA, g->p->all_waits ? 1 : often[rng_below(g->r, sizeof often)]);
    PUT(cmd, ANY, AFTER_ARRAY, g->p->all_waits ? 1 : often[rng_below(g->r, sizeof often)]);
    PUT(cmd, ANY, AFTER_VECTOR, g->p->all_waits ? 1 : often[rng_below(g->r, sizeof often)]);
    return cmd;
}

static struct quin_cmd *control(struct gen *g, enum quin_op op)
{
    struct quin_cmd *cmd = generate_command(g, op);
    if (rng_percent(g->r, 80)) { /* waits here hold up everything */
        PUT(cmd, ANY, AFTER_DMA, 0);
        PUT(cmd, ANY, AFTER_ARRAY, 0);
        PUT(cmd, ANY, AFTER_VECTOR, 0);
    }
    g->p->fixed[g->p->length - 1] = 1;
    return cmd;
}

/* A second operand that is `value`, in one of the three ways. */
static void put_second(struct gen *g, struct quin_cmd *cmd, uint64_t value)
{
    uint32_t select = rng_below(g->r, 3), rb = rng_below(g->r, 8), bank = rng_below(g->r, QUIN_ROW_BANKS);
    uint32_t row = rng_below(g->r, g->b->options->row_limit < QUIN_ROW_REGS ? g->b->options->row_limit : QUIN_ROW_REGS);
    PUT(cmd, CONTROL, SELECT, select);
    PUT(cmd, CONTROL, RB, rb);
    PUT(cmd, CONTROL, ROW_BANK, bank);
    PUT(cmd, CONTROL, ROW_FIRST, row);
    PUT(cmd, CONTROL, IMM, value - (select == QUIN_SELECT_GREG ? g->regs.g[rb] : select == QUIN_SELECT_ROW ? g->regs.row[bank][row] : 0));
}

/* g[rd] = value, computed from registers that are known here. */
static void set_to(struct gen *g, uint32_t rd, uint64_t value)
{
    struct quin_cmd *cmd = control(g, QUIN_OP_SET);
    uint32_t ra = rng_below(g->r, 6);
    uint64_t a = g->regs.g[ra];
    PUT(cmd, CONTROL, RD, rd);
    PUT(cmd, CONTROL, RA, ra);
    if (a > value && rng_percent(g->r, 50)) {
        PUT(cmd, CONTROL, OP, QUIN_SET_OP_SUB);
        put_second(g, cmd, a - value);
    } else {
        PUT(cmd, CONTROL, OP, QUIN_SET_OP_ADD);
        put_second(g, cmd, value - a);
    }
    if (rd)
        g->regs.g[rd] = value;
}

/* Anything into a register that nothing depends on. */
static void set_free(struct gen *g)
{
    struct quin_cmd *cmd = control(g, QUIN_OP_SET);
    PUT(cmd, CONTROL, RD, rng_percent(g->r, 10) ? 0 : G_FREE + rng_below(g->r, 8));
    PUT(cmd, CONTROL, RA, rng_below(g->r, QUIN_GREGS));
    PUT(cmd, CONTROL, RB, rng_below(g->r, QUIN_GREGS));
    PUT(cmd, CONTROL, SELECT, rng_below(g->r, 3));
    PUT(cmd, CONTROL, OP, rng_below(g->r, 2));
    PUT(cmd, CONTROL, ROW_BANK, rng_below(g->r, QUIN_ROW_BANKS));
    PUT(cmd, CONTROL, ROW_FIRST,
        rng_below(g->r, g->b->options->row_limit < QUIN_ROW_REGS ? g->b->options->row_limit : QUIN_ROW_REGS));
    PUT(cmd, CONTROL, IMM, rng_percent(g->r, 50) ? rng_wide(g->r) : rng_below(g->r, 100));
}

static uint64_t any_limit(struct rng *r)
{
    switch (rng_below(r, 8)) {
    case 0: return 0;
    case 1: return rng_wide(r);
    case 2: return (uint64_t)rng_below(r, 4) << 32; /* its low word is small */
    case 3: return (uint64_t)rng_below(r, 8) << 20;
    default: return rng_small(r, 120);
    }
}

static uint64_t any_address(struct rng *r)
{
    uint64_t small = (uint64_t)rng_below(r, ADDRESS_SPAN / 64) * 64;
    switch (rng_below(r, 4)) {
    case 0: return 0 - small;
    case 1: return 0 - (small << rng_below(r, 25)); /* the sum passes 2^64 */
    default: return small;
    }
}

static uint64_t any_limit_k(struct rng *r)
{
    uint64_t k = any_limit(r);
    return k ? k : 1 + rng_below(r, 200);
}

/* ---- control flow ---- */

static void unit_command(struct gen *g)
{
    uint32_t what = rng_below(g->r, 100);
    if (what < 35)
        generate_vector(g);
    else if (what < 60)
        generate_matmul(g);
    else
        generate_move(g);
}

/* A branch over a few commands of the units, taken or not. */
static void skip(struct gen *g)
{
    uint32_t at = g->p->length, ra = rng_below(g->r, G_SPARE);
    struct quin_cmd *cmd = control(g, QUIN_OP_BRANCH);
    PUT(cmd, CONTROL, RA, ra);
    PUT(cmd, CONTROL, OP, rng_below(g->r, 2));
    put_second(g, cmd, rng_percent(g->r, 50) ? g->regs.g[ra] + rng_below(g->r, 3) - 1 : any_limit(g->r));
    for (uint32_t i = rng_below(g->r, 3); i; i--)
        unit_command(g);
    PUT(&g->p->cmd[at], CONTROL, TARGET, g->p->length);
}

static void loop(struct gen *g, uint32_t commands, int depth)
{
    uint32_t counter = G_LOOP + (uint32_t)depth, turns = rng_range(g->r, 1, 4), moving = 0, start;
    int64_t stride = 0;
    set_to(g, counter, 0);
    start = g->p->length;
    if (!depth && rng_percent(g->r, 70)) { /* a register moves on with every turn */
        moving = G_ADDRESS + rng_below(g->r, 8);
        stride = ((int64_t)rng_below(g->r, 33) - 16) * 64;
        g->slack[moving] = stride * (turns - 1);
    }
    body(g, commands, depth + 1);
    if (moving) {
        struct quin_cmd *cmd = control(g, QUIN_OP_SET);
        PUT(cmd, CONTROL, RD, moving);
        PUT(cmd, CONTROL, RA, moving);
        PUT(cmd, CONTROL, IMM, (uint64_t)stride);
        g->slack[moving] = 0;
        g->regs.g[moving] += (uint64_t)stride * turns;
    }
    struct quin_cmd *count = control(g, QUIN_OP_SET);
    PUT(count, CONTROL, RD, counter);
    PUT(count, CONTROL, RA, counter);
    PUT(count, CONTROL, IMM, 1);
    struct quin_cmd *again = control(g, QUIN_OP_BRANCH);
    PUT(again, CONTROL, RA, counter);
    put_second(g, again, turns);
    PUT(again, CONTROL, OP, QUIN_BRANCH_OP_LT);
    PUT(again, CONTROL, TARGET, start);
    g->regs.g[counter] = turns;
}

static void body(struct gen *g, uint32_t commands, int depth)
{
    for (uint32_t end = g->p->length + commands; g->p->length < end && g->p->length < PROGRAM_MAX - 24;) {
        uint32_t what = rng_below(g->r, 100);
        if (what < 80)
            unit_command(g);
        else if (what < 84 && depth == 0)
            set_to(g, G_LIMIT + rng_below(g->r, 5), any_limit(g->r));
        else if (what < 86 && depth == 0)
            set_to(g, G_LIMIT_K + rng_below(g->r, 2), any_limit_k(g->r));
        else if (what < 89 && depth == 0)
            set_to(g, G_ADDRESS + rng_below(g->r, 8), any_address(g->r));
        else if (what < 93)
            set_free(g);
        else if (what < 97)
            skip(g);
        else if (depth < 2)
            loop(g, rng_range(g->r, 1, 6), depth);
    }
}

/* ---- what surrounds the commands ---- */

static void random_windows(struct program *p, struct rng *r)
{
    const uint64_t program_end = p->address + (uint64_t)PROGRAM_MAX * 64;
    uint32_t turn = rng_below(r, 4);
    struct window w[4] = {{DATA_AT, DATA_END, 3}, {p->address, program_end, 1}, {RING_AT, RING_AT + RING_ENTRIES_MAX * 16, 2}, {0, 0, 0}};
    switch (rng_below(r, 8)) {
    case 5: /* far more than there is */
        w[0].limit = rng_percent(r, 50) ? UINT64_C(1) << rng_range(r, 40, 63) : UINT64_MAX;
        break;
    case 6: /* beyond all addresses, and nothing below */
        w[3] = (struct window){UINT64_C(1) << rng_range(r, 40, 63), UINT64_MAX, 3};
        break;
    case 0: /* one for all */
        w[0] = (struct window){PROGRAM_AT, DATA_END, 3};
        w[1] = (struct window){0, 0, 0};
        break;
    case 1: /* overlapping, one for each right */
        w[0] = (struct window){DATA_AT, DATA_END, 1};
        w[3] = (struct window){DATA_AT - rng_below(r, 0x1000), DATA_END, 2};
        break;
    case 2: /* not a window at all */
        w[3] = (struct window){DATA_END, DATA_AT, 3};
        break;
    case 3: /* far away */
        w[3] = (struct window){UINT64_C(1) << 39, (UINT64_C(1) << 40) - 64, 3};
        break;
    case 4: /* other bits of the rights say nothing */
        w[3] = (struct window){0, PROGRAM_AT, 0xfffffffc};
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < 4; i++)
        p->window[(i + turn) % 4] = w[i];
}

/* Bits that no field of the command's format uses, and fields of CONTROL that its command does not use. */
static void add_junk(struct quin_cmd *cmd, struct rng *r)
{
    static const struct {
        char format[8];
        enum quin_field field;
    } fields[] = {
#define QUIN_COMMAND(name, code, unit, format, doc)
#define QUIN_UNIT(name, code, doc)
#define QUIN_FIELD(format, name, lsb, width, doc) {#format, QUIN_F_##format##_##name},
#define QUIN_VALUE(group, name, code, doc)
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
#undef QUIN_FIELD
#undef QUIN_VALUE
    };
    uint64_t op = GET(cmd, ANY, OPCODE);
    const char *format = op == QUIN_OP_MATMUL ? "MATMUL" : op == QUIN_OP_VECTOR ? "VECTOR" : op == QUIN_OP_LOAD || op == QUIN_OP_STORE ? "MOVE" : "CONTROL";
    struct quin_cmd junk;
    for (uint32_t i = 0; i < 16; i++)
        junk.w[i] = rng_next(r);
    for (uint32_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        enum quin_field f = fields[i].field;
        int used = !strcmp(fields[i].format, "ANY") || !strcmp(fields[i].format, format);
        if (!strcmp(format, "CONTROL"))
            used = f == QUIN_F_ANY_OPCODE || f == QUIN_F_ANY_AFTER_DMA || f == QUIN_F_ANY_AFTER_ARRAY || f == QUIN_F_ANY_AFTER_VECTOR ||
                   (!strcmp(fields[i].format, "CONTROL") && op != QUIN_OP_END &&
                    f != (op == QUIN_OP_SET ? QUIN_F_CONTROL_TARGET : QUIN_F_CONTROL_RD));
        if (used)
            (void)quin_cmd_set(&junk, f, quin_cmd_get(cmd, f));
    }
    *cmd = junk;
}

static void random_registers(struct program *p, struct rng *r)
{
    for (uint32_t i = 1; i < QUIN_GREGS; i++)
        p->greg[i] = i < G_LIMIT_K    ? any_limit(r)
                     : i < G_ADDRESS  ? any_limit_k(r)
                     : i < G_LOOP     ? any_address(r)
                                      : rng_wide(r);
}

void generate_program(struct bench *b, struct program *p, struct rng *r)
{
    struct gen g = {.b = b, .r = r, .p = p};
    memset(p, 0, sizeof *p);
    p->all_waits = rng_percent(r, 12);
    p->junk = rng_percent(r, 30);
    p->address = PROGRAM_AT + (uint64_t)rng_below(r, (DATA_AT - PROGRAM_AT) / 64 - PROGRAM_MAX) * 64;
    p->ring_entries = b->options->ring && rng_percent(r, 50) ? 1u << rng_below(r, 11) : 0;
    random_registers(p, r);
    random_windows(p, r);
    memcpy(g.regs.g, p->greg, sizeof g.regs.g);
    memcpy(g.regs.row, b->regs.row, sizeof g.regs.row);
    for (uint32_t i = 0; i < 8; i++)
        g.recent[i] = rng_below(r, b->config.scratchpad_words);
    if (b->stale)
        generate_load_all(&g);
    body(&g, rng_range(r, 3, rng_percent(r, 70) ? 20 : 60), 0);
    (void)control(&g, QUIN_OP_END);
    if (p->junk)
        for (uint32_t i = 0; i < p->length; i++)
            add_junk(&p->cmd[i], r);
    for (uint32_t i = rng_percent(r, 40) ? rng_below(r, 6) : 0; i; i--) { /* what stands behind END never runs */
        for (uint32_t j = 0; j < 16; j++)
            p->cmd[p->length].w[j] = rng_next(r);
        p->fixed[p->length++] = 1;
    }
}
