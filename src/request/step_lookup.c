/* step_lookup.c - LOOKUP and FOLLOW: an answer from the store, or the head of a fill, judged the
 * same way.
 *
 * A request never fetches: what is not fresh in the store is followed (joined or started) as a
 * fill, and the head that comes is judged as if it were stored. Policy decides, here it is carried
 * out.        */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/mutant.h"
#include "http/condition.h"
#include "http/range.h"
#include "http/value.h"
#include "policy/cache_key.h"
#include "policy/cache_reuse.h"
#include "policy/cache_store.h"
#include "request/machine.h"
#include "request/respond.h"

#define LOOKUPS_MAX 6        /* then it is fetched for this request alone */
#define RANGE_NEAR (1 << 20) /* a range that begins further in is not worth the whole body */

static enum machine_result refuse(struct request *r, int status, const char *why)
{
	request_refuse(r, status, why);
	return MACHINE_GO;
}

/* From here on the request has a fetch of its own. */
static enum machine_result go_private(struct request *r, const char *why)
{
	fill_leave(&r->follower);
	r->following = false;
	r->may_store = false;
	r->have_stale = false;
	r->have_ttl = false;
	if (r->bypass == NULL)
		r->bypass = why;
	if (r->cache == REQUEST_CACHE_HIT || r->cache == REQUEST_CACHE_STALE_SERVED)
		r->cache = REQUEST_CACHE_BYPASS; /* what was found is not what goes out */
	request_goto(r, REQUEST_FOLLOW);
	return MACHINE_GO;
}

static enum machine_result look_again(struct request *r)
{
	fill_leave(&r->follower);
	r->following = false;
	request_goto(r, REQUEST_LOOKUP);
	return MACHINE_GO;
}

static void on_store_wake(struct store_wait *w)
{
	struct request *r = CONTAINER_OF(w, struct request, wait);

	r->waits_for_store = false;
	machine_run(r);
}

static void on_source_wake(struct source *s)
{
	machine_run(CONTAINER_OF(s, struct request, cached.source));
}

static int make_key(struct request *r)
{
	struct str canonical;
	int rc = cache_key_make(&r->arena, &r->msg, &r->msg.uri, &r->conf->key_rules, STR_NONE,
	                        &canonical);

	if (rc != 0)
		return rc;
	store_key_make(canonical, &r->key);
	r->asker = (struct source_cache_asker){.arena = &r->arena, .fields = &r->msg.fields};
	source_cache_init(&r->cached);
	r->cached.source.wake = on_source_wake;
	return 0;
}

static unsigned reuse_flags(const struct request *r)
{
	return r->private_destinations ? CACHE_REUSE_PRIVATE_OK : 0;
}

static void note_freshness(struct request *r, const struct cache_reuse_verdict *v)
{
	r->ttl = v->fresh_left;
	r->have_ttl = true;
	r->detail = v->why;
}

/* The entry in r->cached goes out. */
static enum machine_result deliver_cached(struct request *r, uint32_t age)
{
	int rc = source_cache_open(&r->cached);

	if (rc == ERR_GONE)
		return look_again(r);
	r->source = &r->cached.source;
	if (rc == 0)
		rc = respond_entry(r, &r->cached.entry, true, age);
	if (rc != 0) /* damaged, or no memory: as if it were not there */
		return go_private(r, "the stored object cannot be read");
	store_touch(&r->cached.entry);
	request_goto(r, REQUEST_DELIVER);
	return MACHINE_GO;
}

static void make_ask(struct request *r, struct fill_ask *ask)
{
	*ask = (struct fill_ask){.conf = r->conf,
	                         .listener = r->sink->listener,
	                         .request = &r->msg,
	                         .uri = &r->msg.uri,
	                         .key = r->may_store ? &r->key : NULL,
	                         .stale = r->have_stale ? &r->cached.entry : NULL,
	                         .variant = source_cache_variant,
	                         .variant_arg = &r->asker,
	                         .commits = r->commits,
	                         .pool = r->pool,
	                         .private_destinations = r->private_destinations,
	                         .body = r->msg.body != MSG_BODY_NONE ? r->sink : NULL,
	                         .client = r->sink->peer,
	                         .tunnel = r->wants_tunnel,
	                         .upgrade = r->wants_upgrade};
}

/* Stale, but may go out while somebody validates it (RFC 5861 3). */
static enum machine_result deliver_while_revalidating(struct request *r, uint32_t age)
{
	struct fill_ask ask;

	if (source_cache_keep(&r->cached, &r->arena) == 0) {
		r->have_stale = true;
		make_ask(r, &ask);
		fill_behind(&ask);
	}
	return deliver_cached(r, age);
}

static enum machine_result follow_stale(struct request *r, const struct cache_reuse_verdict *v)
{
	count_inc(COUNT_stale);
	r->cache = REQUEST_CACHE_STALE;
	/* Fresh, but not for this request (RFC 9211 2.2). */
	r->fwd = v->fresh_left > 0 && !(r->cached.entry.meta.flags & STORED_NO_CACHE) ? "request"
	                                                                              : "stale";
	r->detail = v->why;
	if (source_cache_keep(&r->cached, &r->arena) != 0)
		return refuse(r, 503, "no memory for this request");
	r->have_stale = true;
	request_goto(r, REQUEST_FOLLOW);
	return MACHINE_GO;
}

static enum machine_result judge_hit(struct request *r)
{
	struct cache_reuse_verdict v;
	struct stored stored;

	source_cache_stored(&r->cached.entry, &stored);
	cache_reuse_judge(&stored, &r->cc, reuse_flags(r), clock_wall(), &v);
	note_freshness(r, &v);
	r->cache = REQUEST_CACHE_HIT;
	r->fwd = NULL;
	switch (v.answer) {
	case CACHE_REUSE_FRESH:
		r->detail = NULL;
		return deliver_cached(r, v.age);
	case CACHE_REUSE_STALE_USABLE:
		r->cache = REQUEST_CACHE_STALE_SERVED;
		return deliver_cached(r, v.age);
	case CACHE_REUSE_STALE_WHILE_REVALIDATE:
		r->cache = REQUEST_CACHE_STALE_SERVED;
		return deliver_while_revalidating(r, v.age);
	case CACHE_REUSE_FORBIDDEN:
		return go_private(r, v.why);
	case CACHE_REUSE_REFUSE:
		return refuse(r, 504, v.why);
	case CACHE_REUSE_STALE:
		break;
	}
	r->have_ttl = false;
	return follow_stale(r, &v);
}

/* Does the request ask for a part that lies far inside, so that the whole would be slow to reach
 * it? */
static bool wants_far_range(const struct request *r)
{
	struct str value = fields_value(&r->msg.fields, FIELD_RANGE);
	size_t at = str_find(value, '=', 0), dash = str_find(value, '-', at);
	uint64_t first;

	return at < value.n && str_u64(str_trim(str_slice(value, at + 1, dash)), &first) &&
	       first > RANGE_NEAR;
}

static enum machine_result judge_miss(struct request *r)
{
	const char *why;

	if (!cache_reuse_may_fetch(&r->cc, &why))
		return refuse(r, 504, why);
	r->cache = REQUEST_CACHE_MISS;
	r->fwd = r->asker.varies ? "vary-miss" : "uri-miss";
	if (r->msg.method == METHOD_HEAD)
		return go_private(r, "HEAD of an object that is not stored");
	if (wants_far_range(r))
		return go_private(r, "range far inside an object that is not stored");
	request_goto(r, REQUEST_FOLLOW);
	return MACHINE_GO;
}

/* At the start of a worker: a fetch of its own for each request of this moment would be a flood. */
static enum machine_result wait_for_open(struct request *r)
{
	if (!store_is_opening())
		return go_private(r, store_why_not());
	r->wait.wake = on_store_wake;
	store_wait_open(&r->wait);
	r->waits_for_store = true;
	return MACHINE_WAIT;
}

enum machine_result step_lookup_find(struct request *r)
{
	if (r->waits_for_store)
		return MACHINE_WAIT;
	if (!store_ready())
		return wait_for_open(r);
	if (++r->lookups > LOOKUPS_MAX)
		return go_private(r, "the stored object changed too often meanwhile");
	if (r->key.canonical.p == NULL && make_key(r) != 0)
		return go_private(r, "this URL has no place in the cache");
	source_cache_close(&r->cached);
	r->have_stale = false;
	r->commits = store_commits();
	r->wait.wake = on_store_wake;
	switch (source_cache_find(&r->cached, &r->key, &r->asker, &r->wait)) {
	case STORE_HIT:
		return judge_hit(r);
	case STORE_PENDING:
		r->waits_for_store = true;
		r->lookups--;
		return MACHINE_WAIT;
	case STORE_HIT_FOR_MISS:
		r->cache = REQUEST_CACHE_MISS;
		r->fwd = "uri-miss";
		if (!cache_reuse_may_fetch(&r->cc, &r->why))
			return refuse(r, 504, r->why);
		return go_private(r, cache_store_why(store_hit_for_miss_reason(&r->key)));
	case STORE_MISS:
		break;
	}
	return judge_miss(r);
}

static void on_change(struct follower *f)
{
	machine_run(CONTAINER_OF(f, struct request, follower));
}

static void on_body(struct source *s)
{
	machine_run(CONTAINER_OF(s, struct request, follower.source));
}

static void on_interim(struct follower *f, const struct msg *head)
{
	struct request *r = CONTAINER_OF(f, struct request, follower);

	if (respond_interim(r, head) == 0) /* without memory it is only missed */
		r->sink->ops->interim(r->sink, &r->answer);
}

static int start_following(struct request *r)
{
	struct fill_ask ask;
	int rc;

	make_ask(r, &ask);
	memset(&r->follower, 0, sizeof r->follower);
	r->follower.flight.index = -1;
	r->follower.arena = &r->arena;
	r->follower.on_change = on_change;
	r->follower.on_interim = on_interim;
	r->follower.source.wake = on_body;
	rc = fill_follow(&ask, &r->follower);
	if (rc != 0)
		return rc;
	r->following = true;
	r->joined_early = r->follower.state == FILL_WAIT;
	if (!r->may_store && !r->wants_tunnel && r->cache == REQUEST_CACHE_NONE)
		r->cache = REQUEST_CACHE_BYPASS;
	if (r->may_store && !r->follower.first) {
		r->collapsed = true;
		count_inc(COUNT_collapsed);
	}
	return 0;
}

/* The validation failed: the stale one goes out if it may. */
static bool stale_may_go(struct request *r, unsigned status, uint32_t *age)
{
	struct stored stored;
	const char *why;

	if (!r->have_stale)
		return false;
	source_cache_stored(&r->cached.entry, &stored);
	if (!cache_reuse_stale_if_error(&stored, &r->cc, reuse_flags(r), clock_wall(), status, age,
	                                &why))
		return false;
	r->detail = why;
	return true;
}

static enum machine_result deliver_stale(struct request *r, uint32_t age)
{
	fill_leave(&r->follower);
	r->following = false;
	r->cache = REQUEST_CACHE_STALE_SERVED;
	count_inc(COUNT_stale_served);
	return deliver_cached(r, age);
}

/* An answer that came while the request waited for it is not stored, it comes from the origin now:
 * request directives do not count against it (RFC 9111 4, last paragraph: collapsed requests). For
 * who came later it is a stored one. */
static void judge_answer(struct request *r, const struct store_entry *e,
                         struct cache_reuse_verdict *v, struct stored *stored)
{
	static const struct cache_control nothing = {.max_age = CACHE_CONTROL_ABSENT,
	                                             .s_maxage = CACHE_CONTROL_ABSENT,
	                                             .max_stale = CACHE_CONTROL_ABSENT,
	                                             .min_fresh = CACHE_CONTROL_ABSENT};
	bool waited = r->follower.first || r->joined_early;

	source_cache_stored(e, stored);
	cache_reuse_judge(stored, waited ? &nothing : &r->cc, reuse_flags(r), clock_wall(), v);
	note_freshness(r, v);
}

static bool is_usable(const struct cache_reuse_verdict *v)
{
	return v->answer == CACHE_REUSE_FRESH || v->answer == CACHE_REUSE_STALE_USABLE;
}

/* The head of a fill that keeps its answer. One that each use must validate is only for him who
 * asked the origin (RFC 9111 5.2.2.4). */
static enum machine_result judge_head(struct request *r)
{
	struct cache_reuse_verdict v;
	struct stored stored;

	judge_answer(r, &r->follower.entry, &v, &stored);
	r->detail = NULL;
	if (!r->follower.first) {
		if (v.answer == CACHE_REUSE_FORBIDDEN && !mutant(FOLLOWER_ADDRESS))
			return go_private(r, v.why);
		if (!is_usable(&v) && (!r->joined_early || (stored.flags & STORED_NO_CACHE)) &&
		    !mutant(FOLLOWER_JUDGED))
			return go_private(r, v.why);
	}
	r->stored = r->follower.first;
	r->origin_status = r->follower.first ? (int)stored.status : 0;
	r->source = &r->follower.source;
	if (respond_entry(r, &r->follower.entry, false, v.age) != 0)
		return refuse(r, 503, "no memory for this request");
	request_goto(r, REQUEST_DELIVER);
	return MACHINE_GO;
}

/* A validation for this request only: others may still use what the last one brought. */
static enum machine_result validate_alone(struct request *r, const char *why)
{
	bool kept = source_cache_keep(&r->cached, &r->arena) == 0;

	(void)go_private(r, why);
	/* Its own conditions go to the origin instead of ours. */
	r->have_stale = kept && !condition_present(&r->msg.fields);
	return MACHINE_GO;
}

static enum machine_result deliver_refreshed(struct request *r)
{
	struct cache_reuse_verdict v;
	struct stored stored;

	source_cache_take(&r->cached, &r->follower.entry);
	r->cached.source.wake = on_source_wake;
	judge_answer(r, &r->cached.entry, &v, &stored);
	if (v.answer == CACHE_REUSE_FORBIDDEN && !r->follower.first)
		return go_private(r, v.why);
	/* The origin said so before this request came: no validation for it. */
	if (!r->follower.first && !r->joined_early && !is_usable(&v))
		return validate_alone(r, v.why);
	r->detail = NULL;
	r->cache = REQUEST_CACHE_REFRESHED;
	r->origin_status = 304;
	if (r->follower.first)
		count_inc(COUNT_revalidated);
	return deliver_cached(r, v.age);
}

static enum machine_result head_came(struct request *r)
{
	uint32_t age;

	if (r->follower.stored)
		return judge_head(r);
	r->origin_status = r->follower.response.status;
	if (r->origin_status >= 500 && stale_may_go(r, (unsigned)r->origin_status, &age))
		return deliver_stale(r, age);
	if (r->wants_tunnel) {
		request_goto(r, REQUEST_DELIVER);
		return MACHINE_GO;
	}
	r->source = &r->follower.source;
	r->detail = r->may_store ? r->follower.not_stored : r->bypass;
	if (respond_fresh(r) != 0)
		return refuse(r, 502, "the origin's head is too large to pass on");
	request_goto(r, REQUEST_DELIVER);
	return MACHINE_GO;
}

/* The origin cannot be reached, and what is stored must not be used without it: 504 (RFC 9111
 * 5.2.2.2). An answer that cannot be understood stays a 502. */
static bool is_cut_off(const struct request *r)
{
	return r->have_stale && (r->cached.entry.meta.flags & STORED_MUST_REVALIDATE) != 0 &&
	       r->follower.err != ERR_BAD && r->follower.err != ERR_LIMIT;
}

static enum machine_result fill_failed(struct request *r)
{
	struct follower *f = &r->follower;
	uint32_t age;

	if (f->err == ERR_GONE && r->may_store && r->lookups < LOOKUPS_MAX)
		return look_again(r); /* its worker died: one of the followers starts again */
	if (f->err == ERR_REFUSED)
		r->origin_status = f->status;
	if (stale_may_go(r, f->err == ERR_REFUSED ? (unsigned)f->status : 0, &age))
		return deliver_stale(r, age);
	r->proxy_error = f->proxy_error;
	r->next_hop = f->next_hop;
	if (f->status == 502 && is_cut_off(r))
		f->status = 504;
	if (r->wants_tunnel || r->msg.body != MSG_BODY_NONE)
		r->sink->ops->close_after(r->sink);
	return refuse(r, f->status != 0 ? f->status : 502,
	              f->why != NULL ? f->why : "the origin gave no answer");
}

enum machine_result step_lookup_follow(struct request *r)
{
	if (!r->following && start_following(r) != 0)
		return refuse(r, 503, "no memory for this request");
	switch (r->follower.state) {
	case FILL_WAIT:
		if (r->late)
			return go_private(r, "the fetch that it waited for took too long");
		if (r->deadline.due == 0 && !r->follower.first)
			request_wait_until(r, clock_ms() + r->conf->timeouts.fill_wait);
		return MACHINE_WAIT;
	case FILL_HEAD:
		return head_came(r);
	case FILL_REFRESHED:
		return deliver_refreshed(r);
	case FILL_LOOK_AGAIN:
		return look_again(r);
	case FILL_UNCACHEABLE:
		return go_private(r, "the answer that it waited for was not for all");
	case FILL_FAILED:
		break;
	}
	return fill_failed(r);
}
