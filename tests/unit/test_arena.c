/* test_arena.c - pieces, ceilings and hooks of an arena. */
#include "base/arena.h"
#include "base/err.h"
#include "unit.h"

static char order[16];
static size_t order_n;

static void note(void *arg)
{
	order[order_n++] = *(const char *)arg;
}

static void pieces(void)
{
	struct arena a;
	char *last = NULL;

	arena_init(&a, 0);
	CU_ASSERT(a.used == 0);
	for (size_t n = 0; n < 300; n++) {
		char *p = arena_alloc(&a, n);

		CU_ASSERT_FATAL(p != NULL && p != last);
		CU_ASSERT((uintptr_t)p % 16 == 0);
		memset(p, (int)n, n);
		last = p;
	}
	char *z = arena_zalloc(&a, 4000);
	for (size_t i = 0; i < 4000; i++)
		CU_ASSERT(z[i] == 0);
	CU_ASSERT(a.used > ARENA_CHUNK);
	arena_reset(&a);
	CU_ASSERT(a.used == 0 && a.chunks == NULL);
	CU_ASSERT(arena_alloc(&a, 1) != NULL);
	arena_fini(&a);
}

/* No piece lies in another, whatever their sizes. */
static void apart(void)
{
	enum { N = 400 };
	unsigned char *p[N];
	size_t n[N];
	struct arena a;

	arena_init(&a, 0);
	for (int i = 0; i < N; i++) {
		n[i] = (size_t)(i * 7919 % 9000);
		p[i] = arena_alloc(&a, n[i]);
		CU_ASSERT_FATAL(p[i] != NULL);
		memset(p[i], i % 251, n[i]);
	}
	for (int i = 0; i < N; i++)
		for (size_t k = 0; k < n[i]; k++)
			if (p[i][k] != i % 251)
				CU_FAIL_FATAL("a piece was overwritten");
	arena_fini(&a);
}

static void large_keeps_room(void)
{
	struct arena a;
	char *before, *after;

	arena_init(&a, 0);
	before = arena_alloc(&a, 16);
	CU_ASSERT(arena_alloc(&a, 100000) != NULL);
	after = arena_alloc(&a, 16);
	CU_ASSERT(after > before && after - before <= 64); /* the first chunk is still current */
	arena_fini(&a);
}

static void ceiling(void)
{
	struct arena a;

	arena_init(&a, (size_t)2 * ARENA_CHUNK);
	CU_ASSERT(arena_alloc(&a, 3 * ARENA_CHUNK) == NULL);
	CU_ASSERT(arena_alloc(&a, 3000) != NULL);
	CU_ASSERT(arena_alloc(&a, 3000) != NULL);
	CU_ASSERT(arena_alloc(&a, 3000) == NULL);
	CU_ASSERT(arena_dup(&a, (struct str){order, SIZE_MAX}).p == NULL);
	CU_ASSERT(arena_alloc(&a, SIZE_MAX) == NULL);
	CU_ASSERT(arena_alloc(&a, SIZE_MAX - 20) == NULL);
	CU_ASSERT(a.used <= a.ceiling);
	arena_reset(&a);
	CU_ASSERT(arena_alloc(&a, 3000) != NULL);
	arena_fini(&a);

	arena_init(&a, 100); /* below one chunk: nothing at all */
	CU_ASSERT(arena_alloc(&a, 1) == NULL);
	CU_ASSERT(arena_zalloc(&a, 1) == NULL);
	CU_ASSERT(arena_printf(&a, "x").p == NULL);
	CU_ASSERT(arena_on_reset(&a, note, order) == ERR_NOMEM);
	arena_fini(&a);
}

static void text(void)
{
	struct arena a;
	struct str s, parts[] = {STR_INIT("ab"), {NULL, 0}, STR_INIT(""), STR_INIT("cd")};

	arena_init(&a, 0);
	s = arena_dup(&a, unit_guard_str("hello"));
	UNIT_STR_EQ(s, "hello");
	CU_ASSERT(s.p[5] == '\0');
	s = arena_dup(&a, STR_NONE);
	CU_ASSERT(s.p != NULL && s.n == 0 && s.p[0] == '\0');
	s = arena_join(&a, parts, COUNT_OF(parts));
	UNIT_STR_EQ(s, "abcd");
	CU_ASSERT(s.p[4] == '\0');
	s = arena_printf(&a, "%d-%s", 7, "x");
	UNIT_STR_EQ(s, "7-x");
	s = arena_printf(&a, "%5000d", 1);
	CU_ASSERT(s.n == 5000 && s.p[4999] == '1' && s.p[5000] == '\0');
	arena_fini(&a);
}

static void late_note(void *arg)
{
	struct arena *a = arg;

	order[order_n++] = 'L';
	CU_ASSERT(arena_on_reset(a, note, "m") == 0);
}

static void hooks(void)
{
	struct arena a;

	order_n = 0;
	arena_init(&a, 0);
	CU_ASSERT(arena_on_reset(&a, note, "1") == 0);
	CU_ASSERT(arena_on_reset(&a, late_note, &a) == 0);
	CU_ASSERT(arena_on_reset(&a, note, "3") == 0);
	arena_reset(&a);
	UNIT_STR_EQ(((struct str){order, order_n}), "3Lm1"); /* youngest first */
	arena_fini(&a);
	CU_ASSERT(order_n == 4); /* each runs once */
}

static void use_after_fini(void)
{
	struct arena a;

	arena_init(&a, 0);
	arena_fini(&a);
	arena_alloc(&a, 1);
}
static void no_object(void)
{
	CU_ASSERT(unit_dies(use_after_fini));
}

UNIT_MAIN("arena", {"pieces", pieces}, {"apart", apart},
          {"a large piece keeps the room", large_keeps_room}, {"ceiling", ceiling}, {"text", text},
          {"hooks", hooks}, {"no object after fini", no_object})
