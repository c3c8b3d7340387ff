/* arena.c - bump allocation in chunks that come from a pool of the process.
 *
 * Each request, fill and configuration owns one. Chunks of ARENA_CHUNK bytes go to and fro between
 * the arenas and the pool; larger pieces have a malloc of their own. In a build with
 * AddressSanitizer there is no pool and each piece is fenced, so that it finds a use after reset
 * and an overrun.    */
#include <stdarg.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/obj.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_FENCE 16
#define ARENA_POOLED false
#define ARENA_FORBID(p, n) arena_forbid((p), (n))
#define ARENA_ALLOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
/* Called with memory fresh from malloc; inlined, gcc 14 warns of it as of a read. */
__attribute__((noinline)) static void arena_forbid(void *p, size_t n)
{
	ASAN_POISON_MEMORY_REGION(p, n);
}
#else
#define ARENA_FENCE 0
#define ARENA_POOLED true
#define ARENA_FORBID(p, n) ((void)(p), (void)(n))
#define ARENA_ALLOW(p, n) ((void)(p), (void)(n))
#endif

#define ARENA_ALIGN 16

struct arena_chunk {
	_Alignas(ARENA_ALIGN) struct arena_chunk *next;
	size_t size; /* with this head */
	char mem[];
};
struct arena_hook {
	struct arena_hook *next;
	void (*fn)(void *arg);
	void *arg;
};

static struct arena_chunk *arena_pool;
static size_t arena_pooled;

static struct arena_chunk *arena_chunk_get(size_t size)
{
	struct arena_chunk *c = arena_pool;

	if (size == ARENA_CHUNK && c != NULL) {
		arena_pool = c->next;
		arena_pooled--;
		return c;
	}
	c = malloc(size);
	if (c == NULL)
		return NULL;
	c->size = size;
	ARENA_FORBID(c->mem, size - sizeof *c);
	return c;
}

static void arena_chunk_put(struct arena_chunk *c)
{
	if (ARENA_POOLED && c->size == ARENA_CHUNK && arena_pooled < ARENA_POOL_MAX) {
		c->next = arena_pool;
		arena_pool = c;
		arena_pooled++;
		return;
	}
	ARENA_ALLOW(c->mem, c->size - sizeof *c);
	free(c);
}

void arena_init(struct arena *a, size_t ceiling)
{
	INIT_OBJ(a, ARENA_MAGIC);
	a->ceiling = ceiling;
}

void arena_reset(struct arena *a)
{
	CHECK_OBJ(a, ARENA_MAGIC);
	/* A hook may add a hook; the list is read anew each time. */
	while (a->hooks != NULL) {
		struct arena_hook *h = a->hooks;

		a->hooks = h->next;
		h->fn(h->arg);
	}
	while (a->chunks != NULL) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		arena_chunk_put(c);
	}
	a->at = a->end = NULL;
	a->used = 0;
}

void arena_fini(struct arena *a)
{
	arena_reset(a);
	a->magic = 0;
}

/* A chunk of its own for a large piece stays behind the current one, which may have room left. */
static struct arena_chunk *arena_add_chunk(struct arena *a, size_t size, bool current)
{
	struct arena_chunk *c;

	if (a->ceiling != 0 && (a->used > a->ceiling || size > a->ceiling - a->used))
		return NULL;
	c = arena_chunk_get(size);
	if (c == NULL)
		return NULL;
	a->used += size;
	if (current || a->chunks == NULL) {
		c->next = a->chunks;
		a->chunks = c;
	} else {
		c->next = a->chunks->next;
		a->chunks->next = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *c;
	size_t step;
	char *p;

	CHECK_OBJ(a, ARENA_MAGIC);
	if (n > SIZE_MAX / 2)
		return NULL;
	step = (MAX(n, (size_t)1) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN + ARENA_FENCE;
	if (step > ARENA_CHUNK - sizeof *c) {
		c = arena_add_chunk(a, sizeof *c + step, false);
		if (c == NULL)
			return NULL;
		ARENA_ALLOW(c->mem, n);
		return c->mem;
	}
	if ((size_t)(a->end - a->at) < step) {
		c = arena_add_chunk(a, ARENA_CHUNK, true);
		if (c == NULL)
			return NULL;
		a->at = c->mem;
		a->end = (char *)c + ARENA_CHUNK;
	}
	p = a->at;
	a->at += step;
	ARENA_ALLOW(p, n);
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	if (p != NULL)
		memset(p, 0, n);
	return p;
}

struct str arena_dup(struct arena *a, struct str s)
{
	return arena_join(a, &s, 1);
}

struct str arena_join(struct arena *a, const struct str *pieces, size_t n)
{
	size_t total = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(total, pieces[i].n, &total))
			return STR_NONE;
	if (total == SIZE_MAX)
		return STR_NONE;
	p = arena_alloc(a, total + 1);
	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].n != 0)
			memcpy(p + at, pieces[i].p, pieces[i].n);
		at += pieces[i].n;
	}
	p[total] = '\0';
	return (struct str){p, total};
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return STR_NONE;
	p = arena_alloc(a, (size_t)n + 1);
	if (p == NULL)
		return STR_NONE;
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return (struct str){p, (size_t)n};
}

int arena_on_reset(struct arena *a, void (*fn)(void *arg), void *arg)
{
	struct arena_hook *h = arena_alloc(a, sizeof *h);

	if (h == NULL)
		return ERR_NOMEM;
	h->fn = fn;
	h->arg = arg;
	h->next = a->hooks;
	a->hooks = h;
	return 0;
}
