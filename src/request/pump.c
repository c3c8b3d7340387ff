/* pump.c - moves a body from a source to a sink. Called by the step DELIVER; owns only its buffer
 * and the inflate state. */
#include "request/pump.h"
#include "base/err.h"
#include "request/codings.h"

#define PIECES 16
#define GO_ON ((enum pump_result) - 1) /* inside this file: run on */
#define OUT_MAX (64 * 1024)

void pump_start(struct pump *p, struct sink *sink, struct source *source, struct arena *arena)
{
	memset(p, 0, sizeof *p);
	p->sink = sink;
	p->source = source;
	p->arena = arena;
	p->end = SOURCE_UNKNOWN;
}

void pump_range(struct pump *p, const struct range_part *part)
{
	p->off = part->first;
	p->end = part->last + 1;
}

static int put_part_head(struct pump *p)
{
	size_t room = range_part_room(p->boundary, p->type);
	struct str_out o;

	if (buf_reserve(&p->out, room, OUT_MAX + room) != 0)
		return ERR_NOMEM;
	o = str_out_of(buf_tail(&p->out), buf_room(&p->out));
	range_put_part(&o, p->part == 0, p->boundary, p->type, &p->parts->v[p->part], p->total);
	buf_added(&p->out, (size_t)(o.at - buf_tail(&p->out)));
	return o.overflow ? ERR_NOMEM : 0;
}

static int put_parts_end(struct pump *p)
{
	struct str_out o;

	if (buf_reserve(&p->out, 128, OUT_MAX) != 0)
		return ERR_NOMEM;
	o = str_out_of(buf_tail(&p->out), buf_room(&p->out));
	range_put_end(&o, p->boundary);
	buf_added(&p->out, (size_t)(o.at - buf_tail(&p->out)));
	p->closing = true;
	return o.overflow ? ERR_NOMEM : 0;
}

void pump_multipart(struct pump *p, const struct range_set *set, struct str boundary,
                    struct str type, uint64_t total)
{
	p->parts = set;
	p->boundary = boundary;
	p->type = type;
	p->total = total;
	pump_range(p, &set->v[0]);
	if (put_part_head(p) != 0)
		p->err = ERR_NOMEM;
}

int pump_inflate(struct pump *p)
{
	AZ(p->parts);
	p->inflate = codings_inflate_get();
	if (p->inflate == NULL)
		return ERR_LIMIT;
	p->skip = p->off;
	return 0;
}

/* Sends what waits in out. DONE: nothing waits any more. */
static enum pump_result flush_out(struct pump *p)
{
	while (buf_len(&p->out) > 0) {
		struct str s = buf_str(&p->out);
		struct iovec v = {(void *)(uintptr_t)s.p, s.n};
		ssize_t n = p->sink->ops->write(p->sink, &v, 1);

		if (n == ERR_AGAIN)
			return PUMP_WAIT;
		if (n < 0)
			return PUMP_SINK_GONE;
		buf_consume(&p->out, (size_t)n);
		p->moved += (uint64_t)n;
	}
	return PUMP_DONE;
}

static enum pump_result source_broke(struct pump *p, int err)
{
	p->err = err;
	return PUMP_SOURCE_END;
}

/* One piece from the source to the sink. DONE: the part is complete. */
static enum pump_result move_plain(struct pump *p)
{
	struct iovec v[PIECES];
	uint64_t want = p->end - p->off;
	ssize_t n, taken;
	int count = 0;

	if (want == 0)
		return PUMP_DONE;
	n = p->source->ops->lend(p->source, p->off, MIN(want, PUMP_PIECE), v, PIECES);
	if (n == 0) /* an end before the promised one is a break */
		return p->end == SOURCE_UNKNOWN ? PUMP_DONE : source_broke(p, ERR_CLOSED);
	if (n == ERR_AGAIN)
		return PUMP_WAIT;
	if (n < 0)
		return source_broke(p, (int)n);
	for (size_t sum = 0; sum < (size_t)n; count++)
		sum += v[count].iov_len;
	taken = p->sink->ops->write(p->sink, v, count);
	if (taken == ERR_AGAIN)
		return PUMP_WAIT;
	if (taken < 0)
		return PUMP_SINK_GONE;
	p->off += (uint64_t)taken;
	p->moved += (uint64_t)taken;
	p->source->ops->passed(p->source, p->off);
	return p->off == p->end ? PUMP_DONE : GO_ON;
}

/* Drops what lies before the range, cuts what lies behind it; the rest is in out. */
static void keep_wanted(struct pump *p, size_t before)
{
	size_t made = buf_len(&p->out) - before;
	size_t drop = (size_t)MIN(p->skip, (uint64_t)made);
	uint64_t left = p->end == SOURCE_UNKNOWN ? SOURCE_UNKNOWN : p->end - p->off;

	if (drop > 0) {
		char *at = p->out.mem + p->out.start + before;

		memmove(at, at + drop, made - drop);
		p->out.end -= drop;
		p->skip -= drop;
		made -= drop;
	}
	if (made > left) {
		p->out.end -= made - (size_t)left;
		made = (size_t)left;
	}
	if (p->end != SOURCE_UNKNOWN)
		p->off += made;
	if (p->out.end == p->out.start)
		buf_free(&p->out);
}

/* Inflates until out holds something to send, the source has no more, or the part is complete. */
static enum pump_result move_inflated(struct pump *p)
{
	static char in[BUF_UNIT];
	enum coding_result rc;
	size_t used, made, before;
	ssize_t n;

	if (p->in_end || p->off == p->end)
		return PUMP_DONE;
	n = p->source->ops->read(p->source, p->in_off, in, sizeof in);
	if (n == ERR_AGAIN)
		return PUMP_WAIT;
	if (n < 0)
		return source_broke(p, (int)n);
	if (buf_reserve(&p->out, BUF_UNIT, 4 * OUT_MAX) != 0)
		return source_broke(p, ERR_NOMEM);
	before = buf_len(&p->out);
	rc = coding_run(p->inflate, in, (size_t)n, &used, buf_tail(&p->out), buf_room(&p->out),
	                &made, n == 0 ? CODING_FINISH : CODING_MORE);
	buf_added(&p->out, made);
	p->in_off += used;
	p->source->ops->passed(p->source, p->in_off);
	keep_wanted(p, before);
	if (rc == CODING_BAD) {
		p->why = coding_why(p->inflate);
		return source_broke(p, ERR_BAD);
	}
	if (rc == CODING_END || (n == 0 && rc == CODING_OK))
		p->in_end = true;
	if (p->in_end && p->end != SOURCE_UNKNOWN && p->off != p->end)
		return source_broke(p, ERR_CLOSED);
	return GO_ON;
}

/* The part is complete: the next one, or the end line. DONE when nothing is left. */
static enum pump_result next_part(struct pump *p)
{
	if (p->parts == NULL || p->closing)
		return PUMP_DONE;
	if (++p->part == p->parts->n)
		return put_parts_end(p) == 0 ? GO_ON : source_broke(p, ERR_NOMEM);
	pump_range(p, &p->parts->v[p->part]);
	return put_part_head(p) == 0 ? GO_ON : source_broke(p, ERR_NOMEM);
}

enum pump_result pump_run(struct pump *p)
{
	if (p->err != 0)
		return PUMP_SOURCE_END;
	for (;;) {
		enum pump_result rc = flush_out(p);

		if (rc != PUMP_DONE)
			return rc;
		if (p->closing)
			return PUMP_DONE;
		rc = p->inflate != NULL ? move_inflated(p) : move_plain(p);
		if (rc == PUMP_DONE && buf_len(&p->out) == 0)
			rc = next_part(p);
		if (rc != GO_ON && !(rc == PUMP_DONE && buf_len(&p->out) > 0))
			return rc;
	}
}

void pump_stop(struct pump *p)
{
	codings_inflate_put(TAKE(p->inflate));
	buf_free(&p->out);
}
