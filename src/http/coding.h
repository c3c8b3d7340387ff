/* coding.h - content codings: names, gzip made and unmade in a stream (RFC 9110 8.4.1, RFC 1952).
 *
 * The only file that knows zlib. Memory comes from the hooks handed in, so that the owner can pool
 * and cap it: deflate takes about 268 KB, inflate 40 KB. Not shared between threads. */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

struct coding_memory {
	void *(*alloc)(void *arg, size_t n); /* NULL when there is none */
	void (*free)(void *arg, void *p);
	void *arg;
};

enum coding_id {
	CODING_IDENTITY,
	CODING_GZIP,
	CODING_DEFLATE,
	CODING_BR,
	CODING_ZSTD,
	CODING_OTHER
};

/* A content coding's name, any case; x-gzip is gzip; "" and identity are IDENTITY. A list of more
 * than one coding is OTHER. */
enum coding_id coding_of(struct str name);

enum coding_result {
	CODING_OK,          /* all input used, more is welcome */
	CODING_END,         /* the stream is complete and checked (CRC, length) */
	CODING_NEED_OUTPUT, /* the output is full: call again with room */
	CODING_BAD /* not gzip, damaged, bytes behind the end, cut at finish, or a bomb; see why */
};

#define CODING_RATIO_MAX 100                  /* inflate: output at most this times the input ... */
#define CODING_RATIO_FREE ((uint64_t)1 << 20) /* ... once this much has come out */

struct coding;

/* NULL when there is no memory. level 1-9. */
struct coding *coding_deflate_new(const struct coding_memory *memory, int level);
/* gzip only (not zlib's own format). max_output: bytes, 0 = none but the ratio. */
struct coding *coding_inflate_new(const struct coding_memory *memory, uint64_t max_output);
/* Begins another stream with the memory that is there. */
void coding_reset(struct coding *c);
void coding_free(struct coding *c);

enum coding_step {
	CODING_MORE,  /* input goes on */
	CODING_FLUSH, /* give out all there is (a slow origin) */
	CODING_FINISH /* this input is the last */
};
/* Works from in[0, n) to out[0, room); *used and *made are always set. With FINISH call until END
 * (or BAD); inflate answers BAD when the input ended too early, and when bytes follow the end
 * (members after the first one are read, RFC 1952 2.2). */
enum coding_result coding_run(struct coding *c, const char *in, size_t n, size_t *used, char *out,
                              size_t room, size_t *made, enum coding_step step);
/* After BAD: why (static text). */
const char *coding_why(const struct coding *c);

#endif
