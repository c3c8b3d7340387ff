/* balance.h - which server of a pool is asked next.
 *
 * The state is an array that the caller holds (per worker, zeroed at the start) beside a counter
 * for the turn; nothing is remembered here. A server that failed is passed over for fail_timeout;
 * when all have failed, the one whose failure is oldest is tried, as an answer may still come from
 * it. `now` is in milliseconds of any clock that does not jump. */
#ifndef POLICY_BALANCE_H
#define POLICY_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#define BALANCE_SERVERS_MAX 64 /* a set of them fits a word */

enum balance_kind { BALANCE_ROUND_ROBIN, BALANCE_LEAST_CONN };

struct balance_server {
	int64_t failed_at; /* ms; counts only while failures > 0 */
	uint32_t failures; /* in a row */
	uint32_t active;   /* requests under way, kept by balance_begin and _end */
};

struct balance_pool {
	enum balance_kind kind;
	struct balance_server *servers;
	unsigned count;       /* 1 .. BALANCE_SERVERS_MAX */
	int64_t fail_timeout; /* ms */
};

struct balance_verdict {
	unsigned server;  /* index */
	bool last_resort; /* it is marked down, but so are all that were not tried yet */
	const char *why;  /* static */
};

/* The next server that is not in `tried` (bit per index), moving *turn on. 0, or ERR_NOTFOUND when
 * all were tried. Call again with the failed one's bit set to get the next one. */
int balance_pick(const struct balance_pool *p, uint32_t *turn, uint64_t tried, int64_t now,
                 struct balance_verdict *out);
/* Is it passed over at `now`? */
bool balance_is_down(const struct balance_pool *p, unsigned server, int64_t now);
/* What came of it. A failure is a refused, broken or silent connection, not an HTTP status. */
void balance_failed(struct balance_pool *p, unsigned server, int64_t now);
void balance_succeeded(struct balance_pool *p, unsigned server);
/* A request to that server begins and ends (for BALANCE_LEAST_CONN). */
void balance_begin(struct balance_pool *p, unsigned server);
void balance_end(struct balance_pool *p, unsigned server);

#endif
