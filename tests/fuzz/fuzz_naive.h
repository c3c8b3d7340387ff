/* fuzz_naive.h - a second reader of HTTP/1, straight from the grammar of RFC 9112: strict, slow and
 * simple, over a stream that is all there. It shares no code with src/http.
 *
 * For fuzz_session_in and fuzz_session_out: what weir takes as a message this reader must take too,
 * with the same bounds. It has no limits of size, and may take more than weir does. */
#ifndef TESTS_FUZZ_NAIVE_H
#define TESTS_FUZZ_NAIVE_H

#include <strings.h>
#include "fuzz.h"

#define NAIVE_FIELDS 1024

struct naive_head {
	struct str start, name[NAIVE_FIELDS], value[NAIVE_FIELDS];
	unsigned n;
	size_t end; /* offset behind the empty line */
};

static inline bool naive_is(struct str s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static inline bool naive_space(char c)
{
	return c == ' ' || c == '\t';
}

static inline struct str naive_trim(struct str s)
{
	while (s.n > 0 && naive_space(s.p[0]))
		s = (struct str){s.p + 1, s.n - 1};
	while (s.n > 0 && naive_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* tchar of RFC 9110 5.6.2 */
static inline bool naive_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
		                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		                             s.p[i]) == NULL)
			return false;
	return s.n > 0;
}

/* The line at `at`, without its CRLF, which is where the first CR or LF stands. False: there is
 * none. */
static inline bool naive_line(struct str all, size_t at, struct str *line)
{
	size_t i = at;

	while (i < all.n && all.p[i] != '\r' && all.p[i] != '\n')
		i++;
	if (i + 1 >= all.n || all.p[i] != '\r' || all.p[i + 1] != '\n')
		return false;
	*line = (struct str){all.p + at, i - at};
	return true;
}

/* field-line = field-name ":" OWS field-value OWS (RFC 9112 5) */
static inline bool naive_field(struct str line, struct str *name, struct str *value)
{
	const char *colon = memchr(line.p, ':', line.n);

	if (colon == NULL)
		return false;
	*name = (struct str){line.p, (size_t)(colon - line.p)};
	*value = naive_trim((struct str){colon + 1, line.n - name->n - 1});
	for (size_t i = 0; i < value->n; i++) {
		unsigned char c = (unsigned char)value->p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return naive_token(*name);
}

/* start-line CRLF *( field-line CRLF ) CRLF, after any number of empty lines (2.1, 2.2) */
static inline bool naive_head(struct str all, size_t at, struct naive_head *h)
{
	struct str line;

	h->n = 0;
	do {
		if (!naive_line(all, at, &h->start))
			return false;
		at += h->start.n + 2;
	} while (h->start.n == 0);
	for (;;) {
		if (!naive_line(all, at, &line))
			return false;
		at += line.n + 2;
		if (line.n == 0)
			break;
		if (h->n == NAIVE_FIELDS || !naive_field(line, &h->name[h->n], &h->value[h->n]))
			return false;
		h->n++;
	}
	h->end = at;
	return true;
}

static inline unsigned naive_count(const struct naive_head *h, const char *name, struct str *value)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->n; i++)
		if (naive_is(h->name[i], name) && n++ == 0)
			*value = h->value[i];
	return n;
}

/* HTTP-version = "HTTP/1." DIGIT (2.3) */
static inline bool naive_version(struct str s, unsigned *minor)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/1.", 7) != 0 || s.p[7] < '0' || s.p[7] > '9')
		return false;
	*minor = s.p[7] == '0' ? 0 : 1;
	return true;
}

/* May another message follow (9.3)? Options are split at every comma: whoever does not know
 * quotes there sees a "close" that is inside of them. */
static inline bool naive_persists(const struct naive_head *h, unsigned minor)
{
	bool close = false, keep = false;

	for (unsigned i = 0; i < h->n; i++) {
		struct str rest = h->value[i];

		if (!naive_is(h->name[i], "Connection"))
			continue;
		for (;;) {
			const char *comma = rest.n == 0 ? NULL : memchr(rest.p, ',', rest.n);
			size_t n = comma == NULL ? rest.n : (size_t)(comma - rest.p);
			struct str option = naive_trim((struct str){rest.p, n});

			close = close || naive_is(option, "close");
			keep = keep || naive_is(option, "keep-alive");
			if (comma == NULL)
				break;
			rest = (struct str){comma + 1, rest.n - n - 1};
		}
	}
	return !close && (minor > 0 || keep);
}

/* Content-Length = 1*DIGIT (RFC 9110 8.6), in 63 bits */
static inline bool naive_length(struct str s, uint64_t *out)
{
	unsigned __int128 v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s.p[i] - '0');
		if (v > INT64_MAX)
			return false;
	}
	*out = (uint64_t)v;
	return s.n > 0;
}

/* ---- bodies ---- */

struct naive_body {
	size_t end; /* offset behind all of it */
	uint64_t n; /* bytes of content */
	char *data; /* room for the whole stream, of the caller */
};

static inline void naive_data(struct naive_body *b, struct str all, size_t at, size_t n)
{
	memcpy(b->data + b->n, all.p + at, n);
	b->n += n;
}

static inline size_t naive_skip_space(struct str s, size_t i)
{
	while (i < s.n && naive_space(s.p[i]))
		i++;
	return i;
}

static inline size_t naive_skip_token(struct str s, size_t i)
{
	while (i < s.n && naive_token((struct str){s.p + i, 1}))
		i++;
	return i;
}

/* quoted-string at s[i] (RFC 9110 5.6.4): where it ends, 0 when it does not. */
static inline size_t naive_quoted(struct str s, size_t i)
{
	for (i++; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"')
			return i + 1;
		if (c == '\\' && ++i < s.n)
			c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return 0;
	}
	return 0;
}

/* chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) (7.1.1) */
static inline bool naive_extensions(struct str s)
{
	size_t i = 0, from, equals;

	while (i < s.n) {
		i = naive_skip_space(s, i);
		if (i == s.n || s.p[i] != ';')
			return false;
		from = naive_skip_space(s, i + 1);
		i = naive_skip_token(s, from);
		if (i == from)
			return false;
		equals = naive_skip_space(s, i);
		if (equals == s.n || s.p[equals] != '=')
			continue;
		from = naive_skip_space(s, equals + 1);
		i = from < s.n && s.p[from] == '"' ? naive_quoted(s, from)
		                                   : naive_skip_token(s, from);
		if (i <= from)
			return false;
	}
	return true;
}

/* chunk-size [ chunk-ext ], 1*HEXDIG */
static inline bool naive_size(struct str line, uint64_t *size)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	unsigned __int128 v = 0;
	size_t i = 0;

	for (; i < line.n && line.p[i] != '\0' && strchr(digits, line.p[i]) != NULL; i++) {
		unsigned d = (unsigned)(strchr(digits, line.p[i]) - digits);

		v = v * 16 + (d < 16 ? d : d - 6);
		if (v > INT64_MAX)
			return false;
	}
	*size = (uint64_t)v;
	return i > 0 && naive_extensions((struct str){line.p + i, line.n - i});
}

/* chunked-body = *chunk last-chunk trailer-section CRLF (7.1) */
static inline bool naive_chunked(struct str all, size_t at, struct naive_body *b)
{
	struct str line, name, value;
	uint64_t size;

	for (;;) {
		if (!naive_line(all, at, &line) || !naive_size(line, &size))
			return false;
		at += line.n + 2;
		if (size == 0)
			break;
		if (size > all.n - at || all.n - at - size < 2 ||
		    memcmp(all.p + at + size, "\r\n", 2) != 0)
			return false;
		naive_data(b, all, at, size);
		at += size + 2;
	}
	for (;;) {
		if (!naive_line(all, at, &line))
			return false;
		at += line.n + 2;
		if (line.n == 0)
			break;
		if (!naive_field(line, &name, &value))
			return false;
	}
	b->end = at;
	return true;
}

static inline bool naive_sized(struct str all, size_t at, uint64_t n, struct naive_body *b)
{
	if (n > all.n - at)
		return false;
	naive_data(b, all, at, n);
	b->end = at + n;
	return true;
}

#endif
