/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket that the server listens at.
 */
#ifndef QUIN_LISTEN_H
#define QUIN_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "quin_err.h"

struct quin_listener {
    int fd;
    uint32_t port; /* the one it got */
    bool loopback;
};
/* port 0: any. Errors: ARG for a name that is none, IO for an address that cannot be had. */
enum quin_err quin_listen(const char *host, uint32_t port, struct quin_listener *l, struct quin_msg *msg);

/* Does the value of a Host header name this machine itself? A page of a stranger's site that had its name
 * resolved to 127.0.0.1 shows the stranger's name there. */
bool quin_host_is_local(const char *host);

#endif
