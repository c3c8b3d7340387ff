/* ring.h - a single-producer, single-consumer ring of records in shared memory.
 *
 * Positions are 64-bit byte counts that only grow; a record is a 32-bit length and its bytes, padded to
 * 8; the bytes are aligned to 8; it never wraps (a filler record skips the end). The producer publishes
 * with a seq_cst store of head, the consumer frees with a release store of tail. Either side may die: a
 * record is visible whole or not at all. The consumer may peek ahead many records before it frees them
 * in one step (the keeper frees only after its commit).                                            */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdint.h>
#include <stddef.h>
#include "base/str.h"

struct ring {
	_Alignas(64) uint64_t head;  /* written by the producer */
	_Alignas(64) uint64_t tail;  /* written by the consumer */
	_Alignas(64) uint64_t size;  /* bytes of data[], a power of two */
	uint64_t dropped;            /* records that found no room, by the producer */
	uint64_t reserved;           /* where the reserved record begins; the producer's own note */
	uint32_t unused;             /* data begins 4 bytes behind a multiple of 8, so that ... */
	char data[];                 /* ... the bytes behind each length are aligned to 8 */
};

#define RING_HEADER sizeof(struct ring)

/* Over zeroed memory of RING_HEADER + size bytes; size a power of two. */
void ring_init(struct ring *r, uint64_t size);
/* Room for a record of n bytes, or NULL (full, counted). Valid until ring_push; one at a time. */
void *ring_reserve(struct ring *r, size_t n);
void ring_push(struct ring *r, size_t n); /* publishes the reserved record with its final length n (<= reserved) */
/* 0 or ERR_FULL */
int ring_write(struct ring *r, const void *p, size_t n);
/* The record at *pos (start with r->tail), then *pos moves behind it; false at head. Checks lengths: a
 * damaged record ends in false and *pos = head. */
bool ring_peek(const struct ring *r, uint64_t *pos, struct str *record);
void ring_free(struct ring *r, uint64_t pos); /* all before pos is consumed */
static inline bool ring_empty(const struct ring *r)
{
	return __atomic_load_n(&r->head, __ATOMIC_SEQ_CST) == __atomic_load_n(&r->tail, __ATOMIC_SEQ_CST);
}

#endif
