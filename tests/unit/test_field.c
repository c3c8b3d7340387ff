/* test_field.c - names of fields, their numbers, and the byte classes. */
#include "unit.h"
#include "http/field.h"

static void every_name_is_found(void)
{
	for (unsigned id = 1; id < FIELD_COUNT; id++) {
		struct str name = field_name(id);
		char odd[64];

		CU_ASSERT_FATAL(name.n > 0 && name.n <= FIELD_NAME_MAX);
		for (size_t i = 0; i < name.n; i++)
			odd[i] = i % 2 == 0 && name.p[i] >= 'a' && name.p[i] <= 'z'
			             ? name.p[i] - 32
			             : str_lower(name.p[i]);
		UNIT_INT_EQ(field_id_of((struct str){unit_guard(odd, name.n), name.n}), id);
		UNIT_INT_EQ(field_id_in(odd, name.n, sizeof odd), id);
	}
}

static void near_misses_are_others(void)
{
	for (unsigned id = 1; id < FIELD_COUNT; id++) {
		struct str name = field_name(id);

		for (size_t i = 0; i < name.n; i++)
			for (int bit = 0; bit < 8; bit++) {
				char odd[64] = {0};
				struct str changed = {odd, name.n};
				bool same;

				memcpy(odd, name.p, name.n);
				odd[i] = (char)(odd[i] ^ 1 << bit);
				same = str_ieq(changed, name);
				CU_ASSERT_EQUAL(field_id_in(odd, name.n, sizeof odd) == id, same);
				CU_ASSERT_EQUAL(field_id_of(changed) == id, same);
			}
		CU_ASSERT(field_id_of(str_slice(name, 0, name.n - 1)) != id);
	}
	CU_ASSERT_EQUAL(field_id_of(STR("Content_Length")), FIELD_OTHER);
	CU_ASSERT_EQUAL(field_id_of(STR("Content\rLength")), FIELD_OTHER);
	CU_ASSERT_EQUAL(field_id_of(STR("Transfer_Encoding")), FIELD_OTHER);
	CU_ASSERT_EQUAL(field_id_of(STR("")), FIELD_OTHER);
	CU_ASSERT_EQUAL(field_id_of(STR_NONE), FIELD_OTHER);
}

static void numbers_stay(void)
{
	/* kept on disk: these may never change */
	UNIT_INT_EQ(FIELD_DATE, 1);
	UNIT_INT_EQ(FIELD_CONTENT_LENGTH, 3);
	UNIT_INT_EQ(FIELD_HOST, 15);
	UNIT_INT_EQ(FIELD_VIA, 37);
	UNIT_INT_EQ(FIELD_FORWARDED, 85);
	UNIT_INT_EQ(FIELD_DNT, 115);
	UNIT_INT_EQ(FIELD_X_GITHUB_REQUEST_ID, 140);
	CU_ASSERT(field_name(0).p == NULL && field_name(FIELD_COUNT).p == NULL);
}

static void bytes(void)
{
	for (int c = 0; c < 256; c++) {
		char b[20];
		bool token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		             (c >= 'A' && c <= 'Z') ||
		             (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
		bool tag = c > 0x20 && c != 0x7F && c != '"';
		bool text = c == '\t' || (c >= 0x20 && c != 0x7F);

		CU_ASSERT_EQUAL(field_is_token_byte((char)c), token);
		for (size_t at = 0; at < sizeof b; at++) {
			char *p;

			memset(b, 'x', sizeof b);
			b[at] = (char)c;
			p = unit_guard(b, sizeof b);
			UNIT_INT_EQ(field_value_span(p, sizeof b), text ? sizeof b : at);
			UNIT_INT_EQ(field_token_span(p, sizeof b), token ? sizeof b : at);
			UNIT_INT_EQ(field_etag_span(p, sizeof b), tag ? sizeof b : at);
		}
	}
	CU_ASSERT(field_value_valid(STR("")) && field_value_valid(STR("a \t b\xFF")));
	CU_ASSERT(!field_value_valid(STR(" a")) && !field_value_valid(STR("a\t")));
	CU_ASSERT(!field_value_valid(STR("a\rb")) && !field_value_valid(STR("a\0b")));
	CU_ASSERT(field_name_valid(STR("a")) && !field_name_valid(STR("")));
	CU_ASSERT(!field_name_valid(STR("a b")) && !field_name_valid(STR("a\xC3")));
}

UNIT_MAIN("field", {"every name is found", every_name_is_found},
          {"near misses are others", near_misses_are_others}, {"numbers stay", numbers_stay},
          {"bytes", bytes})
