/* test_err.c - each code has its own text, each errno a code. */
#include <errno.h>
#include "base/err.h"
#include "unit.h"

static void texts(void)
{
	CU_ASSERT_STRING_EQUAL(err_text(0), "success");
	CU_ASSERT_STRING_EQUAL(err_text(ERR_REFUSED), "connection refused");
	CU_ASSERT_STRING_EQUAL(err_text(ERR_INTERNAL), "internal error");
	for (int i = 1; i < ERR_N_COUNT; i++)
		CU_ASSERT(err_text(-i) != NULL && err_text(-i)[0] != '\0');
	CU_ASSERT_STRING_EQUAL(err_text(1), "unknown error");
	CU_ASSERT_STRING_EQUAL(err_text(-ERR_N_COUNT), "unknown error");
	CU_ASSERT_STRING_EQUAL(err_text(-2147483647 - 1), "unknown error");
}

static void from_errno(void)
{
	CU_ASSERT(err_of_errno(0) == ERR_OK);
	CU_ASSERT(err_of_errno(ECONNREFUSED) == ERR_REFUSED);
	CU_ASSERT(err_of_errno(EHOSTUNREACH) == ERR_UNREACHABLE);
	CU_ASSERT(err_of_errno(EAGAIN) == ERR_AGAIN);
	CU_ASSERT(err_of_errno(EPIPE) == ERR_RESET);
	CU_ASSERT(err_of_errno(ENOSPC) == ERR_FULL);
	for (int e = 1; e < 4096; e++)
		CU_ASSERT(err_of_errno(e) < 0);
	CU_ASSERT(err_of_errno(EBADF) == ERR_SYSTEM);
}

UNIT_MAIN("err", {"texts", texts}, {"from errno", from_errno})
