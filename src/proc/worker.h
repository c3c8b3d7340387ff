/* worker.h - the process that serves clients: one event loop, a few helper threads. */
#ifndef PROC_WORKER_H
#define PROC_WORKER_H

#include "client/listener.h"
#include "conf/conf.h"

/* From fork to the exit status. sockets are those of conf; lock_fd (-1: none) is closed when the
 * worker leaves the store. */
int worker_run(const struct conf *conf, const struct listener_socket *sockets, unsigned count,
               int lock_fd);

#endif
