/* follower.h - the followers of fills: what they are told, and how they read the body.
 *
 * A follower hangs on a fill of this worker or, through its flight, on one of another worker; for
 * the request both look the same. on_change and source.wake may end the request, and the follower
 * with it: after a call only the fill is looked at. Only for the files fill*.c and follower*.c. */
#ifndef REQUEST_FOLLOWER_H
#define REQUEST_FOLLOWER_H

#include "request/fill_steps.h"

void follower_init(struct follower *f, const struct fill_ask *ask);
/* Joins a fill that has no head yet, or that is kept and whose Vary fits. False: it does not serve
 * this follower. */
bool follower_join(struct fill *fill, struct follower *f);
void follower_attach(struct fill *fill, struct follower *f);
/* flight_join() answered FLIGHT_FOLLOWER: sets the state. */
void follower_join_flight(struct follower *f);
/* Is e, by its Vary, this one's variant? */
bool follower_fits(const struct follower *f, const struct store_entry *e);
/* Out of everything; the fill is not told. */
void follower_detach(struct follower *f);
void follower_leave_fill(struct follower *f);
void follower_close_body(struct follower *f);

/* Each of these may end followers and, with the last one, the fill. */
void follower_tell_stored(struct fill *fill); /* the head is kept */
void follower_tell_refreshed(struct fill *fill, const struct store_entry *e, bool for_all);
void follower_tell_look_again(struct fill *fill);
/* The answer is for the one who asked first; others are told `others`: FILL_UNCACHEABLE, or
 * FILL_FAILED with err and status of the fill. False: nobody is there to take it. */
bool follower_tell_response(struct fill *fill, enum fill_state others);
void follower_tell_failed(struct fill *fill);
void follower_tell_body(struct fill *fill); /* bytes, the end or a break are there */
void follower_tell_interim(struct fill *fill, const struct msg *head);
/* It cannot be kept any more: only a follower that has read all may go on. False: none. */
bool follower_tell_unkept(struct fill *fill);
/* Those that are behind what was stored read from the store from now on. */
void follower_open_behind(struct fill *fill);

#endif
