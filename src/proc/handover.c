/* handover.c - writes and reads the state of the master around its re-execution; see handover.h.
 *
 * One line for each thing: a word, then its values. Names that may hold spaces come last. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"
#include "base/order.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"
#include "proc/child.h"
#include "proc/handover.h"
#include "proc/master.h"
#include "proc/sockets.h"

#define HANDOVER_ENV "WEIR_STATE"
#define HANDOVER_HEAD "weir-state 1"

bool handover_pending(void)
{
	return getenv(HANDOVER_ENV) != NULL;
}

static void handover_keep(int fd, bool keep)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

static void handover_keep_all(const struct master *m, bool keep)
{
	handover_keep(shm_fd(), keep);
	handover_keep(m->lock_fd, keep);
	handover_keep(m->snapshot_fd, keep);
	for (int i = 0; i < SLOT_MAX; i++)
		handover_keep(wake_fd(i), keep);
	for (unsigned i = 0; sockets_row(i) != NULL; i++)
		handover_keep(sockets_row(i)->fd, keep);
}

static void handover_write_children(FILE *f)
{
	for (const struct child *c = child_first(); c != NULL; c = child_next((struct child *)c))
		fprintf(f, "child %d %d %d %u %lld %lld %d\n", (int)c->pid, (int)c->kind, c->slot,
		        c->config, (long long)c->started, (long long)c->stop_at, (int)c->foreign);
}

static int handover_write(const struct master *m, bool left_store, bool upgrade)
{
	int fd = memfd_create("weir-state", 0);
	char wakes[SLOT_MAX * 12];
	FILE *f;

	if (fd < 0 || wake_export(wakes, sizeof wakes) != 0 || (f = fdopen(dup(fd), "w")) == NULL)
		return ERR_SYSTEM;
	fprintf(f, HANDOVER_HEAD "\n");
	fprintf(f, "shared %d %llx\n", shm_fd(), (unsigned long long)m->identity);
	fprintf(f, "wakes %s\n", wakes);
	fprintf(f, "lock %d %d %s\n", m->lock_fd, m->locked, m->lock_path);
	fprintf(f, "snapshot %d\n", m->snapshot_fd);
	fprintf(f, "generation %u\n", m->generation);
	fprintf(f, "reload %u\n", m->reload_number);
	fprintf(f, "flags %d %d\n", left_store, upgrade);
	fprintf(f, "program %s\n", m->program);
	fprintf(f, "pidfile %s\n", m->pid_file);
	for (unsigned i = 0; sockets_row(i) != NULL; i++)
		fprintf(f, "socket %d %d %s\n", sockets_row(i)->fd, sockets_row(i)->control,
		        sockets_row(i)->name);
	handover_write_children(f);
	fprintf(f, "end\n");
	if (fclose(f) != 0) {
		close(fd);
		return ERR_SYSTEM;
	}
	return fd;
}

int handover_exec(const struct master *m, const char *program, bool left_store, bool upgrade)
{
	int fd = handover_write(m, left_store, upgrade);
	char number[16];

	if (fd < 0) {
		log_error("cannot write the state for the re-execution: %s", strerror(errno));
		return ERR_SYSTEM;
	}
	snprintf(number, sizeof number, "%d", fd);
	setenv(HANDOVER_ENV, number, 1);
	handover_keep_all(m, true);
	execv(program, m->argv);
	log_error("cannot execute %s: %s", program, strerror(errno));
	handover_keep_all(m, false);
	unsetenv(HANDOVER_ENV);
	close(fd);
	return ERR_SYSTEM;
}

static bool handover_read_child(const char *line)
{
	struct child c = {0};
	int pid, kind, foreign;
	long long started, stop_at;

	if (sscanf(line, "child %d %d %d %u %lld %lld %d", &pid, &kind, &c.slot, &c.config,
	           &started, &stop_at, &foreign) != 7)
		return false;
	if (pid <= 0 || kind < 0 || kind >= CHILD_KINDS || c.slot < 0 || c.slot >= SLOT_MAX)
		return false;
	c.pid = pid;
	c.kind = (enum child_kind)kind;
	c.started = started;
	c.stop_at = stop_at;
	c.foreign = foreign != 0;
	return child_adopt(&c) != NULL;
}

/* The value behind `word` and a space, or NULL. */
static const char *handover_value(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && line[n] == ' ' ? line + n + 1 : NULL;
}

static bool handover_read_line(struct master *m, struct handover *h, const char *line)
{
	unsigned long long identity;
	int fd, flag, more = 0;
	const char *v;

	if ((v = handover_value(line, "shared")) != NULL) {
		if (sscanf(v, "%d %llx", &h->shared_fd, &identity) != 2)
			return false;
		h->identity = identity;
		return true;
	}
	if ((v = handover_value(line, "wakes")) != NULL)
		return wake_import(str_of(v)) == 0;
	if ((v = handover_value(line, "lock")) != NULL) {
		if (sscanf(v, "%d %d %n", &m->lock_fd, &flag, &more) != 2)
			return false;
		m->locked = flag != 0;
		snprintf(m->lock_path, sizeof m->lock_path, "%s", more == 0 ? "" : v + more);
		return true;
	}
	if ((v = handover_value(line, "snapshot")) != NULL)
		return sscanf(v, "%d", &m->snapshot_fd) == 1;
	if ((v = handover_value(line, "generation")) != NULL)
		return sscanf(v, "%u", &m->generation) == 1;
	if ((v = handover_value(line, "reload")) != NULL)
		return sscanf(v, "%u", &m->reload_number) == 1;
	if ((v = handover_value(line, "flags")) != NULL) {
		if (sscanf(v, "%d %d", &fd, &flag) != 2)
			return false;
		h->left_store = fd != 0;
		h->upgrade = flag != 0;
		return true;
	}
	if ((v = handover_value(line, "program")) != NULL)
		return snprintf(m->program, sizeof m->program, "%s", v) > 0;
	if ((v = handover_value(line, "pidfile")) != NULL)
		return snprintf(m->pid_file, sizeof m->pid_file, "%s", v) >= 0;
	if ((v = handover_value(line, "socket")) != NULL)
		return sscanf(v, "%d %d %n", &fd, &flag, &more) == 2 && more > 0 &&
		       sockets_adopt(v + more, fd, flag != 0);
	if (handover_value(line, "child") != NULL)
		return handover_read_child(line);
	return false;
}

int handover_read(struct master *m, struct handover *h)
{
	const char *number = getenv(HANDOVER_ENV);
	int fd = number == NULL ? -1 : (int)strtol(number, NULL, 10);
	char line[PATH_MAX + 64];
	bool ok = false, end = false;
	FILE *f;

	unsetenv(HANDOVER_ENV);
	*h = (struct handover){.shared_fd = -1};
	if (fd <= 2 || lseek(fd, 0, SEEK_SET) != 0 || (f = fdopen(fd, "r")) == NULL)
		return ERR_BAD;
	if (fgets(line, sizeof line, f) != NULL)
		ok = strcmp(line, HANDOVER_HEAD "\n") == 0;
	while (ok && !end && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		end = strcmp(line, "end") == 0;
		if (!end && !(ok = handover_read_line(m, h, line)))
			log_error("cannot read the state of the master: %s", line);
	}
	fclose(f);
	if (!ok || !end || h->shared_fd < 0)
		return ERR_BAD;
	handover_keep(m->lock_fd, false);
	handover_keep(m->snapshot_fd, false);
	handover_keep(h->shared_fd, false);
	for (int i = 0; i < SLOT_MAX; i++)
		handover_keep(wake_fd(i), false);
	for (unsigned i = 0; sockets_row(i) != NULL; i++)
		handover_keep(sockets_row(i)->fd, false);
	return 0;
}
