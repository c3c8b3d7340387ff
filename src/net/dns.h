/* dns.h - names to addresses, asynchronously (c-ares), with a cache per process.
 *
 * /etc/hosts is read at dns_init and again when it changed; search list and servers are resolv.conf's. A and AAAA
 * are asked at once; the answer is delivered when both are there, or the first and 50 ms have passed
 * (RFC 8305 3). Kept for their TTL, at least 1 s, at most an hour; negative answers for the SOA's
 * minimum or 30 s. Equal questions share one query. At most 64 addresses, CNAME chains of 8.        */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "net/conn.h"

#define DNS_MAX 64

struct dns_query;
struct dns_answer {
	int status;                    /* 0, ERR_NONAME, ERR_TIMEOUT, ERR_DNS, ERR_LIMIT */
	int count;
	union conn_address at[DNS_MAX]; /* port 0; order of RFC 6724 as the resolver gave it, families interleaved, IPv6 first */
};

/* servers: NULL = /etc/resolv.conf, else "127.0.0.1:5353, 192.0.2.1". timeout per try in ms. 0 or an error. */
int dns_init(const char *servers, int timeout_ms, const char *hosts_file);
void dns_fini(void);
/* Looks up `name` (an A-label host name, no trailing dot needed). on_answer is called once, maybe before
 * this returns (then NULL is returned); `answer` is borrowed for the call. dns_cancel forgets it. */
struct dns_query *dns_lookup(struct str name, void (*on_answer)(const struct dns_answer *answer, void *arg), void *arg);
void dns_cancel(struct dns_query *q);

#endif
