/* fill_steps.c - the steps CLAIM, ASK, HEAD, DONE and FAIL, and the events of the exchange. */
#include "request/fill_steps.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "policy/cache_validate.h"
#include "request/fill_head.h"
#include "request/follower.h"
#include "request/self.h"
#include "store/entry.h"

#define EXPECT_MS 1000     /* RFC 9110 10.1.1: a client must not wait for ever */
#define DIAL_GRACE_MS 1000 /* dial has its own, earlier deadline */

/* ---- CLAIM ---- */

static enum fill_result look_again(struct fill *f)
{
	fill_unlist(f);
	follower_tell_look_again(f);
	fill_end(f, ERR_GONE, "somebody was faster");
	return FILL_OVER;
}

enum fill_result fill_steps_claim(struct fill *f)
{
	fill_goto(f, FILL_STEP_AIM);
	if (!f->shared)
		return FILL_GO;
	switch (
	    flight_join(&f->key, source_cache_variant, &f->asker, f->commits, true, &f->flight)) {
	case FLIGHT_OWNER:
		return FILL_GO;
	case FLIGHT_FOLLOWER:
		flight_leave(&f->flight);
		return look_again(f);
	case FLIGHT_AGAIN:
		return look_again(f);
	case FLIGHT_FULL:
		break;
	}
	f->shared = false;
	f->not_stored = "not stored: too many fetches are under way";
	fill_unlist(f);
	return FILL_GO;
}

/* ---- ASK ---- */

/* The stored entry's validators, when there is one and its head can be read. */
static void add_conditions(struct fill *f, struct fill_head_input *in)
{
	struct cache_validate_ask ask;

	f->conditional = false;
	if (f->stale.magic == 0 || f->unconditional)
		return;
	if (f->stale_fields.v == NULL &&
	    entry_head_decode(&f->arena, f->stale.head, &f->stale_fields) != 0) {
		f->stale.magic = 0;
		return;
	}
	if (!cache_validate_ask(&f->stale_fields, &ask))
		return;
	in->if_none_match = ask.if_none_match;
	in->if_modified_since = ask.if_modified_since;
	f->conditional = true;
}

/* Once, also when several are asked one after the other. */
static int make_head(struct fill *f)
{
	struct fill_head_input in = {.request = &f->request,
	                             .uri = &f->request.uri,
	                             .via = f->conf->via,
	                             .shared = f->shared || f->stale.magic != 0,
	                             .reverse = f->pool >= 0,
	                             .upgrade = f->upgrade,
	                             .expect = f->request.expect_continue && f->body != NULL,
	                             .client = f->client};

	if (f->text.p != NULL)
		return 0;
	add_conditions(f, &in);
	return fill_head_write(&f->arena, &in, &f->text);
}

static enum fill_result failed(struct fill *f, int err, int status, const char *why,
                               const char *proxy_error)
{
	fill_set_failed(f, err, status, why, proxy_error);
	return FILL_GO;
}

enum fill_result fill_steps_ask(struct fill *f)
{
	struct source_http_ask ask = {.at = f->aim.at,
	                              .count = f->aim.count,
	                              .may_reuse = !f->fresh_only,
	                              .method = (enum msg_method)f->request.method,
	                              .body = (enum msg_body)f->request.body,
	                              .tunnel = f->tunnel};
	int rc = 0;

	if (f->body == NULL)
		ask.body = MSG_BODY_NONE;
	if (f->upgrade)
		ask.upgrade = f->request.upgrade;
	if (!f->tunnel)
		rc = make_head(f);
	ask.head = f->text;
	if (rc == ERR_BAD)
		return failed(f, ERR_BAD, 400, "the request cannot be written for the origin",
		              "http_request_error");
	f->request_time = clock_wall();
	if (rc == 0)
		rc = source_http_start(&f->http, &ask);
	if (rc != 0)
		return failed(f, ERR_NOMEM, 503, "no memory for this request",
		              "proxy_internal_error");
	fill_wait_ms(f, f->conf->timeouts.connect + DIAL_GRACE_MS);
	return FILL_STAY;
}

static void note_address(struct fill *f)
{
	const union conn_address *peer = source_http_peer(&f->http);
	struct acl_address a;

	if (peer == NULL || f->pool >= 0) /* the servers of a pool are for everybody */
		return;
	a = self_acl_address(peer);
	f->private_address = a.family != 0 && acl_address_is_special(&a, NULL);
}

static void on_open(struct source_http *x)
{
	struct fill *f = CONTAINER_OF(x, struct fill, http);

	CHECK_OBJ(f, FILL_MAGIC);
	if (f->ended)
		return;
	note_address(f);
	fill_goto(f, f->tunnel ? FILL_STEP_JUDGE : FILL_STEP_HEAD);
	fill_run(f);
}

/* ---- HEAD: the request's body goes out ---- */

static void stop_sending(struct fill *f)
{
	f->sending = FILL_SENDING_NOTHING;
	f->body = NULL;
}

static void wait_for_head(struct fill *f)
{
	fill_wait_ms(f, f->conf->timeouts.first_byte);
}

/* The client's side has no more: 0 when the end was written or nothing more can be. */
static int end_sending(struct fill *f)
{
	const struct fields *trailers = f->body->ops->body_trailers(f->body);
	int rc = source_http_send_end(&f->http, trailers);

	if (rc == ERR_AGAIN)
		return rc;
	stop_sending(f);
	wait_for_head(f);
	return 0;
}

/* The request's body will never be complete; err as its sink says it. */
static void set_body_failed(struct fill *f, int err)
{
	int status = 400;
	const char *why = "the client broke off its request";

	if (err == ERR_BAD) {
		why = "the request's body is malformed (RFC 9112 7.1)";
	} else if (err == ERR_LIMIT) {
		status = 413;
		why = "the request's body is larger than the owner allows";
	} else if (err == ERR_TIMEOUT) {
		status = 408;
		why = "the request's body came too slowly";
	}
	fill_set_failed(f, ERR_CLOSED, status, why, "http_request_error");
}

/* One piece of the body. 0: go on; ERR_AGAIN: later; ERR_CLOSED: over. */
static int send_piece(struct fill *f)
{
	struct str piece;
	ssize_t n = f->body->ops->body_lend(f->body, &piece);

	if (n == ERR_AGAIN)
		return ERR_AGAIN;
	if (n == 0)
		return end_sending(f) == ERR_AGAIN ? ERR_AGAIN : ERR_CLOSED;
	if (n < 0) {
		/* The origin must not take what it has for the whole (HOSTILE 1). */
		source_http_close(&f->http);
		set_body_failed(f, (int)n);
		fill_run(f);
		return ERR_CLOSED;
	}
	n = source_http_send(&f->http, (struct str){piece.p, (size_t)n});
	if (n == ERR_CLOSED) { /* its answer may still be read */
		stop_sending(f);
		wait_for_head(f);
	}
	if (n < 0)
		return (int)n;
	f->moved += (uint64_t)n;
	f->body->ops->body_consume(f->body, (size_t)n);
	return 0;
}

void fill_steps_push(struct fill *f)
{
	int rc = 0;

	while (rc == 0 && !f->ended && f->step == FILL_STEP_HEAD && f->sending == FILL_SENDING_NOW)
		rc = send_piece(f);
}

static void begin_sending(struct fill *f)
{
	f->sending = FILL_SENDING_NOW;
	f->moved_before = f->moved;
	fill_wait_ms(f, f->conf->timeouts.body_window);
	f->body->ops->want_body(f->body);
	fill_steps_push(f);
}

enum fill_result fill_steps_head(struct fill *f)
{
	switch (f->sending) {
	case FILL_SENDING_NOTHING:
		if (f->deadline.due == 0)
			wait_for_head(f);
		break;
	case FILL_SENDING_LATER:
		if (f->request.expect_continue) {
			f->sending = FILL_SENDING_AFTER_100;
			fill_wait_ms(f, EXPECT_MS);
		} else {
			begin_sending(f);
		}
		break;
	case FILL_SENDING_AFTER_100:
	case FILL_SENDING_NOW:
		break;
	}
	return f->step == FILL_STEP_HEAD ? FILL_STAY : FILL_GO;
}

static void on_writable(struct source_http *x)
{
	struct fill *f = CONTAINER_OF(x, struct fill, http);

	if (!f->ended)
		fill_steps_push(f);
}

/* ---- what the origin says ---- */

static void on_interim(struct source_http *x, const struct msg *head)
{
	struct fill *f = CONTAINER_OF(x, struct fill, http);

	if (f->ended)
		return;
	if (head->status != 100)
		follower_tell_interim(f, head);
	else if (f->sending == FILL_SENDING_AFTER_100)
		begin_sending(f);
}

static void on_head(struct source_http *x, const struct msg *head, struct str raw)
{
	struct fill *f = CONTAINER_OF(x, struct fill, http);

	if (f->ended)
		return;
	stop_sending(f); /* an early answer: nobody waits for the rest of the request */
	fill_aim_answered(f);
	f->response_time = clock_wall();
	f->head = head;
	f->raw = raw;
	fill_goto(f, FILL_STEP_JUDGE);
	fill_run(f);
	f->head = NULL;
	f->raw = STR_NONE;
}

static size_t on_body(struct source_http *x, const char *p, size_t n)
{
	struct fill *f = CONTAINER_OF(x, struct fill, http);

	if (f->ended)
		return n;
	f->moved += n;
	return fill_body_came(f, p, n);
}

static void on_end(struct source_http *x, const struct fields *trailers)
{
	struct fill *f = CONTAINER_OF(x, struct fill, http);

	(void)trailers; /* x->trailers stay where they are */
	if (!f->ended)
		fill_body_ended(f);
}

static int status_of(int err)
{
	if (err == ERR_TIMEOUT)
		return 504;
	return err == ERR_NOMEM ? 503 : 502;
}

/* RFC 9110 9.2.2: only what changes nothing when it is done twice, and before any of its body went
 * out. */
static bool may_ask_again(const struct fill *f)
{
	return f->http.sent_body == 0 && f->sending != FILL_SENDING_NOW &&
	       msg_method_is_idempotent((enum msg_method)f->request.method);
}

/* Where it goes on after a failure; FAIL when nowhere. */
static enum fill_step after_failure(struct fill *f, bool retry_ok)
{
	bool early = f->step == FILL_STEP_ASK || f->step == FILL_STEP_HEAD;

	if (early && retry_ok && !f->fresh_only && may_ask_again(f))
		return FILL_STEP_ASK;
	fill_aim_failed(f);
	if (f->step == FILL_STEP_ASK && fill_aim_has_more(f))
		return FILL_STEP_AIM;
	return FILL_STEP_FAIL;
}

static void on_fail(struct source_http *x, int err, const char *why, const char *proxy_error,
                    bool retry_ok)
{
	struct fill *f = CONTAINER_OF(x, struct fill, http);
	enum fill_step next;

	if (f->ended)
		return;
	next = after_failure(f, retry_ok);
	if (next == FILL_STEP_FAIL) {
		fill_set_failed(f, err, status_of(err), why, proxy_error);
	} else {
		f->fresh_only = next == FILL_STEP_ASK;
		if (f->sending != FILL_SENDING_NOTHING)
			f->sending = FILL_SENDING_LATER;
		fill_goto(f, next);
	}
	fill_run(f);
}

const struct source_http_ops fill_steps_ops = {on_open, on_interim, on_head,    on_body,
                                               on_end,  on_fail,    on_writable};

/* ---- deadlines ---- */

static void too_late(struct fill *f, const char *why, const char *proxy_error)
{
	source_http_close(&f->http);
	fill_aim_failed(f);
	fill_set_failed(f, ERR_TIMEOUT, 504, why, proxy_error);
	fill_run(f);
}

/* Did at least min_rate move over the window that has passed? */
static bool rate_kept(struct fill *f)
{
	uint64_t moved = f->moved - f->moved_before;

	f->moved_before = f->moved;
	fill_wait_ms(f, f->conf->timeouts.body_window);
	return moved * 1000 >= (uint64_t)f->conf->timeouts.min_rate * f->conf->timeouts.body_window;
}

static void late_head(struct fill *f)
{
	if (f->sending == FILL_SENDING_AFTER_100)
		begin_sending(f);
	else if (f->sending == FILL_SENDING_NOTHING)
		too_late(f, "the origin did not begin its answer in time", "http_response_timeout");
	else if (!rate_kept(f) && buf_len(&f->http.out) > 0)
		/* A slow client is its session's to judge. */
		too_late(f, "the origin took the request's body too slowly",
		         "http_response_timeout");
}

static void late_body(struct fill *f)
{
	/* While a client or the store held it up, the origin is not to blame. */
	if (f->http.paused || f->waits_store || f->held_up) {
		f->held_up = f->http.paused || f->waits_store;
		f->moved_before = f->moved;
		fill_wait_ms(f, f->conf->timeouts.body_window);
	} else if (!rate_kept(f)) {
		too_late(f, "the origin's answer came too slowly", "http_response_timeout");
	} else if (f->follower_count == 0) {
		fill_left_alone(f);
	}
}

void fill_steps_late(struct fill *f)
{
	switch (f->step) {
	case FILL_STEP_AIM:
		fill_aim_cancel(f);
		too_late(f, "the name servers did not answer in time", "dns_timeout");
		break;
	case FILL_STEP_ASK:
		too_late(f, "connecting to the origin took too long", "connection_timeout");
		break;
	case FILL_STEP_HEAD:
		late_head(f);
		break;
	case FILL_STEP_BODY:
		late_body(f);
		break;
	default:
		break;
	}
}

/* ---- DONE and FAIL ---- */

enum fill_result fill_steps_done(struct fill *f)
{
	int rc = 0;

	if (f->writer != NULL)
		rc = store_write_finish(TAKE(f->writer));
	f->complete = true;
	if (rc != 0 && f->follower_count > 0)
		log_debug("not kept at its end: %s", err_text(rc));
	fill_end(f, 0, NULL);
	follower_tell_body(f);
	return FILL_OVER;
}

enum fill_result fill_steps_fail(struct fill *f)
{
	count_inc(COUNT_fills_failed);
	fill_end(f, f->err, f->why);
	follower_tell_failed(f);
	fill_left_alone(f); /* nobody who was told comes back */
	return FILL_OVER;
}
