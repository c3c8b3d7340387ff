/* test_sf.c - dictionaries of structured fields: what RFC 9651 allows, and nothing else. */
#include "unit.h"
#include "base/err.h"
#include "http/sf.h"

static void counts(void)
{
	static const struct {
		const char *text;
		int n; /* members; ERR_BAD */
	} rows[] = {
	    {"", 0},
	    {"   ", 0},
	    {"a", 1},
	    {" a ", 1},
	    {"a=1, b=2 ,\tc", 3},
	    {"a, a=2", 2},
	    {"*a-b_c.d9=1", 1},
	    {"a=1;b;c=\"x\"; d=?0, e", 2},
	    {"a=(1 2 \"x\";q=1 tok), b=()", 2},
	    {"a=( 1  2 )", 1},
	    {"a=-999999999999999", 1},
	    {"a=123456789012.123", 1},
	    {"a=1.5, b=-0.0", 2},
	    {"a=\"\\\" \\\\ x\"", 1},
	    {"a=tok/en:x*!", 1},
	    {"a=*", 1},
	    {"a=:YWJj:, b=::, c=:YQ==:, d=:YQ:", 4},
	    {"a=@1659578233, b=@-1", 2},
	    {"a=%\"f%c3%bc%c3%bc\"", 1},
	    {"a=?1\t", 1},
	    /* what is wrong anywhere is wrong */
	    {"a,", ERR_BAD},
	    {",a", ERR_BAD},
	    {"a,,b", ERR_BAD},
	    {"a b", ERR_BAD},
	    {"\ta", ERR_BAD},
	    {"A=1", ERR_BAD},
	    {"9=1", ERR_BAD},
	    {"-a=1", ERR_BAD},
	    {"a =1", ERR_BAD},
	    {"a= 1", ERR_BAD},
	    {"a=", ERR_BAD},
	    {"a=,b", ERR_BAD},
	    {"max-age=10000, &&&&&", ERR_BAD},
	    {"a=1234567890123456", ERR_BAD},
	    {"a=1234567890123.1", ERR_BAD},
	    {"a=1.", ERR_BAD},
	    {"a=1.1234", ERR_BAD},
	    {"a=1.2.3", ERR_BAD},
	    {"a=-", ERR_BAD},
	    {"a=+1", ERR_BAD},
	    {"a=.5", ERR_BAD},
	    {"a=1x", ERR_BAD},
	    {"a=\"x", ERR_BAD},
	    {"a=\"\\x\"", ERR_BAD},
	    {"a=\"\\", ERR_BAD},
	    {"a=\"\x7f\"", ERR_BAD},
	    {"a=\"\xc3\xbc\"", ERR_BAD},
	    {"a=?", ERR_BAD},
	    {"a=?2", ERR_BAD},
	    {"a=?10", ERR_BAD},
	    {"a=:YW", ERR_BAD},
	    {"a=:Y:", ERR_BAD},
	    {"a=:Y=W:", ERR_BAD},
	    {"a=:YW-_:", ERR_BAD},
	    {"a=@1.5", ERR_BAD},
	    {"a=@", ERR_BAD},
	    {"a=%x", ERR_BAD},
	    {"a=%\"%C3%bc\"", ERR_BAD},
	    {"a=%\"%c3\"", ERR_BAD},
	    {"a=%\"%ed%a0%80\"", ERR_BAD},
	    {"a=%\"%c0%80\"", ERR_BAD},
	    {"a=%\"%f4%90%80%80\"", ERR_BAD},
	    {"a=%\"%b", ERR_BAD},
	    {"a=(1", ERR_BAD},
	    {"a=(1\t2)", ERR_BAD},
	    {"a=(1,2)", ERR_BAD},
	    {"a=(1\"x\")", ERR_BAD},
	    {"a=((1))", ERR_BAD},
	    {"a=1 ;b", ERR_BAD},
	    {"a=1;", ERR_BAD},
	    {"a=1;B", ERR_BAD},
	    {"a=1;b=", ERR_BAD},
	    {"a=1;b=(1)", ERR_BAD},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int n = sf_dictionary_count(unit_guard_str(rows[i].text));

		if (n != rows[i].n)
			fprintf(stderr, "%s\n", rows[i].text);
		UNIT_INT_EQ(n, rows[i].n);
	}
}

static void members(void)
{
	struct str rest = unit_guard_str(
	    "a=-5;x=1;y, b=2.5, c=\"q\\\"\", d=tok, e=(1 \"x\"), f, g=?0, h=@7, i=:YQ==:");
	static const struct {
		const char *key;
		enum sf_type type;
		int64_t number;
		const char *text, *params;
	} rows[] = {
	    {"a", SF_INTEGER, -5, "", ";x=1;y"},    {"b", SF_DECIMAL, 2500, "", ""},
	    {"c", SF_STRING, 0, "q\\\"", ""},       {"d", SF_TOKEN, 0, "tok", ""},
	    {"e", SF_INNER_LIST, 0, "1 \"x\"", ""}, {"f", SF_BOOLEAN, 1, "", ""},
	    {"g", SF_BOOLEAN, 0, "", ""},           {"h", SF_DATE, 7, "", ""},
	    {"i", SF_BYTES, 0, "YQ==", ""},
	};
	struct sf_member m;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		UNIT_INT_EQ(sf_dictionary_next(&rest, &m), 1);
		UNIT_STR_EQ(m.key, rows[i].key);
		UNIT_INT_EQ(m.value.type, rows[i].type);
		UNIT_INT_EQ(m.value.number, rows[i].number);
		UNIT_STR_EQ(m.value.text, rows[i].text);
		UNIT_STR_EQ(m.params, rows[i].params);
	}
	UNIT_INT_EQ(sf_dictionary_next(&rest, &m), 0);
}

UNIT_MAIN("sf", {"counts", counts}, {"members", members})
