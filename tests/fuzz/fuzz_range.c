/* fuzz_range.c - ranges lie in the representation, their sum is right and bounded. */
#include "fuzz.h"
#include "http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct range_set set;
	static const uint64_t lengths[] = {0, 1, 100, 65536, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
	struct range_content c;
	char *p = fuzz_copy(data, size), text[200];
	struct str in = {p, size};

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		uint64_t sum = 0;

		if (range_parse(in, lengths[i], &set) != RANGE_PARTIAL)
			continue;
		FUZZ_CHECK(set.n > 0 && set.n <= RANGE_MAX && set.bytes <= 2 * lengths[i]);
		for (unsigned k = 0; k < set.n; k++) {
			struct str_out o = str_out_of(text, sizeof text);

			FUZZ_CHECK(set.v[k].first <= set.v[k].last && set.v[k].last < lengths[i]);
			sum += set.v[k].last - set.v[k].first + 1;
			range_put_content(&o, &set.v[k], lengths[i]);
			FUZZ_CHECK(range_parse_content(str_range(text, o.at), &c) == 0);
			FUZZ_CHECK(c.first == set.v[k].first && c.last == set.v[k].last &&
			           c.total == lengths[i]);
		}
		FUZZ_CHECK(sum == set.bytes);
		FUZZ_CHECK(range_multipart_length(&set, STR("b"), STR("t/t"), lengths[i]) >
		           set.bytes);
	}
	if (range_parse_content(in, &c) == 0 && !c.unsatisfied)
		FUZZ_CHECK(c.first <= c.last && (!c.has_total || c.last < c.total));
	free(p);
	return 0;
}
