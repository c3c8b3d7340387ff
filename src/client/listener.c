/* listener.c - accepts clients and counts them.
 *
 * Called by the worker. Sockets are shared by all workers; an accept loop never spins: out of
 * descriptors it gives the spare one up to refuse a client, says so once a second and pauses. A
 * worker that holds many more clients than the others takes what woke it, and then leaves the
 * listener to them for a moment (nobody else is woken for a connection that is already queued). */
#include "client/listener.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/slot.h"
#include "client/h1_session.h"
#include "request/codings.h"
#include "request/self.h"

#define BATCH 32        /* accepts of one turn */
#define PAUSE_MS 100    /* out of descriptors or memory */
#define LEAVE_MS 20     /* others shall take the next ones */
#define SPREAD_SLACK 16 /* so many clients more than the mean do not matter */
#define DROP_IDLE 16    /* idle sessions that are closed when descriptors run short */
#define ADDRESS_KEY 17  /* family and bytes of an address */

/* Clients of one [listen] section, all its sockets together, in this worker. */
struct section {
	const struct conf_listener *listener;
	unsigned clients;
	struct map addresses; /* of a client -> how many connections */
};

struct place {
	struct h1_session_port port;
	struct section *section;
	struct loop_watch watch;
	struct loop_timer pause;
	int fd;
};

static struct place *places;
static unsigned place_count;
static struct section *sections;
static int spare_fd = -1;
static bool draining;
static void (*when_empty)(void);
static struct loop_call empty_call;

/* ---- counting ---- */

static struct str address_key(const union conn_address *a, char key[ADDRESS_KEY])
{
	if (a->sa.sa_family == AF_INET) {
		key[0] = 4;
		memcpy(key + 1, &a->in.sin_addr, 4);
		return (struct str){key, 5};
	}
	if (a->sa.sa_family != AF_INET6)
		return STR_NONE; /* a Unix socket: no limit by address */
	key[0] = 6;
	memcpy(key + 1, &a->in6.sin6_addr, 16);
	return (struct str){key, 17};
}

static uintptr_t clients_of(struct section *l, struct str key)
{
	return key.n == 0 ? 0 : (uintptr_t)map_get(&l->addresses, key);
}

static void tell_scoreboard(void)
{
	if (slot_mine() >= 0)
		__atomic_store_n(&slot_at(slot_mine())->clients, h1_session_count(),
		                 __ATOMIC_RELAXED);
}

/* One more client; false: over a limit. */
static bool count_in(struct section *l, const union conn_address *peer)
{
	char bytes[ADDRESS_KEY];
	struct str key = address_key(peer, bytes);
	uintptr_t n = clients_of(l, key);

	if (l->clients >= l->listener->max_clients || n >= l->listener->max_clients_per_address)
		return false;
	if (key.n != 0 && map_put(&l->addresses, key, (void *)(n + 1), NULL) != 0)
		return false;
	l->clients++;
	return true;
}

static void count_out(struct section *l, const union conn_address *peer)
{
	char bytes[ADDRESS_KEY];
	struct str key = address_key(peer, bytes);
	uintptr_t n = clients_of(l, key);

	AN(l->clients > 0);
	l->clients--;
	if (n > 1)
		(void)map_put(&l->addresses, key, (void *)(n - 1), NULL); /* it is there */
	else if (n == 1)
		(void)map_remove(&l->addresses, key);
}

static void on_empty_call(struct loop_call *c)
{
	(void)c;
	if (h1_session_count() == 0)
		when_empty();
}

static void on_session_close(struct h1_session_port *port, const union conn_address *peer)
{
	struct place *p = CONTAINER_OF(port, struct place, port);

	count_out(p->section, peer);
	tell_scoreboard();
	if (draining && h1_session_count() == 0)
		loop_call_soon(&empty_call);
}

/* ---- accepting ---- */

static void on_event(struct loop_watch *w, unsigned events);

static void leave(struct place *p, int64_t ms)
{
	loop_remove(&p->watch);
	loop_timer_set(&p->pause, clock_ms() + ms);
}

static void on_pause_over(struct loop_timer *t)
{
	struct place *p = CONTAINER_OF(t, struct place, pause);

	if (loop_add_listener(&p->watch, p->fd, on_event) != 0)
		loop_timer_set(&p->pause, clock_ms() + PAUSE_MS);
}

/* Clients of this worker, against the mean of all that serve. */
static bool too_many_here(void)
{
	uint64_t sum = 0, workers = 0, mine = h1_session_count();

	if (slot_mine() < 0 || mine <= SPREAD_SLACK)
		return false;
	for (int i = 0; i < SLOT_WORKERS; i++) {
		const struct slot *s = slot_at(i);

		if (__atomic_load_n(&s->state, __ATOMIC_RELAXED) != SLOT_LIVE)
			continue;
		workers++;
		sum += __atomic_load_n(&s->clients, __ATOMIC_RELAXED);
	}
	return workers > 1 && mine * workers > sum + sum / 8 + SPREAD_SLACK * workers;
}

static void open_spare(void)
{
	spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* No descriptor or memory for a client: refuses one, makes room, pauses. */
static void out_of_room(struct place *p, int error)
{
	static int64_t said;

	count_inc(COUNT_accept_errors);
	if (log_once_a_second(&said))
		log_error("cannot accept clients: %s; %u are here", strerror(error),
		          h1_session_count());
	if (spare_fd >= 0) {
		int fd;

		(void)close(spare_fd);
		fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			(void)close(fd);
	}
	(void)h1_session_drop_idle(DROP_IDLE);
	open_spare();
	leave(p, PAUSE_MS);
}

static void welcome(struct place *p, int fd, union conn_address *peer)
{
	count_inc(COUNT_connections_accepted);
	conn_address_unmap(peer);
	if (!count_in(p->section, peer)) {
		static int64_t said;
		char text[CONN_ADDRESS_TEXT];

		(void)close(fd);
		if (log_once_a_second(&said))
			log_warn("listener %.*s: too many clients, refused %.*s",
			         STR_F(p->section->listener->name),
			         STR_F(conn_address_ip_text(peer, text)));
		return;
	}
	if (h1_session_open(&p->port, fd, peer) != 0)
		count_out(p->section, peer);
	tell_scoreboard();
}

/* One client. 0; ERR_AGAIN: there is none; ERR_LIMIT: no room. */
static int accept_one(struct place *p)
{
	union conn_address peer;
	socklen_t n = sizeof peer;
	int fd;

	memset(&peer, 0, sizeof peer);
	fd = accept4(p->fd, &peer.sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		welcome(p, fd, &peer);
		return 0;
	}
	switch (errno) {
	case EAGAIN:
		return ERR_AGAIN;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		out_of_room(p, errno);
		return ERR_LIMIT;
	default: /* the client went away meanwhile, or its network broke */
		return 0;
	}
}

static void on_event(struct loop_watch *w, unsigned events)
{
	struct place *p = CONTAINER_OF(w, struct place, watch);
	int rc = 0;

	(void)events;
	for (unsigned i = 0; i < BATCH && rc == 0; i++)
		rc = accept_one(p);
	if (rc != ERR_LIMIT && too_many_here())
		leave(p, LEAVE_MS);
}

/* ---- start and end ---- */

static struct section *section_of(const struct conf *conf, const struct conf_listener *listener)
{
	for (unsigned i = 0; i < conf->listener_count + 1; i++) {
		struct section *l = &sections[i];

		if (l->listener == NULL) {
			l->listener = listener;
			map_init(&l->addresses);
		}
		if (l->listener == listener)
			return l;
	}
	return NULL;
}

static int place_start(struct place *p, const struct conf *conf, const struct listener_socket *s)
{
	socklen_t n = sizeof p->port.local;
	int on = 1;

	p->fd = s->fd;
	p->section = section_of(conf, s->listener);
	AN(p->section != NULL);
	p->port.conf = conf;
	p->port.listener = s->listener;
	p->port.on_close = on_session_close;
	loop_timer_init(&p->pause, on_pause_over);
	if (getsockname(p->fd, &p->port.local.sa, &n) != 0)
		return err_of_errno(errno);
	if (s->listener->kind != CONF_ADMIN)
		self_add(&p->port.local);
	/* Accepted sockets inherit it: one call for all clients. Not for Unix sockets. */
	(void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fcntl(p->fd, F_SETFL, fcntl(p->fd, F_GETFL) | O_NONBLOCK) != 0)
		return err_of_errno(errno);
	return loop_add_listener(&p->watch, p->fd, on_event);
}

int listener_start(const struct conf *conf, const struct listener_socket *sockets, unsigned count)
{
	int rc = 0;

	places = calloc(count + 1, sizeof *places);
	sections = calloc(conf->listener_count + 1, sizeof *sections);
	if (places == NULL || sections == NULL)
		return ERR_NOMEM;
	self_init(conf->via);
	codings_init(conf->gzip.max_running, conf->gzip.level);
	loop_call_init(&empty_call, on_empty_call);
	open_spare();
	for (; place_count < count && rc == 0; place_count++)
		rc = place_start(&places[place_count], conf, &sockets[place_count]);
	return rc;
}

static void stop_accepting(void)
{
	for (unsigned i = 0; i < place_count; i++) {
		struct place *p = &places[i];

		loop_timer_cancel(&p->pause);
		loop_remove(&p->watch);
		if (p->fd >= 0)
			(void)close(p->fd);
		p->fd = -1;
	}
}

void listener_drain(void (*on_empty)(void))
{
	when_empty = on_empty;
	draining = true;
	stop_accepting();
	h1_session_drain();
	if (h1_session_count() == 0)
		loop_call_soon(&empty_call);
}

void listener_stop(void)
{
	stop_accepting();
	h1_session_stop();
}

unsigned listener_clients(void)
{
	return h1_session_count();
}
