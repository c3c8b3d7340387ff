/* conf_ini.c - reads an ini file through libinih, exactly.
 *
 * libinih asks next_piece() for a line and hands name and value to take(). Debian's build holds 200
 * bytes of a line, tells no line numbers, takes an indented line for more of the value above, and
 * says nothing of empty sections. Here each line is read and checked in whole; then it goes to
 * libinih in pieces: every further one begins with a blank, which libinih then takes for more of
 * the value, and take() joins them; blanks of the value are covered, so that none is trimmed.
 * Behind a section's header goes a line of our own, `=`, whose empty name tells take() of the
 * section. Called by conf_load only. */
#include "conf/conf_ini.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include "base/obj.h"

struct reader {
	FILE *in;
	struct conf_report *report;
	struct conf_ini *ini;
	char *line;      /* the line under way, trimmed, comment cut */
	size_t len, off; /* line[off, len) is not handed over yet */
	size_t read;     /* bytes of the file so far */
	unsigned number; /* of the line, from 1 */
	bool announce;   /* a header was handed over: `=` follows */
	bool lost;       /* in a section whose header is bad: its lines are not told again */
	bool ended;
	char *value; /* pieces of the value under way */
	size_t value_len;
	struct conf_ini_item *item;
	struct conf_ini_section *section;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name(char c)
{
	return (str_lower(c) >= 'a' && str_lower(c) <= 'z') || str_is_digit(c) || c == '_' ||
	       c == '-' || c == '.';
}

__attribute__((format(printf, 2, 3))) static void wrong(struct reader *rd, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	conf_report_error(rd->report, rd->number, STR_NONE, "%s", text);
}

/* ---- lines ---- */

/* Reads one line without its end. False at the end of the file; *fault: it cannot be used. */
static bool get_line(struct reader *rd, const char **fault)
{
	int c;

	rd->len = rd->off = 0;
	*fault = NULL;
	for (c = getc(rd->in); c != EOF && c != '\n' && rd->read < CONF_INI_FILE;
	     c = getc(rd->in)) {
		rd->read++;
		if (c == '\0')
			*fault = "a NUL byte";
		if (rd->len == CONF_INI_LINE)
			*fault = "longer than 64 KB";
		else
			rd->line[rd->len++] = (char)c;
	}
	if (c == EOF && rd->len == 0)
		return false;
	rd->number++;
	rd->read++;
	if (rd->read >= CONF_INI_FILE) {
		*fault = "the file is larger than 16 MB; the rest is not read";
		rd->ended = true;
	}
	if (rd->len != 0 && rd->line[rd->len - 1] == '\r')
		rd->len--;
	return true;
}

static void cut_blanks(struct reader *rd)
{
	while (rd->len != 0 && is_blank(rd->line[rd->len - 1]))
		rd->len--;
}

/* A comment begins at a blank and `;`, as libinih has it. */
static void cut_comment(struct reader *rd, size_t from)
{
	for (size_t i = from; i < rd->len; i++)
		if (rd->line[i] == ';' && is_blank(rd->line[i - 1]))
			rd->len = i;
	cut_blanks(rd);
}

/* What libinih would trim or take for a comment at the edge of a piece goes past it under cover. */
static const char covered[] = " \t;#";

static void cover(struct reader *rd, size_t from)
{
	for (size_t i = from; i < rd->len; i++) {
		const char *c = strchr(covered, rd->line[i]);

		if (c != NULL)
			rd->line[i] = (char)(c - covered + 1);
	}
}

static char uncover(char c)
{
	return c >= 1 && c < (char)sizeof covered ? covered[c - 1] : c;
}

static bool check_header(struct reader *rd)
{
	size_t end = 1;

	cut_comment(rd, 1);
	while (end < rd->len && (is_name(rd->line[end]) || is_blank(rd->line[end])))
		end++;
	rd->lost = true;
	rd->section = NULL;
	if (end + 1 != rd->len || rd->line[end] != ']')
		wrong(rd, "a section is [name] or [name of-its-own], of letters, digits, _ . -");
	else if (end - 1 > CONF_INI_NAME)
		wrong(rd, "the name of a section has at most %d bytes", CONF_INI_NAME);
	else
		rd->lost = false;
	return !rd->lost;
}

static bool check_option(struct reader *rd)
{
	size_t end = 0, equals;

	while (end < rd->len && is_name(rd->line[end]))
		end++;
	equals = end;
	while (equals < rd->len && is_blank(rd->line[equals]))
		equals++;
	if (end == 0 || equals == rd->len || rd->line[equals] != '=') {
		wrong(rd, "a line is `option = value`, [section], or a comment after ;");
		return false;
	}
	if (equals > CONF_INI_NAME) {
		wrong(rd, "no option has so long a name");
		return false;
	}
	cut_comment(rd, equals + 2);
	for (size_t i = equals + 2; i < rd->len; i++)
		if (rd->line[i] == '#' && is_blank(rd->line[i - 1])) {
			wrong(rd, "a comment behind a value begins with ; and not with #");
			return false;
		}
	for (equals++; equals < rd->len && is_blank(rd->line[equals]);)
		equals++;
	cover(rd, equals);
	return true;
}

static bool has_control(const struct reader *rd)
{
	for (size_t i = 0; i < rd->len; i++)
		if (((unsigned char)rd->line[i] < 0x20 && rd->line[i] != '\t') ||
		    rd->line[i] == 0x7f)
			return true;
	return false;
}

/* Is the line one for libinih? Blank lines, comments and faulty lines are not. */
static bool check_line(struct reader *rd, const char *fault)
{
	struct str all = {rd->line, rd->len};

	if (fault != NULL) {
		wrong(rd, "%s", fault);
		return false;
	}
	if (rd->number == 1 && str_starts(all, STR("\xef\xbb\xbf"))) {
		memmove(rd->line, rd->line + 3, rd->len - 3);
		all.n = rd->len -= 3;
	}
	cut_blanks(rd);
	if (rd->len == 0 || strchr(";#", str_trim(all).p[0]) != NULL)
		return false;
	if (has_control(rd)) {
		wrong(rd, "a control byte");
		return false;
	}
	if (is_blank(rd->line[0])) {
		wrong(rd, "a line may not begin with a blank: a value is not continued on the next "
		          "line; give the option again for more values");
		return false;
	}
	return rd->line[0] == '[' ? check_header(rd) : check_option(rd);
}

static bool next_line(struct reader *rd)
{
	const char *fault;

	while (!rd->ended && get_line(rd, &fault))
		if (check_line(rd, fault))
			return true;
	rd->len = rd->off = 0;
	return false;
}

/* ---- libinih ---- */

/* The value under way is complete. */
static void finish_item(struct reader *rd)
{
	if (rd->item != NULL)
		rd->item->value =
		    conf_report_dup(rd->report, (struct str){rd->value, rd->value_len});
	rd->item = NULL;
	rd->value_len = 0;
}

/* libinih's fgets: at most room - 1 bytes and NUL; we always end with a newline. */
static char *next_piece(char *to, int room, void *arg)
{
	struct reader *rd = arg;
	struct str_out o = str_out_of(to, (size_t)room - 3);
	size_t n;

	if (rd->announce) {
		rd->announce = false;
		return strcpy(to, "=\n");
	}
	if (rd->off == rd->len) {
		finish_item(rd);
		if (!next_line(rd))
			return NULL;
		rd->announce = rd->line[0] == '[';
	} else {
		str_putc(&o, ' ');
	}
	n = MIN(rd->len - rd->off, (size_t)(o.end - o.at));
	str_put(&o, (struct str){rd->line + rd->off, n});
	rd->off += n;
	memcpy(o.at, "\n", 2);
	return to;
}

static void open_section(struct reader *rd, struct str header)
{
	struct conf_ini_section *s = conf_report_alloc(rd->report, sizeof *s);
	struct str kind = str_trim(header);
	size_t end = 0;

	if (s == NULL)
		return;
	while (end < kind.n && !is_blank(kind.p[end]))
		end++;
	s->kind = conf_report_dup(rd->report, str_slice(kind, 0, end));
	s->name = conf_report_dup(rd->report, str_trim(str_slice(kind, end, kind.n)));
	s->line = rd->number;
	s->last = &s->items;
	*rd->ini->last = s;
	rd->ini->last = &s->next;
	rd->ini->section_count++;
	rd->section = s;
}

static void open_item(struct reader *rd, struct str name)
{
	struct conf_ini_item *item;

	if (rd->section == NULL) {
		if (!rd->lost)
			conf_report_error(rd->report, rd->number, name,
			                  "stands before the first [section]");
		return;
	}
	item = conf_report_alloc(rd->report, sizeof *item);
	if (item == NULL)
		return;
	item->name = conf_report_dup(rd->report, name);
	item->line = rd->number;
	*rd->section->last = item;
	rd->section->last = &item->next;
	rd->item = item;
}

/* libinih's handler; called again with the same name for each further piece of a value. */
static int take(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *rd = arg;
	size_t n = strlen(value);

	if (*name == '\0') {
		open_section(rd, str_of(section));
		return 1;
	}
	if (rd->item == NULL && rd->value_len == 0)
		open_item(rd, str_of(name));
	AN(rd->value_len + n <= CONF_INI_LINE);
	for (size_t i = 0; i < n; i++)
		rd->value[rd->value_len++] = uncover(value[i]);
	return 1;
}

void conf_ini_read(FILE *in, struct conf_report *r, struct conf_ini *out)
{
	struct reader rd = {.in = in, .report = r, .ini = out};

	*out = (struct conf_ini){.last = &out->sections};
	rd.line = malloc(CONF_INI_LINE);
	rd.value = malloc(CONF_INI_LINE);
	if (rd.line == NULL || rd.value == NULL)
		r->no_memory = true;
	else if (ini_parse_stream(next_piece, &rd, take, &rd) != 0)
		conf_report_error(r, 0, STR_NONE, "libinih disagrees about a line");
	if (ferror(in))
		conf_report_error(r, 0, STR_NONE, "cannot be read: %s", strerror(errno));
	free(rd.line);
	free(rd.value);
}
