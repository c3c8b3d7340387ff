/* conf_option.h - the table include/tbl/options.h as data: to look up, to suggest, to walk along.
 */
#ifndef CONF_CONF_OPTION_H
#define CONF_CONF_OPTION_H

#include "conf/conf_type.h"

enum conf_section_id {
#define SECTION(id, name, named, text) CONF_SECTION_##id,
#include "tbl/options.h"
	CONF_SECTIONS
};

struct conf_section {
	const char *name;
	bool named;
	const char *text;
};
extern const struct conf_section conf_option_sections[CONF_SECTIONS];

struct conf_option {
	enum conf_section_id section;
	const char *name;
	const struct conf_type *type;
	size_t offset;        /* of the field in the section's object */
	const char *standard; /* default; NULL: the option must be given */
	const char *range, *text;
};
/* In the order of the table; each section's options lie together. */
extern const struct conf_option conf_option_table[];
extern const unsigned conf_option_count;

/* The line where the option was given, 0 = not. It must be in the table. */
unsigned conf_option_line(const struct conf_load *l, enum conf_section_id section,
                          const char *name);
static inline void *conf_option_field(const struct conf_option *o, void *object)
{
	return (char *)object + o->offset;
}
static inline const void *conf_option_value(const struct conf_option *o, const void *object)
{
	return (const char *)object + o->offset;
}

/* CONF_SECTIONS, or NULL, when there is none of that name. */
enum conf_section_id conf_option_section_of(struct str name);
const struct conf_option *conf_option_find(enum conf_section_id section, struct str name);

/* Bytes to insert, delete, change or swap to make b of a; names longer than 49 bytes are far from
 * all. */
unsigned conf_option_distance(struct str a, struct str b);
/* Picks the name nearest to a misspelt one: begin with best = {wanted}, offer all, then ask. */
struct conf_option_guess {
	struct str wanted, best;
	unsigned distance;
};
void conf_option_offer(struct conf_option_guess *g, struct str name);
/* "; did you mean best?" or "", when nothing is near. */
struct str conf_option_hint(const struct conf_option_guess *g, char out[80]);

/* What to write instead: "a size, 16M or more; default 1G" into out (for messages). */
struct str conf_option_wish(const struct conf_option *o, char out[400]);

#endif
