/* dial.c - a connection to the first of several addresses that answers (RFC 8305 section 5).
 *
 * A fill calls it with judged addresses; it gives back one connected fd. A dial owns its sockets
 * until one wins, and frees itself when it reports. Attempts start in the order given: the next one
 * 250 ms after the one before, or at once when that failed; earlier ones stay in the race. */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "net/dial.h"

struct attempt {
	struct loop_watch watch;
	struct dial *dial;
	union conn_address to;
};

struct dial {
	unsigned magic;
	int count, next, running; /* addresses; the next to start; sockets under way */
	int status;               /* the last failure */
	bool bound;
	union conn_address source;
	struct loop_timer pace;     /* when the next attempt starts */
	struct loop_timer deadline; /* when all is over */
	struct loop_call report;    /* a result that was there before dial_start returned */
	void (*on_done)(int fd, int status, const union conn_address *peer, void *arg);
	void *arg;
	struct attempt attempts[];
};

static void close_attempt(struct attempt *a)
{
	int fd = a->watch.fd;

	if (fd < 0)
		return;
	loop_remove(&a->watch);
	(void)close(fd);
	a->dial->running--;
}

void dial_cancel(struct dial *d)
{
	CHECK_OBJ(d, DIAL_MAGIC);
	for (int i = 0; i < d->count; i++)
		close_attempt(&d->attempts[i]);
	loop_timer_cancel(&d->pace);
	loop_timer_cancel(&d->deadline);
	loop_call_cancel(&d->report);
	FREE_OBJ(d);
}

/* The end of a dial: closes the rest, frees it, and tells the owner. */
static void finish(struct dial *d, struct attempt *winner)
{
	void (*on_done)(int, int, const union conn_address *, void *) = d->on_done;
	void *arg = d->arg;
	int status = d->status;
	union conn_address peer;
	int fd = -1;

	if (winner != NULL) {
		fd = winner->watch.fd;
		loop_remove(&winner->watch);
		peer = winner->to;
	}
	dial_cancel(d);
	if (fd >= 0)
		on_done(fd, 0, &peer, arg);
	else
		on_done(-1, status, NULL, arg);
}

static int status_of_errno(int e)
{
	/* The owner learns four words; what is neither refusal, route nor time is the system's. */
	switch (err_of_errno(e)) {
	case ERR_REFUSED:
	case ERR_RESET:
		return ERR_REFUSED;
	case ERR_UNREACHABLE:
	case ERR_UNSUPPORTED: /* no IPv6 in this kernel */
		return ERR_UNREACHABLE;
	case ERR_TIMEOUT:
		return ERR_TIMEOUT;
	default:
		return ERR_SYSTEM;
	}
}

static int bind_source(int fd, const union conn_address *source)
{
	int on = 1;

	/* The port is chosen by connect, so the same one may serve several destinations. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	return bind(fd, &source->sa, conn_address_len(source));
}

/* A non-blocking connect under way or done: the fd, or -1 with the status of the failure. */
static int begin_connect(const struct dial *d, const union conn_address *to, int *status)
{
	int on = 1;
	int fd;

	*status = ERR_UNREACHABLE;
	if (d->bound && d->source.sa.sa_family != to->sa.sa_family)
		return -1;
	fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*status = status_of_errno(errno);
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if ((!d->bound || bind_source(fd, &d->source) == 0) &&
	    (connect(fd, &to->sa, conn_address_len(to)) == 0 || errno == EINPROGRESS))
		return fd;
	*status = status_of_errno(errno);
	(void)close(fd);
	return -1;
}

/* TCP lets a socket connect to itself when the kernel picks the port that it dials. */
static bool met_itself(int fd, const union conn_address *to)
{
	union conn_address self;
	socklen_t n = sizeof self;

	return conn_address_port(to) >= 1024 && getsockname(fd, &self.sa, &n) == 0 &&
	       conn_address_equal(&self, to);
}

static void start_next(struct dial *d);

/* The attempt is over without a connection: at once the next, or the end. */
static void fail_attempt(struct attempt *a, int status)
{
	struct dial *d = a->dial;

	close_attempt(a);
	d->status = status;
	if (d->next < d->count)
		start_next(d);
	else if (d->running == 0)
		loop_call_soon(&d->report);
}

static void on_connect(struct loop_watch *w, unsigned events)
{
	struct attempt *a = CONTAINER_OF(w, struct attempt, watch);
	int e = 0;
	socklen_t n = sizeof e;

	CHECK_OBJ(a->dial, DIAL_MAGIC);
	if ((events & (LOOP_WRITE | LOOP_HANGUP)) == 0)
		return;
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0)
		e = errno;
	if (e == 0 && met_itself(w->fd, &a->to))
		e = ECONNREFUSED;
	if (e == 0)
		finish(a->dial, a);
	else
		fail_attempt(a, status_of_errno(e));
}

/* Starts attempts until one is under way or none is left. */
static void start_next(struct dial *d)
{
	int status = d->status;

	while (d->next < d->count) {
		struct attempt *a = &d->attempts[d->next++];
		int fd = begin_connect(d, &a->to, &status);
		if (fd >= 0 && loop_add(&a->watch, fd, on_connect) != 0) {
			(void)close(fd);
			fd = -1;
			status = ERR_SYSTEM;
		}
		if (fd >= 0) {
			d->running++;
			if (d->next < d->count)
				loop_timer_set(&d->pace, clock_ms() + DIAL_DELAY_MS);
			return;
		}
		d->status = status;
	}
	loop_timer_cancel(&d->pace);
	if (d->running == 0)
		loop_call_soon(&d->report);
}

static void on_pace(struct loop_timer *t)
{
	start_next(CONTAINER_OF(t, struct dial, pace));
}

static void on_deadline(struct loop_timer *t)
{
	struct dial *d = CONTAINER_OF(t, struct dial, deadline);

	d->status = ERR_TIMEOUT;
	finish(d, NULL);
}

static void on_report(struct loop_call *c)
{
	finish(CONTAINER_OF(c, struct dial, report), NULL);
}

struct dial *dial_start(
    const union conn_address *at, int count, const union conn_address *source, int timeout_ms,
    void (*on_done)(int fd, int status, const union conn_address *peer, void *arg), void *arg)
{
	struct dial *d;

	AN(count > 0);
	AN(timeout_ms > 0);
	d = calloc(1, sizeof *d + (size_t)count * sizeof *d->attempts);
	if (d == NULL)
		return NULL;
	d->magic = DIAL_MAGIC;
	d->count = count;
	d->status = ERR_UNREACHABLE;
	d->on_done = on_done;
	d->arg = arg;
	d->bound = source != NULL;
	if (d->bound)
		d->source = *source;
	for (int i = 0; i < count; i++) {
		d->attempts[i].dial = d;
		d->attempts[i].to = at[i];
		d->attempts[i].watch.fd = -1;
	}
	loop_timer_init(&d->pace, on_pace);
	loop_timer_init(&d->deadline, on_deadline);
	loop_call_init(&d->report, on_report);
	loop_timer_set(&d->deadline, clock_ms() + timeout_ms);
	start_next(d);
	return d;
}
