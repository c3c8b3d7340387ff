/* tunnel.h - bytes both ways between a client and an origin, by splice where both are bare sockets.
 *
 * Half-close is passed on; the tunnel ends when both directions have ended, on an error, or when nothing
 * moved for timeouts.tunnel_idle.                                                                     */
#ifndef REQUEST_TUNNEL_H
#define REQUEST_TUNNEL_H

#include "request/request.h"

struct tunnel;

/* Takes the client's connection from the sink, the origin's from the fill, and what the log needs from the request, which ends now:
 * r->sink->tunnel is set, and from then on the session speaks to the tunnel. Nothing moves before tunnel_run. At its end the tunnel
 * writes the record, calls sink->ops->finished and is gone. NULL: no memory, or the origin is gone. */
struct tunnel *tunnel_start(struct request *r);
/* The client's connection moved (the origin's is watched by the tunnel itself). It may have ended, and the sink with it, when this
 * returns. */
void tunnel_run(struct tunnel *t);
/* The session ends: so does the tunnel, now. */
void tunnel_client_gone(struct tunnel *t);

#endif
