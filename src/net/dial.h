/* dial.h - a connection to the first of several addresses that answers (Happy Eyeballs, RFC 8305).
 *
 * The addresses are given, already judged, with port: dial never resolves. The next one is started
 * 250 ms after the one before, or at once when that fails. The winner's fd is handed over, the
 * others are closed. One deadline for the whole. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/conn.h"

#define DIAL_MAGIC 0x6469616cU /* "dial" */
#define DIAL_DELAY_MS 250      /* Connection Attempt Delay, RFC 8305 section 5 */

struct dial;
/* count >= 1, at is copied. timeout_ms > 0 for all attempts together.
 * on_done(fd, status, peer, arg): fd >= 0 and status 0, or -1 and the last error (ERR_REFUSED,
 * ERR_UNREACHABLE, ERR_TIMEOUT, ERR_SYSTEM). Called once, never before dial_start returns; not
 * after dial_cancel; the dial is gone when it is called. The fd is non-blocking, close-on-exec, has
 * TCP_NODELAY and belongs to the callee; peer is the address that answered (NULL on failure) and is
 * borrowed for the call. Without an answer, the status is that of the last attempt that failed, or
 * ERR_TIMEOUT. source: bind to this address first (NULL = any); addresses of another family than
 * its own then fail with ERR_UNREACHABLE, because traffic that must leave by one address must not
 * leave by another. NULL = no memory. */
struct dial *dial_start(
    const union conn_address *at, int count, const union conn_address *source, int timeout_ms,
    void (*on_done)(int fd, int status, const union conn_address *peer, void *arg), void *arg);
void dial_cancel(struct dial *d); /* closes what is under way and frees it */

#endif
