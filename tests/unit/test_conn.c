/* test_conn.c - edges that are remembered, ends that are not lost, layers, addresses as text. */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/un.h>
#include "unit_net.h"
#include "base/err.h"
#include "net/conn.h"

static unsigned got_events;
static void on_ready(struct conn *c, unsigned events)
{
	(void)c;
	got_events |= events;
}

static void open_pair(struct conn *c, int *other)
{
	int fd[2];

	unit_loop_init();
	unit_pair(fd);
	AZ(conn_open(c, fd[0], NULL, on_ready));
	*other = fd[1];
	got_events = 0;
}

static void shut_pair(struct conn *c, int other)
{
	conn_close(c);
	conn_close(c); /* twice is allowed */
	CU_ASSERT(!conn_is_open(c));
	if (other >= 0)
		close(other);
	loop_fini();
}

static void read_and_write(void)
{
	struct conn c;
	char mem[100];
	int other;

	open_pair(&c, &other);
	CU_ASSERT(conn_is_open(&c) && c.writable && !c.readable);
	unit_send(other, "hello");
	CU_ASSERT(!c.readable);
	unit_turn(0);
	CU_ASSERT(c.readable);
	CU_ASSERT((got_events & (LOOP_READ | LOOP_WRITE)) == (LOOP_READ | LOOP_WRITE));
	UNIT_INT_EQ(conn_read(&c, mem, 3), 3);
	CU_ASSERT(c.readable); /* a full read: there may be more */
	UNIT_INT_EQ(conn_read(&c, mem + 3, 97), 2);
	CU_ASSERT(memcmp(mem, "hello", 5) == 0);
	CU_ASSERT(!c.readable); /* a short read: there is no more */
	UNIT_INT_EQ(conn_read(&c, mem, 1), ERR_AGAIN);
	UNIT_INT_EQ(c.bytes_in, 5);
	UNIT_INT_EQ(conn_write(&c, "world", 5), 5);
	struct iovec v[3] = {
	    {(void *)(uintptr_t) "a", 1}, {NULL, 0}, {(void *)(uintptr_t) "bc", 2}};
	UNIT_INT_EQ(conn_writev(&c, v, 3), 3);
	UNIT_INT_EQ(conn_writev(&c, v + 1, 1), 0); /* nothing given */
	CU_ASSERT(c.writable);
	UNIT_INT_EQ(recv(other, mem, sizeof mem, 0), 8);
	CU_ASSERT(memcmp(mem, "worldabc", 8) == 0);
	UNIT_INT_EQ(c.bytes_out, 8);
	shut_pair(&c, other);
}

/* A read that filled the buffer exactly, and nothing more came: AGAIN clears `readable`. */
static void again_clears(void)
{
	struct conn c;
	char mem[4];
	int other;

	open_pair(&c, &other);
	unit_send(other, "1234");
	unit_turn(0);
	UNIT_INT_EQ(conn_read(&c, mem, 4), 4);
	CU_ASSERT(c.readable);
	UNIT_INT_EQ(conn_read(&c, mem, 4), ERR_AGAIN);
	CU_ASSERT(!c.readable && !c.eof && !c.broken);
	shut_pair(&c, other);
}

/* Data and FIN share one edge. A short read must not swallow the end: no other edge will come. */
static void end_is_not_lost(void)
{
	struct conn c;
	char mem[100];
	int other;

	open_pair(&c, &other);
	unit_turn(0);
	unit_send(other, "last words");
	AZ(shutdown(other, SHUT_WR));
	got_events = 0;
	unit_turn(0);
	CU_ASSERT((got_events & LOOP_END) != 0);
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 10);
	CU_ASSERT(c.readable);
	got_events = 0;
	unit_turn(0);
	UNIT_INT_EQ(got_events, 0); /* the trap: no edge tells of the end again */
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 0);
	CU_ASSERT(c.eof && !c.broken && !c.readable);
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 0);
	UNIT_INT_EQ(conn_write(&c, "x", 1), 1); /* the other half lives on */
	shut_pair(&c, other);
}

/* The end comes between the wait and the short read: then a new edge comes. */
static void end_after_the_edge(void)
{
	struct conn c;
	char mem[100];
	int other;

	open_pair(&c, &other);
	unit_send(other, "data");
	unit_turn(0);
	AZ(shutdown(other, SHUT_WR));
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 4);
	CU_ASSERT(!c.readable);
	unit_turn(0);
	CU_ASSERT(c.readable);
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 0);
	CU_ASSERT(c.eof);
	shut_pair(&c, other);
}

static void back_pressure(void)
{
	static char block[65536];
	struct conn c;
	int other;
	ssize_t r = 0, sent = 0, drained = 0;

	open_pair(&c, &other);
	while (c.writable) {
		r = conn_write(&c, block, sizeof block);
		if (r > 0)
			sent += r;
	}
	CU_ASSERT(r == ERR_AGAIN || (r > 0 && r < (ssize_t)sizeof block));
	UNIT_INT_EQ(conn_write(&c, block, 1 << 16), ERR_AGAIN);
	unit_turn(0); /* the first edge of WRITE was from before */
	while ((r = recv(other, block, sizeof block, 0)) > 0)
		drained += r;
	UNIT_INT_EQ(drained, sent);
	UNIT_INT_EQ(c.bytes_out, sent);
	c.writable = false;
	unit_turn(0);
	CU_ASSERT(c.writable);
	shut_pair(&c, other);
}

/* The peer is gone: a write breaks, without SIGPIPE. */
static void write_to_nobody(void)
{
	struct conn c;
	char mem[1];
	int other;

	signal(SIGPIPE, SIG_DFL);
	open_pair(&c, &other);
	close(other);
	UNIT_INT_EQ(conn_write(&c, "x", 1), ERR_RESET);
	CU_ASSERT(c.broken && !c.writable && !c.readable);
	UNIT_INT_EQ(conn_write(&c, "x", 1), ERR_RESET);
	UNIT_INT_EQ(conn_read(&c, mem, 1), ERR_RESET);
	shut_pair(&c, -1);
}

/* The peer closed with bytes of ours unread: on a Unix socket that is ECONNRESET. */
static void broken_read(void)
{
	struct conn c;
	char mem[10];
	int other;

	open_pair(&c, &other);
	UNIT_INT_EQ(conn_write(&c, "unread", 6), 6);
	close(other);
	unit_turn(0);
	CU_ASSERT((got_events & LOOP_HANGUP) != 0 && c.readable);
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), ERR_RESET);
	CU_ASSERT(c.broken && !c.eof);
	shut_pair(&c, -1);
}

static void half_close(void)
{
	struct conn c;
	char mem[10];
	int other;

	open_pair(&c, &other);
	conn_shutdown_write(&c);
	UNIT_INT_EQ(recv(other, mem, sizeof mem, 0), 0);
	unit_send(other, "ok");
	unit_turn(0);
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 2);
	shut_pair(&c, other);
}

static void quiet(void)
{
	struct conn c;
	char mem[10];
	int other;

	open_pair(&c, &other);
	CU_ASSERT(conn_is_quiet(&c));
	unit_send(other, "x");
	CU_ASSERT(!conn_is_quiet(&c)); /* also before the turn that tells of it */
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 1);
	CU_ASSERT(conn_is_quiet(&c));
	close(other);
	CU_ASSERT(!conn_is_quiet(&c));
	shut_pair(&c, -1);
	CU_ASSERT(!conn_is_quiet(&c));
}

static void fds(void)
{
	struct conn c;
	int other, fd;

	open_pair(&c, &other);
	fd = c.watch.fd;
	UNIT_INT_EQ(conn_splice_fd(&c), fd);
	UNIT_INT_EQ(conn_take_fd(&c), fd);
	CU_ASSERT(!conn_is_open(&c));
	UNIT_INT_EQ(conn_take_fd(&c), -1);
	UNIT_INT_EQ(conn_splice_fd(&c), -1);
	unit_send(other, "x");
	unit_turn(0);
	UNIT_INT_EQ(got_events, 0);                        /* no longer watched */
	UNIT_INT_EQ(conn_open(&c, fd, NULL, on_ready), 0); /* and may be again */
	unit_turn(0);
	CU_ASSERT(c.readable);
	shut_pair(&c, other);
}

static void zeroed_is_closed(void)
{
	struct conn c;

	memset(&c, 0, sizeof c); /* its fd is 0 */
	CU_ASSERT(!conn_is_open(&c));
	conn_close(&c);
	conn_reset(&c);
	UNIT_INT_EQ(conn_take_fd(&c), -1);
}

/* Both are ready in one turn; whichever comes first closes both, and the other's event must not
 * come. */
static struct conn *victims[2];
static int ready_calls;
static void on_ready_close(struct conn *c, unsigned events)
{
	(void)c;
	(void)events;
	ready_calls++;
	conn_close(victims[0]);
	conn_close(victims[1]);
}

static void closed_in_turn(void)
{
	struct conn a, b;
	int x[2], y[2];

	unit_loop_init();
	unit_pair(x);
	unit_pair(y);
	AZ(conn_open(&a, x[0], NULL, on_ready_close));
	AZ(conn_open(&b, y[0], NULL, on_ready_close));
	ready_calls = 0;
	victims[0] = &a;
	victims[1] = &b;
	unit_turn(0);
	unit_turn(0);
	CU_ASSERT(!conn_is_open(&a) && !conn_is_open(&b));
	UNIT_INT_EQ(ready_calls, 1);
	close(x[1]);
	close(y[1]);
	loop_fini();
}

/* ---- a layer ---- */

static int layer_closed, layer_goodbye;
static ssize_t layer_read(struct conn *c, void *p, size_t n)
{
	ssize_t r =
	    conn_plain.read(c, p, MIN(n, 2)); /* as a record of TLS: short, with more behind it */

	for (ssize_t i = 0; i < r; i++)
		((char *)p)[i] ^= 1;
	return r;
}
static ssize_t layer_writev(struct conn *c, const struct iovec *v, int n)
{
	return conn_plain.writev(c, v, n);
}
static void layer_shutdown(struct conn *c)
{
	conn_plain.shutdown(c);
}
static void layer_close(struct conn *c)
{
	layer_closed++;
	layer_goodbye += !c->broken;
}
static const struct conn_layer xor_layer = {layer_read, layer_writev, layer_shutdown, layer_close};

static void layers(void)
{
	struct conn c;
	char mem[10];
	int other;

	open_pair(&c, &other);
	c.layer = &xor_layer;
	UNIT_INT_EQ(conn_splice_fd(&c), -1);
	unit_send(other, "abc");
	unit_turn(0);
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 2);
	CU_ASSERT(memcmp(mem, "`c", 2) == 0);
	CU_ASSERT(c.readable); /* short, but the layer has more */
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), 1);
	UNIT_INT_EQ(conn_read(&c, mem, sizeof mem), ERR_AGAIN);
	CU_ASSERT(!c.readable);
	shut_pair(&c, other);
	UNIT_INT_EQ(layer_closed, 1);
	UNIT_INT_EQ(layer_goodbye, 1);
	open_pair(&c, &other);
	c.layer = &xor_layer;
	conn_reset(&c);
	UNIT_INT_EQ(layer_closed, 2);
	UNIT_INT_EQ(layer_goodbye, 1);
	shut_pair(&c, other);
}

/* ---- addresses ---- */

static void address_texts(void)
{
	static const struct {
		const char *in, *text, *ip;
	} good[] = {
	    {"192.0.2.1", "192.0.2.1:80", "192.0.2.1"},
	    {"0.0.0.0", "0.0.0.0:80", "0.0.0.0"},
	    {"::1", "[::1]:80", "::1"},
	    {"[2001:DB8::1]", "[2001:db8::1]:80", "2001:db8::1"},
	    {"::", "[::]:80", "::"},
	    {"::ffff:192.0.2.1", "192.0.2.1:80", "192.0.2.1"},
	    {"[::ffff:7f00:1]", "127.0.0.1:80", "127.0.0.1"},
	    {"64:ff9b::192.0.2.1", "[64:ff9b::c000:201]:80", "64:ff9b::c000:201"},
	    {"1:2:3:4:5:6:255.255.255.255", "[1:2:3:4:5:6:ffff:ffff]:80", "1:2:3:4:5:6:ffff:ffff"},
	};
	char out[CONN_ADDRESS_TEXT];
	union conn_address a;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		UNIT_INT_EQ(conn_address_parse(unit_guard_str(good[i].in), 80, &a), 0);
		UNIT_STR_EQ(conn_address_text(&a, out), good[i].text);
		UNIT_STR_EQ(conn_address_ip_text(&a, out), good[i].ip);
		UNIT_INT_EQ(conn_address_port(&a), 80);
	}
}

static void address_refused(void)
{
	static const char *const bad[] = {"",
	                                  "1.2.3",
	                                  "1.2.3.4.5",
	                                  "01.2.3.4",
	                                  "1.2.3.256",
	                                  "0x7f.0.0.1",
	                                  "2130706433",
	                                  " 1.2.3.4",
	                                  "1.2.3.4 ",
	                                  "1.2.3.4:80",
	                                  "[1.2.3.4]",
	                                  "[::1",
	                                  "::1]",
	                                  "[]",
	                                  "[[::1]]",
	                                  "fe80::1%lo",
	                                  "fe80::1%1",
	                                  ":::",
	                                  "1::2::3",
	                                  "12345::",
	                                  "1:2:3:4:5:6:7",
	                                  "1:2:3:4:5:6:7:8:9",
	                                  "localhost",
	                                  "::1.2.3.4.5",
	                                  "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21"};
	union conn_address a, before;

	memset(&before, 7, sizeof before);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		a = before;
		UNIT_INT_EQ(conn_address_parse(unit_guard_str(bad[i]), 80, &a), ERR_BAD);
		CU_ASSERT(memcmp(&a, &before, sizeof a) == 0);
	}
	UNIT_INT_EQ(conn_address_parse((struct str){"1.2.3.4\0x", 9}, 80, &a), ERR_BAD);
	UNIT_INT_EQ(conn_address_parse(STR_NONE, 80, &a), ERR_BAD);
}

static void address_rest(void)
{
	union conn_address a, b;
	char out[CONN_ADDRESS_TEXT];

	AZ(conn_address_parse(STR("127.0.0.1"), 80, &a));
	memset(&b, 0, sizeof b);
	b.in6.sin6_family = AF_INET6;
	b.in6.sin6_port = htons(80);
	AN(inet_pton(AF_INET6, "::ffff:127.0.0.1", &b.in6.sin6_addr) == 1);
	CU_ASSERT(conn_address_equal(&a, &b));
	UNIT_STR_EQ(conn_address_text(&b, out), "127.0.0.1:80");
	UNIT_INT_EQ(conn_address_len(&b), sizeof(struct sockaddr_in6));
	conn_address_unmap(&b);
	UNIT_INT_EQ(b.sa.sa_family, AF_INET);
	UNIT_INT_EQ(conn_address_len(&b), sizeof(struct sockaddr_in));
	conn_address_set_port(&b, 81);
	UNIT_INT_EQ(conn_address_port(&b), 81);
	CU_ASSERT(!conn_address_equal(&a, &b));
	AZ(conn_address_parse(STR("127.0.0.2"), 80, &b));
	CU_ASSERT(!conn_address_equal(&a, &b));
	AZ(conn_address_parse(STR("::1"), 80, &a));
	AZ(conn_address_parse(STR("::1"), 80, &b));
	CU_ASSERT(conn_address_equal(&a, &b));
	conn_address_set_port(&b, 8080);
	UNIT_STR_EQ(conn_address_text(&b, out), "[::1]:8080");
	CU_ASSERT(!conn_address_equal(&a, &b));
	memset(&a, 0, sizeof a);
	UNIT_STR_EQ(conn_address_text(&a, out), "-");
	a.sa.sa_family = AF_UNIX;
	UNIT_STR_EQ(conn_address_text(&a, out), "unix:");
	UNIT_STR_EQ(conn_address_ip_text(&a, out), "unix:");
	UNIT_INT_EQ(conn_address_port(&a), 0);
}

UNIT_MAIN("conn", {"read and write", read_and_write}, {"again clears", again_clears},
          {"end is not lost", end_is_not_lost}, {"end after the edge", end_after_the_edge},
          {"back pressure", back_pressure}, {"write to nobody", write_to_nobody},
          {"broken read", broken_read}, {"half close", half_close}, {"quiet", quiet}, {"fds", fds},
          {"zeroed is closed", zeroed_is_closed}, {"closed in turn", closed_in_turn},
          {"layers", layers}, {"address texts", address_texts},
          {"address refused", address_refused}, {"address rest", address_rest})
