/* logger.c - empties the rings into the log files; see logger.h and base/logring.h.
 *
 * A plain loop over poll: read all rings, write, and rest - 50 ms while records come, else until
 * one wakes us. A file that cannot be written loses records, which are counted and told once a
 * second; it never holds up a worker. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/logring.h"
#include "base/obj.h"
#include "base/slot.h"
#include "base/wake.h"
#include "proc/child.h"
#include "proc/folder.h"
#include "proc/logfile.h"
#include "proc/logger.h"
#include "proc/signals.h"
#include "proc/watch.h"
#include "request/record.h"

#define LOGGER_NAP 50          /* ms */
#define LOGGER_ORPHAN_MS 11000 /* a little longer than workers finish */

static struct logfile logger_access, logger_error;
static struct {
	int signals;
	pid_t master;
	bool ending;
	int64_t end_at, look_at, told_at;
	uint64_t told; /* drops that were told */
} logger;

static int logger_open_one(struct logfile *f, struct str path, int standard,
                           const struct privilege_user *u)
{
	if (logfile_open(f, path, standard, u) == 0)
		return 0;
	log_error("cannot open log file %s: %s", f->path, strerror(errno));
	return ERR_SYSTEM;
}

static void logger_make_folder(struct str path, const struct privilege_user *u)
{
	char file[PATH_MAX];

	snprintf(file, sizeof file, "%.*s", STR_F(path));
	folder_make_for(file, 0750, u); /* opening the file tells if that failed */
}

int logger_check(const struct conf *conf, const struct privilege_user *u)
{
	struct logfile *const files[] = {&logger_access, &logger_error};
	int rc;

	logger_make_folder(conf->log.access_path, u);
	logger_make_folder(conf->log.error_path, u);
	rc = logger_open_one(files[0], conf->log.access_path, -1, u);

	if (rc == 0)
		rc = logger_open_one(files[1], conf->log.error_path, STDERR_FILENO, u);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		if (files[i]->path[0] != '\0' && files[i]->fd >= 0)
			close(files[i]->fd);
		files[i]->fd = -1;
	}
	return rc;
}

void logger_open(const struct conf *conf, const struct privilege_user *u)
{
	logger_open_one(&logger_access, conf->log.access_path, -1, u);
	logger_open_one(&logger_error, conf->log.error_path, STDERR_FILENO, u);
}

static void logger_take(const struct conf *conf, const struct logring_record *r)
{
	struct logfile *f = r->type == LOGRING_ACCESS ? &logger_access : &logger_error;
	size_t n;
	char *p;

	if (r->type == LOGRING_ACCESS) {
		p = logfile_room(f, RECORD_LINE_MAX);
		n = record_format(conf->log.access_format, r->bytes, p, RECORD_LINE_MAX);
		if (n == 0)
			f->dropped++;
		else
			logfile_added(f, n);
		return;
	}
	n = MIN(r->bytes.n, (size_t)LOG_LINE);
	p = logfile_room(f, n + 1);
	memcpy(p, r->bytes.p, n);
	p[n] = '\n';
	logfile_added(f, n + 1);
}

/* True if there was something. */
static bool logger_empty_rings(const struct conf *conf)
{
	struct logring_record r;
	bool some = false;

	for (int i = 0; i < SLOT_MAX; i++) {
		uint64_t pos = UINT64_MAX;

		while (logring_next(i, &pos, &r)) {
			logger_take(conf, &r);
			some = true;
		}
		logring_done(i, pos);
	}
	logfile_flush(&logger_access);
	logfile_flush(&logger_error);
	return some;
}

/* Straight to standard error: the error log may be what is full. */
static void logger_tell_drops(void)
{
	uint64_t drops = logger_access.dropped + logger_error.dropped + logring_dropped();

	if (drops == logger.told || clock_ms() < logger.told_at + 1000)
		return;
	log_warn("%llu log records lost (no room in a file or a ring)",
	         (unsigned long long)(drops - logger.told));
	logger.told = drops;
	logger.told_at = clock_ms();
}

/* After rotation. We may not have the rights any more that the master opened the file with: then
 * end, and the next logger opens it. */
static void logger_reopen(bool always)
{
	static int64_t last;
	struct logfile *const files[] = {&logger_access, &logger_error};

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		if (logfile_reopen(files[i], always) == 0)
			continue;
		if (files[i]->fd >= 0 && (errno == EACCES || errno == EPERM))
			_exit(CHILD_EXIT_AGAIN);
		if (log_once_a_second(&last))
			log_warn("cannot open log file %s: %s", files[i]->path, strerror(errno));
	}
}

static bool logger_is_alone(void)
{
	for (int i = 0; i <= SLOT_KEEPER; i++) {
		const struct slot *s = slot_at(i);
		uint32_t state = __atomic_load_n(&s->state, __ATOMIC_SEQ_CST);

		if ((state == SLOT_LIVE || state == SLOT_DRAINING) &&
		    (kill(s->pid, 0) == 0 || errno != ESRCH))
			return false;
	}
	return true;
}

static void logger_signals(void)
{
	int sig;

	while ((sig = signals_next(logger.signals)) != 0) {
		if (sig == SIGTERM || sig == SIGQUIT)
			logger.ending = true;
		else if (sig == SIGUSR1)
			logger_reopen(true);
		else if (sig == SIGNALS_ORPHAN && getppid() != logger.master)
			logger.end_at = clock_ms() + LOGGER_ORPHAN_MS;
	}
}

static void logger_second(void)
{
	logger_tell_drops();
	if (logger.end_at != 0 && (logger_is_alone() || clock_ms() >= logger.end_at))
		logger.ending = true;
	if (clock_ms() < logger.look_at)
		return;
	logger.look_at = clock_ms() + 1000;
	logger_reopen(false);
}

static void logger_wait(int64_t ms)
{
	struct pollfd fds[] = {{wake_fd(SLOT_LOGGER), POLLIN, 0}, {logger.signals, POLLIN, 0}};

	poll(fds, COUNT_OF(fds), (int)MIN(ms, watch_period()));
	if (fds[0].revents != 0)
		wake_drain(SLOT_LOGGER);
}

int logger_run(const struct conf *conf)
{
	bool some;

	logger.master = getppid();
	logger.signals = signals_open();
	if (logger.signals < 0) {
		log_error("cannot start: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		clock_update();
		slot_beat();
		logger_signals();
		logring_rest(LOGRING_WORKING);
		some = logger_empty_rings(conf);
		logger_second();
		if (logger.ending && !some)
			return 0;
		if (logger.ending)
			continue;
		if (logring_rest(some ? LOGRING_NAPPING : LOGRING_ASLEEP))
			logger_wait(some ? LOGGER_NAP : 1000);
	}
}
