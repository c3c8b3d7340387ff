/* test_clock.c - dates against the C library's calendar, and clocks that stand still. */
#include <time.h>
#include "base/clock.h"
#include "unit.h"

static struct str stamp(int64_t wall_ms)
{
	static char text[CLOCK_STAMP];

	clock_stamp(wall_ms, text);
	return (struct str){text, sizeof text};
}

static void known_dates(void)
{
	clock_set(5, 784111777999);
	UNIT_STR_EQ(clock_date(), "Sun, 06 Nov 1994 08:49:37 GMT"); /* RFC 9110, 5.6.7 */
	CU_ASSERT(clock_wall() == 784111777 && clock_wall_ms() == 784111777999 && clock_ms() == 5);
	clock_set(5, 784111778000);
	UNIT_STR_EQ(clock_date(), "Sun, 06 Nov 1994 08:49:38 GMT");
	clock_set(5, 0);
	UNIT_STR_EQ(clock_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
	UNIT_STR_EQ(stamp(784111777123), "1994-11-06T08:49:37.123Z");
	UNIT_STR_EQ(stamp(951782400000), "2000-02-29T00:00:00.000Z");
	UNIT_STR_EQ(stamp(4107542399999), "2100-02-28T23:59:59.999Z");
	UNIT_STR_EQ(stamp(4107542400000), "2100-03-01T00:00:00.000Z");
	UNIT_STR_EQ(stamp(-1), "1969-12-31T23:59:59.999Z");
	clock_set(5, -1);
	CU_ASSERT(clock_wall() == -1);
	UNIT_STR_EQ(clock_date(), "Wed, 31 Dec 1969 23:59:59 GMT");
}

/* A day in each week or so from 1600 to 2900, at a changing time of the day. */
static void as_the_c_library(void)
{
	char want[64];

	for (int64_t t = -11676096000; t < 29348006400; t += 86400 * 6 + 12347) {
		time_t seconds = (time_t)t;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		clock_set(0, t * 1000);
		if (!unit_same(clock_date(), str_of(want), __FILE__, __LINE__))
			CU_FAIL_FATAL("another date than the C library's");
	}
}

static void readings(void)
{
	int64_t before, after;

	clock_set(-7, 0);
	CU_ASSERT(clock_ms() == -7);
	clock_update();
	before = clock_ms();
	CU_ASSERT(before > 0 && clock_ms() == before);
	CU_ASSERT(clock_wall() > 1700000000);
	after = clock_read_us();
	CU_ASSERT(after / 1000 >= before && after / 1000 - before < 60000);
}

UNIT_MAIN("clock", {"known dates", known_dates}, {"as the C library", as_the_c_library},
          {"readings", readings})
