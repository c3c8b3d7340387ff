/* test_digest.c - published vectors, OpenSSL as a second opinion, and table against machine.
 *
 * Takes in digest.c itself, so that the table is tested on machines that never use it. */
#include <openssl/evp.h>
#include "../../src/base/digest.c"
#include "unit.h"

static struct digest_key counting_key(void)
{
	struct digest_key key;

	for (int i = 0; i < 16; i++)
		key.k[i] = (uint8_t)i;
	return key;
}

static bool sip128_is(size_t n, const char *hex)
{
	struct digest_key key = counting_key();
	uint8_t input[64];
	uint64_t bytes[2];
	char got[33];
	struct digest_128 d;

	for (size_t i = 0; i < sizeof input; i++)
		input[i] = (uint8_t)i;
	d = digest_sip128(&key, unit_guard(input, n), n);
	bytes[0] = be64toh(htole64(d.h[0]));
	bytes[1] = be64toh(htole64(d.h[1]));
	snprintf(got, sizeof got, "%016llx%016llx", (unsigned long long)bytes[0],
	         (unsigned long long)bytes[1]);
	return unit_same(str_of(got), str_of(hex), __FILE__, __LINE__);
}

/* The vectors of the authors' reference implementation: key 00 01 .. 0f, input 00 01 .. n-1. */
static void sip_vectors(void)
{
	struct digest_key key = counting_key();
	uint8_t input[15];

	CU_ASSERT(sip128_is(0, "a3817f04ba25a8e66df67214c7550293"));
	CU_ASSERT(sip128_is(1, "da87c1d86b99af44347659119b22fc45"));
	CU_ASSERT(sip128_is(7, "a1f1ebbed8dbc153c0b84aa61ff08239"));
	CU_ASSERT(sip128_is(8, "3b62a9ba6258f5610f83e264f31497b4"));
	CU_ASSERT(sip128_is(15, "5493e99933b0a8117e08ec0f97cfc3d9"));
	CU_ASSERT(sip128_is(16, "6ee2a4ca67b054bbfd3315bf85230577"));
	CU_ASSERT(sip128_is(63, "5150d1772f50834a503e069a973fbd7c"));
	for (size_t i = 0; i < sizeof input; i++)
		input[i] = (uint8_t)i;
	CU_ASSERT(digest_sip64(&key, input, 15) == 0xa129ca6149be45e5); /* the paper, appendix A */
	CU_ASSERT(digest_sip64(&key, NULL, 0) == 0x726fdb47dd0e0e31);
}

static void sip_of_openssl(const struct digest_key *key, const void *p, size_t n, size_t size,
                           void *out)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t("size", &size),
	                       OSSL_PARAM_construct_end()};

	AN(EVP_MAC_init(ctx, key->k, 16, params));
	AN(EVP_MAC_update(ctx, p, n));
	AN(EVP_MAC_final(ctx, out, NULL, size));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void sip_second_opinion(void)
{
	struct digest_key key;
	uint8_t input[300];

	AZ(digest_random(&key, sizeof key));
	AZ(digest_random(input, sizeof input));
	for (size_t n = 0; n <= sizeof input; n++) {
		const char *p = unit_guard(input, n);
		struct digest_128 d = digest_sip128(&key, p, n);
		uint64_t want[2], h = htole64(digest_sip64(&key, p, n));

		sip_of_openssl(&key, p, n, 16, want);
		CU_ASSERT(htole64(d.h[0]) == want[0] && htole64(d.h[1]) == want[1]);
		sip_of_openssl(&key, p, n, 8, want);
		CU_ASSERT(h == want[0]);
	}
}

/* RFC 3720, appendix B.4. */
static void crc_vectors(void)
{
	static const uint8_t pdu[48] = {0x01,        0xc0,        [16] = 0x14, [22] = 0x04,
	                                [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
	uint8_t up[32], down[32], zeros[32] = {0}, ones[32];

	memset(ones, 0xff, 32);
	for (int i = 0; i < 32; i++) {
		up[i] = (uint8_t)i;
		down[i] = (uint8_t)(31 - i);
	}
	CU_ASSERT(digest_crc32c(0, zeros, 32) == 0x8a9136aa);
	CU_ASSERT(digest_crc32c(0, ones, 32) == 0x62a8ab43);
	CU_ASSERT(digest_crc32c(0, up, 32) == 0x46dd794e);
	CU_ASSERT(digest_crc32c(0, down, 32) == 0x113fdb5c);
	CU_ASSERT(digest_crc32c(0, pdu, 48) == 0xd9963a56);
	CU_ASSERT(digest_crc32c(0, "123456789", 9) == 0xe3069283);
	CU_ASSERT(digest_crc32c(0, NULL, 0) == 0);
	CU_ASSERT(digest_crc32c(digest_crc32c(0, "1234", 4), "56789", 5) == 0xe3069283);
}

static void crc_table_and_machine(void)
{
	uint8_t input[200];

	AZ(digest_random(input, sizeof input));
	CU_ASSERT(~digest_crc_table(~0u, (const uint8_t *)"123456789", 9) == 0xe3069283);
	for (size_t n = 0; n <= sizeof input; n++) {
		const uint8_t *p = (const uint8_t *)unit_guard(input, n);
		uint32_t start = (uint32_t)n * 0x9e3779b9u, slow = start;

		for (size_t i = 0; i < n; i++) { /* by definition, a bit at a time */
			slow ^= p[i];
			for (int bit = 0; bit < 8; bit++)
				slow = slow >> 1 ^ (slow & 1 ? DIGEST_CRC32C : 0);
		}
		CU_ASSERT(digest_crc_table(start, p, n) == slow);
		if (digest_machine_has_crc())
			CU_ASSERT(digest_crc_machine(start, p, n) == slow);
	}
}

static void sha256(void)
{
	static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
	                              0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
	                              0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
	                              0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	uint8_t out[32];

	digest_sha256("abc", 3, out);
	CU_ASSERT(memcmp(out, abc, 32) == 0);
	digest_sha256(NULL, 0, out);
	CU_ASSERT(out[0] == 0xe3 && out[31] == 0x55);
}

static void of_the_system(void)
{
	uint8_t a[16], b[16], zero[16] = {0};

	CU_ASSERT(digest_random(a, 16) == 0 && digest_random(b, 16) == 0);
	CU_ASSERT(memcmp(a, b, 16) != 0);
	digest_boot_id(a);
	digest_boot_id(b);
	CU_ASSERT(memcmp(a, b, 16) == 0);
	if (access("/proc/sys/kernel/random/boot_id", R_OK) == 0)
		CU_ASSERT(memcmp(a, zero, 16) != 0);
	CU_ASSERT(digest_parse_uuid(STR("01234567-89ab-cdef-fedc-ba9876543210"), a));
	CU_ASSERT(
	    memcmp(a, "\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10", 16) == 0);
	CU_ASSERT(!digest_parse_uuid(STR("01234567-89ab-cdef-fedc-ba987654321"), a));
	CU_ASSERT(!digest_parse_uuid(STR("0123456789abcdeffedcba98765432101234"), a));
	CU_ASSERT(!digest_parse_uuid(STR("01234567-89ab-cdef-fedc-ba987654321x"), a));
}

UNIT_MAIN("digest", {"SipHash vectors", sip_vectors}, {"SipHash, OpenSSL's", sip_second_opinion},
          {"CRC32C vectors", crc_vectors}, {"CRC32C, table and machine", crc_table_and_machine},
          {"SHA-256", sha256}, {"random and boot id", of_the_system})
