/* field.c - names of fields and the two byte classes that heads are made of.
 *
 * The table of known names is hashed once, before main(), from include/tbl/field_names.h: one place
 * to add a name, and nothing to generate. After that it is only read. A known name needs no check
 * byte by byte: equal to a token it is a token. */
#include "http/field.h"
#include "base/obj.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FIELD_SLOTS 1024 /* a power of two, several times FIELD_COUNT */
#define FIELD_PAD 48     /* FIELD_NAME_MAX and up to a multiple of 16 */

/* x is the name when (x | mask) == lower for every byte: mask is 0x20 at letters, 0 at other bytes
 * and 0xFF behind the end, where lower is 0xFF too. (A plain | 0x20 would let CR pass for "-".) */
struct field_pattern {
	uint8_t lower[FIELD_PAD], mask[FIELD_PAD];
} __attribute__((aligned(16)));

static struct field_pattern patterns[FIELD_COUNT];
static uint8_t slots[FIELD_SLOTS];

static const struct str names[FIELD_COUNT] = {
    STR_INIT(""),
#define FIELD(id, name) STR_INIT(name),
#include "tbl/field_names.h"
#undef FIELD
};

_Static_assert(FIELD_COUNT <= 255, "numbers of fields are kept in one byte");

/* Four bytes of the name, without case, and its length. */
static inline unsigned slot_of(const char *p, size_t n)
{
	uint32_t four = (uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[n / 2] << 8 |
	                (uint32_t)(unsigned char)p[n * 3 / 4] << 16 |
	                (uint32_t)(unsigned char)p[n - 1] << 24;

	return ((four | 0x20202020u) + (uint32_t)n * 0x01010007u) * 0x9E3779B1u >> 22;
}

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
		unsigned slot = slot_of(names[id].p, names[id].n);

		AN(names[id].n > 0 && names[id].n <= FIELD_NAME_MAX);
		pattern_set(&patterns[id], names[id]);
		while (slots[slot] != 0)
			slot = (slot + 1) % FIELD_SLOTS;
		slots[slot] = (uint8_t)id;
	}
}

#ifdef __SSE2__
static inline bool pattern_eq_wide(const struct field_pattern *pattern, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i mask = _mm_load_si128((const __m128i *)(const void *)(pattern->mask + i));
		__m128i lower = _mm_load_si128((const __m128i *)(const void *)(pattern->lower + i));

		if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(x, mask), lower)) != 0xFFFF)
			return false;
	}
	return true;
}
#endif

static bool pattern_eq(const struct field_pattern *pattern, const char *p, size_t n, size_t room)
{
#ifdef __SSE2__
	if (room >= ((n + 15) & ~(size_t)15))
		return pattern_eq_wide(pattern, p, n);
#endif
	(void)room;
	for (size_t i = 0; i < n; i++)
		if (((uint8_t)p[i] | pattern->mask[i]) != pattern->lower[i])
			return false;
	return true;
}

enum field_id field_id_in(const char *p, size_t n, size_t room)
{
	if (n == 0 || n > FIELD_NAME_MAX)
		return FIELD_OTHER;
	for (unsigned slot = slot_of(p, n); slots[slot] != 0; slot = (slot + 1) % FIELD_SLOTS) {
		unsigned id = slots[slot];

		if (names[id].n == n && pattern_eq(&patterns[id], p, n, room))
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
