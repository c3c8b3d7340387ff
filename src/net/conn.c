/* conn.c - a byte stream over a non-blocking socket, plain or through a layer.
 *
 * Sessions, origin connections and tunnels embed a struct conn and read and write through it. It
 * owns the fd from conn_open until conn_close, conn_reset or conn_take_fd, remembers edges that
 * were not used up, and counts bytes. The bare socket is itself a layer, conn_plain. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/err.h"
#include "net/conn.h"

#define CONN_PIECES 1024 /* UIO_MAXIOV: the kernel refuses more in one call */

/* ---- the bare socket ---- */

static int result_of_errno(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK ? ERR_AGAIN : err_of_errno(errno);
}

static ssize_t plain_read(struct conn *c, void *p, size_t n)
{
	ssize_t r;

	do
		r = recv(c->watch.fd, p, n, 0);
	while (r < 0 && errno == EINTR);
	return r >= 0 ? r : result_of_errno();
}

static ssize_t plain_writev(struct conn *c, const struct iovec *v, int n)
{
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)v, .msg_iovlen = (size_t)n};
	ssize_t r;

	/* sendmsg, because writev has no MSG_NOSIGNAL: a peer that left must not end the process.
	 */
	do
		r = sendmsg(c->watch.fd, &m, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	r = result_of_errno();
	/* Whoever reads here finds what came before, then the end: a socket that takes nothing and
	 * stays open (no memory) would be waited for. */
	if (r != ERR_AGAIN)
		shutdown(c->watch.fd, SHUT_RDWR);
	return r;
}

static void plain_shutdown(struct conn *c)
{
	(void)shutdown(c->watch.fd, SHUT_WR);
}

static void plain_close(struct conn *c)
{
	(void)c;
}

const struct conn_layer conn_plain = {plain_read, plain_writev, plain_shutdown, plain_close};

/* ---- life ---- */

static void ready(struct loop_watch *w, unsigned events)
{
	struct conn *c = CONTAINER_OF(w, struct conn, watch);

	if ((events & LOOP_READ) != 0)
		c->readable = true;
	if ((events & LOOP_WRITE) != 0)
		c->writable = true;
	if ((events & (LOOP_END | LOOP_HANGUP)) != 0)
		c->ending = true;
	c->on_ready(c, events);
}

int conn_open(struct conn *c, int fd, const union conn_address *peer,
              void (*on_ready)(struct conn *, unsigned))
{
	int r;

	AN(fd >= 0);
	memset(c, 0, sizeof *c);
	c->layer = &conn_plain;
	c->on_ready = on_ready;
	c->writable = true;
	if (peer != NULL) {
		c->peer = *peer;
		conn_address_unmap(&c->peer);
	}
	r = loop_add(&c->watch, fd, ready);
	if (r != 0)
		(void)close(fd);
	return r;
}

static void forget(struct conn *c)
{
	c->readable = c->writable = false;
	c->layer = &conn_plain;
	c->layer_state = NULL;
}

void conn_close(struct conn *c)
{
	int fd;

	if (!conn_is_open(c))
		return;
	fd = c->watch.fd;
	c->layer->close(c);
	loop_remove_closing(&c->watch);
	(void)close(fd);
	forget(c);
}

void conn_reset(struct conn *c)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (!conn_is_open(c))
		return;
	(void)setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	c->broken = true; /* the layer says no goodbye: the break must be seen */
	conn_close(c);
}

int conn_take_fd(struct conn *c)
{
	int fd;

	if (!conn_is_open(c))
		return -1;
	AN(c->layer == &conn_plain);
	fd = c->watch.fd;
	loop_remove(&c->watch);
	forget(c);
	return fd;
}

/* ---- bytes ---- */

static int break_off(struct conn *c, ssize_t r)
{
	c->broken = true;
	c->readable = c->writable = false;
	return (int)r;
}

ssize_t conn_read(struct conn *c, void *p, size_t n)
{
	ssize_t r;

	AN(conn_is_open(c));
	AN(n > 0);
	if (c->eof)
		return 0;
	if (c->broken)
		return ERR_RESET;
	r = c->layer->read(c, p, n);
	if (r > 0) {
		c->bytes_in += (uint64_t)r;
		/* A layer may hold more than it gave; the kernel does not. */
		if ((size_t)r < n && c->layer == &conn_plain && !c->ending)
			c->readable = false;
		return r;
	}
	if (r == 0) {
		c->eof = true;
		c->readable = false;
		return 0;
	}
	if (r != ERR_AGAIN)
		return break_off(c, r);
	c->readable = false;
	return r;
}

ssize_t conn_writev(struct conn *c, const struct iovec *v, int n)
{
	size_t total = 0;
	ssize_t r;

	AN(conn_is_open(c));
	n = MIN(n, CONN_PIECES);
	for (int i = 0; i < n; i++)
		total += v[i].iov_len;
	if (total == 0)
		return 0;
	if (c->broken)
		return ERR_RESET;
	r = c->layer->writev(c, v, n);
	if (r >= 0) {
		AN(r > 0);
		c->bytes_out += (uint64_t)r;
		if ((size_t)r < total && c->layer == &conn_plain)
			c->writable = false;
		return r;
	}
	if (r != ERR_AGAIN)
		return break_off(c, r);
	c->writable = false;
	return r;
}

ssize_t conn_write(struct conn *c, const void *p, size_t n)
{
	struct iovec v = {.iov_base = (void *)(uintptr_t)p, .iov_len = n};

	return conn_writev(c, &v, 1);
}

void conn_shutdown_write(struct conn *c)
{
	if (conn_is_open(c) && !c->broken)
		c->layer->shutdown(c);
}

bool conn_is_quiet(struct conn *c)
{
	char byte;

	if (!conn_is_open(c) || c->eof || c->broken || c->ending)
		return false;
	return recv(c->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

int conn_splice_fd(struct conn *c)
{
	return conn_is_open(c) && c->layer == &conn_plain ? c->watch.fd : -1;
}
