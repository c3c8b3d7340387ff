/* uri.c - request targets and hosts: one strict reading, one normal form. */
#include <sys/types.h>
#include "http/uri.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/uri_path.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static int bad(const char **why, const char *text)
{
	if (why != NULL)
		*why = text;
	return ERR_BAD;
}

static bool is_alpha(char c)
{
	return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

static bool is_hex(char c)
{
	return str_is_digit(c) || (str_lower(c) >= 'a' && str_lower(c) <= 'f');
}

/* s itself when it has no capitals, else a lower-case copy; {NULL, 0} without memory. */
static struct str lowered(struct arena *a, struct str s)
{
	char *to;
	size_t i = 0;

	while (i < s.n && str_lower(s.p[i]) == s.p[i])
		i++;
	if (i == s.n)
		return s;
	to = arena_alloc(a, s.n);
	if (to == NULL)
		return STR_NONE;
	for (i = 0; i < s.n; i++)
		to[i] = str_lower(s.p[i]);
	return (struct str){to, s.n};
}

/* ---- hosts ---- */

static bool parse_port(struct str s, uint16_t *out)
{
	uint64_t v;

	if (s.n > 5 || !str_u64(s, &v) || ((v == 0 || v > 65535) && !mutant(PORT_RANGE)))
		return false;
	*out = (uint16_t)v;
	return true;
}

enum { LABEL_SMALL = 1, LABEL_CAPITAL = 2 };
static const uint8_t label_byte[256] = {
    ['-'] = LABEL_SMALL,         ['_'] = LABEL_SMALL,           ['0' ... '9'] = LABEL_SMALL,
    ['a' ... 'z'] = LABEL_SMALL, ['A' ... 'Z'] = LABEL_CAPITAL,
};

/* Labels of 1 to 63 letters, digits, "-", "_"; *last gets the last one, *capitals is set when there
 * are any. */
static bool labels_valid(struct str s, struct str *last, bool *capitals)
{
	unsigned seen = 0, kind;
	size_t start = 0, i = 0;

	if (s.n == 0 || s.n > 253)
		return false;
	for (;; start = ++i) {
		for (; i < s.n && (kind = label_byte[(unsigned char)s.p[i]]) != 0; i++)
			seen |= kind;
		if (i == start || i - start > 63)
			return false;
		if (i == s.n)
			break;
		if (s.p[i] != '.')
			return false;
	}
	*last = str_slice(s, start, s.n);
	*capitals = (seen & LABEL_CAPITAL) != 0;
	return true;
}

/* Would some resolver read a host that ends so as an IPv4 address (decimal, octal or 0x hex)? */
static bool is_number(struct str label)
{
	bool hex = label.n >= 2 && label.p[0] == '0' && str_lower(label.p[1]) == 'x';

	for (size_t i = hex ? 2 : 0; i < label.n; i++)
		if (hex ? !is_hex(label.p[i]) : !str_is_digit(label.p[i]))
			return false;
	return true;
}

static bool has_letters_beyond_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

static int parse_name(struct arena *a, struct str s, struct uri *out, const char **why)
{
	struct str last;
	bool capitals;

	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	if (!labels_valid(s, &last, &capitals))
		return bad(why, has_letters_beyond_ascii(s)
		                    ? "host has letters outside ASCII: its A-label is needed, "
		                      "xn--... (RFC 5890 2.3.2.1)"
		                    : "host is not a name (RFC 9110 7.2, RFC 3986 3.2.2)");
	if (is_number(last)) {
		if (!uri_address_ipv4(s, out->address) && !mutant(HOST_NUMERIC))
			return bad(why, "numeric host is not a dotted quad (RFC 3986 3.2.2)");
		out->family = 4;
	}
	out->host = capitals && !mutant(HOST_CASE) ? lowered(a, s) : s;
	out->host.n += mutant(HOST_DOT) && s.p[s.n] == '.';
	return out->host.p == NULL ? ERR_NOMEM : 0;
}

/* s is what stands between the brackets. */
static int parse_literal(struct arena *a, struct str s, struct uri *out, const char **why)
{
	char text[URI_ADDRESS_TEXT + 2];
	struct str_out o = str_out_of(text, sizeof text);

	if (!uri_address_ipv6(s, out->address))
		return bad(why, "bad IPv6 literal (RFC 3986 3.2.2)");
	out->family = 6;
	str_putc(&o, '[');
	uri_address_put_ipv6(&o, out->address);
	str_putc(&o, ']');
	AZ(o.overflow);
	out->host = arena_dup(a, str_range(text, o.at));
	return out->host.p == NULL ? ERR_NOMEM : 0;
}

int uri_parse_host(struct arena *a, struct str s, uint16_t default_port, struct uri *out,
                   const char **why)
{
	bool literal = s.n > 0 && s.p[0] == '[';
	size_t end = literal ? str_find(s, ']', 0) + 1 : str_find(s, ':', 0);
	int r;

	out->family = 0;
	out->port = default_port;
	out->port_given = false;
	if (end > s.n)
		return bad(why, "bracket not closed in host (RFC 3986 3.2.2)");
	if (end < s.n) {
		if (s.p[end] != ':' || !parse_port(str_slice(s, end + 1, s.n), &out->port))
			return bad(why, "bad port (RFC 3986 3.2.3)");
		out->port_given = true;
	}
	if (literal)
		r = parse_literal(a, str_slice(s, 1, end - 1), out, why);
	else
		r = parse_name(a, str_slice(s, 0, end), out, why);
	return r;
}

/* ---- schemes ---- */

uint16_t uri_default_port(enum uri_scheme scheme, struct str scheme_name)
{
	switch (scheme) {
	case URI_HTTP:
		return 80;
	case URI_HTTPS:
		return 443;
	case URI_OTHER:
		return str_eq(scheme_name, STR("ftp")) ? 21 : 0;
	case URI_NO_SCHEME:
		break;
	}
	return 0;
}

void uri_set_scheme(struct uri *u, enum uri_scheme scheme)
{
	AN(scheme == URI_HTTP || scheme == URI_HTTPS);
	u->scheme = (uint8_t)scheme;
	u->scheme_name = scheme == URI_HTTP ? STR("http") : STR("https");
	if (!u->port_given)
		u->port = uri_default_port(scheme, u->scheme_name);
}

static int parse_scheme(struct arena *a, struct str s, struct uri *out)
{
	out->port_given = false;
	if (str_ieq(s, STR("http"))) {
		uri_set_scheme(out, URI_HTTP);
	} else if (str_ieq(s, STR("https"))) {
		uri_set_scheme(out, URI_HTTPS);
	} else {
		out->scheme = URI_OTHER;
		out->scheme_name = lowered(a, s);
		if (out->scheme_name.p == NULL)
			return ERR_NOMEM;
		out->port = uri_default_port(URI_OTHER, out->scheme_name);
	}
	return 0;
}

/* Length of a scheme before "://", 0 if s does not begin so. */
static size_t scheme_span(struct str s)
{
	size_t i = 0;

	if (s.n == 0 || !is_alpha(s.p[0]))
		return 0;
	while (i < s.n && i < 32 &&
	       (is_alpha(s.p[i]) || str_is_digit(s.p[i]) || s.p[i] == '+' || s.p[i] == '-' ||
	        s.p[i] == '.'))
		i++;
	return str_starts(str_slice(s, i, s.n), STR("://")) ? i : 0;
}

/* ---- targets ---- */

/* Printable ASCII without space and "#": what a target may consist of. */
static bool target_bytes_valid(struct str s)
{
	size_t i = 0;

#ifdef __SSE2__
	const __m128i space = _mm_set1_epi8(0x20), del = _mm_set1_epi8(0x7F);
	const __m128i hash = _mm_set1_epi8('#');

	for (; i + 16 <= s.n; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		__m128i wrong = _mm_or_si128(_mm_cmpeq_epi8(x, del), _mm_cmpeq_epi8(x, hash));

		/* compared as signed: 0x80 and above are below the space */
		if (_mm_movemask_epi8(_mm_andnot_si128(wrong, _mm_cmpgt_epi8(x, space))) != 0xFFFF)
			return false;
	}
#endif
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x21 || c > 0x7E || c == '#')
			return false;
	}
	return true;
}

/* What follows the authority: "" becomes "/", "?x" becomes "/?x". */
static int set_path(struct arena *a, struct str rest, struct uri *out)
{
	if (rest.n == 0) {
		out->path_query = STR("/");
	} else if (rest.p[0] == '?') {
		const struct str pieces[] = {STR_INIT("/"), rest};

		out->path_query = arena_join(a, pieces, 2);
		if (out->path_query.p == NULL)
			return ERR_NOMEM;
	} else {
		out->path_query = rest;
	}
	return 0;
}

/* s begins behind "//". */
static int parse_authority_path(struct arena *a, struct str s, struct uri *out, const char **why)
{
	size_t end = 0, at;
	struct str authority;
	int r;

	while (end < s.n && s.p[end] != '/' && s.p[end] != '?')
		end++;
	authority = str_slice(s, 0, end);
	at = str_find(authority, '@', 0);
	out->userinfo = at < authority.n;
	if (out->userinfo)
		authority = str_slice(authority, at + 1, authority.n);
	if (str_find(str_slice(s, 0, end), '\\', 0) < end && !mutant(TARGET_BACKSLASH))
		return bad(why, "backslash in authority (RFC 3986 3.2)");
	r = uri_parse_host(a, authority, out->port, out, why);
	return r != 0 ? r : set_path(a, str_slice(s, end, s.n), out);
}

static int parse_absolute(struct arena *a, struct str target, struct uri *out, const char **why)
{
	size_t scheme = scheme_span(target);
	int r;

	if (scheme == 0)
		return bad(why, "target is in no form (RFC 9112 3.2)");
	out->form = URI_ABSOLUTE;
	r = parse_scheme(a, str_slice(target, 0, scheme), out);
	if (r != 0)
		return r;
	return parse_authority_path(a, str_slice(target, scheme + 3, target.n), out, why);
}

static int parse_connect(struct arena *a, struct str target, struct uri *out, const char **why)
{
	int r = uri_parse_host(a, target, 0, out, why);

	if (r == 0 && !out->port_given && !mutant(CONNECT_NO_PORT))
		return bad(why, "CONNECT target without port (RFC 9112 3.2.3)");
	out->form = URI_AUTHORITY;
	return r;
}

int uri_parse_target(struct arena *a, struct str target, enum uri_use use, struct uri *out,
                     const char **why)
{
	struct uri u = {0};
	int r = 0;

	if (target.n == 0 || (!target_bytes_valid(target) && !mutant(TARGET_BYTES) &&
	                      !(mutant(TARGET_FRAGMENT) && memchr(target.p, '#', target.n))))
		return bad(why, "byte that a target may not have (RFC 9112 3.2)");
	if (use == URI_FOR_CONNECT) {
		r = parse_connect(a, target, &u, why);
	} else if (target.p[0] == '/' || (mutant(TARGET_FORM) && scheme_span(target) == 0)) {
		u.form = URI_ORIGIN;
		u.path_query = target;
	} else if ((use == URI_FOR_OPTIONS || mutant(ASTERISK_FORM)) && str_eq(target, STR("*"))) {
		u.form = URI_ASTERISK;
		u.path_query = target;
	} else {
		r = parse_absolute(a, target, &u, why);
		/* 9112 3.2.4: an absolute OPTIONS without path asks for the server */
		if (r == 0 && use == URI_FOR_OPTIONS && str_eq(u.path_query, STR("/")) &&
		    target.p[target.n - 1] != '/')
			u.path_query = STR("*");
	}
	if (r == 0)
		*out = u;
	return r;
}

int uri_resolve(struct arena *a, const struct uri *base, struct str reference, struct uri *out)
{
	struct uri u = *base;
	int r = 0;

	reference = str_slice(reference, 0, str_find(reference, '#', 0));
	if (reference.n == 0 || !target_bytes_valid(reference))
		return ERR_BAD;
	if (scheme_span(reference) != 0) {
		r = uri_parse_target(a, reference, URI_FOR_REQUEST, &u, NULL);
	} else if (str_starts(reference, STR("//"))) {
		u.port = uri_default_port((enum uri_scheme)u.scheme, u.scheme_name);
		r = parse_authority_path(a, str_slice(reference, 2, reference.n), &u, NULL);
	} else if (reference.p[0] == '/') {
		u.path_query = reference;
	} else {
		r = uri_path_beside(a, u.path_query, reference, &u.path_query);
	}
	u.form = URI_ABSOLUTE;
	if (r == 0)
		r = uri_path_undotted(a, u.path_query, &u.path_query);
	if (r == 0)
		*out = u;
	return r;
}

/* ---- compare and write ---- */

bool uri_same_origin(const struct uri *a, const struct uri *b)
{
	return mutant(SAME_ORIGIN) ||
	       (a->scheme == b->scheme && a->port == b->port && str_eq(a->host, b->host) &&
	        str_eq(a->scheme_name, b->scheme_name));
}

int uri_cmp(const struct uri *a, const struct uri *b)
{
	int r = str_cmp(a->scheme_name, b->scheme_name);

	if (r == 0)
		r = str_cmp(a->host, b->host);
	if (r == 0)
		r = (a->port > b->port) - (a->port < b->port);
	if (r == 0)
		r = str_cmp(a->path_query, b->path_query);
	return (r > 0) - (r < 0);
}

void uri_put_authority(struct str_out *o, const struct uri *u)
{
	str_put(o, u->host);
	if (u->port != 0 &&
	    u->port != uri_default_port((enum uri_scheme)u->scheme, u->scheme_name)) {
		str_putc(o, ':');
		str_put_u64(o, u->port);
	}
}

void uri_put(struct str_out *o, const struct uri *u)
{
	if (u->scheme_name.n != 0) {
		str_put(o, u->scheme_name);
		str_put(o, STR("://"));
	}
	uri_put_authority(o, u);
	if (!str_eq(u->path_query, STR("*")))
		str_put(o, u->path_query);
}

/* ---- the path as rules see it ---- */

struct str uri_path(struct str path_query)
{
	return str_slice(path_query, 0, str_find(path_query, '?', 0));
}

struct str uri_query(struct str path_query)
{
	size_t mark = str_find(path_query, '?', 0);

	return mark == path_query.n ? STR_NONE : str_slice(path_query, mark + 1, path_query.n);
}

static int hex_value(char c)
{
	return str_is_digit(c) ? c - '0' : str_lower(c) - 'a' + 10;
}

/* Decodes one segment to `to`; its length, or ERR_BAD when another reader could see other segments.
 */
static ssize_t decode_segment(struct str s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int c = (unsigned char)s.p[i];

		if (c == '%') {
			if (i + 2 >= s.n || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]))
				return ERR_BAD;
			c = hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2]);
			if ((c == 0 || c == '/' || c == '\\') && !mutant(PATH_ENCODED))
				return ERR_BAD;
			i += 2;
		}
		to[n++] = (char)c;
	}
	return (ssize_t)n;
}

static bool is_dots(const char *p, size_t n, size_t dots)
{
	return n == dots && p[0] == '.' && p[n - 1] == '.';
}

int uri_match_path(struct arena *a, struct str path_query, struct str *out)
{
	struct str rest = uri_path(path_query), raw;
	char *to;
	size_t n = 0;

	if (rest.n == 0 || rest.p[0] != '/') {
		*out = rest;
		return 0;
	}
	to = arena_alloc(a, rest.n + 1);
	if (to == NULL)
		return ERR_NOMEM;
	do {
		size_t end = str_find(rest, '/', 1);
		ssize_t len;
		bool last = end == rest.n;

		raw = str_slice(rest, 1, end);
		rest = str_slice(rest, end, rest.n);
		len = decode_segment(raw, to + n + 1);
		if (len < 0)
			return ERR_BAD;
		to[n] = '/';
		if (is_dots(to + n + 1, (size_t)len, 1) || is_dots(to + n + 1, (size_t)len, 2)) {
			if (raw.n != (size_t)len)
				return ERR_BAD;
			if (len == 2)
				while (n > 0 && to[--n] != '/')
					;
			if (last)
				to[n++] = '/';
		} else {
			n += (size_t)len + 1;
		}
	} while (rest.n > 0);
	if (n == 0)
		to[n++] = '/';
	*out = (struct str){to, n};
	return 0;
}
