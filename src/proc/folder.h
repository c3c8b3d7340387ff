/* folder.h - makes the folders that the configuration names: of the cache, of log files, of the
 * control socket. The master calls it, with its rights; what it makes belongs to the user. */
#ifndef PROC_FOLDER_H
#define PROC_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>
#include "proc/privilege.h"

/* As mkdir -p: those above with 0755, the last with `mode` and given to the user. What was there
 * stays as it is. false with errno: it is not there. */
bool folder_make(const char *path, mode_t mode, const struct privilege_user *u);
/* The same for the folder in which the file lies. */
bool folder_make_for(const char *file, mode_t mode, const struct privilege_user *u);

#endif
