/* test_acl.c - conditions, rules, and where the proxy may dial (HOSTILE 3 and 4). */
#include "unit_msg.h"
#include "base/err.h"
#include "policy/acl.h"

static struct acl_access access_rules;
static const char *why;

static void start(void)
{
	static const struct digest_key key = {"0123456789abcde"};

	acl_access_init(&access_rules, &unit_arena, &key);
}

static void option(const char *name, const char *opt, const char *values)
{
	struct acl *acl = acl_define(&access_rules, str_of(name));
	int o = acl_option_of(str_of(opt));

	AN(acl != NULL && o >= 0);
	if (acl_add(&access_rules, acl, (enum acl_option)o, str_of(values), &why) != 0) {
		fprintf(stderr, "%s %s = %s: %s\n", name, opt, values, why);
		CU_FAIL("acl_add");
	}
}

static void rule(const char *verb, const char *names)
{
	UNIT_INT_EQ(acl_rule(&access_rules, strcmp(verb, "allow") == 0, str_of(names), &why), 0);
}

static void seal(void)
{
	struct str name;

	UNIT_INT_EQ(acl_seal(&access_rules, &name), 0);
}

static struct acl_subject subject(const char *client, const char *method, const char *host,
                                  unsigned port)
{
	struct acl_subject s = {.host = str_of(host),
	                        .port = port,
	                        .method = str_of(method),
	                        .listener = STR("lan"),
	                        .scheme = STR("http")};

	AN(acl_address_parse(str_of(client), &s.client));
	return s;
}

static void expect(const struct acl_subject *s, bool allow, const char *text)
{
	struct acl_verdict v;

	acl_judge(&access_rules, s, &v);
	UNIT_INT_EQ(v.allow, allow);
	UNIT_STR_EQ(v.rule, text);
	CU_ASSERT(strncmp(v.why, allow ? "allowed" : "denied", 6) == 0);
}

static void test_first_match(void)
{
	struct acl_subject s;

	start();
	option("campus", "client", "10.0.0.0/8, fd00::/8");
	option("ads", "domain", "ads.example");
	option("night", "listener", "guests");
	rule("deny", "ads");
	rule("allow", "campus !night");
	seal();
	s = subject("10.1.1.1", "GET", "www.example.com", 80);
	expect(&s, true, "allow = campus !night");
	s = subject("::ffff:10.1.1.1", "GET", "www.example.com", 80);
	expect(&s, true, "allow = campus !night");
	s = subject("10.1.1.1", "GET", "x.ads.example", 80);
	expect(&s, false, "deny = ads");
	s = subject("192.0.2.1", "GET", "www.example.com", 80);
	expect(&s, false, "default");
	s = subject("10.1.1.1", "GET", "www.example.com", 80);
	s.listener = STR("guests");
	expect(&s, false, "default");
}

static void test_options_and_values(void)
{
	static const struct {
		const char *client, *method, *host;
		unsigned port;
		bool allow;
	} rows[] = {
	    {"10.0.0.1", "CONNECT", "a.example", 443, true},
	    {"10.0.0.2", "CONNECT", "sub.b.example", 8443, true},
	    {"10.0.0.3", "CONNECT", "a.example", 443, false}, /* each option must hold */
	    {"10.0.0.1", "GET", "a.example", 443, false},
	    {"10.0.0.1", "connect", "a.example", 443, false}, /* methods have case */
	    {"10.0.0.1", "CONNECT", "c.example", 443, false},
	    {"10.0.0.1", "CONNECT", "a.example", 80, false},
	    {"10.0.0.1", "CONNECT", "", 443, false},
	};

	start();
	option("x", "client", "10.0.0.1");
	option("x", "client", "10.0.0.2"); /* a second line adds */
	option("x", "method", "CONNECT, POST");
	option("x", "domain", "a.example,b.example");
	option("x", "port", "8000-9000,443");
	option("x", "scheme", "http");
	rule("allow", "x");
	seal();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct acl_subject s =
		    subject(rows[i].client, rows[i].method, rows[i].host, rows[i].port);

		expect(&s, rows[i].allow, rows[i].allow ? "allow = x" : "default");
	}
}

static void test_all_and_purge(void)
{
	struct acl_subject get = subject("192.0.2.1", "GET", "a.example", 80);
	struct acl_subject purge = subject("127.0.0.1", "PURGE", "a.example", 80);

	start();
	rule("allow", "all");
	seal();
	expect(&get, true, "allow = all");
	expect(&purge, false, "default");

	start();
	option("purge", "method", "PURGE");
	option("local", "client", "127.0.0.0/8");
	rule("allow", "local"); /* does not name it */
	rule("allow", "purge, local");
	rule("allow", "all");
	seal();
	expect(&purge, true, "allow = purge, local");
	purge = subject("192.0.2.1", "PURGE", "a.example", 80);
	expect(&purge, false, "default");
	expect(&get, true, "allow = all");

	start();
	option("purge", "method", "PURGE");
	rule("allow", "!purge");
	rule("deny", "all");
	seal();
	expect(&purge, false, "deny = all");
	start();
	seal();
	expect(&get, false, "default"); /* no rule at all */
}

static void test_lists(void)
{
	static const char text[] = "# ads\r\n0.0.0.0 a.example\r\n\r\nb.example\nc.example";
	struct acl_subject s;
	struct acl *acl;
	unsigned line;

	start();
	acl = acl_define(&access_rules, STR("ads"));
	UNIT_INT_EQ(acl_add_list(&access_rules, acl, ACL_DOMAIN, unit_guard_str(text), &line, &why),
	            0);
	UNIT_INT_EQ(acl->domains.count, 3);
	acl = acl_define(&access_rules, STR("nets"));
	UNIT_INT_EQ(acl_add_list(&access_rules, acl, ACL_CLIENT,
	                         STR("10.0.0.0/8 # lan\n# x\n\n192.0.2.1\n"), &line, &why),
	            0);
	acl = acl_define(&access_rules, STR("empty"));
	UNIT_INT_EQ(acl_add_list(&access_rules, acl, ACL_DOMAIN, STR(""), &line, &why), 0);
	rule("deny", "empty"); /* an empty list matches nothing, not everything */
	rule("deny", "ads");
	rule("allow", "nets");
	seal();
	s = subject("192.0.2.1", "GET", "x.c.example", 80);
	expect(&s, false, "deny = ads");
	s = subject("192.0.2.1", "GET", "d.example", 80);
	expect(&s, true, "allow = nets");

	start();
	acl = acl_define(&access_rules, STR("x"));
	UNIT_INT_EQ(
	    acl_add_list(&access_rules, acl, ACL_DOMAIN, STR("a.example\n\nb c\n"), &line, &why),
	    ERR_BAD);
	UNIT_INT_EQ(line, 3);
	UNIT_INT_EQ(acl_add_list(&access_rules, acl, ACL_CLIENT, STR("10.0.0.0/8\n10.0.0.1/8"),
	                         &line, &why),
	            ERR_BAD);
	UNIT_INT_EQ(line, 2);
	CU_ASSERT(unit_why(why, "bits set", "line 2"));
}

static void test_errors(void)
{
	static const struct {
		const char *opt, *values;
	} bad[] = {{"client", ""},     {"client", "10.0.0.0/8,"}, {"client", "lan"},
	           {"port", "0"},      {"port", "65536"},         {"port", "80-"},
	           {"port", "90-80"},  {"port", "-80"},           {"port", "80 90"},
	           {"method", "GE T"}, {"method", "GET,,PUT"},    {"domain", "a b"},
	           {"domain", "  "},   {"scheme", "http:"},       {"listener", "\""}};
	struct str name;
	struct acl *acl;

	start();
	acl = acl_define(&access_rules, STR("x"));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		int o = acl_option_of(str_of(bad[i].opt));

		why = NULL;
		CU_ASSERT(unit_row(
		    acl_add(&access_rules, acl, (enum acl_option)o, str_of(bad[i].values), &why),
		    ERR_BAD, bad[i].values));
		CU_ASSERT(why != NULL);
	}
	UNIT_INT_EQ(acl_seal(&access_rules, &name), ERR_BAD); /* would hold for everybody */
	UNIT_STR_EQ(name, "x");

	start();
	UNIT_INT_EQ(acl_option_of(STR("Client")), -1);
	CU_ASSERT(acl_define(&access_rules, STR("all")) == NULL);
	CU_ASSERT(acl_define(&access_rules, STR("a b")) == NULL);
	CU_ASSERT(acl_define(&access_rules, STR("!a")) == NULL);
	CU_ASSERT(acl_define(&access_rules, STR("")) == NULL);
	acl = acl_define(&access_rules, STR("a"));
	CU_ASSERT(acl != NULL && acl_define(&access_rules, STR("a")) == acl);
	CU_ASSERT(acl_find(&access_rules, STR("a")) == acl);
	CU_ASSERT(acl_find(&access_rules, STR("b")) == NULL);
	UNIT_INT_EQ(acl_rule(&access_rules, true, STR("b"), &why), ERR_NOTFOUND);
	UNIT_INT_EQ(acl_rule(&access_rules, true, STR("a !b"), &why), ERR_NOTFOUND);
	UNIT_INT_EQ(acl_rule(&access_rules, true, STR(" , "), &why), ERR_BAD);
	UNIT_INT_EQ(acl_rule(&access_rules, true, STR("!"), &why), ERR_NOTFOUND);
	UNIT_INT_EQ(access_rules.rule_count, 0);
}

static void unsealed(void)
{
	struct acl_subject s = subject("192.0.2.1", "GET", "a.example", 80);
	struct acl_verdict v;

	start();
	acl_judge(&access_rules, &s, &v);
}

static void test_unsealed_dies(void)
{
	CU_ASSERT(unit_dies(unsealed));
}

static void test_ports(void)
{
	static const char *texts[] = {"443", "8080-8090", "8085-8100", "8101", "1", "65535"};
	static const unsigned yes[] = {443, 8080, 8095, 8101, 1, 65535};
	static const unsigned no[] = {0, 2, 442, 444, 8079, 8102, 65534, 65536, 70000};
	struct acl_ports set = {0};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		UNIT_INT_EQ(acl_ports_add(&set, &unit_arena, str_of(texts[i]), &why), 0);
	acl_ports_seal(&set);
	UNIT_INT_EQ(set.count, 4);
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		CU_ASSERT(acl_ports_has(&set, yes[i]));
	for (size_t i = 0; i < COUNT_OF(no); i++)
		CU_ASSERT(!acl_ports_has(&set, no[i]));
}

static void test_destination(void)
{
	static const struct {
		const char *address;
		bool special_ok, permitted, allow;
		const char *why;
	} rows[] = {
	    {"8.8.8.8", false, false, true, "allowed"},
	    {"10.0.0.1", false, false, false, "10.0.0.0/8"},
	    {"10.0.0.1", true, false, true, "allowed"},
	    {"10.9.0.1", false, true, true, "allowed"},
	    {"10.8.0.1", false, true, false, "10.0.0.0/8"},
	    {"::ffff:10.0.0.1", false, false, false, "10.0.0.0/8"},
	    {"64:ff9b::7f00:1", false, false, false, "127.0.0.0/8"},
	    {"169.254.169.254", true, false, false, "metadata"},
	    {"::ffff:169.254.169.254", true, false, false, "metadata"},
	    {"169.254.169.254", true, true, false, "metadata"}, /* by a range is not by name */
	    {"fd00:ec2::254", true, true, true, "allowed"},
	    {"169.254.1.1", false, true, true, "allowed"},
	};
	struct acl_networks permitted = {0};
	struct acl_address none = {0}, a;
	struct acl_verdict v;

	AZ(acl_networks_add(&permitted, &unit_arena, STR("10.9.0.0/16"), &why));
	AZ(acl_networks_add(&permitted, &unit_arena, STR("169.254.0.0/16"), &why));
	AZ(acl_networks_add(&permitted, &unit_arena, STR("fd00:ec2::254"), &why));
	acl_networks_seal(&permitted);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AN(acl_address_parse(str_of(rows[i].address), &a));
		acl_destination_judge(rows[i].permitted ? &permitted : NULL, rows[i].special_ok, &a,
		                      &v);
		CU_ASSERT(unit_row(v.allow, rows[i].allow, rows[i].address));
		CU_ASSERT(unit_why(v.why, rows[i].why, rows[i].address));
	}
	acl_destination_judge(NULL, true, &none, &v);
	CU_ASSERT(!v.allow);
}

UNIT_MAIN("acl", {"the first rule that holds decides", test_first_match},
          {"all options, any value", test_options_and_values},
          {"all, PURGE, no rule", test_all_and_purge}, {"lists from files", test_lists},
          {"mistakes are told", test_errors},
          {"a judgement before sealing is an invariant", test_unsealed_dies}, {"ports", test_ports},
          {"HOSTILE 4: where to dial", test_destination})
