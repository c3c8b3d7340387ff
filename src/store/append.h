/* append.h - room in segments of this worker: spares taken, bump pointers, seals (STORE 3, Writing).
 *
 * The keeper hands out spare segments ahead; a worker takes one by compare-and-swap of its word and then only moves a
 * private pointer. A segment that has no room any more is closed: when its last user has published or given up,
 * the seal goes through the ring, behind all publishes of that segment (segment.pml, BREAK_SEAL_EARLY).     */
#ifndef STORE_APPEND_H
#define STORE_APPEND_H

#include "store/store.h"

#define APPEND_SMALL 16320u  /* bodies up to this are one extent, packed at 64 bytes */

struct append_segment {
	struct list link;
	uint32_t segment, generation;
	uint64_t at;             /* next free byte */
	uint32_t epoch;          /* when the last small body was placed */
	unsigned users;          /* bodies that write here or are not published yet */
	bool closing;
};

void append_init(void);
void append_forget(void);    /* the worker leaves the store: seals are asked for, nothing new is given */
void append_look(void);      /* spares may have come: wakes those who wait for one */
void append_tick(void);      /* once a second */
void append_flush_seals(void); /* those for which the ring had no room */

/* Room for n bytes of a small body (packed), or for `least` .. `most` bytes of a large one (whole pages): the extent with its
 * segment, which has one more user. ERR_FULL: no spare. */
int append_small(size_t n, struct store_extent *x, struct append_segment **s);
int append_large(uint64_t least, uint64_t most, struct store_extent *x, struct append_segment **s);
/* A large extent grows by up to n more if nothing lies behind it: how much. */
uint64_t append_grow(struct append_segment *s, uint64_t end, uint64_t n);
/* [from, to) of the segment is not needed: given back if it is the last. */
void append_return(struct append_segment *s, uint64_t from, uint64_t to);
void append_release(struct append_segment *s); /* one user less */

/* A body of about n bytes is begun: if there is no room for it, a spare is asked for now. */
void append_need(unsigned pool, uint64_t n);
void append_expect(int64_t bytes);   /* running long bodies will need (or no longer need) so much: more spares are asked for */
unsigned append_pool(bool small);    /* 0, or 1 for large ones when there are two pools */
/* w->wake comes when a spare has come, and once a second: try again, or give up. */
void append_wait(struct store_wait *w);

#endif
