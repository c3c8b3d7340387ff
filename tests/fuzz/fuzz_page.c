/* fuzz_page.c - error pages: whatever target and Accept, nothing of the request gets out unescaped.
 *
 * First line: the Accept field; second: the target; the rest: why. */
#include "fuzz.h"
#include "base/obj.h"
#include "request/page.h"

/* "<script" and what else a target could bring stays text; no control byte but the page's own. */
static void check_html(struct str body)
{
	static const char tags[] = "<!DOCTYPE<html <head><meta <title><style>{</style>"
	                           "</title></head><body><h1></h1><p></p><code></code><footer>"
	                           "</footer></body></html>";

	for (size_t i = 0; i < body.n; i++) {
		unsigned char c = (unsigned char)body.p[i];
		size_t n = 1;

		FUZZ_CHECK((c >= 0x20 || c == '\n') && c != 0x7f);
		if (c != '<')
			continue;
		while (i + n < body.n && strchr(" >{", body.p[i + n]) == NULL)
			n++;
		FUZZ_CHECK(memmem(tags, sizeof tags - 1, body.p + i, n) != NULL);
	}
}

/* One object on one line; strings hold printable bytes and whole escapes only. */
static void check_json(struct str body)
{
	bool inside = false;

	FUZZ_CHECK(body.n > 3 && body.p[0] == '{' && body.p[body.n - 2] == '}' &&
	           body.p[body.n - 1] == '\n');
	for (size_t i = 0; i + 1 < body.n; i++) {
		FUZZ_CHECK(body.p[i] >= 0x20 && body.p[i] < 0x7f);
		if (body.p[i] == '"')
			inside = !inside;
		if (body.p[i] != '\\')
			continue;
		FUZZ_CHECK(inside && strchr("\"\\/bfnrtu", body.p[i + 1]) != NULL);
		i++;
	}
	FUZZ_CHECK(!inside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {400, 403, 404, 431, 502, 504, 599, 0};
	struct field v[2];
	struct msg m;
	struct arena a;
	char *p = fuzz_copy(data, size), *why;
	struct str rest = {p, size}, accept = STR_NONE, target = STR_NONE, type, body;

	msg_init(&m, MSG_REQUEST, v, 2);
	if (str_split(&rest, '\n', &accept))
		FUZZ_CHECK(fields_add(&m.fields, FIELD_ACCEPT, accept) == 0);
	if (str_split(&rest, '\n', &target))
		m.target = target;
	why = strndup(rest.n == 0 ? "" : rest.p, rest.n);
	arena_init(&a, size % 16 == 15 ? 1024 : 0);
	page_make(&a, &m, statuses[size % COUNT_OF(statuses)], size % 5 == 0 ? NULL : why,
	          STR("weir"), &type, &body);
	FUZZ_CHECK(type.n > 0);
	if (body.n > 0 && str_istarts(type, STR("text/html")))
		check_html(body);
	else if (body.n > 0 && str_istarts(type, STR("application/json")))
		check_json(body);
	FUZZ_CHECK(body.n > 0 || size % 16 == 15 || size > 300);
	arena_fini(&a);
	free(why);
	free(p);
	return 0;
}
