/* test_store_faults.c - the store through starts, deaths, damage and slow readers; processes as in
 * test_store.c. */
#include "unit_store.h"

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

UNIT_MAIN("store_faults", {"restart in the same boot", test_restart_same_boot},
          {"clean stop", test_clean_stop}, {"loss of power", test_power_loss},
          {"keeper killed", test_keeper_killed}, {"worker killed", test_worker_killed},
          {"reuse under slow readers", test_reuse}, {"damaged body", test_damaged_body},
          {"damaged index", test_damaged_index}, {"resize", test_resize})
