/* write_end.c - the end of a body: the last bytes, the envelope, the list of extents as the row
 * will have it.
 *
 * Called by write_finish(). The envelope (key, Vary, head, lengths, CRC, extents: the row) lets a
 * lost index be rebuilt from the segments; it stands at the next multiple of 64 behind the body. */
#include "base/err.h"
#include "base/obj.h"
#include "store/entry.h"
#include "store/flight_local.h"
#include "store/write_parts.h"

#define WRITE_ENVELOPE 0x31564e4552494557ull /* "WEIRENV1" */
#define WRITE_ALIGN 64u

struct __attribute__((packed)) write_envelope {
	uint64_t magic;
	uint32_t segment, generation; /* where it lies */
	uint32_t row_len, reserved[3];
};

static char write_scratch[sizeof(struct write_envelope) + ENTRY_IMAGE_MAX];

/* The envelope of e for the place where it will lie, in write_scratch. Its length, 0: none. */
static size_t write_end_envelope(const struct store_entry *e, const struct store_extent *where)
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

static uint64_t write_end_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) & ~(unit - 1);
}

/* One extent, one write: body, envelope, zeros to the end of the page. */
static int write_end_small(struct store_writer *w, struct store_entry *e, struct store_extent *x)
{
	struct append_segment *s;
	struct iovec v[4];
	size_t envelope, pad = (size_t)(write_end_up(w->total, WRITE_ALIGN) - w->total);
	uint64_t end;
	int rc;

	*x = (struct store_extent){.length = w->total};
	e->extents = x;
	e->extent_count = 1;
	envelope = sizeof(struct write_envelope) + entry_size(e);
	rc = write_lay_extent_room(w);
	if (rc == 0)
		rc = append_small((size_t)w->total + pad + envelope, x, &s);
	if (rc < 0)
		return rc;
	w->ext[w->count++] = (struct write_extent){*x, s};
	end = x->offset + x->length;
	x->length = w->total;
	envelope = write_end_envelope(e, x);
	v[0] = (struct iovec){w->gather.mem + w->gather.start, (size_t)w->total};
	v[1] = (struct iovec){write_lay_zeros, pad};
	v[2] = (struct iovec){write_scratch, envelope};
	v[3] = (struct iovec){write_lay_zeros, (size_t)(write_end_up(end, SEGMENT_PAGE) - end)};
	rc = write_lay_timed(x->segment, x->offset, v, 4);
	if (rc < 0)
		return rc;
	segment_seen(x->segment, x->offset, w->total);
	flight_publish_extent(w->flight, x);
	return 0;
}

/* Cuts the list to what the body fills; the rest is given back. */
static void write_end_trim(struct store_writer *w)
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

static int write_end_large(struct store_writer *w, struct store_entry *e, struct store_extent *list)
{
	struct write_extent *last;
	uint64_t before = 0, used, room, end, at;
	size_t envelope;
	int rc = write_lay_flush(w, NULL, 0, w->total);

	if (rc < 0)
		return rc;
	write_end_trim(w);
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
	envelope = write_end_envelope(e, &last->x);
	at = last->x.offset + write_end_up(used, WRITE_ALIGN);
	end = last->x.offset + room;
	if (at + envelope > end)
		end += append_grow(last->s, end, at + envelope - end);
	/* Without room for it the body has none: a rebuild will not find it, nothing else is lost.
	 */
	if (envelope > 0 && at + envelope <= end) {
		struct iovec v[2] = {
		    {write_scratch, envelope},
		    {write_lay_zeros,
		     (size_t)(write_end_up(at + envelope, SEGMENT_PAGE) - at - envelope)}};

		rc = write_lay_timed(last->x.segment, at, v, 2);
		at += envelope;
	}
	append_return(last->s, write_end_up(MAX(at, last->x.offset + used), SEGMENT_PAGE), end);
	flight_publish_trim(w->flight, w->count, used);
	return rc;
}

int write_end_lay(struct store_writer *w, struct store_entry *e, struct store_extent *list)
{
	if (w->err != 0)
		return w->err;
	if (w->large)
		return write_end_large(w, e, list);
	if (w->total <= STORE_EMBED_MAX) {
		e->body = w->total == 0 ? STR("") : buf_str(&w->gather);
		return 0;
	}
	return write_end_small(w, e, list);
}
