/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP: which requests there are, who may send them, how large they may be. libmicrohttpd parses them and
 * runs a thread for each connection; time limits are in connections.c.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"
#include "listen.h"
#include "msg.h"
#include "task.h"

enum {
    CONNECTIONS_SPARE = 120, /* beside those that may have a slot or wait for one */
    HEADER_BYTES = 32 << 10, /* of a request, and room for the answer's */
    STACK_BYTES = 1 << 20, /* a parser of nested JSON needs some */
    DISCARD = 8 /* times the limit: what of a body that is too long is still read, so that the client hears */
};

double quin_serve_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- answers ---- */

static enum MHD_Result queue(struct quin_exchange *x, unsigned status, struct MHD_Response *response,
                             const char *allow)
{
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/json");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (allow)
        MHD_add_response_header(response, "Allow", allow);
    if (status == 429 || status == 503)
        MHD_add_response_header(response, "Retry-After", "1");
    if (status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    x->status = status;
    quin_connection_writes(x->watched);
    enum MHD_Result result = MHD_queue_response(x->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_text(struct quin_exchange *x, unsigned status, char *body, const char *allow)
{
    static const char none[] =
        "{\"error\":{\"message\":\"no memory for the answer\",\"type\":\"server_error\",\"param\":null,"
        "\"code\":null}}";
    if (!body)
        return queue(x, 500, MHD_create_response_from_buffer(sizeof none - 1, (void *)(uintptr_t)none,
                                                             MHD_RESPMEM_PERSISTENT), NULL);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(body);
    return queue(x, status, response, allow);
}

enum MHD_Result quin_exchange_send(struct quin_exchange *x, unsigned status, char *body)
{
    return send_text(x, status, body, NULL);
}

enum MHD_Result quin_exchange_refuse(struct quin_exchange *x, const struct quin_fault *fault)
{
    return send_text(x, fault->status, quin_answer_fault(fault), NULL);
}

/* ---- what there is ---- */

static enum MHD_Result answer_health(struct quin_exchange *x)
{
    struct quin_scheduler_state state;
    quin_scheduler_state(x->s->scheduler, &state);
    return quin_exchange_send(x, state.closed ? 503 : 200, quin_answer_health(&state, x->s->options.model));
}

static enum MHD_Result answer_models(struct quin_exchange *x)
{
    return quin_exchange_send(x, 200, quin_answer_models(x->s->options.model, x->s->created));
}

static enum MHD_Result answer_model(struct quin_exchange *x)
{
    const char *name = strchr(strchr(x->path + 1, '/') + 1, '/') + 1; /* behind /v1/models/ */
    struct quin_fault fault;
    if (!strcmp(name, x->s->options.model))
        return quin_exchange_send(x, 200, quin_answer_model(x->s->options.model, x->s->created));
    quin_fault_set(&fault, 404, "model_not_found", "model",
                   "there is no model '%.100s'; this server has '%.100s'", name, x->s->options.model);
    return quin_exchange_refuse(x, &fault);
}

static enum MHD_Result answer_completion(struct quin_exchange *x)
{
    return quin_exchange_complete(x, false);
}

static enum MHD_Result answer_chat(struct quin_exchange *x)
{
    return quin_exchange_complete(x, true);
}

static const struct route {
    const char *path;
    bool prefix, post, open; /* prefix: more follows the path; open: needs no key */
    enum MHD_Result (*answer)(struct quin_exchange *x);
} routes[] = {
    {"/health", false, false, true, answer_health},
    {"/v1/models", false, false, false, answer_models},
    {"/v1/models/", true, false, false, answer_model},
    {"/v1/completions", false, true, false, answer_completion},
    {"/v1/chat/completions", false, true, false, answer_chat},
};

enum { ROUTES = sizeof routes / sizeof routes[0] };

static const struct route *find_route(const char *path)
{
    for (int i = 0; i < ROUTES; i++) {
        size_t n = strlen(routes[i].path);
        if (routes[i].prefix ? !strncmp(path, routes[i].path, n) && path[n] : !strcmp(path, routes[i].path))
            return &routes[i];
    }
    return NULL;
}

static const char *methods(const struct route *r)
{
    return r->post ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
}

static bool takes_method(const struct route *r, const char *method)
{
    return !strcmp(method, "OPTIONS") ||
           (r->post ? !strcmp(method, "POST") : !strcmp(method, "GET") || !strcmp(method, "HEAD"));
}

/* ---- who may ask for what ---- */

static const char *header(const struct quin_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* Takes as long whatever the difference is. */
static bool has_key(const struct quin_exchange *x)
{
    static const char bearer[] = "Bearer ";
    const char *said = header(x, "Authorization"), *key = x->s->options.key;
    if (!key)
        return true;
    if (!said || strncasecmp(said, bearer, sizeof bearer - 1))
        return false;
    said += sizeof bearer - 1;
    size_t n = strlen(said), length = strlen(key);
    unsigned differ = n != length;
    for (size_t i = 0; i < n; i++)
        differ |= (unsigned char)said[i] ^ (unsigned char)key[length ? i % length : 0];
    return !differ;
}

/* A page of a stranger's site can make a browser send forms and plain text anywhere, but not JSON. */
static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    return type && !strncasecmp(type, json, sizeof json - 1) && strchr(" ;", type[sizeof json - 1]);
}

/* What can be said before the body is there. */
static bool check_head(struct quin_exchange *x, struct quin_fault *fault)
{
    const struct route *r = find_route(x->path);
    const char *host = header(x, "Host");
    if (x->s->loopback && host && !quin_host_is_local(host))
        return quin_fault_set(fault, 403, NULL, NULL,
                              "this server only answers to names of this machine, such as localhost");
    if (!(r && r->open) && !has_key(x))
        return quin_fault_set(fault, 401, "invalid_api_key", NULL,
                              "this server wants its key: Authorization: Bearer KEY");
    if (!r)
        return quin_fault_set(fault, 404, "unknown_url", NULL,
                              "there is no %.100s here; see docs/server.md for what there is", x->path);
    if (!takes_method(r, x->method))
        return quin_fault_set(fault, 405, "method_not_allowed", NULL, "%s takes %s, not %.20s", r->path,
                              methods(r), x->method);
    if (r->post && strcmp(x->method, "OPTIONS") && !is_json(header(x, "Content-Type")))
        return quin_fault_set(fault, 415, "unsupported_media_type", NULL,
                              "send the body with Content-Type: application/json");
    return true;
}

/* ---- one request ---- */

static struct quin_connection *watched(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static char *copy(const char *text)
{
    size_t n = strlen(text) + 1;
    char *c = malloc(n);
    return c ? memcpy(c, text, n) : NULL;
}

static void discard(struct quin_exchange *x)
{
    if (x->task)
        quin_task_release(x->task);
    free(x->method);
    free(x->path);
    free(x->body);
    free(x->echo);
    free(x->out);
    free(x);
}

static bool too_large(struct quin_exchange *x)
{
    quin_fault_set(&x->fault, 413, "request_too_large", NULL, "the body is larger than %zu bytes",
                   x->s->options.body_bytes);
    return true;
}

/* A body that is declared far too long is refused at once; of others it is heard at their end. */
static enum MHD_Result begin(struct quin_serve *s, struct MHD_Connection *connection, const char *path,
                             const char *method, void **slot)
{
    struct quin_exchange *x = calloc(1, sizeof *x);
    if (!x)
        return MHD_NO;
    *x = (struct quin_exchange){.s = s,
                                .connection = connection,
                                .watched = watched(connection),
                                .method = copy(method),
                                .path = copy(path),
                                .began = quin_serve_now()};
    if (!x->watched || !x->method || !x->path) {
        discard(x);
        return MHD_NO;
    }
    *slot = x;
    const char *length = header(x, "Content-Length");
    double bytes = length ? strtod(length, NULL) : 0, most = (double)s->options.body_bytes;
    if (check_head(x, &x->fault) && bytes > most)
        too_large(x);
    return bytes > most * DISCARD ? quin_exchange_refuse(x, &x->fault) : MHD_YES;
}

/* A piece of the body. */
static enum MHD_Result take(struct quin_exchange *x, const char *data, size_t n)
{
    size_t most = x->s->options.body_bytes;
    x->seen += n;
    if (x->seen > most && !x->fault.status)
        too_large(x);
    if (x->fault.status)
        return x->seen / DISCARD > most ? MHD_NO : MHD_YES;
    if (n > x->room - x->length) {
        size_t room = 2 * x->room + n + 1024;
        char *grown = realloc(x->body, room);
        if (!grown)
            return MHD_NO;
        x->body = grown;
        x->room = room;
    }
    memcpy(x->body + x->length, data, n);
    x->length += n;
    return MHD_YES;
}

/* The request is all there. */
static enum MHD_Result answer(struct quin_exchange *x)
{
    const struct route *r = find_route(x->path);
    pthread_mutex_lock(&x->s->lock);
    x->s->answering++;
    x->answering = true;
    pthread_mutex_unlock(&x->s->lock);
    quin_connection_works(x->watched);
    if (x->fault.status)
        return send_text(x, x->fault.status, quin_answer_fault(&x->fault),
                         x->fault.status == 405 ? methods(r) : NULL);
    if (!strcmp(x->method, "OPTIONS"))
        return queue(x, 204, MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT), methods(r));
    return r->answer(x);
}

/* ---- what the library calls ---- */

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *n,
                                  void **slot)
{
    struct quin_exchange *x = *slot;
    (void)version;
    if (!x)
        return begin(user, connection, path, method, slot);
    if (!*n)
        return x->answering ? MHD_YES : answer(x);
    enum MHD_Result result = take(x, data, *n);
    *n = 0;
    return result;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    struct quin_serve *s = user;
    struct quin_exchange *x = *slot;
    (void)connection;
    if (!x)
        return;
    *slot = NULL;
    if (why != MHD_REQUEST_TERMINATED_COMPLETED_OK && why != MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN)
        x->status = 499;
    const struct quin_serve_record record = {x->method, x->path, x->status, x->usage.prompt, x->usage.made,
                                             quin_serve_now() - x->began};
    if (s->options.log)
        s->options.log(s->options.user, &record);
    quin_connection_reads(x->watched);
    pthread_mutex_lock(&s->lock);
    if (x->answering && !--s->answering)
        pthread_cond_broadcast(&s->done);
    pthread_mutex_unlock(&s->lock);
    discard(x);
}

static void *on_line(void *user, const char *line, struct MHD_Connection *connection)
{
    struct quin_connection *c = watched(connection);
    (void)user;
    (void)line;
    if (c)
        quin_connection_line(c);
    return NULL;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct quin_serve *s = user;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = info ? quin_connection_add(s->connections, info->connect_fd) : NULL;
    } else if (*context) {
        quin_connection_remove(*context);
        *context = NULL;
    }
}

/* ---- life ---- */

static struct MHD_Daemon *start(struct quin_serve *s, int fd)
{
    const struct quin_serve_options *o = &s->options;
    unsigned flags =
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)(o->slots + o->queue + CONNECTIONS_SPARE),
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT,
                            1, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
                            on_connection, s, MHD_OPTION_URI_LOG_CALLBACK, on_line, s, MHD_OPTION_END);
}

enum quin_err quin_serve_open(const struct quin_lm *lm, struct quin_engine *engine,
                              const struct quin_serve_options *options, struct quin_serve **out,
                              struct quin_msg *msg)
{
    struct quin_listener listener;
    enum quin_err err = quin_listen(options->host, options->port, &listener, msg);
    if (err)
        return err;
    struct quin_serve *s = calloc(1, sizeof *s);
    if (s)
        s->listening = -1; /* the daemon closes the socket, unless it is taken from it */
    const struct quin_scheduler_options scheduler = {options->slots, options->queue, options->broken,
                                                     options->user};
    if (!s || pthread_mutex_init(&s->lock, NULL) || !quin_cond_init(&s->done))
        goto no_memory;
    s->options = *options;
    s->lm = lm;
    s->port = listener.port;
    s->loopback = listener.loopback;
    s->created = (int64_t)time(NULL);
    quin_lm_info(lm, &s->model);
    quin_engine_info(engine, &s->device);
    if (!(s->connections = quin_connections_open(options->request_seconds)) ||
        quin_scheduler_open(lm, engine, &scheduler, &s->scheduler, msg))
        goto no_memory;
    if ((s->daemon = start(s, listener.fd))) {
        *out = s;
        return QUIN_OK;
    }
    (void)quin_scheduler_stop(s->scheduler, 0);
no_memory:
    close(listener.fd);
    if (s)
        quin_serve_close(s);
    return quin_msg_set(msg, QUIN_ERR_MEMORY,
                        "no memory or no threads for the server; take fewer slots, or a shorter queue");
}

uint32_t quin_serve_port(const struct quin_serve *s)
{
    return s->port;
}

bool quin_serve_is_loopback(const struct quin_serve *s)
{
    return s->loopback;
}

/* Answers that are made get a little time to reach their clients. */
bool quin_serve_stop(struct quin_serve *s, double seconds)
{
    const double to_write = 2;
    s->listening = MHD_quiesce_daemon(s->daemon);
    if (s->listening >= 0)
        shutdown(s->listening,
                 SHUT_RDWR); /* the library's thread may still look at it, so it is closed later */
    bool ended = quin_scheduler_stop(s->scheduler, seconds);
    struct timespec until = quin_deadline(to_write);
    pthread_mutex_lock(&s->lock);
    while (s->answering)
        if (pthread_cond_timedwait(&s->done, &s->lock, &until))
            break;
    pthread_mutex_unlock(&s->lock);
    return ended;
}

void quin_serve_cut(struct quin_serve *s)
{
    quin_scheduler_cut(s->scheduler);
}

void quin_serve_close(struct quin_serve *s)
{
    if (!s)
        return;
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->listening >= 0)
        close(s->listening);
    quin_connections_close(s->connections);
    quin_scheduler_close(s->scheduler);
    pthread_cond_destroy(&s->done);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
