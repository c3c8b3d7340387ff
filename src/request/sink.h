/* sink.h - what a request needs from whoever asked: a struct of functions that a session fills in.
 *
 * Owned by request, implemented in client (h1_session; later h2, SOCKS). The session calls down:
 * request_writable(), request_body_ready(), request_client_gone(). Nothing here blocks.              */
#ifndef REQUEST_SINK_H
#define REQUEST_SINK_H

#include "conf/conf.h"
#include "http/msg.h"
#include "net/conn.h"

#define SINK_UNKNOWN UINT64_MAX

struct sink;
struct tunnel;
struct sink_ops {
	/* The final head (status, reason, fields without framing ones: the session adds Content-Length, Transfer-Encoding and
	 * Connection). length: of the body that follows, SINK_UNKNOWN = chunked (HTTP/1.1) or until close. no_body: HEAD, 204, 304, 205 with
	 * nothing: then length, if known, is only told. It is serialised at once (the fields may go) and leaves with the first body bytes or
	 * end(). 0, ERR_LIMIT/ERR_BAD when it cannot be written (then answer otherwise), ERR_NOMEM. */
	int (*head)(struct sink *s, const struct msg *head, uint64_t length, bool no_body);
	/* Body bytes. Taken (> 0), ERR_AGAIN (request_writable comes; also while an earlier request of the pipeline
	 * is being answered), other negative: the client is gone. */
	ssize_t (*write)(struct sink *s, const struct iovec *v, int n);
	/* The body is complete; trailers may be NULL. 0; ERR_AGAIN: call again at request_writable; negative: gone. */
	int (*end)(struct sink *s, const struct fields *trailers);
	/* The answer cannot be completed: if its head has gone out, a visible break. The session ends. */
	void (*broken)(struct sink *s);
	/* A 1xx head. Passed on only to clients that can stand it. */
	void (*interim)(struct sink *s, const struct msg *head);
	/* The request's body: lend gives the next piece (> 0), 0 at its end, ERR_AGAIN (request_body_ready comes), other negative: the client broke
	 * off or sent rubbish. consume drops n bytes of what was lent. */
	ssize_t (*body_lend)(struct sink *s, struct str *piece);
	void (*body_consume)(struct sink *s, size_t n);
	const struct fields *(*body_trailers)(struct sink *s); /* after its end; NULL = none */
	/* Answers "100 Continue" now if the client waits for it (Expect) and nothing was sent. */
	void (*want_body)(struct sink *s);
	/* A tunnel takes the client's connection: bytes that came early are in *early (valid until the next call). The session does not read
	 * or write any more. The request ends without `finished`: sink->tunnel is told when the connection moves (tunnel_run) or must end
	 * (tunnel_client_gone), and calls `finished` at its end; then the session closes. */
	struct conn *(*tunnel)(struct sink *s, struct str *early);
	/* The request is over. keep: the session may go on (framing was clean). The sink may be freed by this. */
	void (*finished)(struct sink *s, bool keep);
	/* Must the connection close after this answer (so that respond can say so)? */
	void (*close_after)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
	const struct conf *conf;
	const struct conf_listener *listener;
	const union conn_address *peer;      /* the client */
	const union conn_address *local;     /* where it connected to */
	unsigned http_minor;                 /* of the request: 0 or 1 */
	uint64_t sent;                       /* bytes of the answer that left, for the log */
	bool waits_for_continue;             /* Expect: 100-continue and nothing sent yet */
	struct tunnel *tunnel;               /* it has the connection, and the request is gone; NULL: none */
};

#endif
