/* h1_session.c - the life of a client connection: its steps, its deadlines, its end.
 *
 * h1_session_run is called for each event of the connection, and at the end of the turn when a
 * request moved by itself. See h1_session_parts.h. */
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "client/h1_session_parts.h"
#include "request/request.h"
#include "request/tunnel.h"

#define STEPS_MAX 64  /* of one run: then others have their turn */
#define SPARE_MAX 256 /* exchanges kept for the next requests */
/* A client that asked just now may have sent its next request already: it is answered, with
 * "Connection: close", if it comes within the grace. */
#define DRAIN_RECENT_MS 5000
#define DRAIN_GRACE_MS 1000
#define LINGER_BYTES (1 << 20) /* dropped in one run */

bool h1_session_draining;

static struct list idle = {&idle, &idle}, busy = {&busy, &busy};
static struct list spare = {&spare, &spare};
static unsigned session_count, spare_count;

/* ---- exchanges ---- */

struct h1_exchange *h1_session_oldest(struct h1_session *s)
{
	return LIST_FIRST(&s->exchanges, struct h1_exchange, link);
}

struct h1_exchange *h1_session_exchange(struct h1_session *s, unsigned minor)
{
	struct h1_exchange *x;

	if (spare_count > 0) {
		x = LIST_FIRST(&spare, struct h1_exchange, link);
		list_remove(&x->link);
		spare_count--;
		memset(x, 0, sizeof *x);
	} else {
		x = calloc(1, sizeof *x);
		if (x == NULL)
			return NULL;
	}
	x->magic = H1_EXCHANGE_MAGIC;
	x->session = s;
	x->keep_alive = minor >= 1;
	x->sink = (struct sink){.ops = &h1_session_out_ops,
	                        .conf = s->port->conf,
	                        .listener = s->port->listener,
	                        .peer = &s->conn.peer,
	                        .local = &s->port->local,
	                        .http_minor = minor};
	list_append(&s->exchanges, &x->link);
	s->count++;
	h1_session_deadline_set(s, H1_SESSION_WAIT_NOTHING);
	return x;
}

void h1_session_exchange_free(struct h1_exchange *x)
{
	CHECK_OBJ(x, H1_EXCHANGE_MAGIC);
	AZ(x->request);
	h1_session_body_free(TAKE(x->body));
	buf_free(&x->out);
	list_remove(&x->link);
	x->session->count--;
	x->magic = 0;
	if (spare_count == SPARE_MAX) {
		free(x);
		return;
	}
	list_prepend(&spare, &x->link);
	spare_count++;
}

/* Ends all requests under way without an answer. */
static void drop_exchanges(struct h1_session *s)
{
	struct h1_exchange *x;

	s->dropping = true;
	while ((x = h1_session_oldest(s)) != NULL) {
		if (x->sink.tunnel != NULL)
			tunnel_client_gone(x->sink.tunnel);
		else if (x->request == NULL)
			h1_session_exchange_free(x);
		else
			request_client_gone(x->request);
	}
	s->dropping = false;
}

/* ---- the end ---- */

void h1_session_close(struct h1_session *s, const char *why, bool reset)
{
	if (log_wants(LOG_LEVEL_DEBUG)) {
		char text[CONN_ADDRESS_TEXT];

		log_debug("client %.*s: %s%s", STR_F(conn_address_text(&s->conn.peer, text)), why,
		          reset ? " (reset)" : "");
	}
	if (reset)
		conn_reset(&s->conn);
	else
		conn_close(&s->conn);
	s->state = H1_SESSION_OVER;
	h1_session_soon(s);
}

static void session_free(struct h1_session *s)
{
	const struct h1_session_port *port = s->port;
	union conn_address peer = s->conn.peer;

	AN(list_empty(&s->exchanges));
	conn_close(&s->conn);
	h1_session_deadline_set(s, H1_SESSION_WAIT_NOTHING);
	loop_timer_cancel(&s->timer);
	loop_call_cancel(&s->call);
	buf_free(&s->in);
	h1_session_body_free(TAKE(s->drain));
	list_remove(&s->link);
	session_count--;
	count_dec(COUNT_connections_open);
	FREE_OBJ(s);
	port->on_close((struct h1_session_port *)(uintptr_t)port, &peer);
}

/* Everything has been said: half-close, so that the answer is not lost by a reset (RFC 9112 9.6).
 */
static void linger_start(struct h1_session *s)
{
	buf_free(&s->in);
	h1_session_body_free(TAKE(s->drain));
	if (s->conn.eof || s->conn.broken) {
		h1_session_close(s, "answered, closed by both", false);
		return;
	}
	conn_shutdown_write(&s->conn);
	s->state = H1_SESSION_LINGER;
	s->again = true;
}

static void linger(struct h1_session *s)
{
	size_t dropped = 0;
	char *bytes;
	ssize_t n;

	do {
		if (!s->conn.readable)
			return;
		n = h1_session_in_scratch(s, &bytes);
		if (n > 0)
			dropped += (size_t)n;
	} while (n > 0 && dropped < LINGER_BYTES);
	if (n > 0)
		s->again = true;
	else if (n != ERR_AGAIN)
		h1_session_close(s, "answered and closed", false);
}

/* ---- running ---- */

/* What the oldest exchange can do now. */
static void serve_oldest(struct h1_session *s)
{
	struct h1_exchange *x = h1_session_oldest(s);

	if (x != NULL && x->request == NULL) {
		h1_session_close(s, "an answer broke", true);
		return;
	}
	if (x != NULL && s->conn.writable) {
		if (x->waits) {
			x->waits = false;
			request_writable(x->request);
		} else if (buf_len(&x->out) > 0) {
			/* a head that has no body yet; errors show at the next write */
			(void)h1_session_out_flush(x);
		}
	}
	x = h1_session_oldest(s);
	if (s->state == H1_SESSION_OPEN && x != NULL && x->request != NULL && x->body != NULL &&
	    x->body->wanted && s->conn.readable) {
		x->body->wanted = false;
		request_body_ready(x->request);
	}
}

static bool may_take_head(const struct h1_session *s)
{
	return s->state == H1_SESSION_OPEN && !s->last && !s->hold && s->drain == NULL &&
	       s->count < s->port->conf->pipeline;
}

/* Nothing is under way: does the connection end? */
static bool is_done(const struct h1_session *s)
{
	return s->last || (h1_session_draining && s->opened && !h1_session_in_has_bytes(s));
}

static void step_open(struct h1_session *s)
{
	if (s->hung) {
		h1_session_close(s, "the client left", false);
		return;
	}
	serve_oldest(s);
	if (s->state != H1_SESSION_OPEN)
		return;
	if (s->closing) {
		drop_exchanges(s);
		linger_start(s);
		return;
	}
	if (s->drain != NULL)
		h1_session_body_drain(s);
	if (s->count == 0)
		s->hold = false;
	if (may_take_head(s) && h1_session_in_next(s))
		s->again = true;
	else if (s->state == H1_SESSION_OPEN && s->count == 0 && s->drain == NULL && is_done(s))
		linger_start(s);
}

static void step(struct h1_session *s)
{
	switch (s->state) {
	case H1_SESSION_OPEN:
		step_open(s);
		break;
	case H1_SESSION_TUNNEL:
		buf_free(&s->in); /* early bytes: the tunnel has them */
		tunnel_run(h1_session_oldest(s)->sink.tunnel);
		break;
	case H1_SESSION_LINGER:
		linger(s);
		break;
	default:
		break;
	}
	if (s->state == H1_SESSION_OVER)
		drop_exchanges(s);
}

void h1_session_mark_idle(struct h1_session *s, bool is_idle)
{
	list_remove(&s->link);
	list_append(is_idle ? &idle : &busy, &s->link);
	count_add(COUNT_connections_idle, is_idle ? 1 : -1);
}

void h1_session_soon(struct h1_session *s)
{
	if (s->running)
		s->again = true;
	else
		loop_call_soon(&s->call);
}

void h1_session_run(struct h1_session *s)
{
	unsigned steps = 0;

	CHECK_OBJ(s, H1_SESSION_MAGIC);
	AZ(s->running);
	s->running = true;
	do {
		s->again = false;
		step(s);
	} while (s->again && ++steps < STEPS_MAX);
	if (h1_session_in_keep(s) != 0) {
		h1_session_close(s, "no memory for what it sent", true);
		drop_exchanges(s);
	}
	s->running = false;
	if (s->state == H1_SESSION_OVER) {
		session_free(s);
		return;
	}
	if (s->again)
		loop_call_soon(&s->call);
	h1_session_deadline_watch(s);
}

static void on_ready(struct conn *c, unsigned events)
{
	struct h1_session *s = CONTAINER_OF(c, struct h1_session, conn);

	CHECK_OBJ(s, H1_SESSION_MAGIC);
	if ((events & LOOP_HANGUP) != 0)
		s->hung = true;
	h1_session_run(s);
}

static void on_call(struct loop_call *c)
{
	h1_session_run(CONTAINER_OF(c, struct h1_session, call));
}

/* ---- all of them ---- */

int h1_session_open(struct h1_session_port *port, int fd, const union conn_address *peer)
{
	struct h1_session *s;
	int rc;

	NEW_OBJ(s, H1_SESSION_MAGIC);
	if (s == NULL) {
		(void)close(fd);
		return ERR_NOMEM;
	}
	rc = conn_open(&s->conn, fd, peer, on_ready);
	if (rc != 0) {
		FREE_OBJ(s);
		return rc;
	}
	s->port = port;
	loop_timer_init(&s->timer, h1_session_deadline_due);
	loop_call_init(&s->call, on_call);
	list_init(&s->exchanges);
	list_init(&s->link);
	list_append(&busy, &s->link);
	session_count++;
	count_inc(COUNT_connections_open);
	h1_session_deadline_watch(s);
	return 0;
}

unsigned h1_session_count(void)
{
	return session_count;
}

/* Outside of its run; it may be freed by this. */
static void end_now(struct h1_session *s, const char *why, bool reset)
{
	h1_session_close(s, why, reset);
	h1_session_run(s);
}

unsigned h1_session_drop_idle(unsigned n)
{
	unsigned closed = 0;

	for (; closed < n && !list_empty(&idle); closed++)
		end_now(LIST_FIRST(&idle, struct h1_session, link),
		        "idle, and descriptors run short", false);
	return closed;
}

void h1_session_drain(void)
{
	int64_t now = clock_ms();

	h1_session_draining = true;
	LIST_FOREACH_SAFE (l, &idle) {
		struct h1_session *s = LIST_OF(l, struct h1_session, link);
		int64_t since = s->timer.due - s->port->conf->timeouts.idle;

		if (now - since < DRAIN_RECENT_MS)
			loop_timer_set(&s->timer, now + DRAIN_GRACE_MS);
		else
			end_now(s, "we are draining", false);
	}
}

void h1_session_stop(void)
{
	(void)h1_session_drop_idle(UINT32_MAX);
	while (!list_empty(&busy))
		end_now(LIST_FIRST(&busy, struct h1_session, link), "we are stopping", true);
}
