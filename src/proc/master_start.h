/* master_start.h - how the master comes to life: from nothing, or out of its own re-execution; and
 * how it goes. */
#ifndef PROC_MASTER_START_H
#define PROC_MASTER_START_H

#include "proc/master.h"

/* Checks and takes all that can fail before the first fork: user, cache and its lock, sockets, log
 * files, shared memory. 0, or an error that stands in the log; then nothing is left behind. conf is
 * taken. */
int master_start_cold(struct master *m, int argc, char **argv, const char *conf_path,
                      struct conf *conf);
/* Takes over what the former program image held. If the new configuration cannot be used after all
 * (a port taken meanwhile), the former one goes on. 0, or an error: then there is no way to go on.
 */
int master_start_again(struct master *m, int argc, char **argv, const char *conf_path);
/* Sockets, their files and the pid file go. All children are gone. */
void master_start_undo(struct master *m);

#endif
