/* cache_store.h - may this response be kept, for whom, and what is kept of it in numbers (RFC 9111
 * 3).
 *
 * Asked once for each final head that a fill receives, before any follower sees a byte, and again
 * by cache_validate for a response that was updated. Always as a shared cache. */
#ifndef POLICY_CACHE_STORE_H
#define POLICY_CACHE_STORE_H

#include "http/cache_control.h"
#include "http/msg.h"
#include "policy/cache_opts.h"
#include "policy/stored.h"

struct cache_store_input {
	const struct msg *request;  /* of the client that asked first: method, Cache-Control,
	                             * Authorization, body are looked at; Range is not, as a fill
	                             * asks  for the whole */
	const struct msg *response; /* checked by msg_response_check(); a final one (no 1xx) */
	int64_t request_time, response_time; /* wall seconds: head sent, head received */
	const struct cache_opts *opts;
	const struct cache_control_targets *targets; /* RFC 9213; NULL: none */
	bool authorization; /* credentials went to the origin by another way than the request's
	                     * Authorization field (RFC 9111 3.5 applies all the same) */
	bool from_private_address; /* becomes STORED_PRIVATE_ADDRESS */
	bool unverified;           /* transparent mode: Host does not lead to the address that was
	                            * asked: never kept */
	bool update;               /* response is a stored one updated by a 304 or by HEAD: the
	                            * request's method, body and no-store are not looked at */
	bool gzip_made;            /* weir compresses the body: STORED_GZIP_MADE | STORED_GZIPPED */
};

enum cache_store_reason {
	CACHE_STORE_OK,
#define NOT_STORED(id, text) CACHE_STORE_##id,
#include "tbl/not_stored.h"
};
/* Its text; of a number that is none: a general one. */
const char *cache_store_why(unsigned reason);

struct cache_store_verdict {
	bool store;
	/* Not kept, and for a reason that holds for the next answers of this URL too (private,
	 * no-store, Vary: * ...): let others not wait for each other. Seconds, 0 when not. */
	bool hit_for_miss;
	uint32_t hit_for_miss_secs;
	enum cache_store_reason reason; /* CACHE_STORE_OK when store */
	const char *why;                /* static, e.g. "not stored: no-store (RFC 9111 5.2.2.5)" */
	const char *fresh;              /* static: where the lifetime comes from; set when store */
	struct stored meta;             /* always filled (followers are judged by it) */
};

void cache_store_judge(const struct cache_store_input *in, struct cache_store_verdict *out);

/* May a field be kept with the response (RFC 9111 3.1)? False for hop-by-hop fields, those named by
 * Connection, Proxy-* fields, Age (respond writes it), Set-Cookie named by no-cache="..." or
 * private="...", and every other field so named (5.2.2.4, 5.2.2.7). m is a checked response, cc its
 * directives. */
bool cache_store_keeps_field(const struct msg *m, const struct cache_control *cc,
                             const struct field *f);

#endif
