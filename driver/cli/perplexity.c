/* SPDX-License-Identifier: Apache-2.0
 *
 * quintrit perplexity: scores the stories of a text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "session.h"
#include "terminal.h"

/* The reference needs no engine, unless a context is asked for: the engine is what knows it. */
static enum quin_exit open_session(const struct quin_options *o, struct quin_session *s)
{
    if (!o->reference || o->context)
        return quin_session_open(o, s);
    enum quin_exit code = quin_session_check_device(o);
    return code ? code : quin_session_open_model(o, s);
}

static void print(const struct quin_perplexity *p, const struct quin_options *o)
{
    char group[32];
    printf("%-16s %s%s\n", "computed by", o->reference ? "float reference" : o->backend,
           o->exact && !o->reference ? ", exact" : "");
    printf("%-16s %s\n", "stories", quin_session_group(p->stories, group));
    printf("%-16s %s\n", "tokens", quin_session_group(p->tokens, group));
    printf("%-16s %s\n", "bytes", quin_session_group(p->bytes, group));
    printf("%-16s %.4f\n", "perplexity", p->perplexity);
    printf("%-16s %.4f\n", "bits per byte", p->bits_per_byte);
}

enum quin_exit quin_perplexity_main(const struct quin_options *o)
{
    struct quin_session s = {0};
    struct quin_perplexity result;
    struct quin_msg msg = {""};
    char *text = NULL;
    size_t length = 0;
    if (!o->file) {
        quin_term_error("perplexity needs a text; give one with --file");
        return QUIN_EXIT_USAGE;
    }
    enum quin_exit code = quin_session_read(o->file, &text, &length);
    if (!code)
        code = open_session(o, &s);
    if (!code) {
        struct quin_progress progress = quin_term_progress("scoring");
        enum quin_err err = quin_perplexity_run(s.lm, s.engine, o->reference, text, length, o->stories,
                                                &progress, &result, &msg);
        quin_term_progress_end();
        if (err)
            code = quin_session_fail(err, &msg);
        else
            print(&result, o);
    }
    free(text);
    quin_session_close(&s);
    return code;
}
