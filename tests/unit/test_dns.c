/* test_dns.c - names, the hosts file, merging of both families, the cache and shared questions.
 *
 * The resolver is played by the test: it keeps the questions and answers when the test says so. */
#include <arpa/inet.h>
#include "unit_net.h"
#include "base/err.h"
#include "base/log.h"
#include "net/dns_ares.h"
#include "net/dns_hosts.h"

/* ---- the resolver of the test ---- */

struct asked {
	char name[300];
	int family;
	void (*on_part)(const struct dns_part *part, void *arg);
	void *arg;
};
static struct asked asked[30000];
static int asked_count;
static int at_once; /* status to answer with before ask returns; 1 = do not */

static int fake_init(const char *servers, int timeout_ms)
{
	(void)servers;
	(void)timeout_ms;
	asked_count = 0;
	at_once = 1;
	return 0;
}

static void fake_fini(void)
{
	struct dns_part part = {.status = ERR_DNS};

	for (int i = 0; i < asked_count; i++)
		if (asked[i].on_part != NULL)
			asked[i].on_part(&part, asked[i].arg);
}

static void fake_ask(const char *name, int family,
                     void (*on_part)(const struct dns_part *part, void *arg), void *arg)
{
	struct asked *a = &asked[asked_count++];
	struct dns_part part = {.status = at_once};

	AN(asked_count <= (int)COUNT_OF(asked));
	AN(snprintf(a->name, sizeof a->name, "%s", name) < (int)sizeof a->name);
	a->family = family;
	a->on_part = at_once == 1 ? on_part : NULL;
	a->arg = arg;
	if (at_once != 1)
		on_part(&part, arg);
}

static const struct dns_resolver fake = {fake_init, fake_fini, fake_ask};

/* Answers question i: status, TTL, and a text of addresses of its family, parted by blanks. */
static void answer(int i, int status, int ttl, const char *addresses)
{
	struct in6_addr at[100];
	struct dns_part part = {.status = status, .ttl = ttl, .at = at};
	struct str rest = str_of(addresses), one;
	union conn_address a;

	AN(i < asked_count && asked[i].on_part != NULL);
	memset(at, 0, sizeof at);
	while (dns_hosts_name(&rest, &one)) {
		AZ(conn_address_parse(one, 0, &a));
		if (a.sa.sa_family == AF_INET)
			memcpy(&at[part.count], &a.in.sin_addr, 4);
		else
			at[part.count] = a.in6.sin6_addr;
		part.count++;
	}
	void (*on_part)(const struct dns_part *, void *) = asked[i].on_part;
	asked[i].on_part = NULL;
	on_part(&part, asked[i].arg);
}

/* The index of the last question for name and family. */
static int question(const char *name, int family)
{
	for (int i = asked_count - 1; i >= 0; i--)
		if (strcmp(asked[i].name, name) == 0 && asked[i].family == family)
			return i;
	AN(!"asked");
	return -1;
}

/* ---- what a client sees ---- */

struct client {
	int calls, status;
	char text[5000]; /* "addr addr" */
	struct dns_query *cancel;
	const char *then; /* asked in the call */
	struct client *then_client;
};

static void on_answer(const struct dns_answer *a, void *arg)
{
	struct client *c = arg;
	char out[CONN_ADDRESS_TEXT];

	c->calls++;
	c->status = a->status;
	c->text[0] = '\0';
	CU_ASSERT((a->status == 0) == (a->count > 0));
	for (int i = 0; i < a->count; i++) {
		if (i > 0)
			strcat(c->text, " ");
		strcat(c->text, conn_address_ip_text(&a->at[i], out).p);
		UNIT_INT_EQ(conn_address_port(&a->at[i]), 0);
	}
	if (c->cancel != NULL)
		dns_cancel(TAKE(c->cancel));
	if (c->then != NULL)
		dns_lookup(str_of(c->then), on_answer, c->then_client);
}

static char hosts_path[64];

static void write_hosts(const char *text)
{
	FILE *f = fopen(hosts_path, "w");

	AN(f != NULL);
	AN(fputs(text, f) >= 0);
	AZ(fclose(f));
}

static void start(const char *hosts)
{
	unit_loop_init();
	log_set_level(LOG_LEVEL_ERROR); /* a missing hosts file is a warning, and wanted here */
	snprintf(hosts_path, sizeof hosts_path, "/tmp/test_dns.%d", (int)getpid());
	write_hosts(hosts);
	AZ(dns_init_with(&fake, NULL, 1000, hosts_path));
}

static void stop(void)
{
	dns_fini();
	loop_fini();
	unlink(hosts_path);
}

/* An answer that comes before dns_lookup returns. */
static void at_once_is(const char *name, int status, const char *text)
{
	struct client c = {.calls = 0};
	int before = asked_count;

	CU_ASSERT(dns_lookup(unit_guard_str(name), on_answer, &c) == NULL);
	UNIT_INT_EQ(c.calls, 1);
	UNIT_INT_EQ(c.status, status);
	UNIT_STR_EQ(str_of(c.text), text);
	UNIT_INT_EQ(asked_count, before);
}

/* ---- names ---- */

static void names(void)
{
	char long_label[80], long_name[300], out[DNS_NAME_MAX];
	bool absolute;
	static const char *const bad[] = {"",      ".",      "..",        "a..b",       ".a",
	                                  "a b",   "a/b",    "a\xc3\xa4", "a%2e",       "a:1",
	                                  "1.2.3", "0x7f.1", "1.2.3.4.5", "0177.0.0.1", "a.1",
	                                  "1",     "a@b",    "a\\b",      "*.a",        "a.."};

	UNIT_INT_EQ(dns_answer_name(unit_guard_str("WWW.Example.COM"), out, &absolute), 0);
	UNIT_STR_EQ(str_of(out), "www.example.com");
	CU_ASSERT(!absolute);
	UNIT_INT_EQ(dns_answer_name(unit_guard_str("a_b-1.x2."), out, &absolute), 0);
	UNIT_STR_EQ(str_of(out), "a_b-1.x2");
	CU_ASSERT(absolute);
	UNIT_INT_EQ(dns_answer_name(unit_guard_str("1.in-addr.arpa"), out, &absolute), 0);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		UNIT_INT_EQ(dns_answer_name(unit_guard_str(bad[i]), out, &absolute), ERR_BAD);
	UNIT_INT_EQ(dns_answer_name((struct str){"a\0b", 3}, out, &absolute), ERR_BAD);
	memset(long_label, 'a', sizeof long_label);
	UNIT_INT_EQ(dns_answer_name((struct str){long_label, 63}, out, &absolute), 0);
	UNIT_INT_EQ(dns_answer_name((struct str){long_label, 64}, out, &absolute), ERR_BAD);
	for (size_t i = 0; i < sizeof long_name; i++)
		long_name[i] = i % 2 == 0 ? 'a' : '.';
	UNIT_INT_EQ(dns_answer_name((struct str){long_name, 253}, out, &absolute), 0);
	UNIT_INT_EQ(strlen(out), 253);
	UNIT_INT_EQ(dns_answer_name((struct str){long_name, 254}, out, &absolute), 0);
	UNIT_INT_EQ(dns_answer_name((struct str){long_name, 255}, out, &absolute), ERR_BAD);
	UNIT_INT_EQ(dns_answer_name((struct str){long_name, 256}, out, &absolute), ERR_BAD);
	CU_ASSERT(dns_answer_is_local(STR("localhost")) && dns_answer_is_local(STR("a.localhost")));
	CU_ASSERT(!dns_answer_is_local(STR("notlocalhost")) &&
	          !dns_answer_is_local(STR("localhost.a")));
}

static void without_questions(void)
{
	start("");
	at_once_is("192.0.2.7", 0, "192.0.2.7");
	at_once_is("[2001:db8::7]", 0, "2001:db8::7");
	at_once_is("::ffff:127.0.0.1", 0, "127.0.0.1");
	at_once_is("localhost", 0, "::1 127.0.0.1");
	at_once_is("a.LOCALHOST.", 0, "::1 127.0.0.1");
	at_once_is("127.1", ERR_NONAME, "");
	at_once_is("2130706433", ERR_NONAME, "");
	at_once_is("a b", ERR_NONAME, "");
	at_once_is("", ERR_NONAME, "");
	stop();
}

/* ---- hosts ---- */

static void hosts_lines(void)
{
	struct str names, name;
	union conn_address at;
	char out[CONN_ADDRESS_TEXT];
	static const char *const bad[] = {"",
	                                  " ",
	                                  "#",
	                                  "# 1.2.3.4 a",
	                                  "a 1.2.3.4",
	                                  "1.2.3 a",
	                                  "01.2.3.4 a",
	                                  "fe80::1%lo0 a",
	                                  "1.2.3.4.5 a",
	                                  "1.2.3.4a b"};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(!dns_hosts_line(unit_guard_str(bad[i]), &at, &names));
	CU_ASSERT(dns_hosts_line(unit_guard_str("\t1.2.3.4\ta  B.c\r"), &at, &names));
	UNIT_STR_EQ(conn_address_ip_text(&at, out), "1.2.3.4");
	CU_ASSERT(dns_hosts_name(&names, &name));
	UNIT_STR_EQ(name, "a");
	CU_ASSERT(dns_hosts_name(&names, &name));
	UNIT_STR_EQ(name, "B.c");
	CU_ASSERT(!dns_hosts_name(&names, &name));
	CU_ASSERT(!dns_hosts_name(&names, &name));
	CU_ASSERT(dns_hosts_line(unit_guard_str("::1#x y"), &at, &names));
	CU_ASSERT(!dns_hosts_name(&names, &name));
	CU_ASSERT(dns_hosts_line(unit_guard_str("::1 x#y"), &at, &names));
	CU_ASSERT(dns_hosts_name(&names, &name));
	UNIT_STR_EQ(name, "x");
	CU_ASSERT(!dns_hosts_name(&names, &name));
}

static void hosts_table(void)
{
	start("127.0.0.1 localhost here\n::1 here\n192.0.2.1 Web web.example. # no\n192.0.2.2 web\n"
	      "2001:db8::1 web\nbad line\n192.0.2.9 bad..name 192.0.2.9\n192.0.2.3 last");
	at_once_is("localhost", 0, "127.0.0.1");
	at_once_is("HERE", 0, "::1 127.0.0.1");
	at_once_is("web", 0, "2001:db8::1 192.0.2.1 192.0.2.2");
	at_once_is("web.", 0, "2001:db8::1 192.0.2.1 192.0.2.2");
	at_once_is("web.example", 0, "192.0.2.1");
	at_once_is("last", 0, "192.0.2.3");
	stop();
}

static void hosts_change(void)
{
	struct client c = {.calls = 0};

	start("192.0.2.1 web\n");
	at_once_is("web", 0, "192.0.2.1");
	write_hosts("192.0.2.22 web other\n");
	at_once_is("web", 0, "192.0.2.1"); /* not looked at within the second */
	unit_turn(1001);
	at_once_is("web", 0, "192.0.2.22");
	at_once_is("other", 0, "192.0.2.22");
	unlink(hosts_path);
	unit_turn(1001);
	struct dns_query *q = dns_lookup(STR("other"), on_answer, &c);
	CU_ASSERT(q != NULL);
	write_hosts("192.0.2.5 other\n");
	unit_turn(1001);
	at_once_is("other", 0, "192.0.2.5");
	stop(); /* q is forgotten */
	UNIT_INT_EQ(c.calls, 0);
}

static void hosts_many(void)
{
	char text[20000] = "";

	for (int i = 0; i < 80; i++)
		snprintf(text + strlen(text), 200, "10.0.0.%d many\n2001:db8::%x many\n", i + 1,
		         i + 1);
	start(text);
	const struct dns_hosts_item *item = dns_hosts_get(STR("many"));
	CU_ASSERT(item != NULL && item->v4.count == DNS_MAX && item->v6.count == DNS_MAX);
	stop();
	unit_loop_init(); /* no hosts file at all, a folder, a file that does not exist */
	AZ(dns_init_with(&fake, NULL, 1000, NULL));
	at_once_is("localhost", 0, "::1 127.0.0.1");
	dns_fini();
	AZ(dns_init_with(&fake, NULL, 1000, "/nonexistent/hosts"));
	at_once_is("localhost", 0, "::1 127.0.0.1");
	dns_fini();
	loop_fini();
}

/* ---- merging ---- */

static struct dns_part part_of(int status, int ttl, int count)
{
	static struct in6_addr at[100];

	for (int i = 0; i < 100; i++)
		at[i].s6_addr[3] = (uint8_t)(i + 1);
	return (struct dns_part){.status = status, .ttl = ttl, .count = count, .at = at};
}

static void merging(void)
{
	struct dns_answer a;
	struct dns_part v6, v4;

	v6 = part_of(0, 60, 3);
	v4 = part_of(0, 60, 1);
	dns_answer_merge(&v6, &v4, &a);
	UNIT_INT_EQ(a.count, 4);
	static const sa_family_t want[] = {AF_INET6, AF_INET, AF_INET6, AF_INET6};
	for (int i = 0; i < 4; i++)
		UNIT_INT_EQ(a.at[i].sa.sa_family, want[i]);
	v6 = part_of(0, 60, 64); /* too many: both families keep their half */
	v4 = part_of(0, 60, 64);
	dns_answer_merge(&v6, &v4, &a);
	UNIT_INT_EQ(a.count, DNS_MAX);
	UNIT_INT_EQ(a.at[62].sa.sa_family, AF_INET6);
	UNIT_INT_EQ(a.at[63].sa.sa_family, AF_INET);
	UNIT_INT_EQ(ntohl(a.at[63].in.sin_addr.s_addr), 32);
	static const int status[][3] = {{ERR_NONAME, ERR_NONAME, ERR_NONAME},
	                                {ERR_NONAME, ERR_DNS, ERR_DNS},
	                                {ERR_DNS, ERR_TIMEOUT, ERR_TIMEOUT},
	                                {ERR_TIMEOUT, ERR_LIMIT, ERR_LIMIT},
	                                {ERR_NONAME, ERR_LIMIT, ERR_LIMIT}};
	for (size_t i = 0; i < COUNT_OF(status); i++) {
		v6 = part_of(status[i][0], 0, 0);
		v4 = part_of(status[i][1], 0, 0);
		dns_answer_merge(&v6, &v4, &a);
		UNIT_INT_EQ(a.status, status[i][2]);
		dns_answer_merge(&v4, &v6, &a);
		UNIT_INT_EQ(a.status, status[i][2]);
		UNIT_INT_EQ(a.count, 0);
	}
	dns_answer_merge(NULL, &v4, &a);
	UNIT_INT_EQ(a.status, ERR_LIMIT);
	v6 = part_of(ERR_DNS, 0, 0);
	v4 = part_of(0, 1, 1);
	dns_answer_merge(&v6, &v4, &a);
	UNIT_INT_EQ(a.status, 0);
}

static void times_to_live(void)
{
	static const struct {
		int s6, t6, s4, t4, want;
	} t[] = {
	    {0, 60, 0, 30, 30},
	    {0, 0, 0, 30, 1},
	    {0, -5, ERR_NONAME, 0, 1},
	    {0, 90000, 0, 90000, 3600},
	    {0, 300, ERR_NONAME, 0, 300},
	    {0, 300, ERR_TIMEOUT, 0, 30},
	    {ERR_DNS, 0, 0, 20, 20},
	    {ERR_NONAME, 0, ERR_NONAME, 0, 30},
	    {ERR_NONAME, 0, ERR_DNS, 0, 1},
	    {ERR_TIMEOUT, 0, ERR_TIMEOUT, 0, 1},
	};

	for (size_t i = 0; i < COUNT_OF(t); i++) {
		struct dns_part v6 = part_of(t[i].s6, t[i].t6, t[i].s6 == 0);
		struct dns_part v4 = part_of(t[i].s4, t[i].t4, t[i].s4 == 0);
		UNIT_INT_EQ(dns_answer_ttl(&v6, &v4), t[i].want);
		UNIT_INT_EQ(dns_answer_ttl(&v4, &v6), t[i].want);
	}
	struct dns_part v4 = part_of(0, 300, 1);
	UNIT_INT_EQ(dns_answer_ttl(NULL, &v4), 30);
}

/* ---- the cache ---- */

static void shared_question(void)
{
	struct client a = {.calls = 0}, b = {.calls = 0}, c = {.calls = 0};
	struct dns_query *qc;

	start("");
	CU_ASSERT(dns_lookup(STR("www.example"), on_answer, &a) != NULL);
	UNIT_INT_EQ(asked_count, 2);
	UNIT_STR_EQ(str_of(asked[0].name), "www.example");
	CU_ASSERT(dns_lookup(STR("WWW.example."), on_answer, &b) != NULL);
	qc = dns_lookup(STR("www.example"), on_answer, &c);
	dns_cancel(qc);
	UNIT_INT_EQ(asked_count, 2);
	answer(question("www.example", AF_INET), 0, 60, "192.0.2.1 192.0.2.2");
	unit_turn(16);
	UNIT_INT_EQ(a.calls, 0);
	answer(question("www.example", AF_INET6), 0, 60, "2001:db8::1");
	UNIT_INT_EQ(a.calls, 0); /* not from within the resolver */
	unit_turn(0);
	UNIT_INT_EQ(a.calls, 1);
	UNIT_INT_EQ(b.calls, 1);
	UNIT_INT_EQ(c.calls, 0);
	UNIT_STR_EQ(str_of(a.text), "2001:db8::1 192.0.2.1 192.0.2.2");
	UNIT_STR_EQ(str_of(b.text), a.text);
	at_once_is("www.example", 0, a.text);
	unit_turn(59900);
	at_once_is("www.example", 0, a.text);
	unit_turn(200);
	CU_ASSERT(dns_lookup(STR("www.example"), on_answer, &a) != NULL);
	UNIT_INT_EQ(asked_count, 4);
	stop();
	UNIT_INT_EQ(a.calls, 1);
}

static void resolution_delay(void)
{
	struct client a = {.calls = 0}, b = {.calls = 0};
	int v6;

	start("");
	dns_lookup(STR("a.example"), on_answer, &a);
	v6 = question("a.example", AF_INET6);
	answer(question("a.example", AF_INET), 0, 300, "192.0.2.1");
	unit_turn(40);
	UNIT_INT_EQ(a.calls, 0);
	unit_turn(27); /* 50 ms and the 16 of the wheel */
	UNIT_INT_EQ(a.calls, 1);
	UNIT_STR_EQ(str_of(a.text), "192.0.2.1");
	at_once_is("a.example", 0, "192.0.2.1");
	answer(v6, 0, 300, "2001:db8::1"); /* the late one joins */
	at_once_is("a.example", 0, "2001:db8::1 192.0.2.1");
	unit_turn(100);
	UNIT_INT_EQ(a.calls, 1);
	unit_turn(290000);
	at_once_is("a.example", 0, "2001:db8::1 192.0.2.1"); /* its TTL counts now */
	/* A first part without addresses is no answer: the other one is waited for. */
	dns_lookup(STR("b.example"), on_answer, &b);
	answer(question("b.example", AF_INET6), ERR_NONAME, 0, "");
	unit_turn(3000);
	UNIT_INT_EQ(b.calls, 0);
	answer(question("b.example", AF_INET), 0, 300, "192.0.2.2");
	unit_turn(0);
	UNIT_INT_EQ(b.calls, 1);
	UNIT_STR_EQ(str_of(b.text), "192.0.2.2");
	stop();
}

/* One family never answers; the other one's answer expires and is asked again, alone. */
static void one_family_hangs(void)
{
	struct client a = {.calls = 0}, b = {.calls = 0};
	int v6;

	start("");
	dns_lookup(STR("a.example"), on_answer, &a);
	v6 = question("a.example", AF_INET6);
	answer(question("a.example", AF_INET), 0, 1, "192.0.2.1");
	unit_turn(67);
	UNIT_INT_EQ(a.calls, 1);
	unit_turn(1100);
	dns_lookup(STR("a.example"), on_answer, &b);
	UNIT_INT_EQ(asked_count, 3);
	UNIT_INT_EQ(asked[2].family, AF_INET);
	answer(2, 0, 100, "192.0.2.9");
	answer(v6, ERR_TIMEOUT, 0, "");
	unit_turn(0);
	UNIT_INT_EQ(b.calls, 1);
	UNIT_STR_EQ(str_of(b.text), "192.0.2.9");
	unit_turn(29000);
	at_once_is("a.example", 0, "192.0.2.9");
	unit_turn(1100); /* a failed family is asked again after 30 s */
	CU_ASSERT(dns_lookup(STR("a.example"), on_answer, &b) != NULL);
	stop();
}

static void negative(void)
{
	struct client a = {.calls = 0};

	start("");
	dns_lookup(STR("no.example"), on_answer, &a);
	answer(0, ERR_NONAME, 0, "");
	answer(1, ERR_NONAME, 0, "");
	unit_turn(0);
	UNIT_INT_EQ(a.status, ERR_NONAME);
	unit_turn(29900);
	at_once_is("no.example", ERR_NONAME, "");
	unit_turn(200);
	CU_ASSERT(dns_lookup(STR("no.example"), on_answer, &a) != NULL);
	answer(2, ERR_TIMEOUT, 0, "");
	answer(3, ERR_TIMEOUT, 0, "");
	unit_turn(0);
	UNIT_INT_EQ(a.status, ERR_TIMEOUT);
	UNIT_INT_EQ(a.calls, 2);
	at_once_is("no.example", ERR_TIMEOUT, "");
	unit_turn(1001);
	at_once =
	    ERR_DNS; /* a resolver that fails before it returns: still not from within dns_lookup */
	CU_ASSERT(dns_lookup(STR("no.example"), on_answer, &a) != NULL);
	UNIT_INT_EQ(a.calls, 2);
	unit_turn(0);
	UNIT_INT_EQ(a.calls, 3);
	UNIT_INT_EQ(a.status, ERR_DNS);
	stop();
}

/* A callee cancels another that waits for the same answer, and asks for something else. */
static void callees_change_things(void)
{
	struct client a = {.calls = 0}, b = {.calls = 0}, c = {.calls = 0}, d = {.calls = 0};

	start("");
	dns_lookup(STR("x.example"), on_answer, &a);
	a.cancel = dns_lookup(STR("x.example"), on_answer, &b);
	dns_lookup(STR("x.example"), on_answer, &c);
	a.then = "x.example";
	a.then_client = &d;
	answer(0, 0, 5, "2001:db8::1");
	answer(1, ERR_NONAME, 0, "");
	unit_turn(0);
	UNIT_INT_EQ(a.calls, 1);
	UNIT_INT_EQ(b.calls, 0);
	UNIT_INT_EQ(c.calls, 1);
	UNIT_INT_EQ(d.calls, 1);
	UNIT_STR_EQ(str_of(d.text), "2001:db8::1");
	/* All have left: the answer is kept all the same. */
	dns_cancel(dns_lookup(STR("y.example"), on_answer, &a));
	answer(2, ERR_NONAME, 0, "");
	answer(3, 0, 50, "192.0.2.1");
	unit_turn(0);
	UNIT_INT_EQ(a.calls, 1);
	at_once_is("y.example", 0, "192.0.2.1");
	stop();
}

static void search_list(void)
{
	struct client a = {.calls = 0};

	start("");
	dns_lookup(STR("db"), on_answer, &a);
	dns_lookup(STR("db."), on_answer, &a); /* another question: without the search list */
	UNIT_INT_EQ(asked_count, 4);
	UNIT_STR_EQ(str_of(asked[0].name), "db");
	UNIT_STR_EQ(str_of(asked[2].name), "db.");
	stop();
}

static void bounded(void)
{
	struct client a = {.calls = 0}, last = {.calls = 0};
	char name[64];

	start("");
	for (int i = 0; i < DNS_NAMES; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		dns_lookup(str_of(name), on_answer, &a);
	}
	at_once_is("more.example", ERR_LIMIT, ""); /* all are under way */
	for (int i = 0; i < DNS_NAMES; i++) {
		answer(2 * i, 0, 1000, "2001:db8::1");
		answer(2 * i + 1, 0, 1000, "192.0.2.1");
	}
	unit_turn(0);
	UNIT_INT_EQ(a.calls, DNS_NAMES);
	at_once_is("n0.example", 0, "2001:db8::1 192.0.2.1");
	CU_ASSERT(dns_lookup(STR("more.example"), on_answer, &last) != NULL);
	at_once_is("n1.example", 0, "2001:db8::1 192.0.2.1");
	CU_ASSERT(dns_lookup(STR("n0.example"), on_answer, &last) !=
	          NULL); /* the oldest had to go */
	stop();
}

UNIT_MAIN("dns", {"names", names}, {"without questions", without_questions},
          {"hosts lines", hosts_lines}, {"hosts table", hosts_table},
          {"hosts change", hosts_change}, {"hosts many", hosts_many}, {"merging", merging},
          {"times to live", times_to_live}, {"shared question", shared_question},
          {"resolution delay", resolution_delay}, {"one family hangs", one_family_hangs},
          {"negative", negative}, {"callees change things", callees_change_things},
          {"search list", search_list}, {"bounded", bounded})
