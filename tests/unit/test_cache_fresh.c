/* test_cache_fresh.c - lifetimes and ages (RFC 9111 4.2), with clocks that jump. */
#include "unit_msg.h"
#include "policy/cache_fresh.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW ((int64_t)784111777)
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
#define EARLIER(sec) "Sun, 06 Nov 1994 08:48:" sec " GMT" /* NOW - 97 + sec */
#define HOUR_LATER "Sun, 06 Nov 1994 09:49:37 GMT"
#define DAY_AGO "Sat, 05 Nov 1994 08:49:37 GMT"
#define YEARS_AGO "Sun, 06 Nov 1983 08:49:37 GMT"

static struct cache_opts opts = {.heuristic_percent = 10, .heuristic_max = 86400};

static struct cache_fresh_verdict lifetime(int status, const char *lines)
{
	struct msg *m = unit_response(status, lines);
	struct cache_control cc;
	struct cache_fresh_verdict v;

	cache_control_response(&m->fields, &cc);
	cache_fresh_lifetime(m, &cc, &opts, NOW, &v);
	return v;
}

static void test_lifetime(void)
{
	static const struct {
		const char *lines;
		uint32_t secs;
		bool explicit_given, heuristic;
		const char *why;
		int status;
	} rows[] = {
	    /* 4.2.1: the order */
	    {"Cache-Control: s-maxage=5, max-age=7\nExpires: " HOUR_LATER "\n", 5, true, false,
	     "5.2.2.10", 0},
	    {"Cache-Control: max-age=7\nExpires: " HOUR_LATER "\n", 7, true, false, "5.2.2.1", 0},
	    {"Cache-Control: max-age=0\nExpires: " HOUR_LATER "\n", 0, true, false, "5.2.2.1", 0},
	    {DATE "Expires: " HOUR_LATER "\n", 3600, true, false, "5.3", 0},
	    {"Expires: " HOUR_LATER "\n", 3600, true, false, "5.3", 0}, /* Date missing */
	    {"Date: rubbish\nExpires: " HOUR_LATER "\n", 3600, true, false, "5.3", 0},
	    /* Date, not our clock, is what Expires is against */
	    {"Date: " EARLIER("37") "\nExpires: " HOUR_LATER "\n", 3660, true, false, "5.3", 0},
	    {DATE "Expires: " DAY_AGO "\n", 0, true, false, "5.3", 0},
	    {DATE "Expires: Sun, 06 Nov 1994 08:49:37 GMT\n", 0, true, false, "5.3", 0},
	    /* 4.2.1, 5.3: invalid is stale */
	    {"Expires: 0\n", 0, true, false, "no date", 0},
	    {"Expires: -1\nLast-Modified: " DAY_AGO "\n", 0, true, false, "no date", 0},
	    {"Expires:\n", 0, true, false, "no date", 0},
	    {"Cache-Control: max-age=x\n", 0, true, false, "max-age", 0},
	    {"Cache-Control: max-age=-5\n", 0, true, false, "max-age", 0},
	    {"Expires: " HOUR_LATER "\nExpires: " DAY_AGO "\n", 0, true, false, "4.2.1", 0},
	    {"Expires: " HOUR_LATER "\nExpires: " HOUR_LATER "\n", 3600, true, false, "5.3", 0},
	    {"Cache-Control: max-age=60, max-age=9\n", 9, true, false, "max-age", 0},
	    {"Cache-Control: max-age=99999999999999999999\n", CACHE_FRESH_MAX, true, false,
	     "max-age", 0},
	    {"Cache-Control: max-age=\"8\"\n", 8, true, false, "max-age", 0},
	    /* 4.2.2 */
	    {DATE "Last-Modified: " DAY_AGO "\n", 8640, false, true, "4.2.2", 0},
	    {DATE "Last-Modified: " YEARS_AGO "\n", 86400, false, true, "4.2.2", 0},
	    {DATE "Last-Modified: " HOUR_LATER "\n", 0, false, true, "4.2.2", 0},
	    {DATE "Last-Modified: yesterday\n", 0, false, false, "no Last-Modified", 0},
	    {DATE "Last-Modified: " DAY_AGO "\nPragma: no-cache\n", 0, false, false, "Pragma", 0},
	    {DATE "Last-Modified: " DAY_AGO "\n", 0, false, false, "status", 302},
	    {DATE "Cache-Control: public\nLast-Modified: " DAY_AGO "\n", 8640, false, true, "4.2.2",
	     302},
	    {DATE "Last-Modified: " DAY_AGO "\n", 8640, false, true, "4.2.2", 404},
	    {DATE, 0, false, false, "no Last-Modified", 0},
	    {"", 0, false, false, "no Last-Modified", 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cache_fresh_verdict v =
		    lifetime(rows[i].status == 0 ? 200 : rows[i].status, rows[i].lines);

		CU_ASSERT(unit_row(v.secs, rows[i].secs, rows[i].lines));
		CU_ASSERT(unit_row(v.explicit_given, rows[i].explicit_given, rows[i].lines));
		CU_ASSERT(unit_row(v.heuristic, rows[i].heuristic, rows[i].lines));
		CU_ASSERT(unit_why(v.why, rows[i].why, rows[i].lines));
	}
}

/* RFC 9213 2.2: Expires is not for who has a targeted field. */
static void test_targeted(void)
{
	static const struct cache_control_targets targets = {
	    .names = {STR_INIT("CDN-Cache-Control")}, .n = 1};
	struct msg *m =
	    unit_response(200, DATE "Expires: " HOUR_LATER "\nCDN-Cache-Control: max-age=7\n");
	struct cache_fresh_verdict v;
	struct cache_control cc;

	cache_control_effective(&m->fields, &targets, &cc);
	cache_fresh_lifetime(m, &cc, &opts, NOW, &v);
	UNIT_INT_EQ(v.secs, 7);
	CU_ASSERT(strstr(v.why, "RFC 9213 2.2") != NULL);
	m = unit_response(200, DATE "Expires: " HOUR_LATER "\nCDN-Cache-Control: x\n");
	cache_control_effective(&m->fields, &targets, &cc);
	cache_fresh_lifetime(m, &cc, &opts, NOW, &v);
	UNIT_INT_EQ(v.secs, 0);
	CU_ASSERT(!v.explicit_given);
}

static void test_owner(void)
{
	opts.lifetime_max = 100;
	UNIT_INT_EQ(lifetime(200, "Cache-Control: max-age=101\n").secs, 100);
	CU_ASSERT(unit_why(lifetime(200, "Cache-Control: max-age=101\n").why, "lifetime_max", ""));
	UNIT_INT_EQ(lifetime(200, "Cache-Control: max-age=99\n").secs, 99);
	opts.lifetime_max = 0;
	opts.heuristic_percent = 0;
	UNIT_INT_EQ(lifetime(200, DATE "Last-Modified: " DAY_AGO "\n").secs, 0);
	opts.heuristic_percent = 10;
}

static void test_heuristic_statuses(void)
{
	static const int yes[] = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501};
	unsigned n = 0;

	for (unsigned s = 100; s < 600; s++)
		n += cache_fresh_status_heuristic(s);
	UNIT_INT_EQ(n, COUNT_OF(yes));
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		CU_ASSERT(cache_fresh_status_heuristic((unsigned)yes[i]));
}

static void test_initial_age(void)
{
	static const struct {
		const char *lines;
		int64_t delay;
		uint32_t age;
	} rows[] = {
	    {DATE, 0, 0},
	    {DATE "Age: 5\n", 0, 5},
	    {DATE "Age: 5\n", 3, 8},                      /* corrected_age_value */
	    {"Date: " EARLIER("37") "\n", 0, 60},         /* apparent_age */
	    {"Date: " EARLIER("37") "\nAge: 5\n", 3, 60}, /* the greater one */
	    {"Date: " EARLIER("37") "\nAge: 100\n", 3, 103},
	    {"Date: " HOUR_LATER "\nAge: 1\n", 0, 1}, /* a clock ahead counts as 0 */
	    {DATE "Age: 7, 1\n", 0, 7},               /* 5.1: the first member */
	    {DATE "Age: 7\nAge: 1\n", 0, 7},
	    {DATE "Age: x\n", 2, 2}, /* 5.1: ignored */
	    {DATE "Age: -7\n", 0, 0},
	    {DATE "Age: 1.5\n", 0, 0},
	    {DATE "Age:\n", 0, 0},
	    {DATE "Age: 99999999999999999999999\n", 9, CACHE_FRESH_MAX},
	    {DATE "Age: 2147483648\n", 9, CACHE_FRESH_MAX},
	    {DATE, -50, 0}, /* our clock went back meanwhile */
	    {"Date: Sun, 06 Nov 0001 08:49:37 GMT\n", 0, CACHE_FRESH_MAX},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *m = unit_response(200, rows[i].lines);

		CU_ASSERT(unit_row(cache_fresh_initial_age(&m->fields, NOW - rows[i].delay, NOW),
		                   rows[i].age, rows[i].lines));
	}
	struct msg *m = unit_response(200, DATE);
	UNIT_INT_EQ(cache_fresh_initial_age(&m->fields, INT64_MIN, INT64_MAX), CACHE_FRESH_MAX);
	UNIT_INT_EQ(cache_fresh_initial_age(&m->fields, INT64_MAX, INT64_MIN), 0);
}

static void test_age(void)
{
	static const struct {
		int64_t now;
		uint32_t age;
		bool fresh;
	} rows[] = {
	    {1000, 10, true},
	    {1089, 99, true},
	    {1090, 100, false}, /* 4.2: fresh while lifetime > age */
	    {999, 10, true},    /* a small step back: age clamps */
	    {940, 10, true},
	    {939, CACHE_FRESH_MAX, false}, /* kept under a wrong clock: not fresh for ever */
	    {0, CACHE_FRESH_MAX, false},
	    {INT64_MIN, CACHE_FRESH_MAX, false},
	    {INT64_MAX, CACHE_FRESH_MAX, false},
	};
	struct stored s = {.response_time = 1000, .initial_age = 10, .fresh_secs = 100};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		UNIT_INT_EQ(cache_fresh_age(&s, rows[i].now), rows[i].age);
		UNIT_INT_EQ(cache_fresh_is(&s, rows[i].now), rows[i].fresh);
	}
	s.flags = STORED_STALE;
	CU_ASSERT(!cache_fresh_is(&s, 1000));
	s = (struct stored){.response_time = INT64_MAX, .fresh_secs = UINT32_MAX};
	CU_ASSERT(!cache_fresh_is(&s, 1000));
	s = (struct stored){.response_time = INT64_MIN, .fresh_secs = 5};
	CU_ASSERT(!cache_fresh_is(&s, 1000));
	s = (struct stored){.initial_age = UINT32_MAX, .fresh_secs = 5};
	UNIT_INT_EQ(cache_fresh_age(&s, 0), CACHE_FRESH_MAX);
}

UNIT_MAIN("cache_fresh", {"RFC 9111 4.2.1, 4.2.2, 5.3: lifetime", test_lifetime},
          {"RFC 9213 2.2: targeted fields", test_targeted}, {"the owner's caps", test_owner},
          {"RFC 9110 15.1: heuristically cacheable", test_heuristic_statuses},
          {"RFC 9111 4.2.3, 5.1: initial age", test_initial_age},
          {"RFC 9111 4.2.3: current age and clocks that jump", test_age})
