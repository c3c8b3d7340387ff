/* cache_control.c - Cache-Control read into flags and seconds; of duplicates the most restrictive.
 */
#include "http/cache_control.h"
#include "base/obj.h"
#include "http/sf.h"
#include "http/value.h"

enum kind {
	FLAG,     /* no argument matters */
	LIST,     /* a flag, or a list of field names as its argument */
	LIFETIME, /* seconds: the smallest counts, what is no number is 0 */
	FRESHER,  /* seconds: the largest counts */
	STALER    /* seconds or none: the smallest counts */
};

struct directive {
	struct str name;
	enum kind kind;
	unsigned flag;
	size_t offset; /* of the int64_t or the struct str in struct cache_control */
};

#define AT(member) offsetof(struct cache_control, member)

static const struct directive of_requests[] = {
    {STR_INIT("no-store"), FLAG, CACHE_CONTROL_NO_STORE, 0},
    {STR_INIT("no-cache"), FLAG, CACHE_CONTROL_NO_CACHE, 0},
    {STR_INIT("no-transform"), FLAG, CACHE_CONTROL_NO_TRANSFORM, 0},
    {STR_INIT("only-if-cached"), FLAG, CACHE_CONTROL_ONLY_IF_CACHED, 0},
    {STR_INIT("max-age"), LIFETIME, 0, AT(max_age)},
    {STR_INIT("min-fresh"), FRESHER, 0, AT(min_fresh)},
    {STR_INIT("max-stale"), STALER, 0, AT(max_stale)},
    {STR_INIT("stale-if-error"), LIFETIME, 0, AT(stale_if_error)},
};

static const struct directive of_responses[] = {
    {STR_INIT("no-store"), FLAG, CACHE_CONTROL_NO_STORE, 0},
    {STR_INIT("no-cache"), LIST, CACHE_CONTROL_NO_CACHE, AT(no_cache_fields)},
    {STR_INIT("private"), LIST, CACHE_CONTROL_PRIVATE, AT(private_fields)},
    {STR_INIT("no-transform"), FLAG, CACHE_CONTROL_NO_TRANSFORM, 0},
    {STR_INIT("public"), FLAG, CACHE_CONTROL_PUBLIC, 0},
    {STR_INIT("must-revalidate"), FLAG, CACHE_CONTROL_MUST_REVALIDATE, 0},
    {STR_INIT("proxy-revalidate"), FLAG, CACHE_CONTROL_PROXY_REVALIDATE, 0},
    {STR_INIT("must-understand"), FLAG, CACHE_CONTROL_MUST_UNDERSTAND, 0},
    {STR_INIT("immutable"), FLAG, CACHE_CONTROL_IMMUTABLE, 0},
    {STR_INIT("max-age"), LIFETIME, 0, AT(max_age)},
    {STR_INIT("s-maxage"), LIFETIME, 0, AT(s_maxage)},
    {STR_INIT("stale-while-revalidate"), LIFETIME, 0, AT(stale_while_revalidate)},
    {STR_INIT("stale-if-error"), LIFETIME, 0, AT(stale_if_error)},
};

static const struct cache_control nothing = {.max_age = CACHE_CONTROL_ABSENT,
                                             .s_maxage = CACHE_CONTROL_ABSENT,
                                             .stale_while_revalidate = CACHE_CONTROL_ABSENT,
                                             .stale_if_error = CACHE_CONTROL_ABSENT,
                                             .max_stale = CACHE_CONTROL_ABSENT,
                                             .min_fresh = CACHE_CONTROL_ABSENT};

/* name, or name=argument; the quotes of an argument are taken off. */
static struct str cut_argument(struct str element, struct str *argument, bool *given)
{
	size_t equals = str_find(element, '=', 0);
	struct str inside;

	*given = equals < element.n;
	*argument = str_trim(str_slice(element, equals + 1, element.n));
	if (value_is_quoted(*argument, &inside))
		*argument = str_trim(inside);
	return str_trim(str_slice(element, 0, equals));
}

static bool is_names(struct str list)
{
	struct value_list it;
	struct str name;
	bool any = false;

	value_list_init_str(&it, list);
	while (value_list_next(&it, &name)) {
		if (!value_is_token(name))
			return false;
		any = true;
	}
	return any;
}

static void apply_list(const struct directive *d, struct str argument, struct cache_control *out)
{
	struct str *list = (struct str *)(void *)((char *)out + d->offset);

	/* no names to go by, or two different lists: all of the response is meant */
	if (!is_names(argument) || (list->n != 0 && !str_eq(*list, argument)))
		out->flags |= d->flag;
	else
		*list = argument;
}

static void apply_seconds(const struct directive *d, struct str argument, bool given,
                          struct cache_control *out)
{
	int64_t *at = (int64_t *)(void *)((char *)out + d->offset);
	int64_t v;

	if (value_seconds(argument, &v) != 0) {
		if (d->kind == FRESHER)
			return; /* what asks for nothing countable asks for nothing */
		v = d->kind == STALER && !given ? CACHE_CONTROL_ANY : 0;
	}
	if (*at == CACHE_CONTROL_ABSENT)
		*at = v;
	else
		*at = d->kind == FRESHER ? MAX(*at, v) : MIN(*at, v);
}

/* A quote where none may stand: what it makes of the directives behind it is anybody's guess. */
static bool is_torn(struct str element)
{
	size_t quote = str_find(element, '"', 0), equals;

	if (quote == element.n)
		return false;
	equals = str_find(element, '=', 0);
	return quote < equals ||
	       !value_is_quoted(str_trim(str_slice(element, equals + 1, element.n)), NULL);
}

static void apply(const struct directive *table, size_t count, struct str element,
                  struct cache_control *out)
{
	struct str argument, name;
	bool given;

	name = cut_argument(element, &argument, &given);
	if (is_torn(element))
		out->flags |= CACHE_CONTROL_NO_STORE;
	for (size_t i = 0; i < count; i++) {
		const struct directive *d = &table[i];

		if (!str_ieq(d->name, name))
			continue;
		if (d->kind == FLAG)
			out->flags |= d->flag;
		else if (d->kind == LIST)
			apply_list(d, argument, out);
		else
			apply_seconds(d, argument, given, out);
		return;
	}
}

static void read_field(const struct fields *f, enum field_id id, const struct directive *table,
                       size_t count, struct cache_control *out)
{
	struct value_list it;
	struct str element;

	*out = nothing;
	if (!fields_has(f, id))
		return;
	out->flags = CACHE_CONTROL_PRESENT;
	value_list_init(&it, f, id);
	while (value_list_next(&it, &element))
		apply(table, count, element, out);
}

/* What browsers say on reload, and nothing else. */
static bool read_reload(const struct fields *f, struct cache_control *out)
{
	const struct field *line = fields_get(f, FIELD_CACHE_CONTROL);
	bool no_cache;

	if (line == NULL || fields_next(f, line) != NULL)
		return false;
	no_cache = str_eq(line->value, STR("no-cache"));
	if (!no_cache && !str_eq(line->value, STR("max-age=0")))
		return false;
	*out = nothing;
	out->flags = CACHE_CONTROL_PRESENT;
	if (no_cache)
		out->flags |= CACHE_CONTROL_NO_CACHE;
	else
		out->max_age = 0;
	return true;
}

void cache_control_request(const struct fields *f, struct cache_control *out)
{
	if (read_reload(f, out))
		return;
	read_field(f, FIELD_CACHE_CONTROL, of_requests, COUNT_OF(of_requests), out);
	if (!cache_control_has(out, CACHE_CONTROL_PRESENT) &&
	    value_list_has(f, FIELD_PRAGMA, STR("no-cache")))
		out->flags |= CACHE_CONTROL_NO_CACHE;
}

void cache_control_response(const struct fields *f, struct cache_control *out)
{
	read_field(f, FIELD_CACHE_CONTROL, of_responses, COUNT_OF(of_responses), out);
}

/* ---- targeted fields (RFC 9213) ---- */

/* Of another type than the directive has: a lifetime is over (a number that is none, RFC 9111
 * 4.2.1), a restriction holds, a permission does not. */
static void set_flag(const struct directive *d, const struct sf_item *v, struct cache_control *out)
{
	const unsigned permits = CACHE_CONTROL_PUBLIC | CACHE_CONTROL_IMMUTABLE;
	bool on = v->type == SF_BOOLEAN ? v->number != 0 : (d->flag & permits) == 0;

	out->flags = on ? out->flags | d->flag : out->flags & ~d->flag;
}

static void set_list(const struct directive *d, const struct sf_item *v, struct cache_control *out)
{
	struct str *list = (struct str *)(void *)((char *)out + d->offset);

	*list = STR_NONE;
	set_flag(d, v, out);
	/* A name holds no backslash: what does is no list of names. */
	if (v->type == SF_STRING && v->text.n != 0 && str_find(v->text, '\\', 0) == v->text.n) {
		*list = str_trim(v->text);
		out->flags &= ~d->flag;
	}
}

static void set_seconds(const struct directive *d, const struct sf_item *v,
                        struct cache_control *out)
{
	int64_t *at = (int64_t *)(void *)((char *)out + d->offset);

	*at = v->type == SF_INTEGER && v->number > 0 ? MIN(v->number, VALUE_SECONDS_MAX) : 0;
}

static void set_member(const struct sf_member *m, struct cache_control *out)
{
	for (size_t i = 0; i < COUNT_OF(of_responses); i++) {
		const struct directive *d = &of_responses[i];

		if (!str_eq(d->name, m->key))
			continue;
		if (d->kind == FLAG)
			set_flag(d, &m->value, out);
		else if (d->kind == LIST)
			set_list(d, &m->value, out);
		else
			set_seconds(d, &m->value, out);
		return;
	}
}

static bool is_named(const struct field *line, enum field_id id, struct str name)
{
	return id != FIELD_OTHER ? line->id == id
	                         : line->id == FIELD_OTHER && str_ieq(line->name, name);
}

/* One pass judges, the other reads: of a field that is wrong anywhere nothing counts. */
static bool is_dictionary(const struct fields *f, enum field_id id, struct str name)
{
	bool found = false;

	for (unsigned i = 0; i < f->n; i++) {
		if (!is_named(&f->v[i], id, name))
			continue;
		if (sf_dictionary_count(f->v[i].value) <= 0)
			return false;
		found = true;
	}
	return found;
}

bool cache_control_targeted(const struct fields *f, struct str name, struct cache_control *out)
{
	enum field_id id = field_id_of(name);
	struct sf_member m;

	if (!is_dictionary(f, id, name))
		return false;
	*out = nothing;
	out->flags = CACHE_CONTROL_PRESENT | CACHE_CONTROL_TARGETED;
	for (unsigned i = 0; i < f->n; i++) {
		struct str rest = f->v[i].value;

		while (is_named(&f->v[i], id, name) && sf_dictionary_next(&rest, &m) == 1)
			set_member(&m, out);
	}
	return true;
}

void cache_control_effective(const struct fields *f, const struct cache_control_targets *targets,
                             struct cache_control *out)
{
	for (unsigned i = 0; targets != NULL && i < targets->n; i++)
		if (cache_control_targeted(f, targets->names[i], out))
			return;
	cache_control_response(f, out);
}
