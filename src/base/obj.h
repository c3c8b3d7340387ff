/* obj.h - invariants that stay on in production: magic numbers and asserts.
 *
 * Input is never asserted (a peer must not be able to stop a worker); invariants always are. A struct
 * that is handed around as a pointer begins with `unsigned magic` and its header defines X_MAGIC.
 * AN (is not zero), AZ (is zero) and CHECK_OBJ end the process with file, line and expression; the hook
 * obj_on_failure, if set, is called first so that a worker can say what it was doing.               */
#ifndef BASE_OBJ_H
#define BASE_OBJ_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Called once by a failed assert before abort(); set by log_init(). May be NULL. */
extern void (*obj_on_failure)(const char *file, int line, const char *expression);

_Noreturn void obj_failed(const char *file, int line, const char *expression);

#define AN(e) ((e) ? (void)0 : obj_failed(__FILE__, __LINE__, #e))
#define AZ(e) ((e) ? obj_failed(__FILE__, __LINE__, "!(" #e ")") : (void)0)

#define CHECK_OBJ(p, m) AN((p) != NULL && (p)->magic == (m))

/* A zeroed object in place, or NULL-checked on the heap: X = obj_new(X_MAGIC) pattern. */
#define INIT_OBJ(p, m)                                                                             \
	do {                                                                                       \
		memset((p), 0, sizeof *(p));                                                       \
		(p)->magic = (m);                                                                  \
	} while (0)
#define NEW_OBJ(p, m)                                                                              \
	do {                                                                                       \
		(p) = calloc(1, sizeof *(p));                                                      \
		if ((p) != NULL)                                                                   \
			(p)->magic = (m);                                                          \
	} while (0)
/* Clears the magic first, so that a stale pointer is found. */
#define FREE_OBJ(p)                                                                                \
	do {                                                                                       \
		(p)->magic = 0;                                                                    \
		free(p);                                                                           \
		(p) = NULL;                                                                        \
	} while (0)
/* Takes ownership: dst = TAKE(src) leaves src NULL. */
#define TAKE(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) take_ = (p);                                                         \
		(p) = NULL;                                                                        \
		take_;                                                                             \
	})

#define COUNT_OF(a) (sizeof(a) / sizeof *(a))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
