/* field.h - names of fields: the numbers of the known ones, and one field line.
 *
 * Known names come from include/tbl/field_names.h; everywhere in weir a known field is asked for by
 * its number, so a name is compared once, when it is parsed. Called by the parsers and by everybody
 * who looks at fields. Nothing here owns memory. */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

/* 0 = a name that is not in the table and is spelled out. */
enum field_id {
	FIELD_OTHER = 0,
#define FIELD(id, name) FIELD_##id,
#include "tbl/field_names.h"
#undef FIELD
	FIELD_COUNT
};

#define FIELD_NAME_MAX 47 /* longest name in the table */

/* One field line. value has no whitespace around it. Both strings are borrowed. name is spelled as
 * it came (or as the table has it) and is never empty. */
struct field {
	struct str name, value;
	uint8_t id;  /* enum field_id */
	uint8_t hop; /* named by a Connection option that may drop it; set by msg_*_check() */
};

/* The number of a name, ASCII case ignored; FIELD_OTHER when unknown or empty. Constant time. */
enum field_id field_id_of(struct str name);
/* The same when p[0, room) may be read, room >= n; faster when room reaches to the next multiple
 * of 16. */
enum field_id field_id_in(const char *p, size_t n, size_t room);
/* The spelling of the table; {NULL, 0} for FIELD_OTHER and for numbers out of range. */
struct str field_name(unsigned id);
/* Is it a token (RFC 9110 5.1, 5.6.2), at least one byte? */
bool field_name_valid(struct str name);
/* Only HTAB, SP, VCHAR and 0x80-0xFF, no SP or HTAB at the ends (RFC 9110 5.5). Empty is valid. */
bool field_value_valid(struct str value);
/* Length of the leading run of p[0, n) that may stand in a field value (HTAB, SP, VCHAR,
 * 0x80-0xFF); n when all may. The fast scan that all heads go through. */
size_t field_value_span(const char *p, size_t n);
/* Length of the leading run of bytes of an entity tag between its quotes: 0x21, 0x23-0x7E,
 * 0x80-0xFF (RFC 9110 8.8.3). */
size_t field_etag_span(const char *p, size_t n);
/* Length of the leading run of token bytes (RFC 9110 5.6.2). */
size_t field_token_span(const char *p, size_t n);
bool field_is_token_byte(char c);

#endif
