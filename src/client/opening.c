/* opening.c - what a client speaks, from the first bytes of its connection. */
#include "client/opening.h"
#include "base/obj.h"
#include "base/str.h"

/* 16 bytes of the preface tell it from any HTTP/1 request. */
static const struct str preface = STR_INIT("PRI * HTTP/2.0\r\n");

static enum opening of_tls(const unsigned char *p, size_t n)
{
	/* handshake (22), version 3.x */
	if (n >= 2 && p[1] != 3)
		return OPENING_OTHER;
	if (n >= 3)
		return p[2] <= 4 ? OPENING_TLS : OPENING_OTHER;
	return OPENING_MORE;
}

static enum opening of_socks(const unsigned char *p, size_t n)
{
	if (n < 2)
		return OPENING_MORE;
	if (p[0] == 4)
		return p[1] == 1 || p[1] == 2 ? OPENING_SOCKS4 : OPENING_OTHER;
	return p[1] != 0 ? OPENING_SOCKS5 : OPENING_OTHER;
}

static enum opening of_text(struct str s)
{
	s = str_slice(s, 0, OPENING_MAX);
	if (!str_starts(preface, s))
		return OPENING_HTTP1;
	return s.n == OPENING_MAX ? OPENING_HTTP2 : OPENING_MORE;
}

enum opening opening_of(const char *bytes, size_t n)
{
	const unsigned char *p = (const unsigned char *)bytes;

	if (n == 0)
		return OPENING_MORE;
	if (p[0] == 22)
		return of_tls(p, n);
	if (p[0] == 4 || p[0] == 5)
		return of_socks(p, n);
	if (p[0] == '\r' || p[0] == '\n') /* empty lines before a request (RFC 9112 2.2) */
		return OPENING_HTTP1;
	return p[0] >= ' ' && p[0] < 0x7f ? of_text((struct str){bytes, n}) : OPENING_OTHER;
}

const char *opening_name(enum opening o)
{
	static const char *const names[] = {[OPENING_MORE] = "too little",
	                                    [OPENING_HTTP1] = "HTTP/1",
	                                    [OPENING_HTTP2] = "HTTP/2",
	                                    [OPENING_TLS] = "TLS",
	                                    [OPENING_SOCKS4] = "SOCKS4",
	                                    [OPENING_SOCKS5] = "SOCKS5",
	                                    [OPENING_OTHER] = "no protocol that we know"};

	return (size_t)o < COUNT_OF(names) ? names[o] : "?";
}
