/* h1.h - heads of HTTP/1.0 and 1.1 messages, parsed once, strictly (RFC 9112 2 to 5).
 *
 * Incremental: call again with more bytes; each byte is looked at twice at most, and the result
 * does not depend on how the bytes were cut. Fields point into the bytes. No lenient mode: lines
 * end in CRLF, no folding, no space before the colon, no control bytes. Meaning (framing, Host ...)
 * is judged afterwards by msg_request_check() and msg_response_check(). Bodies: h1_body.h; writing:
 * h1_write.h.         */
#ifndef HTTP_H1_H
#define HTTP_H1_H

#include <sys/types.h>
#include "http/h1_write.h"
#include "http/msg.h"

struct h1_limits {
	size_t line;          /* request or status line without CRLF: 414 / 502 */
	size_t method;        /* 501 */
	size_t head;          /* whole head with its last CRLF: 431 / 502 */
	unsigned fields;      /* 431 / 502 */
	unsigned empty_lines; /* CRLFs before a request line: 400 beyond */
};
extern const struct h1_limits h1_limits_request;  /* 16 KB, 32, 64 KB, 128, 4 */
extern const struct h1_limits h1_limits_response; /* 16 KB, -, 128 KB, 256, 0 */

/* State between calls; all zero to begin. */
struct h1_head {
	size_t line;      /* offset of the line under way */
	size_t scan;      /* bytes seen that cannot end it */
	const char *base; /* where the bytes lay at the last call */
	uint8_t stage;
	uint8_t empty;
	/* after a refusal: what to answer, and why (static, names the RFC section); always close */
	int status;
	const char *why;
};

static inline void h1_head_init(struct h1_head *st)
{
	*st = (struct h1_head){0};
}

/* Parses p[0, n), which begins with the first byte of the message. fv[0, fmax) takes the fields;
 * lim, out and fv must be the same in all calls for one head. p may move between calls, its bytes
 * may not change. > 0  length of the head; *out is filled (the parsed part), its strings point into
 * p 0    more bytes are needed < 0  ERR_BAD: refused; st->status and st->why say how The number of
 * fields is limited by both lim->fields and fmax. */
ssize_t h1_parse_request(struct h1_head *st, const struct h1_limits *lim, const char *p, size_t n,
                         struct msg *out, struct field *fv, unsigned fmax);
ssize_t h1_parse_response(struct h1_head *st, const struct h1_limits *lim, const char *p, size_t n,
                          struct msg *out, struct field *fv, unsigned fmax);

/* One section of field lines up to and with the empty line (a trailer section, a kept head): all of
 * p[0, n) must be there. 0; ERR_BAD (*why), ERR_LIMIT when there is no room in f. */
int h1_parse_section(const char *p, size_t n, struct fields *f, const char **why);

/* After a parsed head was moved to another place: makes all strings of m that lie in [from, from +
 * n) point into `to`. */
void h1_rebase(struct msg *m, const char *from, size_t n, const char *to);

#endif
