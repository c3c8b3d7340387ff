/* follower.c - the body of a fill as a source, and followers of flights of other workers. What
 * followers are told stands in follower_tell.c. */
#include "request/follower.h"
#include "base/err.h"

static struct follower *of_source(struct source *s)
{
	struct follower *f = CONTAINER_OF(s, struct follower, source);

	CHECK_OBJ(f, FOLLOWER_MAGIC);
	return f;
}

/* ---- reading from the store, of whichever worker ---- */

static void on_pages(struct store_wait *w)
{
	struct follower *f = CONTAINER_OF(w, struct follower, body.wait);

	f->source.wake(&f->source);
}

static int open_body(struct follower *f, struct flight_ref *flight)
{
	int rc;

	if (f->reading)
		return 0;
	rc = store_body_open_flight(&f->body, flight);
	if (rc != 0)
		return rc;
	f->body.wait.wake = on_pages;
	store_body_passed(&f->body, f->passed);
	f->reading = true;
	return 0;
}

void follower_close_body(struct follower *f)
{
	if (f->reading)
		store_body_close(&f->body);
	f->reading = false;
}

/* A stored body that breaks here may be ERR_GONE or ERR_IO: for the reader all are a break. */
static ssize_t result(ssize_t n)
{
	return n < 0 && n != ERR_AGAIN ? ERR_RESET : n;
}

/* ---- a fill of this worker ---- */

/* What of [off, off + want) lies in the window. */
static struct str in_window(const struct fill *fill, uint64_t off, uint64_t want)
{
	uint64_t at = off - fill->window_at;

	if (fill->window == NULL || off < fill->window_at || at >= fill->window_n)
		return STR_NONE;
	return (struct str){fill->window + at, (size_t)MIN(want, fill->window_n - at)};
}

/* 1: from the store; else what the reader is told. */
static int where(struct follower *f, uint64_t off)
{
	struct fill *fill = f->fill;

	if (f->state != FILL_HEAD || fill == NULL || f->broken || (fill->ended && fill->err != 0))
		return ERR_RESET;
	if (fill->complete && off >= fill->received)
		return 0;
	if (f->stored && off < fill->received)
		return open_body(f, &fill->flight) == 0 ? 1 : ERR_RESET;
	if (!f->stored)
		fill_body_want(fill);
	return ERR_AGAIN;
}

static ssize_t fill_lend(struct source *s, uint64_t off, uint64_t want, struct iovec *v, int max)
{
	struct follower *f = of_source(s);
	struct str piece = f->fill == NULL ? STR_NONE : in_window(f->fill, off, want);
	bool this_turn; /* offsets may be asked again, so nothing needs to be held */
	int rc;

	AN(max > 0);
	if (piece.n > 0 && !f->broken) {
		v[0] = (struct iovec){(void *)(uintptr_t)piece.p, piece.n};
		return (ssize_t)piece.n;
	}
	rc = where(f, off);
	return rc == 1 ? result(store_body_lend(&f->body, off, want, v, max, &this_turn)) : rc;
}

static ssize_t fill_read(struct source *s, uint64_t off, void *p, size_t n)
{
	struct follower *f = of_source(s);
	struct str piece = f->fill == NULL ? STR_NONE : in_window(f->fill, off, n);
	int rc;

	if (piece.n > 0 && !f->broken) {
		memcpy(p, piece.p, piece.n);
		return (ssize_t)piece.n;
	}
	rc = where(f, off);
	return rc == 1 ? result(store_body_read(&f->body, off, p, n)) : rc;
}

static void fill_passed(struct source *s, uint64_t off)
{
	struct follower *f = of_source(s);

	f->passed = MAX(f->passed, off);
	if (f->reading)
		store_body_passed(&f->body, off);
}

static int fill_hold(struct source *s, struct arena *a)
{
	(void)s;
	(void)a;
	return 0;
}

static void fill_close(struct source *s)
{
	fill_leave(of_source(s));
}

static const struct source_ops fill_source = {fill_lend, fill_read, fill_passed, fill_hold,
                                              fill_close};

/* ---- a flight of another worker ---- */

static ssize_t flight_lend(struct source *s, uint64_t off, uint64_t want, struct iovec *v, int max)
{
	struct follower *f = of_source(s);
	bool this_turn;

	if (!f->reading)
		return ERR_RESET;
	return result(store_body_lend(&f->body, off, want, v, max, &this_turn));
}

static ssize_t flight_read(struct source *s, uint64_t off, void *p, size_t n)
{
	struct follower *f = of_source(s);

	return f->reading ? result(store_body_read(&f->body, off, p, n)) : ERR_RESET;
}

static const struct source_ops flight_source = {flight_lend, flight_read, fill_passed, fill_hold,
                                                fill_close};

/* RFC 9209 2.3: only the code comes from the other worker. */
static const char *error_type(int err)
{
	switch (err) {
	case ERR_TIMEOUT:
		return "http_response_timeout";
	case ERR_NONAME:
	case ERR_DNS:
		return "dns_error";
	case ERR_REFUSED: /* a connection, or an answer 5xx: `why` tells */
		return NULL;
	case ERR_UNREACHABLE:
		return "destination_ip_unroutable";
	case ERR_CLOSED:
	case ERR_RESET:
		return "http_response_incomplete";
	case ERR_BAD:
	case ERR_LIMIT:
		return "http_protocol_error";
	default:
		return "proxy_internal_error";
	}
}

static void flight_failed(struct follower *f)
{
	const char *why;
	struct str copy;

	f->err = flight_error(&f->flight, &why);
	f->state = FILL_FAILED;
	f->status = f->err == ERR_TIMEOUT ? 504 : 502;
	f->proxy_error = error_type(f->err);
	copy = arena_dup(f->arena, str_of(why));
	f->why = copy.n != 0 ? copy.p : NULL;
}

/* Its head is there: is it this one's variant? */
static void flight_has_head(struct follower *f, enum fill_state state)
{
	int rc = flight_head(&f->flight, f->arena, &f->entry);

	if (rc == ERR_AGAIN)
		return;
	f->state = FILL_LOOK_AGAIN;
	if (rc != 0 || !follower_fits(f, &f->entry))
		return;
	if (state == FILL_HEAD && open_body(f, &f->flight) != 0)
		return;
	f->state = state;
	f->stored = true;
	f->source.length = f->entry.body_len;
}

/* Reads the flight's state into the follower's, while that is WAIT. */
static void flight_look(struct follower *f)
{
	switch (flight_state_of(&f->flight)) {
	case FLIGHT_WAIT_HEAD:
		break;
	case FLIGHT_STREAM:
	case FLIGHT_DONE:
	case FLIGHT_COMMITTED:
		flight_has_head(f, FILL_HEAD);
		break;
	case FLIGHT_REFRESHED:
		flight_has_head(f, FILL_REFRESHED);
		break;
	case FLIGHT_UNCACHEABLE:
		f->state = FILL_UNCACHEABLE;
		break;
	case FLIGHT_FAILED:
		flight_failed(f);
		break;
	}
}

static void on_flight(struct flight_ref *ref)
{
	struct follower *f = CONTAINER_OF(ref, struct follower, flight);

	CHECK_OBJ(f, FOLLOWER_MAGIC);
	if (f->state == FILL_WAIT) {
		flight_look(f);
		if (f->state != FILL_WAIT)
			f->on_change(f);
		return;
	}
	if (f->state != FILL_HEAD)
		return;
	if (f->source.length == SOURCE_UNKNOWN && flight_state_of(ref) == FLIGHT_DONE)
		f->source.length = flight_written(ref);
	f->source.wake(&f->source);
}

void follower_join_flight(struct follower *f)
{
	f->flight.on_change = on_flight;
	f->source.ops = &flight_source;
	flight_look(f);
}

/* ---- joining and leaving ---- */

void follower_init(struct follower *f, const struct fill_ask *ask)
{
	f->magic = FOLLOWER_MAGIC;
	list_init(&f->link);
	f->fill = NULL;
	f->flight.index = -1;
	f->source.ops = &fill_source;
	f->source.length = SOURCE_UNKNOWN;
	f->variant = ask->variant;
	f->variant_arg = ask->variant_arg;
	f->passed = 0;
	f->state = FILL_WAIT;
	f->first = f->stored = f->reading = f->broken = false;
	f->trailers = NULL;
	f->tunnel = NULL;
}

bool follower_fits(const struct follower *f, const struct store_entry *e)
{
	struct str values;

	if (e->vary_spec.n == 0)
		return true;
	return f->variant != NULL && f->variant(e->vary_spec, &values, f->variant_arg) == 0 &&
	       str_eq(values, e->vary_values);
}

void follower_attach(struct fill *fill, struct follower *f)
{
	f->fill = fill;
	list_append(&fill->followers, &f->link);
	fill->follower_count++;
}

bool follower_join(struct fill *fill, struct follower *f)
{
	struct store_entry e;

	if (fill->ended || !fill->shared || fill->flight.index < 0 ||
	    flight_is_purged(&fill->flight))
		return false;
	if (fill->step < FILL_STEP_JUDGE) {
		follower_attach(fill, f);
		return true;
	}
	if (fill->writer == NULL || flight_head(&fill->flight, f->arena, &e) != 0 ||
	    !follower_fits(f, &e))
		return false;
	follower_attach(fill, f);
	f->entry = e;
	f->state = FILL_HEAD;
	f->stored = true;
	f->source.length = e.body_len;
	/* Its bytes may go as soon as the fill is over: they are pinned now. */
	f->broken = fill->received > 0 && open_body(f, &fill->flight) != 0;
	return true;
}

void follower_open_behind(struct fill *fill)
{
	LIST_FOREACH (l, &fill->followers) {
		struct follower *f = LIST_OF(l, struct follower, link);

		if (f->state == FILL_HEAD && f->stored && !f->broken && !f->reading &&
		    f->passed < fill->received && open_body(f, &fill->flight) != 0)
			f->broken = true;
	}
}

void follower_leave_fill(struct follower *f)
{
	if (f->fill == NULL)
		return;
	follower_close_body(f);
	list_remove(&f->link);
	f->fill->follower_count--;
	f->fill = NULL;
}

void follower_detach(struct follower *f)
{
	follower_close_body(f);
	if (f->flight.index >= 0)
		flight_leave(&f->flight);
	follower_leave_fill(f);
}
