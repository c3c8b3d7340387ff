/* sf.c - dictionaries of structured fields. Each take_* cuts what it names off the front of *s: 0,
 * or ERR_BAD. No recursion: inner lists hold items only. */
#include "http/sf.h"
#include "base/err.h"
#include "base/obj.h"
#include "http/field.h"

#define INTEGER_DIGITS 15
#define DECIMAL_DIGITS 12
#define FRACTION_DIGITS 3

static int first(const struct str *s)
{
	return s->n == 0 ? -1 : (unsigned char)s->p[0];
}

static void skip(struct str *s, size_t n)
{
	*s = str_slice(*s, n, s->n);
}

/* SP only, or OWS. */
static void skip_blanks(struct str *s, bool tabs)
{
	while (first(s) == ' ' || (tabs && first(s) == '\t'))
		skip(s, 1);
}

static bool is_lower(int c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alpha(int c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int take_key(struct str *s, struct str *key)
{
	struct str from = *s;

	if (!is_lower(first(s)) && first(s) != '*')
		return ERR_BAD;
	while (is_lower(first(s)) || is_digit(first(s)) ||
	       (first(s) > 0 && strchr("_-.*", first(s)) != NULL))
		skip(s, 1);
	*key = str_slice(from, 0, from.n - s->n);
	return 0;
}

/* ---- bare items (4.2.3.1) ---- */

static int take_digits(struct str *s, unsigned max, int64_t *v)
{
	unsigned n = 0;

	for (; is_digit(first(s)); n++, skip(s, 1)) {
		if (n == max)
			return ERR_BAD;
		*v = *v * 10 + (first(s) - '0');
	}
	return n == 0 ? ERR_BAD : (int)n;
}

static int take_number(struct str *s, struct sf_item *out)
{
	bool minus = first(s) == '-';
	int64_t v = 0;
	int whole, part;

	skip(s, minus);
	whole = take_digits(s, INTEGER_DIGITS, &v);
	if (whole < 0)
		return ERR_BAD;
	out->type = SF_INTEGER;
	if (first(s) == '.') {
		skip(s, 1);
		out->type = SF_DECIMAL;
		part = whole > DECIMAL_DIGITS ? ERR_BAD : take_digits(s, FRACTION_DIGITS, &v);
		if (part < 0)
			return ERR_BAD;
		for (; part < FRACTION_DIGITS; part++)
			v *= 10;
	}
	out->number = minus ? -v : v;
	return 0;
}

/* From behind the opening quote to behind the closing one. */
static int take_quoted(struct str *s, struct str *inside)
{
	struct str from = *s;

	for (; first(s) != '"'; skip(s, 1)) {
		if (first(s) < 0x20 || first(s) > 0x7e)
			return ERR_BAD;
		if (first(s) != '\\')
			continue;
		skip(s, 1);
		if (first(s) != '"' && first(s) != '\\')
			return ERR_BAD;
	}
	*inside = str_slice(from, 0, from.n - s->n);
	skip(s, 1);
	return 0;
}

static int hex_of(int c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Are these bytes UTF-8 (RFC 3629 4)? One at a time: *need and *low are what must follow. */
static bool takes_utf8(unsigned c, unsigned *need, unsigned *low, unsigned *high)
{
	if (*need > 0) {
		bool fits = c >= *low && c <= *high;

		--*need;
		*low = 0x80;
		*high = 0xbf;
		return fits;
	}
	if (c < 0x80)
		return true;
	if (c < 0xc2 || c > 0xf4)
		return false;
	*need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	*low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	*high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

/* %"...": percent-encoded UTF-8 (4.2.10). */
static int take_display(struct str *s, struct str *inside)
{
	unsigned need = 0, low = 0x80, high = 0xbf;
	struct str from;

	skip(s, 1);
	if (first(s) != '"')
		return ERR_BAD;
	skip(s, 1);
	from = *s;
	for (; first(s) != '"'; skip(s, 1)) {
		int c = first(s);

		if (c < 0x20 || c > 0x7e)
			return ERR_BAD;
		if (c == '%') {
			if (s->n < 3 || hex_of(s->p[1]) < 0 || hex_of(s->p[2]) < 0)
				return ERR_BAD;
			c = hex_of(s->p[1]) * 16 + hex_of(s->p[2]);
			skip(s, 2);
		}
		if (!takes_utf8((unsigned)c, &need, &low, &high))
			return ERR_BAD;
	}
	*inside = str_slice(from, 0, from.n - s->n);
	skip(s, 1);
	return need == 0 ? 0 : ERR_BAD;
}

static void take_token(struct str *s, struct str *token)
{
	struct str from = *s;
	size_t n;

	do {
		n = field_token_span(s->p, s->n);
		if (n == 0 && (first(s) == ':' || first(s) == '/'))
			n = 1;
		skip(s, n);
	} while (n != 0);
	*token = str_slice(from, 0, from.n - s->n);
}

/* :base64: (4.2.7); its bytes are not decoded, only where padding may stand is looked at. */
static int take_bytes(struct str *s, struct str *inside)
{
	struct str from;
	size_t pads = 0;

	skip(s, 1);
	from = *s;
	for (; first(s) != ':'; skip(s, 1)) {
		int c = first(s);

		if (c == '=')
			pads++;
		else if (pads != 0 || (!is_alpha(c) && !is_digit(c) && c != '+' && c != '/'))
			return ERR_BAD;
	}
	*inside = str_slice(from, 0, from.n - s->n);
	skip(s, 1);
	return pads > 2 || (inside->n - pads) % 4 == 1 ? ERR_BAD : 0;
}

static int take_boolean(struct str *s, struct sf_item *out)
{
	skip(s, 1);
	out->type = SF_BOOLEAN;
	out->number = first(s) == '1';
	if (first(s) != '0' && first(s) != '1')
		return ERR_BAD;
	skip(s, 1);
	return 0;
}

static int take_date(struct str *s, struct sf_item *out)
{
	skip(s, 1);
	if (take_number(s, out) != 0 || out->type != SF_INTEGER)
		return ERR_BAD;
	out->type = SF_DATE;
	return 0;
}

static int take_bare(struct str *s, struct sf_item *out)
{
	int c = first(s);

	*out = (struct sf_item){.type = SF_TOKEN};
	if (c == '-' || is_digit(c))
		return take_number(s, out);
	if (is_alpha(c) || c == '*') {
		take_token(s, &out->text);
		return 0;
	}
	switch (c) {
	case '"':
		out->type = SF_STRING;
		skip(s, 1);
		return take_quoted(s, &out->text);
	case ':':
		out->type = SF_BYTES;
		return take_bytes(s, &out->text);
	case '?':
		return take_boolean(s, out);
	case '@':
		return take_date(s, out);
	case '%':
		out->type = SF_DISPLAY;
		return take_display(s, &out->text);
	default:
		return ERR_BAD;
	}
}

/* ---- what is made of them ---- */

static int take_params(struct str *s, struct str *params)
{
	struct str from = *s, key;
	struct sf_item value;

	while (first(s) == ';') {
		skip(s, 1);
		skip_blanks(s, false);
		if (take_key(s, &key) != 0)
			return ERR_BAD;
		if (first(s) != '=')
			continue;
		skip(s, 1);
		if (take_bare(s, &value) != 0)
			return ERR_BAD;
	}
	*params = str_slice(from, 0, from.n - s->n);
	return 0;
}

static int take_inner_list(struct str *s, struct sf_item *out)
{
	struct sf_item item;
	struct str from, params;

	skip(s, 1);
	from = *s;
	for (;;) {
		skip_blanks(s, false);
		if (first(s) == ')')
			break;
		if (take_bare(s, &item) != 0 || take_params(s, &params) != 0)
			return ERR_BAD;
		if (first(s) != ' ' && first(s) != ')')
			return ERR_BAD;
	}
	*out = (struct sf_item){.type = SF_INNER_LIST, .text = str_slice(from, 0, from.n - s->n)};
	skip(s, 1);
	return 0;
}

static int take_member(struct str *s, struct sf_member *m)
{
	int rc = take_key(s, &m->key);

	m->value = (struct sf_item){.type = SF_BOOLEAN, .number = 1};
	if (rc == 0 && first(s) == '=') {
		skip(s, 1);
		rc = first(s) == '(' ? take_inner_list(s, &m->value) : take_bare(s, &m->value);
	}
	return rc != 0 ? rc : take_params(s, &m->params);
}

int sf_dictionary_next(struct str *rest, struct sf_member *m)
{
	skip_blanks(rest, false);
	if (rest->n == 0)
		return 0;
	if (take_member(rest, m) != 0)
		return ERR_BAD;
	skip_blanks(rest, true);
	if (rest->n == 0)
		return 1;
	if (first(rest) != ',')
		return ERR_BAD;
	skip(rest, 1);
	skip_blanks(rest, true);
	return rest->n == 0 ? ERR_BAD : 1; /* nothing may follow the last comma but a member */
}

int sf_dictionary_count(struct str value)
{
	struct sf_member m;
	int n = 0, rc;

	while ((rc = sf_dictionary_next(&value, &m)) == 1)
		n++;
	return rc < 0 ? rc : n;
}
