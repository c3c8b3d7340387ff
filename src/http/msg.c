/* msg.c - what a parsed head means: framing, connection, Host, Expect, Upgrade, and what is
 * refused. */
#include "http/msg.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/value.h"

#define FINE ((struct msg_verdict){0, NULL, false})

static struct msg_verdict refuse(int status, const char *why)
{
	return (struct msg_verdict){status, why, true};
}

/* ---- tables ---- */

static const struct {
	struct str name;
	bool safe, idempotent;
} methods[METHOD_COUNT] = {
    {STR_INIT(""), false, false},
#define METHOD(id, name, safe, idempotent) {STR_INIT(name), safe, idempotent},
#include "tbl/methods.h"
#undef METHOD
};

static const struct {
	int code;
	struct str phrase;
} statuses[] = {
#define STATUS(code, phrase) {code, STR_INIT(phrase)},
#include "tbl/statuses.h"
#undef STATUS
};

enum msg_method msg_method_of(struct str name)
{
	for (unsigned i = 1; i < METHOD_COUNT; i++)
		if (str_eq(methods[i].name, name))
			return (enum msg_method)i;
	return METHOD_OTHER;
}

struct str msg_method_name(enum msg_method method)
{
	return method == METHOD_OTHER || method >= METHOD_COUNT ? STR_NONE : methods[method].name;
}

bool msg_method_is_safe(enum msg_method method)
{
	return method < METHOD_COUNT && methods[method].safe;
}

bool msg_method_is_idempotent(enum msg_method method)
{
	return method < METHOD_COUNT && methods[method].idempotent;
}

static struct str phrase_of(int status)
{
	size_t low = 0, high = COUNT_OF(statuses);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (statuses[middle].code == status)
			return statuses[middle].phrase;
		if (statuses[middle].code < status)
			low = middle + 1;
		else
			high = middle;
	}
	return STR_NONE;
}

bool msg_status_known(int status)
{
	return phrase_of(status).n != 0;
}

struct str msg_reason(int status)
{
	struct str phrase = phrase_of(status);

	if (phrase.n == 0)
		phrase = phrase_of(status / 100 * 100);
	return phrase.n == 0 ? STR("Unknown") : phrase;
}

bool msg_may_have_body(int status, enum msg_method request)
{
	if (request == METHOD_HEAD || status < 200 || status == 204 || status == 304)
		return false;
	return request != METHOD_CONNECT || status >= 300;
}

void msg_init(struct msg *m, enum msg_kind kind, struct field *v, unsigned max)
{
	memset(m, 0, sizeof *m);
	m->kind = (uint8_t)kind;
	m->fields.v = v;
	m->fields.max = max;
}

/* ---- hop by hop (RFC 9110 7.6.1) ---- */

static bool always_hop(unsigned id)
{
	switch (id) {
	case FIELD_CONNECTION:
	case FIELD_PROXY_CONNECTION:
	case FIELD_KEEP_ALIVE:
	case FIELD_TE:
	case FIELD_TRAILER:
	case FIELD_TRANSFER_ENCODING:
	case FIELD_UPGRADE:
	case FIELD_HTTP2_SETTINGS:
	case FIELD_PROXY_AUTHENTICATE:
	case FIELD_PROXY_AUTHORIZATION:
	case FIELD_PROXY_AUTHENTICATION_INFO:
		return true;
	default:
		return false;
	}
}

/* Fields that no Connection option takes away: without them a message means something else, or
 * somebody behind loses what he decides by (Varnish CVE-2022-45059, Apache CVE-2022-31813). */
static bool is_protected(unsigned id)
{
	switch (id) {
	case FIELD_HOST:
	case FIELD_CACHE_CONTROL:
	case FIELD_PRAGMA:
	case FIELD_AUTHORIZATION:
	case FIELD_WWW_AUTHENTICATE:
	case FIELD_FORWARDED:
	case FIELD_X_FORWARDED_FOR:
	case FIELD_X_FORWARDED_HOST:
	case FIELD_X_FORWARDED_PROTO:
	case FIELD_X_FORWARDED_PORT:
	case FIELD_X_FORWARDED_SERVER:
	case FIELD_X_REAL_IP:
	case FIELD_VIA:
	case FIELD_COOKIE:
	case FIELD_SET_COOKIE:
	case FIELD_DATE:
	case FIELD_AGE:
	case FIELD_EXPIRES:
	case FIELD_ETAG:
	case FIELD_LAST_MODIFIED:
	case FIELD_VARY:
	case FIELD_LOCATION:
	case FIELD_EXPECT:
	case FIELD_MAX_FORWARDS:
	case FIELD_RANGE:
	case FIELD_IF_RANGE:
	case FIELD_IF_MATCH:
	case FIELD_IF_NONE_MATCH:
	case FIELD_IF_MODIFIED_SINCE:
	case FIELD_IF_UNMODIFIED_SINCE:
	case FIELD_CDN_CACHE_CONTROL:
	case FIELD_SURROGATE_CONTROL:
		return true;
	default:
		return false;
	}
}

static bool may_drop(const struct field *f)
{
	static const struct str content = STR_INIT("Content-");
	static const struct str forwarded = STR_INIT("X-Forwarded-");

	return (!is_protected(f->id) || mutant(CONNECTION_PROTECTED)) &&
	       ((!str_istarts(f->name, content) && !str_istarts(f->name, forwarded)) ||
	        mutant(CONNECTION_PREFIX));
}

static void mark_option(struct fields *f, struct str name)
{
	enum field_id id = field_id_of(name);

	if (!fields_has(f, id))
		return;
	for (unsigned i = 0; i < f->n; i++) {
		struct field *line = &f->v[i];

		if (line->id == id && may_drop(line) &&
		    (id != FIELD_OTHER || str_ieq(line->name, name)))
			line->hop = !mutant(CONNECTION_LISTED);
	}
}

struct connection {
	bool close, keep_alive, upgrade;
};

/* Nearly all messages with a Connection field have one line with one word; true when it was read.
 */
static bool read_lone_option(const struct fields *f, struct connection *c)
{
	const struct field *line = fields_get(f, FIELD_CONNECTION);

	if (fields_next(f, line) != NULL)
		return false;
	c->keep_alive = str_ieq(line->value, STR("keep-alive"));
	c->close = str_ieq(line->value, STR("close"));
	return c->keep_alive || c->close;
}

/* Reads all Connection lines once; marks the fields they name. false: too many options. */
static bool read_connection(struct msg *m, struct connection *c)
{
	struct value_list it;
	struct str option;
	unsigned count = 0;

	*c = (struct connection){false, false, false};
	if (!fields_has(&m->fields, FIELD_CONNECTION) || read_lone_option(&m->fields, c)) {
		m->keep_alive = !c->close && (m->minor >= 1 || c->keep_alive);
		return true;
	}
	value_list_init(&it, &m->fields, FIELD_CONNECTION);
	while (value_list_next(&it, &option)) {
		if (++count > MSG_CONNECTION_MAX && !mutant(CONNECTION_LIMIT))
			return false;
		if (str_ieq(option, STR("close")))
			c->close = !mutant(CONNECTION_CLOSE);
		else if (str_ieq(option, STR("keep-alive")))
			c->keep_alive = true;
		else if (str_ieq(option, STR("upgrade")))
			c->upgrade = true;
		else if (!value_is_token(option))
			c->close = true; /* quoted: another reader may find "close" inside */
		else
			mark_option(&m->fields, option);
	}
	m->keep_alive = !c->close && (m->minor >= 1 || c->keep_alive);
	return true;
}

bool msg_is_hop_by_hop(const struct msg *m, const struct field *f)
{
	(void)m;
	return f->hop != 0 || (always_hop(f->id) && !mutant(HOP_BY_HOP));
}

/* ---- framing (RFC 9112 6) ---- */

/* Content-Length: one line, digits only, at most 2^63-1. NULL, or what is wrong. */
static const char *read_length(struct msg *m)
{
	uint64_t v = 0;

	if (!fields_has(&m->fields, FIELD_CONTENT_LENGTH))
		return NULL;
	if (fields_count(&m->fields, FIELD_CONTENT_LENGTH) > 1 && !mutant(LENGTH_REPEATED))
		return "Content-Length repeated (RFC 9112 6.3)";
	if (!str_u64(fields_value(&m->fields, FIELD_CONTENT_LENGTH), &v) && !mutant(LENGTH_NUMBER))
		return "Content-Length is no number (RFC 9110 8.6)";
	if (v > INT64_MAX && !mutant(LENGTH_LARGE))
		return "Content-Length too large (RFC 9110 8.6)";
	m->has_length = true;
	m->length = v;
	return NULL;
}

/* A list of codings of which only the last is chunked, each well-formed and a real coding: then the
 * message is legal and merely not understood. */
static bool other_coding_then_chunked(struct str value)
{
	struct str element = STR_NONE, rest;
	struct value_param p;
	bool chunked = false;
	int r;

	while (str_split(&value, ',', &element)) {
		struct str name = value_item(element, &rest);

		if (chunked || !value_is_token(name) || str_ieq(name, STR("identity")))
			return false;
		chunked = str_ieq(name, STR("chunked"));
		if (chunked && rest.n != 0)
			return false;
		while ((r = value_param_next(&rest, &p)) == 1)
			;
		if (r < 0)
			return false;
	}
	return chunked;
}

static struct msg_verdict read_transfer_encoding(const struct msg *m)
{
	struct str value = fields_value(&m->fields, FIELD_TRANSFER_ENCODING);

	if (m->minor == 0 && !mutant(CODING_IN_1_0))
		return refuse(400, "Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1)");
	if (fields_count(&m->fields, FIELD_TRANSFER_ENCODING) > 1 && !mutant(CODING_REPEATED))
		return refuse(400, "Transfer-Encoding repeated (RFC 9112 6.3)");
	if (str_ieq(value, STR("chunked")))
		return FINE;
	if (mutant(CODING_NOT_CHUNKED) && !other_coding_then_chunked(value))
		return FINE;
	if (other_coding_then_chunked(value) && !mutant(CODING_OTHER))
		return refuse(501, "transfer coding not implemented (RFC 9112 6.1)");
	return refuse(400, "Transfer-Encoding is not chunked once and last (RFC 9112 6.3)");
}

static struct msg_verdict request_framing(struct msg *m)
{
	struct msg_verdict v = FINE;
	const char *wrong;

	if (fields_has(&m->fields, FIELD_TRANSFER_ENCODING)) {
		if (fields_has(&m->fields, FIELD_CONTENT_LENGTH) && !mutant(LENGTH_AND_CODING))
			return refuse(400, "Content-Length with Transfer-Encoding (RFC 9112 6.1)");
		v = read_transfer_encoding(m);
		m->body = MSG_BODY_CHUNKED;
		return v;
	}
	wrong = read_length(m);
	if (wrong != NULL)
		return refuse(400, wrong);
	m->body = m->has_length ? MSG_BODY_LENGTH : MSG_BODY_NONE;
	return v;
}

static bool has_content(const struct msg *m)
{
	return m->body == MSG_BODY_CHUNKED || (m->body == MSG_BODY_LENGTH && m->length > 0);
}

static struct msg_verdict check_method(const struct msg *m)
{
	if (m->method == METHOD_CONNECT && m->body != MSG_BODY_NONE && !mutant(CONNECT_CONTENT))
		return refuse(400, "CONNECT with framing fields (RFC 9110 9.3.6)");
	if (m->method == METHOD_TRACE && has_content(m) && !mutant(TRACE_CONTENT))
		return refuse(400, "TRACE with content (RFC 9110 9.3.8)");
	return FINE;
}

static struct msg_verdict uri_refusal(int r, const char *why)
{
	if (r == ERR_NOMEM)
		return refuse(500, "no memory for the request");
	return refuse(400, why);
}

/* One Host in 1.1, strict; the target's authority wins over it (RFC 9112 3.2). */
static struct msg_verdict check_target(struct msg *m, struct arena *a)
{
	const char *why = NULL;
	enum uri_use use = m->method == METHOD_CONNECT   ? URI_FOR_CONNECT
	                   : m->method == METHOD_OPTIONS ? URI_FOR_OPTIONS
	                                                 : URI_FOR_REQUEST;
	const struct field *line = fields_get(&m->fields, FIELD_HOST);
	unsigned hosts = line == NULL ? 0 : fields_next(&m->fields, line) == NULL ? 1 : 2;
	struct uri host = {0};
	int r;

	if (hosts > 1 && !mutant(HOST_REPEATED))
		return refuse(400, "Host repeated (RFC 9112 3.2)");
	if (hosts == 0 && m->minor >= 1 && !mutant(HOST_MISSING))
		return refuse(400, "Host missing (RFC 9112 3.2)");
	r = uri_parse_target(a, m->target, use, &m->uri, &why);
	if (r == 0 && hosts >= 1)
		r = uri_parse_host(a, line->value, 80, &host, &why);
	if (r != 0)
		return uri_refusal(r, why);
	if ((m->uri.form == URI_ABSOLUTE && !mutant(HOST_WINS)) || m->uri.form == URI_AUTHORITY) {
		fields_remove(&m->fields, FIELD_HOST);
		return FINE;
	}
	host.form = m->uri.form;
	host.path_query = m->uri.path_query;
	m->uri = host;
	uri_set_scheme(&m->uri, URI_HTTP);
	return FINE;
}

static struct msg_verdict check_expect(struct msg *m)
{
	struct value_list it;
	struct str element;

	if (m->minor == 0) {
		fields_remove(&m->fields, FIELD_EXPECT);
		return FINE;
	}
	value_list_init(&it, &m->fields, FIELD_EXPECT);
	while (value_list_next(&it, &element)) {
		if (!str_ieq(element, STR("100-continue")) && !mutant(EXPECT_OTHER))
			return (struct msg_verdict){417, "unknown expectation (RFC 9110 10.1.1)",
			                            has_content(m)};
		m->expect_continue = has_content(m);
	}
	return FINE;
}

/* h2c in any spelling: past it a peer would speak frames that no rule sees. */
static bool offers_h2(const struct msg *m)
{
	struct value_list it;
	struct str element;

	value_list_init(&it, &m->fields, FIELD_UPGRADE);
	while (value_list_next(&it, &element))
		if (str_istarts(element, STR("h2")) || str_istarts(element, STR("HTTP/")))
			return true;
	return false;
}

static struct msg_verdict check_upgrade(struct msg *m, bool connection_lists_it)
{
	if (!fields_has(&m->fields, FIELD_UPGRADE))
		return FINE;
	if (offers_h2(m) && !mutant(UPGRADE_H2C)) {
		fields_remove(&m->fields, FIELD_UPGRADE);
		fields_remove(&m->fields, FIELD_HTTP2_SETTINGS);
		return FINE;
	}
	if (!connection_lists_it || m->minor == 0 || fields_count(&m->fields, FIELD_UPGRADE) > 1)
		return FINE;
	m->upgrade = fields_value(&m->fields, FIELD_UPGRADE);
	if (m->upgrade.n != 0 && has_content(m) && !mutant(UPGRADE_CONTENT))
		return refuse(400, "Upgrade with content (RFC 9110 7.8)");
	return FINE;
}

struct msg_verdict msg_request_check(struct msg *m, struct arena *a)
{
	struct msg_verdict v;
	struct connection c;

	m->has_length = m->expect_continue = m->keep_alive = false;
	m->length = 0;
	m->upgrade = STR_NONE;
	v = request_framing(m);
	if (v.status == 0)
		v = check_method(m);
	if (v.status == 0)
		v = check_target(m, a);
	if (v.status == 0 && !read_connection(m, &c))
		v = refuse(400, "too many Connection options (RFC 9110 7.6.1)");
	if (v.status == 0)
		v = check_upgrade(m, c.upgrade);
	if (v.status == 0 && fields_has(&m->fields, FIELD_EXPECT))
		v = check_expect(m);
	return v;
}

static struct msg_verdict response_framing(struct msg *m)
{
	const char *wrong;

	if (fields_has(&m->fields, FIELD_TRANSFER_ENCODING)) {
		struct msg_verdict v = read_transfer_encoding(m);

		if (v.status != 0 && !mutant(ANSWER_CODING))
			return refuse(502, v.why);
		if (fields_remove(&m->fields, FIELD_CONTENT_LENGTH) > 0)
			m->keep_alive &= mutant(ANSWER_BOTH);
		m->body = MSG_BODY_CHUNKED;
		return FINE;
	}
	wrong = read_length(m);
	if (wrong != NULL && !mutant(ANSWER_LENGTH))
		return refuse(502, wrong);
	m->body = m->has_length ? MSG_BODY_LENGTH : MSG_BODY_UNTIL_CLOSE;
	return FINE;
}

struct msg_verdict msg_response_check(struct msg *m, enum msg_method request)
{
	struct msg_verdict v;
	struct connection c;
	int status = m->status;
	bool content = msg_may_have_body(status, request);

	m->has_length = m->expect_continue = m->keep_alive = false;
	m->length = 0;
	m->upgrade = STR_NONE;
	if (!read_connection(m, &c))
		return refuse(502, "too many Connection options (RFC 9110 7.6.1)");
	if (status == 101 && c.upgrade && fields_count(&m->fields, FIELD_UPGRADE) == 1)
		m->upgrade = fields_value(&m->fields, FIELD_UPGRADE);
	/* 9110 8.6, 9112 6.1: framing fields mean nothing here; they must not reach anybody */
	if (!mutant(INTERIM_FRAMING) &&
	    (status < 200 || status == 204 || (request == METHOD_CONNECT && status < 300))) {
		fields_remove(&m->fields, FIELD_TRANSFER_ENCODING);
		fields_remove(&m->fields, FIELD_CONTENT_LENGTH);
		m->body = MSG_BODY_NONE;
		return FINE;
	}
	v = response_framing(m);
	if (v.status != 0)
		return v;
	if (!content && !mutant(BODY_OF_304))
		m->body = MSG_BODY_NONE;
	if (m->body == MSG_BODY_UNTIL_CLOSE)
		m->keep_alive = false;
	return FINE;
}
