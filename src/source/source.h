/* source.h - where the bytes of an answer come from: a stored body, a running fill, a page made here.
 *
 * The pump asks for bytes by offset and never needs to know whose they are. A source is embedded in its
 * owner; ops->close ends it.                                                                        */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "base/arena.h"

#define SOURCE_UNKNOWN UINT64_MAX

struct source;
struct source_ops {
	/* Up to max pieces from offset off, at most `want` bytes, ONLY for writev to a cleartext socket (they may lie in mapped
	 * segments). Sum > 0; 0 at the end of a complete body; ERR_AGAIN: s->wake comes; other negative: broken, nothing more
	 * comes. The pieces are good until the next call on this source or the end of the turn; offsets may be asked again. */
	ssize_t (*lend)(struct source *s, uint64_t off, uint64_t want, struct iovec *v, int max);
	/* Copies up to n bytes from off; results as lend. */
	ssize_t (*read)(struct source *s, uint64_t off, void *p, size_t n);
	/* Bytes before off will not be asked for again (pins go, a private fill reads on). */
	void (*passed)(struct source *s, uint64_t off);
	/* The turn ends and the reader has not finished: keep what points into this turn (memory from a). 0 or ERR_NOMEM. */
	int (*hold)(struct source *s, struct arena *a);
	void (*close)(struct source *s);
};
struct source {
	const struct source_ops *ops;
	uint64_t length;                     /* SOURCE_UNKNOWN until it is known; may become known later */
	void (*wake)(struct source *s);      /* set by the reader: bytes, the end or a break are there */
};

#endif
