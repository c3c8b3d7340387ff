/* h1_scan.c - plain lines, 16 bytes a step.
 *
 * Called by h1.c for every head. Each byte of a value is looked at once, names are found by a hash
 * and one comparison; a line costs about 90 instructions. No byte outside of [q, end) is read.
 * bench/instructions counts what a head costs; what is rare stands in functions of its own that are
 * not inlined, so that the loop keeps its registers. */
#include "http/h1_scan.h"
#include "base/mutant.h"
#include "http/field_table.h"

#ifdef __SSE2__
#define STEP 16
#define LIKELY(condition) __builtin_expect(!!(condition), 1)

static inline __m128i load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline size_t first_bit(unsigned bits)
{
	return (size_t)__builtin_ctzll(bits);
}

/* One bit for each byte of p[0, 16) that is not from `first` to 0x7E: less `first` these are 0 to
 * 0x7E - first, and all others get their highest bit by 0x01 + first more. */
static inline unsigned outside(const char *p, char first)
{
	__m128i less = _mm_sub_epi8(load(p), _mm_set1_epi8(first));

	return (unsigned)_mm_movemask_epi8(_mm_adds_epu8(less, _mm_set1_epi8((char)(first + 1))));
}

/* The last step of range_end() overlaps what was seen. */
static __attribute__((noinline)) const char *last_step(const char *at, const char *end, char first)
{
	const char *last = end - STEP;
	unsigned found = outside(last, first) >> (at - last);

	return found != 0 ? at + first_bit(found) : end;
}

/* The first byte of [from, end) that is not from `first` to 0x7E, or end. The 16 bytes before end
 * may be read. */
static inline const char *range_end(const char *from, const char *end, char first)
{
	const char *at = from;

	for (; LIKELY(at <= end - STEP); at += STEP) {
		unsigned found = outside(at, first);

		if (found != 0)
			return at + first_bit(found);
	}
	return last_step(at, end, first);
}

const char *h1_scan_value_end(const char *from, const char *end)
{
	const char *at = end - from >= STEP ? range_end(from, end, ' ') : from;

	return at + field_value_span(at, (size_t)(end - at));
}

static inline bool is_crlf(const char *p)
{
	return memcmp(p, "\r\n", 2) == 0;
}

/* The length of a known method at q, which has 16 bytes or more; 0 for others. */
static inline size_t method_at(const char *q, enum msg_method *method)
{
	size_t n;

	*method = METHOD_GET;
	if (LIKELY(memcmp(q, "GET ", 4) == 0))
		return 3;
	for (n = 0; n < STEP && q[n] != ' '; n++)
		;
	*method = msg_method_of((struct str){q, n});
	return *method == METHOD_OTHER ? 0 : n;
}

const char *h1_scan_request_line(const char *q, const char *end, struct msg *out)
{
	static const char rest[] = " HTTP/1.1\r\n";
	const size_t rest_n = sizeof rest - 1;
	const char *target, *at;
	enum msg_method method;
	size_t n;

	if (end - q < STEP)
		return NULL;
	n = method_at(q, &method);
	if (n == 0 || n == STEP)
		return NULL;
	target = q + n + 1;
	at = range_end(target, end, '!');
	if (at == target || (size_t)(end - at) < rest_n)
		return NULL;
	if (memcmp(at, rest, rest_n) != 0 && !mutant(START_FAST))
		return NULL;
	out->method = (uint8_t)method;
	out->method_name = (struct str){q, n};
	out->target = str_range(target, at);
	out->minor = 1;
	return at + rest_n;
}

/* One bit for each of the 16 bytes that is a colon. */
static inline unsigned colons(const char *p)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(load(p), _mm_set1_epi8(':')));
}

/* The length of the name at q, which has 16 bytes or more: where the colon is. 0 when it is not
 * within as many bytes as a known name has. */
static __attribute__((noinline)) size_t long_name(const char *q, const char *end)
{
	for (size_t n = STEP; n < FIELD_PAD && end - q >= (ptrdiff_t)n + STEP; n += STEP) {
		unsigned found = colons(q + n);

		if (found != 0)
			return n + first_bit(found);
	}
	return 0;
}

/* The number of the name q[0, n) that is not the first one in its slot; -1: it is no token. */
static __attribute__((noinline)) int other_name(const char *q, size_t n)
{
	unsigned id;

	if (n == 0)
		return -1;
	id = field_table_find_wide(q, n);
	if (id == FIELD_OTHER && field_token_span(q, n) != n && !mutant(NAME_FAST))
		return -1;
	return (int)id;
}

/* The value [from, at) without the white space at its ends; CR stands at `at`. One space in front
 * is the rule, and no byte of a value is below the space but HTAB. */
static inline struct str trimmed(const char *from, const char *at)
{
	if (LIKELY(from[0] == ' ' && (unsigned char)from[1] > ' ' && (unsigned char)at[-1] > ' '))
		return str_range(from + 1, at);
	return from < at ? str_trim(str_range(from, at)) : (struct str){at, 0};
}

/* Where the value of a line that is not all ASCII ends with CRLF; NULL when it does not. */
static __attribute__((noinline)) const char *other_value_end(const char *at, const char *end)
{
	at += field_value_span(at, (size_t)(end - at));
	return end - at >= 2 && (is_crlf(at) || mutant(VALUE_FAST)) ? at : NULL;
}

/* The line at q, of which 16 bytes may be read, if it is plain: where the next one begins. */
static inline const char *field_line(const char *q, const char *end, struct field *line,
                                     struct fields *f)
{
	unsigned found = colons(q);
	size_t n = LIKELY(found != 0) ? first_bit(found) : long_name(q, end);
	size_t id = field_table.slots[field_table_slot(q, n)];
	const char *from = q + n + 1, *at;

	if (!LIKELY(field_table_is(id, q, n))) {
		int other = other_name(q, n);

		if (other < 0)
			return NULL;
		id = (size_t)other;
	}
	at = range_end(from, end, ' ');
	if (!LIKELY(at <= end - 2 && is_crlf(at)))
		at = other_value_end(at, end);
	if (!LIKELY(at != NULL))
		return NULL;
	*line = (struct field){{q, n}, trimmed(from, at), (uint8_t)id, 0};
	f->present[id / 64] |= (uint64_t)1 << id % 64;
	return at + 2;
}

const char *h1_scan_fields(const char *q, const char *end, struct fields *f)
{
	struct field *line = f->v + f->n, *room = f->v + f->max;
	const char *last;

	if (end - q < STEP)
		return q;
	last = end - STEP;
	for (; q <= last && line < room; line++) {
		const char *next = field_line(q, end, line, f);

		if (next == NULL)
			break;
		q = next;
	}
	f->n = (unsigned)(line - f->v);
	return q;
}
#else
const char *h1_scan_value_end(const char *from, const char *end)
{
	return from + field_value_span(from, (size_t)(end - from));
}

const char *h1_scan_request_line(const char *q, const char *end, struct msg *out)
{
	(void)q;
	(void)end;
	(void)out;
	return NULL;
}

const char *h1_scan_fields(const char *q, const char *end, struct fields *f)
{
	(void)end;
	(void)f;
	return q;
}
#endif
