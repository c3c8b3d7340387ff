/* str.h - a borrowed run of bytes, not NUL-terminated, and checked conversions.
 *
 * A struct str never owns. All parsers of weir work on (pointer, length); p may be NULL when n is 0.
 * All comparisons of case are ASCII only and do not depend on the locale. Pure: no memory, no globals
 * that are written.                                                                                */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal) {"" literal, sizeof(literal) - 1} /* for static initialisers */
#define STR_NONE ((struct str){NULL, 0})
/* for printf("%.*s", STR_F(s)) */
#define STR_F(s) (int)(s).n, (s).p == NULL ? "" : (s).p

static inline struct str str_of(const char *z) { return (struct str){z, z == NULL ? 0 : strlen(z)}; }
static inline struct str str_range(const char *from, const char *to)
{
	return (struct str){from, (size_t)(to - from)};
}
static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
bool str_ieq_bytes(const char *a, const char *b, size_t n);
static inline bool str_ieq(struct str a, struct str b) /* ASCII case ignored */
{
	return a.n == b.n && str_ieq_bytes(a.p, b.p, a.n);
}
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
int str_cmp(struct str a, struct str b);              /* bytes, shorter first */
/* Index of c at or after `from`, or s.n. */
size_t str_find(struct str s, char c, size_t from);
/* s[from, to), clamped to the string. */
static inline struct str str_slice(struct str s, size_t from, size_t to)
{
	to = to < s.n ? to : s.n;
	from = from < to ? from : to;
	/* No arithmetic on a NULL pointer, not even by 0. */
	return (struct str){from == 0 ? s.p : s.p + from, to - from};
}
/* Without SP and HTAB at both ends (OWS, RFC 9110 5.6.3). */
static inline struct str str_trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}
/* Cuts the next element up to sep (trimmed) off *rest; false at the end. Empty elements are returned. */
bool str_split(struct str *rest, char sep, struct str *element);

static inline char str_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c; }
static inline bool str_is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits only, at least one, all of s, no sign; false on overflow of 64 bits. *out is set on success only. */
bool str_u64(struct str s, uint64_t *out);
/* The same in base 16, at most 16 significant digits. */
bool str_hex64(struct str s, uint64_t *out);

/* A bounded writer over memory of the caller. Overflow is remembered, nothing is written past end. */
struct str_out {
	char *at, *end;
	bool overflow;
};
static inline struct str_out str_out_of(char *p, size_t n) { return (struct str_out){p, p + n, false}; }
static inline void str_put(struct str_out *o, struct str s)
{
	if ((size_t)(o->end - o->at) < s.n) {
		o->overflow = true;
		return;
	}
	if (s.n != 0)
		memcpy(o->at, s.p, s.n);
	o->at += s.n;
}
static inline void str_putc(struct str_out *o, char c)
{
	if (o->at == o->end)
		o->overflow = true;
	else
		*o->at++ = c;
}
void str_put_u64(struct str_out *o, uint64_t v);
void str_put_hex(struct str_out *o, uint64_t v);

#endif
