/* pool.h - connections to origins: those in use, and the idle ones that wait for the next exchange.
 *
 * One pool for each worker. Idle connections are kept by address (the address was judged for each
 * request, whatever name led to it), at most conf->pool_per_origin to one address and
 * conf->pool_idle in all (the one that waits longest goes first), for timeouts.origin_idle. A byte,
 * an end or an error on an idle connection closes it: nothing that comes unasked reaches anybody.
 */
#ifndef SOURCE_POOL_H
#define SOURCE_POOL_H

#include "base/list.h"
#include "conf/conf.h"
#include "net/conn.h"

#define POOL_CONN_MAGIC 0x9001c044
struct pool_conn {
	unsigned magic;
	struct conn conn;
	bool reused;              /* it has carried an exchange before */
	void *user;               /* of whoever took it: for conn.on_ready */
	struct list link;         /* pool's own: of all idle ones, oldest first */
	struct list same;         /* pool's own: idle ones of its address, newest first */
	struct pool_origin *home; /* while idle */
	struct loop_timer idle;
};

/* Over a connected fd. NULL: no memory or no place in the loop (the fd is closed then). */
struct pool_conn *pool_open(int fd, const union conn_address *peer,
                            void (*on_ready)(struct conn *, unsigned), void *user);
/* An idle connection to one of these addresses that is quiet; it belongs to the caller from now on.
 * NULL: there is none. */
struct pool_conn *pool_get(const union conn_address *at, int count,
                           void (*on_ready)(struct conn *, unsigned), void *user);
/* After a clean end of an exchange: kept, or closed when there is no room or it is not quiet. */
void pool_put(struct pool_conn *c, const struct conf *conf);
/* After anything else. */
void pool_close(struct pool_conn *c);
/* The bare socket, for a tunnel; the pool_conn is gone. -1: it was closed. */
int pool_take_fd(struct pool_conn *c);
unsigned pool_idle_count(void);
/* Closes all idle ones (the worker drains or ends). */
void pool_drain(void);

#endif
