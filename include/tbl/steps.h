/* steps.h - the way of a request: STEP(name, function, what it does). The order is the order of the way;
 * request.h makes REQUEST_name, machine.c the dispatch and the names in traces. The functions answer MACHINE_GO (the step
 * moved: run on), MACHINE_WAIT (an event will run it again) or MACHINE_END.                            */
STEP(RECEIVE, step_admit_receive, "head to normal form: target, host, framing rules")
STEP(IDENTIFY, step_admit_identify, "who asks")
STEP(SCREEN, step_admit_screen, "may they: access rules, limits")
STEP(ROUTE, step_admit_route, "where to: tunnel, pool, origin, local page; may the cache serve")
STEP(LOOKUP, step_lookup_find, "the store: hit, stale or miss")
STEP(FOLLOW, step_lookup_follow, "wait for the head of a fill, judge it")
STEP(DELIVER, step_deliver_answer, "head and body to the client")
STEP(TUNNEL, step_tunnel_run, "hands both connections to a tunnel")
STEP(REFUSE, step_deliver_refuse, "an error page")
STEP(FINISH, step_deliver_finish, "log, counters, memory")
