/* test_store.c - the whole store: a keeper and workers as processes over a folder of their own. */
#include "unit_store.h"

static const uint64_t test_sizes[] = {0, 1, 1500, 2000, 2001, 10000, 16320, 16321, 65536, 300000, 5000000};

static void do_put_get(int base)
{
	uint64_t seed;

	for (unsigned i = 0; i < COUNT_OF(test_sizes); i++) {
		int rc = world_put(base + (int)i, 100 + i, test_sizes[i], i % 2 == 0, 3000 + 5000 * i);

		if (rc != 0) {
			fprintf(stderr, "put %llu: %s %s\n", (unsigned long long)test_sizes[i], err_text(rc),
			    world->note);
			world->bad++;
		}
		world_turn(0);
	}
	world_committed();
	for (unsigned i = 0; i < COUNT_OF(test_sizes); i++) {
		int rc = world_get(base + (int)i, &seed, i % 2 != 0);

		if (rc != 0 || seed != 100 + i) {
			fprintf(stderr, "size %llu: %s\n", (unsigned long long)test_sizes[i], err_text(rc));
			world->bad++;
		}
	}
}

static void test_put_get(void)
{
	world_begin(64 << 20);
	world_keeper_start();
	CU_ASSERT(world->ready == 1);
	CU_ASSERT(world_run(0, do_put_get, 0) == 0);
	CU_ASSERT(world->bad == 0);
	CU_ASSERT(world_account() == 0);
	CU_ASSERT(world_keeper_stop(SIGTERM) == 0);
	world_end();
}

UNIT_MAIN("store", {"put and get", test_put_get})
