/* flight_publish.c - what the owner of a flight lets others see: its head, extents, bytes, and its
 * end.
 *
 * Called by write.c and by flight.c. The owner stores what it wrote first and wakes then; what is
 * written before the head is published nobody else reads. */
#include "base/obj.h"
#include "store/flight_local.h"

static struct flight_row *flight_publish_row(const struct flight_ref *f)
{
	CHECK_OBJ(f, FLIGHT_REF_MAGIC);
	AN(f->index >= 0);
	return flight_table_row((uint32_t)f->index);
}

bool flight_publish_fits(const struct flight_ref *f, const struct store_new *n)
{
	return flight_publish_row(f)->canonical_len + n->vary_spec.n + n->vary_values.n +
	           n->head.n + STORE_EMBED_MAX <=
	       FLIGHT_TABLE_SLAB;
}

void flight_publish_slab(struct flight_ref *f, const struct store_new *n)
{
	struct flight_row *r = flight_publish_row(f);
	char *slab = flight_table_slab((uint32_t)f->index);
	struct str_out o =
	    str_out_of(slab + r->canonical_len, FLIGHT_TABLE_SLAB - r->canonical_len);

	str_put(&o, n->vary_spec);
	str_put(&o, n->vary_values);
	str_put(&o, n->head);
	AZ(o.overflow);
	r->spec_len = (uint32_t)n->vary_spec.n;
	r->values_len = (uint32_t)n->vary_values.n;
	r->head_len = (uint32_t)n->head.n;
	r->meta = n->meta;
	r->body_len = n->body_len;
	r->has_head = 1;
}

void flight_publish_head(struct flight_ref *f, const struct store_new *n, uint64_t vh)
{
	struct flight_row *r = flight_publish_row(f);

	AN(f->owner && __atomic_load_n(&r->state, __ATOMIC_SEQ_CST) == FLIGHT_WAIT_HEAD);
	flight_publish_slab(f, n);
	r->vh = vh;
	__atomic_store_n(&r->state, FLIGHT_STREAM, __ATOMIC_SEQ_CST);
	flight_moved(f, true);
}

void flight_publish_extent(struct flight_ref *f, const struct store_extent *e)
{
	struct flight_row *r = flight_publish_row(f);
	struct store_extent *list = flight_table_extents((uint32_t)f->index);
	uint32_t n = r->extent_count;

	AN(n < FLIGHT_TABLE_EXTENTS);
	list[n] = *e;
	__atomic_store_n(&r->extent_count, n + 1, __ATOMIC_SEQ_CST);
	/* All are woken, also those who are far behind: they must pin it before it can be reused.
	 */
	flight_moved(f, true);
}

void flight_publish_length(struct flight_ref *f, uint64_t length)
{
	struct flight_row *r = flight_publish_row(f);

	AN(r->extent_count > 0);
	flight_table_extents((uint32_t)f->index)[r->extent_count - 1].length = length;
}

void flight_publish_trim(struct flight_ref *f, unsigned count, uint64_t last_length)
{
	struct flight_row *r = flight_publish_row(f);

	AN(count <= r->extent_count);
	__atomic_store_n(&r->extent_count, count, __ATOMIC_SEQ_CST);
	if (count > 0)
		flight_publish_length(f, last_length);
}

void flight_publish_written(struct flight_ref *f, uint64_t written)
{
	__atomic_store_n(&flight_publish_row(f)->written, written, __ATOMIC_SEQ_CST);
	flight_moved(f, false);
}

void flight_publish_done(struct flight_ref *f, uint64_t body_len, uint32_t crc,
                         const struct str *small, bool kept)
{
	struct flight_row *r = flight_publish_row(f);
	size_t at = (size_t)r->canonical_len + r->spec_len + r->values_len + r->head_len;

	AN(f->owner && __atomic_load_n(&r->state, __ATOMIC_SEQ_CST) == FLIGHT_STREAM);
	r->body_len = body_len;
	r->body_crc = crc;
	if (small != NULL) {
		AN(at + small->n <= FLIGHT_TABLE_SLAB);
		memcpy(flight_table_slab((uint32_t)f->index) + at, small->p, small->n);
		r->small_len = (uint32_t)small->n;
		r->has_small = 1;
	}
	if (!kept) {
		unsigned stripe = flight_table_stripe(&r->pk);

		flight_table_lock(stripe);
		flight_table_unlink((uint32_t)f->index);
		__atomic_or_fetch(&r->marks, FLIGHT_MARK_UNKEPT, __ATOMIC_SEQ_CST);
		flight_table_unlock(stripe);
	}
	__atomic_store_n(&r->written, body_len, __ATOMIC_SEQ_CST);
	__atomic_store_n(&r->state, FLIGHT_DONE, __ATOMIC_SEQ_CST);
	flight_moved(f, true);
}

/* The stored entry was validated: followers get it with the new head from here, until the keeper
 * has committed the refresh. What does not fit is looked up, and perhaps validated twice. */
bool flight_publish_entry(struct flight_ref *f, const struct store_entry *e,
                          const struct store_new *n)
{
	struct flight_row *r = flight_publish_row(f);
	size_t at;

	if (!flight_publish_fits(f, n) || e->body.n > STORE_EMBED_MAX ||
	    e->extent_count > FLIGHT_TABLE_EXTENTS)
		return false;
	flight_publish_slab(f, n);
	at = (size_t)r->canonical_len + r->spec_len + r->values_len + r->head_len;
	if (e->extent_count == 0) {
		memcpy(flight_table_slab((uint32_t)f->index) + at, e->body.p, e->body.n);
		r->small_len = (uint32_t)e->body.n;
		r->has_small = 1;
	}
	memcpy(flight_table_extents((uint32_t)f->index), e->extents,
	       e->extent_count * sizeof *e->extents);
	r->extent_count = e->extent_count;
	r->written = e->body_len;
	r->body_crc = e->body_crc;
	r->bid = e->bid;
	r->vh = e->vh;
	return true;
}
