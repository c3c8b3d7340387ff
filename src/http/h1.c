/* h1.c - the reader of heads.
 *
 * Line by line. A line is judged only when a byte stands in it that may end it or may not be there
 * at all (CR, LF, NUL, another control byte), and only by what stands before the limit; so the
 * answer is a function of the bytes, not of how they were cut. Between calls only offsets are kept;
 * the strings that were found already are moved along when the bytes moved.
 *
 * Nearly all lines are plain: complete, a GET of HTTP/1.1, a name that is a token and CRLF at the
 * end. These go through h1_scan.c, which takes a line or says "look closely"; what it refuses to
 * judge goes through start_line() and field_line(), which alone know what is wrong. */
#include "http/h1.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/h1_scan.h"

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
	size_t i = (size_t)(h1_scan_value_end(r->p + from, r->p + r->n) - r->p);

	while (r->status_line && i < r->n && r->p[i] != '\r' && r->p[i] != '\n' && r->p[i] != '\0')
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
		if (r->p[at + 1] == '\n' || mutant(BARE_CR))
			return LINE_OK;
		return fail(r, r->bad_status, "bare CR (RFC 9112 2.2)");
	}
	if (mutant(BARE_LF) && r->p[at] == '\n' && at + 1 < r->n)
		return LINE_OK;
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

/* What a mutant takes for a name; it sees the colon at q[*n]. */
static bool mutant_takes_name(const char *q, size_t *n)
{
	if (mutant(NAME_EMPTY) && q[0] == ':')
		return true;
	if (mutant(NAME_SPACE) && *n > 0 && (q[*n] == ' ' || q[*n] == '\t'))
		return true;
	if (mutant(NO_COLON) && *n > 1 && q[*n] == '\r')
		return (*n)-- > 0;
	return mutant(OBS_FOLD) && (q[0] == ' ' || q[0] == '\t');
}

/* The name at the start of the line. LINE_OK: line->name and id are set. */
static enum line field_line_name(struct reader *r, struct field *line)
{
	const char *q = r->p + r->line;
	size_t room = r->n - r->line;
	size_t n = field_token_span(q, room);

	while (mutant(NAME_BYTE) && n < room && memchr(": \t\r\n", q[n], 5) == NULL)
		n++;
	if (n == room) {
		r->scan = r->n;
		return LINE_MORE;
	}
	if ((n == 0 || q[n] != ':') && !mutant_takes_name(q, &n))
		return wrong_name(r, n);
	line->name = (struct str){q, n};
	line->id = (uint8_t)field_id_in(q, n, room);
	return LINE_OK;
}

/* The field line at r->line; moves r->line behind it. LINE_END: it was the empty line. */
static enum line field_line(struct reader *r, struct field *line)
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
	while (at < r->n && ((mutant(NUL_BYTE) && r->p[at] == '\0') ||
	                     (mutant(CONTROL_BYTE) && strchr("\r\n", r->p[at]) == NULL)))
		at += 1 + field_value_span(r->p + at + 1, r->n - at - 1);
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

	for (;;) {
		size_t next = (size_t)(h1_scan_fields(r->p + r->line, r->p + r->n, f) - r->p);

		if (next != r->line)
			r->line = r->scan = next;
		if (next == r->n)
			return LINE_MORE;
		line = f->n < f->max ? &f->v[f->n] : &none;
		result = field_line(r, line);
		if (result != LINE_OK)
			return result;
		if (mutant(FIELDS_LIMIT) && line == &none)
			continue;
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
	if (s.n != 8)
		return -1;
	if (memcmp(s.p, "HTTP/1.1", 8) == 0) {
		*minor = 1;
		return 1;
	}
	if (memcmp(s.p, "HTTP/", 5) != 0 || !str_is_digit(s.p[5]) || s.p[6] != '.' ||
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
	if (method > lim->method && !mutant(METHOD_LIMIT))
		return fail(r, 501, "method too long (RFC 9112 3)");
	target = str_find(s, ' ', method + 1);
	if (mutant(LINE_SPACES))
		target = (size_t)((const char *)memrchr(s.p, ' ', s.n) - s.p);
	if (target == method + 1 || target == s.n)
		return fail(r, 400, "malformed request line (RFC 9112 3)");
	major = read_version((struct str){s.p + target + 1, s.n - target - 1}, &out->minor);
	if (mutant(VERSION_FORM) && major < 0)
		major = 1;
	if (major < 0)
		return fail(r, 400, "malformed version (RFC 9112 2.3)");
	if (major != 1 && !mutant(VERSION_MAJOR))
		return fail(r, 505, "HTTP version not supported (RFC 9112 2.3)");
	out->method_name = (struct str){s.p, method};
	out->method = (uint8_t)msg_method_of(out->method_name);
	out->target = (struct str){s.p + method + 1, target - method - 1};
	if (memchr(out->target.p, '\t', out->target.n) != NULL && !mutant(LINE_TAB))
		return fail(r, 400, "tab in request line (RFC 9112 3)");
	return LINE_OK;
}

static enum line status_line(struct reader *r, struct str s, struct msg *out)
{
	uint64_t status;

	if (s.n < 13 ||
	    (read_version(str_slice(s, 0, 8), &out->minor) != 1 && !mutant(STATUS_PROTOCOL)) ||
	    s.p[8] != ' ' || s.p[12] != ' ')
		return fail(r, 502, "malformed status line (RFC 9112 4)");
	if (!str_u64(str_slice(s, 9, 12), &status) ||
	    ((status < 100 || status > 599) && !mutant(STATUS_RANGE)))
		return fail(r, 502, "status is not 100 to 599 (RFC 9110 15)");
	out->status = (uint16_t)status;
	out->reason = str_trim(str_slice(s, 13, s.n));
	if (!mutant(REASON_TEXT) && (out->reason.n > REASON_MAX || !field_value_valid(out->reason)))
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
		if (++st->empty > lim->empty_lines && !mutant(EMPTY_LINES))
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
		r->n = mutant(LINE_LIMIT) ? n : r->n;
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
	r->n = mutant(HEAD_LIMIT) ? n : MIN(n, lim->head);
	result = still_open(r) ? LINE_MORE : field_lines(r, &out->fields);
	if (result == LINE_MORE && n > r->n)
		return fail(r, r->bad_status == 400 ? 431 : 502, "head too large (RFC 6585 5)");
	return result;
}

/* Takes the request line and the lines behind it as far as they are plain. parse() goes on from
 * there, or from the start, as after a call with fewer bytes. The length of the head when it is
 * complete, else 0. */
static ssize_t plain_head(struct h1_head *st, const struct h1_limits *lim, const char *p, size_t n,
                          struct msg *out)
{
	const char *end = p + MIN(n, lim->head);
	const char *at = h1_scan_request_line(p, end, out);

	if (at == NULL || (size_t)(at - p) > lim->line + 2 || out->method_name.n > lim->method)
		return 0;
	at = h1_scan_fields(at, end, &out->fields);
	st->base = p;
	st->line = st->scan = (size_t)(at - p);
	st->stage = FIELDS;
	if (end - at < 2 || memcmp(at, "\r\n", 2) != 0)
		return 0;
	st->line = st->scan += 2;
	st->stage = DONE;
	return (ssize_t)st->line;
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
	if (st->base == NULL) {
		ssize_t length;

		msg_init(out, MSG_REQUEST, fv, MIN(fmax, lim->fields));
		length = plain_head(st, lim, p, n, out);
		if (length != 0)
			return length;
	}
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
