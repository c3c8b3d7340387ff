/* fill_gzip.c - a body that is compressed while it is stored: once, for all who read it later.
 *
 * Output is made in a buffer of the worker and kept piece by piece; only what the store does not
 * take at once is copied. */
#include "base/clock.h"
#include "base/err.h"
#include "http/cache_control.h"
#include "http/value.h"
#include "request/codings.h"
#include "request/fill_steps.h"

#define OUT_BYTES (64 * 1024)
#define FLUSH_MS 100 /* a slow origin: what has come is given out after so long */

static char out[OUT_BYTES];

static bool type_fits(const struct conf_gzip *g, struct str content_type)
{
	struct str rest, type = value_item(content_type, &rest);

	for (unsigned i = 0; i < g->type_count; i++) {
		struct str want = g->types[i];

		if (str_ends(want, STR("*")) ? str_istarts(type, str_slice(want, 0, want.n - 1))
		                             : str_ieq(type, want))
			return true;
	}
	return false;
}

static bool may_transform(const struct fill *f)
{
	struct cache_control cc;

	cache_control_effective(&f->head->fields, fill_targets(f), &cc);
	if (cache_control_has(&cc, CACHE_CONTROL_NO_TRANSFORM))
		return false;
	/* Not a matter of caching: it holds beside a targeted field too (RFC 9110 7.7). */
	cache_control_response(&f->head->fields, &cc);
	if (cache_control_has(&cc, CACHE_CONTROL_NO_TRANSFORM))
		return false;
	cache_control_request(&f->request.fields, &cc);
	return !cache_control_has(&cc, CACHE_CONTROL_NO_TRANSFORM);
}

bool fill_gzip_wanted(const struct fill *f)
{
	const struct conf_gzip *g = &f->conf->gzip;
	const struct msg *m = f->head;

	if (!g->on || m->status != 200 || m->body == MSG_BODY_NONE ||
	    (m->has_length && (m->length < g->min_size || m->length == 0)))
		return false;
	if (fields_has(&m->fields, FIELD_CONTENT_ENCODING) ||
	    fields_has(&m->fields, FIELD_CONTENT_RANGE) ||
	    fields_count(&m->fields, FIELD_CONTENT_TYPE) != 1)
		return false;
	/* Asked for, not only not excluded: apt sends no Accept-Encoding and gets what it wants. */
	return value_accepts_coding(&f->request.fields, STR("gzip")) > 1 &&
	       type_fits(g, fields_value(&m->fields, FIELD_CONTENT_TYPE)) && may_transform(f);
}

/* To the store or, when that cannot keep it, to the one follower: how many bytes were taken in
 * *taken. 0, or ERR_GONE: the fill has ended. */
static int hand_on(struct fill *f, const char *p, size_t n, size_t *taken)
{
	int rc;

	*taken = 0;
	if (f->writer != NULL) {
		rc = fill_body_keep(f, p, n);
		if (rc == 0)
			*taken = n;
		if (rc == 0 || rc == ERR_AGAIN)
			return f->ended ? ERR_GONE : 0;
		if (f->ended || !fill_body_unkept(f, rc))
			return ERR_GONE;
	}
	*taken = fill_body_pass(f, p, n);
	return f->ended ? ERR_GONE : 0;
}

/* 0; ERR_AGAIN: kept for later, nothing more is taken until then; other: failed. */
static int put(struct fill *f, const char *p, size_t n)
{
	size_t taken;
	int rc;

	rc = hand_on(f, p, n, &taken);
	if (rc != 0 || taken == n)
		return rc;
	source_http_pause(&f->http);
	return buf_append(&f->pending, p + taken, n - taken, SIZE_MAX / 2) == 0 ? ERR_AGAIN
	                                                                        : ERR_NOMEM;
}

static void fail(struct fill *f, int err)
{
	source_http_close(&f->http);
	fill_set_failed(f, err, 502, "the body could not be compressed or kept",
	                "proxy_internal_error");
	fill_run(f);
}

/* p[0, n) through deflate, as far as what comes out is taken. 0, ERR_AGAIN, or failed; how much
 * went in is in *in. */
static int compress(struct fill *f, const char *p, size_t n, enum coding_step step, size_t *in)
{
	enum coding_result result;
	size_t used = 0, part, made;
	int rc = 0;

	do {
		result =
		    coding_run(f->deflate, p + used, n - used, &part, out, sizeof out, &made, step);
		used += part;
		if (result == CODING_BAD)
			rc = ERR_BAD;
		else if (made > 0)
			rc = put(f, out, made);
	} while (rc == 0 && (result == CODING_NEED_OUTPUT || used < n));
	*in = used;
	return rc;
}

size_t fill_gzip_came(struct fill *f, const char *p, size_t n)
{
	size_t used;
	int rc;

	if (buf_len(&f->pending) > 0)
		return 0;
	rc = compress(f, p, n, CODING_MORE, &used);
	if (!f->ended && f->flush.due == 0)
		loop_timer_set(&f->flush, clock_ms() + FLUSH_MS);
	if (rc == 0 || rc == ERR_AGAIN)
		return used;
	if (!f->ended)
		fail(f, rc);
	return n;
}

void fill_gzip_on_flush(struct loop_timer *t)
{
	struct fill *f = CONTAINER_OF(t, struct fill, flush);
	size_t used;
	int rc;

	CHECK_OBJ(f, FILL_MAGIC);
	if (f->ended || f->deflate == NULL || f->answer_ended)
		return;
	if (buf_len(&f->pending) > 0 || f->waits_store) { /* nobody waits for more */
		loop_timer_set(t, clock_ms() + FLUSH_MS);
		return;
	}
	rc = compress(f, "", 0, CODING_FLUSH, &used);
	if (rc == ERR_AGAIN) /* some of it may still be inside */
		loop_timer_set(t, clock_ms() + FLUSH_MS);
	else if (rc != 0 && !f->ended)
		fail(f, rc);
}

int fill_gzip_flush(struct fill *f)
{
	struct str s = buf_str(&f->pending);
	size_t taken;
	int rc;

	if (s.n == 0)
		return 0;
	rc = hand_on(f, s.p, s.n, &taken);
	if (rc != 0)
		return rc;
	buf_consume(&f->pending, taken);
	return taken == s.n ? 0 : ERR_AGAIN;
}

int fill_gzip_finish(struct fill *f)
{
	int rc = fill_gzip_flush(f);

	while (rc == 0 && !f->ended && f->deflate != NULL) {
		size_t used, made;
		enum coding_result result =
		    coding_run(f->deflate, "", 0, &used, out, sizeof out, &made, CODING_FINISH);

		if (result == CODING_BAD)
			return ERR_BAD;
		if (result == CODING_END)
			codings_deflate_put(TAKE(f->deflate));
		if (made > 0)
			rc = put(f, out, made);
	}
	return rc;
}
