/* store.h - the face of the store on the way of a request: look up, read, write, invalidate (STORE plan).
 *
 * One store for each process. The worker's side never writes the index: it reads LMDB, appends bodies
 * to its own segments and sends records through its ring to the keeper. A read transaction lives for
 * one turn of the loop at the most (store_turn_end resets it): what points into the index is marked
 * "this turn" below; store_entry_keep copies it out.
 *
 * Bodies leave in two ways only: store_body_lend() gives pieces of mapped segments FOR WRITEV TO A
 * CLEARTEXT SOCKET (user space must never load from them: a bad page is EFAULT in writev, but SIGBUS
 * here), store_body_read() copies by pread for everything else. Nothing is ever spliced or sendfiled.  */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <sys/uio.h>
#include "base/arena.h"
#include "base/digest.h"
#include "base/job.h"
#include "base/list.h"

#define STORE_UNKNOWN UINT64_MAX /* a length that is not known yet */
#define STORE_EMBED_MAX 2000     /* bodies up to this lie in their row */

struct store_opts {              /* section [cache] */
	char *path;                  /* folder; NULL or "" = no store */
	uint64_t size;               /* bytes on disk that are never passed: segments and index map together */
	uint64_t max_object;         /* 0 = 1/8 of the large pool */
	uint64_t min_object;
	uint64_t index_size;         /* 0 = from size (STORE 8) */
};

/* Numbers that are kept with an entry; the store does not interpret them (policy's struct stored and more). */
#define STORE_META_STALE 0x0800u /* set in flags by a soft purge; the same bit as policy's STORED_STALE */
struct store_meta {
	uint16_t status;
	uint32_t flags;
	int64_t request_time, response_time, date;
	uint32_t initial_age, fresh_secs, swr_secs, sie_secs;
};

struct store_key {
	struct digest_128 pk;        /* keyed hash of canonical */
	struct str canonical;        /* policy/cache_key; borrowed, must live as long as the key is used */
};

/* A stored response, or the head of a running flight as if it were stored. */
#define STORE_ENTRY_MAGIC 0x5e47e271
struct __attribute__((packed)) store_extent { /* packed: it is read where it lies in a row */
	uint32_t segment, generation;
	uint64_t offset, length;     /* in the segment */
};
struct store_entry {
	unsigned magic;
	struct store_meta meta;
	struct str canonical;        /* this turn, or kept; checked against the key at look-up */
	struct str vary_spec;        /* lower-case names, sorted, each ended by NUL; empty = no Vary */
	struct str vary_values;      /* as policy's cache_key_variant made them */
	struct str head;             /* field block, entry_head_* decodes it */
	uint64_t bid;                /* identity of this body, never reused */
	uint64_t body_len;           /* STORE_UNKNOWN while a flight of unknown length runs */
	uint32_t body_crc;
	struct str body;             /* embedded body, else p == NULL */
	const struct store_extent *extents;
	unsigned extent_count;
	struct digest_128 pk;
	uint64_t vh;
	uint32_t epoch;
	uint64_t key_pos;            /* store's own: queue and position of the row */
	bool kept;
};

/* ---- life ---- */
void store_declare(const struct store_opts *o);  /* shared regions; master, before shm_create */
/* A worker attaches after fork, slot_use and loop_init; the index is opened as soon as the keeper says so (looked
 * at in store_turn_end and store_tick). 0 or an error (shared memory damaged). */
int store_attach(const struct store_opts *o);
void store_detach(void);                         /* leaves the store: publishes seals, lets pins go; afterwards everything misses */
bool store_ready(void);
const char *store_why_not(void);                 /* static text while not ready */
/* The process attached a moment ago and the keeper is still opening the store: it is worth waiting (at most
 * STORE_OPENING_MS after the attach). store_wait_open: w->wake comes when it is open, or will not be in time. */
#define STORE_OPENING_MS 3000
struct store_wait;
bool store_is_opening(void);
void store_wait_open(struct store_wait *w);
uint64_t store_min_object(void);                 /* of the options that were attached with */
void store_turn_end(void *unused);               /* for loop_on_turn_end */
void store_tick(void);                           /* once a second */
void store_on_wake(void);                        /* the slot's eventfd was readable: flights moved, spares came */

/* ---- look-up ---- */
#define STORE_VARIANTS 64 /* of one key; the oldest leaves for the next one */
enum store_answer { STORE_MISS, STORE_HIT, STORE_PENDING, STORE_HIT_FOR_MISS };
/* Normalised values of this request for the names in spec (as policy/cache_key does it) into *values; memory is the
 * caller's arena and must live as long as the entry is used. 0, or negative: treated as a miss. */
typedef int store_variant_fn(struct str spec, struct str *values, void *arg);
/* Waits for cold pages or for a spare; embedded in the request. wake is called once unless cancelled. */
struct store_wait {
	void (*wake)(struct store_wait *w);
	struct job *job;
	struct list link;
};
void store_wait_cancel(struct store_wait *w);

void store_key_make(struct str canonical, struct store_key *out);
/* HIT: *out is valid this turn. PENDING: w->wake comes, then look up again. A damaged row is a miss, counted and
 * reported to the keeper. Counts nothing else; store_touch() says that the entry was used. */
enum store_answer store_lookup(const struct store_key *key, store_variant_fn *variant, void *arg, struct store_wait *w,
    struct store_entry *out);
void store_touch(const struct store_entry *e);
/* Shows every variant of the key that is kept, at most 64, valid this turn: for weirctl explain. */
typedef void store_each_fn(const struct store_entry *e, void *arg);
void store_each(const struct store_key *key, store_each_fn *see, void *arg);
/* Copies what *e points to into a: afterwards it does not depend on the turn. 0 or ERR_NOMEM. */
int store_entry_keep(struct store_entry *e, struct arena *a);
/* The keeper's commit counter; read it before a look-up, hand it to flight_join. */
uint64_t store_commits(void);

/* ---- reading a body ---- */
struct flight_ref;
#define STORE_PINS 16
struct store_body {
	const struct store_entry *entry;   /* or */
	struct flight_ref *flight;
	struct { uint32_t segment, generation; } pinned[STORE_PINS]; /* store's own */
	unsigned pin_count, pin_first;
	uint64_t passed;
	struct store_wait wait;
	void *more;                        /* store's own */
};
/* Pins what is known and checks that it is still there. 0, or ERR_GONE: look up again. *e must stay until close. */
int store_body_open(struct store_body *b, const struct store_entry *e);
/* A flight's body: the owner's own process reads its gathering memory too. */
int store_body_open_flight(struct store_body *b, struct flight_ref *f);
/* Up to `max` pieces from offset off: their sum (> 0), 0 at the end of a complete body, ERR_AGAIN: not there yet (a flight: flight_ref's
 * on_change comes; cold pages: b->wait.wake comes), ERR_GONE or ERR_IO: broken. Pieces of segments are valid until
 * store_body_close or _passed; embedded and gathered bytes this turn only (then copy what writev left). At most `want` bytes. */
ssize_t store_body_lend(struct store_body *b, uint64_t off, uint64_t want, struct iovec *v, int max, bool *this_turn);
/* Copies up to n bytes; results as above. */
ssize_t store_body_read(struct store_body *b, uint64_t off, void *p, size_t n);
void store_body_passed(struct store_body *b, uint64_t off); /* bytes before off are not asked for again: pins go */
void store_body_close(struct store_body *b);

/* ---- writing a body: only the owner of a flight ---- */
struct store_writer;
struct store_new {
	struct store_meta meta;
	struct str vary_spec, vary_values, head;   /* copied */
	uint64_t body_len;                         /* or STORE_UNKNOWN */
};
/* Publishes the head to all followers (flight: WAIT_HEAD -> STREAM) and prepares for the body. NULL and *why: this answer
 * cannot be kept (too large or small, head too long, store not ready): the flight is then UNCACHEABLE. */
struct store_writer *store_write_open(struct flight_ref *f, const struct store_key *key, const struct store_new *n, const char **why);
/* 0; ERR_AGAIN: took nothing, w->wake comes (slow disk, no spare): wait; any other error: the body cannot be kept any more, only
 * store_write_abort is allowed. wake may be NULL: then ERR_AGAIN becomes an error. */
int store_write(struct store_writer *w, const void *p, size_t n, struct store_wait *wake);
uint64_t store_written(const struct store_writer *w);
/* All bytes came (framing says so): envelope, record to the keeper, flight DONE. 0 or an error (not kept). Frees w. */
int store_write_finish(struct store_writer *w);
/* Frees w; the flight FAILED with `why`. */
void store_write_abort(struct store_writer *w, int err, const char *why);

/* ---- changes ---- */
/* A 304 for entry e (still valid this turn or kept): new numbers and head, body untouched. 0 or ERR_FULL. */
int store_refresh(const struct store_entry *e, const struct store_meta *meta, struct str head);
/* All variants of the key: live flights are marked first, then the record goes. soft: stays, as if stale. 0 or ERR_FULL. */
int store_purge(const struct store_key *key, bool soft);
int store_purge_all(void);                      /* "all" generation moves on: everything misses from now on */
/* Everything of that host (normal form of http/uri, no port): another key from the next request on. 0 or ERR_GONE. */
int store_purge_host(struct str host);
/* Answers of this key are not for all (private ...): do not make others wait for the next `secs`. reason: the caller's number. */
void store_hit_for_miss(const struct store_key *key, unsigned secs, uint8_t reason);
bool store_is_hit_for_miss(const struct store_key *key);
uint8_t store_hit_for_miss_reason(const struct store_key *key); /* what was noted last, perhaps of another key */

/* ---- figures for weirctl status ---- */
struct store_status {
	uint64_t size, segments, segments_free, segment_size, objects, body_bytes, commits, index_used, index_size;
	uint32_t epoch, durable_epoch;
	bool open;
};
void store_status_get(struct store_status *out); /* any process, from shared memory */

/* ---- does everything add up? Asked by weirctl, done by the keeper between two commits (keep_account) ---- */
#define STORE_CHECK_TEXT 200
uint32_t store_check_ask(void);      /* the number of this check, from 1; 0: there is no store */
/* 0: all is well; ERR_BAD: what was found is in out[0, n); ERR_AGAIN: under way; ERR_NOTFOUND: never asked. out is always
 * NUL-terminated. */
int store_check_result(uint32_t number, char *out, size_t n);

#endif
