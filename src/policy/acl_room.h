/* acl_room.h - arrays that grow in an arena while a configuration is read.
 *
 * The old array stays behind in the arena (at most as much again); used by the acl files only. */
#ifndef POLICY_ACL_ROOM_H
#define POLICY_ACL_ROOM_H

#include "base/arena.h"

/* Room for one more element of `size` bytes: the array (old or moved), NULL without memory. The
 * caller keeps what is returned at once: *room is that of the new array. */
static inline void *acl_room(struct arena *a, void *old, unsigned count, unsigned *room,
                             size_t size)
{
	unsigned more = *room == 0 ? 4 : *room * 2;
	void *p;

	if (count < *room)
		return old;
	p = arena_alloc(a, more * size);
	if (p == NULL)
		return NULL;
	if (count != 0)
		memcpy(p, old, count * size);
	*room = more;
	return p;
}

#endif
