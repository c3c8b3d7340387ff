/* step_tunnel.c - TUNNEL: after CONNECT or 101, bytes both ways until both sides have ended. */
#include "base/err.h"
#include "request/machine.h"
#include "request/tunnel.h"

static void on_end(struct request *r)
{
	request_goto(r, REQUEST_FINISH);
	machine_run(r);
}

enum machine_result step_tunnel_run(struct request *r)
{
	if (r->tunnel == NULL) {
		r->tunnel = tunnel_start(r, on_end);
		if (r->tunnel == NULL) {
			r->broken = true;
			r->sink->ops->broken(r->sink);
			request_goto(r, REQUEST_FINISH);
			return MACHINE_GO;
		}
	}
	tunnel_run(r->tunnel);
	return r->step == REQUEST_TUNNEL ? MACHINE_WAIT : MACHINE_GO;
}
