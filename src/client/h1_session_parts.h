/* h1_session_parts.h - what the parts of the HTTP/1 session share. For h1_session*.c only.
 *
 * A session has a list of exchanges, oldest first: a request under way and its answer. Only the
 * oldest writes. Everything moves in h1_session_run, which is never re-entered: what happens inside
 * a request's machine is noted (h1_session_soon) and acted upon afterwards, from a clean stack. */
#ifndef CLIENT_H1_SESSION_PARTS_H
#define CLIENT_H1_SESSION_PARTS_H

#include "base/buf.h"
#include "base/list.h"
#include "client/h1_session.h"
#include "http/h1_body.h"
#include "http/msg.h"
#include "request/sink.h"

struct request;

enum h1_session_state {
	H1_SESSION_OPEN,
	H1_SESSION_TUNNEL, /* the tunnel of the only exchange has the connection */
	H1_SESSION_LINGER, /* our side is half-closed; what still comes is dropped */
	H1_SESSION_OVER    /* closed; freed at the end of the run */
};

/* What its timer stands for. */
enum h1_session_wait {
	H1_SESSION_WAIT_NOTHING,
	H1_SESSION_WAIT_IDLE,
	H1_SESSION_WAIT_HEAD,  /* some bytes of a head are there */
	H1_SESSION_WAIT_WRITE, /* the client does not take what we have */
	H1_SESSION_WAIT_BODY,  /* the client does not send the body that is asked for */
	H1_SESSION_WAIT_DRAIN, /* the rest of a body that nobody wants */
	H1_SESSION_WAIT_LINGER
};

/* A request's body while it comes in. Raw bytes lie in session->in. */
#define H1_SESSION_BODY_MAGIC 0x41b0d701
struct h1_session_body {
	unsigned magic;
	bool wanted;      /* lend answered ERR_AGAIN: the request waits for bytes */
	bool ended;       /* all of it has come */
	int err;          /* it never will */
	size_t piece;     /* bytes at the front of session->in that are data */
	uint64_t dropped; /* raw bytes that were read and thrown away */
	struct h1_body decoder;
};

enum h1_session_framing {
	H1_SESSION_NO_BODY,
	H1_SESSION_LENGTH,
	H1_SESSION_CHUNKED,
	H1_SESSION_UNTIL_CLOSE
};

#define H1_EXCHANGE_MAGIC 0x41e8c401
struct h1_exchange {
	unsigned magic;
	struct sink sink;
	struct list link;
	struct h1_session *session;
	struct request *request; /* NULL: broke before its turn; the session breaks when it comes;
	                            or a tunnel has taken over */
	struct h1_session_body *body; /* NULL: none */
	struct buf out;               /* bytes of head and framing that wait */
	uint64_t left;                /* LENGTH: body bytes still owed */
	uint64_t chunk_left;          /* CHUNKED: of the chunk whose size was sent */
	uint8_t framing;              /* enum h1_session_framing */
	/* from the request's head */
	bool keep_alive, connect, upgrade, apt, wants_trailers;
	/* of the answer */
	bool close;     /* it is the last on this connection, and says so */
	bool head_made; /* serialised, maybe gone */
	bool end_made;  /* the same of its last byte */
	bool ended;     /* all of it has left */
	bool waits;     /* a write answered ERR_AGAIN: request_writable is due */
	bool tunnel;
};

#define H1_SESSION_MAGIC 0x41535e01
struct h1_session {
	unsigned magic;
	uint8_t state, wait; /* enum h1_session_state, h1_session_wait */
	bool running, again; /* inside h1_session_run; it has more to do */
	bool opened;         /* the first bytes were HTTP/1's */
	bool last;           /* no further byte is a request */
	bool closing;        /* the answer that said "close" has gone out */
	bool hold;           /* the next head waits until nothing is under way */
	bool hung;           /* the client reset or closed both ways */
	bool dropping;       /* requests are being ended by us */
	unsigned count;      /* exchanges */
	const struct h1_session_port *port;
	struct conn conn;
	struct loop_timer timer;
	struct loop_call call;
	struct list link; /* idle (longest first) or busy sessions */
	struct list exchanges;
	struct buf in;                 /* bytes that were read and not used yet */
	size_t seen;                   /* of them, so many hold no complete head */
	struct h1_session_body *drain; /* of an answered request, being dropped */
	uint64_t mark;                 /* bytes moved when the window of the timer began */
};

/* h1_session.c */
extern bool h1_session_draining;
void h1_session_run(struct h1_session *s);
void h1_session_soon(struct h1_session *s); /* run again: in this run, or at the end of the turn */
void h1_session_mark_idle(struct h1_session *s, bool is_idle);
/* Over at once; requests under way end without an answer. reset: so that the client sees a break.
 * From a clean stack, or from inside a request's own call (then its request ends when that
 * returns). */
void h1_session_close(struct h1_session *s, const char *why, bool reset);
struct h1_exchange *h1_session_oldest(struct h1_session *s);
/* A new last exchange without request; NULL without memory. */
struct h1_exchange *h1_session_exchange(struct h1_session *s, unsigned minor);
void h1_session_exchange_free(struct h1_exchange *x);

/* h1_session_deadline.c */
void h1_session_deadline_watch(struct h1_session *s); /* sets the timer for what it waits for now */
void h1_session_deadline_set(struct h1_session *s, enum h1_session_wait wait);
void h1_session_deadline_due(struct loop_timer *t);

/* h1_session_in.c */
/* Makes a request of the next head, reading if needed. True: something was done, call again. */
bool h1_session_in_next(struct h1_session *s);
/* Answers with a page and closes; msg: what could be parsed, or NULL. */
void h1_session_in_refuse(struct h1_session *s, const struct msg *msg, int status, const char *why);
/* Moves what is left of this run's bytes to session->in: 0 or ERR_NOMEM. */
int h1_session_in_keep(struct h1_session *s);
bool h1_session_in_has_bytes(const struct h1_session *s); /* other than empty lines */
/* Reads into memory of the worker, to be looked at or dropped at once. As conn_read; counts. */
ssize_t h1_session_in_scratch(struct h1_session *s, char **bytes);
ssize_t h1_session_in_read(struct h1_session *s, void *p, size_t n);

/* h1_session_body.c */
int h1_session_body_start(struct h1_exchange *x, const struct msg *msg); /* 0 or ERR_NOMEM */
void h1_session_body_free(struct h1_session_body *b);
ssize_t h1_session_body_lend(struct sink *sink, struct str *piece);
void h1_session_body_consume(struct sink *sink, size_t n);
const struct fields *h1_session_body_trailers(struct sink *sink);
/* May the connection go on after an answer that comes before the body's end? */
bool h1_session_body_may_drain(const struct h1_exchange *x);
/* Drops more of session->drain; when it is complete drain is NULL. */
void h1_session_body_drain(struct h1_session *s);

/* h1_session_out.c */
extern const struct sink_ops h1_session_out_ops;
int h1_session_out_flush(struct h1_exchange *x); /* 0, ERR_AGAIN, or gone */

#endif
