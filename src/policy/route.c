/* route.c - the way of a request, judged from its head and the kind of its listener. */
#include "policy/route.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/value.h"

#define CONNECT_PORT 443 /* where CONNECT may go unless the owner says otherwise */

static void refuse(struct route_verdict *out, int status, const char *why)
{
	out->way = ROUTE_REFUSE;
	out->status = status;
	out->why = why;
}

static void go(struct route_verdict *out, enum route_way way, const char *why)
{
	out->way = way;
	out->why = why;
}

/* Cuts the first word off *s. */
static struct str cut_word(struct str *s)
{
	size_t n = 0;
	struct str word;

	*s = str_trim(*s);
	while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t')
		n++;
	word = str_slice(*s, 0, n);
	*s = str_slice(*s, n, s->n);
	return word;
}

/* A member is: protocol RWS received-by [ RWS comment ] (RFC 9110 7.6.3). Commas separate wherever
 * they stand: one inside a comment counts too much, but an open quote or bracket that a client sent
 * cannot hide the members that proxies put behind it. */
unsigned route_via_count(const struct fields *request, struct str pseudonym, bool *own)
{
	unsigned n = 0;

	if (own != NULL)
		*own = false;
	for (const struct field *f = fields_get(request, FIELD_VIA); f != NULL;
	     f = fields_next(request, f)) {
		struct str rest = f->value, member;

		while (str_split(&rest, ',', &member)) {
			if (member.n == 0)
				continue;
			n++;
			cut_word(&member);
			if (own != NULL && pseudonym.n != 0 &&
			    str_ieq(cut_word(&member), pseudonym))
				*own = true;
		}
	}
	return n;
}

static bool is_unspecified(const struct acl_address *a)
{
	static const uint8_t zero[16];

	return a->family != 0 && memcmp(a->bytes, zero, a->family == 4 ? 4 : 16) == 0;
}

bool route_is_self(const struct route_self *self, const struct acl_address *address, unsigned port)
{
	struct acl_address target = acl_address_unmap(address);

	if (target.family == 0)
		return false;
	for (unsigned i = 0; i < self->own_count; i++) {
		struct acl_address own = acl_address_unmap(&self->own[i].address);
		bool any = is_unspecified(&own);

		if (self->own[i].port != port || mutant(LOOP_SELF))
			continue;
		/* Connecting to an unspecified address reaches this host, and so does every address
		 * of loopback where the socket listens to all. */
		if (is_unspecified(&target) && (any || acl_address_is_loopback(&own)))
			return true;
		if (any ? acl_address_is_loopback(&target) : acl_address_eq(&own, &target))
			return true;
	}
	return false;
}

/* 508: the request was here already, or is about to come back. True when out is final. */
static bool loops(const struct route_input *in, struct route_verdict *out)
{
	const struct uri *uri = &in->request->uri;
	struct acl_address address = acl_address_of(uri->family, uri->address);
	bool own;
	unsigned hops = route_via_count(&in->request->fields, in->self->pseudonym, &own);

	out->close = true;
	if (own && !mutant(LOOP_VIA))
		refuse(out, 508, "loop: this proxy is in Via (RFC 9110 7.6.3)");
	else if (hops >= ROUTE_VIA_MAX && !mutant(LOOP_HOPS))
		refuse(out, 508, "loop: 20 or more proxies in Via (RFC 9110 7.6.3)");
	else if (in->listener == ROUTE_FORWARD && route_is_self(in->self, &address, uri->port))
		refuse(out, 508, "loop: the target is this proxy (RFC 9110 7.6.3)");
	else
		out->close = false;
	return out->close;
}

static void judge_connect(const struct route_input *in, struct route_verdict *out)
{
	unsigned port = in->request->uri.port;
	bool allowed = in->connect_ports == NULL ? port == CONNECT_PORT
	                                         : acl_ports_has(in->connect_ports, port);

	/* A refused CONNECT always closes: what the client sent in hope is no request (RFC 9931).
	 */
	out->close = !mutant(CONNECT_CLOSE);
	if (in->listener != ROUTE_FORWARD) {
		refuse(out, 405, "CONNECT is not served here (RFC 9110 9.3.6)");
	} else if (!allowed && !mutant(CONNECT_PORT)) {
		refuse(out, 403, "CONNECT to a port that is not allowed (RFC 9110 9.3.6)");
	} else {
		out->close = false;
		go(out, ROUTE_TUNNEL, "tunnel to the named host");
	}
}

/* Max-Forwards of TRACE and OPTIONS (RFC 9110 7.6.2). True when out is final. */
static bool judge_max_forwards(const struct route_input *in, struct route_verdict *out)
{
	const struct fields *f = &in->request->fields;
	int64_t hops;

	if (!fields_has(f, FIELD_MAX_FORWARDS))
		return false;
	if (fields_count(f, FIELD_MAX_FORWARDS) != 1 ||
	    value_seconds(fields_value(f, FIELD_MAX_FORWARDS), &hops) != 0) {
		refuse(out, 400, "Max-Forwards is no number (RFC 9110 7.6.2)");
		return true;
	}
	if (hops == 0 && !mutant(MAX_FORWARDS)) {
		go(out, ROUTE_ANSWER, "Max-Forwards is 0: answered here (RFC 9110 7.6.2)");
		out->status = 200;
		return true;
	}
	out->max_forwards = hops - 1;
	return false;
}

static void judge_forward(const struct route_input *in, struct route_verdict *out)
{
	const struct uri *uri = &in->request->uri;

	if (uri->form == URI_ASTERISK) {
		go(out, ROUTE_ANSWER, "OPTIONS *: asks about this proxy (RFC 9110 9.3.7)");
		out->status = 200;
	} else if (uri->scheme == URI_HTTPS && !in->https_origins) {
		refuse(out, 501, "https targets are reached by CONNECT only");
	} else if (uri->scheme != URI_HTTP && uri->scheme != URI_HTTPS) {
		refuse(out, 400, "a scheme other than http and https (RFC 9110 4.2)");
	} else if (uri->host.n == 0) {
		refuse(out, 400, "no host to forward to (RFC 9112 3.3)");
	} else {
		/* The origin form is taken too: Host then names the target (RFC 9112 3.3). */
		go(out, ROUTE_ORIGIN, "to the named origin");
	}
}

static void judge_reverse(const struct route_input *in, struct route_verdict *out)
{
	const struct uri *uri = &in->request->uri;
	bool absolute = uri->form == URI_ABSOLUTE;

	if (in->pool < 0)
		refuse(out, 502, "no pool stands behind this listener");
	else if (uri->userinfo && !mutant(SITE_USERINFO))
		refuse(out, 400, "user information in the target (RFC 9110 4.2.4)");
	else if (absolute && uri->scheme != (in->tls ? URI_HTTPS : URI_HTTP) &&
	         !mutant(SITE_SCHEME))
		refuse(out, 400, "the scheme is not the listener's (RFC 9110 7.4)");
	else if (in->sites != NULL && acl_names_find(in->sites, uri->host).p == NULL &&
	         !mutant(SITE_HOST))
		refuse(out, 421, "the host is not served here (RFC 9110 7.4)");
	else if (in->port != 0 && uri->port != in->port)
		refuse(out, 421, "the port is not served here (RFC 9110 7.4)");
	else
		go(out, ROUTE_POOL, "to the pool of the listener");
	if (out->way == ROUTE_POOL)
		out->pool = in->pool;
}

void route_judge(const struct route_input *in, struct route_verdict *out)
{
	uint8_t method = in->request->method;

	AN(in->request->kind == MSG_REQUEST);
	*out = (struct route_verdict){.pool = -1, .max_forwards = -1};
	if (loops(in, out))
		return;
	if (method == METHOD_CONNECT) {
		judge_connect(in, out);
		return;
	}
	if (method == METHOD_PURGE) {
		go(out, ROUTE_PURGE, "PURGE is for this cache");
		return;
	}
	if (method == METHOD_TRACE && !in->trace && !mutant(TRACE)) {
		refuse(out, 405, "TRACE is not served (RFC 9110 9.3.8)");
		return;
	}
	if ((method == METHOD_TRACE || method == METHOD_OPTIONS) && judge_max_forwards(in, out))
		return;
	if (in->listener == ROUTE_FORWARD)
		judge_forward(in, out);
	else
		judge_reverse(in, out);
}
