/* SPDX-License-Identifier: Apache-2.0
 *
 * Lockstep must see what a device under test does wrong: a wrong result, a command too many, one never reported. The device
 * here is a table of retire records and a copy of the scratchpad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lockstep.h"

enum { PROGRAM_AT = 0x1000, WORDS = 8, DST = 32, CONSTANT = 0x40490fdb };

static uint32_t scratchpad[8192];

static uint32_t peek(const void *device, uint32_t word)
{
    (void)device;
    return scratchpad[word];
}

static void field(struct quin_cmd *c, enum quin_field f, uint64_t value)
{
    assert_true(quin_cmd_set(c, f, value));
}

/* sp[DST + i] = pi for i < 8 in two rows; END. */
static struct quin_lockstep *start(void)
{
    const struct quin_config *config = quin_config_find("tiny");
    struct quin_cmd program[2] = {0};
    memset(scratchpad, 0, sizeof scratchpad);
    field(&program[0], QUIN_F_ANY_OPCODE, QUIN_OP_VECTOR);
    field(&program[0], QUIN_F_ANY_ROWS, 2);
    field(&program[0], QUIN_F_VECTOR_GROUPS, 1);
    field(&program[0], QUIN_F_VECTOR_N, WORDS);
    field(&program[0], QUIN_F_VECTOR_FORMAT, QUIN_FORMAT_F32);
    field(&program[0], QUIN_F_VECTOR_A_MODE, QUIN_OPERAND_IMM);
    field(&program[0], QUIN_F_VECTOR_IMM1, CONSTANT);
    field(&program[0], QUIN_F_VECTOR_DST_BASE, DST);
    field(&program[0], QUIN_F_VECTOR_DST_ROW, 16);
    field(&program[1], QUIN_F_ANY_OPCODE, QUIN_OP_END);
    struct quin_lockstep *l = quin_lockstep_create(config, 1 << 20, peek, NULL);
    assert_non_null(l);
    assert_true(quin_lockstep_mem_write(l, PROGRAM_AT, program, sizeof program));
    assert_false(quin_lockstep_mem_write(l, 1 << 20, program, 1));
    quin_lockstep_reg_write(l, QUIN_REG_WINDOW + 8, 1 << 20);
    quin_lockstep_reg_write(l, QUIN_REG_WINDOW + 16, QUIN_WINDOW_READ);
    quin_lockstep_reg_write(l, QUIN_REG_PROGRAM_ADDRESS, PROGRAM_AT);
    quin_lockstep_reg_write(l, QUIN_REG_PROGRAM_LENGTH, 2);
    quin_lockstep_reg_write(l, QUIN_REG_CONTROL, QUIN_CONTROL_START);
    return l;
}

/* Checksum of the vector, from the page of commands: element i of a group turned left by i modulo 32. */
static uint32_t checksum(void)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        sum += 2 * (uint32_t)((uint64_t)CONSTANT << i | (uint64_t)CONSTANT >> (32 - i));
    return sum;
}

static struct quin_retire vector_record(uint32_t sum)
{
    return (struct quin_retire){.index = 0, .command = (uint32_t)QUIN_OP_VECTOR << 24, .checksum = sum};
}

static void expect(struct quin_lockstep *l, uint64_t compared, uint64_t differ, const char *words)
{
    uint64_t all = 0;
    char text[256];
    assert_int_equal(quin_lockstep_differences(l, &all, text), differ);
    assert_int_equal(all, compared);
    if (words)
        assert_non_null(strstr(text, words));
    else
        assert_string_equal(text, "");
}

static void test_equal(void **state)
{
    struct quin_lockstep *l = start();
    struct quin_retire record = vector_record(checksum()), end = {.index = 1, .command = 1 | (uint32_t)QUIN_OP_END << 24};
    (void)state;
    quin_lockstep_retired(l, &record);
    quin_lockstep_retired(l, &end);
    quin_lockstep_reg_write(l, QUIN_REG_CONTROL, QUIN_CONTROL_START);
    expect(l, 2, 0, NULL);
    quin_lockstep_destroy(l);
}

static void test_wrong_word(void **state)
{
    struct quin_lockstep *l = start();
    struct quin_retire record = vector_record(checksum() + 1);
    (void)state;
    for (uint32_t i = 0; i < WORDS; i++)
        scratchpad[DST + i] = scratchpad[DST + 16 + i] = CONSTANT;
    scratchpad[DST + 16 + 5] ^= 1;
    quin_lockstep_retired(l, &record);
    expect(l, 1, 1, "command 0 of the program, VECTOR, number 0 of the run");
    expect(l, 1, 1, "row 1, group 0, word 5");
    expect(l, 1, 1, "0x40490fda, golden 0x40490fdb");
    quin_lockstep_destroy(l);
}

static void test_other_command(void **state)
{
    struct quin_lockstep *l = start();
    struct quin_retire record = vector_record(checksum());
    (void)state;
    record.command |= 7;
    quin_lockstep_retired(l, &record);
    expect(l, 1, 1, "command 7 of the program");
    record = vector_record(checksum());
    record.index = 2; /* the run has two commands */
    quin_lockstep_retired(l, &record);
    expect(l, 2, 2, "command 7 of the program");
    quin_lockstep_destroy(l);
}

static void test_missing(void **state)
{
    struct quin_lockstep *l = start();
    struct quin_retire end = {.index = 1, .command = 1 | (uint32_t)QUIN_OP_END << 24};
    (void)state;
    quin_lockstep_retired(l, &end);
    quin_lockstep_reg_write(l, QUIN_REG_CONTROL, QUIN_CONTROL_START);
    expect(l, 1, 1, "command 0 of the program, number 0 of the run, was never reported");
    quin_lockstep_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equal), cmocka_unit_test(test_wrong_word),
                                       cmocka_unit_test(test_other_command), cmocka_unit_test(test_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
