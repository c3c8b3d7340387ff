/* source_http.h - one exchange with an origin over HTTP/1.1: request out, heads and body in.
 *
 * Used by fills. Takes a connection from the pool, or dials; writes the request head and, piece by
 * piece, its body; parses what comes back strictly (HOSTILE 2): anything ambiguous is a failure, a
 * body is complete only when its framing says so. Reads into a buffer of the worker, so nothing is held
 * while nothing waits. The connection goes back to the pool only after a clean end.                    */
#ifndef SOURCE_SOURCE_HTTP_H
#define SOURCE_SOURCE_HTTP_H

#include "base/buf.h"
#include "conf/conf.h"
#include "http/h1.h"
#include "http/h1_body.h"
#include "http/msg.h"
#include "source/pool.h"

struct source_http;
struct source_http_ops { /* upward: the fill */
	void (*on_interim)(struct source_http *x, const struct msg *head);
	/* The final head; fields valid during the call. */
	void (*on_head)(struct source_http *x, const struct msg *head);
	/* Body bytes, valid during the call; returns how many were taken. Fewer: reading pauses until source_http_resume(). */
	size_t (*on_body)(struct source_http *x, const char *p, size_t n);
	void (*on_end)(struct source_http *x, const struct fields *trailers);
	/* Over. retry_ok: nothing came back on a reused connection, a new one may be tried (RFC 9110 9.2.2 is the caller's). */
	void (*on_fail)(struct source_http *x, int err, const char *why, const char *proxy_error, bool retry_ok);
	/* The origin can take more of the request's body. */
	void (*on_writable)(struct source_http *x);
};
