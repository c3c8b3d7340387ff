/* source_admin.c - the answers of the admin listener and of the control socket.
 *
 *   GET  /status /metrics /explain?url=URL[&header=FIELD:VALUE...] /reload?number=N
 *        /store/check?number=N
 *   POST /purge?url=URL[&soft=1] /purge?host=HOST /purge?all=1 /reload /upgrade /drain /stop
 *        /reopen /store/check
 *
 * Whoever may open the socket may ask. What concerns the whole of weir is an order to the master.
 */
#include "source/source_admin.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/order.h"
#include "base/slot.h"
#include "http/value.h"
#include "source/admin_report.h"
#include "source/source_admin_explain.h"
#include "store/store.h"

#define ANSWER_MAX 65536
#define EXPLAIN_FIELDS 32

struct question {
	struct arena *arena;
	const struct conf *conf;
	const struct msg *request;
	struct str path, query;
	struct str *type, *body;
	bool json;
};

/* ---- answers ---- */

static int say(struct question *q, int status, struct str text)
{
	struct admin_report r;
	size_t room = 64 + 6 * text.n; /* each byte may become \u00xx */
	char *mem = arena_alloc(q->arena, room);

	*q->type = STR("text/plain; charset=utf-8");
	if (mem == NULL)
		return status;
	if (!q->json) {
		*q->body = arena_join(q->arena, (struct str[]){text, STR("\n")}, 2);
		return status;
	}
	*q->type = STR("application/json");
	admin_report_start(&r, mem, room, true);
	admin_report_str(&r, "message", text);
	*q->body = admin_report_end(&r);
	return status;
}

static int begin(struct question *q, struct admin_report *r)
{
	char *mem = arena_alloc(q->arena, ANSWER_MAX);

	if (mem == NULL)
		return ERR_NOMEM;
	admin_report_start(r, mem, ANSWER_MAX, q->json);
	return 0;
}

static int finish(struct question *q, struct admin_report *r)
{
	struct str body = admin_report_end(r);

	if (body.p == NULL)
		return say(q, 500, STR("the answer is too long"));
	*q->type = q->json ? STR("application/json") : STR("text/plain; charset=utf-8");
	*q->body = body;
	return 200;
}

static int hex_digit(char c)
{
	c = str_lower(c);
	return str_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str decoded(struct arena *a, struct str value)
{
	char *out = arena_alloc(a, value.n + 1);
	size_t n = 0;

	if (out == NULL)
		return STR_NONE;
	for (size_t i = 0; i < value.n; i++) {
		int high = i + 2 < value.n ? hex_digit(value.p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(value.p[i + 2]) : -1;

		if (value.p[i] == '%' && low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = value.p[i];
		}
	}
	return (struct str){out, n};
}

/* The next parameter of that name, percent-decoded, off *rest of a query. */
static bool next_parameter(struct arena *a, struct str *rest, struct str name, struct str *value)
{
	struct str part;

	while (str_split(rest, '&', &part)) {
		size_t equals = str_find(part, '=', 0);

		if (!str_eq(str_slice(part, 0, equals), name))
			continue;
		*value = decoded(a, str_slice(part, equals + 1, part.n));
		return true;
	}
	return false;
}

/* {NULL,0} when it is not there. */
static struct str parameter(struct question *q, struct str name)
{
	struct str rest = q->query, value = STR_NONE;

	(void)next_parameter(q->arena, &rest, name, &value);
	return value;
}

/* ---- status ---- */

static const char *role_name(int slot)
{
	switch (slot) {
	case SLOT_KEEPER:
		return "keeper";
	case SLOT_LOGGER:
		return "logger";
	case SLOT_MASTER:
		return "master";
	default:
		return "worker";
	}
}

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {"free", "live", "draining", "dead", "clean"};

	return state < COUNT_OF(names) ? names[state] : "?";
}

static void report_process(struct question *q, struct admin_report *r, int slot)
{
	const struct slot *s = slot_at(slot);
	int64_t beat = __atomic_load_n(&s->heartbeat, __ATOMIC_RELAXED);
	uint32_t clients = __atomic_load_n(&s->clients, __ATOMIC_RELAXED);
	char stamp[CLOCK_STAMP];

	clock_stamp(s->started * 1000, stamp);
	if (!r->json) {
		admin_report_str(r, NULL,
		                 arena_printf(q->arena,
		                              "%-7s %2d  pid %-7d %-8s clients %-6u config %-3u "
		                              "since %.19s  beat %lld ms ago",
		                              role_name(slot), slot, (int)s->pid,
		                              state_name(s->state), clients, s->config, stamp,
		                              (long long)(clock_ms() - beat)));
		return;
	}
	admin_report_open(r, NULL, false);
	admin_report_str(r, "role", str_of(role_name(slot)));
	admin_report_i64(r, "slot", slot);
	admin_report_i64(r, "pid", s->pid);
	admin_report_str(r, "state", str_of(state_name(s->state)));
	admin_report_u64(r, "clients", clients);
	admin_report_u64(r, "config", s->config);
	admin_report_i64(r, "started", s->started);
	admin_report_i64(r, "heartbeat_ms", clock_ms() - beat);
	admin_report_close(r, false);
}

static void report_ratios(struct admin_report *r)
{
	uint64_t hits = count_sum(COUNT_hits), misses = count_sum(COUNT_misses);
	uint64_t out = count_sum(COUNT_client_bytes_out), in = count_sum(COUNT_origin_bytes_in);

	admin_report_ratio(r, "hit_ratio", hits, hits + misses);
	admin_report_ratio(r, "byte_hit_ratio", count_sum(COUNT_hit_bytes), out);
	admin_report_i64(r, "bytes_saved", (int64_t)(out - in));
}

static void report_store(struct admin_report *r)
{
	struct store_status s;

	store_status_get(&s);
	admin_report_str(r, "store_state", store_ready() ? STR("open") : str_of(store_why_not()));
	admin_report_open(r, "store", false);
	admin_report_bool(r, "kept", s.open);
	admin_report_u64(r, "size", s.size);
	admin_report_u64(r, "objects", s.objects);
	admin_report_u64(r, "body_bytes", s.body_bytes);
	admin_report_u64(r, "segments", s.segments);
	admin_report_u64(r, "segments_free", s.segments_free);
	admin_report_u64(r, "segment_size", s.segment_size);
	admin_report_u64(r, "index_used", s.index_used);
	admin_report_u64(r, "index_size", s.index_size);
	admin_report_u64(r, "commits", s.commits);
	admin_report_u64(r, "epoch", s.epoch);
	admin_report_u64(r, "durable_epoch", s.durable_epoch);
	admin_report_close(r, false);
}

static int status(struct question *q)
{
	struct admin_report r;

	if (begin(q, &r) != 0)
		return say(q, 503, STR("no memory"));
	admin_report_open(&r, "processes", true);
	for (int i = 0; i < SLOT_MAX; i++)
		if (__atomic_load_n(&slot_at(i)->state, __ATOMIC_SEQ_CST) != SLOT_FREE)
			report_process(q, &r, i);
	admin_report_close(&r, true);
	report_ratios(&r);
	report_store(&r);
	admin_report_open(&r, "counters", false);
	for (int i = 0; i < COUNT_N; i++)
		admin_report_u64(&r, count_name((enum count)i), count_sum((enum count)i));
	admin_report_close(&r, false);
	return finish(q, &r);
}

/* The text format of Prometheus, version 0.0.4. */
static int metrics(struct question *q)
{
	char *mem = arena_alloc(q->arena, ANSWER_MAX);
	struct str_out o = str_out_of(mem, mem == NULL ? 0 : ANSWER_MAX);

	for (int i = 0; i < COUNT_N; i++) {
		struct str name = str_of(count_name((enum count)i));

		str_put(&o, STR("# HELP weir_"));
		str_put(&o, name);
		str_putc(&o, ' ');
		str_put(&o, str_of(count_text((enum count)i)));
		str_put(&o, STR("\n# TYPE weir_"));
		str_put(&o, name);
		str_put(&o, count_is_gauge((enum count)i) ? STR(" gauge\n") : STR(" counter\n"));
		str_put(&o, STR("weir_"));
		str_put(&o, name);
		str_putc(&o, ' ');
		str_put_u64(&o, count_sum((enum count)i));
		str_putc(&o, '\n');
	}
	if (mem == NULL || o.overflow)
		return say(q, 503, STR("no memory"));
	*q->type = STR("text/plain; version=0.0.4; charset=utf-8");
	*q->body = str_range(mem, o.at);
	return 200;
}

/* The request that is asked about: the fields that are given for it, else those of the asking one.
 * 0 or ERR_BAD. */
static int asked_request(struct question *q, struct field v[EXPLAIN_FIELDS], struct msg *m)
{
	struct str rest = q->query, line;

	msg_init(m, MSG_REQUEST, v, EXPLAIN_FIELDS);
	m->method = METHOD_GET;
	while (next_parameter(q->arena, &rest, STR("header"), &line)) {
		size_t colon = str_find(line, ':', 0);
		struct str name = str_slice(line, 0, colon);
		struct str value = str_trim(str_slice(line, colon + 1, line.n));
		enum field_id id = field_id_of(name);

		if (colon == line.n || !field_name_valid(name) || !field_value_valid(value))
			return ERR_BAD;
		if (id != FIELD_OTHER ? fields_add(&m->fields, id, value) != 0
		                      : fields_add_name(&m->fields, name, value) != 0)
			return ERR_BAD;
	}
	if (m->fields.n == 0)
		m->fields = q->request->fields;
	return 0;
}

static int explain(struct question *q)
{
	struct field v[EXPLAIN_FIELDS];
	struct admin_report r;
	struct msg asked;
	const char *why = NULL;
	int rc;

	if (asked_request(q, v, &asked) != 0)
		return say(q, 400, STR("a header is `Field: value`, and there may be 32"));

	if (begin(q, &r) != 0)
		return say(q, 503, STR("no memory"));
	rc = source_admin_explain_url(q->arena, &q->conf->key_rules, &asked,
	                              parameter(q, STR("url")), &r, &why);
	return rc == 0 ? finish(q, &r) : say(q, rc, str_of(why));
}

/* ---- orders ---- */

static int purge_host(struct question *q, struct str host)
{
	struct uri uri;
	const char *why = "not the name of a host";

	if (uri_parse_host(q->arena, host, 80, &uri, &why) != 0)
		return say(q, 400, str_of(why));
	if (uri.port_given)
		return say(q, 400, STR("a host is purged with all its ports: leave the port out"));
	if (store_purge_host(uri.host) != 0)
		return say(q, 503, STR("the store takes no orders now"));
	return say(q, 200, STR("everything of this host is purged"));
}

static int purge(struct question *q)
{
	struct store_key key;
	struct uri uri;
	const char *why;
	int rc;

	if (!store_ready())
		return say(q, 503, str_of(store_why_not()));
	if (parameter(q, STR("all")).n > 0) {
		if (store_purge_all() != 0)
			return say(q, 503, STR("the store takes no orders now"));
		return say(q, 200, STR("everything is purged"));
	}
	if (parameter(q, STR("host")).n > 0)
		return purge_host(q, parameter(q, STR("host")));
	rc = source_admin_explain_key(q->arena, &q->conf->key_rules, parameter(q, STR("url")), &uri,
	                              &key, &why);
	if (rc != 0)
		return say(q, rc, str_of(why));
	if (store_purge(&key, parameter(q, STR("soft")).n > 0) != 0)
		return say(q, 503, STR("the store takes no orders now"));
	return say(q, 200, STR("purged"));
}

static int order(struct question *q, enum order o, const char *done)
{
	uint32_t number = order_send(o);

	if (number == 0)
		return say(q, 202, str_of(done));
	return say(q, 202, arena_printf(q->arena, "%s %u", done, (unsigned)number));
}

static int reload(struct question *q)
{
	return order(q, ORDER_RELOAD, "reload");
}

static int upgrade(struct question *q)
{
	return order(q, ORDER_UPGRADE, "reload");
}

static int drain(struct question *q)
{
	return order(q, ORDER_DRAIN, "draining");
}

static int stop(struct question *q)
{
	return order(q, ORDER_STOP, "stopping");
}

static int reopen(struct question *q)
{
	return order(q, ORDER_REOPEN, "log files are opened again");
}

/* What became of a reload: 200 done, 409 refused (its messages follow), 202 still under way. */
static int reload_result(struct question *q)
{
	struct str text = parameter(q, STR("number"));
	char *said = arena_alloc(q->arena, ORDER_TEXT);
	uint64_t number = 0;

	if (said == NULL)
		return say(q, 503, STR("no memory"));
	if (text.n > 0 && (!str_u64(text, &number) || number > UINT32_MAX))
		return say(q, 400, STR("the number is none"));
	switch (order_result((uint32_t)number, said, ORDER_TEXT)) {
	case 0:
		return say(q, 200, said[0] == '\0' ? STR("done") : str_of(said));
	case ERR_AGAIN:
		return say(q, 202, STR("under way"));
	case ERR_NOTFOUND:
		return say(q, 404, STR("no such reload was asked for"));
	default:
		return say(q, 409, str_of(said));
	}
}

static int store_check(struct question *q)
{
	uint32_t number = store_check_ask();

	if (number == 0 || !store_ready())
		return say(q, 503, str_of(store_why_not()));
	return say(q, 202, arena_printf(q->arena, "check %u", (unsigned)number));
}

static int store_checked(struct question *q)
{
	struct str text = parameter(q, STR("number"));
	char *said = arena_alloc(q->arena, STORE_CHECK_TEXT);
	uint64_t number = 0;

	if (said == NULL)
		return say(q, 503, STR("no memory"));
	if (!store_ready())
		return say(q, 503, str_of(store_why_not()));
	if (!str_u64(text, &number) || number > UINT32_MAX)
		return say(q, 400, STR("the number is none"));
	switch (store_check_result((uint32_t)number, said, STORE_CHECK_TEXT)) {
	case 0:
		return say(q, 200, STR("everything adds up"));
	case ERR_AGAIN:
		return say(q, 202, STR("under way"));
	case ERR_NOTFOUND:
		return say(q, 404, STR("no such check was asked for"));
	default:
		return say(q, 409, str_of(said));
	}
}

/* ---- which ---- */

static const struct {
	struct str path;
	bool changes; /* by POST */
	int (*answer)(struct question *q);
} questions[] = {
    {STR_INIT("/status"), false, status},
    {STR_INIT("/metrics"), false, metrics},
    {STR_INIT("/explain"), false, explain},
    {STR_INIT("/reload"), false, reload_result},
    {STR_INIT("/purge"), true, purge},
    {STR_INIT("/reload"), true, reload},
    {STR_INIT("/upgrade"), true, upgrade},
    {STR_INIT("/drain"), true, drain},
    {STR_INIT("/stop"), true, stop},
    {STR_INIT("/reopen"), true, reopen},
    {STR_INIT("/store/check"), true, store_check},
    {STR_INIT("/store/check"), false, store_checked},
};

int source_admin_answer(struct arena *a, const struct conf *conf, const struct msg *request,
                        struct str *type, struct str *body)
{
	struct question q = {
	    .arena = a,
	    .conf = conf,
	    .request = request,
	    .path = uri_path(request->uri.path_query),
	    .query = uri_query(request->uri.path_query),
	    .type = type,
	    .body = body,
	    .json = value_list_has(&request->fields, FIELD_ACCEPT, STR("application/json"))};
	bool changes = request->method == METHOD_POST, known = false;

	if (changes && fields_get_name(&request->fields, STR("Origin")) != NULL)
		return say(&q, 403, STR("orders do not come from web pages"));
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		if (!str_eq(questions[i].path, q.path))
			continue;
		known = true;
		if (changes == questions[i].changes &&
		    (changes || request->method == METHOD_GET || request->method == METHOD_HEAD))
			return questions[i].answer(&q);
	}
	if (known)
		return say(&q, 405, STR("another method is needed for this"));
	return say(&q, 404, STR("here are /status, /metrics, /explain?url=, /purge?url=, /reload"));
}
