/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of the command line, parsed strictly: a number that does not fit or does not end is wrong usage.
 */
#ifndef QUIN_OPTIONS_H
#define QUIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the process returns. */
enum quin_exit { QUIN_EXIT_GOOD = 0, QUIN_EXIT_FAILED = 1, QUIN_EXIT_USAGE = 2, QUIN_EXIT_INTERRUPT = 130 };

/* Bits, because an option belongs to several commands. */
enum quin_command {
    QUIN_COMMAND_RUN = 1,
    QUIN_COMMAND_INFO = 2,
    QUIN_COMMAND_VERIFY = 4,
    QUIN_COMMAND_PERPLEXITY = 8,
    QUIN_COMMAND_CONFIGS = 16,
    QUIN_COMMAND_DOCTOR = 32,
    QUIN_COMMAND_CHAT = 64,
    QUIN_COMMAND_SERVE = 128
};

enum { QUIN_STOPS_MAX = 16, QUIN_OVERRIDES_MAX = 32 };

struct quin_options {
    const char *model; /* NULL: the embedded one */
    const char *prompt, *file, *system;
    const char *backend, *config;
    const char *kernel; /* NULL: the best */
    uint32_t threads;   /* 0: one for each processor */
    const char *timeline, *trace;  /* NULL: not written */
    int64_t trace_from, trace_to;  /* cycles; 0, 0: all */
    const char *stop[QUIN_STOPS_MAX]; /* none is empty */
    size_t stops;
    const char *override[QUIN_OVERRIDES_MAX]; /* KEY=TYPE:VALUE */
    size_t overrides;
    int64_t count;    /* tokens to generate; -1: to the end of the context */
    uint32_t context; /* 0: the model's */
    uint64_t seed;
    bool seed_given;
    double temperature, top_p, tolerance; /* tolerance 0: the command's own */
    uint32_t top_k, stories;              /* stories 0: all */
    uint32_t slots;                       /* sequences of the device; 1 but for serve */
    const char *host, *model_name, *key_file; /* the rest is of serve; model_name, key_file NULL: not given */
    uint32_t port, queue, body_bytes, request_timeout, answer_timeout, grace; /* times in seconds */
    bool ignore_eos, exact, verbose, tensors, hazards, reference, no_wraps, help;
};

/* Defaults of a command, then argv[1...]. An error is told on stderr. */
enum quin_exit quin_options_parse(enum quin_command command, const char *name, int argc, char **argv,
                                  struct quin_options *o);

/* The lines of a command's --help that list its options, on stdout. */
void quin_options_help(enum quin_command command);

#endif
