/* test_job.c - jobs run beside the loop, are answered in it, may be forgotten, and end with stop.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include "base/job.h"
#include "unit.h"

struct work {
	struct job job;
	int in, out;
	pthread_t ran_in;
	bool signals_blocked;
	sem_t *wait_for; /* run waits for it */
};
static int done_count, forgotten_count, sum;
static pthread_t loop_thread;

static void run(struct job *j)
{
	struct work *w = CONTAINER_OF(j, struct work, job);
	sigset_t mask;

	if (w->wait_for != NULL)
		while (sem_wait(w->wait_for) != 0)
			;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	w->signals_blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD);
	w->ran_in = pthread_self();
	w->out = w->in * 2;
}

static void done(struct job *j)
{
	struct work *w = CONTAINER_OF(j, struct work, job);

	CU_ASSERT(pthread_equal(pthread_self(), loop_thread));
	done_count++;
	if (j->forgotten)
		forgotten_count++;
	else
		sum += w->out;
	if (w->out != 0) {
		CU_ASSERT(w->signals_blocked);
		CU_ASSERT(!pthread_equal(w->ran_in, loop_thread));
	}
	free(w);
}

static struct work *work_new(int in, sem_t *wait_for)
{
	struct work *w = calloc(1, sizeof *w);

	AN(w != NULL);
	w->job.run = run;
	w->job.done = done;
	w->in = in;
	w->wait_for = wait_for;
	return w;
}

static void begin(int threads)
{
	loop_thread = pthread_self();
	done_count = forgotten_count = sum = 0;
	AZ(job_init(threads));
}

static bool readable(int ms)
{
	struct pollfd p = {job_fd(), POLLIN, 0};
	return poll(&p, 1, ms) == 1;
}

/* As the loop does: finish when the fd says so. */
static void finish_all(int n)
{
	while (done_count < n) {
		if (!readable(10000))
			CU_FAIL_FATAL("a job never ended");
		job_finish();
	}
}

static void many(void)
{
	begin(3);
	CU_ASSERT(!readable(0));
	for (int i = 1; i <= 2000; i++)
		job_start(&work_new(i, NULL)->job);
	finish_all(2000);
	CU_ASSERT(sum == 2000 * 2001 && forgotten_count == 0);
	CU_ASSERT(!readable(0));
	job_stop();
	CU_ASSERT(job_fd() == -1);
}

static void forget(void)
{
	sem_t gate;
	struct work *w;

	AZ(sem_init(&gate, 0, 0));
	begin(2);
	w = work_new(5, &gate);
	job_start(&w->job);
	job_start(&work_new(7, &gate)->job);
	job_forget(&w->job); /* while it waits or runs */
	CU_ASSERT(done_count == 0);
	sem_post(&gate);
	sem_post(&gate);
	finish_all(2);
	CU_ASSERT(forgotten_count == 1 && sum == 14);
	job_stop();
	sem_destroy(&gate);
}

static sem_t stop_gate;
static void *open_gate(void *arg)
{
	(void)arg;
	sem_post(&stop_gate);
	return NULL;
}

/* One runs, four wait in the queue behind it. Stop waits for the one and drops the rest; whether
 * the helper takes one or two more before it hears of the stop is open. */
static void stop(void)
{
	pthread_t opener;

	AZ(sem_init(&stop_gate, 0, 0));
	begin(1);
	job_start(&work_new(1, &stop_gate)->job);
	for (int i = 0; i < 4; i++)
		job_start(&work_new(1, NULL)->job);
	AZ(pthread_create(&opener, NULL, open_gate, NULL));
	job_stop();
	CU_ASSERT(done_count == 5); /* each is told, however it ended */
	CU_ASSERT(forgotten_count * 2 + sum == 10);
	AZ(pthread_join(opener, NULL));
	sem_destroy(&stop_gate);
}

static void start_another(struct job *j)
{
	done(j);
	job_start(&work_new(100, NULL)->job);
}

static void start_in_done(void)
{
	struct work *w;

	begin(2);
	w = work_new(1, NULL);
	w->job.done = start_another;
	job_start(&w->job);
	finish_all(2);
	CU_ASSERT(sum == 202);
	job_stop();

	begin(2);
	w = work_new(1, NULL);
	w->job.done = start_another;
	job_start(&w->job);
	job_stop(); /* the second is dropped */
	CU_ASSERT(done_count == 2 && forgotten_count >= 1);
}

static void nothing(void)
{
	begin(4);
	job_finish();
	job_stop(); /* without a thread ever started */
	CU_ASSERT(done_count == 0);
}

UNIT_MAIN("job", {"many", many}, {"forget", forget}, {"stop", stop},
          {"start in done", start_in_done}, {"nothing", nothing})
