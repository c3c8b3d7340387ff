/* test_record_form.c - access records: there and back, damaged ones, the three formats. */
#include "unit.h"
#include "base/err.h"
#include "request/record_form.h"

static struct record_form form;
static struct str texts[RECORD_TEXTS];

static void sample(void)
{
	uint8_t v4[4] = {192, 0, 2, 7};

	memset(&form, 0, sizeof form);
	memset(texts, 0, sizeof texts);
	form.wall_ms = 784111777045; /* Sun, 06 Nov 1994 08:49:37 GMT */
	form.bytes = 1234;
	form.body_bytes = 1000;
	form.duration_ms = 45;
	form.first_byte_ms = 3;
	form.status = 200;
	form.minor = 1;
	form.client = acl_address_of(4, v4);
	texts[RECORD_METHOD] = STR("GET");
	texts[RECORD_TARGET] = STR("http://a.example/x y");
	texts[RECORD_CACHE] = STR("HIT");
	texts[RECORD_AGENT] = STR("apt \"1\"\n");
	texts[RECORD_TYPE] = STR("text/html; charset=utf-8");
}

static struct str record(char *mem)
{
	record_form_put(mem, &form, texts);
	return (struct str){mem, record_form_size(texts)};
}

static struct str line(enum conf_log_format format)
{
	static char mem[4096], out[4096];
	size_t n = record_form_text(format, record(mem), out, sizeof out);

	return (struct str){out, n};
}

static void test_there_and_back(void)
{
	char mem[4096];
	struct record_form got;
	struct str back[RECORD_TEXTS], r;

	sample();
	r = record(mem);
	UNIT_INT_EQ(record_form_get(r, &got, back), 0);
	for (unsigned i = 0; i < RECORD_TEXTS; i++)
		CU_ASSERT(str_eq(texts[i], back[i]));
	UNIT_INT_EQ(got.bytes, 1234);
}

static void test_damaged(void)
{
	char mem[4096], out[4096];
	struct record_form got;
	struct str back[RECORD_TEXTS], r;

	sample();
	r = record(mem);
	for (size_t n = 0; n < r.n; n++) {
		struct str part = {unit_guard(r.p, n), n};

		UNIT_INT_EQ(record_form_get(part, &got, back), ERR_BAD);
		UNIT_INT_EQ(record_form_text(CONF_LOG_JSON, part, out, sizeof out), 0);
	}
	UNIT_INT_EQ(record_form_text(CONF_LOG_COMBINED, r, out, 20), 0);
}

static void test_formats(void)
{
	sample();
	CU_ASSERT(
	    str_eq(line(CONF_LOG_COMBINED),
	           STR("192.0.2.7 - - [06/Nov/1994:08:49:37 +0000] \"GET http://a.example/x y "
	               "HTTP/1.1\" 200 1000 \"-\" \"apt \\x221\\x22\\x0a\" HIT 45\n")));
	CU_ASSERT(
	    str_eq(line(CONF_LOG_SQUID), STR("784111777.045     45 192.0.2.7 TCP_HIT/200 1234 GET "
	                                     "http://a.example/x_y - HIER_NONE/- text/html\n")));
	CU_ASSERT(str_eq(
	    line(CONF_LOG_JSON),
	    STR("{\"time_ms\":784111777045,\"client\":\"192.0.2.7\",\"status\":200,\"bytes\":1234,"
	        "\"body_bytes\":1000,\"duration_ms\":45,\"first_byte_ms\":3,\"method\":\"GET\","
	        "\"target\":\"http://a.example/x y\",\"user_agent\":\"apt "
	        "\\\"1\\\"\\u000a\",\"content_type\":\"text/html; "
	        "charset=utf-8\",\"cache\":\"HIT\"}\n")));
}

UNIT_MAIN("record_form", {"there and back", test_there_and_back}, {"damaged records", test_damaged},
          {"formats", test_formats})
