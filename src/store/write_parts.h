/* write_parts.h - the writer between its three files: write.c takes bytes and tells others, write_lay.c lays them into
 * extents, write_end.c adds the envelope and ends the list.                                        */
#ifndef STORE_WRITE_PARTS_H
#define STORE_WRITE_PARTS_H

#include <sys/uio.h>
#include "base/buf.h"
#include "store/append.h"
#include "store/segment.h"

#define WRITE_MAGIC 0x57a11e5du
#define WRITE_ONE_EXTENT (256u << 10) /* a body of known length up to this has one extent */

struct write_extent {
	struct store_extent x; /* length: what is allocated, until the end */
	struct append_segment *s;
};
struct store_writer {
	unsigned magic;
	struct list link;
	struct flight_ref *flight;
	uint64_t body_len; /* declared, or STORE_UNKNOWN */
	uint64_t total, flushed;
	uint32_t crc;
	int err; /* broken: only abort is allowed */
	bool large;
	struct buf gather;   /* bytes [flushed, total) */
	int64_t gathered_at; /* clock_ms() of the oldest of them */
	struct write_extent *ext;
	unsigned count, max;
	uint64_t room; /* sum of allocated lengths */
	uint64_t expected;
	int64_t waits_since;
};

extern char write_lay_zeros[SEGMENT_PAGE];
/* The row of this body as far as it is known, strings in the flight's slab. */
void write_lay_entry(const struct store_writer *w, struct store_entry *e);
int write_lay_extent_room(struct store_writer *w);   /* place in the list for one more */
/* Extents for the first `upto` bytes of the body. 0, ERR_FULL (no spare) or another error. */
int write_lay_reserve(struct store_writer *w, uint64_t upto);
int write_lay_flush(struct store_writer *w, const void *p, size_t n, uint64_t upto);
int write_lay_timed(uint32_t segment, uint64_t offset, struct iovec *v, int n); /* slow ones are counted */
/* All bytes came: body and envelope to the disk; e gets its body or its extents (in list). 0 or an error. */
int write_end_lay(struct store_writer *w, struct store_entry *e, struct store_extent *list);

#endif
