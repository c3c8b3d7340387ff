/* job.h - helper threads for calls that may block (disk). A job owns its buffers and fd until it is done.
 *
 * job_start() queues; a helper runs run(job) and the loop's thread later runs done(job) from
 * job_finish() (call it when job_fd() is readable). Who asked may forget the job (job_forget): done is
 * then called with job->forgotten set and must only free what the job owns. Threads block all signals. */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include <stdbool.h>
#include "base/list.h"

struct job {
	struct list link;
	void (*run)(struct job *j);  /* in a helper thread */
	void (*done)(struct job *j); /* in the loop's thread; frees the job */
	bool forgotten;
};

int job_init(int threads);  /* per process, after fork. 0 or an error; threads start at the first job */
int job_fd(void);           /* readable when something is done */
void job_start(struct job *j);
void job_forget(struct job *j);
void job_finish(void);      /* runs done() of all finished jobs */
void job_stop(void);        /* waits for running jobs, drops queued ones (their done() is called forgotten) */

#endif
