/* signals.c - the one set of signals that all processes read by signalfd; see signals.h. */
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "proc/signals.h"

static void signals_set(sigset_t *set)
{
	static const int all[] = {SIGHUP, SIGQUIT, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGCHLD};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sigaddset(set, all[i]);
}

int signals_open(void)
{
	sigset_t set;

	signals_set(&set);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int signals_next(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof info) != sizeof info)
		return 0;
	return (int)info.ssi_signo;
}

void signals_reset(void)
{
	sigset_t set;

	signal(SIGINT, SIG_IGN);
	/* The rest stays blocked until the child reads it by signals_open: nothing is lost, and
	 * nothing kills it before it is ready. */
	signals_set(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}
