/* test_page.c - error pages: the three forms, and that nothing of the request gets out unescaped.
 */
#include "unit.h"
#include "request/page.h"

static struct arena arena;
static struct field fields[4];
static struct msg request;

static struct str make(const char *accept, const char *target, int status, const char *why,
                       struct str *type)
{
	struct str body;

	if (arena.magic == 0)
		arena_init(&arena, 0);
	arena_reset(&arena);
	msg_init(&request, MSG_REQUEST, fields, 4);
	request.target = str_of(target);
	if (accept != NULL)
		fields_add(&request.fields, FIELD_ACCEPT, str_of(accept));
	page_make(&arena, &request, status, why, STR("weir"), type, &body);
	return body;
}

static bool has(struct str s, const char *part)
{
	return memmem(s.p, s.n, part, strlen(part)) != NULL;
}

static void test_forms(void)
{
	struct str type, body;

	body = make(NULL, "http://a.example/", 502, "no answer", &type);
	CU_ASSERT(str_eq(type, STR("text/plain; charset=utf-8")));
	CU_ASSERT(str_eq(body, STR("502 Bad Gateway: no answer\n")));
	body = make("text/html,application/xhtml+xml;q=0.9", "/", 403, "rule", &type);
	CU_ASSERT(str_eq(type, STR("text/html; charset=utf-8")));
	CU_ASSERT(has(body, "<h1>403 Forbidden</h1>"));
	body = make("application/json", "/x", 504, "late", &type);
	CU_ASSERT(str_eq(type, STR("application/json")));
	CU_ASSERT(
	    str_eq(body, STR("{\"status\":504,\"reason\":\"Gateway Timeout\",\"why\":\"late\","
	                     "\"target\":\"/x\",\"server\":\"weir\"}\n")));
}

static void test_escaping(void)
{
	struct str type, body;

	body = make("text/html", "/\"><script>alert(1)</script>&\x01", 400, "<b>", &type);
	CU_ASSERT(!has(body, "<script>"));
	CU_ASSERT(!has(body, "<b>"));
	CU_ASSERT(has(body, "/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;?"));
	body = make("application/json", "/\"\\\x01\xff", 400, "q\"", &type);
	CU_ASSERT(has(body, "\"target\":\"/\\\"\\\\\\u0001\\u00ff\""));
	body = make(NULL, "/", 400, "two\r\nlines", &type);
	CU_ASSERT(str_eq(body, STR("400 Bad Request: two??lines\n")));
}

static void test_long_target_is_cut(void)
{
	static char target[20001];
	struct str type, body;

	memset(target, '<', sizeof target - 1);
	body = make("text/html", target, 414, "long", &type);
	CU_ASSERT(body.n > 0);
	CU_ASSERT(body.n < 4096);
}

static void test_no_memory(void)
{
	struct str type, body;

	make(NULL, "/", 400, "why", &type);
	arena_fini(&arena);
	arena_init(&arena, 1);
	page_make(&arena, &request, 400, "why", STR("weir"), &type, &body);
	CU_ASSERT(body.n == 0 && type.n > 0);
	arena_fini(&arena);
	arena_init(&arena, 0);
}

UNIT_MAIN("page", {"three forms by Accept", test_forms}, {"escaping", test_escaping},
          {"a long target is cut", test_long_target_is_cut}, {"no memory", test_no_memory})
