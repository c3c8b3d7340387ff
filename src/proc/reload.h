/* reload.h - the check of a new configuration (HUP) or a new binary (USR2) by a process of its own.
 *
 * The child executes the program with -t: a parser's crash, or a list of five million lines, never
 * touches the master. Only the master calls this. */
#ifndef PROC_RELOAD_H
#define PROC_RELOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/order.h"

/* The line by which `weir -t --identity` tells whether memory and store stay the same. */
#define RELOAD_IDENTITY "identity "

enum reload_state { RELOAD_IDLE, RELOAD_CHECKING, RELOAD_GOOD, RELOAD_BAD };

/* Starts the check; only when IDLE. */
void reload_start(const char *program, const char *conf_path, bool upgrade);
int reload_fd(void);            /* what it says: poll for reading; -1 when there is none */
void reload_read(void);         /* fd was readable */
bool reload_is(pid_t pid);      /* is this pid the checking child? */
void reload_reaped(int status); /* it has died */
int64_t reload_deadline(void);  /* clock_ms() at which it is killed, 0 = none */
void reload_overdue(int64_t now);
enum reload_state reload_state(void);
bool reload_is_upgrade(void);
void reload_cancel(void);       /* the master ends: a check under way is killed */
uint64_t reload_identity(void); /* when GOOD */
const char *reload_text(void);  /* its lines, for the log and for weirctl */
void reload_forget(void);       /* back to IDLE */

#endif
