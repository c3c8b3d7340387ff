/* keep.h - the keeper: the one writer of the index. Drains rings into group commits, hands out and retires segments,
 * evicts, syncs, repairs after crashes (STORE 3, 4.2).
 *
 * proc/keeper.c is a thin caller: job_init, keep_init, then for ever: wait for keep_fd() or job_fd() at most as long as the
 * last keep_tick() said; job_finish(); keep_on_wake(); keep_tick(). A second keeper cannot run: the master holds the lock of
 * the store's folder.                                                                                 */
#ifndef STORE_KEEP_H
#define STORE_KEEP_H

#include "store/store.h"

struct keep_opts {
	const struct store_opts *store;  /* must live as long as the keeper */
	uint8_t boot_id[16];             /* digest_boot_id(); tests bring their own */
	int64_t now_ms;                  /* clock_ms() */
	int64_t epoch_ms;                /* 0: 10 s; tests have less time */
};

/* Opens the store, or makes it, and repairs: milliseconds, no scan of objects except after power loss (the young ones). Then workers
 * may attach. 0; ERR_LIMIT: `size` is too small; ERR_FULL or ERR_IO: the disk has no room or fails, try again later; ERR_BAD: the
 * index is damaged or of another format: call keep_set_aside(), then try again; others: the folder cannot be used. */
int keep_init(const struct keep_opts *o);
/* Renames the index away, so that the next keep_init() begins an empty one over the same segments. 0 or an error. */
int keep_set_aside(const struct store_opts *o);
int keep_fd(void);                   /* readable: somebody hurries */
void keep_on_wake(void);             /* drains keep_fd() */
/* Does what is due. Milliseconds until it wants to be called again at the latest (0 .. 1000), or ERR_BAD: the index was found
 * damaged; the store is closed, workers leave it: keep_abandon(), keep_set_aside(), keep_init(). Another error: disk or memory
 * failed, workers serve on: keep_abandon(), after a moment keep_init(). */
int keep_tick(int64_t now_ms);
/* Clean stop: takes in what the rings hold, syncs all segments, says so in the index. */
void keep_stop(void);
/* Lets go without a word, as a death would (damaged index; tests). */
void keep_abandon(void);

/* For tests and `weirctl`: every segment is in exactly one state that index and words agree on, every row lies in the ranges of
 * each segment that it names and has its key, every key its row, and the disk holds at most `size`. 0, or ERR_INTERNAL with the first
 * finding in why[0, n). Outside of transactions, when no worker publishes. */
int keep_account(char *why, size_t n);

#endif
