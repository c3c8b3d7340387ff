/* h1_session_deadline.c - what a session waits for, and for how long: one timer, with a meaning.
 *
 * Looked at when a run ends and when a write or a read of a body must wait; the timer is set when
 * the meaning changes, so a busy connection costs nothing here. Slow peers are judged by the bytes
 * that moved in a window, and what lies in the kernel's send queue has not moved. */
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include "base/clock.h"
#include "base/err.h"
#include "client/h1_session_parts.h"
#include "request/request.h"

#define LINGER_MS 2000

/* Bytes that the client has really taken: what lies in the kernel's queue does not count. */
static uint64_t bytes_taken(struct h1_session *s)
{
	int queued = 0, fd = conn_splice_fd(&s->conn);

	if (fd < 0 || ioctl(fd, SIOCOUTQ, &queued) != 0)
		queued = 0;
	return s->conn.bytes_out - MIN((uint64_t)queued, s->conn.bytes_out);
}

static enum h1_session_wait waits_for(struct h1_session *s)
{
	struct h1_exchange *x = h1_session_oldest(s);

	switch (s->state) {
	case H1_SESSION_LINGER:
		return H1_SESSION_WAIT_LINGER;
	case H1_SESSION_OPEN:
		break;
	default:
		return H1_SESSION_WAIT_NOTHING;
	}
	if (x != NULL) {
		if (!s->conn.writable && (x->waits || buf_len(&x->out) > 0))
			return H1_SESSION_WAIT_WRITE;
		return x->body != NULL && x->body->wanted ? H1_SESSION_WAIT_BODY
		                                          : H1_SESSION_WAIT_NOTHING;
	}
	if (s->drain != NULL)
		return H1_SESSION_WAIT_DRAIN;
	return h1_session_in_has_bytes(s) ? H1_SESSION_WAIT_HEAD : H1_SESSION_WAIT_IDLE;
}

void h1_session_deadline_set(struct h1_session *s, enum h1_session_wait wait)
{
	if (s->wait == wait)
		return;
	if (s->wait == H1_SESSION_WAIT_IDLE || wait == H1_SESSION_WAIT_IDLE)
		h1_session_mark_idle(s, wait == H1_SESSION_WAIT_IDLE);
	s->wait = (uint8_t)wait;
}

/* Begins what the timer measures. Waiting for nothing leaves it: it finds nothing to do. */
static void start_wait(struct h1_session *s)
{
	const struct conf_timeouts *t = &s->port->conf->timeouts;
	int64_t ms = 0;

	switch (s->wait) {
	case H1_SESSION_WAIT_IDLE:
		ms = t->idle;
		break;
	case H1_SESSION_WAIT_HEAD:
	case H1_SESSION_WAIT_DRAIN:
		ms = t->head;
		break;
	case H1_SESSION_WAIT_WRITE:
		s->mark = bytes_taken(s);
		ms = t->body_window;
		break;
	case H1_SESSION_WAIT_BODY:
		s->mark = s->conn.bytes_in;
		ms = t->body_window;
		break;
	case H1_SESSION_WAIT_LINGER:
		ms = LINGER_MS;
		break;
	default:
		return;
	}
	loop_timer_set(&s->timer, clock_ms() + ms);
}

void h1_session_deadline_watch(struct h1_session *s)
{
	enum h1_session_wait wait = waits_for(s);

	if (wait == s->wait)
		return;
	h1_session_deadline_set(s, wait);
	start_wait(s);
}

/* Did less move in the window than the owner demands? */
static bool too_slow(const struct h1_session *s, uint64_t moved)
{
	const struct conf_timeouts *t = &s->port->conf->timeouts;

	return moved < (uint64_t)t->min_rate * t->body_window / 1000;
}

static void body_is_slow(struct h1_session *s)
{
	struct h1_exchange *x = h1_session_oldest(s);

	x->body->err = ERR_TIMEOUT;
	x->body->wanted = false;
	if (!x->head_made)
		x->close = true;
	s->last = true;
	request_body_ready(x->request);
}

static void act_on_timer(struct h1_session *s)
{
	switch (s->wait) {
	case H1_SESSION_WAIT_IDLE:
		h1_session_close(s, "idle", false);
		break;
	case H1_SESSION_WAIT_HEAD:
		h1_session_in_refuse(s, NULL, 408, "the request's head did not come in time");
		break;
	case H1_SESSION_WAIT_WRITE:
		if (too_slow(s, bytes_taken(s) - s->mark))
			h1_session_close(s, "reads too slowly", true);
		else
			start_wait(s);
		break;
	case H1_SESSION_WAIT_BODY:
		if (too_slow(s, s->conn.bytes_in - s->mark))
			body_is_slow(s);
		else
			start_wait(s);
		break;
	case H1_SESSION_WAIT_DRAIN:
	case H1_SESSION_WAIT_LINGER:
		h1_session_close(s, "did not close in time", false);
		break;
	default:
		break;
	}
}

void h1_session_deadline_due(struct loop_timer *t)
{
	struct h1_session *s = CONTAINER_OF(t, struct h1_session, timer);

	CHECK_OBJ(s, H1_SESSION_MAGIC);
	AZ(s->running);
	if (waits_for(s) == (enum h1_session_wait)s->wait)
		act_on_timer(s);
	h1_session_run(s);
}
