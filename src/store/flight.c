/* flight.c - memberships of this process in running fetches: join, follow, own, leave.
 *
 * A member is a request that follows or the fill that owns. The row in shared memory knows slots
 * only; who is a member inside this process stands here. Wakes come through the slot's eventfd and
 * the moved bits (store_on_wake) for flights of other workers, and by a deferred call for one's
 * own: on_change never comes from inside a call of its receiver. */
#include "base/err.h"
#include "base/obj.h"
#include "net/loop.h"
#include "store/flight_local.h"
#include "store/lookup.h"
#include "store/publish.h"
#include "store/shared.h"

static struct flight_local *flight_locals[FLIGHT_TABLE_ROWS];
static struct list flight_all, flight_queue;
static struct loop_call flight_call;
static bool flight_attached;

static void flight_run_queue(struct loop_call *c);

int flight_attach(void)
{
	int rc = flight_table_attach();

	if (rc < 0)
		return rc;
	list_init(&flight_all);
	list_init(&flight_queue);
	loop_call_init(&flight_call, flight_run_queue);
	/* What the last owner of the slot was told means nothing here. */
	for (unsigned n = 0; n < FLIGHT_TABLE_ROWS / 64; n++)
		flight_table_moved(slot_mine(), n);
	flight_attached = true;
	return 0;
}

static uint32_t flight_state(const struct flight_row *r)
{
	return __atomic_load_n(&r->state, __ATOMIC_SEQ_CST);
}

static struct flight_row *flight_row_of(const struct flight_ref *f)
{
	CHECK_OBJ(f, FLIGHT_REF_MAGIC);
	AN(f->index >= 0);
	return flight_table_row((uint32_t)f->index);
}

struct flight_local *flight_local_of(const struct flight_ref *f)
{
	struct flight_local *l = f->index < 0 ? NULL : flight_locals[f->index];

	AN(l != NULL && l->id == f->id);
	return l;
}

/* ---- join and leave ---- */

static struct flight_local *flight_local_new(uint32_t index, uint32_t id)
{
	struct flight_local *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	list_init(&l->members);
	list_init(&l->hooks);
	list_init(&l->queue);
	list_init(&l->link);
	list_append(&flight_all, &l->link);
	l->index = index;
	l->id = id;
	flight_locals[index] = l;
	return l;
}

static void flight_local_free(struct flight_local *l)
{
	AN(list_empty(&l->hooks));
	list_remove(&l->link);
	list_remove(&l->queue);
	if (flight_locals[l->index] == l)
		flight_locals[l->index] = NULL;
	buf_free(&l->kept);
	free(l);
}

static void flight_enter(struct flight_ref *f, struct flight_local *l, bool owner)
{
	f->magic = FLIGHT_REF_MAGIC;
	f->index = (int)l->index;
	f->id = l->id;
	f->owner = owner;
	f->local = NULL;
	list_init(&f->link);
	list_append(&l->members, &f->link);
	l->count++;
}

/* Does this live flight serve the request? 1 yes, 0 no, -1 not known before its head comes. */
static int flight_serves(uint32_t index, const struct store_key *key, store_variant_fn *variant,
                         void *arg)
{
	const struct flight_row *r = flight_table_row(index);
	const char *slab = flight_table_slab(index);
	struct str spec, values;
	uint32_t state = flight_state(r);

	if (r->pk.h[0] != key->pk.h[0] || r->pk.h[1] != key->pk.h[1] ||
	    !str_eq((struct str){slab, r->canonical_len}, key->canonical))
		return 0;
	if ((__atomic_load_n(&r->marks, __ATOMIC_SEQ_CST) & FLIGHT_MARK_PURGED) != 0 ||
	    flight_table_over(r))
		return 0;
	if (state == FLIGHT_WAIT_HEAD)
		return -1;
	spec = (struct str){slab + r->canonical_len, r->spec_len};
	if (spec.n == 0)
		return 1;
	if (variant == NULL || variant(spec, &values, arg) < 0)
		return 0;
	return str_eq(values, (struct str){spec.p + spec.n, r->values_len});
}

/* Under the lock: the flight to follow, or -1. */
static int flight_find(unsigned stripe, const struct store_key *key, store_variant_fn *variant,
                       void *arg)
{
	int found = -1;

	for (uint32_t at = flight_table_first(stripe); at != 0;
	     at = flight_table_row(at - 1)->next) {
		int serves = flight_serves(at - 1, key, variant, arg);

		if (serves == 1)
			return (int)(at - 1);
		if (serves < 0)
			found = (int)(at - 1);
	}
	return found;
}

static enum flight_role flight_follow(uint32_t index, struct flight_ref *f)
{
	struct flight_row *r = flight_table_row(index);
	struct flight_local *l = flight_locals[index];

	if (l == NULL)
		l = flight_local_new(index, r->id);
	if (l == NULL)
		return FLIGHT_FULL;
	AN(l->id == r->id);
	__atomic_or_fetch(&r->attached, 1ull << slot_mine(), __ATOMIC_SEQ_CST);
	flight_enter(f, l, false);
	flight_arm(r);
	return FLIGHT_FOLLOWER;
}

static enum flight_role flight_claim(const struct store_key *key, struct flight_ref *f)
{
	int index =
	    flight_table_claim(key, __atomic_add_fetch(&shared_head()->bid, 1, __ATOMIC_SEQ_CST));
	struct flight_row *r;
	struct flight_local *l;

	if (index < 0)
		return FLIGHT_FULL;
	r = flight_table_row((uint32_t)index);
	l = flight_local_new((uint32_t)index, r->id);
	if (l == NULL) {
		__atomic_store_n(&r->state, FLIGHT_FAILED, __ATOMIC_SEQ_CST);
		flight_table_unlink((uint32_t)index);
		flight_table_detach((uint32_t)index, slot_mine());
		return FLIGHT_FULL;
	}
	flight_enter(f, l, true);
	return FLIGHT_OWNER;
}

enum flight_role flight_join(const struct store_key *key, store_variant_fn *variant, void *arg,
                             uint64_t commits, bool may_own, struct flight_ref *f)
{
	unsigned stripe = flight_table_stripe(&key->pk);
	enum flight_role role;
	int found;

	f->magic = FLIGHT_REF_MAGIC;
	f->index = -1;
	if (!flight_attached || key->canonical.n > FLIGHT_TABLE_SLAB / 2)
		return FLIGHT_FULL;
	flight_table_lock(stripe);
	found = flight_find(stripe, key, variant, arg);
	if (found >= 0)
		role = flight_follow((uint32_t)found, f);
	else if (SHARED_GET(shared_head()->commits) != commits && lookup_newer())
		role = FLIGHT_AGAIN; /* what was committed meanwhile may be what is asked for (STORE
		                        5) */
	else
		role = may_own ? flight_claim(key, f) : FLIGHT_FULL;
	flight_table_unlock(stripe);
	return role;
}

void flight_leave(struct flight_ref *f)
{
	struct flight_row *r;
	struct flight_local *l;
	unsigned stripe;

	CHECK_OBJ(f, FLIGHT_REF_MAGIC);
	if (f->index < 0)
		return;
	r = flight_row_of(f);
	l = flight_local_of(f);
	AN(!f->owner || flight_state(r) >= FLIGHT_DONE);
	list_remove(&f->link);
	if (--l->count == 0) {
		stripe = flight_table_stripe(&r->pk);
		flight_table_lock(stripe);
		flight_table_detach(l->index, slot_mine());
		flight_table_unlock(stripe);
		/* The row may have another life from here on, also here. */
		flight_locals[l->index] = NULL;
		if (l->busy == 0)
			flight_local_free(l);
	}
	f->index = -1;
	f->owner = false;
	f->local = NULL;
}

void flight_detach_all(void)
{
	if (!flight_attached)
		return;
	loop_call_cancel(&flight_call);
	flight_attached = false;
}

/* ---- what members may know ---- */

void flight_arm(struct flight_row *r)
{
	uint64_t bit = 1ull << slot_mine();

	if ((__atomic_load_n(&r->armed, __ATOMIC_SEQ_CST) & bit) == 0)
		__atomic_or_fetch(&r->armed, bit, __ATOMIC_SEQ_CST);
}

enum flight_state flight_state_of(const struct flight_ref *f)
{
	struct flight_row *r = flight_row_of(f);

	if (!f->owner && flight_state(r) < FLIGHT_COMMITTED)
		flight_arm(r);
	return (enum flight_state)flight_state(r);
}

bool flight_is_purged(const struct flight_ref *f)
{
	return __atomic_load_n(&flight_row_of(f)->marks, __ATOMIC_SEQ_CST) & FLIGHT_MARK_PURGED;
}

uint64_t flight_written(const struct flight_ref *f)
{
	const struct flight_local *l = flight_local_of(f);

	if (l->writing || l->gathered != NULL)
		return l->written;
	return __atomic_load_n(&flight_row_of(f)->written, __ATOMIC_SEQ_CST);
}

int flight_head(const struct flight_ref *f, struct arena *a, struct store_entry *out)
{
	struct flight_row *r = flight_row_of(f);
	struct store_entry e;
	int rc;

	if (flight_state(r) == FLIGHT_WAIT_HEAD) {
		flight_arm(
		    r); /* then look again: the owner publishes first and reads `armed` then */
		if (flight_state(r) == FLIGHT_WAIT_HEAD)
			return ERR_AGAIN;
	}
	if (flight_state(r) >= FLIGHT_UNCACHEABLE || r->has_head == 0)
		return ERR_GONE;
	if (!flight_table_entry((uint32_t)f->index, &e))
		return ERR_GONE;
	rc = store_entry_keep(&e, a);
	if (rc == 0)
		*out = e;
	return rc;
}

int flight_error(const struct flight_ref *f, const char **why)
{
	const struct flight_row *r = flight_row_of(f);

	*why = r->why;
	return r->err;
}

uint64_t flight_remote(const struct flight_ref *f)
{
	return __atomic_load_n(&flight_row_of(f)->attached, __ATOMIC_SEQ_CST) &
	       ~(1ull << slot_mine());
}

bool flight_remote_waits(const struct flight_ref *f)
{
	return (__atomic_load_n(&flight_row_of(f)->armed, __ATOMIC_SEQ_CST) &
	        ~(1ull << slot_mine())) != 0;
}

unsigned flight_followers(const struct flight_ref *f)
{
	/* A slot counts as one, however many clients follow there: enough to know whether somebody
	 * does. */
	return flight_local_of(f)->count - (f->owner ? 1 : 0) +
	       (unsigned)__builtin_popcountll(flight_remote(f));
}

/* ---- telling ---- */

/* Tells the members here, bodies first. They may leave, all of them, from inside. */
static void flight_tell(struct flight_local *l)
{
	const struct flight_row *r = flight_table_row(l->index);
	struct list round;

	l->busy++;
	l->told_state = flight_state(r);
	l->told_written = r->written;
	l->told_extents = r->extent_count;
	LIST_FOREACH_SAFE (it, &l->hooks)
		LIST_OF(it, struct flight_hook, link)->moved(LIST_OF(it, struct flight_hook, link));
	list_init(&round);
	while (!list_empty(&l->members)) {
		struct list *it = l->members.next;

		list_remove(it);
		list_append(&round, it);
	}
	while (!list_empty(&round)) {
		struct flight_ref *f = LIST_FIRST(&round, struct flight_ref, link);

		list_remove(&f->link);
		list_append(&l->members, &f->link);
		if (!f->owner && f->on_change != NULL)
			f->on_change(f);
	}
	if (--l->busy == 0 && l->count == 0)
		flight_local_free(l);
}

static void flight_run_queue(struct loop_call *c)
{
	struct list now;

	(void)c;
	list_init(&now);
	while (!list_empty(&flight_queue)) {
		struct list *it = flight_queue.next;

		list_remove(it);
		list_append(&now, it);
	}
	while (!list_empty(&now)) {
		struct flight_local *l = LIST_FIRST(&now, struct flight_local, queue);

		list_remove(&l->queue);
		flight_tell(l);
	}
}

void flight_moved_here(struct flight_ref *f)
{
	struct flight_local *l = flight_local_of(f);

	if (l->count > 1 && list_empty(&l->queue)) {
		list_append(&flight_queue, &l->queue);
		loop_call_soon(&flight_call);
	}
}

void flight_moved(struct flight_ref *f, bool all)
{
	struct flight_row *r = flight_row_of(f);
	struct flight_local *l = flight_local_of(f);
	/* Pairs with flight_arm: what moved was stored before, the armed bits are taken after. */
	uint64_t slots = __atomic_exchange_n(&r->armed, 0, __ATOMIC_SEQ_CST);

	if (all)
		slots |= __atomic_load_n(&r->attached, __ATOMIC_SEQ_CST);
	flight_table_wake(l->index, slots & ~(1ull << slot_mine()));
	flight_moved_here(f);
}

void flight_on_wake(void)
{
	if (!flight_attached)
		return;
	for (unsigned n = 0; n < FLIGHT_TABLE_ROWS / 64; n++)
		for (uint64_t bits = flight_table_moved(slot_mine(), n); bits != 0;
		     bits &= bits - 1) {
			struct flight_local *l =
			    flight_locals[n * 64 + (unsigned)__builtin_ctzll(bits)];

			if (l != NULL)
				flight_tell(l);
		}
}

void flight_tick(void)
{
	if (!flight_attached)
		return;
	LIST_FOREACH (it, &flight_all) {
		struct flight_local *l = LIST_OF(it, struct flight_local, link);
		const struct flight_row *r = flight_table_row(l->index);

		if ((l->told_state != flight_state(r) || l->told_written != r->written ||
		     l->told_extents != r->extent_count) &&
		    list_empty(&l->queue)) {
			list_append(&flight_queue, &l->queue);
			loop_call_soon(&flight_call);
		}
	}
}

/* ---- the owner ---- */

static void flight_end(struct flight_ref *f, enum flight_state state, int err, const char *why)
{
	struct flight_row *r = flight_row_of(f);
	unsigned stripe = flight_table_stripe(&r->pk);

	AN(f->owner);
	flight_table_lock(stripe);
	flight_table_unlink((uint32_t)f->index);
	r->err = err;
	memset(r->why, 0, sizeof r->why);
	memcpy(r->why, why, MIN(strlen(why), sizeof r->why - 1));
	__atomic_store_n(&r->state, state, __ATOMIC_SEQ_CST);
	flight_table_unlock(stripe);
	flight_moved(f, true);
}

void flight_uncacheable(struct flight_ref *f)
{
	flight_end(f, FLIGHT_UNCACHEABLE, 0, "");
}

void flight_fail(struct flight_ref *f, int err, const char *why)
{
	flight_end(f, FLIGHT_FAILED, err, why == NULL ? "" : why);
}

void flight_refreshed(struct flight_ref *f, const struct store_entry *e,
                      const struct store_meta *meta, struct str head)
{
	struct flight_row *r = flight_row_of(f);
	struct store_new n = {.meta = *meta,
	                      .vary_spec = e->vary_spec,
	                      .vary_values = e->vary_values,
	                      .head = head,
	                      .body_len = e->body_len};

	CHECK_OBJ(e, STORE_ENTRY_MAGIC);
	AN(f->owner && flight_state(r) == FLIGHT_WAIT_HEAD);
	/* The marker stands behind the refresh in this worker's ring: when it was read, so was
	 * that. */
	if (!flight_publish_entry(f, e, &n) || publish_flight((uint32_t)f->index, f->id) < 0) {
		flight_end(f, FLIGHT_COMMITTED, 0, "");
		return;
	}
	__atomic_store_n(&r->state, FLIGHT_REFRESHED, __ATOMIC_SEQ_CST);
	flight_moved(f, true);
}
