/* dns_ares.c - questions to DNS servers through c-ares (1.18 and later), on the loop.
 *
 * c-ares tells which of its sockets it wants to hear of; they are watched level-triggered. One
 * timer of the loop stands for all its timeouts. A question owns its memory until c-ares has called
 * back.            */
#include <ares.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/dns_ares.h"

#define DNS_ARES_TRIES 3
#define DNS_ARES_CNAMES 8  /* a longer chain is an error or an attack */
#define DNS_ARES_EDNS 1232 /* fits any path unfragmented (DNS flag day 2020) */

struct server_socket {
	struct loop_watch watch;
	struct list link;
};

struct question {
	unsigned magic;
#define QUESTION_MAGIC 0x71756573U /* "ques" */
	int family;
	void (*on_part)(const struct dns_part *part, void *arg);
	void *arg;
};

static struct {
	ares_channel channel; /* NULL: not open */
	struct list sockets;
	struct loop_timer timer;
} dns;

/* ---- c-ares on the loop ---- */

static void set_timer(void)
{
	struct timeval tv;
	int64_t ms;

	if (ares_timeout(dns.channel, NULL, &tv) == NULL) {
		loop_timer_cancel(&dns.timer);
		return;
	}
	ms = (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1;
	loop_timer_set(&dns.timer, clock_ms() + ms);
}

static void on_timer(struct loop_timer *t)
{
	(void)t;
	ares_process_fd(dns.channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer();
}

static void on_socket(struct loop_watch *w, unsigned events)
{
	int fd = w->fd;

	/* c-ares may close this socket, and with it free w, or open others. */
	ares_process_fd(dns.channel, (events & LOOP_READ) != 0 ? fd : ARES_SOCKET_BAD,
	                (events & LOOP_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	set_timer();
}

static struct server_socket *find_socket(int fd)
{
	LIST_FOREACH (it, &dns.sockets) {
		struct server_socket *s = LIST_OF(it, struct server_socket, link);
		if (s->watch.fd == fd)
			return s;
	}
	return NULL;
}

static void add_socket(int fd, unsigned events)
{
	struct server_socket *s = calloc(1, sizeof *s);
	int r = s == NULL ? ERR_NOMEM : loop_add_level(&s->watch, fd, events, on_socket);

	if (r != 0) {
		/* The question runs into its timeout; there is no way to tell c-ares. */
		log_error("dns: a socket cannot be watched: %s", err_text(r));
		free(s);
		return;
	}
	list_append(&dns.sockets, &s->link);
}

static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
	unsigned events = (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0);
	struct server_socket *s = find_socket(fd);

	(void)data;
	if (s == NULL && events != 0)
		add_socket(fd, events);
	else if (s != NULL && events != 0)
		(void)loop_change(&s->watch, events);
	else if (s != NULL) {
		loop_remove(&s->watch);
		list_remove(&s->link);
		free(s);
	}
}

/* ---- questions ---- */

static int status_of(int ares_status)
{
	switch (ares_status) {
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_ENONAME:
	case ARES_EBADNAME:
		return ERR_NONAME;
	case ARES_ETIMEOUT:
		return ERR_TIMEOUT;
	default:
		return ERR_DNS;
	}
}

/* A TTL with its highest bit set counts as 0 (RFC 2181 section 8). */
static void lower_ttl(struct dns_part *part, int ttl)
{
	part->ttl = MIN(part->ttl, MAX(ttl, 0));
}

static void take_nodes(struct dns_part *part, const struct ares_addrinfo *info, int family)
{
	part->ttl = DNS_TTL_MAX;
	for (const struct ares_addrinfo_node *n = info->nodes; n != NULL; n = n->ai_next) {
		struct in6_addr *at = &part->at[part->count];
		if (n->ai_family != family || part->count == DNS_MAX)
			continue;
		memset(at, 0, sizeof *at);
		if (family == AF_INET)
			memcpy(at, &((struct sockaddr_in *)(void *)n->ai_addr)->sin_addr, 4);
		else
			*at = ((struct sockaddr_in6 *)(void *)n->ai_addr)->sin6_addr;
		lower_ttl(part, n->ai_ttl);
		part->count++;
	}
	part->status = part->count > 0 ? 0 : ERR_NONAME;
}

static void on_addresses(void *arg, int ares_status, int timeouts, struct ares_addrinfo *info)
{
	struct question *q = arg;
	struct in6_addr at[DNS_MAX];
	struct dns_part part = {.at = at};
	int cnames = 0;

	CHECK_OBJ(q, QUESTION_MAGIC);
	(void)timeouts;
	if (ares_status != ARES_SUCCESS)
		part.status = status_of(ares_status);
	else
		take_nodes(&part, info, q->family);
	if (ares_status == ARES_SUCCESS && info != NULL) {
		for (const struct ares_addrinfo_cname *c = info->cnames; c != NULL; c = c->next) {
			lower_ttl(&part, c->ttl);
			cnames++;
		}
	}
	if (cnames > DNS_ARES_CNAMES)
		part = (struct dns_part){.status = ERR_LIMIT};
	if (info != NULL)
		ares_freeaddrinfo(info);
	q->on_part(&part, q->arg);
	FREE_OBJ(q);
}

static void ask(const char *name, int family,
                void (*on_part)(const struct dns_part *part, void *arg), void *arg)
{
	struct ares_addrinfo_hints hints = {.ai_family = family, .ai_flags = ARES_AI_NOSORT};
	struct dns_part failed = {.status = ERR_DNS};
	char absolute[DNS_NAME_MAX + 2];
	struct question *q;
	bool with_dot;

	NEW_OBJ(q, QUESTION_MAGIC);
	if (q == NULL) {
		on_part(&failed, arg);
		return;
	}
	q->family = family;
	q->on_part = on_part;
	q->arg = arg;
	/* Only a dot at the end keeps c-ares from the search list. */
	snprintf(absolute, sizeof absolute, "%s.", name);
	with_dot = strchr(name, '.') != NULL && !str_ends(str_of(name), STR("."));
	ares_getaddrinfo(dns.channel, with_dot ? absolute : name, NULL, &hints, on_addresses, q);
	set_timer();
}

/* ---- life ---- */

static int set_servers(const char *servers)
{
	char *csv = malloc(strlen(servers) + 1), *to = csv;
	int r;

	if (csv == NULL)
		return ERR_NOMEM;
	/* c-ares takes no blanks in the list. */
	for (const char *p = servers; *p != '\0'; p++)
		if (*p != ' ' && *p != '\t')
			*to++ = *p;
	*to = '\0';
	r = *csv == '\0' ? ARES_EFORMERR : ares_set_servers_ports_csv(dns.channel, csv);
	free(csv);
	return r == ARES_SUCCESS ? 0 : ERR_BAD;
}

static int open_channel(int timeout_ms)
{
	/* Lookups "b": servers only. A worker reads no file; dns_hosts has /etc/hosts, and
	 * NOALIASES keeps it from the file that HOSTALIASES names. */
	char lookups[] = "b";
	struct ares_options o = {.flags = ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
	                         .timeout = timeout_ms,
	                         .tries = DNS_ARES_TRIES,
	                         .lookups = lookups,
	                         .ednspsz = DNS_ARES_EDNS,
	                         .sock_state_cb = on_socket_state};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
	           ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;

#ifdef ARES_OPT_UDP_MAX_QUERIES
	/* A fresh source port now and then (RFC 5452). */
	o.udp_max_queries = 100;
	mask |= ARES_OPT_UDP_MAX_QUERIES;
#endif
#ifdef ARES_OPT_QUERY_CACHE
	/* dns.c keeps answers; two caches would add up their times. */
	o.qcache_max_ttl = 0;
	mask |= ARES_OPT_QUERY_CACHE;
#endif
	switch (ares_init_options(&dns.channel, &o, mask)) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENOMEM:
		return ERR_NOMEM;
	default:
		return ERR_DNS;
	}
}

static void stop(void)
{
	if (dns.channel != NULL)
		ares_destroy(dns.channel); /* calls back every question and closes every socket */
	dns.channel = NULL;
	loop_timer_cancel(&dns.timer);
	ares_library_cleanup();
}

static int start(const char *servers, int timeout_ms)
{
	int r;

	AZ(dns.channel);
	list_init(&dns.sockets);
	loop_timer_init(&dns.timer, on_timer);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return ERR_DNS;
	r = open_channel(timeout_ms);
	if (r == 0 && servers != NULL)
		r = set_servers(servers);
	if (r != 0)
		stop();
	return r;
}

const struct dns_resolver dns_ares = {.init = start, .fini = stop, .ask = ask};
