/* listener.h - accepts clients and hands each to the session that its listener's kind speaks.
 *
 * Runs in workers. Sockets are shared with the other workers (EPOLLEXCLUSIVE); a worker that holds over
 * an eighth more clients than the mean on the scoreboard leaves a listener for a turn. Accepts in batches;
 * out of file descriptors: one is kept spare, logged once a second, no spin.                          */
#ifndef CLIENT_LISTENER_H
#define CLIENT_LISTENER_H

#include "conf/conf.h"

/* One listening socket and the section it belongs to. */
struct listener_socket {
	int fd;
	const struct conf_listener *listener; /* of the same conf as handed to listener_start */
};
/* Starts accepting on all sockets (copied). After loop_init and dns_init. 0 or an error. */
int listener_start(const struct conf *conf, const struct listener_socket *sockets, unsigned count);
/* No more accepts; sockets are closed; idle sessions close now (those that were busy a moment ago: within a
 * second, so that a request on its way is answered), busy ones after their answer ("Connection: close").
 * on_empty is called once no session is left (maybe at once, from the loop). */
void listener_drain(void (*on_empty)(void));
/* Everything ends now. */
void listener_stop(void);
unsigned listener_clients(void);

#endif
