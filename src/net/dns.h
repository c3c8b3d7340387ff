/* dns.h - names to addresses, asynchronously (c-ares), with a cache per process.
 *
 * The hosts file is read at dns_init and again when it changed (looked at once a second at most);
 * servers and search list are resolv.conf's as it stood at dns_init. Names without a dot go through
 * the search list, others are asked as they are. A and AAAA are asked at once; the answer is
 * delivered when both are there, or the first that holds addresses and 50 ms have passed (RFC 8305
 * 3); the late one joins the cache. Kept for their TTL, at least 1 s, at most an hour; "does not
 * exist" for 30 s (the SOA's minimum does not come through ares_getaddrinfo of c-ares 1.18), other
 * failures for 1 s. At most 10,000 names, the oldest goes first. Equal questions share one query.
 * At most 64 addresses, CNAME chains of 8. localhost never leaves the machine.   */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "net/conn.h"

#define DNS_MAX 64

#define DNS_NAMES 10000 /* kept, or under way */
#define DNS_DELAY_MS 50 /* Resolution Delay, RFC 8305 section 8 */

struct dns_query;
struct dns_resolver; /* dns_ares.h */
struct dns_answer {
	/* 0; ERR_NONAME: no such name, no address, or not a host name; ERR_TIMEOUT; ERR_DNS: no
	 * server gave a usable answer; ERR_LIMIT: a chain of CNAMEs over 8, or DNS_NAMES questions
	 * under way */
	int status;
	int count;
	/* Port 0; as the server ordered them (it rotates on purpose), families taking turns, IPv6
	 * first. Mapped IPv4 is given as IPv4. */
	union conn_address at[DNS_MAX];
};

/* servers: NULL = /etc/resolv.conf, else "127.0.0.1:5353, 192.0.2.1". timeout of the first of 3
 * tries in ms, doubled for each further one. hosts_file: NULL = none. After loop_init. 0 or an
 * error. */
int dns_init(const char *servers, int timeout_ms, const char *hosts_file);
/* The same with another resolver than c-ares: for tests. */
int dns_init_with(const struct dns_resolver *resolver, const char *servers, int timeout_ms,
                  const char *hosts_file);
void dns_fini(void); /* questions under way are forgotten without a call; before loop_fini */
/* Looks up `name` (an A-label host name, no trailing dot needed; with one, the search list is not
 * used). An address literal is its own answer. on_answer is called once, maybe before this returns
 * (then NULL is returned), otherwise from the loop; `answer` is borrowed for the call. dns_cancel
 * forgets it. */
struct dns_query *dns_lookup(struct str name,
                             void (*on_answer)(const struct dns_answer *answer, void *arg),
                             void *arg);
void dns_cancel(struct dns_query *q);

#endif
