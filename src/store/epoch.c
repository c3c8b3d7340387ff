/* epoch.c - which bodies are on the disk for sure.
 *
 * The helper opens each segment by its own path and syncs it; what it finds broken it marks in
 * shared memory itself, so that the mark outlives a keeper that dies before it could read the
 * answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/err.h"
#include "base/job.h"
#include "base/log.h"
#include "base/obj.h"
#include "store/epoch.h"

struct epoch_job {
	struct job job;
	uint32_t epoch, count;
	bool unknown; /* one is neither synced nor marked */
	uint32_t segments[];
};

static struct epoch_job *epoch_running;
static uint32_t epoch_synced; /* the last whose segments are on the disk, or marked as failed */
static int64_t epoch_due, epoch_every;

void epoch_init(int64_t now_ms, int64_t every_ms)
{
	epoch_every = every_ms;
	epoch_due = now_ms + every_ms;
	epoch_synced = 0;
	epoch_running = NULL;
}

/* A failed sync is the end of the segment. A file that cannot be opened now, for want of memory or
 * descriptors, is no failed sync: the epoch waits. */
static int epoch_sync(uint32_t segment)
{
	char path[4200];
	int fd, rc;

	segment_path(segment, path, sizeof path);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT && errno != EIO)
		return err_of_errno(errno);
	do
		rc = fd >= 0 && fdatasync(fd) == 0 ? 0 : errno;
	while (rc == EINTR);
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		return 0;
	SHARED_SET(shared_segment(segment)->failed, 1);
	return err_of_errno(rc);
}

static void epoch_run(struct job *j)
{
	struct epoch_job *e = LIST_OF(j, struct epoch_job, job);

	for (uint32_t i = 0; i < e->count; i++)
		if (epoch_sync(e->segments[i]) < 0 &&
		    SHARED_GET(shared_segment(e->segments[i])->failed) == 0)
			e->unknown = true;
}

static void epoch_done(struct job *j)
{
	struct epoch_job *e = LIST_OF(j, struct epoch_job, job);

	if (!j->forgotten) {
		if (!e->unknown)
			epoch_synced = e->epoch;
		epoch_running = NULL;
	}
	free(e);
}

/* Segments whose last row is younger than the durable epoch. */
static bool epoch_needs_sync(uint32_t s)
{
	return SHARED_GET(shared_segment(s)->wrote_epoch) > ledger_meta.durable_epoch &&
	       ledger_at(s)->row.state != SEGMENT_BAD;
}

static bool epoch_begin(void)
{
	struct epoch_job *e;
	uint32_t made = MIN(ledger_limit, ledger_meta.segments_made), first = 0;

	while (first < made && !epoch_needs_sync(first))
		first++;
	if (first == made)
		return false; /* nothing was written: an idle disk may sleep */
	e = calloc(1, sizeof *e + made * sizeof e->segments[0]);
	if (e == NULL)
		return false;
	e->epoch = ledger_meta.epoch++;
	SHARED_SET(shared_head()->epoch, ledger_meta.epoch);
	/* After the number moved: rows that come now belong to the next one. */
	for (uint32_t s = 0; s < made; s++)
		if (epoch_needs_sync(s))
			e->segments[e->count++] = s;
	e->job.run = epoch_run;
	e->job.done = epoch_done;
	epoch_running = e;
	if (job_fd() >= 0) {
		job_start(&e->job);
	} else { /* no helpers here (tests): the same, in this thread */
		epoch_run(&e->job);
		epoch_done(&e->job);
	}
	return true;
}

/* Have all segments that failed lost their rows? */
static bool epoch_failed_are_out(void)
{
	for (uint32_t s = 0; s < MIN(ledger_limit, ledger_meta.segments_made); s++)
		if (SHARED_GET(shared_segment(s)->failed) != 0 && ledger_at(s)->row.ranges != 0)
			return false;
	return true;
}

bool epoch_step(int64_t now_ms)
{
	/* Both numbers were moved in memory only, and an aborted transaction has read the ledger
	 * anew. */
	ledger_meta.epoch = MAX(ledger_meta.epoch, SHARED_GET(shared_head()->epoch));
	if (epoch_synced > ledger_meta_committed.durable_epoch) {
		if (epoch_failed_are_out())
			ledger_meta.durable_epoch = epoch_synced;
		return true; /* else evict.c deletes their rows first */
	}
	if (epoch_running != NULL || now_ms < epoch_due)
		return false;
	epoch_due = now_ms + epoch_every;
	return epoch_begin();
}

int epoch_sync_all(void)
{
	int rc = 0;

	for (uint32_t s = 0; s < MIN(ledger_limit, ledger_meta.segments_made); s++)
		if (epoch_needs_sync(s) && epoch_sync(s) < 0)
			rc = ERR_IO;
	return rc;
}

void epoch_forget(void)
{
	if (epoch_running != NULL)
		job_forget(&TAKE(epoch_running)->job);
}
