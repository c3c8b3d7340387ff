/* source_cache.h - a stored entry as a source; the only caller of the store's look-up on the way of a request.
 *
 * Embedded in the request. Life: source_cache_find (HIT: entry valid this turn), then either
 * source_cache_open (its body as a source, pinned) or source_cache_keep (to validate it later).      */
#ifndef SOURCE_SOURCE_CACHE_H
#define SOURCE_SOURCE_CACHE_H

#include "http/msg.h"
#include "policy/stored.h"
#include "source/source.h"
#include "store/store.h"

struct source_cache {
	struct source source;
	struct store_entry entry;
	struct store_body body;
	bool open;
};

/* The request's side of Vary: values are made in the arena. */
struct source_cache_asker {
	struct arena *arena;
	const struct fields *fields;
	bool varies; /* set when something is stored under that key that has variants */
};
/* store_variant_fn over a struct source_cache_asker. */
int source_cache_variant(struct str spec, struct str *values, void *asker);

void source_cache_init(struct source_cache *c);
/* Looks up; with HIT c->entry is set. PENDING: w->wake comes, then ask again. */
enum store_answer source_cache_find(struct source_cache *c, const struct store_key *key, struct source_cache_asker *asker,
    struct store_wait *w);
/* Takes over an entry from elsewhere (a refreshed one from a fill). */
void source_cache_take(struct source_cache *c, const struct store_entry *e);
/* What policy needs to know of an entry. */
void source_cache_stored(const struct store_entry *e, struct stored *out);
/* And back, for who stores. */
void source_cache_meta(const struct stored *s, struct store_meta *out);
/* Pins the body; c->source may be pumped. 0, or ERR_GONE: look up again. */
int source_cache_open(struct source_cache *c);
/* Makes the entry independent of the turn. 0 or ERR_NOMEM. */
int source_cache_keep(struct source_cache *c, struct arena *a);
void source_cache_close(struct source_cache *c);

#endif
