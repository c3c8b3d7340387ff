/* clock.h - time, read once per turn of the loop.
 *
 * Deadlines use CLOCK_MONOTONIC (milliseconds), dates and ages the wall clock (seconds since 1970).
 * Nobody else calls clock_gettime; policy gets `now` as an argument.                              */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include "base/str.h"

void clock_update(void);         /* reads both clocks; the loop calls it after each wait */
int64_t clock_ms(void);          /* monotonic milliseconds as of the last update */
int64_t clock_wall(void);        /* seconds since 1970 as of the last update */
int64_t clock_wall_ms(void);     /* the same in milliseconds */
struct str clock_date(void);     /* the wall second as IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"), 29 bytes, made once a second */
int64_t clock_read_us(void);     /* a fresh reading of the monotonic clock in microseconds, for measuring */

#endif
