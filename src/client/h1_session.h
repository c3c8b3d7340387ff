/* h1_session.h - one client connection that speaks HTTP/1.0 or 1.1 (RFC 9112), from accept to
 * close.
 *
 * Made by the listener, ends itself. Reads heads and makes a request of each, gives requests their
 * bodies, and puts their answers out in order with the right framing (it implements sink_ops). Up
 * to conf->pipeline safe requests are under way at once; anything else runs alone. Parts:
 * h1_session_in (reading and parsing), h1_session_body (request bodies), h1_session_out (answers).
 * An idle session holds nothing but itself: buffers come from pools when bytes wait. */
#ifndef CLIENT_H1_SESSION_H
#define CLIENT_H1_SESSION_H

#include "conf/conf.h"
#include "net/conn.h"

/* Where sessions come in: one for each listening socket, owned by the listener, outlives them. */
struct h1_session_port {
	const struct conf *conf;
	const struct conf_listener *listener;
	union conn_address local; /* of the listening socket */
	/* A session of this port is over. */
	void (*on_close)(struct h1_session_port *port, const union conn_address *peer);
};

/* Takes the accepted fd (non-blocking). 0, or an error: the fd is closed, on_close is not called.
 */
int h1_session_open(struct h1_session_port *port, int fd, const union conn_address *peer);
unsigned h1_session_count(void);
/* Closes up to n sessions that have been idle longest, because descriptors run short. How many it
 * closed. */
unsigned h1_session_drop_idle(unsigned n);
/* Idle sessions close now (those that were busy just now: within a second, if nothing comes), the
 * others after their answer, which says "Connection: close". */
void h1_session_drain(void);
/* All end now, also in the middle of an answer. */
void h1_session_stop(void);

#endif
