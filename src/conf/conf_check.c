/* conf_check.c - errors and warnings about options that do not fit together.
 *
 * Called by conf_load when the values are in place. */
#include "conf/conf_check.h"

#include <inttypes.h>
#include <sys/un.h>
#include "base/obj.h"

static bool is_local(const union conn_address *a)
{
	struct acl_address bytes = a->sa.sa_family == AF_INET
	                               ? acl_address_of(4, &a->in.sin_addr)
	                               : acl_address_of(6, &a->in6.sin6_addr);

	return acl_address_is_loopback(&bytes);
}

/* Others can connect, and nobody has said that they may. */
static void warn_of_closed_door(struct conf_load *l, const struct conf_listener *c)
{
	for (unsigned i = 0; i < c->address_count; i++)
		if (!is_local(&c->addresses[i])) {
			conf_report_warning(
			    &l->report, c->address_lines[i], STR("address"),
			    "without [access] only clients on this host are served");
			return;
		}
}

void conf_check_listener(struct conf_load *l, const struct conf_listener *c, unsigned line)
{
	unsigned pool = conf_option_line(l, CONF_SECTION_LISTEN, "pool");
	unsigned sites = conf_option_line(l, CONF_SECTION_LISTEN, "sites");
	unsigned ports = conf_option_line(l, CONF_SECTION_LISTEN, "connect_ports");
	unsigned targeted = conf_option_line(l, CONF_SECTION_LISTEN, "targeted");

	if (c->kind == CONF_REVERSE && pool == 0)
		conf_report_error(&l->report, line, STR("pool"),
		                  "is missing: kind = reverse needs one");
	if (c->kind != CONF_REVERSE && pool != 0)
		conf_report_error(&l->report, pool, STR("pool"), "is for kind = reverse only");
	if (c->kind != CONF_REVERSE && sites != 0)
		conf_report_error(&l->report, sites, STR("sites"), "is for kind = reverse only");
	if (c->kind != CONF_REVERSE && targeted != 0)
		conf_report_error(&l->report, targeted, STR("targeted"),
		                  "is for kind = reverse only");
	if (c->kind != CONF_FORWARD && ports != 0)
		conf_report_error(&l->report, ports, STR("connect_ports"),
		                  "is for kind = forward only");
	if (c->kind != CONF_REVERSE && !l->conf->has_access)
		warn_of_closed_door(l, c);
}

static bool is_used(const struct acl_access *x, struct str name)
{
	for (unsigned i = 0; i < x->rule_count; i++)
		for (unsigned j = 0; j < x->rules[i].term_count; j++)
			if (x->rules[i].terms[j].acl != NULL &&
			    str_eq(x->rules[i].terms[j].acl->name, name))
				return true;
	return false;
}

void conf_check_acl(struct conf_load *l, const struct conf_acl *acl, unsigned line)
{
	if (!is_used(l->conf->access, acl->name))
		conf_report_warning(&l->report, line, acl->name,
		                    "no rule of [access] uses this acl");
}

static void check_cache(struct conf_load *l)
{
	const struct store_opts *s = &l->conf->store;

	if (s->path == NULL)
		return;
	if (s->index_size > s->size / 2)
		conf_report_error(&l->report, conf_option_line(l, CONF_SECTION_CACHE, "index_size"),
		                  STR("index_size"), "is over half of size");
	if (s->max_object > s->size)
		conf_report_error(&l->report, conf_option_line(l, CONF_SECTION_CACHE, "max_object"),
		                  STR("max_object"), "is over size");
	if (s->max_object != 0 && s->min_object > s->max_object)
		conf_report_error(&l->report, conf_option_line(l, CONF_SECTION_CACHE, "min_object"),
		                  STR("min_object"), "is over max_object: nothing would be kept");
}

static void check_limits(struct conf_load *l)
{
	const struct conf *c = l->conf;

	if (c->limits.line > c->limits.head)
		conf_report_error(&l->report,
		                  conf_option_line(l, CONF_SECTION_WEIR, "max_request_line"),
		                  STR("max_request_line"), "is over max_head");
	if (c->response_limits.line > c->response_limits.head)
		conf_report_error(&l->report,
		                  conf_option_line(l, CONF_SECTION_WEIR, "max_status_line"),
		                  STR("max_status_line"), "is over max_response_head");
	if (c->request_memory < c->limits.head + c->response_limits.head)
		conf_report_warning(
		    &l->report, conf_option_line(l, CONF_SECTION_WEIR, "request_memory"),
		    STR("request_memory"), "is under max_head and max_response_head together");
}

/* A socket's path must fit struct sockaddr_un. */
static void check_control(struct conf_load *l)
{
	struct conf *c = l->conf;
	unsigned line = conf_option_line(l, CONF_SECTION_WEIR, "control");
	size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;

	if (line == 0 && c->control.n == 0 && c->store.path != NULL) {
		c->control = arena_printf(l->report.arena, "%s/weir.sock", c->store.path);
		l->report.no_memory = l->report.no_memory || c->control.p == NULL;
	}
	if (c->control.n <= most)
		return;
	if (line != 0)
		conf_report_error(&l->report, line, STR("control"),
		                  "a socket's path has at most %zu bytes", most);
	else
		conf_report_warning(&l->report, 0, STR("control"),
		                    "%.*s is too long for a socket: there will be none",
		                    STR_F(c->control));
	c->control = STR_NONE;
}

void conf_check_whole(struct conf_load *l)
{
	const struct conf *c = l->conf;

	check_cache(l);
	check_control(l);
	if (c->pool_per_origin > c->pool_idle)
		conf_report_warning(&l->report,
		                    conf_option_line(l, CONF_SECTION_WEIR, "pool_per_origin"),
		                    STR("pool_per_origin"), "is over pool_idle (%u)", c->pool_idle);
	check_limits(l);
	if (c->listener_count == 0 && l->report.errors == 0)
		conf_report_error(&l->report, 0, STR_NONE,
		                  "there is no [listen NAME] section: nobody could come in");
	if (c->store.path == NULL && l->report.errors == 0)
		conf_report_warning(&l->report, 0, STR_NONE,
		                    "there is no [cache] section: nothing is kept");
}
