/* test_value.c - lists, parameters, quality, entity tags, seconds. */
#include "unit.h"
#include "base/err.h"
#include "http/value.h"

#define LINES 4
static struct field lines[LINES + 2];

static struct fields fields_of(enum field_id id, const char *const *values)
{
	struct fields f;

	fields_init(&f, lines, LINES + 2);
	AZ(fields_add(&f, FIELD_AGE, STR("1, 2")));
	for (int i = 0; i < LINES && values[i] != NULL; i++)
		AZ(fields_add(&f, id, unit_guard_str(values[i])));
	return f;
}

static void lists(void)
{
	static const struct {
		const char *in[LINES], *out;
	} rows[] = {
	    {{""}, ""},
	    {{",, , "}, ""},
	    {{"a,b"}, "[a][b]"},
	    {{" a ,\t b", "c"}, "[a][b][c]"},
	    {{"a=\"x,y\", b"}, "[a=\"x,y\"][b]"},
	    {{"a=\"x\\\",y\", b"}, "[a=\"x\\\",y\"][b]"},
	    {{"a=\"open, b", "c"}, "[a=\"open, b][c]"},
	    {{"a=\"open\\", "c,"}, "[a=\"open\\][c]"},
	    {{"", "x", "", "y"}, "[x][y]"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fields f = fields_of(FIELD_VIA, rows[i].in);
		struct value_list it;
		struct str element;
		char got[200];
		struct str_out o = str_out_of(got, sizeof got);

		value_list_init(&it, &f, FIELD_VIA);
		while (value_list_next(&it, &element)) {
			str_putc(&o, '[');
			str_put(&o, element);
			str_putc(&o, ']');
		}
		UNIT_STR_EQ(str_range(got, o.at), rows[i].out);
	}
}

static void parameters(void)
{
	static const struct {
		const char *in, *out;
		int end;
	} rows[] = {
	    {"a", "a", 0},
	    {"a;b=c", "a|b=c", 0},
	    {"a ; b=\"c;d\" ;; e", "a|b=c;d|e=", 0},
	    {"a;b = c", "a", ERR_BAD},
	    {"a;b=", "a", ERR_BAD},
	    {"a;=c", "a", ERR_BAD},
	    {"a;b=\"c", "a", ERR_BAD},
	    {"a;b=\"c\\\"", "a", ERR_BAD},
	    {"a;b=\"c\"d", "a", ERR_BAD},
	    {"a;b=c d", "a", ERR_BAD},
	    {"a;b=\"x\x01\"", "a", ERR_BAD},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct value_param p;
		char got[200];
		struct str_out o = str_out_of(got, sizeof got);
		struct str rest;
		int r;

		str_put(&o, value_item(unit_guard_str(rows[i].in), &rest));
		while ((r = value_param_next(&rest, &p)) == 1) {
			str_putc(&o, '|');
			str_put(&o, p.name);
			str_putc(&o, '=');
			str_put(&o, p.value);
		}
		UNIT_STR_EQ(str_range(got, o.at), rows[i].out);
		UNIT_INT_EQ(r, rows[i].end);
	}
}

static void quality(void)
{
	static const struct {
		const char *in;
		int q;
	} rows[] = {{"0", 0},           {"1", 1000},         {"0.", 0},        {"0.5", 500},
	            {"0.123", 123},     {"1.000", 1000},     {"0.05", 50},     {"", ERR_BAD},
	            {"1.001", ERR_BAD}, {"0.1234", ERR_BAD}, {"2", ERR_BAD},   {"-1", ERR_BAD},
	            {".5", ERR_BAD},    {"0,5", ERR_BAD},    {"0.x", ERR_BAD}, {"1.0000", ERR_BAD}};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		UNIT_INT_EQ(value_qvalue(unit_guard_str(rows[i].in)), rows[i].q);
}

static void accept_encoding(void)
{
	static const struct {
		const char *in[LINES];
		int gzip, identity;
	} rows[] = {
	    {{NULL}, 1, 1000},
	    {{""}, 0, 1},
	    {{"gzip"}, 1000, 1},
	    {{"gzip, deflate, br"}, 1000, 1},
	    {{"gzip,br"}, 1000, 1},
	    {{"gzipped, br"}, 0, 1},
	    {{"gzip ;q=0"}, 0, 1},
	    {{"gzip ,br"}, 1000, 1},
	    {{"gzip\"x\",br"}, 0, 1},
	    {{"identity"}, 0, 1000},
	    {{"identity;q=0, gzip"}, 1000, 0},
	    {{"br", "gzip"}, 1000, 1},
	    {{"x-gzip"}, 1000, 1},
	    {{"GZIP;q=0.5, br"}, 500, 1},
	    {{"gzip;q=0"}, 0, 1},
	    {{"*"}, 1000, 1},
	    {{"*;q=0"}, 0, 0},
	    {{"gzip, *;q=0"}, 1000, 0},
	    {{"*;q=0, identity;q=0.2"}, 0, 200},
	    {{"identity;q=0"}, 0, 0},
	    {{"br", "gzip;q=0.7"}, 700, 1},
	    {{"gzip;q=x, *;q=0.3"}, 300, 1},
	    {{",,,,,,,,,,,,,,,,,,,,gzip"}, 1000, 1},
	    {{"gzip;q=0.1, gzip;q=0.9"}, 100, 1},
	    {{"gzip;Q=0.4"}, 400, 1},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fields f = fields_of(FIELD_ACCEPT_ENCODING, rows[i].in);

		UNIT_INT_EQ(value_accepts_coding(&f, STR("gzip")), rows[i].gzip);
		UNIT_INT_EQ(value_accepts_coding(&f, STR("identity")), rows[i].identity);
	}
}

static void entity_tags(void)
{
	static const struct {
		const char *a, *b;
		bool strong, weak;
	} rows[] = {/* RFC 9110 8.8.3.2, table 3 */
	            {"W/\"1\"", "W/\"1\"", false, true},
	            {"W/\"1\"", "W/\"2\"", false, false},
	            {"W/\"1\"", "\"1\"", false, true},
	            {"\"1\"", "\"1\"", true, true}};
	static const char *const bad[] = {"",        "1",      "\"",       "\"1",     "1\"",
	                                  "w/\"1\"", "W/",     "W/1",      "\"a b\"", "\"a\"b\"",
	                                  "\"a\"x",  "W\"a\"", "\"\x7f\"", "\"\t\"",  "*"};
	struct value_etag a, b;
	struct str list = unit_guard_str("W/\"a,b\" ,, \"c\\\",\"\xE4\",\"\"");

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AZ(value_etag(unit_guard_str(rows[i].a), &a));
		AZ(value_etag(unit_guard_str(rows[i].b), &b));
		CU_ASSERT_EQUAL(value_etag_strong_eq(a, b), rows[i].strong);
		CU_ASSERT_EQUAL(value_etag_weak_eq(a, b), rows[i].weak);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		UNIT_INT_EQ(value_etag(unit_guard_str(bad[i]), &a), ERR_BAD);
	UNIT_INT_EQ(value_etag_next(&list, &a), 1);
	CU_ASSERT(a.weak);
	UNIT_STR_EQ(a.opaque, "\"a,b\"");
	UNIT_INT_EQ(value_etag_next(&list, &a), 1);
	UNIT_STR_EQ(a.opaque, "\"c\\\"");
	UNIT_INT_EQ(value_etag_next(&list, &a), 1);
	UNIT_INT_EQ(value_etag_next(&list, &a), 1);
	UNIT_STR_EQ(a.opaque, "\"\"");
	UNIT_INT_EQ(value_etag_next(&list, &a), 0);
	list = STR("\"a\" \"b\"");
	UNIT_INT_EQ(value_etag_next(&list, &a), ERR_BAD);
}

static void seconds(void)
{
	int64_t v = -7;

	UNIT_INT_EQ(value_seconds(STR(""), &v), ERR_BAD);
	UNIT_INT_EQ(value_seconds(STR("-1"), &v), ERR_BAD);
	UNIT_INT_EQ(value_seconds(STR("1.5"), &v), ERR_BAD);
	UNIT_INT_EQ(value_seconds(STR(" 1"), &v), ERR_BAD);
	UNIT_INT_EQ(v, -7);
	AZ(value_seconds(STR("00060"), &v));
	UNIT_INT_EQ(v, 60);
	AZ(value_seconds(STR("2147483647"), &v));
	UNIT_INT_EQ(v, 2147483647);
	AZ(value_seconds(STR("99999999999999999999999999999999"), &v));
	UNIT_INT_EQ(v, VALUE_SECONDS_MAX);
}

static void quoting(void)
{
	struct arena a;
	struct str out, inside;
	char got[64];
	struct str_out o = str_out_of(got, sizeof got);

	arena_init(&a, 0);
	CU_ASSERT(value_is_quoted(STR("\"a\\\"b\""), &inside));
	AZ(value_unquote(&a, inside, &out));
	UNIT_STR_EQ(out, "a\"b");
	CU_ASSERT(!value_is_quoted(STR("\""), NULL) && !value_is_quoted(STR("\"a\\\""), NULL));
	CU_ASSERT(value_is_quoted(STR("\"a\\\\\""), NULL) && value_is_quoted(STR("\"\""), NULL));
	CU_ASSERT(!value_is_quoted(STR("\"a\"b\""), NULL));
	value_put_sf_string(&o, STR("a\"\\\n\x80"));
	value_put_sf_token(&o, STR("tok/en"));
	value_put_sf_token(&o, STR("1x"));
	UNIT_STR_EQ(str_range(got, o.at), "\"a\\\"\\\\??\"tok/en\"1x\"");
	arena_fini(&a);
}

static void has(void)
{
	static const char *const values[LINES] = {"a, Foo;x=1", "\"bar\""};
	struct fields f = fields_of(FIELD_CONNECTION, values);

	CU_ASSERT(value_list_has(&f, FIELD_CONNECTION, STR("FOO")));
	CU_ASSERT(!value_list_has(&f, FIELD_CONNECTION, STR("bar")));
	CU_ASSERT(!value_list_has(&f, FIELD_VIA, STR("a")));
}

UNIT_MAIN("value", {"lists", lists}, {"parameters", parameters}, {"quality", quality},
          {"accept-encoding", accept_encoding}, {"entity tags", entity_tags}, {"seconds", seconds},
          {"quoting", quoting}, {"has", has})
