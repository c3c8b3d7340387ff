/* conf_report.h - what is wrong with a configuration: all of it, in the order of its lines.
 *
 * Filled by the reader, the types and the checks while a file is loaded; printed once at the end as
 * `file:line: option: why`. Lies in the arena of the configuration. */
#ifndef CONF_CONF_REPORT_H
#define CONF_CONF_REPORT_H

#include <stdbool.h>
#include <stdio.h>
#include "base/arena.h"

#define CONF_REPORT_MAX 1000 /* more are counted, not kept */

struct conf_report_note;
struct conf_report {
	struct arena *arena;
	struct str file;
	struct conf_report_note *notes; /* youngest first */
	unsigned kept, errors, warnings;
	bool no_memory; /* something could not be kept: the load has failed */
};

void conf_report_init(struct conf_report *r, struct arena *arena, struct str file);
/* line 0: of the file as a whole. option: what the text is about; empty = none. */
void conf_report_error(struct conf_report *r, unsigned line, struct str option, const char *fmt,
                       ...) __attribute__((format(printf, 4, 5)));
void conf_report_warning(struct conf_report *r, unsigned line, struct str option, const char *fmt,
                         ...) __attribute__((format(printf, 4, 5)));
void conf_report_print(const struct conf_report *r, FILE *out);

/* Memory of the configuration, zeroed; NULL is remembered in no_memory. */
void *conf_report_alloc(struct conf_report *r, size_t n);
/* An array of `count` elements of n bytes, with room for one more: `at` itself, or a larger copy.
 */
void *conf_report_grow(struct conf_report *r, void *at, unsigned count, size_t n);
/* A copy; on failure empty, remembered in no_memory. */
struct str conf_report_dup(struct conf_report *r, struct str s);

#endif
