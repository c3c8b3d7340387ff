/* privilege.h - what a process gives up before it works: user, capabilities, system calls, files.
 *
 * Each step may be forbidden to us (a container without the right to setuid): the child then says
 * so once and goes on with what it has. The one exception is written in the manual: a folder that
 * the user cannot reach is not used, weir then runs without a cache. */
#ifndef PROC_PRIVILEGE_H
#define PROC_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>
#include "conf/conf.h"

enum privilege_kind { PRIVILEGE_WORKER, PRIVILEGE_KEEPER, PRIVILEGE_LOGGER };

struct privilege_user {
	bool change; /* started as root: children become this user */
	uid_t uid;
	gid_t gid;
	char name[64];
};

/* The user of the configuration: the one named, else weir if there is one, else nobody. 0, or
 * ERR_NOTFOUND (said in the log). */
int privilege_find(const struct conf *conf, struct privilege_user *out);
/* Hands a file that the master has made to the user; nothing when there is no change. */
void privilege_give(int fd, const struct privilege_user *u);
/* Can the user enter, read and write this folder? What is in the way is said in the log. Forks. */
bool privilege_reaches(const char *folder, const struct privilege_user *u);

/* In a child: only standard input to error and these stay open. fds is sorted. */
void privilege_keep_fds(int *fds, size_t n);
/* In a child, before it works: everything in the order that works. on_orphan is the signal that
 * comes when the master dies. */
void privilege_drop(enum privilege_kind kind, const struct privilege_user *u, pid_t master,
                    int on_orphan);
/* As many file descriptors as the system allows. Master. */
void privilege_raise_files(void);

#endif
