/* SPDX-License-Identifier: Apache-2.0
 *
 * The terminal, if there is one: colour, progress bars, a live line under the text, Ctrl-C. Where stdout or
 * stderr is no terminal, not one escape code goes to it.
 */
#ifndef QUIN_TERMINAL_H
#define QUIN_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "quintrit.h"

/* Looks at stdout, stderr, TERM, NO_COLOR; catches SIGINT and ignores SIGPIPE. */
void quin_term_init(void);

bool quin_term_is_out(void); /* stdout is a terminal */

/* One line on stderr, "quintrit: ...", with nothing in it that could drive a terminal. */
__attribute__((format(printf, 1, 2))) void quin_term_error(const char *format, ...);

enum quin_style { QUIN_STYLE_NONE, QUIN_STYLE_PROMPT, QUIN_STYLE_GOOD, QUIN_STYLE_BAD, QUIN_STYLE_FAINT };
/* The code that starts a style on stdout or stderr, or "". */
const char *quin_term_style(FILE *to, enum quin_style style);

/* A bar on stderr while `what` goes on; _end takes it away. */
struct quin_progress quin_term_progress(const char *what);
void quin_term_progress_end(void);

/* The live line. Where stdout and stderr are one terminal it stands under the text: it is cleared before text
 * is written and drawn after it, and quin_term_wrote follows the cursor. Elsewhere it is a line of stderr by
 * itself. */
__attribute__((format(printf, 1, 2))) void quin_term_live(const char *format, ...);
void quin_term_live_clear(void);
void quin_term_wrote(uint32_t code_point);

/* Ctrl-C ends the process with 130; after _hold it makes _interrupted true, and the second one ends it. */
void quin_term_hold_interrupts(void);
bool quin_term_interrupted(void);
/* Ctrl-C ends the process again; what was held is forgotten. */
void quin_term_release_interrupts(void);

double quin_term_seconds(void); /* of a clock that never goes back */

#endif
