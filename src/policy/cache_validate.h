/* cache_validate.h - asking the origin about a stored response, and taking its answer (RFC
 * 9111 4.3, 3.2), and what an unsafe request invalidates (4.4).
 *
 * Called by the fill: cache_validate_ask before the head goes out, cache_validate_judge and _update
 * when a 304 came (or a 200 to HEAD), cache_validate_targets when an unsafe method was answered. */
#ifndef POLICY_CACHE_VALIDATE_H
#define POLICY_CACHE_VALIDATE_H

#include "base/arena.h"
#include "http/msg.h"
#include "policy/cache_key.h"
#include "policy/cache_store.h"

/* ---- the question (RFC 9111 4.3.1) ---- */
/* Values byte for byte as stored; {NULL, 0}: that field is not sent. Both absent: no validator, a
 * plain fetch. */
struct cache_validate_ask {
	struct str if_none_match;     /* from ETag */
	struct str if_modified_since; /* from Last-Modified */
};
/* stored: the fields kept with the entry. True when there is something to ask with. */
bool cache_validate_ask(const struct fields *stored, struct cache_validate_ask *out);

/* ---- the answer ---- */
enum cache_validate_answer {
	CACHE_VALIDATE_UPDATE,   /* it is about the stored response: refresh it and use it */
	CACHE_VALIDATE_UNUSABLE, /* another representation: fetch again without conditions */
	CACHE_VALIDATE_OUTDATED  /* HEAD says the stored response is old: mark it stale */
};
struct cache_validate_verdict {
	enum cache_validate_answer answer;
	const char *why;
};
/* A 304 against the stored fields (RFC 9111 4.3.4). A strong ETag must equal a strong one; else a
 * weak ETag or Last-Modified must match; a 304 without any validator answers the one question that
 * was asked. A 304 whose Vary differs from the stored one is not usable, as the entry lies under
 * the old names. a: scratch. */
void cache_validate_judge(struct arena *a, const struct fields *stored, const struct msg *response,
                          struct cache_validate_verdict *out);
/* A 200 to a HEAD against the stored GET response (4.3.5): validators and Content-Length must
 * match. length: of the stored body as the origin sent it, UINT64_MAX when unknown. */
void cache_validate_head(const struct fields *stored, uint64_t length, const struct msg *response,
                         struct cache_validate_verdict *out);

/* ---- the update (RFC 9111 3.2) ---- */
struct cache_validate_update {
	struct cache_store_input input; /* response: the 304 or the 200 to HEAD, after its check */
	const struct fields *stored;
	const struct stored *meta; /* of the stored response; flags about its body stay */
};
/* Makes the updated head in *merged (fields from the arena; their strings are borrowed from both
 * messages) and judges it like a new response: out->meta is what the store gets; out->store false:
 * the origin takes it back (no-store, private ...): use this answer once and remove the entry.
 * Fields of the new response replace those of the same name, except hop-by-hop ones,
 * Content-Length, Content-Encoding, Content-Range, Content-Digest and Set-Cookie. Age never stays;
 * a missing Date becomes response_time. 0, ERR_NOMEM, or ERR_LIMIT when the head would pass
 * `max_fields` lines or `max_bytes` of names and values (CVE-2023-5824: drop the entry, fetch). */
int cache_validate_update(struct arena *a, const struct cache_validate_update *in,
                          unsigned max_fields, size_t max_bytes, struct msg *merged,
                          struct cache_store_verdict *out);

/* ---- invalidation (RFC 9111 4.4) ---- */
#define CACHE_VALIDATE_TARGETS 3
struct cache_validate_targets {
	struct str keys[CACHE_VALIDATE_TARGETS]; /* canonical keys, each once */
	unsigned n;
};
/* What a successful (2xx, 3xx) answer to an unsafe or unknown method invalidates: the target URI,
 * and Location and Content-Location of the same origin. n is 0 for safe methods, CONNECT, errors.
 * PURGE is not asked here. 0 or ERR_NOMEM. */
int cache_validate_targets(struct arena *a, const struct msg *request, const struct msg *response,
                           const struct cache_key_rules *rules, struct str partition,
                           struct cache_validate_targets *out);

#endif
