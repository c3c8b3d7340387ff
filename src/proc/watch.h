/* watch.h - whether the children still turn their loops.
 *
 * The master looks at each heartbeat once a tick. A child whose heartbeat has stood still for ten
 * ticks (the keeper: 120, and never in a commit) is killed and then replaced like any dead one.
 * Ticks in which the master itself came late do not count, so a machine that slept kills nobody. */
#ifndef PROC_WATCH_H
#define PROC_WATCH_H

#include <stdint.h>

/* Milliseconds of a tick: 1,000. For tests alone, WEIR_TEST_HEARTBEAT_MS sets the time after which
 * a worker counts as hung, and a tick is a tenth of it; it is read only when set. Children beat as
 * often. */
int64_t watch_period(void);
/* The master, when a tick is due; now is clock_ms(). */
void watch_tick(int64_t now);
/* When the next tick is due. */
int64_t watch_due(void);

#endif
