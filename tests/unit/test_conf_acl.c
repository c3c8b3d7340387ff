/* test_conf_acl.c - [acl] and [access] decide as written; without them the safe rules hold. */
#include "unit_conf.h"

#define CACHE "[cache]\npath = /c\n"
#define HEAD CACHE "[listen l]\naddress = 127.0.0.1:1\n" /* four lines */

static bool allowed(const struct conf *c, const char *client, const char *host, const char *method,
                    const char *listener)
{
	struct acl_subject s = {.host = str_of(host),
	                        .port = 80,
	                        .method = str_of(method),
	                        .listener = str_of(listener),
	                        .scheme = STR("http")};
	struct acl_verdict v;

	AN(acl_address_parse(str_of(client), &s.client));
	acl_judge(c->access, &s, &v);
	return v.allow;
}

static void without_access(void)
{
	struct conf *c = UNIT_CONF_GOOD(CACHE "[listen lan]\naddress = 127.0.0.1:1\n"
	                                      "[listen site]\naddress = 0.0.0.0:2\nkind = reverse\n"
	                                      "pool = p\n[pool p]\nserver = a.example\n"
	                                      "[listen www]\naddress = 0.0.0.0:3\nkind = reverse\n"
	                                      "pool = p\n"
	                                      "[listen own]\naddress = 127.0.0.1:4\nkind = admin\n",
	                                "");

	CU_ASSERT(allowed(c, "127.0.0.1", "a.example", "GET", "lan"));
	CU_ASSERT(allowed(c, "127.9.9.9", "a.example", "GET", "lan"));
	CU_ASSERT(allowed(c, "::1", "a.example", "GET", "lan"));
	CU_ASSERT(!allowed(c, "192.0.2.1", "a.example", "GET", "lan"));
	CU_ASSERT(allowed(c, "192.0.2.1", "a.example", "GET", "site"));
	CU_ASSERT(allowed(c, "192.0.2.1", "a.example", "GET", "www"));
	CU_ASSERT(!allowed(c, "192.0.2.1", "a.example", "GET", "own"));
	CU_ASSERT(allowed(c, "127.0.0.1", "a.example", "GET", "own"));
	CU_ASSERT(!allowed(c, "127.0.0.1", "a.example", "PURGE", "lan"));
	CU_ASSERT(!c->has_access);
	conf_free(c);
}

static void rules(void)
{
	struct conf *c = UNIT_CONF_GOOD(HEAD "[access]\n"
	                                     "deny = ads\n"
	                                     "allow = lab exam\n"
	                                     "deny = lab, !guest\n"
	                                     "allow = campus\n"
	                                     "[acl ads]\nhost = ads.example\n"
	                                     "[acl lab]\nclient = 10.9.0.0/16\n"
	                                     "[acl exam]\ndomain = exam.example\nport = 80\n"
	                                     "[acl guest]\nmethod = HEAD\nlistener = l\n"
	                                     "[acl campus]\nclient = 10.0.0.0/8\n"
	                                     "client = fd00::/8, ::1\n",
	                                "");

	CU_ASSERT(!allowed(c, "10.0.0.1", "x.ads.example", "GET", "l"));
	CU_ASSERT(allowed(c, "10.0.0.1", "b.example", "GET", "l"));
	CU_ASSERT(allowed(c, "fd00::1", "b.example", "GET", "l"));
	CU_ASSERT(!allowed(c, "127.0.0.1", "b.example", "GET", "l"));
	CU_ASSERT(allowed(c, "10.9.0.1", "exam.example", "GET", "l"));
	CU_ASSERT(!allowed(c, "10.9.0.1", "b.example", "GET", "l"));
	CU_ASSERT(allowed(c, "10.9.0.1", "b.example", "HEAD", "l"));
	conf_free(c);
}

static void never_decides(void)
{
	struct conf *c = UNIT_CONF_GOOD(
	    HEAD "[acl a]\nport = 1\n[access]\nallow = a all\nallow = all\ndeny = a\nallow = all\n",
	    "t:10: warning: deny: this rule never decides: the one in line 9 always holds\n"
	    "t:11: warning: allow: this rule never decides: the one in line 9 always holds\n");

	CU_ASSERT(allowed(c, "192.0.2.1", "a.example", "GET", "l"));
	conf_free(c);
	c = UNIT_CONF_GOOD(HEAD "[access]\n", "t:5: warning: [access]: has no rule: everything is "
	                                      "denied\n");
	CU_ASSERT(!allowed(c, "127.0.0.1", "a.example", "GET", "l"));
	conf_free(c);
}

static void references(void)
{
	UNIT_CONF_BAD(HEAD "[acl campus]\nclient = ::1\nlistener = ll, x\n"
	                   "[access]\nallow = campas\ndeny = !zzz, campus al\n",
	              "t:5: warning: campus: no rule of [access] uses this acl\n"
	              "t:7: listener: there is no [listen ll]; did you mean l?\n"
	              "t:7: listener: there is no [listen x]\n"
	              "t:9: allow: there is no [acl campas]; did you mean campus?\n"
	              "t:10: deny: there is no [acl zzz]\n"
	              "t:10: deny: there is no [acl al]; did you mean all?\n");
}

static void acls(void)
{
	UNIT_CONF_BAD(
	    HEAD "[acl]\n[acl a b]\n[acl all]\n[acl empty]\n[acl c]\nclient = x\nport = 0\n"
	         "[access]\nallow = c empty\nallow =\n",
	    "t:5: [acl]: needs one name, as in [acl lan]\n"
	    "t:6: [acl a b]: needs one name, as in [acl lan]\n"
	    "t:7: [acl all]: this name cannot be given\n"
	    "t:8: [acl empty]: says nothing: it would hold for everybody\n"
	    "t:10: client: `x`: an address, address/prefix or address-address is expected\n"
	    "t:11: port: `0`: a port (1-65535) or a range of ports, the lower one first, is "
	    "expected\n"
	    "t:14: allow: ``: a rule without a name\n");
}

/* A list file of the test's own; its name is in text. */
static void write_list(char name[32], const char *text)
{
	FILE *f;
	int fd;

	strcpy(name, "/tmp/weir-test-XXXXXX");
	fd = mkstemp(name);
	AN(fd >= 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
}

static void list_files(void)
{
	char domains[32], clients[32], text[500], want[200];
	struct conf *c;

	write_list(domains, "# a list\nads.example\n\n0.0.0.0 track.example\n||pop.example^\n");
	write_list(clients, "10.0.0.0/8\n::1\n");
	snprintf(text, sizeof text,
	         HEAD "[acl ads]\ndomain_file = %s\n[acl us]\nclient_file = %s\n"
	              "[access]\ndeny = ads\nallow = us\n",
	         domains, clients);
	c = UNIT_CONF_GOOD(text, "");
	CU_ASSERT(allowed(c, "10.1.1.1", "a.example", "GET", "l"));
	CU_ASSERT(!allowed(c, "10.1.1.1", "x.track.example", "GET", "l"));
	CU_ASSERT(!allowed(c, "10.1.1.1", "pop.example", "GET", "l"));
	CU_ASSERT(!allowed(c, "127.0.0.1", "a.example", "GET", "l"));
	conf_free(c);
	unlink(domains);
	snprintf(want, sizeof want, "t:6: domain_file: %s: No such file or directory\n", domains);
	UNIT_CONF_BAD(text, want);
	unlink(clients);
	write_list(clients, "10.0.0.0/8\nnonsense\n");
	snprintf(text, sizeof text, HEAD "[acl us]\nclient_file = %s\n[access]\nallow = us\n",
	         clients);
	snprintf(want, sizeof want,
	         "t:6: client_file: %s:2: an address, address/prefix or address-address is "
	         "expected\n",
	         clients);
	UNIT_CONF_BAD(text, want);
	unlink(clients);
	UNIT_CONF_BAD(HEAD "[acl us]\nclient_file = list, /\n[access]\nallow = us\n",
	              "t:6: client_file: `list` is not a path that begins with /\n"
	              "t:6: client_file: /: Is a directory\n");
}

UNIT_MAIN("conf_acl", {"without [access]", without_access}, {"rules", rules},
          {"never decides", never_decides}, {"references", references}, {"acls", acls},
          {"list files", list_files})
