/* list.h - an intrusive, circular, doubly linked list.
 *
 * A `struct list` is both the head and the link inside an element; an element removes itself without
 * knowing its list. list_init() makes an empty head or a link that is in no list; removing a link
 * that is in no list is allowed and does nothing.                                                  */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include "base/obj.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_empty(const struct list *l) { return l->next == l; }
static inline void list_remove(struct list *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	list_init(e);
}
/* e must be in no list. */
static inline void list_append(struct list *l, struct list *e)
{
	e->prev = l->prev;
	e->next = l;
	l->prev->next = e;
	l->prev = e;
}
static inline void list_prepend(struct list *l, struct list *e) { list_append(l->next, e); }

/* The element of type `type` whose link `member` is l. */
#define LIST_OF(l, type, member) CONTAINER_OF(l, type, member)
#define LIST_FIRST(l, type, member) (list_empty(l) ? NULL : LIST_OF((l)->next, type, member))
#define LIST_FOREACH(it, l) for (struct list *it = (l)->next; it != (l); it = it->next)
/* The element at `it` may be removed, or freed, in the body. */
#define LIST_FOREACH_SAFE(it, l)                                                                   \
	for (struct list *it = (l)->next, *it##_next = it->next; it != (l);                        \
	     it = it##_next, it##_next = it->next)

#endif
