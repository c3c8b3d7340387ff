/* dns.c - names to addresses: literals, the hosts file, the cache, and questions that are shared.
 *
 * Fills, tunnels and SOCKS ask here. One entry for each name holds both families' parts, who waits
 * for them, and until when they may be used; the table owns the entries, an entry owns its waiting
 * queries. A resolver (dns_ares, or a test's) does the asking. */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/map.h"
#include "net/dns_ares.h"
#include "net/dns_hosts.h"

struct entry;
struct side { /* one family of an entry */
	struct entry *entry;
	int family;
	bool running, came; /* asked, no answer yet; part holds an answer of this round */
	struct dns_part part;
};

struct entry {
	unsigned magic;
#define ENTRY_MAGIC 0x6e616d65U /* "name" */
	struct side v6, v4;
	bool asking;         /* from the question until an answer is given out */
	int64_t expires;     /* clock_ms() until which the answer holds */
	struct list waiters; /* struct dns_query */
	struct list kept;    /* in cache.kept while nothing happens to it */
	struct loop_timer delay;
	struct loop_call deliver;
	char name[DNS_NAME_MAX + 1];
};

struct dns_query {
	unsigned magic;
#define QUERY_MAGIC 0x71727920U
	struct list link;
	void (*on_answer)(const struct dns_answer *answer, void *arg);
	void *arg;
};

static struct {
	const struct dns_resolver *resolver; /* NULL: not open */
	bool closing;
	struct map names;
	struct list kept; /* entries at rest, the one that was answered longest ago first */
} cache;

/* ---- entries ---- */

static void free_entry(struct entry *e)
{
	CHECK_OBJ(e, ENTRY_MAGIC);
	AZ(e->v6.running || e->v4.running);
	while (!list_empty(&e->waiters))
		dns_cancel(LIST_FIRST(&e->waiters, struct dns_query, link));
	list_remove(&e->kept);
	loop_timer_cancel(&e->delay);
	loop_call_cancel(&e->deliver);
	free(e->v6.part.at);
	free(e->v4.part.at);
	FREE_OBJ(e);
}

static void drop_entry(struct entry *e)
{
	AN(map_remove(&cache.names, str_of(e->name)) == e);
	free_entry(e);
}

/* Room for one more name; also lets two go that have expired, so that a quiet cache shrinks. */
static bool make_room(void)
{
	struct entry *e;

	for (int i = 0; i < 2; i++) {
		e = LIST_FIRST(&cache.kept, struct entry, kept);
		if (e != NULL && e->expires <= clock_ms())
			drop_entry(e);
	}
	if (cache.names.count < DNS_NAMES)
		return true;
	e = LIST_FIRST(&cache.kept, struct entry, kept);
	if (e == NULL)
		return false;
	drop_entry(e);
	return true;
}

static void on_delay(struct loop_timer *t);
static void on_deliver(struct loop_call *c);

static struct entry *new_entry(const char *key)
{
	struct entry *e;

	NEW_OBJ(e, ENTRY_MAGIC);
	if (e == NULL)
		return NULL;
	e->v6 = (struct side){.entry = e, .family = AF_INET6};
	e->v4 = (struct side){.entry = e, .family = AF_INET};
	list_init(&e->waiters);
	list_init(&e->kept);
	loop_timer_init(&e->delay, on_delay);
	loop_call_init(&e->deliver, on_deliver);
	memcpy(e->name, key, strlen(key) + 1);
	if (map_put(&cache.names, str_of(e->name), e, NULL) != 0)
		FREE_OBJ(e);
	return e;
}

/* ---- answers ---- */

static const struct dns_part *part_of(const struct side *s)
{
	return s->came ? &s->part : NULL;
}

/* An entry to which nothing happens any more may be evicted. */
static void rest(struct entry *e)
{
	if (!e->asking && !e->v6.running && !e->v4.running && list_empty(&e->waiters) &&
	    list_empty(&e->kept))
		list_append(&cache.kept, &e->kept);
}

/* What has come is the answer. It is given out at the end of the turn: not from within the
 * resolver. */
static void settle(struct entry *e)
{
	int64_t ttl = dns_answer_ttl(part_of(&e->v6), part_of(&e->v4));

	e->asking = false;
	e->expires = clock_ms() + ttl * 1000;
	loop_timer_cancel(&e->delay);
	if (!list_empty(&e->waiters))
		loop_call_soon(&e->deliver);
	rest(e);
}

static void on_delay(struct loop_timer *t)
{
	settle(CONTAINER_OF(t, struct entry, delay));
}

static void on_deliver(struct loop_call *c)
{
	struct entry *e = CONTAINER_OF(c, struct entry, deliver);
	struct dns_answer answer;
	struct list waiters;

	CHECK_OBJ(e, ENTRY_MAGIC);
	if (list_empty(&e->waiters)) { /* all have cancelled */
		rest(e);
		return;
	}
	dns_answer_merge(part_of(&e->v6), part_of(&e->v4), &answer);
	list_append(&e->waiters, &waiters);
	list_remove(&e->waiters);
	rest(e);
	/* The callee may cancel others of the list, and ask for more, which may evict the entry. */
	while (!list_empty(&waiters)) {
		struct dns_query *q = LIST_FIRST(&waiters, struct dns_query, link);
		void (*on_answer)(const struct dns_answer *, void *) = q->on_answer;
		void *arg = q->arg;
		dns_cancel(q);
		on_answer(&answer, arg);
	}
}

static void keep_part(struct side *s, const struct dns_part *part)
{
	struct in6_addr *at = NULL;

	free(s->part.at);
	s->part = (struct dns_part){.status = part->status, .ttl = part->ttl};
	if (part->status != 0)
		return;
	at = malloc((size_t)part->count * sizeof *at);
	if (at == NULL) {
		s->part.status = ERR_DNS;
		return;
	}
	memcpy(at, part->at, (size_t)part->count * sizeof *at);
	s->part.at = at;
	s->part.count = part->count;
}

static void on_part(const struct dns_part *part, void *arg)
{
	struct side *s = arg;
	struct entry *e = s->entry;

	CHECK_OBJ(e, ENTRY_MAGIC);
	AN(s->running);
	s->running = false;
	if (cache.closing)
		return;
	keep_part(s, part);
	s->came = true;
	if (!e->v6.running && !e->v4.running)
		settle(e);
	else if (e->asking && s->part.status == 0)
		loop_timer_set(&e->delay, clock_ms() + DNS_DELAY_MS);
}

/* ---- questions ---- */

static void ask(struct entry *e)
{
	struct side *sides[2] = {&e->v6, &e->v4};
	bool idle[2];

	count_inc(COUNT_dns_queries);
	e->asking = true;
	list_remove(&e->kept);
	loop_call_cancel(&e->deliver); /* an answer that expired before it was given out */
	/* Both are marked before either is asked: an answer may come at once. One that still runs
	 * from the round before (its sister was given out alone, and has expired) is not asked
	 * twice. */
	for (size_t i = 0; i < COUNT_OF(sides); i++) {
		idle[i] = !sides[i]->running;
		sides[i]->running = true;
		sides[i]->came = false;
	}
	for (size_t i = 0; i < COUNT_OF(sides); i++)
		if (idle[i])
			cache.resolver->ask(e->name, sides[i]->family, on_part, sides[i]);
}

static struct dns_query *wait_for(struct entry *e,
                                  void (*on_answer)(const struct dns_answer *, void *), void *arg)
{
	struct dns_query *q;

	NEW_OBJ(q, QUERY_MAGIC);
	if (q == NULL) {
		rest(e);
		return NULL;
	}
	q->on_answer = on_answer;
	q->arg = arg;
	list_append(&e->waiters, &q->link);
	if (!e->asking)
		ask(e);
	return q;
}

/* What the machine itself knows: the hosts file and localhost. */
static bool local_answer(struct str name, struct dns_answer *answer)
{
	static struct in6_addr loopback6 = IN6ADDR_LOOPBACK_INIT;
	static struct in6_addr loopback4 = {{{127, 0, 0, 1}}};
	static const struct dns_part v6 = {.count = 1, .at = &loopback6};
	static const struct dns_part v4 = {.count = 1, .at = &loopback4};
	const struct dns_hosts_item *item;

	dns_hosts_refresh();
	item = dns_hosts_get(name);
	if (item != NULL)
		dns_answer_merge(&item->v6, &item->v4, answer);
	else if (dns_answer_is_local(name))
		dns_answer_merge(&v6, &v4, answer);
	return item != NULL || dns_answer_is_local(name);
}

/* From the cache, or by a question: the query to wait for, or NULL and *answer is set. */
static struct dns_query *find_out(const char *key,
                                  void (*on_answer)(const struct dns_answer *, void *), void *arg,
                                  struct dns_answer *answer)
{
	struct entry *e = map_get(&cache.names, str_of(key));

	if (e != NULL && !e->asking && e->expires > clock_ms()) {
		dns_answer_merge(part_of(&e->v6), part_of(&e->v4), answer);
		return NULL;
	}
	answer->status = ERR_LIMIT;
	if (e == NULL && make_room())
		e = new_entry(key);
	return e == NULL ? NULL : wait_for(e, on_answer, arg);
}

struct dns_query *dns_lookup(struct str name,
                             void (*on_answer)(const struct dns_answer *answer, void *arg),
                             void *arg)
{
	struct dns_answer answer;
	char key[DNS_NAME_MAX + 1];
	struct dns_query *q = NULL;
	bool absolute;

	AN(cache.resolver);
	answer.status = ERR_NONAME;
	answer.count = 0;
	if (conn_address_parse(name, 0, &answer.at[0]) == 0) {
		answer.status = 0;
		answer.count = 1;
	} else if (dns_answer_name(name, key, &absolute) == 0 &&
	           !local_answer(str_of(key), &answer)) {
		/* "db." and "db" are two questions: only the second goes through the search list.
		 */
		if (absolute && strchr(key, '.') == NULL)
			strcat(key, ".");
		q = find_out(key, on_answer, arg, &answer);
	}
	if (q == NULL)
		on_answer(&answer, arg);
	return q;
}

void dns_cancel(struct dns_query *q)
{
	CHECK_OBJ(q, QUERY_MAGIC);
	list_remove(&q->link);
	FREE_OBJ(q);
}

/* ---- life ---- */

int dns_init_with(const struct dns_resolver *resolver, const char *servers, int timeout_ms,
                  const char *hosts_file)
{
	int r;

	AZ(cache.resolver);
	AN(timeout_ms > 0);
	r = resolver->init(servers, timeout_ms);
	if (r != 0)
		return r;
	r = dns_hosts_init(hosts_file);
	if (r != 0) {
		dns_hosts_fini();
		resolver->fini();
		return r;
	}
	map_init(&cache.names);
	list_init(&cache.kept);
	cache.closing = false;
	cache.resolver = resolver;
	return 0;
}

int dns_init(const char *servers, int timeout_ms, const char *hosts_file)
{
	return dns_init_with(&dns_ares, servers, timeout_ms, hosts_file);
}

static void free_each(struct str key, void *value, void *arg)
{
	(void)key;
	(void)arg;
	free_entry(value);
}

void dns_fini(void)
{
	if (cache.resolver == NULL)
		return;
	cache.closing = true;
	cache.resolver->fini();
	map_each(&cache.names, free_each, NULL);
	map_fini(&cache.names);
	dns_hosts_fini();
	cache.resolver = NULL;
}
