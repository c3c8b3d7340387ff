/* cache_control.h - Cache-Control of requests and responses (RFC 9111 5.2, RFC 5861, RFC 8246).
 *
 * All lines are one list; names ignore case; arguments are taken as token or quoted-string; unknown
 * directives are ignored. Of duplicates the most restrictive counts: the shorter lifetime, the
 * longer min-fresh. An argument that is no number makes a lifetime 0 (9111 4.2.1: such a response
 * is stale). Called by policy; strings are borrowed from the fields. */
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
	CACHE_CONTROL_PRESENT = 1 << 10 /* the field itself was there */
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
	 * value_list_init_str(). Empty when absent. Two different lists of one directive count as
	 * the unqualified flag. */
	struct str no_cache_fields, private_fields;
};

static inline bool cache_control_has(const struct cache_control *c, unsigned flag)
{
	return (c->flags & flag) != 0;
}

void cache_control_request(const struct fields *f, struct cache_control *out);
void cache_control_response(const struct fields *f, struct cache_control *out);
/* The response directives in another field with the same syntax (CDN-Cache-Control, RFC 9213;
 * Surrogate-Control). CACHE_CONTROL_PRESENT is missing when the field is. */
void cache_control_targeted(const struct fields *f, enum field_id id, struct cache_control *out);

#endif
