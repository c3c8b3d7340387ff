/* fill_body.c - BODY: bytes to the store and to the followers, or to the one follower only.
 *
 * While followers are told of new bytes these stand in the window, hot and still in the worker's
 * read buffer; whoever is at that place sends them from there. Who is behind reads from the store.
 * Of an answer that is not stored nothing is kept here: what its follower does not take stays with
 * source_http, which stops reading. */
#include "base/clock.h"
#include "base/err.h"
#include "request/follower.h"

enum fill_result fill_body_run(struct fill *f)
{
	if (f->deadline.due == 0 && f->http.phase != SOURCE_HTTP_TUNNEL) {
		f->moved_before = f->moved;
		fill_wait_ms(f, f->conf->timeouts.body_window);
	}
	return FILL_STAY;
}

static void show(struct fill *f, const char *p, uint64_t at, size_t n)
{
	f->window = p;
	f->window_at = at;
	f->window_n = n;
	follower_tell_body(f);
	f->window = NULL;
	f->window_n = 0;
}

/* ---- not stored ---- */

static struct follower *reader_of(struct fill *f)
{
	LIST_FOREACH (l, &f->followers) {
		struct follower *r = LIST_OF(l, struct follower, link);

		if (r->state == FILL_HEAD && !r->broken)
			return r;
	}
	return NULL;
}

size_t fill_body_pass(struct fill *f, const char *p, size_t n)
{
	struct follower *reader;
	uint64_t taken;

	show(f, p, f->received, n);
	reader = f->ended ? NULL : reader_of(f);
	if (reader == NULL)
		return n; /* nobody is there: it has ended, or will */
	taken = reader->passed > f->received ? reader->passed - f->received : 0;
	taken = MIN(taken, (uint64_t)n);
	f->received += taken;
	f->held_up |= taken < n;
	return (size_t)taken;
}

/* ---- stored ---- */

static void fail(struct fill *f, int err, const char *why)
{
	source_http_close(&f->http);
	fill_set_failed(f, err, 502, why, "proxy_internal_error");
	fill_run(f);
}

/* The store, or the follower, takes bytes again. */
static void go_on(struct fill *f)
{
	int rc;

	if (f->ended || f->waits_store)
		return;
	if (f->answer_ended) {
		fill_body_ended(f);
		return;
	}
	rc = fill_gzip_flush(f);
	if (f->ended || rc == ERR_AGAIN)
		return;
	if (rc != 0)
		fail(f, rc, "the body could no longer be kept");
	else
		source_http_resume(&f->http);
}

static void on_store(struct store_wait *w)
{
	struct fill *f = CONTAINER_OF(w, struct fill, write_wait);

	CHECK_OBJ(f, FILL_MAGIC);
	f->waits_store = false;
	go_on(f);
}

void fill_body_on_wanted(struct loop_call *c)
{
	go_on(CONTAINER_OF(c, struct fill, wanted));
}

void fill_body_want(struct fill *f)
{
	if (buf_len(&f->pending) > 0)
		loop_call_soon(&f->wanted);
	else
		source_http_resume(&f->http);
}

int fill_body_keep(struct fill *f, const char *p, size_t n)
{
	uint64_t at = f->received;
	int rc;

	f->write_wait.wake = on_store;
	rc = store_write(f->writer, p, n, &f->write_wait);
	if (rc == ERR_AGAIN)
		f->waits_store = f->held_up = true;
	if (rc != 0)
		return rc;
	f->received += n;
	show(f, p, at, n);
	if (!f->ended)
		follower_open_behind(f);
	return 0;
}

bool fill_body_unkept(struct fill *f, int err)
{
	store_write_abort(TAKE(f->writer), err, "the body could no longer be kept");
	fill_unlist(f);
	f->shared = false;
	f->not_stored = "not stored: the store could not take the whole";
	f->http.read_size = SOURCE_HTTP_READ;
	if (follower_tell_unkept(f))
		return true;
	if (!f->ended)
		fail(f, err, "the body could no longer be kept");
	return false;
}

size_t fill_body_came(struct fill *f, const char *p, size_t n)
{
	int rc;

	if (f->waits_store)
		return 0;
	if (f->deflate != NULL)
		return fill_gzip_came(f, p, n);
	if (f->writer == NULL)
		return fill_body_pass(f, p, n);
	rc = fill_body_keep(f, p, n);
	if (rc == ERR_AGAIN)
		return 0;
	if (rc == 0 || f->ended || !fill_body_unkept(f, rc))
		return n;
	return fill_body_pass(f, p, n);
}

void fill_body_ended(struct fill *f)
{
	int rc;

	f->answer_ended = true;
	rc = fill_gzip_finish(f);
	if (f->ended || rc == ERR_AGAIN)
		return;
	if (rc != 0) {
		fail(f, rc, "the body could no longer be kept");
		return;
	}
	fill_goto(f, FILL_STEP_DONE);
	fill_run(f);
}
