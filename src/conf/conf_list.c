/* conf_list.c - reads and writes values that are lists, one element at a time.
 *
 * Addresses and host names are read by net, http and policy, whose rules hold here too: a name is
 * in the normal form in which requests will be compared with it. */
#include "conf/conf_list.h"

#include "base/err.h"
#include "base/obj.h"
#include "conf/conf_value.h"
#include "http/uri.h"
#include "http/value.h"

#define ADDRESSES_MAX 64 /* of a listener */

static void refuse(struct conf_load *l, const struct conf_option *o, struct str text,
                   const char *why)
{
	struct str cut = str_slice(text, 0, 100);

	conf_report_error(&l->report, l->line, str_of(o->name), "`%.*s`: %s", STR_F(cut), why);
}

/* What a reader of another room answered: 0, ERR_NOMEM, or ERR_BAD and why. */
static void judge(struct conf_load *l, const struct conf_option *o, struct str text, int err,
                  const char *why)
{
	if (err == ERR_NOMEM)
		l->report.no_memory = true;
	else if (err != 0)
		refuse(l, o, text, why == NULL ? err_text(err) : why);
}

/* ---- as written ---- */

void conf_list_keep(struct conf_load *l, struct conf_line **lines, unsigned *count,
                    const struct conf_option *o, struct str value)
{
	struct conf_line *more = conf_report_grow(&l->report, *lines, *count, sizeof **lines);

	if (more == NULL)
		return;
	*lines = more;
	more[*count].option = str_of(o->name);
	more[*count].value = conf_report_dup(&l->report, value);
	++*count;
}

bool conf_list_write(FILE *out, const struct conf_option *o, const struct conf_line *lines,
                     unsigned count, unsigned at)
{
	for (unsigned i = 0; i < count; i++)
		if (str_eq(lines[i].option, str_of(o->name)) && at-- == 0) {
			fprintf(out, "%.*s", STR_F(lines[i].value));
			return true;
		}
	return false;
}

static bool write_listener_line(FILE *out, const struct conf_option *o, const void *object,
                                unsigned at)
{
	const struct conf_listener *c = object;

	return conf_list_write(out, o, c->lines, c->line_count, at);
}

/* ---- addresses ---- */

/* "address:port"; port may be missing when standard is not 0. Where we listen ourselves (standard
 * 0) the port may be 0: one that is free, told in the log. NULL, or what is wrong. */
static const char *parse_address(struct str text, uint16_t standard, union conn_address *out)
{
	size_t colon = text.n;
	struct str ip, port;
	uint64_t n = standard;

	while (colon != 0 && text.p[colon - 1] != ':' && text.p[colon - 1] != ']')
		colon--;
	ip = text;
	port = STR_NONE;
	if (colon != 0 && text.p[colon - 1] == ':') {
		ip = str_slice(text, 0, colon - 1);
		port = str_slice(text, colon, text.n);
		if (!str_u64(port, &n) || (n == 0 && standard != 0) || n > 65535)
			return "the port behind the last : is not 1 to 65535";
	} else if (standard == 0) {
		return "a port is missing, as in 127.0.0.1:3128 or [::1]:3128";
	}
	if (str_eq(ip, STR("*")) || ip.n == 0)
		return "for all addresses write both 0.0.0.0 and [::], each with the port";
	if (str_find(ip, ':', 0) != ip.n && ip.p[0] != '[')
		return "an IPv6 address stands in brackets, as in [::1]:3128";
	if (conn_address_parse(ip, (uint16_t)n, out) != 0)
		return "not a numeric address, as in 127.0.0.1:3128 or [::1]:3128";
	return NULL;
}

static bool is_any(const union conn_address *a)
{
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

/* Would the kernel refuse the second one? */
static bool clash(const union conn_address *a, const union conn_address *b)
{
	return a->sa.sa_family == b->sa.sa_family && conn_address_port(a) != 0 &&
	       conn_address_port(a) == conn_address_port(b) &&
	       (is_any(a) || is_any(b) || conn_address_equal(a, b));
}

/* Tells of an earlier address that is in the way of this one. */
static bool is_taken(struct conf_load *l, const struct conf_option *o, const union conn_address *a)
{
	char old[CONN_ADDRESS_TEXT], new[CONN_ADDRESS_TEXT];

	for (unsigned i = 0; i < l->conf->listener_count; i++) {
		const struct conf_listener *c = &l->conf->listeners[i];

		for (unsigned j = 0; j < c->address_count; j++)
			if (clash(&c->addresses[j], a)) {
				conf_report_error(
				    &l->report, l->line, str_of(o->name),
				    "%.*s is taken by %.*s of [listen %.*s] (line %u)",
				    STR_F(conn_address_text(a, new)),
				    STR_F(conn_address_text(&c->addresses[j], old)), STR_F(c->name),
				    c->address_lines[j]);
				return true;
			}
	}
	return false;
}

static void read_address(struct conf_load *l, const struct conf_option *o, void *object,
                         struct str text)
{
	struct conf_listener *c = object;
	unsigned n = c->address_count;
	union conn_address a;
	const char *why = parse_address(text, 0, &a);

	if (n == ADDRESSES_MAX)
		why = "a listener has at most 64 addresses";
	if (why != NULL) {
		refuse(l, o, text, why);
		return;
	}
	if (is_taken(l, o, &a))
		return;
	c->addresses = conf_report_grow(&l->report, c->addresses, n, sizeof *c->addresses);
	c->address_lines =
	    conf_report_grow(&l->report, c->address_lines, n, sizeof *c->address_lines);
	if (c->addresses == NULL || c->address_lines == NULL) {
		c->address_count = 0;
		return;
	}
	c->addresses[n] = a;
	c->address_lines[n] = l->line;
	c->address_count++;
}

static bool write_address(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct conf_listener *c = object;
	char text[CONN_ADDRESS_TEXT];

	(void)o;
	if (at >= c->address_count)
		return false;
	fprintf(out, "%.*s", STR_F(conn_address_text(&c->addresses[at], text)));
	return true;
}

static void read_resolver(struct conf_load *l, const struct conf_option *o, void *object,
                          struct str text)
{
	struct str *all = conf_option_field(o, object);
	union conn_address a;
	char shown[CONN_ADDRESS_TEXT];
	const char *why = parse_address(text, 53, &a);

	if (why != NULL) {
		refuse(l, o, text, why);
		return;
	}
	struct str pieces[] = {*all, STR(", "), conn_address_text(&a, shown)};
	unsigned from = all->n == 0 ? 2 : 0;

	*all = arena_join(l->report.arena, pieces + from, 3 - from);
	if (all->p == NULL)
		l->report.no_memory = true;
}

static bool write_resolver(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct str *all = conf_option_value(o, object);

	if (at != 0 || all->n == 0)
		return false;
	fprintf(out, "%.*s", STR_F(*all));
	return true;
}

/* ---- ports, networks, names ---- */

static void read_ports(struct conf_load *l, const struct conf_option *o, void *object,
                       struct str text)
{
	const char *why = NULL;
	int err = acl_ports_add(conf_option_field(o, object), l->report.arena, text, &why);

	judge(l, o, text, err, why);
}

static bool write_ports(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct conf_listener *c = object;
	const struct acl_ports *ports = conf_option_value(o, object);

	if (at >= ports->count || c->kind != CONF_FORWARD)
		return false;
	fprintf(out, "%u", ports->at[at].from);
	if (ports->at[at].to != ports->at[at].from)
		fprintf(out, "-%u", ports->at[at].to);
	return true;
}

static void read_network(struct conf_load *l, const struct conf_option *o, void *object,
                         struct str text)
{
	struct conf_listener *c = object;
	const char *why = NULL;
	int err = acl_networks_add(conf_option_field(o, object), l->report.arena, text, &why);

	judge(l, o, text, err, why);
	if (err == 0)
		conf_list_keep(l, &c->lines, &c->line_count, o, text);
}

static void read_site(struct conf_load *l, const struct conf_option *o, void *object,
                      struct str text)
{
	struct conf_listener *c = object;
	struct acl_names *names = conf_option_field(o, object);
	const char *why = NULL;
	int err;

	names->key = l->conf->access->key;
	err = acl_names_add(names, l->report.arena, text, &why);
	judge(l, o, text, err, why);
	if (err == 0)
		conf_list_keep(l, &c->lines, &c->line_count, o, text);
}

/* ---- keys of the cache ---- */

#define IGNORED_MAX 256

static bool is_parameter(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f ||
		    strchr("&=#*", s.p[i]) != NULL)
			return false;
	return true;
}

static void add_ignored(struct conf_load *l, const struct conf_option *o, struct str host,
                        struct str name)
{
	struct cache_key_rules *rules = &l->conf->key_rules;
	bool prefix = str_ends(name, STR("*"));
	struct str bare = str_slice(name, 0, name.n - prefix);
	struct cache_key_rule *v;

	if (name.n == 0 || !is_parameter(bare)) {
		refuse(l, o, name, "not a parameter, as in countme or utm_*");
		return;
	}
	if (rules->n == IGNORED_MAX) {
		refuse(l, o, name, "there may be 256 parameters");
		return;
	}
	v = conf_report_grow(&l->report, rules->v, rules->n, sizeof *v);
	if (v == NULL)
		return;
	rules->v = v;
	v[rules->n++] = (struct cache_key_rule){host, conf_report_dup(&l->report, bare), prefix};
}

/* "name, name*" or "host: name, name*". */
static void read_ignored(struct conf_load *l, const struct conf_option *o, void *object,
                         struct str text)
{
	struct conf *c = object;
	size_t from = text.n > 0 && text.p[0] == '[' ? str_find(text, ']', 0) : 0;
	size_t colon = str_find(text, ':', from);
	struct str names = text, host = STR_NONE, name;
	const char *why = NULL;
	struct uri uri;
	int err;

	if (colon < text.n) {
		host = str_trim(str_slice(text, 0, colon));
		names = str_trim(str_slice(text, colon + 1, text.n));
		err = uri_parse_host(l->report.arena, host, 80, &uri, &why);
		judge(l, o, host, err, why);
		if (err != 0)
			return;
		host = conf_report_dup(&l->report, uri.host);
	}
	if (names.n == 0) {
		refuse(l, o, text, "names no parameter");
		return;
	}
	while (str_split(&names, ',', &name))
		add_ignored(l, o, host, name);
	conf_list_keep(l, &c->cache_lines, &c->cache_line_count, o, text);
}

static bool write_ignored(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct conf *c = object;

	return conf_list_write(out, o, c->cache_lines, c->cache_line_count, at);
}

/* ---- servers, media types ---- */

static void read_server(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	struct conf_pool *pool = object;
	struct conf_server *s;
	struct uri uri;
	const char *why = NULL;
	int err = uri_parse_host(l->report.arena, text, 80, &uri, &why);

	if (err == 0 && pool->server_count == BALANCE_SERVERS_MAX) {
		err = ERR_BAD;
		why = "a pool has at most 64 servers";
	}
	judge(l, o, text, err, why);
	if (err != 0)
		return;
	s = conf_report_grow(&l->report, pool->servers, pool->server_count, sizeof *s);
	if (s == NULL)
		return;
	pool->servers = s;
	s += pool->server_count++;
	*s = (struct conf_server){.host = conf_report_dup(&l->report, uri.host), .port = uri.port};
	s->is_address = uri.family != 0;
	if (s->is_address)
		AZ(conn_address_parse(s->host, s->port, &s->address));
}

static bool write_server(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct conf_pool *pool = object;

	(void)o;
	if (at >= pool->server_count)
		return false;
	fprintf(out, "%.*s:%u", STR_F(pool->servers[at].host), pool->servers[at].port);
	return true;
}

static bool is_media_type(struct str text)
{
	size_t slash = str_find(text, '/', 0);

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] == ';' || (text.p[i] == '/' && i != slash) ||
		    (text.p[i] == '*' && (i != slash + 1 || i + 1 != text.n)))
			return false;
	return slash != 0 && slash + 1 < text.n;
}

static void read_media_type(struct conf_load *l, const struct conf_option *o, void *object,
                            struct str text)
{
	struct conf_gzip *gzip = conf_option_field(o, object);
	struct str *types;
	char *p;

	if (!is_media_type(text)) {
		refuse(l, o, text, "not a media type, as in text/html or text/*");
		return;
	}
	types = conf_report_grow(&l->report, gzip->types, gzip->type_count, sizeof *types);
	p = conf_report_alloc(&l->report, text.n + 1);
	if (types == NULL || p == NULL)
		return;
	for (size_t i = 0; i < text.n; i++)
		p[i] = str_lower(text.p[i]);
	gzip->types = types;
	types[gzip->type_count++] = (struct str){p, text.n};
}

static bool write_media_type(FILE *out, const struct conf_option *o, const void *object,
                             unsigned at)
{
	const struct conf_gzip *gzip = conf_option_value(o, object);

	if (at >= gzip->type_count)
		return false;
	fprintf(out, "%.*s", STR_F(gzip->types[at]));
	return true;
}

/* The lower case word none is no name, so that the standard one can be turned off. */
static void read_target(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	struct cache_control_targets *t = conf_option_field(o, object);

	if (str_eq(text, STR("none"))) {
		if (t->n != 0)
			refuse(l, o, text, "stands alone");
		return;
	}
	for (unsigned i = 0; i < t->n; i++)
		if (str_ieq(t->names[i], text))
			return;
	if (!value_is_token(text))
		refuse(l, o, text, "not a name of a field, as in CDN-Cache-Control");
	else if (str_ieq(text, STR("Cache-Control")) || str_ieq(text, STR("Expires")))
		refuse(l, o, text, "is read in any case");
	else if (t->n == CACHE_CONTROL_TARGETS)
		refuse(l, o, text, "one too many: there may be 8");
	else
		t->names[t->n++] = conf_report_dup(&l->report, text);
}

static bool write_target(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct conf_listener *c = object;
	const struct cache_control_targets *t = conf_option_value(o, object);

	if (c->kind != CONF_REVERSE || at >= MAX(t->n, 1u))
		return false;
	fprintf(out, "%.*s", STR_F(t->n == 0 ? STR("none") : t->names[at]));
	return true;
}

const struct conf_type conf_list_targets = {.what = "names of fields",
                                            .list = true,
                                            .repeats = true,
                                            .read = read_target,
                                            .write = write_target};
const struct conf_type conf_list_ignored = {.what = "parameters, with a host: or without",
                                            .repeats = true,
                                            .read = read_ignored,
                                            .write = write_ignored};
const struct conf_type conf_list_addresses = {.what = "addresses with ports",
                                              .list = true,
                                              .repeats = true,
                                              .read = read_address,
                                              .write = write_address};
const struct conf_type conf_list_resolvers = {.what = "addresses",
                                              .list = true,
                                              .repeats = true,
                                              .read = read_resolver,
                                              .write = write_resolver};
const struct conf_type conf_list_ports = {
    .what = "ports", .list = true, .repeats = true, .read = read_ports, .write = write_ports};
const struct conf_type conf_list_networks = {.what = "networks",
                                             .list = true,
                                             .repeats = true,
                                             .read = read_network,
                                             .write = write_listener_line};
const struct conf_type conf_list_sites = {.what = "host names",
                                          .list = true,
                                          .repeats = true,
                                          .read = read_site,
                                          .write = write_listener_line};
const struct conf_type conf_list_servers = {
    .what = "servers", .list = true, .repeats = true, .read = read_server, .write = write_server};
const struct conf_type conf_list_media_types = {.what = "media types",
                                                .list = true,
                                                .repeats = true,
                                                .read = read_media_type,
                                                .write = write_media_type};
