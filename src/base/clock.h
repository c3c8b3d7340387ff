/* clock.h - time, read once per turn of the loop.
 *
 * Deadlines use CLOCK_MONOTONIC (milliseconds), dates and ages the wall clock (seconds since 1970).
 * Nobody else calls clock_gettime; policy gets `now` as an argument.                              */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include "base/str.h"

#define CLOCK_STAMP 24 /* bytes of "2026-11-24T23:36:41.123Z" */

void clock_update(void);         /* reads both clocks; the loop calls it after each wait */
int64_t clock_ms(void);          /* monotonic milliseconds as of the last update */
int64_t clock_wall(void);        /* seconds since 1970 as of the last update */
int64_t clock_wall_ms(void);     /* the same in milliseconds */
struct str clock_date(void);     /* the wall second as IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"), 29 bytes, made once a second */
int64_t clock_read_us(void);     /* a fresh reading of the monotonic clock in microseconds, for measuring */
/* A wall time in milliseconds since 1970 as "2026-11-24T23:36:41.123Z" (UTC, years 0 to 9999), no NUL. */
void clock_stamp(int64_t wall_ms, char out[CLOCK_STAMP]);
/* For tests: both clocks stand at these values until the next clock_update(). */
void clock_set(int64_t ms, int64_t wall_ms);

#endif
