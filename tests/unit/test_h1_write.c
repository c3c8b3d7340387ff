/* test_h1_write.c - the writer refuses what a peer could read in two ways. */
#include "unit.h"
#include "base/err.h"
#include "http/h1_write.h"

static char mem[200];

static void lines(void)
{
	struct str_out o = str_out_of(mem, sizeof mem);

	AZ(h1_write_request_line(&o, STR("GET"), STR("/a?b")));
	AZ(h1_write_field(&o, STR("X-Own"), STR("v w")));
	AZ(h1_write_field_id(&o, FIELD_ETAG, STR("")));
	AZ(h1_write_field_u64(&o, FIELD_CONTENT_LENGTH, UINT64_MAX));
	AZ(h1_write_end(&o));
	UNIT_STR_EQ(str_range(mem, o.at), "GET /a?b HTTP/1.1\r\nX-Own: v w\r\nETag: \r\n"
	                                  "Content-Length: 18446744073709551615\r\n\r\n");
	o = str_out_of(mem, sizeof mem);
	AZ(h1_write_status_line(&o, 404, STR("")));
	AZ(h1_write_status_line(&o, 299, STR("Own\xE4 words")));
	AZ(h1_write_status_line(&o, 200, STR("a\r\nSet-Cookie: x")));
	UNIT_STR_EQ(str_range(mem, o.at),
	            "HTTP/1.1 404 Not Found\r\nHTTP/1.1 299 Own\xE4 words\r\nHTTP/1.1 200 OK\r\n");
}

static void refused(void)
{
	static const struct str values[] = {STR_INIT("a\rb"),
	                                    STR_INIT("a\nb"),
	                                    STR_INIT("a\0b"),
	                                    STR_INIT("\r\n"),
	                                    STR_INIT("a\x01"),
	                                    STR_INIT("a\x7F"),
	                                    STR_INIT("0123456789012345678901234567890\n")};
	static const struct str names[] = {STR_INIT(""),       STR_INIT("a b"), STR_INIT("a:"),
	                                   STR_INIT("a\r\nb"), STR_INIT("a\0"), STR_INIT("\x80"),
	                                   STR_INIT(" a")};
	static const struct str targets[] = {STR_INIT(""),    STR_INIT("/ x"),   STR_INIT("/\r\n"),
	                                     STR_INIT("/\0"), STR_INIT("/\xFF"), STR_INIT("/\x7F"),
	                                     STR_INIT("/\t")};
	struct str_out o = str_out_of(mem, sizeof mem);

	for (size_t i = 0; i < COUNT_OF(values); i++) {
		UNIT_INT_EQ(h1_write_field(&o, STR("A"), values[i]), ERR_BAD);
		UNIT_INT_EQ(h1_write_field_id(&o, FIELD_VIA, values[i]), ERR_BAD);
		UNIT_INT_EQ(h1_write_field(&o, names[i], STR("a")), ERR_BAD);
		UNIT_INT_EQ(h1_write_request_line(&o, STR("GET"), targets[i]), ERR_BAD);
		UNIT_INT_EQ(h1_write_request_line(&o, names[i], STR("/")), ERR_BAD);
	}
	UNIT_INT_EQ(h1_write_field_id(&o, FIELD_OTHER, STR("a")), ERR_BAD);
	UNIT_INT_EQ(h1_write_status_line(&o, 99, STR("a")), ERR_BAD);
	UNIT_INT_EQ(h1_write_status_line(&o, 600, STR("a")), ERR_BAD);
	CU_ASSERT(o.at == mem && !o.overflow);
}

static void full(void)
{
	for (size_t n = 0; n < 17; n++) {
		struct str_out o = str_out_of(unit_guard(mem, n), n);
		char *start = o.at;

		UNIT_INT_EQ(h1_write_request_line(&o, STR("GET"), STR("/")),
		            n < 16 ? ERR_LIMIT : 0);
		CU_ASSERT(!o.overflow && (n >= 16 || o.at == start));
		o.at = start;
		UNIT_INT_EQ(h1_write_field(&o, STR("Via"), STR("123456789")),
		            n < 16 ? ERR_LIMIT : 0);
		CU_ASSERT(!o.overflow && (n >= 16 || o.at == start));
		o.at = start;
		UNIT_INT_EQ(h1_write_end(&o), n < 2 ? ERR_LIMIT : 0);
	}
}

static void chunks(void)
{
	char line[H1_WRITE_CHUNK_LINE];

	UNIT_STR_EQ(((struct str){line, h1_write_chunk_size(line, 1)}), "1\r\n");
	UNIT_STR_EQ(((struct str){line, h1_write_chunk_size(line, 0xABC0)}), "abc0\r\n");
	UNIT_STR_EQ(((struct str){line, h1_write_chunk_size(line, UINT64_MAX)}),
	            "ffffffffffffffff\r\n");
}

UNIT_MAIN("h1_write", {"lines", lines}, {"refused", refused}, {"full", full}, {"chunks", chunks})
