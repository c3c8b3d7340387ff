/* cache_validate.c - conditions for the origin, its 304 judged and merged, and what gets invalid.
 */
#include "policy/cache_validate.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/date.h"
#include "http/value.h"

static bool etag_of(const struct fields *f, struct value_etag *tag)
{
	return fields_count(f, FIELD_ETAG) == 1 &&
	       value_etag(fields_value(f, FIELD_ETAG), tag) == 0;
}

/* {NULL, 0} unless there is one that can be read. `now` only helps with two-digit years. */
static struct str modified_of(const struct fields *f)
{
	struct str s = fields_value(f, FIELD_LAST_MODIFIED);

	if (fields_count(f, FIELD_LAST_MODIFIED) != 1 || date_of(s, 0) == DATE_NONE)
		return STR_NONE;
	return s;
}

bool cache_validate_ask(const struct fields *stored, struct cache_validate_ask *out)
{
	struct value_etag tag;

	*out = (struct cache_validate_ask){STR_NONE, STR_NONE};
	if (etag_of(stored, &tag))
		out->if_none_match = fields_value(stored, FIELD_ETAG);
	out->if_modified_since = modified_of(stored);
	return out->if_none_match.p != NULL || out->if_modified_since.p != NULL;
}

/* Do the validators of a 304 name the stored response (RFC 9111 4.3.4, first match)? */
static bool names_stored(const struct fields *stored, const struct fields *f, const char **why)
{
	struct value_etag new_tag, old_tag;
	bool new_has = etag_of(f, &new_tag), old_has = etag_of(stored, &old_tag);
	struct str new_date = modified_of(f), old_date = modified_of(stored);

	if (new_has && !new_tag.weak) {
		*why = "304 with another strong validator (RFC 9111 4.3.4)";
		return old_has && value_etag_strong_eq(new_tag, old_tag);
	}
	if (new_has && old_has) {
		*why = "304 with another weak validator (RFC 9111 4.3.4)";
		return value_etag_weak_eq(new_tag, old_tag);
	}
	if (new_date.p != NULL && old_date.p != NULL) {
		*why = "304 with another Last-Modified (RFC 9111 4.3.4)";
		return date_of(new_date, 0) == date_of(old_date, 0);
	}
	*why = "304 with a validator that the stored response lacks (RFC 9111 4.3.4)";
	/* Without any: it can only mean what was asked, and that was this one entry. Many servers
	 * answer so, although 9110 15.4.5 wants an ETag in the 304. */
	return !new_has && new_date.p == NULL;
}

void cache_validate_judge(struct arena *a, const struct fields *stored, const struct msg *response,
                          struct cache_validate_verdict *out)
{
	struct str before, after;

	out->answer = CACHE_VALIDATE_UNUSABLE;
	if (response->status != 304) {
		out->why = "not a 304";
		return;
	}
	if (!names_stored(stored, &response->fields, &out->why) && !mutant(NOT_MODIFIED_OTHER))
		return;
	out->why = "304 with another Vary than the stored one (RFC 9111 4.1)";
	if (!mutant(NOT_MODIFIED_VARY) && fields_has(&response->fields, FIELD_VARY) &&
	    (cache_key_vary_spec(a, stored, &before) != 0 ||
	     cache_key_vary_spec(a, &response->fields, &after) != 0 || !str_eq(before, after)))
		return;
	out->answer = CACHE_VALIDATE_UPDATE;
	out->why = "validated by a 304 (RFC 9111 4.3.4)";
}

void cache_validate_head(const struct fields *stored, uint64_t length, const struct msg *response,
                         struct cache_validate_verdict *out)
{
	const struct fields *f = &response->fields;

	out->answer = CACHE_VALIDATE_UNUSABLE;
	out->why = "HEAD was not answered with 200 (RFC 9111 4.3.5)";
	if (response->status != 200)
		return;
	out->answer = CACHE_VALIDATE_OUTDATED;
	out->why = "HEAD shows another ETag (RFC 9111 4.3.5)";
	if (fields_has(f, FIELD_ETAG) &&
	    !str_eq(fields_value(f, FIELD_ETAG), fields_value(stored, FIELD_ETAG)))
		return;
	out->why = "HEAD shows another Last-Modified (RFC 9111 4.3.5)";
	if (fields_has(f, FIELD_LAST_MODIFIED) &&
	    !str_eq(fields_value(f, FIELD_LAST_MODIFIED),
	            fields_value(stored, FIELD_LAST_MODIFIED)))
		return;
	out->why = "HEAD shows another length (RFC 9111 4.3.5)";
	if (response->has_length && length != UINT64_MAX && response->length != length &&
	    !mutant(HEAD_LENGTH))
		return;
	out->answer = CACHE_VALIDATE_UPDATE;
	out->why = "freshened by HEAD (RFC 9111 4.3.5)";
}

/* May a field of the new response take the place of the stored one (RFC 9111 3.2)? What describes
 * the stored bytes stays; a cookie is meant for the one who asked (CVE-2016-10002). */
static bool is_updated(const struct msg *response, const struct field *f)
{
	switch (f->id) {
	case FIELD_CONTENT_LENGTH:
	case FIELD_CONTENT_ENCODING:
	case FIELD_CONTENT_RANGE:
	case FIELD_CONTENT_DIGEST: /* of the 304's own empty content (RFC 9530 2) */
	case FIELD_TRANSFER_ENCODING:
		return mutant(NOT_MODIFIED_FRAMING);
	case FIELD_SET_COOKIE:
		return mutant(NOT_MODIFIED_COOKIE);
	default:
		return !msg_is_hop_by_hop(response, f);
	}
}

static bool is_replaced(const struct msg *response, const struct field *old)
{
	const struct fields *f = &response->fields;

	/* The old Age and Date say nothing about the new response. */
	if (old->id == FIELD_AGE || old->id == FIELD_DATE)
		return true;
	if (old->id != FIELD_OTHER && !fields_has(f, old->id))
		return false;
	for (unsigned i = 0; i < f->n; i++) {
		const struct field *new = &f->v[i];

		if (old->id != FIELD_OTHER
		        ? new->id != old->id
		        : new->id != FIELD_OTHER || !str_ieq(new->name, old->name))
			continue;
		if (is_updated(response, new))
			return true;
	}
	return false;
}

static int add(struct fields *to, const struct field *f)
{
	return f->id != FIELD_OTHER ? fields_add(to, f->id, f->value)
	                            : fields_add_name(to, f->name, f->value);
}

static int add_date(struct arena *a, struct fields *to, int64_t when)
{
	char *date = arena_alloc(a, DATE_LENGTH);

	if (date == NULL)
		return ERR_NOMEM;
	date_print(when, date);
	return fields_add(to, FIELD_DATE, (struct str){date, DATE_LENGTH});
}

/* The fields of both, by the rules of 3.2. */
static int merge(struct arena *a, const struct cache_validate_update *in, struct fields *to)
{
	const struct msg *response = in->input.response;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < in->stored->n; i++)
		if (!is_replaced(response, &in->stored->v[i]))
			rc = add(to, &in->stored->v[i]);
	for (unsigned i = 0; rc == 0 && i < response->fields.n; i++)
		if (is_updated(response, &response->fields.v[i]))
			rc = add(to, &response->fields.v[i]);
	/* RFC 9110 6.6.1: a recipient with a clock writes down when it received it. */
	if (rc == 0 && !fields_has(to, FIELD_DATE))
		rc = add_date(a, to, in->input.response_time);
	return rc;
}

/* What merging brought in that is not to be kept: Age, and names listed by no-cache and private. */
static void drop_unkept(struct msg *m, const struct cache_control_targets *targets)
{
	struct cache_control cc;

	cache_control_effective(&m->fields, targets, &cc);
	for (unsigned i = m->fields.n; i-- > 0;)
		if (!cache_store_keeps_field(m, &cc, &m->fields.v[i]))
			fields_remove_at(&m->fields, i);
}

static size_t bytes_of(const struct fields *f)
{
	size_t n = 0;

	for (unsigned i = 0; i < f->n; i++)
		n += f->v[i].name.n + f->v[i].value.n;
	return n;
}

int cache_validate_update(struct arena *a, const struct cache_validate_update *in,
                          unsigned max_fields, size_t max_bytes, struct msg *merged,
                          struct cache_store_verdict *out)
{
	struct cache_store_input input = in->input;
	unsigned room = in->stored->n + in->input.response->fields.n + 1;
	struct field *v = arena_alloc(a, room * sizeof *v);
	int rc;

	if (v == NULL)
		return ERR_NOMEM;
	msg_init(merged, MSG_RESPONSE, v, room);
	merged->minor = 1;
	merged->status = in->meta->status;
	rc = merge(a, in, &merged->fields);
	if (rc != 0)
		return rc;
	input.response = merged;
	input.update = true;
	input.gzip_made = (in->meta->flags & STORED_GZIP_MADE) != 0;
	input.from_private_address |= (in->meta->flags & STORED_PRIVATE_ADDRESS) != 0;
	cache_store_judge(&input, out);
	drop_unkept(merged, input.targets);
	if ((merged->fields.n > max_fields || bytes_of(&merged->fields) > max_bytes) &&
	    !mutant(MERGED_LIMIT))
		return ERR_LIMIT;
	return 0;
}

static int add_target(struct arena *a, const struct uri *uri, const struct cache_key_rules *rules,
                      struct str partition, struct cache_validate_targets *out)
{
	struct str key;
	int rc = cache_key_of_uri(a, uri, rules, partition, &key);

	if (rc != 0)
		return rc == ERR_NOMEM ? rc : 0; /* what has no key is not kept */
	for (unsigned i = 0; i < out->n; i++)
		if (str_eq(out->keys[i], key))
			return 0;
	AN(out->n < CACHE_VALIDATE_TARGETS);
	out->keys[out->n++] = key;
	return 0;
}

/* The URI in a field of the response, when it is of the same origin as the request's (4.4). */
static int add_reference(struct arena *a, const struct msg *request, const struct msg *response,
                         enum field_id id, const struct cache_key_rules *rules,
                         struct str partition, struct cache_validate_targets *out)
{
	struct uri uri;
	int rc;

	if (fields_count(&response->fields, id) != 1)
		return 0;
	rc = uri_resolve(a, &request->uri, fields_value(&response->fields, id), &uri);
	if (rc == ERR_NOMEM)
		return rc;
	if (rc != 0 || !uri_same_origin(&request->uri, &uri))
		return 0;
	return add_target(a, &uri, rules, partition, out);
}

int cache_validate_targets(struct arena *a, const struct msg *request, const struct msg *response,
                           const struct cache_key_rules *rules, struct str partition,
                           struct cache_validate_targets *out)
{
	int rc;

	out->n = 0;
	if (mutant(INVALIDATE) || msg_method_is_safe(request->method) ||
	    request->method == METHOD_CONNECT || request->method == METHOD_PURGE)
		return 0;
	if ((response->status < 200 || response->status > 399) && !mutant(INVALIDATE_FAILED))
		return 0;
	rc = add_target(a, &request->uri, rules, partition, out);
	if (rc == 0)
		rc = add_reference(a, request, response, FIELD_LOCATION, rules, partition, out);
	if (rc == 0)
		rc = add_reference(a, request, response, FIELD_CONTENT_LOCATION, rules, partition,
		                   out);
	return rc;
}
