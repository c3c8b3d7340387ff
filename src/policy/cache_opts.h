/* cache_opts.h - what the owner may wish of the cache's judgement (section [cache] of the file).
 *
 * Held inside struct conf, read by cache_fresh and cache_store. Sizes of objects are the store's.
 */
#ifndef POLICY_CACHE_OPTS_H
#define POLICY_CACHE_OPTS_H

#include <stdbool.h>
#include <stdint.h>

struct cache_opts {
	uint32_t heuristic_percent; /* of Date - Last-Modified (RFC 9111 4.2.2); 0 = never guess */
	uint32_t heuristic_max;     /* seconds, a guess is never longer */
	uint32_t lifetime_max;      /* seconds, no response is fresh for longer; 0 = no cap */
	uint32_t stale_if_error;    /* seconds, for responses that do not say; 0 = none */
	uint32_t hit_for_miss; /* seconds that a URL whose answers are not for all is remembered */
	bool store_set_cookie; /* keep answers with Set-Cookie that have explicit freshness even
	                        * if they are not marked public or s-maxage */
};

/* 10 percent, 1 day, no cap, 0, 120 s, no */
#define CACHE_OPTS_DEFAULT \
	((struct cache_opts){.heuristic_percent = 10, .heuristic_max = 86400, .hit_for_miss = 120})

#endif
