/* condition.c - the order of preconditions (RFC 9110 13.2.2) and If-Range. */
#include "http/condition.h"
#include "http/date.h"
#include "http/value.h"

/* A Last-Modified is a strong validator when it lies this long before Date (8.8.2.2). */
#define STRONG_SECONDS 60

static bool exists(const struct condition_selected *s)
{
	return s->status >= 200 && s->status < 300;
}

/* If-Match or If-None-Match, which is there: does "*" or one of the tags in all its lines name the
 * representation? */
static bool is_named(const struct fields *f, enum field_id id, const struct condition_selected *s,
                     bool strong)
{
	const struct field *line = fields_get(f, id);
	struct value_etag have, tag;

	if (!exists(s))
		return false;
	if (str_eq(line->value, STR("*")) && fields_next(f, line) == NULL)
		return true;
	if (value_etag(s->etag, &have) != 0)
		return false;
	for (; line != NULL; line = fields_next(f, line)) {
		struct str rest = line->value;

		if (str_eq(rest, s->etag)) /* nearly always: the one that was sent */
			return !strong || value_etag_strong_eq(have, have);
		while (value_etag_next(&rest, &tag) == 1)
			if (strong ? value_etag_strong_eq(tag, have)
			           : value_etag_weak_eq(tag, have))
				return true;
	}
	return false;
}

/* DATE_NONE when absent, repeated or no date: the condition is then ignored (13.1.3, 13.1.4). */
static int64_t date_field(const struct fields *f, enum field_id id, int64_t now)
{
	return fields_count(f, id) == 1 ? date_of(fields_value(f, id), now) : DATE_NONE;
}

/* Steps 1 and 2: does the state that the client relies on still hold? */
static bool state_holds(const struct fields *f, const struct condition_selected *s, int64_t now)
{
	int64_t since;

	if (fields_has(f, FIELD_IF_MATCH))
		return is_named(f, FIELD_IF_MATCH, s, true);
	since = date_field(f, FIELD_IF_UNMODIFIED_SINCE, now);
	if (since == DATE_NONE || s->last_modified == DATE_NONE)
		return true;
	return s->last_modified <= since;
}

/* Steps 3 and 4: does the client have it already? */
static bool client_has_it(const struct fields *f, bool reading, const struct condition_selected *s,
                          int64_t now)
{
	int64_t since, modified;

	if (fields_has(f, FIELD_IF_NONE_MATCH))
		return is_named(f, FIELD_IF_NONE_MATCH, s, false);
	if (!reading || !exists(s))
		return false;
	since = date_field(f, FIELD_IF_MODIFIED_SINCE, now);
	/* A stored response without Last-Modified is as old as its Date says (RFC 9111 4.3.2). */
	modified = s->last_modified != DATE_NONE ? s->last_modified : s->date;
	return since != DATE_NONE && modified != DATE_NONE && modified <= since;
}

enum condition_result condition_evaluate(const struct fields *request, enum msg_method method,
                                         const struct condition_selected *selected, int64_t now)
{
	bool reading = method == METHOD_GET || method == METHOD_HEAD;

	/* 13.2.1: an answer that is neither 2xx nor "not there" is given as it is */
	if (!exists(selected) && selected->status != 404 && selected->status != 412)
		return CONDITION_PROCEED;
	if (!state_holds(request, selected, now))
		return CONDITION_FAILED;
	if (client_has_it(request, reading, selected, now))
		return reading ? CONDITION_NOT_MODIFIED : CONDITION_FAILED;
	return CONDITION_PROCEED;
}

bool condition_if_range(const struct fields *request, const struct condition_selected *selected,
                        int64_t now)
{
	struct value_etag wanted, have;
	struct str value = fields_value(request, FIELD_IF_RANGE);
	int64_t date;

	if (!fields_has(request, FIELD_IF_RANGE))
		return true;
	if (fields_count(request, FIELD_IF_RANGE) > 1)
		return false;
	if (value_etag(value, &wanted) == 0)
		return value_etag(selected->etag, &have) == 0 && value_etag_strong_eq(wanted, have);
	date = date_of(value, now);
	if (date == DATE_NONE || selected->last_modified != date || selected->date == DATE_NONE)
		return false;
	return selected->last_modified <= selected->date - STRONG_SECONDS;
}

bool condition_present(const struct fields *request)
{
	return fields_has(request, FIELD_IF_MATCH) || fields_has(request, FIELD_IF_NONE_MATCH) ||
	       fields_has(request, FIELD_IF_MODIFIED_SINCE) ||
	       fields_has(request, FIELD_IF_UNMODIFIED_SINCE) ||
	       fields_has(request, FIELD_IF_RANGE);
}
