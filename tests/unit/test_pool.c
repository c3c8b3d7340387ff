/* test_pool.c - idle connections to origins: by address, bounded, quiet, not for ever. */
#include "unit_net.h"
#include "source/pool.h"

static struct conf conf;
static int far[16];
static unsigned far_count;

static void on_ready(struct conn *c, unsigned events)
{
	(void)c;
	(void)events;
}

static union conn_address at(const char *ip, uint16_t port)
{
	union conn_address a;

	AZ(conn_address_parse(str_of(ip), port, &a));
	return a;
}

static struct pool_conn *made(const char *ip, uint16_t port)
{
	union conn_address a = at(ip, port);
	struct pool_conn *c;
	int fd[2];

	unit_pair(fd);
	far[far_count++] = fd[1];
	c = pool_open(fd[0], &a, on_ready, NULL);
	AN(c != NULL);
	unit_turn(0);
	return c;
}

static struct pool_conn *taken(const char *ip, uint16_t port)
{
	union conn_address a = at(ip, port);

	return pool_get(&a, 1, on_ready, NULL);
}

static void end(void)
{
	pool_drain();
	UNIT_INT_EQ(pool_idle_count(), 0);
	while (far_count > 0)
		close(far[--far_count]);
	unit_turn(0);
}

static void test_by_address(void)
{
	struct pool_conn *a = made("192.0.2.1", 80), *b = made("192.0.2.1", 81);

	pool_put(a, &conf);
	pool_put(b, &conf);
	UNIT_INT_EQ(pool_idle_count(), 2);
	CU_ASSERT(taken("192.0.2.2", 80) == NULL);
	CU_ASSERT(taken("2001:db8::1", 80) == NULL);
	CU_ASSERT(taken("192.0.2.1", 81) == b);
	CU_ASSERT(b->reused);
	CU_ASSERT(taken("192.0.2.1", 81) == NULL);
	CU_ASSERT(taken("::ffff:192.0.2.1", 80) == a); /* one address, two spellings */
	pool_close(a);
	pool_close(b);
	end();
}

static void test_newest_first(void)
{
	struct pool_conn *a = made("192.0.2.1", 80), *b = made("192.0.2.1", 80);

	pool_put(a, &conf);
	pool_put(b, &conf);
	CU_ASSERT(taken("192.0.2.1", 80) == b);
	pool_close(b);
	end();
}

static void test_bounds(void)
{
	for (int i = 0; i < 3; i++)
		pool_put(made("192.0.2.1", 80), &conf);
	UNIT_INT_EQ(pool_idle_count(), 2); /* to one origin */
	pool_put(made("192.0.2.2", 80), &conf);
	pool_put(made("192.0.2.3", 80), &conf);
	UNIT_INT_EQ(pool_idle_count(), 3); /* in all: the oldest went */
	pool_close(taken("192.0.2.1", 80));
	CU_ASSERT(taken("192.0.2.1", 80) == NULL);
	end();
}

static void test_noise(void)
{
	struct pool_conn *a = made("192.0.2.1", 80), *b;

	pool_put(a, &conf);
	unit_send(far[0], "x"); /* not seen by the loop yet */
	CU_ASSERT(taken("192.0.2.1", 80) == NULL);
	b = made("192.0.2.1", 80);
	pool_put(b, &conf);
	shutdown(far[1], SHUT_WR);
	unit_turn(0);
	UNIT_INT_EQ(pool_idle_count(), 0);
	/* Bytes that came before it was put. */
	b = made("192.0.2.1", 80);
	unit_send(far[2], "x");
	unit_turn(0);
	pool_put(b, &conf);
	UNIT_INT_EQ(pool_idle_count(), 0);
	end();
}

static void test_time(void)
{
	pool_put(made("192.0.2.1", 80), &conf);
	unit_turn(900);
	UNIT_INT_EQ(pool_idle_count(), 1);
	unit_turn(200);
	UNIT_INT_EQ(pool_idle_count(), 0);
	end();
}

__attribute__((constructor)) static void start(void)
{
	conf.pool_idle = 3;
	conf.pool_per_origin = 2;
	conf.timeouts.origin_idle = 1000;
	unit_loop_init();
}

UNIT_MAIN("pool", {"by address", test_by_address}, {"the newest first", test_newest_first},
          {"bounds", test_bounds}, {"noise", test_noise}, {"time", test_time})
