/* fill_aim.c - AIM: whom to ask. A server of the pool, or the host of the URI; its addresses, each
 * judged before it is dialled, so that no second lookup can change what was judged (HOSTILE 4). */
#include "base/clock.h"
#include "base/err.h"
#include "policy/balance.h"
#include "request/fill_steps.h"
#include "request/self.h"

/* The state of the pools of this worker; it lives with one configuration. */
static struct aim_pool {
	struct balance_pool balance;
	uint32_t turn;
} * pools;

static int pools_make(const struct conf *conf)
{
	if (pools != NULL)
		return 0;
	pools = calloc(conf->pool_count, sizeof *pools);
	if (pools == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < conf->pool_count; i++) {
		const struct conf_pool *p = &conf->pools[i];

		pools[i].balance = (struct balance_pool){.kind = p->balance,
		                                         .count = p->server_count,
		                                         .fail_timeout = p->fail_timeout_ms};
		pools[i].balance.servers =
		    calloc(p->server_count, sizeof *pools[i].balance.servers);
		if (pools[i].balance.servers == NULL)
			pools[i].balance.count = 0;
	}
	return 0;
}

static struct aim_pool *pool_of(const struct fill *f)
{
	return &pools[f->pool];
}

/* The request to the chosen server is over. */
static void leave_server(struct fill *f)
{
	if (f->aim.server >= 0)
		balance_end(&pool_of(f)->balance, (unsigned)f->aim.server);
	f->aim.server = -1;
}

void fill_aim_failed(struct fill *f)
{
	if (f->aim.server >= 0)
		balance_failed(&pool_of(f)->balance, (unsigned)f->aim.server, clock_ms());
}

void fill_aim_answered(struct fill *f)
{
	if (f->aim.server >= 0)
		balance_succeeded(&pool_of(f)->balance, (unsigned)f->aim.server);
}

void fill_aim_cancel(struct fill *f)
{
	if (f->aim.query != NULL)
		dns_cancel(TAKE(f->aim.query));
	leave_server(f);
}

bool fill_aim_has_more(const struct fill *f)
{
	unsigned count;

	if (f->pool < 0)
		return false;
	count = f->conf->pools[f->pool].server_count;
	for (unsigned i = 0; i < count; i++)
		if ((f->aim.tried >> i & 1) == 0)
			return true;
	return false;
}

static int choose_server(struct fill *f)
{
	struct balance_verdict v;
	struct aim_pool *p;
	int rc = pools_make(f->conf);

	if (rc != 0)
		return rc;
	leave_server(f);
	p = pool_of(f);
	if (p->balance.count == 0)
		return ERR_NOMEM;
	rc = balance_pick(&p->balance, &p->turn, f->aim.tried, clock_ms(), &v);
	if (rc != 0)
		return rc;
	f->aim.server = (int)v.server;
	f->aim.tried |= (uint64_t)1 << v.server;
	balance_begin(&p->balance, v.server);
	f->aim.host = f->conf->pools[f->pool].servers[v.server].host;
	f->aim.port = f->conf->pools[f->pool].servers[v.server].port;
	return 0;
}

static int choose(struct fill *f)
{
	f->aim.chosen = true;
	f->aim.status = 0;
	f->aim.count = 0;
	f->aim.own = f->aim.denied = 0;
	if (f->pool >= 0)
		return choose_server(f);
	f->aim.host = f->request.uri.host;
	f->aim.port = f->request.uri.port;
	return 0;
}

/* May that address be dialled? */
static bool judge(struct fill *f, const union conn_address *at)
{
	struct acl_address a = self_acl_address(at);
	struct acl_verdict v;

	if (route_is_self(self_get(), &a, conn_address_port(at))) {
		f->aim.own++;
		return false;
	}
	if (f->pool >= 0)
		return true;
	acl_destination_judge(f->listener == NULL ? NULL : &f->listener->private_networks,
	                      f->private_destinations, &a, &v);
	if (!v.allow) {
		f->aim.denied++;
		f->aim.why = v.why;
	}
	return v.allow;
}

static void take_addresses(struct fill *f, const union conn_address *at, int count)
{
	f->aim.at = arena_alloc(&f->arena, (size_t)MAX(count, 1) * sizeof *f->aim.at);
	if (f->aim.at == NULL) {
		f->aim.status = ERR_NOMEM;
		return;
	}
	for (int i = 0; i < count; i++) {
		union conn_address *mine = &f->aim.at[f->aim.count];

		*mine = at[i];
		conn_address_set_port(mine, f->aim.port);
		if (judge(f, mine))
			f->aim.count++;
	}
}

static void on_answer(const struct dns_answer *answer, void *arg)
{
	struct fill *f = arg;

	CHECK_OBJ(f, FILL_MAGIC);
	f->aim.query = NULL;
	f->aim.status = answer->status;
	if (answer->status == 0)
		take_addresses(f, answer->at, answer->count);
	if (!f->ended)
		fill_run(f);
}

static void resolve(struct fill *f)
{
	union conn_address literal;

	if (conn_address_parse(f->aim.host, f->aim.port, &literal) == 0)
		take_addresses(f, &literal, 1);
	else
		f->aim.query = dns_lookup(f->aim.host, on_answer, f);
}

static enum fill_result failed(struct fill *f)
{
	switch (f->aim.status) {
	case 0:
		break;
	case ERR_TIMEOUT:
		fill_set_failed(f, ERR_TIMEOUT, 504, "the name servers did not answer in time",
		                "dns_timeout");
		return FILL_GO;
	case ERR_NONAME:
		fill_set_failed(f, ERR_NONAME, 502, "the host has no address", "dns_error");
		return FILL_GO;
	case ERR_NOMEM:
		fill_set_failed(f, ERR_NOMEM, 503, "no memory for this request",
		                "proxy_internal_error");
		return FILL_GO;
	default:
		fill_set_failed(f, ERR_DNS, 502, "the name servers gave no usable answer",
		                "dns_error");
		return FILL_GO;
	}
	if (f->aim.own > 0)
		fill_set_failed(f, ERR_DENIED, 508, "the target is this proxy itself",
		                "proxy_loop_detected");
	else
		fill_set_failed(f, ERR_DENIED, 403, f->aim.why, "destination_ip_prohibited");
	return FILL_GO;
}

/* The round brought no address. */
static enum fill_result next_or_failed(struct fill *f)
{
	fill_aim_failed(f);
	f->aim.chosen = false;
	return f->aim.status != ERR_NOMEM && fill_aim_has_more(f) ? FILL_GO : failed(f);
}

enum fill_result fill_aim_run(struct fill *f)
{
	if (!f->aim.chosen) {
		f->aim.status = choose(f);
		if (f->aim.status == 0)
			resolve(f);
		else
			f->aim.status = ERR_NOMEM;
	}
	if (f->aim.query != NULL) {
		fill_wait_ms(f, 8 * f->conf->timeouts.dns);
		return FILL_STAY;
	}
	if (f->aim.count == 0)
		return next_or_failed(f);
	f->aim.chosen = false; /* who comes back here wants another one */
	fill_goto(f, FILL_STEP_ASK);
	return FILL_GO;
}
