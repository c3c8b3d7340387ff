/* loop.h - the event loop of a process: edge-triggered epoll, a wheel of deadlines, end-of-turn hooks.
 *
 * One loop per process, one thread. A turn: wait, clock_update(), events, timers, deferred calls,
 * end-of-turn hooks (the store resets its read transaction there). Events are edge-triggered: a
 * handler reads or writes until short or EAGAIN. A watch may be removed in any handler, also in that of
 * another watch of the same turn: its pending event is then dropped.                                */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/list.h"

#define LOOP_READ 1u
#define LOOP_WRITE 2u
#define LOOP_HANGUP 4u /* error or both directions closed; READ and WRITE are set with it */

struct loop;

struct loop_watch {
	int fd;                                            /* -1: not watched */
	void (*on_event)(struct loop_watch *w, unsigned events);
	unsigned pending;                                  /* loop's own */
};

/* A deadline. Setting it later than it stands costs one store; the wheel looks again when it comes round. */
struct loop_timer {
	struct list link;
	int64_t due;      /* wanted, clock_ms(); 0 = off */
	int64_t at;       /* slot in the wheel where it lies now */
	void (*on_due)(struct loop_timer *t);
};

struct loop_call { /* a call at the end of this turn, once however often asked */
	struct list link;
	void (*fn)(struct loop_call *c);
};

int loop_init(void);     /* per process, after fork; 0 or an error */
void loop_run(void);     /* until loop_stop() */
void loop_stop(void);
void loop_fini(void);
/* One turn, waiting at most timeout_ms (-1: until the next timer). For tests and short waits. */
void loop_turn(int timeout_ms);

/* fd non-blocking; READ|WRITE, edge-triggered, one epoll_ctl for its whole life. 0 or an error. */
int loop_add(struct loop_watch *w, int fd, void (*on_event)(struct loop_watch *, unsigned));
/* Level-triggered and READ only, with EPOLLEXCLUSIVE: for listeners shared by processes. */
int loop_add_listener(struct loop_watch *w, int fd, void (*on_event)(struct loop_watch *, unsigned));
/* Level-triggered, chosen events (c-ares, eventfds). loop_change() alters them. */
int loop_add_level(struct loop_watch *w, int fd, unsigned events, void (*on_event)(struct loop_watch *, unsigned));
int loop_change(struct loop_watch *w, unsigned events);
void loop_remove(struct loop_watch *w); /* does not close; w->fd = -1. Nothing if not watched */

void loop_timer_init(struct loop_timer *t, void (*on_due)(struct loop_timer *));
void loop_timer_set(struct loop_timer *t, int64_t due_ms); /* absolute clock_ms(); resolution about 16 ms */
void loop_timer_cancel(struct loop_timer *t);              /* t->due = 0 and out of the wheel */

void loop_call_init(struct loop_call *c, void (*fn)(struct loop_call *));
void loop_call_soon(struct loop_call *c);  /* after the events of this turn, before the next wait */
void loop_call_cancel(struct loop_call *c);
/* fn(arg) at the end of each turn, before waiting; at most 4 hooks. */
void loop_on_turn_end(void (*fn)(void *arg), void *arg);

#endif
