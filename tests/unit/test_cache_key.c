/* test_cache_key.c - canonical keys, specs and variants (RFC 9111 2, 4.1; HOSTILE 3). */
#include "unit_msg.h"
#include "base/err.h"
#include "policy/cache_key.h"

/* NUL shown as "|". */
static const char *shown(struct str s)
{
	static char text[2][1024];
	static int which;
	char *p = text[which ^= 1];

	AN(s.n < sizeof text[0]);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == 0 ? '|' : s.p[i];
	p[s.n] = 0;
	return p;
}

static const char *key_of(const char *method, const char *target, const char *partition)
{
	struct msg *m = unit_request(method, target, "");
	struct str key;

	AZ(cache_key_make(&unit_arena, m, &m->uri, NULL, str_of(partition), &key));
	return shown(key);
}

static void test_key(void)
{
	static const struct {
		const char *method, *target, *partition, *want;
	} rows[] = {
	    {"GET", "http://example.com/a?b=c", "", "1|G|http|example.com:80|/a?b=c||"},
	    {"HEAD", "http://example.com/a?b=c", "", "1|G|http|example.com:80|/a?b=c||"},
	    {"GET", "http://EXAMPLE.com./", "", "1|G|http|example.com:80|/||"},
	    {"GET", "http://example.com:8080/", "", "1|G|http|example.com:8080|/||"},
	    {"GET", "http://example.com:80/", "", "1|G|http|example.com:80|/||"},
	    {"GET", "https://example.com/", "", "1|G|https|example.com:443|/||"},
	    {"GET", "http://example.com", "", "1|G|http|example.com:80|/||"},
	    {"GET", "http://[2001:DB8::1]/", "", "1|G|http|[2001:db8::1]:80|/||"},
	    /* nothing decoded, merged, sorted or cut */
	    {"GET", "http://example.com/%41/../b//c?", "",
	     "1|G|http|example.com:80|/%41/../b//c?||"},
	    {"GET", "http://example.com/?b=1&a=2", "", "1|G|http|example.com:80|/?b=1&a=2||"},
	    {"GET", "http://example.com/", "lab", "1|G|http|example.com:80|/|lab|"},
	    {"GET", "/origin/form", "", "1|G|http|example.com:80|/origin/form||"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CU_ASSERT(
		    unit_same(str_of(key_of(rows[i].method, rows[i].target, rows[i].partition)),
		              str_of(rows[i].want), rows[i].target, (int)i));
}

/* What the owner names is left out; the rest stays byte for byte, in its order. */
static void test_ignored(void)
{
	static struct cache_key_rule v[] = {{STR_INIT(""), STR_INIT("countme"), false},
	                                    {STR_INIT(""), STR_INIT("utm_"), true},
	                                    {STR_INIT("sub.example.com"), STR_INIT("s"), false}};
	static const struct cache_key_rules rules = {v, COUNT_OF(v)};
	static const struct {
		const char *target, *want;
	} rows[] = {
	    {"http://example.com/a", "example.com:80|/a"},
	    {"http://example.com/a?", "example.com:80|/a?"},
	    {"http://example.com/a?countme=1", "example.com:80|/a"},
	    {"http://example.com/a?countme", "example.com:80|/a"},
	    {"http://example.com/a?b&countme=1&a=2", "example.com:80|/a?b&a=2"},
	    {"http://example.com/a?countme=1&b=1&utm_x=3&a=2&utm_=", "example.com:80|/a?b=1&a=2"},
	    {"http://example.com/a?&&countme&", "example.com:80|/a?&&"},
	    {"http://example.com/a?Countme&countmex&xcountme&c%6funtme",
	     "example.com:80|/a?Countme&countmex&xcountme&c%6funtme"},
	    {"http://example.com/a?x=countme&y=?countme=1",
	     "example.com:80|/a?x=countme&y=?countme=1"},
	    {"http://example.com/countme=1;a", "example.com:80|/countme=1;a"},
	    {"http://example.com/a?s=1", "example.com:80|/a?s=1"},
	    {"http://sub.example.com/a?s=1&t", "sub.example.com:80|/a?t"},
	    {"http://x.SUB.example.com/a?s=1&t", "x.sub.example.com:80|/a?t"},
	    {"http://xsub.example.com/a?s=1&t", "xsub.example.com:80|/a?s=1&t"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *m = unit_request("GET", rows[i].target, "");
		struct str key;
		const char *want = arena_printf(&unit_arena, "1|G|http|%s||%c", rows[i].want, 0).p;

		AZ(cache_key_make(&unit_arena, m, &m->uri, &rules, STR(""), &key));
		CU_ASSERT(unit_same(str_of(shown(key)), str_of(want), rows[i].target, (int)i));
	}
}

static void test_key_refused(void)
{
	struct msg *post = unit_request("POST", "http://example.com/", "");
	struct msg *get = unit_request("GET", "http://example.com/", "");
	struct msg *star = unit_request("OPTIONS", "*", "");
	struct uri ftp = get->uri;
	struct str key;

	UNIT_INT_EQ(cache_key_make(&unit_arena, post, &post->uri, NULL, STR(""), &key),
	            ERR_UNSUPPORTED);
	UNIT_INT_EQ(cache_key_of_uri(&unit_arena, &post->uri, NULL, STR(""), &key), 0);
	UNIT_STR_EQ(str_of(shown(key)), "1|G|http|example.com:80|/||");
	UNIT_INT_EQ(cache_key_of_uri(&unit_arena, &star->uri, NULL, STR(""), &key),
	            ERR_UNSUPPORTED);
	UNIT_INT_EQ(cache_key_make(&unit_arena, get, &get->uri, NULL, STR("a\0b"), &key), ERR_BAD);
	ftp.scheme = URI_OTHER;
	UNIT_INT_EQ(cache_key_make(&unit_arena, get, &ftp, NULL, STR(""), &key), ERR_UNSUPPORTED);
}

static void test_no_memory(void)
{
	struct msg *get = unit_request("GET", "http://example.com/", "Foo: 1\n");
	struct msg *r = unit_response(200, "Vary: foo\n");
	struct arena small;
	struct str s;

	arena_init(&small, 1);
	UNIT_INT_EQ(cache_key_make(&small, get, &get->uri, NULL, STR(""), &s), ERR_NOMEM);
	UNIT_INT_EQ(cache_key_vary_spec(&small, &r->fields, &s), ERR_NOMEM);
	UNIT_INT_EQ(cache_key_variant(&small, STR("foo\0"), &get->fields, &s), ERR_NOMEM);
	arena_fini(&small);
}

static void test_spec(void)
{
	static const struct {
		const char *lines;
		int rc;
		const char *want;
	} rows[] = {
	    {"", 0, ""},
	    {"Vary:\n", 0, ""},
	    {"Vary: ,, \n", 0, ""},
	    {"Vary: Accept-Encoding\n", 0, "accept-encoding|"},
	    {"Vary: User-Agent, accept\n", 0, "accept|user-agent|"},
	    {"Vary: b\nVary: a\n", 0, "a|b|"}, /* all lines, not the first only */
	    {"Vary: A,a\nVary: a\n", 0, "a|"},
	    {"Vary: *\n", ERR_UNSUPPORTED, ""},
	    {"Vary: a\nVary: b, *\n", ERR_UNSUPPORTED, ""},
	    {"Vary: a,b,c,d,e,f,g,h\n", 0, "a|b|c|d|e|f|g|h|"},
	    {"Vary: a,b,c,d,e,f,g,h,i\n", ERR_LIMIT, ""},
	    {"Vary: a,b,c,d,e,f,g,h,H,A\n", 0, "a|b|c|d|e|f|g|h|"},
	    {"Vary: a,b,c,d,e,f,g,h,i,*\n", ERR_UNSUPPORTED, ""},
	    {"Vary: a b\n", ERR_BAD, ""},
	    {"Vary: \"a\"\n", ERR_BAD, ""},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *m = unit_response(200, rows[i].lines);
		struct str spec = {"", 0};

		CU_ASSERT(unit_row(cache_key_vary_spec(&unit_arena, &m->fields, &spec), rows[i].rc,
		                   rows[i].lines));
		CU_ASSERT(
		    unit_row(cache_key_vary_check(&m->fields, NULL), rows[i].rc, rows[i].lines));
		if (rows[i].rc == 0)
			UNIT_STR_EQ(str_of(shown(spec)), rows[i].want);
	}
}

static void test_variant(void)
{
	static const struct {
		struct str spec;
		const char *lines, *want;
	} rows[] = {
	    {STR_INIT("foo\0"), "", "-|"},
	    {STR_INIT("foo\0"), "Foo:\n", "=|"}, /* missing is a value of its own */
	    {STR_INIT("foo\0"), "Foo: 1\n", "=1|"},
	    {STR_INIT("foo\0"), "fOO: 1, 2\n", "=1,2|"},
	    {STR_INIT("foo\0"), "Foo:  1 ,2,,\n", "=1,2|"},
	    {STR_INIT("foo\0"), "Foo: 1\nFoo: 2\n", "=1,2|"},
	    {STR_INIT("foo\0"), "Foo: \"a , b\"\n", "=\"a , b\"|"},
	    {STR_INIT("foo\0"), "Foo: A\n", "=A|"},
	    {STR_INIT("bar\0foo\0"), "Foo: 1\n", "-|=1|"},
	    {STR_INIT("accept-language\0"), "Accept-Language: DE, en ;q=0.5\n", "=de,en;q=0.5|"},
	    {STR_INIT("user-agent\0"), "User-Agent: x (a , b)\n", "=x (a , b)|"},
	    {STR_INIT("cookie\0"), "Cookie: a=1\nCookie: b=2\n", "=a=1; b=2|"},
	    {STR_INIT("accept-encoding\0"), "", "=0|"},
	    {STR_INIT("accept-encoding\0"), "Accept-Encoding: gzip\n", "=1|"},
	    {STR_INIT("accept-encoding\0"), "Accept-Encoding: br;q=1, x-gzip;q=0.1\n", "=1|"},
	    {STR_INIT("accept-encoding\0"), "Accept-Encoding: gzip;q=0\n", "=0|"},
	    {STR_INIT("accept-encoding\0"), "Accept-Encoding: br\n", "=0|"},
	    {STR_INIT("accept-encoding\0"), "Accept-Encoding: odd;;,\n", "=0|"},
	    {STR_INIT(""), "Foo: 1\n", ""},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *m = unit_request("GET", "http://example.com/", rows[i].lines);
		struct str values;

		UNIT_INT_EQ(cache_key_variant(&unit_arena, rows[i].spec, &m->fields, &values), 0);
		UNIT_STR_EQ(str_of(shown(values)), rows[i].want);
	}
}

static void test_damaged_spec(void)
{
	static const struct str rows[] = {STR_INIT("foo"), STR_INIT("\0"), STR_INIT("a\0\0"),
	                                  STR_INIT("a\0b"),
	                                  STR_INIT("a\0b\0c\0d\0e\0f\0g\0h\0i\0")};
	struct msg *m = unit_request("GET", "http://example.com/", "");
	struct str values;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str spec = {unit_guard(rows[i].p, rows[i].n), rows[i].n};

		UNIT_INT_EQ(cache_key_variant(&unit_arena, spec, &m->fields, &values), ERR_BAD);
	}
}

UNIT_MAIN("cache_key", {"ignored parameters", test_ignored},
          {"key: what the origin gets (RFC 9111 2)", test_key},
          {"key: what has none", test_key_refused}, {"no memory", test_no_memory},
          {"Vary: spec of all lines (4.1)", test_spec},
          {"Vary: values of a request (4.1)", test_variant},
          {"Vary: a damaged spec", test_damaged_spec})
