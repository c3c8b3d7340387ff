/* keep.c - the keeper's turns: rings into group commits, spares out, the dead cleaned up.
 *
 * One transaction for everything that is due: records, deletions, hand-outs, the epoch. After its
 * commit, in this order: words are shown, the commit counter moves, flights are marked, rings are
 * freed. A record counts as read when the transaction that put it was committed (meta.ring_pos): a
 * keeper that dies in between acknowledges it again and puts nothing twice (publish.pml,
 * BREAK_NO_RING_POS). When the map is full the transaction is dropped and the ledger read anew;
 * when the disk or memory fails, the index is closed and opened anew as after a death of the keeper
 * (no page of a failed sync is taken for written), and workers serve on without keeping. */
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "base/obj.h"
#include "base/wake.h"
#include "store/account.h"
#include "store/apply.h"
#include "store/epoch.h"
#include "store/evict.h"
#include "store/flight_table.h"
#include "store/recover.h"
#include "store/supply.h"

#define KEEP_GROUP_MS 50
#define KEEP_GROUP_BYTES (4u << 20)
#define KEEP_IDLE_MS 1000
#define KEEP_EPOCH_MS 10000
#define KEEP_READERS_MS 60000
#define KEEP_CALM_MS 5000
#define KEEP_STUCK_MS 10

static struct store_opts keep_store;
static int64_t keep_pending_since; /* 0: nothing waits */
static bool keep_failing;          /* said so, and not that it is over */
static int64_t keep_failed_at;
static int64_t keep_readers_due;
static bool keep_ready;
static bool keep_more;      /* the last transaction left something to do at once */
static unsigned keep_fulls; /* transactions that found the map full, one after the other */
static uint64_t keep_dead;  /* slots that this transaction cleans up */

/* ---- rings ---- */

static bool keep_has_ring(int slot)
{
	return __atomic_load_n(&shared_ring(slot)->size, __ATOMIC_ACQUIRE) == SHARED_RING_BYTES;
}

static uint64_t keep_head(int slot)
{
	return SHARED_GET(shared_ring(slot)->head);
}

static uint64_t keep_waiting_bytes(void)
{
	uint64_t n = 0;

	for (int slot = 0; slot < SLOT_WORKERS; slot++)
		if (keep_has_ring(slot))
			n += keep_head(slot) - ledger_meta.ring_pos[slot];
	return n;
}

/* Records of one ring into the transaction; *budget: how many more. */
static int keep_drain_ring(int slot, uint32_t *budget, uint64_t *bytes)
{
	const struct ring *ring = shared_ring(slot);
	uint64_t pos = ledger_meta.ring_pos[slot];
	struct publish_record r;
	struct str record, row;
	int rc = 0;

	while (*budget > 0 && *bytes < KEEP_GROUP_BYTES && ring_peek(ring, &pos, &record)) {
		if (publish_parse(record, &r, &row))
			rc = apply_record(slot, &r, row);
		else
			count_inc(COUNT_keeper_refused);
		if (rc < 0)
			return rc;
		(*budget)--;
		*bytes += record.n;
		ledger_meta.ring_pos[slot] = pos;
	}
	ledger_meta.ring_pos[slot] = MAX(pos, ledger_meta.ring_pos[slot]);
	return 0;
}

static int keep_drain(void)
{
	static int first;
	uint32_t budget = evict_record_limit();
	uint64_t bytes = 0;
	int rc = 0;

	if (evict_only())
		return 0;
	first = (first + 1) % SLOT_WORKERS; /* nobody is always last */
	for (int i = 0; i < SLOT_WORKERS && rc == 0; i++)
		if (keep_has_ring((first + i) % SLOT_WORKERS))
			rc = keep_drain_ring((first + i) % SLOT_WORKERS, &budget, &bytes);
	return rc;
}

/* What lies between the ring's tail and what was committed is acknowledged: its flights end. */
static void keep_acknowledge(int slot)
{
	struct ring *ring = shared_ring(slot);
	uint64_t pos = ring->tail, end = ledger_meta_committed.ring_pos[slot];
	struct publish_record r;
	struct str record, row;

	while (pos < end && ring_peek(ring, &pos, &record))
		if (publish_parse(record, &r, &row) &&
		    (r.kind == PUBLISH_PUT || r.kind == PUBLISH_FLIGHT))
			flight_table_committed(r.flight, r.flight_id);
	if (ring->tail != end)
		ring_free(ring, end);
}

static void keep_acknowledge_all(void)
{
	for (int slot = 0; slot < SLOT_WORKERS; slot++)
		if (keep_has_ring(slot))
			keep_acknowledge(slot);
}

/* ---- the dead ---- */

static bool keep_some_are_dead(void)
{
	for (int slot = 0; slot < SLOT_WORKERS; slot++)
		if (SHARED_GET(slot_at(slot)->state) == SLOT_DEAD)
			return true;
	return false;
}

/* Its pins at once (it is reaped: no thread of it reads); its segments when its ring is read to the
 * end, since what lies there is complete and names them (segment.pml, BREAK_SEAL_BEFORE_DRAIN). */
static void keep_seal_dead(void)
{
	keep_dead = 0;
	for (int slot = 0; slot < SLOT_WORKERS; slot++) {
		if (SHARED_GET(slot_at(slot)->state) != SLOT_DEAD)
			continue;
		segment_unpin_slot(slot);
		if (keep_has_ring(slot) && ledger_meta.ring_pos[slot] != keep_head(slot))
			continue;
		for (uint32_t s = 0; s < ledger_limit; s++)
			if (ledger_at(s)->row.state == SEGMENT_OPEN &&
			    ledger_at(s)->row.slot == slot)
				ledger_state(s, SEGMENT_SEALED);
		keep_dead |= 1ull << slot;
	}
}

/* After the commit: its flights, and the slot (publish.pml, BREAK_FLIGHTS_BEFORE_RING). */
static void keep_bury_dead(void)
{
	for (; keep_dead != 0; keep_dead &= keep_dead - 1) {
		int slot = __builtin_ctzll(keep_dead);
		uint32_t dead = SLOT_DEAD;

		flight_table_bury(slot);
		SHARED_SET(shared_head()->slots[slot].want, 0);
		index_reader_check();
		__atomic_compare_exchange_n(&slot_at(slot)->state, &dead, SLOT_CLEAN, false,
		                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
}

/* ---- a transaction ---- */

static void keep_show_figures(void)
{
	struct store_status *s = shared_status();
	uint32_t unmade = ledger_limit - MIN(ledger_limit, ledger_meta.segments_made);

	s->size = keep_store.size;
	s->segments = ledger_meta.segments_made;
	s->segments_free = ledger_in_state[SEGMENT_FREE] + ledger_in_state[SEGMENT_CLOSED];
	s->segment_size = ledger_meta.segment_size;
	s->objects = ledger_meta.objects;
	s->body_bytes = ledger_meta.body_bytes;
	s->index_size = shared_head()->index_bytes;
	count_mine->v[COUNT_keeper_objects] = ledger_meta.objects;
	count_mine->v[COUNT_keeper_body_bytes] = ledger_meta.body_bytes;
	count_mine->v[COUNT_keeper_segments] = ledger_meta.segments_made;
	count_mine->v[COUNT_keeper_segments_free] =
	    s->segments_free - MIN(unmade, s->segments_free);
}

/* Dropped: what was changed here is read anew. */
static int keep_drop(int rc)
{
	int again;

	index_abort();
	arena_reset(apply_arena());
	keep_dead = 0;
	again = index_begin();
	if (again == 0) {
		again = ledger_load();
		index_abort();
	}
	if (rc == ERR_BAD || again == ERR_BAD)
		return ERR_BAD;
	return again < 0 ? again : rc; /* half a ledger is none */
}

static void keep_after_commit(uint64_t given)
{
	ledger_committed();
	SHARED_SET(shared_head()->durable_epoch, ledger_meta.durable_epoch);
	/* Before flights are marked: who finds no flight any more must see that something was
	 * committed. */
	__atomic_add_fetch(&shared_head()->commits, 1, __ATOMIC_SEQ_CST);
	keep_acknowledge_all();
	keep_bury_dead();
	for (; given != 0; given &= given - 1)
		wake_send(__builtin_ctzll(given));
	count_inc(COUNT_keeper_commits);
	keep_show_figures();
}

static int keep_commit(void)
{
	uint32_t *busy = &slot_at(SLOT_KEEPER)->busy_in_commit;
	int rc;

	SHARED_SET(*busy, 1);
	rc = index_commit();
	SHARED_SET(*busy, 0);
	return rc;
}

static int keep_turn(bool *more)
{
	uint64_t given = 0;
	int rc = index_begin();

	if (rc < 0)
		return keep_drop(rc);
	rc = keep_drain();
	if (rc == 0) {
		keep_seal_dead();
		rc = evict_step(more);
	}
	if (rc == 0) {
		supply_run(&given);
		ledger_meta.generation =
		    MAX(ledger_meta.generation, SHARED_GET(shared_head()->generation));
		rc = ledger_put();
	}
	if (rc == 0)
		rc = keep_commit();
	if (rc < 0)
		return keep_drop(rc);
	arena_reset(apply_arena());
	keep_after_commit(given);
	*more = *more || keep_waiting_bytes() > 0;
	return 0;
}

/* ---- the face ---- */

int keep_init(const struct keep_opts *o)
{
	struct shared_head *h;
	int rc;

	keep_store = *o->store;
	if (keep_store.path == NULL || keep_store.path[0] == '\0')
		return ERR_UNSUPPORTED;
	shared_map();
	h = shared_head();
	rc = flight_table_attach();
	if (rc == 0)
		rc = recover_open(o);
	if (rc < 0) {
		if (rc == ERR_BAD)
			SHARED_SET(h->open, 0); /* workers leave it, and come back to another one */
		keep_abandon();
		return rc;
	}
	if (h->magic == SHARED_MAGIC && SHARED_GET(h->open) == 0)
		__atomic_add_fetch(&h->number, 1, __ATOMIC_SEQ_CST);
	h->magic = SHARED_MAGIC;
	epoch_init(o->now_ms, o->epoch_ms != 0 ? o->epoch_ms : KEEP_EPOCH_MS);
	keep_pending_since = 0;
	keep_readers_due = o->now_ms + KEEP_READERS_MS;
	keep_acknowledge_all();
	keep_show_figures();
	SHARED_SET(h->failing, 0);
	SHARED_SET(h->open, 1);
	keep_more = false;
	keep_ready = true;
	for (int slot = 0; slot < SLOT_WORKERS; slot++)
		if (SHARED_GET(slot_at(slot)->state) == SLOT_LIVE)
			wake_send(slot);
	return 0;
}

int keep_set_aside(const struct store_opts *o)
{
	return recover_set_aside(o);
}

int keep_fd(void)
{
	return wake_fd(SLOT_KEEPER);
}

void keep_on_wake(void)
{
	wake_drain(SLOT_KEEPER);
}

static void keep_fails(int rc, int64_t now_ms)
{
	if (!keep_failing)
		log_error("store: the index cannot be written (%s); serving on, nothing is kept "
		          "until it can",
		          err_text(rc));
	SHARED_SET(shared_head()->failing, 1); /* until keep_init */
	keep_failing = true;
	keep_failed_at = now_ms;
}

/* Said when it has worked for a while: a disk that fails now and then fills no log. */
static void keep_works(int64_t now_ms)
{
	if (!keep_failing || now_ms - keep_failed_at < KEEP_CALM_MS)
		return;
	log_warn("store: the index is written again");
	keep_failing = false;
}

/* Milliseconds until the next transaction is due; 0: now. */
static int keep_due(int64_t now_ms, bool epoch_moved)
{
	uint64_t bytes = keep_waiting_bytes();

	if (bytes == 0)
		keep_pending_since = 0;
	else if (keep_pending_since == 0)
		keep_pending_since = now_ms;
	if (__atomic_exchange_n(&shared_head()->hurry, 0, __ATOMIC_SEQ_CST) != 0 || epoch_moved ||
	    bytes >= KEEP_GROUP_BYTES / 4 || keep_some_are_dead() || supply_is_due())
		return 0;
	if (bytes == 0)
		return KEEP_IDLE_MS;
	return (int)MAX(keep_pending_since + KEEP_GROUP_MS - now_ms, 0);
}

/* Before a long sleep: says so, then looks again; workers look for sleepers after they pushed. */
static int keep_sleep(int64_t now_ms)
{
	int due = keep_due(now_ms, false);

	if (due <= KEEP_GROUP_MS)
		return due;
	SHARED_SET(shared_head()->keeper_idle, 1);
	return keep_waiting_bytes() > 0 ? 0 : due;
}

/* Somebody wants to know whether everything adds up. */
static void keep_check(void)
{
	struct shared_head *h = shared_head();
	uint32_t asked = SHARED_GET(h->check_asked);

	if (asked == SHARED_GET(h->check_ended))
		return;
	h->check_text[0] = '\0';
	h->check_result = keep_account(h->check_text, sizeof h->check_text);
	SHARED_SET(h->check_ended, asked);
}

int keep_tick(int64_t now_ms)
{
	bool epoch_moved;
	int rc;

	if (!keep_ready)
		return ERR_GONE;
	keep_check();
	SHARED_SET(shared_head()->keeper_idle, 0);
	epoch_moved = epoch_step(now_ms);
	if (now_ms >= keep_readers_due) {
		keep_readers_due = now_ms + KEEP_READERS_MS;
		index_reader_check();
	}
	if (keep_due(now_ms, epoch_moved) > 0 && !keep_more)
		return keep_sleep(now_ms);
	keep_more = false;
	rc = keep_turn(&keep_more);
	if (rc == ERR_FULL) {
		evict_full(); /* the next turn deletes only */
		return evict_is_stuck() || ++keep_fulls > 8 ? KEEP_STUCK_MS : 0;
	}
	if (rc == ERR_BAD) {
		log_error("store: the index is damaged; the store is closed");
		SHARED_SET(shared_head()->open, 0);
		return ERR_BAD;
	}
	if (rc < 0) {
		keep_fails(rc, now_ms);
		return rc;
	}
	keep_works(now_ms);
	keep_fulls = 0;
	keep_pending_since = 0;
	return keep_more ? 0 : keep_sleep(now_ms);
}

void keep_stop(void)
{
	bool more = true;
	int rc = 0;

	if (!keep_ready)
		return;
	epoch_forget();
	for (int turns = 0; more && rc == 0 && turns < 1000; turns++) {
		more = false;
		rc = keep_turn(&more);
		more = more && keep_waiting_bytes() > 0;
	}
	SHARED_SET(shared_head()->open, 0);
	if (rc == 0 && epoch_sync_all() == 0 && index_begin() == 0) {
		ledger_meta.durable_epoch = ledger_meta.epoch;
		ledger_meta.clean = 1;
		if (ledger_put() < 0 || index_commit() < 0)
			index_abort();
	}
	keep_abandon();
}

void keep_abandon(void)
{
	epoch_forget();
	index_close();
	ledger_fini();
	keep_ready = false;
}

int keep_account(char *why, size_t n)
{
	return account_check(keep_store.path, keep_store.size, why, n);
}
