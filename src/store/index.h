/* index.h - the tables of the store in LMDB: transactions, rows, walks. index.c alone names LMDB.
 *
 * The keeper opens it for writing and is the only writer; workers open it read-only and read in
 * transactions that live for one turn of the loop (STORE 4.4). Opened after fork, once per process.
 * Results: 0, ERR_NOTFOUND, ERR_FULL (map full: abort, evict, try again), ERR_IO, ERR_BAD (damaged: the index must be
 * set aside). After any error of put or del the transaction must be aborted. Values are borrowed: valid until the
 * next put or del of the keeper, or the end of the worker's turn.                                    */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "base/arena.h"
#include <stdbool.h>
#include "base/digest.h"

enum index_table {
	INDEX_META,
	INDEX_KEY,    /* pk[16] vh[8] -> index_key */
	INDEX_QUEUE,  /* 4 queues: u64 sequence -> row (its first ENTRY_ROW_MAX bytes) */
	INDEX_EXT = INDEX_QUEUE + 4, /* bid, n -> further pieces of a long row */
	INDEX_SEG,    /* u32 segment -> its life */
	INDEX_HOST,   /* u32 place of a host -> its generation */
	INDEX_TABLES
};

enum index_key_type { INDEX_KEY_OBJECT = 1, INDEX_KEY_VARY };
struct __attribute__((packed)) index_key { /* value of table key; VARY: followed by the names */
	uint8_t type, queue;
	uint16_t spec_len;
	uint32_t reserved;
	uint64_t pos;
};
struct index_key_name { /* 24 bytes without a gap */
	uint64_t pk[2], vh; /* vh 0: the primary row */
};

/* dir is made if absent. map_bytes: a multiple of 4,096. The keeper's file is preallocated to it. */
int index_open_keeper(const char *dir, uint64_t map_bytes);
int index_open_worker(const char *dir, uint64_t map_bytes);
void index_close(void);
bool index_is_open(void);

/* Worker: reading begins (once per turn; nothing if it runs), moves on to what is committed now while older values
 * stay valid (ERR_LIMIT: not more than 3 times a turn), ends. */
int index_read_begin(void);
int index_read_newer(void);
void index_read_end(void);

/* Keeper. */
int index_begin(void);
int index_commit(void); /* durable when it returns 0; any error: aborted */
void index_abort(void);
bool index_writing(void);
int index_put(enum index_table t, struct str key, struct str value);
int index_del(enum index_table t, struct str key);

int index_get(enum index_table t, struct str key, struct str *value);

/* Walks (keeper or worker, one for each table at a time): the first key >= `key` (empty: the first of all); the last; the neighbours. */
int index_seek(enum index_table t, struct str key, struct str *k, struct str *v);
int index_last(enum index_table t, struct str *k, struct str *v);
int index_next(enum index_table t, struct str *k, struct str *v);
int index_prev(enum index_table t, struct str *k, struct str *v);
void index_walk_end(void); /* worker: after its walk, before the turn's end; the keeper's end with the transaction */

/* Rows, whole. get: a long one is put together in a. put: pos is larger than any in the queue (or replaces). */
int index_row_get(unsigned queue, uint64_t pos, struct arena *a, struct str *row);
int index_row_put(unsigned queue, uint64_t pos, struct str row, uint64_t bid, bool append);
int index_row_del(unsigned queue, uint64_t pos);
uint64_t index_u64(struct str key); /* a queue's key */

/* Figures (keeper): pages of the map, and how many the next transaction may use. */
void index_pages(uint64_t *all, uint64_t *unused);
uint64_t index_entries(enum index_table t);
void index_reader_check(void); /* gives back the transactions of dead processes */

#endif
