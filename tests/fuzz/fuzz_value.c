/* fuzz_value.c - lists, parameters, entity tags, quality, Accept-Encoding, and conditions made of
 * them. */
#include "fuzz.h"
#include "http/condition.h"
#include "http/date.h"
#include "http/value.h"

/* Elements lie in their lines, in order, and do not overlap. */
static void walk_list(const struct fields *f, enum field_id id)
{
	struct value_list it;
	struct str element, rest;
	struct value_param param;
	struct arena a;
	size_t bytes = 0;

	arena_init(&a, 1 << 16);
	value_list_init(&it, f, id);
	while (value_list_next(&it, &element)) {
		struct str out;

		FUZZ_CHECK(element.n > 0);
		bytes += element.n;
		(void)value_item(element, &rest);
		while (value_param_next(&rest, &param) == 1) {
			FUZZ_CHECK(value_is_token(param.name));
			if (value_unquote(&a, param.value, &out) == 0)
				FUZZ_CHECK(out.n <= param.value.n);
		}
	}
	for (unsigned i = 0; i < f->n; i++)
		bytes -= bytes < f->v[i].value.n ? bytes : f->v[i].value.n;
	FUZZ_CHECK(bytes == 0);
	arena_fini(&a);
}

static void one(struct str s)
{
	struct value_etag tag;
	struct str rest = s;
	int64_t seconds;
	int q = value_qvalue(s);
	char text[64];
	struct str_out o = str_out_of(text, sizeof text);

	FUZZ_CHECK(q <= 1000);
	while (value_etag_next(&rest, &tag) == 1)
		FUZZ_CHECK(tag.opaque.n >= 2 && rest.n < s.n);
	if (value_etag(s, &tag) == 0)
		FUZZ_CHECK(value_etag_weak_eq(tag, tag) &&
		           value_etag_strong_eq(tag, tag) == !tag.weak);
	if (value_seconds(s, &seconds) == 0)
		FUZZ_CHECK(seconds >= 0 && seconds <= VALUE_SECONDS_MAX);
	value_put_sf_token(&o, s);
	FUZZ_CHECK(o.at <= text + sizeof text);
}

static void conditions(const struct str *parts)
{
	static const enum field_id ids[] = {FIELD_IF_MATCH, FIELD_IF_NONE_MATCH,
	                                    FIELD_IF_MODIFIED_SINCE, FIELD_IF_RANGE};
	struct condition_selected s = {STR("\"e\""), 784111777, 784111777 + 90, 200};
	struct field v[4];
	struct fields f;

	fields_init(&f, v, 4);
	for (int i = 0; i < 4; i++)
		if (parts[i].n != 0)
			(void)fields_add(&f, ids[i], parts[i]);
	(void)condition_evaluate(&f, METHOD_GET, &s, 0);
	(void)condition_evaluate(&f, METHOD_PUT, &s, 0);
	(void)condition_if_range(&f, &s, 0);
}

/* The input is up to four lines, divided by LF. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct field v[4];
	struct str parts[4] = {STR_NONE, STR_NONE, STR_NONE, STR_NONE};
	struct fields f;
	int q;
	char *p = fuzz_copy(data, size);
	struct str rest = {p, size};

	fields_init(&f, v, 4);
	for (int i = 0; i < 4 && str_split(&rest, '\n', &parts[i]); i++) {
		(void)fields_add(&f, FIELD_ACCEPT_ENCODING, parts[i]);
		one(parts[i]);
	}
	walk_list(&f, FIELD_ACCEPT_ENCODING);
	q = value_accepts_coding(&f, STR("gzip"));
	FUZZ_CHECK(q >= 0 && q <= 1000);
	q = value_accepts_coding(&f, STR("identity"));
	FUZZ_CHECK(q >= 0 && q <= 1000);
	conditions(parts);
	free(p);
	return 0;
}
