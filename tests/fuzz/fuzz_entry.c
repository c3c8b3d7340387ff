/* fuzz_entry.c - rows and head blocks from a damaged disk or a taken-over worker.
 *
 * First byte even: a head block. Odd: a row, whose checksum is made right so that the lengths inside are
 * what is tried. Whatever decodes must encode again and mean the same. */
#include "fuzz.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/entry.h"

static void fuzz_head(char *p, size_t n)
{
	struct str block = {p, n}, again;
	struct fields f, g;
	struct arena a;

	arena_init(&a, 0);
	if (entry_head_decode(&a, block, &f) == 0) {
		FUZZ_CHECK(entry_head_encode(&a, &f, &again) == 0);
		FUZZ_CHECK(entry_head_decode(&a, again, &g) == 0 && g.n == f.n);
		for (unsigned i = 0; i < f.n; i++)
			FUZZ_CHECK(str_eq(f.v[i].value, g.v[i].value) && f.v[i].id == g.v[i].id &&
			    str_eq(f.v[i].name, g.v[i].name));
	}
	for (unsigned id = 0; id < FIELD_COUNT; id += 7)
		(void)entry_head_get(block, (enum field_id)id);
	arena_fini(&a);
}

static void fuzz_row(char *p, size_t n)
{
	static char again[ENTRY_IMAGE_MAX];
	struct str row = {p, n};
	struct store_entry e, f;
	uint32_t crc;
	size_t len;

	(void)entry_peek(row, &e);
	(void)entry_whole(row);
	if (n < 4)
		return;
	crc = digest_crc32c(0, p + 4, n - 4);
	memcpy(p, &crc, 4);
	if (entry_decode(row, &e) != 0)
		return;
	FUZZ_CHECK(entry_size(&e) == n);
	FUZZ_CHECK(entry_encode(&e, again, sizeof again, &len) == 0 && len == n);
	FUZZ_CHECK(entry_decode((struct str){again, len}, &f) == 0);
	FUZZ_CHECK(f.bid == e.bid && f.body_len == e.body_len && str_eq(f.head, e.head) &&
	    str_eq(f.canonical, e.canonical) && f.extent_count == e.extent_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p;

	if (size == 0 || size > ENTRY_IMAGE_MAX)
		return 0;
	p = fuzz_copy(data + 1, size - 1);
	if (data[0] % 2 == 0)
		fuzz_head(p, size - 1);
	else
		fuzz_row(p, size - 1);
	free(p);
	return 0;
}
