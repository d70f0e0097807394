/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes everything that follows from the .def tables: the SystemVerilog package and four pages of docs/.
 *   gen ROOT           writes the files below ROOT
 *   gen --check ROOT   compares them with what it would write; names the first file and line that differ
 *   gen --parameters CONFIGURATION   prints a configuration as parameters of the hardware: Rows=8 ...
 * Exit code 0: good; 1: the tables are faulty, a file differs or cannot be written; 2: wrong arguments.
 */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gen.h"

struct product {
    const char *directory, *file;
    void (*write)(FILE *out);
};

static const struct product products[] = {
    {"rtl/gen", "quin_pkg.sv", quin_gen_package},
    {"docs", "registers.md", quin_gen_registers},
    {"docs", "fields.md", quin_gen_fields},
    {"docs", "queues.md", quin_gen_queues},
    {"docs", "configurations.md", quin_gen_configurations},
};

/* The text of a product, to be freed; NULL if there is no memory. */
static char *render(const struct product *p, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (!out)
        return NULL;
    p->write(out);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

static int store(const char *path, const char *text, size_t size)
{
    FILE *f = fopen(path, "wb");
    int good = f && fwrite(text, 1, size, f) == size;
    if (f && fclose(f))
        good = 0;
    if (!good)
        fprintf(stderr, "gen: cannot write %s: %s\n", path, strerror(errno));
    return good;
}

/* Line of the first difference between a file and the text, 0 if there is none. */
static unsigned long differs(FILE *f, const char *text, size_t size)
{
    unsigned long line = 1;
    for (size_t i = 0; i < size; i++) {
        if (fgetc(f) != (unsigned char)text[i])
            return line;
        line += text[i] == '\n';
    }
    return fgetc(f) == EOF ? 0 : line;
}

static int compare(const char *path, const char *text, size_t size)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "gen: %s is missing; `make regs` writes it\n", path);
        return 0;
    }
    unsigned long line = differs(f, text, size);
    fclose(f);
    if (line)
        fprintf(stderr, "gen: %s:%lu is not what rtl/spec says; `make regs` writes it again\n", path, line);
    return !line;
}

static int handle(const struct product *p, const char *root, int check)
{
    char path[4096];
    size_t size;
    int good = 0;
    int used = snprintf(path, sizeof path, "%s/%s", root, p->directory);
    if (used < 0 || (size_t)used + strlen(p->file) + 2 > sizeof path) {
        fprintf(stderr, "gen: the path %s is too long\n", root);
        return 0;
    }
    if (!check && mkdir(path, 0777) && errno != EEXIST) {
        fprintf(stderr, "gen: cannot make %s: %s\n", path, strerror(errno));
        return 0;
    }
    strcat(strcat(path, "/"), p->file);
    char *text = render(p, &size);
    if (!text)
        fprintf(stderr, "gen: no memory for %s\n", path);
    else
        good = check ? compare(path, text, size) : store(path, text, size);
    free(text);
    return good;
}

static int print_parameters(const char *config)
{
    int found = 0;
#define QUIN_CONFIG(name, rows, stream_bytes, lanes, bus_bytes, scratchpad_words, carry_bits, doc)                                 \
    if (!strcmp(config, #name)) {                                                                                              \
        printf("Rows=%d StreamBytes=%d Lanes=%d BusBytes=%d SpWords=%d CarryBits=%d\n", rows, stream_bytes, lanes, bus_bytes,    \
               scratchpad_words, carry_bits);                                                                                  \
        found = 1;                                                                                                             \
    }
#include "configs.def"
#undef QUIN_CONFIG
    if (!found)
        fprintf(stderr, "gen: no configuration '%s' in rtl/spec/configs.def\n", config);
    return found;
}

int main(int argc, char **argv)
{
    int check = argc == 3 && !strcmp(argv[1], "--check");
    char message[QUIN_GEN_MESSAGE];
    if (argc == 3 && !strcmp(argv[1], "--parameters"))
        return !print_parameters(argv[2]);
    if (argc != 2 + check || argv[argc - 1][0] == '-') {
        fprintf(stderr, "usage: gen [--check] ROOT | --parameters CONFIGURATION\n"
                        "Writes rtl/gen/quin_pkg.sv and the generated pages of docs/ below ROOT, the root\n"
                        "of the project, or compares them with rtl/spec/*.def; or prints a configuration.\n");
        return 2;
    }
    if (!quin_gen_check(quin_gen_table, quin_gen_table_rows, message)) {
        fprintf(stderr, "gen: %s\n", message);
        return 1;
    }
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
        if (!handle(&products[i], argv[argc - 1], check))
            return 1;
    return 0;
}
