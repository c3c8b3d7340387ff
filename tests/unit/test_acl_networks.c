/* test_acl_networks.c - sets of networks: reading, merging, searching. */
#include "unit_msg.h"
#include "base/err.h"
#include "policy/acl_networks.h"

static const char *why;

static struct acl_networks set_of(const char *const *texts)
{
	struct acl_networks set = {0};

	for (; *texts != NULL; texts++)
		if (acl_networks_add(&set, &unit_arena, str_of(*texts), &why) != 0) {
			fprintf(stderr, "%s: %s\n", *texts, why);
			CU_FAIL("add");
		}
	acl_networks_seal(&set);
	return set;
}

static bool has(const struct acl_networks *set, const char *text)
{
	struct acl_address a;

	AN(acl_address_parse(str_of(text), &a));
	return acl_networks_has(set, &a);
}

static void test_v4(void)
{
	static const char *const texts[] = {
	    "10.0.0.0/8",       "192.168.1.0/24",   "192.168.2.0/24",
	    "192.168.1.128/25", "1.2.3.4",          "5.0.0.1-5.0.0.9",
	    "255.255.255.255",  "255.255.255.0/24", NULL};
	static const char *yes[] = {"10.0.0.0",      "10.255.255.255",  "192.168.1.0",
	                            "192.168.2.255", "1.2.3.4",         "5.0.0.1",
	                            "5.0.0.9",       "255.255.255.255", "::ffff:10.1.1.1"};
	static const char *no[] = {"9.255.255.255", "11.0.0.0", "192.168.0.255", "192.168.3.0",
	                           "1.2.3.3",       "1.2.3.5",  "5.0.0.0",       "5.0.0.10",
	                           "::a00:1",       "::1"};
	struct acl_networks set = set_of(texts);

	UNIT_INT_EQ(set.n4, 5); /* the neighbours and the inner ones went up in others */
	UNIT_INT_EQ(set.n6, 0);
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		CU_ASSERT(unit_row(has(&set, yes[i]), true, yes[i]));
	for (size_t i = 0; i < COUNT_OF(no); i++)
		CU_ASSERT(unit_row(has(&set, no[i]), false, no[i]));
}

static void test_v6(void)
{
	static const char *const texts[] = {
	    "fd00::/8", "2001:db8::/32",           "2001:db8:1::/48",
	    "::1",      "2001:db9::5-2001:db9::7", "::ffff:1.0.0.0/104",
	    NULL};
	static const char *yes[] = {"fd00::",           "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	                            "2001:db8:ffff::1", "::1",
	                            "2001:db9::6",      "1.9.9.9"};
	static const char *no[] = {"fc00::1",     "fe00::",  "2001:db7:ffff::", "::2",
	                           "2001:db9::8", "2.0.0.0", "0.0.0.1"};
	struct acl_networks set = set_of(texts);

	UNIT_INT_EQ(set.n6, 4);
	UNIT_INT_EQ(set.n4, 1);
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		CU_ASSERT(unit_row(has(&set, yes[i]), true, yes[i]));
	for (size_t i = 0; i < COUNT_OF(no); i++)
		CU_ASSERT(unit_row(has(&set, no[i]), false, no[i]));
}

static void test_all_and_none(void)
{
	static const char *const all[] = {"0.0.0.0/0", "::/0", NULL};
	static const char *const none[] = {NULL};
	struct acl_networks everybody = set_of(all), nobody = set_of(none);
	struct acl_address no_family = {0};

	CU_ASSERT(has(&everybody, "0.0.0.0") && has(&everybody, "255.255.255.255"));
	CU_ASSERT(has(&everybody, "::") && has(&everybody, "ff::1"));
	CU_ASSERT(!has(&nobody, "1.2.3.4") && !has(&nobody, "::1"));
	CU_ASSERT(!acl_networks_has(&everybody, &no_family));
}

static void test_bad(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
	    {"10.0.0.1/8", "bits set"},
	    {"10.0.0.0/33", "too long"},
	    {"::/129", "too long"},
	    {"fd00::1/8", "bits set"},
	    {"10.0.0.0/", "prefix"},
	    {"10.0.0.0/-1", "prefix"},
	    {"10.0.0.0/8/8", "prefix"},
	    {"/8", "prefix"},
	    {"10/8", "prefix"},
	    {"", "expected"},
	    {"lan", "expected"},
	    {"1.2.3.4-", "expected"},
	    {"1.2.3.9-1.2.3.4", "range"},
	    {"1.2.3.4-::9", "range"},
	    {"10.0.0.0/255.0.0.0", "prefix"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct acl_networks set = {0};

		UNIT_INT_EQ(acl_networks_add(&set, &unit_arena, unit_guard_str(rows[i].text), &why),
		            ERR_BAD);
		CU_ASSERT(unit_why(why, rows[i].why, rows[i].text));
		UNIT_INT_EQ(set.n4 + set.n6, 0);
	}
}

static void test_many(void)
{
	struct acl_networks set = {0};
	char text[32];

	for (int i = 9999; i >= 0; i--) { /* every second address, in the wrong order */
		snprintf(text, sizeof text, "10.1.%d.%d", i * 2 / 256, i * 2 % 256);
		AZ(acl_networks_add(&set, &unit_arena, str_of(text), &why));
	}
	acl_networks_seal(&set);
	UNIT_INT_EQ(set.n4, 10000);
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof text, "10.1.%d.%d", i / 256, i % 256);
		CU_ASSERT(has(&set, text) == (i % 2 == 0));
	}
}

UNIT_MAIN("acl_networks", {"IPv4: merged and searched", test_v4},
          {"IPv6, and mapped IPv4", test_v6}, {"everybody and nobody", test_all_and_none},
          {"what is no network", test_bad}, {"ten thousand", test_many})
