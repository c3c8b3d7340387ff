/* uri_path.c - segments "." and "..", and relative paths (RFC 3986 5.2). */
#include "http/uri_path.h"
#include "base/err.h"

static bool is_dots(struct str segment)
{
	return str_eq(segment, STR(".")) || str_eq(segment, STR(".."));
}

static bool has_dots(struct str path)
{
	for (size_t at = 0, end; at < path.n; at = end) {
		end = str_find(path, '/', at + 1);
		if (is_dots(str_slice(path, at + 1, end)))
			return true;
	}
	return false;
}

static void put_undotted(struct str_out *o, const char *begin, struct str path)
{
	for (size_t at = 0, end; at < path.n; at = end) { /* at a slash */
		struct str segment;

		end = str_find(path, '/', at + 1);
		segment = str_slice(path, at + 1, end);
		if (!is_dots(segment)) {
			str_put(o, str_slice(path, at, end));
			continue;
		}
		while (segment.n == 2 && o->at > begin && *--o->at != '/')
			;
		if (end == path.n)
			str_putc(o, '/');
	}
}

int uri_path_undotted(struct arena *a, struct str path_query, struct str *out)
{
	struct str path = str_slice(path_query, 0, str_find(path_query, '?', 0));
	struct str_out o;
	char *p;

	if (path.n == 0 || path.p[0] != '/' || !has_dots(path)) {
		*out = path_query;
		return 0;
	}
	p = arena_alloc(a, path_query.n);
	if (p == NULL)
		return ERR_NOMEM;
	o = str_out_of(p, path_query.n);
	put_undotted(&o, p, path);
	str_put(&o, str_slice(path_query, path.n, path_query.n));
	*out = str_range(p, o.at);
	return 0;
}

int uri_path_beside(struct arena *a, struct str base, struct str reference, struct str *out)
{
	struct str path = str_slice(base, 0, str_find(base, '?', 0));
	size_t colon = str_find(reference, ':', 0);

	if (path.n == 0 || path.p[0] != '/' || reference.n == 0)
		return ERR_UNSUPPORTED;
	if (colon < str_find(reference, '/', 0) && colon < str_find(reference, '?', 0))
		return ERR_UNSUPPORTED; /* a reference with another scheme */
	while (reference.p[0] != '?' && path.p[path.n - 1] != '/')
		path.n--;
	path = arena_join(a, (struct str[]){path, reference}, 2);
	if (path.p == NULL)
		return ERR_NOMEM;
	*out = path;
	return 0;
}
