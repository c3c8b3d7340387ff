/* test_date.c - HTTP dates in and out. */
#include "unit.h"
#include "base/err.h"
#include "http/date.h"

#define NOW 1700000000 /* 2023-11-14 */

static void three_forms(void)
{
	static const struct {
		const char *in;
		int64_t t;
	} rows[] = {
	    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
	    {"Sun Nov  6 08:49:37 1994", 784111777},
	    {"sun, 06 NOV 1994 08:49:37 gmt", 784111777},
	    {"SUNDAY, 06-nov-94 08:49:37 Gmt", 784111777},
	    {"SUN nOV  6 08:49:37 1994", 784111777},
	    {"Wednesday, 06-Nov-24 08:49:37 GMT", 1730882977},
	    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	    {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
	    {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
	    {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
	    {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
	    {"Sat, 01 Jan 0000 00:00:00 GMT", -62167219200},
	    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228799},
	    {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777},   /* the day's name need not fit */
	    {"Friday, 01-Jan-73 00:00:00 GMT", 3250454400}, /* 2073: 50 years ahead */
	    {"Friday, 01-Jan-74 00:00:00 GMT", 126230400},  /* 1974 */
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		UNIT_INT_EQ(date_of(unit_guard_str(rows[i].in), NOW), rows[i].t);
}

static void no_dates(void)
{
	static const char *const rows[] = {"",
	                                   "0",
	                                   "-1",
	                                   "now",
	                                   "Sun, 06 Nov 1994 08:49:37",
	                                   "Sun, 06 Nov 1994 08:49:37 UTC",
	                                   "Sun, 06 No\x96 1994 08:49:37 GMT",
	                                   "Sun, 06 Nov 1994 08:49:37\tGMT",
	                                   "\x13un, 06 Nov 1994 08:49:37 GMT",
	                                   "Sun, 6 Nov 1994 08:49:37 GMT",
	                                   "Sun, 31 Nov 1994 08:49:37 GMT",
	                                   "Sun, 29 Feb 1900 08:49:37 GMT",
	                                   "Sun, 00 Nov 1994 08:49:37 GMT",
	                                   "Sun, 06 Nov 1994 24:00:00 GMT",
	                                   "Sun, 06 Nov 1994 08:60:37 GMT",
	                                   "Sun, 06 Nov 1994 08:49:61 GMT",
	                                   "Sun, 06 Nov 19x4 08:49:37 GMT",
	                                   "Sun, 06 Nov 1994 08-49:37 GMT",
	                                   "Xxx, 06 Nov 1994 08:49:37 GMT",
	                                   "Sun, 06 Nov 1994 08:49:37 GMT ",
	                                   "Sunday, 06-Nov-1994 08:49:37 GMT",
	                                   "Sun, 06-Nov-94 08:49:37 GMT",
	                                   "Someday, 06-Nov-94 08:49:37 GMT",
	                                   "Sun Nov 06 08:49:37 94",
	                                   "Sun Nov 6  08:49:37 1994",
	                                   "99999999999999999999999999999",
	                                   "Sun, 06 Nov 1994 0\x80:49:37 GMT",
	                                   "Sun Nov  0 08:49:37 1994"};
	int64_t t = 5;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		UNIT_INT_EQ(date_parse(unit_guard_str(rows[i]), NOW, &t), ERR_BAD);
	UNIT_INT_EQ(t, 5);
	CU_ASSERT(date_of(STR_NONE, NOW) == DATE_NONE);
}

static void there_and_back(void)
{
	char text[DATE_LENGTH];

	for (int64_t t = -62167219200; t <= 253402300799; t += 86399 * 97) {
		date_print(t, text);
		if (date_of((struct str){text, DATE_LENGTH}, NOW) != t)
			CU_FAIL_FATAL("a date did not come back");
	}
	date_print(784111777, text);
	UNIT_STR_EQ(((struct str){text, DATE_LENGTH}), "Sun, 06 Nov 1994 08:49:37 GMT");
	date_print(951825600, text);
	UNIT_STR_EQ(((struct str){text, DATE_LENGTH}), "Tue, 29 Feb 2000 12:00:00 GMT");
	date_print(INT64_MAX, text);
	UNIT_STR_EQ(((struct str){text, DATE_LENGTH}), "Fri, 31 Dec 9999 23:59:59 GMT");
	date_print(INT64_MIN, text);
	UNIT_STR_EQ(((struct str){text, DATE_LENGTH}), "Sat, 01 Jan 0000 00:00:00 GMT");
}

UNIT_MAIN("date", {"three forms", three_forms}, {"no dates", no_dates},
          {"there and back", there_and_back})
