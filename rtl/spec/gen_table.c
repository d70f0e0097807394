/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the .def tables into one list of rows, by including each of them once with every macro defined.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "contract.h"
#include "gen.h"

#define MEMBER(structure, group, name, doc) \
    {QUIN_GEN_MEMBER,                       \
     group,                                 \
     #name,                                 \
     offsetof(struct structure, name),      \
     sizeof(((struct structure *)0)->name), \
     "",                                    \
     doc},

const struct quin_gen_row quin_gen_table[] = {
#define QUIN_COMMAND(name, code, unit, format, doc) {QUIN_GEN_COMMAND, #unit, #name, code, 0, #format, doc},
#define QUIN_UNIT(name, code, doc) {QUIN_GEN_UNIT, "", #name, code, 0, "", doc},
#define QUIN_FIELD(format, name, lsb, width, doc) {QUIN_GEN_FIELD, #format, #name, lsb, width, "", doc},
#define QUIN_VALUE(group, name, code, doc) {QUIN_GEN_VALUE, #group, #name, code, 0, "", doc},
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
#undef QUIN_FIELD
#undef QUIN_VALUE

#define QUIN_DEVICE_ERROR(name, code, text) {QUIN_GEN_ERROR, "", #name, code, 0, "", text},
#include "errors.def"
#undef QUIN_DEVICE_ERROR

#define QUIN_COUNTER(name, index, timed, doc) {QUIN_GEN_COUNTER, "", #name, index, timed, "", doc},
#include "counters.def"
#undef QUIN_COUNTER

#define QUIN_REG(name, offset, words, access, doc) \
    {QUIN_GEN_REGISTER, "", #name, offset, words, #access, doc},
#define QUIN_BIT(name, value, doc) {QUIN_GEN_BIT, "", #name, value, 0, "", doc},
#define QUIN_LIMIT(name, value, doc) {QUIN_GEN_LIMIT, "", #name, value, 0, "", doc},
#include "registers.def"
#undef QUIN_REG
#undef QUIN_BIT
#undef QUIN_LIMIT

#define QUIN_SQE(name, type, doc) MEMBER(quin_submission, "SQE", name, doc)
#define QUIN_CQE(name, type, doc) MEMBER(quin_completion, "CQE", name, doc)
#define QUIN_RETIRE(name, type, doc) MEMBER(quin_retire, "RETIRE", name, doc)
#define QUIN_DESC(name, type, doc) MEMBER(quin_model_desc, "DESC", name, doc)
#define QUIN_CODE(group, name, value, doc) {QUIN_GEN_CODE, #group, #name, value, 0, "", doc},
#define QUIN_GREG(name, index, doc) {QUIN_GEN_GREG, "", #name, index, 0, "", doc},
#define QUIN_ROWREG(name, bank, doc) {QUIN_GEN_ROWREG, "", #name, bank, 0, "", doc},
#include "queues.def"
#undef QUIN_SQE
#undef QUIN_CQE
#undef QUIN_RETIRE
#undef QUIN_DESC
#undef QUIN_CODE
#undef QUIN_GREG
#undef QUIN_ROWREG

#define QUIN_CONFIG(name, rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits, doc) \
    {QUIN_GEN_CONFIG, #name, "ROWS", rows, 0, "", doc},                                            \
        {QUIN_GEN_CONFIG, #name, "STREAM_BYTES", stream_bytes, 0, "", doc},                        \
        {QUIN_GEN_CONFIG, #name, "LANES", lanes, 0, "", doc},                                      \
        {QUIN_GEN_CONFIG, #name, "BUS_BYTES", bus_bytes, 0, "", doc},                              \
        {QUIN_GEN_CONFIG, #name, "SCRATCHPAD_WORDS", scratchpad_words, 0, "", doc},                \
        {QUIN_GEN_CONFIG, #name, "CARRY_BITS", carry_bits, 0, "", doc},
#include "configs.def"
#undef QUIN_CONFIG

#define QUIN_EXP2_TABLE(j, bits) {QUIN_GEN_FUNCTION, "EXP2", "", j, bits, "", ""},
#define QUIN_RECIP_TABLE(j, bits) {QUIN_GEN_FUNCTION, "RECIP", "", j, bits, "", ""},
#define QUIN_RSQRT_TABLE(j, bits) {QUIN_GEN_FUNCTION, "RSQRT", "", j, bits, "", ""},
#define QUIN_FUNC_CONST(name, bits) {QUIN_GEN_CONSTANT, "", #name, bits, 0, "", "binary32 bits"},
#include "functions.def"
};

const size_t quin_gen_table_rows = sizeof quin_gen_table / sizeof quin_gen_table[0];

const struct quin_gen_function quin_gen_functions[3] = {
    {"EXP2", 32, 32}, {"RECIP", 128, 8}, {"RSQRT", 128, 9}};

void quin_gen_name(const struct quin_gen_row *row, char name[QUIN_GEN_NAME])
{
    static const char *const prefix[] = {
        [QUIN_GEN_COMMAND] = "OP_",   [QUIN_GEN_UNIT] = "UNIT_",     [QUIN_GEN_FIELD] = "FIELD_",
        [QUIN_GEN_VALUE] = "",        [QUIN_GEN_ERROR] = "DERR_",    [QUIN_GEN_COUNTER] = "COUNT_",
        [QUIN_GEN_REGISTER] = "REG_", [QUIN_GEN_BIT] = "",           [QUIN_GEN_LIMIT] = "",
        [QUIN_GEN_MEMBER] = "",       [QUIN_GEN_CODE] = "",          [QUIN_GEN_GREG] = "G_",
        [QUIN_GEN_ROWREG] = "ROW_",   [QUIN_GEN_CONFIG] = "CONFIG_", [QUIN_GEN_FUNCTION] = "",
        [QUIN_GEN_CONSTANT] = "",
    };
    int grouped = row->group[0] && row->kind != QUIN_GEN_COMMAND;
    snprintf(name, QUIN_GEN_NAME, "%s%s%s%s", prefix[row->kind], grouped ? row->group : "",
             grouped ? "_" : "", row->name);
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
}

const struct quin_gen_row *quin_gen_find(const struct quin_gen_row *rows, size_t count,
                                         enum quin_gen_kind kind, const char *group, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == kind && !strcmp(rows[i].group, group) && !strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

const struct quin_gen_row *quin_gen_value_field(const struct quin_gen_row *rows, size_t count,
                                                const char *group)
{
    /* groups that are not named like their field */
    static const char *const other[][3] = {{"SET_OP", "CONTROL", "OP"},
                                           {"BRANCH_OP", "CONTROL", "OP"},
                                           {"VECTOR_OP", "VECTOR", "OP1"},
                                           {"OPERAND", "VECTOR", "A_MODE"}};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (!strcmp(group, other[i][0]))
            return quin_gen_find(rows, count, QUIN_GEN_FIELD, other[i][1], other[i][2]);
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == QUIN_GEN_FIELD && !strcmp(rows[i].name, group))
            return &rows[i];
    return NULL;
}
