/* test_shm.c - regions, a second attachment, and layouts that do not fit. */
#include "base/err.h"
#include "base/shm.h"
#include "unit.h"

static void declare(size_t second)
{
	shm_declare("first", 100);
	shm_declare("second", second);
}

static void regions(void)
{
	char *first, *second;
	int fd;

	declare(10000);
	CU_ASSERT(shm_fd() == -1);
	fd = shm_create();
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT(shm_fd() == fd);
	CU_ASSERT((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0);
	first = shm_region("first");
	second = shm_region("second");
	CU_ASSERT((uintptr_t)first % 4096 == 0 && (uintptr_t)second % 4096 == 0);
	CU_ASSERT(second - first == 4096);
	CU_ASSERT(shm_region_size("first") == 100 && shm_region_size("second") == 10000);
	for (int i = 0; i < 10000; i++)
		CU_ASSERT(second[i] == 0);
	memset(second, 'x', 10000);
	CU_ASSERT(ftruncate(fd, 4096) < 0); /* the size is sealed */
	shm_forget();
	close(fd);
}

static void attach(void)
{
	uint64_t layout, id;
	char *first;
	int fd;

	declare(10000);
	layout = shm_layout();
	fd = shm_create();
	CU_ASSERT_FATAL(fd >= 0);
	id = shm_id();
	strcpy(shm_region("first"), "kept");
	shm_forget();

	declare(10000);
	CU_ASSERT(shm_layout() == layout);
	CU_ASSERT_FATAL(shm_attach(fd) == 0);
	first = shm_region("first");
	CU_ASSERT_STRING_EQUAL(first, "kept");
	CU_ASSERT(shm_id() == id && shm_fd() == fd);
	shm_forget();

	declare(10001); /* as many pages, another layout */
	CU_ASSERT(shm_layout() != layout);
	CU_ASSERT(shm_attach(fd) == ERR_BAD && shm_fd() == -1);
	shm_forget();
	declare(100000); /* another size */
	CU_ASSERT(shm_attach(fd) == ERR_BAD);
	shm_forget();
	shm_declare("first", 10000); /* sizes swapped */
	shm_declare("second", 100);
	CU_ASSERT(shm_layout() != layout);
	CU_ASSERT(shm_attach(fd) == ERR_BAD);
	shm_forget();
	close(fd);
}

static void not_ours(void)
{
	int fd = memfd_create("other", 0);

	declare(10000);
	CU_ASSERT(shm_attach(fd) == ERR_BAD);
	AZ(ftruncate(fd, 4 * 4096 + 4096)); /* the right size, no head */
	CU_ASSERT(shm_attach(fd) == ERR_BAD);
	CU_ASSERT(shm_attach(-1) == ERR_BAD);
	close(fd);
	shm_forget();
}

static void each_its_own(void)
{
	uint64_t id;
	int fd;

	declare(10);
	fd = shm_create();
	id = shm_id();
	shm_forget();
	close(fd);
	declare(10);
	fd = shm_create();
	CU_ASSERT(shm_id() != id);
	shm_forget();
	close(fd);
}

static void ask_undeclared(void)
{
	declare(10);
	shm_create();
	shm_region("third");
}
static void ask_unmapped(void)
{
	declare(10);
	shm_region("first");
}
static void declare_twice(void)
{
	declare(10);
	declare(10);
}
static void declare_late(void)
{
	declare(10);
	shm_create();
	shm_declare("third", 1);
}
static void misuse(void)
{
	CU_ASSERT(unit_dies(ask_undeclared));
	CU_ASSERT(unit_dies(ask_unmapped));
	CU_ASSERT(unit_dies(declare_twice));
	CU_ASSERT(unit_dies(declare_late));
}

UNIT_MAIN("shm", {"regions", regions}, {"attach", attach}, {"not ours", not_ours},
          {"each its own", each_its_own}, {"misuse", misuse})
