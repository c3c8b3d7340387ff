/* unit.h - what all unit tests share: one main, inputs that end at a forbidden page, tests of
 * death.
 *
 * A test program holds one suite and says UNIT_MAIN("name", {"what is shown", function}, ...). It
 * prints failures only and `PASS n` at the end, or exits 1. Tests own the clock (clock_set), open
 * no port and do not sleep. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/obj.h"
#include "base/str.h"

struct unit_case {
	const char *name;
	void (*run)(void);
};

/* Mappings of unit_guard; those of a test are given back at its end, the oldest one when all are
 * used. */
#define UNIT_GUARDS 4096
static struct {
	void *mem;
	size_t size;
} unit_guards[UNIT_GUARDS];
static size_t unit_guard_next;

static inline void unit_guard_drop(size_t at)
{
	if (unit_guards[at].mem != NULL)
		munmap(unit_guards[at].mem, unit_guards[at].size);
	unit_guards[at].mem = NULL;
}

/* A copy of p[0, n) whose last byte is the last one of a page; the next page may not be touched, so
 * a parser that reads one byte too many dies here. Read and write. */
static inline char *unit_guard(const void *p, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (n / page + 2) * page;
	size_t slot = unit_guard_next++ % UNIT_GUARDS;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = mem + size - page;

	AN(mem != MAP_FAILED);
	AZ(mprotect(end, page, PROT_NONE));
	unit_guard_drop(slot);
	unit_guards[slot].mem = mem;
	unit_guards[slot].size = size;
	if (n != 0)
		memcpy(end - n, p, n);
	return end - n;
}

static inline struct str unit_guard_str(const char *z)
{
	return (struct str){unit_guard(z, strlen(z)), strlen(z)};
}

/* Does fn end the process by abort(), as a failed invariant does? */
static inline bool unit_dies(void (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	AN(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static inline bool unit_same(struct str got, struct str want, const char *file, int line)
{
	if (str_eq(got, want))
		return true;
	fprintf(stderr, "%s:%d: got '%.*s' (%zu bytes), want '%.*s' (%zu bytes)\n", file, line,
	        STR_F(got), got.n, STR_F(want), want.n);
	return false;
}

/* A struct str against a literal or a NUL-terminated string; both are shown when they differ. */
#define UNIT_STR_EQ(got, want) CU_ASSERT(unit_same((got), str_of(want), __FILE__, __LINE__))
/* Numbers; both are shown when they differ. */
#define UNIT_INT_EQ(got, want) \
	do { \
		long long got_ = (long long)(got), want_ = (long long)(want); \
		if (got_ != want_) \
			fprintf(stderr, "%s:%d: got %lld, want %lld\n", __FILE__, __LINE__, got_, \
			        want_); \
		CU_ASSERT(got_ == want_); \
	} while (0)

static inline void unit_after_each(void)
{
	for (size_t i = 0; i < UNIT_GUARDS; i++)
		unit_guard_drop(i);
	unit_guard_next = 0;
}

static inline int unit_run(const char *suite, const struct unit_case *cases, size_t n)
{
	CU_pSuite s;

	AZ(CU_initialize_registry());
	s = CU_add_suite_with_setup_and_teardown(suite, NULL, NULL, NULL, unit_after_each);
	AN(s != NULL);
	for (size_t i = 0; i < n; i++)
		AN(CU_add_test(s, cases[i].name, cases[i].run) != NULL);
	CU_run_all_tests(); /* CU_basic_run_tests() would print a table even when it is told not to
	                     */
	CU_basic_show_failures(CU_get_failure_list());

	unsigned failed = CU_get_number_of_failure_records();
	unsigned ran = CU_get_number_of_tests_run();
	CU_cleanup_registry();
	if (failed != 0 || ran != n) {
		printf("\nFAIL %s: %u failed, %u of %zu ran\n", suite, failed, ran, n);
		return 1;
	}
	printf("PASS %u\n", ran);
	return 0;
}

#define UNIT_MAIN(suite, ...) \
	int main(void) \
	{ \
		static const struct unit_case cases[] = {__VA_ARGS__}; \
		return unit_run(suite, cases, sizeof cases / sizeof *cases); \
	}

#endif
