/* test_cache_store.c - may a response be kept (RFC 9111 3; HOSTILE 2 and 3)? */
#include "unit_msg.h"
#include "policy/cache_fresh.h"
#include "policy/cache_store.h"

#define NOW ((int64_t)784111777)
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
#define MODIFIED "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\n"
#define CC "Cache-Control: "
#define MAX_AGE CC "max-age=60\n"

static struct cache_opts opts = {
    .heuristic_percent = 10, .heuristic_max = 86400, .hit_for_miss = 120};

static struct cache_store_input input_of(const struct msg *request, const struct msg *response)
{
	return (struct cache_store_input){.request = request,
	                                  .response = response,
	                                  .request_time = NOW - 1,
	                                  .response_time = NOW,
	                                  .opts = &opts};
}

static struct cache_store_verdict judge(const char *method, const char *request, int status,
                                        const char *response)
{
	struct cache_store_input in = input_of(unit_request(method, "http://example.com/", request),
	                                       unit_response(status, response));
	struct cache_store_verdict v;

	cache_store_judge(&in, &v);
	return v;
}

struct row {
	const char *method, *request;
	int status;
	const char *response;
	bool store;
	uint32_t hit_for_miss;
	const char *why;
};

static void judge_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct cache_store_verdict v = judge(r->method, r->request, r->status, r->response);
		char name[300];

		snprintf(name, sizeof name, "row %zu: %s %s %d %s", i, r->method, r->request,
		         r->status, r->response);
		CU_ASSERT(unit_row(v.store, r->store, name));
		CU_ASSERT(unit_row(v.hit_for_miss_secs, r->hit_for_miss, name));
		CU_ASSERT(unit_row(v.hit_for_miss, r->hit_for_miss != 0, name));
		CU_ASSERT(unit_why(v.why, r->why, name));
		CU_ASSERT(v.store == (strncmp(v.why, "stored", 6) == 0));
	}
}
#define JUDGE(rows) judge_rows(rows, COUNT_OF(rows))

static void test_method_and_request(void)
{
	static const struct row rows[] = {
	    {"GET", "", 200, MAX_AGE, true, 0, "RFC 9111 3"},
	    {"HEAD", "", 200, MAX_AGE, false, 0, "HEAD"},
	    {"POST", "", 200, MAX_AGE, false, 0, "not GET"},
	    {"PUT", "", 201, MAX_AGE, false, 0, "not GET"},
	    {"BREW", "", 200, MAX_AGE, false, 0, "not GET"},
	    {"GET", "Content-Length: 5\n", 200, MAX_AGE, false, 0, "body"},
	    {"GET", "Transfer-Encoding: chunked\n", 200, MAX_AGE, false, 0, "body"},
	    {"GET", "Content-Length: 0\n", 200, MAX_AGE, true, 0, "stored"},
	    {"GET", CC "no-store\n", 200, MAX_AGE, false, 0, "5.2.1.5"},
	    {"GET", CC "no-cache\n", 200, MAX_AGE, true, 0, "stored"},
	    {"GET", "Range: bytes=0-1\n", 200, MAX_AGE, true, 0, "stored"},
	};

	JUDGE(rows);
}

static void test_status(void)
{
	static const struct row rows[] = {
	    {"GET", "", 206, MAX_AGE, false, 0, "3.3"},
	    {"GET", "", 200, MAX_AGE "Content-Range: bytes 0-1/5\n", false, 0, "3.3"},
	    {"GET", "", 304, MAX_AGE, false, 0, "4.3.4"},
	    {"GET", "", 101, MAX_AGE, false, 0, "final"},
	    {"GET", "", 407, MAX_AGE, false, 0, "15.5.8"},
	    {"GET", "", 301, MODIFIED, true, 0, "stored"},
	    {"GET", "", 302, MODIFIED, false, 120, "explicit freshness"},
	    {"GET", "", 302, MAX_AGE, true, 0, "stored"},
	    {"GET", "", 307, CC "public\n" MODIFIED, true, 0, "stored"},
	    {"GET", "", 404, MODIFIED, false, 10, "error without"},
	    {"GET", "", 404, CC "public\n" MODIFIED, false, 10, "error without"},
	    {"GET", "", 404, MAX_AGE, true, 0, "stored"},
	    {"GET", "", 400, "", false, 0, "error without"},
	    {"GET", "", 416, "", false, 0, "error without"},
	    {"GET", "", 431, "", false, 0, "error without"},
	    {"GET", "", 500, "", false, 10, "error without"},
	    {"GET", "", 503, "Expires: Sun, 06 Nov 1994 08:49:47 GMT\n", true, 0, "stored"},
	    {"GET", "", 299, MODIFIED, false, 120, "unknown status"},
	    {"GET", "", 299, MAX_AGE, true, 0, "stored"},
	    {"GET", "", 599, "", false, 10, "error without"},
	};

	JUDGE(rows);
}

static void test_directives(void)
{
	static const struct row rows[] = {
	    {"GET", "", 200, CC "no-store, max-age=60\n", false, 120, "5.2.2.5"},
	    {"GET", "", 200, CC "max-age=60\n" CC "No-Store\n", false, 120, "5.2.2.5"},
	    {"GET", "", 200, CC "private, max-age=60\n", false, 120, "5.2.2.7"},
	    {"GET", "", 200, CC "private=\"x-foo\", max-age=60\n", true, 0, "stored"},
	    {"GET", "", 200, CC "no-cache\nETag: \"a\"\n", true, 0, "stored"},
	    {"GET", "", 200, CC "no-cache, max-age=60\n", false, 120, "5.2.2.4"},
	    {"GET", "", 200, CC "no-cache=\"set-cookie\", max-age=60\n", true, 0, "stored"},
	    {"GET", "", 200, CC "max-age=60, x=\"no-store\"\n", true, 0, "stored"},
	    /* must-understand outweighs no-store where the status is understood (5.2.2.3) */
	    {"GET", "", 200, CC "must-understand, no-store, max-age=60\n", true, 0, "stored"},
	    {"GET", "", 299, CC "must-understand, no-store, max-age=60\n", false, 0, "5.2.2.3"},
	    {"GET", "", 299, CC "must-understand, max-age=60\n", false, 0, "5.2.2.3"},
	};

	JUDGE(rows);
}

static void test_authorization(void)
{
	static const struct row rows[] = {
	    {"GET", "Authorization: Basic eA==\n", 200, MAX_AGE, false, 0, "3.5"},
	    {"GET", "Authorization: Basic eA==\n", 200, MODIFIED, false, 0, "3.5"},
	    {"GET", "Authorization: x\n", 200, CC "public, max-age=60\n", true, 0, "stored"},
	    {"GET", "Authorization: x\n", 200, CC "must-revalidate, max-age=60\n", true, 0,
	     "stored"},
	    {"GET", "Authorization: x\n", 200, CC "s-maxage=60\n", true, 0, "stored"},
	    {"GET", "Authorization: x\n", 200, CC "proxy-revalidate, max-age=60\n", false, 0,
	     "3.5"},
	    {"GET", "Authorization: x\n", 200, CC "public, private\n", false, 120, "5.2.2.7"},
	};
	struct cache_store_input in =
	    input_of(unit_request("GET", "/", ""), unit_response(200, MAX_AGE));
	struct cache_store_verdict v;

	JUDGE(rows);
	in.authorization = true;
	cache_store_judge(&in, &v);
	CU_ASSERT(!v.store);
	CU_ASSERT(unit_why(v.why, "3.5", "by the way"));
}

static void test_vary_and_cookies(void)
{
	static const struct row rows[] = {
	    {"GET", "", 200, MAX_AGE "Vary: accept\n", true, 0, "stored"},
	    {"GET", "", 200, MAX_AGE "Vary: *\n", false, 120, "4.1"},
	    {"GET", "", 200, MAX_AGE "Vary: accept\nVary: *\n", false, 120, "4.1"},
	    {"GET", "", 200, MAX_AGE "Vary: a,b,c,d,e,f,g,h,i\n", false, 120, "more than 8"},
	    {"GET", "", 200, MAX_AGE "Vary: a b\n", false, 120, "malformed Vary"},
	    {"GET", "", 200, "Set-Cookie: a=b\n" MODIFIED, false, 120, "without explicit"},
	    {"GET", "", 200, "Set-Cookie: a=b\n" CC "public\n" MODIFIED, false, 120,
	     "without explicit"},
	    {"GET", "", 200, "Set-Cookie: a=b\n" MAX_AGE, false, 120, "without public"},
	    {"GET", "", 200, "Set-Cookie: a=b\n" CC "public, max-age=60\n", true, 0, "stored"},
	    {"GET", "", 200, "Set-Cookie: a=b\n" CC "s-maxage=60\n", true, 0, "stored"},
	    /* the field itself is left out, so nothing of it is shared (5.2.2.4) */
	    {"GET", "", 200, "Set-Cookie: a=b\n" CC "no-cache=\"Set-Cookie\", max-age=60\n", true,
	     0, "stored"},
	    {"GET", "Cookie: a=b\n", 200, MAX_AGE, true, 0, "stored"},
	};
	struct cache_store_verdict v;

	JUDGE(rows);
	opts.store_set_cookie = true;
	v = judge("GET", "", 200, "Set-Cookie: a=b\n" MAX_AGE);
	CU_ASSERT(v.store);
	v = judge("GET", "", 200, "Set-Cookie: a=b\n" MODIFIED);
	CU_ASSERT(!v.store);
	opts.store_set_cookie = false;
}

static void test_of_use(void)
{
	static const struct row rows[] = {
	    {"GET", "", 200, "", false, 120, "no lifetime and no validator"},
	    {"GET", "", 200, DATE MODIFIED, true, 0, "stored"},
	    {"GET", "", 200, "ETag: \"a\"\n", true, 0, "stored"},
	    {"GET", "", 200, "ETag: bad\n", false, 120, "no validator"},
	    {"GET", "", 200, CC "max-age=0\n", false, 120, "stale on arrival"},
	    {"GET", "", 200, CC "max-age=0\nETag: W/\"a\"\n", true, 0, "stored"},
	    {"GET", "", 200, CC "max-age=60\nAge: 60\n", false, 120, "stale on arrival"},
	    {"GET", "", 200, CC "max-age=60\nAge: 58\n", true, 0, "stored"}, /* + 1 s delay */
	    {"GET", "", 200, CC "max-age=0, stale-while-revalidate=9\n", true, 0, "stored"},
	    {"GET", "", 200, CC "max-age=0, stale-if-error=9\n", true, 0, "stored"},
	    {"GET", "", 200, CC "max-age=0, must-revalidate, stale-if-error=9\n", false, 120,
	     "stale on arrival"},
	    {"GET", "", 200, "Expires: 0\n", false, 120, "stale on arrival"},
	};

	JUDGE(rows);
}

static void test_until_close(void)
{
	static const struct {
		const char *lines;
		bool store;
	} rows[] = {{MAX_AGE, true}, {DATE MODIFIED, false}, {CC "public\n" DATE MODIFIED, false}};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg *m = unit_response(200, rows[i].lines);
		struct cache_store_input in = input_of(unit_request("GET", "/", ""), m);
		struct cache_store_verdict v;

		m->body = MSG_BODY_UNTIL_CLOSE;
		cache_store_judge(&in, &v);
		CU_ASSERT(unit_row(v.store, rows[i].store, rows[i].lines));
	}
}

static void test_ways(void)
{
	struct cache_store_input in =
	    input_of(unit_request("GET", "/", ""), unit_response(200, MAX_AGE));
	struct cache_store_verdict v;

	in.unverified = true;
	cache_store_judge(&in, &v);
	CU_ASSERT(!v.store && !v.hit_for_miss);
	in.unverified = false;
	in.from_private_address = true;
	in.gzip_made = true;
	cache_store_judge(&in, &v);
	CU_ASSERT(v.store);
	UNIT_INT_EQ(v.meta.flags, STORED_PRIVATE_ADDRESS | STORED_GZIP_MADE | STORED_GZIPPED);
	/* an update is not judged by the method that brought it */
	in = input_of(unit_request("HEAD", "/", CC "no-store\n"), unit_response(200, MAX_AGE));
	in.update = true;
	cache_store_judge(&in, &v);
	CU_ASSERT(v.store);
}

static void test_meta(void)
{
	static const struct {
		const char *lines;
		uint32_t flags, fresh, swr, sie;
	} rows[] = {
	    {MAX_AGE, 0, 60, 0, 7},
	    {CC "s-maxage=5\n", STORED_MUST_REVALIDATE, 5, 0, 7},
	    {CC "max-age=5, must-revalidate\n", STORED_MUST_REVALIDATE, 5, 0, 7},
	    {CC "max-age=5, proxy-revalidate\n", STORED_MUST_REVALIDATE, 5, 0, 7},
	    {CC "max-age=5, no-cache\nETag: \"a\"\n",
	     STORED_NO_CACHE | STORED_ETAG | STORED_ETAG_STRONG, 5, 0, 7},
	    {CC "max-age=5\nETag: W/\"a\"\n", STORED_ETAG, 5, 0, 7},
	    {CC "max-age=5\nETag: \"a\"\nETag: \"b\"\n", 0, 5, 0, 7},
	    {CC "max-age=5\nLast-Modified: x\n", 0, 5, 0, 7},
	    {DATE MODIFIED, STORED_LAST_MODIFIED | STORED_HEURISTIC, 8640, 0, 7},
	    {CC "max-age=5, immutable, no-transform\n", STORED_IMMUTABLE | STORED_NO_TRANSFORM, 5,
	     0, 7},
	    {CC "immutable\n" DATE MODIFIED, STORED_LAST_MODIFIED | STORED_HEURISTIC, 8640, 0, 7},
	    {MAX_AGE "Content-Encoding: GZIP\n", STORED_GZIPPED, 60, 0, 7},
	    {MAX_AGE "Content-Encoding: gzip, br\n", 0, 60, 0, 7},
	    {CC "max-age=5, stale-while-revalidate=30, stale-if-error=40\n", 0, 5, 30, 40},
	    {CC "max-age=5, stale-if-error=0\n", 0, 5, 0, 0},
	    {CC "max-age=5, stale-while-revalidate=99999999999\n", 0, 5, CACHE_FRESH_MAX, 7},
	};

	opts.stale_if_error = 7;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cache_store_verdict v = judge("GET", "", 200, rows[i].lines);

		CU_ASSERT(unit_row(v.meta.flags, rows[i].flags, rows[i].lines));
		CU_ASSERT(unit_row(v.meta.fresh_secs, rows[i].fresh, rows[i].lines));
		CU_ASSERT(unit_row(v.meta.swr_secs, rows[i].swr, rows[i].lines));
		CU_ASSERT(unit_row(v.meta.sie_secs, rows[i].sie, rows[i].lines));
		UNIT_INT_EQ(v.meta.request_time, NOW - 1);
		UNIT_INT_EQ(v.meta.response_time, NOW);
		UNIT_INT_EQ(v.meta.date, NOW);
		UNIT_INT_EQ(v.meta.initial_age, 1);
		UNIT_INT_EQ(v.meta.status, 200);
	}
	opts.stale_if_error = 0;
}

static void test_fields_kept(void)
{
	struct msg *m = unit_response(
	    200,
	    CC "no-cache=\"X-One, set-cookie\", private=\"X-Two\"\nX-One: 1\nX-Two: 2\nX-Three: 3\n"
	       "Set-Cookie: a=b\nConnection: x-four\nX-Four: 4\nAge: 5\nETag: \"a\"\n"
	       "Content-Length: 9\nKeep-Alive: x\nProxy-Authenticate: x\nContent-Type: a/b\n");
	static const char *kept[] = {"Cache-Control", "X-Three", "ETag", "Content-Length",
	                             "Content-Type"};
	struct cache_control cc;
	unsigned n = 0;

	cache_control_response(&m->fields, &cc);
	for (unsigned i = 0; i < m->fields.n; i++) {
		const struct field *f = &m->fields.v[i];
		bool want = false;

		for (size_t k = 0; k < COUNT_OF(kept); k++)
			want = want || str_ieq(f->name, str_of(kept[k]));
		CU_ASSERT(unit_row(cache_store_keeps_field(m, &cc, f), want, f->name.p));
		n += want;
	}
	UNIT_INT_EQ(n, COUNT_OF(kept));
}

UNIT_MAIN("cache_store", {"RFC 9111 3, 5.2.1.5: method and request", test_method_and_request},
          {"RFC 9111 3, 3.3: status", test_status},
          {"RFC 9111 5.2.2: directives of the response", test_directives},
          {"RFC 9111 3.5: Authorization", test_authorization},
          {"RFC 9111 4.1, 7.3: Vary and Set-Cookie", test_vary_and_cookies},
          {"what is of no use is not kept", test_of_use},
          {"RFC 9112 8: ended by closing", test_until_close}, {"ways and updates", test_ways},
          {"what is kept in numbers", test_meta},
          {"RFC 9111 3.1, 5.2.2.4, 5.2.2.7: fields kept", test_fields_kept})
