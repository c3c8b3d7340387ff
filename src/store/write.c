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
#include "store/entry.h"
#include "store/flight_local.h"
#include "store/lookup.h"
#include "store/publish.h"
#include "store/warm.h"
#include "store/write.h"
#include "store/write_parts.h"

#define WRITE_PIECE 65536u
#define WRITE_OLD_MS 200
#define WRITE_PATIENCE_MS 2000

static struct list write_all;
static struct loop_timer write_timer;

static void write_on_timer(struct loop_timer *t);

void write_init(void)
{
	list_init(&write_all);
	loop_timer_init(&write_timer, write_on_timer);
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
	if (!flight_publish_fits(f, n))
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

/* ---- bytes to the disk ---- */

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

	if (w->err != 0 || !write_due(w) || write_lay_reserve(w, w->total) < 0)
		return;
	w->large = true;
	rc = write_lay_flush(w, NULL, 0, w->total);
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
	int rc = write_lay_reserve(w, total);

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
	rc = write_lay_flush(w, p, taken, upto);
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
	/* First nobody can join any more; then room is given back only if no other process reads
	 * it: one that is behind would send the bytes of the next body. */
	flight_fail(f, err, why);
	for (unsigned i = w->count; i-- > 0 && flight_remote(f) == 0;)
		append_return(w->ext[i].s, w->ext[i].x.offset,
		              w->ext[i].x.offset + w->ext[i].x.length);
	write_free(w);
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
	write_lay_entry(w, &e);
	rc = write_end_lay(w, &e, list);
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
