/* test_uri.c - targets and hosts, the normal form, the path of rules. */
#include "unit.h"
#include "base/err.h"
#include "http/uri.h"

static struct arena arena;

static void targets_accepted(void)
{
	static const struct {
		const char *in;
		enum uri_use use;
		enum uri_form form;
		const char *scheme, *host;
		int family;
		unsigned port;
		bool userinfo;
		const char *path;
	} rows[] = {
	    {"/", URI_FOR_REQUEST, URI_ORIGIN, "", "", 0, 0, false, "/"},
	    {"//x/%2e%2e%2f%0d%0a%00?a=b?c", URI_FOR_REQUEST, URI_ORIGIN, "", "", 0, 0, false,
	     "//x/%2e%2e%2f%0d%0a%00?a=b?c"},
	    {"/a|b{c}\"^`<>\\%zz%", URI_FOR_REQUEST, URI_ORIGIN, "", "", 0, 0, false,
	     "/a|b{c}\"^`<>\\%zz%"},
	    {"*", URI_FOR_OPTIONS, URI_ASTERISK, "", "", 0, 0, false, "*"},
	    {"http://Example.COM/A?B", URI_FOR_REQUEST, URI_ABSOLUTE, "http", "example.com", 0, 80,
	     false, "/A?B"},
	    {"HTTPS://a.:8443", URI_FOR_REQUEST, URI_ABSOLUTE, "https", "a", 0, 8443, false, "/"},
	    {"http://a?x", URI_FOR_REQUEST, URI_ABSOLUTE, "http", "a", 0, 80, false, "/?x"},
	    {"http://a", URI_FOR_OPTIONS, URI_ABSOLUTE, "http", "a", 0, 80, false, "*"},
	    {"http://a/", URI_FOR_OPTIONS, URI_ABSOLUTE, "http", "a", 0, 80, false, "/"},
	    {"FTP://h/f", URI_FOR_REQUEST, URI_ABSOLUTE, "ftp", "h", 0, 21, false, "/f"},
	    {"http://u:p@h:80/", URI_FOR_REQUEST, URI_ABSOLUTE, "http", "h", 0, 80, true, "/"},
	    {"http://192.168.0.1/", URI_FOR_REQUEST, URI_ABSOLUTE, "http", "192.168.0.1", 4, 80,
	     false, "/"},
	    {"http://[2001:DB8::0:1]:1/", URI_FOR_REQUEST, URI_ABSOLUTE, "http", "[2001:db8::1]", 6,
	     1, false, "/"},
	    {"http://1a.2b_c-d/", URI_FOR_REQUEST, URI_ABSOLUTE, "http", "1a.2b_c-d", 0, 80, false,
	     "/"},
	    {"Host:443", URI_FOR_CONNECT, URI_AUTHORITY, "", "host", 0, 443, false, ""},
	    {"[::ffff:1.2.3.4]:65535", URI_FOR_CONNECT, URI_AUTHORITY, "", "[::ffff:1.2.3.4]", 6,
	     65535, false, ""},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct uri u;

		UNIT_INT_EQ(
		    uri_parse_target(&arena, unit_guard_str(rows[i].in), rows[i].use, &u, NULL), 0);
		UNIT_INT_EQ(u.form, rows[i].form);
		UNIT_STR_EQ(u.scheme_name, rows[i].scheme);
		UNIT_STR_EQ(u.host, rows[i].host);
		UNIT_INT_EQ(u.family, rows[i].family);
		UNIT_INT_EQ(u.port, rows[i].port);
		CU_ASSERT_EQUAL(u.userinfo, rows[i].userinfo);
		UNIT_STR_EQ(u.path_query, rows[i].path);
	}
}

static void targets_refused(void)
{
	static const struct {
		const char *in;
		enum uri_use use;
	} rows[] = {
	    {"", URI_FOR_REQUEST},
	    {"a", URI_FOR_REQUEST},
	    {"*", URI_FOR_REQUEST},
	    {"**", URI_FOR_OPTIONS},
	    {"/a b", URI_FOR_REQUEST},
	    {"/a#b", URI_FOR_REQUEST},
	    {"/#", URI_FOR_REQUEST},
	    {"/a\tb", URI_FOR_REQUEST},
	    {"/a\x7f", URI_FOR_REQUEST},
	    {"/\x01", URI_FOR_REQUEST},
	    {"/\xC3\xA4", URI_FOR_REQUEST},
	    {"http:/a", URI_FOR_REQUEST},
	    {"http:a", URI_FOR_REQUEST},
	    {"http://", URI_FOR_REQUEST},
	    {"http:///x", URI_FOR_REQUEST},
	    {"http://?x", URI_FOR_REQUEST},
	    {"://a/", URI_FOR_REQUEST},
	    {"1http://a/", URI_FOR_REQUEST},
	    {"urn:x:y", URI_FOR_REQUEST},
	    {"a:80", URI_FOR_REQUEST},
	    {"http://a\\b/", URI_FOR_REQUEST},
	    {"http://u\\@h/", URI_FOR_REQUEST},
	    {"http://a@b@c/", URI_FOR_REQUEST},
	    {"http://a:0/", URI_FOR_REQUEST},
	    {"http://a:65536/", URI_FOR_REQUEST},
	    {"http://a:/", URI_FOR_REQUEST},
	    {"http://a:8x/", URI_FOR_REQUEST},
	    {"http://a:-1/", URI_FOR_REQUEST},
	    {"http://a:4294967376/", URI_FOR_REQUEST},
	    {"http://a%41/", URI_FOR_REQUEST},
	    {"http://a\xC3\xA4/", URI_FOR_REQUEST},
	    {"http://a,b/", URI_FOR_REQUEST},
	    {"a", URI_FOR_CONNECT},
	    {"/", URI_FOR_CONNECT},
	    {"http://a/", URI_FOR_CONNECT},
	    {"u@a:443", URI_FOR_CONNECT},
	    {"a:443/", URI_FOR_CONNECT},
	    {":443", URI_FOR_CONNECT},
	    {"*", URI_FOR_CONNECT},
	    {"a:443?x", URI_FOR_CONNECT},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct uri u;
		const char *why = NULL;

		UNIT_INT_EQ(
		    uri_parse_target(&arena, unit_guard_str(rows[i].in), rows[i].use, &u, &why),
		    ERR_BAD);
		CU_ASSERT(why != NULL && strstr(why, "RFC") != NULL);
	}
}

static void hosts_refused(void)
{
	static const char *const rows[] = {
	    "",
	    ".",
	    "a..b",
	    ".a",
	    "a b",
	    "a,b",
	    "a/b",
	    "a?b",
	    "u@a",
	    "a:b",
	    "a:1:2",
	    "::1",
	    "[::1",
	    "::1]",
	    "[]",
	    "[::1]x",
	    "[::1]:",
	    "[::1%25eth0]",
	    "[fe80::1%eth0]",
	    "[1.2.3.4]",
	    "[v1.x]",
	    "[::1] ",
	    "2130706433",
	    "0177.1",
	    "0x7f.1",
	    "127.1",
	    "1.2.3",
	    "1.2.3.4.5",
	    "1.2.3.256",
	    "01.2.3.4",
	    "1.2.3.04",
	    "a.1",
	    "a.0x",
	    "0x7f000001",
	    "a.0X1f",
	    "1.2.3.4..",
	    "a\x01",
	    "a\x7f",
	    "\xFF",
	    "a*b",
	    "*",
	    "a;b",
	    "a\"b",
	    "a\\b",
	    "a%b",
	    "1..2.3",
	    "256.256.256.256",
	    "0",
	    "a:00000080",
	    " a",
	    "a\t",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	char longest[300];
	struct uri u;
	const char *why = "";

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (uri_parse_host(&arena, unit_guard_str(rows[i]), 80, &u, NULL) != ERR_BAD) {
			fprintf(stderr, "accepted: %s\n", rows[i]);
			CU_FAIL("host");
		}
	memset(longest, 'a', sizeof longest);
	for (size_t i = 60; i < sizeof longest; i += 60)
		longest[i] = '.';
	UNIT_INT_EQ(uri_parse_host(&arena, STR("m\xc3\xbcller.example"), 80, &u, &why), ERR_BAD);
	CU_ASSERT(strstr(why, "A-label") != NULL);
	UNIT_INT_EQ(uri_parse_host(&arena, STR("m ller.example"), 80, &u, &why), ERR_BAD);
	CU_ASSERT(strstr(why, "A-label") == NULL);
	UNIT_INT_EQ(uri_parse_host(&arena, (struct str){longest, 254}, 80, &u, NULL), ERR_BAD);
	UNIT_INT_EQ(uri_parse_host(&arena, (struct str){longest, 253}, 80, &u, NULL), 0);
}

static void addresses(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"::", "::"},
	    {"::1", "::1"},
	    {"1::", "1::"},
	    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
	    {"2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	    {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
	    {"0:0:0:1::", "0:0:0:1::"},
	    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
	    {"::ffff:102:304", "::ffff:1.2.3.4"},
	    {"::1.2.3.4", "::102:304"},
	    {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
	    {"1::8", "1::8"},
	};
	static const char *const bad[] = {"",
	                                  ":",
	                                  ":::",
	                                  "1",
	                                  "1:",
	                                  ":1",
	                                  "1::2::3",
	                                  "1:2:3:4:5:6:7",
	                                  "1:2:3:4:5:6:7:8:9",
	                                  "1:2:3:4:5:6:7::8:9",
	                                  "12345::",
	                                  "::g",
	                                  "::1.2.3",
	                                  "::1.2.3.4:5",
	                                  "1:2:3:4:5:6:7:1.2.3.4",
	                                  "::1%1",
	                                  "1.2.3.4",
	                                  "1:2:3:4:5:6:7:8::",
	                                  "::01.2.3.4",
	                                  " ::1",
	                                  "1:2:3:4::5:6:7:8"};
	uint8_t a[16];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[URI_ADDRESS_TEXT];
		struct str_out o = str_out_of(text, sizeof text);

		CU_ASSERT_FATAL(uri_parse_ipv6(unit_guard_str(rows[i].in), a));
		uri_address_put_ipv6(&o, a);
		UNIT_STR_EQ(str_range(text, o.at), rows[i].out);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (uri_parse_ipv6(unit_guard_str(bad[i]), a)) {
			fprintf(stderr, "accepted: %s\n", bad[i]);
			CU_FAIL("address");
		}
	CU_ASSERT(uri_parse_ipv4(STR("255.0.10.1"), a) && a[0] == 255 && a[2] == 10);
	CU_ASSERT(!uri_parse_ipv4(STR("1. 2.3.4"), a) && !uri_parse_ipv4(STR("1.2.3."), a));
}

static void match_paths(void)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} rows[] = {
	    {"/", "/"},
	    {"/a/b?c/../d", "/a/b"},
	    {"/a/./b/../c", "/a/c"},
	    {"/..", "/"},
	    {"/../../a", "/a"},
	    {"/a/..", "/"},
	    {"/a/b/.", "/a/b/"},
	    {"/a/b/..", "/a/"},
	    {"//a//", "//a//"},
	    {"//..", "/"},
	    {"/%41%62", "/Ab"},
	    {"/a%20b", "/a b"},
	    {"/...", "/..."},
	    {"/%2541", "/%41"},
	    {"*", "*"},
	    {"", ""},
	    {"/%2e", NULL},
	    {"/%2E%2e/x", NULL},
	    {"/.%2e", NULL},
	    {"/a%2fb", NULL},
	    {"/a%5Cb", NULL},
	    {"/%00", NULL},
	    {"/%", NULL},
	    {"/%4", NULL},
	    {"/%zz", NULL},
	    {"/a%3F", "/a?"},
	    {"/%c3%a4", "/\xC3\xA4"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str out = STR_NONE;
		int r = uri_match_path(&arena, unit_guard_str(rows[i].in), &out);

		UNIT_INT_EQ(r, rows[i].out == NULL ? ERR_BAD : 0);
		if (rows[i].out != NULL)
			UNIT_STR_EQ(out, rows[i].out);
	}
}

static void resolve_and_write(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"/x#f", "http://h:8080/x"},
	    {"//B:80/y", "http://b/y"},
	    {"HTTPS://c", "https://c/"},
	    {"https://c:443/z", "https://c/z"},
	    {"//b?q", "http://b/?q"},
	    {"x", "http://h:8080/d/x"},
	    {"x/y?./..", "http://h:8080/d/x/y?./.."},
	    {"../x", "http://h:8080/x"},
	    {"../../../x/./y/../z", "http://h:8080/x/z"},
	    {"?q", "http://h:8080/d/a?q"},
	    {".", "http://h:8080/d/"},
	    {"..", "http://h:8080/"},
	    {"./", "http://h:8080/d/"},
	    {"x/..", "http://h:8080/d/"},
	    {"/a/./b/../.c/..d?/../e", "http://h:8080/a/.c/..d?/../e"},
	    {"//b/..//./x", "http://b//x"},
	    {"x:/y", NULL},
	    {"http:x", NULL},
	    {"./x:y", "http://h:8080/d/x:y"},
	};
	struct uri base, u, v;

	AZ(uri_parse_target(&arena, STR("http://H:8080/d/a?b/c"), URI_FOR_REQUEST, &base, NULL));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[100];
		struct str_out o = str_out_of(text, sizeof text);

		UNIT_INT_EQ(uri_resolve(&arena, &base, unit_guard_str(rows[i].in), &u),
		            rows[i].out != NULL ? 0 : ERR_UNSUPPORTED);
		if (rows[i].out == NULL)
			continue;
		uri_put(&o, &u);
		UNIT_STR_EQ(str_range(text, o.at), rows[i].out);
	}
	AZ(uri_parse_target(&arena, STR("*"), URI_FOR_OPTIONS, &v, NULL));
	UNIT_INT_EQ(uri_resolve(&arena, &v, STR("x/y"), &u), ERR_UNSUPPORTED);
	UNIT_INT_EQ(uri_resolve(&arena, &base, STR(""), &u), ERR_BAD);
	UNIT_INT_EQ(uri_resolve(&arena, &base, STR("//"), &u), ERR_BAD);
	UNIT_INT_EQ(uri_resolve(&arena, &base, STR("/\xC3"), &u), ERR_BAD);
	AZ(uri_parse_target(&arena, STR("http://h:8080/other"), URI_FOR_REQUEST, &v, NULL));
	CU_ASSERT(uri_same_origin(&base, &v) && uri_cmp(&base, &v) < 0 && uri_cmp(&v, &v) == 0);
	uri_set_scheme(&v, URI_HTTPS);
	CU_ASSERT(!uri_same_origin(&base, &v));
	UNIT_INT_EQ(v.port, 8080);
	UNIT_STR_EQ(uri_path(STR("/a?b")), "/a");
	UNIT_STR_EQ(uri_query(STR("/a?b?c")), "b?c");
	CU_ASSERT(uri_query(STR("/a")).p == NULL && uri_query(STR("/a?")).p != NULL);
}

static void without_memory(void)
{
	struct arena none;
	struct uri u;

	arena_init(&none, 1);
	UNIT_INT_EQ(uri_parse_host(&none, STR("Abc"), 80, &u, NULL), ERR_NOMEM);
	UNIT_INT_EQ(uri_parse_host(&none, STR("abc"), 80, &u, NULL), 0);
	UNIT_INT_EQ(uri_parse_target(&none, STR("http://a?x"), URI_FOR_REQUEST, &u, NULL),
	            ERR_NOMEM);
	arena_fini(&none);
	arena_fini(&arena); /* the last test: gives back what all took */
}

static void begin(void)
{
	arena_init(&arena, 0);
}

UNIT_MAIN("uri", {"begin", begin}, {"targets accepted", targets_accepted},
          {"targets refused", targets_refused}, {"hosts refused", hosts_refused},
          {"addresses", addresses}, {"match paths", match_paths},
          {"resolve and write", resolve_and_write}, {"without memory", without_memory})
