/* child.c - list, birth and death of the master's children; see child.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/logring.h"
#include "base/obj.h"
#include "base/slot.h"
#include "base/wake.h"
#include "proc/child.h"
#include "proc/keeper.h"
#include "proc/logger.h"
#include "proc/layout.h"
#include "proc/signals.h"
#include "proc/sockets.h"
#include "proc/title.h"
#include "proc/worker.h"

#define CHILD_MAX (2 * SLOT_MAX)
#define CHILD_QUICK 1000   /* ms: who dies sooner may be in a crash loop */
#define CHILD_QUICK_FREE 3 /* so many quick deaths are answered at once */
#define CHILD_BACKOFF_MIN 100
#define CHILD_BACKOFF_MAX 10000

static struct child children[CHILD_MAX];
static struct {
	unsigned quick; /* quick deaths in a row */
	int64_t next;   /* not before */
} child_backoff[CHILD_KINDS];

struct child *child_next(struct child *c)
{
	for (c = c == NULL ? children : c + 1; c < children + CHILD_MAX; c++)
		if (c->pid != 0)
			return c;
	return NULL;
}

struct child *child_first(void)
{
	return child_next(NULL);
}

struct child *child_of(enum child_kind kind)
{
	struct child *c = child_first();

	while (c != NULL && (c->kind != kind || c->foreign))
		c = child_next(c);
	return c;
}

unsigned child_workers(uint32_t of_config, bool asked_to_end)
{
	unsigned n = 0;

	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		n += c->kind == CHILD_WORKER && (of_config == 0 || c->config == of_config) &&
		     (asked_to_end || c->stop_at == 0);
	return n;
}

unsigned child_count(void)
{
	unsigned n = 0;

	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		n++;
	return n;
}

const char *child_name(const struct child *c)
{
	static char name[32];

	if (c->kind == CHILD_WORKER)
		snprintf(name, sizeof name, "worker %d", c->slot);
	else
		snprintf(name, sizeof name, "%s", c->kind == CHILD_KEEPER ? "keeper" : "logger");
	return name;
}

struct child *child_adopt(const struct child *c)
{
	for (size_t i = 0; i < CHILD_MAX; i++)
		if (children[i].pid == 0) {
			children[i] = *c;
			return &children[i];
		}
	return NULL;
}

/* A slot that belongs to nobody, -1 if there is none. */
static int child_slot(enum child_kind kind)
{
	if (kind != CHILD_WORKER)
		return kind == CHILD_KEEPER ? SLOT_KEEPER : SLOT_LOGGER;
	for (int i = 0; i < SLOT_WORKERS; i++) {
		uint32_t state = __atomic_load_n(&slot_at(i)->state, __ATOMIC_SEQ_CST);

		if (state == SLOT_FREE || state == SLOT_CLEAN)
			return i;
	}
	return -1;
}

/* All 60 slots are in use: the worker that has drained longest makes room. */
static void child_make_room(void)
{
	struct child *longest = NULL;

	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		if (c->kind == CHILD_WORKER && c->stop_at != 0 &&
		    (longest == NULL || c->stop_at < longest->stop_at))
			longest = c;
	if (longest != NULL)
		child_stop(longest, SIGTERM, 1000);
}

static void child_hand_out(int slot, uint32_t config)
{
	struct slot *s = slot_at(slot);

	/* The generation first: whoever reads LIVE then reads the new one. */
	__atomic_add_fetch(&s->generation, 1, __ATOMIC_SEQ_CST);
	s->config = config;
	s->started = clock_wall();
	s->clients = 0;
	s->request = 0;
	s->heartbeat = 0;
	s->busy_in_commit = 0;
	s->store_left = 0;
	__atomic_store_n(&s->state, SLOT_LIVE, __ATOMIC_SEQ_CST);
}

/* What a child holds beside 0 to 2: its wakes, and by kind the lock and the listeners. */
static void child_keep_fds(const struct child *c, const struct child_setup *s)
{
	struct listener_socket listeners[SOCKETS_MAX];
	int fds[SLOT_MAX + SOCKETS_MAX + 1];
	size_t n = 0;

	for (int i = 0; i < SLOT_MAX; i++)
		fds[n++] = wake_fd(i);
	if (c->kind != CHILD_LOGGER && s->lock_fd >= 0)
		fds[n++] = s->lock_fd;
	if (c->kind == CHILD_WORKER) {
		unsigned count = sockets_get(listeners);

		for (unsigned i = 0; i < count; i++)
			fds[n++] = listeners[i].fd;
	}
	privilege_keep_fds(fds, n);
}

/* The child's life, from fork to exit. */
_Noreturn static void child_live(const struct child *c, const struct child_setup *s, pid_t master)
{
	static const enum privilege_kind kinds[] = {PRIVILEGE_WORKER, PRIVILEGE_KEEPER,
	                                            PRIVILEGE_LOGGER};
	struct listener_socket listeners[SOCKETS_MAX];
	int code;

	signals_reset();
	title_set(child_name(c));
	log_init(child_name(c));
	layout_use(c->slot);
	slot_at(c->slot)->pid = getpid();
	wake_drain(c->slot);
	child_keep_fds(c, s);
	if (c->kind == CHILD_LOGGER)
		logger_open(s->conf, s->user); /* while it still may */
	privilege_drop(kinds[c->kind], s->user, master, SIGNALS_ORPHAN);
	if (c->kind == CHILD_WORKER)
		code = worker_run(s->conf, listeners, sockets_get(listeners), s->lock_fd);
	else if (c->kind == CHILD_KEEPER)
		code = keeper_run(s->conf);
	else
		code = logger_run(s->conf);
	_exit(code);
}

/* The kind could not be started, or died young. */
static void child_back_off(enum child_kind kind, const char *name, int64_t most)
{
	unsigned n = ++child_backoff[kind].quick;
	int64_t wait = 0;

	if (n > CHILD_QUICK_FREE)
		wait = MIN((int64_t)CHILD_BACKOFF_MIN << MIN(n - CHILD_QUICK_FREE - 1, 7u), most);
	child_backoff[kind].next = clock_ms() + wait;
	if (wait > 0)
		log_error("%s ended %u times in a row soon after its start: next start in %lld ms",
		          name, n, (long long)wait);
}

int64_t child_retry(enum child_kind kind)
{
	return child_backoff[kind].next <= clock_ms() ? 0 : child_backoff[kind].next;
}

bool child_start(enum child_kind kind, uint32_t config, const struct child_setup *s)
{
	struct child c = {.kind = kind, .config = config, .started = clock_ms()};
	pid_t master = getpid();

	if (child_retry(kind) != 0)
		return false;
	c.slot = child_slot(kind);
	if (c.slot < 0) {
		child_make_room();
		child_backoff[kind].next = clock_ms() + CHILD_BACKOFF_MIN;
		return false;
	}
	child_hand_out(c.slot, config);
	c.pid = fork();
	if (c.pid == 0)
		child_live(&c, s, master);
	if (c.pid < 0) {
		log_error("cannot start %s: %s", child_name(&c), strerror(errno));
		__atomic_store_n(&slot_at(c.slot)->state, SLOT_FREE, __ATOMIC_SEQ_CST);
		child_backoff[kind].quick = MAX(child_backoff[kind].quick, CHILD_QUICK_FREE);
		child_back_off(kind, child_name(&c), CHILD_BACKOFF_MAX);
		return false;
	}
	slot_at(c.slot)->pid = c.pid;
	log_debug("%s (pid %d) started", child_name(&c), (int)c.pid);
	return child_adopt(&c) != NULL;
}

void child_stop(struct child *c, int sig, int64_t within_ms)
{
	int64_t at = clock_ms() + within_ms;

	if (!c->foreign && c->kind == CHILD_WORKER)
		__atomic_store_n(&slot_at(c->slot)->state, SLOT_DRAINING, __ATOMIC_SEQ_CST);
	if (c->stop_at == 0 || at < c->stop_at)
		c->stop_at = at;
	kill(c->pid, sig);
}

int64_t child_overdue(int64_t now)
{
	int64_t next = 0;

	for (struct child *c = child_first(); c != NULL; c = child_next(c)) {
		if (c->stop_at == 0)
			continue;
		if (c->stop_at <= now) {
			log_warn("%s (pid %d) did not end in time: killed", child_name(c),
			         (int)c->pid);
			kill(c->pid, SIGKILL);
			c->stop_at = now + 1000;
		}
		next = next == 0 ? c->stop_at : MIN(next, c->stop_at);
	}
	return next;
}

static void child_say_death(const struct child *c, int status)
{
	const char *name = child_name(c);

	if (WIFSIGNALED(status))
		log_error("%s (pid %d) died: signal %d (%s)", name, (int)c->pid, WTERMSIG(status),
		          strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != CHILD_EXIT_AGAIN)
		log_error("%s (pid %d) ended with status %d", name, (int)c->pid,
		          WEXITSTATUS(status));
	else
		log_debug("%s (pid %d) has ended", name, (int)c->pid);
}

static void child_bury(struct child *c, int status, bool store)
{
	bool asked = c->stop_at != 0;
	bool dead_slot = c->kind == CHILD_WORKER && !c->foreign;

	child_say_death(c, status);
	if (!c->foreign)
		count_retire(c->slot);
	if (c->kind == CHILD_WORKER || !c->foreign)
		__atomic_store_n(&slot_at(c->slot)->state, dead_slot ? SLOT_DEAD : SLOT_FREE,
		                 __ATOMIC_SEQ_CST);
	if (store && dead_slot)
		wake_send(SLOT_KEEPER);
	c->pid = 0;
	if (asked || (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_EXIT_AGAIN))
		return;
	if (clock_ms() - c->started >= CHILD_QUICK)
		child_backoff[c->kind].quick = 0;
	else
		/* Somebody kills it, which is no crash: the wait stays short. */
		child_back_off(c->kind, child_name(c),
		               WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
		                   ? CHILD_BACKOFF_MIN
		                   : CHILD_BACKOFF_MAX);
}

void child_reap(bool store, void (*other)(pid_t pid, int status, void *arg), void *arg)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *c = child_first();

		while (c != NULL && c->pid != pid)
			c = child_next(c);
		if (c != NULL)
			child_bury(c, status, store);
		else
			other(pid, status, arg);
	}
}

void child_free_slots(void)
{
	for (int i = 0; i < SLOT_WORKERS; i++)
		if (__atomic_load_n(&slot_at(i)->state, __ATOMIC_SEQ_CST) == SLOT_DEAD)
			__atomic_store_n(&slot_at(i)->state, SLOT_FREE, __ATOMIC_SEQ_CST);
}
