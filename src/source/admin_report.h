/* admin_report.h - names and values of an answer of the admin listener, as text for people or as
 * JSON.
 *
 * The same calls write both: text is "name: value" lines, deeper ones indented. Used by
 * source_admin and source_admin_explain. Pure: writes into memory of the caller. */
#ifndef SOURCE_ADMIN_REPORT_H
#define SOURCE_ADMIN_REPORT_H

#include <stdbool.h>
#include "base/str.h"

#define ADMIN_REPORT_DEPTH 4

struct admin_report {
	struct str_out out;
	const char *start;
	bool json;
	unsigned depth;
	bool some[ADMIN_REPORT_DEPTH + 1]; /* something stands there already: a comma is due */
};

void admin_report_start(struct admin_report *r, char *mem, size_t n, bool json);
/* A group of names, or (list) of values without names. name: NULL inside a list. */
void admin_report_open(struct admin_report *r, const char *name, bool list);
void admin_report_close(struct admin_report *r, bool list);
/* name: NULL inside a list. */
void admin_report_str(struct admin_report *r, const char *name, struct str value);
void admin_report_u64(struct admin_report *r, const char *name, uint64_t value);
void admin_report_i64(struct admin_report *r, const char *name, int64_t value);
void admin_report_bool(struct admin_report *r, const char *name, bool value);
/* part / whole with three decimals; 0.000 when there is no whole. */
void admin_report_ratio(struct admin_report *r, const char *name, uint64_t part, uint64_t whole);
/* What was written; {NULL,0} when it did not fit. */
struct str admin_report_end(struct admin_report *r);

#endif
