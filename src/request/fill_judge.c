/* fill_judge.c - JUDGE: what becomes of the final head. Stored, a stored entry refreshed, or passed
 * on to the one who asked; the decision falls before any follower sees a byte. */
#include "base/count.h"
#include "base/err.h"
#include "base/mutant.h"
#include "http/date.h"
#include "policy/cache_key.h"
#include "policy/cache_store.h"
#include "policy/cache_validate.h"
#include "request/codings.h"
#include "request/follower.h"
#include "store/entry.h"

#define FIELDS_MAX 256 /* of a head that is kept, also after merging */

/* ---- passing on ---- */

/* RFC 9111 4.4: a successful unsafe method makes what is stored of its targets invalid. */
static void invalidate(struct fill *f)
{
	struct cache_validate_targets targets;
	struct store_key key;

	if (f->tunnel || msg_method_is_safe((enum msg_method)f->request.method))
		return;
	if (cache_validate_targets(&f->arena, &f->request, f->head, &f->conf->key_rules, STR_NONE,
	                           &targets) != 0)
		return;
	for (unsigned i = 0; i < targets.n; i++) {
		store_key_make(targets.keys[i], &key);
		(void)store_purge(&key, false); /* a full ring: the entry ages as it would have */
	}
}

static bool is_failure(const struct fill *f)
{
	return f->stale.magic != 0 && f->head->status >= 500 && !mutant(FAILURE_STORED);
}

/* Nobody else waits for this answer. What others get: a fetch of their own, or, when they may have
 * something stale, the news that the origin failed. */
static enum fill_state release_others(struct fill *f)
{
	enum fill_state others = FILL_UNCACHEABLE;

	fill_unlist(f);
	if (!f->shared)
		return others;
	f->shared = false;
	if (is_failure(f)) {
		f->status = f->head->status;
		f->why = "the origin answered with an error";
		f->err = ERR_REFUSED;
		others = FILL_FAILED;
		flight_fail(&f->flight, f->err, f->why);
	} else {
		flight_uncacheable(&f->flight);
	}
	return others;
}

static enum fill_result pass_on(struct fill *f)
{
	enum fill_state others = release_others(f);
	bool taken = follower_tell_response(f, others);

	f->err = 0;
	f->why = NULL;
	if (!taken)
		fill_left_alone(f);
	if (f->ended)
		return FILL_OVER;
	fill_goto(f, FILL_STEP_BODY);
	return FILL_GO;
}

/* ---- storing ---- */

static void judge_input(const struct fill *f, struct cache_store_input *in)
{
	*in = (struct cache_store_input){.request = &f->request,
	                                 .response = f->head,
	                                 .request_time = f->request_time,
	                                 .response_time = f->response_time,
	                                 .opts = &f->conf->cache,
	                                 .targets = fill_targets(f),
	                                 .from_private_address = f->private_address};
}

/* What describes the bytes that weir replaces. */
static bool is_of_plain_body(enum field_id id)
{
	return id == FIELD_CONTENT_DIGEST || id == FIELD_CONTENT_MD5;
}

static bool is_kept(const struct fill *f, const struct cache_control *cc, const struct field *line)
{
	if (!cache_store_keeps_field(f->head, cc, line))
		return false;
	if (f->deflate == NULL)
		return line->id != FIELD_CONTENT_LENGTH;
	/* With a body that was compressed here: the length of the plain one. */
	return !is_of_plain_body((enum field_id)line->id);
}

static int add_line(struct fields *to, const struct field *f)
{
	return f->id != FIELD_OTHER ? fields_add(to, (enum field_id)f->id, f->value)
	                            : fields_add_name(to, f->name, f->value);
}

/* RFC 9110 6.6.1: who has a clock writes down when it received it. */
static int add_date(struct fill *f, struct fields *to)
{
	char *date = arena_alloc(&f->arena, DATE_LENGTH);

	if (date == NULL)
		return ERR_NOMEM;
	date_print(f->response_time, date);
	return fields_add(to, FIELD_DATE, (struct str){date, DATE_LENGTH});
}

static int make_block(struct fill *f, struct str *block)
{
	unsigned max = f->head->fields.n + 2;
	struct field *v = arena_alloc(&f->arena, max * sizeof *v);
	struct cache_control cc;
	struct fields kept;
	int rc = 0;

	if (v == NULL)
		return ERR_NOMEM;
	fields_init(&kept, v, max);
	cache_control_effective(&f->head->fields, fill_targets(f), &cc);
	for (unsigned i = 0; rc == 0 && i < f->head->fields.n; i++)
		if (is_kept(f, &cc, &f->head->fields.v[i]))
			rc = add_line(&kept, &f->head->fields.v[i]);
	if (rc == 0 && f->deflate != NULL)
		rc = fields_add(&kept, FIELD_CONTENT_ENCODING, STR("gzip"));
	if (rc == 0 && !fields_has(&kept, FIELD_DATE))
		rc = add_date(f, &kept);
	return rc != 0 ? rc : entry_head_encode(&f->arena, &kept, block);
}

static int make_new(struct fill *f, const struct stored *meta, struct store_new *new)
{
	const struct msg *m = f->head;
	int rc;

	*new = (struct store_new){.body_len = STORE_UNKNOWN};
	source_cache_meta(meta, &new->meta);
	if (f->deflate == NULL && (m->body == MSG_BODY_NONE || m->body == MSG_BODY_LENGTH))
		new->body_len = m->body == MSG_BODY_NONE ? 0 : m->length;
	rc = make_block(f, &new->head);
	if (rc == 0)
		rc = cache_key_vary_spec(&f->arena, &m->fields, &new->vary_spec);
	if (rc == 0)
		rc = cache_key_variant(&f->arena, new->vary_spec, &f->request.fields,
		                       &new->vary_values);
	return rc;
}

/* Opens the store's writer, which publishes the head to other workers. False: it is not kept. */
static bool open_writer(struct fill *f, struct stored *meta)
{
	struct store_new new;

	if (fill_gzip_wanted(f))
		f->deflate = codings_deflate_get();
	if (f->deflate != NULL)
		meta->flags |= STORED_GZIP_MADE | STORED_GZIPPED;
	f->not_stored = "not stored: no memory, or the head is too large";
	if (make_new(f, meta, &new) == 0)
		f->writer = store_write_open(&f->flight, &f->key, &new, &f->not_stored);
	if (f->writer == NULL) {
		codings_deflate_put(TAKE(f->deflate));
		return false;
	}
	f->not_stored = NULL;
	if (f->deflate != NULL)
		count_inc(COUNT_gzip_made);
	else if (new.body_len != STORE_UNKNOWN &&new.body_len > SOURCE_HTTP_READ)
		f->http.read_size = SOURCE_HTTP_READ_MAX;
	return true;
}

static bool keep(struct fill *f)
{
	struct cache_store_verdict v;
	struct cache_store_input in;

	judge_input(f, &in);
	cache_store_judge(&in, &v);
	if (v.store && !is_failure(f))
		return open_writer(f, &v.meta);
	f->not_stored = v.store ? "not stored: an error, and there is a stale response" : v.why;
	if (v.hit_for_miss && !is_failure(f))
		store_hit_for_miss(&f->key, v.hit_for_miss_secs, (uint8_t)v.reason);
	count_inc(COUNT_not_stored);
	return false;
}

/* ---- a 304 to our question, or a 200 to HEAD ---- */

static enum fill_result ask_without_conditions(struct fill *f)
{
	f->unconditional = true;
	f->text = STR_NONE;
	source_http_close(&f->http);
	fill_goto(f, FILL_STEP_ASK);
	fill_run_soon(f);
	return FILL_STAY;
}

/* The stored entry with its new head, told to everybody. for_all: it stays. */
static void publish_refreshed(struct fill *f, const struct store_meta *meta, struct str block,
                              bool for_all)
{
	struct store_key key = {f->stale.pk, f->stale.canonical};
	struct store_entry e = f->stale;

	e.meta = *meta;
	e.head = block;
	fill_unlist(f);
	if (for_all)
		(void)store_refresh(&f->stale, meta, block); /* a full ring: asked again later */
	if (f->shared && for_all)
		flight_refreshed(&f->flight, &f->stale, meta, block);
	else if (f->shared)
		flight_uncacheable(&f->flight);
	if (!for_all)
		(void)store_purge(&key, false);
	follower_tell_refreshed(f, &e, for_all);
}

/* The stored entry is right: it gets the fields of the answer. */
static enum fill_result refresh(struct fill *f)
{
	struct cache_validate_update update = {.stored = &f->stale_fields};
	struct cache_store_verdict store;
	struct store_meta meta;
	struct stored before;
	struct msg merged;
	struct str block;
	int rc;

	source_cache_stored(&f->stale, &before);
	judge_input(f, &update.input);
	update.meta = &before;
	rc = cache_validate_update(&f->arena, &update, FIELDS_MAX, f->conf->response_limits.head,
	                           &merged, &store);
	if (rc == 0)
		rc = entry_head_encode(&f->arena, &merged.fields, &block);
	if (rc == ERR_LIMIT) { /* CVE-2023-5824: it would no longer fit where heads are read */
		(void)store_purge(&f->key, false);
		return ask_without_conditions(f);
	}
	if (rc != 0) {
		fill_set_failed(f, rc, 503, "no memory for the answer", "proxy_internal_error");
		return FILL_GO;
	}
	source_cache_meta(&store.meta, &meta);
	publish_refreshed(f, &meta, block, store.store);
	fill_goto(f, FILL_STEP_DONE);
	return f->ended ? FILL_OVER : FILL_GO;
}

static enum fill_result take_304(struct fill *f)
{
	struct cache_validate_verdict v;

	cache_validate_judge(&f->arena, &f->stale_fields, f->head, &v);
	return v.answer == CACHE_VALIDATE_UPDATE ? refresh(f) : ask_without_conditions(f);
}

/* Of the stored body as the origin sent it. */
static uint64_t plain_length(const struct fill *f)
{
	struct str told = fields_value(&f->stale_fields, FIELD_CONTENT_LENGTH);
	uint64_t length = f->stale.body_len;

	if ((f->stale.meta.flags & STORED_GZIP_MADE) != 0 && !str_u64(told, &length))
		return UINT64_MAX;
	return length;
}

/* RFC 9111 4.3.5: a 200 to HEAD says whether the stored answer to GET is still right. */
static bool head_validates(struct fill *f)
{
	struct cache_validate_verdict v;

	if (f->request.method != METHOD_HEAD || f->stale.magic == 0 || f->stale_fields.v == NULL)
		return false;
	cache_validate_head(&f->stale_fields, plain_length(f), f->head, &v);
	if (v.answer == CACHE_VALIDATE_OUTDATED)
		(void)store_purge(&f->key, true);
	return v.answer == CACHE_VALIDATE_UPDATE;
}

/* ---- the step ---- */

enum fill_result fill_judge_run(struct fill *f)
{
	if (f->head == NULL || f->head->status == 101)
		return pass_on(f);
	if (f->head->status == 304 && f->conditional)
		return take_304(f);
	if (f->shared && f->head->status == 304 && !mutant(ANSWER_304_UNASKED)) {
		fill_set_failed(f, ERR_BAD, 502, "304 to a request without conditions",
		                "http_protocol_error");
		source_http_close(&f->http);
		return FILL_GO;
	}
	if (f->shared && head_validates(f))
		return refresh(f);
	if (f->shared && keep(f)) {
		fill_goto(f, FILL_STEP_BODY);
		follower_tell_stored(f);
		return f->ended ? FILL_OVER : FILL_GO;
	}
	invalidate(f);
	return pass_on(f);
}
