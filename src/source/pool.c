/* pool.c - connections to origins. Called by source_http; owns the idle ones, and their table by
 * address. */
#include "source/pool.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/map.h"

#define KEY_MAX 24

struct pool_origin { /* lives while it has idle connections */
	struct list idle;
	unsigned count;
	size_t key_n;
	char key[KEY_MAX];
};

static struct map origins;
static struct list all_idle = {&all_idle, &all_idle};
static unsigned idle_count;

/* Family, port and address bytes; Unix sockets (tests) share one place. */
static size_t make_key(const union conn_address *a, char key[KEY_MAX])
{
	uint16_t port;
	size_t n = 0;

	key[n++] = (char)a->sa.sa_family;
	if (a->sa.sa_family != AF_INET && a->sa.sa_family != AF_INET6)
		return n;
	port = conn_address_port(a);
	key[n++] = (char)(port >> 8);
	key[n++] = (char)(port & 0xff);
	if (a->sa.sa_family == AF_INET) {
		memcpy(key + n, &a->in.sin_addr, 4);
		return n + 4;
	}
	memcpy(key + n, &a->in6.sin6_addr, 16);
	return n + 16;
}

static struct pool_origin *find(const union conn_address *a)
{
	char key[KEY_MAX];
	size_t n = make_key(a, key);

	return origins.slots == NULL ? NULL : map_get(&origins, (struct str){key, n});
}

static struct pool_origin *find_or_make(const union conn_address *a)
{
	struct pool_origin *o = find(a);

	if (o != NULL)
		return o;
	if (origins.slots == NULL)
		map_init(&origins);
	o = calloc(1, sizeof *o);
	if (o == NULL)
		return NULL;
	list_init(&o->idle);
	o->key_n = make_key(a, o->key);
	if (map_put(&origins, (struct str){o->key, o->key_n}, o, NULL) != 0) {
		free(o);
		return NULL;
	}
	return o;
}

/* Out of the idle ones; it belongs to nobody afterwards. */
static void leave_idle(struct pool_conn *c)
{
	struct pool_origin *o = c->home;

	loop_timer_cancel(&c->idle);
	list_remove(&c->link);
	list_remove(&c->same);
	c->home = NULL;
	idle_count--;
	count_dec(COUNT_origin_connections_idle);
	if (--o->count == 0) {
		map_remove(&origins, (struct str){o->key, o->key_n});
		free(o);
	}
}

static void conn_free(struct pool_conn *c)
{
	count_dec(COUNT_origin_connections_open);
	FREE_OBJ(c);
}

void pool_close(struct pool_conn *c)
{
	CHECK_OBJ(c, POOL_CONN_MAGIC);
	if (c->home != NULL)
		leave_idle(c);
	conn_close(&c->conn);
	conn_free(c);
}

int pool_take_fd(struct pool_conn *c)
{
	int fd;

	CHECK_OBJ(c, POOL_CONN_MAGIC);
	AZ(c->home);
	fd = conn_take_fd(&c->conn);
	conn_free(c);
	return fd;
}

static void on_idle_event(struct conn *conn, unsigned events)
{
	struct pool_conn *c = CONTAINER_OF(conn, struct pool_conn, conn);

	if (events != LOOP_WRITE)
		pool_close(c);
}

static void on_idle_due(struct loop_timer *t)
{
	pool_close(CONTAINER_OF(t, struct pool_conn, idle));
}

struct pool_conn *pool_open(int fd, const union conn_address *peer,
                            void (*on_ready)(struct conn *, unsigned), void *user)
{
	struct pool_conn *c;

	NEW_OBJ(c, POOL_CONN_MAGIC);
	if (c == NULL) {
		struct conn alone = {0};

		if (conn_open(&alone, fd, peer, on_ready) == 0)
			conn_close(&alone);
		return NULL;
	}
	list_init(&c->link);
	list_init(&c->same);
	loop_timer_init(&c->idle, on_idle_due);
	c->user = user;
	if (conn_open(&c->conn, fd, peer, on_ready) != 0) {
		FREE_OBJ(c);
		return NULL;
	}
	count_inc(COUNT_origin_connections_open);
	count_inc(COUNT_origin_connections_made);
	return c;
}

static struct pool_conn *get_from(struct pool_origin *o)
{
	while (o != NULL) {
		struct pool_conn *c = LIST_FIRST(&o->idle, struct pool_conn, same);
		bool last = o->count == 1;

		leave_idle(c);
		if (!c->conn.readable && conn_is_quiet(&c->conn))
			return c;
		pool_close(c);
		if (last)
			return NULL;
	}
	return NULL;
}

struct pool_conn *pool_get(const union conn_address *at, int count,
                           void (*on_ready)(struct conn *, unsigned), void *user)
{
	for (int i = 0; i < count && idle_count > 0; i++) {
		struct pool_conn *c = get_from(find(&at[i]));

		if (c == NULL)
			continue;
		c->conn.on_ready = on_ready;
		c->user = user;
		c->reused = true;
		count_inc(COUNT_origin_connections_reused);
		return c;
	}
	return NULL;
}

void pool_put(struct pool_conn *c, const struct conf *conf)
{
	struct pool_origin *o;

	CHECK_OBJ(c, POOL_CONN_MAGIC);
	AZ(c->home);
	if (conf->pool_idle == 0 || conf->pool_per_origin == 0 || conf->timeouts.origin_idle == 0 ||
	    !conn_is_open(&c->conn) || c->conn.readable || c->conn.eof || c->conn.broken ||
	    c->conn.ending) {
		pool_close(c);
		return;
	}
	if (idle_count >= conf->pool_idle)
		pool_close(LIST_FIRST(&all_idle, struct pool_conn, link));
	o = find_or_make(&c->conn.peer);
	if (o != NULL && o->count >= conf->pool_per_origin)
		o = NULL;
	if (o == NULL) {
		pool_close(c);
		return;
	}
	c->home = o;
	c->user = NULL;
	c->conn.on_ready = on_idle_event;
	o->count++;
	idle_count++;
	list_prepend(&o->idle, &c->same);
	list_append(&all_idle, &c->link);
	count_inc(COUNT_origin_connections_idle);
	loop_timer_set(&c->idle, clock_ms() + conf->timeouts.origin_idle);
}

unsigned pool_idle_count(void)
{
	return idle_count;
}

void pool_drain(void)
{
	while (idle_count > 0)
		pool_close(LIST_FIRST(&all_idle, struct pool_conn, link));
}
