/* conf.c - loads a configuration: lines to sections, sections to objects, values to fields, checks.
 *
 * First all objects are made, so that an option may name one that stands further down; then each
 * section's options are read, and the defaults of those that were not given; then the whole is
 * checked. All errors are told at once, by their lines. */
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include "base/obj.h"
#include "conf/conf_acl.h"
#include "conf/conf_check.h"
#include "conf/conf_ini.h"

#define SECTIONS_MAX 1000

/* A section of the file and the object that it fills; NULL: it was refused. */
struct place {
	const struct conf_ini_section *section;
	enum conf_section_id id;
	void *object;
};

/* ---- objects ---- */

/* "listen lan" */
static struct str title(const struct conf_ini_section *s, char out[64])
{
	snprintf(out, 64, s->name.n == 0 ? "[%.*s%.*s]" : "[%.*s %.*s]", STR_F(s->kind),
	         STR_F(s->name));
	return str_of(out);
}

static bool check_title(struct conf_load *l, const struct conf_ini_section *s,
                        enum conf_section_id id)
{
	char text[64], hint[80];

	if (id == CONF_SECTIONS) {
		struct conf_option_guess guess = {.wanted = s->kind};

		for (unsigned i = 0; i < CONF_SECTIONS; i++)
			conf_option_offer(&guess, str_of(conf_option_sections[i].name));
		conf_report_error(&l->report, s->line, title(s, text), "there is no such section%s",
		                  conf_option_hint(&guess, hint).p);
		return false;
	}
	if (conf_option_sections[id].named == (s->name.n != 0) &&
	    str_find(s->name, ' ', 0) == s->name.n && str_find(s->name, '\t', 0) == s->name.n)
		return true;
	conf_report_error(&l->report, s->line, title(s, text),
	                  conf_option_sections[id].named ? "needs one name, as in [%s lan]"
	                                                 : "has no name: write [%s]",
	                  conf_option_sections[id].name);
	return false;
}

/* Is the section the first of its kind and name? */
static bool check_first(struct conf_load *l, const struct place *all, const struct place *p)
{
	char text[64];

	for (const struct place *q = all; q != p; q++)
		if (q->id == p->id && q->object != NULL &&
		    str_eq(q->section->name, p->section->name)) {
			conf_report_error(&l->report, p->section->line, title(p->section, text),
			                  "is there already, in line %u", q->section->line);
			return false;
		}
	return true;
}

static void *new_acl(struct conf_load *l, const struct conf_ini_section *s)
{
	char text[64];

	if (l->conf->access == NULL)
		return NULL;
	if (acl_define(l->conf->access, s->name) == NULL) {
		conf_report_error(&l->report, s->line, title(s, text), "this name cannot be given");
		return NULL;
	}
	l->conf->acls[l->conf->acl_count].name = s->name;
	return &l->conf->acls[l->conf->acl_count++];
}

static void *new_object(struct conf_load *l, const struct place *p)
{
	struct conf *c = l->conf;

	switch (p->id) {
	case CONF_SECTION_LISTEN:
		c->listeners[c->listener_count] =
		    (struct conf_listener){.name = p->section->name, .pool = -1};
		return &c->listeners[c->listener_count++];
	case CONF_SECTION_POOL:
		c->pools[c->pool_count].name = p->section->name;
		return &c->pools[c->pool_count++];
	case CONF_SECTION_ACL:
		return new_acl(l, p->section);
	case CONF_SECTION_ACCESS:
		c->has_access = true;
		return c;
	default:
		return c;
	}
}

/* Makes the objects of all sections; all[0, *count) in the order of the file. NULL: no memory. */
static struct place *make_objects(struct conf_load *l, const struct conf_ini *ini, unsigned *count)
{
	struct conf *c = l->conf;
	size_t n = MIN(ini->section_count, SECTIONS_MAX);
	struct place *all = conf_report_alloc(&l->report, (n + 1) * sizeof *all);
	char text[64];

	c->listeners = conf_report_alloc(&l->report, (n + 1) * sizeof *c->listeners);
	c->pools = conf_report_alloc(&l->report, (n + 1) * sizeof *c->pools);
	c->acls = conf_report_alloc(&l->report, (n + 1) * sizeof *c->acls);
	*count = 0;
	if (l->report.no_memory)
		return NULL;
	for (const struct conf_ini_section *s = ini->sections; s != NULL; s = s->next) {
		struct place *p = &all[*count];

		if (*count == n) {
			conf_report_error(&l->report, s->line, title(s, text),
			                  "at most %d sections", SECTIONS_MAX);
			break;
		}
		*p = (struct place){.section = s, .id = conf_option_section_of(s->kind)};
		++*count;
		if (check_title(l, s, p->id) && check_first(l, all, p))
			p->object = new_object(l, p);
	}
	return all;
}

/* ---- values ---- */

static void read_value(struct conf_load *l, const struct conf_option *o, void *object,
                       struct str value)
{
	struct str element;

	if (!o->type->list || value.n == 0) {
		if (o->type->list)
			conf_report_error(&l->report, l->line, str_of(o->name), "has no value");
		else
			o->type->read(l, o, object, value);
		return;
	}
	while (str_split(&value, ',', &element)) {
		if (element.n == 0)
			conf_report_error(&l->report, l->line, str_of(o->name),
			                  "nothing stands beside a comma");
		else
			o->type->read(l, o, object, element);
	}
}

static void refuse_unknown(struct conf_load *l, const struct conf_ini_item *item,
                           enum conf_section_id id)
{
	struct conf_option_guess guess = {.wanted = item->name};
	char hint[80];
	const struct conf_option *elsewhere = NULL;

	for (unsigned i = 0; i < conf_option_count; i++) {
		const struct conf_option *o = &conf_option_table[i];

		if (o->section == id)
			conf_option_offer(&guess, str_of(o->name));
		else if (str_eq(str_of(o->name), item->name))
			elsewhere = o;
	}
	if (elsewhere != NULL)
		conf_report_error(&l->report, item->line, item->name,
		                  "is an option of [%s], not of [%s]%s",
		                  conf_option_sections[elsewhere->section].name,
		                  conf_option_sections[id].name, conf_option_hint(&guess, hint).p);
	else
		conf_report_error(&l->report, item->line, item->name, "[%s] has no such option%s",
		                  conf_option_sections[id].name, conf_option_hint(&guess, hint).p);
}

static void read_item(struct conf_load *l, const struct place *p, const struct conf_ini_item *item)
{
	const struct conf_option *o = conf_option_find(p->id, item->name);
	unsigned *given;

	if (o == NULL) {
		refuse_unknown(l, item, p->id);
		return;
	}
	given = &l->given[o - conf_option_table];
	if (*given != 0 && !o->type->repeats) {
		conf_report_error(&l->report, item->line, item->name,
		                  "is given already, in line %u", *given);
		return;
	}
	if (*given == 0)
		*given = item->line;
	l->line = item->line;
	read_value(l, o, p->object, item->value);
}

/* The defaults of a section's options that were not given; line: of the section. */
static void read_defaults(struct conf_load *l, enum conf_section_id id, void *object, unsigned line)
{
	l->line = 0;
	for (unsigned i = 0; i < conf_option_count; i++) {
		const struct conf_option *o = &conf_option_table[i];

		if (o->section != id || l->given[i] != 0)
			continue;
		if (o->standard == NULL && line != 0)
			conf_report_error(&l->report, line, str_of(o->name), "is missing");
		else if (o->standard != NULL && *o->standard != '\0')
			read_value(l, o, object, str_of(o->standard));
	}
}

static void read_section(struct conf_load *l, const struct place *p)
{
	char text[64];

	for (unsigned i = 0; i < conf_option_count; i++)
		if (conf_option_table[i].section == p->id)
			l->given[i] = 0;
	for (const struct conf_ini_item *item = p->section->items; item != NULL; item = item->next)
		read_item(l, p, item);
	read_defaults(l, p->id, p->object, p->section->line);
	if (p->id == CONF_SECTION_LISTEN)
		conf_check_listener(l, p->object, p->section->line);
	if (p->id == CONF_SECTION_ACL && p->section->items == NULL)
		conf_report_error(&l->report, p->section->line, title(p->section, text),
		                  "says nothing: it would hold for everybody");
	if (p->id == CONF_SECTION_ACCESS && p->section->items == NULL)
		conf_report_warning(&l->report, p->section->line, title(p->section, text),
		                    "has no rule: everything is denied");
}

static void read_sections(struct conf_load *l, const struct place *all, unsigned count)
{
	bool seen[CONF_SECTIONS] = {false};

	for (unsigned i = 0; i < count; i++) {
		if (all[i].object == NULL)
			continue;
		seen[all[i].id] = true;
		read_section(l, &all[i]);
	}
	for (unsigned i = 0; i < CONF_SECTIONS; i++)
		if (!seen[i] && !conf_option_sections[i].named)
			read_defaults(l, (enum conf_section_id)i, l->conf, 0);
	for (unsigned i = 0; i < count; i++)
		if (all[i].id == CONF_SECTION_ACL && all[i].object != NULL)
			conf_check_acl(l, all[i].object, all[i].section->line);
}

/* ---- the whole ---- */

static void seal(struct conf *c)
{
	for (unsigned i = 0; i < c->listener_count; i++) {
		acl_ports_seal(&c->listeners[i].connect_ports);
		acl_networks_seal(&c->listeners[i].private_networks);
		if (c->listeners[i].kind != CONF_REVERSE)
			c->listeners[i].targeted.n = 0; /* what is for a site's own cache */
	}
}

static void load(struct conf_load *l, FILE *in)
{
	struct conf_ini ini;
	struct place *all = NULL;
	unsigned count;

	conf_acl_begin(l);
	conf_ini_read(in, &l->report, &ini);
	if (!l->report.no_memory)
		all = make_objects(l, &ini, &count);
	if (all == NULL)
		return;
	read_sections(l, all, count);
	conf_check_whole(l);
	conf_acl_finish(l);
	seal(l->conf);
}

struct conf *conf_load_stream(FILE *in, const char *name, FILE *out)
{
	struct conf_load l = {.conf = calloc(1, sizeof *l.conf)};

	if (l.conf == NULL) {
		fputs("out of memory\n", out);
		return NULL;
	}
	arena_init(&l.conf->arena, 0);
	conf_report_init(&l.report, &l.conf->arena,
	                 str_of(name == NULL ? "(built-in default)" : name));
	l.conf->path = conf_report_dup(&l.report, str_of(name));
	load(&l, in);
	conf_report_print(&l.report, out);
	if (l.report.errors != 0 || l.report.no_memory) {
		conf_free(l.conf);
		return NULL;
	}
	return l.conf;
}

struct conf *conf_load(const char *path, FILE *out)
{
	char standard[CONF_DEFAULT_TEXT];
	struct conf *c;
	FILE *in;

	if (path != NULL) {
		in = fopen(path, "re");
	} else {
		if (conf_default_text(standard, sizeof standard) != 0) {
			fputs("the folders of the built-in default have too long names\n", out);
			return NULL;
		}
		in = fmemopen(standard, strlen(standard), "r");
	}
	if (in == NULL) {
		fprintf(out, "%s: %s\n", path == NULL ? "(built-in default)" : path,
		        strerror(errno));
		return NULL;
	}
	c = conf_load_stream(in, path, out);
	fclose(in);
	return c;
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	arena_fini(&c->arena);
	free(c);
}
