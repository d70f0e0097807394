/* SPDX-License-Identifier: Apache-2.0
 *
 * quintrit verify: the device against the float reference, as a short table and an exit code.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "terminal.h"
#include "text.h"

/* A share of a tensor's largest magnitude. Rounding alone moves single elements this far: where an int8
 * activation falls on the other side of a half, all that is computed from it differs. Set by trial: 20 runs
 * of 256 tokens stay below 0.1, while a down projection scaled by 2 % or an attention scale off by 10 %, put
 * in on purpose, go above it but not above 0.2. Smaller faults than these may pass. */
static const double TOLERANCE = 0.1;

/* The bar counts generated tokens; the prompt's go by quickly. */
struct progress {
    struct quin_progress bar;
    size_t made, most;
};

static bool count_token(void *user, uint32_t token)
{
    struct progress *p = user;
    (void)token;
    p->made++;
    if (p->bar.fn)
        p->bar.fn(p->bar.user, (double)p->made / (double)p->most);
    return true;
}

static void print_token(const struct quin_session *s, const char *who, uint32_t token)
{
    const char *bytes;
    size_t length;
    char text[256];
    quin_session_piece(s, token, &bytes, &length);
    quin_text_quote(bytes, length, text, sizeof text);
    printf("  %-20s token %" PRIu32 " \"%s\"\n", who, token, text);
}

/* Where to look: layer, tensor, row (position) and column of the first element that is too far off. */
static void print_tensor(const struct quin_session *s, const struct quin_verify_result *v)
{
    char name[128];
    quin_text_quote(v->tensor, strlen(v->tensor), name, sizeof name);
    printf("out of tolerance       ");
    if (v->tensor_layer < s->model.layers)
        printf("layer %zu, ", v->tensor_layer);
    else
        printf("after the last layer, ");
    printf("tensor %s, row %zu, column %zu\n", name, v->tensor_position, v->tensor_column);
    printf("  %-20s %.9g\n  %-20s %.9g\n", "device", v->tensor_device, "reference", v->tensor_reference);
}

static void print_result(const struct quin_session *s, const struct quin_verify_result *v, double tolerance)
{
    printf("%-22s %zu\n", "positions compared", v->tokens);
    printf("%-22s %zu equal, %zu different\n", "greedy tokens", v->tokens - v->differ, v->differ);
    if (v->differ)
        printf("%-22s %zu by the device's quantisers, %zu near ties of the rest\n", "  explained",
               v->explained, v->near_ties);
    printf("%-22s largest %.3g, RMS %.3g, of their standard deviation\n", "error of logits", v->max_error,
           v->rms_error);
    printf("%-22s device %.6f, reference %.6f nats a token\n", "NLL", v->nll_device, v->nll_reference);
    if (v->tensors)
        printf("%-22s %zu, tolerance %g of the largest magnitude\n", "tensors compared", v->tensors,
               tolerance);
    else
        printf("%-22s none: the backend cannot look inside\n", "tensors compared");
    if (v->differ) {
        printf("%-22s position %zu, gap %.3g\n", "first difference", v->first, v->gap);
        print_token(s, "device", v->device_token);
        print_token(s, "reference", v->reference_token);
    }
    if (v->tensor[0])
        print_tensor(s, v);
}

/* False when there are any. */
static bool print_hazards(struct quin_session *s)
{
    char text[256];
    uint64_t hazards = quin_engine_hazards(s->engine, text);
    printf("%-22s %" PRIu64 "\n", "hazards", hazards);
    if (hazards)
        printf("  %-20s %s\n", "the first", text);
    return !hazards;
}

/* No fault is a choice that the device's quantisers make in the reference, too, or a near tie: the
 * reference's own two logits differ by less than the error of the device's. */
static enum quin_exit verdict(const struct quin_verify_result *v, bool orderly)
{
    bool good = orderly && !v->tensor[0] && v->differ == v->explained + v->near_ties;
    const char *word = !good ? "different" : v->differ ? "equal but for what is explained" : "equal";
    const char *on = quin_term_style(stdout, good ? QUIN_STYLE_GOOD : QUIN_STYLE_BAD);
    printf("%-22s %s%s%s\n", "device and reference", on, word, quin_term_style(stdout, QUIN_STYLE_NONE));
    return good ? QUIN_EXIT_GOOD : QUIN_EXIT_FAILED;
}

enum quin_exit quin_verify_main(const struct quin_options *o)
{
    struct quin_session s = {0};
    struct quin_prompt prompt = {0};
    struct quin_verify_result result;
    struct quin_msg msg = {""};
    double tolerance = o->tolerance > 0 ? o->tolerance : TOLERANCE;
    enum quin_exit code = quin_session_open(o, &s);
    if (!code)
        code = quin_session_prompt(o, &s, &prompt);
    if (!code) {
        size_t count = quin_session_room(o, &s, &prompt);
        struct progress progress = {quin_term_progress("comparing"), 0, count};
        enum quin_err err = quin_verify(s.lm, s.engine, prompt.tokens, prompt.count, count, tolerance,
                                        count_token, &progress, &result, &msg);
        quin_term_progress_end();
        if (err) {
            code = quin_session_fail(err, &msg);
        } else {
            print_result(&s, &result, tolerance);
            code = verdict(&result, !o->hazards || print_hazards(&s));
        }
    }
    quin_prompt_free(&prompt);
    quin_session_close(&s);
    return code;
}
