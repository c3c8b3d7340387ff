/* dns_answer.h - what two answers (A and AAAA) make together, and which names may be asked. PURE.
 *
 * dns.c uses it: it holds no memory, no clock and no socket, so that all of it is tested alone. */
#ifndef NET_DNS_ANSWER_H
#define NET_DNS_ANSWER_H

#include "net/dns.h"

#define DNS_NAME_MAX 254 /* 253 octets and a dot at the end (RFC 1035 2.3.4) */
#define DNS_TTL_MIN 1    /* seconds */
#define DNS_TTL_MAX 3600
#define DNS_TTL_NEGATIVE 30
#define DNS_TTL_FAILED \
	1 /* a failure is kept too (RFC 9520 3.2), so that a storm asks once a second */

/* One family's answer. Addresses are 16 bytes each; IPv4 lies in the first 4. */
struct dns_part {
	int status; /* 0, ERR_NONAME, ERR_TIMEOUT, ERR_DNS, ERR_LIMIT */
	int ttl;    /* seconds, as received: any value; only with status 0 */
	int count;  /* > 0 exactly when status is 0 */
	struct in6_addr *at;
};

/* The name in lower case without the dot at the end, NUL-terminated, in out. 0 or ERR_BAD: empty,
 * too long, a label empty or over 63, an octet that is not a letter, digit, '-' or '_', or a last
 * label of digits only (no such domain exists; other readers would take the name for a short or
 * octal form of an IPv4 address). *absolute: there was a dot at the end. */
int dns_answer_name(struct str name, char out[DNS_NAME_MAX], bool *absolute);

/* "localhost" and names under it (RFC 6761 6.3); name as dns_answer_name gave it. */
bool dns_answer_is_local(struct str name);

/* Both parts as one answer: IPv6 first, then taking turns, at most DNS_MAX. A part that has not
 * come is NULL; not both. Status 0 when there is any address; otherwise the worse of both, where
 * "does not exist" needs both to say it. */
void dns_answer_merge(const struct dns_part *v6, const struct dns_part *v4, struct dns_answer *out);

/* How long, in seconds, both parts may be kept: the smaller TTL of those that hold addresses,
 * within bounds; at most DNS_TTL_NEGATIVE when the other family failed (not: when it has no
 * address), or has not come. */
int dns_answer_ttl(const struct dns_part *v6, const struct dns_part *v4);

#endif
