/* fuzz_head.h - heads: read at once and in pieces, judged, written, and read again; the same each
 * time. */
#ifndef TESTS_FUZZ_HEAD_H
#define TESTS_FUZZ_HEAD_H

#include "fuzz.h"
#include "base/err.h"
#include "http/h1.h"

#define FUZZ_FIELDS 256

typedef ssize_t fuzz_parse(struct h1_head *, const struct h1_limits *, const char *, size_t,
                           struct msg *, struct field *, unsigned);

static inline void fuzz_same_fields(const struct fields *a, const struct fields *b)
{
	FUZZ_CHECK(a->n == b->n);
	for (unsigned i = 0; i < a->n; i++) {
		FUZZ_CHECK(str_eq(a->v[i].name, b->v[i].name));
		FUZZ_CHECK(str_eq(a->v[i].value, b->v[i].value));
		FUZZ_CHECK(a->v[i].id == b->v[i].id && a->v[i].id == field_id_of(a->v[i].name));
		FUZZ_CHECK(field_name_valid(a->v[i].name) && field_value_valid(a->v[i].value));
	}
}

/* Parses in pieces whose sizes come from `seed`, each time at another place. */
static inline void fuzz_in_pieces(fuzz_parse *parse, const struct h1_limits *lim, const char *p,
                                  size_t n, unsigned seed, const struct h1_head *once, ssize_t want,
                                  const struct msg *whole)
{
	static struct field room[FUZZ_FIELDS];
	struct h1_head st = {0};
	struct msg m;
	ssize_t r = 0;
	size_t seen = 0;
	char *last = NULL;

	while (r == 0) {
		char *copy;

		seen = seen + 1 + seed % 7 > n ? n : seen + 1 + seed % 7;
		seed = seed * 1103515245 + 12345;
		copy = fuzz_copy(p, seen);
		r = parse(&st, lim, copy, seen, &m, room, FUZZ_FIELDS);
		free(last);
		last = copy;
		if (seen == n)
			break;
	}
	FUZZ_CHECK(r == want && st.status == once->status && st.why == once->why);
	if (r > 0) {
		FUZZ_CHECK(str_eq(m.target, whole->target) && m.status == whole->status);
		fuzz_same_fields(&m.fields, &whole->fields);
	}
	free(last);
}

static inline void fuzz_write_again(fuzz_parse *parse, const struct h1_limits *lim,
                                    const struct msg *m)
{
	static struct field room[FUZZ_FIELDS];
	static char text[300000];
	struct str_out o = str_out_of(text, sizeof text);
	struct h1_head st = {0};
	struct msg again;
	int r = m->kind == MSG_REQUEST ? h1_write_request_line(&o, m->method_name, m->target)
	                               : h1_write_status_line(&o, m->status, m->reason);

	if (r == ERR_BAD)
		return; /* a target that msg_request_check() refuses */
	FUZZ_CHECK(r == 0);
	for (unsigned i = 0; i < m->fields.n; i++)
		FUZZ_CHECK(h1_write_field(&o, m->fields.v[i].name, m->fields.v[i].value) == 0);
	FUZZ_CHECK(h1_write_end(&o) == 0);
	FUZZ_CHECK(parse(&st, lim, text, (size_t)(o.at - text), &again, room, FUZZ_FIELDS) ==
	           o.at - text);
	fuzz_same_fields(&again.fields, &m->fields);
}

/* Half of the inputs meet small limits. */
static inline ssize_t fuzz_head(fuzz_parse *parse, const struct h1_limits *usual, const char *p,
                                size_t n, struct msg *m, struct field *room)
{
	static const struct h1_limits small = {60, 8, 200, 6, 2};
	static const struct h1_limits wide = {1 << 20, 1 << 20, 1 << 20, FUZZ_FIELDS, 4};
	unsigned seed = 2166136261u;
	const struct h1_limits *lim;
	struct h1_head st = {0};
	ssize_t r;

	for (size_t i = 0; i < n; i++)
		seed = (seed ^ (unsigned char)p[i]) * 16777619u;
	lim = seed & 1 ? &small : usual;
	r = parse(&st, lim, p, n, m, room, FUZZ_FIELDS);
	FUZZ_CHECK((r < 0) == (st.status != 0) && (st.status == 0 || st.why != NULL));
	FUZZ_CHECK(r <= (ssize_t)n);
	fuzz_in_pieces(parse, lim, p, n, seed, &st, r, m);
	if (r > 0)
		fuzz_write_again(parse, &wide, m);
	return r;
}

#endif
