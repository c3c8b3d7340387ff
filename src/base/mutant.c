/* mutant.c - which mutant the environment chose. Empty but in a build of mutants. */
#include "base/mutant.h"

#ifdef WEIR_MUTANTS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mutant mutant_chosen;

/* Before main(), so that nobody sees the change. A name that does not exist would let every test
 * pass for the wrong reason: it ends the process. */
__attribute__((constructor)) static void choose(void)
{
	static const char *const names[MUTANT_COUNT] = {
	    "",
#define MUTANT(name, tests, what, rule) #name,
#include "tbl/mutants.h"
#undef MUTANT
	};
	const char *wanted = getenv("WEIR_MUTANT");

	if (wanted == NULL)
		return;
	for (int i = 0; i < MUTANT_COUNT; i++)
		if (strcmp(names[i], wanted) == 0) {
			mutant_chosen = (enum mutant)i;
			return;
		}
	fprintf(stderr, "WEIR_MUTANT: there is no mutant %s\n", wanted);
	abort();
}
#endif
