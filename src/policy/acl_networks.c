/* acl_networks.c - ranges of addresses: read, sorted, merged, searched. */
#include "policy/acl_networks.h"
#include "base/err.h"
#include "base/obj.h"
#include "policy/acl_room.h"

static uint32_t number4(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int add4(struct acl_networks *set, struct arena *a, const uint8_t *from, const uint8_t *to)
{
	void *p = acl_room(a, set->v4, set->n4, &set->room4, sizeof *set->v4);

	if (p == NULL)
		return ERR_NOMEM;
	set->v4 = p;
	set->v4[set->n4++] = (struct acl_network4){number4(from), number4(to)};
	return 0;
}

static int add6(struct acl_networks *set, struct arena *a, const uint8_t *from, const uint8_t *to)
{
	void *p = acl_room(a, set->v6, set->n6, &set->room6, sizeof *set->v6);

	if (p == NULL)
		return ERR_NOMEM;
	set->v6 = p;
	memcpy(set->v6[set->n6].from, from, 16);
	memcpy(set->v6[set->n6].to, to, 16);
	set->n6++;
	return 0;
}

static int add_range(struct acl_networks *set, struct arena *a, const struct acl_address *from,
                     const struct acl_address *to, const char **why)
{
	size_t n = from->family == 4 ? 4 : 16;

	*why = "a range of one family, the lower address first, is expected";
	if (from->family != to->family || memcmp(from->bytes, to->bytes, n) > 0)
		return ERR_BAD;
	if (memcmp(from->bytes, to->bytes, n) == 0 && acl_address_is_metadata(from))
		set->metadata_named |= from->family == 4 ? 1 : 2;
	return from->family == 4 ? add4(set, a, from->bytes, to->bytes)
	                         : add6(set, a, from->bytes, to->bytes);
}

/* Fills the bits behind the prefix with ones; false when one of them is set already. */
static bool last_of(struct acl_address *to, unsigned bits)
{
	unsigned all = to->family == 4 ? 32 : 128;

	for (unsigned i = bits; i < all; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if (to->bytes[i / 8] & bit)
			return false;
		to->bytes[i / 8] |= bit;
	}
	return true;
}

static int add_prefix(struct acl_networks *set, struct arena *a, struct str address,
                      struct str prefix, const char **why)
{
	struct acl_address from, to;
	uint64_t bits;

	*why = "the network is not address/prefix";
	if (!acl_address_parse(address, &from) || !str_u64(prefix, &bits))
		return ERR_BAD;
	*why = "the prefix is too long";
	if (bits > (from.family == 4 ? 32 : 128))
		return ERR_BAD;
	to = acl_address_unmap(&from);
	if (to.family != from.family && bits >= 96) {
		from = to;
		bits -= 96;
	}
	to = from;
	*why = "the address has bits set behind the prefix";
	if (!last_of(&to, (unsigned)bits))
		return ERR_BAD;
	return add_range(set, a, &from, &to, why);
}

int acl_networks_add(struct acl_networks *set, struct arena *a, struct str text, const char **why)
{
	size_t slash = str_find(text, '/', 0), dash = str_find(text, '-', 0);
	struct acl_address from, to;

	if (slash < text.n)
		return add_prefix(set, a, str_slice(text, 0, slash),
		                  str_slice(text, slash + 1, text.n), why);
	*why = "an address, address/prefix or address-address is expected";
	if (!acl_address_parse(str_trim(str_slice(text, 0, dash)), &from))
		return ERR_BAD;
	to = from;
	if (dash < text.n && !acl_address_parse(str_trim(str_slice(text, dash + 1, text.n)), &to))
		return ERR_BAD;
	from = acl_address_unmap(&from);
	to = acl_address_unmap(&to);
	return add_range(set, a, &from, &to, why);
}

static int compare4(const void *a, const void *b)
{
	const struct acl_network4 *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static int compare6(const void *a, const void *b)
{
	const struct acl_network6 *x = a, *y = b;

	return memcmp(x->from, y->from, 16);
}

static void seal4(struct acl_networks *set)
{
	struct acl_network4 *v = set->v4;
	unsigned n = 0;

	qsort(v, set->n4, sizeof *v, compare4);
	for (unsigned i = 0; i < set->n4; i++) {
		bool touches = n > 0 && (v[n - 1].to == UINT32_MAX || v[i].from <= v[n - 1].to + 1);

		if (!touches)
			v[n++] = v[i];
		else if (v[i].to > v[n - 1].to)
			v[n - 1].to = v[i].to;
	}
	set->n4 = n;
}

static void seal6(struct acl_networks *set)
{
	struct acl_network6 *v = set->v6;
	unsigned n = 0;

	qsort(v, set->n6, sizeof *v, compare6);
	for (unsigned i = 0; i < set->n6; i++) {
		if (n == 0 || memcmp(v[i].from, v[n - 1].to, 16) > 0)
			v[n++] = v[i];
		else if (memcmp(v[i].to, v[n - 1].to, 16) > 0)
			memcpy(v[n - 1].to, v[i].to, 16);
	}
	set->n6 = n;
}

void acl_networks_seal(struct acl_networks *set)
{
	if (set->n4 != 0)
		seal4(set);
	if (set->n6 != 0)
		seal6(set);
}

static bool has4(const struct acl_networks *set, uint32_t number)
{
	unsigned low = 0, high = set->n4;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (number < set->v4[mid].from)
			high = mid;
		else if (number > set->v4[mid].to)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

static bool has6(const struct acl_networks *set, const uint8_t *bytes)
{
	unsigned low = 0, high = set->n6;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (memcmp(bytes, set->v6[mid].from, 16) < 0)
			high = mid;
		else if (memcmp(bytes, set->v6[mid].to, 16) > 0)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

bool acl_networks_has(const struct acl_networks *set, const struct acl_address *a)
{
	struct acl_address plain = acl_address_unmap(a);

	if (plain.family == 4)
		return has4(set, number4(plain.bytes));
	return plain.family == 6 && has6(set, plain.bytes);
}
