/* h1_body.h - takes a message body out of its framing (RFC 9112 6 and 7), piece by piece.
 *
 * Called by the client session for request bodies and by source_http for responses, with whatever
 * bytes have come. The decoder keeps a few words between calls and no bytes (only a trailer section
 * is gathered, in the arena). A body is complete only when END was answered. */
#ifndef HTTP_H1_BODY_H
#define HTTP_H1_BODY_H

#include "base/arena.h"
#include "http/msg.h"

enum h1_body_result {
	H1_BODY_DATA, /* *piece is data, inside `in` */
	H1_BODY_MORE, /* all of `in` was used, more is needed */
	H1_BODY_END,  /* complete; in[*used, n) is not part of this message; trailers are there */
	H1_BODY_BAD   /* status and why say what; the connection must close */
};

#define H1_BODY_LINE_MAX 256        /* chunk-size line without CRLF */
#define H1_BODY_EXTENSIONS_MAX 4096 /* bytes of chunk extensions in one body */
#define H1_BODY_TRAILER_MAX 8192    /* bytes of the trailer section */
#define H1_BODY_TRAILER_FIELDS 64

struct h1_body {
	uint8_t framing; /* enum msg_body */
	uint8_t state;
	uint8_t digits;        /* digits of the size so far that count */
	uint8_t trailer_lines; /* field lines of the trailer section so far */
	uint16_t line;         /* bytes of the chunk line under way */
	uint16_t extensions;   /* bytes of extensions so far */
	uint16_t trailer_n;    /* bytes of the trailer section so far */
	uint64_t left;         /* bytes to come: of the body (LENGTH), or of the chunk */
	uint64_t received;     /* data bytes given out so far */
	struct arena *arena;
	char *trailer; /* H1_BODY_TRAILER_MAX bytes of the arena, NULL until a trailer comes */
	struct fields *trailers;
	int bad_status;
	int status; /* after BAD: bad_status, or 500 when the arena is full */
	const char *why;
};

/* framing and length as in the message; NONE and a length of 0 END at once. bad_status: 400 for
 * requests, 502 for responses. arena and trailers: may both be NULL (the trailer section is then
 * checked byte by byte all the same, and dropped). Else its fields land in *trailers (initialised
 * here, with room from the arena), without those that a trailer must not carry: framing, routing,
 * request modifiers, authentication, response control, content fields (RFC 9110 6.5.1). */
void h1_body_init(struct h1_body *b, enum msg_body framing, uint64_t length, int bad_status,
                  struct arena *arena, struct fields *trailers);
/* Uses in[0, n) up to the end of one piece. *used is always set; with DATA the piece is counted in
 * it. After END and BAD it answers the same again, using nothing. Never answers DATA with an empty
 * piece. */
enum h1_body_result h1_body_next(struct h1_body *b, const char *in, size_t n, size_t *used,
                                 struct str *piece);
/* The connection was closed in an orderly way: END for UNTIL_CLOSE (or when already at the end),
 * else BAD ("cut"). */
enum h1_body_result h1_body_eof(struct h1_body *b);
/* May that field stand in a trailer section at all (RFC 9110 6.5.1)? */
bool h1_body_trailer_allowed(const struct field *f);

#endif
