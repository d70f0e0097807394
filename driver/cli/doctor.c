/* SPDX-License-Identifier: Apache-2.0
 *
 * quintrit doctor: what is wrong with a model file, one line a finding.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "terminal.h"
#include "text.h"

static void print(void *user, enum quin_finding_level level, const char *subject, const char *text)
{
    static const char *const words[] = {"good", "note", "PROBLEM"};
    static const enum quin_style styles[] = {QUIN_STYLE_GOOD, QUIN_STYLE_FAINT, QUIN_STYLE_BAD};
    char clean[1024];
    (void)user;
    quin_term_progress_end();
    quin_text_quote(text, strlen(text), clean, sizeof clean); /* it may hold names of a hostile file */
    printf("%s%-8s%s %-14s %s\n", quin_term_style(stdout, styles[level]), words[level],
           quin_term_style(stdout, QUIN_STYLE_NONE), subject, clean);
}

enum quin_exit quin_doctor_main(const struct quin_options *o)
{
    struct quin_msg msg = {""};
    struct quin_lm_options options = quin_session_lm_options(o);
    struct quin_progress progress = quin_term_progress("examining");
    size_t problems = 0;
    enum quin_err err = quin_doctor(&options, &progress, print, NULL, &problems, &msg);
    quin_term_progress_end();
    if (err)
        return quin_session_fail(err, &msg);
    printf("%zu problem%s\n", problems, problems == 1 ? "" : "s");
    return problems ? QUIN_EXIT_FAILED : QUIN_EXIT_GOOD;
}
