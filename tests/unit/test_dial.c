/* test_dial.c - the race of connection attempts, with sockets that the test scripts.
 *
 * socket, connect, bind and getsockopt are replaced here, so that no port is opened: a "socket" is
 * one end of a pair that cannot be written until the test lets its connect succeed. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include "unit_net.h"
#include "base/err.h"
#include "net/dial.h"

/* ---- the sockets of the test ---- */

struct fake {
	int fd, other; /* fd: dial's end */
	int error;     /* what SO_ERROR says */
	bool bound;
	int port; /* of the destination */
};
static struct fake fakes[100];
static int fake_count;
static int refuse_at_once[100]; /* errno that connect gives for the n-th socket, 0 = under way */

static struct fake *fake_of(int fd)
{
	for (int i = fake_count - 1; i >= 0; i--)
		if (fakes[i].fd == fd)
			return &fakes[i];
	return NULL;
}

int socket(int domain, int type, int protocol)
{
	static char block[4096];
	struct fake *f = &fakes[fake_count++];
	int fd[2];

	AN(domain == AF_INET || domain == AF_INET6);
	AN(type == (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC));
	AZ(protocol);
	unit_pair(fd);
	while (send(fd[0], block, sizeof block, MSG_NOSIGNAL) > 0)
		;
	*f = (struct fake){.fd = fd[0], .other = fd[1]};
	return fd[0];
}

int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t n)
{
	struct fake *f = fake_of(fd);
	union conn_address a;

	AN(n <= sizeof a);
	memcpy(&a, to.__sockaddr__, n);
	f->port = conn_address_port(&a);
	errno = refuse_at_once[f - fakes] != 0 ? refuse_at_once[f - fakes] : EINPROGRESS;
	return -1;
}

int bind(int fd, __CONST_SOCKADDR_ARG to, socklen_t n)
{
	(void)to;
	(void)n;
	fake_of(fd)->bound = true;
	return 0;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
	AN(level == SOL_SOCKET && name == SO_ERROR && *n == sizeof(int));
	memcpy(value, &fake_of(fd)->error, sizeof(int));
	return 0;
}

/* The connect of the i-th socket ends: error 0 = connected. */
static void end_connect(int i, int error)
{
	char block[4096];

	fakes[i].error = error;
	while (recv(fakes[i].other, block, sizeof block, 0) > 0)
		;
}

/* Has dial closed its end? */
static bool is_closed(int i)
{
	char block[4096];
	ssize_t r;

	while ((r = recv(fakes[i].other, block, sizeof block, 0)) > 0)
		;
	return r == 0;
}

/* ---- what the owner sees ---- */

struct owner {
	int calls, fd, status, port;
};

static void on_done(int fd, int status, const union conn_address *peer, void *arg)
{
	struct owner *o = arg;

	o->calls++;
	o->fd = fd;
	o->status = status;
	o->port = peer == NULL ? 0 : conn_address_port(peer);
	CU_ASSERT((fd >= 0) == (status == 0) && (fd >= 0) == (peer != NULL));
}

static struct owner owner;
static union conn_address at[3]; /* ports 81, 82, 83 */

static void begin(void)
{
	unit_loop_init();
	fake_count = 0;
	memset(refuse_at_once, 0, sizeof refuse_at_once);
	owner = (struct owner){.fd = -1};
	AZ(conn_address_parse(STR("2001:db8::1"), 81, &at[0]));
	AZ(conn_address_parse(STR("192.0.2.1"), 82, &at[1]));
	AZ(conn_address_parse(STR("192.0.2.2"), 83, &at[2]));
}

static struct dial *dial(int count)
{
	struct dial *d = dial_start(at, count, NULL, 3000, on_done, &owner);

	AN(d != NULL);
	UNIT_INT_EQ(owner.calls, 0);
	return d;
}

/* All dials are over: no timer or call is left behind, no descriptor open but the winner's. */
static void end(void)
{
	UNIT_INT_EQ(loop_wait_ms(), -1);
	for (int i = 0; i < fake_count; i++) {
		CU_ASSERT(is_closed(i) || fakes[i].fd == owner.fd);
		close(fakes[i].other);
	}
	if (owner.fd >= 0)
		close(owner.fd);
	loop_fini();
}

static void expect(int status, int port)
{
	UNIT_INT_EQ(owner.calls, 1);
	UNIT_INT_EQ(owner.status, status);
	UNIT_INT_EQ(owner.port, port);
}

/* ---- cases ---- */

static void first_wins(void)
{
	begin();
	dial(3);
	unit_turn(0);
	UNIT_INT_EQ(owner.calls, 0);
	UNIT_INT_EQ(fake_count, 1);
	end_connect(0, 0);
	unit_turn(10);
	expect(0, 81);
	UNIT_INT_EQ(owner.fd, fakes[0].fd);
	UNIT_INT_EQ(fake_count, 1);
	end();
}

static void second_wins_the_race(void)
{
	begin();
	dial(3);
	unit_turn(240);
	UNIT_INT_EQ(fake_count, 1);
	unit_turn(27);
	UNIT_INT_EQ(fake_count, 2);
	UNIT_INT_EQ(fakes[1].port, 82);
	unit_turn(240);
	UNIT_INT_EQ(fake_count, 2);
	end_connect(1, 0);
	unit_turn(5);
	expect(0, 82);
	CU_ASSERT(is_closed(0));
	end();
}

/* The one started first is still in the race when others have been started. */
static void late_first(void)
{
	begin();
	dial(3);
	unit_turn(267);
	unit_turn(267);
	UNIT_INT_EQ(fake_count, 3);
	unit_turn(1000);
	UNIT_INT_EQ(fake_count, 3);
	end_connect(0, 0);
	unit_turn(0);
	expect(0, 81);
	end();
}

static void failure_starts_the_next(void)
{
	begin();
	dial(3);
	unit_turn(10);
	end_connect(0, ECONNREFUSED);
	unit_turn(0);
	UNIT_INT_EQ(fake_count, 2); /* at once, not after 250 ms */
	UNIT_INT_EQ(owner.calls, 0);
	unit_turn(240); /* the delay counts from the start of the second */
	UNIT_INT_EQ(fake_count, 2);
	unit_turn(30);
	UNIT_INT_EQ(fake_count, 3);
	end_connect(2, 0);
	unit_turn(0);
	expect(0, 83);
	end();
}

static void all_fail(void)
{
	begin();
	dial(3);
	for (int i = 0; i < 3; i++) {
		unit_turn(1);
		UNIT_INT_EQ(owner.calls, 0);
		UNIT_INT_EQ(fake_count, i + 1);
		end_connect(i, i == 2 ? EHOSTUNREACH : ECONNREFUSED);
	}
	unit_turn(1);
	expect(ERR_UNREACHABLE, 0); /* the last one's */
	end();
}

/* No route: connect fails before it returns. The owner is told from the loop, not from dial_start.
 */
static void fail_at_once(void)
{
	begin();
	refuse_at_once[0] = refuse_at_once[1] = ENETUNREACH;
	refuse_at_once[2] = ECONNREFUSED;
	dial(3);
	UNIT_INT_EQ(fake_count, 3);
	unit_turn(0);
	expect(ERR_REFUSED, 0);
	end();
	begin();
	refuse_at_once[0] = ENETUNREACH;
	dial(2);
	UNIT_INT_EQ(fake_count, 2); /* no IPv6 here: IPv4 loses no time */
	end_connect(1, 0);
	unit_turn(0);
	expect(0, 82);
	end();
}

static void deadline(void)
{
	begin();
	dial(2);
	for (int i = 0; i < 11; i++)
		unit_turn(267);
	UNIT_INT_EQ(owner.calls, 0);
	unit_turn(100);
	expect(ERR_TIMEOUT, 0);
	CU_ASSERT(is_closed(0) && is_closed(1));
	end();
}

static void cancelled(void)
{
	struct dial *d;

	begin();
	d = dial(3);
	unit_turn(267);
	end_connect(1, 0); /* has won, but nobody has been told */
	dial_cancel(d);
	unit_turn(1000);
	UNIT_INT_EQ(owner.calls, 0);
	end();
	begin();
	refuse_at_once[0] = ECONNREFUSED;
	dial_cancel(dial(1)); /* with its report under way */
	unit_turn(0);
	UNIT_INT_EQ(owner.calls, 0);
	end();
}

/* Two attempts end in one turn: one call, one descriptor handed over. */
static void two_at_once(void)
{
	begin();
	dial(2);
	unit_turn(267);
	end_connect(0, 0);
	end_connect(1, 0);
	unit_turn(0);
	UNIT_INT_EQ(owner.calls, 1);
	UNIT_INT_EQ(owner.status, 0);
	end();
	begin();
	dial(2);
	unit_turn(267);
	end_connect(0, ECONNREFUSED);
	end_connect(1, ETIMEDOUT);
	unit_turn(0);
	UNIT_INT_EQ(owner.calls, 1);
	CU_ASSERT(owner.status == ERR_REFUSED || owner.status == ERR_TIMEOUT);
	end();
}

static void source_address(void)
{
	union conn_address source;

	begin();
	AZ(conn_address_parse(STR("192.0.2.100"), 0, &source));
	AN(dial_start(at, 2, &source, 3000, on_done, &owner) != NULL);
	UNIT_INT_EQ(fake_count, 1); /* the IPv6 address cannot be reached from it */
	UNIT_INT_EQ(fakes[0].port, 82);
	CU_ASSERT(fakes[0].bound);
	end_connect(0, 0);
	unit_turn(0);
	expect(0, 82);
	end();
	begin();
	AN(dial_start(at, 1, &source, 3000, on_done, &owner) != NULL);
	unit_turn(0);
	expect(ERR_UNREACHABLE, 0);
	end();
}

UNIT_MAIN("dial", {"first wins", first_wins}, {"second wins the race", second_wins_the_race},
          {"late first", late_first}, {"failure starts the next", failure_starts_the_next},
          {"all fail", all_fail}, {"fail at once", fail_at_once}, {"deadline", deadline},
          {"cancelled", cancelled}, {"two at once", two_at_once},
          {"source address", source_address})
