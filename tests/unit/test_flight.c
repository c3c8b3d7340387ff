/* test_flight.c - running fetches: followers here and in other processes, deaths, purges, refreshes.
 *
 * Each follower checks every byte that it gets while the owner still writes. */
#include "unit_store.h"

#define MB (1ull << 20)

static void flight_begin(void)
{
	world_begin(64 * MB);
	world_keeper_start();
	CU_ASSERT_EQUAL(world->ready, 1);
}

static void flight_end(void)
{
	CU_ASSERT_EQUAL(flight_table_attach(), 0);
	CU_ASSERT_EQUAL(flight_table_used(), 0);
	CU_ASSERT_EQUAL(world_account(), 0);
	CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	CU_ASSERT_EQUAL(world->bad, 0);
	if (world->bad != 0)
		printf("note: %s\n", world->note);
	world_end();
}

static void flight_wrong(const char *what, int n, int rc)
{
	world->bad++;
	snprintf(world->note, sizeof world->note, "%s %d: %s", what, n, err_text(rc));
}

/* ---- a follower that reads as it is told that something moved ---- */

struct follower {
	struct flight_ref f;
	struct store_body body;
	struct arena arena;
	struct store_entry head;
	bool opened, ended;
	uint64_t seed, at;
	int rc;
	bool lend;
};

static void follow(struct follower *w)
{
	static char copy[50000];
	struct iovec v[3];
	bool this_turn;
	ssize_t n;

	if (w->ended)
		return;
	if (!w->opened) {
		w->rc = flight_head(&w->f, &w->arena, &w->head);
		if (w->rc == 0)
			w->rc = store_body_open_flight(&w->body, &w->f);
		w->ended = w->rc != 0 && w->rc != ERR_AGAIN;
		w->opened = w->rc == 0;
		w->seed = (uint64_t)w->head.meta.request_time;
		if (w->rc != 0)
			return;
	}
	for (;;) {
		n = w->lend ? store_body_lend(&w->body, w->at, sizeof copy, v, 3, &this_turn)
			    : store_body_read(&w->body, w->at, copy, sizeof copy);
		if (n <= 0)
			break;
		for (ssize_t i = 0, left = n; w->lend && left > 0; left -= (ssize_t)v[i++].iov_len)
			if (!world_right(w->seed, w->at + (uint64_t)(n - left), v[i].iov_base, v[i].iov_len))
				flight_wrong("lent bytes", (int)w->at, 0);
		if (!w->lend && !world_right(w->seed, w->at, copy, (size_t)n))
			flight_wrong("bytes", (int)w->at, 0);
		w->at += (uint64_t)n;
		store_body_passed(&w->body, w->at);
	}
	w->rc = (int)n;
	w->ended = n != ERR_AGAIN;
}

static void follower_told(struct flight_ref *f) { follow(CONTAINER_OF(f, struct follower, f)); }

static bool follower_start(struct follower *w, int n, bool lend)
{
	struct store_key key;

	memset(w, 0, sizeof *w);
	arena_init(&w->arena, 0);
	w->f.on_change = follower_told;
	w->body.wait.wake = world_waited;
	w->lend = lend;
	world_key(n, &key);
	if (flight_join(&key, NULL, NULL, store_commits(), false, &w->f) != FLIGHT_FOLLOWER)
		return false;
	follow(w);
	return true;
}

static void follower_end(struct follower *w)
{
	if (w->opened)
		store_body_close(&w->body);
	flight_leave(&w->f);
	arena_fini(&w->arena);
}

/* ---- an owner that writes slowly ---- */

static const uint64_t lengths[] = {0, 1500, 10000, 40000, 300000, 3000000};
#define LENGTHS ((int)COUNT_OF(lengths))

static bool wait_at_half; /* until somebody else sets the step to 100 */

static void write_slowly(int n, uint64_t len, bool known, bool local)
{
	static char piece[400000];
	struct flight_ref f = {.on_change = NULL};
	struct follower here;
	struct store_wait wait = {.wake = world_waited};
	struct store_key key;
	struct store_new made = {.meta = {.status = 200, .request_time = 1000 + n},
	    .head = STR_INIT("\x01\x01\x00x"),
	    .body_len = known ? len : STORE_UNKNOWN};
	struct store_writer *w;
	const char *why;
	size_t step = (size_t)(len / 20 + 1);
	bool follows;

	world_key(n, &key);
	while (flight_join(&key, NULL, NULL, store_commits(), true, &f) == FLIGHT_AGAIN)
		;
	world->step++;
	follows = local && follower_start(&here, n, n % 2 == 0);
	for (int i = 0; i < 10; i++)
		world_turn(2);
	w = store_write_open(&f, &key, &made, &why);
	if (w == NULL) {
		flight_wrong(why, n, 0);
		return;
	}
	for (uint64_t at = 0; at < len;) {
		size_t m = (size_t)MIN((uint64_t)step, len - at);

		world_bytes(1000 + (uint64_t)n, at, piece, m);
		if (store_write(w, piece, m, &wait) == 0)
			at += m;
		world_turn(3);
		if (wait_at_half && at > len / 2 && world->step < 50)
			world->step = 50;
		while (world->step >= 50 && world->step < 100)
			world_turn(1);
	}
	if (store_write_finish(w) != 0)
		flight_wrong("finish", n, 0);
	if (follows) {
		for (int i = 0; i < 200 && !here.ended; i++)
			world_turn(2);
		if (here.rc != 0 || here.at != len)
			flight_wrong("local follower", n, here.rc);
		follower_end(&here);
		world->good++;
	}
	flight_leave(&f);
	world_turn(0);
}

static void do_own(int known)
{
	for (int i = 0; i < LENGTHS; i++)
		write_slowly(known * 100 + i, lengths[i], known != 0, true);
	world_committed();
}

static void do_follow(int known)
{
	for (int i = 0; i < LENGTHS; i++) {
		struct follower w;
		bool joined = false;

		for (int t = 0; t < 2000 && !joined; t++) {
			joined = follower_start(&w, known * 100 + i, i % 2 != 0);
			world_turn(joined ? 0 : 1);
		}
		if (!joined) {
			flight_wrong("join", i, 0);
			continue;
		}
		for (int t = 0; t < 1000 && !w.ended; t++)
			world_turn(5);
		if (w.rc != 0 || w.at != lengths[i])
			flight_wrong("remote follower", i, w.rc);
		else
			world->good++;
		follower_end(&w);
	}
}

static void follow_in_all(int known)
{
	pid_t a, b, c;

	flight_begin();
	b = world_worker(1, do_follow, known);
	c = world_worker(2, do_follow, known);
	a = world_worker(0, do_own, known);
	CU_ASSERT_EQUAL(world_worker_end(0, a), 0);
	CU_ASSERT_EQUAL(world_worker_end(1, b), 0);
	CU_ASSERT_EQUAL(world_worker_end(2, c), 0);
	CU_ASSERT_EQUAL(world->good, 3 * LENGTHS);
	flight_end();
}

static void test_follow_known(void) { follow_in_all(1); }
static void test_follow_unknown(void) { follow_in_all(0); }

/* ---- the owner dies ---- */

static void do_own_for_ever(int n)
{
	write_slowly(n, 100 * MB / 16, false, false);
	for (;;)
		world_turn(100);
}

static void do_follow_dead(int n)
{
	struct follower w;
	const char *why;
	uint64_t seed;

	while (!follower_start(&w, n, true))
		world_turn(1);
	world->step++;
	for (int t = 0; t < 2000 && !w.ended; t++)
		world_turn(5);
	if (w.rc != ERR_GONE || flight_state_of(&w.f) != FLIGHT_FAILED ||
	    flight_error(&w.f, &why) != ERR_GONE || why[0] == '\0')
		flight_wrong("death was not told", n, w.rc);
	follower_end(&w);
	/* One of them starts again, as the owner. */
	if (world_put(n, 5, 20000, true, 5000) != 0)
		flight_wrong("start again", n, 0);
	world_committed();
	if (world_get(n, &seed, true) != 0 || seed != 5)
		flight_wrong("get", n, 0);
}

static void test_owner_dies(void)
{
	pid_t owner, follower;

	flight_begin();
	owner = world_worker(0, do_own_for_ever, 1);
	follower = world_worker(1, do_follow_dead, 1);
	for (int i = 0; i < 1000 && world->step < 2; i++)
		world_sleep(5);
	world_sleep(50);
	kill(owner, SIGKILL);
	CU_ASSERT(world_worker_end(0, owner) > 0);
	CU_ASSERT_EQUAL(world_worker_end(1, follower), 0);
	flight_end();
}

/* ---- purge against a running flight of another worker ---- */

static void do_purge(int n)
{
	struct store_key key;

	while (world->step < 50)
		world_turn(1);
	world_key(n, &key);
	if (store_purge(&key, false) != 0)
		flight_wrong("purge", n, 0);
	world_committed();
	world->step = 100;
}

static void do_own_purged(int n)
{
	uint64_t seed;

	wait_at_half = true;
	write_slowly(n, 200000, true, true); /* the local follower gets all of it */
	world_committed();
	/* It misses (what was purged is hidden at once), and it has no row either. */
	if (world_get(n, &seed, true) != ERR_NOTFOUND || shared_status()->objects != 0)
		flight_wrong("a purged flight was kept", n, 0);
	if (world_put(n, 7, 3000, true, 3000) != 0)
		flight_wrong("put after purge", n, 0);
	world_committed();
	if (world_get(n, &seed, true) != 0 || seed != 7)
		flight_wrong("get after purge", n, 0);
}

static void test_purge(void)
{
	pid_t owner, purger;

	flight_begin();
	owner = world_worker(0, do_own_purged, 3);
	purger = world_worker(1, do_purge, 3);
	CU_ASSERT_EQUAL(world_worker_end(0, owner), 0);
	CU_ASSERT_EQUAL(world_worker_end(1, purger), 0);
	CU_ASSERT_EQUAL(world->good, 1);
	flight_end();
}

/* ---- ends without a body ---- */

static int told;
static void count_told(struct flight_ref *f)
{
	(void)f;
	told++;
}

static void claim(int n, struct flight_ref *f)
{
	struct store_key key;

	world_key(n, &key);
	f->on_change = count_told;
	while (flight_join(&key, NULL, NULL, store_commits(), true, f) == FLIGHT_AGAIN)
		;
	if (!f->owner)
		flight_wrong("claim", n, 0);
}

static void join(int n, struct flight_ref *f)
{
	struct store_key key;

	world_key(n, &key);
	f->on_change = count_told;
	if (flight_join(&key, NULL, NULL, store_commits(), true, f) != FLIGHT_FOLLOWER)
		flight_wrong("join", n, 0);
}

static void do_ends(int arg)
{
	struct flight_ref o, a, b;
	struct store_entry e;
	struct store_key key;
	struct store_meta meta;
	struct arena arena;
	const char *why;

	(void)arg;
	arena_init(&arena, 0);
	claim(1, &o);
	join(1, &a);
	join(1, &b);
	if (flight_followers(&o) != 2 || flight_head(&a, &arena, &e) != ERR_AGAIN)
		flight_wrong("waiting", 1, 0);
	flight_uncacheable(&o);
	if (told != 0)
		flight_wrong("told from inside", told, 0);
	world_turn(0);
	if (told != 2 || flight_state_of(&a) != FLIGHT_UNCACHEABLE || flight_head(&a, &arena, &e) != ERR_GONE)
		flight_wrong("uncacheable", told, 0);
	flight_leave(&o);
	flight_leave(&a);
	flight_leave(&b);
	flight_leave(&b); /* twice does no harm */

	claim(1, &o);
	join(1, &a);
	flight_fail(&o, ERR_TIMEOUT, "no answer");
	claim(1, &b); /* a failed one is joined by nobody */
	flight_leave(&o);
	if (flight_error(&a, &why) != ERR_TIMEOUT || strcmp(why, "no answer") != 0)
		flight_wrong("failed", 1, 0);
	flight_leave(&a);
	flight_uncacheable(&b);
	flight_leave(&b);

	/* A validated entry is served with its new head before the keeper has committed it, and joined by others. */
	for (int size = 100; size <= 20100; size += 20000) {
		if (world_put(2, 9, (uint64_t)size, true, 20000) != 0)
			flight_wrong("put", size, 0);
		world_committed();
		world_key(2, &key);
		if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT)
			flight_wrong("lookup", size, 0);
		store_entry_keep(&e, &arena);
		claim(2, &o);
		join(2, &a);
		meta = e.meta;
		meta.fresh_secs = 77;
		if (store_refresh(&e, &meta, STR("\x01\x01\x00y")) != 0)
			flight_wrong("refresh", size, 0);
		flight_refreshed(&o, &e, &meta, STR("\x01\x01\x00y"));
		join(2, &b);
		if (flight_state_of(&a) != FLIGHT_REFRESHED || flight_head(&b, &arena, &e) != 0 ||
		    e.meta.fresh_secs != 77 || e.body_len != (uint64_t)size)
			flight_wrong("refreshed", size, 0);
		else {
			struct store_body body;

			if (store_body_open(&body, &e) != 0 || world_read(&body, 9, (uint64_t)size, false) != 0)
				flight_wrong("body of a refreshed one", size, 0);
			store_body_close(&body);
		}
		flight_leave(&o);
		flight_leave(&b);
		world_committed();
		if (flight_state_of(&a) != FLIGHT_COMMITTED)
			flight_wrong("not committed", size, 0);
		flight_leave(&a);
		if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT || e.meta.fresh_secs != 77)
			flight_wrong("lookup after refresh", size, 0);
		world_turn(0);
	}
	/* A body that is cut is never kept. */
	claim(4, &o);
	world_key(4, &key);
	join(4, &a);
	{
		struct store_new made = {.meta = {.status = 200}, .body_len = 5000};
		struct store_writer *w = store_write_open(&o, &key, &made, &why);

		if (w == NULL || store_write(w, "abc", 3, NULL) != 0 || store_write_finish(w) == 0)
			flight_wrong("short body", 4, 0);
	}
	if (flight_state_of(&a) != FLIGHT_FAILED)
		flight_wrong("short body", 4, 0);
	flight_leave(&o);
	flight_leave(&a);
	world_committed();
	if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_MISS)
		flight_wrong("short body is kept", 4, 0);
}

static void test_ends(void)
{
	flight_begin();
	CU_ASSERT_EQUAL(world_run(0, do_ends, 0), 0);
	flight_end();
}

/* ---- a full table ---- */

static void do_fill_table(int arg)
{
	static struct flight_ref f[FLIGHT_TABLE_ROWS];
	static char long_name[20000];
	struct flight_ref more = {.on_change = NULL};
	struct store_key key;

	(void)arg;
	for (int n = 0; n < (int)FLIGHT_TABLE_ROWS; n++)
		claim(n, &f[n]);
	world_key(-1, &key);
	if (flight_join(&key, NULL, NULL, store_commits(), true, &more) != FLIGHT_FULL)
		flight_wrong("full", 0, 0);
	for (int n = 0; n < (int)FLIGHT_TABLE_ROWS; n++) {
		flight_uncacheable(&f[n]);
		flight_leave(&f[n]);
	}
	memset(long_name, 'x', sizeof long_name);
	store_key_make((struct str){long_name, sizeof long_name}, &key);
	if (flight_join(&key, NULL, NULL, store_commits(), true, &more) != FLIGHT_FULL)
		flight_wrong("long key", 0, 0);
}

static void test_full(void)
{
	flight_begin();
	CU_ASSERT_EQUAL(world_run(0, do_fill_table, 0), 0);
	flight_end();
}

/* ---- many owners and followers, killed at random ---- */

static void do_storm(int seed)
{
	uint64_t r = (uint64_t)seed;

	for (;;) {
		int n = (int)((r = world_mix(r + 1)) % 8);
		struct follower w;

		if (follower_start(&w, n, r % 2 == 0)) {
			for (int t = 0; t < 1000 && !w.ended; t++)
				world_turn(2);
			if (!w.ended)
				flight_wrong("lost wake", n, w.rc);
			else if (w.rc == 0)
				world->good++;
			follower_end(&w);
		} else if (r % 3 == 0) {
			world_put(n, r, 1000 + r % 100000, r % 2 == 0, 7000);
		} else {
			struct flight_ref f = {.on_change = NULL};
			struct store_key key;

			world_key(n, &key);
			if (flight_join(&key, NULL, NULL, store_commits(), true, &f) == FLIGHT_OWNER) {
				struct store_new made = {.meta = {.request_time = (int64_t)r},
				    .head = STR_INIT("\x01\x01\x00x"),
				    .body_len = STORE_UNKNOWN};
				const char *why;
				struct store_writer *o = store_write_open(&f, &key, &made, &why);
				static char piece[5000];

				for (uint64_t at = 0; o != NULL && at < 50000; at += sizeof piece) {
					world_bytes(r, at, piece, sizeof piece);
					if (store_write(o, piece, sizeof piece, NULL) != 0)
						break;
					world_turn(1);
				}
				if (o != NULL)
					store_write_finish(o);
			}
			flight_leave(&f);
		}
		world_turn(0);
	}
}

static void test_storm(void)
{
	pid_t pid[3];

	flight_begin();
	for (int i = 0; i < 3; i++)
		pid[i] = world_worker(i, do_storm, i);
	for (int i = 0; i < 24; i++) {
		int slot = i % 3;

		world_sleep(30 + (int)(world_mix((uint64_t)i) % 60));
		kill(pid[slot], SIGKILL);
		CU_ASSERT(world_worker_end(slot, pid[slot]) > 0);
		pid[slot] = world_worker(slot, do_storm, 100 + i);
	}
	for (int i = 0; i < 3; i++) {
		kill(pid[i], SIGKILL);
		CU_ASSERT(world_worker_end(i, pid[i]) > 0);
	}
	CU_ASSERT(world->good > 10);
	flight_end();
}

UNIT_MAIN("flight", {"followers, known length", test_follow_known},
    {"followers, unknown length", test_follow_unknown}, {"the owner dies", test_owner_dies},
    {"purge of a running one", test_purge}, {"ends", test_ends}, {"full table", test_full},
    {"storm", test_storm})
