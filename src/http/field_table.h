/* field_table.h - the table of known names, as field.c builds it and whoever reads many lines uses
 * it.
 *
 * For field.c and the parser of heads (h1.c), which would spend more on the call than on the
 * look-up. A name is found by its length and its last four bytes, and then compared in full. */
#ifndef HTTP_FIELD_TABLE_H
#define HTTP_FIELD_TABLE_H

#include "http/field.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FIELD_SLOTS 1024 /* a power of two, several times FIELD_COUNT */
#define FIELD_SLOT_BITS 10
#define FIELD_PAD 48 /* FIELD_NAME_MAX and up to a multiple of 16 */

/* x is the name when (x | mask) == lower for every byte: mask is 0x20 at letters, 0 at other bytes
 * and 0xFF behind the end, where lower is 0xFF too. (A plain | 0x20 would let CR pass for "-".) */
struct field_pattern {
	uint8_t lower[FIELD_PAD], mask[FIELD_PAD];
	uint8_t length;
} __attribute__((aligned(128)));

/* Written once, before main(). A slot holds a number, 0 when it is free. No name has the length of
 * pattern 0. */
struct field_table {
	struct field_pattern patterns[FIELD_COUNT];
	uint8_t slots[FIELD_SLOTS];
};
extern struct field_table field_table;

/* Where the search for p[0, n) begins, n > 0; the same for all spellings in capitals and small. */
static inline size_t field_table_slot(const char *p, size_t n)
{
	uint32_t last;

	if (__builtin_expect(n >= 4, 1))
		memcpy(&last, p + n - sizeof last, sizeof last);
	else
		last = (uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[n / 2] << 8;
	return ((last | 0x20202020u) + (uint32_t)n) * 0x9E3779B1u >> (32 - FIELD_SLOT_BITS);
}

#ifdef __SSE2__
static inline bool field_table_eq_16(const struct field_pattern *pattern, const char *p, size_t at)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
	__m128i mask = _mm_load_si128((const __m128i *)(const void *)(pattern->mask + at));
	__m128i lower = _mm_load_si128((const __m128i *)(const void *)(pattern->lower + at));

	return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(x, mask), lower)) == 0xFFFF;
}

/* Is p[0, n), n > 0, the name with that number? */
static inline bool field_table_is(size_t id, const char *p, size_t n)
{
	const struct field_pattern *pattern = field_table.patterns + id;

	return pattern->length == n && field_table_eq_16(pattern, p, 0) &&
	       (n <= 16 || field_table_eq_16(pattern, p, 16)) &&
	       (n <= 32 || field_table_eq_16(pattern, p, 32));
}

/* The number of p[0, n), 0 < n <= FIELD_NAME_MAX, of which all up to the next multiple of 16 may be
 * read. */
unsigned field_table_find_wide(const char *p, size_t n);
#endif

#endif
