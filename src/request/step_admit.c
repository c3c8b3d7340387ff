/* step_admit.c - the first steps of a request: RECEIVE, IDENTIFY, SCREEN, ROUTE.
 *
 * Each asks policy and moves on; none of them waits. What is admitted goes to LOOKUP, TUNNEL's fill
 * or a local answer, the rest to REFUSE. */
#include "base/count.h"
#include "base/err.h"
#include "policy/cache_key.h"
#include "policy/cache_reuse.h"
#include "request/machine.h"
#include "request/respond.h"
#include "request/self.h"
#include "source/source_admin.h"

static enum machine_result refuse(struct request *r, int status, const char *why)
{
	request_refuse(r, status, why);
	return MACHINE_GO;
}

enum machine_result step_admit_receive(struct request *r)
{
	count_inc(COUNT_requests);
	if (r->verdict.status != 0) {
		count_inc(COUNT_requests_bad);
		if (r->verdict.close)
			r->sink->ops->close_after(r->sink);
		return refuse(r, r->verdict.status, r->verdict.why);
	}
	if (r->conf->max_request_body != 0 && r->msg.body == MSG_BODY_LENGTH &&
	    r->msg.length > r->conf->max_request_body) {
		r->sink->ops->close_after(r->sink);
		return refuse(r, 413, "the request's body is larger than the owner allows");
	}
	cache_control_request(&r->msg.fields, &r->cc);
	request_goto(r, REQUEST_IDENTIFY);
	return MACHINE_GO;
}

/* Identities beyond the address (logins, sessions by address) are asked for here. */
enum machine_result step_admit_identify(struct request *r)
{
	request_goto(r, REQUEST_SCREEN);
	return MACHINE_GO;
}

static bool is_loopback(const union conn_address *a)
{
	struct acl_address bytes = self_acl_address(a);

	return a->sa.sa_family == AF_UNIX || acl_address_is_loopback(&bytes);
}

enum machine_result step_admit_screen(struct request *r)
{
	const struct conf_listener *l = r->sink->listener;
	struct acl_verdict verdict;
	struct acl_subject subject = {.client = self_acl_address(r->sink->peer),
	                              .host = r->msg.uri.host,
	                              .port = r->msg.uri.port,
	                              .method = r->msg.method_name,
	                              .listener = l->name,
	                              .scheme = r->msg.uri.scheme_name};

	r->private_destinations =
	    l->private_destinations || (l->private_for_local && is_loopback(r->sink->peer));
	request_goto(r, REQUEST_ROUTE);
	if (l->kind == CONF_ADMIN)
		return MACHINE_GO; /* whoever may open the socket may ask */
	acl_judge(r->conf->access, &subject, &verdict);
	r->rule = verdict.rule;
	if (verdict.allow)
		return MACHINE_GO;
	count_inc(COUNT_requests_denied);
	return refuse(r, 403, verdict.why);
}

/* Why the cache takes no part; NULL: it does. */
static const char *bypass_reason(const struct request *r)
{
	if (r->msg.method != METHOD_GET && r->msg.method != METHOD_HEAD)
		return "method (RFC 9111 3)";
	if (r->msg.body != MSG_BODY_NONE && !(r->msg.body == MSG_BODY_LENGTH && r->msg.length == 0))
		return "the request has a body";
	if (r->wants_upgrade)
		return "upgrade to another protocol";
	if (fields_has(&r->msg.fields, FIELD_IF_MATCH) ||
	    fields_has(&r->msg.fields, FIELD_IF_UNMODIFIED_SINCE))
		return "a condition that the origin has to judge (RFC 9111 4.3.2)";
	if (!store_ready() && !store_is_opening())
		return store_why_not();
	return NULL;
}

/* The value of Max-Forwards that is sent on (RFC 9110 7.6.2). */
static int set_max_forwards(struct request *r, int64_t value)
{
	struct str text = arena_printf(&r->arena, "%lld", (long long)value);

	return text.p == NULL ? ERR_NOMEM : fields_set(&r->msg.fields, FIELD_MAX_FORWARDS, text);
}

static enum machine_result admin_answer(struct request *r)
{
	struct str type = STR_NONE, body = STR_NONE;
	int status = source_admin_answer(&r->arena, r->conf, &r->msg, &type, &body);

	respond_local(r, status, type, body);
	request_goto(r, REQUEST_DELIVER);
	return MACHINE_GO;
}

/* OPTIONS or TRACE that ends here (Max-Forwards: 0). */
static enum machine_result own_answer(struct request *r, int status)
{
	respond_local(r, status, STR_NONE, STR_NONE);
	request_goto(r, REQUEST_DELIVER);
	return MACHINE_GO;
}

static enum machine_result purge(struct request *r)
{
	struct str canonical;

	if (cache_key_of_uri(&r->arena, &r->msg.uri, &r->conf->key_rules, STR_NONE, &canonical) !=
	    0)
		return refuse(r, 400, "this URL has no place in the cache");
	store_key_make(canonical, &r->key);
	if (!store_ready() || store_purge(&r->key, false) != 0)
		return refuse(r, 503, "the store takes no orders now");
	respond_local(r, 200, STR("text/plain; charset=utf-8"), STR("purged\n"));
	request_goto(r, REQUEST_DELIVER);
	return MACHINE_GO;
}

static enum machine_result go_on(struct request *r, const struct route_verdict *way)
{
	const char *why;

	r->pool = way->way == ROUTE_POOL ? way->pool : -1;
	r->wants_tunnel = way->way == ROUTE_TUNNEL;
	r->wants_upgrade = r->msg.upgrade.n != 0 && r->sink->listener->upgrade;
	if (way->max_forwards >= 0 && set_max_forwards(r, way->max_forwards) != 0)
		return refuse(r, 503, "no memory for this request");
	if (r->wants_tunnel) {
		r->cache = REQUEST_CACHE_TUNNEL;
		request_goto(r, REQUEST_FOLLOW);
		return MACHINE_GO;
	}
	r->bypass = bypass_reason(r);
	r->may_store = r->bypass == NULL;
	if (!r->may_store && !cache_reuse_may_fetch(&r->cc, &why))
		return refuse(r, 504, why);
	request_goto(r, r->may_store ? REQUEST_LOOKUP : REQUEST_FOLLOW);
	return MACHINE_GO;
}

enum machine_result step_admit_route(struct request *r)
{
	const struct conf_listener *l = r->sink->listener;
	struct route_verdict verdict;
	struct route_input in = {.listener =
	                             l->kind == CONF_REVERSE ? ROUTE_REVERSE : ROUTE_FORWARD,
	                         .request = &r->msg,
	                         .self = self_get(),
	                         .connect_ports = &l->connect_ports,
	                         .pool = l->pool,
	                         .sites = l->sites.count > 0 ? &l->sites : NULL};

	if (l->kind == CONF_ADMIN)
		return admin_answer(r);
	route_judge(&in, &verdict);
	if (verdict.close)
		r->sink->ops->close_after(r->sink);
	switch (verdict.way) {
	case ROUTE_REFUSE:
		return refuse(r, verdict.status, verdict.why);
	case ROUTE_ANSWER:
		return own_answer(r, verdict.status);
	case ROUTE_PURGE:
		return purge(r);
	default:
		return go_on(r, &verdict);
	}
}
