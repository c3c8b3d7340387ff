/* str.c - comparison, cutting and checked conversion of byte runs.
 *
 * Pure; used by all parsers. Every bound is taken from n, no byte behind the end is ever read. */
#include "base/str.h"
#include "base/obj.h"

bool str_ieq_bytes(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && str_lower(a[i]) != str_lower(b[i]))
			return false;
	return true;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_ieq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = MIN(a.n, b.n);
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

size_t str_find(struct str s, char c, size_t from)
{
	if (from >= s.n)
		return s.n;
	const char *at = memchr(s.p + from, c, s.n - from);
	return at == NULL ? s.n : (size_t)(at - s.p);
}

/* The end is marked by p == NULL, because "a," has a second, empty element. */
bool str_split(struct str *rest, char sep, struct str *element)
{
	if (rest->p == NULL)
		return false;
	size_t at = str_find(*rest, sep, 0);
	*element = str_trim(str_slice(*rest, 0, at));
	*rest = at == rest->n ? STR_NONE : str_slice(*rest, at + 1, rest->n);
	return true;
}

bool str_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!str_is_digit(s.p[i]))
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

static int str_hex_digit(char c)
{
	if (str_is_digit(c))
		return c - '0';
	c = str_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_hex64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = str_hex_digit(s.p[i]);

		if (digit < 0 || v >> 60 != 0)
			return false;
		v = v << 4 | (uint64_t)digit;
	}
	*out = v;
	return true;
}

/* Writes v in the given base; the digits come out last first. */
static inline void str_put_number(struct str_out *o, uint64_t v, unsigned base)
{
	char digits[20]; /* 2^64 has 20 decimal digits */
	size_t at = sizeof digits;

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	str_put(o, (struct str){digits + at, sizeof digits - at});
}

void str_put_u64(struct str_out *o, uint64_t v)
{
	str_put_number(o, v, 10);
}

void str_put_hex(struct str_out *o, uint64_t v)
{
	str_put_number(o, v, 16);
}
