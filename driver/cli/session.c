/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands share: see session.h.
 */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "configs.h"
#include "terminal.h"
#include "text.h"

enum { READ_BYTES = 1 << 16, READ_MOST = 1 << 30 };

enum quin_exit quin_session_fail(enum quin_err err, const struct quin_msg *msg)
{
    quin_term_error("%s", msg->text);
    return err == QUIN_ERR_ARG ? QUIN_EXIT_USAGE : QUIN_EXIT_FAILED;
}

/* ---- model and engine ---- */

struct quin_lm_options quin_session_lm_options(const struct quin_options *o)
{
    return (struct quin_lm_options){.path = o->model, .overrides = o->override, .override_count = o->overrides};
}

enum quin_exit quin_session_open_model(const struct quin_options *o, struct quin_session *s)
{
    struct quin_msg msg = {""};
    *s = (struct quin_session){0};
    struct quin_progress progress = quin_term_progress("reading the model");
    struct quin_lm_options options = quin_session_lm_options(o);
    enum quin_err err = quin_lm_open_with(&options, &progress, &s->lm, &msg);
    quin_term_progress_end();
    if (err)
        return quin_session_fail(err, &msg);
    const char *note;
    bool loud;
    for (size_t i = 0; (note = quin_lm_note(s->lm, i, &loud)); i++)
        if (loud)
            quin_term_error("note: %s", note);
    quin_lm_info(s->lm, &s->model);
    return QUIN_EXIT_GOOD;
}

enum quin_exit quin_session_check_device(const struct quin_options *o)
{
    if (quin_configs_has(o->config))
        return QUIN_EXIT_GOOD;
    quin_term_error("no configuration '%s'; 'quintrit configs' lists them", o->config);
    return QUIN_EXIT_USAGE;
}

enum quin_err quin_session_try_engine(const struct quin_options *o, struct quin_session *s,
                                      struct quin_msg *msg)
{
    struct quin_engine_options options = quin_engine_defaults();
    options.backend = o->backend;
    options.config = o->config;
    options.context = o->context;
    options.slots = o->slots;
    options.exact = o->exact;
    options.check_hazards = o->hazards;
    options.threads = o->threads;
    options.kernel = o->kernel;
    options.no_wraps = o->no_wraps;
    options.observation = (struct quin_observation){o->timeline, o->trace, (uint64_t)o->trace_from,
                                                    (uint64_t)o->trace_to};
    struct quin_progress progress = quin_term_progress("loading the device");
    enum quin_err err = quin_engine_open(s->lm, &options, &progress, &s->engine, msg);
    quin_term_progress_end();
    if (!err)
        quin_engine_info(s->engine, &s->device);
    return err;
}

enum quin_exit quin_session_open(const struct quin_options *o, struct quin_session *s)
{
    struct quin_msg msg = {""};
    *s = (struct quin_session){0};
    enum quin_exit code = quin_session_check_device(o);
    if (!code)
        code = quin_session_open_model(o, s);
    if (code)
        return code;
    enum quin_err err = quin_session_try_engine(o, s, &msg);
    if (!err)
        return QUIN_EXIT_GOOD;
    code = quin_session_fail(err, &msg);
    /* a number that no run of this model can take is wrong usage, whatever the library calls it */
    return o->context > s->model.context ? QUIN_EXIT_USAGE : code;
}

void quin_session_close(struct quin_session *s)
{
    quin_engine_close(s->engine);
    quin_lm_close(s->lm);
    *s = (struct quin_session){0};
}

/* ---- text ---- */

/* By errno. */
static enum quin_exit read_error(const char *path)
{
    quin_term_error("cannot read '%s': %s", path, strerror(errno));
    return QUIN_EXIT_FAILED;
}

enum quin_exit quin_session_read(const char *path, char **text, size_t *length)
{
    bool standard = !strcmp(path, "-");
    enum quin_exit code = QUIN_EXIT_GOOD;
    size_t n, room = 0;
    char *grown;
    *text = NULL;
    *length = 0;
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f)
        return read_error(path);
    do {
        if (room - *length < READ_BYTES) {
            room = room ? 2 * room : 2 * READ_BYTES;
            errno = room > READ_MOST ? EFBIG : ENOMEM; /* read_error tells one of them */
            grown = room > READ_MOST ? NULL : realloc(*text, room);
            if (!grown)
                goto failed;
            *text = grown;
        }
        errno = 0;
        n = fread(*text + *length, 1, READ_BYTES, f);
        *length += n;
    } while (n == READ_BYTES);
    if (!ferror(f))
        goto done;
failed:
    code = read_error(path);
    free(*text);
    *text = NULL;
done:
    if (!standard)
        fclose(f);
    return code;
}

/* p->text and its length, from where the options say. */
static enum quin_exit prompt_text(const struct quin_options *o, struct quin_prompt *p)
{
    if (o->file) {
        enum quin_exit code = quin_session_read(o->file, &p->text, &p->length);
        if (!code && p->length && p->text[p->length - 1] == '\n')
            p->length--; /* a text file ends in one that nobody meant */
        return code;
    }
    p->text = strdup(o->prompt ? o->prompt : "Once upon a time");
    p->length = p->text ? strlen(p->text) : 0;
    if (!p->text)
        quin_term_error("no memory for the prompt");
    return p->text ? QUIN_EXIT_GOOD : QUIN_EXIT_FAILED;
}

/* Texts of control tokens count: the user writes the prompt, and may want one. */
enum quin_exit quin_session_prompt(const struct quin_options *o, const struct quin_session *s,
                                   struct quin_prompt *p)
{
    struct quin_msg msg = {""};
    *p = (struct quin_prompt){0};
    enum quin_exit code = prompt_text(o, p);
    if (code)
        return code;
    enum quin_err err = quin_lm_encode(s->lm, p->text, p->length, true, true, &p->tokens, &p->count, &msg);
    if (err)
        return quin_session_fail(err, &msg);
    if (!p->count) {
        quin_term_error("the prompt is empty and the model has no token to begin with; give a text with -p");
        return QUIN_EXIT_USAGE;
    }
    if (p->count > s->device.context) {
        quin_term_error("the prompt has %zu tokens and the context %" PRIu32
                        " positions; shorten the prompt or give a larger -c",
                        p->count, s->device.context);
        return QUIN_EXIT_USAGE;
    }
    return QUIN_EXIT_GOOD;
}

void quin_prompt_free(struct quin_prompt *p)
{
    free(p->text);
    free(p->tokens);
    *p = (struct quin_prompt){0};
}

uint32_t quin_session_room(const struct quin_options *o, const struct quin_session *s,
                           const struct quin_prompt *p)
{
    int64_t room = (int64_t)s->device.context - (int64_t)p->count + 1;
    return (uint32_t)(o->count < 0 || o->count > room ? room : o->count);
}

void quin_session_piece(const struct quin_session *s, uint32_t token, const char **bytes, size_t *length)
{
    if (!quin_lm_decode(s->lm, token, bytes, length, NULL))
        return;
    *bytes = "";
    *length = 0;
}

void quin_session_quote_name(const struct quin_session *s, char *out, size_t size)
{
    const char *name = s->model.name[0] ? s->model.name : "(no name)";
    quin_text_quote(name, strlen(name), out, size);
}

enum quin_exit quin_session_sampler(const struct quin_options *o, size_t vocab, struct quin_sampler **sampler,
                                    uint64_t *seed)
{
    struct quin_msg msg = {""};
    struct quin_sampler_options options = {o->temperature, o->top_k, o->top_p, o->seed};
    uint32_t random;
    *sampler = NULL;
    if (o->temperature <= 0)
        return QUIN_EXIT_GOOD;
    if (!o->seed_given) { /* 32 bits, to be typed again */
        if (getrandom(&random, sizeof random, 0) != sizeof random) {
            quin_term_error("no random seed: %s; give one with -s", strerror(errno));
            return QUIN_EXIT_FAILED;
        }
        options.seed = random;
    }
    if (seed)
        *seed = options.seed;
    enum quin_err err = quin_sampler_create(&options, vocab, sampler, &msg);
    return err ? quin_session_fail(err, &msg) : QUIN_EXIT_GOOD;
}

/* ---- output ---- */

enum quin_exit quin_session_end_output(int error, enum quin_exit code)
{
    if (!error && fflush(stdout))
        error = errno;
    if (!error || error == EPIPE)
        return code;
    quin_term_error("cannot write to standard output: %s", strerror(error));
    return QUIN_EXIT_FAILED;
}

const char *quin_session_group(uint64_t v, char text[32])
{
    char plain[24];
    int n = snprintf(plain, sizeof plain, "%" PRIu64, v), at = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = plain[i];
    }
    text[at] = '\0';
    return text;
}
