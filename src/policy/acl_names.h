/* acl_names.h - sets of host names: a hash table, one probe per label of the name that is asked
 * for.
 *
 * Filled by conf in its arena from options and list files, then read-only. Before the first name is
 * added: all zero but key, a secret, as lists come from strangers. */
#ifndef POLICY_ACL_NAMES_H
#define POLICY_ACL_NAMES_H

#include "base/arena.h"
#include "base/digest.h"

/* Host names: each stands for itself and all names below it. A hash table, one probe per label of
 * the host that is asked for. */
struct acl_name {
	struct str text;
	uint64_t hash;
};
struct acl_names {
	struct acl_name *slots;       /* open addressing, at most half full */
	unsigned count, mask, labels; /* labels: of the longest name */
	struct digest_key key;
};
/* name in any case, with or without a leading "." or "*."; names as http/uri knows them, or an
 * address, which matches only itself. 0 (also when it is there already), ERR_BAD (*why), ERR_NOMEM.
 */
int acl_names_add(struct acl_names *set, struct arena *a, struct str name, const char **why);
/* host in normal form (http/uri). The entry that matches, {NULL, 0} when none. */
struct str acl_names_find(const struct acl_names *set, struct str host);
/* The name in one line of a list file: a bare name, "address name" as in /etc/hosts, or
 * "||name^"; "#" and "!" begin comments. 1: *name is set; 0: nothing on this line; ERR_BAD. */
int acl_names_line(struct str line, struct str *name);

#endif
