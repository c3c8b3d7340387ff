/* test_cache_reuse.c - may a stored response answer (RFC 9111 4, 5.2.1; RFC 5861; RFC 8246)? */
#include "unit_msg.h"
#include "policy/cache_reuse.h"

#define T 1000000 /* response_time; lifetime 100, so now = T + age */

enum {
	FRESH = CACHE_REUSE_FRESH,
	USABLE = CACHE_REUSE_STALE_USABLE,
	SWR = CACHE_REUSE_STALE_WHILE_REVALIDATE,
	STALE = CACHE_REUSE_STALE,
	FORBIDDEN = CACHE_REUSE_FORBIDDEN,
	REFUSE = CACHE_REUSE_REFUSE
};

static struct cache_control request_cc(const char *lines)
{
	struct msg *m = unit_request("GET", "http://example.com/", lines);
	struct cache_control cc;

	cache_control_request(&m->fields, &cc);
	return cc;
}

struct row {
	uint32_t stored_flags;
	uint32_t swr;
	int64_t age;
	const char *lines;
	unsigned flags;
	int answer;
	const char *why;
};

static void judge_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct stored s = {.flags = r->stored_flags,
		                   .response_time = T,
		                   .fresh_secs = 100,
		                   .swr_secs = r->swr};
		struct cache_control cc = request_cc(r->lines);
		struct cache_reuse_verdict v;
		char name[200];

		snprintf(name, sizeof name, "row %zu: age %d %s", i, (int)r->age, r->lines);
		cache_reuse_judge(&s, &cc, r->flags, T + r->age, &v);
		CU_ASSERT(unit_row(v.answer, r->answer, name));
		CU_ASSERT(unit_row(v.age, r->age, name));
		CU_ASSERT(unit_why(v.why, r->why, name));
	}
}
#define JUDGE(rows) judge_rows(rows, COUNT_OF(rows))

static void test_fresh_and_stale(void)
{
	static const struct row rows[] = {
	    {0, 0, 0, "", 0, FRESH, "4.2"},
	    {0, 0, 99, "", 0, FRESH, "4.2"},
	    {0, 0, 100, "", 0, STALE, "4.2"},
	    {STORED_NO_CACHE, 0, 0, "", 0, STALE, "5.2.2.4"},
	    {STORED_STALE, 0, 0, "", 0, STALE, "4.4"},
	    {STORED_MUST_REVALIDATE, 0, 99, "", 0, FRESH, "4.2"},
	    {STORED_MUST_REVALIDATE, 0, 100, "", 0, STALE, "4.2.4"},
	    {STORED_HEURISTIC, 0, 99, "", 0, FRESH, "4.2"},
	};

	JUDGE(rows);
}

static void test_request_directives(void)
{
	static const struct row rows[] = {
	    {0, 0, 10, "Cache-Control: no-cache\n", 0, STALE, "5.2.1.4"},
	    {0, 0, 10, "Pragma: no-cache\n", 0, STALE, "5.2.1.4"},
	    {0, 0, 10, "Pragma: no-cache\nCache-Control: max-age=50\n", 0, FRESH, "4.2"},
	    {0, 0, 10, "Cache-Control: max-age=10\n", 0, FRESH, "4.2"},
	    {0, 0, 11, "Cache-Control: max-age=10\n", 0, STALE, "5.2.1.1"},
	    {0, 0, 0, "Cache-Control: max-age=0\n", 0, FRESH, "4.2"}, /* a fill that just ended */
	    {0, 0, 1, "Cache-Control: max-age=0\n", 0, STALE, "5.2.1.1"},
	    {0, 0, 90, "Cache-Control: min-fresh=10\n", 0, FRESH, "4.2"},
	    {0, 0, 91, "Cache-Control: min-fresh=10\n", 0, STALE, "5.2.1.3"},
	    {0, 0, 0, "Cache-Control: min-fresh=101\n", 0, STALE, "5.2.1.3"},
	    {0, 0, 10, "Cache-Control: no-store\n", 0, FRESH, "4.2"}, /* 5.2.1.5: not about reuse */
	};

	JUDGE(rows);
}

static void test_max_stale(void)
{
	static const struct row rows[] = {
	    {0, 0, 105, "Cache-Control: max-stale=5\n", 0, USABLE, "5.2.1.2"},
	    {0, 0, 106, "Cache-Control: max-stale=5\n", 0, STALE, "4.2"},
	    {0, 0, 100, "Cache-Control: max-stale=0\n", 0, USABLE, "5.2.1.2"},
	    {0, 0, 9999, "Cache-Control: max-stale\n", 0, USABLE, "5.2.1.2"},
	    {0, 0, 50, "Cache-Control: max-stale\n", 0, FRESH, "4.2"},
	    {STORED_MUST_REVALIDATE, 0, 101, "Cache-Control: max-stale\n", 0, STALE, "4.2.4"},
	    {STORED_NO_CACHE, 0, 101, "Cache-Control: max-stale\n", 0, STALE, "5.2.2.4"},
	    {STORED_STALE, 0, 50, "Cache-Control: max-stale\n", 0, STALE, "4.4"},
	    {0, 0, 101, "Cache-Control: max-stale, max-age=101\n", 0, USABLE, "5.2.1.2"},
	    {0, 0, 102, "Cache-Control: max-stale, max-age=101\n", 0, STALE, "5.2.1.1"},
	    {0, 0, 102, "Cache-Control: max-stale, no-cache\n", 0, STALE, "5.2.1.4"},
	};

	JUDGE(rows);
}

static void test_while_revalidate(void)
{
	static const struct row rows[] = {
	    {0, 30, 99, "", 0, FRESH, "4.2"},
	    {0, 30, 100, "", 0, SWR, "5861 3"},
	    {0, 30, 130, "", 0, SWR, "5861 3"},
	    {0, 30, 131, "", 0, STALE, "4.2"},
	    {STORED_MUST_REVALIDATE, 30, 101, "", 0, STALE, "4.2.4"},
	    {STORED_NO_CACHE, 30, 101, "", 0, STALE, "5.2.2.4"},
	    {STORED_STALE, 30, 101, "", 0, STALE, "4.4"},
	    {0, 30, 101, "Cache-Control: no-cache\n", 0, STALE, "5.2.1.4"},
	    {0, 30, 101, "Cache-Control: max-age=500\n", 0, STALE, "4.2"},
	    {0, 30, 100, "Cache-Control: min-fresh=0\n", 0, STALE, "4.2"},
	    {0, 30, 101, "Cache-Control: min-fresh=0\n", 0, STALE, "5.2.1.3"},
	    {0, 30, 101, "Cache-Control: only-if-cached\n", 0, SWR, "5861 3"},
	};

	JUDGE(rows);
}

static void test_immutable(void)
{
	static const struct row rows[] = {
	    {STORED_IMMUTABLE, 0, 50, "Cache-Control: max-age=0\n", 0, FRESH, "4.2"},
	    {STORED_IMMUTABLE, 0, 50, "Cache-Control: no-cache\n", 0, STALE, "5.2.1.4"},
	    {STORED_IMMUTABLE, 0, 100, "Cache-Control: max-age=0\n", 0, STALE, "5.2.1.1"},
	    {STORED_IMMUTABLE, 0, 100, "", 0, STALE, "4.2"},
	    {STORED_IMMUTABLE | STORED_STALE, 0, 50, "", 0, STALE, "4.4"},
	};

	JUDGE(rows);
}

static void test_only_if_cached(void)
{
	static const struct row rows[] = {
	    {0, 0, 50, "Cache-Control: only-if-cached\n", 0, FRESH, "4.2"},
	    {0, 0, 150, "Cache-Control: only-if-cached\n", 0, REFUSE, "5.2.1.7"},
	    {0, 0, 50, "Cache-Control: only-if-cached, no-cache\n", 0, REFUSE, "5.2.1.7"},
	    {0, 0, 150, "Cache-Control: only-if-cached, max-stale\n", 0, USABLE, "5.2.1.2"},
	    {STORED_PRIVATE_ADDRESS, 0, 50, "Cache-Control: only-if-cached\n", 0, REFUSE,
	     "5.2.1.7"},
	};
	struct cache_control yes = request_cc("Cache-Control: max-age=0\n");
	struct cache_control no = request_cc("Cache-Control: only-if-cached\n");
	const char *why = NULL;

	JUDGE(rows);
	CU_ASSERT(cache_reuse_may_fetch(&yes, &why));
	CU_ASSERT(why == NULL);
	CU_ASSERT(!cache_reuse_may_fetch(&no, &why));
	CU_ASSERT(unit_why(why, "5.2.1.7", "may_fetch"));
}

static void test_private_address(void)
{
	static const struct row rows[] = {
	    {STORED_PRIVATE_ADDRESS, 0, 50, "", 0, FORBIDDEN, "private address"},
	    {STORED_PRIVATE_ADDRESS, 0, 50, "", CACHE_REUSE_PRIVATE_OK, FRESH, "4.2"},
	    {STORED_PRIVATE_ADDRESS, 0, 150, "Cache-Control: max-stale\n", 0, FORBIDDEN, "private"},
	    {0, 0, 50, "", CACHE_REUSE_PRIVATE_OK, FRESH, "4.2"},
	};

	JUDGE(rows);
}

static void test_left(void)
{
	struct stored s = {.response_time = T, .fresh_secs = 100};
	struct cache_control cc = request_cc("");
	struct cache_reuse_verdict v;

	cache_reuse_judge(&s, &cc, 0, T + 40, &v);
	UNIT_INT_EQ(v.fresh_left, 60);
	cache_reuse_judge(&s, &cc, 0, T + 140, &v);
	UNIT_INT_EQ(v.fresh_left, -40);
	s.flags = STORED_STALE;
	cache_reuse_judge(&s, &cc, 0, T + 40, &v);
	UNIT_INT_EQ(v.fresh_left, 0);
	/* a clock that went back by a day: neither fresh nor for ever */
	s.flags = 0;
	cache_reuse_judge(&s, &cc, 0, T - 86400, &v);
	UNIT_INT_EQ(v.answer, STALE);
}

static void test_if_error(void)
{
	static const struct {
		uint32_t flags, sie;
		int64_t age;
		const char *lines;
		unsigned status;
		bool allowed;
		const char *why;
	} rows[] = {
	    {0, 60, 160, "", 0, true, "5861 4"},
	    {0, 60, 160, "", 500, true, "5861 4"},
	    {0, 60, 160, "", 502, true, "5861 4"},
	    {0, 60, 160, "", 503, true, "5861 4"},
	    {0, 60, 160, "", 504, true, "5861 4"},
	    {0, 60, 160, "", 501, false, "no failure"},
	    {0, 60, 160, "", 505, false, "no failure"},
	    {0, 60, 160, "", 404, false, "no failure"},
	    {0, 60, 160, "", 200, false, "no failure"},
	    {0, 60, 161, "", 503, false, "longer than"},
	    {0, 0, 101, "", 503, false, "longer than"},
	    {0, 0, 110, "Cache-Control: stale-if-error=10\n", 503, true, "5861 4"},
	    {0, 0, 111, "Cache-Control: stale-if-error=10\n", 503, false, "longer than"},
	    {0, 60, 120, "Cache-Control: max-age=0\n", 503, true, "5861 4"},
	    {0, 60, 120, "Cache-Control: no-cache\n", 503, false, "5.2.1.4"},
	    {0, 0, 50, "Cache-Control: max-age=0\n", 503, true, "still fresh"},
	    {STORED_MUST_REVALIDATE, 60, 120, "", 503, false, "4.2.4"},
	    {STORED_MUST_REVALIDATE, 0, 50, "Cache-Control: max-age=0\n", 503, true, "still fresh"},
	    {STORED_NO_CACHE, 60, 50, "", 503, false, "5.2.2.4"},
	    {STORED_STALE, 60, 50, "", 503, false, "4.4"},
	    {STORED_PRIVATE_ADDRESS, 60, 120, "", 503, false, "private address"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stored s = {.flags = rows[i].flags,
		                   .response_time = T,
		                   .fresh_secs = 100,
		                   .sie_secs = rows[i].sie};
		struct cache_control cc = request_cc(rows[i].lines);
		const char *why = NULL;
		uint32_t age = 0;
		char name[100];
		bool got = cache_reuse_stale_if_error(&s, &cc, 0, T + rows[i].age, rows[i].status,
		                                      &age, &why);

		snprintf(name, sizeof name, "row %zu", i);
		CU_ASSERT(unit_row(got, rows[i].allowed, name));
		CU_ASSERT(unit_row(age, rows[i].age, name));
		CU_ASSERT(unit_why(why, rows[i].why, name));
	}
}

UNIT_MAIN("cache_reuse", {"RFC 9111 4.2, 4.4, 5.2.2.4: fresh and stale", test_fresh_and_stale},
          {"RFC 9111 5.2.1, 5.4: request directives", test_request_directives},
          {"RFC 9111 5.2.1.2: max-stale", test_max_stale},
          {"RFC 5861 3: stale-while-revalidate", test_while_revalidate},
          {"RFC 8246 2: immutable", test_immutable},
          {"RFC 9111 5.2.1.7: only-if-cached", test_only_if_cached},
          {"an answer from a private address", test_private_address},
          {"what is left of the lifetime", test_left},
          {"RFC 5861 4, RFC 9111 4.2.4, 4.3.3: the origin fails", test_if_error})
