/* evict.c - room: the oldest segment of a queue is retired, and rows go when the index fills up.
 *
 * Retiring walks the rows in the ranges of a segment, a piece in each transaction: those that name
 * it are deleted, embedded ones of that time likewise unless they were used. CLOSED is committed
 * with the last deletion; only then the word says so, and only a CLOSED segment without pins is
 * handed out again (segment.pml). The keeper retires ahead of need. Index pressure deletes rows at
 * the old end of the queue that has most of them: deleting needs free pages too, so a part of the
 * map is kept free. */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "base/obj.h"
#include "store/apply.h"
#include "store/entry.h"
#include "store/evict.h"

#define EVICT_GROW_MS 60000 /* until room for another segment is tried for again */

static uint64_t evict_reserve; /* pages of the map that stay free */
static uint64_t evict_map_pages;
static bool evict_pressure, evict_was_full;
static unsigned evict_rounds;
static unsigned evict_batch;  /* rows deleted at once after the map was full; halved when even that
                                 was too much */
static uint64_t evict_unused; /* as counted last */
static uint32_t evict_hint;
static int64_t evict_grow_at; /* clock_ms(): no segment is made before; 0: nothing hinders */

void evict_init(uint64_t index_bytes)
{
	evict_map_pages = index_bytes / 4096;
	evict_reserve = MAX(MIN(evict_map_pages / 4, 2048ull), evict_map_pages / 20);
	evict_pressure = evict_was_full = false;
	evict_rounds = 0;
	evict_unused = 0;
	evict_hint = 0;
	evict_grow_at = 0;
}

uint32_t evict_record_limit(void)
{
	/* Each record may copy a leaf of table key and free the old one a transaction later. */
	return (uint32_t)MAX(MIN(evict_reserve / 4, 2048ull), 16ull);
}

void evict_full(void)
{
	/* Down to none: then the commit alone makes the pages usable that the last one freed. */
	evict_batch = evict_was_full ? evict_batch / 2 : 32;
	evict_pressure = evict_was_full = true;
}

bool evict_only(void)
{
	return evict_was_full;
}

bool evict_is_stuck(void)
{
	return evict_was_full && evict_batch == 0;
}

uint32_t evict_workers(void)
{
	uint32_t n = 0;

	for (int i = 0; i < SLOT_WORKERS; i++)
		n += SHARED_GET(shared_head()->slots[i].want) != 0 &&
		     slot_is_alive(i, SHARED_GET(shared_head()->slots[i].generation));
	return n;
}

/* ---- which segments are free ---- */

uint32_t evict_total(void)
{
	return clock_ms() < evict_grow_at ? MIN(ledger_meta.segments_made, ledger_limit)
	                                  : ledger_limit;
}

static bool evict_is_free(uint32_t s)
{
	enum segment_state state = (enum segment_state)ledger_at(s)->row.state;

	/* CLOSED was shown before the pins are read here (BREAK_PINS_BEFORE_CLOSED): not the one of
	 * this transaction. */
	if (state == SEGMENT_CLOSED)
		return !ledger_at(s)->dirty && !segment_is_pinned(s);
	return state == SEGMENT_FREE && s < ledger_meta.segments_made && !ledger_at(s)->dirty &&
	       !segment_is_pinned(s);
}

static uint32_t evict_count_free(uint32_t *stuck)
{
	uint32_t n = evict_total() - MIN(evict_total(), ledger_meta.segments_made);

	*stuck = 0;
	for (uint32_t s = 0; s < MIN(ledger_limit, ledger_meta.segments_made); s++) {
		enum segment_state state = (enum segment_state)ledger_at(s)->row.state;

		if (state != SEGMENT_CLOSED && state != SEGMENT_FREE)
			continue;
		if (segment_is_pinned(s))
			(*stuck)++;
		else
			n++;
	}
	return n;
}

bool evict_any_free(void)
{
	uint32_t stuck;

	return evict_count_free(&stuck) > 0;
}

/* The disk gave no room for one more segment: those that exist have to do, for a while. */
static int evict_no_room(int rc)
{
	if (evict_grow_at == 0)
		log_warn("store: no room for more than %u segments (%s); going on with them",
		         ledger_meta.segments_made, err_text(rc));
	evict_grow_at = clock_ms() + EVICT_GROW_MS;
	return ERR_FULL;
}

static int evict_grow(uint32_t *segment)
{
	uint32_t s = ledger_meta.segments_made;
	int rc;

	if (s >= evict_total() ||
	    segment_is_pinned(s)) /* pinned: by readers of an index that is gone */
		return ERR_FULL;
	rc = segment_make(s);
	if (rc < 0)
		return evict_no_room(rc);
	if (evict_grow_at != 0)
		log_info("store: grows again");
	evict_grow_at = 0;
	ledger_meta.segments_made++;
	*segment = s;
	return 0;
}

int evict_free_segment(uint32_t *segment)
{
	uint32_t made = MIN(ledger_limit, ledger_meta.segments_made);

	for (uint32_t i = 0; i < made; i++) {
		uint32_t s = (evict_hint + i) % made;

		if (evict_is_free(s)) {
			evict_hint = s + 1;
			*segment = s;
			return 0;
		}
	}
	return evict_grow(segment);
}

/* ---- retiring ---- */

static bool evict_used_often(uint64_t bid)
{
	return __atomic_load_n(shared_frequency(bid), __ATOMIC_RELAXED) > 1;
}

/* Does the row at pos go with segment s? 1 go, 0 stay, 2 stay as a young one; or an error. */
static int evict_judge(uint32_t s, unsigned queue, uint64_t pos)
{
	struct store_entry e;
	struct str row;
	int rc = index_row_get(queue, pos, apply_arena(), &row);

	if (rc == ERR_NOTFOUND || (rc == 0 && entry_decode(row, &e) < 0))
		return 1; /* damaged: out */
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < e.extent_count; i++)
		if (e.extents[i].segment == s)
			return 1;
	if (e.extent_count != 0)
		return 0;
	if (!evict_used_often(e.bid))
		return 1;
	__atomic_store_n(shared_frequency(e.bid), 0, __ATOMIC_RELAXED);
	return 2;
}

static int evict_visit(uint32_t s, unsigned queue, uint64_t pos)
{
	int verdict = evict_judge(s, queue, pos);

	if (verdict == 2)
		return apply_again(queue, pos);
	if (verdict != 1)
		return verdict;
	count_inc(COUNT_keeper_evicted);
	return apply_drop(queue, pos);
}

/* Up to `budget` rows of the segment's ranges. 1: all done, 0: more, or an error. */
static int evict_walk(uint32_t s, unsigned budget)
{
	struct ledger_segment *g = ledger_at(s);
	unsigned queue = g->row.pool == LEDGER_POOL_NONE ? 0 : g->row.pool * 2u;
	struct str k, v;
	int rc;

	while (g->walk_range < g->row.ranges) {
		struct ledger_range r = g->ranges[g->walk_range];
		uint64_t pos = MAX(g->walk_pos, r.lo);

		rc =
		    index_seek(INDEX_QUEUE + queue, (struct str){(char *)&pos, sizeof pos}, &k, &v);
		if (rc == 0)
			pos = index_u64(k);
		if (rc == ERR_NOTFOUND || (rc == 0 && pos > r.hi)) {
			g->walk_range++;
			g->walk_pos = 0;
			continue;
		}
		if (rc == 0 && budget-- == 0)
			return 0;
		if (rc == 0)
			rc = evict_visit(s, queue, pos);
		if (rc < 0)
			return rc;
		g->walk_pos = pos + 1;
	}
	return 1;
}

static int evict_retire(uint32_t s, unsigned budget, bool *more)
{
	bool bad = SHARED_GET(shared_segment(s)->failed) != 0;
	int rc;

	if (ledger_at(s)->row.state == SEGMENT_SEALED)
		ledger_state(s, SEGMENT_RETIRING); /* from here its records are refused */
	rc = evict_walk(s, budget);
	if (rc < 0)
		return rc;
	*more = true;
	if (rc == 0)
		return 0;
	ledger_clear(s);
	ledger_state(s, bad ? SEGMENT_BAD : SEGMENT_CLOSED);
	if (bad)
		log_warn("store: segment %u is left out of use: the disk failed there", s);
	return 0;
}

int evict_whole(uint32_t segment)
{
	bool more;
	int rc = 0;

	while (rc == 0 && ledger_at(segment)->row.state != SEGMENT_CLOSED &&
	       ledger_at(segment)->row.state != SEGMENT_BAD) {
		rc = index_begin();
		if (rc < 0)
			return rc;
		ledger_state(segment, SEGMENT_RETIRING);
		rc = evict_retire(segment, EVICT_ROWS, &more);
		if (rc == 0)
			rc = ledger_put();
		if (rc < 0) {
			index_abort();
			return rc;
		}
		rc = index_commit();
		arena_reset(apply_arena());
		if (rc == 0)
			ledger_committed();
	}
	return rc;
}

/* The oldest sealed segment of a pool; pinned ones are passed over as long as few are. */
static uint32_t evict_oldest(unsigned pool)
{
	uint32_t best = UINT32_MAX, pinned = UINT32_MAX, passed = 0;

	for (uint32_t s = 0; s < ledger_limit; s++) {
		const struct ledger_segment *g = ledger_at(s);

		if (g->row.state != SEGMENT_SEALED ||
		    (g->row.pool != pool && g->row.pool != LEDGER_POOL_NONE))
			continue;
		if (segment_is_pinned(s)) {
			passed++;
			if (pinned == UINT32_MAX || g->row.order < ledger_at(pinned)->row.order)
				pinned = s;
		} else if (best == UINT32_MAX || g->row.order < ledger_at(best)->row.order) {
			best = s;
		}
	}
	if (best == UINT32_MAX || passed > MAX(evict_total() / 8, 1u))
		return pinned != UINT32_MAX ? pinned : best;
	return best;
}

static uint32_t evict_in_pool(unsigned pool)
{
	uint32_t n = 0;

	for (uint32_t s = 0; s < ledger_limit; s++)
		n += ledger_at(s)->row.state == SEGMENT_SEALED && ledger_at(s)->row.pool == pool;
	return n;
}

/* The next one to retire: one where the disk failed, or the oldest of the pool that has more than
 * its share. */
static uint32_t evict_choose(void)
{
	unsigned pool;
	uint32_t s;

	if (shared_head()->pools == 1)
		return evict_oldest(0);
	pool = evict_in_pool(0) > evict_total() / 10 ? 0 : 1;
	s = evict_oldest(pool);
	return s != UINT32_MAX ? s : evict_oldest(1 - pool);
}

static uint32_t evict_failed(void)
{
	for (uint32_t s = 0; s < ledger_limit; s++)
		if (SHARED_GET(shared_segment(s)->failed) != 0 &&
		    (ledger_at(s)->row.state == SEGMENT_SEALED ||
		     ledger_at(s)->row.state == SEGMENT_OPEN))
			return s;
	return UINT32_MAX;
}

static uint32_t evict_half_done(void)
{
	if (ledger_in_state[SEGMENT_RETIRING] == 0)
		return UINT32_MAX;
	for (uint32_t s = 0; s < ledger_limit; s++)
		if (ledger_at(s)->row.state == SEGMENT_RETIRING)
			return s;
	return UINT32_MAX;
}

/* Segments that should be free ahead of need. */
static uint32_t evict_ahead(void)
{
	return MAX(1u, MIN(MAX(2 * evict_workers() + 4, evict_total() / 50), evict_total() / 8));
}

static int evict_segments(bool *more)
{
	uint32_t stuck, s = evict_half_done();

	if (s == UINT32_MAX)
		s = evict_failed();
	if (s == UINT32_MAX && evict_count_free(&stuck) < evict_ahead()) {
		SHARED_SET(shared_head()->break_pins, stuck > MAX(evict_total() / 8, 1u));
		s = evict_choose();
	}
	if (s == UINT32_MAX)
		return 0;
	if (ledger_at(s)->row.state == SEGMENT_OPEN)
		ledger_state(s, SEGMENT_SEALED);
	return evict_retire(s, EVICT_ROWS, more);
}

/* ---- the index fills up ---- */

static bool evict_pages_short(uint64_t spare)
{
	uint64_t all, unused;

	index_pages(&all, &unused);
	evict_unused = unused;
	shared_status()->index_used = (all - MIN(all, unused)) * 4096;
	return unused < evict_reserve + spare;
}

static unsigned evict_fullest_queue(void)
{
	unsigned best = 0;

	for (unsigned q = 1; q < 4; q++)
		if (index_entries(INDEX_QUEUE + q) > index_entries(INDEX_QUEUE + best))
			best = q;
	return best;
}

static int evict_rows(bool *more)
{
	unsigned queue, n = evict_was_full ? evict_batch : 2 * evict_record_limit();
	struct str k, v;
	int rc = 0;

	/* Far from it a look now and then is enough. */
	if (!evict_pressure && evict_unused > 4 * evict_reserve && evict_rounds++ % 16 != 0)
		return 0;
	evict_pressure = evict_pages_short(evict_pressure ? evict_reserve / 8 : 0);
	evict_was_full = evict_was_full && evict_pressure;
	if (!evict_pressure)
		return 0;
	if (evict_was_full && evict_batch == 0)
		evict_batch = 32; /* if this one is committed */
	queue = evict_fullest_queue();
	while (rc == 0 && n-- > 0) {
		rc = index_seek(INDEX_QUEUE + queue, STR_NONE, &k, &v);
		if (rc == 0) {
			rc = apply_drop(queue, index_u64(k));
			count_inc(COUNT_keeper_evicted);
		}
	}
	*more = true;
	return rc == ERR_NOTFOUND ? 0 : rc;
}

int evict_step(bool *more)
{
	int rc = evict_rows(more);

	return rc < 0 || evict_was_full ? rc : evict_segments(more);
}
