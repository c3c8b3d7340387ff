/* field.c - names of fields and the two byte classes that heads are made of.
 *
 * The table of known names is hashed once, before main(), from include/tbl/field_names.h: one place
 * to add a name, and nothing to generate. After that it is only read. A known name needs no check
 * byte by byte: equal to a token it is a token. */
#include "http/field_table.h"
#include "base/obj.h"

struct field_pattern field_patterns[FIELD_COUNT];
uint8_t field_lengths[FIELD_COUNT];
uint8_t field_slots[FIELD_SLOTS];

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
	for (size_t i = 0; i < name.n; i++) {
		char c = str_lower(name.p[i]);

		pattern->lower[i] = (uint8_t)c;
		pattern->mask[i] = c >= 'a' && c <= 'z' ? 0x20 : 0;
	}
}

__attribute__((constructor)) static void table_build(void)
{
	for (unsigned id = 1; id < FIELD_COUNT; id++) {
		unsigned slot = field_table_slot(names[id].p, names[id].n);

		AN(names[id].n > 0 && names[id].n <= FIELD_NAME_MAX);
		pattern_set(&field_patterns[id], names[id]);
		field_lengths[id] = (uint8_t)names[id].n;
		while (field_slots[slot] != FIELD_OTHER)
			slot = (slot + 1) % FIELD_SLOTS;
		field_slots[slot] = (uint8_t)id;
	}
}

static bool pattern_eq(const struct field_pattern *pattern, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((uint8_t)p[i] | pattern->mask[i]) != pattern->lower[i])
			return false;
	return true;
}

enum field_id field_id_in(const char *p, size_t n, size_t room)
{
	if (n == 0 || n > FIELD_NAME_MAX)
		return FIELD_OTHER;
#ifdef __SSE2__
	if (room >= ((n + 15) & ~(size_t)15))
		return (enum field_id)field_table_find_wide(p, n);
#endif
	(void)room;
	for (unsigned slot = field_table_slot(p, n); field_slots[slot] != FIELD_OTHER;
	     slot = (slot + 1) % FIELD_SLOTS) {
		unsigned id = field_slots[slot];

		if (field_lengths[id] == n && pattern_eq(&field_patterns[id], p, n))
			return (enum field_id)id;
	}
	return FIELD_OTHER;
}

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

size_t field_value_span(const char *p, size_t n)
{
	size_t i = 0;

#ifdef __SSE2__
	const __m128i control = _mm_set1_epi8(0x1F), tab = _mm_set1_epi8('\t');
	const __m128i del = _mm_set1_epi8(0x7F);

	for (; i + 16 <= n; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, control), x);
		__m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(x, tab), low),
		                           _mm_cmpeq_epi8(x, del));
		int found = _mm_movemask_epi8(bad);

		if (found != 0)
			return i + (size_t)__builtin_ctz((unsigned)found);
	}
#endif
	while (i < n && is_value_byte(p[i]))
		i++;
	return i;
}

bool field_value_valid(struct str value)
{
	if (value.n == 0)
		return true;
	if (str_trim(value).n != value.n)
		return false;
	return field_value_span(value.p, value.n) == value.n;
}
