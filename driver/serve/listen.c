/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket that the server listens at: see listen.h.
 */
#define _POSIX_C_SOURCE 200809L /* getaddrinfo */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "msg.h"

enum { BACKLOG = 128 };

static bool is_loopback(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
    return a->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

/* A bound socket that listens, or -1 and errno. */
static int try_address(const struct addrinfo *a)
{
    int on = 1, fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol), error;
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, BACKLOG))
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static uint32_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n))
        return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
                                         : ((struct sockaddr_in *)(void *)&a)->sin_port);
}

enum quin_err quin_listen(const char *host, uint32_t port, struct quin_listener *l, struct quin_msg *msg)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV},
                    *found;
    char service[16];
    int error;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    *l = (struct quin_listener){.fd = -1};
    if ((error = getaddrinfo(host, service, &hints, &found)))
        return quin_msg_set(msg, QUIN_ERR_ARG,
                            "no address for the host '%s': %s; give an address of this machine, such as "
                            "127.0.0.1",
                            host, gai_strerror(error));
    for (const struct addrinfo *a = found; a && l->fd < 0; a = a->ai_next) {
        l->fd = try_address(a);
        l->loopback = is_loopback(a->ai_addr);
    }
    error = errno;
    freeaddrinfo(found);
    if (l->fd < 0 && error == EADDRINUSE)
        return quin_msg_set(msg, QUIN_ERR_IO,
                            "port %u of %s is in use; end the program that has it, or give another --port",
                            (unsigned)port, host);
    if (l->fd < 0)
        return quin_msg_set(msg, QUIN_ERR_IO, "cannot listen at port %u of %s: %s", (unsigned)port, host,
                            strerror(error));
    l->port = port_of(l->fd);
    return QUIN_OK;
}

bool quin_host_is_local(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    struct in_addr a;
    char name[64];
    size_t n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (n >= sizeof name)
        return false;
    memcpy(name, host, n); /* with the NUL where ']' is missing */
    name[n] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcasecmp(name, names[i]))
            return true;
    return inet_pton(AF_INET, name, &a) == 1 && ntohl(a.s_addr) >> 24 == 127;
}
