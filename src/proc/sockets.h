/* sockets.h - the listening sockets: bound by the master, shared by all workers, kept over reloads.
 *
 * A socket is found again by its address as the configuration writes it (also port 0, which becomes
 * an ephemeral port once and stays). The order is that of the configuration, the control socket
 * last. */
#ifndef PROC_SOCKETS_H
#define PROC_SOCKETS_H

#include "client/listener.h"
#include "conf/conf.h"
#include "proc/privilege.h"

#define SOCKETS_MAX 256
#define SOCKETS_NAME 128

struct sockets_row {
	char name[SOCKETS_NAME]; /* as configured; a control socket: its path */
	int fd;
	bool control;
	const struct conf_listener *listener; /* of the conf in force; NULL: none wants it */
};

/* Makes the rows fit the configuration: keeps what is there, binds what is new. Sockets that are no
 * longer wanted stay open until sockets_close_unused. ERR_EXISTS, ERR_DENIED ... : said in the log,
 * what was bound new is closed again, and no row has a listener. */
int sockets_open(const struct conf *conf, const struct privilege_user *u);
void sockets_close_unused(void);
/* For listener_start. Returns how many; out has room for SOCKETS_MAX. */
unsigned sockets_get(struct listener_socket *out);
void sockets_say(void); /* "listening on ..." for each, in the log */
/* The master ends: closes all and removes the control socket's file. */
void sockets_close(void);

/* For the re-execution of the master. */
const struct sockets_row *sockets_row(unsigned i); /* NULL behind the last */
bool sockets_adopt(const char *name, int fd, bool control);

#endif
