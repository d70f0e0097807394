/* SPDX-License-Identifier: Apache-2.0
 *
 * quintrit run: goes on with a text. Greedy tokens come from the loop on the device, in runs short enough
 * that a stop text or Ctrl-C is obeyed soon; otherwise logits come to the host, and the token chosen there
 * goes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "terminal.h"
#include "text.h"

enum { RUN_TOKENS = 8, PROMPT_ROWS = 8 };
static const double LIVE_SECONDS = 0.25; /* no figure of speed before that */

struct run {
    const struct quin_options *o;
    struct quin_session s;
    struct quin_prompt prompt;
    struct quin_text text;
    struct quin_sampler *sampler;
    float *logits; /* [vocab] */
    uint32_t most, eos, last;
    double begun, first; /* when the prompt began, when the first token was there */
    struct quin_report report;
};

/* ---- tokens on their way out ---- */

static void show_live(const struct run *r)
{
    double seconds = quin_term_seconds() - r->first;
    if (seconds >= LIVE_SECONDS && r->report.made > 1)
        quin_term_live("%zu of %u tokens, %.1f tokens/s (speed of the simulation)", r->report.made,
                       (unsigned)r->most, (double)(r->report.made - 1) / seconds);
}

/* The text ends here; the clock stops, though the device may have tokens under way. */
static void end(struct run *r, const char *why)
{
    r->report.ended = why;
    r->report.made_seconds = r->report.made > 1 ? quin_term_seconds() - r->first : 0;
}

/* Takes every token that the device made. After the end they are only counted: the device may be ahead. */
static bool take(void *user, uint32_t token)
{
    struct run *r = user;
    const char *bytes;
    size_t length;
    if (!r->report.made) {
        r->first = quin_term_seconds();
        r->report.prompt_seconds = r->first - r->begun;
    } else {
        r->report.steps++;
    }
    if (r->report.ended)
        return true;
    r->report.made++;
    r->last = token;
    quin_session_piece(&r->s, token, &bytes, &length);
    quin_term_live_clear();
    quin_text_put(&r->text, bytes, length, true);
    if (token == r->eos)
        end(r, "end of text");
    else if (r->text.stopped)
        end(r, "stop text");
    else if (r->text.error)
        end(r, "closed output");
    else if (quin_term_interrupted())
        end(r, "interrupt");
    else
        show_live(r);
    return true;
}

/* ---- the two ways ---- */

/* All tokens of the prompt but the last few, whose count comes back in *rest; short runs, so
 * that Ctrl-C is seen. */
static enum quin_err feed_prompt(struct run *r, size_t *rest, struct quin_msg *msg)
{
    size_t piece = (size_t)r->s.device.prefill_rows * PROMPT_ROWS, at = 0;
    enum quin_err err = QUIN_OK;
    while (!err && !r->report.ended && r->prompt.count - at > piece) {
        err = quin_engine_feed(r->s.engine, 0, (uint32_t)at, r->prompt.tokens + at, piece, false, NULL, NULL,
                               msg);
        at += piece;
        if (quin_term_interrupted())
            end(r, "interrupt");
    }
    *rest = r->prompt.count - at;
    return err;
}

/* The first token by itself, to part prompt and generation in time and counters; then a few at a time. The
 * device need not be told its own tokens again, but for the last one of the run before. */
static enum quin_err greedy(struct run *r, size_t rest, struct quin_msg *msg)
{
    uint32_t made, position = (uint32_t)(r->prompt.count - rest);
    enum quin_err err = quin_engine_generate(r->s.engine, 0, position, r->prompt.tokens + position, rest, 1,
                                             r->eos, take, r, &made, msg);
    if (!err)
        err = quin_tally_take(r->s.engine, &r->report.prompt, msg);
    while (!err && !r->report.ended && r->report.made < r->most) {
        uint32_t left = r->most - (uint32_t)r->report.made;
        position = (uint32_t)(r->prompt.count + r->report.made - 1);
        err = quin_engine_generate(r->s.engine, 0, position, &r->last, 1,
                                   left < RUN_TOKENS ? left : RUN_TOKENS, r->eos, take, r, &made, msg);
    }
    return err;
}

/* Logits to the host, a token back. The token that ends the text is never fed. */
static enum quin_err sampled(struct run *r, size_t rest, struct quin_msg *msg)
{
    uint32_t token, position = (uint32_t)(r->prompt.count - rest);
    enum quin_err err = quin_engine_feed(r->s.engine, 0, position, r->prompt.tokens + position, rest, false,
                                         r->logits, NULL, msg);
    if (!err)
        err = quin_tally_take(r->s.engine, &r->report.prompt, msg);
    while (!err) {
        err = quin_sampler_pick(r->sampler, r->logits, &token, msg);
        if (err)
            break;
        take(r, token);
        if (r->report.ended || r->report.made >= r->most)
            break;
        position = (uint32_t)(r->prompt.count + r->report.made - 1);
        err = quin_engine_feed(r->s.engine, 0, position, &r->last, 1, false, r->logits, NULL, msg);
    }
    return err;
}

/* The prompt alone, for -n 0. */
static enum quin_err only_prompt(struct run *r, size_t rest, struct quin_msg *msg)
{
    size_t at = r->prompt.count - rest;
    enum quin_err err =
        quin_engine_feed(r->s.engine, 0, (uint32_t)at, r->prompt.tokens + at, rest, false, NULL, NULL, msg);
    return err ? err : quin_tally_take(r->s.engine, &r->report.prompt, msg);
}

static enum quin_err generate(struct run *r, struct quin_msg *msg)
{
    size_t rest = 0;
    enum quin_err err = quin_engine_clear_counters(r->s.engine, msg);
    r->begun = quin_term_seconds();
    if (!err)
        err = feed_prompt(r, &rest, msg);
    if (!err && !r->report.ended)
        err = (!r->most ? only_prompt : r->sampler ? sampled : greedy)(r, rest, msg);
    if (!r->report.made)
        r->report.prompt_seconds = quin_term_seconds() - r->begun;
    if (!r->report.ended)
        end(r, r->o->count >= 0 && r->most == r->o->count ? "number of tokens, -n" : "end of the context");
    return err ? err : quin_tally_take(r->s.engine, &r->report.all, msg);
}

/* ---- before and after ---- */

static enum quin_exit open_sampler(struct run *r)
{
    enum quin_exit code = quin_session_sampler(r->o, r->s.model.vocab, &r->sampler, &r->report.seed);
    if (code || !r->sampler)
        return code;
    r->logits = calloc(r->s.model.vocab, sizeof *r->logits);
    if (!r->logits)
        quin_term_error("no memory for the logits");
    return r->logits ? QUIN_EXIT_GOOD : QUIN_EXIT_FAILED;
}

/* Opens everything and writes the prompt. */
static enum quin_exit begin(struct run *r)
{
    enum quin_exit code = quin_session_open(r->o, &r->s);
    if (!code)
        code = quin_session_prompt(r->o, &r->s, &r->prompt);
    if (!code)
        code = open_sampler(r);
    if (!code && !quin_text_open(&r->text, r->o->stop, r->o->stops)) {
        quin_term_error("no memory for the text");
        code = QUIN_EXIT_FAILED;
    }
    if (code)
        return code;
    r->most = quin_session_room(r->o, &r->s, &r->prompt);
    r->eos = r->o->ignore_eos ? UINT32_MAX : quin_lm_eos(r->s.lm);
    r->report.prompt_tokens = r->prompt.count;
    if (r->o->verbose)
        quin_report_begin(stderr, &r->s);
    fputs(quin_term_style(stdout, QUIN_STYLE_PROMPT), stdout);
    quin_text_put(&r->text, r->prompt.text, r->prompt.length, false);
    fputs(quin_term_style(stdout, QUIN_STYLE_NONE), stdout);
    fflush(stdout);
    quin_term_hold_interrupts();
    return QUIN_EXIT_GOOD;
}

/* A text that breaks off on an error still gets its last line ended, and no report. */
enum quin_exit quin_run_main(const struct quin_options *o)
{
    struct run r = {.o = o};
    struct quin_msg msg = {""};
    enum quin_exit code = begin(&r);
    if (!code) {
        enum quin_err err = generate(&r, &msg);
        quin_term_live_clear();
        quin_text_close(&r.text);
        if (err)
            code = quin_session_fail(err, &msg);
        else if (!r.text.error && !quin_report_print(stderr, o, &r.s, &r.report) && !code)
            code = QUIN_EXIT_FAILED;
        if (!code && quin_term_interrupted())
            code = QUIN_EXIT_INTERRUPT;
        code = quin_session_end_output(r.text.error, code);
    }
    quin_sampler_free(r.sampler);
    free(r.logits);
    quin_prompt_free(&r.prompt);
    quin_session_close(&r.s);
    return code;
}
