/* test_conf_ini.c - exact lines: nothing is cut, joined or lost on the way through libinih. */
#include "conf/conf_ini.h"
#include "unit.h"

static struct arena arena;
static struct conf_report report;
static struct conf_ini ini;

static void read_bytes(const void *text, size_t n)
{
	FILE *in = n == 0 ? fopen("/dev/null", "r") : fmemopen((void *)text, n, "r");

	AN(in != NULL);
	arena_init(&arena, 0);
	conf_report_init(&report, &arena, STR("t"));
	conf_ini_read(in, &report, &ini);
	fclose(in);
}

static void read_text(const char *text)
{
	read_bytes(text, strlen(text));
}

/* What was said since read_text; ends the arena. */
static void said(const char *want)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	conf_report_print(&report, out);
	fclose(out);
	UNIT_STR_EQ(str_of(text), want);
	free(text);
	arena_fini(&arena);
}

#define MIX \
	"; a comment\n" \
	"\n" \
	"# another\n" \
	"  ; indented\n" \
	"[weir]\n" \
	"a=1\n" \
	"b =  2 ; why\n" \
	"c = x;y \t ; z ; w\n" \
	"d =\n" \
	"e = ;f\n" \
	"g = k = v : w\n" \
	"[listen  lan ]   ; here\n" \
	"[empty]\n" \
	"[pool a.b-c_9]\n" \
	"h = caf\xc3\xa9"

static void sections_and_lines(void)
{
	struct conf_ini_section *s;
	static const struct {
		const char *name, *value;
		unsigned line;
	} want[] = {{"a", "1", 6}, {"b", "2", 7}, {"c", "x;y", 8},
	            {"d", "", 9},  {"e", "", 10}, {"g", "k = v : w", 11}};
	unsigned i = 0;

	read_text(MIX);
	UNIT_INT_EQ(ini.section_count, 4);
	s = ini.sections;
	UNIT_STR_EQ(s->kind, "weir");
	UNIT_STR_EQ(s->name, "");
	UNIT_INT_EQ(s->line, 5);
	for (struct conf_ini_item *it = s->items; it != NULL; it = it->next, i++) {
		CU_ASSERT_FATAL(i < COUNT_OF(want));
		UNIT_STR_EQ(it->name, want[i].name);
		UNIT_STR_EQ(it->value, want[i].value);
		UNIT_INT_EQ(it->line, want[i].line);
	}
	UNIT_INT_EQ(i, COUNT_OF(want));
	s = s->next;
	UNIT_STR_EQ(s->kind, "listen");
	UNIT_STR_EQ(s->name, "lan");
	UNIT_INT_EQ(s->line, 12);
	CU_ASSERT(s->items == NULL);
	s = s->next;
	UNIT_STR_EQ(s->kind, "empty");
	CU_ASSERT(s->items == NULL);
	s = s->next;
	UNIT_STR_EQ(s->name, "a.b-c_9");
	UNIT_STR_EQ(s->items->value, "caf\xc3\xa9");
	UNIT_INT_EQ(s->items->line, 15);
	said("");
}

static void crlf_bom_and_no_end(void)
{
	read_text("\xef\xbb\xbf[weir]\r\na = 1\r\n\r\nb = 2\r");
	UNIT_STR_EQ(ini.sections->kind, "weir");
	UNIT_STR_EQ(ini.sections->items->value, "1");
	UNIT_STR_EQ(ini.sections->items->next->value, "2");
	UNIT_INT_EQ(ini.sections->items->next->line, 4);
	said("");
	read_text("\xef\xbb\xbf");
	UNIT_INT_EQ(ini.section_count, 0);
	said("");
	read_text("");
	UNIT_INT_EQ(ini.section_count, 0);
	said("");
}

static void refused_lines(void)
{
	read_text("a = 1\n"
	          "[weir]\n"
	          " b = 2\n"
	          "c 3\n"
	          "d : 4\n"
	          "= 5\n"
	          "e f = 6\n"
	          "g = 7 # eight\n"
	          "h = 8#9\n"
	          "i\x01 = 1\n"
	          "j = a\rb\n"
	          "k = \x7f\n");
	UNIT_STR_EQ(ini.sections->items->name, "h");
	UNIT_STR_EQ(ini.sections->items->value, "8#9");
	CU_ASSERT(ini.sections->items->next == NULL);
#define FORM "a line is `option = value`, [section], or a comment after ;\n"
	said("t:1: a: stands before the first [section]\n"
	     "t:3: a line may not begin with a blank: a value is not continued on the next line; "
	     "give the option again for more values\n"
	     "t:4: " FORM "t:5: " FORM "t:6: " FORM "t:7: " FORM
	     "t:8: a comment behind a value begins with ; and not with #\n"
	     "t:10: a control byte\n"
	     "t:11: a control byte\n"
	     "t:12: a control byte\n");
}

/* The lines of a bad section are not told again, nor given to the one above. */
static void refused_headers(void)
{
#define HEADER "a section is [name] or [name of-its-own], of letters, digits, _ . -\n"
	read_text("[a]\n[b\nx = 1\n[c] d\ny = 2\n[e;f]\n[\xc3\xa9]\n[g]\nz = 3\n");
	UNIT_INT_EQ(ini.section_count, 2);
	CU_ASSERT(ini.sections->items == NULL);
	UNIT_STR_EQ(ini.sections->next->items->name, "z");
	said("t:2: " HEADER "t:4: " HEADER "t:6: " HEADER "t:7: " HEADER);
	/* libinih would cut it at 49 bytes. */
	read_text("[a1234567890123456789012345678901234567890123456789]\n"
	          "[b123456789012345678901234567890123456789012345678]\n");
	UNIT_INT_EQ(ini.section_count, 1);
	UNIT_STR_EQ(ini.sections->kind, "b123456789012345678901234567890123456789012345678");
	said("t:1: the name of a section has at most 49 bytes\n");
}

static void nul_bytes(void)
{
	static const char text[] = "[a]\nx = 1\0 2\n\0\ny = 3\n";

	read_bytes(text, sizeof text - 1);
	UNIT_STR_EQ(ini.sections->items->name, "y");
	UNIT_INT_EQ(ini.sections->items->line, 4);
	said("t:2: a NUL byte\nt:3: a NUL byte\n");
}

/* A value of n bytes of the given alphabet comes through as it is; lines below keep their number.
 */
static void pass(unsigned *seed, size_t n, const char *alphabet)
{
	char *text = malloc(n + 100), *value;

	AN(text != NULL);
	value = text + sprintf(text, "[a]\nx = ");
	for (size_t i = 0; i < n; i++)
		value[i] = alphabet[(size_t)rand_r(seed) % strlen(alphabet)];
	/* What is trimmed, or a comment, is not part of the value. */
	value[0] = value[n - 1] = ',';
	for (size_t i = 1; i < n; i++)
		if ((value[i] == ';' || value[i] == '#') && strchr(" \t", value[i - 1]) != NULL)
			value[i] = '.';
	strcpy(value + n, "\ny = 2\n");
	read_text(text);
	CU_ASSERT_FATAL(ini.sections->items != NULL && ini.sections->items->next != NULL);
	value[n] = '\0';
	UNIT_STR_EQ(ini.sections->items->value, value);
	UNIT_STR_EQ(ini.sections->items->next->value, "2");
	UNIT_INT_EQ(ini.sections->items->next->line, 3);
	said("");
	free(text);
}

static void long_values(void)
{
	unsigned seed = 7;

	for (size_t n = 1; n < 1300; n++)
		pass(&seed, n, "ab,;#=:[] ");
	for (size_t n = 180; n < 800; n++)
		pass(&seed, n, "a    ");
	for (size_t n = 180; n < 600; n++)
		pass(&seed, n, ";#\t");
	pass(&seed, 65000, "0123456789./, ");
	pass(&seed, CONF_INI_LINE - 4, "x");
}

static void long_lines(void)
{
	char *text = malloc(2 * CONF_INI_LINE);

	AN(text != NULL);
	strcpy(text, "[a]\nx = ");
	memset(text + 8, 'b', CONF_INI_LINE - 3);
	strcpy(text + 8 + CONF_INI_LINE - 3, "\ny = 1\n");
	read_text(text);
	UNIT_STR_EQ(ini.sections->items->name, "y");
	UNIT_INT_EQ(ini.sections->items->line, 3);
	said("t:2: longer than 64 KB\n");
	/* A comment may be long, and a long line may have one. */
	memset(text + 8, ';', 500);
	strcpy(text + 508, "\ny = 1\n");
	text[8] = 'b';
	text[9] = ' ';
	read_text(text);
	UNIT_STR_EQ(ini.sections->items->value, "b");
	said("");
	memset(text, '=', 600);
	text[0] = ';';
	strcpy(text + 600, "\n");
	read_text(text);
	said("");
	memset(text, 'n', 300);
	strcpy(text, "[a]\n");
	text[4] = 'n';
	strcpy(text + 100, " = 1\n");
	read_text(text);
	said("t:2: no option has so long a name\n");
	free(text);
}

static void large_file(void)
{
	size_t n = CONF_INI_FILE + 1000;
	char *text = malloc(n);

	AN(text != NULL);
	memset(text, '\n', n);
	memcpy(text, "[a]\nx=1\n", 8);
	read_bytes(text, n);
	UNIT_STR_EQ(ini.sections->items->value, "1");
	CU_ASSERT(report.errors == 1);
	free(text);
	arena_fini(&arena);
}

static void order_and_flood(void)
{
	char *text = malloc(20000), *at = text, *shown;
	size_t n;
	FILE *out;

	AN(text != NULL);
	for (int i = 0; i < 1500; i++)
		at = stpcpy(at, "junk\n");
	read_text(text);
	UNIT_INT_EQ(report.errors, 1500);
	out = open_memstream(&shown, &n);
	conf_report_print(&report, out);
	fclose(out);
	CU_ASSERT(str_starts(str_of(shown), STR("t:1: a line is")));
	CU_ASSERT(str_ends(str_of(shown), STR("\nt: and 500 more\n")));
	free(shown);
	free(text);
	arena_fini(&arena);
}

UNIT_MAIN("conf_ini", {"sections and lines", sections_and_lines},
          {"CRLF, BOM, no end", crlf_bom_and_no_end}, {"refused lines", refused_lines},
          {"refused headers", refused_headers}, {"NUL bytes", nul_bytes},
          {"long values", long_values}, {"long lines", long_lines}, {"large file", large_file},
          {"order and flood", order_and_flood})
