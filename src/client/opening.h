/* opening.h - what a client speaks, from the first bytes of its connection. PURE.
 *
 * Asked by the session before anything else reads them. Decides within OPENING_MAX bytes, and the
 * answer does not depend on how the bytes were cut: OPENING_MORE only while two protocols are still
 * possible. */
#ifndef CLIENT_OPENING_H
#define CLIENT_OPENING_H

#include <stddef.h>

#define OPENING_MAX 16

enum opening {
	OPENING_MORE,
	OPENING_HTTP1,  /* text; whether it is a request is for http/h1 to say */
	OPENING_HTTP2,  /* the preface of HTTP/2 with prior knowledge (RFC 9113 3.4) */
	OPENING_TLS,    /* a record with a handshake (RFC 8446 5.1) */
	OPENING_SOCKS4, /* CONNECT or BIND */
	OPENING_SOCKS5, /* RFC 1928 3 */
	OPENING_OTHER   /* binary of some other kind */
};

/* p[0, n) are the first bytes of the connection. */
enum opening opening_of(const char *p, size_t n);
/* "TLS", "SOCKS5" ... for the log. */
const char *opening_name(enum opening o);

#endif
