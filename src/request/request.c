/* request.c - the life of a request: made, woken, deadlines, and the list of all that run.
 *
 * Called by sessions and by what a request waits for. What each step does stands in step_*.c. */
#include "request/request.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "request/machine.h"

#define SPARE_MAX 64 /* finished requests that are kept for the next ones */

static struct list all = {&all, &all};
static struct list spare = {&spare, &spare};
static unsigned running_count, spare_count;

static const char *const step_names[REQUEST_STEP_COUNT] = {
#define STEP(name, fn, text) [REQUEST_##name] = #name,
#include "tbl/steps.h"
#undef STEP
};

const char *request_step_name(enum request_step step)
{
	return (unsigned)step < REQUEST_STEP_COUNT ? step_names[step] : "?";
}

static void on_deadline(struct loop_timer *t)
{
	struct request *r = CONTAINER_OF(t, struct request, deadline);

	CHECK_OBJ(r, REQUEST_MAGIC);
	r->late = true;
	machine_run(r);
}

static void on_again(struct loop_call *c)
{
	machine_run(CONTAINER_OF(c, struct request, again));
}

static struct request *request_alloc(struct sink *sink)
{
	struct request *r;

	if (spare_count > 0) {
		r = LIST_FIRST(&spare, struct request, link);
		list_remove(&r->link);
		spare_count--;
		memset(r, 0, sizeof *r);
	} else {
		r = calloc(1, sizeof *r);
		if (r == NULL)
			return NULL;
	}
	r->magic = REQUEST_MAGIC;
	r->sink = sink;
	r->conf = sink->conf;
	arena_init(&r->arena, r->conf->request_memory);
	loop_timer_init(&r->deadline, on_deadline);
	loop_call_init(&r->again, on_again);
	r->started_ms = clock_ms();
	r->started_wall_ms = clock_wall_ms();
	r->pool = -1;
	r->follower.flight.index = -1;
	list_append(&all, &r->link);
	running_count++;
	count_inc(COUNT_requests_running);
	return r;
}

/* The head in the arena: bytes, and as many fields as there are and may come. */
static int copy_head(struct request *r, const struct msg *msg, const char *head, size_t n)
{
	struct str bytes = arena_dup(&r->arena, (struct str){head, n});
	unsigned max = msg->fields.n + 4;
	struct field *v = arena_alloc(&r->arena, max * sizeof *v);

	if (bytes.p == NULL || v == NULL)
		return ERR_NOMEM;
	r->msg = *msg;
	fields_init(&r->msg.fields, v, max);
	if (fields_copy(&r->msg.fields, &msg->fields) != 0)
		return ERR_NOMEM;
	h1_rebase(&r->msg, head, n, bytes.p);
	return 0;
}

struct request *request_new(struct sink *sink, const struct msg *msg, const char *head, size_t n)
{
	struct request *r = request_alloc(sink);

	if (r == NULL)
		return NULL;
	if (copy_head(r, msg, head, n) != 0) {
		request_free(r);
		return NULL;
	}
	r->verdict = msg_request_check(&r->msg, &r->arena);
	return r;
}

struct request *request_new_refused(struct sink *sink, const struct msg *msg, int status,
                                    const char *why)
{
	struct request *r = request_alloc(sink);

	if (r == NULL)
		return NULL;
	if (msg != NULL) { /* for the log: what could be read of the request line */
		r->msg.method = msg->method;
		r->msg.minor = msg->minor;
		r->msg.method_name = arena_dup(&r->arena, msg->method_name);
		r->msg.target = arena_dup(&r->arena, msg->target);
	}
	r->verdict = (struct msg_verdict){.status = status, .why = why, .close = true};
	return r;
}

void request_run(struct request *r)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	machine_run(r);
}

void request_writable(struct request *r)
{
	machine_run(r);
}

void request_body_ready(struct request *r)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	if (r->following)
		fill_body_ready(&r->follower);
}

void request_client_gone(struct request *r)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	r->gone = true;
	if (r->step != REQUEST_FINISH)
		request_goto(r, REQUEST_FINISH);
	machine_run(r);
}

void request_goto(struct request *r, enum request_step step)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	r->step = step;
	r->late = false;
	if (r->deadline.due != 0)
		loop_timer_cancel(&r->deadline);
}

void request_refuse(struct request *r, int status, const char *why)
{
	r->refuse_status = status;
	r->why = why;
	request_goto(r, REQUEST_REFUSE);
}

void request_again(struct request *r)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	if (!r->running)
		loop_call_soon(&r->again);
	else
		r->moved = true;
}

void request_wait_until(struct request *r, int64_t ms)
{
	loop_timer_set(&r->deadline, ms);
}

unsigned request_running(void)
{
	return running_count;
}

void request_describe(struct str_out *o)
{
	unsigned n = 0;

	LIST_FOREACH (l, &all) {
		const struct request *r = LIST_OF(l, struct request, link);

		if (!r->running || ++n > 4)
			continue;
		str_put(o, STR(" ["));
		str_put(o, str_of(request_step_name(r->step)));
		str_putc(o, ' ');
		str_put(o, r->msg.method_name);
		str_putc(o, ' ');
		str_put(o, str_slice(r->msg.target, 0, 200));
		str_putc(o, ']');
	}
}

void request_free(struct request *r)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	loop_timer_cancel(&r->deadline);
	loop_call_cancel(&r->again);
	arena_fini(&r->arena);
	list_remove(&r->link);
	running_count--;
	count_dec(COUNT_requests_running);
	r->magic = 0;
	if (spare_count == SPARE_MAX) {
		free(r);
		return;
	}
	list_prepend(&spare, &r->link);
	spare_count++;
}
