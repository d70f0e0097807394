/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections and the thread that watches them: see connections.h.
 */
#define _POSIX_C_SOURCE 200809L
#include "connections.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "task.h"

static const double LOOK_SECONDS = 0.25;

struct quin_connection {
    struct quin_connections *all;
    struct quin_connection *next, **link; /* *link is this one */
    int fd;
    double until; /* INFINITY: no limit */
    bool reading, line;
};

struct quin_connections {
    struct quin_connection *first;
    double seconds;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t closing;
    bool closed;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The thread that serves the connection sees its end, and closes the socket. While a request is read nobody
 * else writes. */
static void cut(struct quin_connection *c)
{
    static const char late[] =
        "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        "{\"error\":{\"message\":\"the request took too long to "
        "arrive\",\"type\":\"invalid_request_error\",\"param\":null,"
        "\"code\":null}}";
    if (c->reading && c->line)
        (void)send(c->fd, late, sizeof late - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(c->fd, SHUT_RDWR);
    c->until = INFINITY;
}

static void *watch(void *user)
{
    struct quin_connections *all = user;
    pthread_mutex_lock(&all->lock);
    while (!all->closed) {
        struct timespec t = quin_deadline(LOOK_SECONDS);
        (void)pthread_cond_timedwait(&all->closing, &all->lock, &t);
        for (struct quin_connection *c = all->first; c; c = c->next)
            if (now() > c->until)
                cut(c);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

struct quin_connections *quin_connections_open(double seconds)
{
    struct quin_connections *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->seconds = seconds;
    if (!pthread_mutex_init(&all->lock, NULL) && quin_cond_init(&all->closing) &&
        !pthread_create(&all->thread, NULL, watch, all))
        return all;
    free(all);
    return NULL;
}

void quin_connections_close(struct quin_connections *all)
{
    if (!all)
        return;
    pthread_mutex_lock(&all->lock);
    all->closed = true;
    pthread_cond_signal(&all->closing);
    pthread_mutex_unlock(&all->lock);
    pthread_join(all->thread, NULL);
    pthread_cond_destroy(&all->closing);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

struct quin_connection *quin_connection_add(struct quin_connections *all, int fd)
{
    struct quin_connection *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct quin_connection){.all = all, .fd = fd, .until = now() + all->seconds, .reading = true};
    pthread_mutex_lock(&all->lock);
    c->next = all->first;
    c->link = &all->first;
    if (c->next)
        c->next->link = &c->next;
    all->first = c;
    pthread_mutex_unlock(&all->lock);
    return c;
}

void quin_connection_remove(struct quin_connection *c)
{
    struct quin_connections *all = c->all;
    pthread_mutex_lock(&all->lock);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    pthread_mutex_unlock(&all->lock);
    free(c);
}

static void enter(struct quin_connection *c, bool reading, bool limited)
{
    pthread_mutex_lock(&c->all->lock);
    c->reading = reading;
    c->line = false;
    c->until = limited ? now() + c->all->seconds : INFINITY;
    pthread_mutex_unlock(&c->all->lock);
}

void quin_connection_line(struct quin_connection *c)
{
    pthread_mutex_lock(&c->all->lock);
    c->line = true;
    c->until = now() + c->all->seconds;
    pthread_mutex_unlock(&c->all->lock);
}

void quin_connection_works(struct quin_connection *c)
{
    enter(c, false, false);
}

void quin_connection_writes(struct quin_connection *c)
{
    enter(c, false, true);
}

void quin_connection_reads(struct quin_connection *c)
{
    enter(c, true, true);
}

bool quin_connection_is_gone(struct quin_connection *c)
{
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}
