/* dial.h - a connection to the first of several addresses that answers (Happy Eyeballs, RFC 8305).
 *
 * The addresses are given, already judged, with port: dial never resolves. The next one is started
 * 250 ms after the one before, or at once when that fails. The winner's fd is handed over, the others
 * are closed. One deadline for the whole.                                                           */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/conn.h"

struct dial;
/* on_done(fd, status, peer, arg): fd >= 0 and status 0, or -1 and the last error (ERR_REFUSED,
 * ERR_UNREACHABLE, ERR_TIMEOUT, ERR_SYSTEM). Called once, never before dial_start returns; not after
 * dial_cancel. source: bind to this address first (NULL = any). NULL = no memory. */
struct dial *dial_start(const union conn_address *at, int count, const union conn_address *source, int timeout_ms,
    void (*on_done)(int fd, int status, const union conn_address *peer, void *arg), void *arg);
void dial_cancel(struct dial *d);

#endif
