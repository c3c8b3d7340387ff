/* follower_tell.c - what the followers of a fill are told. Each call may end the follower, others,
 * and with the last one the fill: after it only the fill is looked at (it stays until the turn
 * ends). */
#include "base/err.h"
#include "request/follower.h"

/* All followers move to `round`; each comes back before it is told. Who joins meanwhile is not in
 * it. */
static void round_begin(struct fill *fill, struct list *round)
{
	list_init(round);
	while (!list_empty(&fill->followers)) {
		struct list *l = fill->followers.next;

		list_remove(l);
		list_append(round, l);
	}
}

static struct follower *round_next(struct fill *fill, struct list *round)
{
	struct follower *f = LIST_FIRST(round, struct follower, link);

	if (f != NULL) {
		list_remove(&f->link);
		list_append(&fill->followers, &f->link);
	}
	return f;
}

static void call(const struct fill *fill, struct follower *f)
{
	if (!fill->quiet)
		f->on_change(f);
}

/* A state that is the last which the fill has to say: the follower is not the fill's any more. */
static void dismiss(const struct fill *fill, struct follower *f, enum fill_state state)
{
	follower_leave_fill(f);
	f->state = state;
	call(fill, f);
}

static void set_failed(const struct fill *fill, struct follower *f)
{
	f->err = fill->err;
	f->status = fill->status;
	f->why = fill->why;
	f->proxy_error = fill->proxy_error;
	f->next_hop = STR_NONE;
	if (fill->next_hop.n != 0)
		f->next_hop = arena_dup(f->arena, fill->next_hop);
}

void follower_tell_look_again(struct fill *fill)
{
	struct follower *f;
	struct list round;

	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL)
		dismiss(fill, f, FILL_LOOK_AGAIN);
}

/* The head in f's own arena. */
static bool give_head(struct fill *fill, struct follower *f)
{
	if (flight_head(&fill->flight, f->arena, &f->entry) != 0)
		return false;
	if (!f->first && !follower_fits(f, &f->entry))
		return false;
	f->state = FILL_HEAD;
	f->stored = true;
	f->source.length = f->entry.body_len;
	f->not_stored = NULL;
	return true;
}

void follower_tell_stored(struct fill *fill)
{
	struct follower *f;
	struct list round;

	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL) {
		if (give_head(fill, f))
			call(fill, f);
		else
			dismiss(fill, f, FILL_LOOK_AGAIN);
	}
	fill_left_alone(fill);
}

static enum fill_state give_refreshed(struct follower *f, const struct store_entry *e, bool for_all)
{
	if (!f->first && !follower_fits(f, e))
		return FILL_LOOK_AGAIN;
	if (!f->first && !for_all)
		return FILL_UNCACHEABLE;
	f->entry = *e;
	f->entry.kept = false;
	if (store_entry_keep(&f->entry, f->arena) != 0)
		return FILL_UNCACHEABLE;
	f->stored = true;
	return FILL_REFRESHED;
}

void follower_tell_refreshed(struct fill *fill, const struct store_entry *e, bool for_all)
{
	struct follower *f;
	struct list round;

	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL)
		dismiss(fill, f, give_refreshed(f, e, for_all));
}

static bool give_response(struct fill *fill, struct follower *f)
{
	if (fill->head == NULL) { /* a connection for CONNECT */
		memset(&f->response, 0, sizeof f->response);
		f->response.kind = MSG_RESPONSE;
		f->response.minor = 1;
		f->response.status = 200;
	} else if (fill_copy_response(f->arena, fill->head, fill->raw, &f->response) != 0) {
		return false;
	}
	f->state = FILL_HEAD;
	f->stored = false;
	f->not_stored = fill->not_stored;
	f->source.length = f->response.has_length ? f->response.length : SOURCE_UNKNOWN;
	f->trailers = &fill->http.trailers;
	if (fill->http.phase == SOURCE_HTTP_TUNNEL)
		f->tunnel = &fill->http.pc->conn;
	return true;
}

static void dismiss_failed(struct fill *fill, struct follower *f)
{
	set_failed(fill, f);
	dismiss(fill, f, FILL_FAILED);
}

/* No memory is left for the one who asked. */
static void dismiss_poor(struct fill *fill, struct follower *f)
{
	set_failed(fill, f);
	f->err = ERR_NOMEM;
	f->status = 503;
	f->why = "no memory for the answer";
	f->proxy_error = "proxy_internal_error";
	dismiss(fill, f, FILL_FAILED);
}

bool follower_tell_response(struct fill *fill, enum fill_state others)
{
	struct follower *f;
	struct list round;

	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL) {
		if (f->first && give_response(fill, f))
			call(fill, f);
		else if (f->first)
			dismiss_poor(fill, f);
		else if (others == FILL_FAILED)
			dismiss_failed(fill, f);
		else
			dismiss(fill, f, others);
	}
	return fill->follower_count > 0;
}

/* Those who wait for the head learn why none comes; those who read find the break. */
void follower_tell_failed(struct fill *fill)
{
	struct follower *f;
	struct list round;

	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL) {
		if (f->state == FILL_HEAD) {
			f->why = fill->why;
			f->proxy_error = fill->proxy_error;
			f->source.wake(&f->source);
		} else if (fill->err == ERR_DENIED && !f->first) {
			dismiss(fill, f, FILL_UNCACHEABLE); /* its own rights may be others */
		} else {
			dismiss_failed(fill, f);
		}
	}
}

void follower_tell_body(struct fill *fill)
{
	struct follower *f;
	struct list round;

	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL) {
		if (f->state != FILL_HEAD)
			continue;
		if (fill->complete && !f->broken)
			f->source.length = fill->received;
		f->source.wake(&f->source);
	}
}

void follower_tell_interim(struct fill *fill, const struct msg *head)
{
	struct follower *f;
	struct list round;

	/* RFC 9110 15.2: to all who wait for the final one */
	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL)
		if (f->state == FILL_WAIT && f->on_interim != NULL)
			f->on_interim(f, head);
}

bool follower_tell_unkept(struct fill *fill)
{
	struct follower *f, *kept = NULL;
	struct list round;

	LIST_FOREACH (l, &fill->followers) {
		f = LIST_OF(l, struct follower, link);
		if (f->state == FILL_HEAD && !f->broken && f->passed == fill->received &&
		    (kept == NULL || f->first))
			kept = f;
	}
	LIST_FOREACH (l, &fill->followers) {
		f = LIST_OF(l, struct follower, link);
		follower_close_body(f);
		if (f != kept)
			f->broken = true;
		f->stored = false;
	}
	round_begin(fill, &round);
	while ((f = round_next(fill, &round)) != NULL)
		if (f->broken && f->state == FILL_HEAD)
			f->source.wake(&f->source);
	return kept != NULL && fill->follower_count > 0 && !fill->ended;
}
