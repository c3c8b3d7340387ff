/* handover.h - what the master takes along when it executes itself anew.
 *
 * Sockets, shared memory, wakes and the lock go on by number; which is which, and the list of
 * children, stands as text in a memfd whose number is in the environment (WEIR_STATE). */
#ifndef PROC_HANDOVER_H
#define PROC_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

struct master;

struct handover { /* beside what goes straight into struct master, the sockets, the wakes and the
	             children */
	int shared_fd;
	uint64_t identity;
	bool left_store; /* the workers have left it: none of them may stay */
	bool upgrade;    /* another binary: keeper and logger are replaced too */
};

bool handover_pending(void);
/* Executes `program` in place of this process. Returns only when that failed (ERR_SYSTEM, said in
 * the log); then all is as before. */
int handover_exec(const struct master *m, const char *program, bool left_store, bool upgrade);
/* 0; ERR_BAD when the state does not read, which cannot be mended. */
int handover_read(struct master *m, struct handover *h);

#endif
