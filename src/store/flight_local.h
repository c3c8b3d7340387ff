/* flight_local.h - what this process knows of the flights that its requests and fills are members of. For the
 * store's own files: the writer gives its progress and gathering memory here, bodies hang on here to be told first.  */
#ifndef STORE_FLIGHT_LOCAL_H
#define STORE_FLIGHT_LOCAL_H

#include "base/buf.h"
#include "store/flight_table.h"

struct flight_hook { /* told before the members: bodies pin new extents */
	struct list link;
	void (*moved)(struct flight_hook *h);
};

struct flight_local {
	struct list link;        /* of all that this process takes part in */
	struct list members;     /* flight_ref.link */
	struct list hooks;
	struct list queue;       /* local members are to be told at the end of this turn */
	uint32_t index, id;
	unsigned count;
	unsigned busy;           /* being walked: not to be freed */
	bool writing;            /* the owner is here and has a writer: `written` and the gathered bytes are its */
	uint64_t written;        /* gathered ones too */
	const char *gathered;    /* bytes [gathered_at, written) of the body; NULL: none */
	uint64_t gathered_at;
	struct buf kept;         /* memory of `gathered` that outlives the writer */
	uint64_t told_written;   /* for the safety net */
	uint32_t told_state, told_extents;
};

int flight_attach(void);
void flight_detach_all(void);
void flight_on_wake(void);
void flight_tick(void);                       /* once a second: what a lost wake would have told */
struct flight_local *flight_local_of(const struct flight_ref *f);
/* Owner: others look at the row, so it is written before. all: also those who do not wait (a new extent, an end). */
void flight_moved(struct flight_ref *f, bool all);
/* Owner: gathered bytes came, which only members of this process can see. */
void flight_moved_here(struct flight_ref *f);
/* Asks for a wake at the next change. The caller reads what it waits for again afterwards. */
void flight_arm(struct flight_row *r);
uint64_t flight_remote(const struct flight_ref *f);   /* slots of other processes that are attached */
bool flight_remote_waits(const struct flight_ref *f);
/* Owner: WAIT_HEAD -> STREAM. The strings must fit. */
bool flight_publish_fits(const struct flight_ref *f, const struct store_new *n);
void flight_publish_slab(struct flight_ref *f, const struct store_new *n); /* key is there; Vary, head, numbers */
/* As if the entry were this flight's answer; false: it does not fit. */
bool flight_publish_entry(struct flight_ref *f, const struct store_entry *e, const struct store_new *n);
void flight_publish_head(struct flight_ref *f, const struct store_new *n, uint64_t vh);
void flight_publish_extent(struct flight_ref *f, const struct store_extent *e);
void flight_publish_length(struct flight_ref *f, uint64_t length); /* of the last extent */
void flight_publish_trim(struct flight_ref *f, unsigned count, uint64_t last_length);
void flight_publish_written(struct flight_ref *f, uint64_t written);
/* Owner: -> DONE. small: the embedded body or STR_NONE. kept false: no record comes. */
void flight_publish_done(struct flight_ref *f, uint64_t body_len, uint32_t crc, const struct str *small, bool kept);

#endif
