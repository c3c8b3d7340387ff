/* h1_session_body.c - the body of a request, taken out of its framing for whoever asks.
 *
 * Nothing is read that nobody asked for: the client waits in its kernel (back-pressure). Raw bytes
 * lie in session->in, at most one read of them; a piece is lent where it lies. */
#include "base/count.h"
#include "base/err.h"
#include "base/mutant.h"
#include "client/h1_session_parts.h"

#define DRAIN_MAX \
	65536 /* bytes of an unwanted body that are read for the sake of the connection \
	       */

int h1_session_body_start(struct h1_exchange *x, const struct msg *msg)
{
	struct h1_session_body *b;

	NEW_OBJ(b, H1_SESSION_BODY_MAGIC);
	if (b == NULL)
		return ERR_NOMEM;
	/* Trailers are checked, and go no further: Trailer is of one hop, nobody behind asked for
	 * them (RFC 9110 6.5.1). */
	h1_body_init(&b->decoder, (enum msg_body)msg->body, msg->length, 400, NULL, NULL);
	b->ended = msg->body == MSG_BODY_LENGTH && msg->length == 0;
	x->body = b;
	return 0;
}

void h1_session_body_free(struct h1_session_body *b)
{
	if (b == NULL)
		return;
	CHECK_OBJ(b, H1_SESSION_BODY_MAGIC);
	FREE_OBJ(b);
}

/* The body will never be complete: the connection ends with the answer. */
static int fail(struct h1_exchange *x, int err)
{
	x->body->err = err;
	x->session->last = true;
	if (!x->head_made)
		x->close = true;
	return err;
}

/* Reads when nothing raw is left. > 0, ERR_AGAIN, or failed. */
static ssize_t read_raw(struct h1_exchange *x)
{
	struct h1_session *s = x->session;
	ssize_t n;

	AZ(buf_len(&s->in));
	if (!conn_is_open(&s->conn))
		return fail(x, ERR_GONE);
	if (!s->conn.readable && !s->conn.eof) {
		x->body->wanted = true;
		if (!s->running)
			h1_session_deadline_watch(s);
		return ERR_AGAIN;
	}
	if (buf_reserve(&s->in, BUF_UNIT, BUF_UNIT) != 0)
		return fail(x, ERR_NOMEM);
	n = h1_session_in_read(s, buf_tail(&s->in), buf_room(&s->in));
	if (n > 0) {
		buf_added(&s->in, (size_t)n);
		return n;
	}
	buf_consume(&s->in, 0);
	if (n == ERR_AGAIN)
		return read_raw(x); /* readable is clear now: notes that it waits */
	return fail(x, n == 0 ? ERR_CLOSED : ERR_RESET);
}

/* Is the body, so far, larger than the owner allows? (With a length it was refused at once.) */
static bool too_large(const struct h1_exchange *x)
{
	uint64_t max = x->sink.conf->max_request_body;

	return max != 0 && x->body->decoder.received > max && !mutant(BODY_LIMIT);
}

/* Decodes what is there: DATA sets piece, with the piece at the front of session->in. */
static enum h1_body_result decode(struct h1_session *s, struct h1_session_body *b)
{
	struct str raw = buf_str(&s->in), piece;
	enum h1_body_result result;
	size_t used;

	result = h1_body_next(&b->decoder, raw.p, raw.n, &used, &piece);
	if (result == H1_BODY_DATA) {
		buf_consume(&s->in, used - piece.n);
		b->piece = piece.n;
	} else {
		buf_consume(&s->in, used);
	}
	return result;
}

ssize_t h1_session_body_lend(struct sink *sink, struct str *piece)
{
	struct h1_exchange *x = CONTAINER_OF(sink, struct h1_exchange, sink);
	struct h1_session *s = x->session;
	struct h1_session_body *b = x->body;
	ssize_t n;

	CHECK_OBJ(x, H1_EXCHANGE_MAGIC);
	if (b == NULL)
		return 0;
	while (b->piece == 0) {
		if (b->err != 0)
			return b->err;
		if (b->ended)
			return 0;
		if (buf_len(&s->in) > 0)
			sink->waits_for_continue = false; /* it did not wait */
		switch (decode(s, b)) {
		case H1_BODY_END:
			b->ended = true;
			break;
		case H1_BODY_BAD:
			return fail(x, ERR_BAD);
		case H1_BODY_DATA:
			break;
		case H1_BODY_MORE:
			n = read_raw(x);
			if (n < 0)
				return n;
		}
		if (too_large(x))
			return fail(x, ERR_LIMIT);
	}
	*piece = str_slice(buf_str(&s->in), 0, b->piece);
	return (ssize_t)b->piece;
}

void h1_session_body_consume(struct sink *sink, size_t n)
{
	struct h1_exchange *x = CONTAINER_OF(sink, struct h1_exchange, sink);

	CHECK_OBJ(x, H1_EXCHANGE_MAGIC);
	AN(x->body != NULL && n <= x->body->piece);
	buf_consume(&x->session->in, n);
	x->body->piece -= n;
}

const struct fields *h1_session_body_trailers(struct sink *sink)
{
	(void)sink;
	return NULL;
}

bool h1_session_body_may_drain(const struct h1_exchange *x)
{
	const struct h1_session_body *b = x->body;

	if (b == NULL || b->ended)
		return true;
	if (b->err != 0 || (x->sink.waits_for_continue && !mutant(DRAIN_UNSURE)))
		return false; /* does the body come, or the next request? Nobody knows */
	return b->decoder.framing != MSG_BODY_LENGTH || b->decoder.left <= DRAIN_MAX;
}

/* More bytes of a body that nobody wants. False: not now, or never. */
static bool drain_read(struct h1_session *s)
{
	ssize_t n;

	if (!s->conn.readable && !s->conn.eof)
		return false;
	if (buf_reserve(&s->in, BUF_UNIT, BUF_UNIT) != 0)
		n = ERR_NOMEM;
	else
		n = h1_session_in_read(s, buf_tail(&s->in), buf_room(&s->in));
	if (n > 0) {
		buf_added(&s->in, (size_t)n);
		return true;
	}
	buf_consume(&s->in, 0);
	if (n != ERR_AGAIN)
		h1_session_close(s, "a body was cut off", false);
	return false;
}

/* One piece. True: go on. */
static bool drain_more(struct h1_session *s)
{
	struct h1_session_body *b = s->drain;

	switch (decode(s, b)) {
	case H1_BODY_DATA:
		b->dropped += b->piece;
		buf_consume(&s->in, b->piece);
		b->piece = 0;
		return true;
	case H1_BODY_MORE:
		b->dropped++; /* so that endless empty framing ends as well */
		return drain_read(s);
	case H1_BODY_END:
		h1_session_body_free(TAKE(s->drain));
		return false;
	case H1_BODY_BAD:
		break;
	}
	b->dropped = UINT64_MAX;
	return true;
}

void h1_session_body_drain(struct h1_session *s)
{
	struct h1_session_body *b = s->drain;

	if (b->piece > 0) { /* lent, and never consumed */
		buf_consume(&s->in, b->piece);
		b->piece = 0;
	}
	while (s->drain != NULL && s->state == H1_SESSION_OPEN) {
		if (s->drain->dropped > DRAIN_MAX) {
			h1_session_body_free(TAKE(s->drain));
			s->last = true; /* the step that follows closes */
			return;
		}
		if (!drain_more(s))
			return;
	}
}
