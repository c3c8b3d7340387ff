/* fill.c - the life of a fill: joined or started, run along its table, left, ended.
 *
 * Called by the steps LOOKUP, FOLLOW and FINISH of requests. What each step does stands in
 * fill_steps.c, fill_aim.c, fill_judge.c and fill_body.c. */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "request/codings.h"
#include "request/follower.h"

#define BUCKETS 1024 /* by the primary key, which is a keyed hash */

static struct list buckets[BUCKETS];
static struct list all = {&all, &all};
static unsigned running_count;

static const char *const step_names[FILL_STEP_COUNT] = {
#define FILL_STEP(name, fn, text) [FILL_STEP_##name] = #name,
#include "tbl/fill_steps.h"
#undef FILL_STEP
};

static enum fill_result (*const steps[FILL_STEP_COUNT])(struct fill *f) = {
#define FILL_STEP(name, fn, text) [FILL_STEP_##name] = fn,
#include "tbl/fill_steps.h"
#undef FILL_STEP
};

const char *fill_step_name(enum fill_step step)
{
	return (unsigned)step < FILL_STEP_COUNT ? step_names[step] : "?";
}

unsigned fill_running(void)
{
	return running_count;
}

/* ---- the machine ---- */

void fill_goto(struct fill *f, enum fill_step step)
{
	CHECK_OBJ(f, FILL_MAGIC);
	f->step = step;
	loop_timer_cancel(&f->deadline);
}

void fill_run(struct fill *f)
{
	enum fill_result result;

	CHECK_OBJ(f, FILL_MAGIC);
	if (f->running) {
		f->again = true;
		return;
	}
	f->running = true;
	do {
		f->again = false;
		result = f->ended ? FILL_OVER : steps[f->step](f);
	} while (result == FILL_GO || (result == FILL_STAY && f->again));
	f->running = false;
}

static void on_soon(struct loop_call *c)
{
	fill_run(CONTAINER_OF(c, struct fill, soon));
}

void fill_run_soon(struct fill *f)
{
	loop_call_soon(&f->soon);
}

void fill_set_failed(struct fill *f, int err, int status, const char *why, const char *proxy_error)
{
	f->err = err;
	f->status = status;
	f->why = why;
	f->proxy_error = proxy_error;
	if (f->aim.host.n != 0)
		f->next_hop = arena_printf(&f->arena, "%.*s:%u", STR_F(f->aim.host), f->aim.port);
	fill_goto(f, FILL_STEP_FAIL);
}

void fill_wait_ms(struct fill *f, unsigned ms)
{
	loop_timer_set(&f->deadline, clock_ms() + ms);
}

static void on_deadline(struct loop_timer *t)
{
	struct fill *f = CONTAINER_OF(t, struct fill, deadline);

	CHECK_OBJ(f, FILL_MAGIC);
	if (!f->ended)
		fill_steps_late(f);
}

/* ---- the end ---- */

static void on_reap(struct loop_call *c)
{
	struct fill *f = CONTAINER_OF(c, struct fill, reap);

	CHECK_OBJ(f, FILL_MAGIC);
	AN(f->ended);
	AZ(f->running);
	if (f->follower_count > 0) /* somebody joined in the same turn; he leaves as others do */
		return;
	source_http_close(&f->http);
	if (f->flight.index >= 0)
		flight_leave(&f->flight);
	list_remove(&f->link);
	arena_fini(&f->arena);
	FREE_OBJ(f);
}

void fill_unlist(struct fill *f)
{
	list_remove(&f->bucket);
}

/* The flight in shared memory, when the fill ends without a body that is complete. */
static void end_flight(struct fill *f, int err, const char *why)
{
	if (f->writer != NULL) {
		store_write_abort(TAKE(f->writer), err, why);
		return;
	}
	if (f->flight.index < 0 || !f->flight.owner)
		return;
	if (flight_state_of(&f->flight) >= FLIGHT_DONE)
		return;
	/* What was forbidden to this client may be allowed to another. */
	if (err == ERR_DENIED || err == 0)
		flight_uncacheable(&f->flight);
	else
		flight_fail(&f->flight, err, why);
}

void fill_end(struct fill *f, int err, const char *why)
{
	CHECK_OBJ(f, FILL_MAGIC);
	if (f->ended)
		return;
	f->ended = true;
	f->err = err;
	running_count--;
	count_dec(COUNT_fills_running);
	fill_unlist(f);
	loop_timer_cancel(&f->deadline);
	loop_timer_cancel(&f->flush);
	loop_call_cancel(&f->wanted);
	loop_call_cancel(&f->soon);
	fill_aim_cancel(f);
	if (f->waits_store)
		store_wait_cancel(&f->write_wait);
	f->waits_store = false;
	if (err != 0)
		source_http_close(&f->http);
	codings_deflate_put(TAKE(f->deflate));
	buf_free(&f->pending);
	f->window = NULL;
	f->body = NULL;
	f->sending = FILL_SENDING_NOTHING;
	end_flight(f, err, why);
	if (f->follower_count == 0)
		loop_call_soon(&f->reap);
}

/* Does anybody gain when it goes on? */
static bool goes_on(const struct fill *f)
{
	uint64_t left = source_http_left(&f->http);

	/* All came, its end follows in this turn: the connection stays of use. */
	if (f->answer_ended || left == 0 || (f->behind && f->shared))
		return true;
	if (!f->shared || f->flight.index < 0) /* nobody keeps it: not to the end of a long one */
		return f->behind && left < f->conf->fill_rest;
	return flight_followers(&f->flight) > 0 || left < f->conf->fill_rest;
}

void fill_left_alone(struct fill *f)
{
	if (f->follower_count > 0)
		return;
	if (f->ended)
		loop_call_soon(&f->reap);
	else if (!goes_on(f)) /* who joined meanwhile starts again: as if its worker had died */
		fill_end(f, ERR_GONE, "its clients left");
}

/* ---- the beginning ---- */

static struct list *bucket_of(const struct store_key *key)
{
	struct list *b = &buckets[key->pk.h[0] % BUCKETS];

	if (b->next == NULL)
		list_init(b);
	return b;
}

static int copy_stale(struct fill *f, const struct store_entry *stale)
{
	int rc;

	f->stale = *stale;
	f->stale.kept = false; /* kept by the request, which may end before */
	rc = store_entry_keep(&f->stale, &f->arena);
	if (rc != 0)
		f->stale.magic = 0;
	return rc;
}

static int copy_question(struct fill *f, const struct fill_ask *ask)
{
	char text[CONN_ADDRESS_TEXT];
	int rc = fill_copy_request(&f->arena, ask->request, ask->uri, &f->request);

	f->asker = (struct source_cache_asker){.arena = &f->arena, .fields = &f->request.fields};
	f->commits = ask->commits;
	f->pool = ask->pool;
	f->private_destinations = ask->private_destinations;
	f->tunnel = ask->tunnel;
	f->upgrade = ask->upgrade;
	f->body = ask->body;
	f->sending = ask->body != NULL ? FILL_SENDING_LATER : FILL_SENDING_NOTHING;
	if (rc == 0 && ask->client != NULL) {
		f->client = arena_dup(&f->arena, conn_address_ip_text(ask->client, text));
		rc = f->client.p == NULL ? ERR_NOMEM : 0;
	}
	if (rc == 0 && ask->key != NULL) {
		f->shared = true;
		f->key.pk = ask->key->pk;
		f->key.canonical = arena_dup(&f->arena, ask->key->canonical);
		rc = f->key.canonical.p == NULL ? ERR_NOMEM : 0;
	}
	if (rc == 0 && ask->stale != NULL)
		rc = copy_stale(f, ask->stale);
	return rc;
}

static struct fill *fill_new(const struct fill_ask *ask)
{
	struct fill *f;

	NEW_OBJ(f, FILL_MAGIC);
	if (f == NULL)
		return NULL;
	f->conf = ask->conf;
	f->listener = ask->listener;
	arena_init(&f->arena, f->conf->request_memory + 2 * f->conf->response_limits.head);
	list_init(&f->bucket);
	list_init(&f->followers);
	loop_timer_init(&f->deadline, on_deadline);
	loop_timer_init(&f->flush, fill_gzip_on_flush);
	loop_call_init(&f->reap, on_reap);
	loop_call_init(&f->wanted, fill_body_on_wanted);
	loop_call_init(&f->soon, on_soon);
	f->flight.index = -1;
	f->aim.server = -1;
	source_http_init(&f->http, &fill_steps_ops, f->conf, &f->arena);
	if (copy_question(f, ask) != 0) {
		arena_fini(&f->arena);
		FREE_OBJ(f);
		return NULL;
	}
	list_append(&all, &f->link);
	if (f->shared)
		list_append(bucket_of(&f->key), &f->bucket);
	running_count++;
	count_inc(COUNT_fills);
	count_inc(COUNT_fills_running);
	return f;
}

/* The same URL, and not from before a purge of its host or of all. */
static bool is_of_key(const struct fill *fill, const struct store_key *key)
{
	return fill->key.pk.h[0] == key->pk.h[0] && fill->key.pk.h[1] == key->pk.h[1] &&
	       str_eq(fill->key.canonical, key->canonical);
}

/* A fill of this worker that serves the follower. */
static bool join_here(const struct store_key *key, struct follower *f)
{
	LIST_FOREACH (l, bucket_of(key)) {
		struct fill *fill = LIST_OF(l, struct fill, bucket);

		if (is_of_key(fill, key) && follower_join(fill, f))
			return true;
	}
	return false;
}

int fill_follow(const struct fill_ask *ask, struct follower *f)
{
	struct fill *fill;

	follower_init(f, ask);
	if (ask->key != NULL) {
		if (join_here(ask->key, f))
			return 0;
		switch (flight_join(ask->key, ask->variant, ask->variant_arg, ask->commits, false,
		                    &f->flight)) {
		case FLIGHT_FOLLOWER:
			follower_join_flight(f);
			return 0;
		case FLIGHT_AGAIN:
			f->state = FILL_LOOK_AGAIN;
			return 0;
		default:
			break;
		}
	}
	fill = fill_new(ask);
	if (fill == NULL)
		return ERR_NOMEM;
	f->first = true;
	follower_attach(fill, f);
	fill->quiet = true;
	fill_run(fill);
	fill->quiet = false;
	return 0;
}

void fill_behind(const struct fill_ask *ask)
{
	struct follower probe = {.arena = NULL};
	struct fill *fill;

	AN(ask->key != NULL);
	LIST_FOREACH (l, bucket_of(ask->key))
		if (is_of_key(LIST_OF(l, struct fill, bucket), ask->key))
			return;
	probe.flight.index = -1;
	if (flight_join(ask->key, ask->variant, ask->variant_arg, ask->commits, false,
	                &probe.flight) == FLIGHT_FOLLOWER) {
		flight_leave(&probe.flight);
		return;
	}
	fill = fill_new(ask);
	if (fill == NULL)
		return;
	fill->behind = true;
	fill_run(fill);
}

/* ---- calls of followers ---- */

void fill_leave(struct follower *f)
{
	struct fill *fill;

	if (f->magic != FOLLOWER_MAGIC) /* it never followed */
		return;
	fill = f->fill;
	follower_detach(f);
	if (fill != NULL)
		fill_left_alone(fill);
}

void fill_body_ready(struct follower *f)
{
	if (f->magic != FOLLOWER_MAGIC || f->fill == NULL || f->fill->ended)
		return;
	fill_steps_push(f->fill);
}

int fill_take_tunnel(struct follower *f, struct conn *out,
                     void (*on_ready)(struct conn *, unsigned), struct buf *early)
{
	struct fill *fill = f->fill;
	union conn_address peer;
	int fd;

	if (fill == NULL || fill->ended || source_http_peer(&fill->http) == NULL)
		return ERR_GONE;
	peer = *source_http_peer(&fill->http);
	fd = source_http_take_fd(&fill->http, early);
	f->tunnel = NULL;
	fill_end(fill, 0, NULL);
	if (fd < 0)
		return ERR_GONE;
	if (conn_open(out, fd, &peer, on_ready) == 0)
		return 0;
	buf_free(early);
	return ERR_GONE;
}
