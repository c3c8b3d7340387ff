/* test_route.c - origin, pool, tunnel, or no further (RFC 9110 7.6, 9.3; HOSTILE 1 and 4). */
#include "unit_msg.h"
#include "policy/route.h"

static const struct route_own own[] = {
    {{4, {0}}, 3128}, {{4, {192, 0, 2, 1}}, 8080}, {{6, {0x20, 1, 0xd, 0xb8, [15] = 1}}, 8080}};
static const struct route_self self = {STR_INIT("weir.test"), own, 3};

struct row {
	const char *method, *target, *lines;
	int way, status;
	bool close;
	const char *why;
};

static struct route_input input;

static void judge_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct route_verdict v;
		char name[300];

		snprintf(name, sizeof name, "row %zu: %s %s %.200s", i, r->method, r->target,
		         r->lines);
		input.self = &self;
		input.request = unit_request(r->method, r->target, r->lines);
		route_judge(&input, &v);
		CU_ASSERT(unit_row(v.way, r->way, name));
		CU_ASSERT(unit_row(v.status, r->status, name));
		CU_ASSERT(unit_row(v.close, r->close, name));
		CU_ASSERT(unit_why(v.why, r->why, name));
		CU_ASSERT(unit_row(v.pool, v.way == ROUTE_POOL ? input.pool : -1, name));
	}
}
#define JUDGE(rows) judge_rows(rows, COUNT_OF(rows))

static void test_forward(void)
{
	static const struct row rows[] = {
	    {"GET", "http://example.com/", "", ROUTE_ORIGIN, 0, false, "origin"},
	    {"BREW", "http://example.com/", "", ROUTE_ORIGIN, 0, false, "origin"},
	    {"GET", "/", "", ROUTE_ORIGIN, 0, false, "origin"},
	    {"GET", "http://user:pw@example.com/", "", ROUTE_ORIGIN, 0, false, "origin"},
	    {"GET", "https://example.com/", "", ROUTE_REFUSE, 501, false, "https"},
	    {"GET", "ftp://example.com/", "", ROUTE_REFUSE, 400, false, "scheme"},
	    {"PURGE", "http://example.com/", "", ROUTE_PURGE, 0, false, "PURGE"},
	};
	static const struct row with_tls[] = {
	    {"GET", "https://example.com/", "", ROUTE_ORIGIN, 0, false, "origin"},
	};

	input = (struct route_input){.listener = ROUTE_FORWARD, .pool = -1};
	JUDGE(rows);
	input.https_origins = true;
	JUDGE(with_tls);
}

static void test_connect(void)
{
	static const struct row rows[] = {
	    {"CONNECT", "example.com:443", "", ROUTE_TUNNEL, 0, false, "tunnel"},
	    {"CONNECT", "example.com:80", "", ROUTE_REFUSE, 403, true, "port"},
	    {"CONNECT", "example.com:22", "", ROUTE_REFUSE, 403, true, "port"},
	};
	static const struct row with_ports[] = {
	    {"CONNECT", "example.com:443", "", ROUTE_REFUSE, 403, true, "port"},
	    {"CONNECT", "example.com:8443", "", ROUTE_TUNNEL, 0, false, "tunnel"},
	    {"CONNECT", "192.0.2.1:8080", "", ROUTE_REFUSE, 508, true, "target"},
	};
	static const struct row reverse[] = {
	    {"CONNECT", "example.com:443", "", ROUTE_REFUSE, 405, true, "9.3.6"},
	};
	struct acl_ports ports = {0};
	const char *why;

	AZ(acl_ports_add(&ports, &unit_arena, STR("8000-9000"), &why));
	acl_ports_seal(&ports);
	input = (struct route_input){.listener = ROUTE_FORWARD, .pool = -1};
	JUDGE(rows);
	input.connect_ports = &ports;
	JUDGE(with_ports);
	input = (struct route_input){.listener = ROUTE_REVERSE, .pool = 0};
	JUDGE(reverse);
}

static void test_reverse(void)
{
	static const struct row rows[] = {
	    {"GET", "/", "", ROUTE_POOL, 0, false, "pool"},
	    {"GET", "http://example.com/", "", ROUTE_POOL, 0, false, "pool"},
	    {"GET", "https://example.com/", "", ROUTE_REFUSE, 400, false, "scheme"},
	    {"GET", "http://u@example.com/", "", ROUTE_REFUSE, 400, false, "user information"},
	    {"OPTIONS", "*", "", ROUTE_POOL, 0, false, "pool"},
	    {"GET", "http://192.0.2.1:8080/", "", ROUTE_POOL, 0, false, "pool"}, /* its own name */
	};
	static const struct row sites[] = {
	    {"GET", "/", "Host: www.example.com\n", ROUTE_POOL, 0, false, "pool"},
	    {"GET", "/", "Host: other.example\n", ROUTE_REFUSE, 421, false, "host"},
	    {"GET", "http://other.example/", "", ROUTE_REFUSE, 421, false, "host"},
	    {"GET", "http://example.com:81/", "", ROUTE_REFUSE, 421, false, "port"},
	    {"GET", "/", "Host: example.com:81\n", ROUTE_REFUSE, 421, false, "port"},
	};
	static const struct row no_pool[] = {{"GET", "/", "", ROUTE_REFUSE, 502, false, "no pool"}};
	struct acl_names names = {.key = {"0123456789abcde"}};
	const char *why;

	AZ(acl_names_add(&names, &unit_arena, STR("example.com"), &why));
	input = (struct route_input){.listener = ROUTE_REVERSE, .pool = 7};
	JUDGE(rows);
	input.sites = &names;
	input.port = 80;
	JUDGE(sites);
	input.pool = -1;
	JUDGE(no_pool);
}

static void test_reverse_tls(void)
{
	static const struct row rows[] = {
	    {"GET", "https://example.com/", "", ROUTE_POOL, 0, false, "pool"},
	    {"GET", "http://example.com/", "", ROUTE_REFUSE, 400, false, "scheme"},
	    {"GET", "/", "", ROUTE_POOL, 0, false, "pool"},
	};

	input = (struct route_input){.listener = ROUTE_REVERSE, .pool = 7, .tls = true};
	JUDGE(rows);
}

#define FIVE "1.1 a, 1.0 b (x), HTTP/1.1 c, 1.1 d:80, 1.1 e"
static void test_loops(void)
{
	static const struct row rows[] = {
	    {"GET", "http://e.com/", "Via: 1.1 weir.test\n", ROUTE_REFUSE, 508, true, "in Via"},
	    {"GET", "http://e.com/", "Via: 1.1 x, HTTP/1.1\tWEIR.test\t(c)\n", ROUTE_REFUSE, 508,
	     true, "in Via"},
	    /* what a client sent in front cannot hide it */
	    {"GET", "http://e.com/", "Via: 1.1 x (\"a, 1.1 weir.test\n", ROUTE_REFUSE, 508, true,
	     "in Via"},
	    {"GET", "http://e.com/", "Via: 1.1 x\nVia: 1.0 WEIR.test (c)\n", ROUTE_REFUSE, 508,
	     true, "in Via"},
	    {"GET", "http://e.com/", "Via: 1.1 weir.test2\n", ROUTE_ORIGIN, 0, false, "origin"},
	    {"GET", "http://e.com/", "Via: 1.1 x (weir.test)\n", ROUTE_ORIGIN, 0, false, "origin"},
	    {"CONNECT", "e.com:443", "Via: 1.1 weir.test\n", ROUTE_REFUSE, 508, true, "in Via"},
	    {"GET", "http://0.0.0.0:3128/", "", ROUTE_REFUSE, 508, true, "target"},
	    {"GET", "http://127.0.0.1:3128/", "", ROUTE_REFUSE, 508, true, "target"},
	    {"GET", "http://[::ffff:127.0.0.1]:3128/", "", ROUTE_REFUSE, 508, true, "target"},
	    {"GET", "http://127.0.0.1:3129/", "", ROUTE_ORIGIN, 0, false, "origin"},
	    {"GET", "/", "Host: 127.0.0.1:3128\n", ROUTE_REFUSE, 508, true, "target"},
	    {"GET", "http://192.0.2.1:8080/", "", ROUTE_REFUSE, 508, true, "target"},
	    {"GET", "http://192.0.2.2:8080/", "", ROUTE_ORIGIN, 0, false, "origin"},
	    {"GET", "http://[2001:db8::1]:8080/", "", ROUTE_REFUSE, 508, true, "target"},
	};
	static const char *nineteen = "Via: " FIVE ", " FIVE "\nVia: " FIVE ", 1.1 p, 1.1 q\n"
	                              "Via: 1.1 r, 1.1 s\n";
	static const char *twenty = "Via: " FIVE ", " FIVE "\nVia: " FIVE ", " FIVE "\n";
	const struct row counted[] = {
	    {"GET", "http://e.com/", nineteen, ROUTE_ORIGIN, 0, false, "origin"},
	    {"GET", "http://e.com/", twenty, ROUTE_REFUSE, 508, true, "20 or more"},
	};

	input = (struct route_input){.listener = ROUTE_FORWARD, .pool = -1};
	JUDGE(rows);
	JUDGE(counted);
	input = (struct route_input){.listener = ROUTE_REVERSE, .pool = 1};
	judge_rows(rows, 1);
}

static bool is_self(const char *text, unsigned port)
{
	struct acl_address a;

	AN(acl_address_parse(str_of(text), &a));
	return route_is_self(&self, &a, port);
}

static void test_self(void)
{
	struct acl_address none = {0};

	CU_ASSERT(is_self("127.5.5.5", 3128));
	CU_ASSERT(is_self("::1", 3128));
	CU_ASSERT(is_self("::", 3128));
	CU_ASSERT(!is_self("127.0.0.1", 8080));
	CU_ASSERT(!is_self("0.0.0.0", 8080));
	CU_ASSERT(!is_self("198.51.100.1", 3128));
	CU_ASSERT(is_self("::ffff:192.0.2.1", 8080));
	CU_ASSERT(!route_is_self(&self, &none, 3128));
}

static void test_max_forwards(void)
{
	static const struct {
		const char *method, *target, *lines;
		int way, status;
		int64_t max_forwards;
	} rows[] = {
	    {"OPTIONS", "http://e.com/", "Max-Forwards: 0\n", ROUTE_ANSWER, 200, -1},
	    {"OPTIONS", "http://e.com/", "Max-Forwards: 1\n", ROUTE_ORIGIN, 0, 0},
	    {"OPTIONS", "http://e.com/", "Max-Forwards: 0010\n", ROUTE_ORIGIN, 0, 9},
	    {"OPTIONS", "http://e.com/", "", ROUTE_ORIGIN, 0, -1},
	    {"OPTIONS", "http://e.com/", "Max-Forwards: -1\n", ROUTE_REFUSE, 400, -1},
	    {"OPTIONS", "http://e.com/", "Max-Forwards: 5\nMax-Forwards: 6\n", ROUTE_REFUSE, 400,
	     -1},
	    {"OPTIONS", "*", "", ROUTE_ANSWER, 200, -1},
	    {"GET", "http://e.com/", "Max-Forwards: 0\n", ROUTE_ORIGIN, 0, -1}, /* only for two */
	    {"TRACE", "http://e.com/", "Max-Forwards: 0\n", ROUTE_REFUSE, 405, -1},
	    {"TRACE", "http://e.com/", "", ROUTE_REFUSE, 405, -1},
	};
	struct route_verdict v;

	input = (struct route_input){.listener = ROUTE_FORWARD, .pool = -1, .self = &self};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		input.request = unit_request(rows[i].method, rows[i].target, rows[i].lines);
		route_judge(&input, &v);
		CU_ASSERT(unit_row(v.way, rows[i].way, rows[i].lines));
		CU_ASSERT(unit_row(v.status, rows[i].status, rows[i].lines));
		CU_ASSERT(unit_row(v.max_forwards, rows[i].max_forwards, rows[i].lines));
	}
	input.trace = true;
	input.request = unit_request("TRACE", "http://e.com/", "Max-Forwards: 0\n");
	route_judge(&input, &v);
	UNIT_INT_EQ(v.way, ROUTE_ANSWER);
	input.request = unit_request("TRACE", "http://e.com/", "Max-Forwards: 3\n");
	route_judge(&input, &v);
	UNIT_INT_EQ(v.way, ROUTE_ORIGIN);
	UNIT_INT_EQ(v.max_forwards, 2);
}

UNIT_MAIN("route", {"forward", test_forward}, {"RFC 9110 9.3.6: CONNECT", test_connect},
          {"reverse", test_reverse}, {"reverse with TLS", test_reverse_tls},
          {"RFC 9110 7.6.3: loops", test_loops}, {"own addresses", test_self},
          {"RFC 9110 7.6.2: Max-Forwards, OPTIONS, TRACE", test_max_forwards})
