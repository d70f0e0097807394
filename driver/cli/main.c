/* SPDX-License-Identifier: Apache-2.0
 *
 * The command `quintrit`: picks the command, or tells what there is.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "configs.h"
#include "session.h"
#include "terminal.h"

#ifndef QUIN_VERSION
#define QUIN_VERSION "0.1.0"
#endif

static const struct command {
    const char *name;
    enum quin_command bit;
    enum quin_exit (*main)(const struct quin_options *o);
    const char *summary, *about;
} commands[] = {
    {"run", QUIN_COMMAND_RUN, quin_run_main, "goes on with a text",
     "Writes the prompt and the text that the model makes of it to stdout, token by token, and a report to\n"
     "stderr. Ctrl-C ends the text; a second one ends the command. Texts of control tokens in the prompt,\n"
     "such as <|endoftext|>, count as these tokens."},
    {"chat", QUIN_COMMAND_CHAT, quin_chat_main, "a conversation, line by line",
     "Takes each line of stdin as a message and writes the model's answer to stdout, in the format of the model's\n"
     "chat template. Ctrl-C ends an answer; at the end of stdin the command ends. Texts of control tokens in\n"
     "messages do not count as these tokens."},
    {"serve", QUIN_COMMAND_SERVE, quin_serve_main, "an OpenAI-compatible HTTP server",
     "Answers /v1/completions, /v1/chat/completions, /v1/models and /health for several users at once, who share\n"
     "the device's rows; docs/server.md says how. Only this machine reaches it unless --host names another\n"
     "address. With a key, in a file or in the variable QUINTRIT_API_KEY, clients must show it. SIGINT or SIGTERM\n"
     "ends it: no request is taken any more, and answers under way get --grace seconds."},
    {"info", QUIN_COMMAND_INFO, quin_info_main, "what is in a model file, and how it compiles",
     "Prints what a model file holds, and what becomes of it in a device of the configuration."},
    {"verify", QUIN_COMMAND_VERIFY, quin_verify_main, "device against float reference",
     "Generates tokens greedily on the device and compares every position with the float reference. Exit\n"
     "code 0: all greedy tokens are equal or explained, and no tensor is out of tolerance; else 1."},
    {"perplexity", QUIN_COMMAND_PERPLEXITY, quin_perplexity_main, "perplexity and bits per byte of stories",
     "Scores the stories of a text (--file), which a line <|endoftext|> parts; of each story only as many\n"
     "tokens as the context has positions."},
    {"doctor", QUIN_COMMAND_DOCTOR, quin_doctor_main, "what is wrong with a model file",
     "Examines a model file (FILE, or --model) without running it: its family and what decides its activation,\n"
     "types and layouts of tensors, whether matrices are ternary, scales, the tokenizer. Exit code 0: no problem\n"
     "was found; else 1."},
    {"configs", QUIN_COMMAND_CONFIGS, quin_configs_main, "the configurations of the device",
     "Lists the configurations of the device."},
};

enum { COMMANDS = sizeof commands / sizeof commands[0], STDOUT_BYTES = 1 << 20 };

enum quin_exit quin_configs_main(const struct quin_options *o)
{
    (void)o;
    quin_configs_print();
    return QUIN_EXIT_GOOD;
}

static void help(void)
{
    puts("quintrit: runs BitNet b1.58 language models on a Quintrit device or its golden model\n");
    puts("usage: quintrit COMMAND [OPTION]...\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-12s %s\n", commands[i].name, commands[i].summary);
    puts("\n  --help       this text; `quintrit COMMAND --help` lists the options of a command");
    puts("  --version    the version");
    puts("\nexit code: 0 good, 1 the work failed, 2 wrong usage, 130 interrupted");
}

static void command_help(const struct command *c)
{
    printf("usage: quintrit %s [OPTION]...\n\n%s\n\n", c->name, c->about);
    quin_options_help(c->bit);
}

/* argv[0] is the command's name, as getopt wants it. */
static enum quin_exit run_command(const struct command *c, int argc, char **argv)
{
    struct quin_options o;
    enum quin_exit code = quin_options_parse(c->bit, c->name, argc, argv, &o);
    if (code)
        return code;
    if (!o.help)
        return c->main(&o);
    command_help(c);
    return QUIN_EXIT_GOOD;
}

/* The first argument says what to do. */
static enum quin_exit dispatch(int argc, char **argv)
{
    if (argc < 2) {
        quin_term_error("no command is given; see 'quintrit --help'");
        return QUIN_EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        help();
        return QUIN_EXIT_GOOD;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("quintrit " QUIN_VERSION);
        return QUIN_EXIT_GOOD;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(argv[1], commands[i].name))
            return run_command(&commands[i], argc - 1, argv + 1);
    quin_term_error("unknown %s '%s'; see 'quintrit --help'", argv[1][0] == '-' ? "option" : "command",
                    argv[1]);
    return QUIN_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    quin_term_init();
    /* a table is one write, so that errno tells why it failed; the text is flushed token by token */
    setvbuf(stdout, NULL, _IOFBF, STDOUT_BYTES);
    return (int)quin_session_end_output(0, dispatch(argc, argv));
}
