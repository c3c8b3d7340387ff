/* conf_option.c - ties the table of options to the types of values, and guesses misspelt names.
 *
 * The only place where include/tbl/options.h becomes data. That a field is as wide as its type
 * writes it is proved here when it is compiled. */
#include "conf/conf_option.h"

#include "base/obj.h"
#include "conf/conf_acl.h"
#include "conf/conf_list.h"
#include "conf/conf_value.h"

const struct conf_section conf_option_sections[CONF_SECTIONS] = {
#define SECTION(id, name, named, text) {name, named, text},
#include "tbl/options.h"
};

/* What the options of each section fill. */
#define OBJECT_WEIR struct conf
#define OBJECT_LISTEN struct conf_listener
#define OBJECT_POOL struct conf_pool
#define OBJECT_CACHE struct conf
#define OBJECT_GZIP struct conf
#define OBJECT_LOG struct conf
#define OBJECT_ACL struct conf_acl
#define OBJECT_ACCESS struct conf

/* What each type writes. */
enum {
	size_value_number = sizeof(unsigned),
	size_value_number_of_bytes = sizeof(unsigned),
	size_value_workers = sizeof(unsigned),
	size_value_size = sizeof(uint64_t),
	size_value_millis = sizeof(unsigned),
	size_value_seconds = sizeof(uint32_t),
	size_value_switch = sizeof(bool),
	size_value_choice = sizeof(unsigned),
	size_value_private = sizeof(bool),
	size_value_text = sizeof(struct str),
	size_value_token = sizeof(struct str),
	size_value_path = sizeof(struct str),
	size_value_log_file = sizeof(struct str),
	size_value_folder = sizeof(char *),
	size_value_pool = sizeof(int),
	size_list_addresses = sizeof(union conn_address *),
	size_list_ports = sizeof(struct acl_ports),
	size_list_networks = sizeof(struct acl_networks),
	size_list_sites = sizeof(struct acl_names),
	size_list_servers = sizeof(struct conf_server *),
	size_list_targets = sizeof(struct cache_control_targets),
	size_list_media_types = sizeof(struct conf_gzip),
	size_list_ignored = sizeof(struct cache_key_rules),
	size_list_resolvers = sizeof(struct str),
	size_acl_client = sizeof(struct conf_line *),
	size_acl_client_file = size_acl_client,
	size_acl_domain = size_acl_client,
	size_acl_domain_file = size_acl_client,
	size_acl_port = size_acl_client,
	size_acl_method = size_acl_client,
	size_acl_listener = size_acl_client,
	size_acl_scheme = size_acl_client,
	size_acl_rule_allow = size_acl_client,
	size_acl_rule_deny = size_acl_client,
};

#define OPTION(section, name, type, field, standard, range, text) \
	_Static_assert(sizeof(((OBJECT_##section *)NULL)->field) == size_##type, \
	               #section "." #name " does not fit its field");
#include "tbl/options.h"

const struct conf_option conf_option_table[] = {
#define OPTION(section, name, type, field, standard, range, text) \
	{CONF_SECTION_##section, \
	 #name, \
	 &conf_##type, \
	 offsetof(OBJECT_##section, field), \
	 standard, \
	 range, \
	 text},
#include "tbl/options.h"
};
const unsigned conf_option_count = COUNT_OF(conf_option_table);
_Static_assert(COUNT_OF(conf_option_table) <= CONF_OPTIONS_MAX, "make CONF_OPTIONS_MAX larger");

enum conf_section_id conf_option_section_of(struct str name)
{
	unsigned i = 0;

	while (i < CONF_SECTIONS && !str_eq(str_of(conf_option_sections[i].name), name))
		i++;
	return (enum conf_section_id)i;
}

const struct conf_option *conf_option_find(enum conf_section_id section, struct str name)
{
	for (unsigned i = 0; i < conf_option_count; i++)
		if (conf_option_table[i].section == section &&
		    str_eq(str_of(conf_option_table[i].name), name))
			return &conf_option_table[i];
	return NULL;
}

unsigned conf_option_line(const struct conf_load *l, enum conf_section_id section, const char *name)
{
	const struct conf_option *o = conf_option_find(section, str_of(name));

	AN(o != NULL);
	return l->given[o - conf_option_table];
}

/* ---- guesses ---- */

#define GUESS_MAX 49

/* Damerau and Levenshtein's, restricted to swaps of neighbours: three rows are enough. */
unsigned conf_option_distance(struct str a, struct str b)
{
	unsigned rows[3][GUESS_MAX + 1];

	if (a.n > GUESS_MAX || b.n > GUESS_MAX)
		return UINT16_MAX;
	for (unsigned j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *now = rows[i % 3], *above = rows[(i + 2) % 3],
		         *before = rows[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned change = str_lower(a.p[i - 1]) != str_lower(b.p[j - 1]);

			now[j] = MIN(above[j], now[j - 1]) + 1;
			now[j] = MIN(now[j], above[j - 1] + change);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				now[j] = MIN(now[j], before[j - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}

void conf_option_offer(struct conf_option_guess *g, struct str name)
{
	unsigned d = conf_option_distance(g->wanted, name);

	if (d <= 1 + MIN(g->wanted.n, name.n) / 4 && d < MAX(g->wanted.n, name.n) &&
	    (g->best.n == 0 || d < g->distance)) {
		g->best = name;
		g->distance = d;
	}
}

struct str conf_option_hint(const struct conf_option_guess *g, char out[80])
{
	*out = '\0';
	if (g->best.n != 0)
		snprintf(out, 80, "; did you mean %.*s?", STR_F(g->best));
	return str_of(out);
}

/* "a..b" as people say it. */
static void say_range(struct str_out *o, struct str range)
{
	size_t dots = str_find(range, '.', 0);
	struct str low = str_slice(range, 0, dots), high = str_slice(range, dots + 2, range.n), w;

	if (dots == range.n) { /* words */
		for (unsigned i = 0; str_split(&range, '|', &w); i++) {
			str_put(o, i == 0 ? STR(" ") : STR(", "));
			str_put(o, w);
		}
	} else if (high.n == 0) {
		str_put(o, STR(", "));
		str_put(o, low);
		str_put(o, STR(" or more"));
	} else {
		str_put(o, STR(", "));
		str_put(o, low);
		str_put(o, STR(" to "));
		str_put(o, high);
	}
}

struct str conf_option_wish(const struct conf_option *o, char out[400])
{
	struct str_out w = str_out_of(out, 399);

	str_put(&w, str_of(o->type->what));
	if (*o->range != '\0' && strcmp(o->range, "yes|no") != 0)
		say_range(&w, str_of(o->range));
	if (o->standard != NULL && *o->standard != '\0') {
		str_put(&w, STR(" (default "));
		str_put(&w, str_of(o->standard));
		str_put(&w, STR(")"));
	}
	*w.at = '\0';
	return str_of(out);
}
