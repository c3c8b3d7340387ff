/* test_conf_list.c - addresses, ports, networks, names and servers, element by element. */
#include "unit_conf.h"

#define CACHE "[cache]\npath = /c\n"
#define LISTEN "[listen l]\naddress = 127.0.0.1:1\n"
#define HEAD CACHE LISTEN /* ends in line 4, inside [listen l] */

static void is_address(const union conn_address *a, const char *want)
{
	char text[CONN_ADDRESS_TEXT];

	UNIT_STR_EQ(conn_address_text(a, text), want);
}

static void addresses(void)
{
	struct conf *c =
	    UNIT_CONF_GOOD(CACHE "[listen l]\n"
	                         "address = 127.0.0.1:3128,[::1]:3128 , 127.0.0.2:65535\n"
	                         "address = 127.0.0.1:1\n",
	                   "");
	const struct conf_listener *l = &c->listeners[0];

	UNIT_INT_EQ(l->address_count, 4);
	is_address(&l->addresses[0], "127.0.0.1:3128");
	is_address(&l->addresses[1], "[::1]:3128");
	is_address(&l->addresses[2], "127.0.0.2:65535");
	is_address(&l->addresses[3], "127.0.0.1:1");
	UNIT_INT_EQ(l->address_lines[2], 4);
	UNIT_INT_EQ(l->address_lines[3], 5);
	conf_free(c);
}

/* Port 0 is "any that is free": several of them do not clash. */
static void any_port(void)
{
	struct conf *c =
	    UNIT_CONF_GOOD(CACHE "[listen l]\naddress = 127.0.0.1:0, 127.0.0.1:0\n", "");

	UNIT_INT_EQ(c->listeners[0].address_count, 2);
	is_address(&c->listeners[0].addresses[1], "127.0.0.1:0");
	conf_free(c);
}

static void bad_addresses(void)
{
#define PORT "the port behind the last : is not 1 to 65535\n"
#define FORM "not a numeric address, as in 127.0.0.1:3128 or [::1]:3128\n"
	UNIT_CONF_BAD(HEAD "address = 1.2.3.4:65536, 1.2.3.4:, 1.2.3.4:-1, 1.2.3.4:1 1\n",
	              "t:5: address: `1.2.3.4:65536`: " PORT "t:5: address: `1.2.3.4:`: " PORT
	              "t:5: address: `1.2.3.4:-1`: " PORT "t:5: address: `1.2.3.4:1 1`: " PORT);
	UNIT_CONF_BAD(HEAD "address = 1.2.3:1, 01.2.3.4:1, host:1, [::g]:1, [fe80::1%eth0]:1\n",
	              "t:5: address: `1.2.3:1`: " FORM "t:5: address: `01.2.3.4:1`: " FORM
	              "t:5: address: `host:1`: " FORM "t:5: address: `[::g]:1`: " FORM
	              "t:5: address: `[fe80::1%eth0]:1`: " FORM);
	UNIT_CONF_BAD(
	    HEAD "address = 1.2.3.4, [::1], ::1:80, *:80, :80\n",
	    "t:5: address: `1.2.3.4`: a port is missing, as in 127.0.0.1:3128 or [::1]:3128\n"
	    "t:5: address: `[::1]`: a port is missing, as in 127.0.0.1:3128 or [::1]:3128\n"
	    "t:5: address: `::1:80`: an IPv6 address stands in brackets, as in [::1]:3128\n"
	    "t:5: address: `*:80`: for all addresses write both 0.0.0.0 and [::], each "
	    "with the port\n"
	    "t:5: address: `:80`: for all addresses write both 0.0.0.0 and [::], each "
	    "with the port\n");
	UNIT_CONF_BAD(HEAD "address =\naddress = ,\n",
	              "t:5: address: has no value\n"
	              "t:6: address: nothing stands beside a comma\n"
	              "t:6: address: nothing stands beside a comma\n");
}

static void taken_addresses(void)
{
	UNIT_CONF_BAD(HEAD "address = 127.0.0.1:1\n",
	              "t:5: address: 127.0.0.1:1 is taken by 127.0.0.1:1 of [listen l] (line 4)\n");
	UNIT_CONF_BAD(HEAD "[listen m]\naddress = [::1]:2, 0.0.0.0:1\n",
	              "t:6: address: 0.0.0.0:1 is taken by 127.0.0.1:1 of [listen l] (line 4)\n");
	UNIT_CONF_BAD(
	    HEAD "[listen m]\naddress = [::]:2, [::1]:2\n",
	    "t:6: address: [::1]:2 is taken by [::]:2 of [listen m] (line 6)\n"
	    "t:6: warning: address: without [access] only clients on this host are served\n");
	/* The families do not meet, nor do ports. */
	conf_free(UNIT_CONF_GOOD(HEAD "[listen m]\naddress = [::]:1\n"
	                              "[listen n]\naddress = 127.0.0.1:2\n"
	                              "[acl a]\nport = 1\n[access]\nallow = a\n",
	                         ""));
}

static void many_addresses(void)
{
	char text[4000] = HEAD, *at = text + strlen(text);

	for (int i = 2; i <= 65; i++)
		at += sprintf(at, "address = 127.0.0.1:%d\n", i);
	UNIT_CONF_BAD(text, "t:68: address: `127.0.0.1:65`: a listener has at most 64 addresses\n");
}

#define PORTS "a port (1-65535) or a range of ports, the lower one first, is expected\n"

static void ports(void)
{
	struct conf *c = UNIT_CONF_GOOD(HEAD "connect_ports = 8443, 443\n"
	                                     "connect_ports = 1000-2000, 1500-3000\n",
	                                "");
	const struct acl_ports *p = &c->listeners[0].connect_ports;

	UNIT_INT_EQ(p->count, 3);
	CU_ASSERT(acl_ports_has(p, 443) && acl_ports_has(p, 8443));
	CU_ASSERT(acl_ports_has(p, 1000) && acl_ports_has(p, 3000));
	CU_ASSERT(!acl_ports_has(p, 444) && !acl_ports_has(p, 999) && !acl_ports_has(p, 3001));
	conf_free(c);
	c = UNIT_CONF_GOOD(HEAD, "");
	CU_ASSERT(acl_ports_has(&c->listeners[0].connect_ports, 443));
	CU_ASSERT(!acl_ports_has(&c->listeners[0].connect_ports, 80));
	conf_free(c);
	UNIT_CONF_BAD(HEAD "connect_ports = 0, 65536, 9-8, x\n",
	              "t:5: connect_ports: `0`: " PORTS "t:5: connect_ports: `65536`: " PORTS
	              "t:5: connect_ports: `9-8`: " PORTS "t:5: connect_ports: `x`: " PORTS);
}

static void networks(void)
{
	struct conf *c = UNIT_CONF_GOOD(HEAD "private_networks = 10.0.0.0/8, fd00::/8\n"
	                                     "private_networks = 192.168.0.1\n",
	                                "");
	struct acl_address a;

	AN(acl_address_parse(STR("10.255.0.1"), &a));
	CU_ASSERT(acl_networks_has(&c->listeners[0].private_networks, &a));
	AN(acl_address_parse(STR("fd00::1"), &a));
	CU_ASSERT(acl_networks_has(&c->listeners[0].private_networks, &a));
	AN(acl_address_parse(STR("192.168.0.2"), &a));
	CU_ASSERT(!acl_networks_has(&c->listeners[0].private_networks, &a));
	conf_free(c);
	UNIT_CONF_BAD(HEAD "private_networks = 10.0.0.1/8\n",
	              "t:5: private_networks: `10.0.0.1/8`: the address has bits set behind the "
	              "prefix\n");
}

#define REVERSE "[cache]\npath = /c\n[listen l]\naddress = 127.0.0.1:1\nkind = reverse\npool = p\n"

static void sites(void)
{
	struct conf *c = UNIT_CONF_GOOD(REVERSE "sites = Example.COM, b.example\n"
	                                        "[pool p]\nserver = 127.0.0.1\n",
	                                "");
	const struct acl_names *names = &c->listeners[0].sites;

	UNIT_INT_EQ(names->count, 2);
	UNIT_STR_EQ(acl_names_find(names, STR("www.example.com")), "example.com");
	CU_ASSERT(acl_names_find(names, STR("example.org")).p == NULL);
	conf_free(c);
}

static void targets(void)
{
	struct conf *c = UNIT_CONF_GOOD(REVERSE "targeted = Own-Cache-Control, cdn-cache-control\n"
	                                        "targeted = OWN-cache-control\n"
	                                        "[pool p]\nserver = 127.0.0.1\n"
	                                        "[listen m]\naddress = 127.0.0.1:2\n"
	                                        "kind = reverse\npool = p\n"
	                                        "[listen n]\naddress = 127.0.0.1:3\n"
	                                        "kind = reverse\npool = p\ntargeted = none\n"
	                                        "[listen f]\naddress = 127.0.0.1:4\n",
	                                "");

	UNIT_INT_EQ(c->listeners[0].targeted.n, 2);
	UNIT_STR_EQ(c->listeners[0].targeted.names[0], "Own-Cache-Control");
	UNIT_INT_EQ(c->listeners[1].targeted.n, 1);
	UNIT_STR_EQ(c->listeners[1].targeted.names[0], "CDN-Cache-Control");
	UNIT_INT_EQ(c->listeners[2].targeted.n, 0);
	UNIT_INT_EQ(c->listeners[3].targeted.n, 0);
	conf_free(c);
	UNIT_CONF_BAD(REVERSE "targeted = a b, Expires\n[pool p]\nserver = 127.0.0.1\n"
	                      "[listen f]\naddress = 127.0.0.1:4\ntargeted = a\n",
	              "t:7: targeted: `a b`: not a name of a field, as in CDN-Cache-Control\n"
	              "t:7: targeted: `Expires`: is read in any case\n"
	              "t:12: targeted: is for kind = reverse only\n");
}

static void ignored(void)
{
	struct conf *c = UNIT_CONF_GOOD("[listen l]\naddress = 127.0.0.1:1\n[cache]\npath = /c\n"
	                                "ignore_query = countme, utm_*\n"
	                                "ignore_query = Mirror.Example.: c:d\n"
	                                "ignore_query = [::1]: x\n",
	                                "");
	const struct cache_key_rules *r = &c->key_rules;

	CU_ASSERT_FATAL(r->n == 4);
	UNIT_INT_EQ(r->v[0].host.n, 0);
	UNIT_STR_EQ(r->v[0].name, "countme");
	CU_ASSERT(!r->v[0].prefix);
	UNIT_STR_EQ(r->v[1].name, "utm_");
	CU_ASSERT(r->v[1].prefix);
	UNIT_STR_EQ(r->v[2].host, "mirror.example");
	UNIT_STR_EQ(r->v[2].name, "c:d");
	UNIT_STR_EQ(r->v[3].host, "[::1]");
	conf_free(c);
	UNIT_CONF_BAD("[listen l]\naddress = 127.0.0.1:1\n[cache]\npath = /c\n"
	              "ignore_query =\nignore_query = a b\nignore_query = a.example:\n"
	              "ignore_query = a,,b=c\nignore_query = m\xc3\xbcller.example: x\n",
	              "t:5: ignore_query: ``: names no parameter\n"
	              "t:6: ignore_query: `a b`: not a parameter, as in countme or utm_*\n"
	              "t:7: ignore_query: `a.example:`: names no parameter\n"
	              "t:8: ignore_query: ``: not a parameter, as in countme or utm_*\n"
	              "t:8: ignore_query: `b=c`: not a parameter, as in countme or utm_*\n"
	              "t:9: ignore_query: `m\xc3\xbcller.example`: host has letters outside ASCII: "
	              "its A-label is needed, xn--... (RFC 5890 2.3.2.1)\n");
}

/* Names are compared as A-labels, in any case; other letters are refused with the way out. */
static void a_labels(void)
{
	struct conf *c = UNIT_CONF_GOOD(REVERSE "sites = XN--Mller-KVA.example\n"
	                                        "[pool p]\nserver = XN--Mller-KVA.example\n",
	                                "");

	UNIT_STR_EQ(acl_names_find(&c->listeners[0].sites, STR("www.xn--mller-kva.example")),
	            "xn--mller-kva.example");
	UNIT_STR_EQ(c->pools[0].servers[0].host, "xn--mller-kva.example");
	conf_free(c);
	UNIT_CONF_BAD(
	    REVERSE "sites = m\xc3\xbcller.example\n"
	            "[pool p]\nserver = m\xc3\xbcller.example:81\n"
	            "[acl a]\ndomain = m\xc3\xbcller.example\n[access]\nallow = a\n",
	    "t:7: sites: `m\xc3\xbcller.example`: letters outside ASCII: write the A-label, "
	    "which begins with xn-- (RFC 5890)\n"
	    "t:9: server: `m\xc3\xbcller.example:81`: host has letters outside ASCII: its "
	    "A-label is needed, xn--... (RFC 5890 2.3.2.1)\n"
	    "t:11: domain: `m\xc3\xbcller.example`: letters outside ASCII: write the "
	    "A-label, which begins with xn-- (RFC 5890)\n");
}

static void servers(void)
{
	struct conf *c = UNIT_CONF_GOOD(REVERSE "[pool p]\nserver = 10.0.0.1:8080, App.Example.\n"
	                                        "server = [2001:DB8::0:1]:81\nfail_timeout = 0\n",
	                                "");
	const struct conf_pool *p = &c->pools[0];

	UNIT_INT_EQ(p->server_count, 3);
	UNIT_INT_EQ(p->fail_timeout_ms, 0);
	CU_ASSERT(p->servers[0].is_address);
	is_address(&p->servers[0].address, "10.0.0.1:8080");
	CU_ASSERT(!p->servers[1].is_address);
	UNIT_STR_EQ(p->servers[1].host, "app.example");
	UNIT_INT_EQ(p->servers[1].port, 80);
	CU_ASSERT(p->servers[2].is_address);
	is_address(&p->servers[2].address, "[2001:db8::1]:81");
	conf_free(c);
}

static void bad_servers(void)
{
	char *said, text[3000] = REVERSE "[pool p]\n", *at = text + strlen(text);

	for (int i = 1; i <= 65; i++)
		at += sprintf(at, "server = 127.0.0.1:%d\n", i);
	UNIT_CONF_BAD(text, "t:72: server: `127.0.0.1:65`: a pool has at most 64 servers\n");
	static const char *const bad[] = {"a b",   "a:0",      "a:65536", "a/b",
	                                  "1.2.3", "http://a", "a_:x"};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		sprintf(text, REVERSE "[pool p]\nserver = %s\n", bad[i]);
		CU_ASSERT(unit_conf_bytes(text, strlen(text), &said) == NULL);
		CU_ASSERT(str_starts(str_of(said), STR("t:8: server: `")));
		free(said);
	}
}

static void resolvers(void)
{
	struct conf *c = UNIT_CONF_GOOD("[weir]\nresolvers = 127.0.0.1:5353, 192.0.2.1\n"
	                                "resolvers = [::1]\n" HEAD,
	                                "");

	UNIT_STR_EQ(c->resolvers, "127.0.0.1:5353, 192.0.2.1:53, [::1]:53");
	conf_free(c);
	UNIT_CONF_BAD("[weir]\nresolvers = dns.example\n" HEAD,
	              "t:2: resolvers: `dns.example`: " FORM);
}

static void media_types(void)
{
	struct conf *c = UNIT_CONF_GOOD(HEAD "[gzip]\ntypes = Text/*, font/ttf\n", "");

	UNIT_INT_EQ(c->gzip.type_count, 2); /* the defaults are not added */
	UNIT_STR_EQ(c->gzip.types[0], "text/*");
	UNIT_STR_EQ(c->gzip.types[1], "font/ttf");
	conf_free(c);
#define MEDIA "not a media type, as in text/html or text/*\n"
	UNIT_CONF_BAD(HEAD "[gzip]\ntypes = text, /a, a/, a/b/c, */*, a/b*, a/b;c=d\n",
	              "t:6: types: `text`: " MEDIA "t:6: types: `/a`: " MEDIA
	              "t:6: types: `a/`: " MEDIA "t:6: types: `a/b/c`: " MEDIA
	              "t:6: types: `*/*`: " MEDIA "t:6: types: `a/b*`: " MEDIA
	              "t:6: types: `a/b;c=d`: " MEDIA);
}

UNIT_MAIN("conf_list", {"addresses", addresses}, {"any port", any_port},
          {"bad addresses", bad_addresses}, {"taken addresses", taken_addresses},
          {"many addresses", many_addresses}, {"ports", ports}, {"networks", networks},
          {"sites", sites}, {"targets", targets}, {"ignored", ignored}, {"A-labels", a_labels},
          {"servers", servers}, {"bad servers", bad_servers}, {"resolvers", resolvers},
          {"media types", media_types})
