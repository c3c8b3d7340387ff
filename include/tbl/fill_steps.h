/* fill_steps.h - the way of a fill: FILL_STEP(name, function, what it does), in the order of the way.
 * request/fill_steps.h makes FILL_STEP_name, fill.c the dispatch and the names in traces. The functions answer
 * FILL_GO (the step moved: run on), FILL_STAY (an event will run it again) or FILL_OVER (nothing will).  */
FILL_STEP(CLAIM, fill_steps_claim, "a flight in the shared table; private fills have none")
FILL_STEP(AIM, fill_aim_run, "the target: server of a pool, or addresses of the host, each judged")
FILL_STEP(ASK, fill_steps_ask, "a connection from the pool or dialled; the request's head goes out")
FILL_STEP(HEAD, fill_steps_head, "the request's body goes out; interim and final heads come in")
FILL_STEP(JUDGE, fill_judge_run, "store, refresh or pass on; the head is published")
FILL_STEP(BODY, fill_body_run, "bytes to the store and to the followers")
FILL_STEP(DONE, fill_steps_done, "complete: followers read to the end")
FILL_STEP(FAIL, fill_steps_fail, "every follower learns why")
