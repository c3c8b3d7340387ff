/* self.c - what this instance is known as. */
#include "request/self.h"

#define OWN_MAX 64

static struct route_own own[OWN_MAX];
static struct route_self self = {.own = own};

void self_init(struct str pseudonym)
{
	self.pseudonym = pseudonym;
	self.own_count = 0;
}

struct acl_address self_acl_address(const union conn_address *a)
{
	struct acl_address bytes;

	if (a->sa.sa_family == AF_INET)
		return acl_address_of(4, &a->in.sin_addr);
	if (a->sa.sa_family != AF_INET6)
		return acl_address_of(0, NULL);
	bytes = acl_address_of(6, &a->in6.sin6_addr);
	return acl_address_unmap(&bytes);
}

void self_add(const union conn_address *listening)
{
	struct acl_address a = self_acl_address(listening);

	if (a.family == 0 || self.own_count == OWN_MAX)
		return;
	own[self.own_count++] =
	    (struct route_own){.address = a, .port = conn_address_port(listening)};
}

const struct route_self *self_get(void)
{
	return &self;
}
