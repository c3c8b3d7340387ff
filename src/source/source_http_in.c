/* source_http_in.c - what an origin answers: heads, body, end, and every way it can go wrong.
 *
 * All reads of the worker use one buffer; none happens inside another (resume waits for the end of
 * the turn), so what a callback got stays as it is while the callback runs. */
#include "source/source_http_in.h"
#include "base/count.h"
#include "base/err.h"
#include "base/mutant.h"
#include "http/value.h"

#define FIELDS_MAX 1024       /* whatever the limit of the owner says */
#define TURN_BYTES (1u << 20) /* read for one exchange before others have their turn */

static char buffer[SOURCE_HTTP_READ_MAX];
static bool buffer_busy;
static struct field shared_fv[FIELDS_MAX]; /* of heads that come in one piece */

static bool is_over(const struct source_http *x)
{
	return x->phase == SOURCE_HTTP_IDLE;
}

/* ---- failing ---- */

void source_http_in_fail(struct source_http *x, int err, const char *why, const char *proxy_error)
{
	bool retry_ok = x->reused && (!x->something_came || mutant(HEAD_CUT));

	source_http_close(x);
	x->ops->on_fail(x, err, why, proxy_error, retry_ok);
}

void source_http_in_dial_failed(struct source_http *x, int status)
{
	switch (status) {
	case ERR_TIMEOUT:
		source_http_in_fail(x, status, "connecting to the origin took too long",
		                    "connection_timeout");
		break;
	case ERR_REFUSED:
		source_http_in_fail(x, status, "the origin refused the connection",
		                    "connection_refused");
		break;
	case ERR_UNREACHABLE:
		source_http_in_fail(x, status, "there is no route to the origin",
		                    "destination_ip_unroutable");
		break;
	default:
		source_http_in_fail(x, status, "the connection to the origin failed",
		                    "destination_unavailable");
		break;
	}
}

static void fail_protocol(struct source_http *x, const char *why)
{
	source_http_in_fail(x, ERR_BAD, why, "http_protocol_error");
}

/* The connection ended or broke; status: 0 or the error. */
static void fail_cut(struct source_http *x, ssize_t status)
{
	int err = status == 0 ? ERR_CLOSED : ERR_RESET;

	if (x->phase == SOURCE_HTTP_HEAD && !x->something_came)
		source_http_in_fail(x, err, "the origin closed the connection without an answer",
		                    "connection_terminated");
	else if (x->phase == SOURCE_HTTP_HEAD)
		source_http_in_fail(x, err, "the origin broke off inside the head",
		                    "http_response_incomplete");
	else
		source_http_in_fail(x, err, "the origin broke off inside the body",
		                    "http_response_incomplete");
}

/* ---- heads ---- */

static void fail_head(struct source_http *x, size_t n)
{
	const struct h1_limits *lim = &x->conf->response_limits;

	if (n >= lim->head || strstr(x->head.why, "too") != NULL)
		source_http_in_fail(x, ERR_LIMIT, x->head.why, "http_response_header_section_size");
	else
		fail_protocol(x, x->head.why);
}

/* Did the origin choose one of the protocols that were offered (RFC 9110 7.8)? */
static bool upgrade_fits(const struct source_http *x, const struct msg *m)
{
	struct value_list offered, chosen;
	struct str one, other;
	bool any = false;

	value_list_init_str(&chosen, m->upgrade);
	while (value_list_next(&chosen, &one)) {
		bool found = false;

		value_list_init_str(&offered, x->ask.upgrade);
		while (!found && value_list_next(&offered, &other))
			found = str_ieq(one, other);
		if (!found)
			return false;
		any = true;
	}
	return any;
}

static void on_interim(struct source_http *x, struct msg *m)
{
	if (++x->interim > SOURCE_HTTP_INTERIM_MAX && !mutant(INTERIM_LIMIT)) {
		fail_protocol(x, "too many interim responses");
		return;
	}
	h1_head_init(&x->head);
	x->ops->on_interim(x, m);
}

static void on_final(struct source_http *x, struct msg *m, struct str raw)
{
	x->keep = m->keep_alive && x->sent_all && !x->sending_failed && buf_len(&x->out) == 0;
	h1_body_init(&x->body, m->body, m->length, 502, x->arena, &x->trailers);
	x->phase = SOURCE_HTTP_BODY;
	x->ops->on_head(x, m, raw);
}

/* A 101. Nothing of it is used here: the rest of the turn belongs to whoever is on the stack. */
static size_t begin_switch(struct source_http *x)
{
	if ((x->ask.upgrade.n == 0 || !upgrade_fits(x, &x->msg)) && !mutant(SWITCH_UNASKED)) {
		fail_protocol(x, "101 to a protocol that was not offered (RFC 9110 15.2.2)");
		return 0;
	}
	x->phase = SOURCE_HTTP_SWITCH;
	loop_call_soon(&x->again);
	return 0;
}

static unsigned fields_max(const struct source_http *x)
{
	return MIN(x->conf->response_limits.fields, FIELDS_MAX);
}

/* Incomplete: it is read once more from the start, into fields of its own, then goes on from where
 * it is. */
static void own_fields(struct source_http *x)
{
	if (x->fv != NULL)
		return;
	x->fv = arena_alloc(x->arena, fields_max(x) * sizeof *x->fv);
	if (x->fv == NULL)
		source_http_in_fail(x, ERR_NOMEM, "no memory for a response",
		                    "proxy_internal_error");
	else
		h1_head_init(&x->head);
}

static ssize_t parse_head(struct source_http *x, const char *p, size_t n)
{
	return h1_parse_response(&x->head, &x->conf->response_limits, p, n, &x->msg,
	                         x->fv != NULL ? x->fv : shared_fv, fields_max(x));
}

/* Parses the head in p[0, n): bytes used. 0: more are needed, or it is over. */
static size_t take_head(struct source_http *x, const char *p, size_t n)
{
	struct msg_verdict v;
	ssize_t used = parse_head(x, p, n);

	if (used < 0)
		fail_head(x, n);
	else if (used == 0)
		own_fields(x);
	if (used <= 0)
		return 0;
	v = msg_response_check(&x->msg, x->ask.method);
	if (v.status != 0)
		fail_protocol(x, v.why);
	else if (x->msg.status == 101)
		return begin_switch(x);
	else if (x->msg.status < 200)
		on_interim(x, &x->msg);
	else
		on_final(x, &x->msg, (struct str){p, (size_t)used});
	return (size_t)used;
}

/* All that came is in x->in: the head of a 101, then bytes of the other protocol. */
static void end_switch(struct source_http *x)
{
	struct str all = buf_str(&x->in);
	ssize_t used;

	x->fv = NULL;
	h1_head_init(&x->head);
	used = parse_head(x, all.p, all.n);
	AN(used > 0);
	AZ(msg_response_check(&x->msg, x->ask.method).status);
	if (buf_append(&x->early, all.p + used, all.n - (size_t)used, SIZE_MAX / 2) != 0) {
		source_http_in_fail(x, ERR_NOMEM, "no memory for a response",
		                    "proxy_internal_error");
		return;
	}
	x->phase = SOURCE_HTTP_TUNNEL;
	x->busy++;
	x->ops->on_head(x, &x->msg, str_slice(all, 0, (size_t)used));
	x->busy--;
	buf_free(&x->in);
}

/* ---- body ---- */

/* left: bytes that came behind the end of the answer. They are nobody's. */
static void finish(struct source_http *x, size_t left)
{
	struct pool_conn *pc;

	if (x->paused) {
		x->phase = SOURCE_HTTP_LAST;
		return;
	}
	pc = TAKE(x->pc);
	if (pc != NULL && x->keep && (left == 0 || mutant(BYTES_BEYOND)) && !x->ended)
		pool_put(pc, x->conf);
	else if (pc != NULL)
		pool_close(pc);
	source_http_close(x);
	x->ops->on_end(x, x->trailers.n > 0 ? &x->trailers : NULL);
}

static void body_bad(struct source_http *x)
{
	source_http_in_fail(x, ERR_BAD, x->body.why, "http_protocol_error");
}

/* Hands on body bytes: how many were taken. Fewer than n: it pauses. */
static size_t give(struct source_http *x, const char *p, size_t n)
{
	size_t taken = x->ops->on_body(x, p, n);

	AN(taken <= n);
	if (taken < n && !is_over(x))
		x->paused = true;
	return taken;
}

/* The body in p[0, n): bytes used. */
static size_t take_body(struct source_http *x, const char *p, size_t n)
{
	struct str piece = STR_NONE;
	size_t used = 0, taken;

	if (x->decoded > 0) {
		taken = give(x, p, x->decoded);
		x->decoded -= taken;
		return taken;
	}
	switch (h1_body_next(&x->body, p, n, &used, &piece)) {
	case H1_BODY_DATA:
		taken = give(x, piece.p, piece.n);
		if (taken < piece.n) {
			x->decoded = piece.n - taken;
			return (size_t)(piece.p - p) + taken;
		}
		return used;
	case H1_BODY_MORE:
		return used;
	case H1_BODY_END:
		finish(x, n - used);
		return used;
	case H1_BODY_BAD:
		body_bad(x);
		return used;
	}
	return used;
}

/* ---- bytes ---- */

/* Works on p[0, n) until it is used up, paused, over, or more is needed: bytes used. */
static size_t take(struct source_http *x, const char *p, size_t n)
{
	size_t at = 0;

	while (!x->paused) {
		enum source_http_phase before = x->phase;
		size_t used;

		if (before == SOURCE_HTTP_HEAD && at < n)
			used = take_head(x, p + at, n - at);
		else if (before == SOURCE_HTTP_BODY)
			used = take_body(x, p + at, n - at);
		else
			break;
		at += used;
		/* An empty rest is offered once more: a body may be complete without it. */
		if (is_over(x) || (used == 0 && x->phase == before))
			break;
	}
	return at;
}

/* Bytes that were held. False: nothing more can be done with them now. */
static bool take_held(struct source_http *x)
{
	struct str s = buf_str(&x->in);
	size_t used;

	x->busy++;
	used = take(x, s.p, s.n);
	x->busy--;
	if (is_over(x)) {
		buf_free(&x->in);
		return false;
	}
	buf_consume(&x->in, used);
	return true;
}

/* New bytes in the worker's buffer. */
static bool take_new(struct source_http *x, size_t n)
{
	size_t used;

	x->something_came = true;
	x->received += n;
	count_add(COUNT_origin_bytes_in, (int64_t)n);
	if (buf_len(&x->in) > 0) {
		if (buf_append(&x->in, buffer, n, SIZE_MAX / 2) == 0)
			return take_held(x);
		source_http_in_fail(x, ERR_NOMEM, "no memory for a response",
		                    "proxy_internal_error");
		return false;
	}
	buffer_busy = true;
	x->busy++;
	used = take(x, buffer, n);
	x->busy--;
	buffer_busy = false;
	if (is_over(x))
		return false;
	if (used < n && buf_append(&x->in, buffer + used, n - used, SIZE_MAX / 2) != 0) {
		source_http_in_fail(x, ERR_NOMEM, "no memory for a response",
		                    "proxy_internal_error");
		return false;
	}
	return true;
}

static void on_eof(struct source_http *x)
{
	x->ended = true;
	if (x->phase == SOURCE_HTTP_BODY && h1_body_eof(&x->body) == H1_BODY_END)
		finish(x, 0);
	else
		fail_cut(x, 0);
}

static size_t read_size(const struct source_http *x)
{
	return buf_len(&x->in) > 0 ? SOURCE_HTTP_READ / 4 : x->read_size;
}

/* Reads and works until nothing more can be done now. */
static void read_on(struct source_http *x)
{
	uint64_t start = x->received;

	AZ(buffer_busy);
	while (!x->paused && (x->phase == SOURCE_HTTP_HEAD || x->phase == SOURCE_HTTP_BODY) &&
	       x->pc->conn.readable) {
		size_t want = read_size(x);
		ssize_t n;

		if (x->received - start > TURN_BYTES) {
			loop_call_soon(&x->again);
			return;
		}
		n = conn_read(&x->pc->conn, buffer, want);
		if (n == ERR_AGAIN)
			return;
		if (n == 0)
			on_eof(x);
		else if (n < 0)
			fail_cut(x, n);
		if (n <= 0 || !take_new(x, (size_t)n))
			return;
	}
}

void source_http_in_sending_failed(struct source_http *x)
{
	x->sending_failed = true;
	x->pc->conn.broken = false; /* only one direction is: the other may be read */
	x->pc->conn.readable = true;
	loop_call_soon(&x->again);
}

/* The request's waiting bytes. False: over. */
static bool flush(struct source_http *x)
{
	struct conn *c = &x->pc->conn;

	while (buf_len(&x->out) > 0 && c->writable && !x->sending_failed) {
		struct str s = buf_str(&x->out);
		ssize_t n = conn_write(c, s.p, s.n);

		if (n == ERR_AGAIN)
			break;
		if (n < 0) {
			source_http_in_sending_failed(x);
			break;
		}
		count_add(COUNT_origin_bytes_out, n);
		buf_consume(&x->out, (size_t)n);
	}
	if (x->phase == SOURCE_HTTP_HEAD && !x->sent_all && !x->sending_failed &&
	    buf_len(&x->out) == 0 && c->writable)
		x->ops->on_writable(x);
	return !is_over(x);
}

static void tell_open(struct source_http *x)
{
	if (x->opened)
		return;
	x->opened = true;
	x->ops->on_open(x);
}

void source_http_in_run(struct source_http *x)
{
	CHECK_OBJ(x, SOURCE_HTTP_MAGIC);
	if (is_over(x) || x->pc == NULL)
		return;
	tell_open(x);
	if (x->phase == SOURCE_HTTP_SWITCH) {
		end_switch(x);
		return;
	}
	if (is_over(x) || x->phase == SOURCE_HTTP_TUNNEL || !flush(x))
		return;
	if (!x->paused && x->phase == SOURCE_HTTP_LAST) {
		finish(x, buf_len(&x->in));
		return;
	}
	if (!x->paused && buf_len(&x->in) > 0 && x->phase == SOURCE_HTTP_BODY && !take_held(x))
		return;
	read_on(x);
}

void source_http_in_again(struct loop_call *c)
{
	source_http_in_run(CONTAINER_OF(c, struct source_http, again));
}

void source_http_in_opened(struct source_http *x)
{
	source_http_in_run(x);
}
