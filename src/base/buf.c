/* buf.c - growable buffers over a pool of equal pieces.
 *
 * Each connection has some; nearly all are empty or one BUF_UNIT long. A drained buffer gives its
 * memory back at once, so memory follows the bytes that really wait. */
#include "base/buf.h"
#include "base/err.h"
#include "base/obj.h"

/* A piece in the pool; its memory is that of a buffer otherwise. */
struct buf_piece {
	struct buf_piece *next;
};
static struct buf_piece *buf_pool;
static size_t buf_pooled;

static char *buf_get(size_t cap)
{
	struct buf_piece *p = buf_pool;

	if (cap != BUF_UNIT || p == NULL)
		return malloc(cap);
	buf_pool = p->next;
	buf_pooled--;
	return (char *)p;
}

static void buf_put(char *mem, size_t cap)
{
	struct buf_piece *p = (struct buf_piece *)(void *)mem;

	if (cap != BUF_UNIT || buf_pooled == BUF_POOL_MAX) {
		free(mem);
		return;
	}
	p->next = buf_pool;
	buf_pool = p;
	buf_pooled++;
}

static int buf_grow(struct buf *b, size_t need)
{
	size_t len = buf_len(b), cap = MAX(b->cap, (size_t)BUF_UNIT);
	char *mem;

	while (cap < need)
		if (__builtin_mul_overflow(cap, 2, &cap))
			return ERR_NOMEM;
	mem = buf_get(cap);
	if (mem == NULL)
		return ERR_NOMEM;
	if (b->mem != NULL) {
		memcpy(mem, b->mem + b->start, len);
		buf_put(b->mem, b->cap);
	}
	*b = (struct buf){mem, 0, len, cap};
	return 0;
}

int buf_reserve(struct buf *b, size_t n, size_t limit)
{
	size_t len = buf_len(b);

	if (n > limit || len > limit - n)
		return ERR_LIMIT;
	if (buf_room(b) >= n)
		return 0;
	if (len + n > b->cap)
		return buf_grow(b, len + n);
	memmove(b->mem, b->mem + b->start, len);
	b->start = 0;
	b->end = len;
	return 0;
}

int buf_append(struct buf *b, const void *p, size_t n, size_t limit)
{
	int rc = buf_reserve(b, n, limit);

	if (rc != 0 || n == 0)
		return rc;
	memcpy(buf_tail(b), p, n);
	buf_added(b, n);
	return 0;
}

void buf_consume(struct buf *b, size_t n)
{
	AN(n <= buf_len(b));
	b->start += n;
	if (b->start == b->end)
		buf_free(b);
}

void buf_free(struct buf *b)
{
	if (b->mem != NULL)
		buf_put(b->mem, b->cap);
	*b = (struct buf){NULL, 0, 0, 0};
}
