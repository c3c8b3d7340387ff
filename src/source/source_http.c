/* source_http.c - one exchange with an origin: connecting, and the request going out. What comes
 * back is source_http_in.c's.
 *
 * Called by fills, embedded in them. Owns its connection until the end; the buffer for reading is
 * the worker's. */
#include "source/source_http.h"
#include "base/count.h"
#include "base/err.h"
#include "source/source_http_in.h"

void source_http_init(struct source_http *x, const struct source_http_ops *ops,
                      const struct conf *conf, struct arena *arena)
{
	INIT_OBJ(x, SOURCE_HTTP_MAGIC);
	x->ops = ops;
	x->conf = conf;
	x->arena = arena;
	x->read_size = SOURCE_HTTP_READ;
	loop_call_init(&x->again, source_http_in_again);
}

static struct source_http *of_conn(struct conn *c)
{
	struct source_http *x = CONTAINER_OF(c, struct pool_conn, conn)->user;

	CHECK_OBJ(x, SOURCE_HTTP_MAGIC);
	return x;
}

static void on_ready(struct conn *c, unsigned events)
{
	(void)events;
	source_http_in_run(of_conn(c));
}

/* ---- the end ---- */

void source_http_close(struct source_http *x)
{
	CHECK_OBJ(x, SOURCE_HTTP_MAGIC);
	if (x->dial != NULL)
		dial_cancel(TAKE(x->dial));
	if (x->pc != NULL)
		pool_close(TAKE(x->pc));
	loop_call_cancel(&x->again);
	x->phase = SOURCE_HTTP_IDLE;
	buf_free(&x->out);
	buf_free(&x->early);
	if (x->busy == 0) /* else a callback works on these bytes */
		buf_free(&x->in);
}

int source_http_take_fd(struct source_http *x, struct buf *early)
{
	int fd;

	if (x->phase != SOURCE_HTTP_TUNNEL || x->pc == NULL)
		return -1;
	fd = pool_take_fd(TAKE(x->pc));
	*early = x->early;
	x->early = (struct buf){0};
	source_http_close(x);
	return fd;
}

/* ---- the beginning ---- */

static void begin_exchange(struct source_http *x, struct pool_conn *pc)
{
	x->pc = pc;
	x->reused = pc->reused;
	x->phase = x->ask.tunnel ? SOURCE_HTTP_TUNNEL : SOURCE_HTTP_HEAD;
	x->sent_all = x->ask.body == MSG_BODY_NONE;
	h1_head_init(&x->head);
}

/* What the socket does not take at once waits in out. */
static int put(struct source_http *x, struct iovec *v, int n)
{
	size_t total = 0, done = 0;
	ssize_t taken = ERR_AGAIN;

	for (int i = 0; i < n; i++)
		total += v[i].iov_len;
	if (buf_len(&x->out) == 0 && x->pc->conn.writable)
		taken = conn_writev(&x->pc->conn, v, n);
	if (taken < 0 && taken != ERR_AGAIN) {
		source_http_in_sending_failed(x);
		return ERR_CLOSED;
	}
	if (taken > 0) {
		count_add(COUNT_origin_bytes_out, taken);
		done = (size_t)taken;
	}
	for (int i = 0; i < n && done < total; i++) {
		size_t skip = MIN(done, v[i].iov_len);

		if (skip < v[i].iov_len && buf_append(&x->out, (char *)v[i].iov_base + skip,
		                                      v[i].iov_len - skip, SIZE_MAX / 2) != 0)
			return ERR_NOMEM;
		done -= skip;
		total -= v[i].iov_len;
	}
	return 0;
}

static int write_head(struct source_http *x)
{
	struct iovec v = {(void *)(uintptr_t)x->ask.head.p, x->ask.head.n};

	if (x->ask.tunnel)
		return 0;
	/* A write that fails is told by reading: the answer may lie there already. */
	return put(x, &v, 1) == ERR_NOMEM ? ERR_NOMEM : 0;
}

static void start_fresh(struct source_http *x, const struct source_http_ask *ask)
{
	AZ(x->busy);
	source_http_close(x);
	source_http_init(x, x->ops, x->conf, x->arena);
	x->ask = *ask;
}

static void on_dialled(int fd, int status, const union conn_address *peer, void *arg)
{
	struct source_http *x = arg;
	struct pool_conn *pc;

	CHECK_OBJ(x, SOURCE_HTTP_MAGIC);
	x->dial = NULL;
	if (fd < 0) {
		source_http_in_dial_failed(x, status);
		return;
	}
	pc = pool_open(fd, peer, on_ready, x);
	if (pc == NULL) {
		source_http_in_fail(x, ERR_NOMEM, "no memory for a connection",
		                    "proxy_internal_error");
		return;
	}
	begin_exchange(x, pc);
	if (write_head(x) != 0)
		source_http_in_fail(x, ERR_NOMEM, "no memory for a request",
		                    "proxy_internal_error");
	else
		source_http_in_opened(x);
}

int source_http_start(struct source_http *x, const struct source_http_ask *ask)
{
	struct pool_conn *pc = NULL;

	start_fresh(x, ask);
	if (ask->may_reuse && !ask->tunnel)
		pc = pool_get(ask->at, ask->count, on_ready, x);
	if (pc == NULL) {
		x->phase = SOURCE_HTTP_OPEN;
		x->dial = dial_start(ask->at, ask->count, NULL, (int)x->conf->timeouts.connect,
		                     on_dialled, x);
		x->ask.at = NULL;
		return x->dial == NULL ? ERR_NOMEM : 0;
	}
	x->ask.at = NULL;
	begin_exchange(x, pc);
	loop_call_soon(&x->again); /* on_open, and a failed write, are told from there */
	return write_head(x);
}

int source_http_start_fd(struct source_http *x, int fd, const union conn_address *peer,
                         const struct source_http_ask *ask)
{
	struct pool_conn *pc;

	start_fresh(x, ask);
	pc = pool_open(fd, peer, on_ready, x);
	if (pc == NULL)
		return ERR_NOMEM;
	begin_exchange(x, pc);
	loop_call_soon(&x->again);
	return write_head(x);
}

/* ---- the request's body ---- */

/* May more be written now? */
static int may_send(const struct source_http *x)
{
	if (x->phase != SOURCE_HTTP_HEAD || x->sending_failed || x->pc == NULL || x->sent_all)
		return ERR_CLOSED;
	return buf_len(&x->out) > 0 || !x->pc->conn.writable ? ERR_AGAIN : 0;
}

ssize_t source_http_send(struct source_http *x, struct str piece)
{
	char line[H1_WRITE_CHUNK_LINE];
	struct iovec v[3];
	int n = 0, rc = may_send(x);

	if (rc != 0)
		return rc;
	piece.n = MIN(piece.n, (size_t)SOURCE_HTTP_PIECE_MAX);
	if (x->ask.body == MSG_BODY_CHUNKED)
		v[n++] = (struct iovec){line, h1_write_chunk_size(line, piece.n)};
	v[n++] = (struct iovec){(void *)(uintptr_t)piece.p, piece.n};
	if (x->ask.body == MSG_BODY_CHUNKED)
		v[n++] = (struct iovec){(void *)(uintptr_t)H1_WRITE_CRLF.p, H1_WRITE_CRLF.n};
	rc = put(x, v, n);
	if (rc != 0)
		return ERR_CLOSED;
	x->sent_body += piece.n;
	return (ssize_t)piece.n;
}

static int put_trailers(struct source_http *x, const struct fields *trailers)
{
	char text[H1_BODY_TRAILER_MAX + 256];
	struct str_out o = str_out_of(text, sizeof text);
	struct iovec v;
	int rc = 0;

	str_put(&o, STR("0\r\n"));
	for (unsigned i = 0; rc == 0 && i < trailers->n; i++)
		rc = h1_write_field(&o, trailers->v[i].name, trailers->v[i].value);
	if (rc == 0)
		rc = h1_write_end(&o);
	if (rc != 0)
		return ERR_BAD;
	v = (struct iovec){text, (size_t)(o.at - text)};
	return put(x, &v, 1);
}

int source_http_send_end(struct source_http *x, const struct fields *trailers)
{
	struct iovec v = {(void *)(uintptr_t)H1_WRITE_LAST_CHUNK.p, H1_WRITE_LAST_CHUNK.n};
	int rc = x->ask.body == MSG_BODY_LENGTH && x->phase == SOURCE_HTTP_HEAD ? 0 : may_send(x);

	if (rc != 0)
		return rc;
	if (x->ask.body == MSG_BODY_CHUNKED)
		rc =
		    trailers != NULL && trailers->n > 0 ? put_trailers(x, trailers) : put(x, &v, 1);
	if (rc == 0)
		x->sent_all = true;
	return rc;
}

const union conn_address *source_http_peer(const struct source_http *x)
{
	return x->pc == NULL ? NULL : &x->pc->conn.peer;
}

void source_http_pause(struct source_http *x)
{
	x->paused = true;
}

void source_http_resume(struct source_http *x)
{
	CHECK_OBJ(x, SOURCE_HTTP_MAGIC);
	if (!x->paused)
		return;
	x->paused = false;
	if (x->phase != SOURCE_HTTP_IDLE)
		loop_call_soon(&x->again);
}

uint64_t source_http_left(const struct source_http *x)
{
	if (x->phase == SOURCE_HTTP_LAST)
		return 0;
	if (x->phase == SOURCE_HTTP_BODY && x->body.framing == MSG_BODY_NONE)
		return 0;
	if (x->phase != SOURCE_HTTP_BODY || x->body.framing != MSG_BODY_LENGTH)
		return UINT64_MAX;
	return x->body.left + x->decoded;
}
