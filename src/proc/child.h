/* child.h - the processes that the master has forked: who they are, how they start, what is done at
 * their death.
 *
 * The master's own list (it alone forks and waits); what others may know of a process stands in its
 * slot. A foreign child works on the shared memory of an earlier layout: it drains, its slot here
 * only keeps its wake from being handed out. */
#ifndef PROC_CHILD_H
#define PROC_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "conf/conf.h"
#include "proc/privilege.h"

enum child_kind { CHILD_WORKER, CHILD_KEEPER, CHILD_LOGGER, CHILD_KINDS };

/* A child that ends with it wants to be started anew at once (the logger: rights that it has
 * dropped). */
#define CHILD_EXIT_AGAIN 3

struct child {
	pid_t pid; /* 0: the row is free */
	enum child_kind kind;
	int slot;
	uint32_t config; /* generation of the configuration it runs */
	int64_t started; /* clock_ms() */
	int64_t stop_at; /* asked to end: killed at this clock_ms(); 0 = not asked */
	int64_t beat;    /* heartbeat as last seen */
	unsigned missed; /* ticks without a new one */
	bool foreign;
};

struct child_setup { /* what a child needs of its master */
	const struct conf *conf;
	const struct privilege_user *user;
	int lock_fd; /* -1: no store */
};

struct child *child_first(void);
struct child *child_next(struct child *c);
struct child *child_of(enum child_kind kind); /* the one keeper or logger of this layout, or NULL */
/* Workers of this layout. of_config 0: any; asked_to_end: count those too. */
unsigned child_workers(uint32_t of_config, bool asked_to_end);
unsigned child_count(void);
/* "worker 3", "keeper", "logger"; a static text. */
const char *child_name(const struct child *c);

/* Forks one if its kind does not back off now; a worker takes a free slot. True if it was. */
bool child_start(enum child_kind kind, uint32_t config, const struct child_setup *s);
/* When the kind may be started again (clock_ms()), 0 = now. */
int64_t child_retry(enum child_kind kind);
/* Asks by signal (QUIT or TERM), and kills it after so many ms. A second call can only shorten
 * that. */
void child_stop(struct child *c, int sig, int64_t within_ms);
/* Kills those whose time to end is over. Returns when the next one is due, 0 = none. */
int64_t child_overdue(int64_t now);
/* Waits for all that have died. Each is said in the log, its slot becomes DEAD (FREE without a
 * store) and its counters are kept. Pids that are no children are handed to other(pid, status). */
void child_reap(bool store, void (*other)(pid_t pid, int status, void *arg), void *arg);
/* Slots that died while nothing was stored are free again; once a tick, so that a replacement gets
 * another. */
void child_free_slots(void);
/* From the state of the master before its re-execution. */
struct child *child_adopt(const struct child *c);

#endif
