/* test_h1_body.c - bodies out of their framing; each row in all cuts. */
#include "unit.h"
#include "http/h1_body.h"

static char got[70000];
static size_t got_n;
static struct arena arena;
static struct fields trailers;

/* Feeds in[0, n) in pieces of `first`, then `step` bytes; the last result; *rest is what was not
 * used. */
static enum h1_body_result feed(struct h1_body *b, struct str in, size_t first, size_t step,
                                size_t *rest)
{
	enum h1_body_result r = H1_BODY_MORE;
	size_t at = 0, end = first < in.n ? first : in.n;

	got_n = 0;
	for (;;) {
		char *p = unit_guard(in.p + at, end - at);
		size_t n = end - at, done = 0, used;
		struct str piece;

		while ((r = h1_body_next(b, p + done, n - done, &used, &piece)) == H1_BODY_DATA) {
			CU_ASSERT(piece.n > 0);
			memcpy(got + got_n, piece.p, piece.n);
			got_n += piece.n;
			done += used;
		}
		at += done + used;
		if (r != H1_BODY_MORE || end == in.n)
			break;
		CU_ASSERT(at == end);
		end = end + step < in.n ? end + step : in.n;
	}
	*rest = in.n - at;
	return r;
}

#define END_OF(literal, body, rest) \
	{ \
		STR_INIT(literal), H1_BODY_END, body, rest \
	}
#define BAD(literal) \
	{ \
		STR_INIT(literal), H1_BODY_BAD, NULL, 0 \
	}
#define MORE(literal, body) \
	{ \
		STR_INIT(literal), H1_BODY_MORE, body, 0 \
	}

static const struct {
	struct str in;
	enum h1_body_result want;
	const char *body;
	size_t rest;
} rows[] = {
    END_OF("0\r\n\r\n", "", 0),
    END_OF("3\r\nabc\r\n0\r\n\r\nGET", "abc", 3),
    END_OF("00000000000000000000000000000003\r\nabc\r\n000\r\n\r\n", "abc", 0),
    END_OF("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", 0),
    END_OF("3;a\r\nabc\r\n0;b=c\r\n\r\n", "abc", 0),
    END_OF("3 \t; a = b ; c=\"d;\\\"\t\xFF\"\r\nabc\r\n0\r\n\r\n", "abc", 0),
    END_OF("3;a=\"\"\r\nabc\r\n0\r\nVia: x\r\nX: y\r\n\r\n", "abc", 0),
    MORE("", ""),
    MORE("3", ""),
    MORE("3\r", ""),
    MORE("3\r\nab", "ab"),
    MORE("3\r\nabc", "abc"),
    MORE("3\r\nabc\r", "abc"),
    MORE("3\r\nabc\r\n0\r\n", "abc"),
    MORE("3\r\nabc\r\n0\r\n\r", "abc"),
    MORE("0\r\nA: b\r\n", ""),
    BAD("\r\n"),
    BAD(";a\r\n"),
    BAD(" 3\r\nabc\r\n"),
    BAD("\t3\r\n"),
    BAD("+3\r\n"),
    BAD("-3\r\n"),
    BAD("0x3\r\n"),
    BAD("3_0\r\n"),
    BAD("g\r\n"),
    BAD("3.0\r\n"),
    BAD("\"3\"\r\n"),
    BAD("3 \r\nabc\r\n"),
    BAD("3 3\r\n"),
    BAD("3\n"),
    BAD("3\rabc"),
    BAD("3\r\r\n"),
    BAD("\xD9\xA3\r\n"),
    BAD("\0\r\n"),
    BAD("3\0\r\n"),
    BAD("0\n\r\n"),
    BAD("3,3\r\n"),
    BAD("10000000000000003\r\n"),
    BAD("FFFFFFFFFFFFFFFF\r\n"),
    BAD("ffffffffffffffff1\r\n"),
    BAD("000ffffffffffffffff3\r\n"),
    BAD("3;\r\nabc"),
    BAD("3;;a\r\n"),
    BAD("3;=b\r\n"),
    BAD("3;a=\r\n"),
    BAD("3;a=b c\r\n"),
    BAD("3;a b\r\n"),
    BAD("3;a \r\n"),
    BAD("3;a=b \r\n"),
    BAD("3;a=\"b\r\n"),
    BAD("3;a=\"b\nc\"\r\n"),
    BAD("3;a=\"b\rc\"\r\n"),
    BAD("3;a=\"b\0\"\r\n"),
    BAD("3;a=\"b\\\r\n\"\r\n"),
    BAD("3;a=\"b\"c\r\n"),
    BAD("3;a\n"),
    BAD("3;a\0\r\n"),
    BAD("3;\x80=b\r\n"),
    BAD("3;a=b;\r\n"),
    BAD("3;a=\x01\r\n"),
    BAD("3; \r\n"),
    BAD("3;a=b=c\r\n"),
    BAD("3;a\rb\r\n"),
    BAD("3\r\nabcd\r\n"),
    BAD("3\r\nab\r\n0\r\n\r\n"),
    BAD("3\r\nabc\n0\r\n\r\n"),
    BAD("3\r\nabc\r0\r\n\r\n"),
    BAD("3\r\nabc0\r\n\r\n"),
    BAD("3\r\nabcX\n0\r\n\r\n"),
    BAD("3\r\nabc\rX0\r\n\r\n"),
    BAD("3\r\nabc\r\n\r\n"),
    BAD("0\r\nGET / HTTP/1.1\r\n"),
    BAD("0\r\nX\r\n\r\n"),
    BAD("0\r\n\rX"),
    BAD("0\r\n\n"),
    BAD("0\r\n X: y\r\n\r\n"),
    BAD("0\r\nA: b\r\n c\r\n\r\n"),
    BAD("0\r\nA : b\r\n\r\n"),
    BAD("0\r\n: b\r\n\r\n"),
    BAD("0\r\nA: b\n\r\n"),
    BAD("0\r\nA: b\rc\r\n\r\n"),
    BAD("0\r\nA: \0\r\n\r\n"),
    BAD("0\r\nA\x80: b\r\n\r\n"),
    BAD("0\r\nA: \x01\r\n\r\n"),
};

static void chunked_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t first = 0; first <= rows[i].in.n; first++)
			for (int gathering = 0; gathering < 2; gathering++) {
				struct h1_body b;
				enum h1_body_result r;
				size_t rest;

				h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400,
				             gathering ? &arena : NULL,
				             gathering ? &trailers : NULL);
				r = feed(&b, rows[i].in, first, first == 0 ? 1 : rows[i].in.n,
				         &rest);
				if (r != rows[i].want ||
				    (r == H1_BODY_BAD && (b.status != 400 || b.why == NULL)) ||
				    (r != H1_BODY_BAD &&
				     (rest != rows[i].rest ||
				      !str_eq((struct str){got, got_n}, str_of(rows[i].body))))) {
					fprintf(stderr, "row %zu cut at %zu: %d, %s\n", i, first, r,
					        b.why);
					CU_FAIL("row");
				}
				arena_reset(&arena);
			}
}

static void lengths(void)
{
	struct h1_body b;
	size_t rest;

	h1_body_init(&b, MSG_BODY_LENGTH, 5, 502, NULL, NULL);
	UNIT_INT_EQ(feed(&b, STR("1234567"), 0, 1, &rest), H1_BODY_END);
	UNIT_INT_EQ(rest, 2);
	UNIT_STR_EQ(((struct str){got, got_n}), "12345");
	UNIT_INT_EQ(feed(&b, STR("x"), 1, 1, &rest), H1_BODY_END);
	UNIT_INT_EQ(rest, 1);
	UNIT_INT_EQ(h1_body_eof(&b), H1_BODY_END);
	h1_body_init(&b, MSG_BODY_LENGTH, 5, 502, NULL, NULL);
	UNIT_INT_EQ(feed(&b, STR("1234"), 4, 1, &rest), H1_BODY_MORE);
	UNIT_INT_EQ(h1_body_eof(&b), H1_BODY_BAD);
	UNIT_INT_EQ(b.status, 502);
	UNIT_INT_EQ(feed(&b, STR("5"), 1, 1, &rest), H1_BODY_BAD);
	h1_body_init(&b, MSG_BODY_LENGTH, 0, 400, NULL, NULL);
	UNIT_INT_EQ(feed(&b, STR("x"), 1, 1, &rest), H1_BODY_END);
	UNIT_INT_EQ(rest, 1);
	h1_body_init(&b, MSG_BODY_NONE, 7, 400, NULL, NULL);
	UNIT_INT_EQ(feed(&b, STR("x"), 1, 1, &rest), H1_BODY_END);
	h1_body_init(&b, MSG_BODY_UNTIL_CLOSE, 0, 502, NULL, NULL);
	UNIT_INT_EQ(feed(&b, STR("all of it"), 2, 3, &rest), H1_BODY_MORE);
	UNIT_STR_EQ(((struct str){got, got_n}), "all of it");
	UNIT_INT_EQ(h1_body_eof(&b), H1_BODY_END);
	h1_body_init(&b, MSG_BODY_CHUNKED, 0, 502, NULL, NULL);
	UNIT_INT_EQ(feed(&b, STR("3\r\nabc\r\n0\r\n"), 99, 1, &rest), H1_BODY_MORE);
	UNIT_INT_EQ(h1_body_eof(&b), H1_BODY_BAD);
}

static void trailer_fields(void)
{
	struct str in = STR(
	    "0\r\nX-Sum: 1 \r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nHost: evil\r\n"
	    "Authorization: x\r\nCache-Control: no-store\r\nSet-Cookie: x\r\nContent-Encoding: "
	    "gzip\r\n"
	    "X-Forwarded-For: x\r\nETag: \"e\"\r\nContent-Digest: y\r\nIf-Match: z\r\n\r\n");
	struct h1_body b;
	size_t rest;

	h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400, &arena, &trailers);
	UNIT_INT_EQ(feed(&b, in, 0, 1, &rest), H1_BODY_END);
	UNIT_INT_EQ(trailers.n, 3);
	UNIT_STR_EQ(trailers.v[0].value, "1");
	CU_ASSERT(fields_has(&trailers, FIELD_ETAG) && fields_has(&trailers, FIELD_CONTENT_DIGEST));
	CU_ASSERT(!fields_has(&trailers, FIELD_HOST) &&
	          !fields_has(&trailers, FIELD_CONTENT_LENGTH));
	arena_reset(&arena);
	h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400, &arena, &trailers);
	UNIT_INT_EQ(feed(&b, STR("0\r\n\r\n"), 9, 1, &rest), H1_BODY_END);
	CU_ASSERT(trailers.n == 0 && arena.used == 0);
}

/* prefix, then `unit` as often as needed to pass `bytes`, then a good end. */
static enum h1_body_result flood(const char *unit, size_t bytes, const char *end)
{
	static char text[140000];
	struct str_out o = str_out_of(text, sizeof text);
	struct h1_body b;
	size_t rest;

	while ((size_t)(o.at - text) < bytes)
		str_put(&o, str_of(unit));
	str_put(&o, str_of(end));
	AZ(o.overflow);
	h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400, NULL, NULL);
	return feed(&b, str_range(text, o.at), 65536, 65536, &rest);
}

static void limits(void)
{
	UNIT_INT_EQ(flood("0", 256, "\r\n\r\n"), H1_BODY_END);
	UNIT_INT_EQ(flood("0", 257, "\r\n\r\n"), H1_BODY_BAD);
	UNIT_INT_EQ(flood("0", 100000, ""), H1_BODY_BAD);
	/* 1 byte of data per line of extension: Go CVE-2023-39326 */
	UNIT_INT_EQ(flood("1;abcdefghijklmno\r\nx\r\n", 16 * 200, "0\r\n\r\n"), H1_BODY_END);
	UNIT_INT_EQ(flood("1;abcdefghijklmno\r\nx\r\n", 100000, "0\r\n\r\n"), H1_BODY_BAD);
	UNIT_INT_EQ(flood("1\r\nx\r\n", 60000, "0\r\n\r\n"), H1_BODY_END);
	UNIT_INT_EQ(flood("0\r\nA: b\r\n", 1, "B: c\r\n\r\n"), H1_BODY_END);
	UNIT_INT_EQ(flood("0\r\n", 1, ""), H1_BODY_MORE);
}

static void trailer_limits(void)
{
	char text[10000];
	struct str_out o = str_out_of(text, sizeof text);
	struct h1_body b;
	size_t rest;

	str_put(&o, STR("0\r\nA: "));
	while (o.at < text + 3 + H1_BODY_TRAILER_MAX - 4)
		str_putc(&o, 'x');
	str_put(&o, STR("\r\n\r\n"));
	h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400, &arena, &trailers);
	UNIT_INT_EQ(feed(&b, str_range(text, o.at), 5, 4096, &rest), H1_BODY_END);
	UNIT_INT_EQ(trailers.n, 1);
	arena_reset(&arena);
	o.at -= 4;
	str_put(&o, STR("x\r\n\r\n"));
	h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400, &arena, &trailers);
	UNIT_INT_EQ(feed(&b, str_range(text, o.at), 5, 4096, &rest), H1_BODY_BAD);
	arena_reset(&arena);
	for (int lines = H1_BODY_TRAILER_FIELDS; lines <= H1_BODY_TRAILER_FIELDS + 1; lines++) {
		o = str_out_of(text, sizeof text);
		str_put(&o, STR("0\r\n"));
		for (int i = 0; i < lines; i++)
			str_put(&o, STR("a:b\r\n"));
		str_put(&o, STR("\r\n"));
		h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400, &arena, &trailers);
		UNIT_INT_EQ(feed(&b, str_range(text, o.at), 5, 4096, &rest),
		            lines > H1_BODY_TRAILER_FIELDS ? H1_BODY_BAD : H1_BODY_END);
		arena_reset(&arena);
	}
}

static void without_memory(void)
{
	struct arena none;
	struct h1_body b;
	size_t rest;

	arena_init(&none, 1);
	h1_body_init(&b, MSG_BODY_CHUNKED, 0, 400, &none, &trailers);
	UNIT_INT_EQ(feed(&b, STR("0\r\nA: b\r\n\r\n"), 99, 1, &rest), H1_BODY_BAD);
	UNIT_INT_EQ(b.status, 500);
	arena_fini(&none);
	arena_fini(&arena);
}

static void begin(void)
{
	arena_init(&arena, 0);
}

UNIT_MAIN("h1_body", {"begin", begin}, {"chunked", chunked_rows}, {"lengths", lengths},
          {"trailer fields", trailer_fields}, {"limits", limits},
          {"trailer limits", trailer_limits}, {"without memory", without_memory})
