/* cache_control.h - Cache-Control of requests and responses (RFC 9111 5.2, RFC 5861, RFC 8246).
 *
 * All lines are one list; names ignore case; arguments are taken as token or quoted-string; unknown
 * directives are ignored. Of duplicates the most restrictive counts: the shorter lifetime, the
 * longer min-fresh. An argument that is no number makes a lifetime 0 (9111 4.2.1: such a response
 * is stale). A quote that is open, or stands where none may, counts as no-store, as it may hide
 * any directive. Targeted fields are read strictly instead. Called by policy; strings are borrowed
 * from the fields. */
#ifndef HTTP_CACHE_CONTROL_H
#define HTTP_CACHE_CONTROL_H

#include "http/fields.h"

enum cache_control_flag {
	CACHE_CONTROL_NO_STORE = 1 << 0,
	CACHE_CONTROL_NO_CACHE =
	    1 << 1, /* unqualified, or Pragma: no-cache of a request without C-C */
	CACHE_CONTROL_NO_TRANSFORM = 1 << 2,
	CACHE_CONTROL_ONLY_IF_CACHED = 1 << 3,
	CACHE_CONTROL_PUBLIC = 1 << 4,
	CACHE_CONTROL_PRIVATE = 1 << 5, /* unqualified */
	CACHE_CONTROL_MUST_REVALIDATE = 1 << 6,
	CACHE_CONTROL_PROXY_REVALIDATE = 1 << 7,
	CACHE_CONTROL_MUST_UNDERSTAND = 1 << 8,
	CACHE_CONTROL_IMMUTABLE = 1 << 9,
	CACHE_CONTROL_PRESENT = 1 << 10, /* the field itself was there */
	CACHE_CONTROL_TARGETED = 1
	                         << 11 /* a targeted field: Expires does not count (RFC 9213 2.2) */
};

#define CACHE_CONTROL_ABSENT ((int64_t)-1)
#define CACHE_CONTROL_ANY INT64_MAX /* max-stale without an argument */

/* Seconds, or CACHE_CONTROL_ABSENT. Overflow is 2^31 (1.2.2). */
struct cache_control {
	unsigned flags;
	int64_t max_age, s_maxage;
	int64_t stale_while_revalidate, stale_if_error;
	int64_t max_stale, min_fresh; /* requests */
	/* The inside of no-cache="..." and private="...": a list of names for
	 * value_list_init_str(). Empty when absent. Two different lists of one directive, and
	 * what is no list of names, count as the unqualified flag. */
	struct str no_cache_fields, private_fields;
};

static inline bool cache_control_has(const struct cache_control *c, unsigned flag)
{
	return (c->flags & flag) != 0;
}

void cache_control_request(const struct fields *f, struct cache_control *out);
void cache_control_response(const struct fields *f, struct cache_control *out);
/* ---- targeted fields (RFC 9213) ---- */
#define CACHE_CONTROL_TARGETS 8
struct cache_control_targets { /* names of fields, the first that can be used decides */
	struct str names[CACHE_CONTROL_TARGETS];
	unsigned n;
};
/* The response directives in the field of that name, a dictionary of structured fields (RFC 9651):
 * names are in lower case, seconds are Integers, flags Booleans, lists of names Strings; of
 * duplicates the last counts. A value of another type ends a lifetime and keeps a restriction.
 * False: it is absent, empty, or wrong anywhere, and then counts as absent (2.1); *out is not set.
 */
bool cache_control_targeted(const struct fields *f, struct str name, struct cache_control *out);
/* By what this cache goes: the first usable target (CACHE_CONTROL_TARGETED is set), else
 * Cache-Control. targets NULL: none. */
void cache_control_effective(const struct fields *f, const struct cache_control_targets *targets,
                             struct cache_control *out);

#endif
