/* folder.c - mkdir -p, and the last one for the user; see folder.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proc/folder.h"

static bool folder_give(const char *path, const struct privilege_user *u)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	privilege_give(fd, u);
	close(fd);
	return true;
}

bool folder_make(const char *path, mode_t mode, const struct privilege_user *u)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof part) {
		errno = n == 0 ? ENOENT : ENAMETOOLONG;
		return false;
	}
	for (size_t i = 1; i <= n; i++) {
		if (i < n && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, i == n ? mode : 0755) != 0) {
			if (errno != EEXIST)
				return false;
		} else if (i == n) {
			return folder_give(part, u);
		}
	}
	return true;
}

bool folder_make_for(const char *file, mode_t mode, const struct privilege_user *u)
{
	char path[PATH_MAX];
	const char *slash = strrchr(file, '/');

	if (slash == NULL || slash == file)
		return true;
	if ((size_t)(slash - file) >= sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path, file, (size_t)(slash - file));
	path[slash - file] = '\0';
	return folder_make(path, mode, u);
}
