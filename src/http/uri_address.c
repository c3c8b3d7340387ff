/* uri_address.c - the text of IP addresses. */
#include "http/uri_address.h"

bool uri_address_ipv4(struct str s, uint8_t out[4])
{
	struct str part;
	unsigned n = 0;
	uint64_t v;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ' ' || s.p[i] == '\t')
			return false;
	while (str_split(&s, '.', &part)) {
		if (n == 4 || part.n == 0 || part.n > 3 || (part.n > 1 && part.p[0] == '0'))
			return false;
		if (!str_u64(part, &v) || v > 255)
			return false;
		out[n++] = (uint8_t)v;
	}
	return n == 4;
}

struct groups {
	uint16_t v[8];
	int n, gap; /* where "::" stands, -1 for nowhere */
};

/* One group of hex digits at s[*i]. */
static bool take_group(struct str s, size_t *i, struct groups *g)
{
	size_t from = *i;
	uint64_t v;

	while (*i < s.n && *i - from < 5 && s.p[*i] != ':')
		(*i)++;
	if (*i - from > 4 || g->n == 8 || !str_hex64(str_slice(s, from, *i), &v))
		return false;
	g->v[g->n++] = (uint16_t)v;
	return true;
}

/* A dotted quad as the last two groups. */
static bool take_quad(struct str s, size_t i, struct groups *g)
{
	uint8_t quad[4];

	if (g->n > 6 || !uri_address_ipv4(str_slice(s, i, s.n), quad))
		return false;
	g->v[g->n++] = (uint16_t)(quad[0] << 8 | quad[1]);
	g->v[g->n++] = (uint16_t)(quad[2] << 8 | quad[3]);
	return true;
}

static bool take_groups(struct str s, struct groups *g)
{
	size_t i = 0;

	if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		g->gap = 0;
		i = 2;
	}
	while (i < s.n) {
		if (str_find(s, ':', i) == s.n && str_find(s, '.', i) < s.n)
			return take_quad(s, i, g);
		if (!take_group(s, &i, g))
			return false;
		if (i == s.n)
			return true;
		i++; /* the ":" */
		if (i < s.n && s.p[i] == ':') {
			if (g->gap >= 0)
				return false;
			g->gap = g->n;
			i++;
		} else if (i == s.n) {
			return false;
		}
	}
	return true;
}

bool uri_address_ipv6(struct str s, uint8_t out[16])
{
	struct groups g = {.gap = -1};
	int missing, at = 0;

	if (s.n < 2 || s.n > 45 || !take_groups(s, &g))
		return false;
	missing = 8 - g.n;
	if (g.gap < 0 ? missing != 0 : missing < 1)
		return false;
	memset(out, 0, 16);
	for (int i = 0; i < g.n; i++) {
		if (i == g.gap)
			at += missing;
		out[at * 2] = (uint8_t)(g.v[i] >> 8);
		out[at * 2 + 1] = (uint8_t)g.v[i];
		at++;
	}
	return true;
}

void uri_address_put_ipv4(struct str_out *o, const uint8_t a[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			str_putc(o, '.');
		str_put_u64(o, a[i]);
	}
}

/* The first of the longest runs of zero groups; its length, 0 when none is longer than 1. */
static int zero_run(const uint8_t a[16], int *start)
{
	int best = 1;

	*start = -1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && a[(i + n) * 2] == 0 && a[(i + n) * 2 + 1] == 0)
			n++;
		if (n > best) {
			best = n;
			*start = i;
		}
		i += n;
	}
	return *start < 0 ? 0 : best;
}

void uri_address_put_ipv6(struct str_out *o, const uint8_t a[16])
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	int start, run = zero_run(a, &start);

	if (memcmp(a, mapped, sizeof mapped) == 0) {
		str_put(o, STR("::ffff:"));
		uri_address_put_ipv4(o, a + 12);
		return;
	}
	for (int i = 0; i < 8; i++) {
		if (i == start) {
			str_put(o, STR("::"));
			i += run - 1;
			continue;
		}
		if (i > 0 && i != start + run)
			str_putc(o, ':');
		str_put_hex(o, (uint64_t)(a[i * 2] << 8 | a[i * 2 + 1]));
	}
}
