/* acl_networks.h - sets of networks: sorted, merged ranges and a binary search.
 *
 * Filled and sealed by conf in its arena, then read-only. An all-zero struct is an empty set. */
#ifndef POLICY_ACL_NETWORKS_H
#define POLICY_ACL_NETWORKS_H

#include "base/arena.h"
#include "policy/acl_address.h"

struct acl_network4 {
	uint32_t from, to; /* host order, both inclusive */
};
struct acl_network6 {
	uint8_t from[16], to[16];
};
struct acl_networks { /* after acl_seal: sorted, disjoint ranges */
	struct acl_network4 *v4;
	struct acl_network6 *v6;
	unsigned n4, n6, room4, room6;
	unsigned metadata_named; /* bit 0: 169.254.169.254, bit 1: fd00:ec2::254 was given as
	                          * itself, not only by a range */
};
/* Adds "address", "address/prefix" or "address-address". Host bits below the prefix are an error (a
 * typing mistake is told, not guessed). 0, ERR_BAD (*why), ERR_NOMEM. */
int acl_networks_add(struct acl_networks *set, struct arena *a, struct str text, const char **why);
void acl_networks_seal(struct acl_networks *set);
bool acl_networks_has(const struct acl_networks *set, const struct acl_address *a);

#endif
