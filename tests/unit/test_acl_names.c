/* test_acl_names.c - sets of host names and lines of lists. */
#include "unit_msg.h"
#include "base/err.h"
#include "policy/acl_names.h"

static struct acl_names set;
static const char *why;

static int add(const char *name)
{
	return acl_names_add(&set, &unit_arena, str_of(name), &why);
}

static void start(void)
{
	set = (struct acl_names){.key = {"0123456789abcde"}};
}

static void test_suffix(void)
{
	static const struct {
		const char *host, *found;
	} rows[] = {
	    {"example.com", "example.com"},
	    {"www.example.com", "example.com"},
	    {"a.b.c.d.e.f.example.com", "example.com"},
	    {"deep.www.other.example", "www.other.example"}, /* the longest */
	    {"ads.example.org", "ads.example.org"},
	    {"x.star.example", "star.example"},
	    {"star.example", "star.example"},
	    {"notexample.com", NULL},
	    {"example.com.evil.example", NULL},
	    {"other.example", NULL},
	    {"com", NULL},
	    {"", NULL},
	    {".", NULL},
	    {"..example", NULL},
	    {"192.0.2.7", "192.0.2.7"},
	    {"1.192.0.2.7", NULL},
	    {"0.2.7", NULL},
	    {"[2001:db8::1]", "[2001:db8::1]"},
	    {"[2001:db8::2]", NULL},
	    {"x.local_net", "local_net"},
	};

	start();
	CU_ASSERT(acl_names_find(&set, STR("example.com")).p == NULL);
	UNIT_INT_EQ(add("Example.COM"), 0);
	UNIT_INT_EQ(add("example.com."), 0); /* the same */
	UNIT_INT_EQ(add(".ads.example.org"), 0);
	UNIT_INT_EQ(add("*.star.example"), 0);
	UNIT_INT_EQ(add("www.other.example"), 0);
	UNIT_INT_EQ(add("192.0.2.7"), 0);
	UNIT_INT_EQ(add("2001:DB8:0::1"), 0);
	UNIT_INT_EQ(add("local_net"), 0);
	UNIT_INT_EQ(set.count, 7);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str found = acl_names_find(&set, unit_guard_str(rows[i].host));

		UNIT_STR_EQ(found, rows[i].found);
	}
}

static void test_bad(void)
{
	char label[80], name[300];
	static const char *bad[] = {"",       ".", "..",    "a..b",          "*.",    "a b", "a/b",
	                            "a.b:80", "*", "a.*.b", "ex\xc3\xa4.de", "1.2.3", "a.4", "@"};

	start();
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(unit_row(add(bad[i]), ERR_BAD, bad[i]));
	memset(label, 'a', 64);
	label[64] = 0;
	UNIT_INT_EQ(add(label), ERR_BAD);
	label[63] = 0;
	UNIT_INT_EQ(add(label), 0);
	for (int i = 0; i < 254; i++)
		name[i] = i % 2 == 0 ? 'a' : '.';
	name[253] = 0;
	UNIT_INT_EQ(add(name), 0); /* 253 bytes, 127 labels */
	CU_ASSERT(acl_names_find(&set, str_of(name)).p != NULL);
	name[253] = 'b';
	name[254] = 0;
	UNIT_INT_EQ(add(name), ERR_BAD);
	UNIT_INT_EQ(set.count, 2);
}

static void test_many(void)
{
	char name[40];

	start();
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "host%d.example", i);
		AZ(add(name));
	}
	UNIT_INT_EQ(set.count, 20000);
	CU_ASSERT(set.count * 2 <= set.mask + 1);
	for (int i = 0; i < 40000; i++) {
		snprintf(name, sizeof name, "www.host%d.example", i);
		CU_ASSERT((acl_names_find(&set, str_of(name)).p != NULL) == (i < 20000));
	}
}

static void test_no_memory(void)
{
	struct arena small;

	start();
	arena_init(&small, 1);
	UNIT_INT_EQ(acl_names_add(&set, &small, STR("a.example"), &why), ERR_NOMEM);
	UNIT_INT_EQ(set.count, 0);
	CU_ASSERT(acl_names_find(&set, STR("a.example")).p == NULL);
	arena_fini(&small);
}

static void test_line(void)
{
	static const struct {
		const char *line;
		int rc;
		const char *name;
	} rows[] = {
	    {"example.com", 1, "example.com"},
	    {"  example.com\t# why\r", 1, "example.com"},
	    {"", 0, NULL},
	    {"\r", 0, NULL},
	    {"   ", 0, NULL},
	    {"# example.com", 0, NULL},
	    {"! a comment", 0, NULL},
	    {"0.0.0.0 ads.example", 1, "ads.example"},
	    {"127.0.0.1\tads.example   # x", 1, "ads.example"},
	    {"::1 localhost ip6-localhost", 0, NULL},
	    {"127.0.0.1 localhost ads.example", 1, "ads.example"},
	    {"fe80::1%lo0 localhost", 0, NULL},
	    {"0.0.0.0 a.example b.example", ERR_BAD, NULL},
	    {"||ads.example^", 1, "ads.example"},
	    {"||ads.example^$third-party", ERR_BAD, NULL},
	    {"||ads.example/path", ERR_BAD, NULL},
	    {"||^", ERR_BAD, NULL},
	    {"a.example b.example", ERR_BAD, NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str name = STR_NONE;

		CU_ASSERT(unit_row(acl_names_line(unit_guard_str(rows[i].line), &name), rows[i].rc,
		                   rows[i].line));
		UNIT_STR_EQ(name, rows[i].name);
	}
}

UNIT_MAIN("acl_names", {"a name stands for all below it", test_suffix},
          {"what is no name", test_bad}, {"twenty thousand", test_many},
          {"no memory", test_no_memory}, {"lines of a list", test_line})
