/* test_store.c - the whole store: a keeper and workers as processes over a folder of their own.
 *
 * Bodies tell by their bytes which ones they are, so each one that is read is checked whole. The
 * orderings that matter are checked by models (see segment.h, flight_table.c, keep.c); here they
 * are met by chance, with kills. Each test asks keep_account() whether everything adds up. */
#include "unit_store.h"

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

UNIT_MAIN("store", {"put and get", test_put_get}, {"eviction", test_eviction},
          {"smallest store", test_smallest}, {"index pressure", test_index_pressure},
          {"replace, refresh, purge", test_changes}, {"Vary", test_vary},
          {"hashes that collide", test_collide})
