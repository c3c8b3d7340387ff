/* source_admin_explain.c - what the cache knows of a URL, and what it would do with it now. */
#include "source/source_admin_explain.h"
#include "base/clock.h"
#include "http/value.h"
#include "policy/cache_reuse.h"
#include "policy/cache_store.h"
#include "source/source_cache.h"
#include "store/entry.h"

#define URL_MAX 16384
#define VARIANT_MAX 300 /* of each, so that all fit */

int source_admin_explain_key(struct arena *a, const struct cache_key_rules *rules, struct str url,
                             struct uri *uri, struct store_key *key, const char **why)
{
	struct str canonical;

	*why = "the URL is not valid";
	if (url.n == 0 || uri_parse_target(a, url, URI_FOR_REQUEST, uri, why) != 0)
		return 400;
	*why = "this URL has no place in the cache (http and https only, absolute)";
	if (uri->form != URI_ABSOLUTE || cache_key_of_uri(a, uri, rules, STR_NONE, &canonical) != 0)
		return 400;
	store_key_make(canonical, key);
	return 0;
}

static void report_url(struct arena *a, const struct uri *uri, const struct store_key *key,
                       struct admin_report *out)
{
	char *mem = arena_alloc(a, URL_MAX);
	struct str_out o = str_out_of(mem, mem == NULL ? 0 : URL_MAX);
	char hex[40];

	uri_put(&o, uri);
	if (!o.overflow)
		admin_report_str(out, "url", str_range(mem, o.at));
	o = str_out_of(mem, mem == NULL ? 0 : URL_MAX);
	for (size_t i = 0; i < key->canonical.n; i++)
		str_putc(&o, key->canonical.p[i] == '\0' ? ' ' : key->canonical.p[i]);
	if (!o.overflow)
		admin_report_str(out, "key", str_range(mem, o.at));
	o = str_out_of(hex, sizeof hex);
	for (size_t i = 0; i < sizeof key->pk; i++) {
		unsigned char c = ((const unsigned char *)&key->pk)[i];

		str_putc(&o, "0123456789abcdef"[c >> 4]);
		str_putc(&o, "0123456789abcdef"[c & 15]);
	}
	admin_report_str(out, "hash", str_range(hex, o.at));
}

/* What the access log would say. */
static const char *answer_word(enum cache_reuse_answer answer)
{
	switch (answer) {
	case CACHE_REUSE_FRESH:
		return "HIT";
	case CACHE_REUSE_STALE_USABLE:
	case CACHE_REUSE_STALE_WHILE_REVALIDATE:
		return "STALE";
	case CACHE_REUSE_STALE:
		return "EXPIRED";
	case CACHE_REUSE_FORBIDDEN:
		return "BYPASS";
	case CACHE_REUSE_REFUSE:
		return "NONE";
	}
	return "?";
}

static const char *answer_name(enum cache_reuse_answer answer)
{
	switch (answer) {
	case CACHE_REUSE_FRESH:
		return "fresh: answered from the cache";
	case CACHE_REUSE_STALE_USABLE:
		return "stale, but the request takes it";
	case CACHE_REUSE_STALE_WHILE_REVALIDATE:
		return "stale: answered from the cache, validated behind";
	case CACHE_REUSE_STALE:
		return "stale: validated first";
	case CACHE_REUSE_FORBIDDEN:
		return "not for every client: fetched for each";
	case CACHE_REUSE_REFUSE:
		return "stale, and the request wants no fetch: 504";
	}
	return "?";
}

static void report_freshness(const struct msg *request, const struct stored *stored,
                             struct admin_report *out)
{
	struct cache_reuse_verdict v;
	struct cache_control cc;
	char stamp[CLOCK_STAMP];

	cache_control_request(&request->fields, &cc);
	/* For a client that may see private addresses; the marks tell of those that may not. */
	cache_reuse_judge(stored, &cc, CACHE_REUSE_PRIVATE_OK, clock_wall(), &v);
	admin_report_str(out, "cache", str_of(answer_word(v.answer)));
	admin_report_str(out, "now", str_of(answer_name(v.answer)));
	if (v.why != NULL)
		admin_report_str(out, "why", str_of(v.why));
	admin_report_u64(out, "age", v.age);
	admin_report_u64(out, "fresh_for", stored->fresh_secs);
	admin_report_i64(out, "fresh_left", v.fresh_left);
	admin_report_bool(out, "lifetime_guessed", (stored->flags & STORED_HEURISTIC) != 0);
	admin_report_u64(out, "stale_while_revalidate", stored->swr_secs);
	admin_report_u64(out, "stale_if_error", stored->sie_secs);
	clock_stamp(stored->response_time * 1000, stamp);
	admin_report_str(out, "received", (struct str){stamp, CLOCK_STAMP});
}

static void report_flags(uint32_t flags, struct admin_report *out)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {{STORED_MUST_REVALIDATE, "must_revalidate"},
	             {STORED_NO_CACHE, "no_cache"},
	             {STORED_PRIVATE_ADDRESS, "private_address"},
	             {STORED_GZIP_MADE, "gzip_made_here"},
	             {STORED_GZIPPED, "gzipped"},
	             {STORED_NO_TRANSFORM, "no_transform"},
	             {STORED_IMMUTABLE, "immutable"},
	             {STORED_STALE, "invalidated"}};

	admin_report_open(out, "marks", true);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if ((flags & names[i].flag) != 0)
			admin_report_str(out, NULL, str_of(names[i].name));
	admin_report_close(out, true);
}

/* Names and values of a variant lie in strings that end with NUL each. */
static struct str cut_nul(struct str *rest)
{
	size_t n = str_find(*rest, '\0', 0);
	struct str s = str_slice(*rest, 0, n);

	*rest = str_slice(*rest, n + 1, rest->n);
	return s;
}

static void report_variant(struct arena *a, const struct store_entry *e, struct admin_report *out)
{
	struct str names = e->vary_spec, values = e->vary_values;

	admin_report_open(out, "vary", true);
	while (names.n > 0) {
		struct str name = cut_nul(&names), value = cut_nul(&values);

		admin_report_str(out, NULL,
		                 arena_join(a, (struct str[]){name, STR(" "), value}, 3));
	}
	admin_report_close(out, true);
}

static void report_body(const struct store_entry *e, struct admin_report *out)
{
	if (e->body_len == STORE_UNKNOWN)
		admin_report_str(out, "size", STR("not known yet: it is being fetched"));
	else
		admin_report_u64(out, "size", e->body_len);
	admin_report_bool(out, "in_index", e->body.p != NULL);
	admin_report_open(out, "extents", true);
	for (unsigned i = 0; i < e->extent_count && i < 16; i++) {
		char text[96];
		struct str_out o = str_out_of(text, sizeof text);

		str_put(&o, STR("segment "));
		str_put_u64(&o, e->extents[i].segment);
		str_put(&o, STR(" at "));
		str_put_u64(&o, e->extents[i].offset);
		str_put(&o, STR(", "));
		str_put_u64(&o, e->extents[i].length);
		str_put(&o, STR(" bytes"));
		admin_report_str(out, NULL, str_range(text, o.at));
	}
	admin_report_close(out, true);
}

static void report_head(struct arena *a, const struct store_entry *e, struct admin_report *out)
{
	struct fields fields;

	if (entry_head_decode(a, e->head, &fields) != 0)
		return;
	admin_report_open(out, "fields", true);
	for (unsigned i = 0; i < fields.n; i++) {
		const struct field *f = &fields.v[i];

		admin_report_str(out, NULL,
		                 arena_join(a, (struct str[]){f->name, STR(": "), f->value}, 3));
	}
	admin_report_close(out, true);
}

static void report_entry(struct arena *a, const struct msg *request, const struct store_entry *e,
                         struct admin_report *out)
{
	struct stored stored;

	source_cache_stored(e, &stored);
	admin_report_str(out, "found", STR("yes"));
	admin_report_u64(out, "status", e->meta.status);
	report_freshness(request, &stored, out);
	report_flags(stored.flags, out);
	report_variant(a, e, out);
	report_body(e, out);
	report_head(a, e, out);
}

/* ---- all variants ---- */

struct listing {
	struct arena *arena;
	struct admin_report *out;
	struct cache_control cc; /* of the request */
	bool some;
};

/* "name=value, name-": the fields of the request that this one is for. */
static struct str variant_text(struct arena *a, const struct store_entry *e)
{
	struct str names = e->vary_spec, values = e->vary_values, text = STR("");

	while (names.n > 0) {
		struct str name = cut_nul(&names), value = cut_nul(&values);

		text = arena_join(
		    a, (struct str[]){text, text.n > 0 ? STR(", ") : STR(""), name, value}, 4);
	}
	return str_slice(text, 0, VARIANT_MAX);
}

static void list_variant(const struct store_entry *e, void *arg)
{
	struct listing *l = arg;
	struct cache_reuse_verdict v;
	struct stored stored;
	struct str text = variant_text(l->arena, e);

	if (e->vary_spec.n == 0)
		return;
	if (!l->some)
		admin_report_open(l->out, "variants", true);
	l->some = true;
	source_cache_stored(e, &stored);
	cache_reuse_judge(&stored, &l->cc, CACHE_REUSE_PRIVATE_OK, clock_wall(), &v);
	if (!l->out->json) {
		admin_report_str(l->out, NULL,
		                 arena_printf(l->arena, "%.*s: %u, %s, age %u, fresh_left %lld",
		                              STR_F(text), stored.status, v.why, v.age,
		                              (long long)v.fresh_left));
		return;
	}
	admin_report_open(l->out, NULL, false);
	admin_report_str(l->out, "vary", text);
	admin_report_u64(l->out, "status", stored.status);
	admin_report_str(l->out, "why", str_of(v.why));
	admin_report_u64(l->out, "age", v.age);
	admin_report_i64(l->out, "fresh_left", v.fresh_left);
	admin_report_u64(l->out, "size", e->body_len);
	admin_report_close(l->out, false);
}

static void report_variants(struct arena *a, const struct msg *request, const struct store_key *key,
                            struct admin_report *out)
{
	struct listing l = {.arena = a, .out = out};

	cache_control_request(&request->fields, &l.cc);
	store_each(key, list_variant, &l);
	if (l.some)
		admin_report_close(out, true);
}

/* ---- the answer ---- */

static void report_missing(const struct msg *request, const char *why, struct admin_report *out)
{
	struct cache_control cc;

	cache_control_request(&request->fields, &cc);
	admin_report_str(out, "found", STR("no"));
	admin_report_str(out, "cache",
	                 cache_reuse_may_fetch(&cc, &why) ? STR("MISS") : STR("NONE"));
	admin_report_str(out, "why", str_of(why));
}

/* Nobody waits for cold pages here: the wait is cancelled before it can be called. */
static void never(struct store_wait *w)
{
	(void)w;
}

int source_admin_explain_url(struct arena *a, const struct cache_key_rules *rules,
                             const struct msg *request, struct str url, struct admin_report *out,
                             const char **why)
{
	struct source_cache_asker asker = {.arena = a, .fields = &request->fields};
	struct store_wait wait = {.wake = never};
	struct store_entry e;
	struct store_key key;
	struct uri uri;
	int status = source_admin_explain_key(a, rules, url, &uri, &key, why);

	if (status != 0)
		return status;
	report_url(a, &uri, &key, out);
	if (!store_ready()) {
		admin_report_str(out, "found", STR("no"));
		admin_report_str(out, "cache", STR("BYPASS"));
		admin_report_str(out, "why", str_of(store_why_not()));
		return 0;
	}
	switch (store_lookup(&key, source_cache_variant, &asker, &wait, &e)) {
	case STORE_HIT:
		report_entry(a, request, &e, out);
		report_variants(a, request, &key, out);
		return 0;
	case STORE_PENDING:
		store_wait_cancel(&wait);
		*why = "its page of the index is being read from the disk: ask again";
		return 503;
	case STORE_HIT_FOR_MISS:
		report_missing(request, cache_store_why(store_hit_for_miss_reason(&key)), out);
		return 0;
	case STORE_MISS:
		break;
	}
	report_missing(request, "not stored, or not in the variant that was asked for", out);
	report_variants(a, request, &key, out);
	return 0;
}
