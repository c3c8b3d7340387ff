/* test_source_http.c - one exchange over a pair of sockets: heads cut anywhere, bodies that are
 * short, long or both, what goes out, and when a connection is used again. */
#include "unit_net.h"
#include "base/err.h"
#include "source/source_http.h"

static struct conf conf;
static struct arena arena;
static struct source_http x;
static int far; /* the origin's end */

/* What was called. */
static struct {
	int opens, interims, heads, ends, fails, writables;
	int status, err;
	bool retry_ok;
	char body[300000], why[200], proxy_error[64], trailer[64];
	size_t n, take; /* take: at most so many bytes at once */
	bool close_in_head, close_in_body;
} got;

static void on_open(struct source_http *s)
{
	(void)s;
	got.opens++;
}
static void on_interim(struct source_http *s, const struct msg *head)
{
	(void)s;
	got.interims++;
	got.status = head->status;
}
static void on_head(struct source_http *s, const struct msg *head, struct str raw)
{
	got.heads++;
	got.status = head->status;
	AN(raw.n > 4 && memcmp(raw.p + raw.n - 4, "\r\n\r\n", 4) == 0);
	if (got.close_in_head)
		source_http_close(s);
}
static size_t on_body(struct source_http *s, const char *p, size_t n)
{
	size_t k = MIN(n, got.take);

	AN(n > 0 && got.n + k <= sizeof got.body);
	memcpy(got.body + got.n, p, k);
	got.n += k;
	if (got.close_in_body)
		source_http_close(s);
	return k;
}
static void on_end(struct source_http *s, const struct fields *trailers)
{
	(void)s;
	got.ends++;
	if (trailers != NULL)
		snprintf(got.trailer, sizeof got.trailer, "%.*s", STR_F(trailers->v[0].value));
}
static void on_fail(struct source_http *s, int err, const char *why, const char *proxy_error,
                    bool retry_ok)
{
	(void)s;
	got.fails++;
	got.err = err;
	got.retry_ok = retry_ok;
	snprintf(got.why, sizeof got.why, "%s", why);
	snprintf(got.proxy_error, sizeof got.proxy_error, "%s", proxy_error);
}
static void on_writable(struct source_http *s)
{
	(void)s;
	got.writables++;
}
static const struct source_http_ops ops = {on_open, on_interim, on_head,    on_body,
                                           on_end,  on_fail,    on_writable};

static const union conn_address peer = {.sa = {.sa_family = AF_UNIX}};
static struct source_http_ask ask;

/* An exchange that stands, its request read by the origin. */
static void begin(enum msg_method method, struct str upgrade)
{
	int fd[2];
	char text[200];

	unit_pair(fd);
	far = fd[1];
	memset(&got, 0, sizeof got);
	got.take = SIZE_MAX;
	ask = (struct source_http_ask){
	    .head = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), .method = method, .upgrade = upgrade};
	source_http_init(&x, &ops, &conf, &arena);
	AZ(source_http_start_fd(&x, fd[0], &peer, &ask));
	CU_ASSERT(got.opens == 0); /* nothing from inside start */
	unit_turn(0);
	CU_ASSERT(got.opens == 1);
	AN(recv(far, text, sizeof text, 0) == (ssize_t)ask.head.n);
}

static void end(void)
{
	source_http_close(&x);
	pool_drain();
	if (far >= 0)
		close(far);
	far = -1;
	unit_turn(0);
	arena_reset(&arena);
}

static void turns(void)
{
	for (int i = 0; i < 6; i++)
		unit_turn(0);
}

/* z with its end cut off at `cut`, then the rest, then perhaps the end of the connection. */
static void answer_cut(const char *z, size_t cut, bool fin)
{
	size_t n = strlen(z);

	begin(METHOD_GET, STR_NONE);
	if (cut > 0)
		AN(send(far, z, cut, MSG_NOSIGNAL) == (ssize_t)cut);
	turns();
	if (cut < n)
		AN(send(far, z + cut, n - cut, MSG_NOSIGNAL) == (ssize_t)(n - cut));
	if (fin)
		shutdown(far, SHUT_WR);
	turns();
}

static void answer(const char *z, bool fin)
{
	answer_cut(z, strlen(z), fin);
}

static void test_any_cut(void)
{
	static const char z[] = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	                        "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 7\r\n\r\n";

	for (size_t cut = 0; cut <= strlen(z); cut++) {
		answer_cut(z, cut, false);
		UNIT_INT_EQ(got.interims, 1);
		UNIT_INT_EQ(got.heads, 1);
		UNIT_INT_EQ(got.ends, 1);
		UNIT_INT_EQ(got.fails, 0);
		UNIT_STR_EQ(((struct str){got.body, got.n}), "hello world");
		UNIT_STR_EQ(str_of(got.trailer), "7");
		UNIT_INT_EQ(pool_idle_count(), 1);
		end();
	}
}

static void test_single_bytes(void)
{
	static const char z[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

	begin(METHOD_GET, STR_NONE);
	for (size_t i = 0; i < strlen(z); i++) {
		AN(send(far, z + i, 1, MSG_NOSIGNAL) == 1);
		unit_turn(0);
	}
	turns();
	UNIT_INT_EQ(got.ends, 1);
	UNIT_STR_EQ(((struct str){got.body, got.n}), "hello");
	end();
}

/* The connection ends at every byte: never an end, always a failure. */
static void test_short(void)
{
	static const char *const z[] = {
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"};

	for (size_t k = 0; k < COUNT_OF(z); k++)
		for (size_t cut = 0; cut < strlen(z[k]); cut++) {
			begin(METHOD_GET, STR_NONE);
			if (cut > 0)
				AN(send(far, z[k], cut, MSG_NOSIGNAL) == (ssize_t)cut);
			shutdown(far, SHUT_WR);
			turns();
			UNIT_INT_EQ(got.ends, 0);
			UNIT_INT_EQ(got.fails, 1);
			CU_ASSERT(!got.retry_ok); /* a new connection */
			UNIT_STR_EQ(str_of(got.proxy_error), cut == 0 ? "connection_terminated"
			                                              : "http_response_incomplete");
			UNIT_INT_EQ(pool_idle_count(), 0);
			end();
		}
}

static void test_until_close(void)
{
	answer("HTTP/1.1 200 OK\r\n\r\nall of it", true);
	UNIT_INT_EQ(got.ends, 1);
	UNIT_STR_EQ(((struct str){got.body, got.n}), "all of it");
	UNIT_INT_EQ(pool_idle_count(), 0);
	end();
	/* Not yet an end. */
	answer("HTTP/1.1 200 OK\r\n\r\nall of it", false);
	UNIT_INT_EQ(got.ends, 0);
	end();
}

static void test_framing(void)
{
	static const struct {
		const char *z;
		int ends;
		unsigned idle;
	} rows[] = {
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA", 1, 0},
	    {"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 1, 0},
	    {"HTTP/1.1 204 No\r\n\r\n", 1, 1},
	    {"HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", 1, 1},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1, 1},
	    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 1, 0},
	    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 1, 0},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "2\r\nok\r\n0\r\n\r\n",
	     1, 0},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", 0, 0},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", 0, 0},
	    {"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", 0, 0},
	    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0, 0},
	    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n", 0, 0},
	    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n", 0, 0},
	    {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 0, 0},
	    {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", 0, 0},
	    {"HTTP/1.1 200 OK\nA: b\n\n", 0, 0},
	    {"HTTP/1.1 99 OK\r\n\r\n", 0, 0},
	    {"HTTP/1.1 600 OK\r\n\r\n", 0, 0},
	    {"ICY 200 OK\r\n\r\n", 0, 0},
	    {"SSH-2.0-OpenSSH\r\n", 0, 0},
	    {"HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", 0, 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		answer(rows[i].z, false);
		if (got.ends != rows[i].ends || got.fails != 1 - rows[i].ends ||
		    pool_idle_count() != rows[i].idle)
			fprintf(stderr, "row %zu: ends %d fails %d idle %u %s\n", i, got.ends,
			        got.fails, pool_idle_count(), got.why);
		CU_ASSERT(got.ends == rows[i].ends && got.fails == 1 - rows[i].ends);
		CU_ASSERT(pool_idle_count() == rows[i].idle);
		if (got.fails)
			UNIT_STR_EQ(str_of(got.proxy_error), "http_protocol_error");
		end();
	}
}

static void test_head_of_nothing(void)
{
	begin(METHOD_HEAD, STR_NONE);
	unit_send(far, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
	turns();
	UNIT_INT_EQ(got.ends, 1);
	UNIT_INT_EQ(got.n, 0);
	UNIT_INT_EQ(pool_idle_count(), 1);
	end();
}

static void test_limits(void)
{
	char line[1200];

	begin(METHOD_GET, STR_NONE);
	unit_send(far, "HTTP/1.1 200 OK\r\n");
	memset(line, 'a', sizeof line);
	memcpy(line, "A: ", 3);
	memcpy(line + sizeof line - 2, "\r\n", 2);
	for (int i = 0; i < 200 && got.fails == 0; i++) {
		AN(send(far, line, sizeof line, MSG_NOSIGNAL) > 0);
		unit_turn(0);
	}
	UNIT_INT_EQ(got.fails, 1);
	UNIT_INT_EQ(got.err, ERR_LIMIT);
	UNIT_STR_EQ(str_of(got.proxy_error), "http_response_header_section_size");
	end();
	begin(METHOD_GET, STR_NONE);
	for (int i = 0; i < 17; i++)
		unit_send(far, "HTTP/1.1 102 Processing\r\n\r\n");
	turns();
	UNIT_INT_EQ(got.interims, 16);
	UNIT_INT_EQ(got.fails, 1);
	end();
}

/* The reader takes a few bytes at a time: nothing is lost, and nothing is read ahead. */
static void test_pauses(void)
{
	static const char z[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	                        "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

	begin(METHOD_GET, STR_NONE);
	got.take = 1;
	unit_send(far, z);
	for (int i = 0; i < 40 && got.ends == 0; i++) {
		unit_turn(0);
		UNIT_INT_EQ(got.fails, 0);
		CU_ASSERT(got.n <= 2 * ((size_t)i + 1)); /* the last byte of a piece goes on */
		source_http_resume(&x);
	}
	UNIT_INT_EQ(got.ends, 1);
	UNIT_STR_EQ(((struct str){got.body, got.n}), "hello world");
	UNIT_INT_EQ(pool_idle_count(), 1);
	end();
}

static void test_paused_end(void)
{
	begin(METHOD_GET, STR_NONE);
	unit_send(far, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
	turns();
	source_http_pause(&x);
	unit_send(far, "ok");
	turns();
	UNIT_INT_EQ(got.n, 0);
	UNIT_INT_EQ(source_http_left(&x), 2);
	source_http_resume(&x);
	turns();
	UNIT_INT_EQ(got.ends, 1);
	UNIT_INT_EQ(got.n, 2);
	end();
}

static void test_closed_inside(void)
{
	begin(METHOD_GET, STR_NONE);
	got.close_in_head = true;
	unit_send(far, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	turns();
	UNIT_INT_EQ(got.heads, 1);
	UNIT_INT_EQ(got.n + (size_t)got.ends + (size_t)got.fails, 0);
	end();
	begin(METHOD_GET, STR_NONE);
	got.close_in_body = true;
	unit_send(far, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok");
	turns();
	UNIT_INT_EQ(got.n, 2);
	UNIT_INT_EQ(got.ends + got.fails, 0);
	end();
}

static void test_switch(void)
{
	struct buf early = {0};
	int fd;

	begin(METHOD_GET, STR("websocket, other"));
	unit_send(far, "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nEARLY");
	turns();
	UNIT_INT_EQ(got.heads, 1);
	UNIT_INT_EQ(got.status, 101);
	fd = source_http_take_fd(&x, &early);
	CU_ASSERT(fd >= 0);
	UNIT_STR_EQ(buf_str(&early), "EARLY");
	buf_free(&early);
	close(fd);
	end();
	begin(METHOD_GET, STR("websocket"));
	unit_send(far, "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: smtp\r\n\r\n");
	turns();
	UNIT_INT_EQ(got.heads, 0);
	UNIT_INT_EQ(got.fails, 1);
	end();
}

/* The second exchange runs over the first one's connection; a silent end allows another try. */
static void test_reuse(void)
{
	char text[200];
	int first;

	answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
	UNIT_INT_EQ(pool_idle_count(), 1);
	first = far;
	ask.at = &peer;
	ask.count = 1;
	ask.may_reuse = true;
	AZ(source_http_start(&x, &ask));
	turns();
	UNIT_INT_EQ(pool_idle_count(), 0);
	AN(recv(first, text, sizeof text, 0) == (ssize_t)ask.head.n);
	shutdown(first, SHUT_WR);
	turns();
	UNIT_INT_EQ(got.fails, 1);
	CU_ASSERT(got.retry_ok);
	end();
	/* A byte nobody asked for, on an idle connection. */
	answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
	unit_send(far, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
	CU_ASSERT(pool_get(&peer, 1, NULL, NULL) == NULL);
	end();
	answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
	unit_turn((int)conf.timeouts.origin_idle + 1000);
	UNIT_INT_EQ(pool_idle_count(), 0);
	end();
}

static void begin_body(enum msg_body body)
{
	begin(METHOD_POST, STR_NONE);
	x.ask.body = body;
	x.sent_all = false;
	unit_turn(0);
}

static void test_request_body(void)
{
	char text[200];
	ssize_t n;

	begin_body(MSG_BODY_CHUNKED);
	UNIT_INT_EQ(source_http_send(&x, STR("hello")), 5);
	UNIT_INT_EQ(source_http_send_end(&x, NULL), 0);
	UNIT_INT_EQ(source_http_send(&x, STR("more")), ERR_CLOSED);
	n = recv(far, text, sizeof text, 0);
	UNIT_STR_EQ(((struct str){text, (size_t)n}), "5\r\nhello\r\n0\r\n\r\n");
	unit_send(far, "HTTP/1.1 204 Ok\r\n\r\n");
	turns();
	UNIT_INT_EQ(got.ends, 1);
	UNIT_INT_EQ(pool_idle_count(), 1);
	end();
	/* An early answer: the connection is not used again. */
	begin_body(MSG_BODY_LENGTH);
	UNIT_INT_EQ(source_http_send(&x, STR("hel")), 3);
	unit_send(far, "HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n");
	turns();
	UNIT_INT_EQ(got.ends, 1);
	UNIT_INT_EQ(pool_idle_count(), 0);
	end();
}

/* An origin that does not read: back-pressure, then all arrives. */
static void test_request_pressure(void)
{
	static char piece[16384], text[65536];
	size_t sent = 0, came = 0;
	ssize_t n;

	memset(piece, 'x', sizeof piece);
	begin_body(MSG_BODY_LENGTH);
	while ((n = source_http_send(&x, (struct str){piece, sizeof piece})) > 0) {
		sent += (size_t)n;
		AN(sent < 100u << 20);
	}
	UNIT_INT_EQ(n, ERR_AGAIN);
	got.writables = 0;
	for (int i = 0; i < 200 && came < sent; i++) {
		n = recv(far, text, sizeof text, 0);
		if (n > 0)
			came += (size_t)n;
		unit_turn(0);
	}
	UNIT_INT_EQ(came, sent);
	CU_ASSERT(got.writables > 0);
	/* The origin answers and goes away while the body is being sent: its answer counts. */
	unit_send(far, "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno");
	close(far);
	far = -1;
	turns();
	UNIT_INT_EQ(got.status, 400);
	end();
}

static void test_large(void)
{
	static char chunk[65536];
	size_t left = 250000;

	memset(chunk, 'y', sizeof chunk);
	begin(METHOD_GET, STR_NONE);
	x.read_size = SOURCE_HTTP_READ_MAX;
	unit_send(far, "HTTP/1.1 200 OK\r\nContent-Length: 250000\r\n\r\n");
	for (int i = 0; i < 1000 && left > 0; i++) {
		ssize_t n = send(far, chunk, MIN(left, sizeof chunk), MSG_NOSIGNAL);

		if (n > 0)
			left -= (size_t)n;
		unit_turn(0);
	}
	turns();
	UNIT_INT_EQ(got.n, 250000);
	UNIT_INT_EQ(got.ends, 1);
	UNIT_INT_EQ(buf_len(&x.in), 0);
	CU_ASSERT(x.in.mem == NULL); /* nothing is held */
	end();
}

__attribute__((constructor)) static void start(void)
{
	conf.response_limits = h1_limits_response;
	conf.pool_idle = 4;
	conf.pool_per_origin = 2;
	conf.timeouts.origin_idle = 30000;
	conf.timeouts.connect = 1000;
	arena_init(&arena, 0);
	unit_loop_init();
}

UNIT_MAIN("source_http", {"a head and a body cut anywhere", test_any_cut},
          {"single bytes", test_single_bytes}, {"short at every byte", test_short},
          {"until close", test_until_close}, {"framing", test_framing},
          {"HEAD", test_head_of_nothing}, {"limits", test_limits}, {"pauses", test_pauses},
          {"a paused end", test_paused_end}, {"closed inside a call", test_closed_inside},
          {"101", test_switch}, {"reuse", test_reuse}, {"request bodies", test_request_body},
          {"back-pressure", test_request_pressure}, {"a large body", test_large})
