/* tunnel.c - bytes both ways. Made by the step TUNNEL, then called by the session and the loop;
 * owns the origin's connection, borrows the client's from the session.
 *
 * Where both ends are bare sockets bytes go through a pipe by splice and never reach user space; a
 * pipe is borrowed only while bytes wait in it. The request and its fill are gone by then: an idle
 * tunnel costs this struct, the session and the record. */
#include "request/tunnel.h"
#include <errno.h>
#include <fcntl.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "request/pipes.h"
#include "request/record.h"

#define COPY_MAX BUF_UNIT
#define TURN_BYTES (4u << 20) /* then others have their turn */

struct direction {
	struct conn *from, *to;
	int pipe[2]; /* -1: none borrowed */
	size_t in_pipe;
	struct buf waits; /* early bytes, or copied ones where splice cannot be used */
	uint64_t moved;
	bool from_ended, done; /* no more will be read; the other side has been told */
};

#define TUNNEL_MAGIC 0x7144e101
struct tunnel {
	unsigned magic;
	struct sink *sink;
	struct record *record; /* of the request; NULL: none is wanted */
	struct conn origin;
	struct direction up, down; /* to the origin, to the client */
	struct loop_timer idle;
	struct loop_call again; /* a direction used up its turn */
	int64_t last_moved;
};

static void on_origin(struct conn *c, unsigned events)
{
	(void)events;
	tunnel_run(CONTAINER_OF(c, struct tunnel, origin));
}

static void on_again(struct loop_call *c)
{
	tunnel_run(CONTAINER_OF(c, struct tunnel, again));
}

/* Moves what waits in memory. 0, ERR_AGAIN, or broken. */
static int flush_waits(struct direction *d)
{
	while (buf_len(&d->waits) > 0) {
		struct str s = buf_str(&d->waits);
		ssize_t n = conn_write(d->to, s.p, s.n);

		if (n < 0)
			return (int)n;
		buf_consume(&d->waits, (size_t)n);
		d->moved += (uint64_t)n;
	}
	return 0;
}

/* Pipe to socket. 0 when the pipe is empty, ERR_AGAIN, or broken. */
static int drain_pipe(struct direction *d)
{
	while (d->in_pipe > 0) {
		ssize_t n;

		if (!d->to->writable)
			return ERR_AGAIN;
		n = splice(d->pipe[0], NULL, conn_splice_fd(d->to), NULL, d->in_pipe,
		           SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (n < 0) {
			if (errno == EAGAIN) {
				d->to->writable = false;
				return ERR_AGAIN;
			}
			return err_of_errno(errno);
		}
		d->in_pipe -= (size_t)n;
		d->moved += (uint64_t)n;
		d->to->bytes_out += (uint64_t)n;
	}
	return 0;
}

/* Socket to pipe, once. > 0, 0 at the end, ERR_AGAIN, or broken. */
static ssize_t fill_pipe(struct direction *d)
{
	ssize_t n = splice(conn_splice_fd(d->from), NULL, d->pipe[1], NULL, PIPES_BYTES,
	                   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

	if (n > 0) {
		d->in_pipe += (size_t)n;
		d->from->bytes_in += (uint64_t)n;
	}
	if (n >= 0)
		return n;
	if (errno == EAGAIN) {
		d->from->readable = false;
		return ERR_AGAIN;
	}
	return err_of_errno(errno);
}

/* Socket to memory, where a layer transforms the stream or no pipe can be had. */
static ssize_t copy_in(struct direction *d)
{
	ssize_t n;

	if (buf_reserve(&d->waits, COPY_MAX, COPY_MAX) != 0)
		return ERR_NOMEM;
	n = conn_read(d->from, buf_tail(&d->waits), buf_room(&d->waits));
	if (n > 0)
		buf_added(&d->waits, (size_t)n);
	else
		buf_free(&d->waits);
	return n;
}

static ssize_t take_in(struct direction *d)
{
	if (conn_splice_fd(d->from) < 0 || conn_splice_fd(d->to) < 0)
		return copy_in(d);
	return d->pipe[0] >= 0 || pipes_get(d->pipe) == 0 ? fill_pipe(d) : copy_in(d);
}

static int move_until_blocked(struct direction *d)
{
	uint64_t start = d->moved;

	while (!d->done) {
		int rc = flush_waits(d);
		ssize_t n;

		if (rc == 0)
			rc = drain_pipe(d);
		if (rc != 0)
			return rc == ERR_AGAIN ? 0 : rc;
		if (d->from_ended) {
			conn_shutdown_write(d->to);
			d->done = true;
			return 0;
		}
		if (d->moved - start > TURN_BYTES)
			return ERR_FULL;
		n = take_in(d);
		if (n == ERR_AGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		d->from_ended = n == 0;
	}
	return 0;
}

/* Everything one direction can do now. 0: it waits or is done; ERR_FULL: its turn is over; else
 * broken. */
static int move(struct direction *d)
{
	int rc = 0;

	if (d->from->readable || d->in_pipe > 0 || buf_len(&d->waits) > 0 || d->from_ended)
		rc = move_until_blocked(d);
	if (d->in_pipe == 0)
		pipes_put(d->pipe, 0);
	return rc;
}

static void direction_fini(struct direction *d)
{
	buf_free(&d->waits);
	pipes_put(d->pipe, d->in_pipe);
}

static void tunnel_free(struct tunnel *t)
{
	loop_timer_cancel(&t->idle);
	loop_call_cancel(&t->again);
	conn_close(&t->origin);
	direction_fini(&t->up);
	direction_fini(&t->down);
	count_dec(COUNT_tunnels_open);
	FREE_OBJ(t);
}

static void end(struct tunnel *t, bool gone)
{
	struct sink *sink = t->sink;

	record_end(TAKE(t->record), t->down.moved, gone);
	tunnel_free(t);
	sink->tunnel = NULL;
	sink->ops->finished(sink, false);
}

void tunnel_run(struct tunnel *t)
{
	uint64_t before = t->up.moved + t->down.moved;
	int up, down;

	CHECK_OBJ(t, TUNNEL_MAGIC);
	up = move(&t->up);
	down = move(&t->down);
	if (t->up.moved + t->down.moved != before) {
		count_add(COUNT_tunnel_bytes, (int64_t)(t->up.moved + t->down.moved - before));
		t->last_moved = clock_ms();
	}
	if ((up != 0 && up != ERR_FULL) || (down != 0 && down != ERR_FULL) ||
	    (t->up.done && t->down.done))
		end(t, false);
	else if (up == ERR_FULL || down == ERR_FULL)
		loop_call_soon(&t->again);
}

static void on_idle(struct loop_timer *timer)
{
	struct tunnel *t = CONTAINER_OF(timer, struct tunnel, idle);
	int64_t due = t->last_moved + t->sink->conf->timeouts.tunnel_idle;

	if (due <= clock_ms())
		end(t, false);
	else
		loop_timer_set(timer, due);
}

static void direction_init(struct direction *d, struct conn *from, struct conn *to)
{
	*d = (struct direction){.from = from, .to = to, .pipe = {-1, -1}};
}

void tunnel_client_gone(struct tunnel *t)
{
	CHECK_OBJ(t, TUNNEL_MAGIC);
	end(t, true);
}

struct tunnel *tunnel_start(struct request *r)
{
	struct tunnel *t;
	struct conn *client;
	struct str early;

	NEW_OBJ(t, TUNNEL_MAGIC);
	if (t == NULL)
		return NULL;
	t->sink = r->sink;
	loop_timer_init(&t->idle, on_idle);
	loop_call_init(&t->again, on_again);
	direction_init(&t->down, &t->origin, NULL);
	if (fill_take_tunnel(&r->follower, &t->origin, on_origin, &t->down.waits) != 0) {
		FREE_OBJ(t);
		return NULL;
	}
	client = r->sink->ops->tunnel(r->sink, &early);
	t->down.to = client;
	direction_init(&t->up, client, &t->origin);
	count_inc(COUNT_tunnels);
	count_inc(COUNT_tunnels_open);
	if (buf_append(&t->up.waits, early.p, early.n, COPY_MAX + early.n) != 0) {
		tunnel_free(t);
		return NULL;
	}
	t->record = record_keep(r);
	t->sink->tunnel = t;
	t->last_moved = clock_ms();
	loop_timer_set(&t->idle, t->last_moved + r->conf->timeouts.tunnel_idle);
	return t;
}
