/* step_deliver.c - DELIVER, REFUSE and FINISH: the answer goes out, or why there is none, and the
 * end.
 *
 * The head was made by respond; here it is sent, the body pumped, the record written, all closed.
 */
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "request/machine.h"
#include "request/record.h"
#include "request/respond.h"
#include "request/tunnel.h"

static void plan_pump(struct request *r)
{
	pump_start(&r->pump, r->sink, r->source, &r->arena);
	if (r->plan.parts == 1)
		pump_range(&r->pump, &r->plan.ranges->v[0]);
	else if (r->plan.parts > 1)
		pump_multipart(&r->pump, r->plan.ranges, r->plan.boundary, r->plan.type,
		               r->plan.total);
}

static enum machine_result finish(struct request *r)
{
	request_goto(r, REQUEST_FINISH);
	return MACHINE_GO;
}

/* An answer that had begun cannot be completed. */
static enum machine_result break_off(struct request *r, const char *why)
{
	r->broken = true;
	if (r->why == NULL)
		r->why = why;
	r->sink->ops->broken(r->sink);
	return finish(r);
}

static enum machine_result send_head(struct request *r)
{
	int rc;

	plan_pump(r);
	if (r->plan.inflate && !r->plan.no_body) {
		if (pump_inflate(&r->pump) != 0) {
			request_refuse(r, 503, "too many bodies are being inflated");
			return MACHINE_GO;
		}
		count_inc(COUNT_gzip_undone);
	}
	rc = r->sink->ops->head(r->sink, &r->answer, r->plan.length, r->plan.no_body);
	if (rc == 0) {
		r->head_sent = true;
		r->first_byte_ms = clock_ms();
		r->body_sent = r->plan.no_body;
		return MACHINE_GO;
	}
	if (r->refuse_status != 0) /* not even the page can be written */
		return break_off(r, "the answer's head cannot be written");
	request_refuse(r, 502, "the answer's head cannot be written in this protocol");
	return MACHINE_GO;
}

static enum machine_result send_body(struct request *r)
{
	switch (pump_run(&r->pump)) {
	case PUMP_DONE:
		r->body_sent = true;
		return MACHINE_GO;
	case PUMP_WAIT:
		if (r->source->ops->hold(r->source, &r->arena) != 0)
			return break_off(r, "no memory to wait for a slow client");
		return MACHINE_WAIT;
	case PUMP_SOURCE_END:
		return break_off(r, r->follower.why != NULL ? r->follower.why : r->pump.why);
	case PUMP_SINK_GONE:
		break;
	}
	r->gone = true;
	return finish(r);
}

static enum machine_result send_end(struct request *r)
{
	const struct fields *trailers =
	    r->source == &r->follower.source ? r->follower.trailers : NULL;
	int rc = r->sink->ops->end(r->sink, trailers);

	if (rc == ERR_AGAIN)
		return MACHINE_WAIT;
	if (rc != 0) {
		r->gone = true;
		return finish(r);
	}
	request_goto(r, r->status == 101 || r->wants_tunnel ? REQUEST_TUNNEL : REQUEST_FINISH);
	return MACHINE_GO;
}

/* The answer to CONNECT: nothing but the phrase that clients look for (RFC 9110 9.3.6). */
static int tunnel_head(struct request *r)
{
	struct field *v = arena_alloc(&r->arena, sizeof *v);

	if (v == NULL)
		return ERR_NOMEM;
	msg_init(&r->answer, MSG_RESPONSE, v, 1);
	r->answer.status = 200;
	r->status = 200;
	r->answer.reason = STR("Connection established");
	memset(&r->plan, 0, sizeof r->plan);
	r->plan.length = SINK_UNKNOWN;
	r->plan.no_body = true;
	r->source = &r->follower.source;
	return 0;
}

enum machine_result step_deliver_answer(struct request *r)
{
	if (r->wants_tunnel && !r->head_sent && tunnel_head(r) != 0)
		return break_off(r, "no memory");
	if (!r->head_sent)
		return send_head(r);
	if (!r->body_sent)
		return send_body(r);
	return send_end(r);
}

enum machine_result step_deliver_refuse(struct request *r)
{
	if (r->following) {
		fill_leave(&r->follower);
		r->following = false;
	}
	pump_stop(&r->pump);
	r->wants_tunnel = false;
	respond_refusal(r);
	request_goto(r, REQUEST_DELIVER);
	return MACHINE_GO;
}

static void count_outcome(const struct request *r)
{
	switch (r->cache) {
	case REQUEST_CACHE_HIT:
	case REQUEST_CACHE_REFRESHED:
	case REQUEST_CACHE_STALE_SERVED:
		count_inc(COUNT_hits);
		count_add(COUNT_hit_bytes, (int64_t)r->pump.moved);
		break;
	case REQUEST_CACHE_MISS:
	case REQUEST_CACHE_STALE:
		count_inc(COUNT_misses);
		break;
	case REQUEST_CACHE_BYPASS:
		count_inc(COUNT_bypass);
		break;
	case REQUEST_CACHE_NONE:
	case REQUEST_CACHE_TUNNEL:
		break;
	}
}

enum machine_result step_deliver_finish(struct request *r)
{
	struct sink *sink = r->sink;
	struct tunnel *tunnel = r->tunnel;
	bool keep = !r->gone && !r->broken && r->step == REQUEST_FINISH && r->body_sent;

	if (r->waits_for_store)
		store_wait_cancel(&r->wait);
	pump_stop(&r->pump);
	if (r->following)
		fill_leave(&r->follower);
	source_cache_close(&r->cached);
	count_outcome(r);
	if (tunnel == NULL)
		record_write(r);
	request_free(r);
	if (tunnel != NULL) /* it goes on alone, and tells the sink when it ends */
		tunnel_run(tunnel);
	else
		sink->ops->finished(sink, keep);
	return MACHINE_END;
}
