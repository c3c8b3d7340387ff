/* job.c - a small pool of helper threads behind the event loop.
 *
 * The loop's thread calls everything here; helpers only take a job from `queued`, run it, and put
 * it into `finished`. One mutex guards both lists and the numbers. What a job holds is handed over
 * by that mutex: the helper has it between the two lists, the loop's thread before and after.
 * `forgotten` is read and written by the loop's thread only. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/err.h"
#include "base/job.h"
#include "base/obj.h"

#define JOB_THREADS 64

static pthread_mutex_t job_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t job_wanted = PTHREAD_COND_INITIALIZER;
/* Under job_lock. */
static struct list job_queued, job_finished;
static bool job_stopping;
static int job_idle; /* helpers that wait */
/* Of the loop's thread. */
static pthread_t job_threads[JOB_THREADS];
static int job_started, job_allowed;
static int job_event = -1;

int job_init(int threads)
{
	AN(threads > 0 && threads <= JOB_THREADS && job_event < 0);
	job_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (job_event < 0)
		return err_of_errno(errno);
	list_init(&job_queued);
	list_init(&job_finished);
	job_stopping = false;
	job_idle = job_started = 0;
	job_allowed = threads;
	return 0;
}

int job_fd(void)
{
	return job_event;
}

/* The next queued job, waiting for one; NULL when it is time to end. */
static struct job *job_next(void)
{
	struct job *j;

	AZ(pthread_mutex_lock(&job_lock));
	job_idle++;
	while (list_empty(&job_queued) && !job_stopping)
		AZ(pthread_cond_wait(&job_wanted, &job_lock));
	job_idle--;
	j = job_stopping ? NULL : LIST_FIRST(&job_queued, struct job, link);
	if (j != NULL)
		list_remove(&j->link);
	AZ(pthread_mutex_unlock(&job_lock));
	return j;
}

static void job_finished_one(struct job *j)
{
	uint64_t one = 1;
	bool first;

	AZ(pthread_mutex_lock(&job_lock));
	first = list_empty(&job_finished);
	list_append(&job_finished, &j->link);
	AZ(pthread_mutex_unlock(&job_lock));
	/* From here j may be gone. One wake is enough for all that lie there. The counter cannot be
	 * full, so the write does not fail. */
	if (first)
		AN(write(job_event, &one, sizeof one) == sizeof one);
}

static void *job_helper(void *arg)
{
	struct job *j;

	while ((j = job_next()) != NULL) {
		j->run(j);
		job_finished_one(j);
	}
	return arg;
}

/* Another helper, if one is allowed. Signals belong to the loop's thread: a new thread inherits a
 * mask that blocks all. */
static void job_add_thread(void)
{
	sigset_t all, before;

	if (job_started == job_allowed)
		return;
	sigfillset(&all);
	AZ(pthread_sigmask(SIG_SETMASK, &all, &before));
	if (pthread_create(&job_threads[job_started], NULL, job_helper, NULL) == 0)
		job_started++;
	AZ(pthread_sigmask(SIG_SETMASK, &before, NULL));
}

void job_start(struct job *j)
{
	bool busy;

	AN(job_event >= 0 && j->run != NULL && j->done != NULL);
	j->forgotten = false;
	AZ(pthread_mutex_lock(&job_lock));
	list_append(&job_queued, &j->link);
	busy = job_idle == 0 && !job_stopping;
	AZ(pthread_cond_signal(&job_wanted));
	AZ(pthread_mutex_unlock(&job_lock));
	if (busy)
		job_add_thread();
	if (job_started > 0 || job_stopping)
		return;
	/* No thread could be had at all: slow is better than never. */
	list_remove(&j->link);
	j->run(j);
	job_finished_one(j);
}

void job_forget(struct job *j)
{
	j->forgotten = true;
}

/* Takes the first job of a list, or NULL. */
static struct job *job_take(struct list *l)
{
	struct job *j;

	AZ(pthread_mutex_lock(&job_lock));
	j = LIST_FIRST(l, struct job, link);
	if (j != NULL)
		list_remove(&j->link);
	AZ(pthread_mutex_unlock(&job_lock));
	return j;
}

void job_finish(void)
{
	uint64_t count;
	struct job *j;

	/* Before the list is read: a job that ends meanwhile finds it empty, or is taken here. */
	if (read(job_event, &count, sizeof count) < 0)
		AN(errno == EAGAIN || errno == EINTR);
	while ((j = job_take(&job_finished)) != NULL)
		j->done(j);
}

void job_stop(void)
{
	struct job *j;

	AN(job_event >= 0);
	AZ(pthread_mutex_lock(&job_lock));
	job_stopping = true;
	AZ(pthread_cond_broadcast(&job_wanted));
	AZ(pthread_mutex_unlock(&job_lock));
	for (int i = 0; i < job_started; i++)
		AZ(pthread_join(job_threads[i], NULL));
	job_finish();
	/* A done() may start another job; it is dropped in the same way. */
	while ((j = job_take(&job_queued)) != NULL) {
		j->forgotten = true;
		j->done(j);
	}
	close(job_event);
	job_event = -1;
	job_started = 0;
}
