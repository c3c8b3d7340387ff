/* test_coding.c - gzip made and unmade, in small steps, damaged, cut, and bombs. */
#include "unit.h"
#include "http/coding.h"

static size_t held, fail_at, calls;

static void *take(void *arg, size_t n)
{
	size_t *p;

	(void)arg;
	if (++calls == fail_at)
		return NULL;
	p = malloc(n + 16);
	held += *p = n;
	return p + 2;
}

static void give(void *arg, void *p)
{
	size_t *q = (size_t *)p - 2;

	(void)arg;
	held -= *q;
	free(q);
}

static const struct coding_memory memory = {take, give, NULL};
static char plain[100000], packed[200000], back[200000];

static size_t pack(const char *in, size_t n, size_t step, size_t room)
{
	struct coding *c = coding_deflate_new(&memory, 6);
	size_t at = 0, out = 0, used, made;
	enum coding_result r = CODING_OK;

	CU_ASSERT_FATAL(c != NULL);
	while (r != CODING_END) {
		size_t piece = MIN(step, n - at);

		r = coding_run(c, in + at, piece, &used, packed + out,
		               MIN(room, sizeof packed - out), &made,
		               at + piece == n ? CODING_FINISH : CODING_MORE);
		CU_ASSERT_FATAL(r != CODING_BAD && used <= piece);
		at += used;
		out += made;
	}
	coding_free(c);
	UNIT_INT_EQ(at, n);
	return out;
}

static enum coding_result unpack(const char *in, size_t n, size_t step, size_t room, size_t *out,
                                 uint64_t max)
{
	struct coding *c = coding_inflate_new(&memory, max);
	size_t at = 0, used, made;
	enum coding_result r = CODING_OK;

	*out = 0;
	CU_ASSERT_FATAL(c != NULL);
	while (r == CODING_OK || r == CODING_NEED_OUTPUT) {
		size_t piece = MIN(step, n - at);
		char *p = unit_guard(in + at, piece);

		r = coding_run(c, p, piece, &used, back + *out % sizeof back,
		               MIN(room, sizeof back - *out % sizeof back), &made,
		               at + piece == n ? CODING_FINISH : CODING_MORE);
		at += used;
		*out += made;
	}
	CU_ASSERT((r == CODING_BAD) == (coding_why(c)[0] != '\0'));
	coding_free(c);
	return r;
}

static void fill(void)
{
	unsigned x = 1;

	for (size_t i = 0; i < sizeof plain; i++) {
		x = x * 1103515245 + 12345;
		plain[i] = (char)('a' + (x >> 16) % 9);
	}
}

static void there_and_back(void)
{
	static const size_t sizes[] = {0, 1, 1000, 100000}, steps[] = {1, 7, 4096, 200000};
	size_t out;

	fill();
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		for (size_t k = sizes[i] > 1000 ? 2 : 0; k < COUNT_OF(steps); k++) {
			size_t n = pack(plain, sizes[i], steps[k], steps[k]);

			UNIT_INT_EQ(unpack(packed, n, steps[k], steps[k], &out, 0), CODING_END);
			UNIT_INT_EQ(out, sizes[i]);
			CU_ASSERT(memcmp(back, plain, out) == 0);
		}
	UNIT_INT_EQ(held, 0);
}

static void flush_gives_all(void)
{
	struct coding *c = coding_deflate_new(&memory, 6), *d = coding_inflate_new(&memory, 0);
	size_t used, made, used2, made2;

	UNIT_INT_EQ(coding_run(c, "hello", 5, &used, packed, sizeof packed, &made, CODING_FLUSH),
	            CODING_OK);
	UNIT_INT_EQ(coding_run(d, packed, made, &used2, back, sizeof back, &made2, CODING_MORE),
	            CODING_OK);
	UNIT_INT_EQ(made2, 5);
	coding_reset(c);
	coding_reset(d);
	UNIT_INT_EQ(coding_run(c, "again", 5, &used, packed, sizeof packed, &made, CODING_FINISH),
	            CODING_END);
	UNIT_INT_EQ(coding_run(d, packed, made, &used2, back, sizeof back, &made2, CODING_FINISH),
	            CODING_END);
	CU_ASSERT(made2 == 5 && memcmp(back, "again", 5) == 0);
	coding_free(c);
	coding_free(d);
	coding_free(NULL);
	UNIT_INT_EQ(held, 0);
}

static void damaged(void)
{
	size_t n = pack(plain, 1000, 1000, 100000), out;

	for (size_t i = 0; i < n; i++)
		UNIT_INT_EQ(unpack(packed, i, 4096, 4096, &out, 0), CODING_BAD);
	for (size_t i = 0; i < n; i++) {
		packed[i] ^= 0x40;
		/* 4 to 9 of the head are time and system; nothing checks them */
		if (i < 4 || i > 9)
			UNIT_INT_EQ(unpack(packed, n, 4096, 4096, &out, 0), CODING_BAD);
		packed[i] ^= 0x40;
	}
	memcpy(packed + n, "x", 1);
	UNIT_INT_EQ(unpack(packed, n + 1, 4096, 4096, &out, 0), CODING_BAD);
	memcpy(packed + n, packed, n);
	UNIT_INT_EQ(unpack(packed, 2 * n, 3, 4096, &out, 0), CODING_END); /* two members */
	UNIT_INT_EQ(out, 2000);
	UNIT_INT_EQ(unpack("\x78\x9c\x03\x00\x00\x00\x00\x01", 8, 8, 9, &out, 0),
	            CODING_BAD); /* zlib's format */
	UNIT_INT_EQ(held, 0);
}

static void bombs(void)
{
	static char zeros[12000000];
	size_t n = pack(zeros, sizeof zeros, sizeof zeros, sizeof packed), out;

	UNIT_INT_EQ(unpack(packed, n, 100, 65536, &out, 0), CODING_BAD);
	CU_ASSERT(out > CODING_RATIO_FREE && out < CODING_RATIO_FREE + 200000);
	n = pack(zeros, CODING_RATIO_FREE, sizeof zeros, sizeof packed);
	UNIT_INT_EQ(unpack(packed, n, 100, 65536, &out, 0), CODING_END);
	UNIT_INT_EQ(unpack(packed, n, 100, 65536, &out, CODING_RATIO_FREE - 1), CODING_BAD);
	UNIT_INT_EQ(held, 0);
}

static void without_memory(void)
{
	for (fail_at = 1; fail_at < 20; fail_at++) {
		struct coding *c;

		calls = 0;
		c = coding_deflate_new(&memory, 6);
		if (c != NULL)
			coding_free(c);
		UNIT_INT_EQ(held, 0);
		calls = 0;
		c = coding_inflate_new(&memory, 0);
		if (c != NULL) {
			size_t used, made;

			(void)coding_run(c, packed, 100, &used, back, sizeof back, &made,
			                 CODING_MORE);
			coding_free(c);
		}
		UNIT_INT_EQ(held, 0);
	}
	fail_at = 0;
}

static void names(void)
{
	UNIT_INT_EQ(coding_of(STR("")), CODING_IDENTITY);
	UNIT_INT_EQ(coding_of(STR("X-Gzip")), CODING_GZIP);
	UNIT_INT_EQ(coding_of(STR("GZIP")), CODING_GZIP);
	UNIT_INT_EQ(coding_of(STR("br")), CODING_BR);
	UNIT_INT_EQ(coding_of(STR("gzip, br")), CODING_OTHER);
	UNIT_INT_EQ(coding_of(STR("compress")), CODING_OTHER);
}

UNIT_MAIN("coding", {"there and back", there_and_back}, {"flush gives all", flush_gives_all},
          {"damaged", damaged}, {"bombs", bombs}, {"without memory", without_memory},
          {"names", names})
