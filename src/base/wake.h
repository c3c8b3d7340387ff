/* wake.h - one eventfd for each slot, made by the master before any fork, so that everybody can wake everybody.
 *
 * The fds are inherited by fork and handed on by number over the master's re-execution. A wake carries
 * no data: what happened stands in shared memory. A new owner of a slot drains its fd first.          */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include "base/str.h"

int wake_create(void);               /* SLOT_MAX eventfds, non-blocking. 0 or ERR_SYSTEM */
int wake_fd(int slot);
void wake_send(int slot);            /* never blocks, never fails visibly */
void wake_drain(int slot);           /* reads the count away */
int wake_export(char *out, size_t n);/* "12,13,14..." for the environment; 0 or ERR_LIMIT */
int wake_import(struct str text);    /* 0 or ERR_BAD */

#endif
