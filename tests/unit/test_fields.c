/* test_fields.c - the fields of a message. */
#include "unit.h"
#include "base/err.h"
#include "http/fields.h"

static void add_get_remove(void)
{
	struct field v[6];
	struct fields f;

	fields_init(&f, v, 6);
	CU_ASSERT(fields_get(&f, FIELD_VIA) == NULL && !fields_has(&f, FIELD_VIA));
	AZ(fields_add(&f, FIELD_VIA, STR("a")));
	AZ(fields_add_name(&f, STR("x-own"), STR("b")));
	AZ(fields_add_name(&f, STR("vIa"), STR("c")));
	AZ(fields_add_name(&f, STR("X-Other"), STR("d")));
	UNIT_INT_EQ(fields_count(&f, FIELD_VIA), 2);
	UNIT_STR_EQ(fields_get(&f, FIELD_VIA)->value, "a");
	UNIT_STR_EQ(fields_next(&f, fields_get(&f, FIELD_VIA))->value, "c");
	CU_ASSERT(fields_next(&f, fields_next(&f, fields_get(&f, FIELD_VIA))) == NULL);
	UNIT_STR_EQ(fields_get_name(&f, STR("X-OWN"))->value, "b");
	UNIT_STR_EQ(fields_get_name(&f, STR("VIA"))->value, "a");
	CU_ASSERT(fields_get_name(&f, STR("X-None")) == NULL);
	UNIT_INT_EQ(fields_remove(&f, FIELD_VIA), 2);
	CU_ASSERT(!fields_has(&f, FIELD_VIA));
	UNIT_INT_EQ(f.n, 2);
	UNIT_STR_EQ(f.v[0].value, "b");
	UNIT_INT_EQ(fields_remove_name(&f, STR("x-OWN")), 1);
	CU_ASSERT(fields_has(&f, FIELD_OTHER));
	UNIT_INT_EQ(fields_remove_name(&f, STR("x-other")), 1);
	CU_ASSERT(!fields_has(&f, FIELD_OTHER) && f.n == 0);
	UNIT_INT_EQ(fields_remove(&f, FIELD_VIA), 0);
}

static void set_replaces(void)
{
	struct field v[3];
	struct fields f;

	fields_init(&f, v, 3);
	AZ(fields_set(&f, FIELD_AGE, STR("1")));
	AZ(fields_add(&f, FIELD_DATE, STR("2")));
	AZ(fields_add(&f, FIELD_AGE, STR("3")));
	UNIT_INT_EQ(fields_add(&f, FIELD_AGE, STR("4")), ERR_LIMIT);
	AZ(fields_set(&f, FIELD_AGE, STR("5")));
	UNIT_INT_EQ(f.n, 2);
	UNIT_STR_EQ(fields_value(&f, FIELD_AGE), "5");
	UNIT_STR_EQ(f.v[1].value, "2");
	fields_remove_at(&f, 0);
	CU_ASSERT(!fields_has(&f, FIELD_AGE) && fields_has(&f, FIELD_DATE));
}

static void copy_is_bounded(void)
{
	struct field v[2], w[1];
	struct fields f, g;

	fields_init(&f, v, 2);
	fields_init(&g, w, 1);
	AZ(fields_add(&f, FIELD_AGE, STR("1")));
	AZ(fields_copy(&g, &f));
	CU_ASSERT(fields_has(&g, FIELD_AGE) && g.n == 1);
	AZ(fields_add(&f, FIELD_VIA, STR("1")));
	UNIT_INT_EQ(fields_copy(&g, &f), ERR_LIMIT);
	CU_ASSERT(g.n == 1 && !fields_has(&g, FIELD_VIA));
}

UNIT_MAIN("fields", {"add, get, remove", add_get_remove}, {"set replaces", set_replaces},
          {"copy is bounded", copy_is_bounded})
