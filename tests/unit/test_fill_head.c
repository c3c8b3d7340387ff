/* test_fill_head.c - the request head that goes to an origin. */
#include "unit_msg.h"
#include "base/err.h"
#include "request/fill_head.h"

static const char *head_of(struct fill_head_input *in)
{
	struct str out;

	in->uri = &in->request->uri;
	if (in->via.p == NULL)
		in->via = STR("weir");
	AZ(fill_head_write(&unit_arena, in, &out));
	return arena_dup(&unit_arena, out).p;
}

static void test_plain(void)
{
	struct fill_head_input in = {
	    .request = unit_request("GET", "http://Example.com:8080/a?b=%20",
	                            "User-Agent: x\nRange: bytes=0-1\nAccept-Encoding: br\n"
	                            "Connection: close, X-Hop\nX-Hop: 1\nKeep-Alive: 5\n"
	                            "Proxy-Authorization: Basic eDp5\nTE: trailers\nVia: 1.0 a\n")};

	UNIT_STR_EQ(str_of(head_of(&in)), "GET /a?b=%20 HTTP/1.1\r\nHost: example.com:8080\r\n"
	                                  "User-Agent: x\r\nRange: bytes=0-1\r\n"
	                                  "Accept-Encoding: br\r\nVia: 1.0 a\r\n"
	                                  "Via: 1.1 weir\r\n\r\n");
}

static void test_shared(void)
{
	struct fill_head_input in = {
	    .request = unit_request(
	        "GET", "http://example.com/",
	        "Range: bytes=0-1\nIf-Range: \"a\"\nIf-None-Match: \"c\"\nIf-Modified-Since: x\n"
	        "If-Match: \"d\"\nAccept-Encoding: br, gzip;q=0.5\nCache-Control: max-age=0\n"),
	    .shared = true,
	    .if_none_match = STR("\"s\""),
	    .if_modified_since = STR("Sun, 06 Nov 1994 08:49:37 GMT")};

	UNIT_STR_EQ(str_of(head_of(&in)),
	            "GET / HTTP/1.1\r\nHost: example.com\r\nCache-Control: max-age=0\r\n"
	            "Accept-Encoding: gzip\r\nIf-None-Match: \"s\"\r\n"
	            "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\nVia: 1.1 weir\r\n\r\n");
	in.request = unit_request("GET", "http://example.com/", "Accept-Encoding: br\n");
	in.if_none_match = in.if_modified_since = STR_NONE;
	UNIT_STR_EQ(str_of(head_of(&in)), "GET / HTTP/1.1\r\nHost: example.com\r\n"
	                                  "Accept-Encoding: identity\r\nVia: 1.1 weir\r\n\r\n");
	/* apt: no Accept-Encoding, and none is made up. */
	in.request = unit_request("GET", "http://example.com/", "Accept: text/*\n");
	CU_ASSERT(strstr(head_of(&in), "Encoding") == NULL);
}

static void test_framing(void)
{
	struct fill_head_input in = {.request = unit_request("POST", "http://example.com/",
	                                                     "Content-Length: 007\n"
	                                                     "Expect: 100-continue\n")};
	const char *z = head_of(&in);

	CU_ASSERT(strstr(z, "Content-Length: 7\r\n") != NULL);
	CU_ASSERT(strstr(z, "Expect") == NULL);
	in.expect = true;
	CU_ASSERT(strstr(head_of(&in), "Expect: 100-continue\r\n") != NULL);
	in.request = unit_request("PUT", "http://example.com/", "Transfer-Encoding: CHUNKED\n");
	z = head_of(&in);
	CU_ASSERT(strstr(z, "Transfer-Encoding: chunked\r\n") != NULL);
	CU_ASSERT(strstr(z, "Content-Length") == NULL);
	in.request = unit_request("POST", "http://example.com/", "");
	CU_ASSERT(strstr(head_of(&in), "Content-Length: 0\r\n") != NULL);
	in.request = unit_request("GET", "http://example.com/", "");
	CU_ASSERT(strstr(head_of(&in), "Content-Length") == NULL);
}

static void test_forms(void)
{
	struct fill_head_input in = {.request = unit_request("OPTIONS", "http://example.com", "")};

	CU_ASSERT(strncmp(head_of(&in), "OPTIONS * HTTP/1.1\r\n", 20) == 0);
	in.request = unit_request("OPTIONS", "http://example.com/", "");
	CU_ASSERT(strncmp(head_of(&in), "OPTIONS / HTTP/1.1\r\n", 20) == 0);
	in.request = unit_request("GET", "http://example.com?q", "");
	CU_ASSERT(strncmp(head_of(&in), "GET /?q HTTP/1.1\r\n", 18) == 0);
	in.request = unit_request("GET", "http://[::1]:81/", "");
	CU_ASSERT(strstr(head_of(&in), "Host: [::1]:81\r\n") != NULL);
}

static void test_reverse(void)
{
	struct fill_head_input in = {
	    .request = unit_request("GET", "/a",
	                            "X-Forwarded-For: 1.2.3.4\nForwarded: for=x\n"
	                            "X-Original-URL: /admin\nX-Host: evil\nCookie: c\n"),
	    .reverse = true,
	    .client = STR("192.0.2.7")};

	UNIT_STR_EQ(str_of(head_of(&in)), "GET /a HTTP/1.1\r\nHost: example.com\r\nCookie: c\r\n"
	                                  "X-Forwarded-For: 192.0.2.7\r\n"
	                                  "X-Forwarded-Proto: http\r\nVia: 1.1 weir\r\n\r\n");
	in.reverse = false;
	CU_ASSERT(strstr(head_of(&in), "X-Forwarded-For: 1.2.3.4\r\n") != NULL);
}

static void test_upgrade(void)
{
	struct fill_head_input in = {.request =
	                                 unit_request("GET", "http://example.com/",
	                                              "Connection: Upgrade\nUpgrade: websocket\n"
	                                              "Sec-WebSocket-Version: 13\n"),
	                             .upgrade = true};

	CU_ASSERT(strstr(head_of(&in), "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n") !=
	          NULL);
	in.upgrade = false;
	CU_ASSERT(strstr(head_of(&in), "pgrade") == NULL);
}

UNIT_MAIN("fill_head", {"a plain request", test_plain}, {"for the cache", test_shared},
          {"framing", test_framing}, {"forms of the target", test_forms},
          {"behind a reverse listener", test_reverse}, {"Upgrade", test_upgrade})
