/* test_cache_validate.c - validation, updates and invalidation (RFC 9111 4.3, 3.2, 4.4). */
#include "unit_msg.h"
#include "base/err.h"
#include "policy/cache_validate.h"

#define NOW ((int64_t)784111777)
#define DATE_OLD "Date: Sat, 05 Nov 1994 08:49:37 GMT\n"
#define DATE_NEW "Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
#define MODIFIED "Last-Modified: Fri, 04 Nov 1994 08:49:37 GMT\n"
#define MODIFIED_850 "Last-Modified: Friday, 04-Nov-94 08:49:37 GMT\n"
#define MODIFIED_2 "Last-Modified: Fri, 04 Nov 1994 08:49:38 GMT\n"
#define CC "Cache-Control: "

static const struct cache_opts opts = {
    .heuristic_percent = 10, .heuristic_max = 86400, .hit_for_miss = 120};

static void test_ask(void)
{
	static const struct {
		const char *lines, *if_none_match, *if_modified_since;
	} rows[] = {
	    {"", NULL, NULL},
	    {"ETag: \"a\"\n", "\"a\"", NULL},
	    {"ETag: W/\"a\"\n" MODIFIED, "W/\"a\"", "Fri, 04 Nov 1994 08:49:37 GMT"},
	    {MODIFIED_850, NULL, "Friday, 04-Nov-94 08:49:37 GMT"}, /* byte for byte */
	    {"ETag: a\nLast-Modified: never\n", NULL, NULL},
	    {"ETag: \"a\"\nETag: \"b\"\n", NULL, NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *m = unit_response(200, rows[i].lines);
		struct cache_validate_ask ask;
		bool want = rows[i].if_none_match != NULL || rows[i].if_modified_since != NULL;

		CU_ASSERT(unit_row(cache_validate_ask(&m->fields, &ask), want, rows[i].lines));
		CU_ASSERT((ask.if_none_match.p == NULL) == (rows[i].if_none_match == NULL));
		CU_ASSERT((ask.if_modified_since.p == NULL) == (rows[i].if_modified_since == NULL));
		UNIT_STR_EQ(ask.if_none_match, rows[i].if_none_match);
		UNIT_STR_EQ(ask.if_modified_since, rows[i].if_modified_since);
	}
}

static void test_304(void)
{
	enum { UPDATE = CACHE_VALIDATE_UPDATE, UNUSABLE = CACHE_VALIDATE_UNUSABLE };
	static const struct {
		const char *stored, *response;
		int answer;
		const char *why;
	} rows[] = {
	    {"ETag: \"a\"\n", "ETag: \"a\"\n", UPDATE, "4.3.4"},
	    {"ETag: \"a\"\n", "ETag: \"b\"\n", UNUSABLE, "strong"},
	    {"ETag: W/\"a\"\n", "ETag: \"a\"\n", UNUSABLE, "strong"},
	    {"", "ETag: \"a\"\n", UNUSABLE, "strong"},
	    {MODIFIED, "ETag: \"a\"\n" MODIFIED, UNUSABLE, "strong"},
	    {"ETag: \"a\"\n" MODIFIED, "ETag: \"a\"\n" MODIFIED_2, UPDATE, "4.3.4"},
	    {"ETag: W/\"a\"\n", "ETag: W/\"a\"\n", UPDATE, "4.3.4"},
	    {"ETag: \"a\"\n", "ETag: W/\"a\"\n", UPDATE, "4.3.4"},
	    {"ETag: W/\"a\"\n", "ETag: W/\"b\"\n", UNUSABLE, "weak"},
	    {MODIFIED, MODIFIED, UPDATE, "4.3.4"},
	    {MODIFIED, MODIFIED_850, UPDATE, "4.3.4"},
	    {MODIFIED, MODIFIED_2, UNUSABLE, "Last-Modified"},
	    {"ETag: \"a\"\n", MODIFIED, UNUSABLE, "lacks"},
	    {MODIFIED, "ETag: W/\"a\"\n", UNUSABLE, "lacks"},
	    {"", "", UPDATE, "4.3.4"},
	    {"ETag: \"a\"\n", DATE_NEW, UPDATE, "4.3.4"},
	    {"Vary: a, b\n", "Vary: B,A\n", UPDATE, "4.3.4"},
	    {"Vary: a\n", "", UPDATE, "4.3.4"},
	    {"Vary: a\n", "Vary: b\n", UNUSABLE, "Vary"},
	    {"", "Vary: b\n", UNUSABLE, "Vary"},
	    {"Vary: a\n", "Vary: *\n", UNUSABLE, "Vary"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *stored = unit_response(200, rows[i].stored);
		struct msg *r = unit_response(304, rows[i].response);
		struct cache_validate_verdict v;
		char name[40];

		snprintf(name, sizeof name, "row %zu", i);
		cache_validate_judge(&unit_arena, &stored->fields, r, &v);
		CU_ASSERT(unit_row(v.answer, rows[i].answer, name));
		CU_ASSERT(unit_why(v.why, rows[i].why, name));
		r->status = 200;
		cache_validate_judge(&unit_arena, &stored->fields, r, &v);
		CU_ASSERT(unit_row(v.answer, UNUSABLE, name));
	}
}

static void test_head(void)
{
	enum { UPDATE = CACHE_VALIDATE_UPDATE, OUTDATED = CACHE_VALIDATE_OUTDATED };
	static const struct {
		const char *stored, *response;
		uint64_t length;
		int answer;
		const char *why;
	} rows[] = {
	    {"ETag: \"a\"\n" MODIFIED, "ETag: \"a\"\n" MODIFIED "Content-Length: 5\n", 5, UPDATE,
	     "4.3.5"},
	    {"ETag: \"a\"\n", "ETag: \"b\"\n", 5, OUTDATED, "ETag"},
	    {"", "ETag: \"b\"\n", 5, OUTDATED, "ETag"},
	    {MODIFIED, MODIFIED_2, 5, OUTDATED, "Last-Modified"},
	    {"ETag: \"a\"\n", "ETag: \"a\"\nContent-Length: 6\n", 5, OUTDATED, "length"},
	    {"ETag: \"a\"\n", "ETag: \"a\"\nContent-Length: 6\n", UINT64_MAX, UPDATE, "4.3.5"},
	    {"ETag: \"a\"\n", "", 5, UPDATE, "4.3.5"},
	};
	struct cache_validate_verdict v;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *stored = unit_response(200, rows[i].stored);
		struct msg *r = unit_response(200, rows[i].response);

		cache_validate_head(&stored->fields, rows[i].length, r, &v);
		CU_ASSERT(unit_row(v.answer, rows[i].answer, rows[i].response));
		CU_ASSERT(unit_why(v.why, rows[i].why, rows[i].response));
	}
	cache_validate_head(&unit_response(200, "")->fields, 5, unit_response(404, ""), &v);
	UNIT_INT_EQ(v.answer, CACHE_VALIDATE_UNUSABLE);
}

/* ---- update ---- */
static struct cache_store_verdict verdict;
static struct msg merged;
static unsigned max_fields;
static size_t max_bytes;

static int update(uint32_t flags, const char *stored_lines, const char *lines)
{
	struct msg *stored = unit_response(200, stored_lines);
	struct stored meta = {.status = 200, .flags = flags};
	struct cache_validate_update in = {
	    .input = {.request = unit_request("GET", "http://example.com/", ""),
	              .response = unit_response(304, lines),
	              .request_time = NOW,
	              .response_time = NOW,
	              .opts = &opts},
	    .stored = &stored->fields,
	    .meta = &meta};

	return cache_validate_update(&unit_arena, &in, max_fields, max_bytes, &merged, &verdict);
}

static struct str merged_lines(void)
{
	char *p = arena_alloc(&unit_arena, 4096);
	struct str_out o = str_out_of(p, 4096);

	for (unsigned i = 0; i < merged.fields.n; i++) {
		str_put(&o, merged.fields.v[i].name);
		str_put(&o, STR(": "));
		str_put(&o, merged.fields.v[i].value);
		str_putc(&o, '\n');
	}
	return str_range(p, o.at);
}

static void test_merge(void)
{
	static const struct {
		const char *stored, *response, *want;
	} rows[] = {
	    {"ETag: \"a\"\nX-Old: 1\n" DATE_OLD, DATE_NEW "X-New: 2\n",
	     "ETag: \"a\"\nX-Old: 1\n" DATE_NEW "X-New: 2\n"},
	    {"X-A: 1\nX-A: 2\nX-B: 3\n", DATE_NEW "x-a: 4\n", "X-B: 3\n" DATE_NEW "x-a: 4\n"},
	    {CC "max-age=1\n", DATE_NEW CC "max-age=2\n", DATE_NEW CC "max-age=2\n"},
	    /* what describes the stored bytes stays */
	    {"Content-Length: 5\nContent-Encoding: gzip\n",
	     DATE_NEW "Content-Length: 7\nContent-Encoding: br\nContent-Range: bytes 0-1/2\n"
	              "Content-Digest: x\n",
	     "Content-Length: 5\nContent-Encoding: gzip\n" DATE_NEW},
	    {"Content-Type: a/b\n", DATE_NEW "Content-Type: c/d\n", DATE_NEW "Content-Type: c/d\n"},
	    /* a cookie is for the one who asked (CVE-2016-10002) */
	    {"Set-Cookie: a=1\n" CC "public, max-age=9\n", DATE_NEW "Set-Cookie: b=2\n",
	     "Set-Cookie: a=1\n" CC "public, max-age=9\n" DATE_NEW},
	    /* hop-by-hop fields, and what Connection names */
	    {"X-A: 1\n", DATE_NEW "Connection: x-b, close\nX-B: 2\nKeep-Alive: 3\n",
	     "X-A: 1\n" DATE_NEW},
	    {"X-B: 1\n", DATE_NEW "Connection: x-b\nX-B: 2\n", "X-B: 1\n" DATE_NEW},
	    /* Age and Date are of the new response or of none */
	    {"Age: 500\n" DATE_OLD, DATE_NEW "Age: 3\n", DATE_NEW},
	    {DATE_OLD "X-A: 1\n", "X-A: 2\n", "X-A: 2\n" DATE_NEW},
	    /* names that the new directives forbid to keep */
	    {"X-A: 1\nX-B: 2\n", DATE_NEW CC "private=\"x-a\", max-age=3\n",
	     "X-B: 2\n" DATE_NEW CC "private=\"x-a\", max-age=3\n"},
	};

	max_fields = 20;
	max_bytes = 4096;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		UNIT_INT_EQ(update(0, rows[i].stored, rows[i].response), 0);
		UNIT_STR_EQ(merged_lines(), rows[i].want);
		UNIT_INT_EQ(merged.status, 200);
	}
}

static void test_update_judged(void)
{
	max_fields = 20;
	max_bytes = 4096;
	UNIT_INT_EQ(
	    update(STORED_GZIP_MADE | STORED_GZIPPED | STORED_PRIVATE_ADDRESS | STORED_STALE,
	           "ETag: \"a\"\nAge: 100\n" DATE_OLD, DATE_NEW "Age: 7\n" CC "max-age=60\n"),
	    0);
	CU_ASSERT(verdict.store);
	UNIT_INT_EQ(verdict.meta.flags, STORED_GZIP_MADE | STORED_GZIPPED | STORED_PRIVATE_ADDRESS |
	                                    STORED_ETAG | STORED_ETAG_STRONG);
	UNIT_INT_EQ(verdict.meta.fresh_secs, 60);
	UNIT_INT_EQ(verdict.meta.initial_age, 7);
	UNIT_INT_EQ(verdict.meta.date, NOW);
	/* without a Date the old one does not make it old */
	UNIT_INT_EQ(update(0, CC "max-age=60\nETag: \"a\"\n" DATE_OLD, ""), 0);
	UNIT_INT_EQ(verdict.meta.initial_age, 0);
	UNIT_INT_EQ(verdict.meta.fresh_secs, 60);
	/* nor does an Age that was kept with it */
	UNIT_INT_EQ(update(0, CC "max-age=60\nETag: \"a\"\nAge: 50\n", DATE_NEW), 0);
	UNIT_INT_EQ(verdict.meta.initial_age, 0);
	/* the coding of the stored bytes is still known */
	UNIT_INT_EQ(update(STORED_GZIPPED, "ETag: \"a\"\nContent-Encoding: gzip\n", DATE_NEW), 0);
	CU_ASSERT((verdict.meta.flags & (STORED_GZIPPED | STORED_GZIP_MADE)) == STORED_GZIPPED);
	/* the origin takes it back */
	UNIT_INT_EQ(update(0, "ETag: \"a\"\n", DATE_NEW CC "private\n"), 0);
	CU_ASSERT(!verdict.store);
	CU_ASSERT(unit_why(verdict.why, "5.2.2.7", "private"));
	UNIT_INT_EQ(update(0, "ETag: \"a\"\n", DATE_NEW CC "no-store\n"), 0);
	CU_ASSERT(!verdict.store);
}

static void test_update_limits(void)
{
	struct arena small;
	struct msg *stored = unit_response(200, "ETag: \"a\"\n");
	struct stored meta = {.status = 200};
	struct cache_validate_update in = {.input = {.request = unit_request("GET", "/", ""),
	                                             .response = unit_response(304, ""),
	                                             .opts = &opts},
	                                   .stored = &stored->fields,
	                                   .meta = &meta};

	max_fields = 2;
	max_bytes = 4096;
	UNIT_INT_EQ(update(0, "ETag: \"a\"\n", DATE_NEW), 0);
	UNIT_INT_EQ(update(0, "ETag: \"a\"\n", DATE_NEW "X: 1\n"), ERR_LIMIT);
	max_fields = 20;
	max_bytes = 40; /* ETag "a" is 7, Date with its value 33 */
	UNIT_INT_EQ(update(0, "ETag: \"a\"\n", DATE_NEW), 0);
	UNIT_INT_EQ(update(0, "ETag: \"ab\"\n", DATE_NEW), ERR_LIMIT);
	arena_init(&small, 1);
	UNIT_INT_EQ(cache_validate_update(&small, &in, 20, 4096, &merged, &verdict), ERR_NOMEM);
	arena_fini(&small);
}

/* ---- invalidation ---- */
static void test_targets(void)
{
#define KEY(path) "1|G|http|example.com:80|" path "||"
	static const struct {
		const char *method;
		int status;
		const char *lines;
		const char *want[CACHE_VALIDATE_TARGETS];
	} rows[] = {
	    {"POST", 200, "", {KEY("/a")}},
	    {"PUT", 201, "", {KEY("/a")}},
	    {"DELETE", 204, "", {KEY("/a")}},
	    {"BREW", 200, "", {KEY("/a")}}, /* unknown is unsafe */
	    {"POST", 303, "Location: /b\n", {KEY("/a"), KEY("/b")}},
	    {"POST",
	     201,
	     "Location: http://example.com:80/b\nContent-Location: //example.com/c\n",
	     {KEY("/a"), KEY("/b"), KEY("/c")}},
	    {"POST", 200, "Location: /a\nContent-Location: /a#x\n", {KEY("/a")}},
	    {"POST", 200, "Location: http://other.example/b\n", {KEY("/a")}},
	    {"POST", 200, "Location: https://example.com/b\n", {KEY("/a")}},
	    {"POST", 200, "Location: http://example.com:81/b\n", {KEY("/a")}},
	    {"POST", 200, "Location: /b\nLocation: /c\n", {KEY("/a")}},
	    {"POST", 200, "Location: http://[bad/\n", {KEY("/a")}},
	    {"POST", 404, "Location: /b\n", {NULL}},
	    {"POST", 500, "", {NULL}},
	    {"GET", 200, "Content-Location: /b\n", {NULL}},
	    {"HEAD", 200, "", {NULL}},
	    {"OPTIONS", 200, "", {NULL}},
	    {"PURGE", 200, "", {NULL}},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *request = unit_request(rows[i].method, "http://example.com/a", "");
		struct cache_validate_targets t;
		unsigned n = 0;
		char name[60];

		snprintf(name, sizeof name, "row %zu %s", i, rows[i].method);
		while (n < CACHE_VALIDATE_TARGETS && rows[i].want[n] != NULL)
			n++;
		UNIT_INT_EQ(cache_validate_targets(&unit_arena, request,
		                                   unit_response(rows[i].status, rows[i].lines),
		                                   NULL, STR(""), &t),
		            0);
		CU_ASSERT_FATAL(unit_row(t.n, n, name));
		for (unsigned k = 0; k < n; k++) {
			char *p = (char *)(uintptr_t)t.keys[k].p;

			for (size_t b = 0; b < t.keys[k].n; b++)
				p[b] = p[b] == 0 ? '|' : p[b];
			UNIT_STR_EQ(t.keys[k], rows[i].want[k]);
		}
	}
}

UNIT_MAIN("cache_validate", {"RFC 9111 4.3.1: the question", test_ask},
          {"RFC 9111 4.3.4: a 304 and the stored response", test_304},
          {"RFC 9111 4.3.5: freshening by HEAD", test_head},
          {"RFC 9111 3.2: fields of an update", test_merge},
          {"RFC 9111 4.3.4: an update is judged anew", test_update_judged},
          {"an update within its limits", test_update_limits},
          {"RFC 9111 4.4: invalidation", test_targets})
