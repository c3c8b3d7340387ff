/* respond.h - the head that goes out: from a stored entry, a fresh answer, or a page made here.
 *
 * Homes here: Age, Via, Date, Cache-Status (RFC 9211), Proxy-Status (RFC 9209), the removal of
 * hop-by-hop fields, the choice of representation (gzip or plain), conditions, ranges. Each call fills
 * r->answer (head) and r->plan (body) for the step DELIVER.                                            */
#ifndef REQUEST_RESPOND_H
#define REQUEST_RESPOND_H

#include "request/request.h"

/* r->source is the body of e. hit: it was in the store (Age must be told); else e is the head of a fill that this request started or
 * followed. 0, or ERR_NOMEM, ERR_BAD (the entry does not decode: as if not stored), ERR_GONE. */
int respond_entry(struct request *r, const struct store_entry *e, bool hit, uint32_t age);
/* An answer that is not kept: r->follower.response. 0 or ERR_NOMEM. */
int respond_fresh(struct request *r);
/* An interim answer (1xx): r->answer is its head, for the sink at once; the final one makes it anew. 0 or ERR_NOMEM. */
int respond_interim(struct request *r, const struct msg *from);
/* A page made here, r->local becomes the source. type STR_NONE: none. */
void respond_local(struct request *r, int status, struct str type, struct str body);
/* The page for r->refuse_status and r->why. */
void respond_refusal(struct request *r);

#endif
