/* write.c - bodies on their way into the store: gathered, laid into extents, enveloped, published.
 *
 * The owner of a flight has one writer. Bytes are gathered until the body ends or passes 16,320:
 * then it is known whether it is a small one, which is one extent and one pwritev, with its
 * envelope behind it; or, up to 2,000 bytes, lies in its row. Larger ones are written in whole
 * pages as they come, about 64 KB at a time. Members in this process read gathered bytes from here;
 * for those in others the gathered rest is written when one of them waits (large), or when it is
 * 200 ms old. The envelope (key, Vary, head, lengths, CRC, extents: the row) lets a lost index be
 * rebuilt. */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/obj.h"
#include "net/loop.h"
#include "store/append.h"
#include "store/entry.h"
#include "store/flight_local.h"
#include "store/lookup.h"
#include "store/publish.h"
#include "store/segment.h"
#include "store/warm.h"
#include "store/write.h"

#define WRITE_PIECE 65536u
#define WRITE_FIRST 65536u /* first extent of a long body; they double from there */
#define WRITE_EXTENT_MAX (16u << 20)
#define WRITE_ONE_EXTENT (256u << 10)
#define WRITE_LEAST 32768u
#define WRITE_OLD_MS 200
#define WRITE_PATIENCE_MS 2000
#define WRITE_MAGIC 0x57a11e5du
#define WRITE_ENVELOPE 0x31564e4552494557ull /* "WEIRENV1" */
#define WRITE_ALIGN 64u

struct write_extent {
	struct store_extent x; /* length: what is allocated, until the end */
	struct append_segment *s;
};
struct store_writer {
	unsigned magic;
	struct list link;
	struct flight_ref *flight;
	uint64_t body_len; /* declared, or STORE_UNKNOWN */
	uint64_t total, flushed;
	uint32_t crc;
	int err; /* broken: only abort is allowed */
	bool large;
	struct buf gather;   /* bytes [flushed, total) */
	int64_t gathered_at; /* clock_ms() of the oldest of them */
	struct write_extent *ext;
	unsigned count, max;
	uint64_t room; /* sum of allocated lengths */
	uint64_t expected;
	int64_t waits_since;
};
struct __attribute__((packed)) write_envelope {
	uint64_t magic;
	uint32_t segment, generation; /* where it lies */
	uint32_t row_len, reserved[3];
};

static struct list write_all;
static struct loop_timer write_timer;
static char write_zeros[SEGMENT_PAGE];
static char write_scratch[sizeof(struct write_envelope) + ENTRY_IMAGE_MAX];

static void write_on_timer(struct loop_timer *t);

void write_init(void)
{
	list_init(&write_all);
	loop_timer_init(&write_timer, write_on_timer);
}

/* The row of this body, strings in the flight's slab. */
static void write_entry(const struct store_writer *w, struct store_entry *e)
{
	const struct flight_row *r = flight_table_row((uint32_t)w->flight->index);
	const char *at = flight_table_slab((uint32_t)w->flight->index);

	INIT_OBJ(e, STORE_ENTRY_MAGIC);
	e->meta = r->meta;
	e->pk = r->pk;
	e->vh = r->vh;
	e->bid = r->bid;
	e->body_len = w->total;
	e->body_crc = w->crc;
	e->canonical = (struct str){at, r->canonical_len};
	e->vary_spec = (struct str){at += r->canonical_len, r->spec_len};
	e->vary_values = (struct str){at += r->spec_len, r->values_len};
	e->head = (struct str){at + r->values_len, r->head_len};
	e->epoch = SHARED_GET(shared_head()->epoch);
}

/* Bytes that the envelope takes behind the body, about. */
static uint64_t write_envelope_room(const struct store_writer *w)
{
	struct store_entry e;

	write_entry(w, &e);
	return WRITE_ALIGN + sizeof(struct write_envelope) + entry_size(&e) +
	       (w->count + 2) * sizeof(struct store_extent);
}

/* ---- open ---- */

static const char *write_refuses(const struct flight_ref *f, const struct store_new *n)
{
	if (!store_ready())
		return store_why_not();
	if (SHARED_GET(shared_head()->failing) != 0)
		return "the disk refuses";
	if (n->body_len != STORE_UNKNOWN && n->body_len > shared_head()->max_object)
		return "too large to keep";
	if (n->body_len < store_min_object())
		return "too small to keep";
	if (!flight_head_fits(f, n))
		return "head too long to keep";
	return NULL;
}

struct store_writer *write_open(struct flight_ref *f, const struct store_key *key,
                                const struct store_new *n, const char **why)
{
	struct flight_local *l = flight_local_of(f);
	struct store_writer *w = NULL;

	(void)key;
	AN(f->owner);
	*why = write_refuses(f, n);
	if (*why == NULL && (w = calloc(1, sizeof *w)) == NULL)
		*why = "out of memory";
	if (w == NULL) {
		count_inc(COUNT_not_stored);
		flight_uncacheable(f);
		return NULL;
	}
	w->magic = WRITE_MAGIC;
	w->flight = f;
	w->body_len = n->body_len;
	list_init(&w->link);
	list_append(&write_all, &w->link);
	if (n->body_len != STORE_UNKNOWN && n->body_len > WRITE_ONE_EXTENT)
		append_expect((int64_t)(w->expected = n->body_len));
	if (n->body_len > STORE_EMBED_MAX)
		append_need(append_pool(n->body_len <= APPEND_SMALL),
		            MIN(n->body_len, (uint64_t)APPEND_SMALL) + 2 * SEGMENT_PAGE);
	f->local = w;
	l->writing = true;
	l->written = 0;
	flight_publish_head(f, n, lookup_vh(n->vary_spec, n->vary_values));
	return w;
}

/* ---- extents ---- */

static int write_extent_room(struct store_writer *w)
{
	unsigned max = w->max == 0 ? 4 : w->max * 2;
	struct write_extent *more;

	if (w->count < w->max)
		return 0;
	if (w->count == ENTRY_EXTENTS_MAX)
		return ERR_LIMIT;
	more = realloc(w->ext, max * sizeof *more);
	if (more == NULL)
		return ERR_NOMEM;
	w->ext = more;
	w->max = max;
	return 0;
}

/* One more extent, or a longer last one. 0 or an error (ERR_FULL: no spare). */
static int write_more(struct store_writer *w)
{
	uint64_t whole =
	    w->body_len == STORE_UNKNOWN ? STORE_UNKNOWN : w->body_len + write_envelope_room(w);
	uint64_t one = MIN((uint64_t)WRITE_ONE_EXTENT, shared_head()->segment_size / 8);
	uint64_t most = MIN(MAX(w->room, (uint64_t)WRITE_FIRST), (uint64_t)WRITE_EXTENT_MAX), least;
	struct write_extent *last = w->count == 0 ? NULL : &w->ext[w->count - 1];
	struct write_extent e;
	int rc;

	if (whole != STORE_UNKNOWN)
		most = whole <= one ? whole : MIN(most, whole - MIN(w->room, whole - 1));
	least = whole <= one ? most : MIN(most, (uint64_t)WRITE_LEAST);
	if (last != NULL) {
		uint64_t n = append_grow(last->s, last->x.offset + last->x.length, most);

		if (n > 0) {
			last->x.length += n;
			w->room += n;
			flight_publish_length(w->flight, last->x.length);
			return 0;
		}
	}
	rc = write_extent_room(w);
	if (rc == 0)
		rc = append_large(least, most, &e.x, &e.s);
	if (rc < 0)
		return rc;
	w->ext[w->count++] = e;
	w->room += e.x.length;
	flight_publish_extent(w->flight, &e.x);
	return 0;
}

static int write_reserve(struct store_writer *w, uint64_t upto)
{
	int rc = 0;

	while (rc == 0 && w->room < upto)
		rc = write_more(w);
	return rc;
}

/* The extent that holds body byte `at`; *skip: bytes of it before. */
static struct write_extent *write_extent_at(struct store_writer *w, uint64_t at, uint64_t *skip)
{
	for (unsigned i = 0; i < w->count; i++) {
		if (at < w->ext[i].x.length) {
			*skip = at;
			return &w->ext[i];
		}
		at -= w->ext[i].x.length;
	}
	return NULL;
}

/* ---- bytes to the disk ---- */

static int write_timed(uint32_t segment, uint64_t offset, struct iovec *v, int n)
{
	int64_t begin = clock_read_us();
	int rc = segment_writev(segment, offset, v, n);

	if (clock_read_us() - begin > 2000)
		count_inc(COUNT_store_slow_writes);
	return rc;
}

/* Cuts up to n bytes off the front of src[0, *count) into v. Returns how many pieces. */
static int write_cut(struct iovec *src, uint64_t n, struct iovec *v)
{
	int made = 0;

	for (int i = 0; i < 2 && n > 0; i++) {
		size_t len = (size_t)MIN((uint64_t)src[i].iov_len, n);

		if (len == 0)
			continue;
		v[made++] = (struct iovec){src[i].iov_base, len};
		src[i].iov_base = (char *)src[i].iov_base + len;
		src[i].iov_len -= len;
		n -= len;
	}
	return made;
}

/* Bytes [flushed, upto) of the body, from the gathered ones and then from p, into the extents. The
 * last page is filled with zeros: a rest of old bytes would have to be read first. */
static int write_flush(struct store_writer *w, const void *p, size_t n, uint64_t upto)
{
	struct iovec src[2] = {
	    {w->gather.mem == NULL ? NULL : w->gather.mem + w->gather.start, buf_len(&w->gather)},
	    {(void *)(uintptr_t)p, n}};
	uint64_t at = w->flushed;

	while (at < upto) {
		uint64_t skip = 0, len, end;
		struct write_extent *e = write_extent_at(w, at, &skip);
		struct iovec v[3];
		int pieces, rc;

		AN(e != NULL);
		len = MIN(upto - at, e->x.length - skip);
		end = e->x.offset + skip + len;
		pieces = write_cut(src, len, v);
		if (at + len == upto && end % SEGMENT_PAGE != 0)
			v[pieces++] =
			    (struct iovec){write_zeros, SEGMENT_PAGE - end % SEGMENT_PAGE};
		rc = write_timed(e->x.segment, e->x.offset + skip, v, pieces);
		if (rc < 0)
			return rc;
		segment_seen(e->x.segment, e->x.offset + skip, len);
		at += len;
	}
	n = (size_t)MIN(upto - w->flushed, (uint64_t)buf_len(&w->gather));
	buf_consume(&w->gather, n);
	w->flushed = upto;
	return 0;
}

/* What members of this process and of others may see now. */
static void write_show(struct store_writer *w, bool flushed)
{
	struct flight_local *l = flight_local_of(w->flight);

	l->written = w->total;
	l->gathered_at = w->flushed;
	l->gathered = buf_len(&w->gather) == 0 ? NULL : w->gather.mem + w->gather.start;
	if (flushed)
		flight_publish_written(w->flight, w->flushed);
	else
		flight_moved_here(w->flight);
}

static void write_break(struct store_writer *w, int err)
{
	w->err = err;
	buf_free(&w->gather);
	w->total = w->flushed;
	write_show(w, false);
}

/* Members elsewhere cannot see what is gathered: it is written when one of them waits for it, or is
 * old. */
static bool write_due(const struct store_writer *w)
{
	if (buf_len(&w->gather) == 0 || flight_remote(w->flight) == 0)
		return false;
	return clock_ms() - w->gathered_at >= WRITE_OLD_MS ||
	       (w->large && flight_remote_waits(w->flight));
}

static void write_for_others(struct store_writer *w)
{
	int rc;

	if (w->err != 0 || !write_due(w) || write_reserve(w, w->total) < 0)
		return;
	w->large = true;
	rc = write_flush(w, NULL, 0, w->total);
	if (rc < 0)
		write_break(w, rc);
	else
		write_show(w, true);
}

static void write_on_timer(struct loop_timer *t)
{
	bool more = false;

	LIST_FOREACH_SAFE (it, &write_all) {
		struct store_writer *w = LIST_OF(it, struct store_writer, link);

		write_for_others(w);
		more = more || (buf_len(&w->gather) != 0 && flight_remote(w->flight) != 0);
	}
	if (more)
		loop_timer_set(t, clock_ms() + WRITE_OLD_MS / 2);
}

void write_tick(void)
{
	if (write_all.next != NULL)
		write_on_timer(&write_timer);
}

static int write_gather(struct store_writer *w, const char *p, size_t n)
{
	int rc;

	if (n == 0)
		return 0;
	if (buf_len(&w->gather) == 0)
		w->gathered_at = clock_ms();
	rc = buf_append(&w->gather, p, n, 4 * WRITE_PIECE);
	if (rc == 0 && write_timer.due == 0 && flight_remote(w->flight) != 0)
		loop_timer_set(&write_timer, clock_ms() + WRITE_OLD_MS / 2);
	return rc;
}

/* No spare: wait for one, but not for ever. */
static int write_wait(struct store_writer *w, struct store_wait *wake)
{
	if (w->waits_since == 0)
		w->waits_since = clock_ms();
	if (wake == NULL || clock_ms() - w->waits_since > WRITE_PATIENCE_MS)
		return ERR_FULL;
	warm_wait_init(wake);
	append_wait(wake);
	return ERR_AGAIN;
}

static int write_large(struct store_writer *w, const char *p, size_t n, struct store_wait *wake)
{
	uint64_t total = w->total + n, upto;
	size_t taken;
	int rc = write_reserve(w, total);

	if (rc == ERR_FULL)
		return write_wait(w, wake);
	if (rc < 0)
		return rc;
	w->large = true;
	w->waits_since = 0;
	if (buf_len(&w->gather) + n < WRITE_PIECE)
		return write_gather(w, p, n);
	/* Whole pages of the body: they are whole pages of the extents too, but for a flush made
	 * for others. */
	upto = total & ~(uint64_t)(SEGMENT_PAGE - 1);
	taken = (size_t)(upto - w->flushed - buf_len(&w->gather));
	rc = write_flush(w, p, taken, upto);
	return rc < 0 ? rc : write_gather(w, p + taken, n - taken);
}

int write_bytes(struct store_writer *w, const void *p, size_t n, struct store_wait *wake)
{
	uint64_t before = w->flushed;
	int rc;

	CHECK_OBJ(w, WRITE_MAGIC);
	if (w->err != 0)
		return w->err;
	if (n > shared_head()->max_object || w->total > shared_head()->max_object - n)
		rc = ERR_LIMIT;
	else if (w->body_len != STORE_UNKNOWN && w->total + n > w->body_len)
		rc = ERR_BAD;
	else if (!w->large && buf_len(&w->gather) + n <= APPEND_SMALL)
		rc = write_gather(w, p, n);
	else
		rc = write_large(w, p, n, wake);
	if (rc == ERR_AGAIN)
		return rc;
	if (rc < 0) {
		write_break(w, rc);
		return rc;
	}
	w->crc = digest_crc32c(w->crc, p, n);
	w->total += n;
	write_show(w, w->flushed != before);
	write_for_others(w);
	return w->err;
}

uint64_t write_written(const struct store_writer *w)
{
	return w->total;
}

/* ---- the end ---- */

static void write_free(struct store_writer *w)
{
	struct flight_local *l = flight_local_of(w->flight);

	l->writing = false;
	if (l->kept.mem == NULL)
		l->gathered = NULL;
	w->flight->local = NULL;
	for (unsigned i = 0; i < w->count; i++)
		append_release(w->ext[i].s);
	append_expect(-(int64_t)w->expected);
	list_remove(&w->link);
	buf_free(&w->gather);
	free(w->ext);
	FREE_OBJ(w);
}

void write_abort(struct store_writer *w, int err, const char *why)
{
	struct flight_ref *f = w->flight;

	CHECK_OBJ(w, WRITE_MAGIC);
	for (unsigned i = w->count; i-- > 0;)
		append_return(w->ext[i].s, w->ext[i].x.offset,
		              w->ext[i].x.offset + w->ext[i].x.length);
	write_free(w);
	flight_fail(f, err, why);
}

/* The envelope of e for the place where it will lie, in write_scratch. Its length, 0: none. */
static size_t write_make_envelope(const struct store_entry *e, const struct store_extent *where)
{
	struct write_envelope v = {
	    .magic = WRITE_ENVELOPE, .segment = where->segment, .generation = where->generation};
	size_t len;

	if (entry_encode(e, write_scratch + sizeof v, ENTRY_IMAGE_MAX, &len) < 0)
		return 0;
	v.row_len = (uint32_t)len;
	memcpy(write_scratch, &v, sizeof v);
	return sizeof v + len;
}

static uint64_t write_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) & ~(unit - 1);
}

/* One extent, one write: body, envelope, zeros to the end of the page. */
static int write_finish_small(struct store_writer *w, struct store_entry *e, struct store_extent *x)
{
	struct append_segment *s;
	struct iovec v[4];
	size_t envelope, pad = (size_t)(write_up(w->total, WRITE_ALIGN) - w->total);
	uint64_t end;
	int rc;

	*x = (struct store_extent){.length = w->total};
	e->extents = x;
	e->extent_count = 1;
	envelope = sizeof(struct write_envelope) + entry_size(e);
	rc = write_extent_room(w);
	if (rc == 0)
		rc = append_small((size_t)w->total + pad + envelope, x, &s);
	if (rc < 0)
		return rc;
	w->ext[w->count++] = (struct write_extent){*x, s};
	end = x->offset + x->length;
	x->length = w->total;
	envelope = write_make_envelope(e, x);
	v[0] = (struct iovec){w->gather.mem + w->gather.start, (size_t)w->total};
	v[1] = (struct iovec){write_zeros, pad};
	v[2] = (struct iovec){write_scratch, envelope};
	v[3] = (struct iovec){write_zeros, (size_t)(write_up(end, SEGMENT_PAGE) - end)};
	rc = write_timed(x->segment, x->offset, v, 4);
	if (rc < 0)
		return rc;
	segment_seen(x->segment, x->offset, w->total);
	flight_publish_extent(w->flight, x);
	return 0;
}

/* Cuts the list to what the body fills; the rest is given back. */
static void write_trim(struct store_writer *w)
{
	uint64_t left = w->total;
	unsigned n = 0;

	while (n < w->count && left > w->ext[n].x.length)
		left -= w->ext[n++].x.length;
	for (unsigned i = w->count; i-- > n + 1;) {
		append_return(w->ext[i].s, w->ext[i].x.offset,
		              w->ext[i].x.offset + w->ext[i].x.length);
		append_release(w->ext[i].s);
	}
	w->count = n + 1;
}

static int write_finish_large(struct store_writer *w, struct store_entry *e,
                              struct store_extent *list)
{
	struct write_extent *last;
	uint64_t before = 0, used, room, end, at;
	size_t envelope;
	int rc = write_flush(w, NULL, 0, w->total);

	if (rc < 0)
		return rc;
	write_trim(w);
	last = &w->ext[w->count - 1];
	for (unsigned i = 0; i < w->count; i++)
		list[i] = w->ext[i].x;
	for (unsigned i = 0; i + 1 < w->count; i++)
		before += list[i].length;
	used = w->total - before;
	room = last->x.length;
	list[w->count - 1].length = used;
	e->extents = list;
	e->extent_count = w->count;
	envelope = write_make_envelope(e, &last->x);
	at = last->x.offset + write_up(used, WRITE_ALIGN);
	end = last->x.offset + room;
	if (at + envelope > end)
		end += append_grow(last->s, end, at + envelope - end);
	/* Without room for it the body has none: a rebuild will not find it, nothing else is lost.
	 */
	if (envelope > 0 && at + envelope <= end) {
		struct iovec v[2] = {
		    {write_scratch, envelope},
		    {write_zeros, (size_t)(write_up(at + envelope, SEGMENT_PAGE) - at - envelope)}};

		rc = write_timed(last->x.segment, at, v, 2);
		at += envelope;
	}
	append_return(last->s, write_up(MAX(at, last->x.offset + used), SEGMENT_PAGE), end);
	flight_publish_trim(w->flight, w->count, used);
	return rc;
}

/* The bytes came whole but are not kept: members here read on from memory. */
static int write_unkept(struct store_writer *w, int err)
{
	struct flight_ref *f = w->flight;
	struct flight_local *l = flight_local_of(f);

	count_inc(COUNT_not_stored);
	if (err == ERR_FULL)
		count_inc(COUNT_no_spare);
	if (w->flushed != 0 || w->err != 0) {
		write_abort(w, err, "the body could not be written");
		return err;
	}
	l->kept = w->gather;
	l->gathered = l->kept.mem == NULL ? NULL : l->kept.mem + l->kept.start;
	l->gathered_at = 0;
	memset(&w->gather, 0, sizeof w->gather);
	flight_publish_done(f, w->total, w->crc, NULL, false);
	write_free(w);
	return err;
}

static int write_lay(struct store_writer *w, struct store_entry *e, struct store_extent *list)
{
	if (w->err != 0)
		return w->err;
	if (w->large)
		return write_finish_large(w, e, list);
	if (w->total <= STORE_EMBED_MAX) {
		e->body = w->total == 0 ? STR("") : buf_str(&w->gather);
		return 0;
	}
	return write_finish_small(w, e, list);
}

int write_finish(struct store_writer *w)
{
	static struct store_extent list[ENTRY_EXTENTS_MAX];
	struct flight_ref *f = w->flight;
	struct store_entry e;
	int rc;

	CHECK_OBJ(w, WRITE_MAGIC);
	if (w->body_len != STORE_UNKNOWN && w->total != w->body_len) {
		write_abort(w, ERR_BAD, "the body is shorter than announced");
		return ERR_BAD;
	}
	write_entry(w, &e);
	rc = write_lay(w, &e, list);
	if (rc < 0)
		return write_unkept(w, rc);
	/* Body and envelope are written; then DONE; then the record, behind which the seal goes. */
	rc = publish_put_begin((uint32_t)f->index, f->id, append_pool(!w->large), &e);
	flight_publish_done(f, w->total, w->crc, e.extent_count == 0 ? &e.body : NULL, rc == 0);
	if (rc == 0) {
		publish_put_end();
		count_inc(COUNT_stored);
		count_add(COUNT_stored_bytes, (int64_t)w->total);
	} else {
		count_inc(COUNT_not_stored);
	}
	write_free(w);
	return rc;
}

void write_leave(void)
{
	if (write_all.next == NULL)
		return;
	loop_timer_cancel(&write_timer);
	LIST_FOREACH (it, &write_all)
		write_break(LIST_OF(it, struct store_writer, link), ERR_GONE);
}
