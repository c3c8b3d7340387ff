/* dns_ares.h - questions to DNS servers. The only room of c-ares; dns.c is its only caller.
 *
 * It is a struct of functions so that a test can answer in its place (dns_init_with in dns.h). */
#ifndef NET_DNS_ARES_H
#define NET_DNS_ARES_H

#include "net/dns_answer.h"

struct dns_resolver {
	/* servers and timeout_ms as in dns_init. 0 or an error. */
	int (*init)(const char *servers, int timeout_ms);
	/* Every question under way is answered with ERR_DNS before it returns. */
	void (*fini)(void);
	/* Asks for the addresses of one family (AF_INET, AF_INET6). A name without any dot goes
	 * through the search list of resolv.conf; "db." does not. on_part is called once, maybe
	 * before this returns; part is borrowed for the call. */
	void (*ask)(const char *name, int family,
	            void (*on_part)(const struct dns_part *part, void *arg), void *arg);
};

/* c-ares over the loop's sockets and timers. No file is read after init; no reverse look-ups, no
 * sorting by RFC 6724 (it would make a socket for each address, and undo the rotation that servers
 * do on purpose). */
extern const struct dns_resolver dns_ares;

#endif
