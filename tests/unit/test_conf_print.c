/* test_conf_print.c - what is printed reads back to the same; the manual page is current. */
#include "unit_conf.h"

/* Prints the configuration of text, reads that, prints again: twice the same. */
static void back(const char *text)
{
	struct conf *c = UNIT_CONF_GOOD(text, ""), *d;
	char *first = unit_conf_text(c), *second;

	d = UNIT_CONF_GOOD(first, "");
	second = unit_conf_text(d);
	UNIT_STR_EQ(str_of(second), first);
	UNIT_INT_EQ(d->listener_count, c->listener_count);
	UNIT_INT_EQ(d->pool_count, c->pool_count);
	UNIT_INT_EQ(d->acl_count, c->acl_count);
	UNIT_INT_EQ(d->rule_count, c->rule_count);
	CU_ASSERT(memcmp(&c->limits, &d->limits, sizeof c->limits) == 0);
	CU_ASSERT(memcmp(&c->timeouts, &d->timeouts, sizeof c->timeouts) == 0);
	CU_ASSERT(memcmp(&c->cache, &d->cache, sizeof c->cache) == 0);
	CU_ASSERT(d->store.size == c->store.size);
	free(first);
	free(second);
	conf_free(c);
	conf_free(d);
}

static void reads_back(void)
{
	back("[listen l]\naddress = 127.0.0.1:1\n[cache]\npath = /a b\n");
	back("[weir]\nworkers = 3\nuser = u\ncontrol = /s\nvia = x\nresolvers = 127.0.0.1, "
	     "[::1]:54\n"
	     "hosts_file =\nmin_rate = 0\nhead_timeout = 1500ms\nmax_request_line = 8001\n"
	     "[listen a]\naddress = 127.0.0.1:1, [::1]:1\nconnect_ports = 443, 1-9, 5-20\n"
	     "private_destinations = loopback\nprivate_networks = 10.0.0.0/8, fd00::1\n"
	     "upgrade = no\nmax_clients = 5\n"
	     "[listen b]\naddress = 0.0.0.0:80\nkind = reverse\npool = p\nsites = a.example\n"
	     "targeted = A-Cache-Control, b\n"
	     "[listen c]\naddress = 127.0.0.1:9\nkind = admin\n"
	     "[pool p]\nserver = A.example, [::1]:81, 10.0.0.1\nfail_timeout = 3\n"
	     "[cache]\npath = /c\nsize = 17M\nmax_object = 1M\nheuristic_max = 90\n"
	     "ignore_query = a, b*\nignore_query = h.example: c\n"
	     "[gzip]\non = no\ntypes = text/*, a/b\n"
	     "[log]\naccess = -\nformat = json\nlevel = debug\nerror = /e\n"
	     "[acl x]\nclient = ::1, 127.0.0.0/8\nhost = a\ndomain = b\nport = 1-5\nmethod = GET\n"
	     "listener = a, b\nscheme = http\n"
	     "[acl y]\nport = 80\n"
	     "[access]\ndeny = x !y\nallow = y\nallow = all\n");
}

static void built_in_default(void)
{
	char text[CONF_DEFAULT_TEXT];

	UNIT_INT_EQ(conf_default_text(text, sizeof text), 0);
	back(text);
}

static void shows_defaults(void)
{
	struct conf *c =
	    UNIT_CONF_GOOD("[listen l]\naddress = 127.0.0.1:1\n[cache]\npath = /c\n", "");
	char *text = unit_conf_text(c);

	CU_ASSERT(strstr(text, "; t, as weir reads it\n") == text);
	CU_ASSERT(strstr(text, "\nhead_timeout = 20s\n") != NULL);
	CU_ASSERT(strstr(text, "\nmax_head = 64K\n") != NULL);
	CU_ASSERT(strstr(text, "\nprivate_destinations = deny\n") != NULL);
	CU_ASSERT(strstr(text, "\nuser =\n") != NULL);
	CU_ASSERT(strstr(text, "[access]") == NULL);
	CU_ASSERT(strstr(text, "~loopback") == NULL);
	free(text);
	conf_free(c);
}

/* man/weir.ini.5 is made from the table: weir --help-options > man/weir.ini.5 */
static void manual_is_current(void)
{
	char *text, *kept = calloc(1, 1 << 20);
	size_t n;
	FILE *out = open_memstream(&text, &n), *in = fopen(unit_source("man/weir.ini.5"), "r");

	conf_print_manual(out);
	fclose(out);
	CU_ASSERT_FATAL(in != NULL);
	CU_ASSERT(fread(kept, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	if (strcmp(kept, text) != 0)
		fprintf(stderr, "man/weir.ini.5 is old: weir --help-options > man/weir.ini.5\n");
	CU_ASSERT(strcmp(kept, text) == 0);
	free(kept);
	free(text);
}

UNIT_MAIN("conf_print", {"reads back", reads_back}, {"built-in default", built_in_default},
          {"shows defaults", shows_defaults}, {"manual is current", manual_is_current})
