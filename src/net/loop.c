/* loop.c - the event loop of a process: epoll, a wheel of deadlines, calls at the end of a turn.
 *
 * Every room above lives in its callbacks. The loop owns nothing of theirs: watches, timers and
 * calls are embedded in their owners, who take them out before they die. In steady state a turn
 * costs one system call, epoll_wait: descriptors are added once, edge-triggered, and timers are
 * only memory.
 *
 * The wheel has 4096 slots of 16 ms (65 s). A bit per slot and a bit per 64 slots say which hold
 * timers, so the next deadline is found with two bit scans. A timer that is due beyond the wheel
 * lies in the last slot and is looked at again when that comes round; so does one that was set
 * later while it lay there.       */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "net/loop.h"

#define LOOP_BATCH 256
#define LOOP_HOOKS 4
#define LOOP_TICK_MS 16
#define LOOP_SLOTS 4096 /* 64 words of 64 bits: loop_wheel.words has one bit for each word */

struct loop_wheel {
	int64_t cursor; /* all ticks up to this one are done */
	uint64_t words; /* bit i: bits[i] is not 0 */
	uint64_t bits[LOOP_SLOTS / 64];
	struct list slots[LOOP_SLOTS];
};

struct loop_hook {
	void (*fn)(void *arg);
	void *arg;
};

static struct loop {
	int epoll;
	bool open, stopped, turning;
	struct epoll_event batch[LOOP_BATCH];
	int hook_count;
	struct loop_hook hooks[LOOP_HOOKS];
	struct list calls;
	struct loop_wheel wheel;
} loop = {.epoll = -1};

static void (*read_clock)(void) = clock_update;

void loop_use_clock(void (*update)(void))
{
	read_clock = update;
}

int loop_init(void)
{
	AZ(loop.open);
	memset(&loop, 0, sizeof loop);
	loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop.epoll < 0)
		return err_of_errno(errno);
	loop.open = true;
	list_init(&loop.calls);
	read_clock();
	loop.wheel.cursor = clock_ms() / LOOP_TICK_MS;
	for (size_t i = 0; i < LOOP_SLOTS; i++)
		list_init(&loop.wheel.slots[i]);
	return 0;
}

void loop_fini(void)
{
	if (!loop.open)
		return;
	(void)close(loop.epoll);
	loop.epoll = -1;
	loop.open = false;
}

/* ---- descriptors ---- */

static uint32_t flags_of(unsigned events)
{
	return ((events & LOOP_READ) != 0 ? (uint32_t)EPOLLIN : 0) |
	       ((events & LOOP_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0);
}

static unsigned events_of(uint32_t flags)
{
	unsigned events = 0;

	if ((flags & EPOLLIN) != 0)
		events |= LOOP_READ;
	if ((flags & EPOLLOUT) != 0)
		events |= LOOP_WRITE;
	if ((flags & EPOLLRDHUP) != 0)
		events |= LOOP_READ | LOOP_END;
	if ((flags & (EPOLLHUP | EPOLLERR)) != 0)
		events |= LOOP_READ | LOOP_WRITE | LOOP_HANGUP;
	return events;
}

static int control(int operation, struct loop_watch *w, int fd, uint32_t flags)
{
	struct epoll_event e = {.events = flags, .data.ptr = w};

	return epoll_ctl(loop.epoll, operation, fd, &e) == 0 ? 0 : err_of_errno(errno);
}

static int add(struct loop_watch *w, int fd, uint32_t flags,
               void (*on_event)(struct loop_watch *, unsigned))
{
	int r;

	AN(loop.open);
	AN(fd >= 0);
	w->fd = -1;
	w->on_event = on_event;
	w->pending = 0;
	r = control(EPOLL_CTL_ADD, w, fd, flags);
	if (r == 0)
		w->fd = fd;
	return r;
}

int loop_add(struct loop_watch *w, int fd, void (*on_event)(struct loop_watch *, unsigned))
{
	return add(w, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | (uint32_t)EPOLLET, on_event);
}

int loop_add_listener(struct loop_watch *w, int fd, void (*on_event)(struct loop_watch *, unsigned))
{
	return add(w, fd, EPOLLIN | (uint32_t)EPOLLEXCLUSIVE, on_event);
}

int loop_add_level(struct loop_watch *w, int fd, unsigned events,
                   void (*on_event)(struct loop_watch *, unsigned))
{
	return add(w, fd, flags_of(events), on_event);
}

static bool watched(const struct loop_watch *w)
{
	return w->on_event != NULL && w->fd >= 0;
}

int loop_change(struct loop_watch *w, unsigned events)
{
	AN(watched(w));
	return control(EPOLL_CTL_MOD, w, w->fd, flags_of(events));
}

void loop_remove_closing(struct loop_watch *w)
{
	if (!watched(w))
		return;
	if (w->pending != 0) {
		/* Its event waits in the batch of this turn; nobody may be called for it. */
		AN(loop.batch[w->pending - 1].data.ptr == w);
		loop.batch[w->pending - 1].data.ptr = NULL;
		w->pending = 0;
	}
	w->fd = -1;
}

void loop_remove(struct loop_watch *w)
{
	if (!watched(w))
		return;
	(void)control(EPOLL_CTL_DEL, w, w->fd, 0);
	loop_remove_closing(w);
}

/* ---- timers ---- */

static size_t slot_of(int64_t tick)
{
	return (size_t)(tick % LOOP_SLOTS);
}

static void link_timer(struct loop_timer *t)
{
	struct loop_wheel *wheel = &loop.wheel;
	int64_t tick = (t->due + LOOP_TICK_MS - 1) / LOOP_TICK_MS;
	size_t slot;

	tick = MAX(tick, wheel->cursor + 1);
	tick = MIN(tick, wheel->cursor + LOOP_SLOTS - 1);
	slot = slot_of(tick);
	t->at = tick * LOOP_TICK_MS;
	list_append(&wheel->slots[slot], &t->link);
	wheel->bits[slot / 64] |= UINT64_C(1) << (slot % 64);
	wheel->words |= UINT64_C(1) << (slot / 64);
}

/* Clears the slot's bit when its list is empty. */
static void settle_slot(size_t slot)
{
	struct loop_wheel *wheel = &loop.wheel;

	if (!list_empty(&wheel->slots[slot]))
		return;
	wheel->bits[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
	if (wheel->bits[slot / 64] == 0)
		wheel->words &= ~(UINT64_C(1) << (slot / 64));
}

static void unlink_timer(struct loop_timer *t)
{
	list_remove(&t->link);
	settle_slot(slot_of(t->at / LOOP_TICK_MS));
}

void loop_timer_init(struct loop_timer *t, void (*on_due)(struct loop_timer *))
{
	list_init(&t->link);
	t->due = t->at = 0;
	t->on_due = on_due;
}

void loop_timer_set(struct loop_timer *t, int64_t due_ms)
{
	AN(loop.open);
	AN(due_ms > 0);
	t->due = due_ms;
	if (!list_empty(&t->link)) {
		if (due_ms >= t->at)
			return; /* the common case: a deadline moves on with every byte */
		unlink_timer(t);
	}
	link_timer(t);
}

void loop_timer_cancel(struct loop_timer *t)
{
	t->due = 0;
	if (t->link.next != NULL && !list_empty(&t->link))
		unlink_timer(t);
}

/* The first slot that holds a timer at or after `from`, going round; LOOP_SLOTS when none does. */
static size_t first_slot(size_t from)
{
	const struct loop_wheel *wheel = &loop.wheel;
	size_t word = from / 64;
	uint64_t bits = wheel->bits[word] & (UINT64_MAX << (from % 64));
	uint64_t words;

	if (wheel->words == 0)
		return LOOP_SLOTS;
	if (bits == 0) {
		words = word == 63 ? 0 : wheel->words & (UINT64_MAX << (word + 1));
		/* Going round may come back to the low part of the word it started in. */
		word = (size_t)__builtin_ctzll(words != 0 ? words : wheel->words);
		bits = wheel->bits[word];
	}
	return word * 64 + (size_t)__builtin_ctzll(bits);
}

/* The tick of the next slot that holds a timer, or -1. */
static int64_t next_tick(void)
{
	int64_t from = loop.wheel.cursor + 1;
	size_t slot = first_slot(slot_of(from));

	if (slot == LOOP_SLOTS)
		return -1;
	return from + (int64_t)((slot + LOOP_SLOTS - slot_of(from)) % LOOP_SLOTS);
}

/* Moves all of a slot's timers to the end of `due`. */
static void take_slot(size_t slot, struct list *due)
{
	struct list *from = &loop.wheel.slots[slot];

	while (!list_empty(from)) {
		struct list *link = from->next;
		list_remove(link);
		list_append(due, link);
	}
	settle_slot(slot);
}

static void run_timers(void)
{
	int64_t now_tick = clock_ms() / LOOP_TICK_MS;
	struct list due;
	int64_t tick;

	if (now_tick <= loop.wheel.cursor)
		return;
	list_init(&due);
	while ((tick = next_tick()) >= 0 && tick <= now_tick)
		take_slot(slot_of(tick), &due);
	loop.wheel.cursor = now_tick;
	/* A handler may cancel or set any timer of the list: always take the first that is left. */
	while (!list_empty(&due)) {
		struct loop_timer *t = LIST_OF(due.next, struct loop_timer, link);
		list_remove(&t->link);
		if (t->due > clock_ms()) {
			link_timer(t);
			continue;
		}
		t->due = 0;
		t->on_due(t);
	}
}

/* ---- calls and hooks ---- */

void loop_call_init(struct loop_call *c, void (*fn)(struct loop_call *))
{
	list_init(&c->link);
	c->fn = fn;
}

void loop_call_soon(struct loop_call *c)
{
	AN(loop.open);
	if (list_empty(&c->link))
		list_append(&loop.calls, &c->link);
}

void loop_call_cancel(struct loop_call *c)
{
	if (c->link.next != NULL)
		list_remove(&c->link);
}

static void run_calls(void)
{
	struct list now;

	if (list_empty(&loop.calls))
		return;
	/* What is asked for from here on belongs to the next turn. */
	list_append(&loop.calls, &now);
	list_remove(&loop.calls);
	while (!list_empty(&now)) {
		struct loop_call *c = LIST_OF(now.next, struct loop_call, link);
		list_remove(&c->link);
		c->fn(c);
	}
}

void loop_on_turn_end(void (*fn)(void *arg), void *arg)
{
	AN(loop.open);
	AN(loop.hook_count < LOOP_HOOKS);
	loop.hooks[loop.hook_count++] = (struct loop_hook){fn, arg};
}

/* ---- turns ---- */

int loop_wait_ms(void)
{
	int64_t tick, wait;

	if (!list_empty(&loop.calls))
		return 0;
	tick = next_tick();
	if (tick < 0)
		return -1;
	wait = tick * LOOP_TICK_MS - clock_ms();
	return (int)MAX(wait, 0);
}

static void run_events(int n)
{
	for (int i = 0; i < n; i++)
		((struct loop_watch *)loop.batch[i].data.ptr)->pending = (unsigned)i + 1;
	for (int i = 0; i < n; i++) {
		struct loop_watch *w = loop.batch[i].data.ptr;
		if (w == NULL) /* removed in this turn */
			continue;
		w->pending = 0;
		w->on_event(w, events_of(loop.batch[i].events));
	}
}

void loop_turn(int timeout_ms)
{
	int wait, n;

	AN(loop.open);
	AZ(loop.turning);
	loop.turning = true;
	wait = loop_wait_ms();
	if (timeout_ms >= 0 && (wait < 0 || timeout_ms < wait))
		wait = timeout_ms;
	n = epoll_wait(loop.epoll, loop.batch, LOOP_BATCH, wait);
	AN(n >= 0 || errno == EINTR);
	read_clock();
	run_events(n);
	run_timers();
	run_calls();
	for (int i = 0; i < loop.hook_count; i++)
		loop.hooks[i].fn(loop.hooks[i].arg);
	loop.turning = false;
}

void loop_run(void)
{
	loop.stopped = false;
	while (!loop.stopped)
		loop_turn(-1);
}

void loop_stop(void)
{
	loop.stopped = true;
}
