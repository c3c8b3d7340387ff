/* test_msg.c - what heads mean: the rows of framing, Host, Connection, Expect and Upgrade. */
#include "unit.h"
#include "base/err.h"
#include "http/h1.h"

static struct arena arena;
static struct field room[128];
static struct msg m;

/* Parses and judges; the head's bytes end at a forbidden page. */
static struct msg_verdict request(const char *line, const char *fields)
{
	char text[20000];
	int n = snprintf(text, sizeof text, "%s\r\n%s\r\n", line, fields);
	struct h1_head st = {0};
	ssize_t r = h1_parse_request(&st, &h1_limits_request, unit_guard(text, (size_t)n),
	                             (size_t)n, &m, room, 128);

	if (r != n) {
		fprintf(stderr, "no head: %s %s: %s\n", line, fields, st.why);
		CU_FAIL_FATAL("head");
	}
	return msg_request_check(&m, &arena);
}

static struct msg_verdict response(const char *line, const char *fields, enum msg_method method)
{
	char text[20000];
	int n = snprintf(text, sizeof text, "%s\r\n%s\r\n", line, fields);
	struct h1_head st = {0};

	CU_ASSERT_EQUAL_FATAL(h1_parse_response(&st, &h1_limits_response,
	                                        unit_guard(text, (size_t)n), (size_t)n, &m, room,
	                                        128),
	                      n);
	return msg_response_check(&m, method);
}

#define H "Host: a\r\n"
#define POST "POST / HTTP/1.1"
#define GET "GET / HTTP/1.1"

static void requests_refused(void)
{
	static const struct {
		const char *line, *fields;
		int status;
	} rows[] = {
	    {POST, H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400},
	    {POST, H "tRANSFER-eNCODING: chunked\r\ncONTENT-lENGTH: 3\r\n", 400},
	    {GET, H "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", 400},
	    {"POST / HTTP/1.0", H "Transfer-Encoding: chunked\r\n", 400},
	    {POST, H "Transfer-Encoding: gzip, chunked\r\n", 501},
	    {POST, H "Transfer-Encoding: foo;a=b, Chunked\r\n", 501},
	    {POST, H "Transfer-Encoding: chunked, gzip\r\n", 400},
	    {POST, H "Transfer-Encoding: gzip\r\n", 400},
	    {POST, H "Transfer-Encoding: chunked, chunked\r\n", 400},
	    {POST, H "Transfer-Encoding: chunked;a=b\r\n", 400},
	    {POST, H "Transfer-Encoding: gzip, chunked;a\r\n", 400},
	    {POST, H "Transfer-Encoding: \"chunked\"\r\n", 400},
	    {POST, H "Transfer-Encoding: chunked,\r\n", 400},
	    {POST, H "Transfer-Encoding: ,chunked\r\n", 400},
	    {POST, H "Transfer-Encoding: gzip,,chunked\r\n", 400},
	    {POST, H "Transfer-Encoding:\r\n", 400},
	    {POST, H "Transfer-Encoding: identity\r\n", 400},
	    {POST, H "Transfer-Encoding: identity, chunked\r\n", 400},
	    {POST, H "Transfer-Encoding: xchunked\r\n", 400},
	    {POST, H "Transfer-Encoding: chunked\xFF\r\n", 400},
	    {POST,
	     H "Transfer-Encoding: \xC2\xA0"
	       "chunked\r\n",
	     400},
	    {POST, H "Transfer-Encoding: chunked x\r\n", 400},
	    {POST, H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
	    {POST, H "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 400},
	    {POST, H "Content-Length:\r\n", 400},
	    {POST, H "Content-Length: +3\r\n", 400},
	    {POST, H "Content-Length: -3\r\n", 400},
	    {POST, H "Content-Length: 0x3\r\n", 400},
	    {POST, H "Content-Length: 3.0\r\n", 400},
	    {POST, H "Content-Length: 1e1\r\n", 400},
	    {POST, H "Content-Length: 1_0\r\n", 400},
	    {POST, H "Content-Length: \xD9\xA3\r\n", 400},
	    {POST, H "Content-Length: \"3\"\r\n", 400},
	    {POST, H "Content-Length: 3 3\r\n", 400},
	    {POST, H "Content-Length: 3, 4\r\n", 400},
	    {POST, H "Content-Length: 3, 3\r\n", 400},
	    {POST, H "Content-Length: 3,\r\n", 400},
	    {POST, H "Content-Length: 3\r\nContent-Length: 4\r\n", 400},
	    {POST, H "Content-Length: 3\r\nContent-Length: 3\r\n", 400},
	    {POST, H "Content-Length: 9223372036854775808\r\n", 400},
	    {POST, H "Content-Length: 18446744073709551619\r\n", 400},
	    {POST, H "Content-Length: 99999999999999999999999999999999\r\n", 400},
	    {GET, "", 400},
	    {GET, H H, 400},
	    {GET, "Host: a\r\nHost: b\r\n", 400},
	    {"GET / HTTP/1.0", H H, 400},
	    {GET, "Host:\r\n", 400},
	    {GET, "Host: a, b\r\n", 400},
	    {GET, "Host: a b\r\n", 400},
	    {GET, "Host: a/b\r\n", 400},
	    {GET, "Host: u@a\r\n", 400},
	    {GET, "Host: a:x\r\n", 400},
	    {GET, "Host: a:99999\r\n", 400},
	    {GET, "Host: [::1\r\n", 400},
	    {GET, "Host: http://a\r\n", 400},
	    {GET, "Host: 127.1\r\n", 400},
	    {"GET http://a/ HTTP/1.1", "", 400},
	    {"GET http://a/ HTTP/1.1", "Host: x y\r\n", 400},
	    {"GET http://a\\b/ HTTP/1.1", H, 400},
	    {"GET /#x HTTP/1.1", H, 400},
	    {"GET * HTTP/1.1", H, 400},
	    {"GET a:80 HTTP/1.1", H, 400},
	    {"GET a HTTP/1.1", H, 400},
	    {"GET /\xE4 HTTP/1.1", H, 400},
	    {"CONNECT / HTTP/1.1", H, 400},
	    {"CONNECT a HTTP/1.1", H, 400},
	    {"CONNECT a:443 HTTP/1.1", H "Content-Length: 0\r\n", 400},
	    {"CONNECT a:443 HTTP/1.1", H "Transfer-Encoding: chunked\r\n", 400},
	    {"TRACE / HTTP/1.1", H "Content-Length: 3\r\n", 400},
	    {"TRACE / HTTP/1.1", H "Transfer-Encoding: chunked\r\n", 400},
	    {POST, H "Expect: 200-ok\r\nContent-Length: 3\r\n", 417},
	    {POST, H "Expect: 100-continue, x\r\nContent-Length: 3\r\n", 417},
	    {POST, H "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n", 400},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg_verdict v = request(rows[i].line, rows[i].fields);

		if (v.status != rows[i].status || v.why == NULL || strstr(v.why, "RFC") == NULL ||
		    !v.close) {
			fprintf(stderr, "%s %s: %d %s\n", rows[i].line, rows[i].fields, v.status,
			        v.why);
			CU_FAIL("verdict");
		}
	}
}

static void requests_accepted(void)
{
	static const struct {
		const char *line, *fields;
		enum msg_body body;
		uint64_t length;
		bool keep;
	} rows[] = {
	    {GET, H, MSG_BODY_NONE, 0, true},
	    {POST, H "Transfer-Encoding: chunked\r\n", MSG_BODY_CHUNKED, 0, true},
	    {POST, H "Transfer-Encoding:  \t cHuNkEd \t\r\n", MSG_BODY_CHUNKED, 0, true},
	    {POST, H "Content-Length: 0000000000000000000000000000003\r\n", MSG_BODY_LENGTH, 3,
	     true},
	    {POST, H "Content-Length: 9223372036854775807\r\n", MSG_BODY_LENGTH, INT64_MAX, true},
	    {GET, H "Content-Length: 3\r\n", MSG_BODY_LENGTH, 3, true},
	    {"TRACE / HTTP/1.1", H "Content-Length: 0\r\n", MSG_BODY_LENGTH, 0, true},
	    {POST, H "Content_Length: 3\r\nTransfer_Encoding: chunked\r\n", MSG_BODY_NONE, 0, true},
	    {"GET / HTTP/1.0", "", MSG_BODY_NONE, 0, false},
	    {"GET / HTTP/1.0", "Connection: x, Keep-Alive\r\n", MSG_BODY_NONE, 0, true},
	    {"GET / HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n", MSG_BODY_NONE, 0,
	     false},
	    {GET, H "Connection: foo, CLOSE\r\n", MSG_BODY_NONE, 0, false},
	    {GET, H "Connection: closed\r\n", MSG_BODY_NONE, 0, true},
	    {GET, H "Connection: \"x, close\"\r\n", MSG_BODY_NONE, 0, false},
	    {"GET / HTTP/1.0", "Connection: keep-alive, \"close\"\r\n", MSG_BODY_NONE, 0, false},
	    {"BREW / HTTP/1.1", H, MSG_BODY_NONE, 0, true},
	    {"CONNECT a:443 HTTP/1.1", H, MSG_BODY_NONE, 0, true},
	    {"GET / HTTP/1.9", H, MSG_BODY_NONE, 0, true},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg_verdict v = request(rows[i].line, rows[i].fields);

		UNIT_INT_EQ(v.status, 0);
		UNIT_INT_EQ(m.body, rows[i].body);
		UNIT_INT_EQ(m.length, rows[i].length);
		UNIT_INT_EQ(m.keep_alive, rows[i].keep);
	}
}

static void target_wins_over_host(void)
{
	UNIT_INT_EQ(request("GET http://Target:8080/x HTTP/1.1", "Host: other\r\nX: y\r\n").status,
	            0);
	UNIT_STR_EQ(m.uri.host, "target");
	UNIT_INT_EQ(m.uri.port, 8080);
	CU_ASSERT(!fields_has(&m.fields, FIELD_HOST) && m.fields.n == 1);
	UNIT_INT_EQ(request("GET /x?y HTTP/1.1", "hOST: Other.:81\r\n").status, 0);
	UNIT_STR_EQ(m.uri.host, "other");
	UNIT_INT_EQ(m.uri.port, 81);
	UNIT_STR_EQ(m.uri.path_query, "/x?y");
	UNIT_STR_EQ(m.uri.scheme_name, "http");
	UNIT_INT_EQ(m.uri.form, URI_ORIGIN);
	UNIT_INT_EQ(request("GET / HTTP/1.0", "").status, 0);
	UNIT_INT_EQ(m.uri.host.n, 0);
	UNIT_INT_EQ(request("CONNECT B:444 HTTP/1.1", H).status, 0);
	UNIT_STR_EQ(m.uri.host, "b");
	UNIT_INT_EQ(request("OPTIONS * HTTP/1.1", H).status, 0);
	UNIT_STR_EQ(m.uri.host, "a");
	UNIT_STR_EQ(m.uri.path_query, "*");
}

static bool hops(const char *name)
{
	struct field *f = fields_get_name(&m.fields, str_of(name));

	CU_ASSERT_FATAL(f != NULL);
	return msg_is_hop_by_hop(&m, f);
}

static void hop_by_hop(void)
{
	UNIT_INT_EQ(
	    request(GET,
	            H "X-a: 1\r\nAccept: 1\r\nCache-Control: 1\r\nAuthorization: 1\r\nVia: 1\r\n"
	              "X-Forwarded-For: 1\r\nX-Forwarded-Ssl: 1\r\nContent-Type: 1\r\nKeep-Alive: "
	              "1\r\nTE: 1\r\n"
	              "X-b: 1\r\nx-A: 2\r\nProxy-Authorization: 1\r\n"
	              "Connection: x-A, accept, cache-control, authorization, via, host\r\n"
	              "Connection: x-forwarded-for, x-forwarded-ssl, content-type, not-there\r\n")
	        .status,
	    0);
	CU_ASSERT(hops("X-a") && hops("Accept") && hops("Keep-Alive") && hops("TE") &&
	          hops("Connection") && hops("Proxy-Authorization"));
	CU_ASSERT(!hops("Host") && !hops("Cache-Control") && !hops("Authorization") &&
	          !hops("Via"));
	CU_ASSERT(!hops("X-Forwarded-For") && !hops("X-Forwarded-Ssl") && !hops("Content-Type") &&
	          !hops("X-b"));
	CU_ASSERT(msg_is_hop_by_hop(&m, &m.fields.v[12]));
}

static void connection_is_bounded(void)
{
	char text[8000] = H "Connection: a";

	for (int i = 1; i < MSG_CONNECTION_MAX; i++)
		strcat(text, ",a");
	strcat(text, "\r\n");
	UNIT_INT_EQ(request(GET, text).status, 0);
	strcat(text, "Connection: b\r\n");
	UNIT_INT_EQ(request(GET, text).status, 400);
}

static void expect(void)
{
	UNIT_INT_EQ(request(POST, H "Expect: 100-Continue\r\nContent-Length: 3\r\n").status, 0);
	CU_ASSERT(m.expect_continue);
	UNIT_INT_EQ(request(GET, H "Expect: 100-continue\r\n").status, 0);
	CU_ASSERT(!m.expect_continue);
	UNIT_INT_EQ(
	    request("POST / HTTP/1.0", H "Expect: 100-continue\r\nContent-Length: 3\r\n").status,
	    0);
	CU_ASSERT(!m.expect_continue && !fields_has(&m.fields, FIELD_EXPECT));
	UNIT_INT_EQ(request("POST / HTTP/1.0", H "Expect: rubbish\r\nContent-Length: 3\r\n").status,
	            0);
	CU_ASSERT_FALSE(request(GET, H "Expect: rubbish\r\n").close);
}

static void upgrade(void)
{
	UNIT_INT_EQ(request(GET, H "Connection: Upgrade\r\nUpgrade: websocket\r\n").status, 0);
	UNIT_STR_EQ(m.upgrade, "websocket");
	UNIT_INT_EQ(request(GET, H "Upgrade: websocket\r\n").status, 0);
	UNIT_INT_EQ(m.upgrade.n, 0);
	UNIT_INT_EQ(
	    request("GET / HTTP/1.0", H "Connection: upgrade\r\nUpgrade: websocket\r\n").status, 0);
	UNIT_INT_EQ(m.upgrade.n, 0);
	UNIT_INT_EQ(request(POST, H "Content-Length: 3\r\nConnection: Upgrade, "
	                            "HTTP2-Settings\r\nUpgrade: foo, H2C\r\nHTTP2-Settings: x\r\n")
	                .status,
	            0);
	CU_ASSERT(m.upgrade.n == 0 && !fields_has(&m.fields, FIELD_UPGRADE) &&
	          !fields_has(&m.fields, FIELD_HTTP2_SETTINGS));
}

static void responses(void)
{
	static const struct {
		const char *line, *fields;
		enum msg_method method;
		int status;
		enum msg_body body;
		uint64_t length;
		bool keep;
	} rows[] = {
	    {"HTTP/1.1 200 OK", "Content-Length: 5\r\n", METHOD_GET, 0, MSG_BODY_LENGTH, 5, true},
	    {"HTTP/1.1 200 OK", "Content-Length: 5\r\nConnection: close\r\n", METHOD_GET, 0,
	     MSG_BODY_LENGTH, 5, false},
	    {"HTTP/1.1 200 OK", "Content-Length: 5\r\nConnection: \", close\r\n", METHOD_GET, 0,
	     MSG_BODY_LENGTH, 5, false},
	    {"HTTP/1.0 200 OK", "Content-Length: 5\r\n", METHOD_GET, 0, MSG_BODY_LENGTH, 5, false},
	    {"HTTP/1.1 200 OK", "Transfer-Encoding: Chunked\r\n", METHOD_GET, 0, MSG_BODY_CHUNKED,
	     0, true},
	    {"HTTP/1.1 200 OK", "", METHOD_GET, 0, MSG_BODY_UNTIL_CLOSE, 0, false},
	    {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", METHOD_GET,
	     0, MSG_BODY_CHUNKED, 0, false},
	    {"HTTP/1.1 200 OK", "Content-Length: 5\r\n", METHOD_HEAD, 0, MSG_BODY_NONE, 5, true},
	    {"HTTP/1.1 200 OK", "", METHOD_HEAD, 0, MSG_BODY_NONE, 0, true},
	    {"HTTP/1.1 304 N", "Content-Length: 5\r\n", METHOD_GET, 0, MSG_BODY_NONE, 5, true},
	    {"HTTP/1.1 204 N", "Content-Length: x\r\nTransfer-Encoding: y\r\n", METHOD_GET, 0,
	     MSG_BODY_NONE, 0, true},
	    {"HTTP/1.1 103 E", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", METHOD_GET, 0,
	     MSG_BODY_NONE, 0, true},
	    {"HTTP/1.1 200 C", "Content-Length: 5\r\n", METHOD_CONNECT, 0, MSG_BODY_NONE, 0, true},
	    {"HTTP/1.1 403 C", "Content-Length: 5\r\n", METHOD_CONNECT, 0, MSG_BODY_LENGTH, 5,
	     true},
	    {"HTTP/1.1 200 OK", "Content-Length: 5\r\nContent-Length: 6\r\n", METHOD_GET, 502, 0, 0,
	     false},
	    {"HTTP/1.1 200 OK", "Content-Length: 5, 5\r\n", METHOD_GET, 502, 0, 0, false},
	    {"HTTP/1.1 200 OK", "Content-Length: -5\r\n", METHOD_GET, 502, 0, 0, false},
	    {"HTTP/1.1 200 OK", "Content-Length: 99999999999999999999\r\n", METHOD_GET, 502, 0, 0,
	     false},
	    {"HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked\r\n", METHOD_GET, 502, 0, 0,
	     false},
	    {"HTTP/1.1 200 OK", "Transfer-Encoding: identity\r\n", METHOD_GET, 502, 0, 0, false},
	    {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	     METHOD_GET, 502, 0, 0, false},
	    {"HTTP/1.0 200 OK", "Transfer-Encoding: chunked\r\n", METHOD_GET, 502, 0, 0, false},
	    {"HTTP/1.1 304 N", "Content-Length: x\r\n", METHOD_GET, 502, 0, 0, false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg_verdict v = response(rows[i].line, rows[i].fields, rows[i].method);

		UNIT_INT_EQ(v.status, rows[i].status);
		if (v.status != 0)
			continue;
		UNIT_INT_EQ(m.body, rows[i].body);
		UNIT_INT_EQ(m.length, rows[i].length);
		UNIT_INT_EQ(m.keep_alive, rows[i].keep);
		if (m.body == MSG_BODY_CHUNKED || m.status < 200 || m.status == 204)
			CU_ASSERT(!fields_has(&m.fields, FIELD_CONTENT_LENGTH));
	}
	UNIT_INT_EQ(
	    response("HTTP/1.1 101 S", "Connection: upgrade\r\nUpgrade: websocket\r\n", METHOD_GET)
	        .status,
	    0);
	UNIT_STR_EQ(m.upgrade, "websocket");
}

static void tables(void)
{
	UNIT_INT_EQ(msg_method_of(STR("GET")), METHOD_GET);
	UNIT_INT_EQ(msg_method_of(STR("get")), METHOD_OTHER);
	UNIT_INT_EQ(msg_method_of(STR("PROPFIND")), METHOD_PROPFIND);
	UNIT_STR_EQ(msg_method_name(METHOD_PATCH), "PATCH");
	CU_ASSERT(msg_method_is_safe(METHOD_GET) && !msg_method_is_safe(METHOD_OTHER) &&
	          !msg_method_is_safe(METHOD_PUT));
	CU_ASSERT(msg_method_is_idempotent(METHOD_PUT) && !msg_method_is_idempotent(METHOD_POST));
	UNIT_STR_EQ(msg_reason(404), "Not Found");
	UNIT_STR_EQ(msg_reason(499), "Bad Request");
	UNIT_STR_EQ(msg_reason(999), "Unknown");
	CU_ASSERT(msg_status_known(511) && !msg_status_known(299));
	for (int s = 100; s < 600; s++)
		CU_ASSERT(msg_reason(s).n != 0);
	arena_fini(&arena);
}

static void begin(void)
{
	arena_init(&arena, 0);
}

UNIT_MAIN("msg", {"begin", begin}, {"requests refused", requests_refused},
          {"requests accepted", requests_accepted},
          {"target wins over host", target_wins_over_host}, {"hop by hop", hop_by_hop},
          {"connection is bounded", connection_is_bounded}, {"expect", expect},
          {"upgrade", upgrade}, {"responses", responses}, {"tables", tables})
