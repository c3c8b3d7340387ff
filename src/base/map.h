/* map.h - a hash table from byte strings to pointers, chained, seeded per process against chosen keys. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_item;
struct map {
	struct map_item **slots;
	size_t count, mask;
};

void map_init(struct map *m);
void map_fini(struct map *m); /* the values are the caller's */
void *map_get(const struct map *m, struct str key);
/* Replaces an equal key; the key's bytes are copied. The old value or NULL in *old (may be NULL). 0 or ERR_NOMEM. */
int map_put(struct map *m, struct str key, void *value, void **old);
/* Removes; returns the value or NULL. */
void *map_remove(struct map *m, struct str key);
/* Calls fn for each item; fn may remove the item it is called for, no other. */
void map_each(struct map *m, void (*fn)(struct str key, void *value, void *arg), void *arg);

#endif
