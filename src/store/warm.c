/* warm.c - helper threads that bring cold pages of segments into memory.
 *
 * The loop never faults on a disk knowingly. A job owns a descriptor of its own, so that the
 * segment's file may be closed, and the request may end, while a helper still reads. What it reads
 * it drops: the pages are what is wanted. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/obj.h"
#include "store/segment.h"
#include "store/warm.h"

#define WARM_PIECE 65536u

struct warm {
	struct job job;
	struct store_wait *wait;
	int fd;
	uint64_t offset, n;
};

void warm_wait_init(struct store_wait *w)
{
	w->job = NULL;
	list_init(&w->link);
}

void warm_wait_cancel(struct store_wait *w)
{
	if (w->job != NULL)
		job_forget(TAKE(w->job));
	if (w->link.next != NULL)
		list_remove(&w->link);
}

static void warm_run(struct job *j)
{
	struct warm *m = LIST_OF(j, struct warm, job);
	char *piece = malloc(WARM_PIECE);

	for (uint64_t at = 0; piece != NULL && at < m->n;) {
		size_t want = (size_t)MIN(m->n - at, (uint64_t)WARM_PIECE);
		ssize_t r = pread(m->fd, piece, want, (off_t)(m->offset + at));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break; /* who looks again will find out */
		at += (uint64_t)r;
	}
	free(piece);
}

static void warm_done(struct job *j)
{
	struct warm *m = LIST_OF(j, struct warm, job);
	struct store_wait *w = j->forgotten ? NULL : m->wait;

	close(m->fd);
	free(m);
	if (w != NULL) {
		w->job = NULL;
		w->wake(w);
	}
}

bool warm_start(struct store_wait *w, uint32_t segment, uint64_t offset, uint64_t n)
{
	struct warm *m;
	int fd = segment_fd(segment);

	if (fd < 0 || job_fd() < 0 || w == NULL || w->wake == NULL)
		return false;
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return false;
	m->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (m->fd < 0) {
		free(m);
		return false;
	}
	m->wait = w;
	m->offset = offset;
	m->n = n;
	m->job.run = warm_run;
	m->job.done = warm_done;
	w->job = &m->job;
	job_start(&m->job);
	/* When the wake comes they count as seen: else a machine short of memory would wait for
	 * ever. */
	segment_seen(segment, offset, n);
	return true;
}
