/* source_admin.h - answers of the control socket: status, explain, purge, reload, stop.
 *
 * Called by the step ROUTE for listeners of kind admin. Whoever may open the socket may ask.         */
#ifndef SOURCE_SOURCE_ADMIN_H
#define SOURCE_SOURCE_ADMIN_H

#include "base/arena.h"
#include "conf/conf.h"
#include "http/msg.h"

/* The status of the answer; *type and *body lie in the arena or are static. */
int source_admin_answer(struct arena *a, const struct conf *conf, const struct msg *request,
                        struct str *type, struct str *body);

#endif
