/* h1_session_in.c - the reading side of a session: bytes, heads, and the requests made of them.
 *
 * Bytes are read into one buffer of the worker and used there; only what cannot be used in this run
 * is copied to session->in. A head that is not complete is parsed again from its start when the end
 * of a line has come (or its bytes have doubled): so nothing but its bytes is held, and the limit
 * of fields bounds how often that can be. */
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mutant.h"
#include "client/h1_session_parts.h"
#include "client/opening.h"
#include "http/h1.h"
#include "http/value.h"
#include "request/request.h"

#define READ_BYTES 65536
#define FIELDS_MAX 1024 /* more than the owner can allow (max_fields) */

/* What was read in this run and not used yet: bytes[at, n) of `owner`. */
static struct {
	const struct h1_session *owner;
	size_t at, n;
	char bytes[READ_BYTES];
} input;
static struct field field_lines[FIELDS_MAX];

/* ---- bytes ---- */

static struct str view(const struct h1_session *s)
{
	if (buf_len(&s->in) > 0)
		return buf_str(&s->in);
	if (input.owner != s)
		return STR_NONE;
	return (struct str){input.bytes + input.at, input.n - input.at};
}

static void take(struct h1_session *s, size_t n)
{
	s->seen = 0;
	if (buf_len(&s->in) > 0)
		buf_consume(&s->in, n);
	else
		input.at += n;
}

int h1_session_in_keep(struct h1_session *s)
{
	struct str rest;

	if (input.owner != s)
		return 0;
	input.owner = NULL;
	rest = (struct str){input.bytes + input.at, input.n - input.at};
	if (rest.n == 0 || s->state == H1_SESSION_LINGER || s->state == H1_SESSION_OVER)
		return 0;
	return buf_append(&s->in, rest.p, rest.n, SIZE_MAX);
}

ssize_t h1_session_in_read(struct h1_session *s, void *p, size_t n)
{
	ssize_t got = conn_read(&s->conn, p, n);

	if (got > 0)
		count_add(COUNT_client_bytes_in, got);
	return got;
}

ssize_t h1_session_in_scratch(struct h1_session *s, char **bytes)
{
	input.owner = NULL;
	*bytes = input.bytes;
	return h1_session_in_read(s, input.bytes, sizeof input.bytes);
}

/* More bytes behind those of view(). As conn_read. */
static ssize_t read_more(struct h1_session *s)
{
	ssize_t n;

	if (view(s).n == 0) {
		char *unused;

		n = h1_session_in_scratch(s, &unused);
		input.owner = s;
		input.at = 0;
		input.n = n > 0 ? (size_t)n : 0;
		return n;
	}
	if (h1_session_in_keep(s) != 0 || buf_reserve(&s->in, BUF_UNIT / 2, SIZE_MAX) != 0)
		return ERR_NOMEM;
	n = h1_session_in_read(s, buf_tail(&s->in), buf_room(&s->in));
	if (n > 0)
		buf_added(&s->in, (size_t)n);
	return n;
}

bool h1_session_in_has_bytes(const struct h1_session *s)
{
	struct str v = view(s);

	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != '\r' && v.p[i] != '\n')
			return true;
	return false;
}

/* ---- requests ---- */

void h1_session_in_refuse(struct h1_session *s, const struct msg *msg, int status, const char *why)
{
	struct h1_exchange *x = h1_session_exchange(s, msg == NULL ? 1 : msg->minor);

	s->last = true;
	if (x == NULL) {
		h1_session_close(s, "no memory for a refusal", false);
		return;
	}
	x->keep_alive = false;
	x->request = request_new_refused(&x->sink, msg, status, why);
	if (x->request == NULL) {
		h1_session_exchange_free(x);
		h1_session_close(s, "no memory for a refusal", false);
		return;
	}
	request_run(x->request);
}

/* May it be under way together with others? Whatever could matter to those behind it, or has a
 * body, runs alone. */
static bool is_plain(const struct msg *m)
{
	switch (m->method) {
	case METHOD_GET:
	case METHOD_HEAD:
	case METHOD_OPTIONS:
	case METHOD_TRACE:
		return !fields_has(&m->fields, FIELD_CONTENT_LENGTH) &&
		       !fields_has(&m->fields, FIELD_TRANSFER_ENCODING) &&
		       !fields_has(&m->fields, FIELD_UPGRADE);
	default:
		return false;
	}
}

/* What the exchange must know of its request later, when the request may be gone. */
static void note_head(struct h1_exchange *x, const struct msg *m)
{
	struct str agent = fields_value(&m->fields, FIELD_USER_AGENT);
	struct str apt = STR("Debian APT-HTTP");

	x->keep_alive = m->keep_alive;
	x->connect = m->method == METHOD_CONNECT;
	x->upgrade = m->upgrade.n != 0;
	x->wants_trailers = value_list_has(&m->fields, FIELD_TE, STR("trailers"));
	x->apt = false;
	if (agent.n >= apt.n && memchr(agent.p, apt.p[0], agent.n) != NULL) /* most have no "D" */
		x->apt = memmem(agent.p, agent.n, apt.p, apt.n) != NULL;
}

/* Prepares what comes behind the head. 0, or ERR_NOMEM. */
static int prepare_rest(struct h1_session *s, struct h1_exchange *x)
{
	struct request *r = x->request;
	const struct msg *m = request_msg(r);
	int rc = 0;

	s->last = (!m->keep_alive && !mutant(CLOSE_ASKED)) || x->connect || request_must_close(r);
	if (request_must_close(r))
		return 0;
	if (x->upgrade && view(s).n > 0 && !mutant(UPGRADE_EARLY)) {
		/* Would it be a request, or the other protocol? (RFC 9931) */
		r->verdict = (struct msg_verdict){400, "bytes behind a request for Upgrade", true};
		s->last = true;
		return 0;
	}
	if (x->upgrade || x->connect || m->body != MSG_BODY_NONE)
		rc = h1_session_in_keep(s); /* the request may ask for them inside its machine */
	if (rc == 0 && m->body != MSG_BODY_NONE)
		rc = h1_session_body_start(x, m);
	x->sink.waits_for_continue = m->expect_continue && buf_len(&s->in) == 0;
	return rc;
}

/* A request of the head that view() begins with. False: it must wait. */
static bool start(struct h1_session *s, const struct msg *m, size_t n)
{
	bool plain = is_plain(m);
	struct h1_exchange *x;

	if (!plain)
		s->hold = true;
	if (!plain && s->count > 0 && !mutant(UNSAFE_ALONE)) {
		s->seen = 0; /* it is parsed again when its turn has come */
		return false;
	}
	x = h1_session_exchange(s, m->minor);
	if (x != NULL)
		x->request = request_new(&x->sink, m, view(s).p, n);
	if (x == NULL || x->request == NULL) {
		if (x != NULL)
			h1_session_exchange_free(x);
		h1_session_close(s, "no memory for a request", true);
		return true;
	}
	take(s, n);
	note_head(x, request_msg(x->request));
	if (prepare_rest(s, x) != 0) {
		h1_session_close(s, "no memory for a request's body", true);
		return true;
	}
	request_run(x->request);
	return true;
}

/* True: go on to the head. Otherwise it was dealt with, or more bytes are needed. */
static bool is_http1(struct h1_session *s, struct str v)
{
	enum opening o = opening_of(v.p, v.n);

	switch (o) {
	case OPENING_HTTP1:
		s->opened = true;
		return true;
	case OPENING_MORE:
		return false;
	case OPENING_HTTP2:
		s->opened = true;
		h1_session_in_refuse(s, NULL, 505, "HTTP/2 is not spoken here (RFC 9113 3.4)");
		return false;
	default:
		log_debug("the first bytes of a client are %s", opening_name(o));
		h1_session_close(s, "speaks another protocol", false);
		return false;
	}
}

static bool crosses(size_t limit, size_t seen, size_t n)
{
	return seen <= limit && n > limit;
}

/* Could parsing again find more than the last time: the end of a line, or one that is too long? */
static bool worth_parsing(const struct h1_session *s, struct str v)
{
	const struct h1_limits *l = &s->port->conf->limits;
	size_t line = l->line + 2;

	return v.n > s->seen &&
	       (s->seen == 0 || v.n >= 2 * s->seen || crosses(line, s->seen, v.n) ||
	        crosses(line + 2 * l->empty_lines, s->seen, v.n) ||
	        crosses(l->head, s->seen, v.n) ||
	        memchr(v.p + s->seen, '\n', v.n - s->seen) != NULL);
}

enum outcome { NEED_MORE, DONE, MUST_WAIT };

/* What can be done with the bytes that are there. */
static enum outcome use_bytes(struct h1_session *s)
{
	struct str v = view(s);
	struct h1_head head;
	struct msg m;
	ssize_t n;

	if (v.n == 0 || !worth_parsing(s, v))
		return NEED_MORE;
	if (!s->opened && !is_http1(s, v))
		return s->last || s->state != H1_SESSION_OPEN ? DONE : NEED_MORE;
	h1_head_init(&head);
	n = h1_parse_request(&head, &s->port->conf->limits, v.p, v.n, &m, field_lines, FIELDS_MAX);
	if (n > 0)
		return start(s, &m, (size_t)n) ? DONE : MUST_WAIT;
	s->seen = v.n;
	if (n == 0)
		return NEED_MORE;
	h1_session_in_refuse(s, &m, head.status, head.why);
	return DONE;
}

/* The client will send no more. */
static bool at_end(struct h1_session *s)
{
	if (s->count > 0)
		return false; /* it waits for its answers: then we look again */
	if (h1_session_in_has_bytes(s))
		h1_session_in_refuse(s, NULL, 400, "the request's head was cut off");
	else
		h1_session_close(s, "closed by the client", false);
	return true;
}

bool h1_session_in_next(struct h1_session *s)
{
	for (;;) {
		enum outcome outcome = use_bytes(s);
		ssize_t n;

		if (outcome != NEED_MORE)
			return outcome == DONE;
		if (s->conn.eof)
			return at_end(s);
		if (!s->conn.readable)
			return false;
		n = read_more(s);
		if (n == ERR_AGAIN)
			return false;
		if (n < 0) {
			h1_session_close(s, "the connection broke", false);
			return true;
		}
	}
}
