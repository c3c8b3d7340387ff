/* test_store.c - the whole store: a keeper and workers as processes over a folder of their own.
 *
 * Bodies tell by their bytes which ones they are, so each one that is read is checked whole. The
 * orderings that matter are checked by models (see segment.h, flight_table.c, keep.c); here they
 * are met by chance, with kills. Each test asks keep_account() whether everything adds up. */
#include "unit_store.h"

#define MB (1ull << 20)

static void begin(uint64_t size)
{
	world_begin(size);
	world_keeper_start();
	CU_ASSERT_EQUAL(world->ready, 1);
}

static void end(void)
{
	CU_ASSERT_EQUAL(world_account(), 0);
	CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	CU_ASSERT_EQUAL(world->bad, 0);
	if (world->bad != 0)
		printf("note: %s\n", world->note);
	world_end();
}

static void wrong(const char *what, int n, int rc)
{
	world->bad++;
	snprintf(world->note, sizeof world->note, "%s %d: %s", what, n, err_text(rc));
}

/* ---- put and get ---- */

static const uint64_t sizes[] = {0,     1,     1500,  2000,   2001,   10000,
                                 16320, 16321, 65536, 300000, 5000000};

static void do_get_sizes(int base)
{
	uint64_t seed;

	for (int i = 0; i < (int)COUNT_OF(sizes); i++) {
		int rc = world_get(base + i, &seed, i % 2 != 0);

		if (rc != 0 || seed != 100 + (uint64_t)i)
			wrong("get", i, rc);
	}
}

static void do_put_sizes(int known)
{
	for (int i = 0; i < (int)COUNT_OF(sizes); i++) {
		int rc = world_put(known * 100 + i, 100 + (uint64_t)i, sizes[i], known != 0,
		                   (size_t)(3000 + 5000 * i));

		if (rc != 0)
			wrong("put", i, rc);
		world_turn(0);
	}
	world_committed();
	do_get_sizes(known * 100);
}

static void test_put_get(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_put_sizes, 0), 0);
	CU_ASSERT_EQUAL(world_run(1, do_put_sizes, 1), 0);
	CU_ASSERT_EQUAL(world_run(2, do_get_sizes, 100), 0);
	end();
}

/* ---- eviction ---- */

static uint64_t size_of(int n)
{
	uint64_t x = world_mix((uint64_t)n + 77), kind = x % 20;

	x >>= 8;
	if (kind < 8)
		return x % 2100;
	if (kind < 14)
		return 2000 + x % 15000;
	return kind < 19 ? 17000 + x % 300000 : 500000 + x % 3000000;
}

/* Stores `count` objects and reads old ones between; what is found must be right. */
static void churn(int base, int count)
{
	uint64_t seed;

	for (int i = 0; i < count; i++) {
		int n = base + i, rc = world_put(n, (uint64_t)n, size_of(n), i % 3 != 0, 70000);

		if (rc == 0)
			world->put++;
		else if (rc != ERR_FULL && rc != ERR_LIMIT) /* no spare; too large */
			wrong("put", n, rc);
		for (int j = 0; j < 3; j++) {
			int old =
			    base + (int)(world_mix((uint64_t)(i * 7 + j)) % (uint64_t)(i + 1));

			rc = world_get(old, &seed, j == 1);
			if (rc == 0 && seed == (uint64_t)old)
				world->good++;
			else if (rc == ERR_NOTFOUND)
				world->missing++;
			else
				wrong("get", old, rc);
		}
	}
	world_committed();
}

static void do_churn(int base)
{
	churn(base, 700);
}

static void test_eviction(void)
{
	pid_t a, b;

	begin(64 * MB);
	a = world_worker(0, do_churn, 0);
	b = world_worker(1, do_churn, 1000000);
	CU_ASSERT_EQUAL(world_worker_end(0, a), 0);
	CU_ASSERT_EQUAL(world_worker_end(1, b), 0);
	CU_ASSERT(world->put > 1000);
	CU_ASSERT(world->good > 200);
	CU_ASSERT(world->missing > 200);
	end();
}

static void test_smallest(void)
{
	begin(16 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_churn, 0), 0);
	CU_ASSERT(world->put > 400);
	CU_ASSERT(world->good > 20);
	end();
}

/* Rows alone fill the index: the oldest go, nothing fails. */
static void do_tiny(int count)
{
	uint64_t seed;

	for (int n = 0; n < count; n++) {
		int rc = world_put(n, (uint64_t)n, 1000, true, 1000);

		if (rc == 0)
			world->put++;
		if (n % 64 == 0)
			world_turn(0);
		if (n % 1000 == 999)
			world_committed();
	}
	world_committed();
	for (int n = count - 100; n < count; n++)
		if (world_get(n, &seed, false) == 0)
			world->good++;
	if (world_get(0, &seed, false) != ERR_NOTFOUND)
		wrong("get", 0, 0);
}

static void test_index_pressure(void)
{
	begin(16 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_tiny, 12000), 0);
	CU_ASSERT(world->put > 11000);
	CU_ASSERT(world->good > 90);
	end();
}

/* ---- changes ---- */

static void do_changes(int arg)
{
	uint64_t seed = 0;
	struct store_entry e;
	struct store_key key;
	struct arena a;
	struct store_meta meta;

	(void)arg;
	arena_init(&a, 0);
	for (uint64_t version = 1; version <= 3; version++) {
		if (world_put(1, version, 1000 * version * version * version, true, 4096) != 0)
			wrong("put", 1, 0);
		world_committed();
		if (world_get(1, &seed, true) != 0 || seed != version)
			wrong("replaced", (int)version, 0);
	}
	world_key(1, &key);
	/* A refresh changes numbers and head, not the body. */
	if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT)
		wrong("lookup", 1, 0);
	meta = e.meta;
	meta.fresh_secs = 4711;
	if (store_refresh(&e, &meta, STR("\x02\x03\x00new")) != 0)
		wrong("refresh", 1, 0);
	world_committed();
	if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT || e.meta.fresh_secs != 4711 ||
	    !str_eq(e.head, STR("\x02\x03\x00new")) || world_get(1, &seed, false) != 0 || seed != 3)
		wrong("refreshed", 1, 0);
	/* A refresh of another body is not taken. */
	e.bid++;
	meta.fresh_secs = 1;
	store_refresh(&e, &meta, STR(""));
	world_committed();
	if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT || e.meta.fresh_secs != 4711)
		wrong("refresh of another", 1, 0);
	world_turn(0);
	store_purge(&key, true);
	world_committed();
	if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT ||
	    (e.meta.flags & STORE_META_STALE) == 0)
		wrong("soft purge", 1, 0);
	world_turn(0);
	store_purge(&key, false);
	world_committed();
	if (world_get(1, &seed, true) != ERR_NOTFOUND)
		wrong("purge", 1, 0);
	world_put(2, 2, 50000, true, 4096);
	world_committed();
	store_purge_all();
	if (world_get(2, &seed, true) != ERR_NOTFOUND)
		wrong("purge all", 2, 0);
	world_key(3, &key);
	store_hit_for_miss(&key, 120, 7);
	if (!store_is_hit_for_miss(&key) || store_hit_for_miss_reason(&key) != 7 ||
	    store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT_FOR_MISS)
		wrong("hit for miss", 3, 0);
	world_key(2, &key);
	if (store_is_hit_for_miss(&key))
		wrong("hit for miss", 2, 0);
}

static void test_changes(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_changes, 0), 0);
	end();
}

/* ---- Vary ---- */

static struct str language;
static int by_language(struct str spec, struct str *values, void *arg)
{
	(void)arg;
	if (!str_eq(spec, STR("accept-language\0")))
		return ERR_BAD;
	*values = language;
	return 0;
}

static void put_variant(struct str lang, uint64_t seed)
{
	static struct flight_ref f;
	struct store_key key;
	struct store_writer *w;
	struct store_new made = {.meta = {.status = 200, .request_time = (int64_t)seed},
	                         .vary_spec = STR("accept-language\0"),
	                         .vary_values = lang,
	                         .body_len = 3000};
	char body[3000];
	const char *why;

	language = lang;
	world_key(9, &key);
	if (flight_join(&key, by_language, NULL, store_commits(), true, &f) != FLIGHT_OWNER) {
		wrong("claim", (int)seed, 0);
		return;
	}
	w = store_write_open(&f, &key, &made, &why);
	world_bytes(seed, 0, body, sizeof body);
	if (w == NULL || store_write(w, body, sizeof body, NULL) != 0 || store_write_finish(w) != 0)
		wrong("variant", (int)seed, 0);
	flight_leave(&f);
	world_committed();
}

static void check_variant(struct str lang, uint64_t seed)
{
	struct store_key key;
	struct store_entry e;
	enum store_answer answer;

	language = lang;
	world_key(9, &key);
	answer = store_lookup(&key, by_language, NULL, NULL, &e);
	if (seed == 0 ? answer != STORE_MISS
	              : answer != STORE_HIT || e.meta.request_time != (int64_t)seed)
		wrong("variant", (int)seed, 0);
	world_turn(0);
}

static void do_vary(int arg)
{
	struct store_key key;

	(void)arg;
	put_variant(STR("de"), 1);
	put_variant(STR("en"), 2);
	check_variant(STR("de"), 1);
	check_variant(STR("en"), 2);
	check_variant(STR("fr"), 0);
	put_variant(STR("de"), 3);
	check_variant(STR("de"), 3);
	check_variant(STR("en"), 2);
	/* An answer without Vary takes the place of all. */
	if (world_put(9, 4, 100, true, 100) != 0)
		wrong("put", 9, 0);
	world_committed();
	check_variant(STR("fr"), 4);
	put_variant(STR("fr"), 5);
	check_variant(STR("de"), 0);
	world_key(9, &key);
	store_purge(&key, false);
	world_committed();
	check_variant(STR("fr"), 0);
	for (int i = 0; i < 70; i++) { /* at most 64 of one key */
		char name[16];

		snprintf(name, sizeof name, "l%d", i);
		put_variant(str_of(name), 100 + (uint64_t)i);
	}
	/* The oldest have left, no other. */
	check_variant(STR("l5"), 0);
	check_variant(STR("l6"), 106);
	check_variant(STR("l69"), 169);
	put_variant(STR("l6"), 206); /* it takes its own place */
	check_variant(STR("l7"), 107);
	put_variant(STR("l70"), 170);
	check_variant(STR("l7"), 0);
	check_variant(STR("l6"), 206);
	check_variant(STR("l8"), 108);
}

/* A hash that collides must not show one object as another: the whole key and the values are
 * compared. */
static void do_collide(int arg)
{
	static struct flight_ref f;
	struct store_new made = {.meta = {.status = 200},
	                         .head = STR_INIT("\x01\x01\x00x"),
	                         .vary_values = STR_INIT("de"),
	                         .body_len = 0};
	struct store_key key, other;
	struct store_entry e;
	struct store_writer *w;
	const char *why;

	(void)arg;
	if (world_put(1, 1, 100, true, 100) != 0)
		wrong("put", 1, 0);
	world_committed();
	store_key_make(STR("1 GET http example.org:80 /object/2"), &key);
	world_key(1, &other);
	other.canonical = STR("1 GET http example.org:80 /object/2");
	if (store_lookup(&other, NULL, NULL, NULL, &e) != STORE_MISS)
		wrong("another key of the same hash", 1, 0);
	/* A row whose values are not those that its hash stands for. */
	if (flight_join(&key, NULL, NULL, store_commits(), true, &f) != FLIGHT_OWNER)
		wrong("claim", 2, 0);
	w = store_write_open(&f, &key, &made, &why);
	if (w == NULL || store_write_finish(w) != 0)
		wrong("write", 2, 0);
	flight_leave(&f);
	world_committed();
	if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_MISS)
		wrong("other values of the same hash", 2, 0);
	world_turn(0);
}

static void test_collide(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_collide, 0), 0);
	end();
}

static void test_vary(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_vary, 0), 0);
	end();
}

/* ---- starts ---- */

static void do_fill(int base)
{
	for (int n = base; n < base + 100; n++)
		if (world_put(n, (uint64_t)n, size_of(n), true, 60000) == 0)
			world->put++;
	world_committed();
}

static void do_count(int base)
{
	uint64_t seed;

	for (int n = base; n < base + 100; n++) {
		int rc = world_get(n, &seed, n % 2 == 0);

		if (rc == 0 && seed == (uint64_t)n)
			world->good++;
		else if (rc == ERR_NOTFOUND)
			world->missing++;
		else
			wrong("get", n, rc);
	}
}

/* Everything dies, shared memory with it. */
static void all_die(void)
{
	kill(world_keeper, SIGKILL);
	world_reap(world_keeper);
	world_memory();
}

static void test_restart_same_boot(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_fill, 0), 0);
	all_die();
	world_keeper_start();
	CU_ASSERT_EQUAL(world_run(0, do_count, 0), 0);
	CU_ASSERT_EQUAL(world->good, world->put);
	CU_ASSERT(world->put >= 95);
	end();
}

static void test_clean_stop(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_fill, 0), 0);
	CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	world_memory();
	memset(world_boot, 2, sizeof world_boot); /* another boot, but nothing was lost */
	world_keeper_start();
	CU_ASSERT_EQUAL(world_run(0, do_count, 0), 0);
	CU_ASSERT_EQUAL(world->good, world->put);
	end();
}

/* No row is younger than the durable epoch. (An epoch in which nothing was written is never made
 * durable.) */
static bool all_durable(void)
{
	for (uint32_t i = 0; i < SHARED_GET(shared_head()->segment_count); i++)
		if (SHARED_GET(shared_segment(i)->wrote_epoch) >
		    SHARED_GET(shared_head()->durable_epoch))
			return false;
	return true;
}

/* Rows younger than the durable epoch go, older ones stay, embedded ones stay. */
static void test_power_loss(void)
{
	unsigned young = 0;
	uint64_t kept;

	world_epoch_ms = 100;
	begin(200 * MB); /* nothing is evicted */
	CU_ASSERT_EQUAL(world_run(0, do_fill, 0), 0);
	kept = world->put;
	CU_ASSERT(kept > 90);
	for (int i = 0; i < 3000 && !all_durable(); i++)
		world_sleep(10);
	CU_ASSERT(all_durable());
	/* From here no epoch ends. */
	world_keeper_stop(SIGKILL);
	world_epoch_ms = 1000000;
	world_keeper_start();
	CU_ASSERT_EQUAL(world_run(1, do_fill, 1000), 0);
	all_die();
	memset(world_boot, 3, sizeof world_boot);
	world_keeper_start();
	CU_ASSERT_EQUAL(world_run(0, do_count, 0), 0);
	CU_ASSERT_EQUAL(world->good, kept);
	world->good = world->missing = 0;
	CU_ASSERT_EQUAL(world_run(0, do_count, 1000), 0);
	for (int n = 1000; n < 1100; n++)
		young += size_of(n) > STORE_EMBED_MAX;
	CU_ASSERT(world->missing >= young);
	CU_ASSERT_EQUAL(world->good, 100 - young); /* embedded ones need no spare */
	end();
	world_epoch_ms = 200;
}

/* ---- deaths ---- */

/* The keeper is killed again and again while a worker publishes: what was acknowledged is there,
 * nothing comes back. */
static void do_publish_long(int base)
{
	for (int i = 0; i < 2500 && world->step == 0; i++) {
		int n = base + i % 60;

		/* Versions only grow: a replay out of order would bring back an older one. */
		if (world_put(n, (uint64_t)(i * 100 + 1), 500 + (uint64_t)(i % 7) * 4000, true,
		              70000) == 0)
			world->put++;
		world_turn(i % 8 == 0 ? 2 : 0);
	}
	world_committed();
	if (!ring_empty(shared_ring(slot_mine())))
		wrong("ring", base, 0);
}

static void do_check_grown(int base)
{
	static uint64_t last[60];
	uint64_t seed, newest = 0;

	for (int n = 0; n < 60; n++) {
		int rc = world_get(base + n, &seed, true);

		if (rc == 0) {
			world->good++;
			last[n] = seed;
			newest = MAX(newest, seed);
			if ((seed / 100) % 60 != (uint64_t)n)
				wrong("version", n, 0);
		} else if (rc != ERR_NOTFOUND) {
			wrong("get", n, rc);
		}
	}
	/* The last versions of all keys lie within one round, but for those that found no spare. */
	for (int n = 0; n < 60; n++)
		if (last[n] != 0 && last[n] + 60 * 100 * 20 < newest)
			wrong("old version", n, 0);
}

static void test_keeper_killed(void)
{
	pid_t worker;

	begin(64 * MB);
	worker = world_worker(0, do_publish_long, 0);
	for (int i = 0; i < 30; i++) {
		world_sleep(5 + (int)(world_mix((uint64_t)i) % 60));
		world_keeper_stop(SIGKILL);
		world_keeper_start();
		CU_ASSERT_EQUAL(world->ready, 1);
	}
	world->step = 1;
	CU_ASSERT_EQUAL(world_worker_end(0, worker), 0);
	CU_ASSERT(world->put > 100);
	CU_ASSERT_EQUAL(world_run(1, do_check_grown, 0), 0);
	CU_ASSERT(world->good > 50);
	CU_ASSERT_EQUAL(flight_table_attach(), 0);
	CU_ASSERT_EQUAL(flight_table_used(), 0);
	end();
}

static void do_churn_for_ever(int base)
{
	for (int i = 0; i < 100000; i++)
		churn(base + i * 1000, 1000);
}

static void test_worker_killed(void)
{
	begin(64 * MB);
	for (int i = 0; i < 12; i++) {
		int slot = i % 5;
		pid_t pid = world_worker(slot, do_churn_for_ever, i * 1000000);

		world_sleep(60 + (int)(world_mix((uint64_t)i) % 200));
		kill(pid, SIGKILL);
		CU_ASSERT(world_worker_end(slot, pid) > 0);
	}
	CU_ASSERT(world->good > 20);
	CU_ASSERT_EQUAL(flight_table_attach(), 0);
	CU_ASSERT_EQUAL(flight_table_used(), 0);
	for (uint32_t s = 0; s < shared_head()->segment_count; s++)
		CU_ASSERT(!segment_is_pinned(s));
	end();
}

/* ---- segments reused as fast as can be, under readers that are slow ---- */

static void do_reuse(int base)
{
	for (int i = 0; world->step == 0 && i < 1000000; i++) {
		uint64_t len = i % 2 == 0 ? 150000 : 12000;

		if (world_put(base + i % 1000, (uint64_t)(base + i), len, i % 3 != 0, 65536) == 0)
			world->put++;
		world->newest = base + i % 1000;
		world_turn(0);
	}
	world_committed();
}

/* Holds what was lent for a while, then looks at it; goes on piece by piece. */
static void read_slowly(int n)
{
	struct store_wait wait = {.wake = world_waited};
	struct store_entry e;
	struct store_body b;
	struct store_key key;
	struct arena a;
	struct iovec v[2];
	bool this_turn;
	ssize_t got;

	world_key(n, &key);
	if (store_lookup(&key, NULL, NULL, &wait, &e) != STORE_HIT)
		return;
	arena_init(&a, 0);
	AZ(store_entry_keep(&e, &a));
	b.wait.wake = world_waited;
	if (store_body_open(&b, &e) != 0) {
		arena_fini(&a);
		return;
	}
	for (uint64_t at = 0; at < e.body_len;) {
		got = store_body_lend(&b, at, 30000, v, 2, &this_turn);
		world_turn(got == ERR_AGAIN ? 2 : 4);
		if (got == ERR_AGAIN)
			continue;
		if (got == ERR_GONE) /* too many segments were pinned: broken, visibly */
			break;
		if (got <= 0) {
			wrong("slow read", n, (int)got);
			break;
		}
		for (ssize_t i = 0, left = got; left > 0; left -= (ssize_t)v[i++].iov_len)
			if (!world_right((uint64_t)e.meta.request_time, at + (uint64_t)(got - left),
			                 v[i].iov_base, v[i].iov_len))
				wrong("bytes of another", n, 0);
		at += (uint64_t)got;
		store_body_passed(&b, at);
		if (at == e.body_len)
			world->good++;
	}
	store_body_close(&b);
	arena_fini(&a);
}

static void do_read_slowly(int back)
{
	while (world->step == 0) {
		read_slowly(MAX((int)world->newest - back, 0));
		world_turn(0);
	}
}

static void test_reuse(void)
{
	pid_t writer, a, b;

	begin(16 * MB);
	writer = world_worker(0, do_reuse, 0);
	a = world_worker(1, do_read_slowly, 5);
	b = world_worker(2, do_read_slowly, 40);
	world_sleep(3000);
	world->step = 1;
	CU_ASSERT_EQUAL(world_worker_end(0, writer), 0);
	CU_ASSERT_EQUAL(world_worker_end(1, a), 0);
	CU_ASSERT_EQUAL(world_worker_end(2, b), 0);
	CU_ASSERT(world->put > 500); /* several times the whole cache */
	CU_ASSERT(world->good > 20);
	for (uint32_t s = 0; s < shared_head()->segment_count; s++)
		CU_ASSERT(!segment_is_pinned(s));
	end();
}

/* ---- damage ---- */

static void do_damage(int arg)
{
	struct store_entry e;
	struct store_key key;
	char path[200], byte;
	int fd;

	(void)arg;
	if (world_put(1, 1, 9000, true, 9000) != 0 || world_put(2, 2, 9000, true, 9000) != 0)
		wrong("put", 1, 0);
	world_committed();
	world_key(1, &key);
	if (store_lookup(&key, NULL, NULL, NULL, &e) != STORE_HIT || e.extent_count != 1)
		wrong("lookup", 1, 0);
	snprintf(path, sizeof path, "%s/d0/%08x", world_dir, e.extents[0].segment);
	fd = open(path, O_RDWR);
	AN(pread(fd, &byte, 1, (off_t)e.extents[0].offset + 5000) == 1);
	byte ^= 1;
	AN(pwrite(fd, &byte, 1, (off_t)e.extents[0].offset + 5000) == 1);
	close(fd);
	world_turn(0);
}

static void do_find_damage(int arg)
{
	uint64_t seed;

	(void)arg;
	if (world_get(1, &seed, true) != ERR_NOTFOUND || world_get(2, &seed, true) != 0)
		wrong("damaged", 1, 0);
	world_committed();
	if (count_of(slot_mine(), COUNT_store_damaged) != 1)
		wrong("not counted", 1, 0);
}

static void test_damaged_body(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_damage, 0), 0);
	CU_ASSERT_EQUAL(world_run(1, do_find_damage, 0), 0);
	CU_ASSERT_EQUAL(shared_status()->objects, 1);
	end();
}

static void test_damaged_index(void)
{
	char path[200];
	int fd;

	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_fill, 0), 0);
	all_die();
	snprintf(path, sizeof path, "%s/index/data.mdb", world_dir);
	fd = open(path, O_RDWR);
	AN(pwrite(fd, "not a database, not at all.....................", 40, 0) == 40);
	AN(pwrite(fd, "not a database, not at all.....................", 40, 4096) == 40);
	close(fd);
	world_keeper_start();
	CU_ASSERT_EQUAL(world->ready, ERR_BAD + 1);
	world_reap(world_keeper);
	CU_ASSERT_EQUAL(keep_set_aside(&world_opts), 0);
	world_keeper_start();
	CU_ASSERT_EQUAL(world->ready, 1);
	world->put = 0;
	CU_ASSERT_EQUAL(world_run(1, do_fill, 0), 0);
	CU_ASSERT_EQUAL(world_run(0, do_count, 0), 0);
	CU_ASSERT_EQUAL(world->good, world->put);
	end();
}

/* The cache becomes smaller between two runs, and larger again. */
static void test_resize(void)
{
	begin(64 * MB);
	CU_ASSERT_EQUAL(world_run(0, do_churn, 0), 0);
	CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	for (uint64_t size = 32; size <= 96; size *= 3) {
		world_opts.size = size * MB;
		world_memory();
		world_keeper_start();
		CU_ASSERT_EQUAL(world->ready, 1);
		CU_ASSERT_EQUAL(world_account(), 0);
		CU_ASSERT_EQUAL(world_run(0, do_churn, (int)size * 100000), 0);
		CU_ASSERT_EQUAL(world_account(), 0);
		if (size < 96)
			CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	}
	end();
}

UNIT_MAIN("store", {"put and get", test_put_get}, {"eviction", test_eviction},
          {"smallest store", test_smallest}, {"index pressure", test_index_pressure},
          {"replace, refresh, purge", test_changes}, {"Vary", test_vary},
          {"hashes that collide", test_collide},
          {"restart in the same boot", test_restart_same_boot}, {"clean stop", test_clean_stop},
          {"loss of power", test_power_loss}, {"keeper killed", test_keeper_killed},
          {"worker killed", test_worker_killed}, {"reuse under slow readers", test_reuse},
          {"damaged body", test_damaged_body}, {"damaged index", test_damaged_index},
          {"resize", test_resize})
