/* step_tunnel.c - TUNNEL: after CONNECT or 101 both connections go to a tunnel, which needs no
 * request. */
#include "request/machine.h"
#include "request/tunnel.h"

enum machine_result step_tunnel_run(struct request *r)
{
	r->tunnel = tunnel_start(r);
	if (r->tunnel == NULL) {
		r->broken = true;
		r->sink->ops->broken(r->sink);
	}
	request_goto(r, REQUEST_FINISH);
	return MACHINE_GO;
}
