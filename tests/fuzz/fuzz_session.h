/* fuzz_session.h - a stream of bytes that arrives in pieces, and what was read from it.
 *
 * For fuzz_session_in and fuzz_session_out. How the stream is cut follows from a seed that is made
 * from all bytes of the input. */
#ifndef TESTS_FUZZ_SESSION_H
#define TESTS_FUZZ_SESSION_H

#include "fuzz_naive.h"
#include "base/arena.h"
#include "http/h1.h"
#include "http/h1_body.h"

#define SESSION_MESSAGES 64
#define SESSION_FIELDS 1024

/* One message: all offsets are of the stream. */
struct session_message {
	size_t at, body, end; /* first byte, first byte behind the head, and behind the body */
	struct str method, target;
	char host[URI_HOST_MAX + 1];
	unsigned port;
	bool complete;
	int status;       /* of a response, or that a request is answered with at once */
	uint64_t content; /* bytes of content, which are in reading.data */
};

enum session_end {
	SESSION_CUT,     /* everything was used, or what is left is no whole message */
	SESSION_REFUSED, /* a framing error: status */
	SESSION_LAST,    /* the last message said so */
	SESSION_OTHER,   /* another protocol follows, or might */
	SESSION_FULL
};

struct reading {
	unsigned n;
	struct session_message m[SESSION_MESSAGES];
	enum session_end end;
	int status;
	char *data; /* the contents of all messages, one after the other */
	size_t data_n;
};

/* p[at, have) has arrived and was not used. */
struct stream {
	const char *p;
	size_t n, at, have;
	unsigned seed, step; /* step 0: pieces of any length up to 16; SIZE: of that many bytes */
};

static inline unsigned stream_seed(const uint8_t *p, size_t n)
{
	unsigned seed = 2166136261u;

	for (size_t i = 0; i < n; i++)
		seed = (seed ^ p[i]) * 16777619u;
	return seed;
}

static inline bool stream_more(struct stream *s)
{
	size_t step = s->step;

	if (s->have == s->n)
		return false;
	if (step == 0) {
		s->seed = s->seed * 1103515245 + 12345;
		step = 1 + (s->seed >> 16) % 16;
	}
	s->have += step < s->n - s->have ? step : s->n - s->have;
	return true;
}

/* A copy of exactly what is there; the caller frees. */
static inline char *stream_copy(const struct stream *s)
{
	return fuzz_copy(s->p + s->at, s->have - s->at);
}

static inline void reading_init(struct reading *r, size_t n)
{
	r->n = 0;
	r->status = 0;
	r->data_n = 0;
	r->data = malloc(n + 1);
	FUZZ_CHECK(r->data != NULL);
}

/* Takes a body out of the stream, as the sessions do. END, BAD, or MORE: the stream is over. */
static inline enum h1_body_result stream_body(struct stream *s, struct h1_body *b,
                                              struct reading *r)
{
	for (;;) {
		char *copy = stream_copy(s);
		size_t used;
		struct str piece;
		enum h1_body_result result = h1_body_next(b, copy, s->have - s->at, &used, &piece);

		FUZZ_CHECK(used <= s->have - s->at);
		if (piece.n > 0)
			memcpy(r->data + r->data_n, piece.p, piece.n);
		r->data_n += piece.n;
		s->at += used;
		free(copy);
		if (result == H1_BODY_DATA)
			continue;
		if (result != H1_BODY_MORE || !stream_more(s))
			return result;
	}
}

static inline bool same_text(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline void same_messages(const struct reading *a, const struct reading *b)
{
	FUZZ_CHECK(a->n == b->n && a->data_n == b->data_n);
	FUZZ_CHECK(memcmp(a->data, b->data, a->data_n) == 0);
	for (unsigned i = 0; i < a->n; i++) {
		const struct session_message *x = &a->m[i], *y = &b->m[i];

		FUZZ_CHECK(x->at == y->at && x->body == y->body && x->end == y->end);
		FUZZ_CHECK(x->status == y->status && x->content == y->content);
		FUZZ_CHECK(same_text(x->method, y->method) && same_text(x->target, y->target));
		FUZZ_CHECK(strcmp(x->host, y->host) == 0 && x->port == y->port);
		FUZZ_CHECK(x->complete == y->complete);
	}
}

#endif
