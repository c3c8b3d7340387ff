/* conf_type.h - what a type of value is, and what is at hand while values are read.
 *
 * conf_value.c has the plain types, conf_list.c those of lists, conf_acl.c those of the rules; the
 * table include/tbl/options.h names them, conf_option.c ties them to the options. */
#ifndef CONF_CONF_TYPE_H
#define CONF_CONF_TYPE_H

#include "conf/conf.h"
#include "conf/conf_report.h"

/* A configuration being loaded. */
#define CONF_OPTIONS_MAX 128
struct conf_load {
	struct conf *conf;
	struct conf_report report;
	unsigned line; /* of the value under way, 0 for a default */
	/* By index in conf_option_table: the line where the option was given, in its section or (of
	 * named sections) in the one under way; 0 = not given. */
	unsigned given[CONF_OPTIONS_MAX];
	unsigned last_rule; /* line of the last rule that always holds, 0 = none yet */
};

struct conf_option;
struct conf_unit {
	const char *name;
	uint64_t factor;
};

struct conf_type {
	const char *what; /* "a size", for messages and the manual */
	bool list;        /* a value is one or more, separated by commas */
	bool repeats;     /* the option may be given more than once */
	/* Reads text (trimmed; one element of a list) into the option's field of `object`. What is
	 * wrong goes to l->report at l->line. */
	void (*read)(struct conf_load *l, const struct conf_option *o, void *object,
	             struct str text);
	/* Writes the value as it would be read; of a list, the element `at`. False: there is none.
	 * NULL: of [acl] and [access], whose lines are kept. */
	bool (*write)(FILE *out, const struct conf_option *o, const void *object, unsigned at);
	/* of numbers */
	const struct conf_unit *units; /* largest first, ends with a name of NULL; NULL = none */
	uint64_t bare;                 /* factor of a number without a unit */
	size_t size;                   /* of the field */
};

#endif
