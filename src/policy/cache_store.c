/* cache_store.c - may this response be kept (RFC 9111 3)? One question after the other, each with
 * its answer in words. */
#include "policy/cache_store.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/date.h"
#include "http/value.h"
#include "policy/cache_fresh.h"
#include "policy/cache_key.h"

/* An error is remembered as hit-for-miss for this long only, as it may pass. */
#define ERROR_HIT_FOR_MISS 10

/* What all questions look at. */
struct question {
	const struct cache_store_input *in;
	const struct fields *fields; /* of the response */
	unsigned status;
	struct cache_control request_cc, cc;
	struct cache_fresh_verdict fresh;
};

/* An answer of a question: CACHE_STORE_OK, go on; else why it is not kept. */
static enum cache_store_reason request_objects(const struct question *q)
{
	const struct msg *r = q->in->request;

	if (q->in->unverified && !mutant(STORE_UNVERIFIED))
		return CACHE_STORE_UNVERIFIED;
	if (q->in->update)
		return CACHE_STORE_OK;
	if (r->method == METHOD_HEAD && !mutant(STORE_HEAD))
		return CACHE_STORE_HEAD;
	if (r->method != METHOD_GET && !mutant(STORE_METHOD))
		return CACHE_STORE_METHOD;
	if (r->body != MSG_BODY_NONE && !(r->body == MSG_BODY_LENGTH && r->length == 0) &&
	    !mutant(STORE_FAT_GET))
		return CACHE_STORE_REQUEST_BODY;
	if (cache_control_has(&q->request_cc, CACHE_CONTROL_NO_STORE) &&
	    !mutant(STORE_NO_STORE_ASKED))
		return CACHE_STORE_NO_STORE_REQUEST;
	return CACHE_STORE_OK;
}

/* Statuses whose caching rules are understood (RFC 9111 3): all that RFC 9110 defines but parts of
 * a representation and answers about a stored one. */
static bool understood(unsigned status)
{
	return status >= 200 && status != 206 && status != 304 && msg_status_known((int)status);
}

static enum cache_store_reason status_objects(const struct question *q)
{
	if (q->status < 200)
		return CACHE_STORE_NOT_FINAL;
	if ((q->status == 206 ||
	     (q->status == 200 && fields_has(q->fields, FIELD_CONTENT_RANGE))) &&
	    !mutant(STORE_PART))
		return CACHE_STORE_PART;
	if (q->status == 407 && !mutant(STORE_407))
		return CACHE_STORE_PROXY_AUTHENTICATION;
	if (q->status == 304 && !mutant(STORE_304))
		return CACHE_STORE_NOT_MODIFIED;
	if (cache_control_has(&q->cc, CACHE_CONTROL_MUST_UNDERSTAND) && !understood(q->status))
		return CACHE_STORE_MUST_UNDERSTAND;
	return CACHE_STORE_OK;
}

/* Authorization by the request or by the way (3.5). Not the origin's last word on this URL. */
static enum cache_store_reason authorization_objects(const struct question *q)
{
	if (!q->in->authorization && !fields_has(&q->in->request->fields, FIELD_AUTHORIZATION))
		return CACHE_STORE_OK;
	if (cache_control_has(&q->cc, CACHE_CONTROL_PUBLIC | CACHE_CONTROL_MUST_REVALIDATE) ||
	    q->cc.s_maxage != CACHE_CONTROL_ABSENT)
		return CACHE_STORE_OK;
	return mutant(STORE_AUTHORIZED) ? CACHE_STORE_OK : CACHE_STORE_AUTHORIZATION;
}

/* Is the field named in no-cache="..." or private="..."? */
static bool is_listed(const struct cache_control *cc, struct str name)
{
	const struct str lists[] = {cc->no_cache_fields, cc->private_fields};
	struct value_list it;
	struct str element;

	for (unsigned i = 0; i < COUNT_OF(lists); i++) {
		value_list_init_str(&it, lists[i]);
		while (value_list_next(&it, &element))
			if (str_ieq(element, name))
				return true;
	}
	return false;
}

/* One client's cookie must not reach others (HOSTILE 2): only what the origin marks as meant for
 * all. */
static enum cache_store_reason cookie_objects(const struct question *q)
{
	if (!fields_has(q->fields, FIELD_SET_COOKIE) || is_listed(&q->cc, STR("Set-Cookie")))
		return CACHE_STORE_OK;
	if (!q->fresh.explicit_given && !mutant(STORE_COOKIE_GUESSED))
		return CACHE_STORE_COOKIE_NO_FRESHNESS;
	if (q->in->opts->store_set_cookie || cache_control_has(&q->cc, CACHE_CONTROL_PUBLIC) ||
	    q->cc.s_maxage != CACHE_CONTROL_ABSENT)
		return CACHE_STORE_OK;
	return mutant(STORE_COOKIE) ? CACHE_STORE_OK : CACHE_STORE_COOKIE;
}

/* What the response says of itself. */
static enum cache_store_reason response_objects(const struct question *q)
{
	if (cache_control_has(&q->cc, CACHE_CONTROL_NO_STORE) &&
	    !cache_control_has(&q->cc, CACHE_CONTROL_MUST_UNDERSTAND) && !mutant(STORE_NO_STORE))
		return CACHE_STORE_NO_STORE;
	if (cache_control_has(&q->cc, CACHE_CONTROL_PRIVATE) && !mutant(STORE_PRIVATE))
		return CACHE_STORE_PRIVATE;
	switch (cache_key_vary_check(q->fields, NULL)) {
	case 0:
		break;
	case ERR_UNSUPPORTED:
		return CACHE_STORE_VARY_ALL;
	case ERR_LIMIT:
		return CACHE_STORE_VARY_NAMES;
	default:
		return CACHE_STORE_VARY_BAD;
	}
	return cookie_objects(q);
}

/* Freshness given, or a status that may be kept without (RFC 9111 3, last point). Errors and
 * unknown statuses need it: one client's odd request must not make an error for all (HOSTILE 3). */
static enum cache_store_reason freshness_objects(const struct question *q)
{
	if (q->fresh.explicit_given)
		return CACHE_STORE_OK;
	if (q->status >= 400 && !mutant(STORE_ERROR))
		return CACHE_STORE_ERROR;
	if (!msg_status_known((int)q->status) && !mutant(STORE_UNKNOWN))
		return CACHE_STORE_UNKNOWN_STATUS;
	if (q->in->response->body == MSG_BODY_UNTIL_CLOSE && !mutant(STORE_UNTIL_CLOSE))
		return CACHE_STORE_UNTIL_CLOSE;
	if (cache_control_has(&q->cc, CACHE_CONTROL_PUBLIC))
		return CACHE_STORE_OK;
	if (!cache_fresh_status_heuristic(q->status))
		return CACHE_STORE_STATUS;
	return CACHE_STORE_OK;
}

/* A response that could neither be used as it is nor be asked about is no use. */
static enum cache_store_reason use_objects(const struct question *q, const struct stored *meta)
{
	if (meta->flags & (STORED_ETAG | STORED_LAST_MODIFIED))
		return CACHE_STORE_OK;
	if (meta->flags & STORED_NO_CACHE)
		return CACHE_STORE_NO_CACHE;
	if (meta->fresh_secs > meta->initial_age)
		return CACHE_STORE_OK;
	if (!(meta->flags & STORED_MUST_REVALIDATE) && (meta->swr_secs != 0 || meta->sie_secs != 0))
		return CACHE_STORE_OK;
	return q->fresh.explicit_given ? CACHE_STORE_STALE : CACHE_STORE_NO_LIFETIME;
}

static uint32_t seconds(int64_t s)
{
	if (s <= 0)
		return 0;
	return s > (int64_t)CACHE_FRESH_MAX ? CACHE_FRESH_MAX : (uint32_t)s;
}

static uint32_t validator_flags(const struct fields *f, int64_t now)
{
	struct value_etag tag;
	uint32_t flags = 0;

	if (fields_count(f, FIELD_ETAG) == 1 && value_etag(fields_value(f, FIELD_ETAG), &tag) == 0)
		flags |= tag.weak ? STORED_ETAG : STORED_ETAG | STORED_ETAG_STRONG;
	if (fields_count(f, FIELD_LAST_MODIFIED) == 1 &&
	    date_of(fields_value(f, FIELD_LAST_MODIFIED), now) != DATE_NONE)
		flags |= STORED_LAST_MODIFIED;
	return flags;
}

static bool is_gzip(const struct fields *f)
{
	struct str coding;

	if (fields_count(f, FIELD_CONTENT_ENCODING) != 1)
		return false;
	coding = fields_value(f, FIELD_CONTENT_ENCODING);
	return str_ieq(coding, STR("gzip")) || str_ieq(coding, STR("x-gzip"));
}

static uint32_t meta_flags(const struct question *q)
{
	const struct cache_control *cc = &q->cc;
	uint32_t flags = validator_flags(q->fields, q->in->response_time);

	if (cache_control_has(cc, CACHE_CONTROL_MUST_REVALIDATE | CACHE_CONTROL_PROXY_REVALIDATE) ||
	    cc->s_maxage != CACHE_CONTROL_ABSENT)
		flags |= STORED_MUST_REVALIDATE;
	if (cache_control_has(cc, CACHE_CONTROL_NO_CACHE))
		flags |= STORED_NO_CACHE;
	if (cache_control_has(cc, CACHE_CONTROL_NO_TRANSFORM))
		flags |= STORED_NO_TRANSFORM;
	if (cache_control_has(cc, CACHE_CONTROL_IMMUTABLE) && q->fresh.explicit_given)
		flags |= STORED_IMMUTABLE;
	if (q->fresh.heuristic)
		flags |= STORED_HEURISTIC;
	if (q->in->from_private_address)
		flags |= STORED_PRIVATE_ADDRESS;
	if (q->in->gzip_made)
		flags |= STORED_GZIP_MADE;
	if (q->in->gzip_made || is_gzip(q->fields))
		flags |= STORED_GZIPPED;
	return flags;
}

static void fill_meta(const struct question *q, struct stored *meta)
{
	const struct cache_store_input *in = q->in;

	*meta = (struct stored){.status = (uint16_t)q->status,
	                        .flags = meta_flags(q),
	                        .request_time = in->request_time,
	                        .response_time = in->response_time,
	                        .date = cache_fresh_date(q->fields, in->response_time),
	                        .fresh_secs = q->fresh.secs,
	                        .swr_secs = seconds(q->cc.stale_while_revalidate)};
	meta->initial_age = cache_fresh_initial_age(q->fields, in->request_time, in->response_time);
	meta->sie_secs = q->cc.stale_if_error != CACHE_CONTROL_ABSENT
	                     ? seconds(q->cc.stale_if_error)
	                     : in->opts->stale_if_error;
}

/* How long other requests for this URL need not wait for each other. Errors that the one request
 * may have caused say nothing about the next one. */
static uint32_t hit_for_miss_secs(const struct question *q)
{
	uint32_t secs = q->in->opts->hit_for_miss;

	if (q->status < 400)
		return secs;
	if (q->status >= 500 || q->status == 401 || q->status == 403 || q->status == 404 ||
	    q->status == 410 || q->status == 429 || q->status == 451)
		return MIN(secs, ERROR_HIT_FOR_MISS);
	return 0;
}

static const char *const texts[] = {
    [CACHE_STORE_OK] = "stored (RFC 9111 3)",
#define NOT_STORED(id, text) [CACHE_STORE_##id] = text,
#include "tbl/not_stored.h"
};

const char *cache_store_why(unsigned reason)
{
	return reason > CACHE_STORE_OK && reason < COUNT_OF(texts)
	           ? texts[reason]
	           : "not stored: its last answer was not for all";
}

static void refuse(enum cache_store_reason reason, struct cache_store_verdict *out)
{
	out->reason = reason;
	out->why = cache_store_why(reason);
}

void cache_store_judge(const struct cache_store_input *in, struct cache_store_verdict *out)
{
	struct question q = {
	    .in = in, .fields = &in->response->fields, .status = in->response->status};
	enum cache_store_reason reason;

	cache_control_request(&in->request->fields, &q.request_cc);
	cache_control_effective(q.fields, in->targets, &q.cc);
	cache_fresh_lifetime(in->response, &q.cc, in->opts, in->response_time, &q.fresh);
	*out = (struct cache_store_verdict){.fresh = q.fresh.why};
	fill_meta(&q, &out->meta);

	/* First what only this request is to blame for: it says nothing about the URL. */
	reason = request_objects(&q);
	if (reason == CACHE_STORE_OK)
		reason = status_objects(&q);
	if (reason == CACHE_STORE_OK)
		reason = authorization_objects(&q);
	if (reason != CACHE_STORE_OK) {
		refuse(reason, out);
		return;
	}
	reason = response_objects(&q);
	if (reason == CACHE_STORE_OK)
		reason = freshness_objects(&q);
	if (reason == CACHE_STORE_OK)
		reason = use_objects(&q, &out->meta);
	if (reason != CACHE_STORE_OK) {
		refuse(reason, out);
		out->hit_for_miss_secs = hit_for_miss_secs(&q);
		out->hit_for_miss = out->hit_for_miss_secs != 0;
		return;
	}
	out->store = true;
	out->why = texts[CACHE_STORE_OK];
}

bool cache_store_keeps_field(const struct msg *m, const struct cache_control *cc,
                             const struct field *f)
{
	if (msg_is_hop_by_hop(m, f) || f->id == FIELD_AGE)
		return false;
	/* Framing is in the message's numbers; the writer makes the field anew. Content-Length is
	 * kept for HEAD and for freshening by it (4.3.5). */
	return !is_listed(cc, f->name) || mutant(KEEP_LISTED);
}
