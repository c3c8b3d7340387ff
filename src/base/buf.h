/* buf.h - bytes that wait: a growable buffer that costs nothing while it is empty.
 *
 * Memory comes from a per-process pool of BUF_UNIT pieces and goes back the moment the buffer is
 * drained, so an idle connection holds none. Larger needs grow by doubling up to the given limit.
 * Not for threads.                                                                                 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

#define BUF_UNIT 16384
#define BUF_POOL_MAX 256 /* 4 MiB of pieces are kept for reuse */

struct buf {
	char *mem;          /* NULL while empty */
	size_t start, end, cap;
};

static inline size_t buf_len(const struct buf *b) { return b->end - b->start; }
static inline struct str buf_str(const struct buf *b)
{
	/* No arithmetic on NULL: the sanitizer of clang forbids even + 0. */
	return (struct str){b->mem == NULL ? NULL : b->mem + b->start, b->end - b->start};
}
/* Room for at least n more bytes at the end; total at most limit. 0, ERR_LIMIT or ERR_NOMEM. May move
 * the bytes. After it, write at buf_tail() and call buf_added(). buf_room() may be more than was asked
 * for (and pass the limit by less than BUF_UNIT). Nothing written: buf_consume(b, 0) gives the memory back. */
int buf_reserve(struct buf *b, size_t n, size_t limit);
static inline char *buf_tail(struct buf *b) { return b->mem == NULL ? NULL : b->mem + b->end; }
static inline size_t buf_room(const struct buf *b) { return b->cap - b->end; }
static inline void buf_added(struct buf *b, size_t n) { b->end += n; }
int buf_append(struct buf *b, const void *p, size_t n, size_t limit);
/* Drops n bytes from the front; memory goes back when nothing is left. */
void buf_consume(struct buf *b, size_t n);
void buf_free(struct buf *b);

#endif
