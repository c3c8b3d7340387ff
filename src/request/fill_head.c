/* fill_head.c - the request head that goes to an origin. */
#include "request/fill_head.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/h1_write.h"
#include "http/value.h"

#define ROOM_FOR_OURS 512 /* request line, Host, Via and the like, beside what they hold */

/* Rebuilt below from what the message means, never copied. */
static bool is_ours(enum field_id id)
{
	switch (id) {
	case FIELD_HOST:
	case FIELD_CONTENT_LENGTH:
	case FIELD_TRANSFER_ENCODING:
	case FIELD_EXPECT:
		return true;
	default:
		return false;
	}
}

/* What would make the answer one client's own (RFC 9111 3, 4.3.2). */
static bool is_one_clients(enum field_id id)
{
	switch (id) {
	case FIELD_RANGE:
	case FIELD_IF_RANGE:
		return !mutant(ASK_RANGE);
	case FIELD_IF_MATCH:
	case FIELD_IF_NONE_MATCH:
	case FIELD_IF_MODIFIED_SINCE:
	case FIELD_IF_UNMODIFIED_SINCE:
		return !mutant(ASK_CONDITIONS);
	case FIELD_ACCEPT_ENCODING: /* in its normal form below */
		return true;
	default:
		return false;
	}
}

/* Fields by which servers behind a reverse proxy let themselves be told who asks (HOSTILE 3). */
static bool is_forwarding(const struct field *f)
{
	static const struct str more[] = {STR_INIT("X-Client-IP"), STR_INIT("X-Host"),
	                                  STR_INIT("X-Forwarded-Prefix"),
	                                  STR_INIT("X-Forwarded-Scheme")};

	switch (f->id) {
	case FIELD_FORWARDED:
	case FIELD_X_FORWARDED_FOR:
	case FIELD_X_FORWARDED_HOST:
	case FIELD_X_FORWARDED_PROTO:
	case FIELD_X_FORWARDED_PORT:
	case FIELD_X_FORWARDED_SERVER:
	case FIELD_X_REAL_IP:
	case FIELD_X_ORIGINAL_URL:
	case FIELD_X_REWRITE_URL:
		return true;
	case FIELD_OTHER:
		for (size_t i = 0; i < COUNT_OF(more); i++)
			if (str_ieq(f->name, more[i]))
				return true;
		return false;
	default:
		return false;
	}
}

static bool goes_on(const struct fill_head_input *in, const struct field *f)
{
	if (is_ours((enum field_id)f->id) ||
	    (msg_is_hop_by_hop(in->request, f) && !mutant(ASK_HOP)))
		return false;
	if (in->shared && is_one_clients((enum field_id)f->id))
		return false;
	return !(in->reverse && is_forwarding(f)) || mutant(ASK_UNKEYED);
}

static int put_line(struct str_out *o, const struct field *f)
{
	return f->id != FIELD_OTHER ? h1_write_field_id(o, (enum field_id)f->id, f->value)
	                            : h1_write_field(o, f->name, f->value);
}

/* The asterisk-form for the last proxy before the origin (RFC 9112 3.2.4). */
static struct str target_of(const struct fill_head_input *in)
{
	struct str target = in->request->target;

	if (in->request->method == METHOD_OPTIONS && in->uri->form == URI_ABSOLUTE &&
	    str_eq(in->uri->path_query, STR("/")) && !str_ends(target, STR("/")))
		return STR("*");
	return in->uri->path_query;
}

static int put_host(struct str_out *o, const struct uri *uri)
{
	char text[URI_HOST_MAX + 8];
	struct str_out host = str_out_of(text, sizeof text);

	uri_put_authority(&host, uri);
	return host.overflow ? ERR_BAD : h1_write_field_id(o, FIELD_HOST, str_range(text, host.at));
}

/* A line of its own behind the others: one list (RFC 9110 7.6.3). */
static int put_via(struct str_out *o, const struct fill_head_input *in)
{
	char text[128];
	struct str_out v = str_out_of(text, sizeof text);

	str_put(&v, in->request->minor == 0 ? STR("1.0 ") : STR("1.1 "));
	str_put(&v, in->via);
	return v.overflow ? ERR_BAD : h1_write_field_id(o, FIELD_VIA, str_range(text, v.at));
}

static int put_forwarded(struct str_out *o, const struct fill_head_input *in)
{
	int rc = 0;

	if (in->client.n != 0)
		rc = h1_write_field_id(o, FIELD_X_FORWARDED_FOR, in->client);
	if (rc == 0)
		rc = h1_write_field_id(o, FIELD_X_FORWARDED_PROTO,
		                       in->uri->scheme == URI_HTTPS ? STR("https") : STR("http"));
	return rc;
}

/* For the cache: gzip or nothing, as the key's variant has it (policy/cache_key). */
static int put_shared(struct str_out *o, const struct fill_head_input *in)
{
	const struct fields *f = &in->request->fields;
	int rc = 0;

	if (fields_has(f, FIELD_ACCEPT_ENCODING))
		rc = h1_write_field_id(o, FIELD_ACCEPT_ENCODING,
		                       value_accepts_coding(f, STR("gzip")) > 0 ? STR("gzip")
		                                                                : STR("identity"));
	if (rc == 0 && in->if_none_match.p != NULL)
		rc = h1_write_field_id(o, FIELD_IF_NONE_MATCH, in->if_none_match);
	if (rc == 0 && in->if_modified_since.p != NULL)
		rc = h1_write_field_id(o, FIELD_IF_MODIFIED_SINCE, in->if_modified_since);
	return rc;
}

static bool wants_length(enum msg_method method)
{
	return method == METHOD_POST || method == METHOD_PUT || method == METHOD_PATCH;
}

static int put_framing(struct str_out *o, const struct fill_head_input *in)
{
	const struct msg *m = in->request;
	int rc = 0;

	if (m->body == MSG_BODY_LENGTH)
		rc = h1_write_field_u64(o, FIELD_CONTENT_LENGTH, m->length);
	else if (m->body == MSG_BODY_CHUNKED)
		rc = h1_write_field_id(o, FIELD_TRANSFER_ENCODING, STR("chunked"));
	else if (wants_length((enum msg_method)m->method)) /* RFC 9110 8.6 */
		rc = h1_write_field_u64(o, FIELD_CONTENT_LENGTH, 0);
	if (rc == 0 && in->expect)
		rc = h1_write_field_id(o, FIELD_EXPECT, STR("100-continue"));
	if (rc == 0 && in->upgrade)
		rc = h1_write_field_id(o, FIELD_CONNECTION, STR("Upgrade"));
	if (rc == 0 && in->upgrade)
		rc = h1_write_field_id(o, FIELD_UPGRADE, m->upgrade);
	return rc;
}

static size_t room_for(const struct fill_head_input *in)
{
	const struct msg *m = in->request;
	size_t n = ROOM_FOR_OURS + URI_HOST_MAX + m->method_name.n + in->uri->path_query.n +
	           in->client.n + in->if_none_match.n + in->if_modified_since.n + m->upgrade.n +
	           in->via.n;

	for (unsigned i = 0; i < m->fields.n; i++)
		n +=
		    MAX(m->fields.v[i].name.n, (size_t)FIELD_NAME_MAX) + m->fields.v[i].value.n + 4;
	return n;
}

int fill_head_write(struct arena *a, const struct fill_head_input *in, struct str *out)
{
	const struct msg *m = in->request;
	size_t room = room_for(in);
	char *text = arena_alloc(a, room);
	struct str_out o;
	int rc;

	if (text == NULL)
		return ERR_NOMEM;
	o = str_out_of(text, room);
	rc = h1_write_request_line(&o, m->method_name, target_of(in));
	if (rc == 0)
		rc = put_host(&o, in->uri);
	for (unsigned i = 0; rc == 0 && i < m->fields.n; i++)
		if (goes_on(in, &m->fields.v[i]))
			rc = put_line(&o, &m->fields.v[i]);
	if (rc == 0 && in->shared)
		rc = put_shared(&o, in);
	if (rc == 0 && in->reverse)
		rc = put_forwarded(&o, in);
	if (rc == 0)
		rc = put_via(&o, in);
	if (rc == 0)
		rc = put_framing(&o, in);
	if (rc == 0)
		rc = h1_write_end(&o);
	if (rc == 0)
		*out = str_range(text, o.at);
	return rc == ERR_LIMIT ? ERR_BAD : rc;
}
