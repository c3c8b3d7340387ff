/* keeper.h - the process that alone writes the index of the store. */
#ifndef PROC_KEEPER_H
#define PROC_KEEPER_H

#include "conf/conf.h"

/* From fork to the exit status: until TERM or QUIT, or until the last worker is gone after the
 * master died. */
int keeper_run(const struct conf *conf);

#endif
