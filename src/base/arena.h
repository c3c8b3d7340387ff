/* arena.h - memory that lives as long as one request, fill or configuration.
 *
 * Bump allocation in chunks, with a ceiling; nothing is freed singly. arena_reset() runs the cleanup
 * hooks (youngest first) and gives the chunks back, to the pool, so that the next request costs no
 * malloc. Chunks come from a per-process pool of equal chunks (ARENA_CHUNK) that is never returned to the
 * system below ARENA_POOL_MAX chunks; a larger piece gets a chunk of its own. Not for threads.     */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include "base/str.h"

#define ARENA_CHUNK 4096
#define ARENA_POOL_MAX 1024 /* 4 MiB */
#define ARENA_MAGIC 0x61a3e4a1

struct arena_chunk;
struct arena_hook;

struct arena {
	unsigned magic;
	char *at, *end;             /* free bytes of the current chunk */
	struct arena_chunk *chunks; /* current first */
	struct arena_hook *hooks;
	size_t used, ceiling; /* bytes in chunks, and how many they may become */
};

/* An empty arena (no chunk yet: an idle one costs nothing). ceiling 0 = none. */
void arena_init(struct arena *a, size_t ceiling);
/* Runs the hooks and gives all chunks back. The arena may be used again. */
void arena_reset(struct arena *a);
/* As reset; afterwards the arena is no object any more. */
void arena_fini(struct arena *a);

/* Memory of n bytes aligned to 16, not zeroed. NULL when the ceiling or the system says no. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
/* Copies; a trailing NUL is added behind the n bytes (not counted). {NULL,0} when there is no memory. */
struct str arena_dup(struct arena *a, struct str s);
/* Joins n pieces; an empty or {NULL,0} piece adds nothing. NUL and failure as in arena_dup. */
struct str arena_join(struct arena *a, const struct str *pieces, size_t n);
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* fn(arg) runs at reset, youngest first. 0, or ERR_NOMEM (then fn was not kept: the caller cleans up). */
int arena_on_reset(struct arena *a, void (*fn)(void *arg), void *arg);

#endif
