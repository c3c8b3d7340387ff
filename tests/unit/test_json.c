/* test_json.c - JSON strings: quotes, backslashes, controls and foreign bytes. */
#include "unit.h"
#include "base/json.h"

static struct str put(struct str s)
{
	static char mem[256];
	struct str_out o = str_out_of(mem, sizeof mem);

	json_put(&o, s);
	return o.overflow ? STR_NONE : str_range(mem, o.at);
}

static void test_strings(void)
{
	CU_ASSERT(str_eq(put(STR("")), STR("\"\"")));
	CU_ASSERT(str_eq(put(STR("a/b c")), STR("\"a/b c\"")));
	CU_ASSERT(str_eq(put(STR("\"\\")), STR("\"\\\"\\\\\"")));
	CU_ASSERT(str_eq(put(STR("\0\n\x7f\xff")), STR("\"\\u0000\\u000a\\u007f\\u00ff\"")));
}

static void test_members(void)
{
	char mem[64];
	struct str_out o = str_out_of(mem, sizeof mem);

	json_put_text(&o, "a", STR("x"));
	json_put_number(&o, "b", 18446744073709551615u);
	CU_ASSERT(str_eq(str_range(mem, o.at), STR(",\"a\":\"x\",\"b\":18446744073709551615")));
	o = str_out_of(mem, 4);
	json_put_text(&o, "a", STR("x"));
	CU_ASSERT(o.overflow);
}

UNIT_MAIN("json", {"strings", test_strings}, {"members", test_members})
