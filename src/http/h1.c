/* h1.c - the reader of heads.
 *
 * Line by line. A line is judged only when a byte stands in it that may end it or may not be there
 * at all (CR, LF, NUL, another control byte), and only by what stands before the limit; so the
 * answer is a function of the bytes, not of how they were cut. Between calls only offsets are kept;
 * the strings that were found already are moved along when the bytes moved.
 *
 * Nearly all lines are plain: complete, with a name that is a token and CRLF at the end. These go
 * through plain_lines(), 16 bytes a step; it takes a line or says "look closely", and what it
 * refuses to judge goes through field_line(), which alone knows what is wrong. */
#include "http/h1.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/field_table.h"

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

#ifdef __SSE2__
/* One bit for each byte of p[0, 16) that is not from 0x20 to 0x7E: less 0x20 these are 0 to 0x5E,
 * and all others get their highest bit by 0x21 more. */
static inline unsigned unusual_bytes(const char *p)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i less = _mm_sub_epi8(x, _mm_set1_epi8(0x20));

	return (unsigned)_mm_movemask_epi8(_mm_adds_epu8(less, _mm_set1_epi8(0x21)));
}

/* The first byte of [from, end) that may not stand in a field value, or end. The 16 bytes before
 * end may be read. */
static inline const char *value_end(const char *from, const char *end)
{
	const char *at = from, *last = end - 16;
	unsigned found = 0;

	for (; at <= last; at += 16) {
		found = unusual_bytes(at);
		if (found != 0)
			break;
	}
	if (__builtin_expect(found == 0, 0)) { /* the last step overlaps what was seen */
		found = unusual_bytes(last) >> (at - last);
		if (found == 0)
			return end;
	}
	at += __builtin_ctz(found);
	if (__builtin_expect(*at == '\r', 1))
		return at;
	return at + field_value_span(at, (size_t)(end - at));
}
#else
static inline const char *value_end(const char *from, const char *end)
{
	return from + field_value_span(from, (size_t)(end - from));
}
#endif

static size_t ending_span(const struct reader *r, size_t from)
{
	const char *end = r->p + r->n;
	size_t i = from;

	if (r->n - from >= 16)
		i = (size_t)(value_end(r->p + from, end) - r->p);
	else
		i += field_value_span(r->p + from, r->n - from);
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

#ifdef __SSE2__
/* The colon behind the name at q; NULL when there is none in as many bytes as a known name has. */
static inline const char *name_end(const char *q, const char *end)
{
	const __m128i colon = _mm_set1_epi8(':');

	for (unsigned i = 0; i < FIELD_PAD / 16 && q <= end - 16; i++, q += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)q);
		int found = _mm_movemask_epi8(_mm_cmpeq_epi8(x, colon));

		if (__builtin_expect(found != 0, 1))
			return q + __builtin_ctz((unsigned)found);
	}
	return NULL;
}

/* The line at q if it is plain: where the next one begins. NULL: look closely. */
static inline const char *plain_line(const char *q, const char *end, struct field *line)
{
	const char *colon = name_end(q, end), *from, *at, *next;
	size_t n;

	if (colon == NULL || colon == q)
		return NULL;
	n = (size_t)(colon - q);
	line->id = (uint8_t)field_table_find_wide(q, n);
	if (line->id == FIELD_OTHER && field_token_span(q, n) != n && !mutant(NAME_FAST))
		return NULL;
	line->name = (struct str){q, n};
	from = colon + 1;
	at = value_end(from, end);
	if (end - at < 2 || ((at[0] != '\r' || at[1] != '\n') && !mutant(VALUE_FAST)))
		return NULL;
	next = at + 2;
	/* no byte of a value is below the space, but HTAB */
	while (from < at && (unsigned char)*from <= ' ')
		from++;
	while (at > from && (unsigned char)at[-1] <= ' ')
		at--;
	line->value = str_range(from, at);
	line->hop = 0;
	return next;
}

/* Takes the plain lines from q on, while there is room; where the first other one begins. */
static const char *plain_lines(const char *q, const char *end, struct fields *f)
{
	struct field *line = f->v + f->n, *room = f->v + f->max;

	for (; end - q >= 16 && line < room; line++) {
		const char *next = plain_line(q, end, line);

		if (next == NULL)
			break;
		f->present[line->id >> 6] |= (uint64_t)1 << (line->id & 63);
		q = next;
	}
	f->n = (unsigned)(line - f->v);
	return q;
}
#else
static const char *plain_lines(const char *q, const char *end, struct fields *f)
{
	(void)end;
	(void)f;
	return q;
}
#endif

/* Each line is made in the place where it stays, if there is one. */
static enum line field_lines(struct reader *r, struct fields *f)
{
	struct field none, *line;
	enum line result;

	for (;;) {
		size_t next = (size_t)(plain_lines(r->p + r->line, r->p + r->n, f) - r->p);

		if (next != r->line)
			r->line = r->scan = next;
		if (next == r->n)
			break;
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
