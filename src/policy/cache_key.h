/* cache_key.h - which stored response answers a request: the canonical key and the variant (RFC
 * 9111 2 and 4.1).
 *
 * The canonical key is made from what the origin gets: nothing in it is decoded, merged or sorted,
 * and only what the owner names is left out. The store hashes it under its secret and compares it
 * in full. Called by source_cache and the invalidation of cache_validate. All results lie in the
 * arena; inputs are only borrowed. */
#ifndef POLICY_CACHE_KEY_H
#define POLICY_CACHE_KEY_H

#include "base/arena.h"
#include "http/msg.h"

#define CACHE_KEY_VARY_MAX 8 /* names in a Vary that is still kept (HOSTILE 2) */

/* A parameter of the query that does not tell answers apart, as the owner says. */
struct cache_key_rule {
	struct str host; /* in the normal form of http/uri, and all names below it; empty: all */
	struct str name; /* bytes of the query before "=", not decoded */
	bool prefix;     /* and all that begin so */
};
struct cache_key_rules {
	struct cache_key_rule *v;
	unsigned n;
};

/* "1\0" "G" "\0" scheme "\0" host:port "\0" path?query "\0" partition "\0". The port is always
 * written, host and scheme are in the normal form of http/uri. partition separates caches that must
 * not share (may be empty). Parameters that a rule names (rules may be NULL) are left out, with a
 * "?" that nothing follows then; all others stay as they are, in their order. 0; ERR_UNSUPPORTED
 * for a method other than GET and HEAD, for a scheme other than http and https and for targets
 * without host or path; ERR_BAD when a part holds a NUL; ERR_NOMEM. */
int cache_key_make(struct arena *a, const struct msg *request, const struct uri *uri,
                   const struct cache_key_rules *rules, struct str partition,
                   struct str *canonical);
/* The key under which a GET of that URI is kept, whatever the method at hand (invalidation, RFC
 * 9111 4.4). Results as above. */
int cache_key_of_uri(struct arena *a, const struct uri *uri, const struct cache_key_rules *rules,
                     struct str partition, struct str *canonical);

/* The names of all Vary lines of a response: lower case, sorted, once each, each ended by a NUL.
 * Without Vary (or with empty ones): 0 and an empty spec. ERR_UNSUPPORTED for "*" (never matches,
 * RFC 9111 4.1); ERR_LIMIT over CACHE_KEY_VARY_MAX names; ERR_BAD for an element that is no token;
 * ERR_NOMEM. */
int cache_key_vary_spec(struct arena *a, const struct fields *response, struct str *spec);

/* Whether cache_key_vary_spec would succeed (memory apart): 0 or its error. *names (may be NULL):
 * how many different ones. */
int cache_key_vary_check(const struct fields *response, unsigned *names);

/* What the request says for each name of a spec: for each name in order "=" value NUL, or "-" NUL
 * when the field is missing. Lines are joined, whitespace around commas and empty elements go;
 * fields that are no lists are only trimmed. Accept-Encoding is "=1" when gzip is acceptable and
 * asked for, else "=0"; language and charset lists are in lower case. Called behind
 * store.h's store_variant_fn at look-up and with the new spec when storing, so equal requests meet.
 * 0; ERR_BAD for a damaged spec; ERR_NOMEM. */
int cache_key_variant(struct arena *a, struct str spec, const struct fields *request,
                      struct str *values);

#endif
