/* test_balance.c - servers of a pool: turn, failures, the fewest requests. */
#include "unit.h"
#include "base/err.h"
#include "policy/balance.h"

#define TIMEOUT 10000
static struct balance_server servers[3];
static struct balance_pool pool;
static uint32_t turn;

static void start(enum balance_kind kind)
{
	memset(servers, 0, sizeof servers);
	pool = (struct balance_pool){kind, servers, 3, TIMEOUT};
	turn = 0;
}

static int pick(uint64_t tried, int64_t now)
{
	struct balance_verdict v;
	int rc = balance_pick(&pool, &turn, tried, now, &v);

	return rc != 0 ? rc : (int)v.server + (v.last_resort ? 100 : 0);
}

static void test_turn(void)
{
	start(BALANCE_ROUND_ROBIN);
	for (int i = 0; i < 7; i++)
		UNIT_INT_EQ(pick(0, 0), i % 3);
	turn = UINT32_MAX;
	CU_ASSERT(pick(0, 0) < 3);
	CU_ASSERT(pick(0, 0) < 3);
}

static void test_down_is_skipped_evenly(void)
{
	int got[3] = {0};

	start(BALANCE_ROUND_ROBIN);
	balance_failed(&pool, 1, 1000);
	for (int i = 0; i < 100; i++)
		got[pick(0, 1000 + i)]++;
	UNIT_INT_EQ(got[0], 50);
	UNIT_INT_EQ(got[1], 0);
	UNIT_INT_EQ(got[2], 50);
	CU_ASSERT(balance_is_down(&pool, 1, 1000 + TIMEOUT - 1));
	CU_ASSERT(!balance_is_down(&pool, 1, 1000 + TIMEOUT));
	CU_ASSERT(!balance_is_down(&pool, 1, 999)); /* a clock that went back */
	balance_succeeded(&pool, 1);
	CU_ASSERT(!balance_is_down(&pool, 1, 1001));
}

static void test_next_one_after_failure(void)
{
	start(BALANCE_ROUND_ROBIN);
	UNIT_INT_EQ(pick(0, 0), 0);
	balance_failed(&pool, 0, 0);
	UNIT_INT_EQ(pick(1, 0), 1);
	UNIT_INT_EQ(pick(1 | 2, 0), 2);
	UNIT_INT_EQ(pick(1 | 2 | 4, 0), ERR_NOTFOUND);
}

static void test_all_down(void)
{
	start(BALANCE_ROUND_ROBIN);
	balance_failed(&pool, 0, 30);
	balance_failed(&pool, 1, 10);
	balance_failed(&pool, 2, 20);
	UNIT_INT_EQ(pick(0, 50), 101);
	UNIT_INT_EQ(pick(2, 50), 102);
	UNIT_INT_EQ(pick(2 | 4, 50), 100);
	UNIT_INT_EQ(pick(0, 10 + TIMEOUT), 1); /* the first to be up again */
}

static void test_least_conn(void)
{
	start(BALANCE_LEAST_CONN);
	balance_begin(&pool, 0);
	balance_begin(&pool, 0);
	balance_begin(&pool, 1);
	UNIT_INT_EQ(pick(0, 0), 2);
	balance_begin(&pool, 2);
	balance_begin(&pool, 2);
	UNIT_INT_EQ(pick(0, 0), 1);
	UNIT_INT_EQ(pick(2, 0), 2); /* equal ones take turns */
	UNIT_INT_EQ(pick(2, 0), 0);
	balance_failed(&pool, 1, 0);
	CU_ASSERT(pick(0, 1) != 1);
	balance_end(&pool, 0);
	balance_end(&pool, 0);
	UNIT_INT_EQ(pick(0, 1), 0);
}

static void end_twice(void)
{
	start(BALANCE_LEAST_CONN);
	balance_end(&pool, 0);
}

static void test_end_without_begin_dies(void)
{
	CU_ASSERT(unit_dies(end_twice));
}

UNIT_MAIN("balance", {"round robin", test_turn},
          {"a failed server is passed over, its share is spread", test_down_is_skipped_evenly},
          {"the next one when one fails", test_next_one_after_failure},
          {"all down: the oldest failure", test_all_down}, {"least_conn", test_least_conn},
          {"an end without a begin is an invariant", test_end_without_begin_dies})
