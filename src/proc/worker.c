/* worker.c - a worker's life: start, signals of the master, draining, the end.
 *
 * Everything it does for clients is called from the loop by the rooms below; here is only what
 * makes it a child of the master. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/job.h"
#include "base/log.h"
#include "base/logring.h"
#include "base/obj.h"
#include "base/slot.h"
#include "base/wake.h"
#include "net/dns.h"
#include "net/loop.h"
#include "proc/signals.h"
#include "proc/watch.h"
#include "proc/worker.h"
#include "source/pool.h"

#define WORKER_JOBS 4          /* helper threads for blocking calls of the disk */
#define WORKER_ORPHAN_MS 10000 /* after the master's death */

static struct {
	struct loop_watch signals, wake, jobs;
	struct loop_timer tick;
	int64_t tick_second; /* when the store's second is due */
	int64_t end_at;      /* clock_ms(): ends then, whatever runs; 0 = not set */
	int lock_fd;
	bool draining, empty;
	pid_t master;
} worker;

static void worker_leave_store(void)
{
	store_detach();
	if (worker.lock_fd >= 0)
		close(worker.lock_fd);
	worker.lock_fd = -1;
	__atomic_store_n(&slot_at(slot_mine())->store_left, 1, __ATOMIC_SEQ_CST);
	wake_send(SLOT_MASTER);
}

/* Fills without a client go on while we drain; the master bounds the whole. */
static void worker_end_if_done(void)
{
	if (worker.empty && (int64_t)count_mine->v[COUNT_fills_running] <= 0)
		loop_stop();
}

static void worker_on_empty(void)
{
	worker.empty = true;
	worker_end_if_done();
}

static void worker_drain(void)
{
	if (worker.draining)
		return;
	worker.draining = true;
	log_debug("draining: %u clients", listener_clients());
	pool_drain();
	listener_drain(worker_on_empty);
}

static void worker_on_signal(struct loop_watch *w, unsigned events)
{
	int sig;

	(void)events;
	while ((sig = signals_next(w->fd)) != 0) {
		if (sig == SIGQUIT) {
			worker_drain();
		} else if (sig == SIGTERM) {
			loop_stop();
		} else if (sig == SIGNALS_LEAVE) {
			worker_leave_store();
		} else if (sig == SIGNALS_ORPHAN && getppid() != worker.master) {
			log_warn("the master is gone: finishing within %d s",
			         WORKER_ORPHAN_MS / 1000);
			worker.end_at = clock_ms() + WORKER_ORPHAN_MS;
			worker_drain();
		}
	}
}

static void worker_on_wake(struct loop_watch *w, unsigned events)
{
	(void)w;
	(void)events;
	wake_drain(slot_mine());
	store_on_wake();
}

static void worker_on_jobs(struct loop_watch *w, unsigned events)
{
	(void)w;
	(void)events;
	job_finish();
}

static void worker_on_tick(struct loop_timer *t)
{
	slot_beat();
	if (clock_ms() >= worker.tick_second) {
		worker.tick_second = clock_ms() + 1000;
		store_tick();
	}
	if (worker.draining)
		worker_end_if_done();
	if (worker.end_at != 0 && clock_ms() >= worker.end_at)
		loop_stop();
	loop_timer_set(t, clock_ms() + watch_period());
}

static void worker_turn_end(void *unused)
{
	store_turn_end(unused);
	slot_beat();
}

static int worker_start(const struct conf *conf, const struct listener_socket *sockets,
                        unsigned count)
{
	char resolvers[512], hosts[256];
	int rc, signals = signals_open();

	if (signals < 0)
		return ERR_SYSTEM;

	snprintf(resolvers, sizeof resolvers, "%.*s", STR_F(conf->resolvers));
	snprintf(hosts, sizeof hosts, "%.*s", STR_F(conf->hosts_file));
	if ((rc = loop_init()) != 0 || (rc = job_init(WORKER_JOBS)) != 0 ||
	    (rc = store_attach(&conf->store)) != 0)
		return rc;
	loop_on_turn_end(worker_turn_end, NULL);
	if ((rc = loop_add_level(&worker.signals, signals, LOOP_READ, worker_on_signal)) != 0 ||
	    (rc = loop_add_level(&worker.wake, wake_fd(slot_mine()), LOOP_READ, worker_on_wake)) !=
	        0 ||
	    (rc = loop_add_level(&worker.jobs, job_fd(), LOOP_READ, worker_on_jobs)) != 0)
		return rc;
	loop_timer_init(&worker.tick, worker_on_tick);
	loop_timer_set(&worker.tick, clock_ms() + watch_period());
	rc = dns_init(resolvers[0] == '\0' ? NULL : resolvers, (int)conf->timeouts.dns, hosts);
	if (rc == 0)
		rc = listener_start(conf, sockets, count);
	return rc;
}

int worker_run(const struct conf *conf, const struct listener_socket *sockets, unsigned count,
               int lock_fd)
{
	int rc;

	worker.master = getppid();
	worker.lock_fd = lock_fd;
	clock_update();
	rc = worker_start(conf, sockets, count);
	if (rc != 0) {
		log_error("cannot start: %s", err_text(rc));
		return 1;
	}
	/* The master waits for the first beat of the new workers before the old ones drain. */
	slot_beat();
	wake_send(SLOT_MASTER);
	loop_run();
	listener_stop();
	store_detach();
	job_stop();
	if (worker.end_at != 0) {
		/* Nobody else will say it: the keeper and the logger wait for this to end. */
		__atomic_store_n(&slot_at(slot_mine())->state, SLOT_DEAD, __ATOMIC_SEQ_CST);
		wake_send(SLOT_KEEPER);
		wake_send(SLOT_LOGGER);
	}
	return 0;
}
