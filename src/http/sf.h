/* sf.h - dictionaries of structured fields, read strictly (RFC 9651 4.2).
 *
 * A field whose syntax is wrong anywhere is no field at all: sf_dictionary_count() looks at the
 * whole first, sf_dictionary_next() walks. Strings are borrowed from the value; nothing is decoded
 * or allocated. Called by cache_control. What weir writes itself stands in value.h. */
#ifndef HTTP_SF_H
#define HTTP_SF_H

#include "base/str.h"

enum sf_type {
	SF_INTEGER,
	SF_DECIMAL,
	SF_STRING,
	SF_TOKEN,
	SF_BYTES,
	SF_BOOLEAN,
	SF_DATE,
	SF_DISPLAY,
	SF_INNER_LIST
};

struct sf_item {
	enum sf_type type;
	int64_t number;  /* INTEGER, DATE: its value; BOOLEAN: 0 or 1; DECIMAL: in thousandths */
	struct str text; /* TOKEN as it is; STRING and DISPLAY: between the quotes, escapes still
	                  * in it; BYTES: the base64; INNER_LIST: between the parentheses */
};

struct sf_member {
	struct str key;
	struct sf_item value; /* BOOLEAN 1 when there was none */
	struct str params;    /* from the first ";" on, checked; empty when there are none */
};

/* 1: the next member of *rest, which holds one dictionary; 0: end; ERR_BAD: it is none, and what
 * was read of it does not count. Keys may come more than once: the last one is meant (3.2). */
int sf_dictionary_next(struct str *rest, struct sf_member *m);
/* How many members, keys that come again counted again; 0 for an empty value; ERR_BAD. */
int sf_dictionary_count(struct str value);

#endif
