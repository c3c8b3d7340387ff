/* respond_status.c - Cache-Status and Proxy-Status, from what the steps noted in the request. */
#include "request/respond_status.h"
#include "base/err.h"
#include "http/value.h"

#define LINE 768

static const char *const words[] = {
    [REQUEST_CACHE_NONE] = "NONE",           [REQUEST_CACHE_HIT] = "HIT",
    [REQUEST_CACHE_MISS] = "MISS",           [REQUEST_CACHE_STALE] = "EXPIRED",
    [REQUEST_CACHE_REFRESHED] = "REFRESHED", [REQUEST_CACHE_STALE_SERVED] = "STALE",
    [REQUEST_CACHE_BYPASS] = "BYPASS",       [REQUEST_CACHE_TUNNEL] = "TUNNEL"};

const char *respond_status_word(const struct request *r)
{
	return words[r->cache];
}

/* The reason for which the request went forward (RFC 9211 2.2); also of a stale answer that goes
 * out because the origin failed. */
static struct str forward_reason(const struct request *r)
{
	if (r->cache == REQUEST_CACHE_BYPASS)
		return r->msg.method == METHOD_GET || r->msg.method == METHOD_HEAD ? STR("bypass")
		                                                                   : STR("method");
	return r->fwd != NULL ? str_of(r->fwd) : STR_NONE;
}

static void put_detail(struct str_out *o, const char *detail)
{
	if (detail == NULL)
		return;
	str_put(o, STR("; detail="));
	value_put_sf_string(o, str_slice(str_of(detail), 0, 200));
}

static void add_line(struct request *r, enum field_id id, const struct str_out *o, const char *line)
{
	struct str text = arena_dup(&r->arena, str_range(line, o->at));

	if (!o->overflow && text.p != NULL)
		(void)fields_add(&r->answer.fields, id, text);
}

static void add_cache_status(struct request *r)
{
	char line[LINE];
	struct str_out o = str_out_of(line, sizeof line);
	struct str why = forward_reason(r);

	value_put_sf_token(&o, r->conf->via);
	if (why.n != 0) {
		str_put(&o, STR("; fwd="));
		str_put(&o, why);
		if (r->origin_status != 0) {
			str_put(&o, STR("; fwd-status="));
			str_put_u64(&o, (uint64_t)r->origin_status);
		}
	} else {
		str_put(&o, STR("; hit"));
	}
	if (r->have_ttl) {
		str_put(&o, STR("; ttl="));
		if (r->ttl < 0)
			str_putc(&o, '-');
		str_put_u64(&o, (uint64_t)(r->ttl < 0 ? -r->ttl : r->ttl));
	}
	if (r->stored)
		str_put(&o, STR("; stored"));
	if (r->collapsed && why.n != 0)
		str_put(&o, STR("; collapsed"));
	put_detail(&o, r->detail);
	add_line(r, FIELD_CACHE_STATUS, &o, line);
}

/* The type of an answer that was made here without asking anybody (RFC 9209 2.3). */
static const char *own_error(int status)
{
	if (status == 403 || status == 407)
		return "http_request_denied";
	if (status >= 400 && status < 500)
		return "http_request_error";
	if (status == 508)
		return "proxy_loop_detected";
	return status == 503 ? "proxy_internal_error" : "proxy_internal_response";
}

static void add_proxy_status(struct request *r)
{
	const char *error = r->proxy_error != NULL ? r->proxy_error : own_error(r->refuse_status);
	char line[LINE];
	struct str_out o = str_out_of(line, sizeof line);

	value_put_sf_token(&o, r->conf->via);
	str_put(&o, STR("; error="));
	str_put(&o, str_of(error));
	if (r->next_hop.n != 0) {
		str_put(&o, STR("; next-hop="));
		value_put_sf_string(&o, r->next_hop);
	}
	if (r->why != NULL) {
		str_put(&o, STR("; details="));
		value_put_sf_string(&o, str_slice(str_of(r->why), 0, 200));
	}
	add_line(r, FIELD_PROXY_STATUS, &o, line);
}

void respond_status_add(struct request *r)
{
	if (r->cache != REQUEST_CACHE_NONE && r->cache != REQUEST_CACHE_TUNNEL &&
	    r->refuse_status == 0)
		add_cache_status(r);
	if (r->refuse_status != 0 || r->proxy_error != NULL)
		add_proxy_status(r);
}
