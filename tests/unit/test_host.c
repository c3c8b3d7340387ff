/* test_host.c - purge of a host: its keys are others from then on, in all processes and after restarts; those of
 * other hosts stay. */
#include "unit_store.h"

/* What the processes of a test find; shared. */
struct found {
	struct digest_128 before[4], after[4];
};
static struct found *found;

static const struct {
	struct str canonical;
	bool purged;
} rows[] = {
    {STR_INIT("1\0G\0http\0a.example:80\0/x\0\0"), true},
    {STR_INIT("1\0G\0https\0a.example:8443\0/y:80\0\0"), true},
    {STR_INIT("1\0G\0http\0b.a.example:80\0/x\0\0"), false},
    {STR_INIT("1\0G\0http\0[::1]:80\0/a.example:80\0\0"), false},
};

static void read_keys(struct digest_128 *to)
{
	struct store_key key;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		store_key_make(rows[i].canonical, &key);
		to[i] = key.pk;
	}
}

static void do_purge(int unused)
{
	(void)unused;
	read_keys(found->before);
	AZ(store_purge_host(STR("a.example")));
	read_keys(found->after);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if ((memcmp(&found->before[i], &found->after[i], sizeof found->after[i]) != 0) !=
		    rows[i].purged)
			world->bad++;
	world_committed();
}

static void do_compare(int unused)
{
	struct digest_128 now[4];

	(void)unused;
	read_keys(now);
	if (memcmp(now, found->after, sizeof now) != 0)
		world->bad++;
}

static void do_purge_again(int unused)
{
	(void)unused;
	AZ(store_purge_host(STR("a.example")));
	read_keys(found->after);
	for (size_t i = 0; i < 2; i++)
		if (memcmp(&found->before[i], &found->after[i], sizeof found->after[i]) == 0)
			world->bad++;
}

static void test_purge(void)
{
	found = mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	AN(found != MAP_FAILED);
	world_begin(64ull << 20);
	world_keeper_start();
	CU_ASSERT_EQUAL(world->ready, 1);
	CU_ASSERT_EQUAL(world_run(0, do_purge, 0), 0);
	CU_ASSERT_EQUAL(world_run(1, do_compare, 0), 0);
	/* Shared memory dies with a killed keeper: what was committed stands. */
	kill(world_keeper, SIGKILL);
	world_reap(world_keeper);
	world_memory();
	world_keeper_start();
	CU_ASSERT_EQUAL(world_run(0, do_compare, 0), 0);
	/* A clean stop commits what waits. */
	CU_ASSERT_EQUAL(world_run(0, do_purge_again, 0), 0);
	CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	world_memory();
	world_keeper_start();
	CU_ASSERT_EQUAL(world_run(0, do_compare, 0), 0);
	CU_ASSERT_EQUAL(world_account(), 0);
	CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	CU_ASSERT_EQUAL(world->bad, 0);
	world_end();
	munmap(found, sizeof *found);
}

UNIT_MAIN("host", {"purge", test_purge})
