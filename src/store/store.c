/* store.c - the face of the store in a worker: its life here, and the calls of store.h.
 *
 * The worker attaches after fork and serves without a store until the keeper says that it is open;
 * it leaves when the keeper closes it or begins another index. What a call does stands in lookup,
 * body, write, flight and publish. */
#include <stdio.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/obj.h"
#include "base/wake.h"
#include "store/append.h"
#include "store/body.h"
#include "store/flight_local.h"
#include "store/host.h"
#include "store/index.h"
#include "store/lookup.h"
#include "store/publish.h"
#include "store/segment.h"
#include "store/store.h"
#include "store/warm.h"
#include "store/write.h"

static struct store_opts store_of;
static bool store_attached, store_open;
static uint32_t store_number; /* shared_head.number that was opened */
static const char *store_closed = "no store is configured";
static int64_t store_attached_at; /* clock_ms() */
static struct list store_openers = {&store_openers, &store_openers};

/* ---- life ---- */

void store_declare(const struct store_opts *o)
{
	shared_declare(o);
	flight_table_declare();
}

/* They may end requests, which cancel others' waits. */
static void store_wake_openers(void)
{
	while (!list_empty(&store_openers)) {
		struct store_wait *w = LIST_FIRST(&store_openers, struct store_wait, link);

		list_remove(&w->link);
		w->wake(w);
	}
}

static void store_try_open(void)
{
	const struct shared_head *h = shared_head();
	static int64_t said;
	char dir[4200];
	int rc;

	if (!store_attached || store_open || SHARED_GET(h->open) == 0)
		return;
	snprintf(dir, sizeof dir, "%s/index", store_of.path);
	store_number = SHARED_GET(h->number);
	rc = index_open_worker(dir, h->index_bytes);
	if (rc < 0) {
		store_closed = "the index cannot be opened";
		if (log_once_a_second(&said))
			log_warn("store: %s/index: %s", store_of.path, err_text(rc));
		return;
	}
	segment_use(store_of.path);
	store_open = true;
	append_init();
	store_wake_openers();
}

/* Nothing new is begun; bodies that are being sent keep their pins until they are closed. */
static void store_leave(const char *why)
{
	if (!store_open)
		return;
	store_open = false;
	store_closed = why;
	write_leave();
	append_forget();
	lookup_end();
	index_close();
}

int store_attach(const struct store_opts *o)
{
	int rc;

	if (o->path == NULL || o->path[0] == '\0')
		return 0;
	store_of = *o;
	store_closed = "the store is not open yet";
	shared_map();
	rc = publish_attach();
	if (rc == 0)
		rc = flight_attach();
	if (rc < 0)
		return rc;
	lookup_init();
	write_init();
	store_attached = true;
	store_attached_at = clock_ms();
	store_try_open();
	return 0;
}

void store_detach(void)
{
	store_leave("the store was left");
	if (store_attached)
		flight_detach_all();
	store_attached = false;
}

bool store_ready(void)
{
	return store_open;
}

bool store_is_opening(void)
{
	return store_attached && !store_open && clock_ms() - store_attached_at < STORE_OPENING_MS;
}

void store_wait_open(struct store_wait *w)
{
	warm_wait_init(w);
	list_append(&store_openers, &w->link);
}

const char *store_why_not(void)
{
	return store_open ? "the store is open" : store_closed;
}

uint64_t store_min_object(void)
{
	return store_of.min_object;
}

void store_turn_end(void *unused)
{
	const struct shared_head *h;

	(void)unused;
	if (!store_attached)
		return;
	lookup_end();
	h = shared_head();
	if (!store_open) {
		store_try_open();
		lookup_end(); /* who waited for it has looked up already */
		return;
	}
	append_flush_seals();
	if (SHARED_GET(h->open) == 0)
		store_leave("the store was closed");
	else if (SHARED_GET(h->number) != store_number)
		store_leave("another index was begun");
}

void store_tick(void)
{
	if (!store_attached)
		return;
	if (store_open) {
		append_tick();
		write_tick();
	} else if (!store_is_opening()) {
		store_wake_openers();
	}
	flight_tick();
}

void store_on_wake(void)
{
	if (!store_attached)
		return;
	if (store_open)
		append_look();
	flight_on_wake();
}

/* ---- look-up ---- */

void store_wait_cancel(struct store_wait *w)
{
	warm_wait_cancel(w);
}

void store_key_make(struct str canonical, struct store_key *out)
{
	struct digest_key key = {{0}};
	uint64_t generation = 0;
	uint32_t of_host = 0;

	/* The generations of "purge all" and of the host are part of the secret: when one moves
	 * every key is another one. */
	if (store_attached) {
		key = shared_head()->secret;
		generation = SHARED_GET(shared_head()->generation);
		of_host = host_generation(canonical);
	}
	for (int i = 0; i < 8; i++)
		key.k[i] ^= (uint8_t)(generation >> 8 * i);
	for (int i = 0; i < 4; i++)
		key.k[8 + i] ^= (uint8_t)(of_host >> 8 * i);
	out->pk = digest_sip128(&key, canonical.p, canonical.n);
	out->canonical = canonical;
}

/* What is purged is gone at once, for every worker, although its row stays until the keeper's next
 * commit: beside the hash of the key stands the last body that the purge holds for. Who hears that
 * it was purged finds it (seq_cst, paired with store_was_purged). Two purges that meet in one place
 * may mix: then one of them is a miss too much, or waits for its commit. */
static void store_note_purge(const struct digest_128 *pk)
{
	struct shared_purge *p = shared_purge(pk->h[1]);

	SHARED_SET(p->bid, SHARED_GET(shared_head()->bid));
	SHARED_SET(p->hash, pk->h[0]);
}

static bool store_was_purged(const struct digest_128 *pk, uint64_t bid)
{
	struct shared_purge *p = shared_purge(pk->h[1]);

	return SHARED_GET(p->hash) == pk->h[0] && bid <= SHARED_GET(p->bid);
}

enum store_answer store_lookup(const struct store_key *key, store_variant_fn *variant, void *arg,
                               struct store_wait *w, struct store_entry *out)
{
	enum store_answer answer;

	if (w != NULL)
		warm_wait_init(w);
	answer = store_open ? lookup_find(key, variant, arg, w, out) : STORE_MISS;
	if (answer == STORE_HIT && store_was_purged(&key->pk, out->bid))
		answer = STORE_MISS;
	if (answer == STORE_MISS && store_is_hit_for_miss(key))
		return STORE_HIT_FOR_MISS;
	return answer;
}

struct store_seen {
	store_each_fn *see;
	void *arg;
};

static void store_see(const struct store_entry *e, void *arg)
{
	const struct store_seen *s = arg;

	if (!store_was_purged(&e->pk, e->bid))
		s->see(e, s->arg);
}

void store_each(const struct store_key *key, store_each_fn *see, void *arg)
{
	struct store_seen s = {see, arg};

	if (store_open)
		lookup_each(key, STORE_VARIANTS, store_see, &s);
}

void store_touch(const struct store_entry *e)
{
	uint8_t *f = shared_frequency(e->bid);

	/* Advisory: two workers may lose one use of the other. */
	if (__atomic_load_n(f, __ATOMIC_RELAXED) < 3)
		__atomic_store_n(f, (uint8_t)(__atomic_load_n(f, __ATOMIC_RELAXED) + 1),
		                 __ATOMIC_RELAXED);
}

/* Copies s to *at and moves on. */
static struct str store_copy(char **at, struct str s)
{
	struct str made = {*at, s.n};

	if (s.n != 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return made;
}

int store_entry_keep(struct store_entry *e, struct arena *a)
{
	size_t extents = e->extent_count * sizeof *e->extents;
	char *at;

	CHECK_OBJ(e, STORE_ENTRY_MAGIC);
	at = arena_alloc(a, extents + e->canonical.n + e->vary_spec.n + e->vary_values.n +
	                        e->head.n + e->body.n + 1);
	if (at == NULL)
		return ERR_NOMEM;
	if (extents != 0) {
		memcpy(at, e->extents, extents);
		e->extents = (const struct store_extent *)(const void *)at;
		at += extents;
	}
	e->canonical = store_copy(&at, e->canonical);
	e->vary_spec = store_copy(&at, e->vary_spec);
	e->vary_values = store_copy(&at, e->vary_values);
	e->head = store_copy(&at, e->head);
	if (e->body.p != NULL)
		e->body = store_copy(&at, e->body);
	e->kept = true;
	return 0;
}

uint64_t store_commits(void)
{
	return store_attached ? lookup_commits() : 0;
}

/* ---- bodies ---- */

int store_body_open(struct store_body *b, const struct store_entry *e)
{
	return body_open(b, e);
}
int store_body_open_flight(struct store_body *b, struct flight_ref *f)
{
	return body_open_flight(b, f);
}
ssize_t store_body_lend(struct store_body *b, uint64_t off, uint64_t want, struct iovec *v, int max,
                        bool *this_turn)
{
	return body_lend(b, off, want, v, max, this_turn);
}
ssize_t store_body_read(struct store_body *b, uint64_t off, void *p, size_t n)
{
	return body_read(b, off, p, n);
}
void store_body_passed(struct store_body *b, uint64_t off)
{
	body_passed(b, off);
}
void store_body_close(struct store_body *b)
{
	body_close(b);
}

struct store_writer *store_write_open(struct flight_ref *f, const struct store_key *key,
                                      const struct store_new *n, const char **why)
{
	return write_open(f, key, n, why);
}
int store_write(struct store_writer *w, const void *p, size_t n, struct store_wait *wake)
{
	return write_bytes(w, p, n, wake);
}
uint64_t store_written(const struct store_writer *w)
{
	return write_written(w);
}
int store_write_finish(struct store_writer *w)
{
	return write_finish(w);
}
void store_write_abort(struct store_writer *w, int err, const char *why)
{
	write_abort(w, err, why);
}

/* ---- changes ---- */

int store_refresh(const struct store_entry *e, const struct store_meta *meta, struct str head)
{
	struct store_entry r = *e;

	CHECK_OBJ(e, STORE_ENTRY_MAGIC);
	if (!store_open)
		return ERR_GONE;
	/* The keeper takes numbers and head; the body and where it lies stay as its row has them.
	 */
	r.meta = *meta;
	r.head = head;
	r.extents = NULL;
	r.extent_count = 0;
	r.body = STR_NONE;
	r.body_len = 0;
	return publish_refresh(&r);
}

int store_purge(const struct store_key *key, bool soft)
{
	if (!store_open)
		return ERR_GONE;
	/* First the mark, then the record (publish.pml, BREAK_NO_PURGE_MARK,
	 * BREAK_MARK_AFTER_RECORD). */
	if (!soft)
		store_note_purge(&key->pk);
	flight_table_purge(&key->pk);
	return publish_purge(&key->pk, soft);
}

int store_purge_all(void)
{
	if (!store_attached)
		return ERR_GONE;
	/* Flights that run under the old keys are found by nobody any more; the keeper keeps the
	 * number. */
	__atomic_add_fetch(&shared_head()->generation, 1, __ATOMIC_SEQ_CST);
	publish_hurry();
	return 0;
}

int store_purge_host(struct str host)
{
	if (!store_attached)
		return ERR_GONE;
	host_purge(host);
	publish_hurry();
	return 0;
}

/* Tag in the upper 24 bits, reason, wall second of its end in the lower half: one word, so never
 * torn. */
void store_hit_for_miss(const struct store_key *key, unsigned secs, uint8_t reason)
{
	uint64_t until = (uint32_t)(clock_wall() + secs);

	if (store_attached)
		__atomic_store_n(shared_hfm(key->pk.h[1]),
		                 (key->pk.h[0] >> 40 << 40) | (uint64_t)reason << 32 | until,
		                 __ATOMIC_RELAXED);
}

uint8_t store_hit_for_miss_reason(const struct store_key *key)
{
	return store_attached
	           ? (uint8_t)(__atomic_load_n(shared_hfm(key->pk.h[1]), __ATOMIC_RELAXED) >> 32)
	           : 0;
}

bool store_is_hit_for_miss(const struct store_key *key)
{
	uint64_t v;

	if (!store_attached)
		return false;
	v = __atomic_load_n(shared_hfm(key->pk.h[1]), __ATOMIC_RELAXED);
	return v >> 40 == key->pk.h[0] >> 40 && (uint32_t)v > (uint32_t)clock_wall();
}

uint32_t store_check_ask(void)
{
	uint32_t number;

	if (!store_attached)
		return 0;
	number = __atomic_add_fetch(&shared_head()->check_asked, 1, __ATOMIC_SEQ_CST);
	wake_send(SLOT_KEEPER);
	return number;
}

int store_check_result(uint32_t number, char *out, size_t n)
{
	const struct shared_head *h = shared_head();

	out[0] = '\0';
	if (number == 0 || number > SHARED_GET(h->check_asked))
		return ERR_NOTFOUND;
	if (SHARED_GET(h->check_ended) < number)
		return ERR_AGAIN;
	snprintf(out, n, "%.*s", (int)sizeof h->check_text, h->check_text);
	return h->check_result == 0 ? 0 : ERR_BAD;
}

void store_status_get(struct store_status *out)
{
	shared_map();
	*out = *shared_status();
	out->commits = SHARED_GET(shared_head()->commits);
	out->epoch = SHARED_GET(shared_head()->epoch);
	out->durable_epoch = SHARED_GET(shared_head()->durable_epoch);
	out->open = SHARED_GET(shared_head()->open) != 0;
}
