/* source_http.h - one exchange with an origin over HTTP/1.1: request out, heads and body in.
 *
 * Used by fills. Takes a connection from the pool, or dials; writes the request head and, piece by
 * piece, its body; parses what comes back strictly (HOSTILE 2): anything ambiguous is a failure, a
 * body is complete only when its framing says so. Reads into a buffer of the worker, so nothing is
 * held while nothing waits; only an incomplete head, and what the fill does not take, is copied
 * into x->in. The connection goes back to the pool only after a clean end. Deadlines are the
 * fill's. */
#ifndef SOURCE_SOURCE_HTTP_H
#define SOURCE_SOURCE_HTTP_H

#include "base/buf.h"
#include "conf/conf.h"
#include "http/h1.h"
#include "http/h1_body.h"
#include "http/msg.h"
#include "net/dial.h"
#include "source/pool.h"

#define SOURCE_HTTP_READ (64 * 1024)      /* bytes of one read */
#define SOURCE_HTTP_READ_MAX (256 * 1024) /* while a large body comes that is stored */
#define SOURCE_HTTP_INTERIM_MAX 16        /* 1xx heads per request */
#define SOURCE_HTTP_PIECE_MAX (16 * 1024) /* of the request's body at a time */

struct source_http;
struct source_http_ops { /* upward: the fill. Each may call any function below, also _close. */
	/* The connection stands, the request head was written or waits for room. Not from inside
	 * source_http_start. */
	void (*on_open)(struct source_http *x);
	/* A 1xx head, 100 included, 101 not. */
	void (*on_interim)(struct source_http *x, const struct msg *head);
	/* The final head (or 101), checked; its strings lie in `raw` and are valid during the call.
	 */
	void (*on_head)(struct source_http *x, const struct msg *head, struct str raw);
	/* Body bytes, valid during the call; returns how many were taken. Fewer: reading pauses
	 * until source_http_resume(), then the rest is offered again. */
	size_t (*on_body)(struct source_http *x, const char *p, size_t n);
	/* Complete. The connection has gone back to the pool or was closed. trailers: NULL if none.
	 */
	void (*on_end)(struct source_http *x, const struct fields *trailers);
	/* Over. retry_ok: nothing came back on a reused connection, a new one may be tried (RFC
	 * 9110 9.2.2 is the caller's). why and proxy_error (RFC 9209 2.3) are static. */
	void (*on_fail)(struct source_http *x, int err, const char *why, const char *proxy_error,
	                bool retry_ok);
	/* The origin can take more of the request's body. */
	void (*on_writable)(struct source_http *x);
};

enum source_http_phase {
	SOURCE_HTTP_IDLE, /* nothing under way */
	SOURCE_HTTP_OPEN, /* dialling */
	SOURCE_HTTP_HEAD, /* request goes out, the final head is awaited */
	SOURCE_HTTP_BODY,
	SOURCE_HTTP_LAST,   /* the body is complete, the end was not told yet (paused) */
	SOURCE_HTTP_SWITCH, /* a 101 came; told from a clean stack, so that nothing is in use */
	SOURCE_HTTP_TUNNEL  /* a bare connection: source_http_take_fd */
};

struct source_http_ask {
	const union conn_address *at; /* judged addresses with port; copied where needed */
	int count;
	bool may_reuse;  /* an idle connection will do */
	struct str head; /* the whole request head; must live until the exchange ends */
	enum msg_method method;
	enum msg_body body; /* NONE, LENGTH or CHUNKED: source_http_send_*() follow */
	struct str upgrade; /* what was offered; "" = 101 is not expected */
	bool tunnel;        /* dial only: on_open, then source_http_take_fd() */
};

#define SOURCE_HTTP_MAGIC 0x50c8a770
struct source_http {
	unsigned magic;
	const struct source_http_ops *ops;
	const struct conf *conf;
	struct arena *arena; /* for trailers */
	struct source_http_ask ask;
	enum source_http_phase phase;
	struct pool_conn *pc;
	struct dial *dial;
	struct loop_call again; /* goes on from a clean stack */
	struct buf out;         /* of the request, what the socket did not take */
	struct buf in;          /* an incomplete head, or bytes that were not taken */
	size_t decoded;         /* leading bytes of `in` that are body already */
	struct buf early;       /* of the other protocol, behind a 101 */
	struct h1_head head;
	struct h1_body body;
	struct field *fv; /* fields of a head that came in pieces, else NULL */
	struct msg msg;
	struct fields trailers;
	unsigned interim;
	unsigned busy; /* callbacks under way: memory stays */
	bool opened;   /* on_open was called */
	bool reused;
	bool paused;
	bool something_came;
	bool sent_all; /* the request is complete */
	bool sending_failed;
	bool keep;  /* the connection may go back to the pool */
	bool ended; /* eof was read */
	size_t read_size;
	uint64_t sent_body; /* bytes of the request's body that were taken */
	uint64_t received;  /* bytes read in this exchange */
};

void source_http_init(struct source_http *x, const struct source_http_ops *ops,
                      const struct conf *conf, struct arena *arena);
/* Begins; not from inside on_head, on_interim or on_body. Never calls back before it returns. 0 or
 * ERR_NOMEM. */
int source_http_start(struct source_http *x, const struct source_http_ask *ask);
/* Over an fd that is connected already: for tests. Else as start. */
int source_http_start_fd(struct source_http *x, int fd, const union conn_address *peer,
                         const struct source_http_ask *ask);
/* A piece of the request's body, framed here: bytes taken, at most SOURCE_HTTP_PIECE_MAX; ERR_AGAIN
 * (on_writable comes); ERR_CLOSED: the origin takes no more (its answer may still come). */
ssize_t source_http_send(struct source_http *x, struct str piece);
/* The request's body is complete. 0, ERR_AGAIN, ERR_CLOSED, or ERR_BAD when the trailers cannot be
 * written or the length is not what was said. */
int source_http_send_end(struct source_http *x, const struct fields *trailers);
/* No byte is handed on any more until source_http_resume(). */
void source_http_pause(struct source_http *x);
/* Reads on, from the end of this turn. */
void source_http_resume(struct source_http *x);
/* Bytes of the body that are still to come, SINK-like UINT64_MAX when unknown. */
uint64_t source_http_left(const struct source_http *x);
/* Who is connected; NULL before. */
const union conn_address *source_http_peer(const struct source_http *x);
/* The connection's fd after on_open of a tunnel or on_head of a 101; what came early moves into
 * *early. -1: gone. */
int source_http_take_fd(struct source_http *x, struct buf *early);
/* Ends it without a call; the connection is closed. Any time, twice is once. */
void source_http_close(struct source_http *x);

#endif
