/* cache_fresh.c - freshness lifetime and age (RFC 9111 4.2), once from fields, then from numbers.
 */
#include "policy/cache_fresh.h"
#include "http/date.h"
#include "http/value.h"

/* Into [0, CACHE_FRESH_MAX]. */
static uint32_t clamp(int64_t secs)
{
	if (secs < 0)
		return 0;
	return secs > (int64_t)CACHE_FRESH_MAX ? CACHE_FRESH_MAX : (uint32_t)secs;
}

/* later - earlier without wrapping. */
static uint32_t span(int64_t earlier, int64_t later)
{
	int64_t secs;

	if (__builtin_sub_overflow(later, earlier, &secs))
		return later > earlier ? CACHE_FRESH_MAX : 0;
	return clamp(secs);
}

bool cache_fresh_status_heuristic(unsigned status)
{
	switch (status) {
	case 200:
	case 203:
	case 204:
	case 206:
	case 300:
	case 301:
	case 308:
	case 404:
	case 405:
	case 410:
	case 414:
	case 501:
		return true;
	default:
		return false;
	}
}

int64_t cache_fresh_date(const struct fields *response, int64_t response_time)
{
	int64_t date;

	if (fields_count(response, FIELD_DATE) != 1)
		return response_time;
	date = date_of(fields_value(response, FIELD_DATE), response_time);
	return date == DATE_NONE ? response_time : date;
}

/* Expires - Date; several lines count only when they agree (4.2.1), what is no date has passed
 * (5.3). */
static uint32_t expires_lifetime(const struct fields *response, int64_t response_time,
                                 const char **why)
{
	const struct field *f = fields_get(response, FIELD_EXPIRES), *more = f;
	int64_t expires = date_of(f->value, response_time);

	*why = "stale: Expires is no date (RFC 9111 5.3)";
	if (expires == DATE_NONE)
		return 0;
	*why = "stale: several Expires that differ (RFC 9111 4.2.1)";
	while ((more = fields_next(response, more)) != NULL)
		if (!str_eq(more->value, f->value))
			return 0;
	*why = "Expires (RFC 9111 5.3)";
	return span(cache_fresh_date(response, response_time), expires);
}

static uint32_t heuristic_lifetime(const struct msg *response, const struct cache_control *cc,
                                   const struct cache_opts *opts, int64_t response_time,
                                   struct cache_fresh_verdict *out)
{
	const struct fields *f = &response->fields;
	int64_t modified;
	uint64_t guess;

	out->why = "stale: no lifetime, and none may be guessed for this status (RFC 9111 4.2.2)";
	if (!cache_fresh_status_heuristic(response->status) &&
	    !cache_control_has(cc, CACHE_CONTROL_PUBLIC))
		return 0;
	/* Pragma says nothing in a response (5.4), but its writer did not want a guess. */
	out->why = "stale: no lifetime, and Pragma: no-cache forbids to guess one";
	if (value_list_has(f, FIELD_PRAGMA, STR("no-cache")))
		return 0;
	out->why = "stale: no lifetime, and no Last-Modified to guess from (RFC 9111 4.2.2)";
	if (fields_count(f, FIELD_LAST_MODIFIED) != 1)
		return 0;
	modified = date_of(fields_value(f, FIELD_LAST_MODIFIED), response_time);
	if (modified == DATE_NONE)
		return 0;
	guess = (uint64_t)span(modified, cache_fresh_date(f, response_time)) *
	        opts->heuristic_percent / 100;
	out->heuristic = true;
	out->why = "guessed from Last-Modified (RFC 9111 4.2.2)";
	return guess < opts->heuristic_max ? clamp((int64_t)guess) : clamp(opts->heuristic_max);
}

void cache_fresh_lifetime(const struct msg *response, const struct cache_control *cc,
                          const struct cache_opts *opts, int64_t response_time,
                          struct cache_fresh_verdict *out)
{
	bool targeted = cache_control_has(cc, CACHE_CONTROL_TARGETED);

	*out = (struct cache_fresh_verdict){.explicit_given = true};
	if (cc->s_maxage != CACHE_CONTROL_ABSENT) {
		out->secs = clamp(cc->s_maxage);
		out->why = targeted ? "s-maxage of a targeted field (RFC 9213 2.2)"
		                    : "s-maxage (RFC 9111 5.2.2.10)";
	} else if (cc->max_age != CACHE_CONTROL_ABSENT) {
		out->secs = clamp(cc->max_age);
		out->why = targeted ? "max-age of a targeted field (RFC 9213 2.2)"
		                    : "max-age (RFC 9111 5.2.2.1)";
	} else if (!targeted && fields_has(&response->fields, FIELD_EXPIRES)) {
		out->secs = expires_lifetime(&response->fields, response_time, &out->why);
	} else {
		out->explicit_given = false;
		out->secs = heuristic_lifetime(response, cc, opts, response_time, out);
	}
	if (opts->lifetime_max != 0 && out->secs > opts->lifetime_max) {
		out->secs = opts->lifetime_max;
		out->why = "capped by the owner's lifetime_max";
	}
}

uint32_t cache_fresh_initial_age(const struct fields *response, int64_t request_time,
                                 int64_t response_time)
{
	uint32_t apparent = span(cache_fresh_date(response, response_time), response_time);
	uint32_t delay = span(request_time, response_time);
	struct value_list it;
	struct str first;
	int64_t age = 0;
	uint32_t corrected;

	value_list_init(&it, response, FIELD_AGE);
	if (!value_list_next(&it, &first) || value_seconds(first, &age) != 0)
		age = 0;
	corrected = clamp((int64_t)clamp(age) + delay);
	return apparent > corrected ? apparent : corrected;
}

uint32_t cache_fresh_age(const struct stored *s, int64_t now)
{
	int64_t resident;

	if (__builtin_sub_overflow(now, s->response_time, &resident) ||
	    resident < -CACHE_FRESH_CLOCK_SLACK)
		return CACHE_FRESH_MAX;
	return clamp((int64_t)s->initial_age + clamp(resident));
}

int64_t cache_fresh_left(const struct stored *s, uint32_t age)
{
	int64_t left = (int64_t)clamp(s->fresh_secs) - age;

	return left > 0 && (s->flags & STORED_STALE) != 0 ? 0 : left;
}

bool cache_fresh_is(const struct stored *s, int64_t now)
{
	return cache_fresh_left(s, cache_fresh_age(s, now)) > 0;
}
