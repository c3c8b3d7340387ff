/* digest.c - SipHash, CRC32C, SHA-256 and random bytes.
 *
 * The store keys and checks with these, maps are seeded by them. The CRC32C in use is chosen before
 * main() runs, so that helper threads may call it too. The only file that uses OpenSSL beside
 * tls.c. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>
#include <openssl/sha.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/obj.h"

#if defined(__aarch64__)
#include <sys/auxv.h>
#define DIGEST_HWCAP_CRC32 (1UL << 7) /* asm/hwcap.h */
#endif

/* ---- SipHash-2-4 ---- */

struct digest_sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t digest_rotl(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t digest_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

/* The n % 8 bytes at p, the last ones of n in all, as the low end of a number. */
static inline uint64_t digest_load_tail(const unsigned char *p, size_t n)
{
	unsigned left = n % 8;
	uint64_t v = 0;

	if (n >= 8) /* with what stands before, which is shifted out */
		return left == 0 ? 0 : digest_load64(p + left - 8) >> (64 - 8 * left);
	for (unsigned i = 0; i < left; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline void digest_round(struct digest_sip *s)
{
	s->v0 += s->v1;
	s->v1 = digest_rotl(s->v1, 13) ^ s->v0;
	s->v0 = digest_rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = digest_rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = digest_rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = digest_rotl(s->v1, 17) ^ s->v2;
	s->v2 = digest_rotl(s->v2, 32);
}

static inline void digest_block(struct digest_sip *s, uint64_t m)
{
	s->v3 ^= m;
	digest_round(s);
	digest_round(s);
	s->v0 ^= m;
}

static inline uint64_t digest_finish(struct digest_sip *s)
{
	digest_round(s);
	digest_round(s);
	digest_round(s);
	digest_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* The state after all input; the variant of 128 bits differs in one constant. Part of both callers,
 * so that the state stays in registers. */
static inline __attribute__((always_inline)) struct digest_sip
digest_absorb(const struct digest_key *key, const void *p, size_t n, uint64_t variant)
{
	uint64_t k0 = digest_load64(key->k), k1 = digest_load64(key->k + 8);
	struct digest_sip s = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ variant,
	                       k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
	const unsigned char *at = p, *end = at + n / 8 * 8;

	for (; at != end; at += 8)
		digest_block(&s, digest_load64(at));
	digest_block(&s, (uint64_t)n << 56 | digest_load_tail(end, n));
	return s;
}

uint64_t digest_sip64(const struct digest_key *key, const void *p, size_t n)
{
	struct digest_sip s = digest_absorb(key, p, n, 0);

	s.v2 ^= 0xff;
	return digest_finish(&s);
}

struct digest_128 digest_sip128(const struct digest_key *key, const void *p, size_t n)
{
	struct digest_sip s = digest_absorb(key, p, n, 0xee);
	struct digest_128 d;

	s.v2 ^= 0xee;
	d.h[0] = digest_finish(&s);
	s.v1 ^= 0xdd;
	d.h[1] = digest_finish(&s);
	return d;
}

/* ---- CRC32C: polynomial 0x1edc6f41, here with its bits reversed ---- */

#define DIGEST_CRC32C 0x82f63b78u

/* table[k][b]: the CRC of byte b followed by k zero bytes, so that 8 bytes go in one step. */
static uint32_t digest_table[8][256];

static void digest_fill_table(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? DIGEST_CRC32C : 0);
		digest_table[0][b] = crc;
	}
	for (int k = 1; k < 8; k++)
		for (int b = 0; b < 256; b++) {
			uint32_t crc = digest_table[k - 1][b];

			digest_table[k][b] = crc >> 8 ^ digest_table[0][crc & 0xff];
		}
}

static uint32_t digest_crc_table(uint32_t crc, const unsigned char *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t v = digest_load64(p) ^ crc;

		crc = 0;
		for (int k = 0; k < 8; k++)
			crc ^= digest_table[7 - k][v >> (8 * k) & 0xff];
	}
	for (; n > 0; p++, n--)
		crc = crc >> 8 ^ digest_table[0][(crc ^ *p) & 0xff];
	return crc;
}

static uint32_t (*digest_crc)(uint32_t crc, const unsigned char *p, size_t n) = digest_crc_table;

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t
digest_crc_machine(uint32_t crc, const unsigned char *p, size_t n)
{
	uint64_t wide = crc;

	for (; n >= 8; p += 8, n -= 8)
		wide = __builtin_ia32_crc32di(wide, digest_load64(p));
	crc = (uint32_t)wide;
	for (; n > 0; p++, n--)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}

static bool digest_machine_has_crc(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__)
/* As assembler, because compilers disagree on how to name the instructions without -march. */
static uint32_t digest_crc_machine(uint32_t crc, const unsigned char *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8)
		__asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1"
		        : "+r"(crc)
		        : "r"(digest_load64(p)));
	for (; n > 0; p++, n--)
		__asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1"
		        : "+r"(crc)
		        : "r"((uint32_t)*p));
	return crc;
}

static bool digest_machine_has_crc(void)
{
	return getauxval(AT_HWCAP) & DIGEST_HWCAP_CRC32;
}
#else
#define digest_crc_machine digest_crc_table
static bool digest_machine_has_crc(void)
{
	return false;
}
#endif

__attribute__((constructor)) static void digest_choose(void)
{
	digest_fill_table();
	if (digest_machine_has_crc())
		digest_crc = digest_crc_machine;
}

uint32_t digest_crc32c(uint32_t crc, const void *p, size_t n)
{
	return ~digest_crc(~crc, p, n);
}

/* ---- the system's ---- */

void digest_sha256(const void *p, size_t n, uint8_t out[32])
{
	AN(SHA256(n == 0 ? (const void *)"" : p, n, out) != NULL);
}

int digest_random(void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_SYSTEM;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

/* 01234567-89ab-cdef-0123-456789abcdef */
static bool digest_parse_uuid(struct str text, uint8_t out[16])
{
	char digits[32];
	struct str_out o = str_out_of(digits, sizeof digits);
	uint64_t v[2];

	for (size_t i = 0; i < text.n; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen != (text.p[i] == '-'))
			return false;
		if (!hyphen)
			str_putc(&o, text.p[i]);
	}
	if (o.at != o.end || o.overflow || !str_hex64((struct str){digits, 16}, &v[0]) ||
	    !str_hex64((struct str){digits + 16, 16}, &v[1]))
		return false;
	v[0] = htobe64(v[0]);
	v[1] = htobe64(v[1]);
	memcpy(out, v, 16);
	return true;
}

void digest_boot_id(uint8_t out[16])
{
	char text[37];
	ssize_t n = -1;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(out, 0, 16);
	if (fd >= 0) {
		n = read(fd, text, sizeof text);
		close(fd);
	}
	if (n >= 36)
		digest_parse_uuid((struct str){text, 36}, out);
}
