/* SPDX-License-Identifier: Apache-2.0
 *
 * The .def tables as rows of one flat list, for the generator and its test. A row keeps what its macro says:
 *   kind, group.name, value, size, tag, doc
 */
#ifndef QUIN_GEN_H
#define QUIN_GEN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum quin_gen_kind {
    QUIN_GEN_COMMAND,  /* group = unit, value = code, tag = format */
    QUIN_GEN_UNIT,     /* value = code */
    QUIN_GEN_FIELD,    /* group = format, value = lsb, size = width */
    QUIN_GEN_VALUE,    /* group, value */
    QUIN_GEN_ERROR,    /* value = code */
    QUIN_GEN_COUNTER,  /* value = index, size = timed */
    QUIN_GEN_REGISTER, /* value = byte offset, size = words, tag = access */
    QUIN_GEN_BIT,      /* value */
    QUIN_GEN_LIMIT,    /* value */
    QUIN_GEN_MEMBER,   /* group = structure, value = byte offset, size = bytes */
    QUIN_GEN_CODE,     /* group, value */
    QUIN_GEN_GREG,     /* value = index */
    QUIN_GEN_ROWREG,   /* value = bank */
    QUIN_GEN_CONFIG,   /* group = configuration, name = parameter, value; doc of the configuration */
    QUIN_GEN_FUNCTION, /* group = table, value = index, size = entry */
    QUIN_GEN_CONSTANT, /* value = binary32 bits */
};

struct quin_gen_row {
    enum quin_gen_kind kind;
    const char *group, *name;
    uint64_t value, size;
    const char *tag, *doc;
};

extern const struct quin_gen_row quin_gen_table[];
extern const size_t quin_gen_table_rows;

/* Function tables: entries and stored bits. */
struct quin_gen_function {
    const char *name;
    unsigned entries, bits;
};
extern const struct quin_gen_function quin_gen_functions[3];

enum { QUIN_GEN_NAME = 96, QUIN_GEN_MESSAGE = 256 };

/* Name of a row in the SystemVerilog package, without the suffixes of fields and structures. */
void quin_gen_name(const struct quin_gen_row *row, char name[QUIN_GEN_NAME]);
/* The field that holds the values of a group (SELECT -> CONTROL.SELECT), or NULL. */
const struct quin_gen_row *quin_gen_value_field(const struct quin_gen_row *rows, size_t count,
                                                const char *group);
/* The row of that kind, group and name, or NULL. */
const struct quin_gen_row *quin_gen_find(const struct quin_gen_row *rows, size_t count,
                                         enum quin_gen_kind kind, const char *group, const char *name);

/* Is the table sound? Returns 1, or 0 with a message that names the row. */
int quin_gen_check(const struct quin_gen_row *rows, size_t count, char message[QUIN_GEN_MESSAGE]);

/* Writers of the generated files. */
void quin_gen_package(FILE *out);
void quin_gen_registers(FILE *out);
void quin_gen_fields(FILE *out);
void quin_gen_queues(FILE *out);
void quin_gen_configurations(FILE *out);

#endif
