/* cache_reuse.h - may this stored response answer this request now (RFC 9111 4, 4.2.4, 5.2.1, RFC
 * 5861, RFC 8246)?
 *
 * Asked on every hit, and for the head of a running fill as if it were stored. Numbers and flags
 * only: no field is parsed here. Vary was matched before (cache_key_variant). */
#ifndef POLICY_CACHE_REUSE_H
#define POLICY_CACHE_REUSE_H

#include "http/cache_control.h"
#include "policy/stored.h"

/* flags of the asking side */
#define CACHE_REUSE_PRIVATE_OK 0x1u /* this client may see what private addresses serve */

enum cache_reuse_answer {
	CACHE_REUSE_FRESH,        /* deliver */
	CACHE_REUSE_STALE_USABLE, /* stale, but the client takes it (max-stale): deliver */
	CACHE_REUSE_STALE_WHILE_REVALIDATE, /* deliver, and start a validation behind it */
	CACHE_REUSE_STALE,                  /* validate (or fetch) first */
	CACHE_REUSE_FORBIDDEN, /* not for this client: a fetch of its own, judged by address */
	CACHE_REUSE_REFUSE     /* would have to go to the origin, but only-if-cached: 504 */
};

struct cache_reuse_verdict {
	enum cache_reuse_answer answer;
	uint32_t age;       /* current age, for Age */
	int64_t fresh_left; /* lifetime - age; negative: stale since; for ttl in Cache-Status */
	const char *why;    /* static, names rule and section */
};

/* request_cc: cache_control_request() of the request (a Pragma: no-cache is in it). */
void cache_reuse_judge(const struct stored *s, const struct cache_control *request_cc,
                       unsigned flags, int64_t now, struct cache_reuse_verdict *out);

/* The same for a request that found nothing stored: *why and false when it must not go on to the
 * origin (only-if-cached: 504, RFC 9111 5.2.1.7). */
bool cache_reuse_may_fetch(const struct cache_control *request_cc, const char **why);

/* The validation of a stale response failed: may it be delivered all the same (RFC 5861 4, RFC 9111
 * 4.2.4)? status: what the origin answered (500, 502, 503, 504 count), 0 when it gave no answer.
 * *age (may be NULL) is always set. */
bool cache_reuse_stale_if_error(const struct stored *s, const struct cache_control *request_cc,
                                unsigned flags, int64_t now, unsigned status, uint32_t *age,
                                const char **why);

#endif
