/* watch.c - counts the ticks in which a heartbeat stood still; see watch.h. */
#include <signal.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/slot.h"
#include "proc/child.h"
#include "proc/watch.h"

#define WATCH_TICKS 10
#define WATCH_TICKS_KEEPER 120

static int64_t watch_next;

int64_t watch_period(void)
{
	static int64_t period;
	const char *text;

	if (period != 0)
		return period;
	period = 1000;
	text = getenv("WEIR_TEST_HEARTBEAT_MS");
	if (text != NULL && atol(text) >= 100)
		period = atol(text) / WATCH_TICKS;
	return period;
}

int64_t watch_due(void)
{
	return watch_next;
}

static void watch_one(struct child *c)
{
	const struct slot *s = slot_at(c->slot);
	int64_t beat = __atomic_load_n(&s->heartbeat, __ATOMIC_RELAXED);
	unsigned limit = c->kind == CHILD_KEEPER ? WATCH_TICKS_KEEPER : WATCH_TICKS;

	if (beat != c->beat) {
		c->beat = beat;
		c->missed = 0;
		return;
	}
	if (++c->missed < limit || __atomic_load_n(&s->busy_in_commit, __ATOMIC_SEQ_CST) != 0)
		return;
	log_error("%s (pid %d) has not moved for %lld ms: killed", child_name(c), (int)c->pid,
	          (long long)(c->missed * watch_period()));
	kill(c->pid, SIGKILL);
	c->missed = 0;
}

void watch_tick(int64_t now)
{
	bool on_time = watch_next == 0 || now - watch_next <= watch_period() / 2;

	watch_next = now + watch_period();
	if (!on_time)
		return;
	for (struct child *c = child_first(); c != NULL; c = child_next(c))
		if (!c->foreign)
			watch_one(c);
}
