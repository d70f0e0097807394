/* SPDX-License-Identifier: Apache-2.0
 *
 * Random commands on the RTL and on the golden model: what the files of this folder share. An episode is one device with
 * one set of DRAM parameters and a few programs in a row, all made from one seed.
 */
#ifndef QUIN_COMMANDS_BENCH_H
#define QUIN_COMMANDS_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "contract.h"
#include "device.h"
#include "quin_sim.h"
#include "rng.h"

/* DRAM of a device: programs, data of the commands, the ring of retire records, and bytes that nobody may touch. */
enum {
    PROGRAM_MAX = 128, /* commands */
    TRACE_MAX = 1024,  /* commands of a run */
    PROGRAM_AT = 0x1000,
    DATA_AT = 0x8000,
    DATA_END = 0x70000,
    RING_AT = 0x74000,
    RING_ENTRIES_MAX = 1024,
    DRAM_BYTES = 0x80000
};

enum kind { KIND_GOOD, KIND_BAD, KIND_BUS, KIND_ABORT, KIND_SILENT, KIND_MEDDLE, KIND_COUNT };
extern const char *const kind_names[KIND_COUNT];

struct window {
    uint64_t base, limit;
    uint32_t rights;
};

/* General and row registers as a command sees them. */
struct regs {
    uint64_t g[QUIN_GREGS];
    uint64_t row[QUIN_ROW_BANKS][QUIN_ROW_REGS];
};

struct program {
    struct quin_cmd cmd[PROGRAM_MAX];
    uint8_t fixed[PROGRAM_MAX]; /* control flow: cannot be left out */
    uint32_t length;
    uint64_t address;
    uint64_t high;  /* added to PROGRAM_ADDRESS, where no memory is */
    uint32_t limit; /* COMMAND_LIMIT */
    uint64_t greg[QUIN_GREGS];
    struct window window[QUIN_WINDOWS];
    uint32_t ring_entries;
    int all_waits; /* every AFTER field 1 */
    int junk;      /* bits without a meaning are random */
};

/* One range that a command touches: words of the scratchpad (none of them is a place, too) or bytes of the DRAM. */
struct range {
    uint64_t base, size;
    uint8_t space; /* 0 DRAM, 1 scratchpad */
    uint8_t write;
    uint8_t in_place; /* operand that is overwritten word by word */
};
typedef int range_fn(void *user, const struct range *range); /* not 0: stop */

/* All ranges of a command, wherever they lie; `full`: as if no limit register were smaller than its count. Returns what
 * fn returned last. */
int command_ranges(const struct quin_config *config, const struct quin_cmd *cmd, const struct regs *regs, int full,
                   range_fn *fn, void *user);

/* What a program does, command by command as executed. */
struct step {
    uint32_t pc;
    size_t first, count;    /* its ranges */
    uint64_t g[QUIN_GREGS]; /* when it retired */
};
struct trace {
    struct step step[TRACE_MAX];
    uint32_t steps;
    struct range *range;
    size_t ranges, capacity;
    uint32_t code, command; /* how it ended */
};

struct options {
    const char *config, *build;
    uint64_t seed, commands;
    uint32_t kinds, row_limit, failures;
    int minimise, coverage, verbose, ring, address, exact_abort, fixed;
};

struct bench {
    const struct options *options;
    void *object;
    const struct quin_sim_api *api;
    uint64_t (*breaches)(const struct quin_dram *dram, const char **text);
    void (*set_error)(struct quin_dram *dram, uint64_t base, uint64_t limit);
    void (*set_silent)(struct quin_dram *dram, int silent);
    struct quin_config config; /* what the identity registers say */

    /* of the episode */
    struct quin_sim *sim;
    struct quin_device *golden, *trial; /* trial: only for traces and hazards */
    struct regs regs;                   /* row registers of the episode; g of the program */
    struct quin_dram_params dram;
    int stale;                          /* the scratchpads differ: the next program loads them whole, */
    int unloaded;                       /* and this one does it with its first command */

    /* of the program */
    struct trace trace;
    struct quin_retire record[2][TRACE_MAX]; /* of RTL and golden model, by index */
    uint8_t seen[2][TRACE_MAX];
    uint32_t order[TRACE_MAX];   /* of RTL, by index: how many retired before */
    uint32_t records[2], strays; /* strays: records of an index beyond TRACE_MAX */
    uint8_t *mask_dram, *mask_sp; /* not defined after an error */
    uint32_t mask_greg;

    char first[512]; /* the first difference in words, "" if none */
    uint64_t commands, programs, failed, by_kind[KIND_COUNT], by_code[16];
};

/* bench.c: the two devices */
int bench_open(struct bench *b, const struct options *options);
void bench_close(struct bench *b);
int bench_start(struct bench *b, uint64_t seed);
void bench_stop(struct bench *b);
void bench_write(struct bench *b, uint32_t offset, uint32_t value);
void bench_write_wide(struct bench *b, uint32_t offset, uint64_t value);
uint64_t bench_read_wide(struct bench *b, uint32_t offset);
/* Registers and commands of a program, into both devices; START only into the RTL. */
void bench_prepare(struct bench *b, const struct program *p);
void bench_go(struct bench *b);
/* Runs until RUNNING is 0; 0 if it never is. */
int bench_wait(struct bench *b);
/* The golden device executes `commands` commands and is aborted if it then still runs. */
void bench_golden(struct bench *b, uint32_t commands);
/* All of this, to the program's end on both; 0: the device did not end, and bench_wait has said so. */
int bench_run(struct bench *b, const struct program *p);
void bench_differ(struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* order.c: trace of a program; AFTER fields that cover its dependences. 0: it never ends. */
int order_program(struct bench *b, struct program *p, struct rng *r);
int trace_program(struct bench *b, const struct program *p);

/* generate.c, generate_units.c */
struct gen {
    struct bench *b;
    struct rng *r;
    struct program *p;
    struct regs regs;          /* as they are when the next command is dispatched */
    int64_t slack[QUIN_GREGS]; /* what a loop will have added to a register in its last turn */
    uint32_t recent[8];        /* destinations in the scratchpad */
};
void generate_program(struct bench *b, struct program *p, struct rng *r);
struct quin_cmd *generate_command(struct gen *g, enum quin_op op);
void generate_load_all(struct gen *g);
void generate_move(struct gen *g);
void generate_matmul(struct gen *g);
void generate_vector(struct gen *g);
enum { G_LIMIT = 1, G_LIMIT_K = 6, G_ADDRESS = 8, G_LOOP = 16, G_SPARE = 20, G_FREE = 24 };

/* compare.c */
void compare_good(struct bench *b);
void compare_failed(struct bench *b, uint32_t failed, int strict);
void compare_end(struct bench *b);
void compare_registers(struct bench *b);
void compare_mask(struct bench *b, const struct program *p, uint32_t from, const struct program *run, uint32_t changed);
void compare_sync(struct bench *b);

/* bad.c: makes one thing illegal; says what, and which command it changed (PROGRAM_MAX: none) */
void bad_program(struct bench *b, struct program *p, struct rng *r, uint32_t *changed, char what[64]);

/* fault.c: runs a program with a fault of the memory, an abort, or a meddling host, and compares */
void fault_bus(struct bench *b, const struct program *p, struct rng *r, char what[64]);
void fault_abort(struct bench *b, const struct program *p, struct rng *r, int silent, char what[64]);
void fault_meddle(struct bench *b, const struct program *p, struct rng *r);

/* fixed.c: programs made by hand */
void fixed_programs(struct bench *b, struct program *p);

/* print.c */
void print_program(const struct program *p, const uint8_t *keep);
void cover_command(const struct quin_cmd *cmd);
void cover_print(void);

/* Writes a field and insists that the value fits. */
void put_field(struct quin_cmd *cmd, enum quin_field field, uint64_t value, const char *name);
#define PUT(cmd, format, name, value) put_field(cmd, QUIN_F_##format##_##name, (uint64_t)(value), #format "." #name)
#define GET(cmd, format, name) quin_cmd_get(cmd, QUIN_F_##format##_##name)

#endif
