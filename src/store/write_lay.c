/* write_lay.c - bytes of a body into extents.
 *
 * Called by write.c and write_end.c. A body of known length up to 256 KB gets one extent; others
 * get extents that double from 64 KB, never past the known end, joined where nothing lies between:
 * room follows the bytes that came, since a Content-Length may lie. */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/obj.h"
#include "store/entry.h"
#include "store/flight_local.h"
#include "store/write_parts.h"

#define WRITE_FIRST 65536u /* first extent of a long body */
#define WRITE_EXTENT_MAX (16u << 20)
#define WRITE_LEAST 32768u
#define WRITE_ENVELOPE_HEAD 96u /* with what aligns it */

char write_lay_zeros[SEGMENT_PAGE]; /* stays so: iovecs take no const */

/* The row of this body, strings in the flight's slab. */
void write_lay_entry(const struct store_writer *w, struct store_entry *e)
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
static uint64_t write_lay_envelope_room(const struct store_writer *w)
{
	struct store_entry e;

	write_lay_entry(w, &e);
	return WRITE_ENVELOPE_HEAD + entry_size(&e) + (w->count + 2) * sizeof(struct store_extent);
}

int write_lay_extent_room(struct store_writer *w)
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
static int write_lay_more(struct store_writer *w)
{
	uint64_t whole =
	    w->body_len == STORE_UNKNOWN ? STORE_UNKNOWN : w->body_len + write_lay_envelope_room(w);
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
	rc = write_lay_extent_room(w);
	if (rc == 0)
		rc = append_large(least, most, &e.x, &e.s);
	if (rc < 0)
		return rc;
	w->ext[w->count++] = e;
	w->room += e.x.length;
	flight_publish_extent(w->flight, &e.x);
	return 0;
}

int write_lay_reserve(struct store_writer *w, uint64_t upto)
{
	int rc = 0;

	while (rc == 0 && w->room < upto)
		rc = write_lay_more(w);
	return rc;
}

/* The extent that holds body byte `at`; *skip: bytes of it before. */
static struct write_extent *write_lay_extent_at(struct store_writer *w, uint64_t at, uint64_t *skip)
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

int write_lay_timed(uint32_t segment, uint64_t offset, struct iovec *v, int n)
{
	int64_t begin = clock_read_us();
	int rc = segment_writev(segment, offset, v, n);

	if (clock_read_us() - begin > 2000)
		count_inc(COUNT_store_slow_writes);
	return rc;
}

/* Cuts up to n bytes off the front of src[0, *count) into v. Returns how many pieces. */
static int write_lay_cut(struct iovec *src, uint64_t n, struct iovec *v)
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
int write_lay_flush(struct store_writer *w, const void *p, size_t n, uint64_t upto)
{
	struct iovec src[2] = {
	    {w->gather.mem == NULL ? NULL : w->gather.mem + w->gather.start, buf_len(&w->gather)},
	    {(void *)(uintptr_t)p, n}};
	uint64_t at = w->flushed;

	while (at < upto) {
		uint64_t skip = 0, len, end;
		struct write_extent *e = write_lay_extent_at(w, at, &skip);
		struct iovec v[3];
		int pieces, rc;

		AN(e != NULL);
		len = MIN(upto - at, e->x.length - skip);
		end = e->x.offset + skip + len;
		pieces = write_lay_cut(src, len, v);
		if (at + len == upto && end % SEGMENT_PAGE != 0)
			v[pieces++] =
			    (struct iovec){write_lay_zeros, SEGMENT_PAGE - end % SEGMENT_PAGE};
		rc = write_lay_timed(e->x.segment, e->x.offset + skip, v, pieces);
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
