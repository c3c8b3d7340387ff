/* keeper.c - the keeper's life around store/keep.h: start, waiting, a damaged index, the end.
 *
 * A folder that fails (disk full, read-only) is tried again every few seconds: weir serves without
 * a cache meanwhile, and says so once. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/job.h"
#include "base/obj.h"
#include "base/slot.h"
#include "base/wake.h"
#include "proc/keeper.h"
#include "proc/signals.h"
#include "proc/watch.h"
#include "store/keep.h"

#define KEEPER_JOBS 2          /* helper threads for syncs */
#define KEEPER_RETRY 5000      /* ms until a folder that failed is tried again */
#define KEEPER_REOPEN 1000     /* ms until an index that could not be written is opened anew */
#define KEEPER_ORPHAN_MS 11000 /* a little longer than workers finish after the master's death */

static struct {
	int signals;
	pid_t master;
	bool ending, open;
	int64_t end_at;   /* orphaned: ends then at the latest */
	int64_t retry_at; /* not open: next try */
	int told;         /* the failure that was said last */
} keeper;

static bool keeper_is_alone(void)
{
	for (int i = 0; i < SLOT_WORKERS; i++) {
		const struct slot *s = slot_at(i);
		uint32_t state = __atomic_load_n(&s->state, __ATOMIC_SEQ_CST);

		if ((state == SLOT_LIVE || state == SLOT_DRAINING) &&
		    (kill(s->pid, 0) == 0 || errno != ESRCH))
			return false;
	}
	return true;
}

static void keeper_signals(void)
{
	int sig;

	while ((sig = signals_next(keeper.signals)) != 0) {
		if (sig == SIGTERM || sig == SIGQUIT)
			keeper.ending = true;
		else if (sig == SIGNALS_ORPHAN && getppid() != keeper.master)
			keeper.end_at = clock_ms() + KEEPER_ORPHAN_MS;
	}
	if (keeper.end_at != 0 && (keeper_is_alone() || clock_ms() >= keeper.end_at))
		keeper.ending = true;
}

static void keeper_set_aside(const struct store_opts *o)
{
	int rc = keep_set_aside(o);

	log_error("the index of the cache is damaged: %s",
	          rc == 0 ? "put aside, beginning an empty one" : err_text(rc));
}

static void keeper_try(const struct store_opts *o)
{
	struct keep_opts opts = {.store = o, .now_ms = clock_ms()};
	int rc;

	digest_boot_id(opts.boot_id);
	rc = keep_init(&opts);
	if (rc == ERR_BAD) {
		keeper_set_aside(o);
		rc = keep_init(&opts);
	}
	keeper.open = rc == 0;
	keeper.retry_at = clock_ms() + KEEPER_RETRY;
	if (rc != 0 && rc != keeper.told)
		log_error("no cache: %s: %s; trying again", o->path, err_text(rc));
	if (rc == 0 && keeper.told != 0)
		log_info("the cache %s works again", o->path);
	keeper.told = rc;
}

/* What is due; how long it can wait for the next thing. */
static int64_t keeper_work(const struct store_opts *o)
{
	int wait;

	if (!keeper.open && clock_ms() >= keeper.retry_at)
		keeper_try(o);
	if (!keeper.open)
		return keeper.retry_at - clock_ms();
	wait = keep_tick(clock_ms());
	if (wait >= 0)
		return wait;
	keep_abandon();
	if (wait == ERR_BAD)
		keeper_set_aside(o);
	keeper.open = false;
	keeper.retry_at = wait == ERR_BAD ? 0 : clock_ms() + KEEPER_REOPEN;
	return MAX(keeper.retry_at - clock_ms(), (int64_t)0);
}

static void keeper_wait(int64_t ms)
{
	struct pollfd fds[] = {{keeper.signals, POLLIN, 0},
	                       {job_fd(), POLLIN, 0},
	                       {keeper.open ? keep_fd() : wake_fd(SLOT_KEEPER), POLLIN, 0}};

	poll(fds, COUNT_OF(fds), (int)MAX(MIN(ms, watch_period()), (int64_t)0));
	clock_update();
	slot_beat();
	if (fds[1].revents != 0)
		job_finish();
	if (fds[2].revents == 0)
		return;
	if (keeper.open)
		keep_on_wake();
	else
		wake_drain(SLOT_KEEPER);
}

int keeper_run(const struct conf *conf)
{
	int rc;

	keeper.master = getppid();
	clock_update();
	slot_beat();
	rc = job_init(KEEPER_JOBS);
	keeper.signals = signals_open();
	if (rc != 0 || keeper.signals < 0) {
		log_error("cannot start: %s", err_text(rc));
		return 1;
	}
	while (!keeper.ending) {
		keeper_wait(keeper_work(&conf->store));
		keeper_signals();
	}
	if (keeper.open)
		keep_stop();
	job_stop();
	if (keeper.end_at != 0) {
		__atomic_store_n(&slot_at(SLOT_KEEPER)->state, SLOT_FREE, __ATOMIC_SEQ_CST);
		wake_send(SLOT_LOGGER);
	}
	return 0;
}
