/* test_acl_address.c - addresses as text, and the special ones (HOSTILE 4). */
#include "unit.h"
#include "policy/acl_address.h"

static struct acl_address address(const char *text)
{
	struct acl_address a = {0};

	if (!acl_address_parse(str_of(text), &a))
		fprintf(stderr, "not parsed: %s\n", text);
	CU_ASSERT(a.family != 0);
	return a;
}

static void test_text(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"1.2.3.4", "1.2.3.4"},
	    {"255.255.255.255", "255.255.255.255"},
	    {"::", "::"},
	    {"::1", "::1"},
	    {"[::1]", "::1"},
	    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
	    {"2001:db8::1:0:0:1",
	     "2001:db8::1:0:0:1"}, /* RFC 5952 4.2.3: the first of equal runs */
	    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* 4.2.2: one group stays */
	    {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
	    {"fe80::", "fe80::"},
	    {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
	    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};
	static const char *bad[] = {
	    "",      "1.2.3",     "01.2.3.4", "1.2.3.4.5", "256.1.1.1",    "0x7f.1",
	    "127.1", "1.2.3.4 ",  ":",        "1::2::3",   "fe80::1%eth0", "[::1",
	    "::1]",  "[1.2.3.4]", "[]",       "12345::",   "2130706433"};
	struct acl_address a, none = {0};
	char text[ACL_ADDRESS_TEXT];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		a = address(rows[i].in);
		UNIT_STR_EQ(((struct str){text, acl_address_print(&a, text)}), rows[i].out);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		bool parsed = acl_address_parse(unit_guard_str(bad[i]), &a);

		if (parsed)
			fprintf(stderr, "parsed: %s\n", bad[i]);
		CU_ASSERT(!parsed);
	}
	UNIT_STR_EQ(((struct str){text, acl_address_print(&none, text)}), "-");
}

static void test_special(void)
{
	static const char *special[] = {
	    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
	    "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254",
	    "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.168.0.0",
	    "192.168.255.255", "198.18.0.0", "198.19.255.255", "224.0.0.0", "255.255.255.255",
	    "::", "::1", "fc00::", "fdff:ffff::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1",
	    "ff02::1",
	    /* IPv4 inside: mapped, compatible, translated, NAT64, 6to4 */
	    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1",
	    "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::", "2002:7f00:1::5",
	    "64:ff9b:1::808:808", "2001::1", "100::1"};
	static const char *plain[] = {
	    "1.0.0.0",         "9.255.255.255",   "11.0.0.0",         "100.63.255.255",
	    "100.128.0.0",     "126.255.255.255", "128.0.0.0",        "169.253.255.255",
	    "169.255.0.0",     "172.15.255.255",  "172.32.0.0",       "192.0.1.0",
	    "192.167.255.255", "192.169.0.0",     "198.17.255.255",   "198.20.0.0",
	    "223.255.255.255", "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8", "2002:808:808::1",
	    "2001:db8::1",     "2001:1::1",       "2606:4700::1111",  "fbff::1",
	    "fe7f::1",         "100:0:0:1::"};
	struct acl_address none = {0};
	const char *why;

	for (size_t i = 0; i < COUNT_OF(special); i++) {
		struct acl_address a = address(special[i]);

		why = NULL;
		if (!acl_address_is_special(&a, &why) || strstr(why, "special address: ") != why) {
			fprintf(stderr, "not special: %s\n", special[i]);
			CU_FAIL("special");
		}
	}
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		struct acl_address a = address(plain[i]);

		why = NULL;
		if (acl_address_is_special(&a, &why) || why != NULL) {
			fprintf(stderr, "special: %s\n", plain[i]);
			CU_FAIL("plain");
		}
	}
	CU_ASSERT(acl_address_is_special(&none, NULL));
}

static void test_metadata(void)
{
	static const char *yes[] = {"169.254.169.254",        "fd00:ec2::254",
	                            "::ffff:169.254.169.254", "64:ff9b::169.254.169.254",
	                            "2002:a9fe:a9fe::",       "::169.254.169.254"};
	static const char *no[] = {"169.254.169.253", "fd00:ec2::253", "8.8.8.8", "::1"};
	struct acl_address none = {0};

	for (size_t i = 0; i < COUNT_OF(yes); i++) {
		struct acl_address a = address(yes[i]);

		CU_ASSERT(acl_address_is_metadata(&a));
		CU_ASSERT(acl_address_is_special(&a, NULL));
	}
	for (size_t i = 0; i < COUNT_OF(no); i++) {
		struct acl_address a = address(no[i]);

		CU_ASSERT(!acl_address_is_metadata(&a));
	}
	CU_ASSERT(!acl_address_is_metadata(&none));
}

static void test_small(void)
{
	struct acl_address mapped = address("::ffff:1.2.3.4"), plain = address("1.2.3.4");
	struct acl_address six = address("::1"), loop = address("::ffff:127.9.9.9");
	struct acl_address unmapped = acl_address_unmap(&mapped), same = acl_address_unmap(&six);
	struct acl_address odd = acl_address_of(5, "abcd");

	CU_ASSERT(acl_address_eq(&unmapped, &plain));
	CU_ASSERT(!acl_address_eq(&mapped, &plain));
	CU_ASSERT(acl_address_eq(&same, &six));
	CU_ASSERT(acl_address_is_loopback(&six));
	CU_ASSERT(acl_address_is_loopback(&loop));
	CU_ASSERT(!acl_address_is_loopback(&plain));
	UNIT_INT_EQ(odd.family, 0);
	CU_ASSERT(!acl_address_is_loopback(&odd));
}

UNIT_MAIN("acl_address", {"text in and out (RFC 4291 2.2, RFC 5952)", test_text},
          {"special addresses (RFC 6890)", test_special}, {"metadata services", test_metadata},
          {"mapped, loopback, none", test_small})
