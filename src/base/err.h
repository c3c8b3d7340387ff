/* err.h - result codes, made from include/tbl/errors.h. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_number {
	ERR_N_OK,
#define ERR(name, text) ERR_N_##name,
#include "tbl/errors.h"
#undef ERR
	ERR_N_COUNT
};
enum err {
	ERR_OK = 0,
#define ERR(name, text) ERR_##name = -ERR_N_##name,
#include "tbl/errors.h"
#undef ERR
};

/* The text of a code (0 or negative); never NULL. */
const char *err_text(int code);
/* The nearest code for an errno value (ECONNREFUSED -> ERR_REFUSED ...; ERR_SYSTEM otherwise). */
int err_of_errno(int e);

#endif
