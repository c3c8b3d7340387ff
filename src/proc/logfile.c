/* logfile.c - writing and reopening of one log file; see logfile.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"
#include "proc/logfile.h"

#define LOGFILE_PIPE 4096 /* PIPE_BUF: poll says that so much fits */
#define LOGFILE_WAIT 200  /* ms for a reader of a pipe to make room */

static int logfile_open_path(const struct logfile *f)
{
	return open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

static void logfile_use(struct logfile *f, int fd)
{
	struct stat st;

	f->fd = fd;
	if (fstat(fd, &st) != 0)
		return;
	f->device = st.st_dev;
	f->inode = st.st_ino;
	f->regular = S_ISREG(st.st_mode);
}

int logfile_open(struct logfile *f, struct str path, int standard, const struct privilege_user *u)
{
	int fd;

	f->path[0] = '\0';
	f->fd = -1;
	f->used = f->lines = 0;
	f->dropped = 0;
	if (str_eq(path, STR("-")))
		standard = STDOUT_FILENO;
	else if (path.n > 0) {
		snprintf(f->path, sizeof f->path, "%.*s", STR_F(path));
		fd = logfile_open_path(f);
		if (fd < 0)
			return ERR_SYSTEM;
		privilege_give(fd, u);
		logfile_use(f, fd);
		return 0;
	}
	if (standard >= 0)
		logfile_use(f, standard);
	return 0;
}

/* False: the rest is lost. */
static bool logfile_write(const struct logfile *f, const char *p, size_t n)
{
	while (n > 0) {
		struct pollfd wait = {f->fd, POLLOUT, 0};
		ssize_t done;

		if (!f->regular && (poll(&wait, 1, LOGFILE_WAIT) != 1 || !(wait.revents & POLLOUT)))
			return false;
		done = write(f->fd, p, f->regular ? n : MIN(n, (size_t)LOGFILE_PIPE));
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

void logfile_flush(struct logfile *f)
{
	if (f->used == 0)
		return;
	if (f->fd < 0 || !logfile_write(f, f->batch, f->used))
		f->dropped += f->fd < 0 && f->path[0] == '\0' ? 0 : f->lines;
	f->used = 0;
	f->lines = 0;
}

char *logfile_room(struct logfile *f, size_t n)
{
	AN(n <= sizeof f->batch);
	if (sizeof f->batch - f->used < n)
		logfile_flush(f);
	return f->batch + f->used;
}

void logfile_added(struct logfile *f, size_t n)
{
	f->used += n;
	f->lines++;
}

int logfile_reopen(struct logfile *f, bool always)
{
	struct stat st;
	int fd;

	if (f->path[0] == '\0')
		return 0;
	if (!always && f->fd >= 0 && stat(f->path, &st) == 0 && st.st_dev == f->device &&
	    st.st_ino == f->inode)
		return 0;
	logfile_flush(f);
	fd = logfile_open_path(f);
	if (fd < 0)
		return ERR_SYSTEM;
	if (f->fd >= 0)
		close(f->fd);
	logfile_use(f, fd);
	return 0;
}
