/* date.c - HTTP dates, by arithmetic over the proleptic Gregorian calendar. */
#include "http/date.h"
#include "base/err.h"
#include "base/obj.h"

#define DAY 86400
#define YEAR_0 (-62167219200)  /* 0000-01-01 */
#define YEAR_9999 253402300799 /* 9999-12-31 23:59:59 */

struct moment {
	int year, month, day, hour, minute, second; /* month 1-12 */
};

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char day_names[] = "SunMonTueWedThuFriSat";
static const struct str long_days[] = {
    STR_INIT("Sunday"),   STR_INIT("Monday"), STR_INIT("Tuesday"),  STR_INIT("Wednesday"),
    STR_INIT("Thursday"), STR_INIT("Friday"), STR_INIT("Saturday"),
};

static bool is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_days(int year, int month)
{
	static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01; years are taken to begin in March, so that the leap day is the last. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void moment_of(int64_t t, struct moment *m)
{
	int64_t days = (t >= 0 ? t : t - (DAY - 1)) / DAY;
	int second = (int)(t - days * DAY);
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int of_era = (int)(z - era * 146097);
	int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year + year / 4 - year / 100);
	int month = (5 * of_year + 2) / 153;

	m->day = of_year - (153 * month + 2) / 5 + 1;
	m->month = month < 10 ? month + 3 : month - 9;
	m->year = year + (int)(era * 400) + (m->month <= 2);
	m->hour = second / 3600;
	m->minute = second / 60 % 60;
	m->second = second % 60;
}

/* n digits at p; -1 when there is another byte. */
static int digits(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (!str_is_digit(p[i]))
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

/* Which of the three-letter names stands at p, in any case (RFC 9111 4.2), from 1; 0 for none. */
static int name_at(const char *p, const char *table, int count)
{
	for (int i = 0; i < count; i++, table += 3)
		if (((p[0] ^ table[0]) & ~0x20) == 0 && ((p[1] ^ table[1]) & ~0x20) == 0 &&
		    ((p[2] ^ table[2]) & ~0x20) == 0)
			return i + 1;
	return 0;
}

static bool is_gmt(const char *p)
{
	return str_ieq((struct str){p, 4}, STR(" GMT"));
}

/* "08:49:37"; false when the form or a number is wrong. */
static bool clock_at(const char *p, struct moment *m)
{
	m->hour = digits(p, 2);
	m->minute = digits(p + 3, 2);
	m->second = digits(p + 6, 2);
	if (p[2] != ':' || p[5] != ':')
		return false;
	return m->hour >= 0 && m->hour < 24 && m->minute >= 0 && m->minute < 60 && m->second >= 0 &&
	       m->second <= 60;
}

static int finish(struct moment *m, int64_t *out)
{
	if (m->year < 0 || m->month < 1 || m->day < 1 || m->day > month_days(m->year, m->month))
		return ERR_BAD;
	if (m->second == 60) /* a leap second: POSIX time has none */
		m->second = 59;
	*out =
	    days_of(m->year, m->month, m->day) * DAY + m->hour * 3600 + m->minute * 60 + m->second;
	return 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static int parse_fixdate(struct str s, int64_t *out)
{
	struct moment m;
	const char *p = s.p;

	if (name_at(p, day_names, 7) == 0 || memcmp(p + 3, ", ", 2) != 0 || p[7] != ' ' ||
	    p[11] != ' ' || p[16] != ' ' || !is_gmt(p + 25) || !clock_at(p + 17, &m))
		return ERR_BAD;
	m.day = digits(p + 5, 2);
	m.month = name_at(p + 8, month_names, 12);
	m.year = digits(p + 12, 4);
	return finish(&m, out);
}

/* "Sun Nov  6 08:49:37 1994" */
static int parse_asctime(struct str s, int64_t *out)
{
	struct moment m;
	const char *p = s.p;

	if (name_at(p, day_names, 7) == 0 || p[3] != ' ' || p[7] != ' ' || p[10] != ' ' ||
	    p[19] != ' ' || !clock_at(p + 11, &m))
		return ERR_BAD;
	m.month = name_at(p + 4, month_names, 12);
	m.day = p[8] == ' ' ? digits(p + 9, 1) : digits(p + 8, 2);
	m.year = digits(p + 20, 4);
	return finish(&m, out);
}

/* A date that appears to be more than 50 years ahead is the latest past one with these digits. */
static int century(struct moment *m, int two, int64_t now, int64_t *out)
{
	struct moment today;

	if (two < 0)
		return ERR_BAD;
	moment_of(MIN(MAX(now, YEAR_0), YEAR_9999), &today);
	m->year = today.year - today.year % 100 + two;
	if (m->year - today.year > 50)
		m->year -= 100;
	else if (today.year - m->year > 50 && m->year + 100 - today.year < 50)
		m->year += 100;
	if (m->year < 0 || m->year > 9999) /* a clock that is far off */
		return ERR_BAD;
	return finish(m, out);
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static int parse_rfc850(struct str s, int64_t now, int64_t *out)
{
	struct moment m;
	const char *p;
	size_t comma = str_find(s, ',', 0);
	bool day = false;

	for (size_t i = 0; i < COUNT_OF(long_days); i++)
		day |= str_ieq(str_slice(s, 0, comma), long_days[i]);
	if (!day || s.n - comma != 24)
		return ERR_BAD;
	p = s.p + comma;
	if (p[1] != ' ' || p[4] != '-' || p[8] != '-' || p[11] != ' ' || !is_gmt(p + 20) ||
	    !clock_at(p + 12, &m))
		return ERR_BAD;
	m.day = digits(p + 2, 2);
	m.month = name_at(p + 5, month_names, 12);
	return century(&m, digits(p + 9, 2), now, out);
}

int date_parse(struct str s, int64_t now, int64_t *out)
{
	if (s.n == DATE_LENGTH && s.p[3] == ',')
		return parse_fixdate(s, out);
	if (s.n == 24)
		return parse_asctime(s, out);
	if (s.n >= 30 && s.n <= 33)
		return parse_rfc850(s, now, out);
	return ERR_BAD;
}

int64_t date_of(struct str s, int64_t now)
{
	int64_t t;

	return date_parse(s, now, &t) == 0 ? t : DATE_NONE;
}

static void put_digits(char *p, int n, int v)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
}

void date_print(int64_t t, char out[DATE_LENGTH])
{
	struct moment m;
	int64_t days;

	t = MIN(MAX(t, YEAR_0), YEAR_9999);
	moment_of(t, &m);
	days = days_of(m.year, m.month, m.day) + 719528 + 6; /* 0000-01-01 was a Saturday */
	memcpy(out, "ddd, 00 mmm 0000 00:00:00 GMT", DATE_LENGTH);
	memcpy(out, day_names + days % 7 * 3, 3);
	put_digits(out + 5, 2, m.day);
	memcpy(out + 8, month_names + (m.month - 1) * 3, 3);
	put_digits(out + 12, 4, m.year);
	put_digits(out + 17, 2, m.hour);
	put_digits(out + 20, 2, m.minute);
	put_digits(out + 23, 2, m.second);
}

void date_put(struct str_out *o, int64_t t)
{
	char text[DATE_LENGTH];

	date_print(t, text);
	str_put(o, (struct str){text, sizeof text});
}
