/* range.c - byte ranges: asked for, answered, and several in one body. */
#include "http/range.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"

/* 1: part holds what of it exists; 0: beyond the end; ERR_BAD. */
static int parse_part(struct str s, uint64_t complete, struct range_part *part)
{
	size_t dash = str_find(s, '-', 0);
	struct str first = str_slice(s, 0, dash), last = str_slice(s, dash + 1, s.n);
	uint64_t n;

	if (dash == s.n)
		return ERR_BAD;
	if (first.n == 0) { /* the last n bytes */
		if (!str_u64(last, &n))
			return ERR_BAD;
		if (n == 0 || complete == 0)
			return 0;
		*part = (struct range_part){complete - MIN(n, complete), complete - 1};
		return 1;
	}
	if (!str_u64(first, &part->first))
		return ERR_BAD;
	if (last.n == 0)
		part->last = UINT64_MAX;
	else if (!str_u64(last, &part->last) || part->last < part->first)
		return ERR_BAD;
	if (part->first >= complete)
		return 0;
	part->last = MIN(part->last, complete - 1);
	return 1;
}

/* Does part i overlap, or stand before, the one asked for just before it? */
static bool disorder(const struct range_set *set, unsigned i)
{
	return i > 0 && set->v[i].first <= set->v[i - 1].last;
}

enum range_result range_parse(struct str value, uint64_t complete, struct range_set *out)
{
	struct str element;
	unsigned asked = 0, unordered = 0;

	out->n = 0;
	out->bytes = 0;
	if (complete == UINT64_MAX || !str_istarts(value, STR("bytes=")))
		return RANGE_WHOLE;
	value = str_slice(value, 6, value.n);
	while (str_split(&value, ',', &element)) {
		int r;

		if (element.n == 0) /* 9110 5.6.1.2 */
			continue;
		if (++asked > RANGE_MAX)
			return RANGE_WHOLE;
		r = parse_part(element, complete, &out->v[out->n]);
		if (r < 0)
			return RANGE_WHOLE;
		if (r == 0)
			continue;
		out->bytes += out->v[out->n].last - out->v[out->n].first + 1;
		unordered += disorder(out, out->n);
		out->n++;
		/* checked at each step, so that the sum cannot wrap: complete is below 2^63 by then
		 */
		if ((unordered > 2 && !mutant(RANGE_DISORDER)) || complete > INT64_MAX ||
		    (out->bytes > 2 * complete && !mutant(RANGE_BYTES)))
			return RANGE_WHOLE;
	}
	if (asked == 0)
		return RANGE_WHOLE;
	return out->n > 0 ? RANGE_PARTIAL : RANGE_UNSATISFIABLE;
}

/* "first-last" */
static int parse_span(struct str s, struct range_content *out)
{
	size_t dash = str_find(s, '-', 0);

	if (!str_u64(str_slice(s, 0, dash), &out->first) ||
	    !str_u64(str_slice(s, dash + 1, s.n), &out->last) || out->last < out->first)
		return ERR_BAD;
	return 0;
}

int range_parse_content(struct str value, struct range_content *out)
{
	struct range_content c = {0};
	size_t space = str_find(value, ' ', 0), slash;
	struct str span, total;

	if (!str_ieq(str_slice(value, 0, space), STR("bytes")))
		return ERR_UNSUPPORTED;
	value = str_slice(value, space + 1, value.n);
	slash = str_find(value, '/', 0);
	span = str_slice(value, 0, slash);
	total = str_slice(value, slash + 1, value.n);
	c.has_total = !str_eq(total, STR("*"));
	if (c.has_total && !str_u64(total, &c.total))
		return ERR_BAD;
	c.unsatisfied = str_eq(span, STR("*"));
	if (c.unsatisfied && !c.has_total)
		return ERR_BAD;
	if (!c.unsatisfied && (parse_span(span, &c) != 0 ||
	                       (c.has_total && c.last >= c.total && !mutant(CONTENT_RANGE))))
		return ERR_BAD;
	*out = c;
	return 0;
}

void range_put_content(struct str_out *o, const struct range_part *part, uint64_t total)
{
	str_put(o, STR("bytes "));
	str_put_u64(o, part->first);
	str_putc(o, '-');
	str_put_u64(o, part->last);
	str_putc(o, '/');
	str_put_u64(o, total);
}

void range_put_unsatisfied(struct str_out *o, uint64_t total)
{
	str_put(o, STR("bytes */"));
	str_put_u64(o, total);
}

void range_put_part(struct str_out *o, bool first, struct str boundary, struct str content_type,
                    const struct range_part *part, uint64_t total)
{
	str_put(o, first ? STR("--") : STR("\r\n--"));
	str_put(o, boundary);
	if (content_type.n != 0) {
		str_put(o, STR("\r\nContent-Type: "));
		str_put(o, content_type);
	}
	str_put(o, STR("\r\nContent-Range: "));
	range_put_content(o, part, total);
	str_put(o, STR("\r\n\r\n"));
}

void range_put_end(struct str_out *o, struct str boundary)
{
	str_put(o, STR("\r\n--"));
	str_put(o, boundary);
	str_put(o, STR("--\r\n"));
}

static unsigned decimal_digits(uint64_t v)
{
	unsigned n = 1;

	for (; v >= 10; v /= 10)
		n++;
	return n;
}

uint64_t range_multipart_length(const struct range_set *set, struct str boundary,
                                struct str content_type, uint64_t total)
{
	/* as range_put_part() and range_put_end() write: 4 + boundary, lines, "bytes a-b/c" */
	uint64_t each = 2 + boundary.n + strlen("\r\nContent-Range: bytes -/\r\n\r\n");
	uint64_t n = strlen("\r\n--") + boundary.n + strlen("--\r\n");

	if (content_type.n != 0)
		each += strlen("\r\nContent-Type: ") + content_type.n;
	for (unsigned i = 0; i < set->n; i++)
		n += each + (i > 0 ? 2 : 0) + decimal_digits(set->v[i].first) +
		     decimal_digits(set->v[i].last) + decimal_digits(total);
	return n > UINT64_MAX - set->bytes ? UINT64_MAX : n + set->bytes;
}
