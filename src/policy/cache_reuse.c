/* cache_reuse.c - the judgement on each hit: numbers and flags, in the order in which they exclude.
 */
#include "policy/cache_reuse.h"
#include "base/mutant.h"
#include "policy/cache_fresh.h"

/* Why this response must be validated before this request may have it, whatever its age; NULL: not.
 */
static const char *must_validate(const struct stored *s, const struct cache_control *cc)
{
	if ((s->flags & STORED_STALE) && !mutant(REUSE_INVALIDATED))
		return "stale: invalidated (RFC 9111 4.4)";
	if ((s->flags & STORED_NO_CACHE) && !mutant(REUSE_NO_CACHE))
		return "stale: no-cache response (RFC 9111 5.2.2.4)";
	if (cache_control_has(cc, CACHE_CONTROL_NO_CACHE))
		return "stale: no-cache request (RFC 9111 5.2.1.4)";
	return NULL;
}

/* Why this request does not take a response of that age; NULL: it does. A fresh immutable response
 * is not asked about for max-age, which reloading browsers send (RFC 8246 2); no-cache is the
 * signal that it is wanted. */
static const char *too_old(const struct stored *s, const struct cache_control *cc, int64_t age,
                           int64_t left)
{
	bool immutable = (s->flags & STORED_IMMUTABLE) != 0 && left > 0;

	if (cc->max_age != CACHE_CONTROL_ABSENT && age > cc->max_age && !immutable)
		return "stale: older than the request's max-age (RFC 9111 5.2.1.1)";
	if (cc->min_fresh != CACHE_CONTROL_ABSENT && left < cc->min_fresh)
		return "stale: not fresh for the request's min-fresh (RFC 9111 5.2.1.3)";
	return NULL;
}

/* A stale response that nothing above excludes: who allows it? */
static enum cache_reuse_answer stale_answer(const struct stored *s, const struct cache_control *cc,
                                            int64_t staleness, const char **why)
{
	*why = "stale: must-revalidate, proxy-revalidate or s-maxage (RFC 9111 4.2.4)";
	if (s->flags & STORED_MUST_REVALIDATE)
		return CACHE_REUSE_STALE;
	*why = "stale, taken by the request's max-stale (RFC 9111 5.2.1.2)";
	if (cc->max_stale != CACHE_CONTROL_ABSENT && staleness <= cc->max_stale)
		return CACHE_REUSE_STALE_USABLE;
	/* A request that says max-age or min-fresh does not want a stale answer (5.2.1.1). */
	*why = "stale, within stale-while-revalidate (RFC 5861 3)";
	if (s->swr_secs != 0 && staleness <= s->swr_secs && cc->max_age == CACHE_CONTROL_ABSENT &&
	    cc->min_fresh == CACHE_CONTROL_ABSENT)
		return CACHE_REUSE_STALE_WHILE_REVALIDATE;
	*why = "stale: its lifetime is over (RFC 9111 4.2)";
	return CACHE_REUSE_STALE;
}

static enum cache_reuse_answer judge(const struct stored *s, const struct cache_control *cc,
                                     unsigned flags, int64_t age, int64_t left, const char **why)
{
	if ((s->flags & STORED_PRIVATE_ADDRESS) != 0 && (flags & CACHE_REUSE_PRIVATE_OK) == 0 &&
	    !mutant(REUSE_PRIVATE_ADDRESS)) {
		*why = "forbidden: from a private address that this client may not see";
		return CACHE_REUSE_FORBIDDEN;
	}
	*why = must_validate(s, cc);
	if (*why == NULL)
		*why = too_old(s, cc, age, left);
	if (*why != NULL)
		return CACHE_REUSE_STALE;
	if (left > 0 || mutant(REUSE_STALE)) {
		*why = "fresh (RFC 9111 4.2)";
		return CACHE_REUSE_FRESH;
	}
	return stale_answer(s, cc, -left, why);
}

void cache_reuse_judge(const struct stored *s, const struct cache_control *request_cc,
                       unsigned flags, int64_t now, struct cache_reuse_verdict *out)
{
	out->age = cache_fresh_age(s, now);
	out->fresh_left = cache_fresh_left(s, out->age);
	out->answer = judge(s, request_cc, flags, out->age, out->fresh_left, &out->why);
	if ((out->answer == CACHE_REUSE_STALE || out->answer == CACHE_REUSE_FORBIDDEN) &&
	    !cache_reuse_may_fetch(request_cc, &out->why))
		out->answer = CACHE_REUSE_REFUSE;
}

bool cache_reuse_may_fetch(const struct cache_control *request_cc, const char **why)
{
	if (!cache_control_has(request_cc, CACHE_CONTROL_ONLY_IF_CACHED))
		return true;
	*why = "refused: only-if-cached, and nothing stored may be used (RFC 9111 5.2.1.7)";
	return false;
}

bool cache_reuse_stale_if_error(const struct stored *s, const struct cache_control *request_cc,
                                unsigned flags, int64_t now, unsigned status, uint32_t *age,
                                const char **why)
{
	uint32_t current = cache_fresh_age(s, now);
	int64_t staleness = -cache_fresh_left(s, current);

	if (age != NULL)
		*age = current;
	*why = "not served stale: the origin's answer is no failure (RFC 5861 4)";
	if (status != 0 && status != 500 && (status < 502 || status > 504))
		return false;
	*why = "forbidden: from a private address that this client may not see";
	if ((s->flags & STORED_PRIVATE_ADDRESS) != 0 && (flags & CACHE_REUSE_PRIVATE_OK) == 0)
		return false;
	*why = must_validate(s, request_cc);
	if (*why != NULL)
		return false;
	*why = "served as it is still fresh, the origin failed (RFC 9111 4.3.3)";
	if (staleness < 0)
		return true;
	*why = "stale: must-revalidate, proxy-revalidate or s-maxage (RFC 9111 4.2.4)";
	if (s->flags & STORED_MUST_REVALIDATE)
		return false;
	*why = "served stale, the origin failed (stale-if-error, RFC 5861 4)";
	if (s->sie_secs != 0 && staleness <= s->sie_secs)
		return true;
	if (request_cc->stale_if_error > 0 && staleness <= request_cc->stale_if_error)
		return true;
	*why = "not served stale: stale for longer than stale-if-error (RFC 5861 4)";
	return false;
}
