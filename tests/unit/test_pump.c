/* test_pump.c - bodies from a source to a sink that takes little at a time: whole, ranges,
 * inflated, broken. */
#include "unit.h"
#include "base/err.h"
#include "request/codings.h"
#include "request/pump.h"
#include "source/source_local.h"

static struct arena arena;
static struct pump pump;
static struct source_local local;
static char got[1 << 20];
static size_t got_n,
    take; /* bytes that the sink takes in one call; 0: it says AGAIN each second time */
static bool again;

static ssize_t sink_write(struct sink *s, const struct iovec *v, int n)
{
	size_t sum = 0;

	(void)s;
	again = !again;
	if (again)
		return ERR_AGAIN;
	for (int i = 0; i < n; i++) {
		size_t k = MIN(v[i].iov_len, take - sum);

		memcpy(got + got_n, v[i].iov_base, k);
		got_n += k;
		sum += k;
		if (sum == take)
			break;
	}
	return (ssize_t)sum;
}

static const struct sink_ops ops = {.write = sink_write};
static struct sink sink = {.ops = &ops};

static void start(struct str body, size_t at_once)
{
	if (arena.magic == 0)
		arena_init(&arena, 0);
	arena_reset(&arena);
	got_n = 0;
	take = at_once;
	again = false;
	source_local_init(&local, body);
	pump_start(&pump, &sink, &local.source, &arena);
}

static enum pump_result run(void)
{
	enum pump_result rc;
	unsigned turns = 0;

	do
		rc = pump_run(&pump);
	while (rc == PUMP_WAIT && ++turns < 1000000);
	pump_stop(&pump);
	return rc;
}

static bool got_is(struct str want)
{
	return str_eq((struct str){got, got_n}, want);
}

static void test_whole(void)
{
	struct str body = STR("0123456789abcdef");

	for (size_t n = 1; n < 20; n++) {
		start(body, n);
		UNIT_INT_EQ(run(), PUMP_DONE);
		CU_ASSERT(got_is(body));
		UNIT_INT_EQ(pump.moved, body.n);
	}
	start(STR_NONE, 5);
	UNIT_INT_EQ(run(), PUMP_DONE);
	UNIT_INT_EQ(got_n, 0);
}

static void test_range(void)
{
	struct range_part part = {3, 5};

	start(STR("0123456789"), 2);
	pump_range(&pump, &part);
	UNIT_INT_EQ(run(), PUMP_DONE);
	CU_ASSERT(got_is(STR("345")));
}

static void test_short_source_breaks(void)
{
	struct range_part part = {3, 20};

	start(STR("0123456789"), 4);
	pump_range(&pump, &part);
	UNIT_INT_EQ(run(), PUMP_SOURCE_END);
	CU_ASSERT(got_is(STR("3456789")));
}

static void test_multipart(void)
{
	static struct range_set set = {.n = 2, .bytes = 5, .v = {{0, 1}, {7, 9}}};
	struct str want =
	    STR("--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
	        "\r\n--b\r\nContent-Type: text/plain\r\nContent-Range: bytes "
	        "7-9/10\r\n\r\n789\r\n--b--\r\n");

	for (size_t n = 1; n < 40; n += 3) {
		start(STR("0123456789"), n);
		pump_multipart(&pump, &set, STR("b"), STR("text/plain"), 10);
		UNIT_INT_EQ(run(), PUMP_DONE);
		CU_ASSERT(got_is(want));
		UNIT_INT_EQ(got_n, range_multipart_length(&set, STR("b"), STR("text/plain"), 10));
	}
}

static char plain[300000], packed[300000];

static struct str pack(size_t n)
{
	struct coding *c = codings_deflate_get();
	size_t used, made;

	for (size_t i = 0; i < n; i++)
		plain[i] = (char)('a' + (i * i / 7) % 23);
	AN(c != NULL);
	AN(coding_run(c, plain, n, &used, packed, sizeof packed, &made, CODING_FINISH) ==
	   CODING_END);
	codings_deflate_put(c);
	return (struct str){packed, made};
}

static void test_inflated(void)
{
	struct str body = pack(sizeof plain);
	size_t turns[] = {7, 1000, 100000};

	for (size_t i = 0; i < COUNT_OF(turns); i++) {
		start(body, turns[i]);
		UNIT_INT_EQ(pump_inflate(&pump), 0);
		UNIT_INT_EQ(run(), PUMP_DONE);
		CU_ASSERT(got_is((struct str){plain, sizeof plain}));
	}
}

static void test_inflated_range(void)
{
	struct str body = pack(200000);
	struct range_part parts[] = {{0, 0}, {99999, 150000}, {199999, 199999}};

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		start(body, 3000);
		pump_range(&pump, &parts[i]);
		UNIT_INT_EQ(pump_inflate(&pump), 0);
		UNIT_INT_EQ(run(), PUMP_DONE);
		CU_ASSERT(got_is(
		    (struct str){plain + parts[i].first, parts[i].last - parts[i].first + 1}));
	}
}

static void test_damaged_gzip_breaks(void)
{
	struct str body = pack(100000);

	packed[body.n / 2] ^= 0x55;
	start(body, 3000);
	UNIT_INT_EQ(pump_inflate(&pump), 0);
	UNIT_INT_EQ(run(), PUMP_SOURCE_END);
	CU_ASSERT(got_n < 100000 || memcmp(got, plain, 100000) != 0);
	body = pack(100000);
	start(str_slice(body, 0, body.n - 1), 3000);
	UNIT_INT_EQ(pump_inflate(&pump), 0);
	UNIT_INT_EQ(run(), PUMP_SOURCE_END);
}

UNIT_MAIN("pump", {"the whole", test_whole}, {"one range", test_range},
          {"a short source breaks", test_short_source_breaks}, {"several ranges", test_multipart},
          {"inflated", test_inflated}, {"a range of the inflated", test_inflated_range},
          {"damaged gzip breaks", test_damaged_gzip_breaks})
