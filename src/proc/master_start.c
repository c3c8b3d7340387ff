/* master_start.c - the master's start, cold or after its re-execution; see master_start.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/logring.h"
#include "base/obj.h"
#include "base/order.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"
#include "proc/cachedir.h"
#include "proc/child.h"
#include "proc/handover.h"
#include "proc/layout.h"
#include "proc/logger.h"
#include "proc/master_start.h"
#include "proc/notify.h"
#include "proc/signals.h"
#include "proc/sockets.h"
#include "proc/title.h"

/* Half of the slots: the other half is for those that drain after a reload. */
#define MASTER_START_WORKERS (SLOT_WORKERS / 2)

/* The path by which we were started, absolute: a new binary will lie there. */
static void master_start_find_program(struct master *m)
{
	char here[PATH_MAX / 2];
	ssize_t n;

	if (m->argv[0][0] == '/') {
		snprintf(m->program, sizeof m->program, "%s", m->argv[0]);
	} else if (strchr(m->argv[0], '/') != NULL && getcwd(here, sizeof here) != NULL) {
		snprintf(m->program, sizeof m->program, "%s/%s", here, m->argv[0]);
	} else {
		n = readlink("/proc/self/exe", m->program, sizeof m->program - 1);
		m->program[MAX(n, (ssize_t)0)] = '\0';
	}
}

/* A copy of the file: if the next one turns out to be unusable after the re-execution, this one
 * goes on. */
static void master_start_snapshot(struct master *m)
{
	char piece[65536];
	ssize_t n = 0;
	int from, to;

	if (m->snapshot_fd >= 0)
		close(m->snapshot_fd);
	m->snapshot_fd = -1;
	if (m->conf_path == NULL)
		return;
	from = open(m->conf_path, O_RDONLY | O_CLOEXEC);
	to = memfd_create("weir-conf", MFD_CLOEXEC);
	if (from < 0 || to < 0)
		n = -1;
	while (n >= 0 && (n = read(from, piece, sizeof piece)) > 0)
		if (write(to, piece, (size_t)n) != n)
			n = -1;
	if (from >= 0)
		close(from);
	if (n == 0)
		m->snapshot_fd = to;
	else if (to >= 0)
		close(to);
}

static void master_start_pid_file(struct master *m)
{
	char wanted[PATH_MAX];
	FILE *f;

	snprintf(wanted, sizeof wanted, "%.*s", STR_F(m->conf->pid_file));
	if (m->pid_file[0] != '\0' && strcmp(m->pid_file, wanted) != 0)
		unlink(m->pid_file);
	m->pid_file[0] = '\0';
	if (wanted[0] == '\0')
		return;
	f = fopen(wanted, "we");
	if (f == NULL || fprintf(f, "%d\n", (int)getpid()) < 0)
		log_warn("cannot write %s: %s", wanted, strerror(errno));
	else
		snprintf(m->pid_file, sizeof m->pid_file, "%s", wanted);
	if (f != NULL)
		fclose(f);
}

/* The folder of the configuration, unless it is the one we hold. ERR_EXISTS: another weir has it.
 */
static int master_start_cache(struct master *m)
{
	const char *path = m->conf->store.path == NULL ? "" : m->conf->store.path;
	enum cachedir answer;
	int fd;

	if (path[0] != '\0' && m->lock_fd >= 0 && strcmp(path, m->lock_path) == 0) {
		m->store = true;
		return 0;
	}
	answer = path[0] == '\0' ? CACHEDIR_OFF : cachedir_open(path, &m->user, &fd);
	if (answer == CACHEDIR_TAKEN)
		return ERR_EXISTS;
	if (m->lock_fd >= 0)
		close(m->lock_fd);
	m->store = answer != CACHEDIR_OFF;
	m->locked = answer == CACHEDIR_LOCKED;
	m->lock_fd = m->store ? fd : -1;
	snprintf(m->lock_path, sizeof m->lock_path, "%s", m->store ? path : "");
	return 0;
}

/* What may fail. Over a reload the cache comes last, since taking it cannot be undone; at first it
 * comes before the sockets: "another weir runs on this cache" says more than "address already in
 * use". */
static int master_start_take(struct master *m)
{
	bool first = m->generation == 1 && m->lock_fd < 0;
	int rc = privilege_find(m->conf, &m->user);

	if (rc == 0)
		rc = logger_check(m->conf, &m->user);
	if (rc == 0 && first)
		rc = master_start_cache(m);
	if (rc == 0)
		rc = sockets_open(m->conf, &m->user);
	if (rc == 0 && !first)
		rc = master_start_cache(m);
	return rc;
}

/* From here on nothing fails: the configuration is in force. */
static void master_start_enter(struct master *m)
{
	struct slot *s = slot_at(SLOT_MASTER);

	m->conf->generation = m->generation;
	if (!m->store)
		m->conf->store.path = NULL; /* after layout_identity, which speaks of the file */
	if (m->conf->workers > MASTER_START_WORKERS) {
		log_warn("workers: %u is more than the %d that are possible", m->conf->workers,
		         MASTER_START_WORKERS);
		m->conf->workers = MASTER_START_WORKERS;
	}
	layout_use(SLOT_MASTER);
	s->pid = getpid();
	s->config = m->generation;
	s->started = s->started == 0 ? clock_wall() : s->started;
	__atomic_store_n(&s->state, SLOT_LIVE, __ATOMIC_SEQ_CST);
	log_set_level(m->conf->log.level);
	master_start_pid_file(m);
	sockets_close_unused();
}

static void master_start_say(const struct master *m)
{
	sockets_say();
	if (m->store)
		log_info("cache in %s, at most %llu MB", m->conf->store.path,
		         (unsigned long long)(m->conf->store.size >> 20));
	else
		log_info("no cache");
	log_info("configuration %u (%s), %u workers%s%s", m->generation,
	         m->conf_path == NULL ? "built-in default" : m->conf_path, m->conf->workers,
	         m->user.change ? " as user " : "", m->user.change ? m->user.name : "");
}

static int master_start_process(struct master *m, int argc, char **argv, const char *conf_path)
{
	m->argv = malloc(((size_t)argc + 1) * sizeof *m->argv);
	AN(m->argv != NULL);
	for (int i = 0; i <= argc; i++)
		m->argv[i] = argv[i] == NULL ? NULL : strdup(argv[i]);
	m->conf_path = conf_path == NULL ? NULL : strdup(conf_path);
	m->snapshot_fd = m->lock_fd = -1;
	clock_update();
	log_init("master");
	title_init(argc, argv);
	privilege_raise_files();
	m->signal_fd = signals_open();
	return m->signal_fd < 0 ? ERR_SYSTEM : 0;
}

int master_start_cold(struct master *m, int argc, char **argv, const char *conf_path,
                      struct conf *conf)
{
	int rc = master_start_process(m, argc, argv, conf_path);

	m->conf = conf;
	m->generation = 1;
	log_set_level(conf->log.level);
	master_start_find_program(m);
	if (rc == 0)
		rc = master_start_take(m);
	if (rc == 0) {
		layout_declare(conf);
		m->identity = layout_identity(conf);
		rc = layout_create();
		if (rc == 0)
			rc = wake_create();
		if (rc != 0)
			log_error("cannot make the shared memory: %s", err_text(rc));
	}
	if (rc != 0) {
		sockets_close();
		return rc;
	}
	master_start_enter(m);
	master_start_snapshot(m);
	master_start_say(m);
	log_set_sink(logring_line, NULL);
	return 0;
}

/* After a re-execution there is no ring yet while the new configuration is taken: what is logged
 * then is kept, for the error log and for who asked for the reload. */
static char master_start_said[ORDER_TEXT];
static size_t master_start_said_used;

static bool master_start_keep_line(enum log_level level, struct str line, void *unused)
{
	struct str_out out = str_out_of(master_start_said + master_start_said_used,
	                                sizeof master_start_said - 1 - master_start_said_used);

	(void)unused;
	(void)level;
	str_put(&out, line);
	str_putc(&out, '\n');
	if (!out.overflow)
		master_start_said_used = (size_t)(out.at - master_start_said);
	return !out.overflow;
}

/* Into the log; then what is left in the text is without time and name of the process. */
static void master_start_retell(void)
{
	char *line = master_start_said, *to = master_start_said, *end, *text;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		if (!logring_line(LOG_LEVEL_ERROR, str_of(line), NULL))
			dprintf(STDERR_FILENO, "%s\n", line);
		text = strstr(line, "]: ");
		text = text == NULL ? line : text + 3;
		memmove(to, text, strlen(text));
		to += strlen(text);
		*to++ = '\n';
	}
	*to = '\0';
}

static bool master_start_load(struct master *m, const char *path)
{
	char *text = NULL, *line, *rest;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	m->conf = f == NULL ? NULL : conf_load(path, f);
	if (f != NULL)
		fclose(f);
	rest = text;
	while (m->conf == NULL && (line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			log_error("%s", line);
	free(text);
	return m->conf != NULL && master_start_take(m) == 0;
}

/* The configuration that was in force before. */
static bool master_start_fall_back(struct master *m)
{
	char path[64];

	conf_free(m->conf);
	snprintf(path, sizeof path, "/proc/self/fd/%d", m->snapshot_fd);
	return master_start_load(m, m->snapshot_fd < 0 ? m->conf_path : path);
}

/* Another layout: nobody of before knows the new memory. Their slots are kept from others until
 * they are gone. */
static int master_start_new_memory(struct master *m, const struct handover *h)
{
	int rc;

	close(h->shared_fd);
	rc = layout_create();
	if (rc != 0)
		return rc;
	order_restore(m->reload_number);
	for (struct child *c = child_first(); c != NULL; c = child_next(c)) {
		c->foreign = true;
		if (c->kind != CHILD_WORKER)
			continue;
		slot_at(c->slot)->pid = c->pid;
		slot_at(c->slot)->generation = 1;
		__atomic_store_n(&slot_at(c->slot)->state, SLOT_DRAINING, __ATOMIC_SEQ_CST);
	}
	return 0;
}

static int master_start_memory(struct master *m, const struct handover *h)
{
	layout_declare(m->conf);
	m->identity = layout_identity(m->conf);
	if (m->identity == h->identity)
		return layout_attach(h->shared_fd);
	return master_start_new_memory(m, h);
}

int master_start_again(struct master *m, int argc, char **argv, const char *conf_path)
{
	struct handover h = {.shared_fd = -1};
	int rc = master_start_process(m, argc, argv, conf_path);
	bool ok;

	if (rc == 0)
		rc = handover_read(m, &h);
	if (rc == 0) {
		log_set_sink(master_start_keep_line, NULL);
		ok = master_start_load(m, conf_path);
		if (!ok && !master_start_fall_back(m))
			rc = ERR_BAD;
	}
	if (rc == 0)
		rc = master_start_memory(m, &h);
	log_set_sink(NULL, NULL);
	if (rc != 0) {
		master_start_retell();
		log_error("cannot go on after the re-execution: %s", err_text(rc));
		return rc;
	}
	if (ok)
		m->generation++;
	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		if (h.left_store && c->kind == CHILD_WORKER)
			c->config = 0; /* replaced in any case: it serves without the store */
	m->renew_logger = ok;
	m->renew_keeper = h.upgrade;
	master_start_enter(m);
	log_set_sink(logring_line, NULL);
	master_start_retell();
	if (ok) {
		master_start_snapshot(m);
		master_start_say(m);
	} else {
		log_error("the new configuration cannot be used: the former one stays in force");
	}
	order_end(m->reload_number, ok, ok ? "" : master_start_said);
	return 0;
}

void master_start_undo(struct master *m)
{
	log_set_sink(NULL, NULL);
	sockets_close();
	if (m->pid_file[0] != '\0')
		unlink(m->pid_file);
	if (m->lock_fd >= 0 && m->locked && ftruncate(m->lock_fd, 0) != 0)
		log_debug("cannot clear weir.lock");
	conf_free(m->conf);
}
