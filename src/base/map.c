/* map.c - a chained hash table that doubles as it fills.
 *
 * The hash is SipHash under a random key of the process, because the keys are often chosen by
 * peers. Keys are copied into the items; values belong to the caller. */
#include "base/digest.h"
#include "base/err.h"
#include "base/map.h"
#include "base/obj.h"

#define MAP_FIRST 16 /* slots of the first table; always a power of two */

struct map_item {
	struct map_item *next;
	uint64_t hash;
	void *value;
	size_t n;
	char key[];
};

static struct digest_key map_seed;
static bool map_seeded;

static uint64_t map_hash(struct str key)
{
	return digest_sip64(&map_seed, key.p, key.n);
}

void map_init(struct map *m)
{
	if (!map_seeded) {
		AZ(digest_random(&map_seed, sizeof map_seed));
		map_seeded = true;
	}
	*m = (struct map){NULL, 0, 0};
}

void map_fini(struct map *m)
{
	for (size_t i = 0; m->slots != NULL && i <= m->mask; i++) {
		struct map_item *it = m->slots[i];

		while (it != NULL) {
			struct map_item *next = it->next;

			free(it);
			it = next;
		}
	}
	free(m->slots);
	*m = (struct map){NULL, 0, 0};
}

/* Where the pointer to the item with this key is, or where it would be appended. The table exists.
 */
static struct map_item **map_place(const struct map *m, struct str key, uint64_t hash)
{
	struct map_item **at = &m->slots[hash & m->mask];

	while (*at != NULL) {
		struct map_item *it = *at;

		if (it->hash == hash && str_eq((struct str){it->key, it->n}, key))
			break;
		at = &it->next;
	}
	return at;
}

void *map_get(const struct map *m, struct str key)
{
	struct map_item *it;

	if (m->count == 0)
		return NULL;
	it = *map_place(m, key, map_hash(key));
	return it == NULL ? NULL : it->value;
}

/* Twice the slots. Without memory for them the chains just get longer, unless there is no table
 * yet. */
static int map_grow(struct map *m)
{
	size_t n = m->slots == NULL ? MAP_FIRST : (m->mask + 1) * 2;
	struct map_item **slots = calloc(n, sizeof *slots);

	if (slots == NULL)
		return m->slots == NULL ? ERR_NOMEM : 0;
	for (size_t i = 0; m->slots != NULL && i <= m->mask; i++) {
		struct map_item *it = m->slots[i];

		while (it != NULL) {
			struct map_item *next = it->next;

			it->next = slots[it->hash & (n - 1)];
			slots[it->hash & (n - 1)] = it;
			it = next;
		}
	}
	free(m->slots);
	m->slots = slots;
	m->mask = n - 1;
	return 0;
}

static struct map_item *map_item_new(struct str key, uint64_t hash, void *value)
{
	struct map_item *it;

	if (key.n > SIZE_MAX - sizeof *it)
		return NULL;
	it = malloc(sizeof *it + key.n);
	if (it == NULL)
		return NULL;
	it->next = NULL;
	it->hash = hash;
	it->value = value;
	it->n = key.n;
	if (key.n != 0)
		memcpy(it->key, key.p, key.n);
	return it;
}

int map_put(struct map *m, struct str key, void *value, void **old)
{
	uint64_t hash = map_hash(key);
	struct map_item **at, *it;

	if ((m->slots == NULL || m->count > m->mask) && map_grow(m) != 0)
		return ERR_NOMEM;
	at = map_place(m, key, hash);
	it = *at;
	if (it == NULL) {
		it = map_item_new(key, hash, value);
		if (it == NULL)
			return ERR_NOMEM;
		*at = it;
		m->count++;
		if (old != NULL)
			*old = NULL;
		return 0;
	}
	if (old != NULL)
		*old = it->value;
	it->value = value;
	return 0;
}

void *map_remove(struct map *m, struct str key)
{
	struct map_item **at, *it;
	void *value;

	if (m->count == 0)
		return NULL;
	at = map_place(m, key, map_hash(key));
	it = *at;
	if (it == NULL)
		return NULL;
	*at = it->next;
	m->count--;
	value = it->value;
	free(it);
	return value;
}

void map_each(struct map *m, void (*fn)(struct str key, void *value, void *arg), void *arg)
{
	for (size_t i = 0; m->slots != NULL && i <= m->mask; i++) {
		struct map_item *it = m->slots[i];

		while (it != NULL) {
			struct map_item *next = it->next;

			fn((struct str){it->key, it->n}, it->value, arg);
			it = next;
		}
	}
}
