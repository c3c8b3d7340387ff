/* fuzz_uri.c - targets, hosts and paths: the normal form is its own normal form. */
#include "fuzz.h"
#include "base/err.h"
#include "http/uri.h"

static char text[8192];

static void check_host(const struct uri *u)
{
	for (size_t i = 0; i < u->host.n; i++) {
		char c = u->host.p[i];

		FUZZ_CHECK(c > 0x20 && c < 0x7F && str_lower(c) == c);
		FUZZ_CHECK(strchr("/?#@\\%,;*", c) == NULL);
	}
	FUZZ_CHECK(u->host.n > 0 && u->host.n <= URI_HOST_MAX && u->host.p[u->host.n - 1] != '.');
	FUZZ_CHECK(u->family == 0 || u->family == 4 || u->family == 6);
}

static void check_target(struct arena *a, struct str in, enum uri_use use)
{
	struct uri u, v;
	struct str_out o = str_out_of(text, sizeof text);
	struct str path;
	const char *why = NULL;
	int r = uri_parse_target(a, in, use, &u, &why);

	FUZZ_CHECK(r == 0 || r == ERR_BAD || r == ERR_NOMEM);
	FUZZ_CHECK(r != ERR_BAD || why != NULL);
	if (r != 0)
		return;
	r = uri_match_path(a, u.path_query, &path);
	FUZZ_CHECK(r == ERR_BAD || r == ERR_NOMEM || (r == 0 && path.n <= u.path_query.n + 1));
	if (r == 0 && path.n != 0)
		FUZZ_CHECK(memmem(path.p, path.n, "/../", 4) == NULL &&
		           memchr(path.p, 0, path.n) == NULL);
	if (u.form == URI_ORIGIN || u.form == URI_ASTERISK)
		return;
	check_host(&u);
	if (u.form != URI_ABSOLUTE)
		return;
	uri_put(&o, &u);
	if (o.overflow)
		return;
	r = uri_parse_target(a, str_range(text, o.at), use, &v, NULL);
	FUZZ_CHECK(r == ERR_NOMEM || (r == 0 && uri_cmp(&u, &v) == 0 && uri_same_origin(&u, &v)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p = fuzz_copy(data, size);
	struct str in = {p, size};
	struct arena a;
	struct uri u, base;

	arena_init(&a, 1 << 16);
	check_target(&a, in, URI_FOR_REQUEST);
	check_target(&a, in, URI_FOR_OPTIONS);
	check_target(&a, in, URI_FOR_CONNECT);
	if (uri_parse_host(&a, in, 80, &u, NULL) == 0)
		check_host(&u);
	FUZZ_CHECK(
	    uri_parse_target(&a, STR("http://base:81/x/y?z"), URI_FOR_REQUEST, &base, NULL) == 0);
	if (uri_resolve(&a, &base, in, &u) == 0)
		check_host(&u);
	arena_fini(&a);
	free(p);
	return 0;
}
