/* SPDX-License-Identifier: Apache-2.0
 *
 * Terminals: see terminal.h. All state is one static struct, as there is one terminal.
 */
#define _GNU_SOURCE /* wcwidth */
#include "terminal.h"

#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "options.h"

#define CLEAR_LINE "\r\033[K"
#define CLEAR_BELOW "\033[J"

enum { BAR_CELLS = 30, DEFAULT_COLUMNS = 80 };
static const double REDRAW_SECONDS = 0.1;

static struct {
    bool out, err, same, colour; /* same: stdout and stderr are one terminal */
    const char *bar;             /* what is under way, NULL: nothing */
    double drawn;                /* when the bar was drawn last */
    bool live;                   /* a live line is on the screen */
    int column;                  /* of the cursor, where same */
} term;

/* What the signal handler looks at. */
static volatile sig_atomic_t interrupted, held, must_clear;

double quin_term_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- signals ---- */

/* Only what a signal handler may call. */
static void on_interrupt(int signal)
{
    (void)signal;
    if (held && !interrupted) {
        interrupted = 1;
        return;
    }
    static const char line[] = CLEAR_LINE, below[] = CLEAR_BELOW;
    ssize_t n = 0;
    if (must_clear)
        n = term.live && term.same ? write(STDERR_FILENO, below, sizeof below - 1)
                                   : write(STDERR_FILENO, line, sizeof line - 1);
    _exit(n < 0 ? QUIN_EXIT_FAILED : QUIN_EXIT_INTERRUPT);
}

void quin_term_hold_interrupts(void)
{
    held = 1;
}

void quin_term_release_interrupts(void)
{
    held = 0;
    interrupted = 0;
}

bool quin_term_interrupted(void)
{
    return interrupted;
}

/* ---- what there is ---- */

void quin_term_init(void)
{
    struct stat out, err;
    const char *name = getenv("TERM"), *plain = getenv("NO_COLOR");
    bool able = name && *name && strcmp(name, "dumb") != 0; /* TERM without a name: no escape codes either */
    term.out = isatty(STDOUT_FILENO);
    term.err = isatty(STDERR_FILENO) && able;
    term.colour = able && !(plain && *plain); /* no-color.org: an empty NO_COLOR counts as unset */
    term.same = term.out && term.err && !fstat(STDOUT_FILENO, &out) && !fstat(STDERR_FILENO, &err) &&
                out.st_rdev == err.st_rdev;
    setlocale(LC_CTYPE, "C.UTF-8"); /* for wcwidth; the text is UTF-8 whatever the user's locale */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is seen by the write that fails */
}

bool quin_term_is_out(void)
{
    return term.out;
}

const char *quin_term_style(FILE *to, enum quin_style style)
{
    static const char *const code[] = {"\033[0m", "\033[36m", "\033[32m", "\033[31m", "\033[2m"};
    return term.colour && (to == stdout ? term.out : term.err) ? code[style] : "";
}

void quin_term_error(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* file names and arguments may hold anything; 0x80 to 0x9f drive a terminal only as U+0080 to U+009F */
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
            *c = '?';
    quin_term_progress_end();
    quin_term_live_clear();
    fprintf(stderr, "%squintrit:%s %s\n", quin_term_style(stderr, QUIN_STYLE_BAD),
            quin_term_style(stderr, QUIN_STYLE_NONE), text);
}

/* ---- progress ---- */

static int columns(void)
{
    struct winsize size;
    return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : DEFAULT_COLUMNS;
}

/* The bar; not more often than the eye can follow. */
static void draw(void *user, double fraction)
{
    (void)user;
    double now = quin_term_seconds();
    if (!term.bar || (now - term.drawn < REDRAW_SECONDS && fraction < 1))
        return;
    term.drawn = now;
    fraction = fraction > 1 ? 1 : fraction > 0 ? fraction : 0;
    static const char marks[] = "##############################", rest[] = "..............................";
    int cells = columns() - (int)strlen(term.bar) - 10; /* a line that wraps cannot be taken back */
    cells = cells < 0 ? 0 : cells > BAR_CELLS ? BAR_CELLS : cells;
    int full = (int)(fraction * cells);
    fprintf(stderr, "\r%s [%.*s%.*s] %3d %%", term.bar, full, marks, cells - full, rest,
            (int)(fraction * 100));
    fflush(stderr);
}

struct quin_progress quin_term_progress(const char *what)
{
    quin_term_progress_end();
    if (!term.err)
        return (struct quin_progress){0};
    term.bar = what;
    must_clear = 1;
    term.drawn = 0;
    draw(NULL, 0);
    return (struct quin_progress){draw, NULL};
}

void quin_term_progress_end(void)
{
    if (term.bar)
        fputs(CLEAR_LINE, stderr);
    term.bar = NULL;
    must_clear = 0;
}

/* ---- the live line ---- */

void quin_term_wrote(uint32_t c)
{
    int wide = columns(), w = c < 0x7f ? 1 : wcwidth((wchar_t)c);
    if (c == '\n') {
        term.column = 0;
    } else if (c == '\t') {
        term.column = (term.column / 8 + 1) * 8 < wide ? (term.column / 8 + 1) * 8 : wide - 1;
    } else {
        if (term.column + (w > 0 ? w : 0) > wide)
            term.column = 0; /* the character went to the next line */
        term.column += w > 0 ? w : 0;
    }
}

void quin_term_live(const char *format, ...)
{
    char text[256];
    int wide = columns();
    va_list args;
    /* at the right edge a terminal has not yet decided on its line: wait for the next token */
    if (!term.err || (term.out && !term.same) || (term.same && term.column >= wide - 1))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *on = quin_term_style(stderr, QUIN_STYLE_FAINT),
               *off = *on ? quin_term_style(stderr, QUIN_STYLE_NONE) : "";
    if (term.same) /* make room below (index, up), keep the cursor, write one line lower, come back */
        fprintf(stderr, "\033D\033[A\0337\r\n%s%.*s%s\033[K\0338", on, wide - 1, text, off);
    else
        fprintf(stderr, "\r%s%.*s%s\033[K", on, wide - 1, text, off);
    fflush(stderr);
    term.live = true;
    must_clear = 1;
}

void quin_term_live_clear(void)
{
    if (term.live)
        fputs(term.same ? CLEAR_BELOW : CLEAR_LINE, stderr);
    term.live = false;
    must_clear = 0;
}
