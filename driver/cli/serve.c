/* SPDX-License-Identifier: Apache-2.0
 *
 * quintrit serve: the server of driver/serve with the options of the command line, a line on stderr for each
 * request, and an end in good order on SIGINT and SIGTERM.
 */
#define _POSIX_C_SOURCE 200809L /* sigaction, localtime_r */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "serve.h"
#include "session.h"
#include "terminal.h"
#include "text.h"

enum { KEY_BYTES = 512 };
static const char KEY_VARIABLE[] = "QUINTRIT_API_KEY";

struct server {
    const struct quin_options *o;
    struct quin_session s;
    struct quin_serve *serve;
    char name[128], *key; /* key: [..] with its NUL, NULL: none */
    char why[256];        /* of an engine that failed */
    const char *faint, *bad, *plain; /* styles of stderr */
};

/* ---- what ends it ---- */

/* Bytes 's' from signals and 'b' from an engine that failed; the command reads them. */
static int wake[2] = {-1, -1};

static void on_signal(int signal)
{
    int error = errno;
    (void)signal;
    ssize_t n = write(wake[1], "s", 1);
    (void)n;
    errno = error;
}

static void on_broken(void *user, const char *why)
{
    struct server *v = user;
    snprintf(v->why, sizeof v->why, "%s", why);
    ssize_t n = write(wake[1], "b", 1);
    (void)n;
}

static bool catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    return !pipe(wake) && !sigaction(SIGINT, &action, NULL) && !sigaction(SIGTERM, &action, NULL);
}

/* 's' or 'b', after `seconds` at most; 0: neither. */
static char wait_for_wake(double seconds)
{
    struct pollfd p = {.fd = wake[0], .events = POLLIN};
    char what = 0;
    while (poll(&p, 1, seconds < 0 ? -1 : (int)(seconds * 1000)) < 0 && errno == EINTR)
        ;
    return p.revents & POLLIN && read(wake[0], &what, 1) == 1 ? what : 0;
}

/* ---- the log ---- */

static void log_request(void *user, const struct quin_serve_record *r)
{
    const struct server *v = user;
    char method[24], path[128], when[32] = "", tokens[64] = "";
    struct tm t;
    time_t now = time(NULL);
    quin_text_quote(r->method, strlen(r->method), method, sizeof method);
    quin_text_quote(r->path, strlen(r->path), path, sizeof path);
    if (localtime_r(&now, &t))
        strftime(when, sizeof when, "%H:%M:%S", &t);
    if (r->prompt_tokens)
        snprintf(tokens, sizeof tokens, ", %zu + %zu tokens", r->prompt_tokens, r->made);
    fprintf(stderr, "%s%s%s %s %s %s%u%s%s, %.2f s\n", v->faint, when, v->plain, method, path,
            r->status >= 400 ? v->bad : "", r->status, r->status >= 400 ? v->plain : "", tokens, r->seconds);
}

/* ---- before ---- */

/* The first line of the file that --api-key-file names, or the variable. */
static enum quin_exit read_key(struct server *v)
{
    const char *variable = getenv(KEY_VARIABLE);
    char *text = NULL;
    size_t length = 0;
    enum quin_exit code = QUIN_EXIT_GOOD;
    if (v->o->key_file)
        code = quin_session_read(v->o->key_file, &text, &length);
    else if (variable && *variable)
        length = strlen(variable);
    if (code || !length) {
        if (!code && v->o->key_file)
            quin_term_error("'%s' holds no key", v->o->key_file);
        free(text);
        return code ? code : v->o->key_file ? QUIN_EXIT_USAGE : QUIN_EXIT_GOOD;
    }
    v->key = calloc(1, KEY_BYTES + 1);
    const char *from = text ? text : variable;
    size_t n = 0;
    while (n < length && from[n] > ' ' && from[n] < 0x7f)
        n++;
    bool good = v->key && n && n <= KEY_BYTES && (n == length || from[n] == '\n' || from[n] == '\r');
    if (good)
        memcpy(v->key, from, n);
    else
        quin_term_error("the key must be a line of 1 to %d ASCII characters without spaces", KEY_BYTES);
    free(text);
    return good ? QUIN_EXIT_GOOD : QUIN_EXIT_USAGE;
}

/* The model's name for clients: --model-name, or the file's, in characters that need no quotes anywhere. */
static void choose_name(struct server *v)
{
    const char *from = v->o->model_name     ? v->o->model_name
                       : v->s.model.name[0] ? v->s.model.name
                                            : "quintrit";
    size_t n = 0;
    for (; from[n] && n + 1 < sizeof v->name; n++) {
        bool fit = strchr("-._:/", from[n]) || (from[n] >= '0' && from[n] <= '9') ||
                   ((from[n] | 32) >= 'a' && (from[n] | 32) <= 'z');
        v->name[n] = fit ? from[n] : '-';
    }
    v->name[n] = '\0';
}

static enum quin_exit begin(struct server *v)
{
    struct quin_msg msg = {""};
    const struct quin_options *o = v->o;
    enum quin_exit code = read_key(v);
    if (!code)
        code = quin_session_open(o, &v->s);
    if (code)
        return code;
    choose_name(v);
    v->faint = quin_term_style(stderr, QUIN_STYLE_FAINT);
    v->bad = quin_term_style(stderr, QUIN_STYLE_BAD);
    v->plain = quin_term_style(stderr, QUIN_STYLE_NONE);
    if (!catch_signals()) {
        quin_term_error("cannot catch signals: %s", strerror(errno));
        return QUIN_EXIT_FAILED;
    }
    const struct quin_serve_options options = {.host = o->host,
                                               .port = o->port,
                                               .model = v->name,
                                               .key = v->key,
                                               .slots = o->slots,
                                               .queue = o->queue,
                                               .body_bytes = o->body_bytes,
                                               .request_seconds = o->request_timeout,
                                               .answer_seconds = o->answer_timeout,
                                               .most = o->count < 0 ? UINT32_MAX : (uint32_t)o->count,
                                               .sampling = {o->temperature > 0 ? o->temperature : 0, o->top_k,
                                                            o->top_p, 0},
                                               .log = log_request,
                                               .broken = on_broken,
                                               .user = v};
    enum quin_err err = quin_serve_open(v->s.lm, v->s.engine, &options, &v->serve, &msg);
    return err ? quin_session_fail(err, &msg) : QUIN_EXIT_GOOD;
}

static void tell_start(const struct server *v)
{
    const char *name = v->o->host;
    bool six = strchr(name, ':') != NULL;
    char host[128];
    quin_text_quote(name, strlen(name), host, sizeof host);
    if (!quin_serve_is_loopback(v->serve) && !v->key)
        quin_term_error(
            "note: other machines can reach this server and no key is asked for; see --api-key-file");
    fprintf(stderr,
            "quintrit: %s at http://%s%s%s:%u (%s, %s, %u slots of %u positions); Ctrl-C ends the server\n",
            v->name, six ? "[" : "", host, six ? "]" : "", (unsigned)quin_serve_port(v->serve),
            v->s.device.backend, v->s.device.config, (unsigned)v->s.device.slots,
            (unsigned)v->s.device.context);
}

/* ---- the end ---- */

/* A second signal, while the first one waits for answers, cuts them. */
static void *watch_again(void *user)
{
    struct server *v = user;
    while (wait_for_wake(-1) == 'b')
        ;
    quin_serve_cut(v->serve);
    return NULL;
}

static enum quin_exit end(struct server *v, bool broken)
{
    pthread_t again;
    bool watching = !broken && !pthread_create(&again, NULL, watch_again, v);
    if (broken)
        quin_term_error("the device failed: %s", v->why);
    else
        fprintf(stderr, "quintrit: shutting down; answers under way get %u s, a second signal cuts them\n",
                (unsigned)v->o->grace);
    bool ended = quin_serve_stop(v->serve, v->o->grace);
    if (watching) {
        ssize_t n = write(wake[1], "s", 1); /* ends the thread; nothing is left to be cut */
        (void)n;
        pthread_join(again, NULL);
    }
    if (!ended) {
        fprintf(stderr, "quintrit: the device is still in a run; it ends with the process\n");
        _exit(broken ? QUIN_EXIT_FAILED : QUIN_EXIT_GOOD);
    }
    return broken ? QUIN_EXIT_FAILED : QUIN_EXIT_GOOD;
}

enum quin_exit quin_serve_main(const struct quin_options *o)
{
    struct server v = {.o = o};
    enum quin_exit code = begin(&v);
    if (!code) {
        char what;
        tell_start(&v);
        while (!(what = wait_for_wake(-1)))
            ;
        code = end(&v, what == 'b');
    }
    quin_serve_close(v.serve);
    quin_session_close(&v.s);
    free(v.key);
    return code;
}
