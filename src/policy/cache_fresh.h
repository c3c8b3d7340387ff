/* cache_fresh.h - how long a response is fresh and how old it is (RFC 9111 4.2).
 *
 * Lifetime and initial age are computed once, when a response arrives (cache_store); afterwards
 * only numbers are compared (cache_reuse). All times are wall seconds, all results are clamped to
 * CACHE_FRESH_MAX: no input wraps, and no clock makes a response fresh for ever. */
#ifndef POLICY_CACHE_FRESH_H
#define POLICY_CACHE_FRESH_H

#include "http/cache_control.h"
#include "http/msg.h"
#include "policy/cache_opts.h"
#include "policy/stored.h"

#define CACHE_FRESH_MAX 2147483648u /* RFC 9111 1.2.2: what an overflow counts as */
/* A response "received" further in the future than this was kept under a wrong clock. */
#define CACHE_FRESH_CLOCK_SLACK 60

struct cache_fresh_verdict {
	uint32_t secs; /* freshness lifetime; 0 = stale on arrival */
	bool
	    explicit_given; /* the response says it (s-maxage, max-age or Expires), well or badly */
	bool heuristic;     /* guessed (4.2.2) */
	const char *why;    /* static, names rule and section */
};

/* RFC 9111 4.2.1 for a shared cache: s-maxage, else max-age, else Expires - Date, else the
 * heuristic for statuses that allow it (or when public). Directives of a targeted field put Expires
 * out of use (RFC 9213 2.2). An explicit but invalid value is 0
 * seconds. Date counts as response_time when missing or bad. */
void cache_fresh_lifetime(const struct msg *response, const struct cache_control *cc,
                          const struct cache_opts *opts, int64_t response_time,
                          struct cache_fresh_verdict *out);
/* Heuristically cacheable (RFC 9110 15.1): 200 203 204 206 300 301 308 404 405 410 414 501. */
bool cache_fresh_status_heuristic(unsigned status);
/* The value of Date, or response_time when there is none, several, or a bad one. */
int64_t cache_fresh_date(const struct fields *response, int64_t response_time);
/* corrected_initial_age (RFC 9111 4.2.3): from Date, Age and the delay of the response. An Age that
 * is a list counts by its first member, a bad one not at all (5.1). */
uint32_t cache_fresh_initial_age(const struct fields *response, int64_t request_time,
                                 int64_t response_time);

/* current_age at `now` (4.2.3). A clock before response_time gives the initial age; one that lies
 * more than CACHE_FRESH_CLOCK_SLACK before it gives CACHE_FRESH_MAX: such an entry is never fresh.
 */
uint32_t cache_fresh_age(const struct stored *s, int64_t now);
/* Seconds until it is stale at that age, not above CACHE_FRESH_MAX - age; 0 or negative: stale
 * since. STORED_STALE: never above 0. */
int64_t cache_fresh_left(const struct stored *s, uint32_t age);
/* Is its age below its lifetime (4.2), and is it not marked STORED_STALE? */
bool cache_fresh_is(const struct stored *s, int64_t now);

#endif
