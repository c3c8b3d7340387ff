/* field.c - names of fields and the two byte classes that heads are made of.
 *
 * The table of known names is hashed once, before main(), from include/tbl/field_names.h: one place
 * to add a name, and nothing to generate. After that it is only read. A known name needs no check
 * byte by byte: equal to a token it is a token. */
#include "http/field_table.h"
#include "base/obj.h"

struct field_table field_table;

static const struct str names[FIELD_COUNT] = {
    STR_INIT(""),
#define FIELD(id, name) STR_INIT(name),
#include "tbl/field_names.h"
#undef FIELD
};

_Static_assert(FIELD_COUNT <= 255, "numbers of fields are kept in one byte");

static void pattern_set(struct field_pattern *pattern, struct str name)
{
	memset(pattern, 0xFF, sizeof *pattern);
	pattern->length = (uint8_t)name.n;
	for (size_t i = 0; i < name.n; i++) {
		char c = str_lower(name.p[i]);

		pattern->lower[i] = (uint8_t)c;
		pattern->mask[i] = c >= 'a' && c <= 'z' ? 0x20 : 0;
	}
}

__attribute__((constructor)) static void table_build(void)
{
	field_table.patterns[FIELD_OTHER].length = FIELD_NAME_MAX + 1;
	for (unsigned id = 1; id < FIELD_COUNT; id++) {
		size_t slot = field_table_slot(names[id].p, names[id].n);

		AN(names[id].n > 0 && names[id].n <= FIELD_NAME_MAX);
		pattern_set(&field_table.patterns[id], names[id]);
		while (field_table.slots[slot] != FIELD_OTHER)
			slot = (slot + 1) % FIELD_SLOTS;
		field_table.slots[slot] = (uint8_t)id;
	}
}

#ifdef __SSE2__
unsigned field_table_find_wide(const char *p, size_t n)
{
	size_t slot = field_table_slot(p, n);
	unsigned id;

	for (; (id = field_table.slots[slot]) != FIELD_OTHER; slot = (slot + 1) % FIELD_SLOTS)
		if (field_table_is(id, p, n))
			return id;
	return FIELD_OTHER;
}

enum field_id field_id_in(const char *p, size_t n, size_t room)
{
	char copy[FIELD_PAD] = {0};

	if (n == 0 || n > FIELD_NAME_MAX)
		return FIELD_OTHER;
	if (room >= ((n + 15) & ~(size_t)15))
		return (enum field_id)field_table_find_wide(p, n);
	memcpy(copy, p, n);
	return (enum field_id)field_table_find_wide(copy, n);
}
#else
static bool pattern_eq(const struct field_pattern *pattern, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((uint8_t)p[i] | pattern->mask[i]) != pattern->lower[i])
			return false;
	return true;
}

enum field_id field_id_in(const char *p, size_t n, size_t room)
{
	(void)room;
	if (n == 0 || n > FIELD_NAME_MAX)
		return FIELD_OTHER;
	for (size_t slot = field_table_slot(p, n); field_table.slots[slot] != FIELD_OTHER;
	     slot = (slot + 1) % FIELD_SLOTS) {
		unsigned id = field_table.slots[slot];

		if (field_table.patterns[id].length == n &&
		    pattern_eq(&field_table.patterns[id], p, n))
			return (enum field_id)id;
	}
	return FIELD_OTHER;
}
#endif

enum field_id field_id_of(struct str name)
{
	return field_id_in(name.p, name.n, name.n);
}

struct str field_name(unsigned id)
{
	return id == FIELD_OTHER || id >= FIELD_COUNT ? STR_NONE : names[id];
}

/* RFC 9110 5.6.2: tchar */
static const bool token_byte[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,         ['&'] = 1,         ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,         ['^'] = 1,         ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

bool field_is_token_byte(char c)
{
	return token_byte[(unsigned char)c];
}

size_t field_token_span(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && token_byte[(unsigned char)p[i]])
		i++;
	return i;
}

bool field_name_valid(struct str name)
{
	return name.n > 0 && field_token_span(name.p, name.n) == name.n;
}

static inline bool is_value_byte(char c)
{
	return ((unsigned char)c >= 0x20 && c != 0x7F) || c == '\t';
}

static inline bool is_etag_byte(char c)
{
	return (unsigned char)c > 0x20 && c != 0x7F && c != '"';
}

#ifdef __SSE2__
/* One bit for each of the 16 bytes that may not stand in a value. */
static inline unsigned bad_bytes(__m128i x)
{
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1F)), x);
	__m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('\t')), low),
	                           _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7F)));

	return (unsigned)_mm_movemask_epi8(bad);
}

static inline __m128i load_16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i load_8(const char *p)
{
	return _mm_loadl_epi64((const __m128i *)(const void *)p);
}

size_t field_value_span(const char *p, size_t n)
{
	size_t i = 0;
	unsigned found = 0;

	if (n < 8) {
		while (i < n && is_value_byte(p[i]))
			i++;
		return i;
	}
	if (n < 16) { /* two halves that overlap */
		found = bad_bytes(_mm_unpacklo_epi64(load_8(p), load_8(p + n - 8)));
		if ((found & 0xFF) != 0)
			return (size_t)__builtin_ctz(found);
		return found == 0 ? n : n - 16 + (size_t)__builtin_ctz(found);
	}
	for (; i + 16 <= n; i += 16) {
		found = bad_bytes(load_16(p + i));
		if (found != 0)
			return i + (size_t)__builtin_ctz(found);
	}
	if (i < n) /* the last step overlaps what was seen */
		found = bad_bytes(load_16(p + n - 16));
	return found == 0 ? n : n - 16 + (size_t)__builtin_ctz(found);
}

/* One bit for each of the 16 bytes that may not stand in an entity tag. */
static inline unsigned bad_etag_bytes(__m128i x)
{
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x20)), x);
	__m128i bad = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
	                           _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7F)));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, bad));
}

size_t field_etag_span(const char *p, size_t n)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		unsigned found = bad_etag_bytes(load_16(p + i));

		if (found != 0)
			return i + (size_t)__builtin_ctz(found);
	}
	while (i < n && is_etag_byte(p[i]))
		i++;
	return i;
}
#else
size_t field_etag_span(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_etag_byte(p[i]))
		i++;
	return i;
}

size_t field_value_span(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_value_byte(p[i]))
		i++;
	return i;
}
#endif

bool field_value_valid(struct str value)
{
	if (value.n == 0)
		return true;
	if (str_trim(value).n != value.n)
		return false;
	return field_value_span(value.p, value.n) == value.n;
}
