/* conf_acl.c - turns [acl] and [access] into policy's struct acl_access.
 *
 * policy/acl reads and judges; here files are opened, references are checked, lines are remembered
 * for conf_print, and the rules are made that hold when the file has no [access]. */
#include "conf/conf_acl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"
#include "conf/conf_list.h"

#define FILE_MAX (256ul << 20) /* of a list */
#define RULES_MAX 1000

/* Conditions of our own; no name in a file begins with ~. */
static const struct str loopback = STR_INIT("~loopback");
static const struct str reverse = STR_INIT("~reverse");

static struct acl *compiled(struct conf_load *l, const struct conf_acl *acl)
{
	return acl_find(l->conf->access, acl->name);
}

/* ---- [acl] ---- */

static void add(struct conf_load *l, const struct conf_option *o, void *object, struct str text,
                enum acl_option option)
{
	struct conf_acl *acl = object;
	struct acl *to = compiled(l, acl);
	const char *why = NULL;
	int err;

	if (to == NULL) /* its name was refused */
		return;
	err = acl_add(l->conf->access, to, option, text, &why);
	if (err == ERR_NOMEM)
		l->report.no_memory = true;
	else if (err != 0)
		conf_report_error(&l->report, l->line, str_of(o->name), "`%.*s`: %s",
		                  STR_F(str_slice(text, 0, 100)), why == NULL ? "wrong" : why);
	else
		conf_list_keep(l, &acl->lines, &acl->line_count, o, text);
}

static void read_client(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	add(l, o, object, text, ACL_CLIENT);
}

static void read_domain(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	add(l, o, object, text, ACL_DOMAIN);
}

static void read_port(struct conf_load *l, const struct conf_option *o, void *object,
                      struct str text)
{
	add(l, o, object, text, ACL_PORT);
}

static void read_method(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	add(l, o, object, text, ACL_METHOD);
}

static void read_scheme(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	add(l, o, object, text, ACL_SCHEME);
}

static void read_listener(struct conf_load *l, const struct conf_option *o, void *object,
                          struct str text)
{
	struct conf_option_guess guess = {.wanted = text};
	char hint[80];

	for (unsigned i = 0; i < l->conf->listener_count; i++) {
		if (str_eq(l->conf->listeners[i].name, text)) {
			add(l, o, object, text, ACL_LISTENER);
			return;
		}
		conf_option_offer(&guess, l->conf->listeners[i].name);
	}
	conf_report_error(&l->report, l->line, str_of(o->name), "there is no [listen %.*s]%s",
	                  STR_F(text), conf_option_hint(&guess, hint).p);
}

/* A file that can be read again by each worker: not a pipe or a device, whose end may never come.
 */
static FILE *open_list(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	FILE *f = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0)
		errno = EIO;
	else if (!S_ISREG(st.st_mode))
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else
		f = fdopen(fd, "r");
	if (f == NULL)
		close(fd);
	return f;
}

/* The whole of a file. NULL and errno when it cannot be read; EFBIG when it is too large. */
static char *slurp(const char *path, size_t *n)
{
	FILE *f = open_list(path);
	char *text = NULL, *more;
	size_t got = 1, room = 0;
	int err = 0;

	*n = 0;
	if (f == NULL)
		return NULL;
	while (got != 0 && err == 0) {
		if (*n == room) {
			room = MAX(2 * room, (size_t)65536);
			more = room > FILE_MAX ? NULL : realloc(text, room);
			err = more != NULL ? 0 : room > FILE_MAX ? EFBIG : ENOMEM;
			text = more != NULL ? more : text;
			continue;
		}
		got = fread(text + *n, 1, room - *n, f);
		*n += got;
		if (ferror(f))
			err = errno;
	}
	fclose(f);
	if (err == 0)
		return text;
	free(text);
	errno = err;
	return NULL;
}

static void add_file(struct conf_load *l, const struct conf_option *o, void *object,
                     struct str text, enum acl_option option)
{
	struct conf_acl *acl = object;
	struct acl *to = compiled(l, acl);
	struct str path = conf_report_dup(&l->report, text);
	const char *why = NULL;
	unsigned line = 0;
	size_t n = 0;
	char *list;
	int err;

	if (to == NULL || path.p == NULL)
		return;
	if (path.n == 0 || path.p[0] != '/') {
		conf_report_error(&l->report, l->line, str_of(o->name),
		                  "`%.*s` is not a path that begins with /", STR_F(path));
		return;
	}
	list = slurp(path.p, &n);
	if (list == NULL) {
		conf_report_error(&l->report, l->line, str_of(o->name), "%s: %s", path.p,
		                  strerror(errno));
		return;
	}
	err = acl_add_list(l->conf->access, to, option, (struct str){list, n}, &line, &why);
	free(list);
	if (err == ERR_NOMEM)
		l->report.no_memory = true;
	else if (err != 0)
		conf_report_error(&l->report, l->line, str_of(o->name), "%s:%u: %s", path.p, line,
		                  why == NULL ? "wrong" : why);
	else
		conf_list_keep(l, &acl->lines, &acl->line_count, o, path);
}

static void read_client_file(struct conf_load *l, const struct conf_option *o, void *object,
                             struct str text)
{
	add_file(l, o, object, text, ACL_CLIENT);
}

static void read_domain_file(struct conf_load *l, const struct conf_option *o, void *object,
                             struct str text)
{
	add_file(l, o, object, text, ACL_DOMAIN);
}

/* ---- [access] ---- */

/* The next name of a rule, without its `!`. */
static bool next_name(struct str *rest, struct str *name)
{
	size_t from = 0, to;

	while (from < rest->n && strchr(" \t,", rest->p[from]) != NULL)
		from++;
	for (to = from; to < rest->n && strchr(" \t,", rest->p[to]) == NULL;)
		to++;
	*name = str_slice(*rest, from, to);
	*rest = str_slice(*rest, to, rest->n);
	if (name->n > 1 && name->p[0] == '!')
		*name = str_slice(*name, 1, name->n);
	return name->n != 0;
}

/* Tells of each name for which there is no [acl]. False if there is one. */
static bool check_names(struct conf_load *l, const struct conf_option *o, struct str names)
{
	bool ok = true;
	struct str name;

	while (next_name(&names, &name)) {
		struct conf_option_guess guess = {.wanted = name};
		char hint[80];
		bool found = str_eq(name, STR("all"));

		conf_option_offer(&guess, STR("all"));
		for (unsigned i = 0; i < l->conf->acl_count && !found; i++) {
			found = str_eq(l->conf->acls[i].name, name);
			conf_option_offer(&guess, l->conf->acls[i].name);
		}
		if (!found)
			conf_report_error(&l->report, l->line, str_of(o->name),
			                  "there is no [acl %.*s]%s", STR_F(name),
			                  conf_option_hint(&guess, hint).p);
		ok = ok && found;
	}
	return ok;
}

static bool always_holds(const struct acl_rule *rule)
{
	for (unsigned i = 0; i < rule->term_count; i++)
		if (rule->terms[i].acl != NULL || rule->terms[i].negate)
			return false;
	return true;
}

static void read_rule(struct conf_load *l, const struct conf_option *o, struct str text, bool allow)
{
	struct acl_access *access = l->conf->access;
	const char *why = NULL;
	int err;

	if (l->last_rule != 0)
		conf_report_warning(&l->report, l->line, str_of(o->name),
		                    "this rule never decides: the one in line %u always holds",
		                    l->last_rule);
	if (access->rule_count == RULES_MAX)
		conf_report_error(&l->report, l->line, str_of(o->name), "at most %d rules",
		                  RULES_MAX);
	if (access->rule_count == RULES_MAX || !check_names(l, o, text))
		return;
	err = acl_rule(access, allow, text, &why);
	if (err == ERR_NOMEM) {
		l->report.no_memory = true;
	} else if (err != 0) {
		conf_report_error(&l->report, l->line, str_of(o->name), "`%.*s`: %s",
		                  STR_F(str_slice(text, 0, 100)), why == NULL ? "wrong" : why);
	} else {
		conf_list_keep(l, &l->conf->rules, &l->conf->rule_count, o, text);
		if (l->last_rule == 0 && always_holds(&access->rules[access->rule_count - 1]))
			l->last_rule = l->line;
	}
}

static void read_allow(struct conf_load *l, const struct conf_option *o, void *object,
                       struct str text)
{
	(void)object;
	read_rule(l, o, text, true);
}

static void read_deny(struct conf_load *l, const struct conf_option *o, void *object,
                      struct str text)
{
	(void)object;
	read_rule(l, o, text, false);
}

/* ---- before and after ---- */

void conf_acl_begin(struct conf_load *l)
{
	struct digest_key key;

	if (digest_random(&key, sizeof key) != 0)
		memset(&key, 0,
		       sizeof key); /* the names are the owner's: a known key does no harm */
	l->conf->access = conf_report_alloc(&l->report, sizeof *l->conf->access);
	if (l->conf->access != NULL)
		acl_access_init(l->conf->access, l->report.arena, &key);
}

/* Everybody on reverse listeners, clients on this host on the others. */
static void add_default_rules(struct conf_load *l)
{
	struct acl_access *x = l->conf->access;
	struct acl *local = acl_define(x, loopback), *open = NULL;
	const char *why = NULL;
	int err = local == NULL ? ERR_NOMEM : 0;

	for (unsigned i = 0; i < l->conf->listener_count && err == 0; i++) {
		if (l->conf->listeners[i].kind != CONF_REVERSE)
			continue;
		open = acl_define(x, reverse);
		err = open == NULL
		          ? ERR_NOMEM
		          : acl_add(x, open, ACL_LISTENER, l->conf->listeners[i].name, &why);
	}
	if (err == 0)
		err = acl_add(x, local, ACL_CLIENT, STR("127.0.0.0/8, ::1"), &why);
	if (err == 0 && open != NULL)
		err = acl_rule(x, true, reverse, &why);
	if (err == 0)
		err = acl_rule(x, true, loopback, &why);
	l->report.no_memory = l->report.no_memory || err != 0;
}

void conf_acl_finish(struct conf_load *l)
{
	struct str name = STR_NONE;

	if (!l->conf->has_access)
		add_default_rules(l);
	/* What it finds has been told already, in [acl]'s own line. */
	if (acl_seal(l->conf->access, &name) != 0)
		AN(l->report.errors != 0 || l->report.no_memory);
}

const struct conf_type conf_acl_client = {
    .what = "networks", .list = true, .repeats = true, .read = read_client};
const struct conf_type conf_acl_client_file = {
    .what = "files", .list = true, .repeats = true, .read = read_client_file};
const struct conf_type conf_acl_domain = {
    .what = "host names", .list = true, .repeats = true, .read = read_domain};
const struct conf_type conf_acl_domain_file = {
    .what = "files", .list = true, .repeats = true, .read = read_domain_file};
const struct conf_type conf_acl_port = {
    .what = "ports", .list = true, .repeats = true, .read = read_port};
const struct conf_type conf_acl_method = {
    .what = "methods", .list = true, .repeats = true, .read = read_method};
const struct conf_type conf_acl_listener = {
    .what = "listeners", .list = true, .repeats = true, .read = read_listener};
const struct conf_type conf_acl_scheme = {
    .what = "schemes", .list = true, .repeats = true, .read = read_scheme};
/* Not lists: the names of one value must all hold. */
const struct conf_type conf_acl_rule_allow = {
    .what = "names of acls", .repeats = true, .read = read_allow};
const struct conf_type conf_acl_rule_deny = {
    .what = "names of acls", .repeats = true, .read = read_deny};
