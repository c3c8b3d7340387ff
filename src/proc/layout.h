/* layout.h - all that the processes share, declared in one place and in one order.
 *
 * The master makes it once; over its re-execution it attaches if the new configuration (or binary)
 * wants the same layout and the same cache, which layout_identity() stands for. */
#ifndef PROC_LAYOUT_H
#define PROC_LAYOUT_H

#include <stdint.h>
#include "conf/conf.h"

void layout_declare(const struct conf *conf);
/* After layout_declare: equal = processes of both may work on one memory and one store. */
uint64_t layout_identity(const struct conf *conf);
int layout_create(void);   /* 0 or an error */
int layout_attach(int fd); /* 0 or an error */
void layout_use(int slot); /* this process is `slot`: its row, its counters, its log ring */

#endif
