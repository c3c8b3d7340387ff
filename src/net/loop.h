/* loop.h - the event loop of a process: edge-triggered epoll, a wheel of deadlines, end-of-turn
 * hooks.
 *
 * One loop per process, one thread. A turn: wait, clock_update(), events, timers, deferred calls,
 * end-of-turn hooks (the store resets its read transaction there). Events are edge-triggered: a
 * handler reads or writes until short or EAGAIN. A watch may be removed in any handler, also in
 * that of another watch of the same turn: its pending event is then dropped. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/list.h"

#define LOOP_READ 1u
#define LOOP_WRITE 2u
#define LOOP_HANGUP 4u /* error or both directions closed; READ and WRITE are set with it */
#define LOOP_END \
	8u /* the peer has sent its last byte; READ is set with it. Comes once: read until 0 */

struct loop;

struct loop_watch {
	int fd; /* -1: not watched */
	void (*on_event)(struct loop_watch *w,
	                 unsigned events); /* NULL: never watched (zeroed memory) */
	unsigned
	    pending; /* loop's own: place of its event in this turn's batch, from 1; 0 = none */
};

/* A deadline. Setting it later than it stands costs one store; the wheel looks again when it comes
 * round. */
struct loop_timer {
	struct list link;
	int64_t due; /* wanted, clock_ms(); 0 = off */
	int64_t at;  /* slot in the wheel where it lies now */
	void (*on_due)(struct loop_timer *t);
};

struct loop_call { /* a call at the end of this turn, once however often asked */
	struct list link;
	void (*fn)(struct loop_call *c);
};

int loop_init(void); /* per process, after fork; 0 or an error */
void loop_run(void); /* until loop_stop() */
void loop_stop(void);
void loop_fini(void);
/* One turn, waiting at most timeout_ms (-1: until the next timer). For tests and short waits. */
void loop_turn(int timeout_ms);
/* For tests: `update` is called in place of clock_update(); before loop_init. */
void loop_use_clock(void (*update)(void));
/* How long the next turn would wait: milliseconds, 0 when calls are due, -1 when nothing is. */
int loop_wait_ms(void);

/* fd non-blocking; READ|WRITE, edge-triggered, one epoll_ctl for its whole life. 0 or an error. */
int loop_add(struct loop_watch *w, int fd, void (*on_event)(struct loop_watch *, unsigned));
/* Level-triggered and READ only, with EPOLLEXCLUSIVE: for listeners shared by processes. */
int loop_add_listener(struct loop_watch *w, int fd,
                      void (*on_event)(struct loop_watch *, unsigned));
/* Level-triggered, chosen events (c-ares, eventfds). loop_change() alters them. */
int loop_add_level(struct loop_watch *w, int fd, unsigned events,
                   void (*on_event)(struct loop_watch *, unsigned));
int loop_change(struct loop_watch *w, unsigned events);
void loop_remove(struct loop_watch *w); /* does not close; w->fd = -1. Nothing if not watched */
/* The same for an fd that the caller closes now: the kernel drops it from the epoll set by itself,
 * which saves a system call. Only for an fd that has no duplicate here or in another process. */
void loop_remove_closing(struct loop_watch *w);

void loop_timer_init(struct loop_timer *t, void (*on_due)(struct loop_timer *));
/* Absolute clock_ms(), > 0. Never early, up to 16 ms late. t->due is 0 when on_due is called; it
 * may set the timer again, and free whatever holds it. */
void loop_timer_set(struct loop_timer *t, int64_t due_ms);
void loop_timer_cancel(struct loop_timer *t); /* t->due = 0 and out of the wheel */

void loop_call_init(struct loop_call *c, void (*fn)(struct loop_call *));
/* After the events and timers of this turn. Asked for in a call or a turn-end hook: in the next
 * turn, which then looks for events without waiting, so that a call which asks for itself again
 * starves nobody. */
void loop_call_soon(struct loop_call *c);
void loop_call_cancel(struct loop_call *c);
/* fn(arg) at the end of each turn, before waiting; at most 4 hooks. */
void loop_on_turn_end(void (*fn)(void *arg), void *arg);

#endif
