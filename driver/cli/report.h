/* SPDX-License-Identifier: Apache-2.0
 *
 * The report at the end of a run: speed of the simulation, and what the device counted.
 */
#ifndef QUIN_REPORT_H
#define QUIN_REPORT_H

#include <stdio.h>

#include "session.h"

enum { QUIN_TALLY_MOST = 64 };

struct quin_tally {
    struct quin_counter_value values[QUIN_TALLY_MOST];
    size_t count;
};
enum quin_err quin_tally_take(struct quin_engine *engine, struct quin_tally *t, struct quin_msg *msg);

struct quin_report {
    size_t prompt_tokens, made;
    size_t steps;                        /* tokens that the device computed after the first one */
    double prompt_seconds, made_seconds; /* made_seconds: of the tokens after the first one */
    const char *ended;                   /* why */
    uint64_t seed;
    struct quin_tally prompt, all; /* counted up to the first token, and in all */
};
/* false: the device differs from the golden model. */
bool quin_report_print(FILE *to, const struct quin_options *o, const struct quin_session *s,
                       const struct quin_report *r);

/* What --verbose tells before the text. */
void quin_report_begin(FILE *to, const struct quin_session *s);

#endif
