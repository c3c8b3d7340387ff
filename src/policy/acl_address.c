/* acl_address.c - addresses as bytes: text in and out, and which ones are not for everybody. */
#include "policy/acl_address.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/uri.h"

struct acl_address acl_address_of(uint8_t family, const void *bytes)
{
	struct acl_address a = {0};

	if (family == 4 || family == 6) {
		a.family = family;
		memcpy(a.bytes, bytes, family == 4 ? 4 : 16);
	}
	return a;
}

bool acl_address_parse(struct str text, struct acl_address *out)
{
	struct acl_address a = {0};

	if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']') {
		if (!uri_parse_ipv6(str_slice(text, 1, text.n - 1), a.bytes))
			return false;
		a.family = 6;
	} else if (uri_parse_ipv4(text, a.bytes)) {
		a.family = 4;
	} else if (uri_parse_ipv6(text, a.bytes)) {
		a.family = 6;
	} else {
		return false;
	}
	*out = a;
	return true;
}

static void put_ipv4(struct str_out *o, const uint8_t *b)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			str_putc(o, '.');
		str_put_u64(o, b[i]);
	}
}

static unsigned group(const uint8_t *b, int i)
{
	return (unsigned)b[2 * i] << 8 | b[2 * i + 1];
}

/* The first longest run of at least two zero groups (RFC 5952 4.2); *length 0: none. */
static int zero_run(const uint8_t *b, int *length)
{
	int best = -1;

	*length = 0;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && group(b, i + n) == 0)
			n++;
		if (n > 1 && n > *length) {
			best = i;
			*length = n;
		}
		if (n > 0)
			i += n - 1;
	}
	return best;
}

static bool is_mapped(const struct acl_address *a)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return a->family == 6 && memcmp(a->bytes, prefix, 12) == 0;
}

static void put_ipv6(struct str_out *o, const struct acl_address *a)
{
	int length, run = zero_run(a->bytes, &length);

	if (is_mapped(a)) { /* RFC 5952 5 */
		str_put(o, STR("::ffff:"));
		put_ipv4(o, a->bytes + 12);
		return;
	}
	for (int i = 0; i < 8; i++) {
		if (i == run) {
			str_put(o, STR("::"));
			i += length - 1;
			continue;
		}
		if (i > 0 && i != run + length)
			str_putc(o, ':');
		str_put_hex(o, group(a->bytes, i));
	}
}

size_t acl_address_print(const struct acl_address *a, char out[ACL_ADDRESS_TEXT])
{
	struct str_out o = str_out_of(out, ACL_ADDRESS_TEXT);

	if (a->family == 4)
		put_ipv4(&o, a->bytes);
	else if (a->family == 6)
		put_ipv6(&o, a);
	else
		str_putc(&o, '-');
	AZ(o.overflow);
	return (size_t)(o.at - out);
}

bool acl_address_eq(const struct acl_address *a, const struct acl_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

struct acl_address acl_address_unmap(const struct acl_address *a)
{
	return is_mapped(a) ? acl_address_of(4, a->bytes + 12) : *a;
}

struct range {
	uint8_t bytes[16];
	uint8_t bits;
	const char *why;
};

static const struct range special4[] = {
    {{0}, 8, "special address: 0.0.0.0/8 (this network)"},
    {{10}, 8, "special address: 10.0.0.0/8 (private)"},
    {{100, 64}, 10, "special address: 100.64.0.0/10 (carrier's NAT)"},
    {{127}, 8, "special address: 127.0.0.0/8 (loopback)"},
    {{169, 254}, 16, "special address: 169.254.0.0/16 (link-local)"},
    {{172, 16}, 12, "special address: 172.16.0.0/12 (private)"},
    {{192, 0, 0}, 24, "special address: 192.0.0.0/24 (protocol assignments)"},
    {{192, 168}, 16, "special address: 192.168.0.0/16 (private)"},
    {{198, 18}, 15, "special address: 198.18.0.0/15 (benchmarks)"},
    {{224}, 3, "special address: 224.0.0.0/3 (multicast, reserved, broadcast)"},
};
static const struct range special6[] = {
    {{0}, 128, "special address: :: (unspecified)"},
    {{[15] = 1}, 128, "special address: ::1 (loopback)"},
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, "special address: 64:ff9b:1::/48 (local NAT64)"},
    {{1}, 64, "special address: 100::/64 (discard)"},
    {{0x20, 1}, 32, "special address: 2001::/32 (Teredo)"},
    {{0xfc}, 7, "special address: fc00::/7 (unique local)"},
    {{0xfe, 0x80}, 10, "special address: fe80::/10 (link-local)"},
    {{0xfe, 0xc0}, 10, "special address: fec0::/10 (site-local)"},
    {{0xff}, 8, "special address: ff00::/8 (multicast)"},
};
/* IPv4 inside IPv6: `at` is where its bytes begin. */
static const struct embedding {
	uint8_t bytes[16], bits, at;
} embeddings[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, 12}, /* ::ffff:0:0/96, mapped */
    {{[8] = 0xff, [9] = 0xff}, 96, 12},   /* ::ffff:0:0:0/96, translated (RFC 2765) */
    {{0}, 96, 12},                        /* ::/96, compatible (RFC 4291 2.5.5.1) */
    {{0, 0x64, 0xff, 0x9b}, 96, 12},      /* 64:ff9b::/96, NAT64 (RFC 6052) */
    {{0x20, 2}, 16, 2},                   /* 2002::/16, 6to4 (RFC 3056) */
};

static bool in_prefix(const uint8_t *a, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, prefix, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static const char *find_range(const uint8_t *a, const struct range *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (in_prefix(a, v[i].bytes, v[i].bits))
			return v[i].why;
	return NULL;
}

/* The IPv4 address that an IPv6 one stands for; false when it is none. */
static bool embedded(const struct acl_address *a, struct acl_address *inner)
{
	for (size_t i = 0; i < COUNT_OF(embeddings); i++) {
		const struct embedding *e = &embeddings[i];

		if (in_prefix(a->bytes, e->bytes, e->bits) && !mutant(ACL_EMBEDDED)) {
			*inner = acl_address_of(4, a->bytes + e->at);
			return true;
		}
	}
	return false;
}

bool acl_address_is_special(const struct acl_address *a, const char **why)
{
	struct acl_address inner;
	const char *found = "no address";

	if (a->family == 4) {
		found = find_range(a->bytes, special4, COUNT_OF(special4));
	} else if (a->family == 6) {
		found = find_range(a->bytes, special6, COUNT_OF(special6));
		if (found == NULL && embedded(a, &inner))
			found = find_range(inner.bytes, special4, COUNT_OF(special4));
	}
	if (why != NULL && found != NULL)
		*why = found;
	return found != NULL;
}

bool acl_address_is_metadata(const struct acl_address *a)
{
	static const uint8_t v4[4] = {169, 254, 169, 254};
	static const uint8_t v6[16] = {0xfd, 0, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
	struct acl_address inner = *a;

	if (a->family == 6 && memcmp(a->bytes, v6, 16) == 0)
		return true;
	if (a->family == 6 && !embedded(a, &inner))
		return false;
	return inner.family == 4 && memcmp(inner.bytes, v4, 4) == 0;
}

bool acl_address_is_loopback(const struct acl_address *a)
{
	static const uint8_t v6[16] = {[15] = 1};
	struct acl_address plain = acl_address_unmap(a);

	if (plain.family == 4)
		return plain.bytes[0] == 127;
	return plain.family == 6 && memcmp(plain.bytes, v6, 16) == 0;
}
