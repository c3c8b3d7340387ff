/* pipes.c - a few empty pipes are kept, so that borrowing one costs no system call. */
#include "request/pipes.h"
#include <fcntl.h>
#include <unistd.h>
#include "base/err.h"

static int spare[PIPES_SPARE][2];
static unsigned spare_count;

int pipes_get(int pipe[2])
{
	if (spare_count > 0) {
		spare_count--;
		pipe[0] = spare[spare_count][0];
		pipe[1] = spare[spare_count][1];
		return 0;
	}
	if (pipe2(pipe, O_NONBLOCK | O_CLOEXEC) != 0) {
		pipe[0] = pipe[1] = -1;
		return ERR_LIMIT;
	}
	/* A user may have only so many pages in pipes (pipe-user-pages-soft). */
	if (fcntl(pipe[1], F_SETPIPE_SZ, PIPES_BYTES) < 0)
		(void)fcntl(pipe[1], F_SETPIPE_SZ, PIPES_BYTES / 4);
	return 0;
}

void pipes_put(int pipe[2], size_t in_pipe)
{
	if (pipe[0] < 0)
		return;
	if (in_pipe > 0 || spare_count == PIPES_SPARE) {
		close(pipe[0]);
		close(pipe[1]);
	} else {
		spare[spare_count][0] = pipe[0];
		spare[spare_count][1] = pipe[1];
		spare_count++;
	}
	pipe[0] = pipe[1] = -1;
}
