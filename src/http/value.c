/* value.c - tokens, lists, parameters, quality, entity tags, seconds inside field values. */
#include "http/value.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"

void value_list_init(struct value_list *it, const struct fields *f, enum field_id id)
{
	*it = (struct value_list){.id = (uint8_t)id};
	if (fields_has(f, id))
		it->fields = f;
}

void value_list_init_str(struct value_list *it, struct str value)
{
	*it = (struct value_list){.rest = value};
}

/* Index behind the closing quote of the quoted-string at s[i], or s.n when there is none. */
static size_t quoted_end(struct str s, size_t i)
{
	for (i++; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return s.n;
}

/* Index of the first `stop` outside of quoted strings, or s.n. */
static size_t find_unquoted(struct str s, char stop)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != stop) {
		if (s.p[i] == '"' && !mutant(QUOTED_COMMA))
			i = quoted_end(s, i);
		else
			i++;
	}
	return i;
}

static bool next_line(struct value_list *it)
{
	const struct fields *f = it->fields;

	if (f == NULL)
		return false;
	while (it->next < f->n) {
		const struct field *line = &f->v[it->next++];

		if (line->id == it->id) {
			it->rest = line->value;
			return true;
		}
	}
	return false;
}

bool value_list_next(struct value_list *it, struct str *element)
{
	for (;;) {
		size_t comma;
		struct str found;

		if (it->rest.n == 0 && !next_line(it))
			return false;
		comma = find_unquoted(it->rest, ',');
		found = str_trim(str_slice(it->rest, 0, comma));
		it->rest = str_slice(it->rest, comma + 1, it->rest.n);
		if (found.n != 0) {
			*element = found;
			return true;
		}
	}
}

bool value_list_has(const struct fields *f, enum field_id id, struct str token)
{
	struct value_list it;
	struct str element, rest;

	if (!fields_has(f, id))
		return false;
	value_list_init(&it, f, id);
	while (value_list_next(&it, &element))
		if (str_ieq(value_item(element, &rest), token))
			return true;
	return false;
}

struct str value_item(struct str element, struct str *rest)
{
	size_t end = find_unquoted(element, ';');

	*rest = str_slice(element, end, element.n);
	return str_trim(str_slice(element, 0, end));
}

/* Cuts a token or quoted-string off the front of *s. */
static bool take_value(struct str *s, struct value_param *p)
{
	size_t n;

	if (s->n > 0 && s->p[0] == '"') {
		n = quoted_end(*s, 0);
		p->quoted = true;
		if (!value_is_quoted(str_slice(*s, 0, n), &p->value))
			return false;
	} else {
		n = field_token_span(s->p, s->n);
		p->value = str_slice(*s, 0, n);
		if (n == 0)
			return false;
	}
	*s = str_slice(*s, n, s->n);
	return true;
}

int value_param_next(struct str *rest, struct value_param *p)
{
	struct str s = str_trim(*rest);
	size_t n;

	while (s.n > 0 && s.p[0] == ';')
		s = str_trim(str_slice(s, 1, s.n));
	if (s.n == 0) {
		*rest = s;
		return 0;
	}
	*p = (struct value_param){.quoted = false};
	n = field_token_span(s.p, s.n);
	p->name = str_slice(s, 0, n);
	s = str_slice(s, n, s.n);
	if (n == 0)
		return ERR_BAD;
	if (s.n > 0 && s.p[0] == '=') {
		s = str_slice(s, 1, s.n);
		if (!take_value(&s, p))
			return ERR_BAD;
	}
	s = str_trim(s);
	if (s.n > 0 && s.p[0] != ';')
		return ERR_BAD;
	*rest = s;
	return 1;
}

int value_unquote(struct arena *a, struct str inside, struct str *out)
{
	char *to;
	size_t n = 0;

	if (str_find(inside, '\\', 0) == inside.n) {
		*out = inside;
		return 0;
	}
	to = arena_alloc(a, inside.n);
	if (to == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < inside.n; i++) {
		if (inside.p[i] == '\\' && i + 1 < inside.n)
			i++;
		to[n++] = inside.p[i];
	}
	*out = (struct str){to, n};
	return 0;
}

bool value_is_token(struct str s)
{
	return field_name_valid(s);
}

bool value_is_quoted(struct str s, struct str *inside)
{
	if (s.n < 2 || s.p[0] != '"' || quoted_end(s, 0) != s.n || s.p[s.n - 1] != '"')
		return false;
	if (field_value_span(s.p, s.n) != s.n)
		return false;
	/* the last quote must not be an escaped one: an odd run of backslashes before it */
	for (size_t i = 1; i < s.n - 1; i++) {
		if (s.p[i] == '\\')
			i++;
		if (i == s.n - 1)
			return false;
	}
	if (inside != NULL)
		*inside = str_slice(s, 1, s.n - 1);
	return true;
}

int value_qvalue(struct str s)
{
	int v = 0, scale = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return ERR_BAD;
	v = (s.p[0] - '0') * 1000;
	for (size_t i = 2; i < s.n; i++, scale /= 10) {
		if (!str_is_digit(s.p[i]))
			return ERR_BAD;
		v += (s.p[i] - '0') * scale;
	}
	return v > 1000 ? ERR_BAD : v;
}

int value_seconds(struct str s, int64_t *out)
{
	int64_t v = 0;

	if (s.n == 0)
		return ERR_BAD;
	for (size_t i = 0; i < s.n; i++) {
		if (!str_is_digit(s.p[i]))
			return ERR_BAD;
		v = v * 10 + (s.p[i] - '0');
		v = mutant(SECONDS_CLAMP) ? (int32_t)v : MIN(v, VALUE_SECONDS_MAX);
	}
	*out = v;
	return 0;
}

/* The weight of one element of Accept-Encoding, or ERR_BAD. */
static int weight(struct str rest)
{
	struct value_param p;
	int r, q = 1000;

	while ((r = value_param_next(&rest, &p)) == 1) {
		if (!str_ieq(p.name, STR("q")))
			continue;
		q = p.quoted ? ERR_BAD : value_qvalue(p.value);
		if (q < 0)
			return ERR_BAD;
	}
	return r < 0 ? r : q;
}

static struct str plain_coding(struct str name)
{
	if (name.n == 0)
		return STR("identity");
	return str_ieq(name, STR("x-gzip")) ? STR("gzip") : name;
}

/* Is the first element of the list that coding, without a weight? So nearly all clients write it.
 */
static bool names_first(struct str list, struct str coding)
{
	return coding.n != 0 && list.n >= coding.n && memcmp(list.p, coding.p, coding.n) == 0 &&
	       (list.n == coding.n || list.p[coding.n] == ',');
}

int value_accepts_coding(const struct fields *request, struct str coding)
{
	struct value_list it;
	struct str element, rest;
	int any = -1;
	bool identity;

	if (names_first(fields_value(request, FIELD_ACCEPT_ENCODING), coding))
		return 1000;
	coding = plain_coding(coding);
	identity = str_ieq(coding, STR("identity"));
	if (!fields_has(request, FIELD_ACCEPT_ENCODING))
		return identity ? 1000 : 1;
	value_list_init(&it, request, FIELD_ACCEPT_ENCODING);
	while (value_list_next(&it, &element)) {
		struct str name = value_item(element, &rest);
		int q = weight(rest);

		if (q < 0)
			continue;
		if (name.n != 0 && str_ieq(plain_coding(name), coding))
			return q;
		if (any < 0 && str_eq(name, STR("*")))
			any = q;
	}
	if (identity) /* acceptable unless excluded; least wanted when it is not named */
		return any == 0 ? 0 : 1;
	return any >= 0 ? any : 0;
}

/* Length of the entity-tag at the front of s, 0 if there is none. */
static size_t etag_span(struct str s, struct value_etag *out)
{
	size_t quote = s.n >= 2 && s.p[0] == 'W' && s.p[1] == '/' ? 2 : 0;
	size_t i;

	if (quote >= s.n || s.p[quote] != '"')
		return 0;
	i = quote + 1 + field_etag_span(s.p + quote + 1, s.n - quote - 1);
	if (i == s.n || s.p[i] != '"')
		return 0;
	*out = (struct value_etag){str_slice(s, quote, i + 1), quote == 2};
	return i + 1;
}

int value_etag(struct str s, struct value_etag *out)
{
	struct value_etag found;

	if (s.n == 0 || etag_span(s, &found) != s.n)
		return ERR_BAD;
	*out = found;
	return 0;
}

bool value_etag_strong_eq(struct value_etag a, struct value_etag b)
{
	return ((!a.weak && !b.weak) || mutant(ETAG_WEAK)) && str_eq(a.opaque, b.opaque);
}

bool value_etag_weak_eq(struct value_etag a, struct value_etag b)
{
	return str_eq(a.opaque, b.opaque);
}

int value_etag_next(struct str *rest, struct value_etag *out)
{
	struct str s = str_trim(*rest);
	size_t n;

	while (s.n > 0 && s.p[0] == ',')
		s = str_trim(str_slice(s, 1, s.n));
	*rest = s;
	if (s.n == 0)
		return 0;
	n = etag_span(s, out);
	if (n == 0)
		return ERR_BAD;
	s = str_trim(str_slice(s, n, s.n));
	if (s.n > 0 && s.p[0] != ',')
		return ERR_BAD;
	*rest = s;
	return 1;
}

void value_put_sf_string(struct str_out *o, struct str s)
{
	str_putc(o, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '"' || c == '\\')
			str_putc(o, '\\');
		str_putc(o, c < 0x20 || c == 0x7F ? '?' : c);
	}
	str_putc(o, '"');
}

static bool is_sf_token(struct str s)
{
	if (s.n == 0 || (s.p[0] != '*' && (str_lower(s.p[0]) < 'a' || str_lower(s.p[0]) > 'z')))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!field_is_token_byte(s.p[i]) && s.p[i] != ':' && s.p[i] != '/')
			return false;
	return true;
}

void value_put_sf_token(struct str_out *o, struct str s)
{
	if (is_sf_token(s))
		str_put(o, s);
	else
		value_put_sf_string(o, s);
}
