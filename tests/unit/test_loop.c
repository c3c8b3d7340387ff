/* test_loop.c - edges, removed watches, the wheel of deadlines, calls at the end of a turn. */
#include "unit_net.h"

/* ---- events ---- */

struct seen {
	struct loop_watch watch;
	struct loop_watch *remove; /* removed when this one is called */
	int calls;
	unsigned events;
};

static void on_event(struct loop_watch *w, unsigned events)
{
	struct seen *s = CONTAINER_OF(w, struct seen, watch);

	s->calls++;
	s->events = events;
	if (s->remove != NULL)
		loop_remove(s->remove);
}

static void edges(void)
{
	struct seen s = {.calls = 0};
	int fd[2];

	unit_loop_init();
	unit_pair(fd);
	AZ(loop_add(&s.watch, fd[0], on_event));
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 1);
	UNIT_INT_EQ(s.events, LOOP_WRITE);
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 1); /* no new edge */
	unit_send(fd[1], "x");
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 2);
	CU_ASSERT((s.events & LOOP_READ) != 0 && (s.events & (LOOP_END | LOOP_HANGUP)) == 0);
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 2); /* unread, but no new edge */
	AZ(shutdown(fd[1], SHUT_WR));
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 3);
	CU_ASSERT((s.events & LOOP_READ) != 0 && (s.events & LOOP_END) != 0);
	CU_ASSERT((s.events & LOOP_HANGUP) == 0);
	close(fd[1]);
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 4);
	UNIT_INT_EQ(s.events, LOOP_READ | LOOP_WRITE | LOOP_END | LOOP_HANGUP);
	loop_remove(&s.watch);
	UNIT_INT_EQ(s.watch.fd, -1);
	loop_remove(&s.watch); /* allowed */
	close(fd[0]);
	loop_fini();
}

/* Two watches are ready in one turn; whichever comes first removes the other, whose event must not
 * come. */
static void removed_in_turn(void)
{
	struct seen a = {.calls = 0}, b = {.calls = 0};
	int x[2], y[2];

	unit_loop_init();
	unit_pair(x);
	unit_pair(y);
	AZ(loop_add(&a.watch, x[0], on_event));
	AZ(loop_add(&b.watch, y[0], on_event));
	a.remove = &b.watch;
	b.remove = &a.watch;
	unit_turn(0);
	UNIT_INT_EQ(a.calls + b.calls, 1);
	loop_remove(&a.watch);
	loop_remove(&b.watch);
	for (int i = 0; i < 2; i++) {
		close(x[i]);
		close(y[i]);
	}
	loop_fini();
}

static void removed_by_itself(void)
{
	struct seen a = {.calls = 0};
	int x[2];

	unit_loop_init();
	unit_pair(x);
	AZ(loop_add(&a.watch, x[0], on_event));
	a.remove = &a.watch;
	unit_turn(0);
	unit_send(x[1], "x");
	unit_turn(0);
	UNIT_INT_EQ(a.calls, 1);
	close(x[0]);
	close(x[1]);
	loop_fini();
}

static void level(void)
{
	struct seen s = {.calls = 0};
	int fd[2];

	unit_loop_init();
	unit_pair(fd);
	AZ(loop_add_level(&s.watch, fd[0], LOOP_READ, on_event));
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 0);
	unit_send(fd[1], "x");
	unit_turn(0);
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 2);
	UNIT_INT_EQ(s.events, LOOP_READ);
	AZ(loop_change(&s.watch, LOOP_WRITE));
	unit_turn(0);
	UNIT_INT_EQ(s.events, LOOP_WRITE);
	loop_remove(&s.watch);
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 3);
	AZ(loop_add_listener(&s.watch, fd[0], on_event));
	unit_turn(0);
	unit_turn(0);
	UNIT_INT_EQ(s.calls, 5);
	CU_ASSERT(loop_add(&(struct loop_watch){.fd = -1}, fd[0], on_event) < 0); /* twice */
	loop_remove(&s.watch);
	close(fd[0]);
	close(fd[1]);
	loop_fini();
}

static void zeroed_is_unwatched(void)
{
	struct seen s;

	memset(&s, 0, sizeof s); /* its fd is 0, and must not be touched */
	unit_loop_init();
	loop_remove(&s.watch);
	loop_remove_closing(&s.watch);
	UNIT_INT_EQ(s.watch.fd, 0);
	loop_fini();
}

/* ---- timers ---- */

struct alarm {
	struct loop_timer timer;
	int64_t rang; /* clock_ms(), 0 = not yet */
	int count;
	struct loop_timer *cancel; /* cancelled when this one rings */
	int64_t again;             /* set again so much later */
};

static void on_due(struct loop_timer *t)
{
	struct alarm *a = CONTAINER_OF(t, struct alarm, timer);

	UNIT_INT_EQ(t->due, 0);
	a->rang = clock_ms();
	a->count++;
	if (a->cancel != NULL)
		loop_timer_cancel(a->cancel);
	if (a->again != 0)
		loop_timer_set(t, clock_ms() + a->again);
}

static void alarm_init(struct alarm *a)
{
	memset(a, 0, sizeof *a);
	loop_timer_init(&a->timer, on_due);
}

/* Moves the clock as the loop itself would: each turn comes when its wait is over. */
static void run_until(int64_t ms)
{
	while (unit_ms < ms) {
		int wait = loop_wait_ms();
		if (wait < 0 || unit_ms + wait > ms)
			wait = (int)(ms - unit_ms);
		AN(wait > 0); /* otherwise the loop would spin */
		unit_turn(wait);
	}
}

static void one_timer(void)
{
	static const int64_t after[] = {1,     15,    16,    17,     50,     1000,
	                                65000, 65536, 65537, 200000, 3600000};
	struct alarm a;

	for (size_t i = 0; i < COUNT_OF(after); i++) {
		int64_t from;
		unit_loop_init();
		alarm_init(&a);
		from = clock_ms();
		UNIT_INT_EQ(loop_wait_ms(), -1);
		loop_timer_set(&a.timer, from + after[i]);
		CU_ASSERT(loop_wait_ms() >= 0);
		run_until(from + after[i] + 40);
		UNIT_INT_EQ(a.count, 1);
		CU_ASSERT(a.rang >= from + after[i]);
		CU_ASSERT(a.rang < from + after[i] + 17);
		UNIT_INT_EQ(loop_wait_ms(), -1);
		loop_fini();
	}
}

static void later_is_lazy(void)
{
	struct alarm a;
	int64_t from, at;

	unit_loop_init();
	alarm_init(&a);
	from = clock_ms();
	loop_timer_set(&a.timer, from + 100);
	at = a.timer.at;
	loop_timer_set(&a.timer, from + 5000);
	UNIT_INT_EQ(a.timer.at, at); /* not moved in the wheel */
	run_until(from + 4999);
	UNIT_INT_EQ(a.count, 0);
	run_until(from + 5020);
	UNIT_INT_EQ(a.count, 1);
	loop_fini();
}

static void earlier_moves(void)
{
	struct alarm a;
	int64_t from;

	unit_loop_init();
	alarm_init(&a);
	from = clock_ms();
	loop_timer_set(&a.timer, from + 60000);
	loop_timer_set(&a.timer, from + 100);
	CU_ASSERT(loop_wait_ms() >= 100 && loop_wait_ms() < 117);
	run_until(from + 120);
	UNIT_INT_EQ(a.count, 1);
	loop_timer_set(&a.timer, from + 60000);
	loop_timer_cancel(&a.timer);
	UNIT_INT_EQ(a.timer.due, 0);
	UNIT_INT_EQ(loop_wait_ms(), -1);
	loop_timer_cancel(&a.timer); /* allowed */
	run_until(from + 70000);
	UNIT_INT_EQ(a.count, 1);
	loop_fini();
}

/* Two are due in one turn; the first cancels the second. One that is due at once does not spin the
 * turn. */
static void handlers_change_timers(void)
{
	struct alarm a, b;
	int64_t from;

	unit_loop_init();
	alarm_init(&a);
	alarm_init(&b);
	from = clock_ms();
	loop_timer_set(&a.timer, from + 10);
	loop_timer_set(&b.timer, from + 10);
	a.cancel = &b.timer;
	a.again = 1;
	run_until(from + 30);
	UNIT_INT_EQ(a.count, 1);
	UNIT_INT_EQ(b.count, 0);
	run_until(from + 47);
	UNIT_INT_EQ(a.count, 2);
	loop_timer_cancel(&a.timer);
	loop_fini();
}

/* The process was stopped for an hour: all that was due rings once, in one turn. */
static void long_sleep(void)
{
	struct alarm a[100];
	int64_t from;

	unit_loop_init();
	from = clock_ms();
	for (int i = 0; i < 100; i++) {
		alarm_init(&a[i]);
		loop_timer_set(&a[i].timer, from + 1 + i * 997);
	}
	loop_timer_set(&a[99].timer, from + 4000000);
	unit_turn(3600000);
	for (int i = 0; i < 99; i++)
		UNIT_INT_EQ(a[i].count, 1);
	UNIT_INT_EQ(a[99].count, 0);
	run_until(from + 4000020);
	UNIT_INT_EQ(a[99].count, 1);
	UNIT_INT_EQ(loop_wait_ms(), -1);
	loop_fini();
}

static uint32_t random_state = 12345;
static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

/* Against a plain model: each timer rings once, never early, at most 16 ms late. */
static void many_timers(void)
{
	static struct alarm a[500];
	int64_t due[COUNT_OF(a)];
	int64_t end;

	unit_loop_init();
	for (size_t i = 0; i < COUNT_OF(a); i++) {
		alarm_init(&a[i]);
		due[i] = 0;
	}
	for (int step = 0; step < 5000; step++) {
		size_t i = random_below(COUNT_OF(a));
		if (a[i].rang == 0) {
			due[i] = random_below(4) == 0 ? 0 : clock_ms() + 1 + random_below(150000);
			if (due[i] == 0)
				loop_timer_cancel(&a[i].timer);
			else
				loop_timer_set(&a[i].timer, due[i]);
		}
		run_until(unit_ms + random_below(60));
	}
	end = clock_ms() + 150020;
	run_until(end);
	for (size_t i = 0; i < COUNT_OF(a); i++) {
		UNIT_INT_EQ(a[i].count, due[i] != 0);
		if (due[i] != 0)
			CU_ASSERT(a[i].rang >= due[i] && a[i].rang <= due[i] + 16);
	}
	UNIT_INT_EQ(loop_wait_ms(), -1);
	loop_fini();
}

/* ---- calls and hooks ---- */

static char order[32];
static void note(const char *what)
{
	strncat(order, what, sizeof order - strlen(order) - 1);
}

struct caller {
	struct loop_call call;
	bool again;
	struct loop_call *cancel;
};

static void on_call(struct loop_call *c)
{
	struct caller *k = CONTAINER_OF(c, struct caller, call);

	note("c");
	if (k->cancel != NULL)
		loop_call_cancel(k->cancel);
	if (k->again)
		loop_call_soon(c);
}

static void hook(void *arg)
{
	note(arg);
}

static void calls(void)
{
	struct caller a = {.again = false}, b = {.again = false};

	unit_loop_init();
	order[0] = '\0';
	loop_call_init(&a.call, on_call);
	loop_call_init(&b.call, on_call);
	loop_on_turn_end(hook, (void *)(uintptr_t) "h");
	loop_on_turn_end(hook, (void *)(uintptr_t) "i");
	loop_call_soon(&a.call);
	loop_call_soon(&a.call); /* once */
	loop_call_soon(&b.call);
	UNIT_INT_EQ(loop_wait_ms(), 0);
	loop_turn(-1);
	UNIT_STR_EQ(str_of(order), "cchi");
	UNIT_INT_EQ(loop_wait_ms(), -1);
	order[0] = '\0';
	a.again = true; /* asks again: next turn, which does not wait */
	a.cancel = &b.call;
	loop_call_soon(&a.call);
	loop_call_soon(&b.call);
	loop_turn(-1);
	UNIT_STR_EQ(str_of(order), "chi");
	UNIT_INT_EQ(loop_wait_ms(), 0);
	loop_turn(-1);
	UNIT_STR_EQ(str_of(order), "chichi");
	loop_call_cancel(&a.call);
	UNIT_INT_EQ(loop_wait_ms(), -1);
	loop_fini();
}

static void stop_now(struct loop_timer *t)
{
	(void)t;
	loop_stop();
}

/* With the real clock, for 16 ms at most: the wait itself ends in time and the loop stops. */
static void run_and_stop(void)
{
	struct loop_timer t;
	int64_t before = clock_read_us(), took;

	loop_use_clock(clock_update);
	AZ(loop_init());
	loop_timer_init(&t, stop_now);
	loop_timer_set(&t, clock_ms() + 1);
	loop_run();
	took = clock_read_us() - before;
	CU_ASSERT(took >= 0 && took < 5000000);
	loop_fini();
}

UNIT_MAIN("loop", {"edges", edges}, {"removed in turn", removed_in_turn},
          {"removed by itself", removed_by_itself}, {"level", level},
          {"zeroed is unwatched", zeroed_is_unwatched}, {"one timer", one_timer},
          {"later is lazy", later_is_lazy}, {"earlier moves", earlier_moves},
          {"handlers change timers", handlers_change_timers}, {"long sleep", long_sleep},
          {"many timers", many_timers}, {"calls", calls}, {"run and stop", run_and_stop})
