/* lookup.h - a worker's reading turn: key -> row -> checks. For the store's own files.                */
#ifndef STORE_LOOKUP_H
#define STORE_LOOKUP_H

#include "store/store.h"

void lookup_init(void);
bool lookup_begin(void);          /* the turn's transaction runs; false: the index is not open or refuses */
/* Looks at what is committed now, from here on; what was found in this turn stays valid. False: not possible any more in
 * this turn. */
bool lookup_newer(void);
uint64_t lookup_commits(void);    /* the commit counter as it was before the transaction began */
void lookup_end(void);
enum store_answer lookup_find(const struct store_key *key, store_variant_fn *variant, void *arg, struct store_wait *w,
    struct store_entry *out);
/* Every variant that is kept of the key, at most `max`; strings are valid this turn. Nothing is read but rows. */
void lookup_each(const struct store_key *key, unsigned max, store_each_fn *see, void *arg);
uint64_t lookup_vh(struct str spec, struct str values); /* hash of a variant, never 0; 0 without spec */
/* Takes a damaged entry out: counted, and told to the keeper. */
void lookup_damaged(const struct store_entry *e, const char *what);

#endif
