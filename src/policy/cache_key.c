/* cache_key.c - the canonical key of a request, and what it says for the names of a Vary. */
#include "policy/cache_key.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/value.h"

static bool has_nul(struct str s)
{
	return s.n != 0 && memchr(s.p, 0, s.n) != NULL;
}

static bool is_of_host(struct str host, struct str of)
{
	if (of.n == 0 || str_eq(host, of))
		return true;
	return host.n > of.n && host.p[host.n - of.n - 1] == '.' && str_ends(host, of);
}

/* Does a rule name this part of the query? */
static bool is_ignored(const struct cache_key_rules *rules, struct str host, struct str part)
{
	struct str name = str_slice(part, 0, str_find(part, '=', 0));

	for (unsigned i = 0; i < rules->n; i++) {
		const struct cache_key_rule *r = &rules->v[i];

		if ((r->prefix ? str_starts(name, r->name) : str_eq(name, r->name)) &&
		    is_of_host(host, r->host))
			return true;
	}
	return false;
}

static void put_path_query(struct str_out *o, const struct uri *uri,
                           const struct cache_key_rules *rules)
{
	struct str whole = uri->path_query, part;
	size_t at;
	char separator = '?';

	if (rules == NULL || rules->n == 0) {
		if (mutant(KEY_QUERY))
			whole.n = str_find(whole, '?', 0);
		str_put(o, whole);
		return;
	}
	at = str_find(whole, '?', 0);
	str_put(o, str_slice(whole, 0, at));
	while (at < whole.n) { /* at a separator */
		size_t end = str_find(whole, '&', at + 1);

		part = str_slice(whole, at + 1, end);
		at = end;
		if (is_ignored(rules, uri->host, part) || mutant(KEY_IGNORED))
			continue;
		str_putc(o, separator);
		str_put(o, part);
		separator = '&';
	}
}

static void put_port(struct str_out *o, unsigned port)
{
	if (port == 80) { /* nearly always */
		str_put(o, STR(":80\0"));
		return;
	}
	str_putc(o, ':');
	str_put_u64(o, port);
	str_putc(o, 0);
}

int cache_key_of_uri(struct arena *a, const struct uri *uri, const struct cache_key_rules *rules,
                     struct str partition, struct str *canonical)
{
	struct str head = uri->scheme == URI_HTTPS && !mutant(KEY_SCHEME) ? STR("1\0G\0https\0")
	                                                                  : STR("1\0G\0http\0");
	size_t room = 32 + uri->host.n + uri->path_query.n + partition.n;
	struct str_out o;
	char *p;

	if (uri->scheme != URI_HTTP && uri->scheme != URI_HTTPS)
		return ERR_UNSUPPORTED;
	if (uri->host.n == 0 || uri->port == 0 || uri->path_query.n == 0 ||
	    uri->path_query.p[0] != '/')
		return ERR_UNSUPPORTED;
	if (has_nul(uri->host) || has_nul(uri->path_query) || has_nul(partition))
		return ERR_BAD;
	p = arena_alloc(a, room);
	if (p == NULL)
		return ERR_NOMEM;
	o = str_out_of(p, room);
	str_put(&o, head);
	if (!mutant(KEY_HOST))
		str_put(&o, uri->host);
	put_port(&o, mutant(KEY_PORT) ? 1 : uri->port);
	put_path_query(&o, uri, rules);
	str_putc(&o, 0);
	if (!mutant(KEY_PARTITION))
		str_put(&o, partition);
	str_putc(&o, 0);
	AZ(o.overflow);
	*canonical = str_range(p, o.at);
	return 0;
}

int cache_key_make(struct arena *a, const struct msg *request, const struct uri *uri,
                   const struct cache_key_rules *rules, struct str partition, struct str *canonical)
{
	if (request->method != METHOD_GET && request->method != METHOD_HEAD && !mutant(KEY_METHOD))
		return ERR_UNSUPPORTED;
	return cache_key_of_uri(a, uri, rules, partition, canonical);
}

/* The different names of all Vary lines, as they are spelled. */
static int vary_names(const struct fields *response, struct str names[CACHE_KEY_VARY_MAX],
                      unsigned *count)
{
	struct value_list it;
	struct str name;
	unsigned n = 0, i;

	value_list_init(&it, response, FIELD_VARY);
	if (mutant(VARY_LINES))
		value_list_init_str(&it, fields_value(response, FIELD_VARY));
	while (value_list_next(&it, &name)) {
		if (str_eq(name, STR("*")) && !mutant(VARY_STAR))
			return ERR_UNSUPPORTED;
		if (!value_is_token(name))
			return ERR_BAD;
		for (i = 0; i < n && !str_ieq(names[i], name); i++)
			;
		if (i < n)
			continue;
		if (mutant(VARY_NAMES) && n == CACHE_KEY_VARY_MAX)
			break;
		if (n == CACHE_KEY_VARY_MAX) {
			/* A "*" further on says more than "too many". */
			while (value_list_next(&it, &name))
				if (str_eq(name, STR("*")))
					return ERR_UNSUPPORTED;
			return ERR_LIMIT;
		}
		names[n++] = name;
	}
	*count = n;
	return 0;
}

int cache_key_vary_check(const struct fields *response, unsigned *names)
{
	struct str v[CACHE_KEY_VARY_MAX];
	unsigned n;
	int rc = vary_names(response, v, &n);

	if (rc == 0 && names != NULL)
		*names = n;
	return rc;
}

static struct str lower_copy(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n);

	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++)
		p[i] = str_lower(s.p[i]);
	return (struct str){p, s.n};
}

/* At most CACHE_KEY_VARY_MAX: insertion is enough. */
static void sort_names(struct str *v, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		struct str s = v[i];
		unsigned k = i;

		for (; k > 0 && str_cmp(v[k - 1], s) > 0; k--)
			v[k] = v[k - 1];
		v[k] = s;
	}
}

int cache_key_vary_spec(struct arena *a, const struct fields *response, struct str *spec)
{
	struct str v[CACHE_KEY_VARY_MAX];
	unsigned n;
	size_t room = 0;
	struct str_out o;
	char *p;
	int rc = vary_names(response, v, &n);

	if (rc != 0)
		return rc;
	if (n == 0) {
		*spec = (struct str){"", 0};
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		v[i] = lower_copy(a, v[i]);
		if (v[i].p == NULL)
			return ERR_NOMEM;
		room += v[i].n + 1;
	}
	sort_names(v, n);
	p = arena_alloc(a, room);
	if (p == NULL)
		return ERR_NOMEM;
	o = str_out_of(p, room);
	for (unsigned i = 0; i < n; i++) {
		str_put(&o, v[i]);
		str_putc(&o, 0);
	}
	AZ(o.overflow);
	*spec = str_range(p, o.at);
	return 0;
}

/* How the lines of a field become one value. */
enum joining {
	JOIN_LIST,       /* elements with one comma between them */
	JOIN_LIST_LOWER, /* the same in lower case without inner whitespace (RFC 4647, 9110 12.5) */
	JOIN_PLAIN,      /* a comma is part of the value: only trimmed */
	JOIN_COOKIE      /* as above, lines joined by "; " (RFC 9113 8.2.3) */
};

static enum joining joining_of(enum field_id id)
{
	switch (id) {
	case FIELD_ACCEPT_LANGUAGE:
	case FIELD_ACCEPT_CHARSET:
		return JOIN_LIST_LOWER;
	case FIELD_COOKIE:
		return JOIN_COOKIE;
	case FIELD_USER_AGENT:
	case FIELD_REFERER:
	case FIELD_AUTHORIZATION:
	case FIELD_ORIGIN:
	case FIELD_HOST:
	case FIELD_FROM:
	case FIELD_IF_MODIFIED_SINCE:
	case FIELD_IF_UNMODIFIED_SINCE:
	case FIELD_IF_RANGE:
	case FIELD_DATE:
		return JOIN_PLAIN;
	default:
		return JOIN_LIST;
	}
}

static void put_lower_dense(struct str_out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t')
			str_putc(o, str_lower(s.p[i]));
}

static void put_line(struct str_out *o, struct str value, enum joining how, bool *first)
{
	struct value_list it;
	struct str element;

	if (how == JOIN_PLAIN || how == JOIN_COOKIE) {
		if (!*first)
			str_put(o, how == JOIN_COOKIE ? STR("; ") : STR(", "));
		str_put(o, str_trim(value));
		*first = false;
		return;
	}
	value_list_init_str(&it, value);
	while (value_list_next(&it, &element)) {
		if (!*first)
			str_putc(o, ',');
		if (how == JOIN_LIST_LOWER)
			put_lower_dense(o, element);
		else
			str_put(o, element);
		*first = false;
	}
}

static bool is_named(const struct field *f, enum field_id id, struct str name)
{
	return id != FIELD_OTHER ? f->id == id : f->id == FIELD_OTHER && str_ieq(f->name, name);
}

/* "=1" when the client would like gzip, else "=0": all other spellings of Accept-Encoding mean the
 * same to what weir sends (CVE-2024-35296: odd ones would split the cache). */
static struct str encoding(const struct fields *request)
{
	bool gzip = fields_has(request, FIELD_ACCEPT_ENCODING) &&
	            value_accepts_coding(request, STR("gzip")) > 0;

	return gzip && !mutant(VARY_ENCODING) ? STR("=1\0") : STR("=0\0");
}

struct spec_name {
	struct str text;
	enum field_id id;
};

static void put_variant(struct str_out *o, const struct spec_name *name,
                        const struct fields *request)
{
	enum field_id id = name->id;
	bool found = false, first = true;

	if (id == FIELD_ACCEPT_ENCODING) {
		str_put(o, encoding(request));
		return;
	}
	for (unsigned i = 0; i < request->n; i++) {
		const struct field *f = &request->v[i];

		if (!is_named(f, id, name->text))
			continue;
		if (!found)
			str_putc(o, '=');
		found = true;
		if (!mutant(VARY_COMPARE))
			put_line(o, f->value, joining_of(id), &first);
	}
	if (!found)
		str_putc(o, mutant(VARY_ABSENT) ? '=' : '-');
	str_putc(o, 0);
}

/* Room for put_variant: each line grows by two bytes at the most. */
static size_t variant_room(const struct spec_name *name, const struct fields *request)
{
	size_t room = 3;

	if (!fields_has(request, name->id) || name->id == FIELD_ACCEPT_ENCODING)
		return room;
	for (unsigned i = 0; i < request->n; i++)
		if (is_named(&request->v[i], name->id, name->text))
			room += request->v[i].value.n + 2;
	return room;
}

/* Cuts the next name off a spec. */
static bool spec_next(struct str *spec, struct str *name)
{
	size_t end = str_find(*spec, 0, 0);

	if (end == 0 || end == spec->n)
		return false;
	*name = str_slice(*spec, 0, end);
	*spec = str_slice(*spec, end + 1, spec->n);
	return true;
}

int cache_key_variant(struct arena *a, struct str spec, const struct fields *request,
                      struct str *values)
{
	struct spec_name names[CACHE_KEY_VARY_MAX];
	struct str rest = spec;
	size_t room = 0;
	unsigned n = 0;
	struct str_out o;
	char *p;

	if (str_eq(spec, STR("accept-encoding\0"))) { /* what nearly all Vary say */
		*values = encoding(request);
		return 0;
	}
	while (rest.n != 0) {
		/* A spec comes back from the disk: it is checked, not trusted. */
		if (n == CACHE_KEY_VARY_MAX || !spec_next(&rest, &names[n].text))
			return ERR_BAD;
		names[n].id = field_id_in(names[n].text.p, names[n].text.n, names[n].text.n + 1);
		room += variant_room(&names[n++], request);
	}
	if (n == 0) {
		*values = (struct str){"", 0};
		return 0;
	}
	p = arena_alloc(a, room);
	if (p == NULL)
		return ERR_NOMEM;
	o = str_out_of(p, room);
	for (unsigned i = 0; i < n; i++)
		put_variant(&o, &names[i], request);
	AZ(o.overflow);
	*values = str_range(p, o.at);
	return 0;
}
