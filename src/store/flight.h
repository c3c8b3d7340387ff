/* flight.h - running fetches, shared by all workers: one fetch, many followers (STORE 5).
 *
 * A table in shared memory under robust stripe locks (stripe = primary key). The owner is (slot,
 * generation). States: WAIT_HEAD -> STREAM -> DONE -> COMMITTED, or UNCACHEABLE or FAILED; a purge marks it PURGED
 * (followers are served, the row is not kept). Followers in other workers are woken through the slot's eventfd.  */
#ifndef STORE_FLIGHT_H
#define STORE_FLIGHT_H

#include "store/store.h"

enum flight_state {
	FLIGHT_WAIT_HEAD,
	FLIGHT_STREAM,       /* head known, body comes */
	FLIGHT_DONE,         /* body complete, record on its way to the keeper */
	FLIGHT_COMMITTED,    /* look it up */
	FLIGHT_REFRESHED,    /* a 304 refreshed the stored entry: look it up (served from the flight's head until committed) */
	FLIGHT_UNCACHEABLE,  /* each follower to its own fetch */
	FLIGHT_FAILED        /* err and why; also when the owner died */
};

#define FLIGHT_REF_MAGIC 0xf119472f
struct flight_ref {          /* membership of this process's request or fill; embedded */
	unsigned magic;
	struct list link;        /* flight's own */
	int index;               /* -1: none */
	uint32_t id;             /* life of the table row */
	bool owner;
	void (*on_change)(struct flight_ref *f); /* state, head or bytes moved; from store_on_wake, never from inside a call of yours */
	void *local;             /* owner: its store_writer (same process), else NULL */
};

enum flight_role {
	FLIGHT_OWNER,        /* claimed: you fetch */
	FLIGHT_FOLLOWER,     /* joined */
	FLIGHT_FULL,         /* table or slab full: fetch uncached */
	FLIGHT_AGAIN         /* somebody committed since `commits` was read: look up again */
};
/* Joins the live flight that serves this request (same key; if its head is known, its Vary values must be this request's;
 * DONE ones serve too until committed), or claims a new one. `variant` as for store_lookup. */
enum flight_role flight_join(const struct store_key *key, store_variant_fn *variant, void *arg, uint64_t commits, bool may_own,
    struct flight_ref *f);
/* Ends the membership. An owner must have finished, failed or released before. */
void flight_leave(struct flight_ref *f);
enum flight_state flight_state_of(const struct flight_ref *f);
bool flight_is_purged(const struct flight_ref *f);
uint64_t flight_written(const struct flight_ref *f);
/* The head as if stored, copied into a; 0, ERR_AGAIN while WAIT_HEAD, ERR_GONE. */
int flight_head(const struct flight_ref *f, struct arena *a, struct store_entry *out);
/* Why it failed: code and static or copied text (valid until flight_leave). */
int flight_error(const struct flight_ref *f, const char **why);
/* Followers in all workers besides the owner itself. */
unsigned flight_followers(const struct flight_ref *f);

/* Owner only; each wakes all followers. */
void flight_uncacheable(struct flight_ref *f);
void flight_fail(struct flight_ref *f, int err, const char *why);
/* After store_refresh of the entry it validated: followers judge *e again, without a look-up of the not yet committed row. */
void flight_refreshed(struct flight_ref *f, const struct store_entry *e, const struct store_meta *meta, struct str head);

#endif
