/* h1_session_out.c - the answering side of a session: sink_ops over one HTTP/1 connection.
 *
 * Called by requests, out of their machine. Only the oldest exchange writes; the others are told to
 * wait. A head is serialised into exchange->out and leaves together with the first body bytes, in
 * one writev; chunk sizes and line ends that a write did not take wait in `out` as well, so that
 * framing is exact whatever the socket takes. */
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "client/h1_session_parts.h"
#include "http/h1_write.h"

#define OUT_MAX (256 * 1024) /* bytes of one head */
#define INTERIM_MAX 65536    /* of interim heads that the client has not taken */
#define PIECES_MAX 64        /* of one write */

static struct h1_exchange *of_sink(struct sink *sink)
{
	struct h1_exchange *x = CONTAINER_OF(sink, struct h1_exchange, sink);

	CHECK_OBJ(x, H1_EXCHANGE_MAGIC);
	return x;
}

static bool is_oldest(const struct h1_exchange *x)
{
	return x->session->exchanges.next == &x->link;
}

static bool is_newest(const struct h1_exchange *x)
{
	return x->session->exchanges.prev == &x->link;
}

/* ---- writing ---- */

static int must_wait(struct h1_exchange *x)
{
	x->waits = true;
	if (!x->session->running && is_oldest(x))
		h1_session_deadline_watch(x->session);
	return ERR_AGAIN;
}

/* May it write now? 0, ERR_AGAIN (noted), or gone. */
static int may_write(struct h1_exchange *x)
{
	struct h1_session *s = x->session;

	if (s->state != H1_SESSION_OPEN || s->conn.broken)
		return ERR_CLOSED;
	return is_oldest(x) && s->conn.writable ? 0 : must_wait(x);
}

static ssize_t put_out(struct h1_exchange *x, const struct iovec *v, int n)
{
	ssize_t sent = conn_writev(&x->session->conn, v, n);

	if (sent > 0) {
		x->sink.sent += (uint64_t)sent;
		count_add(COUNT_client_bytes_out, sent);
	}
	return sent;
}

int h1_session_out_flush(struct h1_exchange *x)
{
	while (buf_len(&x->out) > 0) {
		struct str s = buf_str(&x->out);
		struct iovec v = {(void *)(uintptr_t)s.p, s.n};
		ssize_t n;

		if (!x->session->conn.writable)
			return ERR_AGAIN;
		n = put_out(x, &v, 1);
		if (n < 0)
			return (int)n;
		buf_consume(&x->out, (size_t)n);
	}
	return 0;
}

/* ---- the head ---- */

static bool is_tunnel_head(const struct h1_exchange *x, int status)
{
	return status == 101 || (x->connect && status / 100 == 2);
}

/* The framing of the body (RFC 9112 6.3), and whether the connection goes on after it. */
static void plan(struct h1_exchange *x, int status, uint64_t length, bool no_body)
{
	struct h1_session *s = x->session;

	x->left = 0;
	x->framing = H1_SESSION_NO_BODY;
	if (is_tunnel_head(x, status))
		return;
	if (!no_body && length != SINK_UNKNOWN) {
		x->framing = H1_SESSION_LENGTH;
		x->left = length;
	} else if (!no_body) {
		x->framing = x->sink.http_minor >= 1 ? H1_SESSION_CHUNKED : H1_SESSION_UNTIL_CLOSE;
	}
	if (!x->keep_alive || x->connect || x->upgrade || x->framing == H1_SESSION_UNTIL_CLOSE ||
	    !h1_session_body_may_drain(x) || (is_newest(x) && (s->last || h1_session_draining)))
		x->close = true;
	if (x->close)
		s->last = true;
}

static bool is_framing_field(unsigned id)
{
	return id == FIELD_CONTENT_LENGTH || id == FIELD_TRANSFER_ENCODING ||
	       id == FIELD_CONNECTION || id == FIELD_KEEP_ALIVE;
}

static int put_fields(struct str_out *o, const struct fields *f)
{
	int rc = 0;

	for (unsigned i = 0; i < f->n && rc == 0; i++) {
		const struct field *line = &f->v[i];

		if (is_framing_field(line->id))
			continue;
		if (line->id != FIELD_OTHER)
			rc = h1_write_field_id(o, line->id, line->value);
		else
			rc = h1_write_field(o, line->name, line->value);
	}
	return rc;
}

static int put_framing(struct str_out *o, const struct h1_exchange *x, int status, uint64_t length)
{
	int rc = 0;

	if (is_tunnel_head(x, status))
		return status == 101 ? h1_write_field_id(o, FIELD_CONNECTION, STR("Upgrade")) : 0;
	if (x->framing == H1_SESSION_CHUNKED)
		rc = h1_write_field_id(o, FIELD_TRANSFER_ENCODING, STR("chunked"));
	else if (length != SINK_UNKNOWN && status != 204)
		rc = h1_write_field_u64(o, FIELD_CONTENT_LENGTH, length);
	if (rc == 0 && x->close)
		rc = h1_write_field_id(o, FIELD_CONNECTION, STR("close"));
	else if (rc == 0 && x->sink.http_minor == 0)
		rc = h1_write_field_id(o, FIELD_CONNECTION, STR("keep-alive"));
	return rc;
}

static size_t head_size(const struct msg *head)
{
	size_t n = 256 + head->reason.n;

	for (unsigned i = 0; i < head->fields.n; i++)
		n += FIELD_NAME_MAX + head->fields.v[i].name.n + head->fields.v[i].value.n + 4;
	return n;
}

/* A head into x->out. framed: with the framing fields of a final one. 0 or an error: nothing was
 * put. */
static int put_head(struct h1_exchange *x, const struct msg *head, uint64_t length, bool framed)
{
	size_t size = head_size(head);
	int rc = buf_reserve(&x->out, size, OUT_MAX + INTERIM_MAX);
	struct str_out o;

	if (rc != 0)
		return rc;
	o = str_out_of(buf_tail(&x->out), buf_room(&x->out));
	rc = h1_write_status_line(&o, head->status, head->reason);
	if (rc == 0)
		rc = put_fields(&o, &head->fields);
	if (rc == 0 && framed)
		rc = put_framing(&o, x, head->status, length);
	if (rc == 0)
		rc = h1_write_end(&o);
	if (rc == 0)
		buf_added(&x->out, (size_t)(o.at - buf_tail(&x->out)));
	else
		buf_consume(&x->out, 0);
	return rc;
}

/* Nobody asked for it; or bytes have come before it, which are then of no protocol (RFC 9931). */
static bool may_upgrade(const struct h1_exchange *x)
{
	const struct h1_session *s = x->session;

	return x->upgrade && !s->conn.readable && buf_len(&s->in) == 0;
}

static int out_head(struct sink *sink, const struct msg *head, uint64_t length, bool no_body)
{
	struct h1_exchange *x = of_sink(sink);
	int rc;

	AZ(x->head_made);
	if (head->status == 101 && !may_upgrade(x))
		return ERR_BAD;
	plan(x, head->status, length, no_body);
	rc = put_head(x, head, length, true);
	if (rc != 0)
		return rc;
	x->head_made = true;
	sink->waits_for_continue = false;
	h1_session_soon(x->session); /* it goes out even if the body does not come yet */
	return 0;
}

/* ---- the body ---- */

/* One writev: [what waits][size of a chunk][data][its CRLF]. */
struct parcel {
	struct iovec v[PIECES_MAX + 3];
	int n;
	size_t waiting, line_n, data;
	char line[H1_WRITE_CHUNK_LINE];
};

static void parcel_add(struct parcel *p, const void *bytes, size_t n)
{
	if (n > 0)
		p->v[p->n++] = (struct iovec){(void *)(uintptr_t)bytes, n};
}

static void parcel_make(struct parcel *p, const struct h1_exchange *x, const struct iovec *v, int n)
{
	bool chunked = x->framing == H1_SESSION_CHUNKED;
	size_t offered = 0, left;

	n = MIN(n, PIECES_MAX);
	for (int i = 0; i < n; i++)
		offered += v[i].iov_len;
	p->n = 0;
	p->line_n = 0;
	p->data = offered;
	if (chunked && x->chunk_left > 0)
		p->data = (size_t)MIN((uint64_t)offered, x->chunk_left);
	else if (chunked)
		p->line_n = h1_write_chunk_size(p->line, offered);
	p->waiting = buf_len(&x->out);
	parcel_add(p, buf_str(&x->out).p, p->waiting);
	parcel_add(p, p->line, p->line_n);
	left = p->data;
	for (int i = 0; i < n && left > 0; i++) {
		parcel_add(p, v[i].iov_base, MIN(v[i].iov_len, left));
		left -= MIN(v[i].iov_len, left);
	}
	if (chunked && (p->line_n > 0 || p->data == x->chunk_left))
		parcel_add(p, H1_WRITE_CRLF.p, H1_WRITE_CRLF.n);
}

/* Takes up to n of *sent. */
static size_t share(size_t *sent, size_t n)
{
	size_t part = MIN(*sent, n);

	*sent -= part;
	return part;
}

/* What left of the parcel: how much of the data, with the rest of the framing put into x->out; or
 * ERR_NOMEM. */
static ssize_t parcel_settle(const struct parcel *p, struct h1_exchange *x, size_t sent)
{
	size_t waited = share(&sent, p->waiting), line = share(&sent, p->line_n);
	size_t data = share(&sent, p->data);
	int rc = 0;

	buf_consume(&x->out, waited);
	if (x->framing == H1_SESSION_LENGTH)
		x->left -= data;
	if (x->framing != H1_SESSION_CHUNKED || waited < p->waiting)
		return (ssize_t)data;
	if (p->line_n > 0 && line == 0)
		return 0; /* the chunk was not begun */
	if (p->line_n > 0)
		x->chunk_left = p->data;
	if (line < p->line_n)
		rc = buf_append(&x->out, p->line + line, p->line_n - line, OUT_MAX);
	x->chunk_left -= data;
	if (x->chunk_left == 0 && sent < H1_WRITE_CRLF.n)
		rc = buf_append(&x->out, H1_WRITE_CRLF.p + sent, H1_WRITE_CRLF.n - sent, OUT_MAX);
	return rc == 0 ? (ssize_t)data : rc;
}

/* Our own mistake, or no memory in the middle: only a break is honest. */
static int give_up(struct h1_exchange *x, const char *why, int err)
{
	log_warn("an answer to a client: %s", why);
	h1_session_close(x->session, why, true);
	return err;
}

static ssize_t out_write(struct sink *sink, const struct iovec *v, int n)
{
	struct h1_exchange *x = of_sink(sink);
	struct parcel p;
	ssize_t sent, taken;
	int rc = may_write(x);

	if (rc != 0)
		return rc;
	AN(x->head_made);
	parcel_make(&p, x, v, n);
	if (p.data == 0)
		return 0;
	if (x->framing <= H1_SESSION_LENGTH && p.data > x->left)
		return give_up(x, "more body than its framing says", ERR_INTERNAL);
	sent = put_out(x, p.v, p.n);
	if (sent < 0)
		return sent == ERR_AGAIN ? must_wait(x) : sent;
	taken = parcel_settle(&p, x, (size_t)sent);
	if (taken < 0)
		return give_up(x, "no memory for its framing", ERR_NOMEM);
	return taken > 0 ? taken : must_wait(x);
}

/* ---- its end ---- */

static int put_trailers(struct h1_exchange *x, const struct fields *trailers)
{
	size_t size = 64;
	struct str_out o;
	int rc;

	for (unsigned i = 0; i < trailers->n; i++)
		size += FIELD_NAME_MAX + trailers->v[i].name.n + trailers->v[i].value.n + 4;
	rc = buf_reserve(&x->out, size, OUT_MAX);
	if (rc != 0)
		return rc;
	o = str_out_of(buf_tail(&x->out), buf_room(&x->out));
	str_put(&o, STR("0\r\n"));
	rc = put_fields(&o, trailers);
	if (rc == 0)
		rc = h1_write_end(&o);
	if (rc == 0)
		buf_added(&x->out, (size_t)(o.at - buf_tail(&x->out)));
	return rc;
}

/* The last bytes of the framing, once. */
static int make_end(struct h1_exchange *x, const struct fields *trailers)
{
	struct str last = H1_WRITE_LAST_CHUNK;

	AN(x->head_made);
	if (x->left != 0 || x->chunk_left != 0)
		return give_up(x, "less body than its framing says", ERR_INTERNAL);
	x->end_made = true;
	if (x->framing != H1_SESSION_CHUNKED)
		return 0;
	if (trailers != NULL && trailers->n > 0 && x->wants_trailers &&
	    put_trailers(x, trailers) == 0)
		return 0;
	return buf_append(&x->out, last.p, last.n, OUT_MAX);
}

static int out_end(struct sink *sink, const struct fields *trailers)
{
	struct h1_exchange *x = of_sink(sink);
	int rc = 0;

	if (!x->end_made)
		rc = make_end(x, trailers);
	if (rc == 0)
		rc = may_write(x);
	if (rc != 0)
		return rc;
	rc = h1_session_out_flush(x);
	if (rc == ERR_AGAIN)
		return must_wait(x);
	x->ended = rc == 0;
	return rc;
}

static void out_broken(struct sink *sink)
{
	struct h1_exchange *x = of_sink(sink);

	x->session->last = true;
	if (is_oldest(x) && x->session->state != H1_SESSION_OVER)
		h1_session_close(x->session, "an answer broke off", true);
}

/* ---- interim answers ---- */

/* 1xx go only to clients that can stand them: HTTP/1.1 knows them, and apt dies of all but 100. */
static bool takes_interim(const struct h1_exchange *x, int status)
{
	return x->sink.http_minor >= 1 && !x->head_made && is_oldest(x) && status != 101 &&
	       (!x->apt || status == 100) && x->session->state == H1_SESSION_OPEN &&
	       buf_len(&x->out) < INTERIM_MAX;
}

static void out_want_body(struct sink *sink)
{
	struct h1_exchange *x = of_sink(sink);
	struct str line = STR("HTTP/1.1 100 Continue\r\n\r\n");

	if (!sink->waits_for_continue || !takes_interim(x, 100))
		return;
	sink->waits_for_continue = false;
	if (buf_append(&x->out, line.p, line.n, INTERIM_MAX) == 0)
		(void)h1_session_out_flush(x); /* what it does not take goes before the head */
}

static void out_interim(struct sink *sink, const struct msg *head)
{
	struct h1_exchange *x = of_sink(sink);

	if (head->status == 100)
		out_want_body(sink);
	else if (takes_interim(x, head->status) && put_head(x, head, SINK_UNKNOWN, false) == 0)
		(void)h1_session_out_flush(x);
}

/* ---- the end of the request ---- */

static struct conn *out_tunnel(struct sink *sink, struct str *early)
{
	struct h1_exchange *x = of_sink(sink);

	AN(is_oldest(x) && x->ended);
	x->tunnel = true;
	x->request = NULL; /* it ends; the tunnel goes on */
	x->session->state = H1_SESSION_TUNNEL;
	*early = buf_str(&x->session->in);
	return &x->session->conn;
}

/* The answer is complete: what of the connection? */
static void answered(struct h1_exchange *x)
{
	struct h1_session *s = x->session;

	if (x->close)
		s->closing = s->last = true;
	else if (!h1_session_body_may_drain(x))
		s->closing = s->last = true; /* it came to nothing only after the head was made */
	else if (x->body != NULL)
		s->drain = TAKE(x->body); /* also when it only lacks its end */
	h1_session_exchange_free(x);
}

static void out_finished(struct sink *sink, bool keep)
{
	struct h1_exchange *x = of_sink(sink);
	struct h1_session *s = x->session;

	x->request = NULL;
	if (s->dropping || s->state == H1_SESSION_OVER) {
		h1_session_exchange_free(x);
	} else if (x->tunnel) {
		h1_session_exchange_free(x);
		h1_session_close(s, "the tunnel ended", false);
	} else if (keep && x->ended) {
		answered(x);
	} else if (is_oldest(x)) {
		h1_session_exchange_free(x);
		h1_session_close(s, "an answer broke off", true);
	} else {
		s->last = true; /* stays in its place: the break comes in order */
	}
	h1_session_soon(s);
}

static void out_close_after(struct sink *sink)
{
	struct h1_exchange *x = of_sink(sink);

	x->session->last = true;
	if (!x->head_made)
		x->close = true;
}

const struct sink_ops h1_session_out_ops = {
    .head = out_head,
    .write = out_write,
    .end = out_end,
    .broken = out_broken,
    .interim = out_interim,
    .body_lend = h1_session_body_lend,
    .body_consume = h1_session_body_consume,
    .body_trailers = h1_session_body_trailers,
    .want_body = out_want_body,
    .tunnel = out_tunnel,
    .finished = out_finished,
    .close_after = out_close_after,
};
