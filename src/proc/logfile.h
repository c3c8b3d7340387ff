/* logfile.h - one log file: gathered writes, reopened after rotation, never an error that stops the
 * logger. */
#ifndef PROC_LOGFILE_H
#define PROC_LOGFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "base/str.h"
#include "proc/privilege.h"

#define LOGFILE_BATCH 65536

struct logfile {
	char path[4096]; /* empty: a descriptor that is not ours to reopen (standard output,
	                    standard error) */
	int fd;          /* -1: none, what comes is dropped */
	dev_t device;
	ino_t inode;
	bool regular;   /* else it may block: written only when there is room */
	size_t used;    /* bytes gathered */
	unsigned lines; /* among them */
	uint64_t dropped;
	char batch[LOGFILE_BATCH];
};

/* path empty: nothing is written (fd -1) unless standard >= 0: then there. "-": standard output. 0
 * or ERR_SYSTEM with errno. The file is made 0640 and given to the user. */
int logfile_open(struct logfile *f, struct str path, int standard, const struct privilege_user *u);
/* Room for a line of up to n bytes, at most LOGFILE_BATCH; writes the batch if it must. Then
 * logfile_added. */
char *logfile_room(struct logfile *f, size_t n);
void logfile_added(struct logfile *f, size_t n);
void logfile_flush(struct logfile *f);
/* Opens it anew if it was moved or deleted, or if `always`. 0 or ERR_SYSTEM with errno: the old one
 * stays. */
int logfile_reopen(struct logfile *f, bool always);

#endif
