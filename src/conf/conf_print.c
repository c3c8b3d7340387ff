/* conf_print.c - the configuration in force as an ini file, and the table of options as a manual.
 *
 * Both walk along include/tbl/options.h. Declared in conf.h; called by main. */
#include "conf/conf.h"

#include <stdlib.h>
#include "base/obj.h"
#include "conf/conf_option.h"

/* ---- as an ini file ---- */

/* One line for each value; a list without elements has none. False: there is no memory. */
static bool print_option(FILE *out, const struct conf_option *o, const void *object)
{
	bool more = o->type->write != NULL;

	for (unsigned at = 0; more; at++) {
		char *text = NULL;
		size_t n;
		FILE *value = open_memstream(&text, &n);

		if (value == NULL)
			return false;
		more = o->type->write(value, o, object, at);
		more = fclose(value) == 0 && more;
		if (more)
			fprintf(out, "%s =%s%s\n", o->name, n == 0 ? "" : " ", text);
		free(text);
	}
	return true;
}

static void print_header(FILE *out, enum conf_section_id id, struct str name)
{
	fprintf(out, "\n[%s%s%.*s]\n", conf_option_sections[id].name, name.n == 0 ? "" : " ",
	        STR_F(name));
}

static void print_section(FILE *out, enum conf_section_id id, struct str name, const void *object)
{
	print_header(out, id, name);
	for (unsigned i = 0; i < conf_option_count; i++)
		if (conf_option_table[i].section == id &&
		    !print_option(out, &conf_option_table[i], object))
			fputs("; out of memory\n", out);
}

static void print_lines(FILE *out, enum conf_section_id id, struct str name,
                        const struct conf_line *lines, unsigned count)
{
	print_header(out, id, name);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "%.*s = %.*s\n", STR_F(lines[i].option), STR_F(lines[i].value));
}

void conf_print(const struct conf *c, FILE *out)
{
	fprintf(out, "; %.*s, as weir reads it\n",
	        STR_F(c->path.n == 0 ? STR("the built-in default") : c->path));
	print_section(out, CONF_SECTION_WEIR, STR_NONE, c);
	for (unsigned i = 0; i < c->listener_count; i++)
		print_section(out, CONF_SECTION_LISTEN, c->listeners[i].name, &c->listeners[i]);
	for (unsigned i = 0; i < c->pool_count; i++)
		print_section(out, CONF_SECTION_POOL, c->pools[i].name, &c->pools[i]);
	if (c->store.path != NULL)
		print_section(out, CONF_SECTION_CACHE, STR_NONE, c);
	print_section(out, CONF_SECTION_GZIP, STR_NONE, c);
	print_section(out, CONF_SECTION_LOG, STR_NONE, c);
	for (unsigned i = 0; i < c->acl_count; i++)
		print_lines(out, CONF_SECTION_ACL, c->acls[i].name, c->acls[i].lines,
		            c->acls[i].line_count);
	if (c->has_access)
		print_lines(out, CONF_SECTION_ACCESS, STR_NONE, c->rules, c->rule_count);
}

/* ---- as a manual page (mdoc) ---- */

static const char manual_head[] =
    ".\\\" Made from include/tbl/options.h: weir --help-options\n"
    ".Dd November 25, 2026\n"
    ".Dt WEIR.INI 5\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm weir.ini\n"
    ".Nd configuration of the caching proxy weir\n"
    ".Sh DESCRIPTION\n"
    ".Xr weir 8\n"
    "reads one file.\n"
    "A line is a section,\n"
    ".Li [name]\n"
    "or\n"
    ".Li [name of\\-its\\-own] ,\n"
    "or an option of the section above it,\n"
    ".Li option = value ,\n"
    "or a comment, which begins with\n"
    ".Sq \\&;\n"
    "or\n"
    ".Sq # .\n"
    "Behind a value a comment begins with a blank and\n"
    ".Sq \\&; .\n"
    "Lines have at most 64 KB, begin in the first column and are not continued.\n"
    "A list has values separated by commas, and may be given again for more.\n"
    "All other options may be given once.\n"
    "The order of lines matters only inside\n"
    ".Li [access] .\n"
    ".Pp\n"
    "Sizes are in bytes, or in units of 1024 with K, M, G or T behind the number.\n"
    "Times have ms, s, m, h or d behind the number; without one they are seconds.\n"
    ".Pp\n"
    ".Ql weir -t -c file\n"
    "tells everything that is wrong with a file, with its line;\n"
    ".Ql weir --print-config\n"
    "shows what is in force, with all defaults.\n"
    ".Sh SECTIONS AND OPTIONS\n";

static const char manual_tail[] = ".Sh EXAMPLES\n"
                                  "A proxy for a campus, which keeps 20 GB:\n"
                                  ".Bd -literal -offset indent\n"
                                  "[listen lan]\n"
                                  "address = 10.0.0.1:3128\n"
                                  "\n"
                                  "[cache]\n"
                                  "path = /var/cache/weir\n"
                                  "size = 20G\n"
                                  "\n"
                                  "[acl campus]\n"
                                  "client = 10.0.0.0/8, fd00::/8\n"
                                  "\n"
                                  "[access]\n"
                                  "allow = campus\n"
                                  ".Ed\n"
                                  ".Pp\n"
                                  "A cache before a web server:\n"
                                  ".Bd -literal -offset indent\n"
                                  "[listen site]\n"
                                  "address = 0.0.0.0:80\n"
                                  "kind = reverse\n"
                                  "pool = app\n"
                                  "\n"
                                  "[pool app]\n"
                                  "server = 10.1.0.11:8080\n"
                                  "server = 10.1.0.12:8080\n"
                                  "\n"
                                  "[cache]\n"
                                  "path = /var/cache/weir\n"
                                  "size = 4G\n"
                                  ".Ed\n"
                                  ".Sh SEE ALSO\n"
                                  ".Xr weir 8 ,\n"
                                  ".Xr weirctl 8\n";

#define MANUAL_WIDTH 78

/* Text as mdoc: each sentence begins a line, `-` is the ASCII byte. */
static void put_prose(FILE *out, const char *text)
{
	struct str rest = str_of(text), word;
	size_t column = 0;
	bool sentence = false;

	while (str_split(&rest, ' ', &word)) {
		if (column != 0 && (sentence || column + 1 + word.n > MANUAL_WIDTH)) {
			putc('\n', out);
			column = 0;
		}
		if (column != 0)
			putc(' ', out);
		if (column == 0 && word.n != 0 && (word.p[0] == '.' || word.p[0] == '\''))
			fputs("\\&", out);
		for (size_t i = 0; i < word.n; i++)
			fputs(word.p[i] == '-' ? "\\-" : (char[]){word.p[i], '\0'}, out);
		column += word.n + 1;
		sentence = str_ends(word, STR("."));
	}
	putc('\n', out);
}

static void put_option(FILE *out, const struct conf_option *o)
{
	char wish[400], value[500];

	snprintf(value, sizeof value, "Value: %s%s%s.", conf_option_wish(o, wish).p,
	         o->standard == NULL ? "; needed" : "",
	         o->type->list      ? "; a list"
	         : o->type->repeats ? "; may be given again"
	                            : "");
	fprintf(out, ".It Ic %s\n", o->name);
	put_prose(out, o->text);
	put_prose(out, value);
}

static void print_manual_section(FILE *out, enum conf_section_id id)
{
	const struct conf_section *s = &conf_option_sections[id];

	fprintf(out, ".Ss Section %s%s\n", s->name, s->named ? " name" : "");
	put_prose(out, s->text);
	fputs(".Bl -tag -width Ds\n", out);
	for (unsigned i = 0; i < conf_option_count; i++)
		if (conf_option_table[i].section == id)
			put_option(out, &conf_option_table[i]);
	fputs(".El\n", out);
}

void conf_print_manual(FILE *out)
{
	fputs(manual_head, out);
	for (unsigned i = 0; i < CONF_SECTIONS; i++)
		print_manual_section(out, (enum conf_section_id)i);
	fputs(manual_tail, out);
}
