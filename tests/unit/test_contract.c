/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract: fields of commands against a bit-by-bit statement of where they stand, the SystemVerilog
 * package's numbers against the C structures, and the generator's check against tables that are broken on
 * purpose. Argument: the package, rtl/gen/quin_pkg.sv if there is none. SEED=n replays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contract.h"
/* the generator is no library: its table and its check become part of this test */
#include "gen_check.c"
#include "gen_table.c"
#undef MEMBER

enum { BITS = QUIN_COMMAND_BYTES * 8, PACKAGE_BYTES = 1 << 20 };

static const char *package_path = "rtl/gen/quin_pkg.sv";
static char package[PACKAGE_BYTES];
static uint64_t state;

static uint64_t rnd(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u); /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

struct field {
    const char *format, *name;
    enum quin_field field;
    unsigned lsb, width; /* straight from the table, not from enum quin_field */
};

static const struct field fields[] = {
#define QUIN_COMMAND(name, code, unit, format, doc)
#define QUIN_UNIT(name, code, doc)
#define QUIN_FIELD(format, name, lsb, width, doc) {#format, #name, QUIN_F_##format##_##name, lsb, width},
#define QUIN_VALUE(group, name, code, doc)
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
#undef QUIN_FIELD
#undef QUIN_VALUE
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

/* Bit b of a command in memory: bit b % 8 of byte b / 8. */
static unsigned bit(const struct quin_cmd *cmd, unsigned b)
{
    uint8_t bytes[QUIN_COMMAND_BYTES];
    memcpy(bytes, cmd, sizeof bytes);
    return bytes[b / 8] >> b % 8 & 1;
}

static void check_round_trip(const struct field *f, uint64_t value)
{
    struct quin_cmd cmd, before;
    for (unsigned i = 0; i < QUIN_COMMAND_BYTES / 4; i++)
        before.w[i] = (uint32_t)rnd();
    cmd = before;
    assert_int_equal(quin_cmd_set(&cmd, f->field, value), 1);
    assert_true(quin_cmd_get(&cmd, f->field) == value);
    for (unsigned b = 0; b < BITS; b++) {
        unsigned inside = b >= f->lsb && b < f->lsb + f->width;
        unsigned expected = inside ? (unsigned)(value >> (b - f->lsb) & 1) : bit(&before, b);
        if (bit(&cmd, b) != expected)
            fail_msg("%s.%s = 0x%llx: bit %u is %u", f->format, f->name, (unsigned long long)value, b,
                     bit(&cmd, b));
    }
}

static void test_round_trip(void **unused)
{
    (void)unused;
    assert_true(FIELDS > 60);
    for (unsigned i = 0; i < FIELDS; i++) {
        uint64_t most = fields[i].width == 64 ? UINT64_MAX : ((uint64_t)1 << fields[i].width) - 1;
        check_round_trip(&fields[i], 0);
        check_round_trip(&fields[i], most);
        for (unsigned n = 0; n < 20; n++)
            check_round_trip(&fields[i], rnd() & most);
    }
}

static void test_out_of_range(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < FIELDS; i++) {
        struct quin_cmd cmd, before;
        if (fields[i].width == 64)
            continue; /* every value fits */
        memset(&cmd, 0xa5, sizeof cmd);
        before = cmd;
        assert_int_equal(quin_cmd_set(&cmd, fields[i].field, (uint64_t)1 << fields[i].width), 0);
        assert_int_equal(quin_cmd_set(&cmd, fields[i].field, UINT64_MAX), 0);
        assert_memory_equal(&cmd, &before, sizeof cmd);
    }
}

/* ---- the SystemVerilog package ---- */

static int load_package(void **unused)
{
    FILE *f = fopen(package_path, "rb");
    (void)unused;
    if (!f) {
        fprintf(stderr, "cannot read %s; run from the root of the project, or name the package\n",
                package_path);
        return -1;
    }
    package[fread(package, 1, sizeof package - 1, f)] = 0;
    fclose(f);
    return 0;
}

/* Number of a localparam: decimal, or <width>'h<hexadecimal>. */
static uint64_t parameter(const char *name)
{
    char key[128];
    snprintf(key, sizeof key, " %s = ", name);
    const char *at = strstr(package, key);
    if (!at)
        fail_msg("%s has no parameter %s", package_path, name);
    at += strlen(key);
    const char *quote = strpbrk(at, "';");
    return *quote == '\'' ? strtoull(quote + 2, NULL, 16) : strtoull(at, NULL, 10);
}

static void same(const char *name, uint64_t expected)
{
    uint64_t found = parameter(name);
    if (found != expected)
        fail_msg("%s is %llu in the package, %llu in C", name, (unsigned long long)found,
                 (unsigned long long)expected);
}

static void upper(char *text)
{
    for (; *text; text++)
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 'a' + 'A');
}

static void same_member(const char *structure, const char *name, size_t offset, size_t bytes)
{
    char key[128];
    snprintf(key, sizeof key, "%s_%s_OFFSET", structure, name);
    upper(key);
    same(key, offset);
    snprintf(key, sizeof key, "%s_%s_WIDTH", structure, name);
    upper(key);
    same(key, bytes * 8);
}

static void test_structures(void **unused)
{
    (void)unused;
#define MEMBER(structure, prefix, name) \
    same_member(prefix, #name, offsetof(struct structure, name), sizeof(((struct structure *)0)->name));
#define QUIN_SQE(name, type, doc) MEMBER(quin_submission, "SQE", name)
#define QUIN_CQE(name, type, doc) MEMBER(quin_completion, "CQE", name)
#define QUIN_RETIRE(name, type, doc) MEMBER(quin_retire, "RETIRE", name)
#define QUIN_DESC(name, type, doc) MEMBER(quin_model_desc, "DESC", name)
#define QUIN_CODE(group, name, value, doc) same(#group "_" #name, (uint32_t)QUIN_##group##_##name);
#define QUIN_GREG(name, index, doc) same("G_" #name, QUIN_G_##name);
#define QUIN_ROWREG(name, bank, doc) same("ROW_" #name, QUIN_ROW_##name);
#include "queues.def"
    same("SQE_BYTES", sizeof(struct quin_submission));
    same("CQE_BYTES", sizeof(struct quin_completion));
    same("RETIRE_BYTES", sizeof(struct quin_retire));
    same("DESC_BYTES", sizeof(struct quin_model_desc));
}

static void test_package(void **unused)
{
    (void)unused;
    char key[128];
    for (unsigned i = 0; i < FIELDS; i++) {
        snprintf(key, sizeof key, "FIELD_%s_%s_LSB", fields[i].format, fields[i].name);
        same(key, (unsigned)fields[i].field >> 8);
        snprintf(key, sizeof key, "FIELD_%s_%s_WIDTH", fields[i].format, fields[i].name);
        same(key, (unsigned)fields[i].field & 255);
    }
#define QUIN_COMMAND(name, code, unit, format, doc) same("OP_" #name, QUIN_OP_##name);
#define QUIN_UNIT(name, code, doc) same("UNIT_" #name, QUIN_UNIT_##name);
#define QUIN_FIELD(format, name, lsb, width, doc)
#define QUIN_VALUE(group, name, code, doc) same(#group "_" #name, QUIN_##group##_##name);
#include "commands.def"
#define QUIN_DEVICE_ERROR(name, code, text) same("DERR_" #name, QUIN_DERR_##name);
#include "errors.def"
#define QUIN_COUNTER(name, index, timed, doc) same("COUNT_" #name, QUIN_COUNT_##name);
#include "counters.def"
#define QUIN_REG(name, offset, words, access, doc) \
    same("REG_" #name, QUIN_REG_##name);           \
    same("REG_" #name "_WORDS", words);
#define QUIN_BIT(name, value, doc) same(#name, QUIN_##name);
#define QUIN_LIMIT(name, value, doc) same(#name, QUIN_##name);
#include "registers.def"
#define QUIN_CONFIG(name, rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits, doc)      \
    {                                                                                                   \
        static const char *const part[] = {"ROWS",      "STREAM_BYTES",     "LANES",                    \
                                           "BUS_BYTES", "SCRATCHPAD_WORDS", "CARRY_BITS"};              \
        const uint64_t number[] = {rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits}; \
        for (unsigned i = 0; i < 6; i++) {                                                              \
            snprintf(key, sizeof key, "CONFIG_%s_%s", #name, part[i]);                                  \
            upper(key);                                                                                 \
            same(key, number[i]);                                                                       \
        }                                                                                               \
    }
#include "configs.def"
#define QUIN_FUNC_CONST(name, bits) same(#name, bits);
#include "functions.def"
}

/* ---- the generator's check ---- */

struct breakage {
    enum quin_gen_kind kind;
    const char *group, *name; /* the row that is broken */
    uint64_t value, size;
    const char *expected; /* part of the message */
};

static const struct breakage breakages[] = {
    {QUIN_GEN_FIELD, "MATMUL", "K_LIMIT", 35, 5, "MATMUL.K_LIMIT: overlaps MATMUL.PREFETCH"},
    {QUIN_GEN_FIELD, "MOVE", "GROUPS", 31, 10, "MOVE.GROUPS: overlaps ANY.ROWS_LIMIT"},
    {QUIN_GEN_FIELD, "VECTOR", "ROW_FIRST", 126, 6,
     "VECTOR.ROW_FIRST: crosses the 64-bit boundary at bit 128"},
    {QUIN_GEN_FIELD, "VECTOR", "RED_GROUP", 500, 20, "VECTOR.RED_GROUP: ends at bit 519"},
    {QUIN_GEN_FIELD, "CONTROL", "TARGET", 128, 0, "CONTROL.TARGET: width 0"},
    {QUIN_GEN_COMMAND, "VECTOR", "VECTOR", 0x20, 0, "VECTOR.VECTOR: code 32 is also MATMUL"},
    {QUIN_GEN_VALUE, "REDUCE", "ARGMAX", 1, 0, "REDUCE.ARGMAX: code 1 is also SUM"},
    {QUIN_GEN_VALUE, "ELEMENT", "WORD", 4, 0, "ELEMENT.WORD: code 4 does not fit the 2 bits of MOVE.ELEMENT"},
    {QUIN_GEN_ERROR, "", "MODEL", 1, 0, "MODEL: code 1 is also OPCODE"},
    {QUIN_GEN_COUNTER, "", "STALL_DRAIN", 32, 1, "STALL_DRAIN: index 32"},
    {QUIN_GEN_REGISTER, "", "RETIRED", 0x64, 1, "RETIRED: overlaps COMMAND_LIMIT"},
    {QUIN_GEN_REGISTER, "", "CQ_ADDRESS", 0x94, 2, "CQ_ADDRESS: offset 0x094 is not aligned to 8"},
    {QUIN_GEN_REGISTER, "", "ROWREG", 0x2008, 2048, "ROWREG: leaves the register space"},
    {QUIN_GEN_REGISTER, "", "GREG", 0x400, 62, "GREG: 62 words"},
    {QUIN_GEN_MEMBER, "CQE", "slot", 12, 4, "CQE.slot: at byte 12, but what stands before ends at 8"},
    {QUIN_GEN_MEMBER, "DESC", "command_limit", 132, 8, "DESC.command_limit: at byte 132, not aligned"},
    {QUIN_GEN_GREG, "", "WANT_HEAD", 2, 0, "WANT_HEAD: code 2 is also POSITIONS"},
    {QUIN_GEN_ROWREG, "", "BEST", 16, 0, "BEST: index 16"},
    {QUIN_GEN_CONFIG, "sim", "STREAM_BYTES", 12, 0, "sim.STREAM_BYTES: 12 is not a power of two"},
    {QUIN_GEN_CONFIG, "kv260", "LANES", 32, 0, "kv260.LANES: 32 lanes"},
};

static void test_check(void **unused)
{
    struct quin_gen_row *rows = malloc(quin_gen_table_rows * sizeof *rows);
    char message[QUIN_GEN_MESSAGE];
    (void)unused;
    assert_non_null(rows);
    if (!quin_gen_check(quin_gen_table, quin_gen_table_rows, message))
        fail_msg("the tables: %s", message);
    for (size_t i = 0; i < sizeof breakages / sizeof breakages[0]; i++) {
        const struct breakage *b = &breakages[i];
        memcpy(rows, quin_gen_table, quin_gen_table_rows * sizeof *rows);
        const struct quin_gen_row *row = quin_gen_find(rows, quin_gen_table_rows, b->kind, b->group, b->name);
        assert_non_null(row);
        rows[row - rows].value = b->value;
        rows[row - rows].size = b->size;
        if (quin_gen_check(rows, quin_gen_table_rows, message) || !strstr(message, b->expected))
            fail_msg("expected \"%s\", found \"%s\"", b->expected, message);
    }
    free(rows);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_structures), cmocka_unit_test(test_package),
        cmocka_unit_test(test_check),
    };
    const char *seed = getenv("SEED");
    state = seed ? strtoull(seed, NULL, 0) : 1;
    printf("SEED=%llu\n", (unsigned long long)state);
    if (argc > 1)
        package_path = argv[1];
    return cmocka_run_group_tests(tests, load_package, NULL);
}
