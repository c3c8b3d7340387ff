/* host.h - purge of a host: a number for each host that is part of its keys. For the store's own files.
 *
 * The numbers lie in shared memory by a keyed hash of the host; two hosts that meet in one place are
 * purged together, which costs fetches only. The keeper keeps them in the table `host`.           */
#ifndef STORE_HOST_H
#define STORE_HOST_H

#include "store/store.h"

/* Of the host in a canonical key; 0 while no host was ever purged. Any process that has the store's memory. */
uint32_t host_generation(struct str canonical);
/* From now on every key of that host (normal form, without port) is another one. */
void host_purge(struct str host);

/* Keeper. load: in a transaction, from the index, raising what shared memory has; put: what moved, into the
 * transaction; committed: after it. 0 or an error. */
int host_load(void);
int host_put(void);
void host_committed(void);

#endif
