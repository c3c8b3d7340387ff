/* test_str.c - byte runs, whose ends are the ends of a page. */
#include "unit.h"

static struct str g(const char *z)
{
	return unit_guard_str(z);
}

static void compare(void)
{
	CU_ASSERT(str_ieq(g("Content-Length"), g("content-LENGTH")));
	CU_ASSERT(!str_ieq(g("abc"), g("abcd")));
	CU_ASSERT(!str_ieq(g("a[c"), g("a{c"))); /* 0x5b and 0x7b differ by the case bit only */
	CU_ASSERT(!str_ieq(g("\xc3\x84"), g("\xc3\xa4")));
	CU_ASSERT(str_ieq(STR_NONE, STR("")));
	CU_ASSERT(str_eq(STR_NONE, STR("")));
	CU_ASSERT(!str_eq(g("a"), g("A")));
	CU_ASSERT(str_cmp(g("a"), g("b")) < 0);
	CU_ASSERT(str_cmp(g("a"), g("ab")) < 0);
	CU_ASSERT(str_cmp(g("b"), g("ab")) > 0);
	CU_ASSERT(str_cmp(g("\xff"), g("a")) > 0);
	CU_ASSERT(str_cmp(STR_NONE, g("")) == 0);
	CU_ASSERT(str_cmp(STR_NONE, g("x")) < 0);
}

static void ends(void)
{
	CU_ASSERT(str_starts(g("http://x"), STR("http://")));
	CU_ASSERT(!str_starts(g("http"), STR("http:")));
	CU_ASSERT(!str_starts(g("HTTP:"), STR("http:")));
	CU_ASSERT(str_istarts(g("HTTP:"), STR("http:")));
	CU_ASSERT(str_starts(STR_NONE, STR("")));
	CU_ASSERT(str_ends(g("www.example"), STR(".example")));
	CU_ASSERT(!str_ends(g("example"), STR(".example")));
	CU_ASSERT(str_ends(g("x"), STR_NONE));
}

static void cut(void)
{
	UNIT_STR_EQ(str_slice(g("abcdef"), 1, 3), "bc");
	UNIT_STR_EQ(str_slice(g("abcdef"), 4, 99), "ef");
	UNIT_STR_EQ(str_slice(g("abcdef"), 99, 100), "");
	UNIT_STR_EQ(str_slice(g("abcdef"), 3, 1), "");
	UNIT_STR_EQ(str_slice(STR_NONE, 0, 5), "");
	UNIT_STR_EQ(str_trim(g(" \t a b \t")), "a b");
	UNIT_STR_EQ(str_trim(g(" \t ")), "");
	UNIT_STR_EQ(str_trim(g("\r\na")), "\r\na"); /* CR and LF are not OWS */
	UNIT_STR_EQ(str_trim(STR_NONE), "");
	CU_ASSERT(str_find(g("a,b,c"), ',', 0) == 1);
	CU_ASSERT(str_find(g("a,b,c"), ',', 2) == 3);
	CU_ASSERT(str_find(g("a,b,c"), ';', 0) == 5);
	CU_ASSERT(str_find(g("abc"), 'a', 3) == 3);
	CU_ASSERT(str_find(g("abc"), 'a', 1000) == 3);
	CU_ASSERT(str_find(STR_NONE, 'a', 0) == 0);
}

static void split(void)
{
	struct str rest = g(" a ,,b\t,"), element;
	const char *want[] = {"a", "", "b", ""};

	for (size_t i = 0; i < COUNT_OF(want); i++) {
		CU_ASSERT_FATAL(str_split(&rest, ',', &element));
		UNIT_STR_EQ(element, want[i]);
	}
	CU_ASSERT(!str_split(&rest, ',', &element));
	CU_ASSERT(!str_split(&rest, ',', &element));
	rest = g("");
	CU_ASSERT(str_split(&rest, ',', &element) && element.n == 0);
	CU_ASSERT(!str_split(&rest, ',', &element));
	rest = STR_NONE;
	CU_ASSERT(!str_split(&rest, ',', &element));
}

static bool u64_is(const char *z, uint64_t want)
{
	uint64_t v = ~want;
	return str_u64(g(z), &v) && v == want;
}

static void decimal(void)
{
	static const char *const bad[] = {"",
	                                  "-1",
	                                  "+1",
	                                  " 1",
	                                  "1 ",
	                                  "0x10",
	                                  "1.0",
	                                  "18446744073709551616",
	                                  "99999999999999999999",
	                                  "184467440737095516150"};
	uint64_t v = 42;

	CU_ASSERT(u64_is("0", 0));
	CU_ASSERT(u64_is("007", 7));
	CU_ASSERT(u64_is("18446744073709551615", UINT64_MAX));
	CU_ASSERT(u64_is("00000000000000000000000000001", 1));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		CU_ASSERT(!str_u64(g(bad[i]), &v));
		CU_ASSERT(v == 42);
	}
	CU_ASSERT(!str_u64(STR_NONE, &v));
}

static void hexadecimal(void)
{
	static const char *const bad[] = {"", "0x1", "g", "-1", " 1", "1 ", "10000000000000000"};
	uint64_t v = 0;

	CU_ASSERT(str_hex64(g("fFfFfFfFfFfFfFfF"), &v) && v == UINT64_MAX);
	CU_ASSERT(str_hex64(g("1aF"), &v) && v == 0x1af);
	CU_ASSERT(str_hex64(g("0000000000000000000000010"), &v) && v == 16);
	v = 42;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		CU_ASSERT(!str_hex64(g(bad[i]), &v));
		CU_ASSERT(v == 42);
	}
}

static void put(void)
{
	char *mem = unit_guard("..........", 10);
	struct str_out o = str_out_of(mem, 10);

	str_put(&o, STR("ab"));
	str_put_u64(&o, 0);
	str_put_hex(&o, 0xbeef);
	str_put(&o, STR_NONE);
	str_putc(&o, '!');
	UNIT_STR_EQ(str_range(mem, o.at), "ab0beef!");
	CU_ASSERT(!o.overflow);
	str_put(&o, STR("123")); /* does not fit: nothing of it is written */
	CU_ASSERT(o.overflow);
	UNIT_STR_EQ(str_range(mem, o.at), "ab0beef!");
	str_put_u64(&o, 12);
	UNIT_STR_EQ(str_range(mem, o.at), "ab0beef!12");
	o.overflow = false;
	str_putc(&o, 'x');
	CU_ASSERT(o.overflow && o.at == mem + 10);
}

static void put_largest(void)
{
	char mem[40];
	struct str_out o = str_out_of(mem, sizeof mem);

	str_put_u64(&o, UINT64_MAX);
	str_put_hex(&o, UINT64_MAX);
	UNIT_STR_EQ(str_range(mem, o.at), "18446744073709551615ffffffffffffffff");
}

UNIT_MAIN("str", {"compare", compare}, {"ends", ends}, {"cut", cut}, {"split", split},
          {"decimal", decimal}, {"hexadecimal", hexadecimal}, {"put", put},
          {"put the largest", put_largest})
