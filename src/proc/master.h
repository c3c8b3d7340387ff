/* master.h - the process that holds the sockets and the shared memory, and keeps the others alive.
 *
 * It never reads a byte from the network and no configuration that has not been checked by another
 * process. One struct holds what it knows; handover.c carries that over its re-execution. */
#ifndef PROC_MASTER_H
#define PROC_MASTER_H

#include <limits.h>
#include "conf/conf.h"
#include "proc/privilege.h"

enum master_phase {
	MASTER_RUN,
	MASTER_LEAVE_STORE, /* a new layout: all leave the store, then re-execution */
	MASTER_DRAIN,       /* workers end, then keeper, then logger */
	MASTER_GONE
};

#define MASTER_MAGIC 0x3a57e41d
struct master {
	unsigned magic;
	enum master_phase phase;
	char **argv;            /* as started, for the re-execution */
	const char *conf_path;  /* NULL: built-in default */
	char program[PATH_MAX]; /* by which it was started: USR2 executes it */
	struct conf *conf;      /* in force */
	struct privilege_user user;
	uint32_t generation; /* of the configuration in force, from 1 */
	uint64_t identity;   /* layout_identity() of conf */
	int snapshot_fd;     /* the text of the configuration in force, -1 = none */
	bool store;          /* the cache's folder can be used */
	bool locked;         /* and is locked for us: the keeper may run */
	int lock_fd;
	int64_t lock_retry; /* clock_ms() */
	char lock_path[PATH_MAX];
	int64_t leave_by; /* clock_ms(): workers that have not left the store then are killed */
	uint32_t reload_number;          /* of the reload under way */
	bool renew_keeper, renew_logger; /* replace them once: new binary, new log files */
	char pid_file[PATH_MAX];         /* written; empty = none */
	int signal_fd;
};

/* Starts and runs until QUIT, TERM or INT. conf is taken. Returns the exit status. */
int master_run(int argc, char **argv, const char *conf_path, struct conf *conf);
/* The same after a re-execution (handover_pending): reads conf_path itself. */
int master_resume(int argc, char **argv, const char *conf_path);

#endif
