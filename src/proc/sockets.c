/* sockets.c - binds, keeps and hands on the listening sockets; see sockets.h. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"
#include "proc/folder.h"
#include "proc/sockets.h"

#define SOCKETS_BACKLOG 4096 /* the kernel bounds it by somaxconn */
#define SOCKETS_DEFER 1      /* seconds: a client that sends nothing is shown to us after that */

static struct sockets_row sockets[SOCKETS_MAX];
static unsigned sockets_count;
/* The control socket has no section: workers serve it as a listener of kind admin. */
static const struct conf_listener sockets_control = {.name = STR_INIT("control"),
                                                     .kind = CONF_ADMIN,
                                                     .pool = -1,
                                                     .max_clients = 64,
                                                     .max_clients_per_address = 64};

static bool sockets_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* Accepted sockets inherit these, which saves a system call for each client. */
static void sockets_tune(int fd, const union conn_address *a)
{
	sockets_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	sockets_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	sockets_set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, SOCKETS_DEFER);
	if (a->sa.sa_family == AF_INET6)
		sockets_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

static int sockets_bind(const union conn_address *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int e;

	if (fd < 0)
		return -1;
	sockets_tune(fd, a);
	if (bind(fd, &a->sa, conn_address_len(a)) == 0 && listen(fd, SOCKETS_BACKLOG) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

/* Does somebody answer on this Unix socket? Then it is not ours to replace. */
static bool sockets_is_alive(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true;
	alive = connect(fd, (const struct sockaddr *)a, sizeof *a) == 0 || errno == EAGAIN;
	close(fd);
	return alive;
}

/* -1 with errno when it cannot be had: weir runs without it. */
static int sockets_bind_control(const char *path, const struct privilege_user *u)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	mode_t old;
	int fd, e;

	if (strlen(path) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path));
	folder_make_for(path, 0755, u); /* bind tells if that failed */
	if (sockets_is_alive(&a)) {
		errno = EADDRINUSE;
		return -1;
	}
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	old = umask(0117); /* 0660 from the first moment on */
	e = bind(fd, (const struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 64) == 0 ? 0 : errno;
	umask(old);
	if (e == 0 && u->change && chown(path, u->uid, u->gid) != 0)
		log_debug("cannot give %s to user %s", path, u->name);
	if (e == 0)
		return fd;
	close(fd);
	errno = e;
	return -1;
}

bool sockets_adopt(const char *name, int fd, bool control)
{
	struct sockets_row *r;

	if (sockets_count == SOCKETS_MAX)
		return false;
	r = &sockets[sockets_count++];
	*r = (struct sockets_row){.fd = fd, .control = control};
	snprintf(r->name, sizeof r->name, "%s", name);
	return true;
}

static struct sockets_row *sockets_find(const char *name, bool control)
{
	for (unsigned i = 0; i < sockets_count; i++)
		if (sockets[i].listener == NULL && sockets[i].control == control &&
		    strcmp(sockets[i].name, name) == 0)
			return &sockets[i];
	return NULL;
}

/* Moves the row to place `at`, so that the order is that of the configuration. */
static void sockets_place(struct sockets_row *r, unsigned at)
{
	struct sockets_row moved = *r;

	*r = sockets[at];
	sockets[at] = moved;
}

static int sockets_open_one(const struct conf *conf, const struct conf_listener *l,
                            const union conn_address *a, unsigned *at)
{
	char name[CONN_ADDRESS_TEXT + 1] = "", text[CONN_ADDRESS_TEXT];
	struct str shown = conn_address_text(a, text);
	struct sockets_row *r;
	int fd, code;

	memcpy(name, shown.p, MIN(shown.n, sizeof name - 1));
	r = sockets_find(name, false);
	if (r == NULL) {
		fd = sockets_bind(a);
		if (fd < 0 || !sockets_adopt(name, fd, false)) {
			code = errno;
			log_error("%.*s: [listen %.*s] address %s: %s", STR_F(conf->path),
			          STR_F(l->name), name,
			          code == EADDRINUSE ? "address already in use" : strerror(code));
			return err_of_errno(code);
		}
		r = &sockets[sockets_count - 1];
	}
	r->listener = l;
	sockets_place(r, (*at)++);
	return 0;
}

static void sockets_open_control(const struct conf *conf, const struct privilege_user *u,
                                 unsigned *at)
{
	char path[SOCKETS_NAME];
	struct sockets_row *r;
	int fd;

	if (conf->control.n == 0)
		return;
	snprintf(path, sizeof path, "%.*s", STR_F(conf->control));
	r = sockets_find(path, true);
	if (r == NULL) {
		fd = sockets_bind_control(path, u);
		if (fd < 0 || !sockets_adopt(path, fd, true)) {
			log_warn("no control socket %s: %s", path, strerror(errno));
			return;
		}
		r = &sockets[sockets_count - 1];
	}
	r->listener = &sockets_control;
	sockets_place(r, (*at)++);
}

static void sockets_close_from(unsigned first)
{
	while (sockets_count > first) {
		struct sockets_row *r = &sockets[--sockets_count];

		close(r->fd);
		if (r->control)
			unlink(r->name);
	}
}

int sockets_open(const struct conf *conf, const struct privilege_user *u)
{
	struct sockets_row before[SOCKETS_MAX];
	unsigned had = sockets_count, at = 0;
	int rc = 0;

	for (unsigned i = 0; i < sockets_count; i++)
		sockets[i].listener = NULL;
	memcpy(before, sockets, sizeof before);
	for (unsigned i = 0; rc == 0 && i < conf->listener_count; i++) {
		const struct conf_listener *l = &conf->listeners[i];

		for (unsigned j = 0; rc == 0 && j < l->address_count; j++)
			rc = sockets_open_one(conf, l, &l->addresses[j], &at);
	}
	if (rc == 0) {
		sockets_open_control(conf, u, &at);
		return 0;
	}
	/* Back to what was: the new ones are those that were not there before. */
	for (unsigned i = 0; i < sockets_count; i++) {
		bool old = false;

		for (unsigned j = 0; j < had; j++)
			old = old || before[j].fd == sockets[i].fd;
		if (!old)
			close(sockets[i].fd);
	}
	memcpy(sockets, before, sizeof before);
	sockets_count = had;
	return rc;
}

void sockets_close_unused(void)
{
	unsigned kept = 0;

	while (kept < sockets_count && sockets[kept].listener != NULL)
		kept++;
	sockets_close_from(kept);
}

void sockets_close(void)
{
	sockets_close_from(0);
}

unsigned sockets_get(struct listener_socket *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sockets_count; i++)
		if (sockets[i].listener != NULL)
			out[n++] = (struct listener_socket){sockets[i].fd, sockets[i].listener};
	return n;
}

const struct sockets_row *sockets_row(unsigned i)
{
	return i < sockets_count ? &sockets[i] : NULL;
}

void sockets_say(void)
{
	static const char *const kinds[] = {"forward", "reverse", "admin"};

	for (unsigned i = 0; i < sockets_count; i++) {
		const struct sockets_row *r = &sockets[i];
		union conn_address a;
		socklen_t n = sizeof a;
		char text[CONN_ADDRESS_TEXT];

		if (r->listener == NULL || r->control)
			continue;
		memset(&a, 0, sizeof a);
		if (getsockname(r->fd, &a.sa, &n) == 0)
			log_info("listening on %.*s (%s, [listen %.*s])",
			         STR_F(conn_address_text(&a, text)), kinds[r->listener->kind],
			         STR_F(r->listener->name));
	}
}
