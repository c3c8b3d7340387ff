/* cachedir.c - folder and lock of the cache; see cachedir.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "proc/cachedir.h"
#include "proc/folder.h"

#define CACHEDIR_TRIES 20
#define CACHEDIR_TRY_MS 10

/* A folder that is empty or was a cache before may be given to the user; any other (a slip of the
 * pen in the configuration) keeps its owner. */
static bool cachedir_is_ours(int fd)
{
	DIR *d = fdopendir(dup(fd));
	const struct dirent *e;
	bool other = false, lock = false;

	if (d == NULL)
		return false;
	while ((e = readdir(d)) != NULL) {
		lock = lock || strcmp(e->d_name, "weir.lock") == 0;
		other = other || (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0);
	}
	closedir(d);
	return lock || !other;
}

static bool cachedir_prepare(const char *path, const struct privilege_user *u)
{
	int fd;

	if (!folder_make(path, 0700, u)) {
		log_error("no cache: cannot make %s: %s", path, strerror(errno));
		return false;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		log_error("no cache: %s: %s", path, strerror(errno));
		return false;
	}
	if (cachedir_is_ours(fd))
		privilege_give(fd, u);
	close(fd);
	return privilege_reaches(path, u);
}

static pid_t cachedir_holder(int lock_fd)
{
	char text[32] = "";

	if (pread(lock_fd, text, sizeof text - 1, 0) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

/* Is that process a weir that runs, and not one that has just been killed or another program that
 * got its number? */
static bool cachedir_is_weir(pid_t pid)
{
	char path[64], text[128] = "", state = '?';
	const char *behind;
	FILE *f;

	if (pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH))
		return false;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "re"); /* "123 (weir) S ..." */
	if (f == NULL)
		return true; /* it is there; we cannot know more */
	if (fgets(text, sizeof text, f) == NULL)
		text[0] = '\0';
	fclose(f);
	behind = strrchr(text, ')');
	if (behind != NULL && behind[1] == ' ')
		state = behind[2];
	return strstr(text, "(weir)") != NULL && state != 'Z' && state != 'X';
}

bool cachedir_lock(int lock_fd)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%d\n", (int)getpid());

	if (flock(lock_fd, LOCK_EX | LOCK_NB) != 0)
		return false;
	/* Only for the message of a second weir: the lock itself is what counts. */
	if (ftruncate(lock_fd, 0) != 0 || pwrite(lock_fd, text, (size_t)n, 0) != n)
		log_warn("cannot write the process id into weir.lock: %s", strerror(errno));
	return true;
}

enum cachedir cachedir_open(const char *path, const struct privilege_user *u, int *lock_fd)
{
	char name[4200];
	pid_t holder;
	int fd;

	*lock_fd = -1;
	if (!cachedir_prepare(path, u))
		return CACHEDIR_OFF;
	snprintf(name, sizeof name, "%s/weir.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		log_error("no cache: %s: %s", name, strerror(errno));
		return CACHEDIR_OFF;
	}
	privilege_give(fd, u);
	*lock_fd = fd;
	/* A master that was killed a moment ago may still be dying. */
	for (int i = 0; i < CACHEDIR_TRIES; i++) {
		if (cachedir_lock(fd))
			return CACHEDIR_LOCKED;
		holder = cachedir_holder(fd);
		if (!cachedir_is_weir(holder)) {
			log_warn("processes of a weir that died (pid %d) still use the cache %s: "
			         "starting without it, until they are gone",
			         (int)holder, path);
			return CACHEDIR_WAITING;
		}
		nanosleep(&(struct timespec){0, CACHEDIR_TRY_MS * 1000000L}, NULL);
	}
	log_error("another weir (pid %d) uses the cache %s", (int)holder, path);
	close(fd);
	*lock_fd = -1;
	return CACHEDIR_TAKEN;
}
