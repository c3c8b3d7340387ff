/* test_obj.c - a broken invariant ends the process, a kept one costs nothing. */
#include "unit.h"

#define THING_MAGIC 0x7419
struct thing {
	unsigned magic;
	int value;
};
static int hook_calls;
static int hook_fd = -1;

static void kept(void)
{
	struct thing t;

	INIT_OBJ(&t, THING_MAGIC);
	CHECK_OBJ(&t, THING_MAGIC);
	CU_ASSERT(t.value == 0);
	AN(1);
	AZ(0);
}

static void die_an(void)
{
	AN(hook_calls < 0);
}
static void die_az(void)
{
	AZ(hook_calls == 0);
}
static void die_null(void)
{
	struct thing *t = NULL;
	CHECK_OBJ(t, THING_MAGIC);
}
static void die_magic(void)
{
	struct thing t = {0, 0};
	CHECK_OBJ(&t, THING_MAGIC);
}
static void hook(const char *file, int line, const char *expression)
{
	(void)file;
	(void)line;
	hook_calls++;
	if (hook_fd >= 0)
		CU_ASSERT(write(hook_fd, expression, strlen(expression)) > 0);
	AN(hook_calls > 100); /* fails again, within the hook */
}
static void die_hook(void)
{
	obj_on_failure = hook;
	AN(hook_calls > 0);
}

static void broken(void)
{
	CU_ASSERT(unit_dies(die_an));
	CU_ASSERT(unit_dies(die_az));
	CU_ASSERT(unit_dies(die_null));
	CU_ASSERT(unit_dies(die_magic));
	CU_ASSERT(!unit_dies(kept));
}

/* The hook runs once, even when it fails itself. */
static void hook_once(void)
{
	int ends[2];
	char text[64] = "";

	AZ(pipe(ends));
	hook_fd = ends[1];
	CU_ASSERT(unit_dies(die_hook));
	close(ends[1]);
	CU_ASSERT(read(ends[0], text, sizeof text - 1) == 14);
	CU_ASSERT_STRING_EQUAL(text, "hook_calls > 0");
	close(ends[0]);
}

static void take_and_free(void)
{
	struct thing *t, *other;

	NEW_OBJ(t, THING_MAGIC);
	CHECK_OBJ(t, THING_MAGIC);
	other = TAKE(t);
	CU_ASSERT(t == NULL && other != NULL);
	FREE_OBJ(other);
	CU_ASSERT(other == NULL);
}

UNIT_MAIN("obj", {"kept", kept}, {"broken", broken}, {"the hook runs once", hook_once},
          {"take and free", take_and_free})
