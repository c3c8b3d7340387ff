/* fuzz_coding.c - inflate of anything is bounded and does not depend on the cut; deflate comes
 * back. */
#include "fuzz.h"
#include "http/coding.h"

static void *take(void *arg, size_t n)
{
	(void)arg;
	return malloc(n);
}

static void give(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct coding_memory memory = {take, give, NULL};

/* Runs until the end; how much came out, *last is the result. Output beyond room is counted only.
 */
static uint64_t run(struct coding *c, const char *in, size_t n, size_t step, char *out, size_t room,
                    enum coding_result *last)
{
	static char spill[4096];
	uint64_t total = 0;
	size_t at = 0, used, made;

	do {
		size_t piece = n - at < step ? n - at : step;
		bool fits = total < room;
		char *to = fits ? out + total : spill;
		size_t space = fits ? room - total : sizeof spill;

		*last = coding_run(c, in + at, piece, &used, to, space < step ? space : step, &made,
		                   at + piece == n ? CODING_FINISH : CODING_MORE);
		FUZZ_CHECK(used <= piece && made <= space);
		at += used;
		total += made;
		FUZZ_CHECK(total <= (uint64_t)4 << 20);
	} while (*last == CODING_OK || *last == CODING_NEED_OUTPUT);
	FUZZ_CHECK(*last != CODING_END || at == n);
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char a[1 << 16], b[1 << 16], packed[1 << 17];
	struct coding *inflate = coding_inflate_new(&memory, 2 << 20);
	enum coding_result first, second;
	uint64_t n, m;

	FUZZ_CHECK(inflate != NULL);
	n = run(inflate, (const char *)data, size, 4096, a, sizeof a, &first);
	coding_reset(inflate);
	m = run(inflate, (const char *)data, size, 13, b, sizeof b, &second);
	FUZZ_CHECK(first == second);
	if (first == CODING_END)
		FUZZ_CHECK(n == m && memcmp(a, b, n < sizeof a ? n : sizeof a) == 0);
	if (size < sizeof a && size % 8 == 0) {
		struct coding *deflate = coding_deflate_new(&memory, 1);

		n = run(deflate, (const char *)data, size, 100, packed, sizeof packed, &first);
		FUZZ_CHECK(first == CODING_END && n <= sizeof packed);
		coding_free(deflate);
		coding_reset(inflate);
		m = run(inflate, packed, n, 77, b, sizeof b, &second);
		FUZZ_CHECK(second == CODING_END && m == size && memcmp(b, data, size) == 0);
	}
	coding_free(inflate);
	return 0;
}
