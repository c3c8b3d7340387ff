/* flight_table.h - the flights' rows in shared memory: claimed, found, marked, freed. For the store's own files.
 *
 * A row belongs to an owner (slot, generation) from the claim until nobody is attached and its end is known. Chains
 * hang from 1,024 stripes (stripe = primary key), each under a robust mutex: who dies in it leaves a chain that the
 * next one makes anew. What only the owner writes (state up to DONE, written, extents) is read without the lock by
 * those who are attached: an attached slot keeps the row from being freed.                            */
#ifndef STORE_FLIGHT_TABLE_H
#define STORE_FLIGHT_TABLE_H

#include "base/slot.h"
#include "store/flight.h"

#define FLIGHT_TABLE_ROWS 16384u
#define FLIGHT_TABLE_SLAB 16384u   /* bytes of key, Vary, head and small body of one row; sparse */
#define FLIGHT_TABLE_EXTENTS 1024u /* sparse too */

#define FLIGHT_MARK_PURGED 1u /* purged while it ran: its row is not put */
#define FLIGHT_MARK_UNKEPT 2u /* DONE without a record: ends when the last one leaves */
#define FLIGHT_MARK_LINKED 4u /* in its stripe's chain; under the lock */

struct flight_row {
	_Alignas(64) uint64_t owner; /* generation << 32 | slot + 1; 0: free. Claimed by compare-and-swap */
	uint32_t id;                 /* of this life, never 0 */
	uint32_t state;              /* enum flight_state; seq_cst */
	uint32_t marks;
	uint32_t next;               /* index + 1 in the chain; 0: last */
	uint64_t attached;           /* bit: a process of that slot has members */
	uint64_t armed;              /* bit: wants a wake at the next change. Owner: store `written`, then exchange;
	                              * follower: set, then read `written`. All seq_cst (store and load must not pass) */
	uint64_t written;            /* bytes that lie in extents; STORE_UNKNOWN never */
	uint32_t extent_count;       /* grows after the extent was written */
	int32_t err;
	uint64_t body_len, bid, vh;
	struct digest_128 pk;
	struct store_meta meta;
	uint32_t canonical_len, spec_len, values_len, head_len;
	uint32_t small_len;          /* embedded body in the slab, valid from DONE on */
	uint32_t has_small, has_head;
	uint32_t body_crc;
	char why[72];
};

void flight_table_declare(void);
int flight_table_attach(void);              /* maps; the first one prepares the locks. 0 or ERR_SYSTEM */
bool flight_table_mapped(void);

struct flight_row *flight_table_row(uint32_t index);
char *flight_table_slab(uint32_t index);
struct store_extent *flight_table_extents(uint32_t index);
bool flight_table_entry(uint32_t index, struct store_entry *out); /* strings in the slab; false: damaged lengths */
unsigned flight_table_stripe(const struct digest_128 *pk);
void flight_table_lock(unsigned stripe);
void flight_table_unlock(unsigned stripe);

/* Under the lock of the stripe. */
uint32_t flight_table_first(unsigned stripe);          /* index + 1 */
int flight_table_claim(const struct store_key *key, uint64_t bid); /* a linked row of this process, attached; index or ERR_FULL */
void flight_table_unlink(uint32_t index);
void flight_table_detach(uint32_t index, int slot);    /* clears the bit; frees the row when nothing needs it any more */
bool flight_table_over(const struct flight_row *r);    /* an end that needs nobody else */

/* Any process: sets the moved bits of the slots and wakes them. */
void flight_table_wake(uint32_t index, uint64_t slots);
/* Bits of `slot` that were set, taken away: word n of FLIGHT_TABLE_ROWS / 64. */
uint64_t flight_table_moved(int slot, unsigned n);

/* Purge: every live flight of the key, under its lock. */
void flight_table_purge(const struct digest_128 *pk);

/* Keeper. acceptable: may a row of this flight be put? committed: it is, or never will be; look it up. */
bool flight_table_acceptable(uint32_t index, uint32_t id, int slot);
void flight_table_committed(uint32_t index, uint32_t id);
void flight_table_bury(int slot);                      /* the slot's process is dead: after its ring was drained */
uint32_t flight_table_used(void);                      /* rows in use; for tests */

#endif
