/* ring.c - records through shared memory, from one process to one other.
 *
 * Workers write log lines and publish records; the logger and the keeper read. Neither waits for
 * the other, and neither trusts the other's bytes: the consumer checks each length before it goes
 * on.
 *
 * Pairs of atomics: `head` is stored by the producer after the record's bytes and loaded by the
 * consumer before it reads them; `tail` is stored by the consumer after its last read and loaded by
 * the producer before it overwrites. Release and acquire would do for the bytes; head is seq_cst
 * because a consumer about to sleep says so first and asks ring_empty() then, while the producer
 * stores head first and looks for sleepers then: one of the two must see the other. */
#include "base/err.h"
#include "base/obj.h"
#include "base/ring.h"

#define RING_FILLER UINT32_MAX /* as a length: the rest of the data is skipped */
#define RING_ALIGN 8

_Static_assert((offsetof(struct ring, data) + sizeof(uint32_t)) % RING_ALIGN == 0,
               "the bytes of a record are aligned");

/* Bytes that a record of n bytes takes. */
static uint64_t ring_span(uint64_t n)
{
	return (sizeof(uint32_t) + n + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
}

static char *ring_at(struct ring *r, uint64_t pos)
{
	return r->data + (pos & (r->size - 1));
}

void ring_init(struct ring *r, uint64_t size)
{
	AN(size >= RING_ALIGN && (size & (size - 1)) == 0);
	r->head = r->tail = 0;
	r->dropped = r->reserved = 0;
	r->size = size;
}

void *ring_reserve(struct ring *r, size_t n)
{
	uint64_t head = r->head; /* this process alone writes it */
	uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE); /* pairs with ring_free */
	uint64_t free_bytes = r->size - (head - tail);
	uint64_t to_end = r->size - (head & (r->size - 1));
	uint64_t span, skip;
	uint32_t filler = RING_FILLER;

	/* Checked before any sum is made of it; a tail out of range is a damaged consumer's. */
	if (n >= r->size || head - tail > r->size)
		goto full;
	span = ring_span(n);
	skip = span > to_end ? to_end : 0;
	if (skip + span > free_bytes)
		goto full;
	/* Not visible before the record is: head moves over both at once. */
	if (skip != 0)
		memcpy(ring_at(r, head), &filler, sizeof filler);
	r->reserved = head + skip;
	return ring_at(r, r->reserved) + sizeof(uint32_t);
full:
	/* The consumer may read the number at any time. */
	__atomic_store_n(&r->dropped, r->dropped + 1, __ATOMIC_RELAXED);
	return NULL;
}

void ring_push(struct ring *r, size_t n)
{
	uint32_t length = (uint32_t)n;

	AN(n < r->size && n < RING_FILLER);
	memcpy(ring_at(r, r->reserved), &length, sizeof length);
	__atomic_store_n(&r->head, r->reserved + ring_span(n), __ATOMIC_SEQ_CST);
}

int ring_write(struct ring *r, const void *p, size_t n)
{
	void *room = ring_reserve(r, n);

	if (room == NULL)
		return ERR_FULL;
	if (n != 0)
		memcpy(room, p, n);
	ring_push(r, n);
	return 0;
}

/* The record at pos, which is not head. 0 = damaged, else the position behind it; a filler gives an
 * empty record without a pointer. */
static uint64_t ring_step(const struct ring *r, uint64_t pos, uint64_t head, struct str *record)
{
	uint64_t offset = pos & (r->size - 1), there = head - pos;
	uint64_t to_end = r->size - offset;
	uint32_t n;

	if (there > r->size || pos % RING_ALIGN != 0)
		return 0;
	memcpy(&n, r->data + offset, sizeof n);
	if (n == RING_FILLER) {
		*record = STR_NONE;
		return to_end < there ? pos + to_end : 0;
	}
	if (ring_span(n) > to_end || ring_span(n) > there)
		return 0;
	*record = (struct str){r->data + offset + sizeof n, n};
	return pos + ring_span(n);
}

bool ring_peek(const struct ring *r, uint64_t *pos, struct str *record)
{
	uint64_t head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE); /* pairs with ring_push */

	while (*pos != head) {
		uint64_t next = ring_step(r, *pos, head, record);

		*pos = next == 0 ? head : next;
		if (next != 0 && record->p != NULL)
			return true;
	}
	return false;
}

void ring_free(struct ring *r, uint64_t pos)
{
	__atomic_store_n(&r->tail, pos, __ATOMIC_RELEASE); /* pairs with ring_reserve */
}
