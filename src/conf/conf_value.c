/* conf_value.c - reads and writes the plain types of values.
 *
 * Strict: a value is right in all of its bytes or refused, with what would be right. Defaults pass
 * through the same functions, so that a wrong one in the table is found by the first test. */
#include "conf/conf_value.h"

#include <inttypes.h>
#include <sched.h>
#include "base/obj.h"
#include "conf/conf_list.h"

/* ---- numbers ---- */

static const struct conf_unit bytes[] = {
    {"T", 1ull << 40}, {"G", 1ull << 30}, {"M", 1ull << 20}, {"K", 1ull << 10}, {NULL, 0}};
static const struct conf_unit millis[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                          {"s", 1000},     {"ms", 1},      {NULL, 0}};
static const struct conf_unit seconds[] = {
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {NULL, 0}};

/* "16M", "16 M", "60": digits and perhaps a unit. False when it is none, or over 64 bits. */
static bool quantity(const struct conf_type *t, struct str text, uint64_t *out)
{
	size_t digits = 0;
	uint64_t n, factor = t->bare;
	struct str unit;

	while (digits < text.n && str_is_digit(text.p[digits]))
		digits++;
	unit = str_trim(str_slice(text, digits, text.n));
	if (unit.n != 0) {
		const struct conf_unit *u = t->units;

		/* Sizes in any case; m is minutes. */
		while (u != NULL && u->name != NULL && !str_eq(str_of(u->name), unit) &&
		       !(u->factor % 1024 == 0 && str_ieq(str_of(u->name), unit)))
			u++;
		if (u == NULL || u->name == NULL)
			return false;
		factor = u->factor;
	}
	return str_u64(str_slice(text, 0, digits), &n) && !__builtin_mul_overflow(n, factor, out);
}

static void put_quantity(FILE *out, const struct conf_type *t, uint64_t n)
{
	const struct conf_unit *u = t->units;

	while (n != 0 && u != NULL && u->name != NULL && n % u->factor != 0)
		u++;
	if (n == 0 || u == NULL || u->name == NULL)
		fprintf(out, "%" PRIu64, n);
	else
		fprintf(out, "%" PRIu64 "%s", n / u->factor, u->name);
}

static uint64_t most(const struct conf_type *t)
{
	return t->size == 4 ? UINT32_MAX : UINT64_MAX;
}

void conf_value_range(const struct conf_option *o, uint64_t *low, uint64_t *high)
{
	struct str range = str_of(o->range), edge;
	size_t dots = str_find(range, '.', 0);

	*low = 0;
	*high = most(o->type);
	edge = str_slice(range, 0, dots);
	if (edge.n != 0)
		AN(quantity(o->type, edge, low));
	edge = str_slice(range, dots + 2, range.n);
	if (edge.n != 0)
		AN(quantity(o->type, edge, high));
	AN(*low <= *high && *high <= most(o->type));
}

void conf_value_refuse(struct conf_load *l, const struct conf_option *o, struct str text)
{
	char wish[400];
	struct str cut = str_slice(text, 0, 100);

	conf_report_error(&l->report, l->line, str_of(o->name), "`%.*s%s` is not %s", STR_F(cut),
	                  cut.n < text.n ? "..." : "", conf_option_wish(o, wish).p);
}

static void set_number(const struct conf_option *o, void *object, uint64_t n)
{
	if (o->type->size == 4)
		*(uint32_t *)conf_option_field(o, object) = (uint32_t)n;
	else
		*(uint64_t *)conf_option_field(o, object) = n;
}

static uint64_t get_number(const struct conf_option *o, const void *object)
{
	if (o->type->size == 4)
		return *(const uint32_t *)conf_option_value(o, object);
	return *(const uint64_t *)conf_option_value(o, object);
}

static void read_number(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	uint64_t n, low, high;
	char wish[400];

	conf_value_range(o, &low, &high);
	if (!quantity(o->type, text, &n))
		conf_value_refuse(l, o, text);
	else if (n < low || n > high)
		conf_report_error(&l->report, l->line, str_of(o->name), "%.*s is too %s: it is %s",
		                  STR_F(text), n < low ? "small" : "large",
		                  conf_option_wish(o, wish).p);
	else
		set_number(o, object, n);
}

static bool write_number(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	if (at == 0)
		put_quantity(out, o->type, get_number(o, object));
	return at == 0;
}

static void read_workers(struct conf_load *l, const struct conf_option *o, void *object,
                         struct str text)
{
	uint64_t low, high;
	cpu_set_t mine;
	int n = 1;

	if (!str_eq(text, STR("auto"))) {
		read_number(l, o, object, text);
		return;
	}
	if (sched_getaffinity(0, sizeof mine, &mine) == 0)
		n = CPU_COUNT(&mine);
	conf_value_range(o, &low, &high);
	set_number(o, object, MIN(MAX((uint64_t)n, low), high));
}

/* ---- words ---- */

static void read_switch(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	bool yes =
	    str_ieq(text, STR("yes")) || str_ieq(text, STR("on")) || str_ieq(text, STR("true"));

	if (!yes && !str_ieq(text, STR("no")) && !str_ieq(text, STR("off")) &&
	    !str_ieq(text, STR("false")))
		conf_value_refuse(l, o, text);
	else
		*(bool *)conf_option_field(o, object) = yes;
}

static bool write_switch(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	if (at == 0)
		fputs(*(const bool *)conf_option_value(o, object) ? "yes" : "no", out);
	return at == 0;
}

/* The place of text among the words of the range; -1 and a message when it is none of them. */
static int word(struct conf_load *l, const struct conf_option *o, struct str text)
{
	struct str rest = str_of(o->range), w;
	struct conf_option_guess guess = {.wanted = text};
	char wish[400], hint[80];

	for (int i = 0; str_split(&rest, '|', &w); i++) {
		if (str_eq(w, text))
			return i;
		conf_option_offer(&guess, w);
	}
	conf_report_error(&l->report, l->line, str_of(o->name), "`%.*s` is not %s%s", STR_F(text),
	                  conf_option_wish(o, wish).p, conf_option_hint(&guess, hint).p);
	return -1;
}

static void read_choice(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	int at = word(l, o, text);

	if (at >= 0)
		*(unsigned *)conf_option_field(o, object) = (unsigned)at;
}

static bool write_word(FILE *out, const struct conf_option *o, unsigned at)
{
	struct str rest = str_of(o->range), w = STR_NONE;

	for (unsigned i = 0; i <= at && str_split(&rest, '|', &w); i++)
		continue;
	fprintf(out, "%.*s", STR_F(w));
	return true;
}

static bool write_choice(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	return at == 0 && write_word(out, o, *(const unsigned *)conf_option_value(o, object));
}

enum private_word { PRIVATE_ALLOW, PRIVATE_DENY, PRIVATE_LOOPBACK };

static void read_private(struct conf_load *l, const struct conf_option *o, void *object,
                         struct str text)
{
	struct conf_listener *c = object;
	int at = word(l, o, text);

	c->private_destinations = at == PRIVATE_ALLOW;
	c->private_for_local = at == PRIVATE_LOOPBACK;
}

static bool write_private(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct conf_listener *c = object;

	return at == 0 && write_word(out, o,
	                             c->private_destinations ? PRIVATE_ALLOW
	                             : c->private_for_local  ? PRIVATE_LOOPBACK
	                                                     : PRIVATE_DENY);
}

/* ---- texts ---- */

static void keep_text(struct conf_load *l, const struct conf_option *o, void *object,
                      struct str text)
{
	*(struct str *)conf_option_field(o, object) = conf_report_dup(&l->report, text);
}

static bool write_text(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	if (at == 0)
		fprintf(out, "%.*s", STR_F(*(const struct str *)conf_option_value(o, object)));
	return at == 0;
}

static void read_text(struct conf_load *l, const struct conf_option *o, void *object,
                      struct str text)
{
	if (str_find(text, ' ', 0) != text.n || str_find(text, '\t', 0) != text.n)
		conf_value_refuse(l, o, text);
	else
		keep_text(l, o, object, text);
}

static void read_token(struct conf_load *l, const struct conf_option *o, void *object,
                       struct str text)
{
	bool ok = text.n != 0;

	for (size_t i = 0; i < text.n && ok; i++)
		ok = (str_lower(text.p[i]) >= 'a' && str_lower(text.p[i]) <= 'z') ||
		     str_is_digit(text.p[i]) || (memchr("!#$%&'*+-.^_`|~", text.p[i], 15) != NULL);
	if (ok)
		keep_text(l, o, object, text);
	else
		conf_value_refuse(l, o, text);
}

static bool is_path(struct str text)
{
	return text.n == 0 || (text.p[0] == '/' && text.n < 4096);
}

static void read_path(struct conf_load *l, const struct conf_option *o, void *object,
                      struct str text)
{
	if (is_path(text))
		keep_text(l, o, object, text);
	else
		conf_value_refuse(l, o, text);
}

static void read_log_file(struct conf_load *l, const struct conf_option *o, void *object,
                          struct str text)
{
	if (str_eq(text, STR("-")))
		keep_text(l, o, object, text);
	else
		read_path(l, o, object, text);
}

static void read_folder(struct conf_load *l, const struct conf_option *o, void *object,
                        struct str text)
{
	if (text.n == 0 || !is_path(text))
		conf_value_refuse(l, o, text);
	else
		*(char **)conf_option_field(o, object) =
		    (char *)conf_report_dup(&l->report, text).p;
}

static bool write_folder(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const char *path = *(char *const *)conf_option_value(o, object);

	if (at == 0 && path != NULL)
		fputs(path, out);
	return at == 0 && path != NULL;
}

/* ---- references ---- */

static void read_pool(struct conf_load *l, const struct conf_option *o, void *object,
                      struct str text)
{
	struct conf_listener *c = object;
	struct conf_option_guess guess = {.wanted = text};
	char hint[80];

	for (unsigned i = 0; i < l->conf->pool_count; i++) {
		if (str_eq(l->conf->pools[i].name, text)) {
			c->pool = (int)i;
			conf_list_keep(l, &c->lines, &c->line_count, o, text);
			return;
		}
		conf_option_offer(&guess, l->conf->pools[i].name);
	}
	conf_report_error(&l->report, l->line, str_of(o->name), "there is no [pool %.*s]%s",
	                  STR_F(text), conf_option_hint(&guess, hint).p);
}

static bool write_pool(FILE *out, const struct conf_option *o, const void *object, unsigned at)
{
	const struct conf_listener *c = object;

	return conf_list_write(out, o, c->lines, c->line_count, at);
}

const struct conf_type conf_value_number = {.what = "a number",
                                            .read = read_number,
                                            .write = write_number,
                                            .bare = 1,
                                            .size = sizeof(unsigned)};
const struct conf_type conf_value_workers = {.what = "a number or auto",
                                             .read = read_workers,
                                             .write = write_number,
                                             .bare = 1,
                                             .size = sizeof(unsigned)};
const struct conf_type conf_value_number_of_bytes = {.what = "a size (with K, M, G)",
                                                     .read = read_number,
                                                     .write = write_number,
                                                     .units = bytes,
                                                     .bare = 1,
                                                     .size = sizeof(unsigned)};
const struct conf_type conf_value_size = {.what = "a size (with K, M, G or T)",
                                          .read = read_number,
                                          .write = write_number,
                                          .units = bytes,
                                          .bare = 1,
                                          .size = sizeof(uint64_t)};
const struct conf_type conf_value_millis = {.what = "a time (with ms, s, m, h or d)",
                                            .read = read_number,
                                            .write = write_number,
                                            .units = millis,
                                            .bare = 1000,
                                            .size = sizeof(unsigned)};
const struct conf_type conf_value_seconds = {.what = "a time (with s, m, h or d)",
                                             .read = read_number,
                                             .write = write_number,
                                             .units = seconds,
                                             .bare = 1,
                                             .size = sizeof(uint32_t)};
const struct conf_type conf_value_switch = {
    .what = "yes or no", .read = read_switch, .write = write_switch};
const struct conf_type conf_value_choice = {
    .what = "one of", .read = read_choice, .write = write_choice};
const struct conf_type conf_value_private = {
    .what = "one of", .read = read_private, .write = write_private};
const struct conf_type conf_value_text = {
    .what = "a word without blanks", .read = read_text, .write = write_text};
const struct conf_type conf_value_token = {
    .what = "a word of letters, digits and -._", .read = read_token, .write = write_text};
const struct conf_type conf_value_path = {
    .what = "a path that begins with /", .read = read_path, .write = write_text};
const struct conf_type conf_value_log_file = {
    .what = "a path that begins with /, or -", .read = read_log_file, .write = write_text};
const struct conf_type conf_value_folder = {
    .what = "a path that begins with /", .read = read_folder, .write = write_folder};
const struct conf_type conf_value_pool = {
    .what = "the name of a [pool]", .read = read_pool, .write = write_pool};
