/* unit_net.h - a loop whose clock the test owns, and pairs of connected sockets. */
#ifndef TESTS_UNIT_NET_H
#define TESTS_UNIT_NET_H

#include <sys/socket.h>
#include "unit.h"
#include "base/clock.h"
#include "net/loop.h"

static int64_t unit_ms; /* what clock_ms() says from the next turn on */

static inline void unit_clock(void)
{
	clock_set(unit_ms, 1700000000000 + unit_ms);
}

static inline void unit_loop_init(void)
{
	unit_ms = 1000000;
	loop_use_clock(unit_clock);
	AZ(loop_init());
}

/* A turn that waits for nothing, ms later. */
static inline void unit_turn(int64_t ms)
{
	unit_ms += ms;
	loop_turn(0);
}

static inline void unit_pair(int fd[2])
{
	AZ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd));
}

static inline void unit_send(int fd, const char *z)
{
	AN(send(fd, z, strlen(z), MSG_NOSIGNAL) == (ssize_t)strlen(z));
}

#endif
