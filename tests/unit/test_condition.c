/* test_condition.c - preconditions in their order, and If-Range. */
#include "unit.h"
#include "http/condition.h"
#include "http/date.h"

#define T 784111777
#define AT_T "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE_T "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER_T "Sunday, 06-Nov-94 08:49:38 GMT"

struct row {
	enum msg_method method;
	int status;
	const char *match, *unmodified, *none_match, *modified;
	enum condition_result want;
};

static void add(struct fields *f, enum field_id id, const char *value)
{
	if (value != NULL)
		AZ(fields_add(f, id, unit_guard_str(value)));
}

static void precedence(void)
{
	static const struct row rows[] = {
	    {METHOD_GET, 200, NULL, NULL, NULL, NULL, CONDITION_PROCEED},
	    {METHOD_GET, 200, NULL, NULL, "\"e\"", NULL, CONDITION_NOT_MODIFIED},
	    {METHOD_GET, 200, NULL, NULL, "W/\"e\"", NULL, CONDITION_NOT_MODIFIED},
	    {METHOD_HEAD, 200, NULL, NULL, "\"x\", \"e\"", NULL, CONDITION_NOT_MODIFIED},
	    {METHOD_PUT, 200, NULL, NULL, "\"e\"", NULL, CONDITION_FAILED},
	    {METHOD_GET, 200, NULL, NULL, "*", NULL, CONDITION_NOT_MODIFIED},
	    {METHOD_PUT, 404, NULL, NULL, "*", NULL, CONDITION_PROCEED},
	    {METHOD_GET, 200, NULL, NULL, "\"x\"", AT_T, CONDITION_PROCEED}, /* INM wins over IMS */
	    {METHOD_GET, 200, NULL, NULL, "e", AT_T, CONDITION_PROCEED},
	    {METHOD_GET, 200, NULL, NULL, NULL, AT_T, CONDITION_NOT_MODIFIED},
	    {METHOD_GET, 200, NULL, NULL, NULL, AFTER_T, CONDITION_NOT_MODIFIED},
	    {METHOD_GET, 200, NULL, NULL, NULL, BEFORE_T, CONDITION_PROCEED},
	    {METHOD_GET, 200, NULL, NULL, NULL, "yesterday", CONDITION_PROCEED},
	    {METHOD_POST, 200, NULL, NULL, NULL, AT_T, CONDITION_PROCEED},
	    {METHOD_GET, 200, "\"e\"", NULL, NULL, NULL, CONDITION_PROCEED},
	    {METHOD_GET, 200, "W/\"e\"", NULL, NULL, NULL, CONDITION_FAILED},
	    {METHOD_GET, 200, "\"x\"", NULL, "\"e\"", NULL, CONDITION_FAILED},
	    {METHOD_GET, 200, "\"e\"", BEFORE_T, NULL, NULL,
	     CONDITION_PROCEED}, /* IM wins over IUS */
	    {METHOD_GET, 200, "\"e\"", NULL, "\"e\"", NULL, CONDITION_NOT_MODIFIED},
	    {METHOD_GET, 200, "*", NULL, NULL, NULL, CONDITION_PROCEED},
	    {METHOD_PUT, 404, "*", NULL, NULL, NULL, CONDITION_FAILED},
	    {METHOD_GET, 200, NULL, BEFORE_T, NULL, NULL, CONDITION_FAILED},
	    {METHOD_GET, 200, NULL, AT_T, NULL, NULL, CONDITION_PROCEED},
	    {METHOD_GET, 200, NULL, "x", NULL, NULL, CONDITION_PROCEED},
	    {METHOD_GET, 301, "\"x\"", NULL, "*", NULL, CONDITION_PROCEED},
	    {METHOD_GET, 500, "\"x\"", NULL, NULL, NULL, CONDITION_PROCEED},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		struct condition_selected s = {STR("\"e\""), T, T + 3600, r->status};
		struct field v[4];
		struct fields f;

		fields_init(&f, v, 4);
		add(&f, FIELD_IF_MATCH, r->match);
		add(&f, FIELD_IF_UNMODIFIED_SINCE, r->unmodified);
		add(&f, FIELD_IF_NONE_MATCH, r->none_match);
		add(&f, FIELD_IF_MODIFIED_SINCE, r->modified);
		CU_ASSERT_EQUAL(condition_present(&f), f.n != 0);
		if (condition_evaluate(&f, r->method, &s, T) != r->want) {
			fprintf(stderr, "row %zu\n", i);
			CU_FAIL("precedence");
		}
	}
}

static enum condition_result evaluate_tag(enum field_id id, const char *value, const char *etag)
{
	struct condition_selected s = {str_of(etag), T, T + 3600, 200};
	struct field v[1];
	struct fields f;

	fields_init(&f, v, 1);
	add(&f, id, value);
	return condition_evaluate(&f, METHOD_GET, &s, T);
}

/* The tag that was sent, whole; it counts only as far as it is a tag. */
static void the_tag_itself(void)
{
	CU_ASSERT(evaluate_tag(FIELD_IF_NONE_MATCH, "W/\"e\"", "W/\"e\"") ==
	          CONDITION_NOT_MODIFIED);
	CU_ASSERT(evaluate_tag(FIELD_IF_MATCH, "W/\"e\"", "W/\"e\"") == CONDITION_FAILED);
	CU_ASSERT(evaluate_tag(FIELD_IF_MATCH, "\"e\"", "\"e\"") == CONDITION_PROCEED);
	CU_ASSERT(evaluate_tag(FIELD_IF_NONE_MATCH, "e", "e") == CONDITION_PROCEED);
	CU_ASSERT(evaluate_tag(FIELD_IF_NONE_MATCH, "\"a\",\"b\"", "\"a\",\"b\"") ==
	          CONDITION_PROCEED);
	CU_ASSERT(evaluate_tag(FIELD_IF_NONE_MATCH, "", "") == CONDITION_PROCEED);
	CU_ASSERT(evaluate_tag(FIELD_IF_NONE_MATCH, "*", "") == CONDITION_NOT_MODIFIED);
}

static void several_lines_are_one_list(void)
{
	struct condition_selected s = {STR("\"e\""), T, T, 200};
	struct field v[4];
	struct fields f;

	fields_init(&f, v, 4);
	add(&f, FIELD_IF_NONE_MATCH, "\"a\"");
	add(&f, FIELD_IF_NONE_MATCH, "\"e\"");
	UNIT_INT_EQ(condition_evaluate(&f, METHOD_GET, &s, T), CONDITION_NOT_MODIFIED);
	fields_init(&f, v, 4);
	add(&f, FIELD_IF_MODIFIED_SINCE, AT_T);
	add(&f, FIELD_IF_MODIFIED_SINCE, AT_T);
	UNIT_INT_EQ(condition_evaluate(&f, METHOD_GET, &s, T), CONDITION_PROCEED);
	/* RFC 9111 4.3.2: Date stands in for a Last-Modified that is missing */
	s.last_modified = DATE_NONE;
	fields_init(&f, v, 4);
	add(&f, FIELD_IF_MODIFIED_SINCE, AT_T);
	UNIT_INT_EQ(condition_evaluate(&f, METHOD_GET, &s, T), CONDITION_NOT_MODIFIED);
	s.date = T + 1;
	UNIT_INT_EQ(condition_evaluate(&f, METHOD_GET, &s, T), CONDITION_PROCEED);
	s.date = DATE_NONE;
	UNIT_INT_EQ(condition_evaluate(&f, METHOD_GET, &s, T), CONDITION_PROCEED);
	s.etag = STR("");
	fields_init(&f, v, 4);
	add(&f, FIELD_IF_NONE_MATCH, "\"\"");
	UNIT_INT_EQ(condition_evaluate(&f, METHOD_GET, &s, T), CONDITION_PROCEED);
}

static void if_range(void)
{
	static const struct {
		const char *value;
		int64_t date;
		bool want;
	} rows[] = {{NULL, T, true},
	            {"\"e\"", T, true},
	            {"W/\"e\"", T, false},
	            {"\"x\"", T, false},
	            {AT_T, T + 60, true},
	            {AT_T, T + 59, false},
	            {AT_T, DATE_NONE, false},
	            {BEFORE_T, T + 999, false},
	            {AFTER_T, T + 999, false},
	            {"Sun Nov  6 08:49:37 1994", T + 60, true},
	            {"", T, false},
	            {"e", T, false}};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct condition_selected s = {STR("\"e\""), T, rows[i].date, 200};
		struct field v[4];
		struct fields f;

		fields_init(&f, v, 4);
		add(&f, FIELD_IF_RANGE, rows[i].value);
		CU_ASSERT_EQUAL(condition_if_range(&f, &s, T), rows[i].want);
		s.etag = STR("W/\"e\"");
		if (rows[i].value != NULL && rows[i].value[0] == '"')
			CU_ASSERT(!condition_if_range(&f, &s, T));
	}
}

UNIT_MAIN("condition", {"precedence", precedence}, {"the tag itself", the_tag_itself},
          {"several lines are one list", several_lines_are_one_list}, {"if-range", if_range})
