/* master.c - the loop that keeps the others alive; see master.h.
 *
 * Whatever happens - a signal, a death, a tick - ends in master_advance(), which compares what
 * should run with what runs and does the difference. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/logring.h"
#include "base/obj.h"
#include "base/order.h"
#include "base/slot.h"
#include "base/wake.h"
#include "proc/cachedir.h"
#include "proc/child.h"
#include "proc/handover.h"
#include "proc/master.h"
#include "proc/master_start.h"
#include "proc/notify.h"
#include "proc/reload.h"
#include "proc/signals.h"
#include "proc/sockets.h"
#include "proc/watch.h"

#define MASTER_LOCK_RETRY 250  /* ms between tries for the lock that orphans hold */
#define MASTER_STOP_MS 3000    /* workers and logger, once told to end now */
#define MASTER_KEEPER_MS 60000 /* the keeper: its last commit and sync */
#define MASTER_LEAVE_MS 10000  /* workers, to leave the store */
#define MASTER_GRACE_MS \
	2000 /* a worker bounds its drain itself; this is for the one that does not */

static unsigned
    master_again; /* reloads asked for while one is checked: bit 0 reload, bit 1 upgrade */

static const char *master_program(const struct master *m, bool upgrade)
{
	if (upgrade || access("/proc/self/exe", X_OK) != 0)
		return m->program;
	return "/proc/self/exe";
}

static void master_stop_workers(const struct master *m, int sig)
{
	int64_t within =
	    sig == SIGTERM ? MASTER_STOP_MS : m->conf->timeouts.drain + MASTER_GRACE_MS;

	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		if (c->kind == CHILD_WORKER)
			child_stop(c, sig, within);
}

static void master_end(struct master *m, int sig)
{
	if (m->phase != MASTER_DRAIN) {
		log_info(sig == SIGQUIT ? "draining, then ending" : "ending");
		notify_send("STOPPING=1");
	}
	m->phase = MASTER_DRAIN;
	reload_cancel();
	master_stop_workers(m, sig);
}

static void master_say_lines(enum log_level level, const char *text)
{
	while (*text != '\0') {
		int n = (int)strcspn(text, "\n");

		if (n > 0)
			log_write(level, "%.*s", n, text);
		text += n + (text[n] == '\n');
	}
}

static void master_reload(struct master *m, bool upgrade)
{
	if (m->phase == MASTER_LEAVE_STORE)
		return; /* the file is read again in a moment */
	if (m->phase != MASTER_RUN) {
		order_end(order_asked(), false, "weir is ending\n");
		return;
	}
	if (reload_state() != RELOAD_IDLE) {
		master_again |= upgrade ? 2u : 1u;
		return;
	}
	m->reload_number = order_asked();
	log_info(upgrade ? "checking the new binary %s" : "checking %s", upgrade ? m->program
	                                                                 : m->conf_path == NULL
	                                                                     ? "the configuration"
	                                                                     : m->conf_path);
	notify_reloading();
	reload_start(master_program(m, upgrade), m->conf_path, upgrade);
}

static void master_reload_failed(struct master *m, const char *text)
{
	master_say_lines(LOG_LEVEL_ERROR, text);
	log_error("reload refused: nothing has changed");
	order_end(m->reload_number, false, text);
	notify_send("READY=1");
	reload_forget();
}

/* Comes back only when it failed. */
static void master_reexec(struct master *m, bool left_store)
{
	bool upgrade = reload_is_upgrade();

	/* What was asked for since the check began is answered as well: the file is read anew. */
	m->reload_number = order_asked();
	handover_exec(m, master_program(m, upgrade), left_store, upgrade);
	m->phase = MASTER_RUN;
	master_reload_failed(m, "the re-execution failed\n");
	/* Workers that have left the store are replaced by such that use it. */
	for (struct child *c = child_first(); left_store && c != NULL; c = child_next(c))
		c->config = 0;
}

static void master_leave_store(struct master *m)
{
	struct child *keeper = child_of(CHILD_KEEPER);

	log_info("the new configuration wants another store: leaving the present one");
	m->phase = MASTER_LEAVE_STORE;
	m->leave_by = clock_ms() + MASTER_LEAVE_MS;
	if (keeper != NULL)
		child_stop(keeper, SIGTERM, MASTER_KEEPER_MS);
	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		if (c->kind == CHILD_WORKER && !c->foreign)
			kill(c->pid, SIGNALS_LEAVE);
}

static void master_check_done(struct master *m)
{
	if (reload_state() == RELOAD_BAD) {
		master_reload_failed(m, reload_text());
	} else if (reload_state() == RELOAD_GOOD && m->phase == MASTER_RUN) {
		master_say_lines(LOG_LEVEL_WARN, reload_text());
		if (reload_identity() == m->identity)
			master_reexec(m, false);
		else
			master_leave_store(m);
	}
	if (reload_state() == RELOAD_IDLE && master_again != 0) {
		bool upgrade = (master_again & 2) != 0;

		master_again = 0;
		master_reload(m, upgrade);
	}
}

static void master_renew(struct child *c, bool *wanted, int64_t within)
{
	if (*wanted && c != NULL && c->stop_at == 0)
		child_stop(c, SIGTERM, within);
	*wanted = false;
}

/* Old workers go once every new one has shown that it works. */
static void master_retire_old(const struct master *m)
{
	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		if (c->kind == CHILD_WORKER && c->config == m->generation && c->stop_at == 0 &&
		    __atomic_load_n(&slot_at(c->slot)->heartbeat, __ATOMIC_RELAXED) == 0)
			return;
	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		if (c->kind == CHILD_WORKER && c->config != m->generation && c->stop_at == 0)
			child_stop(c, SIGQUIT, m->conf->timeouts.drain + MASTER_GRACE_MS);
}

static void master_keep_up(struct master *m)
{
	struct child_setup setup = {m->conf, &m->user, m->store ? m->lock_fd : -1};
	unsigned workers = child_workers(m->generation, false);

	while (workers < m->conf->workers && child_start(CHILD_WORKER, m->generation, &setup))
		workers++;
	master_renew(child_of(CHILD_LOGGER), &m->renew_logger, MASTER_STOP_MS);
	master_renew(child_of(CHILD_KEEPER), &m->renew_keeper, MASTER_KEEPER_MS);
	if (m->store && m->locked && child_of(CHILD_KEEPER) == NULL)
		child_start(CHILD_KEEPER, m->generation, &setup);
	if (child_of(CHILD_LOGGER) == NULL)
		child_start(CHILD_LOGGER, m->generation, &setup);
	if (workers == m->conf->workers)
		master_retire_old(m);
}

/* The logger of an earlier layout has nobody left to listen to. */
static void master_retire_foreign(void)
{
	struct child *logger = NULL;

	for (struct child *c = child_first(); c != NULL; c = child_next(c)) {
		if (!c->foreign)
			continue;
		if (c->kind == CHILD_WORKER)
			return;
		if (c->kind == CHILD_LOGGER)
			logger = c;
	}
	if (logger != NULL && logger->stop_at == 0)
		child_stop(logger, SIGTERM, MASTER_STOP_MS);
}

static void master_advance_leaving(struct master *m, int64_t now)
{
	bool all = child_of(CHILD_KEEPER) == NULL;

	for (struct child *c = child_first(); c != NULL; c = child_next(c)) {
		if (c->kind != CHILD_WORKER || c->foreign || slot_at(c->slot)->store_left != 0)
			continue;
		all = false;
		if (now >= m->leave_by)
			child_stop(c, SIGKILL, 0);
	}
	if (all)
		master_reexec(m, true);
}

static void master_advance_draining(struct master *m)
{
	struct child_setup setup = {m->conf, &m->user, m->store ? m->lock_fd : -1};
	bool workers = child_workers(0, true) > 0;
	struct child *keeper = child_of(CHILD_KEEPER), *logger = child_of(CHILD_LOGGER);

	if (workers && keeper == NULL && m->store && m->locked)
		child_start(CHILD_KEEPER, m->generation, &setup);
	if ((workers || keeper != NULL) && logger == NULL)
		child_start(CHILD_LOGGER, m->generation, &setup);
	if (!workers && keeper != NULL && keeper->stop_at == 0)
		child_stop(keeper, SIGTERM, MASTER_KEEPER_MS);
	if (!workers && keeper == NULL && logger != NULL && logger->stop_at == 0)
		child_stop(logger, SIGTERM, MASTER_STOP_MS);
	if (child_count() == 0)
		m->phase = MASTER_GONE;
}

static void master_advance(struct master *m)
{
	int64_t now = clock_ms();

	if (m->store && !m->locked && now >= m->lock_retry) {
		m->lock_retry = now + MASTER_LOCK_RETRY;
		m->locked = cachedir_lock(m->lock_fd);
		if (m->locked)
			log_info("the cache is free now: using it");
	}
	master_retire_foreign();
	master_check_done(m);
	if (m->phase == MASTER_RUN)
		master_keep_up(m);
	else if (m->phase == MASTER_LEAVE_STORE)
		master_advance_leaving(m, now);
	else if (m->phase == MASTER_DRAIN)
		master_advance_draining(m);
}

static void master_reopen(void)
{
	struct child *logger = child_of(CHILD_LOGGER);

	if (logger != NULL)
		kill(logger->pid, SIGUSR1);
}

static void master_signals(struct master *m)
{
	int sig;

	while ((sig = signals_next(m->signal_fd)) != 0) {
		if (sig == SIGHUP || sig == SIGUSR2) {
			order_number();
			master_reload(m, sig == SIGUSR2);
		} else if (sig == SIGQUIT || sig == SIGTERM || sig == SIGINT) {
			master_end(m, sig == SIGQUIT ? SIGQUIT : SIGTERM);
		} else if (sig == SIGUSR1) {
			master_reopen();
		}
	}
}

static void master_orders(struct master *m)
{
	unsigned orders = order_take();

	if (orders & (1u << ORDER_REOPEN))
		master_reopen();
	if (orders & (1u << ORDER_UPGRADE))
		master_reload(m, true);
	if (orders & (1u << ORDER_RELOAD))
		master_reload(m, false);
	if (orders & (1u << ORDER_DRAIN))
		master_end(m, SIGQUIT);
	if (orders & (1u << ORDER_STOP))
		master_end(m, SIGTERM);
}

static void master_reaped(pid_t pid, int status, void *unused)
{
	(void)unused;
	if (reload_is(pid))
		reload_reaped(status);
}

static void master_sooner(int64_t *until, int64_t at)
{
	if (at != 0 && at < *until)
		*until = at;
}

/* Milliseconds until something is due that no descriptor tells. */
static int master_wait_ms(const struct master *m)
{
	int64_t now = clock_ms(), until = watch_due();

	master_sooner(&until, child_overdue(now));
	master_sooner(&until, reload_deadline());
	if (m->store && !m->locked)
		master_sooner(&until, m->lock_retry);
	if (m->phase == MASTER_LEAVE_STORE)
		master_sooner(&until, m->leave_by);
	for (int kind = 0; kind < CHILD_KINDS; kind++)
		master_sooner(&until, child_retry((enum child_kind)kind));
	return (int)MAX(until - now, (int64_t)0);
}

static void master_tick(struct master *m)
{
	int64_t now = clock_ms();

	if (now < watch_due())
		return;
	watch_tick(now);
	notify_watchdog();
	if (!m->store)
		child_free_slots();
}

static void master_turn(struct master *m)
{
	struct pollfd fds[] = {
	    {m->signal_fd, POLLIN, 0}, {wake_fd(SLOT_MASTER), POLLIN, 0}, {reload_fd(), POLLIN, 0}};

	poll(fds, COUNT_OF(fds), master_wait_ms(m));
	clock_update();
	slot_beat();
	if (fds[1].revents != 0)
		wake_drain(SLOT_MASTER);
	if (fds[2].revents != 0)
		reload_read();
	child_reap(m->store, master_reaped, NULL);
	master_signals(m);
	master_orders(m);
	reload_overdue(clock_ms());
	master_tick(m);
	master_advance(m);
}

static int master_loop(struct master *m)
{
	master_advance(m);
	notify_send("READY=1");
	while (m->phase != MASTER_GONE)
		master_turn(m);
	master_start_undo(m);
	log_info("ended");
	return 0;
}

int master_run(int argc, char **argv, const char *conf_path, struct conf *conf)
{
	static struct master m;

	INIT_OBJ(&m, MASTER_MAGIC);
	if (master_start_cold(&m, argc, argv, conf_path, conf) != 0)
		return 1;
	return master_loop(&m);
}

int master_resume(int argc, char **argv, const char *conf_path)
{
	static struct master m;

	INIT_OBJ(&m, MASTER_MAGIC);
	if (master_start_again(&m, argc, argv, conf_path) != 0)
		return 1;
	return master_loop(&m);
}
