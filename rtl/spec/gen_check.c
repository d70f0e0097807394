/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks that no compiler makes: overlapping fields and registers, codes used twice, holes in structures,
 * values that do not fit their field. The first fault found is reported with the name of its row.
 */
#include <stdarg.h>
#include <string.h>

#include "contract.h"
#include "gen.h"

struct check {
    const struct quin_gen_row *rows;
    size_t count;
    char *message;
};

static int fault(const struct check *c, const struct quin_gen_row *row, const char *format, ...)
{
    static const char *const file[] = {
        [QUIN_GEN_COMMAND] = "commands",   [QUIN_GEN_UNIT] = "commands",  [QUIN_GEN_FIELD] = "commands",
        [QUIN_GEN_VALUE] = "commands",     [QUIN_GEN_ERROR] = "errors",   [QUIN_GEN_COUNTER] = "counters",
        [QUIN_GEN_REGISTER] = "registers", [QUIN_GEN_BIT] = "registers",  [QUIN_GEN_LIMIT] = "registers",
        [QUIN_GEN_MEMBER] = "queues",      [QUIN_GEN_CODE] = "queues",    [QUIN_GEN_GREG] = "queues",
        [QUIN_GEN_ROWREG] = "queues",      [QUIN_GEN_CONFIG] = "configs", [QUIN_GEN_FUNCTION] = "functions",
        [QUIN_GEN_CONSTANT] = "functions",
    };
    va_list args;
    size_t used = (size_t)snprintf(c->message, QUIN_GEN_MESSAGE, "%s.def: %s%s%s: ", file[row->kind],
                                   row->group, row->group[0] ? "." : "", row->name);
    va_start(args, format);
    if (used < QUIN_GEN_MESSAGE)
        vsnprintf(c->message + used, QUIN_GEN_MESSAGE - used, format, args);
    va_end(args);
    return 0;
}

static uint64_t top(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static int power_of_two(uint64_t x)
{
    return x && !(x & (x - 1));
}

/* The two formats that one command can have at once: its own, and ANY. */
static int together(const struct quin_gen_row *a, const struct quin_gen_row *b)
{
    return !strcmp(a->group, b->group) || !strcmp(a->group, "ANY") || !strcmp(b->group, "ANY");
}

static int check_field(const struct check *c, const struct quin_gen_row *f)
{
    if (!f->size || f->size > 64)
        return fault(c, f, "width %d; a field has 1 to 64 bits", (int)f->size);
    if (f->value + f->size > QUIN_COMMAND_BYTES * 8)
        return fault(c, f, "ends at bit %d; a command has %d bits", (int)(f->value + f->size - 1),
                     QUIN_COMMAND_BYTES * 8);
    if (f->value / 64 != (f->value + f->size - 1) / 64)
        return fault(c, f, "crosses the 64-bit boundary at bit %d", (int)(f->value / 64 * 64 + 64));
    for (const struct quin_gen_row *g = c->rows; g < f; g++)
        if (g->kind == QUIN_GEN_FIELD && together(f, g) && f->value < g->value + g->size &&
            g->value < f->value + f->size)
            return fault(c, f, "overlaps %s.%s", g->group, g->name);
    return 1;
}

static int check_value(const struct check *c, const struct quin_gen_row *v)
{
    const struct quin_gen_row *field = quin_gen_value_field(c->rows, c->count, v->group);
    if (!field)
        return fault(c, v, "no field has this group of values");
    if (v->value > top((unsigned)field->size))
        return fault(c, v, "code %d does not fit the %d bits of %s.%s", (int)v->value, (int)field->size,
                     field->group, field->name);
    return 1;
}

static int check_command(const struct check *c, const struct quin_gen_row *cmd)
{
    const struct quin_gen_row *opcode = quin_gen_find(c->rows, c->count, QUIN_GEN_FIELD, "ANY", "OPCODE");
    if (!opcode || cmd->value > top((unsigned)opcode->size))
        return fault(c, cmd, "code %d does not fit ANY.OPCODE", (int)cmd->value);
    if (!quin_gen_find(c->rows, c->count, QUIN_GEN_UNIT, "", cmd->group))
        return fault(c, cmd, "unknown unit %s", cmd->group);
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].kind == QUIN_GEN_FIELD && !strcmp(c->rows[i].group, cmd->tag))
            return 1;
    return fault(c, cmd, "no field has format %s", cmd->tag);
}

static int check_register(const struct check *c, const struct quin_gen_row *r)
{
    static const char *const access[] = {"RO", "HOST", "FW", "RW"};
    size_t known = 0;
    if (r->value % 4 || (r->size % 2 == 0 && r->value % 8))
        return fault(c, r, "offset 0x%03x is not aligned to %d bytes", (int)r->value, r->size % 2 ? 4 : 8);
    if (!r->size || r->value + r->size * 4 > QUIN_REGISTER_BYTES)
        return fault(c, r, "leaves the register space of %d bytes", QUIN_REGISTER_BYTES);
    for (size_t i = 0; i < sizeof access / sizeof access[0]; i++)
        known += !strcmp(r->tag, access[i]);
    if (!known)
        return fault(c, r, "unknown access %s", r->tag);
    for (const struct quin_gen_row *s = c->rows; s < r; s++)
        if (s->kind == QUIN_GEN_REGISTER && r->value < s->value + s->size * 4 &&
            s->value < r->value + r->size * 4)
            return fault(c, r, "overlaps %s", s->name);
    return 1;
}

/* Members stand one behind the other and aligned; a structure's size is a multiple of 8. */
static int check_member(const struct check *c, const struct quin_gen_row *m)
{
    int last = m + 1 == c->rows + c->count || m[1].kind != QUIN_GEN_MEMBER || strcmp(m[1].group, m->group);
    int first = m == c->rows || m[-1].kind != QUIN_GEN_MEMBER || strcmp(m[-1].group, m->group);
    uint64_t expected = first ? 0 : m[-1].value + m[-1].size;
    if (m->value != expected)
        return fault(c, m, "at byte %d, but what stands before ends at %d", (int)m->value, (int)expected);
    if (!power_of_two(m->size) || m->value % m->size)
        return fault(c, m, "at byte %d, not aligned to its %d bytes", (int)m->value, (int)m->size);
    if (last && (m->value + m->size) % 8)
        return fault(c, m, "ends the structure at %d bytes, not a multiple of 8", (int)(m->value + m->size));
    return 1;
}

static int check_config(const struct check *c, const struct quin_gen_row *p)
{
    int words = !strcmp(p->name, "SCRATCHPAD_WORDS"), bytes = strstr(p->name, "_BYTES") != NULL;
    if ((bytes || !strcmp(p->name, "LANES")) && !power_of_two(p->value))
        return fault(c, p, "%d is not a power of two", (int)p->value);
    if (words && (!p->value || p->value % QUIN_SP_ALIGN_WORDS || p->value > UINT64_C(1) << 20))
        return fault(c, p, "%d words; a multiple of %d, and commands address 2^20", (int)p->value,
                     QUIN_SP_ALIGN_WORDS);
    if (!strcmp(p->name, "ROWS") && (!p->value || p->value > QUIN_ROW_REGS))
        return fault(c, p, "%d rows; a bank has %d row registers", (int)p->value, QUIN_ROW_REGS);
    if (!strcmp(p->name, "STREAM_BYTES") && p->value < 2)
        return fault(c, p, "ten trits need at least two bytes a beat");
    if (!strcmp(p->name, "LANES") && p->value > QUIN_PARTIAL_SUMS)
        return fault(c, p, "%d lanes; a SUM has %d partial sums", (int)p->value, QUIN_PARTIAL_SUMS);
    if (!strcmp(p->name, "CARRY_BITS") && (p->value < 2 || p->value > 16))
        return fault(c, p, "%d bits; 2 to 16 make sense", (int)p->value);
    return 1;
}

static int check_index(const struct check *c, const struct quin_gen_row *r, uint64_t end)
{
    if (r->value >= end)
        return fault(c, r, "index %d; there are %d", (int)r->value, (int)end);
    return 1;
}

/* A function table holds each index once, and entries that fit. */
static int check_function(const struct check *c, const struct quin_gen_row *e)
{
    const struct quin_gen_function *f = NULL;
    int first = e == c->rows || e[-1].kind != QUIN_GEN_FUNCTION || strcmp(e[-1].group, e->group);
    int last = e + 1 == c->rows + c->count || e[1].kind != QUIN_GEN_FUNCTION || strcmp(e[1].group, e->group);
    for (size_t i = 0; i < 3; i++)
        if (!strcmp(quin_gen_functions[i].name, e->group))
            f = &quin_gen_functions[i];
    if (!f)
        return fault(c, e, "unknown function table");
    if (e->value != (first ? 0 : e[-1].value + 1) || (last && e->value + 1 != f->entries))
        return fault(c, e, "entry %d: the %d entries must stand in order", (int)e->value, (int)f->entries);
    if (e->size > top(f->bits))
        return fault(c, e, "entry %d does not fit %d bits", (int)e->value, (int)f->bits);
    return 1;
}

/* Do the codes of a and b stand in the same place? The flags of submissions and of completions share a group,
 * but not a word; their docs tell them apart. */
static int same_code_space(const struct quin_gen_row *a, const struct quin_gen_row *b)
{
    if (a->kind != b->kind || (a->kind != QUIN_GEN_COMMAND && strcmp(a->group, b->group)))
        return 0;
    return a->kind != QUIN_GEN_CODE || strcmp(a->group, "FLAG") || !strcmp(a->doc, b->doc);
}

/* Codes of one group differ, and so do all names of the package. */
static int check_unique(const struct check *c, const struct quin_gen_row *r)
{
    char name[QUIN_GEN_NAME], other[QUIN_GEN_NAME];
    int coded = r->kind == QUIN_GEN_COMMAND || r->kind == QUIN_GEN_UNIT || r->kind == QUIN_GEN_VALUE ||
                r->kind == QUIN_GEN_ERROR || r->kind == QUIN_GEN_COUNTER || r->kind == QUIN_GEN_CODE ||
                r->kind == QUIN_GEN_GREG || r->kind == QUIN_GEN_ROWREG;
    if (r->kind == QUIN_GEN_FUNCTION)
        return 1;
    quin_gen_name(r, name);
    for (const struct quin_gen_row *s = c->rows; s < r; s++) {
        if (s->kind == QUIN_GEN_FUNCTION)
            continue;
        quin_gen_name(s, other);
        if (!strcmp(name, other) && r->kind != QUIN_GEN_MEMBER && s->kind != QUIN_GEN_MEMBER)
            return fault(c, r, "the name %s stands twice", name);
        if (coded && s->value == r->value && same_code_space(r, s))
            return fault(c, r, "code %d is also %s", (int)r->value, s->name);
        if (r->kind == QUIN_GEN_MEMBER && s->kind == QUIN_GEN_MEMBER && !strcmp(name, other))
            return fault(c, r, "stands twice in the structure");
    }
    return 1;
}

/* Register arrays are as large as the limits say. */
static int check_array(const struct check *c, const char *name, uint64_t words)
{
    const struct quin_gen_row *r = quin_gen_find(c->rows, c->count, QUIN_GEN_REGISTER, "", name);
    if (r && r->size != words)
        return fault(c, r, "%d words; the limits make it %d", (int)r->size, (int)words);
    return 1;
}

static int check_row(const struct check *c, const struct quin_gen_row *r)
{
    switch (r->kind) {
    case QUIN_GEN_FIELD:
        return check_field(c, r);
    case QUIN_GEN_VALUE:
        return check_value(c, r);
    case QUIN_GEN_COMMAND:
        return check_command(c, r);
    case QUIN_GEN_REGISTER:
        return check_register(c, r);
    case QUIN_GEN_MEMBER:
        return check_member(c, r);
    case QUIN_GEN_CONFIG:
        return check_config(c, r);
    case QUIN_GEN_FUNCTION:
        return check_function(c, r);
    case QUIN_GEN_COUNTER:
        return check_index(c, r, QUIN_COUNTERS);
    case QUIN_GEN_GREG:
        return check_index(c, r, QUIN_GREGS);
    case QUIN_GEN_ROWREG:
        return check_index(c, r, QUIN_ROW_BANKS);
    case QUIN_GEN_UNIT:
        return check_index(c, r, 4);
    case QUIN_GEN_ERROR:
        return check_index(c, r, 256);
    default:
        return 1;
    }
}

int quin_gen_check(const struct quin_gen_row *rows, size_t count, char message[QUIN_GEN_MESSAGE])
{
    const struct check c = {rows, count, message};
    message[0] = 0;
    for (size_t i = 0; i < count; i++)
        if (!check_row(&c, &rows[i]) || !check_unique(&c, &rows[i]))
            return 0;
    return check_array(&c, "WINDOW", QUIN_WINDOWS * 6) && check_array(&c, "COUNTER", QUIN_COUNTERS * 2) &&
           check_array(&c, "GREG", QUIN_GREGS * 2) &&
           check_array(&c, "ROWREG", QUIN_ROW_BANKS * QUIN_ROW_REGS * 2);
}
