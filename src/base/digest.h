/* digest.h - keyed hash, checksum and hash of contents.
 * SipHash-2-4 (Aumasson, Bernstein 2012), 64 and 128 bit; CRC32C (RFC 3720 B.4) by SSE4.2 or ARMv8
 * where the machine has it (chosen at run time), by table elsewhere; SHA-256 by OpenSSL.            */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdint.h>
#include "base/str.h"

struct digest_key {
	uint8_t k[16];
};
struct digest_128 {
	uint64_t h[2];
};

uint64_t digest_sip64(const struct digest_key *key, const void *p, size_t n);
struct digest_128 digest_sip128(const struct digest_key *key, const void *p, size_t n);
/* crc of what came before (0 at the start) -> crc with p[0,n) added. */
uint32_t digest_crc32c(uint32_t crc, const void *p, size_t n);
void digest_sha256(const void *p, size_t n, uint8_t out[32]);
/* Random bytes from the kernel; 0 or ERR_SYSTEM. */
int digest_random(void *p, size_t n);
/* An identity of this boot (/proc/sys/kernel/random/boot_id), 16 bytes; zeroes when unknown. */
void digest_boot_id(uint8_t out[16]);

#endif
