/* dns_hosts.h - the table of /etc/hosts, kept in memory and read again when the file changed.
 *
 * dns.c asks it before the cache and the servers. Reading happens in the loop: it is meant for
 * files of a few thousand lines (block lists belong into an acl). One table per process. */
#ifndef NET_DNS_HOSTS_H
#define NET_DNS_HOSTS_H

#include "net/dns_answer.h"

#define DNS_HOSTS_MAX_BYTES (64u << 20) /* a larger file is refused, with a line in the log */

struct dns_hosts_item {
	unsigned magic;
#define DNS_HOSTS_ITEM_MAGIC 0x686f7374U /* "host" */
	struct dns_part v6,
	    v4; /* status 0 or ERR_NONAME (no address of the family); at is the item's */
};

/* PURE. One line: the address and what follows it, names that dns_hosts_name cuts off. False:
 * nothing to keep (empty, a comment, or no strict address). A zone ("fe80::1%lo") is not kept
 * either. */
bool dns_hosts_line(struct str line, union conn_address *at, struct str *names);
/* PURE. The next name (any octets) off *names; false at the end. */
bool dns_hosts_name(struct str *names, struct str *name);

/* Reads `path` (copied). NULL = no file. A file that cannot be read is an empty table, said in the
 * log. 0 or ERR_NOMEM. */
int dns_hosts_init(const char *path);
void dns_hosts_fini(void);
/* Looks at the file's time, size and inode, at most once a second, and reads it when one changed.
 */
void dns_hosts_refresh(void);
/* The item of a lower-case name without the dot at the end, or NULL. Valid until the next refresh.
 */
const struct dns_hosts_item *dns_hosts_get(struct str name);

#endif
