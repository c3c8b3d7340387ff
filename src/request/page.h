/* page.h - the page that tells why a request was refused: text for tools, HTML for browsers, JSON
 * for who asks for it. Pure. Nothing of the request but its cut, escaped target is shown. */
#ifndef REQUEST_PAGE_H
#define REQUEST_PAGE_H

#include "base/arena.h"
#include "http/msg.h"

/* why: may be NULL. In the arena; without memory *body is empty. */
void page_make(struct arena *a, const struct msg *request, int status, const char *why,
               struct str server, struct str *type, struct str *body);

#endif
