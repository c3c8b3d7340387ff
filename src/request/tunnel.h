/* tunnel.h - bytes both ways between a client and an origin, by splice where both are bare sockets.
 *
 * Half-close is passed on; the tunnel ends when both directions have ended, on an error, or when nothing
 * moved for timeouts.tunnel_idle.                                                                     */
#ifndef REQUEST_TUNNEL_H
#define REQUEST_TUNNEL_H

#include "request/request.h"

struct tunnel;

/* Takes the client's connection from the sink, the origin's from the fill; nothing moves before tunnel_run. on_end is called once, from
 * tunnel_run or from the loop; the caller then calls tunnel_end. NULL: no memory, or the origin is gone. */
struct tunnel *tunnel_start(struct request *r, void (*on_end)(struct request *r));
/* The client's connection moved (the origin's is watched by the tunnel itself). */
void tunnel_run(struct tunnel *t);
uint64_t tunnel_bytes_to_client(const struct tunnel *t);
uint64_t tunnel_bytes_to_origin(const struct tunnel *t);
void tunnel_end(struct tunnel *t);

#endif
