/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands in words, field by field from commands.def, and a count of the values that small fields took.
 */
#include <string.h>

#include "bench.h"

struct field {
    char format[8];
    const char *name;
    enum quin_field field;
};

static const struct field fields[] = {
#define QUIN_COMMAND(name, code, unit, format, doc)
#define QUIN_UNIT(name, code, doc)
#define QUIN_FIELD(format, name, lsb, width, doc) {#format, #name, QUIN_F_##format##_##name},
#define QUIN_VALUE(group, name, code, doc)
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
#undef QUIN_FIELD
#undef QUIN_VALUE
};
enum { FIELDS = sizeof fields / sizeof fields[0], VALUES = 1 << 5 };

static uint64_t count[4][FIELDS][VALUES];

static const struct {
    const char *name, *format;
    uint32_t code;
} ops[] = {
#define QUIN_COMMAND(name, code, unit, format, doc) {#name, #format, code},
#define QUIN_UNIT(name, code, doc)
#define QUIN_FIELD(format, name, lsb, width, doc)
#define QUIN_VALUE(group, name, code, doc)
#include "commands.def"
#undef QUIN_COMMAND
#undef QUIN_UNIT
#undef QUIN_FIELD
#undef QUIN_VALUE
};
enum { OPS = sizeof ops / sizeof ops[0] };

static uint64_t op_count[OPS];

/* Number in ops, OPS if the code means nothing. */
static uint32_t op_of(const struct quin_cmd *cmd)
{
    uint32_t i = 0;
    while (i < OPS && ops[i].code != GET(cmd, ANY, OPCODE))
        i++;
    return i;
}

static void print_command(uint32_t pc, const struct quin_cmd *cmd)
{
    uint32_t op = op_of(cmd);
    printf("  %3u %-7s", pc, op < OPS ? ops[op].name : "?");
    for (uint32_t i = 1; i < FIELDS; i++) {
        uint64_t value = quin_cmd_get(cmd, fields[i].field);
        int mine = !strcmp(fields[i].format, "ANY") || (op < OPS && !strcmp(fields[i].format, ops[op].format));
        if (mine && value)
            printf(value < 4096 ? " %s=%llu" : " %s=0x%llx", fields[i].name, (unsigned long long)value);
    }
    printf("\n");
}

/* keep: NULL, or which commands to print. */
void print_program(const struct program *p, const uint8_t *keep)
{
    printf("  program at 0x%llx, %u commands, limit %u, ring %u\n", (unsigned long long)p->address, p->length, p->limit,
           p->ring_entries);
    for (uint32_t i = 0; i < QUIN_WINDOWS; i++)
        printf("  window %u: 0x%llx .. 0x%llx rights 0x%x\n", i, (unsigned long long)p->window[i].base,
               (unsigned long long)p->window[i].limit, p->window[i].rights);
    for (uint32_t i = 1; i < QUIN_GREGS; i++)
        printf("%sg[%u]=0x%llx", i % 8 == 1 ? "\n  " : " ", i, (unsigned long long)p->greg[i]);
    printf("\n");
    for (uint32_t i = 0; i < p->length; i++)
        if (!keep || keep[i])
            print_command(i, &p->cmd[i]);
}

void cover_command(const struct quin_cmd *cmd)
{
    static const char *const formats[4] = {"CONTROL", "MOVE", "MATMUL", "VECTOR"};
    uint32_t op = op_of(cmd);
    if (op == OPS)
        return;
    op_count[op]++;
    for (uint32_t f = 0; f < 4; f++)
        for (uint32_t i = 0; i < FIELDS; i++)
            if (!strcmp(formats[f], ops[op].format) && (fields[i].field & 255) <= 5 &&
                (!strcmp(fields[i].format, "ANY") || !strcmp(fields[i].format, formats[f])))
                count[f][i][quin_cmd_get(cmd, fields[i].field)]++;
}

void cover_print(void)
{
    static const char *const formats[4] = {"CONTROL", "MOVE", "MATMUL", "VECTOR"};
    for (uint32_t i = 0; i < OPS; i++)
        printf("%s%s %llu", i ? ", " : "executed: ", ops[i].name, (unsigned long long)op_count[i]);
    printf("\n");
    for (uint32_t f = 0; f < 4; f++)
        for (uint32_t i = 0; i < FIELDS; i++) {
            if ((fields[i].field & 255) > 5 || (strcmp(fields[i].format, "ANY") && strcmp(fields[i].format, formats[f])))
                continue;
            printf("%-8s%-14s", formats[f], fields[i].name);
            for (uint32_t v = 0; v < 1u << (fields[i].field & 255); v++)
                if (count[f][i][v])
                    printf(" %u:%llu", v, (unsigned long long)count[f][i][v]);
            printf("\n");
        }
}
