/* mutant.h - defences that a test build can switch off, one at a time.
 *
 * A test counts only if it also fails when the defence is taken out. Where a rule of framing, of
 * the key or of access stands, mutant(NAME) says that this rule is taken out now:
 *
 *	if (fields_count(f, FIELD_CONTENT_LENGTH) > 1 && !mutant(LENGTH_REPEATED))
 *
 * In every build but one it is the constant false: no code, no cost. In a build configured with
 * --enable-mutants the environment (WEIR_MUTANT=NAME) chooses one of include/tbl/mutants.h, and
 * contrib/check-mutants sees to it that some test turns red for each. */
#ifndef BASE_MUTANT_H
#define BASE_MUTANT_H

#include <stdbool.h>

enum mutant {
	MUTANT_NONE,
#define MUTANT(name, tests, what, rule) MUTANT_##name,
#include "tbl/mutants.h"
#undef MUTANT
	MUTANT_COUNT
};

#ifdef WEIR_MUTANTS
extern enum mutant mutant_chosen; /* before main(); never written afterwards */
#define mutant(name) (mutant_chosen == MUTANT_##name)
#else
#define mutant(name) ((void)MUTANT_##name, false)
#endif

#endif
