/* self.h - what this instance is known as: its pseudonym in Via and its own listening addresses, so that
 * loops are found. Filled by the listeners at the start of a worker.                                  */
#ifndef REQUEST_SELF_H
#define REQUEST_SELF_H

#include "net/conn.h"
#include "policy/route.h"

void self_init(struct str pseudonym); /* borrowed for ever (the worker's conf) */
void self_add(const union conn_address *listening);
const struct route_self *self_get(void);
/* A socket's address for policy. */
struct acl_address self_acl_address(const union conn_address *a);

#endif
