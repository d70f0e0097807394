/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the pages of docs/ that are tables: registers, command fields, structures in DRAM, configurations.
 */
#include <string.h>

#include "contract.h"
#include "gen.h"

static void banner(FILE *out, const char *title, const char *sources)
{
    fprintf(out,
            "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
            "<!-- Generated from %s by rtl/spec/gen.c: do not edit; `make regs` writes it again. -->\n"
            "# %s\n",
            sources, title);
}

/* Text in a table cell: a bar would end the cell. */
static void cell(FILE *out, const char *text)
{
    for (; *text; text++)
        fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
}

static const struct quin_gen_row *next(enum quin_gen_kind kind, const struct quin_gen_row *after)
{
    const struct quin_gen_row *r = after ? after + 1 : quin_gen_table;
    const struct quin_gen_row *end = quin_gen_table + quin_gen_table_rows;
    while (r < end && r->kind != kind)
        r++;
    return r < end ? r : NULL;
}

/* Table of name, value and meaning. */
static void list(FILE *out, enum quin_gen_kind kind, const char *heading)
{
    fprintf(out, "\n| name | %s | meaning |\n|---|---|---|\n", heading);
    for (const struct quin_gen_row *r = next(kind, NULL); r; r = next(kind, r)) {
        fprintf(out, "| %s | %u | ", r->name, (unsigned)r->value);
        cell(out, r->doc);
        fprintf(out, " |\n");
    }
}

void quin_gen_registers(FILE *out)
{
    banner(out, "Registers", "registers.def, counters.def and errors.def");
    fprintf(
        out,
        "\nByte offsets in a space of %d bytes, read and written as 32-bit words. A register of two words\n"
        "is one 64-bit number with its low word first. Unknown offsets read as 0 and ignore writes.\n\n"
        "Access: RO = constant or set by the hardware; HOST = the host writes; FW = the firmware writes;\n"
        "RW = both.\n\n| offset | name | words | access | meaning |\n|---|---|---|---|---|\n",
        QUIN_REGISTER_BYTES);
    for (const struct quin_gen_row *r = next(QUIN_GEN_REGISTER, NULL); r; r = next(QUIN_GEN_REGISTER, r)) {
        fprintf(out, "| 0x%04x | %s | %u | %s | ", (unsigned)r->value, r->name, (unsigned)r->size, r->tag);
        cell(out, r->doc);
        fprintf(out, " |\n");
    }
    fprintf(out, "\n## Bits and states\n");
    list(out, QUIN_GEN_BIT, "value");
    fprintf(
        out,
        "\n## Counters\n\nCounter i stands at COUNTER + 8 * i. A timed counter belongs to the hardware "
        "alone; on\n"
        "all others RTL and cmodel agree bit for bit. docs/commands.md says when each of them counts.\n"
        "\n| index | name | timed | counts |\n|---|---|---|---|\n");
    for (const struct quin_gen_row *r = next(QUIN_GEN_COUNTER, NULL); r; r = next(QUIN_GEN_COUNTER, r))
        fprintf(out, "| %u | %s | %s | %s |\n", (unsigned)r->value, r->name, r->size ? "yes" : "", r->doc);
    fprintf(out, "\n## Device errors\n");
    list(out, QUIN_GEN_ERROR, "code");
    fprintf(out, "\n## Sizes that both sides know\n");
    list(out, QUIN_GEN_LIMIT, "value");
}

/* Fields of one format in the order of their bits, with the bits that nobody uses. */
static void format_fields(FILE *out, const char *format)
{
    unsigned at = 0, end = QUIN_COMMAND_BYTES * 8;
    fprintf(out, "\n| bits | width | name | meaning |\n|---|---|---|---|\n");
    while (at < end) {
        const struct quin_gen_row *nearest = NULL;
        for (const struct quin_gen_row *r = next(QUIN_GEN_FIELD, NULL); r; r = next(QUIN_GEN_FIELD, r))
            if ((!strcmp(r->group, format) || !strcmp(r->group, "ANY")) && r->value >= at &&
                (!nearest || r->value < nearest->value))
                nearest = r;
        unsigned from = nearest ? (unsigned)nearest->value : end;
        if (from > at)
            fprintf(out, "| %u:%u | %u | - | not used, 0 |\n", from - 1, at, from - at);
        if (!nearest)
            break;
        at = from + (unsigned)nearest->size;
        fprintf(out, "| %u:%u | %u | %s | ", at - 1, from, (unsigned)nearest->size, nearest->name);
        cell(out, nearest->doc);
        fprintf(out, " |\n");
    }
}

static int seen(const struct quin_gen_row *row)
{
    for (const struct quin_gen_row *r = quin_gen_table; r < row; r++)
        if (r->kind == row->kind && !strcmp(r->group, row->group))
            return 1;
    return 0;
}

static void format_page(FILE *out, const char *format)
{
    const char *comma = "";
    fprintf(out, "\n## Format %s\n\nOf ", format);
    for (const struct quin_gen_row *r = next(QUIN_GEN_COMMAND, NULL); r; r = next(QUIN_GEN_COMMAND, r))
        if (!strcmp(r->tag, format)) {
            fprintf(out, "%s%s", comma, r->name);
            comma = ", ";
        }
    fprintf(out, ".\n");
    format_fields(out, format);
}

void quin_gen_fields(FILE *out)
{
    banner(out, "Command fields", "commands.def");
    fprintf(out,
            "\nA command is %d bytes. Bit b is bit b %% 8 of byte b / 8, which is bit b %% 32 of the "
            "little-endian\n"
            "word b / 32. No field crosses a 64-bit boundary. docs/commands.md says what each command "
            "does.\n\n## Commands\n"
            "\n| name | code | unit | format | action |\n|---|---|---|---|---|\n",
            QUIN_COMMAND_BYTES);
    for (const struct quin_gen_row *r = next(QUIN_GEN_COMMAND, NULL); r; r = next(QUIN_GEN_COMMAND, r))
        fprintf(out, "| %s | 0x%02x | %s | %s | %s |\n", r->name, (unsigned)r->value, r->group, r->tag,
                r->doc);
    fprintf(out, "\n## Units\n\nCommands of one unit run in program order.\n");
    list(out, QUIN_GEN_UNIT, "code");
    for (const struct quin_gen_row *r = next(QUIN_GEN_FIELD, NULL); r; r = next(QUIN_GEN_FIELD, r))
        if (!seen(r) && strcmp(r->group, "ANY"))
            format_page(out, r->group);
    fprintf(out, "\n## Values\n\nA code that is not listed has no meaning: the command fails with FIELD.\n"
                 "\n| values | field | code | name | meaning |\n|---|---|---|---|---|\n");
    for (const struct quin_gen_row *r = next(QUIN_GEN_VALUE, NULL); r; r = next(QUIN_GEN_VALUE, r)) {
        const struct quin_gen_row *f = quin_gen_value_field(quin_gen_table, quin_gen_table_rows, r->group);
        int again = seen(r);
        fprintf(out, "| %s | %s%s%s | %u | %s | ", again ? "" : r->group, again || !f ? "" : f->group,
                again ? "" : ".", again || !f ? "" : f->name, (unsigned)r->value, r->name);
        cell(out, r->doc);
        fprintf(out, " |\n");
    }
    fprintf(out, "\nvector_op also stands in OP2, operand in B_MODE and C_MODE.\n");
}

static void structure(FILE *out, const char *group, const char *title)
{
    uint64_t end = 0;
    fprintf(out, "\n## %s\n\n| byte | bytes | name | meaning |\n|---|---|---|---|\n", title);
    for (const struct quin_gen_row *r = next(QUIN_GEN_MEMBER, NULL); r; r = next(QUIN_GEN_MEMBER, r)) {
        if (strcmp(r->group, group))
            continue;
        fprintf(out, "| %u | %u | %s | ", (unsigned)r->value, (unsigned)r->size, r->name);
        cell(out, r->doc);
        fprintf(out, " |\n");
        end = r->value + r->size;
    }
    fprintf(out, "\n%u bytes.\n", (unsigned)end);
}

void quin_gen_queues(FILE *out)
{
    banner(out, "Queues and structures in DRAM", "queues.def");
    fprintf(out, "\nAll numbers are little-endian; there is no padding. Heads and tails of rings count "
                 "entries modulo 2^32, and\n"
                 "an entry's place is its number modulo the ring's entries.\n");
    structure(out, "SQE", "Submission");
    structure(out, "CQE", "Completion");
    fprintf(out, "\n## Codes\n\n| group | name | value | meaning |\n|---|---|---|---|\n");
    for (const struct quin_gen_row *r = next(QUIN_GEN_CODE, NULL); r; r = next(QUIN_GEN_CODE, r))
        fprintf(out, "| %s | %s | 0x%x | %s |\n", r->group, r->name, (unsigned)r->value, r->doc);
    structure(out, "RETIRE", "Retire record");
    structure(out, "DESC", "Model descriptor");
    fprintf(out, "\n## General registers\n\ng[0] reads as 0. Firmware and program agree on:\n");
    list(out, QUIN_GEN_GREG, "index");
    fprintf(out,
            "\n## Row registers\n\nrowreg[bank][row]; the firmware writes these for each row of a run:\n");
    list(out, QUIN_GEN_ROWREG, "bank");
}

void quin_gen_configurations(FILE *out)
{
    banner(out, "Configurations", "configs.def");
    fprintf(out,
            "\nThe one RTL in different sizes. R rows and C = %d * W columns make the array; W packed bytes "
            "enter it a cycle,\n"
            "L lanes make the vector unit; the DRAM port carries B bytes a beat. A tile has C output "
            "channels of one trit,\n"
            "W of five trits, W / 2 of ten trits. The inner dimension K is at most 2^(carry bits - 1).\n"
            "\n| name | R | W | C | L | B | scratchpad words (KiB) | carry bits | K at most | for |\n"
            "|---|---|---|---|---|---|---|---|---|---|\n",
            QUIN_TRITS_BYTE);
    for (const struct quin_gen_row *r = next(QUIN_GEN_CONFIG, NULL); r; r = next(QUIN_GEN_CONFIG, r + 5)) {
        unsigned rows = (unsigned)r[0].value, stream = (unsigned)r[1].value, lanes = (unsigned)r[2].value;
        unsigned bus = (unsigned)r[3].value, words = (unsigned)r[4].value, carry = (unsigned)r[5].value;
        fprintf(out, "| %s | %u | %u | %u | %u | %u | %u (%u) | %u | %u | %s |\n", r->group, rows, stream,
                stream * QUIN_TRITS_BYTE, lanes, bus, words, words / 256, carry, 1u << (carry - 1), r->doc);
    }
}
