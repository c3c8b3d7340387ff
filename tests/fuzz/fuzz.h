/* fuzz.h - what the fuzz targets share: inputs of exactly their size, so that the sanitizer sees a
 * byte too many, and a check that stops.
 *
 * Build: clang -fsanitize=fuzzer,address,undefined with the target, all of src/http, and str,
 * arena, err and obj of src/base, and zlib; run with -dict=http.dict and the corpus folder of its
 * name. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(e) \
	((e) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #e), abort()))

/* The caller frees. */
static inline char *fuzz_copy(const void *p, size_t n)
{
	char *copy = malloc(n == 0 ? 1 : n);

	FUZZ_CHECK(copy != NULL);
	if (n != 0)
		memcpy(copy, p, n);
	return copy;
}

#endif
