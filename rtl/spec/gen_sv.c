/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes rtl/gen/quin_pkg.sv: the contract as one SystemVerilog package of localparams, in the subset that
 * Icarus, Verilator and Yosys read alike. Widths are those of the signals that carry the values, so that
 * comparisons are clean.
 */
#include <string.h>

#include "contract.h"
#include "gen.h"

enum { COLUMNS = 110 };

/* The doc stands behind the parameter if there is room, else above it. */
static void line(FILE *out, const char *text, const char *doc)
{
    if (!doc || !doc[0])
        fprintf(out, "    %s\n", text);
    else if (4 + strlen(text) + 4 + strlen(doc) <= COLUMNS)
        fprintf(out, "    %s  // %s\n", text, doc);
    else
        fprintf(out, "    // %s\n    %s\n", doc, text);
}

static void integer(FILE *out, const char *name, const char *suffix, uint64_t value, const char *doc)
{
    char text[256];
    snprintf(text, sizeof text, "localparam int %s%s = %llu;", name, suffix, (unsigned long long)value);
    line(out, text, doc);
}

static void bits(FILE *out, const char *name, unsigned width, uint64_t value, const char *doc)
{
    char text[256];
    snprintf(text, sizeof text, "localparam logic [%u:0] %s = %u'h%0*llx;", width - 1, name, width,
             (int)(width + 3) / 4, (unsigned long long)value);
    line(out, text, doc);
}

static unsigned width_of(const struct quin_gen_row *r)
{
    const struct quin_gen_row *field;
    switch (r->kind) {
    case QUIN_GEN_VALUE:
        field = quin_gen_value_field(quin_gen_table, quin_gen_table_rows, r->group);
        return field ? (unsigned)field->size : 32;
    case QUIN_GEN_COMMAND:
    case QUIN_GEN_ERROR:
        return 8;
    case QUIN_GEN_UNIT:
        return 2;
    case QUIN_GEN_REGISTER:
        return 14; /* REGISTER_BYTES */
    default:
        return 32;
    }
}

static void field(FILE *out, const struct quin_gen_row *r, const char *name)
{
    integer(out, name, "_LSB", r->value, r->doc);
    integer(out, name, "_WIDTH", r->size, NULL);
}

/* Byte offset and width of a member; the structure's size after the last one. */
static void member(FILE *out, const struct quin_gen_row *r, const char *name)
{
    const struct quin_gen_row *end = quin_gen_table + quin_gen_table_rows;
    char size[QUIN_GEN_NAME];
    integer(out, name, "_OFFSET", r->value, r->doc);
    integer(out, name, "_WIDTH", r->size * 8, NULL);
    if (r + 1 < end && r[1].kind == QUIN_GEN_MEMBER && !strcmp(r[1].group, r->group))
        return;
    snprintf(size, sizeof size, "%s_BYTES", r->group);
    integer(out, size, "", r->value + r->size, "bytes of the structure");
}

static void row(FILE *out, const struct quin_gen_row *r)
{
    char name[QUIN_GEN_NAME];
    quin_gen_name(r, name);
    switch (r->kind) {
    case QUIN_GEN_FIELD:
        field(out, r, name);
        break;
    case QUIN_GEN_MEMBER:
        member(out, r, name);
        break;
    case QUIN_GEN_REGISTER:
        bits(out, name, width_of(r), r->value, r->doc);
        integer(out, name, "_WORDS", r->size, NULL);
        break;
    case QUIN_GEN_COUNTER:
    case QUIN_GEN_GREG:
    case QUIN_GEN_ROWREG:
    case QUIN_GEN_CONFIG:
        integer(out, name, "", r->value,
                strcmp(r->name, "ROWS") && r->kind == QUIN_GEN_CONFIG ? NULL : r->doc);
        break;
    case QUIN_GEN_LIMIT:
        if (r->value < 65536)
            integer(out, name, "", r->value, r->doc);
        else
            bits(out, name, 32, r->value, r->doc);
        break;
    default:
        bits(out, name, width_of(r), r->value, r->doc);
        break;
    }
}

static void section(FILE *out, enum quin_gen_kind kind, const char *title)
{
    fprintf(out, "\n    // %s\n", title);
    for (size_t i = 0; i < quin_gen_table_rows; i++)
        if (quin_gen_table[i].kind == kind)
            row(out, &quin_gen_table[i]);
}

/* Which 32-bit words below the counters software may write. */
static void writable_words(FILE *out)
{
    uint64_t end = quin_gen_find(quin_gen_table, quin_gen_table_rows, QUIN_GEN_REGISTER, "", "COUNTER")->value / 4;
    fprintf(out, "    localparam logic [%u:0] REG_WRITABLE = %u'b", (unsigned)end - 1, (unsigned)end);
    for (uint64_t word = end; word-- > 0;) {
        int writable = 0;
        for (size_t i = 0; i < quin_gen_table_rows; i++) {
            const struct quin_gen_row *r = &quin_gen_table[i];
            if (r->kind == QUIN_GEN_REGISTER && word >= r->value / 4 && word < r->value / 4 + r->size)
                writable = strcmp(r->tag, "RO") != 0;
        }
        fprintf(out, "%d%s", writable, word % 32 || !word ? "" : "_");
    }
    fprintf(out, "; // bit i: the word at 4 * i\n");
}

static size_t first_entry(const char *table)
{
    size_t i = 0;
    while (quin_gen_table[i].kind != QUIN_GEN_FUNCTION || strcmp(quin_gen_table[i].group, table))
        i++;
    return i;
}

/* A concatenation begins with its most significant part: the last entry comes first. */
static void function(FILE *out, const struct quin_gen_function *f)
{
    const struct quin_gen_row *entry = &quin_gen_table[first_entry(f->name)];
    unsigned per_line = f->bits == 32 ? 8 : 12;
    fprintf(out, "    // entry j at [%u * j +: %u]\n    localparam logic [%u * %u - 1:0] %s_TABLE = {",
            f->bits, f->bits, f->entries, f->bits, f->name);
    for (unsigned i = 0; i < f->entries; i++) {
        const char *space = i % per_line ? " " : "\n        ";
        fprintf(out, "%s%u'h%0*llx%s", space, f->bits, (int)(f->bits + 3) / 4,
                (unsigned long long)entry[f->entries - 1 - i].size, i + 1 < f->entries ? "," : "};\n");
    }
}

void quin_gen_package(FILE *out)
{
    fputs("// SPDX-License-Identifier: Apache-2.0\n"
          "// Generated from rtl/spec/*.def by rtl/spec/gen.c: do not edit; `make regs` writes it again.\n"
          "// The hardware/software contract: a name here is the C name of contract.h without QUIN_; the\n"
          "// field QUIN_F_<format>_<name> is FIELD_<format>_<name>_LSB and _WIDTH. Bit b of a command is\n"
          "// bit b % 8 of byte b / 8.\n"
          "package quin_pkg;\n"
          "    /* verilator lint_off UNUSEDPARAM */ // no design uses all of the contract\n",
          out);
    section(out, QUIN_GEN_COMMAND, "Command codes");
    section(out, QUIN_GEN_UNIT, "Units");
    section(out, QUIN_GEN_FIELD, "Fields of a command: command[LSB +: WIDTH]");
    section(out, QUIN_GEN_VALUE, "Values of fields");
    section(out, QUIN_GEN_ERROR, "Device errors");
    section(out, QUIN_GEN_COUNTER, "Counters: place of counter i at REG_COUNTER + 8 * i");
    section(out, QUIN_GEN_REGISTER, "Registers: byte offset, 32-bit words");
    writable_words(out);
    section(out, QUIN_GEN_BIT, "Bits and states in registers");
    section(out, QUIN_GEN_LIMIT, "Sizes that both sides know");
    section(out, QUIN_GEN_MEMBER,
            "Structures in DRAM: byte offset and bits of each member; SQE submission, CQE completion, "
            "DESC descriptor");
    section(out, QUIN_GEN_CODE, "Codes in these structures");
    section(out, QUIN_GEN_GREG, "General registers that firmware and program agree on");
    section(out, QUIN_GEN_ROWREG, "Row registers: bank");
    section(out, QUIN_GEN_CONFIG, "Configurations");
    fprintf(out, "\n    // Tables and constants of exp2, recip and rsqrt (docs/numerics.md)\n");
    for (size_t i = 0; i < 3; i++)
        function(out, &quin_gen_functions[i]);
    for (size_t i = 0; i < quin_gen_table_rows; i++)
        if (quin_gen_table[i].kind == QUIN_GEN_CONSTANT)
            row(out, &quin_gen_table[i]);
    fprintf(out, "    /* verilator lint_on UNUSEDPARAM */\n\nendpackage\n");
}
