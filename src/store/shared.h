/* shared.h - what the store keeps in shared memory beside the flights: the keeper's figures, the words of segments,
 * pins, and one ring of records from each worker to the keeper.
 *
 * Declared by the master from the options alone (shared_plan); the keeper fills the head when it has opened
 * the store and sets `open` last. It survives the keeper and the master's re-execution, and dies with the
 * last process.                                                                                     */
#ifndef STORE_SHARED_H
#define STORE_SHARED_H

#include "base/ring.h"
#include "base/slot.h"
#include "store/store.h"

#define SHARED_RING_BYTES (4u << 20)
#define SHARED_HFM 65536u
#define SHARED_PURGED 4096u
#define SHARED_HOSTS 65536u

/* How `size` is divided. Pure. */
struct shared_plan {
	uint64_t index_bytes;      /* LMDB map, preallocated */
	uint64_t segment_size;     /* for a new store; an old one keeps its own */
	uint32_t segment_count;    /* of that size */
	uint32_t capacity;         /* rows in shared memory: an old store may have smaller segments */
};
/* 0, or ERR_LIMIT: too small for a store (under 8 MB). */
int shared_plan(const struct store_opts *o, struct shared_plan *out);

struct shared_segment {
	uint64_t word;             /* segment.h; seq_cst */
	uint32_t wrote_epoch;      /* epoch of the last row that names it; keeper */
	uint32_t failed;           /* a sync failed, or reading it did; never cleared */
};

struct shared_slot {
	_Alignas(64) uint32_t want;  /* spare segments that its worker wants to have */
	uint32_t generation;       /* of the process that attached; others' words in `want` mean nothing */
	uint32_t number;           /* shared_head.number that it works with */
};

struct shared_purge {
	uint64_t hash, bid;        /* bodies of that key up to bid are purged */
};

struct shared_hosts {              /* host.h */
	uint32_t purges;           /* grows after a generation did; 0: none ever did */
	uint32_t generation[SHARED_HOSTS];
};

#define SHARED_MAGIC 0x5f0e5a9d
struct shared_head {
	uint32_t magic;            /* set with the first open */
	uint32_t open;             /* the store may be used; seq_cst */
	uint32_t number;           /* grows when another index was begun: what workers hold of the old one is void */
	uint32_t keeper_idle;      /* the keeper sleeps long: wake it (paired with head of the rings, seq_cst) */
	uint64_t commits;          /* grows after each commit, before flights are marked by it */
	uint64_t generation;       /* "purge all" moves it on; part of every key */
	uint64_t bid;              /* last body number given out */
	uint32_t epoch, durable_epoch;
	uint32_t segment_count, pools;
	uint64_t segment_size, index_bytes, max_object;
	uint32_t break_pins;       /* too many closed segments are pinned: let transfers from CLOSED ones break */
	uint32_t failing;          /* the disk refuses: nothing is kept for now */
	uint32_t hurry;            /* somebody waits for the next commit */
	struct digest_key secret;
	uint8_t uuid[16];
	uint32_t check_asked, check_ended; /* numbers of checks; those up to the second have ended */
	int32_t check_result;
	char check_text[STORE_CHECK_TEXT];
	struct shared_slot slots[SLOT_WORKERS];
};

void shared_declare(const struct store_opts *o);
void shared_map(void);                                       /* this process finds the regions: at attach, and in the keeper */
struct shared_head *shared_head(void);
struct shared_segment *shared_segment(uint32_t segment);     /* asserts the range */
uint32_t shared_capacity(void);
uint32_t *shared_pin(int slot, uint32_t segment);            /* counts what the slot's process holds */
struct ring *shared_ring(int slot);                          /* not yet ready (size 0) before its first worker attached */
uint64_t *shared_hfm(uint64_t hash);
struct shared_purge *shared_purge(uint64_t hash);            /* by the other half of the key's hash */
struct shared_hosts *shared_hosts(void);
uint8_t *shared_frequency(uint64_t bid);                     /* how often it was used, up to 3; advisory */
struct store_status *shared_status(void);

/* Pages of the head and a segment's row are read and written by several processes: these are seq_cst. */
#define SHARED_GET(field) __atomic_load_n(&(field), __ATOMIC_SEQ_CST)
#define SHARED_SET(field, v) __atomic_store_n(&(field), (v), __ATOMIC_SEQ_CST)

#endif
