/* msg.h - one HTTP message: its head as parsed, and what that head means for framing.
 *
 * h1 (and later h2, FTP, local pages) fills a struct msg; msg_request_check() or
 * msg_response_check() then decides framing, connection and all semantic refusals of RFC 9110 and
 * 9112. Nobody reads Content-Length or Transfer-Encoding from the fields afterwards: body, length
 * and has_length are the only truth, and what goes out is written from them. All strings are
 * borrowed (the head's bytes or the arena). */
#ifndef HTTP_MSG_H
#define HTTP_MSG_H

#include "http/fields.h"
#include "http/uri.h"

enum msg_kind { MSG_REQUEST, MSG_RESPONSE };

enum msg_method {
	METHOD_OTHER = 0, /* a token that is not in the table; see method_name */
#define METHOD(id, name, safe, idempotent) METHOD_##id,
#include "tbl/methods.h"
#undef METHOD
	METHOD_COUNT
};

enum msg_body {
	MSG_BODY_NONE,
	MSG_BODY_LENGTH, /* length bytes (may be 0) */
	MSG_BODY_CHUNKED,
	MSG_BODY_UNTIL_CLOSE /* responses only */
};

struct msg {
	/* as parsed */
	uint8_t kind;    /* enum msg_kind */
	uint8_t minor;   /* version 1.minor: 0 or 1 (higher ones are 1) */
	uint8_t method;  /* enum msg_method; of a response: unused */
	uint16_t status; /* of a response, 100-599 */
	struct str method_name;
	struct str target; /* of a request, as sent */
	struct str reason; /* of a response; "" when it was unfit (over 128 bytes, controls) */
	struct fields fields;
	struct fields trailers; /* filled by h1_body when the caller gave it room */
	/* as judged by msg_request_check() / msg_response_check() */
	uint8_t body;    /* enum msg_body */
	bool has_length; /* a Content-Length counts; also on HEAD and 304, where body is NONE */
	uint64_t length; /* its value */
	bool keep_alive; /* this side's connection may carry another message afterwards */
	bool expect_continue;
	struct str upgrade; /* the Upgrade value when the Connection lists it and it holds no h2c */
	struct uri uri; /* of a request: from the target, else from Host; scheme http by default */
};

/* status 0: go on. Else the status to answer with (for a response: 502), why (static, names the RFC
 * section), and whether the connection must close without another byte read as a message. */
struct msg_verdict {
	int status;
	const char *why;
	bool close;
};

/* Room for fields: v[0, max) for the head. Everything else is zeroed. */
void msg_init(struct msg *m, enum msg_kind kind, struct field *v, unsigned max);

/* Fills the judged part of a parsed request. Answers
 *   400 Content-Length with Transfer-Encoding, or bad, repeated, listed, above 2^63-1
 * (9112 6.1, 6.3) 400 Transfer-Encoding in 1.0, twice, or not exactly chunked at the end; 501 for
 * other codings (6.1) 400 Host missing in 1.1, repeated, empty or malformed (3.2); target of a
 * wrong form 400 CONNECT with framing fields (9110 9.3.6); TRACE with a body (9.3.8) 400 Upgrade
 * (not h2c) with a body (a byte sent early is the session's to see) 417 an expectation other than
 * 100-continue in 1.1 (10.1.1); the connection may go on 400 more than MSG_CONNECTION_MAX
 * Connection options; 500 when the arena is full. Fields are kept, except: Host is removed when the
 * target is in absolute form (9112 3.2.2; uri holds the truth), Upgrade and HTTP2-Settings when h2c
 * is offered, Expect in 1.0. */
struct msg_verdict msg_request_check(struct msg *m, struct arena *a);

/* Fills the judged part of a parsed response to a request with that method (enum msg_method).
 * Answers 502 for framing that section 1 refuses, for Transfer-Encoding that is not exactly
 * chunked, for different or listed lengths. With both, TE counts, Content-Length is removed,
 * keep_alive is false. 1xx, 204, 304 and answers to HEAD have no body; 2xx to CONNECT neither, its
 * framing fields are removed. */
struct msg_verdict msg_response_check(struct msg *m, enum msg_method request);

#define MSG_CONNECTION_MAX 64

/* Must this line stay behind at this hop (RFC 9110 7.6.1)? True for Connection, Proxy-Connection,
 * Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade, HTTP2-Settings, Proxy-Authenticate,
 * Proxy-Authorization, Proxy-Authentication-Info, and for what Connection lists, except the
 * protected Host, Content-*, Transfer-Encoding, Cache-Control, Authorization, X-Forwarded-*,
 * Forwarded, Via, Cookie, Set-Cookie, Date, Age, Expires, ETag, Last-Modified, Vary, Range and
 * conditional fields. Content-Length is not hop-by-hop here, but a writer replaces it by
 * msg.length. After msg_*_check(). */
bool msg_is_hop_by_hop(const struct msg *m, const struct field *f);

/* METHOD_OTHER when unknown; methods compare with case. */
enum msg_method msg_method_of(struct str name);
struct str msg_method_name(enum msg_method method);    /* {NULL,0} for OTHER */
bool msg_method_is_safe(enum msg_method method);       /* RFC 9110 9.2.1; OTHER is not */
bool msg_method_is_idempotent(enum msg_method method); /* 9.2.2; OTHER is not */
/* The standard phrase; for an unknown status that of its class ("Unknown" is never empty). */
struct str msg_reason(int status);
/* Is a status in the table? Unknown ones are treated as x00 (RFC 9110 15). */
bool msg_status_known(int status);
/* May a response with that status to that method have content (RFC 9110 6.4.1)? */
bool msg_may_have_body(int status, enum msg_method request);

#endif
