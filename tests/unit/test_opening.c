/* test_opening.c - what a client speaks, from its first bytes; the answer never depends on the cut.
 */
#include "unit.h"
#include "client/opening.h"

static enum opening of(const char *p, size_t n)
{
	return opening_of(unit_guard(p, n), n);
}

#define OF(literal) of("" literal, sizeof(literal) - 1)

/* Every shorter beginning answers the same or MORE, every longer one the same. */
static void stays(const char *p, size_t n, enum opening want)
{
	bool decided = false;

	for (size_t i = 0; i <= n; i++) {
		enum opening o = of(p, i);

		if (o == OPENING_MORE) {
			CU_ASSERT(!decided && i < OPENING_MAX);
			continue;
		}
		decided = true;
		UNIT_INT_EQ(o, want);
	}
	CU_ASSERT(decided);
}

#define STAYS(literal, want) stays("" literal, sizeof(literal) - 1, want)

static void test_requests(void)
{
	STAYS("GET http://mirror.example/ HTTP/1.1\r\n\r\n", OPENING_HTTP1);
	STAYS("POST / HTTP/1.1\r\n", OPENING_HTTP1);
	STAYS("PRINT / HTTP/1.1\r\n", OPENING_HTTP1);
	STAYS("PRI * HTTP/1.1\r\n\r\n", OPENING_HTTP1);
	STAYS("PRI * HTTP/2.0\n\n", OPENING_HTTP1);
	STAYS("\r\nGET / HTTP/1.1\r\n", OPENING_HTTP1);
	STAYS("\nGET / HTTP/1.1\n", OPENING_HTTP1);
	STAYS(" GET / HTTP/1.1\r\n", OPENING_HTTP1);
	STAYS("(rubbish)", OPENING_HTTP1);
	STAYS("SSH-2.0-OpenSSH_9.2\r\n", OPENING_HTTP1);
}

static void test_http2(void)
{
	STAYS("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", OPENING_HTTP2);
	UNIT_INT_EQ(OF("PRI * HTTP/2.0\r"), OPENING_MORE);
}

static void test_tls(void)
{
	STAYS("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", OPENING_TLS);
	STAYS("\x16\x03\x03\x00\x01", OPENING_TLS);
	STAYS("\x16\x03\x07\x00\x01", OPENING_OTHER);
	STAYS("\x16\x01", OPENING_OTHER);
	STAYS("\x15\x03\x01\x00\x02", OPENING_OTHER); /* an alert opens nothing */
	STAYS("\x80\x2e\x01\x03\x01", OPENING_OTHER); /* SSL 2 */
}

static void test_socks(void)
{
	STAYS("\x04\x01\x00\x50\x7f\x00\x00\x01\x00", OPENING_SOCKS4);
	STAYS("\x04\x02", OPENING_SOCKS4);
	STAYS("\x04\x09", OPENING_OTHER);
	STAYS("\x05\x01\x00", OPENING_SOCKS5);
	STAYS("\x05\x00", OPENING_OTHER);
}

static void test_every_first_byte(void)
{
	UNIT_INT_EQ(of("", 0), OPENING_MORE);
	for (int c = 0; c < 256; c++) {
		char bytes[OPENING_MAX];
		enum opening o;

		memset(bytes, c, sizeof bytes);
		o = of(bytes, sizeof bytes);
		CU_ASSERT(o != OPENING_MORE);
		CU_ASSERT((o == OPENING_HTTP1) ==
		          (c == '\r' || c == '\n' || (c >= ' ' && c < 0x7f)));
		CU_ASSERT(opening_name(o)[0] != '?');
	}
}

UNIT_MAIN("opening", {"requests", test_requests}, {"HTTP/2", test_http2}, {"TLS", test_tls},
          {"SOCKS", test_socks}, {"every first byte", test_every_first_byte})
