/* conf_report.c - collects errors and warnings, so that the owner sees all of them at once.
 *
 * The arena helpers are here because an arena that is full is one more thing to report. */
#include "conf/conf_report.h"

#include <stdarg.h>
#include <stdlib.h>
#include "base/obj.h"

struct conf_report_note {
	struct conf_report_note *older;
	unsigned line, order;
	bool warning;
	struct str option, text;
};

void conf_report_init(struct conf_report *r, struct arena *arena, struct str file)
{
	*r = (struct conf_report){.arena = arena, .file = file};
}

void *conf_report_alloc(struct conf_report *r, size_t n)
{
	void *p = arena_zalloc(r->arena, n);

	if (p == NULL)
		r->no_memory = true;
	return p;
}

void *conf_report_grow(struct conf_report *r, void *at, unsigned count, size_t n)
{
	char *more;

	/* The array was last grown when its count was a power of two. */
	if (count != 0 && (count & (count - 1)) != 0)
		return at;
	more = conf_report_alloc(r, MAX(2 * (size_t)count, (size_t)1) * n);
	if (more != NULL && count != 0)
		memcpy(more, at, count * n);
	return more;
}

struct str conf_report_dup(struct conf_report *r, struct str s)
{
	struct str copy = arena_dup(r->arena, s);

	if (copy.p == NULL)
		r->no_memory = true;
	return copy;
}

__attribute__((format(printf, 5, 0))) static void note(struct conf_report *r, bool warning,
                                                       unsigned line, struct str option,
                                                       const char *fmt, va_list ap)
{
	char text[1000];
	struct conf_report_note *n;

	if (warning)
		r->warnings++;
	else
		r->errors++;
	if (r->kept == CONF_REPORT_MAX || (n = conf_report_alloc(r, sizeof *n)) == NULL)
		return;
	vsnprintf(text, sizeof text, fmt, ap);
	*n = (struct conf_report_note){.older = r->notes,
	                               .line = line,
	                               .order = r->kept++,
	                               .warning = warning,
	                               .option = conf_report_dup(r, option),
	                               .text = conf_report_dup(r, str_of(text))};
	r->notes = n;
}

void conf_report_error(struct conf_report *r, unsigned line, struct str option, const char *fmt,
                       ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(r, false, line, option, fmt, ap);
	va_end(ap);
}

void conf_report_warning(struct conf_report *r, unsigned line, struct str option, const char *fmt,
                         ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(r, true, line, option, fmt, ap);
	va_end(ap);
}

static int by_line(const void *a, const void *b)
{
	const struct conf_report_note *x = *(struct conf_report_note *const *)a;
	const struct conf_report_note *y = *(struct conf_report_note *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* What comes from the file is shown with its control bytes as `?`. */
static void put(FILE *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		putc((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i], out);
}

static void print_note(const struct conf_report *r, const struct conf_report_note *n, FILE *out)
{
	put(out, r->file);
	if (n->line != 0)
		fprintf(out, ":%u", n->line);
	fputs(n->warning ? ": warning: " : ": ", out);
	if (n->option.n != 0) {
		put(out, n->option);
		fputs(": ", out);
	}
	put(out, n->text);
	putc('\n', out);
}

void conf_report_print(const struct conf_report *r, FILE *out)
{
	const struct conf_report_note *sorted[CONF_REPORT_MAX];
	unsigned count = 0;

	for (const struct conf_report_note *n = r->notes; n != NULL; n = n->older)
		sorted[count++] = n;
	qsort(sorted, count, sizeof *sorted, by_line);
	for (unsigned i = 0; i < count; i++)
		print_note(r, sorted[i], out);
	if (r->errors + r->warnings > count)
		fprintf(out, "%.*s: and %u more\n", STR_F(r->file),
		        r->errors + r->warnings - count);
	if (r->no_memory)
		fprintf(out, "%.*s: out of memory\n", STR_F(r->file));
}
