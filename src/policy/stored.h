/* stored.h - what a judgement needs to know of a stored response (RFC 9111 4.2), in numbers.
 *
 * Made by cache_store when the answer is kept, kept with the row in the store, read back by
 * source_cache, judged by cache_reuse. Flags are part of the disk format: append only.               */
#ifndef POLICY_STORED_H
#define POLICY_STORED_H

#include <stdint.h>

#define STORED_MUST_REVALIDATE 0x0001u /* must-revalidate, proxy-revalidate or s-maxage: never stale */
#define STORED_NO_CACHE 0x0002u        /* no-cache without field names: validate before each use */
#define STORED_ETAG 0x0004u            /* the head has an ETag */
#define STORED_ETAG_STRONG 0x0008u
#define STORED_LAST_MODIFIED 0x0010u
#define STORED_HEURISTIC 0x0020u       /* lifetime was guessed (RFC 9111 4.2.2) */
#define STORED_PRIVATE_ADDRESS 0x0040u /* fetched from a private address: reuse asks the client's right to it */
#define STORED_GZIP_MADE 0x0080u       /* weir compressed the body; ETag in the head is the origin's */
#define STORED_NO_TRANSFORM 0x0100u
#define STORED_GZIPPED 0x0200u         /* the body has Content-Encoding gzip, whoever made it */
#define STORED_IMMUTABLE 0x0400u
#define STORED_STALE 0x0800u           /* soft-purged or invalidated: as if its lifetime were 0 */

struct stored {
	uint16_t status;
	uint32_t flags;
	int64_t request_time, response_time;  /* wall seconds */
	int64_t date;                         /* value of Date, or response_time */
	uint32_t initial_age;                 /* corrected_initial_age, seconds (RFC 9111 4.2.3) */
	uint32_t fresh_secs;                  /* freshness lifetime */
	uint32_t swr_secs, sie_secs;          /* stale-while-revalidate, stale-if-error (RFC 5861); 0 = none */
};

#endif
