/* SPDX-License-Identifier: Apache-2.0
 *
 * Time limits of connections. A client that sends its request, or takes its answer, more slowly than the
 * limit is cut off by a thread that watches all connections: one byte now and then does not keep a
 * connection.
 */
#ifndef QUIN_CONNECTIONS_H
#define QUIN_CONNECTIONS_H

#include <stdbool.h>

struct quin_connections; /* opaque */
struct quin_connection;  /* opaque */

struct quin_connections *quin_connections_open(double seconds); /* NULL: no memory, no thread */
void quin_connections_close(struct quin_connections *c);        /* all connections are gone */

struct quin_connection *quin_connection_add(struct quin_connections *c, int fd); /* NULL: no memory */
void quin_connection_remove(struct quin_connection *c);

/* The limit runs from each of these on. */
void quin_connection_line(struct quin_connection *c);   /* the first line of a request is there */
void quin_connection_works(struct quin_connection *c);  /* the server has the turn: no limit */
void quin_connection_writes(struct quin_connection *c); /* the client is to take something */
void quin_connection_reads(struct quin_connection *c);  /* the next request may come */

/* Has the client closed the connection, or at least its side of it? */
bool quin_connection_is_gone(struct quin_connection *c);

#endif
