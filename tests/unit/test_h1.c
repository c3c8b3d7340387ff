/* test_h1.c - heads: what is read, what is refused, and that it does not matter how the bytes come.
 */
#include "unit.h"
#include "base/err.h"
#include "http/h1.h"

#define ROOM 256
static struct field room[ROOM], room2[ROOM];
static const struct h1_limits small = {40, 8, 120, 4, 2};

typedef ssize_t parse_fn(struct h1_head *, const struct h1_limits *, const char *, size_t,
                         struct msg *, struct field *, unsigned);

struct row {
	struct str in;
	int status; /* 0: a head, or more is needed (want 0) */
	ssize_t want;
};
#define BAD(literal, status) \
	{ \
		STR_INIT(literal), status, ERR_BAD \
	}
#define GOOD(literal) \
	{ \
		STR_INIT(literal), 0, sizeof(literal) - 1 \
	}
#define MORE(literal) \
	{ \
		STR_INIT(literal), 0, 0 \
	}
#define G "GET / HTTP/1.1\r\n"
#define R "HTTP/1.1 200 OK\r\n"

static const struct row requests[] = {
    GOOD(G "\r\n"),
    GOOD(G "Host: a\r\nX-Long-Name-That-Nobody-Knows-And-That-Is-Longer-Than-Forty-Eight-Bytes: "
           "v\r\n\r\n"),
    GOOD("\r\n\r\n\r\n\r\n" G "\r\n"),
    GOOD(G "Empty:\r\nSpaces: \t \t\r\nTab: a\tb\r\nObs: \x80\xFF\r\n\r\n"),
    GOOD(G "Content_Length: 1\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"),
    GOOD("M-SEARCH * HTTP/1.0\r\n\r\n"),
    GOOD("OPTIONS * HTTP/1.1\r\n\r\n"),
    GOOD("GET /~!} HTTP/1.1\r\nA: \ta value that is longer than one step \t\r\n\r\n"),
    GOOD("GET /a\x80 HTTP/1.1\r\n\r\n"),
    GOOD("GET /%0d%0a%00%2e%2e%2f HTTP/1.7\r\n\r\n"),
    GOOD(G "A: b:c: d\r\n\r\n"),
    MORE(""),
    MORE("\r"),
    MORE("\r\n"),
    MORE("G"),
    MORE(G),
    MORE(G "\r"),
    MORE(G "Host: a\r\n\r"),
    MORE("GET / HTTP/1.1\r"),
    BAD("\r\n\r\n\r\n\r\n\r\n" G "\r\n", 400),
    BAD("GET / HTTP/1.1\n\n", 400),
    BAD("\n" G "\r\n", 400),
    BAD("GET / HTTP/1.1\rHost: a\r\r", 400),
    BAD(G "Host: a\n\r\n", 400),
    BAD(G "Host: a\r\n\n", 400),
    BAD(G "Host: a\rX: b\r\n\r\n", 400),
    BAD(G "Host: a\r\r\n\r\n", 400),
    BAD(G "Ho\rst: a\r\n\r\n", 400),
    BAD(G "Host\r: a\r\n\r\n", 400),
    BAD(G "\rHost: a\r\n\r\n", 400),
    BAD(G "Host: a\r\n\rX", 400),
    BAD("GET /\r HTTP/1.1\r\n\r\n", 400),
    BAD(G "Host: a\0b\r\n\r\n", 400),
    BAD(G "Ho\0st: a\r\n\r\n", 400),
    BAD("GET /\0 HTTP/1.1\r\n\r\n", 400),
    BAD("\0", 400),
    BAD(G "Host: a\x01\r\n\r\n", 400),
    BAD(G "Host: a\x7F\r\n\r\n", 400),
    BAD(G "Host: a\x0B\r\n\r\n", 400),
    BAD(G "Host : a\r\n\r\n", 400),
    BAD(G "Host\t: a\r\n\r\n", 400),
    BAD(G "Content-Length : 3\r\n\r\n", 400),
    BAD(G " Host: a\r\n\r\n", 400),
    BAD(G "\tHost: a\r\n\r\n", 400),
    BAD(G " \r\nHost: a\r\n\r\n", 400),
    BAD(G "Host: a\r\n b\r\n\r\n", 400),
    BAD(G "Host: a\r\n\tb: c\r\n\r\n", 400),
    BAD(G "Host: a\r\nX: b\r\n \r\n\r\n", 400),
    BAD(G ": a\r\n\r\n", 400),
    BAD(G ": a value that is longer than one step\r\n\r\n", 400),
    BAD(G "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0: a\r\nHost: a\r\n\r\n", 400),
    BAD(G "Host: a value that is longer than one step\r\rX: b\r\n\r\n", 400),
    BAD(G "Host: a value that is longer than one step\x7F\r\nX: b\r\n\r\n", 400),
    BAD("GET /a-long-target-with\x7Fin-it HTTP/1.1\r\n\r\n", 400),
    BAD("GET /a-long-target-with\tin-it HTTP/1.1\r\n\r\n", 400),
    BAD("POST / HTTP/1.1\r\r\n", 400),
    BAD("POST / HTTP/1.1\n\r\n\r\n", 400),
    BAD(G "Host\r\n\r\n", 400),
    BAD(G "Host a\r\n\r\n", 400),
    BAD(G "Ho st: a\r\n\r\n", 400),
    BAD(G "H\x01st: a\r\n\r\n", 400),
    BAD(G "H\x80st: a\r\n\r\n", 400),
    BAD(G "(Host): a\r\n\r\n", 400),
    BAD(G "Host;: a\r\n\r\n", 400),
    BAD(G "\"Host\": a\r\n\r\n", 400),
    BAD("GET  / HTTP/1.1\r\n\r\n", 400),
    BAD("GET /  HTTP/1.1\r\n\r\n", 400),
    BAD("GET\t/ HTTP/1.1\r\n\r\n", 400),
    BAD("GET /\tHTTP/1.1\r\n\r\n", 400),
    BAD("GET /\t HTTP/1.1\r\n\r\n", 400),
    BAD(" GET / HTTP/1.1\r\n\r\n", 400),
    BAD("GET / HTTP/1.1 \r\n\r\n", 400),
    BAD("GET / HTTP/1.1\t\r\n\r\n", 400),
    BAD("GET / a HTTP/1.1\r\n\r\n", 400),
    BAD("GET /\r\n\r\n", 400),
    BAD("GET / \r\n\r\n", 400),
    BAD("GET\r\n\r\n", 400),
    BAD("/ HTTP/1.1\r\n\r\n", 400),
    BAD("G(T / HTTP/1.1\r\n\r\n", 400),
    BAD("G\x80T / HTTP/1.1\r\n\r\n", 400),
    BAD("GET / HTTP/2.0\r\n\r\n", 505),
    BAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    BAD("GET / HTTP/0.9\r\n\r\n", 505),
    BAD("GET / HTTP/9.1\r\n\r\n", 505),
    BAD("GET / HTTP/1\r\n\r\n", 400),
    BAD("GET / HTTP/1.10\r\n\r\n", 400),
    BAD("GET / HTTP/11.1\r\n\r\n", 400),
    BAD("GET / http/1.1\r\n\r\n", 400),
    BAD("GET / HTTP/1,1\r\n\r\n", 400),
    BAD("GET / HTTP/+1.1\r\n\r\n", 400),
    BAD("GET / HTTP/1.x\r\n\r\n", 400),
    BAD("GET / HTPP/1.1\r\n\r\n", 400),
    BAD("GET / HTTP /1.1\r\n\r\n", 400),
    BAD("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n\r\n", 501),
    GOOD("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\n\r\n"),
    BAD("\x16\x03\x01\x02", 400),
    BAD("\x05\x01", 400),
};

static const struct row responses[] = {
    GOOD(R "\r\n"),
    GOOD("HTTP/1.0 404 \r\n\r\n"),
    GOOD("HTTP/1.1 200 with \x01 control\x80\r\nA: b\r\n\r\n"),
    GOOD("HTTP/1.1 599 x\r\n\r\n"),
    MORE("HTTP/1.1 200 OK\r"),
    MORE("HTTP/1.1 200 \x01"),
    BAD("HTTP/1.1 200 O\0K\r\n\r\n", 502),
    BAD("HTTP/1.1 200 O\rK\r\n\r\n", 502),
    BAD("HTTP/1.1 200 OK\n\n", 502),
    BAD("HTTP/1.1 200\r\n\r\n", 502),
    BAD("HTTP/1.1 2000 OK\r\n\r\n", 502),
    BAD("HTTP/1.1 20 OK\r\n\r\n", 502),
    BAD("HTTP/1.1 099 OK\r\n\r\n", 502),
    BAD("HTTP/1.1 600 OK\r\n\r\n", 502),
    BAD("HTTP/1.1 2x0 OK\r\n\r\n", 502),
    BAD("HTTP/1.1 -20 OK\r\n\r\n", 502),
    BAD("HTTP/1.1  200 OK\r\n\r\n", 502),
    BAD("HTTP/1.1200 OK\r\n\r\n", 502),
    BAD("HTTP/2.0 200 OK\r\n\r\n", 502),
    BAD("ICY 200 OK\r\n\r\n", 502),
    BAD("SSH-2.0-OpenSSH_9.2\r\n\r\n", 502),
    BAD("<html>\r\n", 502),
    BAD("\r\n" R "\r\n", 502),
    BAD(R "A: b\r\n c\r\n\r\n", 502),
    BAD(R "A : b\r\n\r\n", 502),
    BAD(R "A: b\rc\r\n\r\n", 502),
    BAD(R "A: \0\r\n\r\n", 502),
    BAD(R ": b\r\n\r\n", 502),
    BAD(R "no colon\r\n\r\n", 502),
    BAD(R "A: b\n\r\n", 502),
    BAD(R "A/b: \x03 c\r\n\r\n", 502),
    BAD(R "A: b\x03", 502),
};

static bool same_head(const struct msg *a, const struct msg *b)
{
	if (!str_eq(a->target, b->target) || !str_eq(a->method_name, b->method_name) ||
	    a->status != b->status || a->minor != b->minor || a->method != b->method ||
	    !str_eq(a->reason, b->reason) || a->fields.n != b->fields.n ||
	    memcmp(a->fields.present, b->fields.present, sizeof a->fields.present) != 0)
		return false;
	for (unsigned i = 0; i < a->fields.n; i++)
		if (!str_eq(a->fields.v[i].name, b->fields.v[i].name) ||
		    !str_eq(a->fields.v[i].value, b->fields.v[i].value) ||
		    a->fields.v[i].id != b->fields.v[i].id)
			return false;
	return true;
}

/* The same bytes, step by step from `first` on, moved to another place at each call. */
static void cut(parse_fn *parse, const struct h1_limits *lim, struct str in, size_t first,
                size_t step, ssize_t want, const struct h1_head *once, const struct msg *whole)
{
	struct h1_head st = {0};
	struct msg m;
	ssize_t r = 0;

	for (size_t n = first; r == 0; n = n + step < in.n ? n + step : in.n) {
		r = parse(&st, lim, unit_guard(in.p, n), n, &m, room2, ROOM);
		if (n == in.n)
			break;
	}
	if (r != want || st.status != once->status || st.why != once->why ||
	    (r > 0 && !same_head(&m, whole))) {
		fprintf(stderr, "cut at %zu+%zu: %zd %d %s: %.*s\n", first, step, r, st.status,
		        st.why, STR_F(in));
		CU_FAIL("depends on how it was cut");
	}
}

static void check_row(parse_fn *parse, const struct h1_limits *lim, const struct row *row)
{
	struct h1_head st = {0};
	struct msg m;
	ssize_t r = parse(&st, lim, unit_guard(row->in.p, row->in.n), row->in.n, &m, room, ROOM);

	if (r != row->want || st.status != row->status || (r < 0 && st.why == NULL)) {
		fprintf(stderr, "%zd %d %s: %.*s\n", r, st.status, st.why, STR_F(row->in));
		CU_FAIL("row");
	}
	cut(parse, lim, row->in, 0, 1, r, &st, &m);
	for (size_t i = 1; i < row->in.n; i++)
		cut(parse, lim, row->in, i, row->in.n, r, &st, &m);
}

static void request_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(requests); i++)
		check_row(h1_parse_request, &h1_limits_request, &requests[i]);
}

static void response_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(responses); i++)
		check_row(h1_parse_response, &h1_limits_response, &responses[i]);
}

static void limits(void)
{
	static const struct row rows[] = {
	    GOOD("GET /12345678901234567890123456 HTTP/1.1\r\n\r\n"), /* 40 bytes */
	    BAD("GET /123456789012345678901234567 HTTP/1.1\r\n\r\n", 414),
	    BAD("GET /12345678901234567890123456789012345678901234567890", 414),
	    BAD("123456789 / HTTP/1.1\r\n\r\n", 501),
	    BAD("\r\n\r\n\r\n" G "\r\n", 400),
	    GOOD(G "a: b\r\na: b\r\na: b\r\na: b\r\n\r\n"),
	    BAD(G "a: b\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n", 431),
	    GOOD(G "a: "
	           "5678901234567890123456789012345678901234567890123456789012345678901234567890123"
	           "456789012345678901\r\n\r\n"),
	    BAD(G "a: "
	          "56789012345678901234567890123456789012345678901234567890123456789012345678901234"
	          "567890123456789012\r\n\r\n",
	        431),
	    BAD(G "a: "
	          "56789012345678901234567890123456789012345678901234567890123456789012345678901234"
	          "5678901234567890123456789",
	        431),
	    BAD(G "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	        431),
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(h1_parse_request, &small, &rows[i]);
}

static void defaults_of_limits(void)
{
	size_t size = 200000;
	char *text = malloc(size);
	struct str_out o = str_out_of(text, size);
	struct h1_head st = {0};
	struct msg m;

	memset(text, 'a', size);
	memcpy(text, "GET /", 5);
	UNIT_INT_EQ(h1_parse_request(&st, &h1_limits_request, text, 16386, &m, room, ROOM), 0);
	UNIT_INT_EQ(h1_parse_request(&st, &h1_limits_request, text, 16387, &m, room, ROOM),
	            ERR_BAD);
	UNIT_INT_EQ(st.status, 414);
	st = (struct h1_head){0};
	memcpy(text, G "X: ", 19);
	UNIT_INT_EQ(h1_parse_request(&st, &h1_limits_request, text, 65536, &m, room, ROOM), 0);
	UNIT_INT_EQ(h1_parse_request(&st, &h1_limits_request, text, 65537, &m, room, ROOM),
	            ERR_BAD);
	UNIT_INT_EQ(st.status, 431);
	st = (struct h1_head){0};
	memcpy(text, R "X:", 19);
	UNIT_INT_EQ(h1_parse_response(&st, &h1_limits_response, text, 131072, &m, room, ROOM), 0);
	UNIT_INT_EQ(h1_parse_response(&st, &h1_limits_response, text, 131073, &m, room, ROOM),
	            ERR_BAD);
	UNIT_INT_EQ(st.status, 502);
	st = (struct h1_head){0};
	str_put(&o, STR(G));
	for (int i = 0; i < 129; i++)
		str_put(&o, STR("a: b\r\n"));
	UNIT_INT_EQ(
	    h1_parse_request(&st, &h1_limits_request, text, (size_t)(o.at - text), &m, room, ROOM),
	    ERR_BAD);
	UNIT_INT_EQ(st.status, 431);
	UNIT_INT_EQ(m.fields.n, 128);
	free(text);
}

static void contents(void)
{
	struct str in = unit_guard_str(
	    "\r\nPOST /a?b HTTP/1.5\r\nhOST:a\r\nX-Own:  v \t w\t \r\nETAG: \r\n\r\nGET");
	struct h1_head st = {0};
	struct msg m;

	UNIT_INT_EQ(h1_parse_request(&st, &h1_limits_request, in.p, in.n, &m, room, ROOM),
	            in.n - 3);
	UNIT_INT_EQ(m.method, METHOD_POST);
	UNIT_INT_EQ(m.minor, 1);
	UNIT_STR_EQ(m.target, "/a?b");
	UNIT_INT_EQ(m.fields.n, 3);
	UNIT_INT_EQ(m.fields.v[0].id, FIELD_HOST);
	UNIT_STR_EQ(m.fields.v[0].name, "hOST");
	UNIT_STR_EQ(m.fields.v[0].value, "a");
	UNIT_STR_EQ(m.fields.v[1].value, "v \t w");
	UNIT_INT_EQ(m.fields.v[2].value.n, 0);
	CU_ASSERT(fields_has(&m.fields, FIELD_ETAG) && !fields_has(&m.fields, FIELD_VIA));
	in = unit_guard_str("HTTP/1.1 299 It is \xE4 \r\n\r\n");
	st = (struct h1_head){0};
	CU_ASSERT(h1_parse_response(&st, &h1_limits_response, in.p, in.n, &m, room, ROOM) > 0);
	UNIT_INT_EQ(m.status, 299);
	UNIT_STR_EQ(m.reason, "It is \xE4");
	in = unit_guard_str("HTTP/1.1 299 \x01\r\n\r\n");
	st = (struct h1_head){0};
	CU_ASSERT(h1_parse_response(&st, &h1_limits_response, in.p, in.n, &m, room, ROOM) > 0);
	UNIT_INT_EQ(m.reason.n, 0);
}

static void sections(void)
{
	struct field v[2];
	struct fields f;
	const char *why = NULL;
	struct str in = unit_guard_str("A: 1\r\nVia: 2\r\n\r\n");

	fields_init(&f, v, 2);
	UNIT_INT_EQ(h1_parse_section(in.p, in.n, &f, &why), 0);
	UNIT_STR_EQ(fields_value(&f, FIELD_VIA), "2");
	fields_init(&f, v, 1);
	UNIT_INT_EQ(h1_parse_section(in.p, in.n, &f, &why), ERR_LIMIT);
	fields_init(&f, v, 2);
	UNIT_INT_EQ(h1_parse_section(in.p, in.n - 1, &f, &why), ERR_BAD);
	fields_init(&f, v, 2);
	UNIT_INT_EQ(h1_parse_section("\r\nx", 3, &f, &why), ERR_BAD);
	fields_init(&f, v, 2);
	UNIT_INT_EQ(h1_parse_section("\r\n", 2, &f, &why), 0);
}

/* One byte at a time must cost about as much as all at once, not its square. */
static void linear(void)
{
	size_t n = 65000;
	char *text = malloc(n);
	struct h1_head st = {0};
	struct msg m;
	size_t rescans = 0;

	memset(text, 'v', n);
	memcpy(text, G "X: ", 19);
	for (size_t i = 1; i <= n; i++) {
		size_t before = st.scan;

		AZ(h1_parse_request(&st, &h1_limits_request, text, i, &m, room, ROOM));
		rescans += st.scan < before;
		CU_ASSERT(i < 20 || st.scan >= i - 1);
	}
	CU_ASSERT(rescans < 4);
	free(text);
}

UNIT_MAIN("h1", {"requests", request_rows}, {"responses", response_rows}, {"limits", limits},
          {"defaults of limits", defaults_of_limits}, {"contents", contents},
          {"sections", sections}, {"linear", linear})
