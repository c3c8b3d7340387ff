/* signals.h - signals as events: blocked, and read from a file descriptor in the process's own
 * loop.
 *
 * What each means: HUP reload (master) or "the master is dead" (children); QUIT drain; TERM and INT
 * end now; USR1 reopen log files; USR2 new binary (master) or "leave the store" (worker); CHLD a
 * child died. */
#ifndef PROC_SIGNALS_H
#define PROC_SIGNALS_H

#define SIGNALS_ORPHAN SIGHUP /* comes to a child when its master dies */
#define SIGNALS_LEAVE SIGUSR2 /* master to worker: leave the store, its layout changes */

/* Blocks them and makes the descriptor (close-on-exec, non-blocking); -1 on failure. SIGPIPE is
 * ignored. */
int signals_open(void);
/* The next one that came, 0 when there is no more. */
int signals_next(int fd);
/* In a fresh child: what the master set is undone. INT is ignored: it is the terminal's, and the
 * master's. */
void signals_reset(void);

#endif
