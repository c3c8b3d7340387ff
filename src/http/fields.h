/* fields.h - the fields of one message, in order.
 *
 * A fixed array of the caller (no growth, no hidden memory) with a map of which known ids are
 * present, so that asking for an absent field costs one bit test. Strings are borrowed: they live
 * as long as the message's bytes or its arena. Loops are bounded by n; there is no terminator
 * value.              */
#ifndef HTTP_FIELDS_H
#define HTTP_FIELDS_H

#include "http/field.h"

struct fields {
	struct field *v;
	unsigned n, max;
	uint64_t present[4]; /* bit id: a field with that id is in v; bit 0: one with a spelled-out
	                        name */
};

/* v[0, max) belongs to the caller. */
void fields_init(struct fields *f, struct field *v, unsigned max);

static inline bool fields_has(const struct fields *f, enum field_id id)
{
	return f->present[(unsigned)id >> 6] >> ((unsigned)id & 63) & 1;
}

/* The first field with that id, or NULL. id is not FIELD_OTHER. */
struct field *fields_get(const struct fields *f, enum field_id id);
/* The next field after `after` with the same id, or NULL. */
struct field *fields_next(const struct fields *f, const struct field *after);
/* How many lines have that id. */
unsigned fields_count(const struct fields *f, enum field_id id);
/* The first field with that name (any case, known or not), or NULL. */
struct field *fields_get_name(const struct fields *f, struct str name);
/* The value of the first field with that id; {NULL, 0} when absent. */
struct str fields_value(const struct fields *f, enum field_id id);

/* Append; the strings must outlive the fields. 0 or ERR_LIMIT. Bytes are not checked here: a parser
 * checked them, or the writer (h1_write) will. */
int fields_add(struct fields *f, enum field_id id, struct str value);
int fields_add_name(struct fields *f, struct str name, struct str value);
/* One line of that id with that value: replaces the first, removes the others, or appends. */
int fields_set(struct fields *f, enum field_id id, struct str value);
/* Remove all lines of that id, or of that name; the order of the rest stays. How many went. */
unsigned fields_remove(struct fields *f, enum field_id id);
unsigned fields_remove_name(struct fields *f, struct str name);
/* Remove v[i]; the order of the rest stays. */
void fields_remove_at(struct fields *f, unsigned i);
/* Copies the lines (not the strings) of `from`. 0 or ERR_LIMIT (then `to` is unchanged). */
int fields_copy(struct fields *to, const struct fields *from);

#endif
