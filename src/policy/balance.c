/* balance.c - the next server of a pool, from numbers that the caller holds. */
#include "policy/balance.h"
#include "base/err.h"
#include "base/obj.h"

bool balance_is_down(const struct balance_pool *p, unsigned server, int64_t now)
{
	const struct balance_server *s = &p->servers[server];
	int64_t since;

	AN(server < p->count);
	if (s->failures == 0 || __builtin_sub_overflow(now, s->failed_at, &since))
		return false;
	return since >= 0 && since < p->fail_timeout;
}

/* Is server a to be preferred to b, both being of the same kind (up, or both down)? Equal ones stay
 * in the order of the turn. */
static bool better_up(const struct balance_pool *p, unsigned a, unsigned b)
{
	return p->kind == BALANCE_LEAST_CONN && p->servers[a].active < p->servers[b].active;
}

static bool better_down(const struct balance_pool *p, unsigned a, unsigned b)
{
	return p->servers[a].failed_at < p->servers[b].failed_at;
}

int balance_pick(const struct balance_pool *p, uint32_t *turn, uint64_t tried, int64_t now,
                 struct balance_verdict *out)
{
	unsigned up = BALANCE_SERVERS_MAX, down = BALANCE_SERVERS_MAX;

	AN(p->count > 0 && p->count <= BALANCE_SERVERS_MAX);
	for (unsigned i = 0; i < p->count; i++) {
		unsigned s = (*turn % p->count + i) % p->count;

		if (tried >> s & 1)
			continue;
		if (balance_is_down(p, s, now)) {
			if (down == BALANCE_SERVERS_MAX || better_down(p, s, down))
				down = s;
		} else if (up == BALANCE_SERVERS_MAX || better_up(p, s, up)) {
			up = s;
		}
	}
	if (up == BALANCE_SERVERS_MAX && down == BALANCE_SERVERS_MAX)
		return ERR_NOTFOUND;
	out->last_resort = up == BALANCE_SERVERS_MAX;
	out->server = out->last_resort ? down : up;
	if (out->last_resort)
		out->why = "all servers of the pool failed lately: the one that failed first";
	else if (p->kind == BALANCE_LEAST_CONN)
		out->why = "the server with the fewest requests";
	else
		out->why = "the next server of the pool";
	/* The turn follows the server that was taken, so that the neighbour of one that is down
	 * does not get its share too. */
	*turn = out->server + 1;
	return 0;
}

void balance_failed(struct balance_pool *p, unsigned server, int64_t now)
{
	AN(server < p->count);
	p->servers[server].failed_at = now;
	if (p->servers[server].failures != UINT32_MAX)
		p->servers[server].failures++;
}

void balance_succeeded(struct balance_pool *p, unsigned server)
{
	AN(server < p->count);
	p->servers[server].failures = 0;
}

void balance_begin(struct balance_pool *p, unsigned server)
{
	AN(server < p->count);
	p->servers[server].active++;
}

void balance_end(struct balance_pool *p, unsigned server)
{
	AN(server < p->count && p->servers[server].active > 0);
	p->servers[server].active--;
}
