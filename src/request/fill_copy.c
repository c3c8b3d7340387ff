/* fill_copy.c - messages that must outlive who holds them: the question of a fill, the answer for a
 * follower. Pure but for the arena. */
#include "base/err.h"
#include "request/fill_steps.h"

static size_t size_of(const struct msg *m, const struct uri *u)
{
	size_t n = m->method_name.n + m->target.n + m->upgrade.n + u->scheme_name.n + u->host.n +
	           u->path_query.n;

	for (unsigned i = 0; i < m->fields.n; i++)
		n += m->fields.v[i].name.n + m->fields.v[i].value.n;
	return n;
}

static void move(char **at, struct str *s)
{
	if (s->n != 0)
		memcpy(*at, s->p, s->n);
	s->p = *at;
	*at += s->n;
}

int fill_copy_request(struct arena *a, const struct msg *from, const struct uri *uri,
                      struct msg *to)
{
	struct field *v = arena_alloc(a, (from->fields.n + 1) * sizeof *v);
	char *at = arena_alloc(a, size_of(from, uri) + 1);

	if (v == NULL || at == NULL)
		return ERR_NOMEM;
	*to = *from;
	to->uri = *uri;
	to->fields.v = v;
	to->fields.max = from->fields.n + 1;
	fields_init(&to->trailers, NULL, 0);
	for (unsigned i = 0; i < from->fields.n; i++) {
		v[i] = from->fields.v[i];
		move(&at, &v[i].name);
		move(&at, &v[i].value);
	}
	move(&at, &to->method_name);
	move(&at, &to->target);
	move(&at, &to->upgrade);
	move(&at, &to->uri.scheme_name);
	move(&at, &to->uri.host);
	move(&at, &to->uri.path_query);
	return 0;
}

int fill_copy_response(struct arena *a, const struct msg *from, struct str raw, struct msg *to)
{
	struct field *v = arena_alloc(a, (from->fields.n + 1) * sizeof *v);
	struct str copy = arena_dup(a, raw);

	if (v == NULL || copy.p == NULL)
		return ERR_NOMEM;
	*to = *from;
	fields_init(&to->fields, v, from->fields.n + 1);
	fields_init(&to->trailers, NULL, 0);
	if (fields_copy(&to->fields, &from->fields) != 0)
		return ERR_NOMEM;
	h1_rebase(to, raw.p, raw.n, copy.p);
	return 0;
}
