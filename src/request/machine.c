/* machine.c - runs a request along its way: the table of steps is the whole of it.
 *
 * Called by request_run and by whatever wakes a request. A step never calls another step. */
#include "request/machine.h"

static enum machine_result (*const steps[REQUEST_STEP_COUNT])(struct request *r) = {
#define STEP(name, fn, text) [REQUEST_##name] = fn,
#include "tbl/steps.h"
#undef STEP
};

void machine_run(struct request *r)
{
	enum machine_result result;

	CHECK_OBJ(r, REQUEST_MAGIC);
	if (r->running) { /* a source or sink moved while a step was acting on it */
		r->moved = true;
		return;
	}
	r->running = true;
	do {
		r->moved = false;
		result = steps[r->step](r);
	} while (result == MACHINE_GO || (result == MACHINE_WAIT && r->moved));
	if (result == MACHINE_WAIT)
		r->running = false;
}
