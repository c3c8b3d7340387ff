/* fuzz_cache_control.c - directives: more of them never permit more. */
#include "fuzz.h"
#include "http/cache_control.h"
#include "http/value.h"

static void bounds(int64_t v)
{
	FUZZ_CHECK(v >= -1 && (v <= VALUE_SECONDS_MAX || v == CACHE_CONTROL_ANY));
}

static void not_looser(int64_t more, int64_t less)
{
	FUZZ_CHECK(less == CACHE_CONTROL_ABSENT || (more != CACHE_CONTROL_ABSENT && more <= less));
}

/* Two lines, divided by LF. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned restricting =
	    CACHE_CONTROL_NO_STORE | CACHE_CONTROL_NO_CACHE | CACHE_CONTROL_PRIVATE;
	struct field v[2];
	struct fields f;
	struct cache_control one, both, request;
	char *p = fuzz_copy(data, size);
	struct str rest = {p, size}, line;

	fields_init(&f, v, 2);
	if (str_split(&rest, '\n', &line)) {
		(void)fields_add(&f, FIELD_CACHE_CONTROL, line);
		cache_control_response(&f, &one);
		if (str_split(&rest, '\n', &line))
			(void)fields_add(&f, FIELD_CACHE_CONTROL, line);
		cache_control_response(&f, &both);
		cache_control_request(&f, &request);
		FUZZ_CHECK((one.flags & restricting & ~both.flags) == 0);
		not_looser(both.max_age, one.max_age);
		not_looser(both.s_maxage, one.s_maxage);
		not_looser(both.stale_if_error, one.stale_if_error);
		bounds(both.max_age);
		bounds(request.max_stale);
		bounds(request.min_fresh);
		FUZZ_CHECK(one.no_cache_fields.n == 0 || both.no_cache_fields.n != 0);
	}
	free(p);
	return 0;
}
