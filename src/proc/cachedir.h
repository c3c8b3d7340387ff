/* cachedir.h - the folder of the cache: made, given to the user, and locked for one weir.
 *
 * The lock is one open file, inherited by all children: it is free only when the last process that
 * may touch the store is gone. It is never opened or closed by the store. */
#ifndef PROC_CACHEDIR_H
#define PROC_CACHEDIR_H

#include "proc/privilege.h"

enum cachedir {
	CACHEDIR_LOCKED,  /* ours */
	CACHEDIR_WAITING, /* children of a dead master still hold it: try cachedir_lock again */
	CACHEDIR_OFF,     /* cannot be used; said in the log. Run without */
	CACHEDIR_TAKEN    /* another weir runs on it; said in the log. Do not start */
};

/* Makes the folder if it is missing (0700). *lock_fd is close-on-exec, set for LOCKED and WAITING.
 */
enum cachedir cachedir_open(const char *path, const struct privilege_user *u, int *lock_fd);
/* Tries once; true = it is ours now and carries our pid. */
bool cachedir_lock(int lock_fd);

#endif
