/* SPDX-License-Identifier: Apache-2.0
 *
 * One table holds every option: its names, the commands that take it, its help, and where its value goes.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

#define RUN QUIN_COMMAND_RUN
#define INFO QUIN_COMMAND_INFO
#define VERIFY QUIN_COMMAND_VERIFY
#define PERPLEXITY QUIN_COMMAND_PERPLEXITY
#define CHAT QUIN_COMMAND_CHAT
#define SERVE QUIN_COMMAND_SERVE
#define DEVICE (RUN | CHAT | SERVE | INFO | VERIFY | PERPLEXITY)
#define DOCTOR QUIN_COMMAND_DOCTOR
#define ANY (DEVICE | DOCTOR | QUIN_COMMAND_CONFIGS)
#define AT(member) offsetof(struct quin_options, member)

enum kind { TEXT, FLAG, COUNT, U32, REAL, SEED, STOP, OVERRIDE };

/* low and high: the range of a number, both ends allowed. */
static const struct row {
    const char *name;
    char letter; /* 0: only the long name */
    enum kind kind;
    unsigned commands;
    size_t at;
    double low, high;
    const char *arg, *help;
} rows[] = {
    {"model", 'm', TEXT, DEVICE | DOCTOR, AT(model), 0, 0, "FILE", "model, a GGUF file (default: the embedded one)"},
    {"override-kv", 0, OVERRIDE, DEVICE | DOCTOR, 0, 0, 0, "K=T:V",
     "set metadata KEY=TYPE:VALUE over the file's, TYPE int, float, bool or str; up to 32 times"},
    {"prompt", 'p', TEXT, RUN | VERIFY, AT(prompt), 0, 0, "TEXT",
     "text to go on from (default: \"Once upon a time\")"},
    {"file", 'f', TEXT, RUN | VERIFY | PERPLEXITY, AT(file), 0, 0, "FILE",
     "take the text from a file; - is stdin"},
    {"system", 0, TEXT, CHAT, AT(system), 0, 0, "TEXT", "what the model is told before the first message"},
    {"host", 0, TEXT, SERVE, AT(host), 0, 0, "NAME",
     "name or address to listen at (default: 127.0.0.1, which only this machine reaches)"},
    {"port", 0, U32, SERVE, AT(port), 0, 65535, "N", "port to listen at (default: 8080); 0: any that is free"},
    {"slots", 0, U32, SERVE, AT(slots), 1, 16, "N", "answers computed at a time (default: 8)"},
    {"queue", 0, U32, SERVE, AT(queue), 0, 1000, "N", "requests that may wait for a slot (default: 64); others get 429"},
    {"max-body", 0, U32, SERVE, AT(body_bytes), 1, 1 << 30, "N", "bytes of a request's body, at most (default: 1048576)"},
    {"request-timeout", 0, U32, SERVE, AT(request_timeout), 1, 86400, "N",
     "seconds that a client has to send its request, or to take a part of the answer (default: 30)"},
    {"answer-timeout", 0, U32, SERVE, AT(answer_timeout), 1, 86400, "N",
     "seconds for an answer, its wait for a slot included (default: 600)"},
    {"grace", 0, U32, SERVE, AT(grace), 0, 3600, "N",
     "seconds that answers under way have when the server is told to end (default: 10)"},
    {"api-key-file", 0, TEXT, SERVE, AT(key_file), 0, 0, "FILE", "clients must show the key in the first line of FILE"},
    {"model-name", 0, TEXT, SERVE, AT(model_name), 0, 0, "NAME", "the model's name for clients (default: the file's)"},
    {"n-predict", 'n', COUNT, RUN | CHAT | SERVE | VERIFY, AT(count), -1, UINT32_MAX - 1, "N",
     "tokens to generate, at most to the end of the context; -1: to its end (default: run 200, verify 256, chat "
     "-1 an answer); serve: what a request gets at most (default: -1)"},
    {"ctx-size", 'c', U32, DEVICE, AT(context), 0, UINT32_MAX, "N",
     "positions of the context; 0: the model's (default)"},
    {"seed", 's', SEED, RUN | CHAT, AT(seed), 0, 0, "N",
     "seed of the sampling; -1: random (default); the report shows it"},
    {"temp", 0, REAL, RUN | CHAT | SERVE, AT(temperature), -1e6, 1e6, "T",
     "temperature (default 0.8); 0 or less: the likeliest token, chosen on the device"},
    {"top-k", 0, U32, RUN | CHAT | SERVE, AT(top_k), 0, UINT32_MAX, "K",
     "choose among the K likeliest tokens (default 40); 0: all"},
    {"top-p", 0, REAL, RUN | CHAT | SERVE, AT(top_p), 1e-9, 1, "P",
     "choose among the likeliest tokens that make up P (default 0.95); 1: all"},
    {"stop", 0, STOP, RUN | CHAT, 0, 0, 0, "TEXT", "end when TEXT has been written; up to 16 times"},
    {"ignore-eos", 0, FLAG, RUN | CHAT, AT(ignore_eos), 0, 0, NULL, "go on after the model's end of text"},
    {"tensors", 0, FLAG, INFO, AT(tensors), 0, 0, NULL, "list the tensors of the file"},
    {"tolerance", 0, REAL, VERIFY, AT(tolerance), 1e-12, 1e6, "X",
     "error that an element may have, as a share of its tensor's largest magnitude (default 0.1)"},
    {"hazards", 0, FLAG, VERIFY, AT(hazards), 0, 0, NULL,
     "also check that the program's waits cover its dependences"},
    {"stories", 0, U32, PERPLEXITY, AT(stories), 1, UINT32_MAX, "N",
     "only the first N stories (default: all)"},
    {"reference", 0, FLAG, PERPLEXITY, AT(reference), 0, 0, NULL,
     "the float reference instead of the device"},
    {"exact", 0, FLAG, DEVICE, AT(exact), 0, 0, NULL, "ten trits for KV cache and lm_head, 16-bit attention"},
    {"backend", 0, TEXT, DEVICE, AT(backend), 0, 0, "NAME",
     "what computes: cmodel, the golden model (default), or rtl, its simulated hardware"},
    {"config", 0, TEXT, DEVICE, AT(config), 0, 0, "NAME",
     "configuration of the device (default: sim); see `quintrit configs`"},
    {"threads", 0, U32, DEVICE, AT(threads), 0, 64, "N",
     "cmodel: threads that compute; 0: one for each processor (default)"},
    {"kernel", 0, TEXT, DEVICE, AT(kernel), 0, 0, "NAME",
     "cmodel: how the array's sums are computed (default: the fastest); see `quintrit configs`"},
    {"no-wraps", 0, FLAG, DEVICE, AT(no_wraps), 0, 0, NULL,
     "cmodel: leave the counter WRAPS at 0; faster, and no result changes"},
    {"timeline", 0, TEXT, RUN, AT(timeline), 0, 0, "FILE",
     "rtl: write the commands and stalls, for ui.perfetto.dev"},
    {"trace", 0, TEXT, RUN, AT(trace), 0, 0, "FILE", "rtl: write a waveform, FST; slower"},
    {"trace-from", 0, COUNT, RUN, AT(trace_from), 0, 1e15, "C", "first cycle of the waveform (default: 0)"},
    {"trace-to", 0, COUNT, RUN, AT(trace_to), 1, 1e15, "C", "cycle before which it ends (default: all)"},
    {"verbose", 'v', FLAG, RUN | CHAT, AT(verbose), 0, 0, NULL,
     "also report the model, the device and every counter"},
    {"help", 'h', FLAG, ANY, AT(help), 0, 0, NULL, "this text"},
};

enum { ROWS = sizeof rows / sizeof rows[0], LONG_BASE = 256 };

/* ---- values ---- */

/* No spaces, no trailing characters, no infinity: what strtod takes beyond that is a slip of the user. */
static bool to_real(const char *text, double *v)
{
    char *end;
    if (!*text || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    errno = 0;
    *v = strtod(text, &end);
    return !*end && end != text && isfinite(*v);
}

static bool to_integer(const char *text, int64_t *v)
{
    char *end;
    const char *first = *text == '-' ? text + 1 : text;
    if (!*first || strspn(first, "0123456789") != strlen(first))
        return false;
    errno = 0;
    *v = strtoll(text, &end, 10);
    return !errno && !*end;
}

static bool to_seed(const char *text, struct quin_options *o)
{
    char *end;
    o->seed_given = strcmp(text, "-1") != 0;
    if (!o->seed_given)
        return true;
    if (!*text || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    o->seed = strtoull(text, &end, 10);
    return !errno && !*end;
}

/* Tells the range: the user should not have to look it up. */
static enum quin_exit bad_value(const struct row *r, const char *value)
{
    if (r->kind == SEED)
        quin_term_error(
            "--%s takes a whole number from 0 to 18446744073709551615, or -1 for a random one, not '%s'",
            r->name, value);
    else
        quin_term_error("--%s takes a %s from %.10g to %.10g, not '%s'", r->name,
                        r->kind == REAL ? "number" : "whole number", r->low, r->high, value);
    return QUIN_EXIT_USAGE;
}

static enum quin_exit add_stop(struct quin_options *o, const char *value)
{
    if (!*value) {
        quin_term_error("--stop takes a text that is not empty");
        return QUIN_EXIT_USAGE;
    }
    if (o->stops == QUIN_STOPS_MAX) {
        quin_term_error("--stop may be given %d times at most", QUIN_STOPS_MAX);
        return QUIN_EXIT_USAGE;
    }
    o->stop[o->stops++] = value;
    return QUIN_EXIT_GOOD;
}

static enum quin_exit add_override(struct quin_options *o, const char *value)
{
    if (o->overrides == QUIN_OVERRIDES_MAX) {
        quin_term_error("--override-kv may be given %d times at most", QUIN_OVERRIDES_MAX);
        return QUIN_EXIT_USAGE;
    }
    o->override[o->overrides++] = value;
    return QUIN_EXIT_GOOD;
}

/* Puts the value of an option where its row says. */
static enum quin_exit store(const struct row *r, const char *value, struct quin_options *o)
{
    char *to = (char *)o + r->at;
    int64_t whole = 0;
    double real = 0;
    switch (r->kind) {
    case TEXT:
        *(const char **)to = value;
        return QUIN_EXIT_GOOD;
    case FLAG:
        *(bool *)to = true;
        return QUIN_EXIT_GOOD;
    case STOP:
        return add_stop(o, value);
    case OVERRIDE:
        return add_override(o, value);
    case SEED:
        return to_seed(value, o) ? QUIN_EXIT_GOOD : bad_value(r, value);
    case REAL:
        if (!to_real(value, &real) || real < r->low || real > r->high)
            return bad_value(r, value);
        *(double *)to = real;
        return QUIN_EXIT_GOOD;
    case COUNT:
    case U32:
        if (!to_integer(value, &whole) || (double)whole < r->low || (double)whole > r->high)
            return bad_value(r, value);
        if (r->kind == COUNT)
            *(int64_t *)to = whole;
        else
            *(uint32_t *)to = (uint32_t)whole;
        return QUIN_EXIT_GOOD;
    }
    return QUIN_EXIT_USAGE;
}

/* ---- parsing ---- */

/* getopt's tables for one command; a long option's value is LONG_BASE + its row. */
static void tables(enum quin_command command, char *letters, struct option *longs)
{
    size_t n = 0;
    *letters++ = ':'; /* tell a missing argument from an unknown option */
    for (int i = 0; i < ROWS; i++) {
        if (!(rows[i].commands & command))
            continue;
        longs[n++] =
            (struct option){rows[i].name, rows[i].arg ? required_argument : no_argument, NULL, LONG_BASE + i};
        if (rows[i].letter)
            *letters++ = rows[i].letter;
        if (rows[i].letter && rows[i].arg)
            *letters++ = ':';
    }
    longs[n] = (struct option){0};
    *letters = '\0';
}

/* What getopt calls '?' or ':'. optopt is 0 for a long option that it does not know or that is ambiguous. */
static enum quin_exit complain(int code, const char *name, char **argv)
{
    char letter[3] = {'-', (char)optopt, '\0'};
    const char *what = optopt && optopt < LONG_BASE ? letter : argv[optind - 1];
    if (code == ':')
        quin_term_error("option '%s' needs a value; see 'quintrit %s --help'", what, name);
    else if (optopt >= LONG_BASE)
        quin_term_error("option '%s' takes no value; see 'quintrit %s --help'", what, name);
    else
        quin_term_error("unknown option '%s'; see 'quintrit %s --help'", what, name);
    return QUIN_EXIT_USAGE;
}

static const struct row *row_of(int code)
{
    if (code >= LONG_BASE)
        return &rows[code - LONG_BASE];
    for (int i = 0; i < ROWS; i++)
        if (rows[i].letter == code)
            return &rows[i];
    return NULL;
}

enum quin_exit quin_options_parse(enum quin_command command, const char *name, int argc, char **argv,
                                  struct quin_options *o)
{
    char letters[2 * ROWS + 2];
    struct option longs[ROWS + 1];
    enum quin_exit code = QUIN_EXIT_GOOD;
    int c;
    *o = (struct quin_options){.backend = "cmodel",
                               .config = "sim",
                               .count = command == VERIFY ? 256 : command == CHAT || command == SERVE ? -1 : 200,
                               .slots = command == SERVE ? 8 : 1,
                               .host = "127.0.0.1",
                               .port = 8080,
                               .queue = 64,
                               .body_bytes = 1 << 20,
                               .request_timeout = 30,
                               .answer_timeout = 600,
                               .grace = 10,
                               .temperature = 0.8,
                               .top_k = 40,
                               .top_p = 0.95};
    tables(command, letters, longs);
    opterr = 0;
    while (!code && (c = getopt_long(argc, argv, letters, longs, NULL)) != -1)
        code = c == '?' || c == ':' ? complain(c, name, argv) : store(row_of(c), optarg, o);
    if (!code && command == DOCTOR && optind < argc && !o->model)
        o->model = argv[optind++]; /* the file may stand by itself */
    if (!code && !o->help && optind < argc) {
        quin_term_error("unexpected argument '%s'; see 'quintrit %s --help'", argv[optind], name);
        code = QUIN_EXIT_USAGE;
    }
    if (!code && !o->help && o->prompt && o->file) {
        quin_term_error("both --prompt and --file are given; give one of them");
        code = QUIN_EXIT_USAGE;
    }
    if (!code && !o->help && !o->trace && (o->trace_from || o->trace_to)) {
        quin_term_error("--trace-from and --trace-to go with --trace FILE");
        code = QUIN_EXIT_USAGE;
    }
    if (!code && !o->help && o->trace_to && o->trace_to <= o->trace_from) {
        quin_term_error("--trace-to must be larger than --trace-from");
        code = QUIN_EXIT_USAGE;
    }
    return code;
}

/* ---- help ---- */

enum { HELP_COLUMN = 24, HELP_WIDTH = 100 };

/* Words of a text from HELP_COLUMN on, in lines of HELP_WIDTH. */
static void wrap(const char *text)
{
    size_t at = HELP_COLUMN;
    while (*text) {
        size_t n = strcspn(text, " ");
        if (at + 1 + n > HELP_WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            at = HELP_COLUMN;
        }
        printf("%s%.*s", at > HELP_COLUMN ? " " : "", (int)n, text);
        at += n + (at > HELP_COLUMN);
        text += n + (text[n] == ' ');
    }
    putchar('\n');
}

void quin_options_help(enum quin_command command)
{
    for (int i = 0; i < ROWS; i++) {
        char left[64], letter[5] = "    ";
        if (!(rows[i].commands & command))
            continue;
        if (rows[i].letter)
            snprintf(letter, sizeof letter, "-%c, ", rows[i].letter);
        snprintf(left, sizeof left, "%s--%s %s", letter, rows[i].name, rows[i].arg ? rows[i].arg : "");
        printf("  %-*s", HELP_COLUMN - 2, left);
        wrap(rows[i].help);
    }
}
