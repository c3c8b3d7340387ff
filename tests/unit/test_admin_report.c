/* test_admin_report.c - the same names and values as text and as JSON. */
#include "unit.h"
#include "source/admin_report.h"

static char memory[4096];

static struct str write_all(bool json)
{
	struct admin_report r;

	admin_report_start(&r, memory, sizeof memory, json);
	admin_report_str(&r, "name", STR("a\"b\\c\n\x80"));
	admin_report_open(&r, "group", false);
	admin_report_u64(&r, "big", UINT64_MAX);
	admin_report_i64(&r, "small", INT64_MIN);
	admin_report_close(&r, false);
	admin_report_open(&r, "list", true);
	admin_report_str(&r, NULL, STR("one"));
	admin_report_open(&r, NULL, false);
	admin_report_bool(&r, "two", true);
	admin_report_close(&r, false);
	admin_report_close(&r, true);
	admin_report_bool(&r, "no", false);
	return admin_report_end(&r);
}

static void test_json(void)
{
	UNIT_STR_EQ(write_all(true),
	            "{\"name\":\"a\\\"b\\\\c\\u000a\\u0080\","
	            "\"group\":{\"big\":18446744073709551615,\"small\":-9223372036854775808},"
	            "\"list\":[\"one\",{\"two\":true}],\"no\":false}\n");
}

static void test_text(void)
{
	UNIT_STR_EQ(write_all(false), "name: a\"b\\c?\x80\n"
	                              "group:\n  big: 18446744073709551615\n"
	                              "  small: -9223372036854775808\n"
	                              "list:\n  one\n    two: yes\nno: no\n");
}

static struct str ratio(uint64_t part, uint64_t whole)
{
	struct admin_report r;

	admin_report_start(&r, memory, sizeof memory, false);
	admin_report_ratio(&r, "r", part, whole);
	return admin_report_end(&r);
}

static void test_ratio(void)
{
	UNIT_STR_EQ(ratio(0, 0), "r: 0.000\n");
	UNIT_STR_EQ(ratio(1, 3), "r: 0.333\n");
	UNIT_STR_EQ(ratio(999, 1000), "r: 0.999\n");
	UNIT_STR_EQ(ratio(5, 5), "r: 1.000\n");
	UNIT_STR_EQ(ratio(7, 5), "r: 1.000\n");
	UNIT_STR_EQ(ratio(UINT64_MAX, UINT64_MAX), "r: 1.000\n");
}

/* At every size of the memory: all of it, or nothing, and no byte behind the end. */
static void test_room(void)
{
	size_t whole = write_all(true).n;

	for (size_t n = 1; n < 40; n++) {
		struct admin_report r;

		admin_report_start(&r, unit_guard(memory, n), n, true);
		admin_report_str(&r, "name", STR("some text"));
		CU_ASSERT((admin_report_end(&r).p != NULL) == (n >= 21));
	}
	CU_ASSERT(whole > 100);
}

UNIT_MAIN("admin_report", {"as JSON", test_json}, {"as text", test_text}, {"ratios", test_ratio},
          {"too little room", test_room})
