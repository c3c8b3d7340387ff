/* date.h - HTTP dates (RFC 9110 5.6.7): three forms in, one form out, no libc time, no time zone.
 * Seconds since 1970-01-01 00:00:00 UTC in int64_t; years 0 to 9999. Pure. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/str.h"

#define DATE_LENGTH 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */
#define DATE_NONE INT64_MIN

/* Reads IMF-fixdate, the RFC 850 form, or asctime's, all of s. Names and "GMT" may be in any case
 * (RFC 9111 4.2); the day's name must be one, but need not fit the date.
 * Day 31 exists only where the month has it; 24:00:00 does not; second 60 is read as 59. `now`
 * decides the century of two-digit years: a date more than 50 years ahead is the past one. 0, or
 * ERR_BAD. */
int date_parse(struct str s, int64_t now, int64_t *out);
/* As above, DATE_NONE when s is no date or has no bytes. */
int64_t date_of(struct str s, int64_t now);
/* Writes exactly DATE_LENGTH bytes, no NUL. t is clamped to the years 0 to 9999. */
void date_print(int64_t t, char out[DATE_LENGTH]);
void date_put(struct str_out *o, int64_t t);

#endif
