/* conn.h - a byte stream over a non-blocking socket, with a layer that may transform it (TLS
 * later).
 *
 * The owner gets on_ready(conn, events) with LOOP_READ/LOOP_WRITE edges; it then reads or writes
 * until ERR_AGAIN. `readable` and `writable` remember an edge that was not used up, so a handler
 * that stopped early (back-pressure) goes on later without a new edge. Counts bytes. A conn is
 * embedded in its owner (session, origin connection); it knows no HTTP. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <netinet/in.h>
#include <sys/uio.h>
#include "base/str.h"
#include "net/loop.h"

union conn_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};
/* "192.0.2.1:80", "[2001:db8::1]:80"; a Unix socket gives "unix:". Mapped IPv4 prints as IPv4. */
#define CONN_ADDRESS_TEXT 64
struct str conn_address_text(const union conn_address *a, char out[CONN_ADDRESS_TEXT]);
struct str conn_address_ip_text(const union conn_address *a,
                                char out[CONN_ADDRESS_TEXT]); /* without port */
uint16_t conn_address_port(const union conn_address *a);
void conn_address_set_port(union conn_address *a, uint16_t port);
socklen_t conn_address_len(const union conn_address *a);
/* "127.0.0.1", "::1" or "[::1]" (no port, no zone; strictly dotted quad); 0 or ERR_BAD. */
int conn_address_parse(struct str text, uint16_t port, union conn_address *out);
/* An IPv4 address mapped into IPv6 becomes IPv4, so that a rule for 127.0.0.0/8 also sees
 * ::ffff:127.0.0.1. conn_address_parse and conn_open have done it to what they give out. */
void conn_address_unmap(union conn_address *a);
bool conn_address_equal(const union conn_address *a,
                        const union conn_address *b); /* ip and port; never for Unix */

struct conn;
struct conn_layer { /* a TLS layer implements this over the bare socket */
	/* bytes > 0; 0 = clean end; ERR_AGAIN; ERR_RESET and others = broken */
	ssize_t (*read)(struct conn *c, void *p, size_t n);
	ssize_t (*writev)(struct conn *c, const struct iovec *v, int n);
	void (*shutdown)(struct conn *c);
	/* Frees the layer's state; conn closes the fd after it. c->broken: say no goodbye to the
	 * peer. */
	void (*close)(struct conn *c);
};
extern const struct conn_layer conn_plain;

struct conn {
	struct loop_watch watch;
	const struct conn_layer *layer;
	void *layer_state;
	void (*on_ready)(struct conn *c, unsigned events);
	bool readable, writable; /* an edge came and has not been used up */
	bool eof, broken;        /* read side ended cleanly; error */
	bool ending;             /* the edge of the end or of an error came: read on until 0 */
	uint64_t bytes_in, bytes_out;
	union conn_address peer; /* the other end */
};

/* Takes over a connected (or connecting) non-blocking fd. 0 or an error (fd is then closed). peer
 * may be NULL. `writable` is set at once: a fresh socket has room, and one that is still connecting
 * answers a write with ERR_AGAIN. A zeroed conn counts as closed. */
int conn_open(struct conn *c, int fd, const union conn_address *peer,
              void (*on_ready)(struct conn *, unsigned));
static inline bool conn_is_open(const struct conn *c)
{
	return c->layer != NULL && c->watch.fd >= 0;
}
/* Bytes > 0, 0 at the clean end (eof set), ERR_AGAIN (readable cleared), other negative: broken. n
 * > 0. A short read of a bare socket also clears `readable`: there was no more. Not when the edge
 * of an end came (data and FIN share one edge): then `readable` stays until the end has been read,
 * or it would be lost. After the end: 0 again; after a break: ERR_RESET. */
ssize_t conn_read(struct conn *c, void *p, size_t n);
/* Bytes taken (> 0), ERR_AGAIN (writable cleared), other negative: broken. A short write clears
 * `writable`. 0 only if all n pieces are empty. No SIGPIPE. More than 1024 pieces: the first 1024.
 */
ssize_t conn_writev(struct conn *c, const struct iovec *v, int n);
ssize_t conn_write(struct conn *c, const void *p, size_t n);
void conn_shutdown_write(struct conn *c); /* half-close */
void conn_close(struct conn *c);          /* fd closed; may be called twice */
void conn_reset(struct conn *c);          /* closes with RST (SO_LINGER 0): a visible break */
/* False when unread bytes, an end or an error are waiting (MSG_PEEK), or when it is closed: an idle
 * pooled connection must be quiet. */
bool conn_is_quiet(struct conn *c);
/* The socket's fd for splice; -1 when a layer transforms the stream or it is closed. Who splices
 * keeps `readable` and the byte counts itself, clears it on EAGAIN only, and ignores SIGPIPE. */
int conn_splice_fd(struct conn *c);
/* Takes the fd of a bare socket out without closing it (hand-over to another owner); -1 if closed.
 */
int conn_take_fd(struct conn *c);

#endif
