/* ledger.h - the keeper's copy of the tables `meta` and `seg`: what is changed here is put with the next transaction, and
 * shown in shared memory after its commit. After an abort it is read anew. Keeper's files only.       */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "store/segment.h"

#define LEDGER_MAGIC 0x3145524f54535257ull /* "WRSTORE1"; also tells another byte order */
#define LEDGER_VERSION 1u
#define LEDGER_RANGES 96u
#define LEDGER_POOL_NONE 0xff

struct __attribute__((packed)) ledger_meta { /* the one row of table meta */
	uint64_t magic;
	uint32_t version, clean;
	uint8_t uuid[16], secret[16], boot_id[16];
	uint32_t epoch, durable_epoch;
	uint64_t next_seq[4];
	uint64_t next_order;        /* of segments being opened */
	uint64_t segment_size;
	uint32_t segments_made, incarnation;
	uint64_t generation;        /* of "purge all" */
	uint64_t memfd_id;
	uint64_t ring_pos[SLOT_WORKERS]; /* how far each ring was read, by the transaction that put what lies before */
	uint64_t objects, body_bytes;
};

struct ledger_range {
	uint64_t lo, hi;
};
struct __attribute__((packed)) ledger_row { /* value of table seg; ranges follow */
	uint8_t state, pool, queue, slot;
	uint32_t generation, slot_generation, last_epoch;
	uint64_t order;
	uint32_t ranges;
};

struct ledger_segment {
	struct ledger_row row;
	struct ledger_range *ranges; /* every row that names this segment lies in one of them */
	uint32_t max;
	bool dirty, show;
	bool shown_new;              /* OPEN of this transaction: header, then word */
	uint32_t walk_range;         /* how far retiring came; void after an abort */
	uint64_t walk_pos;
};

extern struct ledger_meta ledger_meta;
extern struct ledger_meta ledger_meta_committed;
extern uint32_t ledger_limit;    /* segments there may be; rows of the ledger */
extern uint32_t ledger_in_state[8];

struct ledger_segment *ledger_at(uint32_t segment);
int ledger_init(uint32_t limit);         /* empty */
void ledger_fini(void);
int ledger_load(void);                   /* from the index, in a transaction; 0, ERR_NOTFOUND (no meta), ERR_BAD */
/* A change of state; shown after the commit. */
void ledger_state(uint32_t segment, enum segment_state state);
void ledger_open(uint32_t segment, int slot, uint32_t slot_generation);
void ledger_touch(uint32_t segment);     /* dirty */
/* The row at seq names this segment. 0 or ERR_NOMEM: the transaction cannot go on. */
int ledger_add(uint32_t segment, uint64_t seq);
void ledger_clear(uint32_t segment);     /* no row names it */
bool ledger_has(uint32_t segment, uint64_t seq);
int ledger_put(void);                    /* dirty rows and meta into the transaction */
void ledger_committed(void);             /* after it: words are shown */
void ledger_show_all(void);              /* words as the ledger says (nobody else runs) */
enum segment_state ledger_word_state(uint32_t segment); /* of the word as it should be */

#endif
