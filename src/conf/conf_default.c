/* conf_default.c - the configuration that holds without a file: safe for the host it runs on.
 *
 * Written as ini text and read like any file, so that `weir --print-config` shows all of it and the
 * owner can begin with it. Declared in conf.h; called by conf_load. */
#include "conf/conf.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"

#ifndef WEIR_RUNDIR
#define WEIR_RUNDIR "/run/weir"
#endif

#define GIB (1ull << 30)
#define NAME_MAX_DEFAULT 1500 /* bytes of a folder's name */

struct folders {
	char cache[NAME_MAX_DEFAULT], log[NAME_MAX_DEFAULT], control[NAME_MAX_DEFAULT];
};

/* 0, or ERR_LIMIT when it does not fit. */
__attribute__((format(printf, 2, 3))) static int name(char out[NAME_MAX_DEFAULT], const char *fmt,
                                                      ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, NAME_MAX_DEFAULT, fmt, ap);
	va_end(ap);
	return n < 0 || n >= NAME_MAX_DEFAULT ? ERR_LIMIT : 0;
}

/* An absolute path from the environment that an ini file can hold, else NULL (as the XDG Base
 * Directory Specification has it). */
static const char *from_environment(const char *variable)
{
	const char *v = getenv(variable);

	if (v == NULL || v[0] != '/' || strstr(v, " ;") != NULL || strstr(v, " #") != NULL)
		return NULL;
	for (const char *p = v; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return NULL;
	return v;
}

static const char *home(void)
{
	const char *h = from_environment("HOME");
	const struct passwd *pw = h == NULL ? getpwuid(getuid()) : NULL;

	if (h == NULL && pw != NULL && pw->pw_dir != NULL && pw->pw_dir[0] == '/')
		h = pw->pw_dir;
	return h == NULL ? "/var/tmp" : h;
}

static int find_folders(struct folders *f)
{
	const char *cache = from_environment("XDG_CACHE_HOME");
	const char *state = from_environment("XDG_STATE_HOME");
	const char *run = from_environment("XDG_RUNTIME_DIR");
	int err;

	if (geteuid() == 0) {
		err = name(f->cache, "/var/cache/weir");
		err = err != 0 ? err : name(f->log, "/var/log/weir");
		return err != 0 ? err : name(f->control, WEIR_RUNDIR "/weir.sock");
	}
	err = cache != NULL ? name(f->cache, "%s/weir", cache)
	                    : name(f->cache, "%s/.cache/weir", home());
	if (err == 0)
		err = state != NULL ? name(f->log, "%s/weir", state)
		                    : name(f->log, "%s/.local/state/weir", home());
	if (err == 0)
		err = run != NULL ? name(f->control, "%s/weir.sock", run)
		                  : name(f->control, "%.*s/weir.sock", NAME_MAX_DEFAULT, f->cache);
	return err;
}

/* What the files in a folder take on the disk, one level of folders deep. */
static uint64_t taken(const char *path, int depth)
{
	DIR *d = opendir(path);
	uint64_t sum = 0;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char below[NAME_MAX_DEFAULT];
		struct stat st;

		if (e->d_name[0] == '.' || name(below, "%s/%s", path, e->d_name) != 0 ||
		    lstat(below, &st) != 0)
			continue;
		if (S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_blocks * 512;
		else if (S_ISDIR(st.st_mode) && depth > 0)
			sum += taken(below, depth - 1);
	}
	if (d != NULL)
		closedir(d);
	return sum;
}

/* Free bytes of the file system where the folder is or will be. */
static uint64_t free_space(const char *folder)
{
	char path[NAME_MAX_DEFAULT];
	struct statvfs v;

	if (name(path, "%s", folder) != 0)
		return 0;
	while (statvfs(path, &v) != 0) {
		char *slash = strrchr(path, '/');

		if (slash == NULL)
			return 0;
		if (slash == path)
			slash++;
		if (*slash == '\0')
			return 0;
		*slash = '\0';
	}
	return (uint64_t)v.f_bavail * v.f_frsize;
}

/* A tenth of what is free, 1G to 20G. What an older cache takes there counts as free, and the
 * result is rounded down to 1, 2, 4, 8, 16 or 20G: so it is mostly the same at the next start. */
static unsigned default_size(const char *folder)
{
	uint64_t tenth = (free_space(folder) + taken(folder, 1)) / 10 / GIB;
	unsigned size = 1;

	if (tenth >= 20)
		return 20;
	while (size * 2 <= tenth)
		size *= 2;
	return size;
}

int conf_default_text(char *out, size_t n)
{
	struct folders f;
	int err = find_folders(&f);
	int len;

	if (err != 0)
		return err;
	len = snprintf(out, n,
	               "; weir without a file: a proxy for the programs on this host.\n"
	               "[weir]\n"
	               "control = %s\n"
	               "\n"
	               "[listen local]\n"
	               "address = 127.0.0.1:3128\n"
	               "kind = forward\n"
	               "connect_ports = 443\n"
	               "private_destinations = loopback\n"
	               "\n"
	               "[cache]\n"
	               "path = %s\n"
	               "size = %uG\n"
	               "\n"
	               "[log]\n"
	               "access = %s/access.log\n",
	               f.control, f.cache, default_size(f.cache), f.log);
	return len < 0 || (size_t)len >= n ? ERR_LIMIT : 0;
}
