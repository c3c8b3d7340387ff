/* publish.h - records from a worker to the keeper, through the worker's ring.
 *
 * The keeper drains the rings into group commits. Within one ring order is kept; between rings there is none, so
 * a purge marks the live flights of its key first and sends its record then (experiments/publish.pml,
 * BREAK_MARK_AFTER_RECORD).                                                                          */
#ifndef STORE_PUBLISH_H
#define STORE_PUBLISH_H

#include "store/store.h"

enum publish_kind {
	PUBLISH_PUT = 1,   /* a body is complete: row follows */
	PUBLISH_SEAL,      /* no more rows for this segment come from here */
	PUBLISH_PURGE,     /* all (pk, *) */
	PUBLISH_REFRESH,   /* new numbers and head for (pk, vh) if it still names bid: row without body follows */
	PUBLISH_DAMAGED,   /* (pk, vh) with bid failed a check: out */
	PUBLISH_FLIGHT     /* what stands before is committed: the flight ends */
};

struct publish_record { /* without gaps; lies unaligned in the ring */
	uint32_t kind;
	uint32_t flight, flight_id; /* PUT, FLIGHT */
	uint32_t segment, generation; /* SEAL */
	uint8_t pool, soft, reserved[2];
	uint64_t pk[2], vh, bid;
	uint32_t row_len, reserved2; /* bytes that follow */
};

int publish_attach(void);       /* the ring of this worker */
/* All: 0 or ERR_FULL. */
/* A put in two steps: room is taken and filled; then the flight becomes DONE, or is marked as not kept; then it is sent. */
int publish_put_begin(uint32_t flight, uint32_t id, unsigned pool, const struct store_entry *e);
void publish_put_end(void);
int publish_seal(uint32_t segment, uint32_t generation);
int publish_purge(const struct digest_128 *pk, bool soft);
int publish_refresh(const struct store_entry *e);
int publish_damaged(const struct store_entry *e);
int publish_flight(uint32_t flight, uint32_t id);
void publish_hurry(void);       /* the keeper commits now, or looks for spares */

/* Keeper: is this record whole? *row: what follows. */
bool publish_parse(struct str record, struct publish_record *r, struct str *row);

#endif
