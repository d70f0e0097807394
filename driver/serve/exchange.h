/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the server: one request and its answer. A thread of the HTTP library serves each connection, and
 * waits here for the device.
 */
#ifndef QUIN_EXCHANGE_H
#define QUIN_EXCHANGE_H

#include <microhttpd.h>
#include <pthread.h>

#include "answer.h"
#include "connections.h"
#include "request.h"
#include "scheduler.h"
#include "serve.h"

struct quin_serve {
    struct quin_serve_options options;
    const struct quin_lm *lm;
    struct quin_lm_info model;
    struct quin_engine_info device;
    struct MHD_Daemon *daemon;
    struct quin_connections *connections;
    struct quin_scheduler *scheduler;
    uint32_t port;
    bool loopback;
    int listening; /* the socket, after the daemon has given it back; else -1 */
    int64_t created;
    pthread_mutex_t lock; /* guards: */
    pthread_cond_t done;
    size_t answering; /* requests that are all there, and not answered yet */
};

/* Where a stream is. */
enum quin_stage {
    QUIN_STAGE_ROLE,
    QUIN_STAGE_TEXT,
    QUIN_STAGE_FINISH,
    QUIN_STAGE_USAGE,
    QUIN_STAGE_DONE,
    QUIN_STAGE_END
};

struct quin_exchange {
    struct quin_serve *s;
    struct MHD_Connection *connection;
    struct quin_connection *watched;
    char *method, *path;
    double began, looked; /* looked: for a client that has gone away */
    struct quin_fault fault; /* found before the body was there */
    char *body;              /* [length], of [seen] bytes that came */
    size_t length, room, seen;
    bool answering;
    unsigned status; /* of the answer */
    /* of an answer that the device makes */
    struct quin_task *task;
    struct quin_answer answer;
    struct quin_usage usage;
    enum quin_finish finish;
    char *echo; /* text in front of the answer, NULL: none */
    bool usage_wanted;
    enum quin_stage stage;
    char *out; /* [out_length], the event under way, of which [out_sent] have gone */
    size_t out_length, out_sent;
};

double quin_serve_now(void); /* seconds of a clock that never goes back */

/* Queues an answer: body is a text that is freed, NULL: no memory. */
enum MHD_Result quin_exchange_send(struct quin_exchange *x, unsigned status, char *body);
enum MHD_Result quin_exchange_refuse(struct quin_exchange *x, const struct quin_fault *fault);

/* Answers a request for text (complete.c). */
enum MHD_Result quin_exchange_complete(struct quin_exchange *x, bool chat);

#endif
