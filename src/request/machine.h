/* machine.h - runs a request along its way (include/tbl/steps.h). Steps act, policy decides. */
#ifndef REQUEST_MACHINE_H
#define REQUEST_MACHINE_H

#include "request/request.h"

enum machine_result {
	MACHINE_GO,   /* the step moved: run on */
	MACHINE_WAIT, /* an event will run the machine again */
	MACHINE_END   /* the request is over and freed */
};

/* The functions of the table, one declaration each. */
#define STEP(name, fn, text) enum machine_result fn(struct request *r);
#include "tbl/steps.h"
#undef STEP

/* Runs until a step waits or the request ends. Not re-entrant: a call from inside is remembered. */
void machine_run(struct request *r);

#endif
