/* conf_ini.h - an ini file as sections and lines, each with its line number.
 *
 * libinih splits the lines; the reader in front of it counts them, refuses what libinih would cut
 * or join (an indented line, a long name), and feeds long lines in pieces. Grammar: weir.ini(5). */
#ifndef CONF_CONF_INI_H
#define CONF_CONF_INI_H

#include <stdio.h>
#include "conf/conf_report.h"

#define CONF_INI_LINE 65536       /* bytes of a line */
#define CONF_INI_FILE (16u << 20) /* bytes of a file */
#define CONF_INI_NAME 49          /* bytes of a section header's inside, and of an option's name */

struct conf_ini_item {
	struct conf_ini_item *next;
	struct str name, value; /* trimmed, comment cut; the value may be empty */
	unsigned line;
};
struct conf_ini_section { /* [kind] or [kind name] */
	struct conf_ini_section *next;
	struct str kind, name;
	unsigned line;
	struct conf_ini_item *items, **last;
};
struct conf_ini {
	struct conf_ini_section *sections, **last; /* in the order of the file, also empty ones */
	unsigned section_count;
};

/* Reads all of `in`. Everything lies in r->arena; what is wrong goes to r, and the rest is there.
 */
void conf_ini_read(FILE *in, struct conf_report *r, struct conf_ini *out);

#endif
