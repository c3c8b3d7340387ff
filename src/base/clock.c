/* clock.c - the two clocks of a process, and dates without the C library's time zones.
 *
 * The loop updates after each wait; everybody else reads what it read. Dates use the proleptic
 * Gregorian calendar in UTC, no locale and no leap seconds. */
#include <stdbool.h>
#include <time.h>
#include "base/clock.h"

static int64_t clock_mono_ms, clock_real_ms;
static bool clock_known;

static int64_t clock_read(clockid_t id, int64_t per_second)
{
	struct timespec t = {0, 0};

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * per_second + t.tv_nsec / (1000000000 / per_second);
}

void clock_update(void)
{
	clock_set(clock_read(CLOCK_MONOTONIC, 1000), clock_read(CLOCK_REALTIME, 1000));
}

void clock_set(int64_t ms, int64_t wall_ms)
{
	clock_mono_ms = ms;
	clock_real_ms = wall_ms;
	clock_known = true;
}

/* Before the first turn of a loop (start, tests) somebody may ask already. */
static void clock_need(void)
{
	if (!clock_known)
		clock_update();
}

int64_t clock_ms(void)
{
	clock_need();
	return clock_mono_ms;
}

int64_t clock_wall_ms(void)
{
	clock_need();
	return clock_real_ms;
}

/* Rounded down, also before 1970. */
static int64_t clock_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t clock_wall(void)
{
	return clock_floor_div(clock_wall_ms(), 1000);
}

int64_t clock_read_us(void)
{
	return clock_read(CLOCK_MONOTONIC, 1000000);
}

struct clock_civil {
	int64_t year;
	int month, day; /* from 1 */
	int weekday;    /* 0 = Sunday */
	int hour, minute, second;
};

/* Days since 1970 to a date: years begin in March here, so that the leap day is their last day; 400
 * years (an era) have 146,097 days. (H. Hinnant, chrono-compatible low-level date algorithms.) */
static struct clock_civil clock_civil_of(int64_t seconds)
{
	int64_t days = clock_floor_div(seconds, 86400);
	int64_t rest = seconds - days * 86400;
	int64_t from_era0 = days + 719468; /* since 0000-03-01 */
	int64_t era = clock_floor_div(from_era0, 146097);
	int64_t day_of_era = from_era0 - era * 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month = (int)((5 * day_of_year + 2) / 153); /* 0 = March */
	int64_t weekday = (days + 4) % 7;               /* 1970-01-01 was a Thursday */

	return (struct clock_civil){
	    .year = year_of_era + era * 400 + (month >= 10),
	    .month = month < 10 ? month + 3 : month - 9,
	    .day = (int)(day_of_year - (153 * month + 2) / 5) + 1,
	    .weekday = (int)(weekday < 0 ? weekday + 7 : weekday),
	    .hour = (int)(rest / 3600),
	    .minute = (int)(rest / 60 % 60),
	    .second = (int)(rest % 60),
	};
}

/* v with exactly n decimal digits; returns what follows. */
static char *clock_digits(char *at, int64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		at[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return at + n;
}

static char *clock_text(char *at, const char *text, size_t n)
{
	memcpy(at, text, n);
	return at + n;
}

static char *clock_time(char *at, const struct clock_civil *c)
{
	at = clock_digits(at, c->hour, 2);
	*at++ = ':';
	at = clock_digits(at, c->minute, 2);
	*at++ = ':';
	return clock_digits(at, c->second, 2);
}

struct str clock_date(void)
{
	static char text[29];
	static int64_t made = INT64_MIN;
	int64_t now = clock_wall();

	if (now != made) {
		struct clock_civil c = clock_civil_of(now);
		char *at = text;

		at = clock_text(at, &"SunMonTueWedThuFriSat"[3 * c.weekday], 3);
		at = clock_text(at, ", ", 2);
		at = clock_digits(at, c.day, 2);
		*at++ = ' ';
		at = clock_text(at, &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (c.month - 1)], 3);
		*at++ = ' ';
		at = clock_digits(at, c.year, 4);
		*at++ = ' ';
		at = clock_time(at, &c);
		clock_text(at, " GMT", 4);
		made = now;
	}
	return (struct str){text, sizeof text};
}

void clock_stamp(int64_t wall_ms, char out[CLOCK_STAMP])
{
	int64_t seconds = clock_floor_div(wall_ms, 1000);
	struct clock_civil c = clock_civil_of(seconds);
	char *at = out;

	at = clock_digits(at, c.year, 4);
	*at++ = '-';
	at = clock_digits(at, c.month, 2);
	*at++ = '-';
	at = clock_digits(at, c.day, 2);
	*at++ = 'T';
	at = clock_time(at, &c);
	*at++ = '.';
	at = clock_digits(at, wall_ms - seconds * 1000, 3);
	*at = 'Z';
}
