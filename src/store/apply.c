/* apply.c - what a record does to the tables, inside the keeper's transaction.
 *
 * Workers are not believed: rows are decoded and checked, and a record whose segment is not OPEN or
 * SEALED in its generation, or whose flight is not DONE and unmarked, is refused (segment.pml:
 * BREAK_NO_RECORD_CHECK; publish.pml: BREAK_NO_PURGE_MARK). A refresh touches only the body that it
 * validated (BREAK_REFRESH_BLIND). */
#include "base/count.h"
#include "base/err.h"
#include "base/obj.h"
#include "store/apply.h"
#include "store/entry.h"
#include "store/flight_table.h"
#include "store/ledger.h"

static struct arena apply_memory = {.magic = 0};
static char apply_row[ENTRY_IMAGE_MAX];

struct arena *apply_arena(void)
{
	if (apply_memory.magic == 0)
		arena_init(&apply_memory, 64u << 20);
	return &apply_memory;
}

/* ---- keys ---- */

static struct str apply_name(const struct index_key_name *n)
{
	return (struct str){(const char *)n, sizeof *n};
}

static bool apply_same_pk(struct str k, const struct index_key_name *n)
{
	return k.n == sizeof *n && memcmp(k.p, n->pk, sizeof n->pk) == 0;
}

/* The key's value if it names a row; ERR_NOTFOUND else. */
static int apply_key(const struct index_key_name *n, struct index_key *out)
{
	struct str v;
	int rc = index_get(INDEX_KEY, apply_name(n), &v);

	if (rc < 0)
		return rc;
	if (v.n < sizeof *out)
		return ERR_NOTFOUND;
	memcpy(out, v.p, sizeof *out);
	return out->type == INDEX_KEY_OBJECT && out->queue < 4 ? 0 : ERR_NOTFOUND;
}

/* Keys sort by memory: (pk, 0) is the first of its pk. */
static int apply_variant_after(const struct index_key_name *from, struct index_key_name *found)
{
	struct str k, v;
	int rc = index_seek(INDEX_KEY, apply_name(from), &k, &v);

	if (rc == 0 && memcmp(k.p, from, sizeof *from) == 0)
		rc = index_next(INDEX_KEY, &k, &v);
	if (rc < 0)
		return rc;
	if (!apply_same_pk(k, from))
		return ERR_NOTFOUND;
	memcpy(found, k.p, sizeof *found);
	return 0;
}

/* A variant went: without any other the primary row with the names goes too. */
static int apply_unvary(const struct index_key_name *n)
{
	struct index_key_name primary = *n, other;
	int rc;

	if (n->vh == 0)
		return 0;
	primary.vh = 0;
	rc = apply_variant_after(&primary, &other);
	if (rc != ERR_NOTFOUND)
		return rc;
	rc = index_del(INDEX_KEY, apply_name(&primary));
	return rc == ERR_NOTFOUND ? 0 : rc;
}

/* ---- rows ---- */

static void apply_uncount(const struct store_entry *e)
{
	ledger_meta.objects -= ledger_meta.objects > 0;
	ledger_meta.body_bytes -= MIN(ledger_meta.body_bytes, e->body_len);
}

int apply_drop(unsigned queue, uint64_t pos)
{
	struct index_key_name name;
	struct index_key where;
	struct store_entry e;
	struct str piece, key = {(char *)&pos, sizeof pos};
	int rc = index_get(INDEX_QUEUE + queue, key, &piece);

	if (rc < 0)
		return rc == ERR_NOTFOUND ? 0 : rc;
	/* A damaged row still names its key, if that part is whole; the key must name it back. */
	if (entry_peek(piece, &e) < 0)
		return index_row_del(queue, pos);
	name = (struct index_key_name){{e.pk.h[0], e.pk.h[1]}, e.vh};
	rc = index_row_del(queue, pos);
	if (rc < 0)
		return rc;
	apply_uncount(&e);
	rc = apply_key(&name, &where);
	if (rc == 0 && where.queue == queue && where.pos == pos) {
		rc = index_del(INDEX_KEY, apply_name(&name));
		if (rc == 0)
			rc = apply_unvary(&name);
	}
	return rc == ERR_NOTFOUND ? 0 : rc;
}

/* What the key names goes, with the key. */
static int apply_remove(const struct index_key_name *n)
{
	struct index_key where;
	int rc = apply_key(n, &where);

	if (rc == 0)
		rc = apply_drop(where.queue, where.pos);
	if (rc == ERR_NOTFOUND || rc == 0) {
		rc = index_del(INDEX_KEY, apply_name(n));
		rc = rc == ERR_NOTFOUND ? 0 : rc;
	}
	return rc;
}

/* All variants and the primary row. */
static int apply_remove_all(const uint64_t *pk)
{
	struct index_key_name primary = {{pk[0], pk[1]}, 0}, n;
	int rc;

	while ((rc = apply_variant_after(&primary, &n)) == 0)
		if ((rc = apply_remove(&n)) < 0)
			return rc;
	return rc == ERR_NOTFOUND ? apply_remove(&primary) : rc;
}

/* ---- put ---- */

static bool apply_extent_valid(int slot, unsigned pool, const struct store_extent *x)
{
	const struct ledger_segment *s;

	if (x->segment >= ledger_limit || x->offset < SEGMENT_PAGE ||
	    x->offset > ledger_meta.segment_size ||
	    x->length > ledger_meta.segment_size - x->offset)
		return false;
	s = ledger_at(x->segment);
	if (s->row.generation != x->generation || s->row.slot != slot ||
	    (s->row.state != SEGMENT_OPEN && s->row.state != SEGMENT_SEALED) ||
	    SHARED_GET(shared_segment(x->segment)->failed) != 0)
		return false;
	return s->row.pool == LEDGER_POOL_NONE || s->row.pool == pool;
}

static bool apply_acceptable(int slot, const struct publish_record *r, const struct store_entry *e)
{
	if (r->pool >= shared_head()->pools || e->pk.h[0] != r->pk[0] || e->pk.h[1] != r->pk[1] ||
	    e->vh != r->vh || e->bid != r->bid || (e->vh != 0) != (e->vary_spec.n != 0) ||
	    !flight_table_acceptable(r->flight, r->flight_id, slot))
		return false;
	for (unsigned i = 0; i < e->extent_count; i++)
		if (!apply_extent_valid(slot, r->pool, &e->extents[i]))
			return false;
	return true;
}

/* When its body was begun; 0: the row is gone or damaged. */
static uint64_t apply_bid(const struct index_key_name *n)
{
	struct index_key where;
	struct store_entry e;
	struct str piece;

	if (apply_key(n, &where) < 0 ||
	    index_get(INDEX_QUEUE + where.queue, (struct str){(char *)&where.pos, sizeof where.pos},
	              &piece) < 0 ||
	    entry_peek(piece, &e) < 0)
		return 0;
	return e.bid;
}

/* A variant comes to a key that has as many as may be: the oldest leaves for it. */
static int apply_make_room(const struct index_key_name *comes)
{
	struct index_key_name n = *comes, oldest = *comes;
	uint64_t least = UINT64_MAX, bid;
	unsigned variants = 0;
	int rc;

	n.vh = 0;
	while ((rc = apply_variant_after(&n, &n)) == 0) {
		if (n.vh == comes->vh)
			return 0; /* it takes the place of its own */
		variants++;
	}
	if (rc != ERR_NOTFOUND || variants < STORE_VARIANTS)
		return rc == ERR_NOTFOUND ? 0 : rc;
	for (n.vh = 0; (rc = apply_variant_after(&n, &n)) == 0;) {
		bid = apply_bid(&n);
		if (bid < least) {
			least = bid;
			oldest = n;
		}
	}
	return rc == ERR_NOTFOUND ? apply_remove(&oldest) : rc;
}

/* The primary row of a key with Vary says by which fields. Other names than before: the old
 * variants go. */
static int apply_vary(const struct store_entry *e)
{
	struct index_key_name primary = {{e->pk.h[0], e->pk.h[1]}, 0};
	struct index_key head = {.type = INDEX_KEY_VARY, .spec_len = (uint16_t)e->vary_spec.n};
	char value[2048];
	struct str v;
	int rc = index_get(INDEX_KEY, apply_name(&primary), &v);

	if (e->vary_spec.n > sizeof value - sizeof head)
		return ERR_LIMIT;
	memcpy(value, &head, sizeof head);
	memcpy(value + sizeof head, e->vary_spec.p, e->vary_spec.n);
	if (rc == 0 && str_eq(v, (struct str){value, sizeof head + e->vary_spec.n}))
		return 0;
	if (rc < 0 && rc != ERR_NOTFOUND)
		return rc;
	rc = apply_remove_all(primary.pk);
	return rc < 0 ? rc
	              : index_put(INDEX_KEY, apply_name(&primary),
	                          (struct str){value, sizeof head + e->vary_spec.n});
}

/* Puts an encoded row at the young end of the queue and names it by its key. */
static int apply_place(unsigned queue, struct str row, const struct store_entry *e)
{
	struct index_key_name n = {{e->pk.h[0], e->pk.h[1]}, e->vh};
	uint64_t seq = ledger_meta.next_seq[queue]++;
	struct index_key where = {.type = INDEX_KEY_OBJECT, .queue = (uint8_t)queue, .pos = seq};
	int rc = index_row_put(queue, seq, row, e->bid, true);

	if (rc == 0)
		rc = index_put(INDEX_KEY, apply_name(&n),
		               (struct str){(char *)&where, sizeof where});
	for (unsigned i = 0; rc == 0 && i < e->extent_count; i++) {
		uint32_t s = e->extents[i].segment;

		rc = ledger_add(s, seq);
		/* Before the commit: a sync too many does no harm, one too few would. */
		SHARED_SET(shared_segment(s)->wrote_epoch, ledger_meta.epoch);
	}
	ledger_meta.objects++;
	ledger_meta.body_bytes += e->body_len;
	return rc;
}

static int apply_put(int slot, const struct publish_record *r, struct str row)
{
	struct index_key_name n = {{r->pk[0], r->pk[1]}, r->vh};
	struct store_entry e;
	int rc;

	if (row.n > sizeof apply_row || entry_decode(row, &e) < 0 ||
	    !apply_acceptable(slot, r, &e) || (e.vh != 0 && e.vary_spec.n > 1024)) {
		count_inc(COUNT_keeper_refused);
		return 0;
	}
	memcpy(apply_row, row.p, row.n);
	entry_set_epoch(apply_row, row.n, ledger_meta.epoch);
	row.p = apply_row;
	AZ(entry_decode(row, &e));
	rc = e.vh != 0 ? apply_vary(&e) : 0;
	if (rc == 0 && e.vh != 0)
		rc = apply_make_room(&n);
	if (rc == 0)
		rc = e.vh != 0 ? apply_remove(&n) : apply_remove_all(r->pk);
	/* The last variant that is replaced took the primary row with it. */
	if (rc == 0 && e.vh != 0)
		rc = apply_vary(&e);
	for (unsigned i = 0; i < e.extent_count; i++)
		ledger_at(e.extents[i].segment)->row.pool = r->pool;
	if (rc == 0)
		rc = apply_place(r->pool * 2u, row, &e);
	if (rc == 0)
		count_inc(COUNT_keeper_rows);
	return rc;
}

int apply_again(unsigned queue, uint64_t pos)
{
	struct store_entry e;
	struct str row;
	int rc = index_row_get(queue, pos, apply_arena(), &row);

	if (rc < 0)
		return rc;
	if (row.n > sizeof apply_row || entry_decode(row, &e) < 0)
		return apply_drop(queue, pos);
	memcpy(apply_row, row.p, row.n);
	/* Young again: epochs must only grow along a queue, or a recovery stops here and leaves
	 * what is behind. */
	entry_set_epoch(apply_row, row.n, ledger_meta.epoch);
	row.p = apply_row;
	AZ(entry_decode(row, &e));
	rc = index_row_del(queue, pos);
	if (rc < 0)
		return rc;
	apply_uncount(&e);
	return apply_place(queue, row, &e);
}

/* ---- the other records ---- */

static void apply_seal(int slot, const struct publish_record *r)
{
	const struct ledger_segment *s;

	if (r->segment >= ledger_limit)
		return;
	s = ledger_at(r->segment);
	if (s->row.generation == r->generation && s->row.state == SEGMENT_OPEN &&
	    s->row.slot == slot)
		ledger_state(r->segment, SEGMENT_SEALED);
}

/* New numbers and head for the row of n, if it names the body `bid` (0: whichever). */
static int apply_rewrite(const struct index_key_name *n, uint64_t bid,
                         const struct store_meta *meta, const struct str *head)
{
	struct index_key where;
	struct store_entry e;
	struct str row;
	size_t len;
	int rc = apply_key(n, &where);

	if (rc == 0)
		rc = index_row_get(where.queue, where.pos, apply_arena(), &row);
	if (rc < 0)
		return rc == ERR_NOTFOUND ? 0 : rc;
	if (entry_decode(row, &e) < 0 || (bid != 0 && e.bid != bid))
		return 0;
	if (meta != NULL)
		e.meta = *meta;
	else
		e.meta.flags |= STORE_META_STALE;
	if (head != NULL)
		e.head = *head;
	if (entry_encode(&e, apply_row, sizeof apply_row, &len) < 0)
		return apply_drop(where.queue, where.pos);
	/* Epoch, body and place stay. Old pieces of a long row first: the new one may be shorter.
	 */
	rc = index_row_del(where.queue, where.pos);
	return rc < 0 ? rc
	              : index_row_put(where.queue, where.pos, (struct str){apply_row, len}, e.bid,
	                              false);
}

static int apply_refresh(const struct publish_record *r, struct str row)
{
	struct index_key_name n = {{r->pk[0], r->pk[1]}, r->vh};
	struct store_entry fresh;

	if (entry_decode(row, &fresh) < 0 || r->bid == 0)
		return 0;
	return apply_rewrite(&n, r->bid, &fresh.meta, &fresh.head);
}

static int apply_soft_purge(const uint64_t *pk)
{
	struct index_key_name n = {{pk[0], pk[1]}, 0};
	int rc = apply_rewrite(&n, 0, NULL, NULL);

	while (rc == 0 && (rc = apply_variant_after(&n, &n)) == 0)
		rc = apply_rewrite(&n, 0, NULL, NULL);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

static int apply_damaged(const struct publish_record *r)
{
	struct index_key_name n = {{r->pk[0], r->pk[1]}, r->vh};
	struct index_key where;
	struct store_entry e;
	struct str row;
	int rc = apply_key(&n, &where);

	if (rc == 0)
		rc = index_row_get(where.queue, where.pos, apply_arena(), &row);
	if (rc < 0)
		return rc == ERR_NOTFOUND ? apply_remove(&n) : rc;
	/* A row that decodes and holds another body is a newer one: it stays. */
	if (entry_decode(row, &e) == 0 && e.bid != r->bid)
		return 0;
	rc = apply_remove(&n);
	return rc < 0 ? rc : apply_unvary(&n);
}

int apply_record(int slot, const struct publish_record *r, struct str row)
{
	uint64_t pk[2] = {r->pk[0], r->pk[1]};

	switch ((enum publish_kind)r->kind) {
	case PUBLISH_PUT:
		return apply_put(slot, r, row);
	case PUBLISH_SEAL:
		apply_seal(slot, r);
		return 0;
	case PUBLISH_PURGE:
		return r->soft ? apply_soft_purge(pk) : apply_remove_all(pk);
	case PUBLISH_REFRESH:
		return apply_refresh(r, row);
	case PUBLISH_DAMAGED:
		return apply_damaged(r);
	case PUBLISH_FLIGHT:
		return 0;
	}
	count_inc(COUNT_keeper_refused);
	return 0;
}
