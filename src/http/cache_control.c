/* cache_control.c - Cache-Control read into flags and seconds; of duplicates the most restrictive.
 */
#include "http/cache_control.h"
#include "base/obj.h"
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

static void apply_list(const struct directive *d, struct str argument, struct cache_control *out)
{
	struct str *list = (struct str *)(void *)((char *)out + d->offset);

	/* no names to go by, or two different lists: all of the response is meant */
	if (argument.n == 0 || (list->n != 0 && !str_eq(*list, argument)))
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

static void apply(const struct directive *table, size_t count, struct str element,
                  struct cache_control *out)
{
	struct str argument, name;
	bool given;

	name = cut_argument(element, &argument, &given);
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

	*out = (struct cache_control){.max_age = CACHE_CONTROL_ABSENT,
	                              .s_maxage = CACHE_CONTROL_ABSENT,
	                              .stale_while_revalidate = CACHE_CONTROL_ABSENT,
	                              .stale_if_error = CACHE_CONTROL_ABSENT,
	                              .max_stale = CACHE_CONTROL_ABSENT,
	                              .min_fresh = CACHE_CONTROL_ABSENT};
	if (!fields_has(f, id))
		return;
	out->flags = CACHE_CONTROL_PRESENT;
	value_list_init(&it, f, id);
	while (value_list_next(&it, &element))
		apply(table, count, element, out);
}

void cache_control_request(const struct fields *f, struct cache_control *out)
{
	read_field(f, FIELD_CACHE_CONTROL, of_requests, COUNT_OF(of_requests), out);
	if (!cache_control_has(out, CACHE_CONTROL_PRESENT) &&
	    value_list_has(f, FIELD_PRAGMA, STR("no-cache")))
		out->flags |= CACHE_CONTROL_NO_CACHE;
}

void cache_control_response(const struct fields *f, struct cache_control *out)
{
	cache_control_targeted(f, FIELD_CACHE_CONTROL, out);
}

void cache_control_targeted(const struct fields *f, enum field_id id, struct cache_control *out)
{
	read_field(f, id, of_responses, COUNT_OF(of_responses), out);
}
