/* h1.c - the reader of heads.
 *
 * Line by line. A line is judged only when a byte stands in it that may end it or may not be there
 * at all (CR, LF, NUL, another control byte), and only by what stands before the limit; so the
 * answer is a function of the bytes, not of how they were cut. Between calls only offsets are kept;
 * the strings that were found already are moved along when the bytes moved. */
#include "http/h1.h"
#include "base/err.h"
#include "base/obj.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define NAME_FAST 48 /* names up to this length, with as many bytes of room, take the fast way */
#define REASON_MAX 128

const struct h1_limits h1_limits_request = {16384, 32, 65536, 128, 4};
const struct h1_limits h1_limits_response = {16384, 0, 131072, 256, 0};

enum stage { START_LINE, FIELDS, DONE };
enum line { LINE_MORE, LINE_OK, LINE_END, LINE_BAD };

/* One call's view of the bytes. */
struct reader {
	const char *p;
	size_t n;         /* bytes that may be looked at: all, cut at the limit in force */
	size_t line;      /* offset of the line under way */
	size_t scan;      /* p[line, scan) holds nothing that ends a line */
	bool status_line; /* the line under way may have odd bytes in its phrase */
	int bad_status;   /* 400 or 502 */
	int status;
	const char *why;
};

static enum line fail(struct reader *r, int status, const char *why)
{
	r->status = status;
	r->why = why;
	return LINE_BAD;
}

static size_t ending_span(const struct reader *r, size_t from)
{
	size_t i = from;

	if (!r->status_line)
		return from + field_value_span(r->p + from, r->n - from);
	while (i < r->n && r->p[i] != '\r' && r->p[i] != '\n' && r->p[i] != '\0')
		i++;
	return i;
}

/* p[at] may end the line. LINE_OK when it is CRLF. */
static inline enum line line_ending(struct reader *r, size_t at)
{
	r->scan = at;
	if (__builtin_expect(at == r->n, 0))
		return LINE_MORE;
	if (__builtin_expect(r->p[at] == '\r', 1)) {
		if (at + 1 == r->n)
			return LINE_MORE;
		if (r->p[at + 1] == '\n')
			return LINE_OK;
		return fail(r, r->bad_status, "bare CR (RFC 9112 2.2)");
	}
	if (r->p[at] == '\n')
		return fail(r, r->bad_status, "bare LF (RFC 9112 2.2)");
	return fail(r, r->bad_status, "control byte (RFC 9110 5.5)");
}

/* Something before the end of this line is wrong: says so once the end is there. */
static enum line wrong(struct reader *r, const char *why)
{
	enum line ending = line_ending(r, ending_span(r, r->scan));

	return ending == LINE_OK ? fail(r, r->bad_status, why) : ending;
}

/* ---- field lines ---- */

/* Offset of the first ":" in the first NAME_FAST bytes, else NAME_FAST. That many bytes are there.
 */
static inline size_t find_colon(const char *p)
{
#ifdef __SSE2__
	const __m128i colon = _mm_set1_epi8(':');

	for (size_t i = 0; i < NAME_FAST; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		int found = _mm_movemask_epi8(_mm_cmpeq_epi8(x, colon));

		if (found != 0)
			return i + (size_t)__builtin_ctz((unsigned)found);
	}
	return NAME_FAST;
#else
	const char *at = memchr(p, ':', NAME_FAST);

	return at == NULL ? NAME_FAST : (size_t)(at - p);
#endif
}

static enum line wrong_name(struct reader *r, size_t span)
{
	const char *q = r->p + r->line;

	if (q[0] == ' ' || q[0] == '\t')
		return wrong(r, "folded line or space before a field (RFC 9112 5.2)");
	if (span == 0 && q[0] == ':')
		return wrong(r, "empty field name (RFC 9110 5.1)");
	if (q[span] == ' ' || q[span] == '\t')
		return wrong(r, "space in or behind a field name (RFC 9112 5.1)");
	if (q[span] == '\r')
		return wrong(r, "line without colon (RFC 9112 5)");
	return wrong(r, "byte that a field name may not have (RFC 9110 5.1)");
}

/* The name at the start of the line. LINE_OK: line->name and id are set. */
static inline enum line field_line_name(struct reader *r, struct field *line)
{
	const char *q = r->p + r->line;
	size_t room = r->n - r->line, n;

	if (__builtin_expect(room >= NAME_FAST, 1)) {
		n = find_colon(q);
		line->id = n < NAME_FAST ? (uint8_t)field_id_in(q, n, room) : FIELD_OTHER;
		if (__builtin_expect(line->id != FIELD_OTHER, 1)) {
			line->name = (struct str){q, n};
			return LINE_OK;
		}
	}
	n = field_token_span(q, room);
	if (n == room) {
		r->scan = r->n;
		return LINE_MORE;
	}
	if (n == 0 || q[n] != ':')
		return wrong_name(r, n);
	line->name = (struct str){q, n};
	line->id = (uint8_t)field_id_in(q, n, room);
	return LINE_OK;
}

/* The field line at r->line; moves r->line behind it. LINE_END: it was the empty line. */
static inline enum line field_line(struct reader *r, struct field *line)
{
	enum line name;
	size_t from, at;

	if (__builtin_expect(r->p[r->line] == '\r', 0)) {
		name = line_ending(r, r->line);
		if (name != LINE_OK)
			return name;
		r->line += 2;
		return LINE_END;
	}
	name = field_line_name(r, line);
	if (__builtin_expect(name != LINE_OK, 0))
		return name;
	from = r->line + line->name.n + 1;
	while (from < r->n && (r->p[from] == ' ' || r->p[from] == '\t'))
		from++;
	at = from + field_value_span(r->p + from, r->n - from);
	name = line_ending(r, at);
	if (__builtin_expect(name != LINE_OK, 0))
		return name;
	r->line = r->scan = at + 2;
	while (at > from && (r->p[at - 1] == ' ' || r->p[at - 1] == '\t'))
		at--;
	line->value = (struct str){r->p + from, at - from};
	line->hop = 0;
	return LINE_OK;
}

/* Each line is made in the place where it stays, if there is one. */
static enum line field_lines(struct reader *r, struct fields *f)
{
	struct field none, *line;
	enum line result;

	while (r->line < r->n) {
		line = f->n < f->max ? &f->v[f->n] : &none;
		result = field_line(r, line);
		if (result != LINE_OK)
			return result;
		if (line == &none)
			return fail(r, r->bad_status == 400 ? 431 : r->bad_status,
			            "too many fields (limit of fields)");
		f->n++;
		f->present[line->id >> 6] |= (uint64_t)1 << (line->id & 63);
	}
	return LINE_MORE;
}

/* ---- start lines ---- */

/* "HTTP/1.1": the major version, or -1; *minor is 0 or 1. */
static int read_version(struct str s, uint8_t *minor)
{
	if (s.n != 8 || !str_starts(s, STR("HTTP/")) || !str_is_digit(s.p[5]) || s.p[6] != '.' ||
	    !str_is_digit(s.p[7]))
		return -1;
	*minor = s.p[7] == '0' ? 0 : 1; /* a higher minor version is read as 1.1 (9110 2.5) */
	return s.p[5] - '0';
}

static enum line request_line(struct reader *r, const struct h1_limits *lim, struct str s,
                              struct msg *out)
{
	size_t method = field_token_span(s.p, s.n), target;
	int major;

	if (method == 0 || method == s.n || s.p[method] != ' ')
		return fail(r, 400, "malformed method (RFC 9112 3.1)");
	if (method > lim->method)
		return fail(r, 501, "method too long (RFC 9112 3)");
	target = str_find(s, ' ', method + 1);
	if (target == method + 1 || target == s.n)
		return fail(r, 400, "malformed request line (RFC 9112 3)");
	major = read_version(str_slice(s, target + 1, s.n), &out->minor);
	if (major < 0)
		return fail(r, 400, "malformed version (RFC 9112 2.3)");
	if (major != 1)
		return fail(r, 505, "HTTP version not supported (RFC 9112 2.3)");
	out->method_name = str_slice(s, 0, method);
	out->method = (uint8_t)msg_method_of(out->method_name);
	out->target = str_slice(s, method + 1, target);
	if (str_find(out->target, '\t', 0) < out->target.n)
		return fail(r, 400, "tab in request line (RFC 9112 3)");
	return LINE_OK;
}

static enum line status_line(struct reader *r, struct str s, struct msg *out)
{
	uint64_t status;

	if (s.n < 13 || read_version(str_slice(s, 0, 8), &out->minor) != 1 || s.p[8] != ' ' ||
	    s.p[12] != ' ')
		return fail(r, 502, "malformed status line (RFC 9112 4)");
	if (!str_u64(str_slice(s, 9, 12), &status) || status < 100 || status > 599)
		return fail(r, 502, "status is not 100 to 599 (RFC 9110 15)");
	out->status = (uint16_t)status;
	out->reason = str_trim(str_slice(s, 13, s.n));
	if (out->reason.n > REASON_MAX || !field_value_valid(out->reason))
		out->reason = STR_NONE;
	return LINE_OK;
}

static enum line start_line(struct reader *r, struct h1_head *st, const struct h1_limits *lim,
                            struct msg *out)
{
	enum line ending = line_ending(r, ending_span(r, r->scan));
	struct str s;

	if (ending != LINE_OK)
		return ending;
	s = str_range(r->p + r->line, r->p + r->scan);
	r->line = r->scan = r->scan + 2;
	if (s.n == 0) {
		if (++st->empty > lim->empty_lines)
			return fail(r, r->bad_status,
			            "empty lines before the message (RFC 9112 2.2)");
		return LINE_OK;
	}
	st->stage = FIELDS;
	r->status_line = false;
	if (out->kind == MSG_REQUEST)
		return request_line(r, lim, s, out);
	return status_line(r, s, out);
}

/* ---- both kinds ---- */

/* Goes through the start line (and empty lines before it). */
static enum line start(struct reader *r, struct h1_head *st, const struct h1_limits *lim,
                       struct msg *out, size_t n)
{
	enum line result = LINE_OK;

	r->status_line = out->kind == MSG_RESPONSE && st->stage == START_LINE;
	while (st->stage == START_LINE && result == LINE_OK) {
		r->n = MIN(n, MIN(lim->head, r->line + lim->line + 2));
		result = start_line(r, st, lim, out);
		if (result == LINE_MORE && n > r->n)
			return fail(r, r->bad_status == 400 ? 414 : 502,
			            "start line too long (RFC 9112 3)");
	}
	return result;
}

/* Is there nothing yet, of a line that was begun in an earlier call, that could end it? */
static bool still_open(struct reader *r)
{
	if (r->scan == r->line)
		return false;
	r->scan = ending_span(r, r->scan);
	return r->scan == r->n;
}

static enum line parse(struct reader *r, struct h1_head *st, const struct h1_limits *lim,
                       struct msg *out, size_t n)
{
	enum line result = start(r, st, lim, out, n);

	if (result != LINE_OK)
		return result;
	r->n = MIN(n, lim->head);
	result = still_open(r) ? LINE_MORE : field_lines(r, &out->fields);
	if (result == LINE_MORE && n > r->n)
		return fail(r, r->bad_status == 400 ? 431 : 502, "head too large (RFC 6585 5)");
	return result;
}

static ssize_t parse_head(struct h1_head *st, const struct h1_limits *lim, const char *p, size_t n,
                          struct msg *out, int bad_status)
{
	struct reader r = {.p = p, .line = st->line, .scan = st->scan, .bad_status = bad_status};
	enum line result;

	if (st->status != 0)
		return ERR_BAD;
	AN(st->stage != DONE);
	if (st->base != NULL && st->base != p)
		h1_rebase(out, st->base, st->line, p);
	st->base = p;
	result = parse(&r, st, lim, out, n);
	st->line = r.line;
	st->scan = r.scan;
	if (result == LINE_BAD) {
		st->status = r.status;
		st->why = r.why;
		return ERR_BAD;
	}
	if (result == LINE_MORE)
		return 0;
	st->stage = DONE;
	return (ssize_t)r.line;
}

ssize_t h1_parse_request(struct h1_head *st, const struct h1_limits *lim, const char *p, size_t n,
                         struct msg *out, struct field *fv, unsigned fmax)
{
	if (st->base == NULL)
		msg_init(out, MSG_REQUEST, fv, MIN(fmax, lim->fields));
	return parse_head(st, lim, p, n, out, 400);
}

ssize_t h1_parse_response(struct h1_head *st, const struct h1_limits *lim, const char *p, size_t n,
                          struct msg *out, struct field *fv, unsigned fmax)
{
	if (st->base == NULL)
		msg_init(out, MSG_RESPONSE, fv, MIN(fmax, lim->fields));
	return parse_head(st, lim, p, n, out, 502);
}

int h1_parse_section(const char *p, size_t n, struct fields *f, const char **why)
{
	struct reader r = {.p = p, .n = n, .bad_status = 400};
	enum line result = field_lines(&r, f);

	if (result == LINE_END && r.line == n)
		return 0;
	*why = result == LINE_BAD ? r.why : "section of fields is cut (RFC 9112 5)";
	return r.status == 431 ? ERR_LIMIT : ERR_BAD;
}

/* ---- moving ---- */

static void rebase(struct str *s, uintptr_t from, size_t n, const char *to)
{
	uintptr_t at = (uintptr_t)s->p;

	if (s->p != NULL && at >= from && at - from <= n)
		s->p = to + (at - from);
}

static void rebase_fields(struct fields *f, uintptr_t from, size_t n, const char *to)
{
	for (unsigned i = 0; i < f->n; i++) {
		rebase(&f->v[i].name, from, n, to);
		rebase(&f->v[i].value, from, n, to);
	}
}

void h1_rebase(struct msg *m, const char *from, size_t n, const char *to)
{
	struct str *const strings[] = {&m->method_name,   &m->target,          &m->reason,
	                               &m->upgrade,       &m->uri.scheme_name, &m->uri.host,
	                               &m->uri.path_query};
	uintptr_t base = (uintptr_t)from;

	for (size_t i = 0; i < COUNT_OF(strings); i++)
		rebase(strings[i], base, n, to);
	rebase_fields(&m->fields, base, n, to);
	rebase_fields(&m->trailers, base, n, to);
}
