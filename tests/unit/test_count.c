/* test_count.c - rows, sums, and what the dead leave. */
#include "base/count.h"
#include "unit.h"

static void rows(void)
{
	void *region = aligned_alloc(64, count_region_size(3));

	memset(region, 0, count_region_size(3));
	count_inc(COUNT_requests); /* before there is a row */
	count_add(COUNT_hit_bytes, 1000);
	CU_ASSERT(count_sum(COUNT_requests) == 1);
	count_use(region, 3, 1);
	CU_ASSERT(count_of(1, COUNT_requests) == 1 && count_sum(COUNT_requests) == 1);
	count_inc(COUNT_requests);
	count_inc(COUNT_connections_open);
	count_inc(COUNT_connections_open);
	count_dec(COUNT_connections_open);
	CU_ASSERT(count_of(1, COUNT_requests) == 2);
	CU_ASSERT(count_of(0, COUNT_requests) == 0 && count_of(2, COUNT_requests) == 0);

	count_use(region, 3, 2); /* as another process would */
	count_add(COUNT_requests, 10);
	count_add(COUNT_connections_open, 4);
	CU_ASSERT(count_sum(COUNT_requests) == 12 && count_sum(COUNT_connections_open) == 5);
	CU_ASSERT(count_sum(COUNT_hit_bytes) == 1000);

	count_use(region, 3, -1);
	count_retire(1);
	CU_ASSERT(count_of(1, COUNT_requests) == 0);
	CU_ASSERT(count_sum(COUNT_requests) == 12);        /* a counter stays */
	CU_ASSERT(count_sum(COUNT_connections_open) == 4); /* a gauge goes */
	count_retire(1);                                   /* twice does no harm */
	CU_ASSERT(count_sum(COUNT_requests) == 12);
	count_use(region, 3, 1); /* the next owner begins at 0 */
	count_inc(COUNT_requests);
	CU_ASSERT(count_of(1, COUNT_requests) == 1 && count_sum(COUNT_requests) == 13);
	count_use(region, 3, -1);
	count_inc(COUNT_requests); /* a reader's own numbers touch no row */
	CU_ASSERT(count_of(0, COUNT_requests) + count_of(1, COUNT_requests) +
	              count_of(2, COUNT_requests) ==
	          11);
	free(region);
}

/* A gauge may fall in one process below where another raised it: the sum is right all the same. */
static void gauge_across(void)
{
	void *region = aligned_alloc(64, count_region_size(2));

	memset(region, 0, count_region_size(2));
	count_use(region, 2, 0);
	count_add(COUNT_keeper_segments, 3);
	count_use(region, 2, 1);
	count_dec(COUNT_keeper_segments);
	CU_ASSERT(count_sum(COUNT_keeper_segments) == 2);
	count_use(region, 2, -1);
	free(region);
}

static void table(void)
{
	CU_ASSERT_STRING_EQUAL(count_name(COUNT_hits), "hits");
	CU_ASSERT_STRING_EQUAL(count_text(COUNT_tunnels_open), "tunnels open");
	CU_ASSERT(count_is_gauge(COUNT_tunnels_open) && !count_is_gauge(COUNT_tunnels));
	for (int c = 0; c < COUNT_N; c++)
		for (int d = 0; d < c; d++)
			CU_ASSERT(strcmp(count_name((enum count)c), count_name((enum count)d)) !=
			          0);
	CU_ASSERT(sizeof(struct count_row) % 64 == 0);
}

static void bad_row(void)
{
	count_of(7, COUNT_hits);
}
static void bounds(void)
{
	CU_ASSERT(unit_dies(bad_row));
}

UNIT_MAIN("count", {"rows", rows}, {"a gauge across rows", gauge_across}, {"table", table},
          {"bounds", bounds})
