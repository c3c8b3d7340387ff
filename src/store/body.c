/* body.c - reading a body: of a stored entry, or of a flight while it comes.
 *
 * All extents are pinned at the start (a flight's as soon as it lists them: later it may be over
 * and the segment reused) and let go one by one as they are passed. Pieces point into maps, for
 * writev only; copies are made by pread. Cold pages are never faulted in by the loop: a helper
 * reads them first. */
#include "base/err.h"
#include "base/obj.h"
#include "store/body.h"
#include "store/flight_local.h"
#include "store/segment.h"
#include "store/warm.h"

#define BODY_PIECE (256u << 10)

/* What a body needs beyond the struct: pins that do not fit there, and its place at a flight. */
struct body_more {
	struct flight_hook hook;
	struct store_body *body;
	struct {
		uint32_t segment, generation;
	} * pinned;
	unsigned max;
	bool lost; /* an extent could not be pinned */
};

/* ---- pins ---- */

static struct body_more *body_more(struct store_body *b)
{
	struct body_more *m = b->more;

	if (m == NULL && (m = calloc(1, sizeof *m)) != NULL) {
		m->body = b;
		list_init(&m->hook.link);
		b->more = m;
	}
	return m;
}

static int body_pin_room(struct store_body *b)
{
	struct body_more *m;
	unsigned max;
	void *p;

	if (b->pin_count < STORE_PINS)
		return 0;
	m = body_more(b);
	if (m == NULL)
		return ERR_NOMEM;
	if (b->pin_count - STORE_PINS < m->max)
		return 0;
	max = m->max == 0 ? 48 : m->max * 2;
	p = realloc(m->pinned, max * sizeof *m->pinned);
	if (p == NULL)
		return ERR_NOMEM;
	m->pinned = p;
	m->max = max;
	return 0;
}

static int body_pin(struct store_body *b, const struct store_extent *x)
{
	struct body_more *m;
	unsigned at = b->pin_count - STORE_PINS;
	int rc = body_pin_room(b);

	if (rc < 0)
		return rc;
	if (!segment_pin(x->segment, x->generation))
		return ERR_GONE;
	m = b->more;
	if (b->pin_count < STORE_PINS) {
		b->pinned[b->pin_count].segment = x->segment;
		b->pinned[b->pin_count].generation = x->generation;
	} else {
		m->pinned[at].segment = x->segment;
		m->pinned[at].generation = x->generation;
	}
	b->pin_count++;
	return 0;
}

static uint32_t body_pinned(const struct store_body *b, unsigned i)
{
	const struct body_more *m = b->more;

	return i < STORE_PINS ? b->pinned[i].segment : m->pinned[i - STORE_PINS].segment;
}

static void body_unpin_to(struct store_body *b, unsigned n)
{
	while (b->pin_first < n)
		segment_unpin(body_pinned(b, b->pin_first++));
}

/* ---- where the bytes are ---- */

/* The list of extents, how many, and up to which byte of the body they are filled. */
static const struct store_extent *body_list(const struct store_body *b, unsigned *count,
                                            uint64_t *filled)
{
	const struct flight_row *r;

	if (b->flight == NULL) {
		*count = b->entry->extent_count;
		*filled = b->entry->body.p != NULL ? 0 : b->entry->body_len;
		return b->entry->extents;
	}
	r = flight_table_row((uint32_t)b->flight->index);
	*filled = r->has_small != 0 ? 0 : __atomic_load_n(&r->written, __ATOMIC_SEQ_CST);
	*count = MIN(__atomic_load_n(&r->extent_count, __ATOMIC_SEQ_CST), FLIGHT_TABLE_EXTENTS);
	return flight_table_extents((uint32_t)b->flight->index);
}

static int body_pin_listed(struct store_body *b)
{
	unsigned count;
	uint64_t filled;
	const struct store_extent *list = body_list(b, &count, &filled);
	int rc = 0;

	while (rc == 0 && b->pin_count < count)
		rc = body_pin(b, &list[b->pin_count]);
	return rc;
}

static void body_moved(struct flight_hook *h)
{
	struct body_more *m = CONTAINER_OF(h, struct body_more, hook);

	if (!m->lost && body_pin_listed(m->body) < 0)
		m->lost = true;
}

static void body_clear(struct store_body *b)
{
	b->entry = NULL;
	b->flight = NULL;
	b->pin_count = b->pin_first = 0;
	b->passed = 0;
	b->more = NULL;
	warm_wait_init(&b->wait);
}

int body_open(struct store_body *b, const struct store_entry *e)
{
	int rc;

	CHECK_OBJ(e, STORE_ENTRY_MAGIC);
	body_clear(b);
	b->entry = e;
	rc = body_pin_listed(b);
	if (rc < 0)
		body_close(b);
	return rc;
}

int body_open_flight(struct store_body *b, struct flight_ref *f)
{
	struct body_more *m;
	int rc;

	CHECK_OBJ(f, FLIGHT_REF_MAGIC);
	body_clear(b);
	b->flight = f;
	m = body_more(b);
	if (m == NULL)
		return ERR_NOMEM;
	m->hook.moved = body_moved;
	list_append(&flight_local_of(f)->hooks, &m->hook.link);
	rc = body_pin_listed(b);
	if (rc < 0)
		body_close(b);
	return rc;
}

void body_close(struct store_body *b)
{
	struct body_more *m = b->more;

	warm_wait_cancel(&b->wait);
	body_unpin_to(b, b->pin_count);
	if (m != NULL) {
		list_remove(&m->hook.link);
		free(m->pinned);
		free(TAKE(b->more));
	}
	b->entry = NULL;
	b->flight = NULL;
	b->pin_count = b->pin_first = 0;
}

void body_passed(struct store_body *b, uint64_t off)
{
	unsigned count, n = 0;
	uint64_t filled, end = 0;
	const struct store_extent *list = body_list(b, &count, &filled);

	if (off <= b->passed)
		return;
	b->passed = off;
	/* The last one of a flight may still grow. */
	while (n + (b->flight != NULL ? 1 : 0) < MIN(count, b->pin_count) &&
	       (end += list[n].length) <= off)
		n++;
	body_unpin_to(b, n);
}

/* A run of filled bytes at off, inside one extent. False: none. */
static bool body_run(const struct store_body *b, uint64_t off, uint64_t want,
                     struct store_extent *run)
{
	unsigned count;
	uint64_t filled, base = 0;
	const struct store_extent *list = body_list(b, &count, &filled);

	if (off >= filled)
		return false;
	for (unsigned i = 0; i < MIN(count, b->pin_count); i++) {
		if (off - base < list[i].length) {
			uint64_t skip = off - base;

			*run = list[i];
			run->offset += skip;
			run->length = MIN(MIN(list[i].length - skip, filled - off), want);
			return i >= b->pin_first && run->offset <= shared_head()->segment_size &&
			       run->length <= shared_head()->segment_size - run->offset;
		}
		base += list[i].length;
	}
	return false;
}

/* Pins that hold up too many closed segments are broken, visibly (STORE 3, Retiring). */
static bool body_broken(const struct store_extent *run)
{
	return SHARED_GET(shared_head()->break_pins) != 0 &&
	       segment_word_state(segment_load(run->segment)) == SEGMENT_CLOSED;
}

static bool body_cold(struct store_body *b, const struct store_extent *run)
{
	return !segment_warm(run->segment, run->offset, run->length) &&
	       (b->wait.job != NULL ||
	        warm_start(&b->wait, run->segment, run->offset, run->length));
}

/* Bytes in memory at off: embedded, in the flight's slab, or gathered here. */
static struct str body_memory(const struct store_body *b, uint64_t off)
{
	const struct flight_local *l;
	const struct flight_row *r;
	struct str s = STR_NONE;

	if (b->flight == NULL) {
		s = b->entry->body;
	} else {
		r = flight_table_row((uint32_t)b->flight->index);
		l = flight_local_of(b->flight);
		if (__atomic_load_n(&r->state, __ATOMIC_SEQ_CST) >= FLIGHT_DONE &&
		    r->has_small != 0)
			s = (struct str){flight_table_slab((uint32_t)b->flight->index) +
			                     r->canonical_len + r->spec_len + r->values_len +
			                     r->head_len,
			                 MIN(r->small_len, (uint32_t)STORE_EMBED_MAX)};
		else if (l->gathered != NULL && off >= l->gathered_at)
			return str_slice((struct str){l->gathered, l->written - l->gathered_at},
			                 off - l->gathered_at, SIZE_MAX);
	}
	return str_slice(s, MIN(off, (uint64_t)s.n), s.n);
}

/* Nothing at off: 0 at the end of a complete body, ERR_AGAIN, ERR_GONE. */
static int body_nothing(struct store_body *b, uint64_t off)
{
	struct flight_row *r;
	const struct body_more *m = b->more;

	if (b->flight == NULL)
		return off == b->entry->body_len ? 0 : ERR_GONE;
	r = flight_table_row((uint32_t)b->flight->index);
	switch ((enum flight_state)__atomic_load_n(&r->state, __ATOMIC_SEQ_CST)) {
	case FLIGHT_WAIT_HEAD:
	case FLIGHT_STREAM:
		return m->lost ? ERR_GONE : ERR_AGAIN;
	case FLIGHT_DONE:
	case FLIGHT_COMMITTED:
	case FLIGHT_REFRESHED:
		return off == r->body_len ? 0 : ERR_GONE;
	default:
		return ERR_GONE;
	}
}

/* At the tail: asks for a wake, then looks again, since bytes may have come in between (lost wake
 * else; both sides seq_cst). True: there is something to look at. */
static bool body_arm(struct store_body *b, uint64_t off)
{
	struct flight_row *r;

	if (b->flight == NULL)
		return false;
	r = flight_table_row((uint32_t)b->flight->index);
	flight_arm(r);
	return __atomic_load_n(&r->written, __ATOMIC_SEQ_CST) > off ||
	       __atomic_load_n(&r->state, __ATOMIC_SEQ_CST) >= FLIGHT_DONE;
}

static ssize_t body_lend_memory(struct str s, uint64_t want, struct iovec *v)
{
	v->iov_base = (void *)(uintptr_t)s.p;
	v->iov_len = (size_t)MIN((uint64_t)s.n, want);
	return (ssize_t)v->iov_len;
}

static ssize_t body_try_lend(struct store_body *b, uint64_t off, uint64_t want, struct iovec *v,
                             int max, bool *this_turn)
{
	struct store_extent run;
	struct str s = body_memory(b, off);
	ssize_t sum = 0;
	const char *map;

	*this_turn = s.n > 0;
	if (s.n > 0)
		return body_lend_memory(s, want, v);
	if (b->flight != NULL && body_pin_listed(b) < 0)
		return ERR_GONE;
	for (int i = 0; i < max && want > 0; i++) {
		if (!body_run(b, off, MIN(want, (uint64_t)BODY_PIECE), &run))
			break;
		if (body_broken(&run))
			return ERR_GONE;
		if (body_cold(b, &run)) {
			if (sum == 0)
				return ERR_AGAIN;
			break;
		}
		map = segment_map(run.segment);
		if (map == NULL)
			return ERR_IO;
		v[i] = (struct iovec){(void *)(uintptr_t)(map + run.offset), run.length};
		sum += (ssize_t)run.length;
		off += run.length;
		want -= run.length;
	}
	return sum > 0 ? sum : body_nothing(b, off);
}

ssize_t body_lend(struct store_body *b, uint64_t off, uint64_t want, struct iovec *v, int max,
                  bool *this_turn)
{
	ssize_t n = body_try_lend(b, off, want, v, max, this_turn);

	if (n == ERR_AGAIN && b->wait.job == NULL && body_arm(b, off))
		n = body_try_lend(b, off, want, v, max, this_turn);
	return n;
}

static ssize_t body_try_read(struct store_body *b, uint64_t off, void *p, size_t n)
{
	struct store_extent run;
	struct str s = body_memory(b, off);

	if (s.n > 0) {
		n = MIN(s.n, n);
		memcpy(p, s.p, n);
		return (ssize_t)n;
	}
	if (b->flight != NULL && body_pin_listed(b) < 0)
		return ERR_GONE;
	if (!body_run(b, off, n, &run))
		return body_nothing(b, off);
	if (body_broken(&run))
		return ERR_GONE;
	if (body_cold(b, &run))
		return ERR_AGAIN;
	if (segment_read(run.segment, run.offset, p, run.length) < 0)
		return ERR_IO;
	return (ssize_t)run.length;
}

ssize_t body_read(struct store_body *b, uint64_t off, void *p, size_t n)
{
	ssize_t r;

	if (n == 0)
		return 0;
	r = body_try_read(b, off, p, n);
	if (r == ERR_AGAIN && b->wait.job == NULL && body_arm(b, off))
		r = body_try_read(b, off, p, n);
	return r;
}
