/* test_entry.c - rows and head blocks: what goes in comes out, whatever is damaged is found. */
#include "unit.h"
#include "base/arena.h"
#include "base/err.h"
#include "store/entry.h"

static struct store_entry sample(struct store_extent *x, unsigned extents)
{
	struct store_entry e;

	INIT_OBJ(&e, STORE_ENTRY_MAGIC);
	e.meta = (struct store_meta){.status = 203,
	    .flags = 0x81234567,
	    .request_time = 1700000000,
	    .response_time = 1700000001,
	    .date = -5,
	    .initial_age = 7,
	    .fresh_secs = 3600,
	    .swr_secs = 60,
	    .sie_secs = 4000000000u};
	e.canonical = STR("1 GET http example.org:80 /path?query");
	e.vary_spec = STR("accept-encoding\0accept-language\0");
	e.vary_values = STR("gzip\0de\0");
	e.head = STR("\x02\x03\x00zip");
	e.bid = 0x123456789abcdefull;
	e.pk = (struct digest_128){{1, 2}};
	e.vh = 99;
	e.epoch = 12;
	e.body_crc = 0xdeadbeef;
	e.extents = x;
	e.extent_count = extents;
	for (unsigned i = 0; i < extents; i++) {
		x[i] = (struct store_extent){i, i + 1, 4096 * i, 1000 + i};
		e.body_len += x[i].length;
	}
	if (extents == 0) {
		e.body = STR("an embedded body\0with any byte");
		e.body_len = e.body.n;
	}
	return e;
}

static bool same(const struct store_entry *a, const struct store_entry *b)
{
	return memcmp(&a->meta, &b->meta, sizeof a->meta) == 0 && str_eq(a->canonical, b->canonical) &&
	    str_eq(a->vary_spec, b->vary_spec) && str_eq(a->vary_values, b->vary_values) &&
	    str_eq(a->head, b->head) && a->bid == b->bid && a->body_len == b->body_len &&
	    a->body_crc == b->body_crc && str_eq(a->body, b->body) && a->vh == b->vh &&
	    a->epoch == b->epoch && memcmp(&a->pk, &b->pk, sizeof a->pk) == 0 &&
	    a->extent_count == b->extent_count &&
	    (a->extent_count == 0 ||
		memcmp(a->extents, b->extents, a->extent_count * sizeof *a->extents) == 0);
}

static void test_there_and_back(void)
{
	static struct store_extent x[ENTRY_EXTENTS_MAX];
	static char row[ENTRY_IMAGE_MAX];
	struct store_entry e, out;
	size_t n;

	for (unsigned extents = 0; extents <= 40; extents += 8) {
		e = sample(x, extents);
		CU_ASSERT_EQUAL(entry_encode(&e, row, sizeof row, &n), 0);
		CU_ASSERT_EQUAL(n, entry_size(&e));
		CU_ASSERT_EQUAL(entry_encode(&e, row, n - 1, &n), ERR_LIMIT);
		CU_ASSERT_EQUAL(entry_encode(&e, row, entry_size(&e), &n), 0);
		CU_ASSERT_EQUAL(entry_decode((struct str){unit_guard(row, n), n}, &out), 0);
		CU_ASSERT(same(&e, &out));
		CU_ASSERT_EQUAL(entry_whole((struct str){row, n}), n);
		entry_set_epoch(row, n, 4711);
		CU_ASSERT_EQUAL(entry_decode((struct str){row, n}, &out), 0);
		e.epoch = 4711;
		CU_ASSERT(same(&e, &out));
		CU_ASSERT_EQUAL(entry_peek((struct str){row, 200}, &out), 0);
		CU_ASSERT(out.bid == e.bid && out.vh == e.vh && out.epoch == 4711);
	}
	e = sample(x, ENTRY_EXTENTS_MAX);
	CU_ASSERT_EQUAL(entry_encode(&e, row, sizeof row, &n), 0);
	CU_ASSERT_EQUAL(entry_decode((struct str){row, n}, &out), 0);
	e.extent_count++;
	CU_ASSERT_EQUAL(entry_encode(&e, row, sizeof row, &n), ERR_LIMIT);
}

/* Each bit counts, and each byte that is missing. */
static void test_damage(void)
{
	struct store_extent x[3];
	struct store_entry e = sample(x, 3), out;
	char row[1000], *bad;
	size_t n;

	CU_ASSERT_EQUAL(entry_encode(&e, row, sizeof row, &n), 0);
	for (size_t i = 0; i < n; i++) {
		bad = unit_guard(row, n);
		bad[i] ^= (char)(1 << i % 8);
		CU_ASSERT_EQUAL(entry_decode((struct str){bad, n}, &out), ERR_BAD);
		CU_ASSERT_EQUAL(entry_decode((struct str){unit_guard(row, i), i}, &out), ERR_BAD);
	}
}

/* A right checksum over wrong lengths: what a taken-over worker may send. */
static void test_lies(void)
{
	struct store_extent x[3];
	struct store_entry e = sample(x, 3), out;
	char row[1000], *bad;
	size_t n;
	uint32_t crc;

	CU_ASSERT_EQUAL(entry_encode(&e, row, sizeof row, &n), 0);
	for (size_t i = 4; i < n; i++)
		for (int v = 0; v < 256; v += 17) {
			bad = unit_guard(row, n);
			bad[i] = (char)v;
			crc = digest_crc32c(0, bad + 4, n - 4);
			memcpy(bad, &crc, 4);
			if (entry_decode((struct str){bad, n}, &out) == 0)
				CU_ASSERT_EQUAL(entry_size(&out), n);
		}
	e.body_len++;
	CU_ASSERT_EQUAL(entry_encode(&e, row, sizeof row, &n), 0);
	CU_ASSERT_EQUAL(entry_decode((struct str){row, n}, &out), ERR_BAD);
}

static void test_head(void)
{
	struct field v[8];
	struct fields f, out;
	struct arena a;
	struct str block;
	static char big[65600];

	arena_init(&a, 0);
	fields_init(&f, v, 8);
	fields_add(&f, FIELD_ETAG, STR("\"abc\""));
	fields_add_name(&f, STR("X-Own-Name"), STR("\xff value with  spaces"));
	fields_add(&f, FIELD_SET_COOKIE, STR("a=1"));
	fields_add(&f, FIELD_SET_COOKIE, STR(""));
	CU_ASSERT_EQUAL(entry_head_encode(&a, &f, &block), 0);
	CU_ASSERT_EQUAL(
	    entry_head_decode(&a, (struct str){unit_guard(block.p, block.n), block.n}, &out), 0);
	CU_ASSERT_EQUAL(out.n, 4);
	for (unsigned i = 0; i < out.n; i++)
		CU_ASSERT(out.v[i].id == f.v[i].id && str_eq(out.v[i].value, f.v[i].value) &&
		    str_eq(out.v[i].name, f.v[i].name));
	CU_ASSERT(str_eq(entry_head_get(block, FIELD_ETAG), STR("\"abc\"")));
	CU_ASSERT(str_eq(entry_head_get(block, FIELD_SET_COOKIE), STR("a=1")));
	CU_ASSERT(entry_head_get(block, FIELD_AGE).p == NULL);
	CU_ASSERT(entry_head_get(block, FIELD_OTHER).p == NULL);
	CU_ASSERT_EQUAL(fields_add(&out, FIELD_AGE, STR("5")), 0); /* there is room for more */
	for (size_t i = 1; i < block.n; i++) /* cut anywhere: an error, or fewer fields */
		if (entry_head_decode(&a, (struct str){unit_guard(block.p, i), i}, &out) == 0)
			CU_ASSERT(out.n < 4);
	fields_init(&f, v, 8);
	CU_ASSERT_EQUAL(entry_head_encode(&a, &f, &block), 0);
	CU_ASSERT_EQUAL(block.n, 0);
	CU_ASSERT_EQUAL(entry_head_decode(&a, block, &out), 0);
	CU_ASSERT_EQUAL(out.n, 0);
	memset(big, 'x', sizeof big);
	fields_add(&f, FIELD_VIA, (struct str){big, 65536});
	CU_ASSERT_EQUAL(entry_head_encode(&a, &f, &block), ERR_LIMIT);
	fields_set(&f, FIELD_VIA, (struct str){big, 65000});
	CU_ASSERT_EQUAL(entry_head_encode(&a, &f, &block), 0);
	fields_add(&f, FIELD_VIA, (struct str){big, 600});
	CU_ASSERT_EQUAL(entry_head_encode(&a, &f, &block), ERR_LIMIT);
	CU_ASSERT_EQUAL(entry_head_decode(&a, STR("\xf0\x01\x00x"), &out), ERR_BAD);
	CU_ASSERT_EQUAL(entry_head_decode(&a, STR("\x00\x00\x01\x00x"), &out), ERR_BAD);
	arena_fini(&a);
}

UNIT_MAIN("entry", {"there and back", test_there_and_back}, {"damage", test_damage},
    {"lies", test_lies}, {"head", test_head})
