/* respond.c - the head that goes out. Called by the steps that deliver; everything it makes lies in
 * the request's arena. */
#include "request/respond.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "http/condition.h"
#include "http/date.h"
#include "http/value.h"
#include "request/page.h"
#include "request/respond_status.h"
#include "store/entry.h"

#define EXTRA_FIELDS 12 /* what respond adds to a head */
#define GZIP_TAG STR("-gzip\"")

/* An empty head with room for n fields and those that are added. */
static int answer_init(struct request *r, int status, unsigned n)
{
	struct field *v = arena_alloc(&r->arena, (n + EXTRA_FIELDS) * sizeof *v);

	if (v == NULL)
		return ERR_NOMEM;
	msg_init(&r->answer, MSG_RESPONSE, v, n + EXTRA_FIELDS);
	r->answer.status = (uint16_t)status;
	r->answer.minor = 1;
	r->status = status;
	memset(&r->plan, 0, sizeof r->plan);
	r->plan.length = SINK_UNKNOWN;
	return 0;
}

static void add(struct request *r, enum field_id id, struct str value)
{
	if (value.p != NULL) /* no memory: the field is only missed */
		(void)fields_add(&r->answer.fields, id, value);
}

static void add_number(struct request *r, enum field_id id, uint64_t value)
{
	char text[20];
	struct str_out o = str_out_of(text, sizeof text);

	str_put_u64(&o, value);
	add(r, id, arena_dup(&r->arena, str_range(text, o.at)));
}

static void add_via(struct request *r, unsigned minor)
{
	const struct str via[] = {minor == 0 ? STR("1.0 ") : STR("1.1 "), r->conf->via};

	add(r, FIELD_VIA, arena_join(&r->arena, via, COUNT_OF(via)));
}

/* What every answer gets at this hop. */
static void add_hop(struct request *r, unsigned minor)
{
	add_via(r, minor);
	if (!fields_has(&r->answer.fields, FIELD_DATE))
		add(r, FIELD_DATE, clock_date());
	respond_status_add(r);
}

/* "abc" -> "abc-gzip": the tag of the representation that weir compressed (RFC 9110 8.8.3.3). */
static struct str gzip_tag(struct request *r, struct str tag)
{
	if (tag.n < 2 || tag.p[tag.n - 1] != '"')
		return tag;
	return arena_join(&r->arena, (struct str[]){str_slice(tag, 0, tag.n - 1), GZIP_TAG}, 2);
}

/* The representation that this client gets of a body that weir compressed. */
static void choose_coding(struct request *r)
{
	struct fields *f = &r->answer.fields;

	if (!fields_has(f, FIELD_VARY))
		add(r, FIELD_VARY, STR("Accept-Encoding"));
	else if (!value_list_has(f, FIELD_VARY, STR("Accept-Encoding")))
		add(r, FIELD_VARY, STR("Accept-Encoding"));
	r->plan.inflate = value_accepts_coding(&r->msg.fields, STR("gzip")) <= 1;
	if (r->plan.inflate)
		(void)fields_remove(f, FIELD_CONTENT_ENCODING);
	else if (fields_has(f, FIELD_ETAG))
		(void)fields_set(f, FIELD_ETAG, gzip_tag(r, fields_value(f, FIELD_ETAG)));
}

/* 304 keeps only what RFC 9110 15.4.5 asks for, and Last-Modified, which apt's dates come from. */
static void keep_for_304(struct fields *f)
{
	static const uint8_t gone[] = {FIELD_CONTENT_TYPE,     FIELD_CONTENT_LENGTH,
	                               FIELD_CONTENT_ENCODING, FIELD_CONTENT_LANGUAGE,
	                               FIELD_CONTENT_RANGE,    FIELD_ACCEPT_RANGES};

	for (size_t i = 0; i < COUNT_OF(gone); i++)
		(void)fields_remove(f, gone[i]);
}

static void to_status(struct request *r, int status)
{
	r->status = status;
	r->answer.status = (uint16_t)status;
	r->answer.reason = STR_NONE;
}

static struct str multipart_boundary(struct request *r)
{
	static uint64_t turn;
	uint64_t x = (uint64_t)clock_wall_ms() * 0x9e3779b97f4a7c15u + ++turn * 0xd1b54a32d192ed03u;

	return arena_printf(&r->arena, "weir-%016llx", (unsigned long long)x);
}

static void plan_one_range(struct request *r, uint64_t total)
{
	char text[80];
	struct str_out o = str_out_of(text, sizeof text);

	range_put_content(&o, &r->plan.ranges->v[0], total);
	add(r, FIELD_CONTENT_RANGE, arena_dup(&r->arena, str_range(text, o.at)));
	r->plan.length = r->plan.ranges->bytes;
}

static void plan_multipart(struct request *r, uint64_t total)
{
	struct fields *f = &r->answer.fields;

	r->plan.boundary = multipart_boundary(r);
	r->plan.type = fields_value(f, FIELD_CONTENT_TYPE);
	r->plan.total = total;
	r->plan.length =
	    range_multipart_length(r->plan.ranges, r->plan.boundary, r->plan.type, total);
	(void)fields_set(f, FIELD_CONTENT_TYPE,
	                 arena_printf(&r->arena, "multipart/byteranges; boundary=%.*s",
	                              STR_F(r->plan.boundary)));
}

static void plan_unsatisfiable(struct request *r, uint64_t total)
{
	char text[80];
	struct str_out o = str_out_of(text, sizeof text);

	range_put_unsatisfied(&o, total);
	keep_for_304(&r->answer.fields);
	add(r, FIELD_CONTENT_RANGE, arena_dup(&r->arena, str_range(text, o.at)));
	to_status(r, 416);
	r->plan.no_body = false;
	r->plan.length = 0;
	source_local_init(&r->local, STR_NONE);
	r->source = &r->local.source;
	r->plan.inflate = false;
}

/* Range and If-Range against a body of known length (RFC 9110 14.2). */
static int plan_ranges(struct request *r, const struct condition_selected *selected, uint64_t total)
{
	struct str value = fields_value(&r->msg.fields, FIELD_RANGE);

	if (r->msg.method != METHOD_GET || r->status != 200 || value.n == 0 ||
	    total == SINK_UNKNOWN || fields_count(&r->msg.fields, FIELD_RANGE) != 1 ||
	    !condition_if_range(&r->msg.fields, selected, clock_wall()))
		return 0;
	r->plan.ranges = arena_alloc(&r->arena, sizeof *r->plan.ranges);
	if (r->plan.ranges == NULL)
		return ERR_NOMEM;
	switch (range_parse(value, total, r->plan.ranges)) {
	case RANGE_WHOLE:
		return 0;
	case RANGE_UNSATISFIABLE:
		plan_unsatisfiable(r, total);
		return 0;
	case RANGE_PARTIAL:
		break;
	}
	if (r->plan.inflate && r->plan.ranges->n > 1)
		return 0; /* each part would inflate from the start; RFC 9110 14.2 allows the whole
		           */
	to_status(r, 206);
	r->plan.parts = r->plan.ranges->n;
	if (r->plan.parts == 1)
		plan_one_range(r, total);
	else
		plan_multipart(r, total);
	return 0;
}

static void plan_failed(struct request *r)
{
	keep_for_304(&r->answer.fields);
	to_status(r, 412);
	source_local_init(&r->local, STR_NONE);
	r->source = &r->local.source;
	r->plan.length = 0;
	r->plan.inflate = false;
}

/* Length of what goes out when nothing is cut from it; takes Content-Length out of the head. */
static uint64_t whole_length(struct request *r, const struct store_entry *e)
{
	struct str told = fields_value(&r->answer.fields, FIELD_CONTENT_LENGTH);
	uint64_t length = e->body_len;

	if (r->plan.inflate && !str_u64(told, &length))
		length = SINK_UNKNOWN;
	(void)fields_remove(&r->answer.fields, FIELD_CONTENT_LENGTH);
	return length;
}

static int decode_head(struct request *r, const struct store_entry *e)
{
	struct fields stored;
	int rc = entry_head_decode(&r->arena, e->head, &stored);

	if (rc == 0)
		rc = answer_init(r, e->meta.status, stored.n);
	if (rc == 0)
		rc = fields_copy(&r->answer.fields, &stored);
	return rc;
}

int respond_entry(struct request *r, const struct store_entry *e, bool hit, uint32_t age)
{
	struct condition_selected selected;
	struct fields *f = &r->answer.fields;
	int rc = decode_head(r, e);

	if (rc != 0)
		return rc;
	r->age = age;
	if (e->meta.flags & STORED_GZIP_MADE)
		choose_coding(r);
	r->plan.length = whole_length(r, e);
	if (r->status == 200 && r->plan.length != SINK_UNKNOWN &&
	    !fields_has(f, FIELD_ACCEPT_RANGES))
		add(r, FIELD_ACCEPT_RANGES, STR("bytes"));
	if (hit || age > 0)
		add_number(r, FIELD_AGE, age);
	selected = (struct condition_selected){
	    .etag = fields_value(f, FIELD_ETAG),
	    .last_modified = date_of(fields_value(f, FIELD_LAST_MODIFIED), clock_wall()),
	    .date = e->meta.date,
	    .status = r->status};
	switch (condition_present(&r->msg.fields)
	            ? condition_evaluate(&r->msg.fields, r->msg.method, &selected, clock_wall())
	            : CONDITION_PROCEED) {
	case CONDITION_NOT_MODIFIED:
		keep_for_304(f);
		to_status(r, 304);
		r->plan.no_body = true;
		r->plan.length = SINK_UNKNOWN;
		break;
	case CONDITION_FAILED:
		plan_failed(r);
		break;
	case CONDITION_PROCEED:
		rc = plan_ranges(r, &selected, r->plan.length);
		break;
	}
	if (r->msg.method == METHOD_HEAD || !msg_may_have_body(r->status, METHOD_GET))
		r->plan.no_body = true;
	add_hop(r, 1);
	return rc;
}

/* What of a head that came is meant for the client (RFC 9110 7.6.1). */
static int copy_end_to_end(struct request *r, const struct msg *from)
{
	struct fields *to = &r->answer.fields;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < from->fields.n; i++) {
		const struct field *f = &from->fields.v[i];

		if (f->id == FIELD_CONTENT_LENGTH || msg_is_hop_by_hop(from, f))
			continue;
		rc = f->id != FIELD_OTHER ? fields_add(to, f->id, f->value)
		                          : fields_add_name(to, f->name, f->value);
	}
	return rc;
}

int respond_interim(struct request *r, const struct msg *from)
{
	int rc = answer_init(r, from->status, from->fields.n);

	if (rc == 0)
		rc = copy_end_to_end(r, from);
	if (rc == 0)
		add_via(r, from->minor);
	return rc;
}

int respond_fresh(struct request *r)
{
	const struct msg *from = &r->follower.response;
	int rc = answer_init(r, from->status, from->fields.n);

	if (rc == 0)
		rc = copy_end_to_end(r, from);
	if (rc != 0)
		return rc;
	r->answer.reason = from->reason;
	if (from->has_length)
		r->plan.length = from->length;
	r->plan.no_body = !msg_may_have_body(from->status, r->msg.method);
	if (from->status == 101)
		add(r, FIELD_UPGRADE, from->upgrade);
	add_hop(r, from->minor);
	return 0;
}

void respond_local(struct request *r, int status, struct str type, struct str body)
{
	if (answer_init(r, status, 0) != 0)
		body = STR_NONE;
	if (type.n != 0)
		add(r, FIELD_CONTENT_TYPE, type);
	add(r, FIELD_CACHE_CONTROL, STR("no-store"));
	source_local_init(&r->local, body);
	r->source = &r->local.source;
	r->plan.length = body.n;
	r->plan.no_body = r->msg.method == METHOD_HEAD;
	if (status == 405)
		add(r, FIELD_ALLOW, STR("GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, CONNECT"));
	add_hop(r, 1);
}

void respond_refusal(struct request *r)
{
	struct str type, body;

	page_make(&r->arena, &r->msg, r->refuse_status, r->why, r->conf->via, &type, &body);
	respond_local(r, r->refuse_status, type, body);
	add(r, FIELD_VARY, STR("Accept"));
	if (r->refuse_status == 407)
		add(r, FIELD_PROXY_AUTHENTICATE, STR("Basic realm=\"weir\""));
}
