/* route.h - which way a request goes: to the origin that it names, to a pool, through a tunnel, or
 * no further (RFC 9110 7.6, 9.3.6, 9.3.8; HOSTILE 1 and 4).
 *
 * Asked after the access rules, for each request; the route to a pool is an index of the
 * configuration, never a string that is parsed again. route_is_self is asked once more for each
 * address before it is dialled. */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include "http/msg.h"
#include "policy/acl.h"

#define ROUTE_VIA_MAX 20 /* a request that came through so many proxies goes round */

enum route_listener { ROUTE_FORWARD, ROUTE_REVERSE };

/* What this instance is known as; held by the caller, unchanged while it serves. */
struct route_own {
	struct acl_address address; /* 0.0.0.0 and :: stand for loopback and unspecified too; other
	                             * addresses of the host are listed one by one */
	uint16_t port;
};
struct route_self {
	struct str pseudonym; /* as written into Via */
	const struct route_own *own;
	unsigned own_count;
};

struct route_input {
	enum route_listener listener;
	const struct msg *request; /* checked by msg_request_check() */
	const struct route_self *self;
	const struct acl_ports *connect_ports; /* sealed; NULL: 443 only */
	int pool;                              /* of a reverse listener, -1: none */
	bool tls;                              /* the listener speaks TLS to its clients */
	const struct acl_names *sites;         /* reverse: the names served here; NULL: any */
	uint16_t port;                         /* reverse: the port that clients name; 0: any */
	bool https_origins;                    /* forward: GET https://... is fetched by TLS */
	bool trace; /* TRACE is forwarded and answered; default no: 405 */
};

enum route_way {
	ROUTE_ORIGIN, /* the host of the URI */
	ROUTE_POOL,   /* verdict.pool */
	ROUTE_TUNNEL, /* CONNECT to host and port of the URI */
	ROUTE_ANSWER, /* this proxy is the final recipient: OPTIONS or TRACE with Max-Forwards: 0 */
	ROUTE_PURGE,  /* PURGE that a rule allowed */
	ROUTE_REFUSE  /* verdict.status */
};
struct route_verdict {
	enum route_way way;
	int pool;   /* ROUTE_POOL */
	int status; /* ROUTE_REFUSE: 400, 403, 405, 421, 501, 502, 508; ROUTE_ANSWER: 200 */
	bool close; /* no further byte of this connection is a request */
	int64_t max_forwards; /* value to send on, -1: the field goes on as it is (9110 7.6.2) */
	const char *why;      /* static */
};

void route_judge(const struct route_input *in, struct route_verdict *out);

/* Is that a listening address of this instance? */
bool route_is_self(const struct route_self *self, const struct acl_address *address, unsigned port);
/* Members of all Via lines; *own (may be NULL): is the pseudonym among them (ASCII case ignored)?
 */
unsigned route_via_count(const struct fields *request, struct str pseudonym, bool *own);

#endif
