/* SPDX-License-Identifier: Apache-2.0
 *
 * The timeline's file against what was put in: places of slices, shares of the counters worked out here, the
 * limit of its size, and a file that cannot be written. That a JSON reader takes it:
 * tests/rtl/test_timeline.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "timeline.h"

static char path[64];
static struct quin_msg msg;

static struct quin_timeline *begin(uint64_t most)
{
    struct quin_timeline *t = NULL;
    snprintf(path, sizeof path, "build/timeline_%ld.json", (long)getpid());
    if (quin_timeline_open(path, "si\"m", most, &t, &msg))
        fail_msg("%s", msg.text);
    return t;
}

/* The whole file, to be freed; it is removed. */
static char *finish(struct quin_timeline *t)
{
    assert_int_equal(quin_timeline_close(t, &msg), QUIN_OK);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    fclose(f);
    remove(path);
    assert_true(n > 4 && !strcmp(text + n - 4, "\n]}\n"));
    return text;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static uint64_t greg(const void *user, uint32_t i)
{
    return i == 7 ? *(const uint64_t *)user : 1000000;
}

static void test_commands(void **state)
{
    (void)state;
    const uint64_t visible = 33;
    struct quin_cmd matmul = {{0}}, vector = {{0}};
    assert_true(quin_cmd_set(&matmul, QUIN_F_ANY_OPCODE, QUIN_OP_MATMUL) &&
                quin_cmd_set(&matmul, QUIN_F_ANY_ROWS, 8));
    assert_true(quin_cmd_set(&matmul, QUIN_F_MATMUL_K, 64) && quin_cmd_set(&matmul, QUIN_F_MATMUL_N, 100));
    assert_true(quin_cmd_set(&matmul, QUIN_F_MATMUL_K_LIMIT, 7) &&
                quin_cmd_set(&matmul, QUIN_F_MATMUL_N_LIMIT, 8));
    assert_true(quin_cmd_set(&vector, QUIN_F_ANY_OPCODE, QUIN_OP_VECTOR) &&
                quin_cmd_set(&vector, QUIN_F_ANY_ROWS, 2));
    assert_true(quin_cmd_set(&vector, QUIN_F_VECTOR_GROUPS, 3) && quin_cmd_set(&vector, QUIN_F_VECTOR_N, 5));
    struct quin_timeline *t = begin(0);
    quin_timeline_command(t, 0, &matmul, greg, &visible);
    quin_timeline_command(t, 1, &vector, greg, &visible);
    quin_timeline_retired(t, 12345, QUIN_UNIT_VECTOR,
                          &(struct quin_retire){1, QUIN_OP_VECTOR << 24 | 41, 45, 0xabc});
    quin_timeline_retired(t, 12400, QUIN_UNIT_ARRAY,
                          &(struct quin_retire){0, QUIN_OP_MATMUL << 24 | 40, 1000, 1});
    quin_timeline_retired(t, 12401, QUIN_UNIT_CONTROL,
                          &(struct quin_retire){2, QUIN_OP_END << 24 | 42, 0, 0});
    char *text = finish(t);
    has(text, "\"config\":\"si?m\"");
    has(text, "\"tid\":3,\"name\":\"VECTOR "
              "41\",\"ts\":123.00,\"dur\":0.45,\"args\":{\"index\":1,\"rows\":2,\"groups\":3,"
              "\"n\":5,\"cycles\":45,\"checksum\":\"0x00000abc\"}}");
    has(text, "\"tid\":2,\"name\":\"MATMUL "
              "40\",\"ts\":114.00,\"dur\":10.00,\"args\":{\"index\":0,\"rows\":8,\"n\":100,"
              "\"k\":33,");
    has(text, "\"tid\":4,\"name\":\"END 42\",\"ts\":124.00,\"dur\":0.01,");
    free(text);
}

static void test_counters(void **state)
{
    (void)state;
    uint64_t c[QUIN_COUNTERS] = {0};
    struct quin_timeline *t = begin(0);
    c[QUIN_COUNT_STREAM_CYCLES] = 5000; /* the device counted before */
    quin_timeline_counters(t, 1000, c);
    c[QUIN_COUNT_STREAM_CYCLES] += 64;
    c[QUIN_COUNT_STALL_DRAIN] += 256;
    quin_timeline_counters(t, 1256, c);
    c[QUIN_COUNT_STREAM_CYCLES] += 64;
    quin_timeline_counters(t, 1512, c); /* the stream's share has not changed */
    c[QUIN_COUNT_STREAM_CYCLES] = 128;  /* cleared */
    quin_timeline_counters(t, 1768, c);
    char *text = finish(t);
    has(text, "\"name\":\"stream, %\",\"ts\":10.00,\"args\":{\"%\":25.00}}");
    has(text, "\"name\":\"array waits: drain, %\",\"ts\":10.00,\"args\":{\"%\":100.00}}");
    has(text, "\"name\":\"array waits: drain, %\",\"ts\":12.56,\"args\":{\"%\":0.00}}");
    has(text, "\"name\":\"stream, %\",\"ts\":15.12,\"args\":{\"%\":50.00}}");
    assert_null(strstr(text, "\"name\":\"stream, %\",\"ts\":12.56"));
    free(text);
}

static void test_limit(void **state)
{
    (void)state;
    enum { MOST = 20000, COMMANDS = 1000 };
    struct quin_timeline *t = begin(MOST);
    for (uint32_t i = 0; i < COMMANDS; i++)
        quin_timeline_retired(t, 100 * i + 100, QUIN_UNIT_DMA,
                              &(struct quin_retire){i, QUIN_OP_LOAD << 24, 50, i});
    char *text = finish(t), *at = text;
    uint32_t slices = 0, left = 0;
    while ((at = strstr(at, "\"ph\":\"X\"")))
        slices++, at++;
    assert_true(strlen(text) > MOST && strlen(text) < MOST + 500);
    assert_true(slices > 50 && slices < COMMANDS);
    at = strstr(text, "the file is full: ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "the file is full: %u events left out", &left), 1);
    assert_int_equal(slices + left, COMMANDS);
    free(text);
}

static void test_unwritable(void **state)
{
    (void)state;
    struct quin_timeline *t = NULL;
    assert_int_equal(quin_timeline_open("build/no/such/folder", "sim", 0, &t, &msg), QUIN_ERR_IO);
    assert_null(t);
    assert_non_null(strstr(msg.text, "build/no/such/folder"));
    if (access("/dev/full", W_OK))
        return;
    assert_int_equal(quin_timeline_open("/dev/full", "sim", 0, &t, &msg), QUIN_OK);
    for (uint32_t i = 0; i < 10000; i++) /* more than is held back */
        quin_timeline_retired(t, i, QUIN_UNIT_DMA, &(struct quin_retire){i, QUIN_OP_LOAD << 24, 1, i});
    assert_int_equal(quin_timeline_check(t, &msg), QUIN_ERR_IO);
    assert_int_equal(quin_timeline_close(t, &msg), QUIN_ERR_IO);
    assert_int_equal(quin_timeline_close(NULL, &msg), QUIN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
