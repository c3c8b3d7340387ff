/* publish.c - records from a worker to the keeper.
 *
 * A worker pushes and, if the keeper sleeps, wakes it: the keeper sets keeper_idle and looks at the
 * rings then, the worker stores the ring's head and takes keeper_idle then (seq_cst on both sides:
 * one of the two sees the other). The keeper waits up to 50 ms for more before it commits;
 * publish_hurry cuts that short. */
#include "base/count.h"
#include "base/err.h"
#include "base/obj.h"
#include "base/wake.h"
#include "store/entry.h"
#include "store/publish.h"
#include "store/shared.h"

static struct ring *publish_ring;
static struct publish_record publish_put_record;
static char *publish_put_room;

int publish_attach(void)
{
	struct ring *r = shared_ring(slot_mine());

	/* Only the worker of the slot prepares it; the keeper reads rings that have a size. */
	if (__atomic_load_n(&r->size, __ATOMIC_ACQUIRE) == 0)
		ring_init(r, SHARED_RING_BYTES);
	publish_ring = r;
	return 0;
}

void publish_hurry(void)
{
	SHARED_SET(shared_head()->hurry, 1);
	wake_send(SLOT_KEEPER);
}

/* Room for a record and n bytes behind it; or NULL. */
static char *publish_room(size_t n)
{
	char *p = publish_ring == NULL
	              ? NULL
	              : ring_reserve(publish_ring, sizeof(struct publish_record) + n);

	if (p == NULL && publish_ring != NULL)
		publish_hurry();
	return p;
}

static void publish_send(char *room, const struct publish_record *r)
{
	uint64_t used;

	memcpy(room, r, sizeof *r);
	ring_push(publish_ring, sizeof *r + r->row_len);
	used = publish_ring->head - __atomic_load_n(&publish_ring->tail, __ATOMIC_RELAXED);
	if (used > SHARED_RING_BYTES / 4 && (used >> 18) != ((used - r->row_len - sizeof *r) >> 18))
		publish_hurry();
	else if (SHARED_GET(shared_head()->keeper_idle) != 0 &&
	         __atomic_exchange_n(&shared_head()->keeper_idle, 0, __ATOMIC_SEQ_CST) != 0)
		wake_send(SLOT_KEEPER);
}

static int publish_plain(const struct publish_record *r)
{
	char *room = publish_room(0);

	if (room == NULL)
		return ERR_FULL;
	publish_send(room, r);
	return 0;
}

static int publish_row(struct publish_record *r, const struct store_entry *e)
{
	size_t size = entry_size(e), len;
	char *room = publish_room(size);
	int rc;

	if (room == NULL)
		return ERR_FULL;
	rc = entry_encode(e, room + sizeof *r, size, &len);
	if (rc < 0)
		return rc;
	r->row_len = (uint32_t)len;
	publish_send(room, r);
	return 0;
}

static struct publish_record publish_of(enum publish_kind kind, const struct store_entry *e)
{
	return (struct publish_record){
	    .kind = kind, .pk = {e->pk.h[0], e->pk.h[1]}, .vh = e->vh, .bid = e->bid};
}

int publish_put_begin(uint32_t flight, uint32_t id, unsigned pool, const struct store_entry *e)
{
	size_t size = entry_size(e), len;
	char *room = publish_room(size);

	if (room == NULL)
		return ERR_FULL;
	publish_put_record = publish_of(PUBLISH_PUT, e);
	publish_put_record.flight = flight;
	publish_put_record.flight_id = id;
	publish_put_record.pool = (uint8_t)pool;
	publish_put_record.row_len = (uint32_t)size;
	publish_put_room = room;
	return entry_encode(e, room + sizeof publish_put_record, size, &len);
}

void publish_put_end(void)
{
	publish_send(TAKE(publish_put_room), &publish_put_record);
}

int publish_refresh(const struct store_entry *e)
{
	struct publish_record r = publish_of(PUBLISH_REFRESH, e);

	return publish_row(&r, e);
}

int publish_damaged(const struct store_entry *e)
{
	struct publish_record r = publish_of(PUBLISH_DAMAGED, e);

	return publish_plain(&r);
}

int publish_seal(uint32_t segment, uint32_t generation)
{
	return publish_plain(&(struct publish_record){
	    .kind = PUBLISH_SEAL, .segment = segment, .generation = generation});
}

int publish_purge(const struct digest_128 *pk, bool soft)
{
	int rc = publish_plain(&(struct publish_record){
	    .kind = PUBLISH_PURGE, .pk = {pk->h[0], pk->h[1]}, .soft = soft});

	if (rc == 0)
		publish_hurry();
	return rc;
}

int publish_flight(uint32_t flight, uint32_t id)
{
	return publish_plain(
	    &(struct publish_record){.kind = PUBLISH_FLIGHT, .flight = flight, .flight_id = id});
}

bool publish_parse(struct str record, struct publish_record *r, struct str *row)
{
	if (record.n < sizeof *r)
		return false;
	memcpy(r, record.p, sizeof *r);
	*row = str_slice(record, sizeof *r, record.n);
	return r->row_len == row->n;
}
