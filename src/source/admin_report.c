/* admin_report.c - names and values, as text for people or as JSON. */
#include "source/admin_report.h"
#include "base/json.h"
#include "base/obj.h"

static void put_text(struct str_out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		str_putc(o, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

/* What stands before a value. */
static void put_name(struct admin_report *r, const char *name)
{
	struct str_out *o = &r->out;

	if (r->json) {
		if (r->some[r->depth])
			str_putc(o, ',');
		r->some[r->depth] = true;
		if (name == NULL)
			return;
		json_put(o, str_of(name));
		str_putc(o, ':');
		return;
	}
	for (unsigned i = 0; i < r->depth; i++)
		str_put(o, STR("  "));
	if (name == NULL)
		return;
	str_put(o, str_of(name));
	str_putc(o, ':');
}

/* The name, and the space between it and the value. */
static void put_label(struct admin_report *r, const char *name)
{
	put_name(r, name);
	if (!r->json && name != NULL)
		str_putc(&r->out, ' ');
}

static void end_line(struct admin_report *r)
{
	if (!r->json)
		str_putc(&r->out, '\n');
}

void admin_report_start(struct admin_report *r, char *mem, size_t n, bool json)
{
	*r = (struct admin_report){.out = str_out_of(mem, n), .start = mem, .json = json};
	if (json)
		str_putc(&r->out, '{');
}

void admin_report_open(struct admin_report *r, const char *name, bool list)
{
	AN(r->depth < ADMIN_REPORT_DEPTH);
	if (r->json || name != NULL)
		put_name(r, name);
	if (r->json)
		str_putc(&r->out, list ? '[' : '{');
	else if (name != NULL)
		str_putc(&r->out, '\n');
	r->depth++;
	r->some[r->depth] = false;
}

void admin_report_close(struct admin_report *r, bool list)
{
	AN(r->depth > 0);
	r->depth--;
	if (r->json)
		str_putc(&r->out, list ? ']' : '}');
}

void admin_report_str(struct admin_report *r, const char *name, struct str value)
{
	put_label(r, name);
	if (r->json)
		json_put(&r->out, value);
	else
		put_text(&r->out, value);
	end_line(r);
}

void admin_report_u64(struct admin_report *r, const char *name, uint64_t value)
{
	put_label(r, name);
	str_put_u64(&r->out, value);
	end_line(r);
}

void admin_report_i64(struct admin_report *r, const char *name, int64_t value)
{
	put_label(r, name);
	if (value < 0)
		str_putc(&r->out, '-');
	str_put_u64(&r->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
	end_line(r);
}

void admin_report_bool(struct admin_report *r, const char *name, bool value)
{
	put_label(r, name);
	if (r->json)
		str_put(&r->out, value ? STR("true") : STR("false"));
	else
		str_put(&r->out, value ? STR("yes") : STR("no"));
	end_line(r);
}

void admin_report_ratio(struct admin_report *r, const char *name, uint64_t part, uint64_t whole)
{
	uint64_t thousandths = 0;

	if (whole != 0 && part <= whole)
		thousandths = (uint64_t)((double)part * 1000 / (double)whole);
	else if (whole != 0)
		thousandths = 1000;
	put_label(r, name);
	str_put_u64(&r->out, thousandths / 1000);
	str_putc(&r->out, '.');
	for (uint64_t unit = 100; unit > 0; unit /= 10)
		str_putc(&r->out, (char)('0' + thousandths / unit % 10));
	end_line(r);
}

struct str admin_report_end(struct admin_report *r)
{
	AZ(r->depth);
	if (r->json)
		str_put(&r->out, STR("}\n"));
	return r->out.overflow ? STR_NONE : str_range(r->start, r->out.at);
}
