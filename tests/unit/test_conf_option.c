/* test_conf_option.c - the table is sound: every default and range can be read, guesses are near.
 */
#include "conf/conf_option.h"
#include "conf/conf_value.h"
#include "http/h1.h"
#include "unit_conf.h"

static bool is_numeric(const struct conf_option *o)
{
	return o->type->size != 0;
}

static void table(void)
{
	for (unsigned i = 0; i < conf_option_count; i++) {
		const struct conf_option *o = &conf_option_table[i];
		uint64_t low, high;

		CU_ASSERT(o->type->read != NULL && *o->type->what != '\0');
		CU_ASSERT(strlen(o->name) <= 49 && *o->text != '\0');
		CU_ASSERT(o->text[strlen(o->text) - 1] == '.');
		CU_ASSERT(conf_option_find(o->section, str_of(o->name)) == o);
		CU_ASSERT(i == 0 || o[-1].section <= o->section);
		if (is_numeric(o))
			conf_value_range(o, &low, &high); /* dies of a wrong one */
	}
	CU_ASSERT(conf_option_find(CONF_SECTION_WEIR, STR("size")) == NULL);
	UNIT_INT_EQ(conf_option_section_of(STR("acl")), CONF_SECTION_ACL);
	UNIT_INT_EQ(conf_option_section_of(STR("ac")), CONF_SECTIONS);
}

/* Each default passes through its own reader without complaint; HOSTILE's numbers come out. */
static void defaults(void)
{
	struct conf *c = UNIT_CONF_GOOD("[listen l]\naddress = 127.0.0.1:1\n"
	                                "[cache]\npath = /c\n",
	                                "");
	const struct cache_opts want = CACHE_OPTS_DEFAULT;

	CU_ASSERT(c->workers >= 1);
	UNIT_STR_EQ(c->via, "weir");
	UNIT_STR_EQ(c->hosts_file, "/etc/hosts");
	UNIT_STR_EQ(c->control, "/c/weir.sock");
	UNIT_INT_EQ(c->pipeline, 8);
	UNIT_INT_EQ(c->request_memory, 256 << 10);
	UNIT_INT_EQ(c->timeouts.head, 20000);
	UNIT_INT_EQ(c->timeouts.idle, 60000);
	UNIT_INT_EQ(c->timeouts.body_window, 30000);
	UNIT_INT_EQ(c->timeouts.min_rate, 1024);
	UNIT_INT_EQ(c->timeouts.connect, 10000);
	UNIT_INT_EQ(c->timeouts.first_byte, 60000);
	UNIT_INT_EQ(c->timeouts.drain, 600000);
	CU_ASSERT(memcmp(&c->limits, &h1_limits_request, sizeof c->limits) == 0);
	UNIT_INT_EQ(c->response_limits.line, h1_limits_response.line);
	UNIT_INT_EQ(c->response_limits.head, h1_limits_response.head);
	UNIT_INT_EQ(c->response_limits.fields, h1_limits_response.fields);
	UNIT_INT_EQ(c->response_limits.empty_lines, h1_limits_response.empty_lines);
	UNIT_INT_EQ(c->cache.heuristic_percent, want.heuristic_percent);
	UNIT_INT_EQ(c->cache.heuristic_max, want.heuristic_max);
	UNIT_INT_EQ(c->cache.lifetime_max, want.lifetime_max);
	UNIT_INT_EQ(c->cache.stale_if_error, want.stale_if_error);
	UNIT_INT_EQ(c->cache.hit_for_miss, want.hit_for_miss);
	UNIT_INT_EQ(c->cache.store_set_cookie, want.store_set_cookie);
	UNIT_INT_EQ(c->store.size, 1 << 30);
	CU_ASSERT(c->gzip.on);
	UNIT_INT_EQ(c->gzip.level, 6);
	UNIT_INT_EQ(c->gzip.type_count, 9);
	UNIT_STR_EQ(c->gzip.types[0], "text/*");
	UNIT_STR_EQ(c->gzip.types[8], "image/svg+xml");
	UNIT_INT_EQ(c->log.level, LOG_LEVEL_INFO);
	UNIT_STR_EQ(c->log.access_path, "");
	conf_free(c);
}

static void distances(void)
{
	static const struct {
		const char *a, *b;
		unsigned d;
	} cases[] = {
	    {"", "", 0},           {"", "abc", 3},           {"abc", "", 3},    {"abc", "abc", 0},
	    {"abc", "ABC", 0},     {"abc", "abd", 1},        {"abc", "acb", 1}, {"abc", "xabc", 1},
	    {"levle", "level", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		UNIT_INT_EQ(conf_option_distance(str_of(cases[i].a), str_of(cases[i].b)),
		            cases[i].d);
		UNIT_INT_EQ(conf_option_distance(str_of(cases[i].b), str_of(cases[i].a)),
		            cases[i].d);
	}
	/* The longest that is compared, and one byte more. */
	char text[50];
	memset(text, 'x', sizeof text);
	UNIT_INT_EQ(conf_option_distance((struct str){text, 49}, STR("")), 49);
	CU_ASSERT(conf_option_distance((struct str){text, 50}, STR("")) > 1000);
	CU_ASSERT(conf_option_distance(STR(""), (struct str){text, 50}) > 1000);
}

static void guesses(void)
{
	struct conf_option_guess g = {.wanted = STR("worker")};
	char hint[80];

	UNIT_STR_EQ(conf_option_hint(&g, hint), "");
	conf_option_offer(&g, STR("user"));
	UNIT_STR_EQ(conf_option_hint(&g, hint), "");
	conf_option_offer(&g, STR("wokers"));
	conf_option_offer(&g, STR("workers"));
	conf_option_offer(&g, STR("walkers"));
	UNIT_STR_EQ(conf_option_hint(&g, hint), "; did you mean workers?");
}

static void wishes(void)
{
	char text[400];

	UNIT_STR_EQ(conf_option_wish(conf_option_find(CONF_SECTION_CACHE, STR("size")), text),
	            "a size (with K, M, G or T), 16M or more (default 1G)");
	UNIT_STR_EQ(conf_option_wish(conf_option_find(CONF_SECTION_LISTEN, STR("kind")), text),
	            "one of forward, reverse, admin (default forward)");
	UNIT_STR_EQ(conf_option_wish(conf_option_find(CONF_SECTION_GZIP, STR("on")), text),
	            "yes or no (default yes)");
	UNIT_STR_EQ(conf_option_wish(conf_option_find(CONF_SECTION_CACHE, STR("path")), text),
	            "a path that begins with /");
}

UNIT_MAIN("conf_option", {"table", table}, {"defaults", defaults}, {"distances", distances},
          {"guesses", guesses}, {"wishes", wishes})
