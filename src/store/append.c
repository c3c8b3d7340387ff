/* append.c - room in segments of this worker.
 *
 * Used by write.c only. One open segment for each pool, opened at first need; spares that the
 * keeper committed for this slot show SPARE in their word. A segment that is written is pinned as
 * well, so that its file stays open here. */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/obj.h"
#include "store/append.h"
#include "store/publish.h"
#include "store/segment.h"

#define APPEND_WANT_MAX 16u
#define APPEND_PACK 64u

static struct append_segment *append_open[2];
static struct list append_closing, append_waiting;
static uint32_t append_spares[APPEND_WANT_MAX];
static unsigned append_spare_count;
static unsigned append_want;
static int64_t append_expected;
static int64_t append_short_at; /* clock_ms() when a spare was missing last */
static bool append_live;

static struct shared_slot *append_slot(void)
{
	return &shared_head()->slots[slot_mine()];
}

static void append_ask(void)
{
	uint64_t size = shared_head()->segment_size;
	uint64_t more = append_expected > 0 ? (uint64_t)append_expected / size : 0;
	unsigned want =
	    (unsigned)MIN((uint64_t)append_want + MIN(more, 4ull), (uint64_t)APPEND_WANT_MAX);

	SHARED_SET(append_slot()->want, want);
}

void append_init(void)
{
	if (append_closing.next ==
	    NULL) { /* else bodies of an index that is gone may still hold some */
		list_init(&append_closing);
		list_init(&append_waiting);
	}
	append_open[0] = append_open[1] = NULL;
	append_spare_count = 0;
	append_want = 2;
	append_live = true;
	SHARED_SET(append_slot()->number, shared_head()->number);
	append_ask();
	SHARED_SET(append_slot()->generation, slot_generation());
	append_look();
	publish_hurry();
}

unsigned append_pool(bool small)
{
	return !small && shared_head()->pools > 1 ? 1 : 0;
}

/* ---- spares ---- */

static void append_find_spares(void)
{
	uint32_t count = SHARED_GET(shared_head()->segment_count);

	append_spare_count = 0;
	for (uint32_t s = 0; s < count && append_spare_count < APPEND_WANT_MAX; s++) {
		uint64_t w = segment_load(s);

		if (segment_word_state(w) == SEGMENT_SPARE && segment_word_slot(w) == slot_mine())
			append_spares[append_spare_count++] = s;
	}
}

/* SPARE(me) -> OPEN(me): a new keeper knows by it what was never shown, waits, or is in use. */
static struct append_segment *append_take(void)
{
	while (append_spare_count > 0) {
		uint32_t s = append_spares[--append_spare_count];
		uint64_t w = segment_load(s);
		struct append_segment *a;

		if (segment_word_state(w) != SEGMENT_SPARE || segment_word_slot(w) != slot_mine())
			continue;
		a = calloc(1, sizeof *a);
		if (a == NULL)
			return NULL;
		if (!__atomic_compare_exchange_n(
		        &shared_segment(s)->word, &w,
		        segment_word(segment_word_generation(w), SEGMENT_OPEN, slot_mine()), false,
		        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
		    !segment_pin(s, segment_word_generation(w))) {
			free(a);
			continue;
		}
		list_init(&a->link);
		a->segment = s;
		a->generation = segment_word_generation(w);
		a->at = SEGMENT_PAGE;
		a->epoch = SHARED_GET(shared_head()->epoch);
		return a;
	}
	return NULL;
}

/* A spare is missing: more of them are wanted from now on, and one at once. */
static void append_short(void)
{
	append_short_at = clock_ms();
	append_want = MIN(append_want * 2, APPEND_WANT_MAX);
	append_ask();
	publish_hurry();
}

static struct append_segment *append_next(void)
{
	struct append_segment *a;

	if (!append_live)
		return NULL;
	a = append_take();
	if (a == NULL) {
		append_find_spares();
		a = append_take();
	}
	if (a == NULL)
		append_short();
	else if (append_spare_count == 0)
		publish_hurry();
	return a;
}

void append_wait(struct store_wait *w)
{
	list_init(&w->link);
	list_append(&append_waiting, &w->link);
}

/* They may wait again, or cancel one another, from inside. */
static void append_wake_all(void)
{
	struct list now;

	list_init(&now);
	while (!list_empty(&append_waiting)) {
		struct list *it = append_waiting.next;

		list_remove(it);
		list_append(&now, it);
	}
	while (!list_empty(&now)) {
		struct store_wait *w = LIST_FIRST(&now, struct store_wait, link);

		list_remove(&w->link);
		w->wake(w);
	}
}

void append_look(void)
{
	if (!append_live)
		return;
	append_find_spares();
	if (append_spare_count > 0)
		append_wake_all();
}

void append_tick(void)
{
	if (!append_live)
		return;
	append_flush_seals();
	append_look();
	if (append_want > 2 && clock_ms() - append_short_at > 10000) {
		append_want--;
		append_short_at = clock_ms();
	}
	append_ask();
	append_wake_all(); /* who has waited too long gives up: write.c looks at the clock */
}

void append_expect(int64_t bytes)
{
	append_expected += bytes;
	append_ask();
}

/* ---- seals ---- */

static void append_end(struct append_segment *a)
{
	segment_unpin(a->segment);
	list_remove(&a->link);
	free(a);
}

static void append_seal(struct append_segment *a)
{
	/* Behind every publish of this segment in the same ring; if there is no room: later. */
	if (a->users > 0 || publish_seal(a->segment, a->generation) < 0)
		return;
	append_end(a);
}

static void append_close(unsigned pool)
{
	struct append_segment *a = TAKE(append_open[pool]);

	if (a == NULL)
		return;
	a->closing = true;
	list_append(&append_closing, &a->link);
	append_seal(a);
}

void append_flush_seals(void)
{
	LIST_FOREACH_SAFE (it, &append_closing)
		append_seal(LIST_OF(it, struct append_segment, link));
}

void append_release(struct append_segment *a)
{
	AN(a->users > 0);
	a->users--;
	if (a->closing)
		append_seal(a);
}

void append_forget(void)
{
	if (!append_live)
		return;
	append_close(0);
	append_close(1);
	append_live = false;
	SHARED_SET(append_slot()->want, 0);
	publish_hurry();
}

/* ---- room ---- */

static uint64_t append_left(const struct append_segment *a)
{
	uint64_t size = shared_head()->segment_size;

	return a == NULL || a->at >= size ? 0 : size - a->at;
}

/* The pool's open segment with at least n bytes behind its pointer. */
static struct append_segment *append_with(unsigned pool, uint64_t n)
{
	if (append_open[pool] != NULL && append_left(append_open[pool]) >= n)
		return append_open[pool];
	if (n > shared_head()->segment_size - SEGMENT_PAGE)
		return NULL;
	append_close(pool);
	append_open[pool] = append_next();
	return append_open[pool];
}

static void append_use(struct append_segment *a, uint64_t n, struct store_extent *x,
                       struct append_segment **s)
{
	*x = (struct store_extent){a->segment, a->generation, a->at, n};
	a->at += n;
	a->users++;
	*s = a;
}

static void append_align(struct append_segment *a, uint64_t unit)
{
	a->at = (a->at + unit - 1) & ~(unit - 1);
}

int append_small(size_t n, struct store_extent *x, struct append_segment **s)
{
	struct append_segment *a;
	uint32_t epoch = SHARED_GET(shared_head()->epoch);

	a = append_with(0, n + SEGMENT_PAGE);
	if (a == NULL)
		return ERR_FULL;
	/* A torn rewrite of a page must not damage a neighbour that counts as durable (power.pml,
	 * BREAK_SHARE_PAGE). The epoch may move between this look and the write: then the body's
	 * CRC is the net. */
	append_align(a, a->epoch == epoch ? APPEND_PACK : SEGMENT_PAGE);
	a->epoch = epoch;
	append_use(a, n, x, s);
	return 0;
}

int append_large(uint64_t least, uint64_t most, struct store_extent *x, struct append_segment **s)
{
	struct append_segment *a;
	unsigned pool = append_pool(false);

	least = (least + SEGMENT_PAGE - 1) & ~(uint64_t)(SEGMENT_PAGE - 1);
	most = (most + SEGMENT_PAGE - 1) & ~(uint64_t)(SEGMENT_PAGE - 1);
	if (append_open[pool] != NULL)
		append_align(append_open[pool], SEGMENT_PAGE);
	a = append_with(pool, least);
	if (a == NULL)
		return ERR_FULL;
	append_use(a, MIN(most, append_left(a)), x, s);
	return 0;
}

uint64_t append_grow(struct append_segment *a, uint64_t end, uint64_t n)
{
	n = (n + SEGMENT_PAGE - 1) & ~(uint64_t)(SEGMENT_PAGE - 1);
	if (a->closing || a->at != end || !append_live)
		return 0;
	n = MIN(n, append_left(a));
	a->at += n;
	return n;
}

void append_return(struct append_segment *a, uint64_t from, uint64_t to)
{
	if (a->at == to && from < to)
		a->at = from;
}

void append_need(unsigned pool, uint64_t n)
{
	if (!append_live || append_left(append_open[pool]) >= n || append_spare_count > 0)
		return;
	append_find_spares();
	if (append_spare_count == 0)
		append_short();
}
