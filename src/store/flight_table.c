/* flight_table.c - the flights' rows in shared memory.
 *
 * Used by workers (flight.c) and by the keeper, which marks what it committed and buries what a
 * dead worker owned. Every step may be the last of its process: a row is claimed by one
 * compare-and-swap that names its owner, chains are made anew from the rows after a death in the
 * lock, and burying twice does no harm (checked by kills in test_store; ancestor:
 * experiments/own.c). */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"
#include "base/shm.h"
#include "base/wake.h"
#include "store/flight_table.h"

#define FLIGHT_STRIPES 1024u
#define FLIGHT_READY 0x600df117u

struct flight_stripe {
	_Alignas(64) pthread_mutex_t lock;
	uint32_t first; /* index + 1 */
};

struct flight_shared {
	uint32_t ready; /* FLIGHT_READY, or the pid of the one that prepares the locks, or 0 */
	uint32_t next_id;
	uint64_t
	    used[FLIGHT_TABLE_ROWS / 64]; /* a hint where to look for a free row; the row decides */
	uint64_t moved[SLOT_WORKERS][FLIGHT_TABLE_ROWS / 64];
	struct flight_stripe stripes[FLIGHT_STRIPES];
	struct flight_row rows[FLIGHT_TABLE_ROWS];
	struct store_extent extents[FLIGHT_TABLE_ROWS][FLIGHT_TABLE_EXTENTS];
	char slabs[FLIGHT_TABLE_ROWS][FLIGHT_TABLE_SLAB];
};

static struct flight_shared *flight_shared;

void flight_table_declare(void)
{
	shm_declare("flight", sizeof(struct flight_shared));
}

bool flight_table_mapped(void)
{
	return flight_shared != NULL;
}

static int flight_prepare(void)
{
	pthread_mutexattr_t a;
	int rc;

	if (pthread_mutexattr_init(&a) != 0)
		return ERR_SYSTEM;
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	rc = 0;
	for (unsigned i = 0; i < FLIGHT_STRIPES && rc == 0; i++)
		rc = pthread_mutex_init(&flight_shared->stripes[i].lock, &a);
	pthread_mutexattr_destroy(&a);
	return rc == 0 ? 0 : ERR_SYSTEM;
}

int flight_table_attach(void)
{
	uint32_t seen, me = (uint32_t)getpid();
	int rc;

	flight_shared = shm_region("flight");
	for (;;) {
		seen = 0;
		if (__atomic_compare_exchange_n(&flight_shared->ready, &seen, me, false,
		                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			break;
		if (seen == FLIGHT_READY)
			return 0;
		/* Another one prepares, for some microseconds; if it died there its turn is void.
		 */
		if (kill((pid_t)seen, 0) < 0 && errno == ESRCH)
			__atomic_compare_exchange_n(&flight_shared->ready, &seen, 0, false,
			                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
	}
	rc = flight_prepare();
	__atomic_store_n(&flight_shared->ready, rc == 0 ? FLIGHT_READY : 0, __ATOMIC_SEQ_CST);
	return rc;
}

struct flight_row *flight_table_row(uint32_t index)
{
	AN(index < FLIGHT_TABLE_ROWS);
	return &flight_shared->rows[index];
}

char *flight_table_slab(uint32_t index)
{
	AN(index < FLIGHT_TABLE_ROWS);
	return flight_shared->slabs[index];
}

struct store_extent *flight_table_extents(uint32_t index)
{
	AN(index < FLIGHT_TABLE_ROWS);
	return flight_shared->extents[index];
}

unsigned flight_table_stripe(const struct digest_128 *pk)
{
	return pk->h[0] % FLIGHT_STRIPES;
}

uint32_t flight_table_first(unsigned stripe)
{
	return flight_shared->stripes[stripe].first;
}

static uint32_t flight_state(const struct flight_row *r)
{
	return __atomic_load_n(&r->state, __ATOMIC_SEQ_CST);
}
static uint32_t flight_marks(const struct flight_row *r)
{
	return __atomic_load_n(&r->marks, __ATOMIC_SEQ_CST);
}

bool flight_table_over(const struct flight_row *r)
{
	switch ((enum flight_state)flight_state(r)) {
	case FLIGHT_COMMITTED:
	case FLIGHT_UNCACHEABLE:
	case FLIGHT_FAILED:
		return true;
	case FLIGHT_DONE:
		return flight_marks(r) & FLIGHT_MARK_UNKEPT;
	default:
		return false;
	}
}

/* ---- stripes ---- */

static void flight_link(unsigned stripe, uint32_t index)
{
	struct flight_row *r = &flight_shared->rows[index];

	r->next = flight_shared->stripes[stripe].first;
	flight_shared->stripes[stripe].first = index + 1;
	__atomic_or_fetch(&r->marks, FLIGHT_MARK_LINKED, __ATOMIC_SEQ_CST);
}

/* The last holder died in the lock: the rows tell what the chain must be. */
static void flight_chain_anew(unsigned stripe)
{
	flight_shared->stripes[stripe].first = 0;
	for (uint32_t i = 0; i < FLIGHT_TABLE_ROWS; i++) {
		struct flight_row *r = &flight_shared->rows[i];

		if (__atomic_load_n(&r->owner, __ATOMIC_SEQ_CST) == 0 || r->id == 0 ||
		    flight_table_stripe(&r->pk) != stripe)
			continue;
		__atomic_and_fetch(&r->marks, ~FLIGHT_MARK_LINKED, __ATOMIC_SEQ_CST);
		if (!flight_table_over(r))
			flight_link(stripe, i);
	}
}

void flight_table_lock(unsigned stripe)
{
	pthread_mutex_t *m = &flight_shared->stripes[stripe].lock;
	int rc = pthread_mutex_lock(m);

	if (rc == EOWNERDEAD) {
		flight_chain_anew(stripe);
		rc = pthread_mutex_consistent(m);
	}
	AZ(rc);
}

void flight_table_unlock(unsigned stripe)
{
	AZ(pthread_mutex_unlock(&flight_shared->stripes[stripe].lock));
}

void flight_table_unlink(uint32_t index)
{
	struct flight_row *r = &flight_shared->rows[index];
	uint32_t *at = &flight_shared->stripes[flight_table_stripe(&r->pk)].first;

	if ((flight_marks(r) & FLIGHT_MARK_LINKED) == 0)
		return;
	while (*at != 0 && *at != index + 1)
		at = &flight_shared->rows[*at - 1].next;
	if (*at != 0)
		*at = r->next;
	__atomic_and_fetch(&r->marks, ~FLIGHT_MARK_LINKED, __ATOMIC_SEQ_CST);
}

/* ---- rows ---- */

static uint64_t flight_owner(int slot, uint32_t generation)
{
	return (uint64_t)generation << 32 | (uint32_t)(slot + 1);
}

static void flight_used(uint32_t index, bool used)
{
	uint64_t bit = 1ull << (index % 64), *word = &flight_shared->used[index / 64];

	if (used)
		__atomic_or_fetch(word, bit, __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(word, ~bit, __ATOMIC_RELAXED);
}

/* Takes a free row for this process; its index or ERR_FULL. */
static int flight_take(void)
{
	uint64_t me = flight_owner(slot_mine(), slot_generation());

	for (unsigned n = 0; n < FLIGHT_TABLE_ROWS / 64; n++) {
		uint64_t free_bits = ~__atomic_load_n(&flight_shared->used[n], __ATOMIC_RELAXED);

		for (; free_bits != 0; free_bits &= free_bits - 1) {
			uint32_t index = n * 64 + (uint32_t)__builtin_ctzll(free_bits);
			uint64_t none = 0;
			bool mine = __atomic_compare_exchange_n(&flight_shared->rows[index].owner,
			                                        &none, me, false, __ATOMIC_SEQ_CST,
			                                        __ATOMIC_SEQ_CST);

			flight_used(index, true);
			if (mine)
				return (int)index;
		}
	}
	return ERR_FULL;
}

int flight_table_claim(const struct store_key *key, uint64_t bid)
{
	int index = flight_take();
	struct flight_row *r;
	uint32_t id;

	if (index < 0)
		return index;
	r = &flight_shared->rows[index];
	do
		id = __atomic_add_fetch(&flight_shared->next_id, 1, __ATOMIC_SEQ_CST);
	while (id == 0);
	__atomic_store_n(&r->marks, 0, __ATOMIC_SEQ_CST);
	r->written = r->armed = r->vh = 0;
	r->extent_count = r->spec_len = r->values_len = r->head_len = 0;
	r->small_len = r->has_small = r->has_head = r->body_crc = 0;
	r->err = 0;
	r->why[0] = '\0';
	r->body_len = STORE_UNKNOWN;
	r->bid = bid;
	r->pk = key->pk;
	r->canonical_len = (uint32_t)key->canonical.n;
	memcpy(flight_shared->slabs[index], key->canonical.p, key->canonical.n);
	__atomic_store_n(&r->state, FLIGHT_WAIT_HEAD, __ATOMIC_SEQ_CST);
	__atomic_store_n(&r->attached, 1ull << slot_mine(), __ATOMIC_SEQ_CST);
	__atomic_store_n(&r->id, id, __ATOMIC_SEQ_CST); /* last: a row without id is in no chain */
	flight_link(flight_table_stripe(&key->pk), (uint32_t)index);
	return index;
}

static void flight_free(uint32_t index)
{
	struct flight_row *r = &flight_shared->rows[index];

	flight_table_unlink(index);
	__atomic_store_n(&r->id, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&r->owner, 0, __ATOMIC_SEQ_CST);
	flight_used(index, false);
}

void flight_table_detach(uint32_t index, int slot)
{
	struct flight_row *r = &flight_shared->rows[index];

	__atomic_and_fetch(&r->armed, ~(1ull << slot), __ATOMIC_SEQ_CST);
	if (__atomic_and_fetch(&r->attached, ~(1ull << slot), __ATOMIC_SEQ_CST) == 0 &&
	    flight_table_over(r))
		flight_free(index);
}

static struct str flight_slab_part(struct str *rest, size_t n)
{
	struct str s = {rest->p, n};

	*rest = str_slice(*rest, n, rest->n);
	return s;
}

bool flight_table_entry(uint32_t index, struct store_entry *out)
{
	const struct flight_row *r = flight_table_row(index);
	struct str rest = {flight_table_slab(index), FLIGHT_TABLE_SLAB};
	uint32_t state = flight_state(r);

	if ((uint64_t)r->canonical_len + r->spec_len + r->values_len + r->head_len + r->small_len >
	    rest.n)
		return false;
	INIT_OBJ(out, STORE_ENTRY_MAGIC);
	out->meta = r->meta;
	out->canonical = flight_slab_part(&rest, r->canonical_len);
	out->vary_spec = flight_slab_part(&rest, r->spec_len);
	out->vary_values = flight_slab_part(&rest, r->values_len);
	out->head = flight_slab_part(&rest, r->head_len);
	out->pk = r->pk;
	out->vh = r->vh;
	out->bid = r->bid;
	out->body_len = r->body_len;
	if (state >= FLIGHT_DONE) {
		out->body_crc = r->body_crc;
		if (r->has_small != 0)
			out->body = flight_slab_part(&rest, r->small_len);
		out->extents = flight_table_extents(index);
		out->extent_count = MIN(r->extent_count, FLIGHT_TABLE_EXTENTS);
	}
	return true;
}

/* ---- wakes ---- */

void flight_table_wake(uint32_t index, uint64_t slots)
{
	for (; slots != 0; slots &= slots - 1) {
		int slot = __builtin_ctzll(slots);

		if (slot >= SLOT_WORKERS)
			return;
		__atomic_or_fetch(&flight_shared->moved[slot][index / 64], 1ull << (index % 64),
		                  __ATOMIC_SEQ_CST);
		wake_send(slot);
	}
}

uint64_t flight_table_moved(int slot, unsigned n)
{
	uint64_t *word = &flight_shared->moved[slot][n];

	return __atomic_load_n(word, __ATOMIC_SEQ_CST) == 0
	           ? 0
	           : __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST);
}

/* ---- purge and the keeper ---- */

void flight_table_purge(const struct digest_128 *pk)
{
	unsigned stripe = flight_table_stripe(pk);

	flight_table_lock(stripe);
	for (uint32_t at = flight_shared->stripes[stripe].first; at != 0;) {
		struct flight_row *r = &flight_shared->rows[at - 1];

		if (r->pk.h[0] == pk->h[0] && r->pk.h[1] == pk->h[1])
			__atomic_or_fetch(&r->marks, FLIGHT_MARK_PURGED, __ATOMIC_SEQ_CST);
		at = r->next;
	}
	flight_table_unlock(stripe);
}

static bool flight_is(uint32_t index, uint32_t id)
{
	return index < FLIGHT_TABLE_ROWS && id != 0 &&
	       __atomic_load_n(&flight_shared->rows[index].id, __ATOMIC_SEQ_CST) == id;
}

bool flight_table_acceptable(uint32_t index, uint32_t id, int slot)
{
	const struct flight_row *r;

	if (!flight_is(index, id))
		return false;
	r = &flight_shared->rows[index];
	return flight_state(r) == FLIGHT_DONE && (flight_marks(r) & FLIGHT_MARK_PURGED) == 0 &&
	       (uint32_t)r->owner == (uint32_t)(slot + 1);
}

/* The flight ends in `state`: out of the chain, all attached ones are woken. Under the lock. */
static void flight_end(uint32_t index, enum flight_state state, int err, const char *why)
{
	struct flight_row *r = &flight_shared->rows[index];
	uint64_t attached;

	flight_table_unlink(index);
	r->err = err;
	memset(r->why, 0, sizeof r->why);
	memcpy(r->why, why, MIN(strlen(why), sizeof r->why - 1));
	__atomic_store_n(&r->state, state, __ATOMIC_SEQ_CST);
	attached = __atomic_load_n(&r->attached, __ATOMIC_SEQ_CST);
	if (attached == 0)
		flight_free(index);
	else
		flight_table_wake(index, attached);
}

void flight_table_committed(uint32_t index, uint32_t id)
{
	unsigned stripe;

	if (!flight_is(index, id))
		return;
	stripe = flight_table_stripe(&flight_shared->rows[index].pk);
	flight_table_lock(stripe);
	if (flight_is(index, id) && !flight_table_over(&flight_shared->rows[index]))
		flight_end(index, FLIGHT_COMMITTED, 0, "");
	flight_table_unlock(stripe);
}

static void flight_bury_row(uint32_t index, int slot)
{
	struct flight_row *r = &flight_shared->rows[index];
	unsigned stripe = flight_table_stripe(&r->pk);
	bool owned;

	flight_table_lock(stripe);
	owned = (uint32_t)r->owner == (uint32_t)(slot + 1);
	if (owned && r->id == 0)
		flight_free(index); /* died while it claimed */
	else if (owned && !flight_table_over(r))
		flight_end(index,
		           flight_state(r) == FLIGHT_REFRESHED ? FLIGHT_COMMITTED : FLIGHT_FAILED,
		           ERR_GONE, "the worker that fetched it died");
	if (r->owner != 0 && (r->attached & 1ull << slot) != 0)
		flight_table_detach(index, slot);
	flight_table_unlock(stripe);
}

void flight_table_bury(int slot)
{
	for (uint32_t i = 0; i < FLIGHT_TABLE_ROWS; i++) {
		struct flight_row *r = &flight_shared->rows[i];

		if (r->owner != 0 && ((uint32_t)r->owner == (uint32_t)(slot + 1) ||
		                      (r->attached & 1ull << slot) != 0))
			flight_bury_row(i, slot);
		else if (r->owner == 0 && flight_shared->used[i / 64] >> (i % 64) & 1)
			flight_used(i, false);
	}
	memset(flight_shared->moved[slot], 0, sizeof flight_shared->moved[slot]);
}

uint32_t flight_table_used(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < FLIGHT_TABLE_ROWS; i++)
		n += __atomic_load_n(&flight_shared->rows[i].owner, __ATOMIC_SEQ_CST) != 0;
	return n;
}
