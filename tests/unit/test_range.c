/* test_range.c - ranges asked for, Content-Range, multipart lengths. */
#include "unit.h"
#include "base/err.h"
#include "http/range.h"

static struct range_set set;

static void asked(void)
{
	static const struct {
		const char *in;
		uint64_t complete;
		enum range_result want;
		const char *parts;
	} rows[] = {
	    {"bytes=0-0", 10, RANGE_PARTIAL, "0-0,"},
	    {"Bytes=2-", 10, RANGE_PARTIAL, "2-9,"},
	    {"bytes=-3", 10, RANGE_PARTIAL, "7-9,"},
	    {"bytes=-30", 10, RANGE_PARTIAL, "0-9,"},
	    {"bytes=0-99999999999", 10, RANGE_PARTIAL, "0-9,"},
	    {"bytes=0-1 ,, 4-5,-1", 10, RANGE_PARTIAL, "0-1,4-5,9-9,"},
	    {"bytes=0-1, 20-30", 10, RANGE_PARTIAL, "0-1,"},
	    {"bytes=10-", 10, RANGE_UNSATISFIABLE, ""},
	    {"bytes=-0", 10, RANGE_UNSATISFIABLE, ""},
	    {"bytes=0-", 0, RANGE_UNSATISFIABLE, ""},
	    {"bytes=-5", 0, RANGE_UNSATISFIABLE, ""},
	    {"bytes=9-8", 10, RANGE_WHOLE, ""},
	    {"bytes=", 10, RANGE_WHOLE, ""},
	    {"bytes=,", 10, RANGE_WHOLE, ""},
	    {"bytes=-", 10, RANGE_WHOLE, ""},
	    {"bytes=a-b", 10, RANGE_WHOLE, ""},
	    {"bytes=0 - 5", 10, RANGE_WHOLE, ""},
	    {"bytes=+1-5", 10, RANGE_WHOLE, ""},
	    {"bytes=1-5-7", 10, RANGE_WHOLE, ""},
	    {"bytes=0-18446744073709551616", 10, RANGE_WHOLE, ""},
	    {"bytes=18446744073709551615-", 10, RANGE_UNSATISFIABLE, ""},
	    {"bytes=-9223372036854775807,-9223372036854775807,-9223372036854775807", 600,
	     RANGE_WHOLE, ""},
	    {"bytes=0-1", UINT64_MAX, RANGE_WHOLE, ""},
	    {"bytes=0-", UINT64_MAX - 1, RANGE_WHOLE, ""},
	    {"items=0-1", 10, RANGE_WHOLE, ""},
	    {"", 10, RANGE_WHOLE, ""},
	    {"bytes 0-1", 10, RANGE_WHOLE, ""},
	    {"bytes=0-1,0-1,0-1", 10, RANGE_PARTIAL, "0-1,0-1,0-1,"},
	    {"bytes=0-1,0-1,0-1,0-1", 10, RANGE_WHOLE, ""},
	    {"bytes=0-,0-", 10, RANGE_PARTIAL, "0-9,0-9,"},
	    {"bytes=0-,0-,0-0", 10, RANGE_WHOLE, ""},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char got[200];
		struct str_out o = str_out_of(got, sizeof got);
		enum range_result r =
		    range_parse(unit_guard_str(rows[i].in), rows[i].complete, &set);

		UNIT_INT_EQ(r, rows[i].want);
		for (unsigned k = 0; r == RANGE_PARTIAL && k < set.n; k++) {
			str_put_u64(&o, set.v[k].first);
			str_putc(&o, '-');
			str_put_u64(&o, set.v[k].last);
			str_putc(&o, ',');
		}
		UNIT_STR_EQ(str_range(got, o.at), rows[i].parts);
	}
}

static void many(void)
{
	char text[8192];
	struct str_out o = str_out_of(text, sizeof text);

	str_put(&o, STR("bytes=0-0"));
	for (unsigned i = 1; i < RANGE_MAX; i++) {
		str_putc(&o, ',');
		str_put_u64(&o, i * 2);
		str_putc(&o, '-');
		str_put_u64(&o, i * 2);
	}
	UNIT_INT_EQ(range_parse(str_range(text, o.at), 100000, &set), RANGE_PARTIAL);
	UNIT_INT_EQ(set.n, RANGE_MAX);
	str_put(&o, STR(",9000-9000"));
	UNIT_INT_EQ(range_parse(str_range(text, o.at), 100000, &set), RANGE_WHOLE);
}

static void content_range(void)
{
	static const struct {
		const char *in;
		int want;
		uint64_t first, last, total;
		bool has_total, unsatisfied;
	} rows[] = {
	    {"bytes 0-9/10", 0, 0, 9, 10, true, false},
	    {"BYTES 5-5/*", 0, 5, 5, 0, false, false},
	    {"bytes */10", 0, 0, 0, 10, true, true},
	    {"bytes 0-10/10", ERR_BAD, 0, 0, 0, false, false},
	    {"bytes 5-4/10", ERR_BAD, 0, 0, 0, false, false},
	    {"bytes */*", ERR_BAD, 0, 0, 0, false, false},
	    {"bytes 0-9", ERR_BAD, 0, 0, 0, false, false},
	    {"bytes=0-9/10", ERR_UNSUPPORTED, 0, 0, 0, false, false},
	    {"bytes  0-9/10", ERR_BAD, 0, 0, 0, false, false},
	    {"bytes -9/10", ERR_BAD, 0, 0, 0, false, false},
	    {"bytes 0-99999999999999999999/*", ERR_BAD, 0, 0, 0, false, false},
	    {"items 0-9/10", ERR_UNSUPPORTED, 0, 0, 0, false, false},
	    {"bytes", ERR_BAD, 0, 0, 0, false, false},
	    {"", ERR_UNSUPPORTED, 0, 0, 0, false, false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct range_content c = {0};

		UNIT_INT_EQ(range_parse_content(unit_guard_str(rows[i].in), &c), rows[i].want);
		UNIT_INT_EQ(c.first, rows[i].first);
		UNIT_INT_EQ(c.last, rows[i].last);
		UNIT_INT_EQ(c.total, rows[i].total);
		CU_ASSERT_EQUAL(c.has_total, rows[i].has_total);
		CU_ASSERT_EQUAL(c.unsatisfied, rows[i].unsatisfied);
	}
}

static void multipart(void)
{
	static const char *const types[] = {"", "text/plain"};
	char text[2000];

	for (size_t t = 0; t < COUNT_OF(types); t++) {
		struct str_out o = str_out_of(text, sizeof text);
		struct str type = str_of(types[t]);

		UNIT_INT_EQ(range_parse(STR("bytes=0-9,100-1234,-1"), 5000, &set), RANGE_PARTIAL);
		for (unsigned i = 0; i < set.n; i++) {
			char *before = o.at;

			range_put_part(&o, i == 0, STR("THIS"), type, &set.v[i], 5000);
			CU_ASSERT((size_t)(o.at - before) <= range_part_room(STR("THIS"), type));
		}
		range_put_end(&o, STR("THIS"));
		UNIT_INT_EQ(range_multipart_length(&set, STR("THIS"), type, 5000),
		            (uint64_t)(o.at - text) + set.bytes);
		if (t == 1)
			CU_ASSERT(
			    str_starts(str_range(text, o.at),
			               STR("--THIS\r\nContent-Type: text/plain\r\n"
			                   "Content-Range: bytes 0-9/5000\r\n\r\n\r\n--THIS\r\n")));
	}
}

UNIT_MAIN("range", {"asked", asked}, {"many", many}, {"content-range", content_range},
          {"multipart", multipart})
