/* test_conf_value.c - each plain type: what it takes, what it refuses, and with which words. */
#include "unit_conf.h"

#define LISTEN "[listen l]\naddress = 127.0.0.1:1\n"
#define HEAD LISTEN "[cache]\npath = /c\n"
/* Line 1 holds the value. */
#define WEIR(line) "[weir]\n" line "\n" HEAD

static unsigned connect_timeout(const char *value)
{
	char text[300];
	struct conf *c;
	unsigned ms;

	snprintf(text, sizeof text, WEIR("connect_timeout = %s"), value);
	c = UNIT_CONF_GOOD(text, "");
	ms = c->timeouts.connect;
	conf_free(c);
	return ms;
}

static void times(void)
{
	UNIT_INT_EQ(connect_timeout("100ms"), 100);
	UNIT_INT_EQ(connect_timeout("2500 ms"), 2500);
	UNIT_INT_EQ(connect_timeout("7"), 7000);
	UNIT_INT_EQ(connect_timeout("7s"), 7000);
	UNIT_INT_EQ(connect_timeout("5m"), 300000);
#define TIME " is not a time (with ms, s, m, h or d), 100ms to 5m (default 10s)\n"
	UNIT_CONF_BAD(WEIR("connect_timeout = "), "t:2: connect_timeout: ``" TIME);
	UNIT_CONF_BAD(WEIR("connect_timeout = s"), "t:2: connect_timeout: `s`" TIME);
	UNIT_CONF_BAD(WEIR("connect_timeout = -1s"), "t:2: connect_timeout: `-1s`" TIME);
	UNIT_CONF_BAD(WEIR("connect_timeout = 1.5s"), "t:2: connect_timeout: `1.5s`" TIME);
	UNIT_CONF_BAD(WEIR("connect_timeout = 1S"), "t:2: connect_timeout: `1S`" TIME);
	UNIT_CONF_BAD(WEIR("connect_timeout = 1s s"), "t:2: connect_timeout: `1s s`" TIME);
	UNIT_CONF_BAD(
	    WEIR("connect_timeout = 99ms"),
	    "t:2: connect_timeout: 99ms is too small: it is a time (with ms, s, m, h or d), "
	    "100ms to 5m (default 10s)\n");
	UNIT_CONF_BAD(
	    WEIR("connect_timeout = 301s"),
	    "t:2: connect_timeout: 301s is too large: it is a time (with ms, s, m, h or d), "
	    "100ms to 5m (default 10s)\n");
	/* 64 bits wrap to 1 s. */
	UNIT_CONF_BAD(WEIR("connect_timeout = 18446744073709552d"),
	              "t:2: connect_timeout: `18446744073709552d`" TIME);
	UNIT_CONF_BAD(WEIR("connect_timeout = 18446744073709551617ms"),
	              "t:2: connect_timeout: `18446744073709551617ms`" TIME);
	/* 32 bits wrap. */
	UNIT_CONF_BAD(
	    WEIR("connect_timeout = 4294968296ms"),
	    "t:2: connect_timeout: 4294968296ms is too large: it is a time (with ms, s, m, "
	    "h or d), 100ms to 5m (default 10s)\n");
}

static uint64_t cache_size(const char *value)
{
	char text[300];
	struct conf *c;
	uint64_t n;

	snprintf(text, sizeof text, HEAD "size = %s\n", value);
	c = UNIT_CONF_GOOD(text, "");
	n = c->store.size;
	conf_free(c);
	return n;
}

static void sizes(void)
{
	UNIT_INT_EQ(cache_size("16M"), 16 << 20);
	UNIT_INT_EQ(cache_size("16777216"), 16 << 20);
	UNIT_INT_EQ(cache_size("16384k"), 16 << 20);
	UNIT_INT_EQ(cache_size("3 G"), 3ll << 30);
	UNIT_INT_EQ(cache_size("2T"), 2ll << 40);
#define SIZE " is not a size (with K, M, G or T), 16M or more (default 1G)\n"
	UNIT_CONF_BAD(HEAD "size = 20 %\n", "t:5: size: `20 %`" SIZE);
	UNIT_CONF_BAD(HEAD "size = 20GB\n", "t:5: size: `20GB`" SIZE);
	UNIT_CONF_BAD(HEAD "size = 0x10M\n", "t:5: size: `0x10M`" SIZE);
	UNIT_CONF_BAD(HEAD "size = +10M\n", "t:5: size: `+10M`" SIZE);
	UNIT_CONF_BAD(HEAD "size = 16777216T\n", "t:5: size: `16777216T`" SIZE);
	UNIT_CONF_BAD(
	    HEAD "size = 16383K\n",
	    "t:5: size: 16383K is too small: it is a size (with K, M, G or T), 16M or more "
	    "(default 1G)\n");
	struct conf *c = UNIT_CONF_GOOD(HEAD "heuristic_max = 2h\nstale_if_error = 3\n", "");
	UNIT_INT_EQ(c->cache.heuristic_max, 7200);
	UNIT_INT_EQ(c->cache.stale_if_error, 3);
	conf_free(c);
	UNIT_CONF_BAD(HEAD "heuristic_max = 1ms\n",
	              "t:5: heuristic_max: `1ms` is not a time (with s, m, h or d), 0 to 365d "
	              "(default 1d)\n");
}

static void numbers_and_workers(void)
{
	struct conf *c = UNIT_CONF_GOOD(WEIR("workers = 256\npipeline = 32"), "");

	UNIT_INT_EQ(c->workers, 256);
	UNIT_INT_EQ(c->pipeline, 32);
	conf_free(c);
	c = UNIT_CONF_GOOD(WEIR("workers = auto"), "");
	CU_ASSERT(c->workers >= 1 && c->workers <= 256);
	conf_free(c);
	UNIT_CONF_BAD(WEIR("workers = Auto\npipeline = 8s"),
	              "t:2: workers: `Auto` is not a number or auto, 1 to 256 (default auto)\n"
	              "t:3: pipeline: `8s` is not a number, 1 to 32 (default 8)\n");
	UNIT_CONF_BAD(WEIR("pipeline = 0"),
	              "t:2: pipeline: 0 is too small: it is a number, 1 to 32 (default 8)\n");
	UNIT_CONF_BAD(WEIR("pipeline = 33"),
	              "t:2: pipeline: 33 is too large: it is a number, 1 to 32 (default 8)\n");
}

static void words(void)
{
	struct conf *c =
	    UNIT_CONF_GOOD(HEAD "[gzip]\non = Off\n[log]\nlevel = debug\nformat = json\n", "");

	CU_ASSERT(!c->gzip.on);
	UNIT_INT_EQ(c->log.level, LOG_LEVEL_DEBUG);
	UNIT_INT_EQ(c->log.access_format, CONF_LOG_JSON);
	conf_free(c);
	UNIT_CONF_BAD(
	    HEAD "[gzip]\non = 1\n[log]\nlevel = warning\nformat = \n",
	    "t:6: on: `1` is not yes or no (default yes)\n"
	    "t:8: level: `warning` is not one of error, warn, info, debug (default info)\n"
	    "t:9: format: `` is not one of combined, squid, json (default combined)\n");
	UNIT_CONF_BAD(
	    HEAD "[log]\nlevel = wran\n",
	    "t:6: level: `wran` is not one of error, warn, info, debug (default info); did "
	    "you mean warn?\n");
}

static void private_destinations(void)
{
	struct conf *c = UNIT_CONF_GOOD("[cache]\npath = /c\n"
	                                "[listen a]\naddress = 127.0.0.1:1\n"
	                                "[listen b]\naddress = 127.0.0.1:2\n"
	                                "private_destinations = allow\n"
	                                "[listen c]\naddress = 127.0.0.1:3\n"
	                                "private_destinations = loopback\n",
	                                "");

	CU_ASSERT(!c->listeners[0].private_destinations && !c->listeners[0].private_for_local);
	CU_ASSERT(c->listeners[1].private_destinations && !c->listeners[1].private_for_local);
	CU_ASSERT(!c->listeners[2].private_destinations && c->listeners[2].private_for_local);
	conf_free(c);
	UNIT_CONF_BAD(
	    HEAD "[listen m]\naddress = 127.0.0.1:2\nprivate_destinations = yes\n",
	    "t:7: private_destinations: `yes` is not one of allow, deny, loopback (default "
	    "deny)\n");
}

static void texts(void)
{
	struct conf *c = UNIT_CONF_GOOD(WEIR("user = nobody\nvia = a.b-1\npid_file = /run/a b\n"
	                                     "control =\nhosts_file ="),
	                                "");

	UNIT_STR_EQ(c->user, "nobody");
	UNIT_STR_EQ(c->via, "a.b-1");
	UNIT_STR_EQ(c->pid_file, "/run/a b");
	UNIT_STR_EQ(c->control, ""); /* asked for: none, also beside a cache */
	UNIT_STR_EQ(c->hosts_file, "");
	conf_free(c);
	c = UNIT_CONF_GOOD(HEAD "[log]\naccess = -\nerror = /x\n", "");
	UNIT_STR_EQ(c->log.access_path, "-");
	UNIT_STR_EQ(c->log.error_path, "/x");
	conf_free(c);
	UNIT_CONF_BAD(WEIR("user = a b\nvia = a/b\npid_file = run\ncontrol = -"),
	              "t:2: user: `a b` is not a word without blanks\n"
	              "t:3: via: `a/b` is not a word of letters, digits and -._ (default weir)\n"
	              "t:4: pid_file: `run` is not a path that begins with /\n"
	              "t:5: control: `-` is not a path that begins with /\n");
	UNIT_CONF_BAD(LISTEN "[cache]\npath =\n[log]\nerror = --\n",
	              "t:4: path: `` is not a path that begins with /\n"
	              "t:6: error: `--` is not a path that begins with /, or -\n");
}

UNIT_MAIN("conf_value", {"times", times}, {"sizes", sizes},
          {"numbers and workers", numbers_and_workers}, {"words", words},
          {"private destinations", private_destinations}, {"texts", texts})
