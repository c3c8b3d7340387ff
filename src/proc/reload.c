/* reload.c - runs the check and keeps what it said; see reload.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/obj.h"
#include "proc/reload.h"

#define RELOAD_WITHIN 60000 /* ms for the check of the largest lists */

static struct {
	enum reload_state state;
	bool upgrade;
	pid_t pid;
	int fd;
	int64_t deadline;
	uint64_t identity;
	size_t used;
	char text[ORDER_TEXT];
} reload = {.fd = -1};

/* The child: only what it prints connects it to us. */
_Noreturn static void reload_check(const char *program, const char *conf_path, int out)
{
	const char *argv[] = {"weir",    "-t", "--identity", conf_path == NULL ? NULL : "-c",
	                      conf_path, NULL};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close_range(3, ~0U, 0);
	execv(program, (char *const *)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
	_exit(1);
}

void reload_start(const char *program, const char *conf_path, bool upgrade)
{
	int pipes[2];

	AN(reload.state == RELOAD_IDLE);
	reload.upgrade = upgrade;
	reload.identity = 0;
	reload.used = 0;
	reload.text[0] = '\0';
	reload.state = RELOAD_BAD;
	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0) {
		snprintf(reload.text, sizeof reload.text, "cannot check: %s\n", strerror(errno));
		return;
	}
	/* The writing end blocks: a long list of errors waits for us. */
	fcntl(pipes[1], F_SETFL, 0);
	reload.pid = fork();
	if (reload.pid == 0)
		reload_check(program, conf_path, pipes[1]);
	close(pipes[1]);
	if (reload.pid < 0) {
		snprintf(reload.text, sizeof reload.text, "cannot check: %s\n", strerror(errno));
		close(pipes[0]);
		reload.pid = 0;
		return;
	}
	reload.fd = pipes[0];
	reload.deadline = clock_ms() + RELOAD_WITHIN;
	reload.state = RELOAD_CHECKING;
}

int reload_fd(void)
{
	return reload.fd;
}

void reload_read(void)
{
	char rest[4096];
	ssize_t n;

	while (reload.fd >= 0) {
		size_t room = sizeof reload.text - 1 - reload.used;

		/* What is too long is read and dropped, so that the child does not wait. */
		n = room > 0 ? read(reload.fd, reload.text + reload.used, room)
		             : read(reload.fd, rest, sizeof rest);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close(reload.fd);
			reload.fd = -1;
			return;
		}
		if (room > 0)
			reload.used += (size_t)n;
		reload.text[reload.used] = '\0';
	}
}

bool reload_is(pid_t pid)
{
	return reload.state == RELOAD_CHECKING && pid == reload.pid;
}

/* Takes the line of the identity out of the text. */
static bool reload_take_identity(void)
{
	char *line = reload.text, *end;

	for (;;) {
		if (strncmp(line, RELOAD_IDENTITY, strlen(RELOAD_IDENTITY)) == 0)
			break;
		line = strchr(line, '\n');
		if (line == NULL)
			return false;
		line++;
	}
	reload.identity = strtoull(line + strlen(RELOAD_IDENTITY), &end, 16);
	end = *end == '\n' ? end + 1 : end;
	memmove(line, end, strlen(end) + 1);
	return true;
}

void reload_reaped(int status)
{
	size_t used;

	reload_read();
	if (reload.fd >= 0)
		close(reload.fd);
	reload.fd = -1;
	reload.pid = 0;
	reload.deadline = 0;
	reload.state = RELOAD_BAD;
	used = strlen(reload.text);
	if (WIFSIGNALED(status))
		snprintf(reload.text + used, sizeof reload.text - used,
		         "the check died: signal %d (%s)\n", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 0 && reload_take_identity())
		reload.state = RELOAD_GOOD;
	else if (used == 0)
		snprintf(reload.text, sizeof reload.text, "the check ended with status %d\n",
		         WEXITSTATUS(status));
}

int64_t reload_deadline(void)
{
	return reload.deadline;
}

void reload_overdue(int64_t now)
{
	if (reload.deadline == 0 || now < reload.deadline)
		return;
	reload.deadline = now + 1000;
	kill(reload.pid, SIGKILL);
}

void reload_cancel(void)
{
	if (reload.pid > 0)
		kill(reload.pid, SIGKILL);
}

enum reload_state reload_state(void)
{
	return reload.state;
}

bool reload_is_upgrade(void)
{
	return reload.upgrade;
}

uint64_t reload_identity(void)
{
	return reload.identity;
}

const char *reload_text(void)
{
	return reload.text;
}

void reload_forget(void)
{
	reload.state = RELOAD_IDLE;
}
