/* test_cache_control.c - Cache-Control in all its spellings. */
#include "unit.h"
#include "http/cache_control.h"
#include "http/value.h"

static struct field lines[4];

static struct fields fields_of(const char *a, const char *b)
{
	struct fields f;

	fields_init(&f, lines, 4);
	if (a != NULL)
		AZ(fields_add(&f, FIELD_CACHE_CONTROL, unit_guard_str(a)));
	if (b != NULL)
		AZ(fields_add(&f, FIELD_CACHE_CONTROL, unit_guard_str(b)));
	return f;
}

#define P CACHE_CONTROL_PRESENT
#define A CACHE_CONTROL_ABSENT

static void responses(void)
{
	static const struct {
		const char *a, *b;
		unsigned flags;
		int64_t max_age, s_maxage;
		const char *no_cache, *private;
	} rows[] = {
	    {NULL, NULL, 0, A, A, "", ""},
	    {"", NULL, P, A, A, "", ""},
	    {"max-age=60", NULL, P, 60, A, "", ""},
	    {"MAX-AGE=\"60\"", "S-MaxAge=5", P, 60, 5, "", ""},
	    {"max-age=60, max-age=10", "max-age=30", P, 10, A, "", ""},
	    {"max-age=abc", NULL, P, 0, A, "", ""},
	    {"max-age", NULL, P, 0, A, "", ""},
	    {"max-age=-5", NULL, P, 0, A, "", ""},
	    {"max-age=1.5", NULL, P, 0, A, "", ""},
	    {"max-age=99999999999999999999", NULL, P, VALUE_SECONDS_MAX, A, "", ""},
	    {"no-store", NULL, P | CACHE_CONTROL_NO_STORE, A, A, "", ""},
	    {"foo=\"no-store, private\", public", NULL, P | CACHE_CONTROL_PUBLIC, A, A, "", ""},
	    {"no-cache=\"Set-Cookie, X\"", NULL, P, A, A, "Set-Cookie, X", ""},
	    {"no-cache=\"a\", no-cache", NULL, P | CACHE_CONTROL_NO_CACHE, A, A, "a", ""},
	    {"no-cache=\"a\", no-cache=\"b\"", NULL, P | CACHE_CONTROL_NO_CACHE, A, A, "a", ""},
	    {"private=x", "no-cache=\"\"", P | CACHE_CONTROL_NO_CACHE, A, A, "", "x"},
	    {"no-cache=\"a b\"", "private=\",\"",
	     P | CACHE_CONTROL_NO_CACHE | CACHE_CONTROL_PRIVATE, A, A, "", ""},
	    {"max-age=9, ext=\"open, private", NULL, P | CACHE_CONTROL_NO_STORE, 9, A, "", ""},
	    {"ex\"t, max-age=9, private", NULL, P | CACHE_CONTROL_NO_STORE, A, A, "", ""},
	    {"ext=a\"b, private", "max-age=\"9", P | CACHE_CONTROL_NO_STORE, 0, A, "", ""},
	    {"Private", "unknown=1, , ;", P | CACHE_CONTROL_PRIVATE, A, A, "", ""},
	    {"must-revalidate,proxy-revalidate,must-understand,immutable,no-transform", NULL,
	     P | CACHE_CONTROL_MUST_REVALIDATE | CACHE_CONTROL_PROXY_REVALIDATE |
	         CACHE_CONTROL_MUST_UNDERSTAND | CACHE_CONTROL_IMMUTABLE |
	         CACHE_CONTROL_NO_TRANSFORM,
	     A, A, "", ""},
	    {"only-if-cached, no-stored, xno-store", NULL, P, A, A, "", ""},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fields f = fields_of(rows[i].a, rows[i].b);
		struct cache_control c;

		cache_control_response(&f, &c);
		UNIT_INT_EQ(c.flags, rows[i].flags);
		UNIT_INT_EQ(c.max_age, rows[i].max_age);
		UNIT_INT_EQ(c.s_maxage, rows[i].s_maxage);
		UNIT_STR_EQ(c.no_cache_fields, rows[i].no_cache);
		UNIT_STR_EQ(c.private_fields, rows[i].private);
	}
}

static void requests(void)
{
	struct fields f =
	    fields_of("max-stale, min-fresh=5, only-if-cached", "max-stale=7, min-fresh=9");
	struct cache_control c;

	cache_control_request(&f, &c);
	UNIT_INT_EQ(c.max_stale, 7);
	UNIT_INT_EQ(c.min_fresh, 9);
	UNIT_INT_EQ(c.flags, P | CACHE_CONTROL_ONLY_IF_CACHED);
	f = fields_of("max-stale", NULL);
	cache_control_request(&f, &c);
	CU_ASSERT(c.max_stale == CACHE_CONTROL_ANY);
	f = fields_of("max-stale=x, min-fresh=y, no-cache=\"z\"", NULL);
	cache_control_request(&f, &c);
	UNIT_INT_EQ(c.max_stale, 0);
	UNIT_INT_EQ(c.min_fresh, A);
	CU_ASSERT(cache_control_has(&c, CACHE_CONTROL_NO_CACHE));
	f = fields_of("max-age=0", NULL);
	cache_control_request(&f, &c);
	CU_ASSERT(c.flags == P && c.max_age == 0 && c.max_stale == A);
	f = fields_of("no-cache", NULL);
	cache_control_request(&f, &c);
	CU_ASSERT(c.flags == (P | CACHE_CONTROL_NO_CACHE) && c.max_age == A);
	f = fields_of("max-age=0", "no-store");
	cache_control_request(&f, &c);
	CU_ASSERT(c.flags == (P | CACHE_CONTROL_NO_STORE) && c.max_age == 0);
	f = fields_of("no-cache", "max-age=5");
	cache_control_request(&f, &c);
	CU_ASSERT(c.flags == (P | CACHE_CONTROL_NO_CACHE) && c.max_age == 5);
	f = fields_of(NULL, NULL);
	AZ(fields_add(&f, FIELD_PRAGMA, STR("x, No-Cache")));
	cache_control_request(&f, &c);
	UNIT_INT_EQ(c.flags, CACHE_CONTROL_NO_CACHE);
	AZ(fields_add(&f, FIELD_CACHE_CONTROL, STR("max-age=1")));
	cache_control_request(&f, &c);
	UNIT_INT_EQ(c.flags, P);
	cache_control_response(&f, &c);
	UNIT_INT_EQ(c.flags, P);
}

static void stale_lifetimes(void)
{
	struct fields f =
	    fields_of("stale-while-revalidate=30, stale-if-error=60, stale-if-error=50", NULL);
	struct cache_control c;

	cache_control_response(&f, &c);
	UNIT_INT_EQ(c.stale_while_revalidate, 30);
	UNIT_INT_EQ(c.stale_if_error, 50);
	CU_ASSERT(!cache_control_targeted(&f, STR("CDN-Cache-Control"), &c));
}

#define T (CACHE_CONTROL_PRESENT | CACHE_CONTROL_TARGETED)

/* RFC 9213 2.1: strictly structured, each value of its type. */
static void targeted(void)
{
	static const struct {
		const char *text;
		bool used;
		unsigned flags;
		int64_t max_age;
		const char *private;
	} rows[] = {
	    {"", false, 0, A, ""},
	    {"max-age=60", true, T, 60, ""},
	    {"max-age=60, max-age=10, max-age=30", true, T, 30, ""},
	    {"max-age=60;ext=1, foobar", true, T, 60, ""},
	    {"none", true, T, A, ""},
	    {"MaX-aGe=3600", false, 0, A, ""},
	    {"max-age=10000, &&&&&", false, 0, A, ""},
	    {"max-age =60", false, 0, A, ""},
	    {"max-age=60,", false, 0, A, ""},
	    {"max-age=\"60\"", true, T, 0, ""},
	    {"max-age=60.5", true, T, 0, ""},
	    {"max-age=-60", true, T, 0, ""},
	    {"max-age", true, T, 0, ""},
	    {"max-age=999999999999999", true, T, VALUE_SECONDS_MAX, ""},
	    {"no-store", true, T | CACHE_CONTROL_NO_STORE, A, ""},
	    {"no-store=?0", true, T, A, ""},
	    {"no-store, no-store=?0", true, T, A, ""},
	    {"no-store=1", true, T | CACHE_CONTROL_NO_STORE, A, ""},
	    {"public=1, immutable=x", true, T, A, ""},
	    {"public, immutable", true, T | CACHE_CONTROL_PUBLIC | CACHE_CONTROL_IMMUTABLE, A, ""},
	    {"private=\"a, b\"", true, T, A, "a, b"},
	    {"private=\"a\\\\b\"", true, T | CACHE_CONTROL_PRIVATE, A, ""},
	    {"private=(a b)", true, T | CACHE_CONTROL_PRIVATE, A, ""},
	    {"private=\"\"", true, T | CACHE_CONTROL_PRIVATE, A, ""},
	    {"private=\"a\", private=?0", true, T, A, ""},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fields f = fields_of("no-store, max-age=5", NULL);
		struct cache_control c;

		AZ(fields_add(&f, FIELD_CDN_CACHE_CONTROL, unit_guard_str(rows[i].text)));
		if (cache_control_targeted(&f, STR("CDN-cache-control"), &c) != rows[i].used) {
			CU_FAIL(rows[i].text);
			continue;
		}
		if (!rows[i].used)
			continue;
		UNIT_INT_EQ(c.flags, rows[i].flags);
		UNIT_INT_EQ(c.max_age, rows[i].max_age);
		UNIT_STR_EQ(c.private_fields, rows[i].private);
	}
}

static void targeted_lines(void)
{
	struct fields f = fields_of(NULL, NULL);
	struct cache_control c;

	AZ(fields_add(&f, FIELD_CDN_CACHE_CONTROL, STR("max-age=60, no-cache")));
	AZ(fields_add(&f, FIELD_CDN_CACHE_CONTROL, STR("s-maxage=7, no-cache=?0")));
	CU_ASSERT(cache_control_targeted(&f, STR("cdn-cache-control"), &c));
	UNIT_INT_EQ(c.flags, T);
	UNIT_INT_EQ(c.max_age, 60);
	UNIT_INT_EQ(c.s_maxage, 7);
	AZ(fields_add(&f, FIELD_CDN_CACHE_CONTROL, STR("")));
	CU_ASSERT(!cache_control_targeted(&f, STR("cdn-cache-control"), &c));
}

static void effective(void)
{
	const struct cache_control_targets targets = {
	    .names = {STR("Own-Cache-Control"), STR("CDN-Cache-Control")}, .n = 2};
	struct fields f = fields_of("no-store", NULL);
	struct cache_control c;

	cache_control_effective(&f, &targets, &c);
	UNIT_INT_EQ(c.flags, P | CACHE_CONTROL_NO_STORE);
	AZ(fields_add(&f, FIELD_CDN_CACHE_CONTROL, STR("max-age=1")));
	cache_control_effective(&f, NULL, &c);
	UNIT_INT_EQ(c.flags, P | CACHE_CONTROL_NO_STORE);
	cache_control_effective(&f, &targets, &c);
	UNIT_INT_EQ(c.flags, T);
	UNIT_INT_EQ(c.max_age, 1);
	AZ(fields_add_name(&f, STR("own-cache-control"), STR("max-age=2")));
	cache_control_effective(&f, &targets, &c);
	UNIT_INT_EQ(c.max_age, 2);
	f.v[2].value = STR("max-age=2, ,");
	cache_control_effective(&f, &targets, &c);
	UNIT_INT_EQ(c.max_age, 1);
}

UNIT_MAIN("cache_control", {"responses", responses}, {"requests", requests},
          {"stale lifetimes", stale_lifetimes}, {"targeted", targeted},
          {"targeted lines", targeted_lines}, {"effective", effective})
