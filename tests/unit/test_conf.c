/* test_conf.c - whole configurations: the bench's, the samples, the built-in default, and errors
 * with their exact lines. */
#include <sys/stat.h>
#include "unit_conf.h"

#define CACHE "[cache]\npath = /c\n"
#define HEAD CACHE "[listen l]\naddress = 127.0.0.1:1\n" /* four lines */

/* The names of the options in bench/peers/weir.ini are fixed by it. */
static void bench(void)
{
	struct conf *c = UNIT_CONF_GOOD(
	    "; weir beside the others\n[weir]\nworkers = 1\n\n"
	    "[listen site]\naddress = 127.0.0.1:9108\nkind = reverse\npool = origin\n\n"
	    "[listen lan]\naddress = 127.0.0.1:9118\nkind = forward\nconnect_ports = 1-65535\n"
	    "private_destinations = allow\n\n"
	    "[pool origin]\nserver = 127.0.0.1:9000\n\n"
	    "[cache]\npath = /tmp/bench-run/weir-cache\nsize = 512M\n\n"
	    "[acl here]\nclient = 127.0.0.0/8\n\n[access]\nallow = here",
	    "");

	UNIT_INT_EQ(c->workers, 1);
	UNIT_INT_EQ(c->listener_count, 2);
	UNIT_STR_EQ(c->listeners[0].name, "site");
	UNIT_INT_EQ(c->listeners[0].kind, CONF_REVERSE);
	UNIT_INT_EQ(c->listeners[0].pool, 0);
	UNIT_INT_EQ(c->listeners[1].kind, CONF_FORWARD);
	UNIT_INT_EQ(c->listeners[1].pool, -1);
	CU_ASSERT(acl_ports_has(&c->listeners[1].connect_ports, 1));
	CU_ASSERT(acl_ports_has(&c->listeners[1].connect_ports, 65535));
	CU_ASSERT(c->listeners[1].private_destinations);
	UNIT_INT_EQ(c->pools[0].server_count, 1);
	UNIT_INT_EQ(c->pools[0].servers[0].port, 9000);
	UNIT_STR_EQ(str_of(c->store.path), "/tmp/bench-run/weir-cache");
	UNIT_STR_EQ(c->control, "/tmp/bench-run/weir-cache/weir.sock");
	UNIT_INT_EQ(c->store.size, 512 << 20);
	CU_ASSERT(c->has_access);
	conf_free(c);
}

static void samples(void)
{
	static const char *const names[] = {"etc/weir.ini.default", "etc/campus.ini",
	                                    "etc/package-mirror.ini"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *said;
		size_t n;
		FILE *out = open_memstream(&said, &n);
		struct conf *c = conf_load(unit_source(names[i]), out);

		fclose(out);
		UNIT_STR_EQ(str_of(said), "");
		CU_ASSERT_FATAL(c != NULL);
		UNIT_STR_EQ(c->path, unit_source(names[i]));
		conf_free(c);
		free(said);
	}
}

static void built_in_default(void)
{
	char text[CONF_DEFAULT_TEXT];
	struct conf *c;

	setenv("XDG_CACHE_HOME", "/nonexistent/cache", 1);
	setenv("XDG_STATE_HOME", "/nonexistent/state", 1);
	setenv("XDG_RUNTIME_DIR", "/nonexistent/run", 1);
	UNIT_INT_EQ(conf_default_text(text, sizeof text), 0);
	c = conf_load(NULL, stderr);
	CU_ASSERT_FATAL(c != NULL);
	UNIT_STR_EQ(c->path, "");
	UNIT_INT_EQ(c->listener_count, 1);
	UNIT_INT_EQ(c->listeners[0].kind, CONF_FORWARD);
	CU_ASSERT(c->listeners[0].private_for_local && !c->listeners[0].private_destinations);
	CU_ASSERT(!acl_ports_has(&c->listeners[0].connect_ports, 80));
	CU_ASSERT(c->store.size >= 1ull << 30 && c->store.size <= 20ull << 30);
	UNIT_STR_EQ(str_of(c->store.path),
	            geteuid() == 0 ? "/var/cache/weir" : "/nonexistent/cache/weir");
	UNIT_STR_EQ(c->log.access_path, geteuid() == 0 ? "/var/log/weir/access.log"
	                                               : "/nonexistent/state/weir/access.log");
	conf_free(c);
	CU_ASSERT(conf_default_text(text, 20) < 0);
}

static void missing_file(void)
{
	char *said;
	size_t n;
	FILE *out = open_memstream(&said, &n);

	CU_ASSERT(conf_load("/nonexistent/weir.ini", out) == NULL);
	fclose(out);
	UNIT_STR_EQ(str_of(said), "/nonexistent/weir.ini: No such file or directory\n");
	free(said);
	out = open_memstream(&said, &n);
	CU_ASSERT(conf_load("/tmp", out) == NULL);
	fclose(out);
	UNIT_STR_EQ(str_of(said), "/tmp: cannot be read: Is a directory\n");
	free(said);
}

static void sections(void)
{
	UNIT_CONF_BAD("", "t: there is no [listen NAME] section: nobody could come in\n");
	UNIT_CONF_BAD("[listn l]\n[cache a]\n[listen]\n[weir]\n[weir]\n",
	              "t:1: [listn l]: there is no such section; did you mean listen?\n"
	              "t:2: [cache a]: has no name: write [cache]\n"
	              "t:3: [listen]: needs one name, as in [listen lan]\n"
	              "t:5: [weir]: is there already, in line 4\n");
	UNIT_CONF_BAD(HEAD "[listen l]\naddress = 127.0.0.1:2\n[pool l]\nserver = a\n[Cache]\n",
	              "t:5: [listen l]: is there already, in line 3\n"
	              "t:9: [Cache]: there is no such section; did you mean cache?\n");
	conf_free(UNIT_CONF_GOOD("[listen l]\naddress = 127.0.0.1:1\n",
	                         "t: warning: there is no [cache] section: nothing is kept\n"));
}

static void many_sections(void)
{
	char *text = malloc(40000), *at = stpcpy(text, HEAD), want[100];

	for (int i = 3; i <= 1001; i++)
		at += sprintf(at, "[pool p%d]\nserver = a\n", i);
	sprintf(want, "t:%d: [pool p1001]: at most 1000 sections\n", 5 + 2 * (1001 - 3));
	UNIT_CONF_BAD(text, want);
	free(text);
}

static void options(void)
{
	UNIT_CONF_BAD(HEAD "kidn = reverse\nsize = 1G\nzzz = 1\n[weir]\nworkers = 1\nworkers = 1\n",
	              "t:5: kidn: [listen] has no such option; did you mean kind?\n"
	              "t:6: size: is an option of [cache], not of [listen]; did you mean sites?\n"
	              "t:7: zzz: [listen] has no such option\n"
	              "t:10: workers: is given already, in line 9\n");
	UNIT_CONF_BAD("[listen l]\n[pool p]\n[cache]\nsize = 1G\n",
	              "t:1: address: is missing\nt:2: server: is missing\nt:3: path: is missing\n");
}

static void kinds(void)
{
	UNIT_CONF_BAD(HEAD "kind = reverse\n", "t:3: pool: is missing: kind = reverse needs one\n");
	UNIT_CONF_BAD(HEAD "kind = reverse\npool = ap\n[pool app]\nserver = a\n",
	              "t:6: pool: there is no [pool ap]; did you mean app?\n");
	UNIT_CONF_BAD(HEAD "pool = app\nsites = a\n[pool app]\nserver = a\n",
	              "t:5: pool: is for kind = reverse only\n"
	              "t:6: sites: is for kind = reverse only\n");
	UNIT_CONF_BAD(HEAD "kind = admin\nconnect_ports = 443\n",
	              "t:6: connect_ports: is for kind = forward only\n");
	UNIT_CONF_BAD(
	    HEAD "[listen m]\naddress = 192.0.2.1:1\nkind = revers\n",
	    "t:6: warning: address: without [access] only clients on this host are served\n"
	    "t:7: kind: `revers` is not one of forward, reverse, admin (default forward); "
	    "did you mean reverse?\n");
}

static void relations(void)
{
	UNIT_CONF_BAD("[cache]\npath = /c\nsize = 1G\nindex_size = 600M\nmax_object = 2G\n"
	              "min_object = 1M\n[listen l]\naddress = 127.0.0.1:1\n",
	              "t:4: index_size: is over half of size\nt:5: max_object: is over size\n");
	UNIT_CONF_BAD("[cache]\npath = /c\nmax_object = 1M\nmin_object = 2M\n"
	              "[listen l]\naddress = 127.0.0.1:1\n",
	              "t:4: min_object: is over max_object: nothing would be kept\n");
	UNIT_CONF_BAD(
	    "[weir]\nmax_request_line = 16K\nmax_head = 8K\nmax_response_head = 8K\n" HEAD,
	    "t: max_status_line: is over max_response_head\n"
	    "t:2: max_request_line: is over max_head\n");
	conf_free(UNIT_CONF_GOOD(
	    "[weir]\nrequest_memory = 128K\n" HEAD,
	    "t:2: warning: request_memory: is under max_head and max_response_head together\n"));
	conf_free(UNIT_CONF_GOOD("[weir]\npool_idle = 8\npool_per_origin = 9\n" HEAD,
	                         "t:3: warning: pool_per_origin: is over pool_idle (8)\n"));
}

/* A path of n bytes. */
static const char *long_path(size_t n)
{
	static char path[300];

	memset(path, 'a', n);
	path[0] = '/';
	path[n] = '\0';
	return path;
}

static void control(void)
{
	char text[1000], want[1000];
	struct conf *c;

	snprintf(text, sizeof text, "[weir]\ncontrol = %s\n" HEAD, long_path(107));
	c = UNIT_CONF_GOOD(text, "");
	UNIT_STR_EQ(c->control, long_path(107));
	conf_free(c);
	snprintf(text, sizeof text, "[weir]\ncontrol = %s\n" HEAD, long_path(108));
	UNIT_CONF_BAD(text, "t:2: control: a socket's path has at most 107 bytes\n");
	snprintf(text, sizeof text, "[cache]\npath = %s\n[listen l]\naddress = 127.0.0.1:1\n",
	         long_path(98));
	snprintf(want, sizeof want,
	         "t: warning: control: %s/weir.sock is too long for a socket: there will be none\n",
	         long_path(98));
	c = UNIT_CONF_GOOD(text, want);
	UNIT_STR_EQ(c->control, "");
	conf_free(c);
}

/* Bytes of the file do not reach the terminal as they are. */
static void hostile_bytes(void)
{
	UNIT_CONF_BAD_BYTES(HEAD "\x1b[2J = 1\n", "t:5: a control byte\n");
	UNIT_CONF_BAD_BYTES(HEAD "kind = a\tb\n",
	                    "t:5: kind: `a?b` is not one of forward, reverse, admin (default "
	                    "forward)\n");
	conf_free(NULL);
}

UNIT_MAIN("conf", {"bench", bench}, {"samples", samples}, {"built-in default", built_in_default},
          {"missing file", missing_file}, {"sections", sections}, {"many sections", many_sections},
          {"options", options}, {"kinds", kinds}, {"relations", relations}, {"control", control},
          {"hostile bytes", hostile_bytes})
