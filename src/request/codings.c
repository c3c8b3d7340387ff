/* codings.c - running gzip states of this worker, pooled and capped. */
#include "request/codings.h"
#include "base/obj.h"

#define KEEP 8 /* idle states that stay: more go back to the system */

struct pool {
	struct coding *idle[KEEP];
	unsigned idle_count, running, max;
	struct coding *(*make)(void);
};

static int deflate_level = 5;

static void *from_heap(void *arg, size_t n)
{
	(void)arg;
	return malloc(n);
}

static void to_heap(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct coding_memory heap = {from_heap, to_heap, NULL};

static struct coding *make_deflate(void)
{
	return coding_deflate_new(&heap, deflate_level);
}

static struct coding *make_inflate(void)
{
	return coding_inflate_new(&heap, 0);
}

static struct pool deflates = {.max = 64, .make = make_deflate};
static struct pool inflates = {.max = CODINGS_INFLATE_MAX, .make = make_inflate};

static struct coding *pool_get(struct pool *p)
{
	struct coding *c;

	if (p->running >= p->max)
		return NULL;
	c = p->idle_count > 0 ? p->idle[--p->idle_count] : p->make();
	if (c != NULL)
		p->running++;
	return c;
}

static void pool_put(struct pool *p, struct coding *c)
{
	if (c == NULL)
		return;
	AN(p->running);
	p->running--;
	if (p->idle_count == KEEP) {
		coding_free(c);
		return;
	}
	coding_reset(c);
	p->idle[p->idle_count++] = c;
}

void codings_init(unsigned deflate_max, int level)
{
	deflates.max = deflate_max;
	deflate_level = level;
}

struct coding *codings_deflate_get(void)
{
	return pool_get(&deflates);
}

void codings_deflate_put(struct coding *c)
{
	pool_put(&deflates, c);
}

struct coding *codings_inflate_get(void)
{
	return pool_get(&inflates);
}

void codings_inflate_put(struct coding *c)
{
	pool_put(&inflates, c);
}
