/* test_buf.c - buffers grow to their limit and hold nothing when they are empty. */
#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

static void empty(void)
{
	struct buf b = {0};

	CU_ASSERT(buf_len(&b) == 0 && buf_str(&b).n == 0 && buf_room(&b) == 0);
	CU_ASSERT(buf_reserve(&b, 0, 0) == 0 && b.mem == NULL);
	CU_ASSERT(buf_append(&b, NULL, 0, 10) == 0 && b.mem == NULL);
	buf_consume(&b, 0);
	buf_free(&b);
	CU_ASSERT(b.mem == NULL);
}

static void in_and_out(void)
{
	struct buf b = {0};

	CU_ASSERT(buf_append(&b, "hello", 5, 100) == 0);
	CU_ASSERT(buf_append(&b, " you", 4, 100) == 0);
	UNIT_STR_EQ(buf_str(&b), "hello you");
	CU_ASSERT(b.cap == BUF_UNIT);
	buf_consume(&b, 6);
	UNIT_STR_EQ(buf_str(&b), "you");
	buf_consume(&b, 3);
	CU_ASSERT(b.mem == NULL && b.cap == 0);
}

static void limit(void)
{
	struct buf b = {0};

	CU_ASSERT(buf_append(&b, "12345", 5, 8) == 0);
	CU_ASSERT(buf_append(&b, "6789", 4, 8) == ERR_LIMIT);
	CU_ASSERT(buf_append(&b, "678", 3, 8) == 0);
	CU_ASSERT(buf_reserve(&b, SIZE_MAX, SIZE_MAX) == ERR_LIMIT);
	CU_ASSERT(buf_reserve(&b, 1, 7) == ERR_LIMIT); /* holds more than the limit already */
	UNIT_STR_EQ(buf_str(&b), "12345678");
	buf_free(&b);
}

/* A pseudo-random stream through one buffer comes out as it went in. */
static void stream(void)
{
	struct buf b = {0};
	unsigned in = 0, out = 0, seed = 1;
	size_t most = 0;

	for (int round = 0; round < 3000; round++) {
		seed = seed * 1103515245 + 12345;
		size_t n = seed / 65536 % 3000;
		CU_ASSERT_FATAL(buf_reserve(&b, n, 1 << 20) == 0);
		CU_ASSERT_FATAL(buf_room(&b) >= n);
		for (size_t i = 0; i < n; i++)
			buf_tail(&b)[i] = (char)(in++ * 31 >> 3);
		buf_added(&b, n);
		most = MAX(most, b.cap);
		seed = seed * 1103515245 + 12345;
		n = MIN(seed / 65536 % 3100, buf_len(&b));
		for (size_t i = 0; i < n; i++)
			if (buf_str(&b).p[i] != (char)(out++ * 31 >> 3))
				CU_FAIL_FATAL("bytes differ");
		buf_consume(&b, n);
	}
	CU_ASSERT(out > 1000000);
	CU_ASSERT(most > BUF_UNIT);
	buf_free(&b);
}

static void shift_instead_of_growth(void)
{
	struct buf b = {0};
	char block[BUF_UNIT];

	memset(block, 'x', sizeof block);
	CU_ASSERT(buf_append(&b, block, BUF_UNIT, 1 << 20) == 0);
	buf_consume(&b, BUF_UNIT - 10);
	CU_ASSERT(buf_append(&b, block, 1000, 1 << 20) == 0);
	CU_ASSERT(b.cap == BUF_UNIT && buf_len(&b) == 1010);
	buf_free(&b);
}

static void consume_too_much(void)
{
	struct buf b = {0};

	buf_append(&b, "x", 1, 10);
	buf_consume(&b, 2);
}
static void bounds(void)
{
	CU_ASSERT(unit_dies(consume_too_much));
}

UNIT_MAIN("buf", {"empty", empty}, {"in and out", in_and_out}, {"limit", limit}, {"stream", stream},
          {"shift instead of growth", shift_instead_of_growth}, {"bounds", bounds})
