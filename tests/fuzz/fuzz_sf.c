/* fuzz_sf.c - dictionaries of structured fields: what is read lies in order in its line, and a
 * targeted field counts as a whole or not at all. */
#include "fuzz.h"
#include "http/cache_control.h"
#include "http/sf.h"
#include "http/value.h"

static bool lies_in(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_member(const struct sf_member *m, struct str line)
{
	FUZZ_CHECK(m->key.n > 0 && lies_in(m->key, line));
	FUZZ_CHECK(lies_in(m->value.text, line) && lies_in(m->params, line));
	FUZZ_CHECK(m->params.n == 0 || m->params.p[0] == ';');
	if (m->value.type == SF_INTEGER || m->value.type == SF_DATE)
		FUZZ_CHECK(m->value.number > -1000000000000000 &&
		           m->value.number < 1000000000000000);
	if (m->value.type == SF_BOOLEAN)
		FUZZ_CHECK(m->value.number == 0 || m->value.number == 1);
	if (m->value.type == SF_TOKEN)
		FUZZ_CHECK(m->value.text.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cache_control_targets targets = {.names = {STR("x-own"), STR("CDN-Cache-Control")},
	                                        .n = 2};
	char *p = fuzz_copy(data, size);
	struct str line = {p, size}, rest = line;
	struct cache_control cc, both;
	struct sf_member m;
	struct field v[3];
	struct fields f;
	const char *last = p;
	int n = sf_dictionary_count(line), seen = 0;

	while (sf_dictionary_next(&rest, &m) == 1) {
		check_member(&m, line);
		FUZZ_CHECK(m.key.p >= last);
		last = m.key.p + m.key.n;
		seen++;
	}
	FUZZ_CHECK(n < 0 || n == seen);
	fields_init(&f, v, 3);
	(void)fields_add(&f, FIELD_CDN_CACHE_CONTROL, line);
	FUZZ_CHECK(cache_control_targeted(&f, STR("cdn-cache-control"), &cc) == (n > 0));
	if (n > 0)
		FUZZ_CHECK(cc.max_age >= -1 && cc.max_age <= VALUE_SECONDS_MAX);
	/* The first target decides alone, if it is one. */
	(void)fields_add_name(&f, STR("X-Own"), STR("no-store"));
	cache_control_effective(&f, &targets, &both);
	FUZZ_CHECK(cache_control_has(&both, CACHE_CONTROL_NO_STORE) &&
	           both.max_age == CACHE_CONTROL_ABSENT);
	free(p);
	return 0;
}
