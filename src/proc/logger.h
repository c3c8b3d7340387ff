/* logger.h - the process that owns the log files: reads the rings of all others, formats, writes.
 */
#ifndef PROC_LOGGER_H
#define PROC_LOGGER_H

#include "conf/conf.h"
#include "proc/privilege.h"

/* The master at start: can the files be opened? They are made and given to the user. 0, or an error
 * that stands in the log. */
int logger_check(const struct conf *conf, const struct privilege_user *u);
/* In the child, with the rights of the master. */
void logger_open(const struct conf *conf, const struct privilege_user *u);
/* In the child, afterwards: until TERM (all rings are emptied first). The exit status. */
int logger_run(const struct conf *conf);

#endif
