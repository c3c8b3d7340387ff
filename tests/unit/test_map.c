/* test_map.c - put, get, replace, remove; growth; removal while walking. */
#include "base/map.h"
#include "unit.h"

static int values[5000];

static struct str key_of(int i, char text[32])
{
	return (struct str){text, (size_t)snprintf(text, 32, "key %d", i)};
}

static void basics(void)
{
	struct map m;
	void *old = &m;

	map_init(&m);
	CU_ASSERT(map_get(&m, STR("a")) == NULL);
	CU_ASSERT(map_remove(&m, STR("a")) == NULL);
	CU_ASSERT(map_put(&m, unit_guard_str("a"), &values[1], &old) == 0 && old == NULL);
	CU_ASSERT(map_put(&m, STR("a\0b") /* a NUL is a byte */, &values[2], NULL) == 0);
	CU_ASSERT(map_put(&m, STR_NONE, &values[3], &old) == 0 && old == NULL);
	CU_ASSERT(m.count == 3);
	CU_ASSERT(map_get(&m, STR("a")) == &values[1]);
	CU_ASSERT(map_get(&m, STR("a\0b")) == &values[2]);
	CU_ASSERT(map_get(&m, STR("")) == &values[3]);
	CU_ASSERT(map_put(&m, STR("a"), &values[4], &old) == 0 && old == &values[1]);
	CU_ASSERT(m.count == 3 && map_get(&m, STR("a")) == &values[4]);
	CU_ASSERT(map_remove(&m, STR("a")) == &values[4]);
	CU_ASSERT(map_get(&m, STR("a")) == NULL && m.count == 2);
	map_fini(&m);
	CU_ASSERT(m.count == 0 && map_get(&m, STR("")) == NULL);
}

static void many(void)
{
	struct map m;
	char text[32];

	map_init(&m);
	for (int i = 0; i < 5000; i++)
		CU_ASSERT_FATAL(map_put(&m, key_of(i, text), &values[i], NULL) == 0);
	CU_ASSERT(m.count == 5000 && m.mask + 1 >= 4096);
	for (int i = 0; i < 5000; i += 2)
		CU_ASSERT(map_remove(&m, key_of(i, text)) == &values[i]);
	for (int i = 0; i < 5000; i++)
		CU_ASSERT(map_get(&m, key_of(i, text)) == (i % 2 == 0 ? NULL : &values[i]));
	CU_ASSERT(m.count == 2500);
	map_fini(&m);
}

static struct map *walked;
static int seen;
static void drop_odd(struct str key, void *value, void *arg)
{
	int i = (int)((int *)value - values);

	CU_ASSERT(arg == &seen);
	seen++;
	if (i % 2 == 1)
		CU_ASSERT(map_remove(walked, key) == value);
}

static void each(void)
{
	struct map m;
	char text[32];

	map_init(&m);
	walked = &m;
	seen = 0;
	map_each(&m, drop_odd, &seen);
	CU_ASSERT(seen == 0);
	for (int i = 0; i < 1000; i++)
		CU_ASSERT(map_put(&m, key_of(i, text), &values[i], NULL) == 0);
	map_each(&m, drop_odd, &seen);
	CU_ASSERT(seen == 1000 && m.count == 500);
	CU_ASSERT(map_get(&m, STR("key 7")) == NULL);
	CU_ASSERT(map_get(&m, STR("key 8")) == &values[8]);
	map_fini(&m);
}

UNIT_MAIN("map", {"basics", basics}, {"many", many}, {"each", each})
